/* picture.h - pictures for tests: noise, so that every pixel is another, and what a telephone adds to them. */
#ifndef PICTURE_H
#define PICTURE_H

#include "buffer.h"

#include <criterion/criterion.h>
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <string.h>

static inline GdkPixbuf *picture_noise(int width, int height, bool alpha) {
    GdkPixbuf *picture = gdk_pixbuf_new(GDK_COLORSPACE_RGB, alpha, 8, width, height);
    const int stride = gdk_pixbuf_get_rowstride(picture), channels = gdk_pixbuf_get_n_channels(picture);
    guchar *pixels = gdk_pixbuf_get_pixels(picture);
    uint32_t state = 12345;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width * channels; x++) {
            state = state * 1664525u + 1013904223u;
            pixels[y * stride + x] = (guchar)(128 + (state >> 25)); /* 128 to 255: bright */
        }
    return picture;
}

static inline void picture_save(GdkPixbuf *picture, const char *type, struct buffer *ret) {
    gchar *bytes;
    gsize size;
    cr_assert(gdk_pixbuf_save_to_buffer(picture, &bytes, &size, type, NULL, NULL));
    buffer_append(ret, bytes, size);
    g_free(bytes);
}

static inline void picture_make(const char *type, int width, int height, struct buffer *ret) {
    GdkPixbuf *picture = picture_noise(width, height, strcmp(type, "png") == 0);
    picture_save(picture, type, ret);
    g_object_unref(picture);
}

static inline GdkPixbuf *picture_load(const struct buffer *bytes) {
    GdkPixbufLoader *loader = gdk_pixbuf_loader_new();
    cr_assert(gdk_pixbuf_loader_write(loader, buffer_data(bytes), buffer_size(bytes), NULL));
    cr_assert(gdk_pixbuf_loader_close(loader, NULL));
    GdkPixbuf *picture = g_object_ref(gdk_pixbuf_loader_get_pixbuf(loader));
    g_object_unref(loader);
    return picture;
}

/* A JPEG segment. */
static inline void picture_segment(struct buffer *out, uint8_t marker, const void *body, size_t size) {
    uint8_t head[4] = {0xff, marker, (uint8_t)((size + 2) >> 8), (uint8_t)(size + 2)};
    buffer_append(out, head, sizeof head);
    buffer_append(out, body, size);
}

/* What a telephone writes: Exif with the orientation and a place, more of it as XMP, a comment, a thumbnail. */
static inline void picture_telephone(const struct buffer *jpeg, uint8_t orientation, bool little, struct buffer *ret) {
    static const char place[] = "GPS 30.123,102.456 WANG DANIANG";
    uint8_t exif[100] = "Exif\0\0";
    if (little) {
        memcpy(exif + 6, "II*\0\x08\0\0\0\x02\0\x0f\x01\x02\0\x04\0\0\0ABC\0\x12\x01\x03\0\x01\0\0\0", 30);
        exif[36] = orientation;
    } else {
        memcpy(exif + 6,
               "MM\0*\0\0\0\x08\0\x02\x01\x0f\0\x02\0\0\0\x04"
               "ABC\0\x01\x12\0\x03\0\0\0\x01",
               30);
        exif[37] = orientation;
    }
    memcpy(exif + 50, place, sizeof place);
    buffer_append(ret, "\xff\xd8", 2);
    picture_segment(ret, 0xe1, exif, sizeof exif);
    picture_segment(ret, 0xe1, "http://ns.adobe.com/xap/1.0/\0GPS", 32);
    picture_segment(ret, 0xe2, "MPF\0GPS", 7);
    picture_segment(ret, 0xe2, "ICC_PROFILE\0\1\1colours", 21);
    picture_segment(ret, 0xed, "Photoshop 3.0\0GPS", 17);
    picture_segment(ret, 0xfe, "GPS", 3);
    buffer_append(ret, buffer_data(jpeg) + 2, buffer_size(jpeg) - 2);
    buffer_append(ret, "GPS and a film", 14);
}

#endif
