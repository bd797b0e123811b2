#include "csv.h"
#include "file.h"
#include "nouns.h"
#include "say.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_LIMIT = 64 << 10 };

/* The fields of the first row, by the header's names. */
static json_t *read_row(const char *bytes, size_t size) {
    struct lvzhi_csv csv;
    json_t *row = json_object(), *names = json_array();
    lvzhi_csv_open(&csv, bytes, size);
    bool good = lvzhi_csv_next(&csv) == LVZHI_CSV_RECORD;
    for (size_t i = 0; good && i < csv.count; i++)
        json_array_append_new(names, json_string(csv.fields[i].text));
    good = good && lvzhi_csv_next(&csv) == LVZHI_CSV_RECORD && csv.count == json_array_size(names);
    for (size_t i = 0; good && i < csv.count; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        good = name != NULL && json_object_set_new(row, name, json_string(csv.fields[i].text)) == 0;
    }
    lvzhi_csv_close(&csv);
    json_decref(names);
    if (good)
        return row;
    json_decref(row);
    return NULL;
}

static int run(struct given *given) {
    const char *path = given_text(given, "FILE");
    int code = EXIT_DONE;
    struct buffer bytes = {0};
    if (!file_read(path, FILE_LIMIT, &bytes)) {
        buffer_release(&bytes);
        return EXIT_USAGE;
    }
    json_t *row = read_row((const char *)buffer_data(&bytes), buffer_size(&bytes));
    buffer_release(&bytes);
    const char *town = json_string_value(json_object_get(row, "code"));
    json_t *request = town == NULL ? NULL
                                   : json_pack("{s:i, s:O, s:O, s:O}", "town_id", (int)strtol(town, NULL, 10), "name",
                                               json_object_get(row, "name"), "term", json_object_get(row, "term"),
                                               "term_starts_on", json_object_get(row, "term_starts_on"));
    if (request == NULL) {
        say_fact("里面没有镇的代码、名称、届次和开始日期", "it has no row with code, name, term and term_starts_on",
                 path, NULL);
        code = EXIT_USAGE;
    } else {
        json_dumpf(request, stdout, 0);
        putchar('\n');
    }
    json_decref(request);
    json_decref(row);
    return code;
}

static const struct command commands[] = {
    {.about = N_("town.csv 变成 CreateTown 的请求"),
     .example = "csv-town data/town.csv",
     .words = VALUES(VALUE("FILE", NULL, VALUE_PATH, VALUE_NEEDED, N_("town.csv 所在"))),
     .bare = run},
    {0},
};

const struct noun noun_csv_town = {"csv-town", N_("town.csv 变成 CreateTown 的请求"), commands};
