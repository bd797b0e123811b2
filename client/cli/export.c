#include "file.h"
#include "import_files.h"
#include "json.h"
#include "nouns.h"
#include "progress.h"
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The records may change while they are taken: then what has changed is taken again, so often. */
enum { FILES_LIMIT = 32, ROUNDS = 8, HEX_SIZE = 2 * SHA256_DIGEST_LENGTH + 1 };

/* What was written here before: as sha256sum(1) has it. */
static const char sums_name[] = "SHA256SUMS";

struct export {
    struct session *session;
    const char *directory;
    json_t *manifest;                 /* StartExportReply */
    struct buffer bytes[FILES_LIMIT]; /* of the manifest's files, in its order */
    char sums[FILES_LIMIT][HEX_SIZE]; /* of `bytes` */
    size_t rows_done, rows_total;
};

static void sum_of(const void *bytes, size_t size, char ret[HEX_SIZE]) {
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256(bytes, size, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(ret + 2 * i, 3, "%02x", digest[i]);
}

/* What the centre says the file must come to. */
static void sum_wanted(const json_t *file, char ret[HEX_SIZE]) {
    const char *text = rpc_text(file, "digest");
    uint8_t digest[2 * SHA256_DIGEST_LENGTH] = {0};
    ret[0] = '\0';
    if (strlen(text) / 4 * 3 > sizeof digest || lvzhi_base64_parse(text, digest) != SHA256_DIGEST_LENGTH)
        return;
    for (size_t i = 0; i < SHA256_DIGEST_LENGTH; i++)
        snprintf(ret + 2 * i, 3, "%02x", digest[i]);
}

static char *path_of(const char *directory, const char *name, const char *end) {
    char *path;
    if (asprintf(&path, "%s/%s%s", directory, name, end) < 0)
        abort();
    return path;
}

/* Is the file that stands there the one that an export wrote? */
static bool is_ours(const struct buffer *sums, const char *name, const struct buffer *bytes) {
    char sum[HEX_SIZE], line[HEX_SIZE + 80];
    sum_of(buffer_size(bytes) > 0 ? buffer_data(bytes) : (const uint8_t *)"", buffer_size(bytes), sum);
    int size = snprintf(line, sizeof line, "%s  %s.csv\n", sum, name);
    return memmem(buffer_data(sums), buffer_size(sums), line, (size_t)size) != NULL;
}

/* Nobody's files are written over: an exit code. */
static int check_directory(struct given *given) {
    const char *directory = given_text(given, "DIR");
    struct buffer sums = {0};
    int code = EXIT_DONE;
    if (given_flag(given, "force"))
        return EXIT_DONE;
    char *path = path_of(directory, sums_name, "");
    (void)!file_append(path, SIZE_MAX, &sums);
    free(path);
    for (size_t i = 0; code == EXIT_DONE && i < IMPORT_FILES; i++) {
        const char *name = import_file_names[i];
        struct buffer bytes = {0};
        path = path_of(directory, name, ".csv");
        bool there = access(path, F_OK) == 0;
        if (there && (!file_append(path, SIZE_MAX, &bytes) || !is_ours(&sums, name, &bytes))) {
            say_fact("文件夹里已有不是导出写的文件，什么也没有写",
                     "the folder has a file that no export wrote; nothing was written", path,
                     "换一个文件夹，或用 --force 覆盖 / name another folder, or write over it with --force");
            code = EXIT_REFUSED;
        }
        buffer_release(&bytes);
        free(path);
    }
    buffer_release(&sums);
    return code;
}

/* All pages of one file: its header and its rows. */
static int take_file(struct export *e, const json_t *file, struct buffer *bytes) {
    int code;
    const char *header = rpc_text(file, "header");
    json_t *request = json_pack("{s:O, s:O}", "export_id", json_object_get(e->manifest, "export_id"), "file",
                                json_object_get(file, "file"));
    buffer_release(bytes);
    buffer_append(bytes, header, strlen(header));
    buffer_append(bytes, "\n", 1);
    for (;;) {
        json_t *page = rpc_read(e->session, "ExportRows", json_copy(request), &code);
        const json_t *lines = json_object_get(page, "lines");
        for (size_t i = 0; i < json_array_size(lines); i++) {
            const json_t *line = json_array_get(lines, i);
            buffer_append(bytes, json_string_value(line), json_string_length(line));
            buffer_append(bytes, "\n", 1);
        }
        e->rows_done += json_array_size(lines);
        progress_show(_("导出"), e->rows_done, e->rows_total);
        json_t *next = json_incref(json_object_get(page, "next"));
        json_decref(page);
        if (next == NULL)
            break;
        json_object_set_new(request, "after", next);
    }
    json_decref(request);
    return code;
}

/* Take every file that is not yet what the manifest says; *ret_good: now all are. */
static int take_round(struct export *e, bool *ret_good) {
    const json_t *files = json_object_get(e->manifest, "files");
    int code = EXIT_DONE;
    *ret_good = true;
    e->rows_done = e->rows_total = 0;
    for (size_t i = 0; i < json_array_size(files); i++)
        e->rows_total += (size_t)rpc_number(json_array_get(files, i), "rows");
    for (size_t i = 0; code == EXIT_DONE && i < json_array_size(files); i++) {
        char wanted[HEX_SIZE];
        sum_wanted(json_array_get(files, i), wanted);
        if (strcmp(e->sums[i], wanted) == 0)
            continue;
        code = take_file(e, json_array_get(files, i), &e->bytes[i]);
        sum_of(buffer_data(&e->bytes[i]), buffer_size(&e->bytes[i]), e->sums[i]);
        *ret_good = *ret_good && strcmp(e->sums[i], wanted) == 0;
    }
    progress_end();
    return code;
}

/* Until what was taken is what stood there at one moment. */
static int take_all(struct export *e, json_t *request) {
    int code = EXIT_DONE;
    bool good = false;
    for (int round = 0; code == EXIT_DONE && !good && round < ROUNDS; round++) {
        if (round > 0) {
            json_t *again = json_pack("{s:O}", "export_id", json_object_get(e->manifest, "export_id"));
            json_t *manifest = rpc_read(e->session, "StartExport", again, &code);
            if (manifest == NULL)
                break;
            json_decref(e->manifest);
            e->manifest = manifest;
        }
        code = take_round(e, &good);
    }
    json_decref(request);
    if (code == EXIT_DONE && !good)
        code = say_refusal("export_unsteady", NULL, 0);
    return code;
}

/* Under another name first, so that nobody reads half of it. False: said. */
static bool write_file(const struct export *e, const char *name, const char *end, const struct buffer *bytes) {
    char *path = path_of(e->directory, name, end), *fresh = path_of(e->directory, name, ".new");
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "wb");
    bool good = file != NULL && fwrite(buffer_data(bytes), 1, buffer_size(bytes), file) == buffer_size(bytes) &&
                fflush(file) == 0 && fsync(fd) == 0;
    if (file != NULL)
        good = fclose(file) == 0 && good;
    good = good && rename(fresh, path) == 0;
    if (!good) {
        say_fact("文件写不了", "the file cannot be written", path, strerror(errno));
        unlink(fresh);
    }
    free(path);
    free(fresh);
    return good;
}

