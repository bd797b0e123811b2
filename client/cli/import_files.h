/* import_files.h - a folder of CSV files as requests of ImportRows, and what is wrong with their bytes.
 *
 * Only what the centre cannot see is judged here: bytes that are not UTF-8, NUL, a wrong number of fields, quotes that
 * do not close. Such a row still goes to the centre, mended, so that rows that refer to it are not blamed. */
#ifndef LVZHI_IMPORT_FILES_H
#define LVZHI_IMPORT_FILES_H

#include "csv.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { IMPORT_FILES = 18, IMPORT_DIGEST_SIZE = 32 };

struct import_fault {
    int file; /* index of import_file_names */
    int line;
    char *column; /* NULL: the whole row */
    char *value;  /* NULL: none */
    char *rule;
    char *held;
    bool here;    /* found here, not by the centre */
    size_t order; /* in which it was found */
};

struct import_files {
    char *bytes[IMPORT_FILES]; /* NULL: no such file */
    size_t sizes[IMPORT_FILES];
    size_t total_size;
    struct import_fault *faults;
    size_t n_faults;
    /* Where reading stands. */
    int file;
    bool opened;
    struct lvzhi_csv csv;
    json_t *columns;
    bool told; /* the header of this file has been in a request */
};

/* In the order of rules.md: without ".csv". */
extern const char *const import_file_names[IMPORT_FILES];

/* Index of a file's name; -1: there is none. */
int import_file_index(const char *name);

/* Read the folder. False: said. */
bool import_files_open(struct import_files *files, const char *directory) __attribute__((warn_unused_result));
void import_files_close(struct import_files *files);

/* SHA-256 of all names and bytes: equal for the same files. */
void import_files_digest(const struct import_files *files, bool update, uint8_t ret_digest[IMPORT_DIGEST_SIZE]);

/* The next rows of one file as an ImportRows request without import_id: at most 2,000 rows and about 200 KiB. NULL: the
 * end. Faults found on the way are in files->faults. */
json_t *import_files_next(struct import_files *files);

/* How many bytes have been read. */
size_t import_files_done(const struct import_files *files);

/* Take in a fault of the centre's, unless its line is already at fault here. */
void import_files_add(struct import_files *files, const json_t *json);

/* In order of file and line. */
void import_files_sort(struct import_files *files);

#endif
