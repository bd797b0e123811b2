#include "card_paper.h"

#include "buffer.h"
#include "printout.h"

#include <string.h>

const struct column card_term_columns[] = {
    COLUMN("code", N_("任期")),
    COLUMN_OF("level", N_("级别"), "level"),
    COLUMN("group", N_("代表小组")),
    COLUMN("constituency", N_("选区")),
    COLUMN("starts_on", N_("任职起")),
    COLUMN("ends_on", N_("任职止")),
    COLUMN_OF("end_reason", N_("离任原因"), "end_reason"),
    {0},
};

const struct column card_suspension_columns[] = {
    COLUMN("code", N_("任期")),
    COLUMN("starts_on", N_("暂停起")),
    COLUMN("ends_on", N_("暂停止")),
    COLUMN("reason", N_("原因")),
    {0},
};

const struct column card_line_columns[] = {
    COLUMN("code", N_("编号")),
    COLUMN("held_on", N_("日期")),
    COLUMN_OF("kind", N_("种类"), "meeting_kind"),
    COLUMN("title", N_("名称")),
    COLUMN_OF("status", N_("结果"), "line_status"),
    COLUMN_AS("rule", N_("依据"), COLUMN_RULE),
    {0},
};

const struct column card_feedback_columns[] = {
    COLUMN("code", N_("编号")),
    COLUMN("received_on", N_("收到日")),
    COLUMN("topic", N_("主题")),
    COLUMN("unit", N_("承办单位")),
    COLUMN_OF("state", N_("状态"), "feedback_state"),
    COLUMN_OF("reply_class", N_("答复类别"), "reply_class"),
    COLUMN_OF("rating", N_("评价"), "rating"),
    {0},
};

const struct column card_suggestion_columns[] = {
    COLUMN("code", N_("编号")),
    COLUMN("submitted_on", N_("提出日")),
    COLUMN_OF("kind", N_("种类"), "suggestion_kind"),
    COLUMN_OF("role", N_("领衔或附议"), "card_role"),
    COLUMN("title", N_("标题")),
    COLUMN("unit", N_("承办单位")),
    COLUMN_OF("state", N_("状态"), "suggestion_state"),
    COLUMN_OF("result", N_("办理结果"), "reply_class"),
    COLUMN_OF("rating", N_("评价"), "rating"),
    {0},
};

const struct column card_deed_columns[] = {
    COLUMN("code", N_("编号")),     COLUMN("done_on", N_("日期")),
    COLUMN("kind", N_("种类")),     COLUMN("village", N_("村（社区）")),
    COLUMN("text", N_("内容")),     COLUMN_AS("value_yuan", N_("价值（元）"), COLUMN_NUMBER),
    COLUMN("verified", N_("核实")), {0},
};

const struct column card_household_columns[] = {
    COLUMN("code", N_("编号")),
    COLUMN("village", N_("村（社区）")),
    COLUMN_AS("members", N_("人口"), COLUMN_NUMBER),
    COLUMN("starts_on", N_("帮带起")),
    COLUMN_AS("helpers", N_("帮带代表数"), COLUMN_NUMBER),
    {0},
};

const struct column card_appraisal_columns[] = {
    COLUMN("code", N_("编号")),
    COLUMN("held_on", N_("日期")),
    COLUMN("title", N_("名称")),
    COLUMN_AS("issued", N_("发出"), COLUMN_NUMBER),
    COLUMN_AS("returned", N_("收回"), COLUMN_NUMBER),
    COLUMN_AS("invalid", N_("无效"), COLUMN_NUMBER),
    COLUMN_AS("excellent", N_("优秀"), COLUMN_NUMBER),
    COLUMN_AS("competent", N_("称职"), COLUMN_NUMBER),
    COLUMN_AS("basic", N_("基本称职"), COLUMN_NUMBER),
    COLUMN_AS("incompetent", N_("不称职"), COLUMN_NUMBER),
    {0},
};

const struct column card_award_columns[] = {
    COLUMN("code", N_("编号")),
    COLUMN("awarded_on", N_("日期")),
    COLUMN("document", N_("文件")),
    COLUMN_AS("amount_yuan", N_("奖金（元）"), COLUMN_NUMBER),
    {0},
};

const struct column card_fund_columns[] = {
    COLUMN("code", N_("编号")),
    COLUMN("spent_on", N_("日期")),
    COLUMN("note", N_("说明")),
    COLUMN_AS("amount_yuan", N_("金额（元）"), COLUMN_NUMBER),
    {0},
};

