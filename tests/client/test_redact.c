/* test_redact.c - in the boxes everything is black, beside them the picture is the picture, and nothing else is left.
 */
#include "redact.h"

#include "picture.h"

enum { WIDTH = 96, HEIGHT = 64 };

static bool in_box(const struct redact_box *b, int x, int y) {
    return x >= b->x && x - b->x < b->width && y >= b->y && y - b->y < b->height;
}

/* `slack`: how far from black, or from what it was, a pixel may be; JPEG is not exact. */
static void expect_redacted(const struct buffer *before, const struct buffer *after, const struct redact_box *boxes,
                            size_t count, int slack) {
    GdkPixbuf *one = picture_load(before), *other = picture_load(after);
    GdkPixbuf *seen = gdk_pixbuf_apply_embedded_orientation(one);
    const int channels = gdk_pixbuf_get_n_channels(seen);
    cr_assert_eq(gdk_pixbuf_get_width(seen), gdk_pixbuf_get_width(other));
    cr_assert_eq(channels, gdk_pixbuf_get_n_channels(other));
    long off = 0, beside = 0;
    for (int y = 0; y < gdk_pixbuf_get_height(seen); y++)
        for (int x = 0; x < gdk_pixbuf_get_width(seen); x++) {
            const guchar *was = gdk_pixbuf_get_pixels(seen) + y * gdk_pixbuf_get_rowstride(seen) + x * channels;
            const guchar *is = gdk_pixbuf_get_pixels(other) + y * gdk_pixbuf_get_rowstride(other) + x * channels;
            bool black = false;
            for (size_t i = 0; i < count; i++)
                black = black || in_box(&boxes[i], x, y);
            for (int c = 0; c < channels; c++) {
                if (black)
                    cr_assert_leq(is[c], c == 3 ? 255 : slack, "%d,%d: %d", x, y, is[c]);
                else
                    off += abs(is[c] - was[c]), beside++;
            }
            if (black && channels == 4)
                cr_assert_eq(is[3], 255);
        }
    cr_assert_leq(off, beside * slack / 2, "beside the boxes: %ld off in %ld", off, beside);
    g_object_unref(one);
    g_object_unref(seen);
    g_object_unref(other);
}

static enum redact_status redact(enum lvzhi_file_type type, const struct buffer *bytes, const struct redact_box *boxes,
                                 size_t count, struct buffer *ret) {
    int width, height;
    return redact_picture(type, buffer_data(bytes), buffer_size(bytes), boxes, count, ret, &width, &height);
}

Test(redact, png_to_the_pixel) {
    static const struct redact_box boxes[] = {{0, 0, 1, 1}, {10, 20, 30, 15}, {90, 60, 100, 100}, {35, 30, 20, 20}};
    struct buffer before = {0}, after = {0};
    picture_make("png", WIDTH, HEIGHT, &before);
    cr_assert_eq(redact(LVZHI_FILE_PNG, &before, boxes, 4, &after), REDACT_DONE);
    cr_assert_eq(lvzhi_file_type(buffer_data(&after), buffer_size(&after)), LVZHI_FILE_PNG);
    expect_redacted(&before, &after, boxes, 4, 0);
    buffer_release(&before);
    buffer_release(&after);
}

/* What is under the box leaves no trace: pictures that differ only there give the same bytes. */
Test(redact, jpeg_keeps_nothing_of_what_was_there) {
    static const struct redact_box box = {16, 16, 32, 32};
    struct buffer first = {0}, second = {0}, one = {0}, other = {0};
    GdkPixbuf *picture = picture_noise(WIDTH, HEIGHT, false);
    picture_save(picture, "png", &first);
    guchar *pixels = gdk_pixbuf_get_pixels(picture);
    for (int y = 16; y < 48; y++)
        memset(pixels + y * gdk_pixbuf_get_rowstride(picture) + 16 * 3, y * 5, 32 * 3);
    picture_save(picture, "png", &second);
    g_object_unref(picture);
    cr_assert_eq(redact(LVZHI_FILE_PNG, &first, &box, 1, &one), REDACT_DONE);
    cr_assert_eq(redact(LVZHI_FILE_PNG, &second, &box, 1, &other), REDACT_DONE);
    cr_assert_eq(buffer_size(&one), buffer_size(&other));
    cr_assert_arr_eq(buffer_data(&one), buffer_data(&other), buffer_size(&one));
    buffer_release(&first);
    buffer_release(&second);
    buffer_release(&one);
    buffer_release(&other);
}

/* Of every way that a telephone may be held: boxes are where the picture is seen to have them. */
Test(redact, jpeg_turned_every_way) {
    static const struct redact_box boxes[] = {{8, 8, 24, 16}, {40, 32, 16, 16}};
    struct buffer plain = {0};
    picture_make("jpeg", WIDTH, HEIGHT, &plain);
    for (uint8_t orientation = 1; orientation <= 8; orientation++) {
        struct buffer before = {0}, after = {0};
        int width, height;
        picture_telephone(&plain, orientation, true, &before);
        cr_assert_eq(redact_picture(LVZHI_FILE_JPEG, buffer_data(&before), buffer_size(&before), boxes, 2, &after,
                                    &width, &height),
                     REDACT_DONE);
        cr_assert_eq(width, orientation < 5 ? WIDTH : HEIGHT);
        cr_assert_eq(height, orientation < 5 ? HEIGHT : WIDTH);
        expect_redacted(&before, &after, boxes, 2, 60);
        cr_assert_null(memmem(buffer_data(&after), buffer_size(&after), "Exif", 4));
        cr_assert_null(memmem(buffer_data(&after), buffer_size(&after), "GPS", 3));
        buffer_release(&before);
        buffer_release(&after);
    }
    buffer_release(&plain);
}

Test(redact, what_cannot_be) {
    static const struct redact_box outside[] = {
        {WIDTH, 0, 5, 5}, {0, HEIGHT, 5, 5}, {0, 0, 0, 5}, {-9, 0, 9, 5}, {2147483647, 0, 2147483647, 5}};
    struct buffer picture = {0}, out = {0};
    picture_make("png", WIDTH, HEIGHT, &picture);
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        cr_assert_eq(redact(LVZHI_FILE_PNG, &picture, &outside[i], 1, &out), REDACT_OUTSIDE, "%zu", i);
    cr_assert_eq(redact(LVZHI_FILE_PDF, &picture, outside, 1, &out), REDACT_TYPE);
    cr_assert_eq(redact(LVZHI_FILE_JPEG, &picture, outside, 1, &out), REDACT_BROKEN);
    picture.end -= buffer_size(&picture) / 2;
    cr_assert_eq(redact(LVZHI_FILE_PNG, &picture, &(struct redact_box){0, 0, 5, 5}, 1, &out), REDACT_BROKEN);
    buffer_release(&picture);
    /* It claims more pixels than there is memory: nobody looks at the checksums before. */
    picture_make("png", WIDTH, HEIGHT, &picture);
    memcpy(picture.bytes + picture.start + 16, "\0\0\xff\xff\0\0\xff\xff", 8);
    enum redact_status status = redact(LVZHI_FILE_PNG, &picture, &(struct redact_box){0, 0, 5, 5}, 1, &out);
    cr_assert(status == REDACT_LARGE || status == REDACT_BROKEN);
    cr_assert_eq(buffer_size(&out), 0);
    buffer_release(&picture);
}
