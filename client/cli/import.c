#include "import_files.h"
#include "json.h"
#include "nouns.h"
#include "progress.h"
#include "say.h"
#include "uuid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IN_FLIGHT = 31, VALUE_SHOWN_SIZE = 160, PROGRESS_STEP = 64 << 10 };

struct import {
    struct session *session;
    struct import_files files;
    const char *directory;
    bool update;
    char id[UUID_TEXT_SIZE];
    size_t in_flight;
    struct answer failed; /* the first answer that is no reply */
    bool has_failed;
};

static int start(struct import *import) {
    uint8_t id[UUID_SIZE];
    int code;
    uuid_v7((uint64_t)(now_us() / 1000), id);
    uuid_format(id, import->id);
    json_t *request = json_pack("{s:o, s:s}", "op", rpc_fresh_op(import->session), "import_id", import->id);
    json_decref(rpc_read(import->session, "ImportStart", request, &code));
    return code;
}

static void on_rows(const struct answer *answer, void *data) {
    struct import *import = data;
    import->in_flight--;
    if (answer->kind == ANSWER_REPLY || import->has_failed)
        return;
    import->has_failed = true;
    answer_copy(answer, &import->failed);
}

static int send_rows(struct import *import) {
    struct session *s = import->session;
    const struct method *method = rpc_method(s, "ImportRows");
    json_t *request;
    size_t shown = 0;
    bool packed = method != NULL;
    while (packed && !import->has_failed && (request = import_files_next(&import->files)) != NULL) {
        struct buffer bytes = {0};
        json_object_set_new(request, "op", rpc_fresh_op(s));
        json_object_set_new(request, "import_id", json_string(import->id));
        packed = rpc_pack(method, request, &bytes);
        json_decref(request);
        if (packed) {
            import->in_flight++;
            session_submit(s, method->number, buffer_data(&bytes), buffer_size(&bytes), on_rows, import);
            packed = session_wait(s, &import->in_flight, IN_FLIGHT, rpc_timeout_ms(s, method->number));
        }
        buffer_release(&bytes);
        if (import_files_done(&import->files) >= shown + PROGRESS_STEP) {
            shown = import_files_done(&import->files);
            progress_show(_("导入"), shown, import->files.total_size);
        }
    }
    bool all = session_wait(s, &import->in_flight, 0, s->cli->timeout_ms) && packed;
    progress_end();
    if (!import->has_failed && all)
        return EXIT_DONE;
    int code = import->has_failed ? say_answer(&import->failed) : EXIT_REFUSED;
    say("导入没有完成，什么也没有改变", "the import was not finished; nothing has changed",
        "再导入一次就行 / simply import again");
    return code;
}

static int check(struct import *import) {
    int code;
    json_t *request = json_pack("{s:s, s:b}", "import_id", import->id, "update", import->update);
    json_t *reply = rpc_list(import->session, "ImportCheck", request, "faults", &code);
    if (reply == NULL)
        return code;
    const json_t *faults = json_object_get(reply, "faults");
    for (size_t i = 0; i < json_array_size(faults); i++)
        import_files_add(&import->files, json_array_get(faults, i));
    json_decref(reply);
    import_files_sort(&import->files);
    return EXIT_DONE;
}

/* One line, whatever the value holds. */
static void print_value(const char *value) {
    size_t shown = 0;
    fputs(" \"", stderr);
    for (const unsigned char *c = (const unsigned char *)value; *c != '\0'; c++, shown++) {
        if (shown >= VALUE_SHOWN_SIZE && (*c & 0xc0) != 0x80) {
            fputs("…", stderr);
            break;
        }
        if (*c == '\n')
            fputs("\\n", stderr);
        else if (*c < ' ' || *c == 0x7f)
            fprintf(stderr, "\\x%02x", *c);
        else
            fputc(*c, stderr);
    }
    fputc('"', stderr);
}

static void print_fault(const struct import_fault *fault) {
    const char *file = fault->file >= 0 ? import_file_names[fault->file] : "?";
    const struct lvzhi_arg args[] = {
        {"file", file},
        {"column", fault->column != NULL ? fault->column : ""},
        {"value", fault->value != NULL ? fault->value : ""},
        {"held", fault->held != NULL ? fault->held : ""},
    };
    fprintf(stderr, "%s.csv:%d", file, fault->line);
    if (fault->column != NULL)
        fprintf(stderr, " %s", fault->column);
    if (fault->value != NULL && strcmp(fault->rule, "field_count") != 0) /* there it is no text but a number of them */
        print_value(fault->value);
    fputs(": ", stderr);
    say_rule(stderr, fault->rule, args, 4);
    fputc('\n', stderr);
}

