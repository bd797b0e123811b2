#include "sheet_code.h"

#include "document.h"
#include "form.h"
#include "nouns.h"
#include "printout.h"
#include "say.h"
#include "upload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEETING VALUE("M0001", "meeting_id", VALUE_MEETING, VALUE_NEEDED, N_("会议的代码"))

static int say_wrong_code(const char *typed) {
    return say_refusal("sheet_code_wrong", &(struct lvzhi_arg){"sheet", typed}, 1);
}

/* Found out before anything is asked of the centre. */
static int check_code(struct given *given) {
    char code[LVZHI_SHEET_CODE_SIZE];
    const char *typed = given_text(given, "CODE");
    return lvzhi_sheet_code_read(typed, code) ? EXIT_DONE : say_wrong_code(typed);
}

/* Keying in. */

/* "3=absent": the row's number is at most four digits. */
static bool read_row(const char *text, int *ret_row, const char **ret_mark) {
    enum { DIGITS = 4 };
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > DIGITS || text[digits] != '=')
        return false;
    *ret_row = (int)strtol(text, NULL, 10);
    *ret_mark = text + digits + 1;
    return lvzhi_is_word("mark", *ret_mark);
}

static bool is_row(const char *text) {
    int row;
    const char *mark;
    return read_row(text, &row, &mark);
}

static json_t *make_row(struct session *session, struct given *given, const char *text, int *ret_exit) {
    int row;
    const char *mark;
    (void)session, (void)given, (void)ret_exit;
    return read_row(text, &row, &mark) ? json_pack("{s:i, s:s}", "row_no", row, "mark", mark) : NULL;
}

static const struct form form_row = {is_row, make_row};

static int check_enter(struct given *given) {
    size_t count;
    int code = check_code(given);
    given_list(given, "ROW=MARK", &count);
    if (code == EXIT_DONE && count == 0 && given_text(given, "rest") == NULL)
        code = say_usage(given, "表上登记了谁？ / what does the sheet say?", "1=present ..., --rest MARK");
    return code;
}

#define ROW_COLUMNS                                                                                                    \
    COLUMN("row_no", N_("序号")), COLUMN("code", N_("代码")), COLUMN("name", N_("姓名")),                              \
        COLUMN_OF("held", N_("已登记"), "mark"), COLUMN("held_by", N_("登记人")),                                      \
        COLUMN_OF("leave", N_("请假"), "leave_state"), COLUMN_OF("entered", N_("别人读作"), "mark"),                   \
        COLUMN("entered_by", N_("录入人"))

static const struct part shown_parts[] = {
    {"sheet", NULL,
     COLUMNS(COLUMN("code", N_("签到表")), COLUMN("meeting_code", N_("会议")),
             COLUMN_OF("kind", N_("种类"), "meeting_kind"), COLUMN("title", N_("名称")), COLUMN("held_on", N_("日期")),
             COLUMN("place", N_("地点")), COLUMN_OF("state", N_("状态"), "meeting_state"),
             COLUMN("group_name", N_("小组")), COLUMN("made_by", N_("制表")),
             COLUMN_AS("made_us", N_("时间"), COLUMN_TIME), COLUMN_AS("outdated", N_("名单已变"), COLUMN_FLAG)),
     true, false},
    {"rows", N_("名单"), COLUMNS(ROW_COLUMNS), false, true},
    {"entries", N_("录入"),
     COLUMNS(COLUMN("entered_by", N_("录入人")), COLUMN_AS("entered_us", N_("时间"), COLUMN_TIME),
             COLUMN_AS("marks", N_("行数"), COLUMN_NUMBER), COLUMN("scan_code", N_("扫描件")),
             COLUMN("reason", N_("理由"))),
     false, false},
    {0},
};

static const struct column difference_columns[] = {
    ROW_COLUMNS,
    COLUMN_AS("differs", N_("不一致"), COLUMN_FLAG),
    COLUMN_OF("paper", N_("表上"), "mark"),
    COLUMN_OF("change", N_("结果"), "sheet_change"),
    COLUMN("rule", N_("原因")),
    {0},
};

/* What would come of the lines, counted. */
struct outcome {
    size_t fresh, changed, same, refused, unsaid, absent;
};

static void count_row(struct outcome *outcome, const json_t *row) {
    const char *change = rpc_text(row, "change");
    if (json_object_get(row, "row_no") == NULL)
        outcome->absent++;
    else if (change[0] == '\0')
        outcome->unsaid++;
    else
        *(strcmp(change, "new") == 0       ? &outcome->fresh
          : strcmp(change, "changed") == 0 ? &outcome->changed
          : strcmp(change, "same") == 0    ? &outcome->same
                                           : &outcome->refused) += 1;
}

