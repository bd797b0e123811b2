#include "args.h"
#include "buffer.h"
#include "rpc.h"
#include "say.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request {
    const char *meeting, *note, *all;
    int count;
    char **marks; /* "D001=present" */
};

static bool add_mark(json_t *marks, const json_t *line, const char *mark, const char *note) {
    json_t *entry = json_pack("{s:O, s:s}", "person_id", json_object_get(line, "person_id"), "mark", mark);
    rpc_set(entry, "note", note);
    return json_array_append_new(marks, entry) == 0;
}

static const json_t *find_line(const json_t *roll, const char *code, size_t size) {
    for (size_t i = 0; i < json_array_size(roll); i++) {
        const json_t *line = json_array_get(roll, i);
        const char *of = rpc_text(line, "code");
        if (strlen(of) == size && memcmp(of, code, size) == 0)
            return line;
    }
    return NULL;
}

/* The marks asked for, as the request has them; false: said. */
static bool make_marks(const struct request *r, const json_t *roll, json_t *marks) {
    for (size_t i = 0; r->all != NULL && i < json_array_size(roll); i++)
        if (!add_mark(marks, json_array_get(roll, i), r->all, r->note))
            return false;
    for (int i = 0; i < r->count; i++) {
        const char *equals = strchr(r->marks[i], '=');
        const json_t *line = find_line(roll, r->marks[i], (size_t)(equals - r->marks[i]));
        if (line == NULL) {
            say_fact("应到名单上没有这个人", "nobody of that code is on the roll", r->marks[i],
                     "lvzhi meetings show CODE 可看名单 / shows the roll");
            return false;
        }
        if (!add_mark(marks, line, equals + 1, r->note))
            return false;
    }
    return json_array_size(marks) > 0;
}

static char *summary_of(const struct request *r) {
    struct buffer text = {0};
    char head[200];
    snprintf(head, sizeof head, "考勤登记 attendance %.100s", r->meeting);
    buffer_append(&text, head, strlen(head));
    if (r->all != NULL) {
        buffer_append(&text, " all=", 5);
        buffer_append(&text, r->all, strlen(r->all));
    }
    for (int i = 0; i < r->count; i++) {
        buffer_append(&text, " ", 1);
        buffer_append(&text, r->marks[i], strlen(r->marks[i]));
    }
    buffer_append(&text, "", 1);
    return (char *)text.bytes;
}

static int record(struct session *session, enum format format, const struct request *r) {
    static const struct column columns[] = {{"recorded", "已登记 / recorded", COLUMN_NUMBER},
                                            {"corrected", "其中更正 / corrected", COLUMN_NUMBER}};
    int code;
    json_t *meeting = rpc_read(session, "GetMeeting", json_pack("{s:s}", "code", r->meeting), &code);
    if (meeting == NULL)
        return code;
    json_t *marks = json_array();
    if (!make_marks(r, json_object_get(meeting, "roll"), marks)) {
        json_decref(marks);
        json_decref(meeting);
        return EXIT_REFUSED;
    }
    const json_t *id = json_object_get(json_object_get(meeting, "meeting"), "meeting_id");
    char *summary = summary_of(r);
    json_t *request = json_pack("{s:O, s:o}", "meeting_id", id, "marks", marks);
    json_t *reply = rpc_write(session, "RecordAttendance", request, summary, &code);
    if (reply != NULL)
        table_print_one(format, reply, columns, 2);
    free(summary);
    json_decref(reply);
    json_decref(meeting);
    return code;
}

static int run(const struct cli *cli, int argc, char **argv) {
    struct request r = {0};
    const struct arg_option options[] = {{"note", &r.note, NULL}, {"all", &r.all, NULL}};
    int code = args_parse(&verb_attendance, &argc, argv, options, 2, 2, 4096);
    if (code != EXIT_DONE)
        return code;
    if (strcmp(argv[1], "record") != 0 || (argc == 3 && r.all == NULL))
        return say_usage(&verb_attendance, "要登记谁？ / whom to mark?");
    r.meeting = argv[2];
    r.marks = argv + 3;
    r.count = argc - 3;
    for (int i = 0; i < r.count; i++)
        if (strchr(r.marks[i], '=') == NULL)
            return say_usage(&verb_attendance, "要写成 代码=结果 / write CODE=MARK");
    struct session session;
    if ((code = session_open(&session, cli, SESSION_USER)) == EXIT_DONE)
        code = record(&session, cli->format, &r);
    session_close(&session);
    return code;
}

const struct verb verb_attendance = {
    "attendance",
    run,
    "登记到会情况 / mark who attended",
    "lvzhi attendance record MEETING CODE=MARK ... [--all MARK] [--note TEXT]\n\n"
    "  MARK    present late left_early absent\n"
    "  --all   名单上每一个人 / everyone on the roll\n"
    "  --note  更正的理由 / the reason of a correction\n\n"
    "例 / example: lvzhi attendance record M0001 D001=present D002=absent\n",
};
