#include "import_files.h"

#include "file.h"
#include "rpc.h"
#include "say.h"
#include "utf8.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CHUNK_ROWS = 2000, CHUNK_SIZE = 200 << 10, CELL_COST = 4 };

const char *const import_file_names[IMPORT_FILES] = {
    "town",        "villages", "units",      "groups",     "people",     "mandates",
    "suspensions", "roles",    "meetings",   "attendance", "leaves",     "feedback",
    "suggestions", "deeds",    "households", "funds",      "appraisals", "awards",
};

int import_file_index(const char *name) {
    for (int i = 0; i < IMPORT_FILES; i++)
        if (strcmp(import_file_names[i], name) == 0)
            return i;
    return -1;
}

bool import_files_open(struct import_files *files, const char *directory) {
    struct stat stat_of;
    *files = (struct import_files){0};
    if (stat(directory, &stat_of) != 0 || !S_ISDIR(stat_of.st_mode)) {
        say_fact("没有这个文件夹", "there is no such folder", directory, NULL);
        return false;
    }
    size_t found = 0;
    for (int i = 0; i < IMPORT_FILES; i++) {
        char *path;
        if (asprintf(&path, "%s/%s.csv", directory, import_file_names[i]) < 0)
            abort();
        struct buffer bytes = {0};
        if (file_append(path, SIZE_MAX, &bytes)) {
            files->sizes[i] = buffer_size(&bytes);
            files->bytes[i] = (char *)bytes.bytes; /* nothing was consumed: it begins at the start */
        } else if (errno != ENOENT) {
            buffer_release(&bytes);
            say_fact("文件读不了", "the file cannot be read", path, strerror(errno));
            free(path);
            return false;
        }
        found += files->bytes[i] != NULL;
        files->total_size += files->sizes[i];
        free(path);
    }
    if (found == 0)
        say_fact("文件夹里没有可导入的 CSV 文件", "there is no CSV file to import in the folder", directory, NULL);
    return found > 0;
}

static void free_fault(struct import_fault *fault) {
    free(fault->column);
    free(fault->value);
    free(fault->rule);
    free(fault->held);
}

void import_files_close(struct import_files *files) {
    for (int i = 0; i < IMPORT_FILES; i++)
        free(files->bytes[i]);
    for (size_t i = 0; i < files->n_faults; i++)
        free_fault(&files->faults[i]);
    free(files->faults);
    json_decref(files->columns);
    lvzhi_csv_close(&files->csv);
}

void import_files_digest(const struct import_files *files, bool update, uint8_t ret_digest[IMPORT_DIGEST_SIZE]) {
    struct buffer list = {0};
    buffer_append(&list, update ? "U" : "-", 1);
    for (int i = 0; i < IMPORT_FILES; i++) {
        uint8_t digest[SHA256_DIGEST_LENGTH];
        if (files->bytes[i] == NULL)
            continue;
        SHA256((const uint8_t *)files->bytes[i], files->sizes[i], digest);
        buffer_append(&list, import_file_names[i], strlen(import_file_names[i]) + 1);
        buffer_append(&list, digest, sizeof digest);
    }
    SHA256(buffer_data(&list), buffer_size(&list), ret_digest);
    buffer_release(&list);
}

static char *copy_text(const char *text) {
    char *copy = text != NULL ? strdup(text) : NULL;
    if (text != NULL && copy == NULL)
        abort();
    return copy;
}

static struct import_fault *new_fault(struct import_files *files, const char *rule) {
    files->faults = reallocarray(files->faults, files->n_faults + 1, sizeof *files->faults);
    if (files->faults == NULL)
        abort();
    struct import_fault *fault = &files->faults[files->n_faults];
    *fault = (struct import_fault){.file = files->file, .rule = copy_text(rule), .order = files->n_faults++};
    return fault;
}

static struct import_fault *fault_here(struct import_files *files, const char *column, const char *rule) {
    struct import_fault *fault = new_fault(files, rule);
    fault->line = files->csv.record_line;
    fault->column = copy_text(column);
    fault->here = true;
    return fault;
}

/* Text of a field that is none: each byte that is no UTF-8 as \xNN to be shown, or as the replacement character to be
 * sent. */
static char *mend(const char *text, size_t size, bool shown) {
    struct buffer out = {0};
    while (size > 0) {
        size_t good = lvzhi_utf8_span(text, size);
        buffer_append(&out, text, good);
        if (good < size) {
            char byte[8];
            snprintf(byte, sizeof byte, "\\x%02x", (unsigned char)text[good]);
            buffer_append(&out, shown ? byte : "\xef\xbf\xbd", shown ? 4 : 3);
            good++;
        }
        text += good;
        size -= good;
    }
    buffer_append(&out, "", 1);
    return (char *)out.bytes;
}

static json_t *field_json(struct import_files *files, const char *column, const struct lvzhi_csv_field *field) {
    size_t good = lvzhi_utf8_span(field->text, field->size);
    if (good == field->size)
        return json_stringn(field->text, field->size);
    char *mended = mend(field->text, field->size, false);
    struct import_fault *fault = fault_here(files, column, field->text[good] == '\0' ? "cell_nul" : "cell_not_utf8");
    fault->value = mend(field->text, field->size, true);
    json_t *json = json_string(mended);
    free(mended);
    return json;
}

