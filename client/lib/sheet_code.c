#include "sheet_code.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

/* No 0, O, 1, I and L. There are 31, a prime, and the weights 7 to 1 are all different. */
static const char alphabet[] = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";

bool lvzhi_sheet_code_read(const char *typed, char ret[LVZHI_SHEET_CODE_SIZE]) {
    size_t count = 0, sum = 0;
    for (const char *c = typed; *c != '\0'; c++) {
        if (*c == ' ' || *c == '-')
            continue;
        const char *found = strchr(alphabet, toupper((unsigned char)*c));
        if (found == NULL || count == LVZHI_SHEET_CODE_SIZE - 1)
            return false;
        ret[count] = *found;
        sum += (LVZHI_SHEET_CODE_SIZE - 1 - count) * (size_t)(found - alphabet);
        count++;
    }
    ret[count] = '\0';
    return count == LVZHI_SHEET_CODE_SIZE - 1 && sum % (sizeof alphabet - 1) == 0;
}
