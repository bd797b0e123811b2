#include "form.h"
#include "nouns.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

#define MEETING VALUE("M0001", "meeting_id", VALUE_MEETING, VALUE_NEEDED, N_("会议的代码"))

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
static bool make_marks(const struct given *given, const json_t *roll, json_t *marks) {
    const char *all = given_text(given, "all"), *note = given_text(given, "note");
    size_t count;
    const json_t *said = given_list(given, "D001=MARK", &count);
    for (size_t i = 0; all != NULL && i < json_array_size(roll); i++)
        if (!add_mark(marks, json_array_get(roll, i), all, note))
            return false;
    for (size_t i = 0; i < count; i++) {
        const char *mark = json_string_value(json_array_get(said, i)), *equals = strchr(mark, '=');
        const json_t *line = find_line(roll, mark, (size_t)(equals - mark));
        if (line == NULL) {
            say_fact("应到名单上没有这个人", "nobody of that code is on the roll", mark,
                     "lvzhi meeting show CODE 可看名单 / lvzhi meeting show CODE shows the roll");
            return false;
        }
        if (!add_mark(marks, line, equals + 1, note))
            return false;
    }
    return json_array_size(marks) > 0;
}

static int record(struct session *session, struct given *given, json_t *request) {
    json_t *marks = json_array();
    bool made = make_marks(given, json_object_get(given->meeting, "roll"), marks);
    json_object_set_new(request, "marks", marks);
    if (made)
        return command_do(session, given, request);
    json_decref(request);
    return EXIT_REFUSED;
}

/* Whom to mark? Found out before the centre is asked. */
static int check_record(struct given *given) {
    size_t count;
    given_list(given, "D001=MARK", &count);
    return count > 0 || given_text(given, "all") != NULL ? EXIT_DONE
                                                         : say_usage(given, "要登记谁？ / whom to mark?", NULL);
}

/* The request that waits for the chair, of one person. */
static int decide(struct session *session, struct given *given, json_t *request) {
    int code;
    const char *person = given_text(given, "D001");
    json_t *asked = json_pack("{s:O}", "meeting_id", json_object_get(request, "meeting_id"));
    json_t *reply = rpc_read(session, "GetAttendance", asked, &code);
    const json_t *requests = json_object_get(reply, "requests"), *found = NULL;
    for (size_t i = 0; i < json_array_size(requests); i++) {
        const json_t *one = json_array_get(requests, i);
        if (strcmp(rpc_text(one, "person_code"), person) == 0 && json_object_get(one, "decision") == NULL)
            found = one;
    }
    if (found != NULL) {
        json_object_set(request, "request_id", json_object_get(found, "request_id"));
        json_object_set_new(request, "accepted", json_boolean(strcmp(given_text(given, "DECISION"), "accepted") == 0));
        code = command_do(session, given, json_incref(request));
    } else if (reply != NULL) {
        code = say_refusal("correction_unknown", &(struct lvzhi_arg){"request", person}, 1);
    }
    json_decref(reply);
    json_decref(request);
    return code;
}

static const struct part recorded_parts[] = {
    {NULL, NULL,
     COLUMNS(COLUMN_AS("recorded", N_("已登记"), COLUMN_NUMBER), COLUMN_AS("corrected", N_("其中更正"), COLUMN_NUMBER)),
     true, false},
    {0},
};

static const struct command commands[] = {
    {.name = "record",
     .about = N_("登记到会情况"),
     .example = "attendance record M0001 D001=present D002=absent",
     .method = "RecordAttendance",
     .words = VALUES(MEETING, FORM("D001=MARK", NULL, &form_mark, VALUE_MANY,
                                   N_("谁=到会情况：present 到会，late 迟到，left_early 早退，absent 未到"))),
     .options = VALUES(CHOICE("all", NULL, "mark", 0, N_("名单上的每一个人")),
                       VALUE("note", NULL, VALUE_TEXT, 0, N_("更正的理由"))),
     .parts = recorded_parts,
     .check = check_record,
     .run = record},
    {.name = "show",
     .about = N_("每一次登记，谁在什么时候做的，和更正申请"),
     .example = "attendance show M0001 D001",
     .method = "GetAttendance",
     .words = VALUES(MEETING, VALUE("D001", "person_id", VALUE_PERSON, 0, N_("只看一个人"))),
     .parts = mark_parts},
    {.name = "correct",
     .about = N_("会议锁定以后申请更正，由主席决定"),
     .example = "attendance correct M0001 D001 --mark present --reason 签到表上有名",
     .method = "AskCorrection",
     .makes = "request_id",
     .words = VALUES(MEETING, VALUE("D001", "person_id", VALUE_PERSON, VALUE_NEEDED, N_("谁"))),
     .options = VALUES(CHOICE("mark", "mark", "mark", VALUE_NEEDED, N_("应该是")),
                       VALUE("reason", "reason", VALUE_TEXT, VALUE_NEEDED, N_("理由")))},
    {.name = "decide",
     .about = N_("决定更正申请"),
     .example = "attendance decide M0001 D001 accepted",
     .method = "DecideCorrection",
     .words = VALUES(MEETING, VALUE("D001", NULL, VALUE_PERSON, VALUE_NEEDED, N_("谁")),
                     CHOICE("DECISION", NULL, "correction_state", VALUE_NEEDED, N_("同意或不同意"))),
     .options = VALUES(VALUE("note", "note", VALUE_TEXT, 0, N_("不同意的理由"))),
     .run = decide},
    {0},
};

const struct noun noun_attendance = {"attendance", N_("到会登记和更正"), commands};