static const char *column_name(const struct import_files *files, size_t index) {
    return json_string_value(json_array_get(files->columns, index));
}

/* A record that cannot be read as one; false: nothing after it can be read either. */
static bool broken_record(struct import_files *files, enum lvzhi_csv_status status) {
    if (status == LVZHI_CSV_QUOTE_OPEN) {
        fault_here(files, column_name(files, files->csv.count), "quote_open");
        return false;
    }
    fault_here(files, column_name(files, files->csv.count), "quote_stray");
    return true;
}

/* Go on to the next file that exists and has a header; false: there is none. */
static bool next_header(struct import_files *files) {
    if (files->opened)
        files->file++;
    files->opened = true;
    json_decref(files->columns);
    files->columns = NULL;
    files->told = false;
    for (; files->file < IMPORT_FILES; files->file++) {
        lvzhi_csv_close(&files->csv);
        if (files->bytes[files->file] == NULL)
            continue;
        lvzhi_csv_open(&files->csv, files->bytes[files->file], files->sizes[files->file]);
        enum lvzhi_csv_status status = lvzhi_csv_next(&files->csv);
        if (status == LVZHI_CSV_END)
            continue;
        if (status != LVZHI_CSV_RECORD) {
            (void)broken_record(files, status);
            continue;
        }
        files->columns = json_array();
        for (size_t i = 0; i < files->csv.count; i++)
            json_array_append_new(files->columns, field_json(files, NULL, &files->csv.fields[i]));
        return true;
    }
    return false;
}

/* One record into `lines` and `cells`; returns about how many bytes that takes. */
static size_t add_record(struct import_files *files, json_t *lines, json_t *cells, bool whole) {
    size_t columns = json_array_size(files->columns), size = 8;
    const struct lvzhi_csv *csv = &files->csv;
    if (whole && csv->count != columns) {
        char held[48];
        snprintf(held, sizeof held, "%zu", columns);
        struct import_fault *fault = fault_here(files, NULL, "field_count");
        fault->held = copy_text(held);
        snprintf(held, sizeof held, "%zu", csv->count);
        fault->value = copy_text(held);
    }
    json_array_append_new(lines, json_integer(csv->record_line));
    for (size_t i = 0; i < columns; i++) {
        bool given = i < csv->count;
        json_array_append_new(cells,
                              given ? field_json(files, column_name(files, i), &csv->fields[i]) : json_string(""));
        size += (given ? csv->fields[i].size : 0) + CELL_COST;
    }
    return size;
}

json_t *import_files_next(struct import_files *files) {
    for (;;) {
        if (files->columns == NULL && !next_header(files))
            return NULL;
        json_t *lines = json_array(), *cells = json_array();
        size_t size = 0;
        bool more = true;
        while (more && size < CHUNK_SIZE && json_array_size(lines) < CHUNK_ROWS) {
            enum lvzhi_csv_status status = lvzhi_csv_next(&files->csv);
            if (status == LVZHI_CSV_END)
                more = false;
            else if (status != LVZHI_CSV_RECORD)
                more = broken_record(files, status);
            if (status != LVZHI_CSV_END)
                size += add_record(files, lines, cells, status == LVZHI_CSV_RECORD);
        }
        json_t *request = json_pack("{s:s, s:o, s:O, s:o}", "file", import_file_names[files->file], "lines", lines,
                                    "columns", files->columns, "cells", cells);
        bool useful = json_array_size(lines) > 0 || !files->told;
        files->told = true;
        if (!more) {
            json_decref(files->columns);
            files->columns = NULL;
        }
        if (useful)
            return request;
        json_decref(request);
    }
}

size_t import_files_done(const struct import_files *files) {
    size_t done = files->opened ? files->csv.at : 0;
    for (int i = 0; i < files->file && i < IMPORT_FILES; i++)
        done += files->sizes[i];
    return done;
}

void import_files_add(struct import_files *files, const json_t *json) {
    int file = import_file_index(rpc_text(json, "file")), line = (int)rpc_number(json, "line");
    for (size_t i = 0; i < files->n_faults; i++)
        if (files->faults[i].here && files->faults[i].file == file && files->faults[i].line == line)
            return;
    struct import_fault *fault = new_fault(files, rpc_text(json, "rule"));
    fault->file = file;
    fault->line = line;
    fault->column = copy_text(json_string_value(json_object_get(json, "column")));
    fault->value = copy_text(json_string_value(json_object_get(json, "value")));
    fault->held = copy_text(json_string_value(json_object_get(json, "held")));
}

static int by_place(const void *a, const void *b) {
    const struct import_fault *x = a, *y = b;
    if (x->file != y->file)
        return x->file - y->file;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

void import_files_sort(struct import_files *files) {
    if (files->n_faults > 1)
        qsort(files->faults, files->n_faults, sizeof *files->faults, by_place);
}