static bool write_all(const struct export *e) {
    const json_t *files = json_object_get(e->manifest, "files");
    struct buffer sums = {0};
    bool good = true;
    for (size_t i = 0; good && i < json_array_size(files); i++) {
        char line[HEX_SIZE + 80];
        const char *name = rpc_text(json_array_get(files, i), "file");
        int size = snprintf(line, sizeof line, "%s  %s.csv\n", e->sums[i], name);
        buffer_append(&sums, line, (size_t)size);
        good = write_file(e, name, ".csv", &e->bytes[i]);
    }
    good = good && write_file(e, sums_name, "", &sums);
    buffer_release(&sums);
    return good;
}

static const struct column file_columns[] = {
    COLUMN("file", N_("文件")),
    COLUMN_AS("rows", N_("行数"), COLUMN_NUMBER),
    {0},
};

static const struct column left_columns[] = {
    COLUMN_OF("what", N_("没有写进去的"), "left_out"),
    COLUMN_AS("count", N_("条数"), COLUMN_NUMBER),
    {0},
};

static void print_result(const struct export *e) {
    json_t *files = json_object_get(e->manifest, "files"), *left = json_array();
    const json_t *what = json_object_get(e->manifest, "left_out");
    for (size_t i = 0; i < json_array_size(files); i++) {
        json_t *file = json_array_get(files, i);
        rpc_set(file, "sha256", e->sums[i]);
        json_object_del(file, "header");
        json_object_del(file, "digest");
    }
    for (size_t i = 0; i < json_array_size(what); i++)
        json_array_append_new(left, json_pack("{s:O, s:O}", "what", json_array_get(what, i), "count",
                                              json_array_get(json_object_get(e->manifest, "left_out_counts"), i)));
    json_t *whole = json_pack("{s:s, s:O, s:o}", "directory", e->directory, "files", files, "left_out", left);
    table_print(e->session->cli->format, whole, "files", file_columns);
    if (e->session->cli->format == FORMAT_TABLE && json_array_size(left) > 0) {
        putchar('\n');
        table_print(FORMAT_TABLE, whole, "left_out", left_columns);
    }
    json_decref(whole);
}

