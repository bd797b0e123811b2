#include "csv.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void lvzhi_csv_open(struct lvzhi_csv *csv, const char *bytes, size_t size) {
    static const char mark[] = "\xef\xbb\xbf";
    *csv = (struct lvzhi_csv){.bytes = bytes, .size = size, .line = 1};
    if (size >= 3 && memcmp(bytes, mark, 3) == 0)
        csv->at = 3;
}

void lvzhi_csv_close(struct lvzhi_csv *csv) {
    buffer_release(&csv->text);
    free(csv->fields);
    *csv = (struct lvzhi_csv){0};
}

static bool at_line_end(const struct lvzhi_csv *csv) {
    if (csv->at == csv->size || csv->bytes[csv->at] == '\n')
        return true;
    return csv->bytes[csv->at] == '\r' && csv->at + 1 < csv->size && csv->bytes[csv->at + 1] == '\n';
}

static void skip_line_end(struct lvzhi_csv *csv) {
    if (csv->at < csv->size && csv->bytes[csv->at] == '\r')
        csv->at++;
    if (csv->at < csv->size) {
        csv->at++;
        csv->line++;
    }
}

/* The field's text goes to the end of csv->text; its place is known only when that has stopped growing. */
static void add_field(struct lvzhi_csv *csv, size_t start) {
    if (csv->count == csv->capacity) {
        csv->capacity = csv->capacity == 0 ? 16 : csv->capacity * 2;
        csv->fields = reallocarray(csv->fields, csv->capacity, sizeof *csv->fields);
        if (csv->fields == NULL)
            abort();
    }
    csv->fields[csv->count++] = (struct lvzhi_csv_field){.size = buffer_size(&csv->text) - start};
    buffer_append(&csv->text, "", 1);
}

/* From after the opening quote to after the closing one. False: there is none. */
static bool quoted(struct lvzhi_csv *csv) {
    while (csv->at < csv->size) {
        char c = csv->bytes[csv->at++];
        if (c == '"') {
            if (csv->at == csv->size || csv->bytes[csv->at] != '"')
                return true;
            csv->at++;
        } else if (c == '\n') {
            csv->line++;
        }
        buffer_append(&csv->text, &c, 1);
    }
    return false;
}

static enum lvzhi_csv_status field(struct lvzhi_csv *csv) {
    size_t start = buffer_size(&csv->text);
    if (csv->at < csv->size && csv->bytes[csv->at] == '"') {
        csv->at++;
        if (!quoted(csv))
            return LVZHI_CSV_QUOTE_OPEN;
        if (!at_line_end(csv) && csv->bytes[csv->at] != ',')
            return LVZHI_CSV_QUOTE_STRAY;
    } else {
        size_t from = csv->at;
        while (!at_line_end(csv) && csv->bytes[csv->at] != ',') {
            if (csv->bytes[csv->at] == '"')
                return LVZHI_CSV_QUOTE_STRAY;
            csv->at++;
        }
        buffer_append(&csv->text, csv->bytes + from, csv->at - from);
    }
    add_field(csv, start);
    return LVZHI_CSV_RECORD;
}

static void place_fields(struct lvzhi_csv *csv) {
    size_t at = 0;
    for (size_t i = 0; i < csv->count; i++) {
        csv->fields[i].text = (const char *)buffer_data(&csv->text) + at;
        at += csv->fields[i].size + 1;
    }
}

enum lvzhi_csv_status lvzhi_csv_next(struct lvzhi_csv *csv) {
    csv->count = 0;
    buffer_consume(&csv->text, buffer_size(&csv->text));
    while (csv->at < csv->size && at_line_end(csv))
        skip_line_end(csv);
    csv->record_line = csv->line;
    if (csv->at == csv->size)
        return LVZHI_CSV_END;

    enum lvzhi_csv_status status = field(csv);
    while (status == LVZHI_CSV_RECORD && csv->at < csv->size && csv->bytes[csv->at] == ',') {
        csv->at++;
        status = field(csv);
    }
    if (status == LVZHI_CSV_QUOTE_STRAY)
        while (!at_line_end(csv))
            csv->at++;
    skip_line_end(csv);
    place_fields(csv);
    return status;
}

void lvzhi_csv_write(struct buffer *out, const char *text) {
    if (text[strcspn(text, ",\"\r\n")] == '\0') {
        buffer_append(out, text, strlen(text));
        return;
    }
    buffer_append(out, "\"", 1);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"')
            buffer_append(out, "\"", 1);
        buffer_append(out, c, 1);
    }
    buffer_append(out, "\"", 1);
}
