/* CSV of strangers: every record is read, lines only grow, and what is written of a record reads as the same. */
#include "csv.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* Fields with a NUL are no text, and an empty record is no line: neither is written. */
static bool can_be_written(const struct lvzhi_csv *csv) {
    for (size_t i = 0; i < csv->count; i++)
        if (strlen(csv->fields[i].text) != csv->fields[i].size)
            return false;
    return csv->count > 1 || csv->fields[0].size > 0;
}

static void expect_round_trip(const struct lvzhi_csv *csv) {
    struct buffer out = {0};
    buffer_append(&out, "x\n", 2); /* a byte-order mark is only one at the very beginning */
    for (size_t i = 0; i < csv->count; i++) {
        if (i > 0)
            buffer_append(&out, ",", 1);
        lvzhi_csv_write(&out, csv->fields[i].text);
    }
    buffer_append(&out, "\n", 1);
    struct lvzhi_csv again;
    lvzhi_csv_open(&again, (const char *)buffer_data(&out), buffer_size(&out));
    assert(lvzhi_csv_next(&again) == LVZHI_CSV_RECORD && lvzhi_csv_next(&again) == LVZHI_CSV_RECORD);
    assert(again.count == csv->count);
    for (size_t i = 0; i < csv->count; i++)
        assert(again.fields[i].size == csv->fields[i].size &&
               memcmp(again.fields[i].text, csv->fields[i].text, csv->fields[i].size) == 0);
    assert(lvzhi_csv_next(&again) == LVZHI_CSV_END);
    lvzhi_csv_close(&again);
    buffer_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    uint8_t *exact = exact_copy(bytes, size);
    struct lvzhi_csv csv;
    lvzhi_csv_open(&csv, (const char *)exact, size);
    enum lvzhi_csv_status status;
    int line = 1;
    do {
        size_t before = csv.at;
        status = lvzhi_csv_next(&csv);
        assert(csv.at <= size && csv.line >= line && (csv.at > before || status == LVZHI_CSV_END));
        assert(status == LVZHI_CSV_END || (csv.record_line >= line && csv.record_line <= csv.line));
        line = csv.line;
        for (size_t i = 0; i < csv.count; i++)
            assert(csv.fields[i].text[csv.fields[i].size] == '\0');
        if (status == LVZHI_CSV_RECORD) {
            assert(csv.count > 0);
            if (can_be_written(&csv))
                expect_round_trip(&csv);
        }
    } while (status == LVZHI_CSV_RECORD || status == LVZHI_CSV_QUOTE_STRAY);
    lvzhi_csv_close(&csv);
    free(exact);
    return 0;
}
