#include "sign_in.h"

#include "say.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { KEY_END = -1, KEY_INTERRUPT = 3, MARKS = 4 };

/* The person at `at` of those who are asked. */
struct walk {
    const json_t **lines;
    const char **marks; /* NULL: skipped, or not yet */
    size_t count, at;
    bool terminal, discarded;
    struct termios before;
};

static const struct {
    char letter, digit;
    const char *mark;
} keys[MARKS] = {{'p', '1', "present"}, {'l', '2', "late"}, {'e', '3', "left_early"}, {'a', '4', "absent"}};

static bool raw(struct walk *w) {
    struct termios one_key;
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &w->before) != 0)
        return false;
    one_key = w->before;
    one_key.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG); /* Ctrl-C comes as a key, so that nothing is lost by it */
    one_key.c_cc[VMIN] = 1;
    one_key.c_cc[VTIME] = 0;
    return tcsetattr(STDIN_FILENO, TCSAFLUSH, &one_key) == 0;
}

/* A key; from a pipe, the first character of a line. */
static int read_key(const struct walk *w) {
    unsigned char c;
    ssize_t got;
    if (!w->terminal) {
        int first = getchar(), next = first;
        while (next != EOF && next != '\n')
            next = getchar();
        return first == EOF ? KEY_END : first;
    }
    do
        got = read(STDIN_FILENO, &c, 1);
    while (got < 0 && errno == EINTR);
    return got == 1 ? c : KEY_END;
}

static void show_person(const struct walk *w) {
    const json_t *line = w->lines[w->at];
    const char *mark = w->marks[w->at] != NULL ? w->marks[w->at] : rpc_text(line, "mark");
    fprintf(stderr, "%zu/%zu  %s  %s", w->at + 1, w->count, rpc_text(line, "code"), rpc_text(line, "name"));
    if (rpc_text(line, "leave_decision")[0] != '\0')
        fprintf(stderr, text_is_english() ? " (leave: %s)" : "（请假：%s）",
                text_word("leave_state", rpc_text(line, "leave_decision")));
    if (mark[0] != '\0')
        fprintf(stderr, " [%s]", text_word("mark", mark));
    fputs(text_is_english() ? ": " : "：", stderr);
}

static void show_keys(void) {
    fputs(_("按键：p 或 1 到会，l 或 2 迟到，e 或 3 早退，a 或 4 未到；s 跳过，b 上一个，q 结束并登记，x 全部不要"),
          stderr);
    fputc('\n', stderr);
}

/* Take one key; false: the walk is over. */
static bool step(struct walk *w, int key) {
    if (key == 'q' || key == KEY_END || key == KEY_INTERRUPT)
        return false;
    w->discarded = key == 'x';
    if (w->discarded)
        return false;
    if (key == 'b') {
        w->at -= w->at > 0;
        fputc('\n', stderr);
        return true;
    }
    bool known = key == 's';
    for (size_t i = 0; i < MARKS; i++)
        if (key == keys[i].letter || key == keys[i].digit) {
            w->marks[w->at] = keys[i].mark;
            known = true;
        }
    fprintf(stderr, "%s\n", key == 's' ? _("跳过") : known ? text_word("mark", w->marks[w->at]) : _("没有这个键"));
    w->at += known;
    return true;
}

static void walk(struct walk *w) {
    w->terminal = raw(w);
    show_keys();
    while (w->at < w->count) {
        show_person(w);
        if (!step(w, read_key(w)))
            break;
    }
    fputc('\n', stderr);
    if (w->terminal)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &w->before);
}

/* Those without a mark first; the others only where it is wished. */
static void choose(struct walk *w, const json_t *roll, bool all) {
    size_t size = json_array_size(roll);
    w->lines = calloc(size + 1, sizeof *w->lines);
    w->marks = calloc(size + 1, sizeof *w->marks);
    if (w->lines == NULL || w->marks == NULL)
        abort();
    for (int marked = 0; marked <= (all ? 1 : 0); marked++)
        for (size_t i = 0; i < size; i++)
            if ((json_object_get(json_array_get(roll, i), "mark") != NULL) == (marked == 1))
                w->lines[w->count++] = json_array_get(roll, i);
}

static json_t *marks_of(const struct walk *w, const char *note) {
    json_t *marks = json_array();
    for (size_t i = 0; i < w->count; i++)
        if (w->marks[i] != NULL) {
            json_t *entry =
                json_pack("{s:O, s:s}", "person_id", json_object_get(w->lines[i], "person_id"), "mark", w->marks[i]);
            rpc_set(entry, "note", note);
            json_array_append_new(marks, entry);
        }
    return marks;
}

static void print_marked(const struct walk *w) {
    static const struct column columns[] = {
        COLUMN("code", N_("代码")), COLUMN("name", N_("姓名")), COLUMN_OF("mark", N_("登记"), "mark"), {0}};
    json_t *rows = json_array();
    for (size_t i = 0; i < w->count; i++)
        if (w->marks[i] != NULL)
            json_array_append_new(rows, json_pack("{s:O, s:O, s:s}", "code", json_object_get(w->lines[i], "code"),
                                                  "name", json_object_get(w->lines[i], "name"), "mark", w->marks[i]));
    json_t *whole = json_pack("{s:o}", "marked", rows);
    table_print(FORMAT_TABLE, whole, "marked", columns);
    json_decref(whole);
}

int sign_in(struct session *session, struct given *given, json_t *request) {
    int code = EXIT_DONE;
    struct walk w = {0};
    choose(&w, json_object_get(given->meeting, "roll"), given_flag(given, "all"));
    if (w.count == 0)
        puts(_("名单上没有还要登记的人"));
    else
        walk(&w);
    json_t *marks = marks_of(&w, given_text(given, "note"));
    if (w.discarded) {
        puts(_("什么也没有登记"));
    } else if (json_array_size(marks) > 0) {
        json_object_set(request, "marks", marks);
        json_t *reply = command_ask(session, given, json_incref(request), &code);
        if (reply != NULL && given->cli->format == FORMAT_TABLE)
            print_marked(&w);
        if (reply != NULL)
            command_print(given, reply);
        json_decref(reply);
    } else if (w.count > 0) {
        puts(_("什么也没有登记"));
    }
    json_decref(marks);
    json_decref(request);
    free(w.lines);
    free(w.marks);
    return code;
}
