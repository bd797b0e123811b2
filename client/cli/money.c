#include "form.h"
#include "nouns.h"

#define FUND VALUE("E0001", "fund_id", VALUE_FUND, VALUE_NEEDED, N_("经费记录的代码"))
#define YEAR VALUE("year", "year", VALUE_NUMBER, 0, N_("哪一年，不写是今年"))

/* Options of who gets it and what it is for. */
#define SPEND_OPTIONS                                                                                                  \
    CHOICE("kind", "kind", "fund_kind", VALUE_NEEDED, N_("用途")),                                                     \
        VALUE("yuan", "amount_yuan", VALUE_NUMBER, VALUE_PROMPTED, N_("金额，整数元；按天发的不写")),                  \
        VALUE("person", "person_id", VALUE_PERSON, VALUE_PROMPTED, N_("发给哪位代表")),                                \
        VALUE("group", "group_id", VALUE_GROUP, 0, N_("哪个小组的")),                                                  \
        VALUE("days", "allowance_days", VALUE_NUMBER, 0, N_("误工补贴的天数，按标准算出金额")),                        \
        VALUE("on", "spent_on", VALUE_DAY, VALUE_TODAY, N_("哪天支出，不写是今天")),                                   \
        VALUE("signed", "signed_on", VALUE_DAY, 0, N_("领款人哪天签字")),                                              \
        VALUE("note", "note", VALUE_TEXT, VALUE_PROMPTED, N_("说明，例如发票号")),                                     \
        VALUE("over", "over_note", VALUE_TEXT, 0, N_("超过预算或应得数的理由，只有主席能写"))

#define STATE COLUMN_OF("state", N_("状态"), "fund_state")

static const struct part moved_parts[] = {
    {NULL, NULL, COLUMNS(STATE), true, false},
    {0},
};