const struct column card_total_columns[] = {
    COLUMN_AS("meetings_attended", N_("到会"), COLUMN_NUMBER),
    COLUMN_AS("meetings_excused", N_("会议请假"), COLUMN_NUMBER),
    COLUMN_AS("meetings_unexcused", N_("无故缺会"), COLUMN_NUMBER),
    COLUMN_AS("activities_attended", N_("参加活动"), COLUMN_NUMBER),
    COLUMN_AS("activities_excused", N_("活动请假"), COLUMN_NUMBER),
    COLUMN_AS("activities_unexcused", N_("无故缺活动"), COLUMN_NUMBER),
    COLUMN_AS("trainings_attended", N_("参加培训"), COLUMN_NUMBER),
    COLUMN_AS("trainings_excused", N_("培训请假"), COLUMN_NUMBER),
    COLUMN_AS("trainings_unexcused", N_("无故缺培训"), COLUMN_NUMBER),
    COLUMN_AS("feedback", N_("反映群众意见"), COLUMN_NUMBER),
    COLUMN_AS("suggestions_led", N_("领衔建议"), COLUMN_NUMBER),
    COLUMN_AS("suggestions_cosigned", N_("附议建议"), COLUMN_NUMBER),
    COLUMN_AS("deeds_verified", N_("好事（已核实）"), COLUMN_NUMBER),
    COLUMN_AS("deeds_unverified", N_("好事（未核实）"), COLUMN_NUMBER),
    COLUMN_AS("appraisals", N_("述职测评"), COLUMN_NUMBER),
    COLUMN_AS("households", N_("帮带户"), COLUMN_NUMBER),
    COLUMN_AS("household_members", N_("帮带人口"), COLUMN_NUMBER),
    COLUMN_AS("awards", N_("受表彰"), COLUMN_NUMBER),
    COLUMN_AS("award_yuan", N_("奖金（元）"), COLUMN_NUMBER),
    COLUMN_AS("fund_yuan", N_("活动经费（元）"), COLUMN_NUMBER),
    {0},
};

static const struct column basic_columns[] = {
    COLUMN("person_name", N_("姓名")),
    COLUMN("gender", N_("性别")),
    COLUMN("born_on", N_("出生日期")),
    COLUMN("code", N_("任期代码")),
    COLUMN_OF("level", N_("级别"), "level"),
    COLUMN("occupation", N_("职业")),
    COLUMN("group_name", N_("代表小组")),
    COLUMN("constituency", N_("选区")),
    COLUMN("days_in_office", N_("本年在任天数")),
    {0},
};

enum { FACT_PAIRS = 3 };

/* The tables of meetings and activities stand below each other: their columns, too. */
static const double line_widths[] = {1.1, 1.5, 1.4, 4.4, 1.2, 2.6};

/* The rows of a list in which a field is `said`: of those of the whole town, nothing is. */
static json_t *rows_where(const json_t *rows, const char *key, bool said) {
    json_t *chosen = json_array();
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);
        const json_t *value = json_object_get(row, key);
        if ((value != NULL && !json_is_false(value)) == said)
            json_array_append(chosen, row);
    }
    return chosen;
}

static void add_list(struct document *d, const char *heading, const json_t *rows, const struct column *columns) {
    document_heading(d, heading);
    if (json_array_size(rows) > 0)
        printout_table_as(d, rows, columns, columns == card_line_columns ? line_widths : NULL);
    else
        document_note(d, _("无"));
}

static void add_where(struct document *d, const char *heading, const json_t *rows, const char *key, bool said,
                      const struct column *columns) {
    json_t *chosen = rows_where(rows, key, said);
    add_list(d, heading, chosen, columns);
    json_decref(chosen);
}

/* "第 2 版　组长 李某 2026-01-08 签字　SHA-256 ..."; nothing that may change after the signature. */
static void add_footer(struct document *d, const json_t *row) {
    char text[400];
    if (json_object_get(row, "version") == NULL)
        snprintf(text, sizeof text, "%s", _("未签字（草稿）"));
    else
        snprintf(text, sizeof text, _("第 %d 版　%s %s %s 签字　SHA-256 %s"), (int)rpc_number(row, "version"),
                 text_word("role", rpc_text(row, "signed_role")), rpc_text(row, "signed_by"),
                 rpc_text(row, "signed_on"), rpc_text(row, "digest"));
    document_footer(d, text);
}

