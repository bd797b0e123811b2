#include "form.h"
#include "nouns.h"
#include "say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHORT_ID = 8 };

/* Notices have no codes: the last digits of their ids stand for them. */
static const char *short_id(const json_t *notice) {
    const char *id = rpc_text(notice, "notice_id");
    size_t size = strlen(id);
    return size > SHORT_ID ? id + size - SHORT_ID : id;
}

static int list_notices(struct session *session, struct given *given, json_t *request) {
    int code;
    json_t *reply = command_ask(session, given, request, &code);
    json_t *notices = json_object_get(reply, "notices");
    for (size_t i = 0; given->cli->format != FORMAT_JSON && i < json_array_size(notices); i++) {
        json_t *notice = json_array_get(notices, i);
        json_object_set_new(notice, "short_id", json_string(short_id(notice)));
    }
    if (reply != NULL)
        code = command_print(given, reply);
    json_decref(reply);
    return code;
}

static bool is_wanted(const struct given *given, const json_t *notice) {
    size_t count;
    const json_t *said = given_list(given, "ID", &count);
    bool wanted = given_flag(given, "all");
    for (size_t i = 0; i < count; i++) {
        const char *id = json_string_value(json_array_get(said, i));
        wanted = wanted || strcmp(id, short_id(notice)) == 0 || strcmp(id, rpc_text(notice, "notice_id")) == 0;
    }
    return wanted;
}

static int read_notices(struct session *session, struct given *given, json_t *request) {
    int code;
    size_t wanted = 0, count;
    json_decref(request);
    json_t *list = rpc_list(session, "ListNotices", json_pack("{s:b}", "unread_only", true), "notices", &code);
    const json_t *notices = json_object_get(list, "notices");
    given_list(given, "ID", &count);
    for (size_t i = 0; i < json_array_size(notices) && code == EXIT_DONE; i++) {
        const json_t *notice = json_array_get(notices, i);
        if (!is_wanted(given, notice))
            continue;
        wanted++;
        if (given->cli->format == FORMAT_TABLE)
            printf("%s\n%s\n", rpc_text(notice, "title"), rpc_text(notice, "text"));
        json_t *one = json_pack("{s:O}", "notice_id", json_object_get(notice, "notice_id"));
        json_t *reply = command_ask(session, given, one, &code);
        if (reply != NULL)
            command_print(given, reply);
        json_decref(reply);
    }
    json_decref(list);
    if (code == EXIT_DONE && wanted < count) {
        say("没有这样的未读通知", "there is no such unread notice", "lvzhi notice list --unread");
        return EXIT_REFUSED;
    }
    return code;
}

static int check_read(struct given *given) {
    size_t count;
    given_list(given, "ID", &count);
    return count > 0 || given_flag(given, "all") ? EXIT_DONE
                                                 : say_usage(given, "还缺 / still missing", "ID ..., --all");
}

static const struct command notice_commands[] = {
    {.name = "list",
     .about = N_("收到的通知"),
     .example = "notice list --unread",
     .method = "ListNotices",
     .options = VALUES(VALUE("unread", "unread_only", VALUE_FLAG, 0, N_("只看没有签收的")),
                       VALUE("sent", "sent", VALUE_FLAG, 0, N_("我发出的，和签收情况"))),
     .parts = PARTS(
         {"notices", NULL,
          COLUMNS(COLUMN("short_id", N_("编号")), COLUMN_AS("sent_us", N_("时间"), COLUMN_TIME),
                  COLUMN("sender", N_("发出人")), COLUMN("to", N_("收件人")),
                  COLUMN_AS("received_us", N_("签收时间"), COLUMN_TIME), COLUMN_OF("subject", N_("关于"), "subject"),
                  COLUMN("record_code", N_("代码")), COLUMN("title", N_("标题")), COLUMN("text", N_("内容"))),
          false, false}),
     .run = list_notices},
    {.name = "send",
     .about = N_("发通知给一位代表、一个小组、一个单位或一种身份"),
     .example = "notice send --group G01 --title 材料 --text 请周五前交学习材料",
     .method = "SendNotice",
     .makes = "notice_id",
     .options = VALUES(VALUE("title", "title", VALUE_TEXT, VALUE_NEEDED, N_("标题")),
                       VALUE("text", "text", VALUE_TEXT, 0, N_("内容")),
                       VALUE("person", "person_id", VALUE_PERSON, 0, N_("给哪位代表")),
                       VALUE("group", "group_id", VALUE_GROUP, 0, N_("给哪个小组的活动室")),
                       VALUE("unit", "unit_id", VALUE_UNIT, 0, N_("给哪个单位")),
                       CHOICE("role", "role", "role", 0, N_("给哪种身份的每个人")))},
    {.name = "read",
     .about = N_("签收通知；会议通知签收了就是通知凭据"),
     .example = "notice read 1f3a9c2d",
     .method = "ReceiveNotice",
     .words = VALUES(VALUE("ID", NULL, VALUE_TEXT, VALUE_MANY, N_("通知的编号（notice list 里有）"))),
     .options = VALUES(VALUE("all", NULL, VALUE_FLAG, 0, N_("全部签收"))),
     .parts = PARTS({NULL, NULL, COLUMNS(COLUMN("proved", N_("作为会议通知凭据"))), true, false}),
     .check = check_read,
     .run = read_notices},
    {0},
};

