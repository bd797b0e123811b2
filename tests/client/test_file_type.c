/* test_file_type.c - kinds by first bytes, and names that are safe to write under. */
#include "file_type.h"
#include "utf8.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

struct known {
    enum lvzhi_file_type type;
    const char *bytes;
    size_t size; /* that are enough, and all of which are needed */
};

static const struct known known[] = {
    {LVZHI_FILE_JPEG, "\xff\xd8\xff", 3},
    {LVZHI_FILE_PNG, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16},
    {LVZHI_FILE_PDF, "%PDF-1.4", 8},
    {LVZHI_FILE_PDF, "%PDF-2.0", 8},
};

/* In memory of just that size, so that reading past it is seen. */
static enum lvzhi_file_type type_of(const char *bytes, size_t size) {
    char *copy = malloc(size > 0 ? size : 1);
    memcpy(copy, bytes, size);
    enum lvzhi_file_type type = lvzhi_file_type(copy, size);
    free(copy);
    return type;
}

Test(file_type, cut_at_every_byte) {
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        for (size_t size = 0; size <= known[i].size; size++)
            cr_assert_eq(type_of(known[i].bytes, size), size == known[i].size ? known[i].type : LVZHI_FILE_OTHER);
}

Test(file_type, every_byte_counts) {
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        for (size_t at = 0; at < known[i].size; at++) {
            char bytes[16];
            memcpy(bytes, known[i].bytes, known[i].size);
            bytes[at] = (char)(bytes[at] ^ 0x40);
            cr_assert_eq(type_of(bytes, known[i].size), LVZHI_FILE_OTHER, "%zu of %zu", at, i);
        }
}

Test(file_type, others) {
    static const char *const texts[] = {"once upon a time", "GIF89a0000000000", "%!PS-Adobe-3.0  ", " %PDF-1.4",
                                        "%PDF-0.9",         "%PDF-3.1",         "%PDF-1x4"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_assert_eq(type_of(texts[i], strlen(texts[i])), LVZHI_FILE_OTHER, "%s", texts[i]);
}

Test(file_type, words) {
    for (int type = LVZHI_FILE_JPEG; type <= LVZHI_FILE_PDF; type++)
        cr_assert_eq((int)lvzhi_file_type_of_word(lvzhi_file_type_word((enum lvzhi_file_type)type)), type);
    cr_assert_eq(lvzhi_file_type_of_word("gif"), LVZHI_FILE_OTHER);
}

Test(file_type, names) {
    static const struct {
        const char *name, *safe;
    } cases[] = {
        {"村道.jpg", "村道.jpg"},
        {"A.JPEG", "A.JPEG"},
        {"../../etc/passwd", "passwd.jpg"},
        {"/etc/cron.d/x.jpg", "x.jpg"},
        {"C:\\Users\\王\\x.jpg", "x.jpg"},
        {"..", "P0001.jpg"},
        {"", "P0001.jpg"},
        {"a/", "P0001.jpg"},
        {"...hidden.jpg", "hidden.jpg"},
        {".bashrc", "bashrc.jpg"},
        {"\x01.bashrc", "bashrc.jpg"},
        {"*. .x.jpg", "x.jpg"},
        {"a\nb\x1b[31m\x7f.jpg", "ab[31m.jpg"},
        {"x.jpg.sh", "x.jpg.sh.jpg"},
        {"con:a*b?.jpg", "conab.jpg"},
        {"half\xe6\x9d", "half.jpg"},
        {".jpg", "jpg.jpg"},
    };
    char safe[LVZHI_FILE_NAME_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lvzhi_file_name(cases[i].name, LVZHI_FILE_JPEG, "P0001", safe);
        cr_assert_str_eq(safe, cases[i].safe, "%s -> %s, not %s", cases[i].name, safe, cases[i].safe);
    }
    lvzhi_file_name("x.jpg", LVZHI_FILE_PDF, "P0001", safe);
    cr_assert_str_eq(safe, "x.jpg.pdf");
}

Test(file_type, long_names) {
    char name[3 * 400 + 1] = "", safe[LVZHI_FILE_NAME_SIZE];
    for (size_t i = 0; i < 400; i++) {
        memcpy(name + 3 * i, "长", 4);
        lvzhi_file_name(name, LVZHI_FILE_PNG, "P0001", safe);
        cr_assert_eq(lvzhi_utf8_span(safe, strlen(safe)), strlen(safe));
        cr_assert_lt(strlen(safe), 210);
        cr_assert_str_eq(safe + strlen(safe) - 4, ".png");
    }
}