/* Why a line is refused, in words for people. */
static void put_reason(json_t *row, const json_t *sheet) {
    char number[24];
    const struct lvzhi_sentence *sentence = lvzhi_sentence(rpc_text(row, "rule"));
    snprintf(number, sizeof number, "%d", (int)rpc_number(row, "row_no"));
    const struct lvzhi_arg args[] = {
        {"sheet", rpc_text(sheet, "code")},  {"row", number},
        {"person", rpc_text(row, "code")},   {"meeting", rpc_text(sheet, "meeting_code")},
        {"state", rpc_text(sheet, "state")}, {"subject", "meeting"},
    };
    if (sentence == NULL)
        return;
    char *text =
        lvzhi_sentence_fill(text_is_english() ? sentence->en : sentence->zh,
                            text_is_english() ? LVZHI_ENGLISH : LVZHI_CHINESE, args, sizeof args / sizeof *args);
    rpc_set(row, "rule", text);
    free(text);
}

/* For people: only the lines of which something would come, or which somebody else read otherwise, and who is on the
 * roll now and not on the sheet. */
static void print_difference(const json_t *reply) {
    const json_t *rows = json_object_get(reply, "rows"), *sheet = json_object_get(reply, "sheet");
    struct outcome outcome = {0};
    json_t *shown = json_array();
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);
        const char *change = rpc_text(row, "change");
        count_row(&outcome, row);
        put_reason(row, sheet);
        if (json_object_get(row, "row_no") == NULL || json_is_true(json_object_get(row, "differs")) ||
            (change[0] != '\0' && strcmp(change, "same") != 0))
            json_array_append(shown, row);
    }
    json_t *whole = json_pack("{s:o}", "rows", shown);
    table_print(FORMAT_TABLE, whole, "rows", difference_columns);
    json_decref(whole);
    printf(_("新登记 %zu，更正 %zu，不变 %zu，不能录 %zu，表上没有写 %zu，名单上有而表上没有 %zu\n"), outcome.fresh,
           outcome.changed, outcome.same, outcome.refused, outcome.unsaid, outcome.absent);
}

/* What would come of it, and how to do it. */
static int show_difference(struct session *session, struct given *given, json_t *request) {
    int code;
    size_t refused = 0;
    json_t *reply = rpc_read(session, "GetSheet", request, &code);
    const json_t *rows = json_object_get(reply, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++)
        refused += strcmp(rpc_text(json_array_get(rows, i), "change"), "refused") == 0;
    if (reply == NULL)
        return code;
    if (given->cli->format == FORMAT_JSON)
        print_json(reply);
    else if (given->cli->format == FORMAT_CSV)
        table_print(FORMAT_CSV, reply, "rows", difference_columns);
    else
        print_difference(reply);
    json_decref(reply);
    if (refused > 0)
        say("有不能录入的行，什么也没有改变", "some lines cannot be recorded; nothing has changed",
            "改好再看一次；会后更正要加 --note / correct them and look again; a change after closing needs --note");
    else
        say("这是录入以后的样子，现在什么也没有改变", "this is what would come of it; nothing has changed",
            "核对无误后，同一条命令加上 --commit / when it is right, say the same with --commit");
    return refused > 0 ? EXIT_REFUSED : EXIT_DONE;
}

/* The scan goes first, to the meeting. */
static int send_scan(struct session *session, struct given *given, const json_t *sheet, json_t *request) {
    struct buffer bytes = {0};
    char name[LVZHI_FILE_NAME_SIZE], note[80];
    struct upload upload = {.subject = "meeting",
                            .record_code = rpc_text(sheet, "meeting_code"),
                            .bytes = &bytes,
                            .name = name,
                            .note = note};
    int code = upload_read(given_text(given, "scan"), false, &bytes, &upload.type);
    if (code == EXIT_DONE) {
        char *summary = given_summary(given);
        snprintf(note, sizeof note, "签到表 %s", rpc_text(sheet, "code"));
        lvzhi_file_name(note, upload.type, "scan", name);
        json_t *reply = upload_send(session, &upload, summary, &code);
        if (reply != NULL)
            json_object_set(request, "scan_id", json_object_get(reply, "attachment_id"));
        json_decref(reply);
        free(summary);
    }
    buffer_release(&bytes);
    return code;
}

