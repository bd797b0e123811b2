#include "metadata.h"

#include <string.h>

/* JPEG's markers, each after a 0xff. */
enum {
    RST0 = 0xd0,
    RST7 = 0xd7,
    SOI = 0xd8,
    EOI = 0xd9,
    SOS = 0xda,
    APP0 = 0xe0,
    APP1 = 0xe1,
    APP2 = 0xe2,
    APP14 = 0xee,
    APP15 = 0xef,
    COMMENT = 0xfe,
    TEM = 0x01,
};

static uint32_t big(const uint8_t *b, size_t count) {
    uint32_t value = 0;
    for (size_t i = 0; i < count; i++)
        value = value << 8 | b[i];
    return value;
}

static uint32_t little(const uint8_t *b, size_t count) {
    uint32_t value = 0;
    for (size_t i = count; i > 0; i--)
        value = value << 8 | b[i - 1];
    return value;
}

static bool begins(const uint8_t *bytes, size_t size, const char *with, size_t length) {
    return size >= length && memcmp(bytes, with, length) == 0;
}

/* Which way is up, as an APP1 segment's TIFF says it in its first directory: 1 (as it lies) to 8. */
static uint8_t orientation_of(const uint8_t *segment, size_t size) {
    enum { HEAD = 6, ENTRY = 12, ORIENTATION = 0x112, SHORT = 3 };
    if (!begins(segment, size, "Exif\0\0", HEAD) || size < HEAD + 8)
        return 1;
    const uint8_t *tiff = segment + HEAD;
    size -= HEAD;
    bool is_little = memcmp(tiff, "II*\0", 4) == 0;
    if (!is_little && memcmp(tiff, "MM\0*", 4) != 0)
        return 1;
    uint32_t (*number)(const uint8_t *, size_t) = is_little ? little : big;
    size_t at = number(tiff + 4, 4);
    if (at > size - 2)
        return 1;
    size_t entries = number(tiff + at, 2);
    for (at += 2; entries > 0 && size - at >= ENTRY; entries--, at += ENTRY)
        if (number(tiff + at, 2) == ORIENTATION && number(tiff + at + 2, 2) == SHORT) {
            uint32_t value = number(tiff + at + 8, 2);
            return value >= 1 && value <= 8 ? (uint8_t)value : 1;
        }
    return 1;
}

/* An APP1 segment that says nothing else. */
static void put_orientation(struct buffer *out, uint8_t orientation) {
    enum { VALUE = 29 };
    uint8_t segment[] = "\xff\xe1\0\x22" /* marker, length */
                        "Exif\0\0"
                        "MM\0*\0\0\0\x08"                  /* TIFF, big-endian; the directory follows */
                        "\0\x01"                           /* of one entry */
                        "\x01\x12\0\x03\0\0\0\x01\0\0\0\0" /* orientation, one short */
                        "\0\0\0";                          /* and no other directory, with the string's end */
    segment[VALUE] = orientation;
    buffer_append(out, segment, sizeof segment);
}

static bool is_kept(uint8_t marker, const uint8_t *body, size_t size) {
    switch (marker) {
    case APP0:
        return begins(body, size, "JFIF", 5);
    case APP2:
        return begins(body, size, "ICC_PROFILE", 12);
    case APP14:
        return begins(body, size, "Adobe", 5);
    default:
        return (marker < APP0 || marker > APP15) && marker != COMMENT;
    }
}

/* Where the coded picture that begins at `at` ends: at the next marker that is none of its own. */
static size_t scan_end(const uint8_t *b, size_t size, size_t at) {
    while (at + 1 < size && (b[at] != 0xff || b[at + 1] == 0 || (b[at + 1] >= RST0 && b[at + 1] <= RST7)))
        at++;
    return at;
}

static bool strip_jpeg(const uint8_t *b, size_t size, struct buffer *out) {
    size_t at = 2;
    bool has_scan = false, turned = false;
    buffer_append(out, b, at);
    while (size - at >= 2) {
        uint8_t marker = b[at + 1];
        if (b[at] != 0xff)
            return false;
        if (marker == 0xff) { /* filling */
            at++;
            continue;
        }
        if (marker == EOI) {
            buffer_append(out, b + at, 2);
            return has_scan;
        }
        if (marker == SOI || marker == 0 || (marker >= RST0 && marker <= RST7) || marker == TEM)
            return false;
        size_t length = size - at >= 4 ? big(b + at + 2, 2) : 0;
        if (length < 2 || length > size - at - 2)
            return false;
        const uint8_t *body = b + at + 4;
        size_t end = at + 2 + length;
        if (marker == APP1 && !turned && orientation_of(body, length - 2) > 1) {
            put_orientation(out, orientation_of(body, length - 2));
            turned = true;
        }
        if (marker == SOS) {
            has_scan = true;
            end = scan_end(b, size, end);
        }
        if (is_kept(marker, body, length - 2))
            buffer_append(out, b + at, end - at);
        at = end;
    }
    return false;
}

/* Chunks whose names begin with a small letter may be left out of a PNG; these change how it is drawn. */
static bool is_needed(const uint8_t *name) {
    static const char needed[][5] = {"tRNS", "gAMA", "cHRM", "sRGB", "iCCP", "sBIT", "bKGD", "pHYs"};
    bool found = (name[0] & 0x20) == 0;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        found = found || memcmp(name, needed[i], 4) == 0;
    return found;
}

static bool strip_png(const uint8_t *b, size_t size, struct buffer *out) {
    enum { SIGNATURE = 8, FRAME = 12 }; /* length, name and checksum */
    size_t at = SIGNATURE;
    bool has_data = false;
    buffer_append(out, b, at);
    while (size - at >= FRAME) {
        size_t length = big(b + at, 4);
        const uint8_t *name = b + at + 4;
        if (length > size - at - FRAME)
            return false;
        has_data = has_data || memcmp(name, "IDAT", 4) == 0;
        if (is_needed(name))
            buffer_append(out, b + at, length + FRAME);
        if (memcmp(name, "IEND", 4) == 0)
            return has_data;
        at += length + FRAME;
    }
    return false;
}

bool lvzhi_metadata_strip(enum lvzhi_file_type type, const uint8_t *bytes, size_t size, struct buffer *ret_out) {
    if (lvzhi_file_type(bytes, size) != type)
        return false;
    switch (type) {
    case LVZHI_FILE_JPEG:
        return strip_jpeg(bytes, size, ret_out);
    case LVZHI_FILE_PNG:
        return strip_png(bytes, size, ret_out);
    case LVZHI_FILE_PDF:
        buffer_append(ret_out, bytes, size);
        return true;
    case LVZHI_FILE_OTHER:
        break;
    }
    return false;
}