static int run(struct session *session, struct given *given, json_t *request) {
    struct export e = {.session = session, .directory = given_text(given, "DIR")};
    int code;
    e.manifest = command_ask(session, given, json_incref(request), &code);
    if (e.manifest != NULL && json_array_size(json_object_get(e.manifest, "files")) > FILES_LIMIT)
        code = EXIT_REFUSED;
    if (code == EXIT_DONE && mkdir(e.directory, 0700) != 0 && errno != EEXIST) {
        say_fact("文件夹建不了", "the folder cannot be made", e.directory, strerror(errno));
        code = EXIT_USAGE;
    }
    if (code == EXIT_DONE)
        code = take_all(&e, request);
    else
        json_decref(request);
    if (code == EXIT_DONE)
        code = write_all(&e) ? EXIT_DONE : EXIT_USAGE;
    if (code == EXIT_DONE)
        print_result(&e);
    for (size_t i = 0; i < FILES_LIMIT; i++)
        buffer_release(&e.bytes[i]);
    json_decref(e.manifest);
    return code;
}

static const struct command commands[] = {
    {.about = N_("把全镇的记录写成 CSV 文件，可以再导入；选民的姓名和电话不在内"),
     .example = "export ./data",
     .method = "StartExport",
     .words = VALUES(VALUE("DIR", NULL, VALUE_PATH, VALUE_NEEDED, N_("写到哪个文件夹"))),
     .options = VALUES(VALUE("identities", "purpose", VALUE_TEXT, 0,
                             N_("连选民的姓名和电话一起写出，写明用途；记在案（主席团办公室、主席）")),
                       VALUE("force", NULL, VALUE_FLAG, 0, N_("覆盖文件夹里不是导出写的文件"))),
     .check = check_directory,
     .run = run},
    {.name = "log",
     .about = N_("谁在什么时候导出过全镇的记录，带选民姓名的是为了什么"),
     .example = "export log",
     .method = "ListExports",
     .parts = PARTS({"exports", NULL,
                     COLUMNS(COLUMN_AS("exported_us", N_("时间"), COLUMN_TIME), COLUMN("login", N_("账号")),
                             COLUMN_OF("role", N_("身份"), "role"), COLUMN("purpose", N_("姓名和电话的用途"))),
                     false, false})},
    {0},
};

const struct noun noun_export = {"export", N_("导出一个镇的 CSV 文件"), commands};