static void add_shared(struct document *d, const json_t *card) {
    struct buffer text = {0};
    const json_t *codes = json_object_get(card, "shared_codes");
    if (json_array_size(codes) == 0)
        return;
    buffer_append(&text, _("本人同年另有任期："), strlen(_("本人同年另有任期：")));
    for (size_t i = 0; i < json_array_size(codes); i++) {
        const char *code = json_string_value(json_array_get(codes, i));
        buffer_append(&text, i > 0 ? " " : "", i > 0);
        buffer_append(&text, code, strlen(code));
    }
    const char *rest = _("。出席、意见、好事、帮扶、奖金和经费按人记：几张卡所记相同，汇总时只算一次。");
    buffer_append(&text, rest, strlen(rest) + 1);
    document_note(d, (const char *)text.bytes);
    buffer_release(&text);
}

static void add_lists(struct document *d, const json_t *text) {
    const json_t *activities = json_object_get(text, "activities"), *deeds = json_object_get(text, "deeds");
    const json_t *suspensions = json_object_get(text, "suspensions");
    add_list(d, _("一、任职情况"), json_object_get(text, "terms"), card_term_columns);
    if (json_array_size(suspensions) > 0)
        add_list(d, _("　　暂停执行代表职务"), suspensions, card_suspension_columns);
    add_list(d, _("二、出席会议"), json_object_get(text, "meetings"), card_line_columns);
    add_where(d, _("三、视察、检查、调研等全镇活动"), activities, "group", false, card_line_columns);
    add_where(d, _("四、小组活动"), activities, "group", true, card_line_columns);
    add_list(d, _("五、学习培训"), json_object_get(text, "trainings"), card_line_columns);
    add_list(d, _("六、反映群众意见"), json_object_get(text, "feedback"), card_feedback_columns);
    add_list(d, _("七、建议、批评、意见和议案"), json_object_get(text, "suggestions"), card_suggestion_columns);
    add_list(d, _("八、述职测评"), json_object_get(text, "appraisals"), card_appraisal_columns);
    add_where(d, _("九、好事实事（已核实）"), deeds, "verified", true, card_deed_columns);
    add_where(d, _("　　好事实事（未核实，不计入）"), deeds, "verified", false, card_deed_columns);
    add_list(d, _("十、联系帮带户"), json_object_get(text, "households"), card_household_columns);
    add_list(d, _("十一、表彰奖励"), json_object_get(text, "awards"), card_award_columns);
    add_list(d, _("十二、活动经费"), json_object_get(text, "funds"), card_fund_columns);
    document_heading(d, _("十三、全年合计"));
    printout_facts(d, json_object_get(text, "totals"), card_total_columns, FACT_PAIRS);
}

static void add_signatures(struct document *d, const json_t *row) {
    bool is_signed = json_object_get(row, "version") != NULL;
    char label[100];
    snprintf(label, sizeof label, _("%s签字"), text_word("role", is_signed ? rpc_text(row, "signed_role") : "leader"));
    const struct document_signature signatures[] = {
        {_("代表本人签字"), NULL, NULL},
        {label, is_signed ? rpc_text(row, "signed_by") : NULL, is_signed ? rpc_text(row, "signed_on") : NULL},
    };
    document_signatures(d, signatures, 2);
}

struct document *card_document(const json_t *row) {
    char title[200];
    json_t *text = json_loads(rpc_text(row, "text"), 0, NULL);
    const json_t *card = json_object_get(text, "card");
    if (card == NULL) {
        json_decref(text);
        return NULL;
    }
    snprintf(title, sizeof title, _("%s %s %d 年度履职登记卡"), rpc_text(row, "code"), rpc_text(card, "person_name"),
             (int)rpc_number(card, "year"));
    struct document *d = document_new(DOCUMENT_PORTRAIT, title);
    document_numbers(d, _("第 {page} 页 共 {pages} 页"), 1, 0);
    add_footer(d, row);
    document_title(d, _("人大代表履职登记卡"));
    snprintf(title, sizeof title, _("%d 年度"), (int)rpc_number(card, "year"));
    document_subtitle(d, title);
    printout_facts(d, card, basic_columns, FACT_PAIRS);
    add_shared(d, card);
    add_lists(d, text);
    add_signatures(d, row);
    json_decref(text);
    return d;
}
