#include "form.h"
#include "long_text.h"
#include "nouns.h"

#define NOTE(about) VALUE("note", "note", VALUE_TEXT, VALUE_NEEDED, about)
#define REMARK      VALUE("note", "note", VALUE_TEXT, 0, N_("说明"))
#define YEAR(flags) VALUE("year", "year", VALUE_NUMBER, flags, N_("哪一年"))
#define GROUP(flag) VALUE("G01", "group_code", VALUE_GROUP, (flag) | VALUE_CODE_SENT, N_("哪个小组"))
#define ONLY_GROUP  VALUE("group", "group_code", VALUE_GROUP, VALUE_CODE_SENT, N_("只看一个小组"))

/* What most rows are: a step with a code, some options and the state that it leads to. */
#define STEP(name_, method_, action_, words_, about_, example_, parts_, ...)                                           \
    {                                                                                                                  \
        .name = (name_), .about = (about_), .example = "group " name_ " " example_, .method = (method_),               \
        .action = (action_), .words = (words_), .options = VALUES(__VA_ARGS__), .parts = (parts_)                      \
    }

static const struct value paper_words[] = {VALUE("GP001", "paper_id", VALUE_PAPER, VALUE_NEEDED, N_("计划总结的代码")),
                                           {0}};
static const struct value visit_words[] = {
    VALUE("RV001", "room_visit_id", VALUE_ROOM_VISIT, VALUE_NEEDED, N_("检查的代码")), {0}};
static const struct value target_words[] = {VALUE("T001", "target_id", VALUE_TARGET, VALUE_NEEDED, N_("责任书的代码")),
                                            {0}};
static const struct value link_words[] = {
    VALUE("VL001", "voter_link_id", VALUE_VOTER_LINK, VALUE_NEEDED, N_("联系记录的代码")), {0}};

static const struct part paper_moved[] = {
    {NULL, NULL, COLUMNS(COLUMN_OF("state", N_("状态"), "paper_state")), true, false}, {0}};
static const struct part visit_moved[] = {
    {NULL, NULL, COLUMNS(COLUMN_OF("state", N_("状态"), "room_visit_state")), true, false}, {0}};
static const struct part target_moved[] = {
    {NULL, NULL, COLUMNS(COLUMN_OF("state", N_("状态"), "target_state"), COLUMN("points", N_("得分"))), true, false},
    {0}};
static const struct part link_moved[] = {
    {NULL, NULL, COLUMNS(COLUMN_OF("state", N_("状态"), "voter_link_state")), true, false}, {0}};

static const struct part written_parts[] = {
    {NULL, NULL, COLUMNS(COLUMN("code", N_("代码")), COLUMN("due_on", N_("期限"))), true, false}, {0}};
static const struct part sheet_parts[] = {
    {NULL, NULL, COLUMNS(COLUMN("code", N_("代码")), COLUMN("total", N_("总分"))), true, false}, {0}};

static const struct part board_parts[] = {
    {"board", NULL,
     COLUMNS(COLUMN("group_code", N_("小组")), COLUMN("group_name", N_("组名")),
             COLUMN_AS("haves", N_("七有"), COLUMN_NUMBER), COLUMN_AS("activities", N_("活动（次）"), COLUMN_NUMBER),
             COLUMN_AS("few_activities", N_("活动不够"), COLUMN_FLAG), COLUMN_OF("missing", N_("还缺"), "have")),
     false, true},
    {0},
};

static const struct part have_parts[] = {
    {"haves", N_("七有"),
     COLUMNS(COLUMN("group_code", N_("小组")), COLUMN_OF("have", N_("哪一项"), "have"), COLUMN("has", N_("有没有")),
             COLUMN_AS("evidence", N_("依据"), COLUMN_NUMBER), COLUMN_AS("missing", N_("缺"), COLUMN_NUMBER),
             COLUMN("label", N_("名称"))),
     false, true},
    {"rows", N_("依据和缺的"),
     COLUMNS(COLUMN_OF("have", N_("哪一项"), "have"), COLUMN_OF("kind", N_("有无"), "have_kind"),
             COLUMN_OF("subject", N_("类别"), "subject"), COLUMN("code", N_("代码")), COLUMN("person_code", N_("谁")),
             COLUMN("day_on", N_("日期或期限")), COLUMN_AS("rule", N_("说明"), COLUMN_RULE)),
     false, false},
    {"board", N_("本年活动"),
     COLUMNS(COLUMN_AS("activities", N_("活动（次）"), COLUMN_NUMBER),
             COLUMN_AS("few_activities", N_("活动不够"), COLUMN_FLAG)),
     false, false},
    {0},
};

