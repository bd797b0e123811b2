#include "nouns.h"
#include "printout.h"
#include "say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 64, YEAR_FIRST = 1900, YEAR_LAST = 9998, STOP_SIZE = sizeof "。" - 1 };

#define YEAR(flags) VALUE("year", NULL, VALUE_NUMBER, flags, N_("哪一年"))
#define PERIOD                                                                                                         \
    YEAR(0), VALUE("from", "from_on", VALUE_DAY, 0, N_("或者从哪一天起")),                                             \
        VALUE("to", "to_on", VALUE_DAY, 0, N_("到哪一天止"))

/* Which words a figure's parts are: "attendance.late". */
static const struct {
    const char *figure, *words;
} parts_of[] = {{"attendance", "line_status"}, {"feedback", "feedback_state"}};

/* The name of a figure as people say it. */
static const char *figure_text(const char *figure) {
    const char *text = text_word("figure", figure), *dot = strchr(figure, '.');
    for (size_t i = 0; dot != NULL && text == figure && i < sizeof parts_of / sizeof *parts_of; i++)
        if (strncmp(parts_of[i].figure, figure, (size_t)(dot - figure)) == 0)
            return text_word(parts_of[i].words, dot + 1);
    return text;
}

/* Is it for people: on the screen, or on paper? */
static bool for_people(const struct given *given) {
    return given->cli->format == FORMAT_TABLE || given->cli->paper != NULL;
}

/* Periods. */

static bool is_year(const char *text) {
    long year = text != NULL ? strtol(text, NULL, 10) : YEAR_FIRST;
    return year >= YEAR_FIRST && year <= YEAR_LAST;
}

static int check_year(struct given *given) {
    const char *year = given_text(given, "year");
    return is_year(year) ? EXIT_DONE : say_usage(given, "年份写成四位数 / write the year with four digits", year);
}

/* A year, or a first and a last day. */
static int check_period(struct given *given) {
    bool days = given_text(given, "from") != NULL && given_text(given, "to") != NULL;
    bool day = given_text(given, "from") != NULL || given_text(given, "to") != NULL;
    if ((given_text(given, "year") != NULL) == day || day != days)
        return say_usage(given, "写 --year，或者写 --from 和 --to / say --year, or --from and --to", NULL);
    return check_year(given);
}

static void set_days(json_t *request, const char *year, const char *first, const char *last) {
    char day[16];
    snprintf(day, sizeof day, "%.4s-%s", year, first);
    rpc_set(request, "from_on", day);
    snprintf(day, sizeof day, "%.4s-%s", year, last);
    rpc_set(request, "to_on", day);
}

static void set_year(const struct given *given, json_t *request) {
    const char *year = given_text(given, "year");
    if (year != NULL)
        set_days(request, year, "01-01", "12-31");
}

/* Figures. */

static const struct column figure_columns[] = {
    COLUMN("section", N_("类别")),
    COLUMN("figure", N_("项目")),
    COLUMN_AS("value", N_("数量"), COLUMN_NUMBER),
    {0},
};

/* {"inspections": 5, ..., "attendance": {"late": 36, ...}, ...} */
static json_t *nested(const json_t *figures) {
    json_t *whole = json_object();
    for (size_t i = 0; i < json_array_size(figures); i++) {
        const json_t *row = json_array_get(figures, i);
        const char *name = rpc_text(row, "figure"), *dot = strchr(name, '.');
        char head[NAME_SIZE];
        snprintf(head, sizeof head, "%.*s", dot != NULL ? (int)(dot - name) : NAME_SIZE - 1, name);
        json_t *map = dot != NULL ? json_object_get(whole, head) : whole;
        bool parts = strcmp(rpc_text(row, "measure"), "parts") == 0;
        json_object_set_new(map, dot != NULL ? dot + 1 : name,
                            parts ? json_object() : json_integer(rpc_number(row, "value")));
    }
    return whole;
}

