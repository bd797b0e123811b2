/* test_metadata.c - what a picture says beside the picture goes, the picture stays as it is, and nothing broken passes.
 */
#include "metadata.h"

#include "picture.h"

static bool holds(const struct buffer *bytes, const char *text) {
    return memmem(buffer_data(bytes), buffer_size(bytes), text, strlen(text)) != NULL;
}

static void expect_same_pixels(const struct buffer *a, const struct buffer *b) {
    GdkPixbuf *one = picture_load(a), *other = picture_load(b);
    cr_assert_eq(gdk_pixbuf_get_byte_length(one), gdk_pixbuf_get_byte_length(other));
    cr_assert_arr_eq(gdk_pixbuf_get_pixels(one), gdk_pixbuf_get_pixels(other), gdk_pixbuf_get_byte_length(one));
    g_object_unref(one);
    g_object_unref(other);
}

static bool strip(enum lvzhi_file_type type, const struct buffer *bytes, size_t size, struct buffer *ret) {
    /* In memory of just that size, so that reading past it is seen. */
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (size > 0)
        memcpy(copy, buffer_data(bytes), size);
    bool good = lvzhi_metadata_strip(type, copy, size, ret);
    free(copy);
    return good;
}

Test(metadata, jpeg) {
    struct buffer plain = {0};
    picture_make("jpeg", 40, 24, &plain);
    for (uint8_t orientation = 0; orientation <= 9; orientation++)
        for (int little = 0; little < 2; little++) {
            struct buffer full = {0}, stripped = {0};
            picture_telephone(&plain, orientation, little, &full);
            cr_assert(holds(&full, "GPS"));
            cr_assert(strip(LVZHI_FILE_JPEG, &full, buffer_size(&full), &stripped));
            cr_assert_not(holds(&stripped, "GPS"));
            cr_assert_not(holds(&stripped, "ABC"));
            cr_assert(holds(&stripped, "ICC_PROFILE"));
            expect_same_pixels(&full, &stripped);
            GdkPixbuf *picture = picture_load(&stripped);
            const char *turned = gdk_pixbuf_get_option(picture, "orientation");
            if (orientation >= 2 && orientation <= 8)
                cr_assert(turned != NULL && turned[0] == '0' + orientation, "%d: %s", orientation, turned);
            else
                cr_assert(turned == NULL || strcmp(turned, "1") == 0, "%d: %s", orientation, turned);
            g_object_unref(picture);
            /* What is stripped stays as it is. */
            struct buffer again = {0};
            cr_assert(strip(LVZHI_FILE_JPEG, &stripped, buffer_size(&stripped), &again));
            cr_assert_eq(buffer_size(&again), buffer_size(&stripped));
            cr_assert_arr_eq(buffer_data(&again), buffer_data(&stripped), buffer_size(&again));
            buffer_release(&again);
            buffer_release(&full);
            buffer_release(&stripped);
        }
    buffer_release(&plain);
}

Test(metadata, jpeg_cut_at_every_byte) {
    struct buffer plain = {0}, full = {0};
    picture_make("jpeg", 16, 16, &plain);
    picture_telephone(&plain, 6, true, &full);
    size_t whole = buffer_size(&full) - 14; /* its end: the film after it is none of it */
    for (size_t size = 0; size <= buffer_size(&full); size++) {
        struct buffer stripped = {0};
        cr_assert_eq(strip(LVZHI_FILE_JPEG, &full, size, &stripped), size >= whole, "%zu of %zu", size, whole);
        buffer_release(&stripped);
    }
    buffer_release(&plain);
    buffer_release(&full);
}

/* Whatever one byte of it is, it is read without reading past it; lengths and offsets in Exif above all. */
Test(metadata, jpeg_with_every_byte_wrong) {
    struct buffer plain = {0}, full = {0};
    picture_make("jpeg", 8, 8, &plain);
    picture_telephone(&plain, 6, false, &full);
    static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xd9, 0xda, 0xe1, 0xff};
    for (size_t at = 0; at < buffer_size(&full); at++)
        for (size_t v = 0; v < sizeof values; v++) {
            struct buffer stripped = {0};
            uint8_t kept = full.bytes[full.start + at];
            full.bytes[full.start + at] = values[v];
            (void)strip(LVZHI_FILE_JPEG, &full, buffer_size(&full), &stripped);
            cr_assert_leq(buffer_size(&stripped), buffer_size(&full));
            full.bytes[full.start + at] = kept;
            buffer_release(&stripped);
        }
    buffer_release(&plain);
    buffer_release(&full);
}

static void chunk(struct buffer *out, const char *name, const char *body) {
    size_t size = strlen(body);
    uint8_t length[4] = {0, 0, (uint8_t)(size >> 8), (uint8_t)size};
    buffer_append(out, length, 4);
    buffer_append(out, name, 4);
    buffer_append(out, body, size);
    buffer_append(out, "\0\0\0\0", 4); /* a checksum, which nobody reads of what goes */
}

Test(metadata, png) {
    enum { BEFORE = 8 + 25, TAIL = 12 }; /* signature and header; the end */
    struct buffer plain = {0}, full = {0};
    picture_make("png", 20, 12, &plain);
    size_t data = buffer_size(&plain) - BEFORE;
    buffer_append(&full, buffer_data(&plain), BEFORE);
    for (size_t i = 0; i < 5; i++)
        chunk(&full, (const char *const[]){"eXIf", "tEXt", "zTXt", "iTXt", "prVt"}[i], "GPS");
    buffer_append(&full, buffer_data(&plain) + BEFORE, data);
    size_t whole = buffer_size(&full);
    buffer_append(&full, "GPS", 3);
    for (size_t size = 0; size <= buffer_size(&full); size++) {
        struct buffer stripped = {0};
        cr_assert_eq(strip(LVZHI_FILE_PNG, &full, size, &stripped), size >= whole, "%zu of %zu", size, whole);
        if (size >= whole) {
            cr_assert_eq(buffer_size(&stripped), buffer_size(&plain));
            cr_assert_arr_eq(buffer_data(&stripped), buffer_data(&plain), buffer_size(&plain));
        }
        buffer_release(&stripped);
    }
    buffer_release(&plain);
    buffer_release(&full);
}

Test(metadata, of_another_type) {
    struct buffer jpeg = {0}, out = {0};
    picture_make("jpeg", 8, 8, &jpeg);
    cr_assert_not(strip(LVZHI_FILE_PNG, &jpeg, buffer_size(&jpeg), &out));
    cr_assert_not(strip(LVZHI_FILE_PDF, &jpeg, buffer_size(&jpeg), &out));
    cr_assert(lvzhi_metadata_strip(LVZHI_FILE_PDF, (const uint8_t *)"%PDF-1.4 text", 13, &out));
    cr_assert_arr_eq(buffer_data(&out), "%PDF-1.4 text", 13);
    buffer_release(&jpeg);
    buffer_release(&out);
}