static const struct command commands[] = {
    {.name = "spend",
     .about = N_("记一笔支出；缺的会一项一项问"),
     .example = "money spend --kind deputy_activity --person D001 --yuan 500 --signed 2026-11-20",
     .method = "RecordFund",
     .makes = "fund_id",
     .options = VALUES(SPEND_OPTIONS),
     .parts = PARTS({NULL, NULL,
                     COLUMNS(COLUMN("code", N_("代码")), STATE, COLUMN("amount_yuan", N_("金额（元）")),
                             COLUMN("same_codes", N_("相同的支出"))),
                     true, false}),
     .remarks = REMARKS("paid_twice")},
    {.name = "sign",
     .about = N_("领款人签了字"),
     .example = "money sign E0123 --on 2026-11-20",
     .method = "MoveFund",
     .action = "sign",
     .words = VALUES(FUND),
     .options = VALUES(VALUE("on", "day_on", VALUE_DAY, VALUE_TODAY, N_("哪天签字，不写是今天")),
                       VALUE("note", "note", VALUE_TEXT, 0, N_("改签字日期的理由"))),
     .parts = moved_parts},
    {.name = "confirm",
     .about = N_("另一个人确认；金额大的由主席"),
     .example = "money confirm E0123",
     .method = "MoveFund",
     .action = "confirm",
     .words = VALUES(FUND),
     .options = VALUES(VALUE("note", "note", VALUE_TEXT, 0, N_("说明"))),
     .parts = moved_parts},
    {.name = "void",
     .about = N_("记错了，作废；确认过的只有主席能作废"),
     .example = "money void E0123 --note 与 E0122 重复",
     .method = "MoveFund",
     .action = "void",
     .words = VALUES(FUND),
     .options = VALUES(VALUE("note", "note", VALUE_TEXT, VALUE_NEEDED, N_("理由"))),
     .parts = moved_parts},
    {.name = "list",
     .about = N_("支出"),
     .example = "money list --from 2026-01-01 --kind deputy_activity",
     .method = "ListFunds",
     .options = VALUES(
         VALUE("from", "from_on", VALUE_DAY, 0, N_("从哪一天起")), VALUE("to", "to_on", VALUE_DAY, 0, N_("到哪一天止")),
         CHOICE("kind", "kind", "fund_kind", 0, N_("用途")), CHOICE("state", "state", "fund_state", 0, N_("状态")),
         VALUE("person", "person_code", VALUE_PERSON, VALUE_CODE_SENT, N_("只看一个人")),
         VALUE("group", "group_code", VALUE_GROUP, VALUE_CODE_SENT, N_("只看一个小组"))),
     .parts = PARTS({"funds", NULL,
                     COLUMNS(COLUMN("code", N_("代码")), COLUMN("spent_on", N_("日期")),
                             COLUMN_OF("kind", N_("用途"), "fund_kind"), COLUMN("person_code", N_("代表")),
                             COLUMN("person_name", N_("姓名")), COLUMN("group_code", N_("小组")),
                             COLUMN_AS("amount_yuan", N_("金额（元）"), COLUMN_NUMBER), STATE,
                             COLUMN("signed_on", N_("签领日")), COLUMN("note", N_("说明"))),
                     false, false})},
    {.name = "show",
     .about = N_("一笔支出和它的经过"),
     .example = "money show E0001",
     .method = "GetFund",
     .words = VALUES(VALUE("E0001", "code", VALUE_FUND, VALUE_NEEDED | VALUE_CODE_SENT, N_("经费记录的代码"))),
     .parts =
         PARTS({"fund", NULL,
                COLUMNS(COLUMN("code", N_("代码")), STATE, COLUMN("spent_on", N_("日期")),
                        COLUMN_OF("kind", N_("用途"), "fund_kind"), COLUMN("person_code", N_("代表")),
                        COLUMN("person_name", N_("姓名")), COLUMN("group_code", N_("小组")),
                        COLUMN("amount_yuan", N_("金额（元）")), COLUMN("allowance_days", N_("补贴天数")),
                        COLUMN("note", N_("说明")), COLUMN("over_note", N_("超出的理由")),
                        COLUMN("signed_on", N_("签领日")), COLUMN("recorded_by", N_("记账人")),
                        COLUMN("confirmed_by", N_("确认人")), COLUMN("confirmed_on", N_("确认日")),
                        COLUMN("void_reason", N_("作废理由")), COLUMN_OF("actions", N_("您现在可以"), "fund_action")),
                true, true},
               {"steps", N_("经过"), step_columns, false, false})},
    {.name = "budget",
     .about = N_("主席下达一年的一项预算"),
     .example = "money budget --year 2026 --kind deputy_activity --yuan 80000 --note 镇人代会批准的预算",
     .method = "SetBudget",
     .options = VALUES(VALUE("year", "year", VALUE_NUMBER, VALUE_NEEDED, N_("哪一年")),
                       CHOICE("kind", "kind", "budget_kind", VALUE_NEEDED, N_("科目")),
                       VALUE("yuan", "amount_yuan", VALUE_NUMBER, VALUE_NEEDED, N_("金额，整数元")),
                       VALUE("note", "note", VALUE_TEXT, VALUE_NEEDED, N_("依据，例如文号"))),
     .parts = PARTS({NULL, NULL,
                     COLUMNS(COLUMN("before_yuan", N_("原预算（元）")), COLUMN("spent_yuan", N_("已支出（元）"))), true,
                     false}),
     .remarks = REMARKS("over_spent")},
    {.name = "balance",
     .about = N_("一年的预算、支出、结余"),
     .example = "money balance --year 2025",
     .method = "MoneyBalance",
     .options = VALUES(YEAR),
     .parts = PARTS(
         {"lines", NULL,
          COLUMNS(COLUMN_OF("kind", N_("科目"), "budget_kind"), COLUMN("budget_yuan", N_("预算（元）")),
                  COLUMN_AS("spent_yuan", N_("已支出（元）"), COLUMN_NUMBER), COLUMN("left_yuan", N_("结余（元）")),
                  COLUMN_AS("unconfirmed_yuan", N_("其中未确认"), COLUMN_NUMBER),
                  COLUMN_AS("entries", N_("笔数"), COLUMN_NUMBER), COLUMN("note", N_("依据"))),
          false, true},
         {"entitled", N_("代表活动经费应得"),
          COLUMNS(COLUMN("people", N_("人数")), COLUMN("days", N_("任职天数")), COLUMN("amount_yuan", N_("应得（元）")),
                  COLUMN("paid_yuan", N_("已发（元）"))),
          true, false})},
    {.name = "entitlements",
     .about = N_("每位代表一年应得、已发、还剩的活动经费"),
     .example = "money entitlements --year 2026 --group G01",
     .method = "ListEntitlements",
     .options = VALUES(YEAR, VALUE("person", "person_code", VALUE_PERSON, VALUE_CODE_SENT, N_("只看一个人")),
                       VALUE("group", "group_code", VALUE_GROUP, VALUE_CODE_SENT, N_("只看一个小组"))),
     .parts = PARTS(
         {"entitlements", NULL,
          COLUMNS(COLUMN("person_code", N_("代码")), COLUMN("person_name", N_("姓名")),
                  COLUMN_AS("days", N_("任职天数"), COLUMN_NUMBER), COLUMN("rates_yuan", N_("年标准（元）")),
                  COLUMN("rates_days", N_("各标准的天数")), COLUMN_AS("amount_yuan", N_("应得（元）"), COLUMN_NUMBER),
                  COLUMN_AS("paid_yuan", N_("已发（元）"), COLUMN_NUMBER),
                  COLUMN_AS("left_yuan", N_("还剩（元）"), COLUMN_NUMBER)),
          false, false})},
    {.name = "rates",
     .about = N_("各种标准，从哪天起"),
     .example = "money rates",
     .method = "ListRates",
     .parts = PARTS(
         {"rates", NULL,
          COLUMNS(COLUMN_OF("kind", N_("种类"), "rate_kind"), COLUMN_OF("level", N_("级别"), "rate_level"),
                  COLUMN("holds_from_on", N_("自何日")), COLUMN_AS("amount_yuan", N_("金额（元）"), COLUMN_NUMBER),
                  COLUMN("note", N_("依据")), COLUMN("author", N_("谁"))),
          false, false})},
    {.name = "rate",
     .about = N_("主席定一项标准，从某天起"),
     .example = "money rate --kind activity_per_deputy --from 2027-01-01 --yuan 600 --note 镇发〔2026〕12号",
     .method = "SetRate",
     .options = VALUES(CHOICE("kind", "kind", "rate_kind", VALUE_NEEDED, N_("种类")),
                       VALUE("from", "holds_from_on", VALUE_DAY, VALUE_NEEDED, N_("从哪一天起")),
                       VALUE("yuan", "amount_yuan", VALUE_NUMBER, VALUE_NEEDED, N_("金额，整数元")),
                       VALUE("note", "note", VALUE_TEXT, VALUE_NEEDED, N_("依据，例如文号")),
                       CHOICE("level", "level", "rate_level", 0, N_("只对哪一级代表，不写是各级"))),
     .parts = PARTS({NULL, NULL, COLUMNS(COLUMN("before_yuan", N_("原标准（元）"))), true, false})},
    {0},
};

const struct noun noun_money = {"money", N_("经费：预算、标准、应得、支出、结余"), commands};