/* In words: the section is said once, and a map's parts stand under its name. */
static void put_words(json_t *figures) {
    const char *section = "";
    for (size_t i = 0; i < json_array_size(figures); i++) {
        json_t *row = json_array_get(figures, i);
        const char *next = text_word("figure_section", rpc_text(row, "section"));
        bool same = strcmp(section, next) == 0;
        section = next;
        rpc_set(row, "section", same ? "" : section);
        rpc_set(row, "figure", figure_text(rpc_text(row, "figure")));
    }
}

static json_t *without_maps(const json_t *figures) {
    json_t *rows = json_array();
    for (size_t i = 0; i < json_array_size(figures); i++)
        if (strcmp(rpc_text(json_array_get(figures, i), "measure"), "parts") != 0)
            json_array_append(rows, json_array_get(figures, i));
    return rows;
}

static int print_figures(struct session *session, struct given *given, json_t *request) {
    int code;
    json_t *reply = command_ask(session, given, request, &code);
    if (reply == NULL)
        return code;
    if (given->cli->format == FORMAT_JSON && given->cli->paper == NULL) {
        json_t *whole = nested(json_object_get(reply, "figures"));
        print_json(whole);
        json_decref(whole);
    } else {
        json_object_set_new(reply, "figures", without_maps(json_object_get(reply, "figures")));
        if (for_people(given))
            put_words(json_object_get(reply, "figures"));
        code = command_print(given, reply);
    }
    json_decref(reply);
    return code;
}

static int annual(struct session *session, struct given *given, json_t *request) {
    set_year(given, request);
    return print_figures(session, given, request);
}

static int check_half(struct given *given) {
    const char *half = given_text(given, "half");
    if (strcmp(half, "1") != 0 && strcmp(half, "2") != 0)
        return say_usage(given, "半年写 1 或 2 / the half is 1 or 2", half);
    return check_year(given);
}

static int half_year(struct session *session, struct given *given, json_t *request) {
    bool first = strcmp(given_text(given, "half"), "1") == 0;
    set_days(request, given_text(given, "year"), first ? "01-01" : "07-01", first ? "06-30" : "12-31");
    return print_figures(session, given, request);
}

/* Takes the document over. */
static int print_document(struct given *given, struct document *d) {
    int code = printout_document(d, given->cli->paper);
    given->on_paper = true;
    document_free(d);
    return code;
}

/* Lists. */

#define ROW_COLUMNS                                                                                                    \
    COLUMN("code", N_("代码")), COLUMN("day_on", N_("日期")), COLUMN("title", N_("名称")), COLUMN("name", N_("谁"))

static const struct column row_columns[] = {ROW_COLUMNS, {0}};
static const struct column part_columns[] = {ROW_COLUMNS, COLUMN("part", N_("状态")), {0}};
static const struct column sum_columns[] = {ROW_COLUMNS, COLUMN_AS("amount", N_("数量"), COLUMN_NUMBER), {0}};
static const struct column all_columns[] = {ROW_COLUMNS, COLUMN("part", N_("状态")), COLUMN("amount", N_("数量")), {0}};

static json_int_t value_of(const json_t *rows, bool sum) {
    json_int_t value = 0;
    for (size_t i = 0; sum && i < json_array_size(rows); i++)
        value += rpc_number(json_array_get(rows, i), "amount");
    return sum ? value : (json_int_t)json_array_size(rows);
}

/* The table, and below it what it comes to. */
static int print_rows(struct given *given, const json_t *reply, bool sum, json_int_t value) {
    const char *figure = given_text(given, "FIGURE");
    json_t *rows = json_object_get(reply, "rows");
    const struct column *columns = sum ? sum_columns : row_columns;
    char part[2 * NAME_SIZE], total[3 * NAME_SIZE];
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *row = json_array_get(rows, i);
        if (json_object_get(row, "part") == NULL)
            continue;
        columns = part_columns;
        snprintf(part, sizeof part, "%.*s.%s", (int)strcspn(figure, "."), figure, rpc_text(row, "part"));
        rpc_set(row, "part", figure_text(part));
    }
    if (sum)
        snprintf(total, sizeof total, _("%s：%zu 行，数量合计 %lld"), figure_text(figure), json_array_size(rows),
                 (long long)value);
    else
        snprintf(total, sizeof total, _("%s：%lld 行"), figure_text(figure), (long long)value);
    if (given->cli->paper == NULL) {
        table_print(FORMAT_TABLE, reply, "rows", columns);
        printf("\n%s\n", total);
        return EXIT_DONE;
    }
    struct document *d = document_new(DOCUMENT_PORTRAIT, figure_text(figure));
    document_title(d, figure_text(figure));
    document_subtitle(d, rpc_text(reply, "period"));
    printout_table(d, rows, columns);
    document_paragraph(d, total);
    return print_document(given, d);
}

