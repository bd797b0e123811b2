/* The operations that a machine keeps, and the seals: any bytes as the file, or a genuine one with bytes changed, in
 * the file and in its log. Rows or an error, and never another operation's answer. */
#include "outbox.h"
#include "fuzz.h"
#include "seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATCHES_MAX = 16, FILE_SIZE_MAX = 64 << 10 };

static const int64_t now_us = 1764100000000000;
static const uint8_t author[16] = {1}, device[16] = {2};

/* The bytes of an outbox that was in use, and of its log. */
static struct genuine {
    uint8_t *file, *log;
    size_t file_size, log_size;
} genuine;

static uint8_t *read_file(const char *path, size_t *ret_size) {
    FILE *file = fopen(path, "rbe");
    uint8_t *bytes = malloc(FILE_SIZE_MAX);
    assert(file != NULL && bytes != NULL);
    *ret_size = fread(bytes, 1, FILE_SIZE_MAX, file);
    fclose(file);
    return bytes;
}

static void path_of(char ret[128], const char *end) {
    snprintf(ret, 128, "%s/outbox.db%s", scratch_directory(), end);
}

static void remove_files(void) {
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char path[128];
        path_of(path, ends[i]);
        (void)unlink(path);
    }
}

static void add(struct lvzhi_outbox *outbox, const char *body, bool secret) {
    const struct lvzhi_draft draft = {.town_id = 7,
                                      .author_id = author,
                                      .device_id = device,
                                      .device_seq_seen = 3,
                                      .method = 33,
                                      .op_field = 1,
                                      .body = body,
                                      .body_size = strlen(body),
                                      .summary = "M001 D001=present",
                                      .secret = secret,
                                      .now_us = now_us};
    struct lvzhi_operation operation;
    if (lvzhi_outbox_add(outbox, &draft, &operation)) {
        assert(operation.payload_size > draft.body_size && operation.device_seq > 0);
        lvzhi_operation_clear(&operation);
    }
}

static void make_genuine(void) {
    char path[128], log[128], error[256];
    path_of(path, "");
    path_of(log, "-wal");
    struct lvzhi_outbox *outbox = lvzhi_outbox_open(path, error, sizeof error);
    assert(outbox != NULL);
    struct lvzhi_operation *operations;
    size_t count;
    for (int i = 0; i < 4; i++)
        add(outbox, "\x12\x01x", i == 3);
    bool listed = lvzhi_outbox_waiting(outbox, 0, NULL, true, &operations, &count);
    assert(listed && count == 4);
    bool done = lvzhi_outbox_answer(outbox, operations[0].op_id, 0, "ok", 2, now_us) &&
                lvzhi_outbox_answer(outbox, operations[1].op_id, 0x8020, "", 0, now_us) &&
                lvzhi_outbox_park(outbox, operations[2].op_id);
    assert(done);
    lvzhi_operations_free(operations, count);
    genuine.log = read_file(log, &genuine.log_size);
    genuine.file = read_file(path, &genuine.file_size);
    lvzhi_outbox_close(outbox);
    remove_files();
}

static void patch(struct input *input, uint8_t *bytes, size_t *size) {
    uint8_t count = input_byte(input) % PATCHES_MAX;
    for (uint8_t i = 0; i<count && * size> 0; i++) {
        size_t at = input_u16(input) % *size, length;
        const uint8_t *with = input_bytes(input, input_byte(input) % 8, &length);
        length = length < *size - at ? length : *size - at;
        memcpy(bytes + at, with, length);
    }
    uint32_t kept = input_u16(input);
    if (kept > 0 && kept < *size)
        *size = kept;
}

static void write_genuine(struct input *input) {
    uint8_t how = input_byte(input);
    size_t size = genuine.file_size, log_size = genuine.log_size;
    uint8_t *file = exact_copy(genuine.file, size), *log = exact_copy(genuine.log, log_size);
    if (how & 1)
        patch(input, file, &size);
    if (how & 2)
        patch(input, log, &log_size);
    (void)scratch_file("outbox.db", file, size);
    if ((how & 4) == 0)
        (void)scratch_file("outbox.db-wal", log, log_size);
    free(file);
    free(log);
}

static void use(struct lvzhi_outbox *outbox) {
    struct lvzhi_operation *operations, *after;
    size_t count, count_after;
    if (lvzhi_outbox_waiting(outbox, 7, author, false, &operations, &count)) {
        for (size_t i = 0; i < count; i++)
            assert(operations[i].summary != NULL && (operations[i].payload_size == 0 || operations[i].payload != NULL));
        lvzhi_operations_free(operations, count);
    }
    if (lvzhi_outbox_waiting(outbox, 0, NULL, true, &operations, &count)) {
        if (count > 0 && lvzhi_outbox_attempt(outbox, operations[0].op_id) &&
            lvzhi_outbox_answer(outbox, operations[0].op_id, 0, "reply", 5, now_us) &&
            lvzhi_outbox_waiting(outbox, 0, NULL, true, &after, &count_after)) {
            assert(count_after <= count);
            lvzhi_operations_free(after, count_after);
        }
        if (count > 1)
            (void)lvzhi_outbox_park(outbox, operations[1].op_id);
        lvzhi_operations_free(operations, count);
    }
    (void)lvzhi_outbox_forget(outbox, now_us);
    (void)lvzhi_outbox_acked(outbox, device);
    add(outbox, "\x12\x01y", false);
    assert(lvzhi_outbox_error(outbox) != NULL);
}

static void use_seals(const char *path) {
    char error[256] = "";
    struct lvzhi_seal seal = {.town_id = 7, .seal_no = 2, .sealed_us = now_us, .hash = {9}};
    struct lvzhi_seals *seals = lvzhi_seals_open(path, error, sizeof error);
    if (seals == NULL) {
        assert(error[0] != '\0');
        return;
    }
    (void)lvzhi_seals_last(seals, 7);
    (void)lvzhi_seals_compare(seals, &seal);
    if (lvzhi_seals_keep(seals, &seal, now_us))
        (void)lvzhi_seals_compare(seals, &seal);
    (void)lvzhi_seals_forget(seals, 7, 1);
    lvzhi_seals_close(seals);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct input input = {bytes, bytes + size};
    char path[128], error[256] = "";
    path_of(path, "");
    if (genuine.file == NULL)
        make_genuine();
    uint8_t how = input_byte(&input);
    if (how & 1)
        write_genuine(&input);
    else {
        const uint8_t *file = input_bytes(&input, SIZE_MAX, &size);
        (void)scratch_file("outbox.db", file, size);
    }
    if (how & 2)
        use_seals(path);
    struct lvzhi_outbox *outbox = lvzhi_outbox_open(path, error, sizeof error);
    if (outbox != NULL)
        use(outbox);
    else
        assert(error[0] != '\0');
    lvzhi_outbox_close(outbox);
    remove_files();
    return 0;
}
