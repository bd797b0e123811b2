#include "table.h"

#include "buffer.h"
#include "csv.h"
#include "sentence.h"

#include <libsmartcols/libsmartcols.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text, *zh;
    const char *key; /* only in this column; NULL: in any */
} words[] = {
    {"approved", "批准", "leave_decision"},
    {"refused", "不准", "leave_decision"},
    {"pending", "待批", "leave_decision"},
    {"pending", "等待答复", "state"},
    {"parked", "需要处理", "state"},
    {"absent", "未到", NULL},
    {"approved", "已审定", NULL},
    {"call", "电话", NULL},
    {"cancelled", "已取消", NULL},
    {"city", "市", NULL},
    {"closed", "已结束", NULL},
    {"congress_session", "人代会", NULL},
    {"county", "县", NULL},
    {"deliberation", "审议", NULL},
    {"duty_report", "述职测评", NULL},
    {"excused", "请假", NULL},
    {"feedback", "群众意见", NULL},
    {"group_meeting", "小组会", NULL},
    {"inspection", "视察", NULL},
    {"late", "迟到", NULL},
    {"law_check", "执法检查", NULL},
    {"left_early", "早退", NULL},
    {"locked", "已锁定", NULL},
    {"no_activities", "不参加活动", NULL},
    {"no_meetings", "不参加会议", NULL},
    {"no_voices", "不反映意见", NULL},
    {"none", "无", NULL},
    {"not_liable", "不计", NULL},
    {"notified", "已通知", NULL},
    {"open", "进行中", NULL},
    {"planned", "计划中", NULL},
    {"postponed", "已延期", NULL},
    {"present", "到会", NULL},
    {"presidium_meeting", "主席团会", NULL},
    {"research", "调研", NULL},
    {"signed", "签收", NULL},
    {"study_visit", "参观学习", NULL},
    {"suggestion_cosigned", "附议建议", NULL},
    {"suggestion_first", "领衔建议", NULL},
    {"sync", "系统", NULL},
    {"town", "镇", NULL},
    {"training", "培训", NULL},
    {"unexcused", "无故缺席", NULL},
    {"unknown", "未登记", NULL},
    {"voter_reception", "接待选民", NULL},
    {"work_review", "工作评议", NULL},
};

const char *word_zh(const char *key, const char *text) {
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].text, text) == 0 && (words[i].key == NULL || strcmp(words[i].key, key) == 0))
            return words[i].zh;
    return text;
}

void put_sentences(json_t *rows, const char *field) {
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);
        const char *rule = json_string_value(json_object_get(row, field));
        const struct lvzhi_sentence *sentence = rule != NULL ? lvzhi_sentence(rule) : NULL;
        if (sentence != NULL)
            json_object_set_new(row, field, json_string(sentence->zh));
    }
}

static void append_text(struct buffer *out, const char *text) {
    buffer_append(out, text, strlen(text));
}

/* One cell as text, without the closing NUL. */
static void append_cell(struct buffer *out, const json_t *value, const struct column *column, enum format format) {
    bool chinese = format == FORMAT_TABLE && column->kind == COLUMN_WORD;
    char number[32];
    if (json_is_string(value)) {
        append_text(out, chinese ? word_zh(column->key, json_string_value(value)) : json_string_value(value));
    } else if (json_is_integer(value)) {
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        append_text(out, number);
    } else if (json_is_boolean(value)) {
        if (format == FORMAT_TABLE)
            append_text(out, json_is_true(value) ? "是" : "否");
        else
            append_text(out, json_is_true(value) ? "true" : "false");
    } else if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            if (i > 0)
                append_text(out, " ");
            append_cell(out, json_array_get(value, i), column, format);
        }
    } else if (value == NULL && column->kind == COLUMN_NUMBER) {
        append_text(out, "0");
    }
}

static char *cell_text(const json_t *row, const struct column *column, enum format format) {
    struct buffer text = {0};
    append_cell(&text, json_object_get(row, column->key), column, format);
    buffer_append(&text, "", 1);
    return (char *)text.bytes;
}

void print_json(const json_t *json) {
    json_dumpf(json, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
    putchar('\n');
}

static void print_csv(const json_t *rows, const struct column *columns, size_t count) {
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

static void print_table(const json_t *rows, const struct column *columns, size_t count) {
    struct libscols_table *table = scols_new_table();
    if (table == NULL)
        abort();
    for (size_t i = 0; i < count; i++)
        scols_table_new_column(table, columns[i].title, 0, columns[i].kind == COLUMN_NUMBER ? SCOLS_FL_RIGHT : 0);
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

void table_print(enum format format, const json_t *reply, const char *rows, const struct column *columns,
                 size_t count) {
    const json_t *array = json_object_get(reply, rows);
    switch (format) {
    case FORMAT_JSON:
        print_json(reply);
        break;
    case FORMAT_CSV:
        print_csv(array, columns, count);
        break;
    case FORMAT_TABLE:
        print_table(array, columns, count);
        break;
    }
}

void table_print_one(enum format format, const json_t *object, const struct column *columns, size_t count) {
    if (format == FORMAT_JSON) {
        print_json(object);
        return;
    }
    if (format == FORMAT_CSV) {
        json_t *rows = json_pack("[O]", object);
        print_csv(rows, columns, count);
        json_decref(rows);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        char *text = cell_text(object, &columns[i], FORMAT_TABLE);
        printf("%s：%s\n", columns[i].title, text);
        free(text);
    }
}