static int list(struct session *session, struct given *given, json_t *request) {
    int code;
    char period[2 * NAME_SIZE];
    set_year(given, request);
    snprintf(period, sizeof period, "%s — %s", rpc_text(request, "from_on"), rpc_text(request, "to_on"));
    json_t *reply = command_ask(session, given, request, &code);
    if (reply == NULL)
        return code;
    bool sum = strcmp(rpc_text(reply, "measure"), "sum") == 0;
    json_int_t value = value_of(json_object_get(reply, "rows"), sum);
    rpc_set(reply, "figure", given_text(given, "FIGURE"));
    rpc_set(reply, "period", period);
    json_object_set_new(reply, "value", json_integer(value));
    if (json_object_get(reply, "rows") == NULL)
        json_object_set_new(reply, "rows", json_array());
    code = for_people(given) ? print_rows(given, reply, sum, value) : command_print(given, reply);
    json_decref(reply);
    return code;
}

/* The work report. */

static const struct part binding_parts[] = {
    {"bindings", N_("每个数从哪里来"),
     COLUMNS(COLUMN("paragraph", N_("段落")), COLUMN("figure", N_("项目")),
             COLUMN_AS("value", N_("准确数"), COLUMN_NUMBER), COLUMN("form", N_("写法")), COLUMN("shown", N_("文中"))),
     false, false},
    {0},
};

/* On stderr: the text goes into a file or to a printer. */
static void say_warnings(const json_t *warnings) {
    enum { ARGS = 8, NUMBER_SIZE = 24 };
    for (size_t i = 0; i < json_array_size(warnings); i++) {
        const json_t *row = json_array_get(warnings, i);
        char value[NUMBER_SIZE], total[NUMBER_SIZE];
        snprintf(value, sizeof value, "%" JSON_INTEGER_FORMAT, rpc_number(row, "value"));
        snprintf(total, sizeof total, "%" JSON_INTEGER_FORMAT, rpc_number(row, "total"));
        const struct lvzhi_arg args[] = {
            {"paragraph", rpc_text(row, "paragraph")},
            {"number", rpc_text(row, "number")},
            {"figure", rpc_text(row, "figure")},
            {"parts", rpc_text(row, "parts")},
            {"value", value},
            {"total", total},
        };
        say_refusal(rpc_text(row, "rule"), args, sizeof args / sizeof *args);
    }
}

/* The text as it is filed: its first line is the title, and a line that is no sentence a heading. `bindings` NULL: the
 * text alone. */
static int print_text(struct given *given, const char *text, const json_t *bindings) {
    struct document *d = document_new(DOCUMENT_PORTRAIT, _("工作报告"));
    for (const char *line = text, *end; *line != '\0'; line = *end != '\0' ? end + 1 : end) {
        char *words;
        end = line + strcspn(line, "\n");
        bool sentence = end - line >= STOP_SIZE && strncmp(end - STOP_SIZE, "。", STOP_SIZE) == 0;
        if (asprintf(&words, "%s%.*s", sentence ? "　　" : "", (int)(end - line), line) < 0)
            abort();
        if (line == text)
            document_title(d, words);
        else if (sentence)
            document_paragraph(d, words);
        else
            document_heading(d, words);
        free(words);
    }
    if (json_array_size(bindings) > 0) {
        document_page(d);
        document_heading(d, _(binding_parts[0].title));
        printout_table(d, bindings, binding_parts[0].columns);
    }
    return print_document(given, d);
}

