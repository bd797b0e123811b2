/* The daemon's settings: any file, any flags. What is taken keeps the table's bounds; what is not is said in one line.
 */
#include "server/config.h"
#include "fuzz.h"

#include "frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLAGS_MAX = 8, FILE_SIZE_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct input input = {bytes, bytes + size};
    char *flags[FLAGS_MAX + 2] = {"lvzhid"}, config_flag[160], error[256] = "";
    int n_flags = 1;
    uint8_t count = input_byte(&input) % (FLAGS_MAX - 1);
    for (uint8_t i = 0; i < count; i++) {
        size_t length;
        const uint8_t *text = input_bytes(&input, input_byte(&input) % 64, &length);
        char flag[64 + 1];
        memcpy(flag, text, length);
        flag[length] = '\0';
        /* The first prints, and the second reads somebody's files. */
        if (strcmp(flag, "--help") != 0 && strncmp(flag, "--config=", 9) != 0)
            flags[n_flags++] = strdup(flag);
    }
    const uint8_t *file = input_bytes(&input, FILE_SIZE_MAX, &size);
    snprintf(config_flag, sizeof config_flag, "--config=%s", scratch_file("lvzhid.ini", file, size));
    flags[n_flags] = config_flag;

    struct config config;
    if (config_read(&config, n_flags + 1, flags, error, sizeof error)) {
        assert(config.write_connections >= 1 && config.write_connections <= 16);
        assert(config.read_connections >= 1 && config.read_connections <= 16);
        assert(config.max_frame >= FRAME_LIMIT_HELLO && config.max_frame <= FRAME_LIMIT_HARD);
        assert(config.listen != NULL && config.unix_path != NULL && config.sql != NULL && config.postgres != NULL);
    } else {
        assert(error[0] != '\0');
    }
    config_deinit(&config);
    for (int i = 1; i < n_flags; i++)
        free(flags[i]);
    return 0;
}
