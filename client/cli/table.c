#include "table.h"

#include "buffer.h"
#include "csv.h"
#include "day.h"
#include "sentence.h"
#include "text.h"

#include <libsmartcols/libsmartcols.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KIND_SIZE = 64 };

#define CHINA_US (INT64_C(8) * 3600 * 1000000)

size_t columns_count(const struct column *columns) {
    size_t count = 0;
    while (columns[count].key != NULL)
        count++;
    return count;
}

static const char *sentence_of(const char *rule) {
    const struct lvzhi_sentence *sentence = lvzhi_sentence(rule);
    return sentence == NULL ? rule : text_is_english() ? sentence->en : sentence->zh;
}

static void append_text(struct buffer *out, const char *text) {
    buffer_append(out, text, strlen(text));
}

/* "feedback_state", and of "*_state" the kind that fits the row. */
static const char *word_of(const json_t *row, const struct column *column, const char *word) {
    char kind[KIND_SIZE];
    const char *subject = json_string_value(json_object_get(row, "subject"));
    if (column->of[0] != '*')
        return text_word(column->of, word);
    snprintf(kind, sizeof kind, "%s%s", subject != NULL ? subject : "", column->of + 1);
    return text_word(kind, word);
}

/* A moment as a wall in China shows it; a text that is none as it is. */
static void append_time(struct buffer *out, const char *text) {
    char local[LVZHI_TIME_TEXT_SIZE];
    int64_t us;
    if (!lvzhi_time_parse(text, &us) || !lvzhi_time_format(us + CHINA_US, local)) {
        append_text(out, text);
        return;
    }
    local[10] = ' ';
    buffer_append(out, local, strlen("YYYY-MM-DD hh:mm"));
}

static void append_string(struct buffer *out, const json_t *row, const char *text, const struct column *column,
                          enum format format) {
    if (format == FORMAT_TABLE && column->kind == COLUMN_WORD)
        append_text(out, word_of(row, column, text));
    else if (format == FORMAT_TABLE && column->kind == COLUMN_TIME)
        append_time(out, text);
    else if (format == FORMAT_TABLE && column->kind == COLUMN_RULE)
        append_text(out, sentence_of(text));
    else
        append_text(out, text);
}

/* One cell as text, without the closing NUL. */
static void append_cell(struct buffer *out, const json_t *row, const json_t *value, const struct column *column,
                        enum format format) {
    char number[32];
    if (json_is_string(value)) {
        append_string(out, row, json_string_value(value), column, format);
    } else if (json_is_integer(value)) {
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        append_text(out, number);
    } else if (json_is_real(value)) {
        snprintf(number, sizeof number, "%.10g", json_real_value(value));
        append_text(out, number);
    } else if (json_is_boolean(value)) {
        if (format == FORMAT_TABLE)
            append_text(out, json_is_true(value) ? _("是") : column->kind == COLUMN_FLAG ? "" : _("否"));
        else
            append_text(out, json_is_true(value) ? "true" : "false");
    } else if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            if (i > 0)
                append_text(out, column->kind == COLUMN_ITEMS ? "；" : " ");
            append_cell(out, row, json_array_get(value, i), column, format);
        }
    } else if (value == NULL && column->kind == COLUMN_NUMBER) {
        append_text(out, "0");
    }
}

static char *cell_text(const json_t *row, const struct column *column, enum format format) {
    struct buffer text = {0};
    append_cell(&text, row, json_object_get(row, column->key), column, format);
    buffer_append(&text, "", 1);
    return (char *)text.bytes;
}

char *table_cell(const json_t *row, const struct column *column) {
    return cell_text(row, column, FORMAT_TABLE);
}

void print_json(const json_t *json) {
    json_dumpf(json, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
    putchar('\n');
}

static void print_csv(const json_t *rows, const struct column *columns) {
    size_t count = columns_count(columns);
    struct buffer out = {0};
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            append_text(&out, ",");
        lvzhi_csv_write(&out, columns[i].key);
    }
    append_text(&out, "\n");
    for (size_t r = 0; r < json_array_size(rows); r++) {
        for (size_t i = 0; i < count; i++) {
            char *text = cell_text(json_array_get(rows, r), &columns[i], FORMAT_CSV);
            if (i > 0)
                append_text(&out, ",");
            lvzhi_csv_write(&out, text);
            free(text);
        }
        append_text(&out, "\n");
    }
    fwrite(buffer_data(&out), 1, buffer_size(&out), stdout);
    buffer_release(&out);
}

static void print_table(const json_t *rows, const struct column *columns) {
    size_t count = columns_count(columns);
    struct libscols_table *table = scols_new_table();
    if (table == NULL)
        abort();
    for (size_t i = 0; i < count; i++)
        scols_table_new_column(table, _(columns[i].title), 0, columns[i].kind == COLUMN_NUMBER ? SCOLS_FL_RIGHT : 0);
    for (size_t r = 0; r < json_array_size(rows); r++) {
        struct libscols_line *line = scols_table_new_line(table, NULL);
        if (line == NULL)
            abort();
        for (size_t i = 0; i < count; i++)
            scols_line_refer_data(line, i, cell_text(json_array_get(rows, r), &columns[i], FORMAT_TABLE));
    }
    scols_print_table(table);
    scols_unref_table(table);
}

void table_print(enum format format, const json_t *reply, const char *rows, const struct column *columns) {
    const json_t *array = json_object_get(reply, rows);
    switch (format) {
    case FORMAT_JSON:
        print_json(reply);
        break;
    case FORMAT_CSV:
        print_csv(array, columns);
        break;
    case FORMAT_TABLE:
        print_table(array, columns);
        break;
    }
}

void table_print_one(enum format format, const json_t *object, const struct column *columns) {
    if (format == FORMAT_JSON) {
        print_json(object);
        return;
    }
    if (format == FORMAT_CSV) {
        json_t *rows = json_pack("[O]", object);
        print_csv(rows, columns);
        json_decref(rows);
        return;
    }
    for (size_t i = 0; columns[i].key != NULL; i++) {
        char *text = cell_text(object, &columns[i], FORMAT_TABLE);
        if (text[0] != '\0')
            printf(text_is_english() ? "%s: %s\n" : "%s：%s\n", _(columns[i].title), text);
        free(text);
    }
}