static char *text_of(const json_t *paragraphs) {
    struct buffer text = {0};
    for (size_t i = 0; i < json_array_size(paragraphs); i++) {
        const char *line = rpc_text(json_array_get(paragraphs, i), "text");
        if (i > 0)
            buffer_append(&text, "\n", 1);
        buffer_append(&text, line, strlen(line));
    }
    buffer_append(&text, "", 1);
    return (char *)text.bytes;
}

/* For people, or on paper; `bindings` is its own. */
static int print_composed(struct given *given, const json_t *reply) {
    json_t *bindings = given_flag(given, "figures") ? json_object_get(reply, "bindings") : NULL;
    char *text = text_of(json_object_get(reply, "paragraphs"));
    int code = EXIT_DONE;
    for (size_t i = 0; i < json_array_size(bindings); i++) {
        json_t *row = json_array_get(bindings, i);
        rpc_set(row, "figure", figure_text(rpc_text(row, "figure")));
    }
    if (given->cli->paper != NULL)
        code = print_text(given, text, bindings);
    else
        puts(text);
    if (given->cli->paper == NULL && bindings != NULL)
        part_print(&binding_parts[0], reply);
    free(text);
    return code;
}

static int compose(struct session *session, struct given *given, json_t *request) {
    int code;
    json_t *reply = command_ask(session, given, request, &code);
    if (reply == NULL)
        return code;
    code = for_people(given) ? print_composed(given, reply) : command_print(given, reply);
    say_warnings(json_object_get(reply, "warnings"));
    json_decref(reply);
    return code;
}

static int check_template(struct given *given) {
    if ((given_text(given, "text") != NULL) == given_flag(given, "none"))
        return say_usage(given, "写 --text，或者写 --none / say --text or --none", NULL);
    return EXIT_DONE;
}

static const struct part kept_parts[] = {
    {"reports", NULL,
     COLUMNS(COLUMN("code", N_("代码")), COLUMN("year", N_("年份")), COLUMN("author", N_("经手")),
             COLUMN_AS("recorded_us", N_("时间"), COLUMN_TIME), COLUMN("intact", N_("完好")),
             COLUMN("digest", N_("摘要（SHA-256）"))),
     false, false},
    {0},
};

/* All that were kept, or the text of one. */
static int kept(struct session *session, struct given *given, json_t *request) {
    int code;
    const char *asked = given_text(given, "2025-1");
    json_t *reply = command_ask(session, given, request, &code);
    if (reply == NULL)
        return code;
    const json_t *report = json_array_get(json_object_get(reply, "reports"), 0);
    if (asked != NULL && report == NULL)
        code = say_refusal("kept_report_unknown", &(struct lvzhi_arg){"code", asked}, 1);
    else if (asked != NULL && given->cli->paper != NULL)
        code = print_text(given, rpc_text(report, "text"), NULL);
    else if (asked != NULL && given->cli->format == FORMAT_TABLE)
        puts(rpc_text(report, "text"));
    else
        code = command_print(given, reply);
    if (asked != NULL && report != NULL && !json_is_true(json_object_get(report, "intact")))
        code = say_refusal("kept_report_changed", &(struct lvzhi_arg){"code", asked}, 1);
    json_decref(reply);
    return code;
}