static int enter(struct session *session, struct given *given, json_t *request) {
    int code;
    if (!given_flag(given, "commit"))
        return show_difference(session, given, request);
    json_t *reply =
        rpc_read(session, "GetSheet", json_pack("{s:O}", "sheet_code", json_object_get(request, "sheet_code")), &code);
    const json_t *sheet = json_object_get(reply, "sheet");
    if (code == EXIT_DONE) {
        json_object_set(request, "meeting_id", json_object_get(sheet, "meeting_id"));
        if (given_text(given, "scan") != NULL)
            code = send_scan(session, given, sheet, request);
    }
    json_decref(reply);
    if (code == EXIT_DONE)
        return command_do(session, given, request);
    json_decref(request);
    return code;
}

/* On paper. */

static void add_head(struct document *d, const json_t *sheet) {
    char title[300];
    snprintf(title, sizeof title, "%s%s签到表", rpc_text(sheet, "town_name"),
             text_word("meeting_kind", rpc_text(sheet, "kind")));
    document_title(d, title);
    document_code(d, rpc_text(sheet, "code"));
    document_facts(d, 2);
    document_fact(d, "会议", rpc_text(sheet, "title"), 0);
    document_fact(d, "日期", rpc_text(sheet, "held_on"), 1);
    document_fact(d, "地点", rpc_text(sheet, "place"), 1);
    document_fact(d, "小组", rpc_text(sheet, "group_name"), 1);
    document_fact(d, "会议代码", rpc_text(sheet, "meeting_code"), 1);
}

/* Two of one name are told apart by their codes. */
static void put_name(const json_t *rows, const json_t *row, char *ret, size_t size) {
    size_t same = 0;
    for (size_t i = 0; i < json_array_size(rows); i++)
        same += strcmp(rpc_text(json_array_get(rows, i), "name"), rpc_text(row, "name")) == 0;
    snprintf(ret, size, same > 1 ? "%s（%s）" : "%s", rpc_text(row, "name"), rpc_text(row, "code"));
}

/* A sheet to sign: every line its own, and room for who cannot write. */
static struct document *document_of(const json_t *reply) {
    static const struct document_column columns[] = {
        {"序号", 1, DOCUMENT_CENTRE, true},  {"姓名", 2.4, DOCUMENT_LEFT, false}, {"签到", 3.6, DOCUMENT_LEFT, false},
        {"时间", 1.8, DOCUMENT_LEFT, false}, {"备注", 3, DOCUMENT_LEFT, false},
    };
    enum { COLUMN_COUNT = sizeof columns / sizeof *columns, ROW_MM = 9 };
    const json_t *sheet = json_object_get(reply, "sheet"), *rows = json_object_get(reply, "rows");
    struct document *d = document_new(DOCUMENT_PORTRAIT, rpc_text(sheet, "code"));
    add_head(d, sheet);
    document_paragraph(
        d,
        "一次会议签到一次，本人签名，不代签。迟到、早退的在备注里写明时间。不会写字的按手印，由见证人在备注里签名。");
    struct document_table *table = document_table(d, columns, COLUMN_COUNT);
    document_row_height(table, ROW_MM);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        char number[24], name[200];
        if (json_object_get(row, "row_no") == NULL)
            continue; /* put on the roll since: not on this sheet */
        snprintf(number, sizeof number, "%d", (int)rpc_number(row, "row_no"));
        put_name(rows, row, name, sizeof name);
        document_row(table, (const char *const[COLUMN_COUNT]){number, name, "", "", ""});
    }
    document_signatures(d,
                        (const struct document_signature[]){
                            {"见证人签字", NULL, NULL}, {"会议主持人签字", NULL, NULL}, {"录入人签字", NULL, NULL}},
                        3);
    document_note(d, "会后凭右上角的编号录入：lvzhi sheet enter 编号 序号=到会情况 ...；原表存档。");
    return d;
}

/* The code of the sheet to print: the one named, or the present one of a meeting, made where there is none. NULL: said.
 * Owned by the caller. */
