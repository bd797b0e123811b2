/* Attachments of strangers: what a picture says beside the picture is gone, for good: stripped once more nothing goes.
 */
#include "fuzz.h"
#include "metadata.h"

#include <stdlib.h>
#include <string.h>

/* A directory of Exif as people's phones write it is longer than the one entry that is kept. */
enum { EXIF_KEPT = 38 };

static void expect_no_exif(const struct buffer *jpeg) {
    const uint8_t *b = buffer_data(jpeg);
    size_t size = buffer_size(jpeg), at = 2;
    while (size - at >= 4 && b[at] == 0xff && b[at + 1] != 0xda) {
        size_t length = b[at + 1] == 0xff ? 0 : (size_t)(b[at + 2] << 8 | b[at + 3]);
        assert(b[at + 1] != 0xe1 || 2 + length == EXIF_KEPT - 2);
        assert(b[at + 1] != 0xfe);
        at += b[at + 1] == 0xff ? 1 : 2 + length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    uint8_t *exact = exact_copy(bytes, size);
    enum lvzhi_file_type type = lvzhi_file_type(exact, size);
    struct buffer once = {0}, twice = {0};
    if (lvzhi_metadata_strip(type, exact, size, &once)) {
        assert(type != LVZHI_FILE_OTHER && lvzhi_file_type(buffer_data(&once), buffer_size(&once)) == type);
        if (type == LVZHI_FILE_JPEG)
            expect_no_exif(&once);
        bool again = lvzhi_metadata_strip(type, buffer_data(&once), buffer_size(&once), &twice);
        assert(again && buffer_size(&once) == buffer_size(&twice));
        assert(memcmp(buffer_data(&once), buffer_data(&twice), buffer_size(&once)) == 0);
    }
    buffer_release(&once);
    buffer_release(&twice);
    free(exact);
    return 0;
}