static const struct command commands[] = {
    {.name = "annual",
     .about = N_("年度数据；每个数都是 report list 所列的那些行"),
     .example = "report annual --year 2025 --format json",
     .paper = N_("年度数据"),
     .method = "ReportFigures",
     .options = VALUES(PERIOD),
     .parts = PARTS({"figures", NULL, figure_columns, false, false}),
     .check = check_period,
     .run = annual},
    {.name = "half-year",
     .about = N_("半年数据，项目与年度相同"),
     .example = "report half-year --year 2025 --half 1",
     .paper = N_("半年数据"),
     .method = "ReportFigures",
     .options = VALUES(YEAR(VALUE_NEEDED), VALUE("half", NULL, VALUE_NUMBER, VALUE_NEEDED, N_("1 上半年，2 下半年"))),
     .parts = PARTS({"figures", NULL, figure_columns, false, false}),
     .check = check_half,
     .run = half_year},
    {.name = "list",
     .about = N_("一个数背后的每一行：行数（或数量合计）就是这个数"),
     .example = "report list attendance.unexcused --year 2025",
     .method = "ReportRows",
     .words = VALUES(VALUE("FIGURE", "figure", VALUE_TEXT, VALUE_NEEDED,
                           N_("项目：report annual --format csv 里的名字，如 inspections、attendance.unexcused"))),
     .options = VALUES(PERIOD),
     .parts = PARTS({"rows", NULL, all_columns, false, false}),
     .check = check_period,
     .run = list},
    {.name = "compose",
     .about = N_("按模板写出主席团年度工作报告，数字都由记录得出；--paper 印出来"),
     .example = "report compose --year 2025 --figures",
     .method = "ComposeReport",
     .options = VALUES(VALUE("year", "year", VALUE_NUMBER, VALUE_NEEDED, N_("哪一年")),
                       VALUE("figures", NULL, VALUE_FLAG, 0, N_("列出每个数从哪里来、准确数是多少"))),
     .parts = binding_parts,
     .check = check_year,
     .run = compose},
    {.name = "templates",
     .about = N_("工作报告的段落；没有日期的是默认"),
     .example = "report templates",
     .method = "ListReportTemplates",
     .options = VALUES(VALUE("on", "on_day_on", VALUE_DAY, 0, N_("哪一天有效的，默认今天"))),
     .parts = PARTS({"templates", NULL,
                     COLUMNS(COLUMN("name", N_("段落")), COLUMN_AS("position", N_("次序"), COLUMN_NUMBER),
                             COLUMN("holds_from_on", N_("自何日起")), COLUMN("text", N_("内容"))),
                     false, false})},
    {.name = "template",
     .about = N_("改一个段落，从某天起用；{项目} 是数，{项目:余}、{项目:万}、{项目:名称} 是写法，[……] 为零时不写"),
     .example = "report template training --text 全年组织代表培训{trainings}次。 --from 2026-01-01",
     .method = "SetReportTemplate",
     .words = VALUES(VALUE("NAME", "name", VALUE_TEXT, VALUE_NEEDED, N_("段落（report templates 里有），或新的名字"))),
     .options =
         VALUES(VALUE("text", "text", VALUE_TEXT, 0, N_("内容")), VALUE("none", NULL, VALUE_FLAG, 0, N_("不要这一段")),
                VALUE("from", "holds_from_on", VALUE_DAY, VALUE_TODAY, N_("从哪天起，不写是今天")),
                VALUE("position", "position", VALUE_NUMBER, 0, N_("次序，新的段落要写"))),
     .parts = PARTS({NULL, NULL, COLUMNS(COLUMN("holds_from_on", N_("自何日起"))), true, false}),
     .check = check_template},
    {.name = "keep",
     .about = N_("把一年的工作报告连同数据存档，以后不再变"),
     .example = "report keep --year 2025",
     .method = "KeepReport",
     .options = VALUES(VALUE("year", "year", VALUE_NUMBER, VALUE_NEEDED, N_("哪一年"))),
     .parts =
         PARTS({NULL, NULL, COLUMNS(COLUMN("code", N_("代码")), COLUMN("digest", N_("摘要（SHA-256）"))), true, false}),
     .check = check_year},
    {.name = "kept",
     .about = N_("存档的工作报告，或其中一份的全文"),
     .example = "report kept 2025-1",
     .method = "ListKeptReports",
     .words = VALUES(VALUE("2025-1", "code", VALUE_TEXT, 0, N_("哪一份"))),
     .parts = kept_parts,
     .run = kept},
    {0},
};

const struct noun noun_report = {"report", N_("年度数据和工作报告"), commands};
