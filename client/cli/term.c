#include "nouns.h"
#include "printout.h"
#include "prompt.h"
#include "say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_SIZE = 200 };

static const struct column item_columns[] = {
    COLUMN_AS("blocking", N_("要先办"), COLUMN_FLAG),
    COLUMN_OF("subject", N_("类别"), "subject"),
    COLUMN("code", N_("代码")),
    COLUMN_OF("state", N_("状态"), "*_state"),
    COLUMN("since_on", N_("自何日")),
    COLUMN("age_days", N_("已有天数")),
    COLUMN("due_on", N_("期限")),
    COLUMN("holder", N_("在谁手里")),
    COLUMN("origin_term", N_("起于哪届")),
    COLUMN_AS("rule", N_("怎么办"), COLUMN_RULE),
    COLUMN("title", N_("标题")),
    {0},
};

static const struct part check_parts[] = {
    {"summary", NULL,
     COLUMNS(COLUMN("term", N_("现在的届次")), COLUMN("term_starts_on", N_("起于")),
             COLUMN("starts_on", N_("新一届起于")), COLUMN_AS("blocking", N_("要先办完的"), COLUMN_NUMBER),
             COLUMN_AS("carried", N_("带入新一届的"), COLUMN_NUMBER),
             COLUMN_AS("meetings_to_lock", N_("将锁定的会议和活动"), COLUMN_NUMBER),
             COLUMN_AS("mandates_to_end", N_("将届满的镇代表任职"), COLUMN_NUMBER),
             COLUMN_AS("posts_to_end", N_("将届满的主席、主席团成员"), COLUMN_NUMBER)),
     true, false},
    {"items", N_("还没有了结的"), item_columns, false, true},
    {"mandates", N_("届满的任职"),
     COLUMNS(COLUMN("code", N_("任职编号")), COLUMN("person_code", N_("代码")), COLUMN("person_name", N_("姓名")),
             COLUMN("group_code", N_("小组")), COLUMN("ends_on", N_("原定离任日"))),
     false, false},
    {0},
};

static const struct part closed_parts[] = {
    {NULL, NULL,
     COLUMNS(COLUMN("closed_term", N_("已封存")), COLUMN_AS("locked", N_("锁定的会议和活动"), COLUMN_NUMBER),
             COLUMN_AS("ended", N_("届满的任职"), COLUMN_NUMBER),
             COLUMN_AS("handed_over", N_("交接清单"), COLUMN_NUMBER)),
     true, false},
    {0},
};

static const struct column handover_columns[] = {
    COLUMN_AS("line_no", N_("行"), COLUMN_NUMBER),
    COLUMN_OF("subject", N_("类别"), "subject"),
    COLUMN("code", N_("代码")),
    COLUMN("title", N_("标题")),
    COLUMN_OF("state", N_("交接时"), "*_state"),
    COLUMN("origin_term", N_("起于哪届")),
    COLUMN("since_on", N_("自何日")),
    COLUMN("age_days", N_("已有天数")),
    COLUMN("due_on", N_("期限")),
    COLUMN("holder", N_("在谁手里")),
    {0},
};

/* "输入 第十三届 确认换届：": true, if that is what was typed. */
static bool confirmed(const struct given *given) {
    char line[TEXT_SIZE];
    const char *term = given_text(given, "TERM");
    if (given_flag(given, "yes"))
        return true;
    if (!prompt_possible())
        return false;
    fprintf(stderr, _("换届以后不能撤回。请再输入一遍新的届次（%s）确认："), term);
    fflush(stderr);
    if (fgets(line, sizeof line, stdin) == NULL)
        return false;
    line[strcspn(line, "\r\n")] = '\0';
    return strcmp(line, term) == 0;
}

/* What it would do, in figures; nothing is closed while something blocks, and nothing by mistake. */
static int close_term(struct session *session, struct given *given, json_t *request) {
    int code;
    json_t *asked = json_pack("{s:O}", "starts_on", json_object_get(request, "starts_on"));
    json_t *check = rpc_read(session, "CheckTerm", asked, &code);
    if (check == NULL) {
        json_decref(request);
        return code;
    }
    if (given->cli->format == FORMAT_TABLE)
        part_print(&check_parts[0], check);
    char count[24];
    snprintf(count, sizeof count, "%d", (int)rpc_number(json_object_get(check, "summary"), "blocking"));
    const struct lvzhi_arg args[] = {{"count", count},
                                     {"code", rpc_text(json_array_get(json_object_get(check, "items"), 0), "code")}};
    if (strcmp(count, "0") != 0)
        code = say_refusal("term_blocked", args, 2);
    else if (!confirmed(given))
        code = say_usage(given, "没有确认，什么也没有做 / not confirmed: nothing was done", "--yes");
    json_decref(check);
    if (code == EXIT_DONE)
        return command_do(session, given, request);
    json_decref(request);
    return code;
}

