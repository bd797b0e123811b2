#include "form.h"
#include "nouns.h"

#define AWARD             VALUE("W01", "award_id", VALUE_AWARD, VALUE_NEEDED, N_("奖励的代码"))
#define NOTE(about)       VALUE("note", "note", VALUE_TEXT, VALUE_NEEDED, about)
#define ON                VALUE("on", "day_on", VALUE_DAY, VALUE_TODAY, N_("哪天，不写是今天"))
#define YEAR              VALUE("year", "year", VALUE_NUMBER, 0, N_("哪一年，不写是今年"))
#define GROUP             VALUE("group", "group_id", VALUE_GROUP, 0, N_("哪个小组"))
#define PERSON            VALUE("person", "person_id", VALUE_PERSON, 0, N_("哪位代表"))
#define KIND(flags)       CHOICE("kind", "kind", "award_kind", flags, N_("种类"))
#define LINE(flags)       VALUE("line", "line", VALUE_TEXT, flags, N_("考核项目的代号"))
#define POINTS(about)     VALUE("points", "points", VALUE_NUMBER, VALUE_NEEDED, about)
#define STATE             COLUMN_OF("state", N_("状态"), "award_state")
#define KIND_COLUMN       COLUMN_OF("kind", N_("种类"), "award_kind")
#define MAX_POINTS_COLUMN COLUMN_AS("max_points", N_("满分"), COLUMN_NUMBER)

/* A step with a code, some options and the state that it leads to. */
#define STEP(name_, action_, about_, example_, ...)                                                                    \
    {                                                                                                                  \
        .name = (name_), .about = (about_), .example = "award " name_ " " example_, .method = "MoveAward",             \
        .action = (action_), .words = VALUES(AWARD), .options = VALUES(__VA_ARGS__), .parts = moved_parts,             \
        .remarks = REMARKS("over_quota", "open_lines")                                                                 \
    }

static const struct part moved_parts[] = {
    {NULL, NULL, COLUMNS(STATE, COLUMN("amount_yuan", N_("金额（元）"))), true, false},
    {0},
};

static const struct part show_parts[] = {
    {"award", NULL,
     COLUMNS(COLUMN("code", N_("代码")), STATE, COLUMN("year", N_("年份")), KIND_COLUMN,
             COLUMN("recipient_code", N_("小组或代表")), COLUMN("recipient_name", N_("名称")),
             COLUMN("reason", N_("事迹")), COLUMN("nominated_by", N_("提名人")), COLUMN("nominated_on", N_("提名日")),
             COLUMN("verified_by", N_("审核人")), COLUMN("checked", N_("怎么审核的")),
             COLUMN("close_reason", N_("未通过的理由")), COLUMN("awarded_on", N_("决定日")),
             COLUMN("document", N_("文号")), COLUMN("amount_yuan", N_("金额（元）")),
             COLUMN("over_note", N_("超出的理由")), COLUMN("decided_by", N_("决定人")), COLUMN("paid_on", N_("发放日")),
             COLUMN("paid_by", N_("发放人")), COLUMN("void_reason", N_("作废理由")),
             COLUMN_OF("actions", N_("您现在可以"), "award_action")),
     true, true},
    {"steps", N_("经过"), step_columns, false, false},
    {0},
};

static const struct part score_parts[] = {
    {"sum", NULL,
     COLUMNS(KIND_COLUMN, COLUMN("code", N_("小组或代表")), COLUMN("name", N_("名称")), COLUMN("points", N_("得分")),
             COLUMN("max_points", N_("满分")), COLUMN("open_lines", N_("还没打分的项目")),
             COLUMN("frozen", N_("已随奖励定下"))),
     true, false},
    {"lines", N_("考核项目"),
     COLUMNS(COLUMN("line", N_("代号")), COLUMN("label", N_("项目")), COLUMN("points", N_("得分")), MAX_POINTS_COLUMN,
             COLUMN_OF("measure", N_("自动统计"), "score_measure"), COLUMN("value", N_("数值")),
             COLUMN("target", N_("目标")), COLUMN("step_points", N_("少一个扣")), COLUMN("note", N_("说明"))),
     false, true},
    {0},
};