/* What is to be done as a sentence, and the command that does it. */
static void put_task(json_t *todo) {
    const struct lvzhi_sentence *sentence = lvzhi_sentence(rpc_text(todo, "rule"));
    const struct lvzhi_arg args[] = {
        {"code", rpc_text(todo, "code")},
        {"person", rpc_text(todo, "person_code")},
        {"title", rpc_text(todo, "title")},
        {"noun", rpc_text(todo, "subject")},
    };
    if (sentence == NULL)
        return;
    enum lvzhi_language language = text_is_english() ? LVZHI_ENGLISH : LVZHI_CHINESE;
    bool english = text_is_english();
    char *task = lvzhi_sentence_fill(english ? sentence->en : sentence->zh, language, args, 4);
    char *next = lvzhi_sentence_fill(english ? sentence->next_en : sentence->next_zh, language, args, 4);
    json_object_set_new(todo, "task", json_string(task));
    json_object_set_new(todo, "next", json_string(next));
    free(task);
    free(next);
}

static int list_todo(struct session *session, struct given *given, json_t *request) {
    int code;
    json_t *reply = command_ask(session, given, request, &code);
    json_t *todos = json_object_get(reply, "todos");
    for (size_t i = 0; given->cli->format != FORMAT_JSON && i < json_array_size(todos); i++)
        put_task(json_array_get(todos, i));
    if (reply != NULL && given->cli->format == FORMAT_TABLE && given->cli->paper == NULL && json_array_size(todos) == 0)
        puts(_("没有要办的事"));
    else if (reply != NULL)
        code = command_print(given, reply);
    json_decref(reply);
    return code;
}

static const struct command todo_commands[] = {
    {.about = N_("等着您办的事，最急的在前"),
     .example = "todo --late",
     .method = "ListTodo",
     .options = VALUES(CHOICE("subject", "subject", "todo_subject", 0, N_("只看一类")),
                       VALUE("late", "late_only", VALUE_FLAG, 0, N_("只看逾期的"))),
     .parts = PARTS(
         {"todos", NULL,
          COLUMNS(COLUMN_OF("subject", N_("类别"), "subject"), COLUMN("code", N_("代码")),
                  COLUMN("task", N_("要办什么")), COLUMN("person_code", N_("谁")), COLUMN("since_on", N_("自何日")),
                  COLUMN("due_on", N_("期限")), COLUMN_OF("lateness", N_("期限情况"), "lateness"),
                  COLUMN("title", N_("标题")), COLUMN("next", N_("命令"))),
          false, false}),
     .run = list_todo},
    {0},
};

/* The words make one query. */
static int search(struct session *session, struct given *given, json_t *request) {
    struct buffer query = {0};
    size_t count;
    const json_t *words = given_list(given, "WORD", &count);
    for (size_t i = 0; i < count; i++) {
        const char *word = json_string_value(json_array_get(words, i));
        if (i > 0)
            buffer_append(&query, " ", 1);
        buffer_append(&query, word, strlen(word));
    }
    buffer_append(&query, "", 1);
    rpc_set(request, "query", (const char *)query.bytes);
    buffer_release(&query);
    return command_do(session, given, request);
}

