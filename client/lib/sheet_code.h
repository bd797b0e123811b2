/* sheet_code.h - the code of a sign-in sheet: six characters and one that checks them. */
#ifndef LVZHI_SHEET_CODE_H
#define LVZHI_SHEET_CODE_H

#include <stdbool.h>

enum { LVZHI_SHEET_CODE_SIZE = 8 };

/* As it was typed, small letters, blanks and hyphens allowed, -> as it is kept. False: it is none; one wrong character
 * is always found, and any two that changed places. As lv.sheet_code_read. */
bool lvzhi_sheet_code_read(const char *typed, char ret[LVZHI_SHEET_CODE_SIZE]);

#endif