static json_t *sheet_to_print(struct session *session, struct given *given, int *ret_exit) {
    char code[LVZHI_SHEET_CODE_SIZE];
    const char *word = given_text(given, "M0001");
    *ret_exit = EXIT_DONE;
    if (lvzhi_sheet_code_read(word, code))
        return json_string(code);
    json_t *meeting = given_id(session, given, VALUE_MEETING, word, ret_exit);
    if (meeting == NULL)
        return NULL;
    char *summary = given_summary(given);
    json_t *request = json_pack("{s:o}", "meeting_id", meeting);
    json_t *same = json_deep_copy(request);
    json_t *reply = rpc_make(session, "MakeSheet", request, "sheet_id", same, summary, ret_exit);
    json_t *made = json_incref(json_object_get(reply, "sheet_code"));
    json_decref(reply);
    json_decref(same);
    free(summary);
    return made;
}

static int print_sheet(struct session *session, struct given *given, json_t *request) {
    int exit_code;
    json_decref(request);
    json_t *code = sheet_to_print(session, given, &exit_code);
    json_t *reply =
        code != NULL ? rpc_read(session, "GetSheet", json_pack("{s:o}", "sheet_code", code), &exit_code) : NULL;
    if (reply != NULL) {
        struct document *d = document_of(reply);
        exit_code = printout_document(d, given->cli->paper);
        given->on_paper = true;
        document_free(d);
    }
    json_decref(reply);
    return exit_code;
}

static int check_print(struct given *given) {
    return given->cli->paper != NULL ? EXIT_DONE
                                     : say_usage(given, "还缺 / still missing", "--paper FILE.pdf, --paper FILE.xlsx");
}

static const struct command commands[] = {
    {.name = "print",
     .about = N_("印签到表：把应到名单定成有编号的表，名单没变就还是那一张"),
     .example = "sheet print M0123 --paper 签到表.pdf",
     .method = "GetSheet",
     .words = VALUES(VALUE("M0001", NULL, VALUE_TEXT, VALUE_NEEDED, N_("会议的代码，或签到表的编号"))),
     .check = check_print,
     .run = print_sheet},
    {.name = "make",
     .about = N_("制作签到表，不印"),
     .example = "sheet make M0123",
     .method = "MakeSheet",
     .makes = "sheet_id",
     .words = VALUES(MEETING),
     .parts =
         PARTS({NULL, NULL, COLUMNS(COLUMN("sheet_code", N_("签到表")), COLUMN_AS("rows", N_("行数"), COLUMN_NUMBER)),
                true, false})},
    {.name = "list",
     .about = N_("一次会议的签到表"),
     .example = "sheet list M0123",
     .method = "GetMeeting",
     .words = VALUES(MEETING),
     .parts = PARTS({"sheets", NULL, sheet_columns, false, false})},
    {.name = "show",
     .about = N_("一张签到表：名单、已登记的、谁录入过"),
     .example = "sheet show 234567E",
     .method = "GetSheet",
     .words = VALUES(VALUE("CODE", "sheet_code", VALUE_TEXT, VALUE_NEEDED, N_("签到表右上角的编号"))),
     .parts = shown_parts,
     .check = check_code},
    {.name = "enter",
     .about = N_("录入签好的表：先只看会改变什么，加 --commit 才登记"),
     .example = "sheet enter 234567E 2=late 5=absent --rest present",
     .method = "EnterSheet",
     .makes = "entry_id",
     .words = VALUES(VALUE("CODE", "sheet_code", VALUE_TEXT, VALUE_NEEDED, N_("签到表右上角的编号")),
                     FORM("ROW=MARK", "marks", &form_row, VALUE_MANY,
                          N_("序号=到会情况：present 到会，late 迟到，left_early 早退，absent 未到"))),
     .options = VALUES(CHOICE("rest", "rest", "mark", 0, N_("没有写到的每一行")),
                       VALUE("note", "reason", VALUE_TEXT, 0, N_("会后更正的理由")),
                       VALUE("scan", NULL, VALUE_PATH, 0, N_("签好的表的扫描件，作为会议的附件")),
                       VALUE("commit", NULL, VALUE_FLAG, 0, N_("登记；不写就只看"))),
     .parts = PARTS({NULL, NULL,
                     COLUMNS(COLUMN_AS("recorded", N_("已登记"), COLUMN_NUMBER),
                             COLUMN_AS("corrected", N_("其中更正"), COLUMN_NUMBER),
                             COLUMN_AS("unchanged", N_("原来就是"), COLUMN_NUMBER),
                             COLUMN_AS("differing", N_("和别人不一致"), COLUMN_NUMBER)),
                     true, false}),
     .remarks = REMARKS("differing"),
     .check = check_enter,
     .run = enter},
    {0},
};

const struct noun noun_sheet = {"sheet", N_("纸质签到表"), commands};
