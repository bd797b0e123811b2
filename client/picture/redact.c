#include "redact.h"

#include "metadata.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A picture of 8 MB may claim to have more pixels than there is memory. */
enum { PIXELS_LIMIT = 120000000 };

static void on_size(GdkPixbufLoader *loader, int width, int height, void *large) {
    *(bool *)large = (int64_t)width * height > PIXELS_LIMIT;
    if (*(bool *)large)
        gdk_pixbuf_loader_set_size(loader, 1, 1);
}

/* The picture as it is seen; NULL: it cannot be read, or is too large. */
static GdkPixbuf *decode(enum lvzhi_file_type type, const uint8_t *bytes, size_t size, bool *ret_large) {
    GdkPixbufLoader *loader = gdk_pixbuf_loader_new_with_type(lvzhi_file_type_word(type), NULL);
    GdkPixbuf *seen = NULL;
    struct buffer whole = {0};
    *ret_large = false;
    if (loader == NULL)
        return NULL;
    g_signal_connect(loader, "size-prepared", G_CALLBACK(on_size), ret_large);
    /* The loader is content with half a picture. */
    bool good = lvzhi_metadata_strip(type, bytes, size, &whole) &&
                gdk_pixbuf_loader_write(loader, buffer_data(&whole), buffer_size(&whole), NULL);
    good = gdk_pixbuf_loader_close(loader, NULL) && good; /* in any case */
    GdkPixbuf *picture = gdk_pixbuf_loader_get_pixbuf(loader);
    if (good && !*ret_large && picture != NULL)
        seen = gdk_pixbuf_apply_embedded_orientation(picture);
    g_object_unref(loader);
    buffer_release(&whole);
    return seen;
}

/* False: nothing of the box is in the picture. */
static bool blacken(GdkPixbuf *picture, const struct redact_box *box) {
    const int64_t width = gdk_pixbuf_get_width(picture), height = gdk_pixbuf_get_height(picture);
    const int64_t left = MAX(box->x, 0), right = MIN((int64_t)box->x + box->width, width);
    const int64_t top = MAX(box->y, 0), bottom = MIN((int64_t)box->y + box->height, height);
    const int channels = gdk_pixbuf_get_n_channels(picture), stride = gdk_pixbuf_get_rowstride(picture);
    guchar *pixels = gdk_pixbuf_get_pixels(picture);
    if (left >= right || top >= bottom)
        return false;
    for (int64_t y = top; y < bottom; y++)
        for (int64_t x = left; x < right; x++) {
            guchar *pixel = pixels + y * stride + x * channels;
            memset(pixel, 0, 3);
            if (channels == 4)
                pixel[3] = 0xff;
        }
    return true;
}

enum redact_status redact_picture(enum lvzhi_file_type type, const uint8_t *bytes, size_t size,
                                  const struct redact_box *boxes, size_t count, struct buffer *ret_out, int *ret_width,
                                  int *ret_height) {
    bool large, inside = true;
    gchar *encoded = NULL;
    gsize encoded_size = 0;
    *ret_width = *ret_height = 0;
    if (type != LVZHI_FILE_JPEG && type != LVZHI_FILE_PNG)
        return REDACT_TYPE;
    GdkPixbuf *decoded = decode(type, bytes, size, &large);
    if (decoded == NULL)
        return large ? REDACT_LARGE : REDACT_BROKEN;
    GdkPixbuf *picture = gdk_pixbuf_copy(decoded); /* of no options, and its own to write to */
    g_object_unref(decoded);
    if (picture == NULL)
        abort();
    *ret_width = gdk_pixbuf_get_width(picture);
    *ret_height = gdk_pixbuf_get_height(picture);
    for (size_t i = 0; i < count; i++)
        inside = blacken(picture, &boxes[i]) && inside;
    if (inside) {
        bool good =
            type == LVZHI_FILE_JPEG
                ? gdk_pixbuf_save_to_buffer(picture, &encoded, &encoded_size, "jpeg", NULL, "quality", "90", NULL)
                : gdk_pixbuf_save_to_buffer(picture, &encoded, &encoded_size, "png", NULL, NULL);
        if (!good)
            abort(); /* no memory */
        buffer_append(ret_out, encoded, encoded_size);
        g_free(encoded);
    }
    g_object_unref(picture);
    return inside ? REDACT_DONE : REDACT_OUTSIDE;
}