static int print_handover(struct session *session, const json_t *reply, const char *path) {
    int code;
    json_t *terms = rpc_read(session, "ListTerms", json_object(), &code);
    if (terms == NULL)
        return code;
    const json_t *lines = json_object_get(reply, "lines");
    const char *term = rpc_text(json_array_get(lines, 0), "term");
    char text[TEXT_SIZE], *title;
    if (asprintf(&title, _("%s换届交接清单"), term) < 0)
        abort();
    struct document *d = document_new(DOCUMENT_LANDSCAPE, title);
    document_title(d, title);
    free(title);
    document_subtitle(d, rpc_text(json_array_get(json_object_get(terms, "terms"), 0), "town_name"));
    snprintf(text, sizeof text, _("共 %d 件未了事项，天数从首次交办起算，换届不重新计算。"),
             (int)json_array_size(lines));
    document_paragraph(d, text);
    printout_table(d, lines, handover_columns);
    document_signatures(d,
                        (const struct document_signature[]){{_("移交人签字"), NULL, NULL},
                                                            {_("接收人签字"), NULL, NULL},
                                                            {_("监交人签字"), NULL, NULL}},
                        3);
    document_numbers(d, _("第 {page} 页 共 {pages} 页"), 1, 0);
    code = printout_document(d, path);
    document_free(d);
    json_decref(terms);
    return code;
}

static int handover(struct session *session, struct given *given, json_t *request) {
    int code;
    const char *path = given_text(given, "to");
    json_t *reply = rpc_list(session, "GetHandover", request, "lines", &code);
    if (reply != NULL)
        code = path != NULL ? print_handover(session, reply, path) : command_print(given, reply);
    json_decref(reply);
    return code;
}

static int check_paper(struct given *given) {
    const char *path = given_text(given, "to");
    return path == NULL || paper_can(path) ? EXIT_DONE : printout_said(PAPER_KIND, path);
}

static const struct command commands[] = {
    {.name = "list",
     .about = N_("历届"),
     .example = "term list",
     .method = "ListTerms",
     .parts = PARTS({"terms", NULL,
                     COLUMNS(COLUMN("term", N_("届次")), COLUMN("starts_on", N_("起于")), COLUMN("ends_on", N_("止于")),
                             COLUMN_AS("closed_us", N_("封存时间"), COLUMN_TIME), COLUMN("closed_by", N_("封存人")),
                             COLUMN_AS("handed_over", N_("交接清单"), COLUMN_NUMBER)),
                     false, false})},
    {.name = "check",
     .about = N_("换届检查：什么要先办完，什么带入新一届，谁的任职届满"),
     .example = "term check --on 2026-11-20",
     .method = "CheckTerm",
     .options = VALUES(VALUE("on", "starts_on", VALUE_DAY, 0, N_("新一届第一次会议那天，不写是今天"))),
     .parts = check_parts},
    {.name = "close",
     .about = N_("换届：封存这一届，交接未了事项，开始新一届（主席）"),
     .example = "term close 第十三届 --on 2026-11-20",
     .method = "CloseTerm",
     .words = VALUES(VALUE("TERM", "new_term", VALUE_TEXT, VALUE_NEEDED, N_("新的届次，例如 第十三届"))),
     .options = VALUES(VALUE("on", "starts_on", VALUE_DAY, VALUE_NEEDED, N_("新一届第一次会议那天")),
                       VALUE("yes", NULL, VALUE_FLAG, 0, N_("不再问，直接换届"))),
     .parts = closed_parts,
     .run = close_term},
    {.name = "handover",
     .about = N_("换届交接清单：交接时的样子，和现在办到哪里"),
     .example = "term handover --to handover.pdf",
     .method = "GetHandover",
     .options = VALUES(VALUE("term", "term", VALUE_TEXT, 0, N_("哪一届的，不写是最近封存的")),
                       VALUE("to", NULL, VALUE_PATH, 0, N_("印成带签字栏的清单：.pdf 或 .xlsx"))),
     .parts =
         PARTS({"lines", NULL,
                COLUMNS(COLUMN_AS("line_no", N_("行"), COLUMN_NUMBER), COLUMN_OF("subject", N_("类别"), "subject"),
                        COLUMN("code", N_("代码")), COLUMN_OF("state", N_("交接时"), "*_state"),
                        COLUMN_OF("state_now", N_("现在"), "*_state"), COLUMN("origin_term", N_("起于哪届")),
                        COLUMN("since_on", N_("自何日")), COLUMN("age_days", N_("已有天数")),
                        COLUMN("due_on", N_("期限")), COLUMN("holder", N_("在谁手里")), COLUMN("title", N_("标题"))),
                false, false}),
     .check = check_paper,
     .run = handover},
    {0},
};

const struct noun noun_term = {"term", N_("换届"), commands};
