/* test_refusal.c - every SQLSTATE that PostgreSQL may give an operation, and what it means for it. */
#include "server/refusal.h"

#include <criterion/criterion.h>
#include <stddef.h>

static const struct {
    const char *state;
    enum refusal_kind kind;
    enum wire_error error;
} table[] = {
    /* Rules: 0x80nn is LV0nn. */
    {"LV011", REFUSAL_FINAL, WIRE_FORBIDDEN},
    {"LV020", REFUSAL_FINAL, WIRE_INVALID},
    {"LV021", REFUSAL_FINAL, WIRE_CONFLICT},
    {"LV023", REFUSAL_FINAL, WIRE_NOT_FOUND},
    {"LV000", REFUSAL_FINAL, WIRE_INTERNAL},
    {"LV999", REFUSAL_FINAL, WIRE_INTERNAL},
    {"LV02 ", REFUSAL_FINAL, WIRE_INTERNAL},
    {"lv020", REFUSAL_FINAL, WIRE_INTERNAL},
    /* Data and constraints. */
    {"22001", REFUSAL_FINAL, WIRE_INVALID},
    {"22003", REFUSAL_FINAL, WIRE_INVALID},
    {"22P02", REFUSAL_FINAL, WIRE_INVALID},
    {"23502", REFUSAL_FINAL, WIRE_INVALID},
    {"23503", REFUSAL_FINAL, WIRE_INVALID},
    {"23505", REFUSAL_FINAL, WIRE_INVALID},
    {"23514", REFUSAL_FINAL, WIRE_INVALID},
    {"23P01", REFUSAL_FINAL, WIRE_INVALID},
    {"57014", REFUSAL_FINAL, WIRE_DEADLINE},
    /* The same again. */
    {"40001", REFUSAL_RETRY, WIRE_OK},
    {"40P01", REFUSAL_RETRY, WIRE_OK},
    {"40000", REFUSAL_RETRY, WIRE_OK},
    {"55P03", REFUSAL_RETRY, WIRE_OK},
    {"53100", REFUSAL_RETRY, WIRE_OK},
    /* A new connection. */
    {"08000", REFUSAL_LOST, WIRE_OK},
    {"08003", REFUSAL_LOST, WIRE_OK},
    {"08006", REFUSAL_LOST, WIRE_OK},
    {"08P01", REFUSAL_FINAL, WIRE_INTERNAL},
    {"53200", REFUSAL_LOST, WIRE_OK},
    {"53300", REFUSAL_LOST, WIRE_OK},
    {"57P01", REFUSAL_LOST, WIRE_OK},
    {"57P02", REFUSAL_LOST, WIRE_OK},
    {"57P03", REFUSAL_LOST, WIRE_OK},
    {"57P05", REFUSAL_LOST, WIRE_OK},
    {"58030", REFUSAL_LOST, WIRE_OK},
    {"58P01", REFUSAL_LOST, WIRE_OK},
    {"25006", REFUSAL_LOST, WIRE_OK},
    {"0A000", REFUSAL_LOST, WIRE_OK},
    {NULL, REFUSAL_LOST, WIRE_OK},
    {"", REFUSAL_LOST, WIRE_OK},
    {"2200", REFUSAL_LOST, WIRE_OK},
    {"LV0201", REFUSAL_LOST, WIRE_OK},
    /* Our own faults. */
    {"42601", REFUSAL_FINAL, WIRE_INTERNAL},
    {"42501", REFUSAL_FINAL, WIRE_INTERNAL},
    {"42883", REFUSAL_FINAL, WIRE_INTERNAL},
    {"42P01", REFUSAL_FINAL, WIRE_INTERNAL},
    {"44000", REFUSAL_FINAL, WIRE_INTERNAL},
    {"P0001", REFUSAL_FINAL, WIRE_INTERNAL},
    {"P0004", REFUSAL_FINAL, WIRE_INTERNAL},
    {"XX000", REFUSAL_FINAL, WIRE_INTERNAL},
    {"55000", REFUSAL_FINAL, WIRE_INTERNAL},
    {"55P02", REFUSAL_FINAL, WIRE_INTERNAL},
    {"25P02", REFUSAL_FINAL, WIRE_INTERNAL},
    {"0A001", REFUSAL_FINAL, WIRE_INTERNAL},
    {"21000", REFUSAL_FINAL, WIRE_INTERNAL},
    {"26000", REFUSAL_FINAL, WIRE_INTERNAL},
};

Test(refusal, table) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct refusal refusal = refusal_of(table[i].state);
        cr_expect_eq(refusal.kind, table[i].kind, "%s", table[i].state == NULL ? "-" : table[i].state);
        cr_expect_eq(refusal.error, table[i].error, "%s", table[i].state == NULL ? "-" : table[i].state);
    }
}
