/* sentences_gen.c - sentences.csv -> a C table, at build time: sentences_gen CSV > C. */
#include "csv.h"
#include "utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 5, ROWS_LIMIT = 4096 };

struct row {
    char *cells[COLUMNS];
    int line;
};

static char *read_all(const char *path, size_t *ret_size) {
    FILE *file = fopen(path, "rb");
    struct buffer bytes = {0};
    size_t got = 1;
    while (file != NULL && got > 0) {
        got = fread(buffer_reserve(&bytes, 4096), 1, 4096, file);
        buffer_grow(&bytes, got);
    }
    if (file == NULL || ferror(file)) {
        perror(path);
        exit(1);
    }
    fclose(file);
    *ret_size = buffer_size(&bytes);
    return (char *)bytes.bytes;
}

static int by_rule(const void *a, const void *b) {
    return strcmp(((const struct row *)a)->cells[0], ((const struct row *)b)->cells[0]);
}

static bool take_row(const struct lvzhi_csv *csv, struct row *ret) {
    if (csv->count != COLUMNS)
        return false;
    ret->line = csv->record_line;
    for (int i = 0; i < COLUMNS; i++) {
        const struct lvzhi_csv_field *field = &csv->fields[i];
        if (lvzhi_utf8_span(field->text, field->size) != field->size || (i < 3 && field->size == 0))
            return false;
        ret->cells[i] = strdup(field->text);
        if (ret->cells[i] == NULL)
            abort();
    }
    return true;
}

static void free_row(struct row *row) {
    for (int i = 0; i < COLUMNS; i++)
        free(row->cells[i]);
}

static void print_text(const char *text) {
    putchar('"');
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            printf("\\%c", *c);
        else if (*c < ' ')
            printf("\\%03o", *c);
        else
            putchar(*c);
    }
    putchar('"');
}

static size_t read_rows(const char *path, const char *bytes, size_t size, struct row *rows) {
    static const char *const header[COLUMNS] = {"rule", "zh", "en", "next_zh", "next_en"};
    struct lvzhi_csv csv;
    struct row row;
    size_t count = 0;
    bool first = true, good = true;
    enum lvzhi_csv_status status;
    lvzhi_csv_open(&csv, bytes, size);
    while (good && (status = lvzhi_csv_next(&csv)) != LVZHI_CSV_END) {
        good = status == LVZHI_CSV_RECORD && count < ROWS_LIMIT && take_row(&csv, &row);
        for (int i = 0; good && first && i < COLUMNS; i++)
            good = strcmp(row.cells[i], header[i]) == 0;
        if (good && !first)
            rows[count++] = row;
        else if (good)
            free_row(&row);
        first = false;
    }
    if (!good) {
        fprintf(stderr, "%s:%d: not a row of rule, zh, en, next_zh, next_en\n", path, csv.record_line);
        exit(1);
    }
    lvzhi_csv_close(&csv);
    return count;
}

int main(int argc, char **argv) {
    static struct row rows[ROWS_LIMIT];
    if (argc != 2) {
        fprintf(stderr, "usage: sentences_gen sentences.csv > sentences.c\n");
        return 2;
    }
    size_t size;
    char *bytes = read_all(argv[1], &size);
    size_t count = read_rows(argv[1], bytes, size, rows);
    qsort(rows, count, sizeof *rows, by_rule);
    printf("#include \"sentence.h\"\n\n"
           "extern const struct lvzhi_sentence lvzhi_sentence_table[];\n"
           "extern const size_t lvzhi_sentence_count;\n\n"
           "const struct lvzhi_sentence lvzhi_sentence_table[] = {\n");
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && by_rule(&rows[i - 1], &rows[i]) == 0) {
            fprintf(stderr, "%s:%d: %s has two rows\n", argv[1], rows[i].line, rows[i].cells[0]);
            return 1;
        }
        printf("    {");
        for (int k = 0; k < COLUMNS; k++) {
            print_text(rows[i].cells[k]);
            printf(k + 1 < COLUMNS ? ", " : "},\n");
        }
    }
    printf("};\n\nconst size_t lvzhi_sentence_count = sizeof lvzhi_sentence_table / sizeof *lvzhi_sentence_table;\n");
    for (size_t i = 0; i < count; i++)
        free_row(&rows[i]);
    free(bytes);
    return 0;
}