static json_t *fault_json(const struct import_fault *fault) {
    json_t *json = json_pack("{s:s, s:i, s:s}", "file", fault->file >= 0 ? import_file_names[fault->file] : "?", "line",
                             fault->line, "rule", fault->rule);
    rpc_set(json, "column", fault->column);
    rpc_set(json, "value", fault->value);
    rpc_set(json, "held", fault->held);
    return json;
}

static int say_faults(const struct import_files *files, enum format format) {
    json_t *rows = json_array();
    for (size_t i = 0; i < files->n_faults; i++) {
        print_fault(&files->faults[i]);
        json_array_append_new(rows, fault_json(&files->faults[i]));
    }
    char total[128];
    snprintf(total, sizeof total, "共 %zu 处错误，什么也没有导入 / %zu faults, nothing was imported", files->n_faults,
             files->n_faults);
    say_both(stderr, total);
    fputc('\n', stderr);
    json_t *whole = json_pack("{s:o}", "faults", rows);
    if (format == FORMAT_JSON)
        print_json(whole);
    json_decref(whole);
    return EXIT_REFUSED;
}

static int say_result(struct import *import, const struct method *method, const struct answer *answer) {
    json_t *reply = answer->kind == ANSWER_REPLY ? rpc_unpack(method, &answer->payload) : NULL;
    if (reply == NULL)
        return answer->kind == ANSWER_REPLY ? EXIT_REFUSED : say_answer(answer);
    if (import->session->cli->format == FORMAT_JSON)
        print_json(reply);
    else
        printf("added %d, changed %d, unchanged %d\n", (int)rpc_number(reply, "added"),
               (int)rpc_number(reply, "changed"), (int)rpc_number(reply, "unchanged"));
    json_decref(reply);
    return EXIT_DONE;
}

static int commit(struct import *import, const struct method *method, const uint8_t digest[IMPORT_DIGEST_SIZE]) {
    char summary[300];
    struct buffer body = {0};
    struct answer answer = {0};
    int code = EXIT_USAGE;
    json_t *request = json_pack("{s:s, s:b}", "import_id", import->id, "update", import->update);
    snprintf(summary, sizeof summary, "导入 import %.200s%s", import->directory, import->update ? " --update" : "");
    if (rpc_pack(method, request, &body)) {
        const struct write write = {.method = method,
                                    .body = &body,
                                    .same = digest,
                                    .same_size = IMPORT_DIGEST_SIZE,
                                    .summary = summary,
                                    .timeout_ms = rpc_timeout_ms(import->session, method->number)};
        progress_show(_("写入"), 1, 1);
        if (operation_run(import->session, &write, &answer, &code)) {
            progress_end();
            code = say_result(import, method, &answer);
        }
    }
    answer_clear(&answer);
    buffer_release(&body);
    json_decref(request);
    return code;
}

static int import_all(struct import *import) {
    uint8_t digest[IMPORT_DIGEST_SIZE];
    const struct method *method = rpc_method(import->session, "ImportCommit");
    if (method == NULL)
        return EXIT_USAGE;
    import_files_digest(&import->files, import->update, digest);
    const struct answer *earlier = operation_resolved(import->session, method, digest, sizeof digest);
    if (earlier != NULL && earlier->kind == ANSWER_REPLY) {
        say("这些文件上次已经导入，不再做第二次",
            "these files were imported by the operation just sent again; it is not done "
            "twice",
            NULL);
        return say_result(import, method, earlier);
    }
    int code = start(import);
    if (code == EXIT_DONE)
        code = send_rows(import);
    if (code == EXIT_DONE)
        code = check(import);
    if (code == EXIT_DONE && import->files.n_faults > 0)
        code = say_faults(&import->files, import->session->cli->format);
    return code == EXIT_DONE ? commit(import, method, digest) : code;
}

static int run(struct given *given) {
    struct import import = {.directory = given_text(given, "DIR"), .update = given_flag(given, "update")};
    struct session session;
    import.session = &session;
    if (!import_files_open(&import.files, import.directory)) {
        import_files_close(&import.files);
        return EXIT_USAGE;
    }
    int code = session_open(&session, given->cli, SESSION_USER);
    if (code == EXIT_DONE)
        code = import_all(&import);
    answer_clear(&import.failed);
    import_files_close(&import.files);
    session_close(&session);
    return code;
}

static const struct command commands[] = {
    {.about = N_("导入一个镇的 CSV 文件，要么全部要么不动；有错误时全部列出"),
     .example = "import ./data",
     .words = VALUES(VALUE("DIR", NULL, VALUE_PATH, VALUE_NEEDED, N_("文件所在的文件夹"))),
     .options = VALUES(VALUE("update", NULL, VALUE_FLAG, 0, N_("与已有记录不同的行算更正"))),
     .bare = run},
    {0},
};

const struct noun noun_import = {"import", N_("导入一个镇的 CSV 文件"), commands};