static const struct command search_commands[] = {
    {.about = N_("搜索：名字、标题、内容、代码或拼音首字母，每个词都要有"),
     .example = "search 村口 路",
     .method = "Search",
     .words = VALUES(VALUE("WORD", NULL, VALUE_TEXT, VALUE_NEEDED | VALUE_MANY, N_("要找的词，至少两个字"))),
     .options = VALUES(CHOICE("subject", "subject", "search_subject", 0, N_("只看一类")),
                       VALUE("limit", "limit", VALUE_NUMBER, 0, N_("每类最多几条，默认 20"))),
     .parts = PARTS({"hits", NULL,
                     COLUMNS(COLUMN_OF("subject", N_("类别"), "subject"), COLUMN("code", N_("代码")),
                             COLUMN("day_on", N_("日期")), COLUMN_OF("state", N_("状态"), "*_state"),
                             COLUMN("title", N_("标题")), COLUMN("excerpt", N_("内容"))),
                     false, false}),
     .run = search},
    {0},
};

static const struct command calendar_commands[] = {
    {.name = "list",
     .about = N_("与平常星期不同的日子：节假日和调休上班"),
     .example = "calendar list --year 2026",
     .method = "ListCalendar",
     .options = VALUES(VALUE("year", "year", VALUE_NUMBER, 0, N_("哪一年"))),
     .parts = PARTS({"days", NULL,
                     COLUMNS(COLUMN("day_on", N_("日期")), COLUMN("working", N_("上班")), COLUMN("name", N_("名称"))),
                     false, false})},
    {.name = "set",
     .about = N_("按国务院通知设节假日和调休"),
     .example = "calendar set 2026-10-01=off:国庆节 2026-10-10=work:国庆调休",
     .method = "SetCalendar",
     .words = VALUES(FORM("DAY=off|work", "days", &form_day, VALUE_NEEDED | VALUE_MANY,
                          N_("日期=off（放假）或 work（上班）:名称"))),
     .parts = PARTS({NULL, NULL, COLUMNS(COLUMN("days", N_("已设天数"))), true, false})},
    {0},
};

static const struct command steps_commands[] = {
    {.about = N_("每一类记录的步骤：从什么状态到什么状态，由谁来做"),
     .example = "steps feedback",
     .method = "ListTransitions",
     .words = VALUES(CHOICE("SUBJECT", "subject", "step_subject", 0, N_("只看一类"))),
     .parts = PARTS({"transitions", NULL,
                     COLUMNS(COLUMN_OF("subject", N_("类别"), "subject"), COLUMN_OF("action", N_("步骤"), "*_action"),
                             COLUMN_OF("roles", N_("由谁"), "role"), COLUMN_OF("to_states", N_("到状态"), "*_state"),
                             COLUMN_OF("from_states", N_("从状态"), "*_state")),
                     false, false})},
    {0},
};

static const struct command people_commands[] = {
    {.about = N_("代表名单"),
     .example = "people --group G01 --format csv",
     .method = "ListPeople",
     .options = VALUES(VALUE("group", "group_code", VALUE_GROUP, VALUE_CODE_SENT, N_("只看一个小组")),
                       VALUE("as-of", "as_of_on", VALUE_DAY, 0, N_("哪一天的任职情况，默认今天"))),
     .parts = PARTS({"people", NULL,
                     COLUMNS(COLUMN("code", N_("代码")), COLUMN("name", N_("姓名")), COLUMN("gender", N_("性别")),
                             COLUMN("occupation", N_("职业")), COLUMN("in_office", N_("在任")),
                             COLUMN_OF("levels", N_("层级"), "level"), COLUMN("group_codes", N_("小组")),
                             COLUMN("group_names", N_("组名"))),
                     false, false})},
    {0},
};

static const struct command health_commands[] = {
    {.about = N_("服务器是否正常"),
     .example = "health",
     .method = "Health",
     .parts = PARTS(
         {NULL, NULL,
          COLUMNS(COLUMN_AS("now_us", N_("时间"), COLUMN_TIME),
                  COLUMN_AS("schema_version", N_("数据结构"), COLUMN_NUMBER), COLUMN("database_version", N_("数据库"))),
          true, false})},
    {0},
};

const struct noun noun_notice = {"notice", N_("通知和签收"), notice_commands};
const struct noun noun_todo = {"todo", N_("待办的事"), todo_commands};
const struct noun noun_search = {"search", N_("搜索"), search_commands};
const struct noun noun_calendar = {"calendar", N_("工作日和节假日"), calendar_commands};
const struct noun noun_steps = {"steps", N_("步骤一览"), steps_commands};
const struct noun noun_people = {"people", N_("代表名单"), people_commands};
const struct noun noun_health = {"health", N_("服务器是否正常"), health_commands};
