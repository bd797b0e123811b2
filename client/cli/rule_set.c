#include "nouns.h"

#define CODE VALUE("five_ones", "code", VALUE_TEXT, VALUE_NEEDED, N_("清单的代码（rules list 里有）"))

static const struct part list_parts[] = {
    {"rule_sets", NULL,
     COLUMNS(COLUMN("code", N_("代码")), COLUMN("label", N_("名称")), COLUMN("holds_from_on", N_("自何日起")),
             COLUMN_AS("items", N_("内容"), COLUMN_ITEMS)),
     false, false},
    {0},
};

static const struct command commands[] = {
    {.name = "list",
     .about = N_("两规则、两职责、七制度等清单；没有日期的是默认内容"),
     .example = "rules list",
     .method = "ListRuleSets",
     .options = VALUES(VALUE("on", "on_day_on", VALUE_DAY, 0, N_("哪一天有效的，默认今天"))),
     .parts = list_parts},
    {.name = "show",
     .about = N_("一份清单，用 --history 看历次改动"),
     .example = "rules show five_ones --history",
     .method = "ListRuleSets",
     .words = VALUES(CODE),
     .options = VALUES(VALUE("on", "on_day_on", VALUE_DAY, 0, N_("哪一天有效的，默认今天")),
                       VALUE("history", "history", VALUE_FLAG, 0, N_("历次的内容都列出来"))),
     .parts = list_parts},
    {.name = "set",
     .about = N_("改一份清单，从某天起用；以前的内容保留（主席）"),
     .example = "rules set three_initiatives --item 主动学习 --item 主动走访 --item 主动建言 --from 2026-01-01",
     .method = "SetRuleSet",
     .words = VALUES(CODE),
     .options = VALUES(VALUE("item", "items", VALUE_TEXT, VALUE_NEEDED | VALUE_MANY, N_("其中一条，可以写多次")),
                       VALUE("label", "label", VALUE_TEXT, 0, N_("清单的名称，不写就不变")),
                       VALUE("from", "holds_from_on", VALUE_DAY, VALUE_TODAY, N_("从哪天起，不写是今天"))),
     .parts = PARTS({NULL, NULL, COLUMNS(COLUMN("holds_from_on", N_("自何日起"))), true, false})},
    {0},
};

const struct noun noun_rules = {"rules", N_("规则、制度等清单（两规则、七制度……）"), commands};
