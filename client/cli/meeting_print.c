#include "meeting_print.h"

#include "printout.h"
#include "progress.h"
#include "say.h"

enum { FACT_PAIRS = 2 };

static const struct column fact_columns[] = {
    COLUMN("code", N_("代码")),
    COLUMN_OF("kind", N_("种类"), "meeting_kind"),
    COLUMN("held_on", N_("日期")),
    COLUMN("place", N_("地点")),
    COLUMN("group_code", N_("小组")),
    COLUMN_OF("state", N_("状态"), "meeting_state"),
    COLUMN_AS("on_roll", N_("应到"), COLUMN_NUMBER),
    COLUMN("attended", N_("实到")),
    {0},
};

static const struct column roll_columns[] = {
    COLUMN("code", N_("代码")),
    COLUMN("name", N_("姓名")),
    COLUMN_OF("notice", N_("通知"), "notice"),
    COLUMN("notified_on", N_("通知日")),
    COLUMN("leave_asked_on", N_("请假日")),
    COLUMN_OF("leave_decision", N_("批复"), "leave_state"),
    COLUMN_OF("mark", N_("登记"), "mark"),
    COLUMN_OF("status", N_("结果"), "line_status"),
    {0},
};

static const double roll_widths[] = {1, 1.3, 0.9, 1.5, 1.5, 0.9, 0.9, 1.3};

static struct document *sheet_of(const json_t *reply) {
    const json_t *meeting = json_object_get(reply, "meeting");
    struct document *d = document_new(DOCUMENT_PORTRAIT, rpc_text(meeting, "code"));
    document_title(d, _("到会情况表"));
    document_subtitle(d, rpc_text(meeting, "title"));
    document_numbers(d, _("第 {page} 页 共 {pages} 页"), 1, 0);
    printout_facts(d, meeting, fact_columns, FACT_PAIRS);
    printout_table_as(d, json_object_get(reply, "roll"), roll_columns, roll_widths);
    if (rpc_text(meeting, "minutes")[0] != '\0') {
        document_heading(d, _("记录"));
        document_paragraph(d, rpc_text(meeting, "minutes"));
    }
    document_signatures(
        d, (const struct document_signature[]){{_("记录人签字"), NULL, NULL}, {_("审核人签字"), NULL, NULL}}, 2);
    return d;
}

int meeting_print_check(struct given *given) {
    if (given->cli->paper != NULL)
        return EXIT_DONE;
    return say_usage(given, "还缺 / still missing", "--paper FILE");
}

int meeting_print(struct session *session, struct given *given, json_t *request) {
    int code;
    size_t done = 0;
    struct paper *paper = NULL;
    json_t *list = rpc_list(session, "ListMeetings", request, "meetings", &code);
    const json_t *meetings = json_object_get(list, "meetings");
    const size_t count = json_array_size(meetings);
    given->on_paper = true;
    if (list != NULL && count == 0) {
        say("没有这样的会议和活动", "there is no such meeting", "用 lvzhi meeting list 查 / see lvzhi meeting list");
        code = EXIT_REFUSED;
    }
    if (code != EXIT_DONE) {
        json_decref(list);
        return code;
    }
    enum paper_status status = paper_open(given->cli->paper, &paper);
    for (; done < count && status == PAPER_DONE && code == EXIT_DONE; done++) {
        json_t *ask = json_pack("{s:O}", "code", json_object_get(json_array_get(meetings, done), "code"));
        json_t *reply = rpc_read(session, "GetMeeting", ask, &code);
        if (reply != NULL) {
            struct document *sheet = sheet_of(reply);
            status = paper_add(paper, sheet);
            document_free(sheet);
        }
        json_decref(reply);
        progress_show(_("打印"), done + 1, count);
    }
    progress_end();
    json_decref(list);
    if (paper != NULL && code != EXIT_DONE)
        paper_abandon(paper);
    else if (paper != NULL)
        status = paper_close(paper);
    return code != EXIT_DONE ? code : printout_said(status, given->cli->paper);
}
