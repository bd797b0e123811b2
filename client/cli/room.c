#include "nouns.h"

static const struct command commands[] = {
    {.name = "numbers",
     .about = N_("活动室的编号：用了的、缺的、重的、说明过的"),
     .example = "room numbers --group G01 --year 2026 --state missing",
     .method = "ListRoomNumbers",
     .options = VALUES(VALUE("group", "group_code", VALUE_GROUP, VALUE_CODE_SENT, N_("只看一个小组")),
                       VALUE("year", "year", VALUE_NUMBER, 0, N_("哪一年")),
                       CHOICE("state", "state", "room_number_state", 0, N_("只看一种"))),
     .parts = PARTS(
         {"numbers", NULL,
          COLUMNS(COLUMN("group_code", N_("小组")), COLUMN("room_no", N_("室内编号")),
                  COLUMN_OF("state", N_("状态"), "room_number_state"), COLUMN_OF("subject", N_("类别"), "subject"),
                  COLUMN("code", N_("代码")), COLUMN_AS("taken_us", N_("时间"), COLUMN_TIME),
                  COLUMN("title", N_("标题")), COLUMN("reason", N_("说明")), COLUMN("explained_by", N_("说明人"))),
          false, false})},
    {.name = "explain",
     .about = N_("说明一个缺号：写坏作废的单子等"),
     .example = "room explain WSK-2026-0031 --reason 单子写坏，已划掉存档",
     .method = "ExplainRoomNumber",
     .words = VALUES(VALUE("WSK-2026-0031", "room_no", VALUE_TEXT, VALUE_NEEDED, N_("室内编号"))),
     .options = VALUES(VALUE("reason", "reason", VALUE_TEXT, VALUE_NEEDED, N_("为什么没有记录"))),
     .parts = PARTS({NULL, NULL, COLUMNS(COLUMN("room_no", N_("室内编号"))), true, false})},
    {0},
};

const struct noun noun_room = {"room", N_("活动室的编号和缺号"), commands};
