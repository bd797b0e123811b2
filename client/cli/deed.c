#include "form.h"
#include "nouns.h"

#define DEED        VALUE("H001", "deed_id", VALUE_DEED, VALUE_NEEDED, N_("好事实事的代码"))
#define NOTE(about) VALUE("note", "note", VALUE_TEXT, VALUE_NEEDED, about)
#define WITNESS     VALUE("witness", "witness", VALUE_TEXT, 0, N_("证明人"))
#define STATE       COLUMN_OF("state", N_("状态"), "deed_state")

/* A step with a code, some options and the state that it leads to. */
#define STEP(name_, action_, about_, example_, ...)                                                                    \
    {                                                                                                                  \
        .name = (name_), .about = (about_), .example = "deed " name_ " " example_, .method = "MoveDeed",               \
        .action = (action_), .words = VALUES(DEED), .options = VALUES(__VA_ARGS__), .parts = moved_parts               \
    }

static const struct part moved_parts[] = {
    {NULL, NULL, COLUMNS(STATE), true, false},
    {0},
};

static const struct part show_parts[] = {
    {"deed", NULL,
     COLUMNS(COLUMN("code", N_("代码")), STATE, COLUMN("person_code", N_("代表")), COLUMN("person_name", N_("姓名")),
             COLUMN("done_on", N_("日期")), COLUMN("kind", N_("类别")), COLUMN("village_code", N_("村代码")),
             COLUMN("village_name", N_("村或社区")), COLUMN("text", N_("内容")), COLUMN("value_yuan", N_("价值（元）")),
             COLUMN("witness", N_("证明人")), COLUMN("recorded_by", N_("申报人")), COLUMN("settled_by", N_("核实人")),
             COLUMN("settled_on", N_("核实日")), COLUMN("checked", N_("怎么核实的")),
             COLUMN("distinct_codes", N_("相似的另几件")), COLUMN("distinct_note", N_("为什么不是同一件")),
             COLUMN("same_as_code", N_("与哪一件相同")), COLUMN("void_reason", N_("作废或不予认定的理由")),
             COLUMN_OF("actions", N_("您现在可以"), "deed_action")),
     true, true},
    {"alike", N_("可能是同一件事的"),
     COLUMNS(COLUMN("code", N_("代码")), COLUMN("person_code", N_("代表")), COLUMN("person_name", N_("姓名")),
             COLUMN("done_on", N_("日期")), COLUMN("kind", N_("类别")), STATE,
             COLUMN_AS("alike_percent", N_("文字相似（%）"), COLUMN_NUMBER), COLUMN("text", N_("内容"))),
     false, false},
    {"steps", N_("经过"), step_columns, false, false},
    {0},
};

static const struct command commands[] = {
    {.name = "record",
     .about = N_("申报一件好事实事；缺的会一项一项问"),
     .example = "deed record --person D001 --kind 修路 --village V09 --text 出钱修好村口的路 --witness 张组长",
     .method = "RecordDeed",
     .makes = "deed_id",
     .options = VALUES(VALUE("kind", "kind", VALUE_TEXT, VALUE_NEEDED, N_("类别，例如 修路、助学、调解")),
                       VALUE("village", "village_code", VALUE_TEXT, VALUE_NEEDED, N_("村或社区的代码")),
                       VALUE("text", "text", VALUE_TEXT, VALUE_NEEDED, N_("做了什么")),
                       VALUE("person", "person_id", VALUE_PERSON, VALUE_PROMPTED, N_("哪位代表；代表本人不填")),
                       VALUE("on", "done_on", VALUE_DAY, VALUE_TODAY, N_("哪天，不写是今天")),
                       VALUE("value", "value_yuan", VALUE_NUMBER, 0, N_("价值，整数元")), WITNESS),
     .parts =
         PARTS({NULL, NULL, COLUMNS(COLUMN("code", N_("代码")), STATE, COLUMN("alike_codes", N_("可能是同一件事的"))),
                true, false}),
     .remarks = REMARKS("looks_alike")},
    {.name = "list",
     .about = N_("好事实事"),
     .example = "deed list --state claimed",
     .method = "ListDeeds",
     .options = VALUES(VALUE("from", "from_on", VALUE_DAY, 0, N_("从哪一天起")),
                       VALUE("to", "to_on", VALUE_DAY, 0, N_("到哪一天止")),
                       CHOICE("state", "state", "deed_state", 0, N_("状态")),
                       VALUE("person", "person_code", VALUE_PERSON, VALUE_CODE_SENT, N_("只看一个人")),
                       VALUE("village", "village_code", VALUE_TEXT, 0, N_("只看一个村或社区"))),
     .parts =
         PARTS({"deeds", NULL,
                COLUMNS(COLUMN("code", N_("代码")), COLUMN("done_on", N_("日期")), COLUMN("person_code", N_("代表")),
                        COLUMN("person_name", N_("姓名")), COLUMN("kind", N_("类别")),
                        COLUMN("village_name", N_("村或社区")), STATE, COLUMN("value_yuan", N_("价值（元）")),
                        COLUMN("witness", N_("证明人")), COLUMN("text", N_("内容"))),
                false, false})},
    {.name = "show",
     .about = N_("一件好事实事、可能相同的、它的经过"),
     .example = "deed show H001",
     .method = "GetDeed",
     .words = VALUES(VALUE("H001", "code", VALUE_DEED, VALUE_NEEDED | VALUE_CODE_SENT, N_("好事实事的代码"))),
     .parts = show_parts},
    STEP("verify", "verify", N_("核实属实"), "H123 --note 到现场看过", WITNESS,
         VALUE("note", "note", VALUE_TEXT, 0, N_("怎么核实的")),
         VALUE("distinct", "distinct_note", VALUE_TEXT, 0, N_("与相似的为什么不是同一件"))),
    STEP("reject", "reject", N_("不予认定，写明理由"), "H123 --note 村里没有这件事", NOTE(N_("理由"))),
    STEP("join", "join", N_("与另一件是同一件事，并入"), "H123 --as H100",
         VALUE("as", "same_as_code", VALUE_DEED, VALUE_NEEDED | VALUE_CODE_SENT, N_("并入哪一件")),
         VALUE("note", "note", VALUE_TEXT, 0, N_("说明"))),
    STEP("claim-again", "claim_again", N_("不予认定以后补了证明，重新申报"), "H123 --note 补了收据 --witness 李会计",
         NOTE(N_("补了什么")), WITNESS),
    STEP("withdraw", "withdraw", N_("撤回"), "H123 --note 记错了人", NOTE(N_("理由"))),
    STEP("void", "void", N_("记错了，作废；代码不再用"), "H123 --note 重复录入", NOTE(N_("理由"))),
    {0},
};

const struct noun noun_deed = {"deed", N_("好事实事：申报、核实"), commands};