static const struct part five_parts[] = {
    {"people", NULL,
     COLUMNS(COLUMN("person_code", N_("代码")), COLUMN("person_name", N_("姓名")), COLUMN("group_codes", N_("小组")),
             COLUMN_AS("ones", N_("五个一"), COLUMN_NUMBER), COLUMN_OF("missing", N_("还缺"), "one")),
     false, true},
    {"rows", N_("依据"),
     COLUMNS(COLUMN("person_code", N_("谁")), COLUMN_OF("one", N_("哪一项"), "one"),
             COLUMN_OF("subject", N_("类别"), "subject"), COLUMN("code", N_("代码")), COLUMN("day_on", N_("日期")),
             COLUMN("title", N_("内容"))),
     false, false},
    {0},
};

static const struct part paper_parts[] = {
    {"paper", NULL,
     COLUMNS(COLUMN("code", N_("代码")), COLUMN("group_code", N_("小组")), COLUMN_OF("kind", N_("种类"), "paper_kind"),
             COLUMN("year", N_("年份")), COLUMN_OF("state", N_("状态"), "paper_state"), COLUMN("due_on", N_("期限")),
             COLUMN("submitted_on", N_("交上日")), COLUMN("approved_on", N_("审定日")),
             COLUMN("written_by", N_("起草人")), COLUMN("void_reason", N_("作废理由")), COLUMN("text", N_("内容"))),
     true, true},
    {"steps", N_("经过"), step_columns, false, false},
    {0},
};

static const struct part visit_parts[] = {
    {"room_visit", NULL,
     COLUMNS(COLUMN("code", N_("代码")), COLUMN("group_code", N_("小组")), COLUMN("visited_on", N_("日期")),
             COLUMN_OF("state", N_("状态"), "room_visit_state"), COLUMN("remedied_on", N_("改好日")),
             COLUMN("photo_on", N_("照片日期")), COLUMN("inspector", N_("检查人")), COLUMN("note", N_("说明")),
             COLUMN("void_reason", N_("作废理由"))),
     true, false},
    {"points", N_("检查项目"),
     COLUMNS(COLUMN("point", N_("项目")), COLUMN("fine", N_("合格")), COLUMN("note", N_("哪里不合格"))), false, true},
    {"steps", N_("经过"), step_columns, false, false},
    {0},
};

static const struct part target_parts[] = {
    {"target", NULL,
     COLUMNS(COLUMN("code", N_("代码")), COLUMN("group_code", N_("小组")), COLUMN("year", N_("年份")),
             COLUMN_OF("state", N_("状态"), "target_state"), COLUMN("leader_signed_on", N_("组长签字")),
             COLUMN("chair_signed_on", N_("主席签字")), COLUMN("checked_on", N_("年中检查")),
             COLUMN("check_note", N_("检查意见")), COLUMN("settled_on", N_("结算日")), COLUMN("weight", N_("总分")),
             COLUMN("checked_points", N_("年中得分")), COLUMN("points", N_("得分")),
             COLUMN("void_reason", N_("作废理由"))),
     true, false},
    {"lines", N_("指标"),
     COLUMNS(COLUMN("line_code", N_("代码")), COLUMN("label", N_("名称")),
             COLUMN_AS("weight", N_("分值"), COLUMN_NUMBER), COLUMN("points", N_("得分")),
             COLUMN("checked_points", N_("年中得分")), COLUMN_OF("rule", N_("怎么计"), "target_rule"),
             COLUMN("goal", N_("目标"))),
     false, true},
    {"facts", N_("得分的依据"),
     COLUMNS(COLUMN("line_code", N_("指标")), COLUMN("person_code", N_("谁")), COLUMN("met", N_("做到")),
             COLUMN_OF("subject", N_("类别"), "subject"), COLUMN("code", N_("代码")), COLUMN("day_on", N_("日期")),
             COLUMN("note", N_("说明"))),
     false, false},
    {"steps", N_("经过"), step_columns, false, false},
    {0},
};

