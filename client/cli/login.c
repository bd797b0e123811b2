#include "nouns.h"
#include "say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { PASSWORD_SIZE = 512 };

/* One line from the terminal without showing it, or from standard input. */
static bool ask_password(char ret[PASSWORD_SIZE]) {
    struct termios shown, hidden;
    bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &shown) == 0;
    if (terminal) {
        hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        fprintf(stderr, text_is_english() ? "%s: " : "%s：", _("密码"));
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    bool got = fgets(ret, PASSWORD_SIZE, stdin) != NULL;
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        fputc('\n', stderr);
    }
    ret[got ? strcspn(ret, "\r\n") : 0] = '\0';
    return ret[0] != '\0';
}

static int log_in(struct session *session, struct given *given) {
    const char *name = given_text(given, "NAME");
    char password[PASSWORD_SIZE] = "";
    struct lvzhi_profile *p = &session->profile;
    if (name != NULL) {
        free(p->login);
        p->login = strdup(name);
    }
    if (p->login == NULL)
        return say_usage(given, "谁登录？ / whose login?", NULL);
    if (p->password == NULL) {
        if (!ask_password(password))
            return say_usage(given, "没有密码 / no password", NULL);
        session->password = password;
    }
    p->has_token = false;
    int code = session_connect(session, SESSION_USER);
    session->password = NULL;
    explicit_bzero(password, sizeof password);
    if (code == EXIT_DONE)
        printf(_("已登录：%s\n"), p->login);
    return code;
}

static int run_login(struct given *given) {
    struct session session;
    int code = session_load(&session, given->cli);
    if (code == EXIT_DONE)
        code = log_in(&session, given);
    session_close(&session);
    return code;
}

static int log_out(struct session *session) {
    char error[LVZHI_PROFILE_ERROR_SIZE];
    struct answer answer = {0};
    session->no_login = true;
    int code = session_connect(session, SESSION_USER);
    if (code != EXIT_DONE)
        return code;
    if (session->has_caller) {
        session_call(session, LVZHI_METHOD_LOGOUT, NULL, 0, session->cli->timeout_ms, &answer);
        code = say_answer(&answer);
        answer_clear(&answer);
    }
    session->profile.has_token = false;
    if (code == EXIT_DONE && !lvzhi_profile_write(&session->profile, session->profile.path, error)) {
        say_fact("配置文件写不了", "the profile cannot be written", error, NULL);
        return EXIT_REFUSED;
    }
    if (code == EXIT_DONE)
        puts(_("已退出"));
    return code;
}

static int run_logout(struct given *given) {
    struct session session;
    int code = session_load(&session, given->cli);
    if (code == EXIT_DONE && !session.profile.has_token)
        say("本来就没有登录", "there is no login to end", NULL);
    else if (code == EXIT_DONE)
        code = log_out(&session);
    session_close(&session);
    return code;
}

static const struct command login_commands[] = {
    {.about = N_("登录，令牌存进配置文件；配置里没有密码时会问"),
     .example = "login G01",
     .words = VALUES(VALUE("NAME", NULL, VALUE_TEXT, 0, N_("登录名"))),
     .bare = run_login},
    {0},
};

static const struct command logout_commands[] = {
    {.about = N_("退出登录"), .example = "logout", .bare = run_logout},
    {0},
};

const struct noun noun_login = {"login", N_("登录"), login_commands};
const struct noun noun_logout = {"logout", N_("退出登录"), logout_commands};
