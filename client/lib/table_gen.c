/* table_gen.c - sentences.csv or words.csv -> a C table, at build time: table_gen sentence|word CSV > C. */
#include "csv.h"
#include "utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_LIMIT = 5, ROWS_LIMIT = 4096 };

/* What a table is: its columns are the members of `struct lvzhi_NAME`, in their order. */
struct shape {
    const char *name;
    const char *columns[COLUMNS_LIMIT];
    int count;
    int filled; /* of the first columns none may be empty */
    int key;    /* the first columns make up the key */
    bool sorted;
};

static const struct shape shapes[] = {
    {"sentence", {"rule", "zh", "en", "next_zh", "next_en"}, 5, 3, 1, true},
    {"word", {"kind", "word", "zh", "en"}, 4, 4, 2, false},
};

struct row {
    char *cells[COLUMNS_LIMIT];
    int line;
    int group; /* the line on which the first row of the same first cell stands */
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

static int by_first(const void *a, const void *b) {
    return strcmp(((const struct row *)a)->cells[0], ((const struct row *)b)->cells[0]);
}

static int by_group(const void *a, const void *b) {
    const struct row *one = a, *other = b;
    return one->group != other->group ? one->group - other->group : one->line - other->line;
}

static bool take_row(const struct shape *shape, const struct lvzhi_csv *csv, struct row *ret) {
    if (csv->count != (size_t)shape->count)
        return false;
    ret->line = csv->record_line;
    for (int i = 0; i < shape->count; i++) {
        const struct lvzhi_csv_field *field = &csv->fields[i];
        if (lvzhi_utf8_span(field->text, field->size) != field->size || (i < shape->filled && field->size == 0))
            return false;
        ret->cells[i] = strdup(field->text);
        if (ret->cells[i] == NULL)
            abort();
    }
    return true;
}

static void free_row(const struct shape *shape, struct row *row) {
    for (int i = 0; i < shape->count; i++)
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

static size_t read_rows(const struct shape *shape, const char *path, const char *bytes, size_t size, struct row *rows) {
    struct lvzhi_csv csv;
    struct row row;
    size_t count = 0;
    bool first = true, good = true;
    enum lvzhi_csv_status status;
    lvzhi_csv_open(&csv, bytes, size);
    while (good && (status = lvzhi_csv_next(&csv)) != LVZHI_CSV_END) {
        good = status == LVZHI_CSV_RECORD && count < ROWS_LIMIT && take_row(shape, &csv, &row);
        for (int i = 0; good && first && i < shape->count; i++)
            good = strcmp(row.cells[i], shape->columns[i]) == 0;
        if (good && !first)
            rows[count++] = row;
        else if (good)
            free_row(shape, &row);
        first = false;
    }
    if (!good) {
        fprintf(stderr, "%s:%d: not a row of a %s\n", path, csv.record_line, shape->name);
        exit(1);
    }
    lvzhi_csv_close(&csv);
    return count;
}

static bool same_key(const struct shape *shape, const struct row *a, const struct row *b) {
    for (int i = 0; i < shape->key; i++)
        if (strcmp(a->cells[i], b->cells[i]) != 0)
            return false;
    return true;
}

static bool check_keys(const struct shape *shape, const char *path, const struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (same_key(shape, &rows[i], &rows[k])) {
                fprintf(stderr, "%s:%d: the same as line %d: %s %s\n", path, rows[i].line, rows[k].line,
                        rows[i].cells[0], shape->key > 1 ? rows[i].cells[1] : "");
                return false;
            }
    return true;
}

/* Rows of one kind together, wherever they stand in the file: each in the order of its lines. */
static void gather(struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        size_t first = 0;
        while (strcmp(rows[first].cells[0], rows[i].cells[0]) != 0)
            first++;
        rows[i].group = rows[first].line;
    }
    qsort(rows, count, sizeof *rows, by_group);
}

static void print_rows(const struct shape *shape, const struct row *rows, size_t count) {
    printf("#include \"%s.h\"\n\n"
           "extern const struct lvzhi_%s lvzhi_%s_table[];\n"
           "extern const size_t lvzhi_%s_count;\n\n"
           "const struct lvzhi_%s lvzhi_%s_table[] = {\n",
           shape->name, shape->name, shape->name, shape->name, shape->name, shape->name);
    for (size_t i = 0; i < count; i++) {
        printf("    {");
        for (int k = 0; k < shape->count; k++) {
            print_text(rows[i].cells[k]);
            printf(k + 1 < shape->count ? ", " : "},\n");
        }
    }
    printf("};\n\nconst size_t lvzhi_%s_count = sizeof lvzhi_%s_table / sizeof *lvzhi_%s_table;\n", shape->name,
           shape->name, shape->name);
}

int main(int argc, char **argv) {
    static struct row rows[ROWS_LIMIT];
    const struct shape *shape = NULL;
    for (size_t i = 0; argc == 3 && i < sizeof shapes / sizeof *shapes; i++)
        if (strcmp(argv[1], shapes[i].name) == 0)
            shape = &shapes[i];
    if (shape == NULL) {
        fprintf(stderr, "usage: table_gen sentence|word CSV > C\n");
        return 2;
    }
    size_t size;
    char *bytes = read_all(argv[2], &size);
    size_t count = read_rows(shape, argv[2], bytes, size, rows);
    bool good = check_keys(shape, argv[2], rows, count);
    if (shape->sorted)
        qsort(rows, count, sizeof *rows, by_first);
    else
        gather(rows, count);
    if (good)
        print_rows(shape, rows, count);
    for (size_t i = 0; i < count; i++)
        free_row(shape, &rows[i]);
    free(bytes);
    return good ? 0 : 1;
}