static const struct command commands[] = {
    {.name = "nominate",
     .about = N_("提名先进代表小组或优秀代表；缺的会一项一项问"),
     .example = "award nominate --kind excellent_deputy --person D001 --reason 全年为群众办实事五件",
     .method = "NominateAward",
     .makes = "award_id",
     .options = VALUES(KIND(VALUE_NEEDED), VALUE("reason", "reason", VALUE_TEXT, VALUE_NEEDED, N_("事迹")), GROUP,
                       PERSON, YEAR),
     .parts = PARTS({NULL, NULL, COLUMNS(COLUMN("code", N_("代码")), STATE), true, false})},
    STEP("verify", "verify", N_("审核属实"), "W30 --note 与履职登记卡核对一致", NOTE(N_("怎么审核的"))),
    STEP("reject", "reject", N_("不通过，写明理由"), "W30 --note 事迹不实", NOTE(N_("理由"))),
    STEP("withdraw", "withdraw", N_("撤回提名"), "W30 --note 本人推让", NOTE(N_("理由"))),
    STEP("decide", "decide", N_("主席决定表彰；奖金按当天的标准"), "W30 --document 镇发〔2026〕31号",
         VALUE("document", "document", VALUE_TEXT, VALUE_NEEDED, N_("文号")), ON,
         VALUE("over", "note", VALUE_TEXT, 0, N_("超过预算的理由"))),
    STEP("pay", "pay", N_("奖金已发放"), "W30", ON, VALUE("note", "note", VALUE_TEXT, 0, N_("说明"))),
    STEP("void", "void", N_("主席撤销奖励，写明理由"), "W30 --note 事迹不实", NOTE(N_("理由"))),
    {.name = "list",
     .about = N_("提名和奖励"),
     .example = "award list --year 2026",
     .method = "ListAwards",
     .options = VALUES(VALUE("year", "year", VALUE_NUMBER, 0, N_("只看一年")), KIND(0),
                       CHOICE("state", "state", "award_state", 0, N_("状态"))),
     .parts =
         PARTS({"awards", NULL,
                COLUMNS(COLUMN("code", N_("代码")), COLUMN("year", N_("年份")), KIND_COLUMN,
                        COLUMN("recipient_code", N_("小组或代表")), COLUMN("recipient_name", N_("名称")), STATE,
                        COLUMN("awarded_on", N_("决定日")), COLUMN("amount_yuan", N_("金额（元）")),
                        COLUMN("paid_on", N_("发放日")), COLUMN("document", N_("文号")), COLUMN("reason", N_("事迹"))),
                false, false})},
    {.name = "show",
     .about = N_("一项奖励和它的经过"),
     .example = "award show W01",
     .method = "GetAward",
     .words = VALUES(VALUE("W01", "code", VALUE_AWARD, VALUE_NEEDED | VALUE_CODE_SENT, N_("奖励的代码"))),
     .parts = show_parts},
    {.name = "score",
     .about = N_("一张考核表；代表只看自己的"),
     .example = "award score --person D001 --year 2026",
     .method = "GetScore",
     .options = VALUES(PERSON, GROUP, YEAR),
     .parts = score_parts},
    {.name = "scores",
     .about = N_("一年的考核得分，按代码排列，不是名次"),
     .example = "award scores --kind excellent_deputy --year 2026",
     .method = "ListScores",
     .options = VALUES(KIND(VALUE_NEEDED), YEAR),
     .parts = PARTS({"scores", NULL,
                     COLUMNS(COLUMN("code", N_("小组或代表")), COLUMN("name", N_("名称")),
                             COLUMN_AS("points", N_("得分"), COLUMN_NUMBER), MAX_POINTS_COLUMN,
                             COLUMN_AS("open_lines", N_("还没打分的项目"), COLUMN_NUMBER),
                             COLUMN_AS("frozen", N_("已随奖励定下"), COLUMN_FLAG)),
                     false, false})},
    {.name = "give",
     .about = N_("办公室给一个考核项目打分"),
     .example = "award give --person D001 --line speech --points 8 --note 在人代会上发言一次",
     .method = "SetScore",
     .options = VALUES(LINE(VALUE_NEEDED), POINTS(N_("得分")), NOTE(N_("依据")), PERSON, GROUP, YEAR),
     .parts =
         PARTS({NULL, NULL, COLUMNS(COLUMN("points", N_("得分")), COLUMN("max_points", N_("满分"))), true, false})},
    {.name = "line",
     .about = N_("主席修改考核表的一个项目，从某年起；满分 0 是取消"),
     .example = "award line --kind excellent_deputy --line deeds --from 2027 --label 办两件以上好事实事 --max 5 "
                "--measure deeds --target 2",
     .method = "SetScoreLine",
     .options = VALUES(KIND(VALUE_NEEDED), LINE(VALUE_NEEDED),
                       VALUE("from", "from_year", VALUE_NUMBER, VALUE_NEEDED, N_("从哪一年起")),
                       VALUE("label", "label", VALUE_TEXT, VALUE_NEEDED, N_("项目")),
                       VALUE("max", "max_points", VALUE_NUMBER, VALUE_NEEDED, N_("满分")),
                       CHOICE("measure", "measure", "score_measure", 0, N_("自动统计什么；不写由办公室打分")),
                       VALUE("target", "target", VALUE_NUMBER, 0, N_("自动统计的目标，达到得满分")),
                       VALUE("step", "step_points", VALUE_NUMBER, 0, N_("比目标少一个扣几分；不写按比例")),
                       VALUE("position", "position", VALUE_NUMBER, 0, N_("排在第几"))),
     .parts = PARTS({NULL, NULL, COLUMNS(COLUMN("max_points", N_("全表满分"))), true, false})},
    {0},
};

const struct noun noun_award = {"award", N_("创先争优：提名、审核、决定、发放、考核打分"), commands};
