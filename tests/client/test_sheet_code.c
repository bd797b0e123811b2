/* test_sheet_code.c - every wrong character and every two that changed places are found. */
#include "sheet_code.h"

#include <criterion/criterion.h>
#include <string.h>

static const char alphabet[] = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";

enum { LENGTH = LVZHI_SHEET_CODE_SIZE - 1 };

/* The code that begins with these six: the one seventh character that is right. */
static void complete(const char *six, char ret[LVZHI_SHEET_CODE_SIZE]) {
    int right = 0;
    for (const char *c = alphabet; *c != '\0'; c++) {
        char code[LVZHI_SHEET_CODE_SIZE], read[LVZHI_SHEET_CODE_SIZE];
        memcpy(code, six, LENGTH - 1);
        code[LENGTH - 1] = *c;
        code[LENGTH] = '\0';
        if (lvzhi_sheet_code_read(code, read)) {
            right++;
            memcpy(ret, code, LVZHI_SHEET_CODE_SIZE);
        }
    }
    cr_assert_eq(right, 1, "%s", six);
}

Test(sheet_code, as_the_centre_has_it) {
    /* Weights 7 to 1: 7*0 + 6*1 + 5*2 + 4*3 + 3*4 + 2*5 = 50 and E, which stands for 12, make 62, twice 31. */
    char read[LVZHI_SHEET_CODE_SIZE];
    cr_assert(lvzhi_sheet_code_read("234567E", read));
    cr_assert_str_eq(read, "234567E");
    cr_assert(lvzhi_sheet_code_read("2222222", read));
}

Test(sheet_code, one_wrong_character) {
    static const char *const begins[] = {"234567", "ZZZZZZ", "K7M2P4", "222222"};
    for (size_t b = 0; b < 4; b++) {
        char code[LVZHI_SHEET_CODE_SIZE], read[LVZHI_SHEET_CODE_SIZE];
        complete(begins[b], code);
        for (size_t at = 0; at < LENGTH; at++)
            for (const char *c = alphabet; *c != '\0'; c++) {
                char wrong[LVZHI_SHEET_CODE_SIZE];
                memcpy(wrong, code, sizeof wrong);
                wrong[at] = *c;
                cr_assert_eq(lvzhi_sheet_code_read(wrong, read), *c == code[at], "%s for %s", wrong, code);
            }
    }
}

Test(sheet_code, two_that_changed_places) {
    char code[LVZHI_SHEET_CODE_SIZE], read[LVZHI_SHEET_CODE_SIZE];
    complete("K7M2P4", code);
    for (size_t a = 0; a < LENGTH; a++)
        for (size_t b = 0; b < a; b++) {
            char wrong[LVZHI_SHEET_CODE_SIZE];
            memcpy(wrong, code, sizeof wrong);
            wrong[a] = code[b];
            wrong[b] = code[a];
            cr_assert_eq(lvzhi_sheet_code_read(wrong, read), code[a] == code[b], "%s for %s", wrong, code);
        }
}

Test(sheet_code, as_people_type) {
    char read[LVZHI_SHEET_CODE_SIZE];
    static const char *const good[] = {"234567e", "234 567E", " 234-567E ", "2-3-4-5-6-7-e"};
    static const char *const bad[] = {"",        "234567",     "234567EE", "234567E2",  "O34567E",
                                      "2345671", "234567\xef", "234567.",  "234567E\n", "\xe4\xb8\xad\xe4\xb8\xad"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cr_assert(lvzhi_sheet_code_read(good[i], read), "%s", good[i]);
        cr_assert_str_eq(read, "234567E");
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_not(lvzhi_sheet_code_read(bad[i], read), "%s", bad[i]);
}
