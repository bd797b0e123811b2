#include "form.h"
#include "nouns.h"

#define HOUSEHOLD   VALUE("B01", "household_id", VALUE_HOUSEHOLD, VALUE_NEEDED, N_("帮带户的代码"))
#define NOTE(about) VALUE("note", "note", VALUE_TEXT, VALUE_NEEDED, about)
#define ON          VALUE("on", "day_on", VALUE_DAY, VALUE_TODAY, N_("哪天，不写是今天"))
#define STATE       COLUMN_OF("state", N_("状态"), "household_state")

/* A step with a code, some options and the state that it leads to. */
#define STEP(name_, action_, about_, example_, ...)                                                                    \
    {                                                                                                                  \
        .name = (name_), .about = (about_), .example = "household " name_ " " example_, .method = "MoveHousehold",     \
        .action = (action_), .words = VALUES(HOUSEHOLD), .options = VALUES(__VA_ARGS__), .parts = moved_parts          \
    }

static const struct part moved_parts[] = {
    {NULL, NULL, COLUMNS(STATE), true, false},
    {0},
};

static const struct part show_parts[] = {
    {"household", NULL,
     COLUMNS(COLUMN("code", N_("代码")), STATE, COLUMN("village_code", N_("村代码")),
             COLUMN("village_name", N_("村或社区")), COLUMN("head", N_("户主")), COLUMN("members", N_("人口")),
             COLUMN("helper_codes", N_("帮带代表")), COLUMN("helper_names", N_("姓名")),
             COLUMN("starts_on", N_("开始日期")), COLUMN("visits", N_("走访次数")),
             COLUMN("last_visit_on", N_("上次走访")), COLUMN("ended_on", N_("结束日期")),
             COLUMN("end_reason", N_("结束的理由")), COLUMN("distinct_note", N_("与同名户主的区别")),
             COLUMN("void_reason", N_("作废理由")), COLUMN_OF("actions", N_("您现在可以"), "household_action")),
     true, true},
    {"visits", N_("走访"),
     COLUMNS(COLUMN("visit_no", N_("第几次")), COLUMN("visited_on", N_("日期")), COLUMN("person_code", N_("代表")),
             COLUMN("text", N_("做了什么")), COLUMN("author", N_("谁记的")), COLUMN("void_reason", N_("作废理由"))),
     false, false},
    {"past", N_("变更以前"),
     COLUMNS(COLUMN("until_on", N_("到哪天")), COLUMN("members", N_("人口")), COLUMN("helper_codes", N_("帮带代表")),
             COLUMN("note", N_("变更的理由")), COLUMN("author", N_("谁记的"))),
     false, false},
    {"steps", N_("经过"), step_columns, false, false},
    {0},
};

static const struct command commands[] = {
    {.name = "register",
     .about = N_("登记一户；缺的会一项一项问"),
     .example = "household register --village V04 --head 傅德明 --members 5 --helper D001 --helper D068",
     .method = "RegisterHousehold",
     .makes = "household_id",
     .options =
         VALUES(VALUE("village", "village_code", VALUE_TEXT, VALUE_NEEDED, N_("村或社区的代码")),
                VALUE("head", "head", VALUE_TEXT, VALUE_NEEDED, N_("户主姓名")),
                VALUE("members", "members", VALUE_NUMBER, VALUE_NEEDED, N_("几口人")),
                VALUE("helper", "helper_ids", VALUE_PERSON, VALUE_MANY, N_("帮带代表，一个写一次；代表本人可以不写")),
                VALUE("on", "starts_on", VALUE_DAY, VALUE_TODAY, N_("哪天开始，不写是今天")),
                VALUE("distinct", "distinct_note", VALUE_TEXT, 0, N_("同名不同户：与已登记的有什么区别"))),
     .parts = PARTS({NULL, NULL, COLUMNS(COLUMN("code", N_("代码")), STATE), true, false})},
    {.name = "list",
     .about = N_("帮带户"),
     .example = "household list --unvisited",
     .method = "ListHouseholds",
     .options = VALUES(CHOICE("state", "state", "household_state", 0, N_("状态")),
                       VALUE("village", "village_code", VALUE_TEXT, 0, N_("只看一个村或社区")),
                       VALUE("helper", "helper_code", VALUE_PERSON, VALUE_CODE_SENT, N_("只看一位代表帮带的")),
                       VALUE("unvisited", "unvisited_only", VALUE_FLAG, 0, N_("只看很久没有走访的"))),
     .parts =
         PARTS({"households", NULL,
                COLUMNS(COLUMN("code", N_("代码")), COLUMN("village_name", N_("村或社区")), COLUMN("head", N_("户主")),
                        COLUMN_AS("members", N_("人口"), COLUMN_NUMBER), COLUMN("helper_codes", N_("帮带代表")),
                        COLUMN("helper_names", N_("姓名")), COLUMN("starts_on", N_("开始日期")), STATE,
                        COLUMN_AS("visits", N_("走访次数"), COLUMN_NUMBER), COLUMN("last_visit_on", N_("上次走访"))),
                false, false})},
    {.name = "show",
     .about = N_("一户、走访、变更和经过"),
     .example = "household show B01",
     .method = "GetHousehold",
     .words = VALUES(VALUE("B01", "code", VALUE_HOUSEHOLD, VALUE_NEEDED | VALUE_CODE_SENT, N_("帮带户的代码"))),
     .parts = show_parts},
    STEP("visit", "visit", N_("记一次走访"), "B01 --person D001 --note 送去化肥两袋", NOTE(N_("做了什么")),
         VALUE("person", "person_id", VALUE_PERSON, VALUE_PROMPTED, N_("哪位帮带代表去的；代表本人不填")), ON),
    STEP("void-visit", "void_visit", N_("走访记错了，作废"), "B01 --number 2 --note 记错了户",
         VALUE("number", "visit_no", VALUE_NUMBER, VALUE_NEEDED, N_("第几次走访")), NOTE(N_("理由"))),
    STEP("change", "change", N_("人口或帮带代表变了"), "B01 --members 6 --helper D001 --note 添了一口人",
         NOTE(N_("变更的理由")), VALUE("members", "members", VALUE_NUMBER, 0, N_("现在几口人")),
         VALUE("helper", "helper_ids", VALUE_PERSON, VALUE_MANY, N_("现在的全部帮带代表，一个写一次")), ON),
    STEP("end", "end", N_("不再帮带，写明理由"), "B01 --note 已经脱贫", NOTE(N_("理由")), ON),
    STEP("resume", "resume", N_("恢复帮带，写明理由"), "B01 --note 又有困难", NOTE(N_("理由"))),
    STEP("void", "void", N_("登记错了，作废；代码不再用"), "B01 --note 与 B02 重复", NOTE(N_("理由"))),
    {0},
};

const struct noun noun_household = {"household", N_("联系帮带户：登记、走访、变更"), commands};