static const struct command commands[] = {
    {.name = "board",
     .about = N_("各小组七有一览"),
     .example = "group board --year 2026",
     .method = "GroupHaves",
     .options = VALUES(YEAR(VALUE_NEEDED)),
     .parts = board_parts},
    {.name = "haves",
     .about = N_("一个小组的七有：依据是什么，还缺什么"),
     .example = "group haves G01 --year 2026",
     .method = "GroupHaves",
     .words = VALUES(GROUP(VALUE_NEEDED)),
     .options = VALUES(YEAR(VALUE_NEEDED)),
     .parts = have_parts},
    {.name = "five",
     .about = N_("代表的五个一；写小组或代表就列出依据"),
     .example = "group five G01 --year 2026",
     .method = "FiveOnes",
     .words = VALUES(GROUP(0)),
     .options =
         VALUES(YEAR(VALUE_NEEDED), VALUE("person", "person_code", VALUE_PERSON, VALUE_CODE_SENT, N_("只看一位代表"))),
     .parts = five_parts},
    {.name = "papers",
     .about = N_("小组的年度计划和年终总结"),
     .example = "group papers --year 2026",
     .method = "ListPapers",
     .options = VALUES(YEAR(0), ONLY_GROUP, CHOICE("kind", "kind", "paper_kind", 0, N_("计划还是总结")),
                       CHOICE("state", "state", "paper_state", 0, N_("状态"))),
     .parts = PARTS({"papers", NULL,
                     COLUMNS(COLUMN("code", N_("代码")), COLUMN("group_code", N_("小组")),
                             COLUMN_OF("kind", N_("种类"), "paper_kind"), COLUMN("year", N_("年份")),
                             COLUMN_OF("state", N_("状态"), "paper_state"), COLUMN("due_on", N_("期限")),
                             COLUMN("submitted_on", N_("交上日")), COLUMN("approved_on", N_("审定日")),
                             COLUMN("written_by", N_("起草人"))),
                     false, false})},
    {.name = "paper",
     .about = N_("一份计划或总结"),
     .example = "group paper GP001",
     .method = "GetPaper",
     .words = VALUES(VALUE("GP001", "code", VALUE_PAPER, VALUE_NEEDED | VALUE_CODE_SENT, N_("计划总结的代码"))),
     .parts = paper_parts},
    {.name = "write",
     .about = N_("写本组的年度计划或年终总结"),
     .example = "group write --kind plan --file 计划.txt",
     .method = "WritePaper",
     .makes = "paper_id",
     .options = VALUES(CHOICE("kind", "kind", "paper_kind", VALUE_NEEDED, N_("计划还是总结")), YEAR(0),
                       LONG_TEXT("text", N_("内容"))),
     .parts = written_parts,
     .run = run_with_text},
    {.name = "rewrite",
     .about = N_("改还没有交的计划或总结"),
     .example = "group rewrite GP001 --file 计划.txt",
     .method = "WritePaper",
     .words = paper_words,
     .options = VALUES(LONG_TEXT("text", N_("内容"))),
     .parts = written_parts,
     .run = run_with_text},
    {.name = "submit",
     .about = N_("交上计划或总结"),
     .example = "group submit GP001",
     .method = "MovePaper",
     .action = "submit",
     .words = paper_words,
     .options = VALUES(REMARK),
     .parts = paper_moved,
     .remarks = REMARKS("submitted_late")},
    STEP("approve", "MovePaper", "approve", paper_words, N_("审定；写的人不能自己审定"), "GP001", paper_moved, REMARK),
    STEP("send-back", "MovePaper", "send_back", paper_words, N_("退回修改"), "GP001 --note 没有写时间", paper_moved,
         NOTE(N_("哪里要改"))),
    STEP("void-paper", "MovePaper", "void", paper_words, N_("作废计划或总结"), "GP001 --note 年份写错了", paper_moved,
         NOTE(N_("理由"))),
    {.name = "inspect",
     .about = N_("检查活动室，一项一项记"),
     .example = "group inspect G01 --point 制度上墙=ok --point 台账=缺三月的 --photo 2026-11-20",
     .method = "InspectRoom",
     .makes = "room_visit_id",
     .words = VALUES(VALUE("G01", "group_id", VALUE_GROUP, VALUE_NEEDED, N_("哪个小组的活动室"))),
     .options = VALUES(
         FORM("point", "points", &form_point, VALUE_NEEDED | VALUE_MANY, N_("项目=ok，或 项目=哪里不合格；一项写一次")),
         VALUE("on", "visited_on", VALUE_DAY, VALUE_TODAY, N_("哪一天，不写是今天")),
         VALUE("photo", "photo_on", VALUE_DAY, 0, N_("上墙制度的照片是哪天拍的")), REMARK),
     .parts = PARTS({NULL, NULL, COLUMNS(COLUMN("code", N_("代码")), COLUMN("passed", N_("合格"))), true, false})},
    {.name = "inspections",
     .about = N_("活动室检查"),
     .example = "group inspections --group G01",
     .method = "ListRoomVisits",
     .options = VALUES(ONLY_GROUP, VALUE("from", "from_on", VALUE_DAY, 0, N_("从哪一天起")),
                       VALUE("to", "to_on", VALUE_DAY, 0, N_("到哪一天止"))),
     .parts = PARTS(
         {"room_visits", NULL,
          COLUMNS(COLUMN("code", N_("代码")), COLUMN("group_code", N_("小组")), COLUMN("visited_on", N_("日期")),
                  COLUMN_OF("state", N_("状态"), "room_visit_state"), COLUMN("remedied_on", N_("改好日")),
                  COLUMN("photo_on", N_("照片日期")), COLUMN("inspector", N_("检查人")), COLUMN("note", N_("说明"))),
          false, false})},
    {.name = "inspection",
     .about = N_("一次活动室检查"),
     .example = "group inspection RV001",
     .method = "GetRoomVisit",
     .words = VALUES(VALUE("RV001", "code", VALUE_ROOM_VISIT, VALUE_NEEDED | VALUE_CODE_SENT, N_("检查的代码"))),
     .parts = visit_parts},
    STEP("remedy", "MoveRoomVisit", "remedy", visit_words, N_("检查出的问题已经改好"), "RV001 --note 台账补齐了",
         visit_moved, NOTE(N_("看到的情况")), VALUE("photo", "photo_on", VALUE_DAY, 0, N_("上墙制度的照片是哪天拍的"))),
    STEP("void-inspection", "MoveRoomVisit", "void", visit_words, N_("作废一次检查"), "RV001 --note 记错了小组",
         visit_moved, NOTE(N_("理由"))),
    {.name = "voters",
     .about = N_("代表联系哪些选民小组"),
     .example = "group voters --group G01",
     .method = "ListVoterLinks",
     .options = VALUES(ONLY_GROUP, VALUE("person", "person_code", VALUE_PERSON, VALUE_CODE_SENT, N_("只看一位代表")),
                       CHOICE("state", "state", "voter_link_state", 0, N_("状态"))),
     .parts = PARTS(
         {"voter_links", NULL,
          COLUMNS(COLUMN("code", N_("代码")), COLUMN("person_code", N_("代表")), COLUMN("person_name", N_("姓名")),
                  COLUMN("group_code", N_("小组")), COLUMN_OF("state", N_("状态"), "voter_link_state"),
                  COLUMN("starts_on", N_("从")), COLUMN("ends_on", N_("止")), COLUMN("voters", N_("选民小组"))),
          false, false})},
    {.name = "link",
     .about = N_("一位代表联系一个选民小组"),
     .example = "group link D001 --voters 外山口村三组",
     .method = "LinkVoters",
     .makes = "voter_link_id",
     .words = VALUES(VALUE("D001", "person_id", VALUE_PERSON, VALUE_NEEDED, N_("哪位代表"))),
     .options = VALUES(VALUE("voters", "voters", VALUE_TEXT, VALUE_NEEDED, N_("哪个选民小组")),
                       VALUE("group", "group_id", VALUE_GROUP, 0, N_("哪个代表小组，不写就是代表所在的")),
                       VALUE("on", "starts_on", VALUE_DAY, VALUE_TODAY, N_("从哪一天起，不写是今天"))),
     .parts = PARTS({NULL, NULL, COLUMNS(COLUMN("code", N_("代码"))), true, false})},
    STEP("unlink", "MoveVoterLink", "end", link_words, N_("不再联系"), "VL001", link_moved,
         VALUE("on", "day_on", VALUE_DAY, VALUE_TODAY, N_("从哪一天起，不写是今天")), REMARK),
    STEP("void-link", "MoveVoterLink", "void", link_words, N_("作废一条联系记录"), "VL001 --note 记错了人", link_moved,
         NOTE(N_("理由"))),
    {.name = "targets",
     .about = N_("目标管理责任书"),
     .example = "group targets --year 2026",
     .method = "ListTargets",
     .options = VALUES(YEAR(0), ONLY_GROUP, CHOICE("state", "state", "target_state", 0, N_("状态"))),
     .parts = PARTS({"targets", NULL,
                     COLUMNS(COLUMN("code", N_("代码")), COLUMN("group_code", N_("小组")), COLUMN("year", N_("年份")),
                             COLUMN_OF("state", N_("状态"), "target_state"), COLUMN("leader_signed_on", N_("组长签字")),
                             COLUMN("chair_signed_on", N_("主席签字")), COLUMN("weight", N_("总分")),
                             COLUMN("checked_points", N_("年中得分")), COLUMN("points", N_("得分"))),
                     false, false})},
    {.name = "target",
     .about = N_("一份责任书：指标、得分和得分的依据"),
     .example = "group target T001",
     .method = "GetTarget",
     .words = VALUES(VALUE("T001", "code", VALUE_TARGET, VALUE_NEEDED | VALUE_CODE_SENT, N_("责任书的代码"))),
     .parts = target_parts},
    {.name = "agree",
     .about = N_("拟一个小组的责任书；不写指标就用通常的四项"),
     .example = "group agree G01 --line huanjing=环境卫生:40:manual:村村有保洁员 --line xuexi=学习:60:trained",
     .method = "WriteTarget",
     .makes = "target_id",
     .words = VALUES(VALUE("G01", "group_id", VALUE_GROUP, VALUE_NEEDED, N_("哪个小组"))),
     .options =
         VALUES(YEAR(0), FORM("line", "lines", &form_line, VALUE_MANY,
                              N_("代码=名称:分值:怎么计:目标；怎么计 manual trained voices duty_reports activities"))),
     .parts = sheet_parts},
    {.name = "change-lines",
     .about = N_("改还没有签完的责任书的指标；签过的要重签"),
     .example = "group change-lines T001 --line xuexi=学习:100:trained",
     .method = "WriteTarget",
     .words = target_words,
     .options = VALUES(FORM("line", "lines", &form_line, VALUE_MANY,
                            N_("代码=名称:分值:怎么计:目标；怎么计 manual trained voices duty_reports activities"))),
     .parts = sheet_parts},
    STEP("sign", "MoveTarget", "sign", target_words, N_("组长、主席签责任书"), "T001", target_moved, REMARK),
    {.name = "score",
     .about = N_("填手填指标的得分"),
     .example = "group score T001 huanjing 35.5 --note 两个村还没有保洁员",
     .method = "EnterTarget",
     .words = VALUES(VALUE("T001", "target_id", VALUE_TARGET, VALUE_NEEDED, N_("责任书的代码")),
                     VALUE("LINE", "line_code", VALUE_TEXT, VALUE_NEEDED, N_("指标代码")),
                     FORM("POINTS", "points", &form_points, VALUE_NEEDED, N_("得分，可以有一位小数"))),
     .options = VALUES(NOTE(N_("为什么得这些分"))),
     .parts = target_moved},
    STEP("check", "MoveTarget", "check", target_words, N_("责任书年中检查，记下这时的得分"), "T001 --note 进度正常",
         target_moved, NOTE(N_("检查意见"))),
    STEP("settle", "MoveTarget", "settle", target_words, N_("责任书年终结算，得分从此不变"), "T001", target_moved,
         REMARK),
    STEP("void-target", "MoveTarget", "void", target_words, N_("作废责任书"), "T001 --note 小组合并了", target_moved,
         NOTE(N_("理由"))),
    {0},
};

const struct noun noun_group = {"group", N_("代表小组：七有、五个一、计划总结、活动室、选民小组、责任书"), commands};
