#include "file_type.h"

#include "utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const words[] = {
    [LVZHI_FILE_JPEG] = "jpeg",
    [LVZHI_FILE_PNG] = "png",
    [LVZHI_FILE_PDF] = "pdf",
};

static bool begins(const uint8_t *bytes, size_t size, const char *with, size_t length) {
    return size >= length && memcmp(bytes, with, length) == 0;
}

/* "%PDF-1.4": versions 1 and 2. */
static bool is_pdf(const uint8_t *b, size_t size) {
    return begins(b, size, "%PDF-", 5) && size >= 8 && (b[5] == '1' || b[5] == '2') && b[6] == '.' && b[7] >= '0' &&
           b[7] <= '9';
}

enum lvzhi_file_type lvzhi_file_type(const void *bytes, size_t size) {
    const uint8_t *b = bytes;
    if (begins(b, size, "\xff\xd8\xff", 3))
        return LVZHI_FILE_JPEG;
    if (begins(b, size, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16))
        return LVZHI_FILE_PNG;
    return is_pdf(b, size) ? LVZHI_FILE_PDF : LVZHI_FILE_OTHER;
}

const char *lvzhi_file_type_word(enum lvzhi_file_type type) {
    return words[type];
}

enum lvzhi_file_type lvzhi_file_type_of_word(const char *word) {
    for (int type = LVZHI_FILE_JPEG; type <= LVZHI_FILE_PDF; type++)
        if (strcmp(word, words[type]) == 0)
            return (enum lvzhi_file_type)type;
    return LVZHI_FILE_OTHER;
}

static bool ends_right(const char *name, enum lvzhi_file_type type) {
    static const char *const ends[][2] = {
        [LVZHI_FILE_OTHER] = {"", ""},
        [LVZHI_FILE_JPEG] = {".jpg", ".jpeg"},
        [LVZHI_FILE_PNG] = {".png", ".png"},
        [LVZHI_FILE_PDF] = {".pdf", ".pdf"},
    };
    size_t size = strlen(name);
    for (int i = 0; i < 2; i++) {
        size_t end = strlen(ends[type][i]);
        if (size > end && strcasecmp(name + size - end, ends[type][i]) == 0)
            return true;
    }
    return false;
}

void lvzhi_file_name(const char *name, enum lvzhi_file_type type, const char *otherwise,
                     char ret[LVZHI_FILE_NAME_SIZE]) {
    enum { LIMIT = 200 };
    const char *base = name;
    size_t size = 0, length = strlen(name);
    for (const char *c = name; *c != '\0'; c++)
        if (*c == '/' || *c == '\\')
            base = c + 1;
    length -= (size_t)(base - name);
    for (size_t i = 0; i < length && size < LIMIT; i++) {
        unsigned char c = (unsigned char)base[i];
        bool leads = size == 0 && (c == '.' || c == ' ');
        if (c >= ' ' && c != 0x7f && strchr(":*?\"<>|", c) == NULL && !leads) /* some disks take none of these */
            ret[size++] = base[i];
    }
    size = lvzhi_utf8_span(ret, size); /* no half character at the limit */
    ret[size] = '\0';
    if (size == 0)
        size = (size_t)snprintf(ret, LVZHI_FILE_NAME_SIZE, "%.*s", LIMIT, otherwise);
    if (!ends_right(ret, type))
        snprintf(ret + size, LVZHI_FILE_NAME_SIZE - size, ".%s",
                 type == LVZHI_FILE_JPEG ? "jpg"
                 : words[type] != NULL   ? words[type]
                                         : "bin");
}
