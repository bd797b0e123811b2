#include "nouns.h"
#include "seals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 60000, PAUSE_MS = 2000 };

/* Topics as one word: they come in the order of their numbers. */
static void join(const json_t *topics, char *ret, size_t size) {
    size_t used = 0;
    ret[0] = '\0';
    for (size_t i = 0; i < json_array_size(topics) && used < size; i++)
        used += (size_t)snprintf(ret + used, size - used, i == 0 ? "%s" : " %s",
                                 json_string_value(json_array_get(topics, i)));
}

static void print_change(const struct session *s, json_t *change) {
    const struct method *method = catalogue_method(s->catalogue, (uint16_t)rpc_number(change, "method"));
    const char *call = method != NULL ? method->name : "";
    char topics[128];
    join(json_object_get(change, "topics"), topics, sizeof topics);
    if (s->cli->format == FORMAT_JSON) {
        json_object_set_new(change, "call", json_string(call));
        json_dumpf(change, stdout, JSON_COMPACT);
        putchar('\n');
        return;
    }
    printf(s->cli->format == FORMAT_CSV ? "%lld,%s,%s,%s,%s\n" : "%-6lld %s  %-12s %-8s %s\n",
           (long long)rpc_number(change, "seq"), rpc_text(change, "recorded_us"), topics, rpc_text(change, "code"),
           call);
}

/* Print what came after *since, and move it. */
static int pull(struct session *s, const json_t *topics, json_int_t *since) {
    for (bool more = true; more;) {
        int code;
        json_t *request = json_pack("{s:I, s:O}", "since", *since, "topics", topics);
        json_t *page = rpc_read(s, "Changes", request, &code);
        if (page == NULL)
            return code;
        const json_t *changes = json_object_get(page, "changes");
        for (size_t i = 0; i < json_array_size(changes); i++)
            print_change(s, json_array_get(changes, i));
        *since = rpc_number(page, "next");
        more = json_is_true(json_object_get(page, "more"));
        json_decref(page);
        if (fflush(stdout) != 0) /* nobody reads any more: main.c says so */
            return EXIT_REFUSED;
    }
    return EXIT_DONE;
}

/* Be told of the topics; all, where none is named. */
static int subscribe(struct session *s, const json_t *topics) {
    int code;
    json_t *all =
        json_pack("[s, s, s, s, s, s, s]", "meeting", "feedback", "suggestion", "notice", "roster", "case", "office");
    json_t *wanted = json_array_size(topics) > 0 ? json_deep_copy(topics) : json_incref(all);
    json_decref(rpc_read(s, "Subscribe", json_pack("{s:o}", "topics", wanted), &code));
    json_decref(all);
    return code;
}

static int find_end(struct session *s, json_int_t *ret_since) {
    int code;
    json_t *page = rpc_read(s, "Changes", json_pack("{s:i}", "limit", 1), &code);
    if (page != NULL)
        *ret_since = rpc_number(page, "last");
    json_decref(page);
    return code;
}

/* Until Ctrl-C, or until the centre says no. A line that is down is tried again and again. */
static int follow(struct session *s, const json_t *topics, json_int_t since) {
    unsigned subscribed = 0; /* on which connection */
    for (;;) {
        int code = EXIT_DONE;
        s->no_event = 1; /* before the pull: an EVENT that comes meanwhile counts */
        if (subscribed != s->connections)
            code = subscribe(s, topics);
        subscribed = code == EXIT_DONE ? s->connections : 0;
        if (code == EXIT_DONE && since < 0)
            code = find_end(s, &since);
        if (code == EXIT_DONE)
            code = pull(s, topics, &since);
        if (code == EXIT_DONE)
            seals_follow(s); /* who sits at the line all day keeps the seals of the day */
        if (code != EXIT_DONE && code != EXIT_NO_CONNECTION)
            return code;
        if (code != EXIT_DONE || subscribed == s->connections) /* else the pull made a new one */
            session_wait(s, &s->no_event, 0, code == EXIT_DONE ? WAIT_MS : PAUSE_MS);
    }
}

static bool read_since(const char *text, json_int_t *ret_since) {
    char *rest;
    errno = 0;
    *ret_since = strtoll(text, &rest, 10);
    return errno == 0 && rest != text && *rest == '\0' && *ret_since >= 0;
}

static int run(struct given *given) {
    const struct cli *cli = given->cli;
    bool once = given_flag(given, "once");
    const char *from = given_text(given, "since");
    json_int_t since = once ? 0 : -1; /* -1: now */
    if (from != NULL && !read_since(from, &since))
        return say_usage(given, "要一个数 / it must be a number", "--since");
    size_t count;
    const json_t *said = given_list(given, "TOPIC", &count);
    json_t *topics = count > 0 ? json_deep_copy(said) : json_array();
    struct session session;
    int code = session_open(&session, cli, SESSION_USER);
    if (code == EXIT_DONE) {
        if (cli->format == FORMAT_CSV)
            puts("seq,recorded_us,topics,code,call");
        code = once ? pull(&session, topics, &since) : follow(&session, topics, since);
    }
    session_close(&session);
    json_decref(topics);
    return code;
}

static const struct command commands[] = {
    {.about = N_("有什么变更，来一条看一条；按 Ctrl-C 结束"),
     .example = "watch meeting --since 120 --once",
     .words = VALUES(CHOICE("TOPIC", NULL, "topic", VALUE_MANY, N_("只看这几类"))),
     .options = VALUES(VALUE("since", NULL, VALUE_TEXT, 0, N_("从第几条之后看起，不写从现在起")),
                       VALUE("once", NULL, VALUE_FLAG, 0, N_("取完现有的就结束，不写 --since 时从头取"))),
     .bare = run},
    {0},
};

const struct noun noun_watch = {"watch", N_("变更，来一条看一条"), commands};
