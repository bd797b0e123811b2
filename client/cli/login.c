#include "args.h"
#include "rpc.h"
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
        fputs("密码 / password: ", stderr);
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

static int log_in(struct session *session, const char *name) {
    char password[PASSWORD_SIZE] = "";
    struct lvzhi_profile *p = &session->profile;
    if (name != NULL) {
        free(p->login);
        p->login = strdup(name);
    }
    if (p->login == NULL)
        return say_usage(&verb_login, "谁登录？ / whose login?");
    if (p->password == NULL) {
        if (!ask_password(password))
            return say_usage(&verb_login, "没有密码 / no password");
        session->password = password;
    }
    p->has_token = false;
    int code = session_connect(session, SESSION_USER);
    session->password = NULL;
    explicit_bzero(password, sizeof password);
    if (code == EXIT_DONE)
        printf("已登录 / logged in: %s\n", p->login);
    return code;
}

static int run_login(const struct cli *cli, int argc, char **argv) {
    int code = args_parse(&verb_login, &argc, argv, NULL, 0, 0, 1);
    if (code != EXIT_DONE)
        return code;
    struct session session;
    if ((code = session_load(&session, cli)) == EXIT_DONE)
        code = log_in(&session, argc > 1 ? argv[1] : NULL);
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
        puts("已退出 / logged out");
    return code;
}

static int run_logout(const struct cli *cli, int argc, char **argv) {
    int code = args_parse(&verb_logout, &argc, argv, NULL, 0, 0, 0);
    if (code != EXIT_DONE)
        return code;
    struct session session;
    code = session_load(&session, cli);
    if (code == EXIT_DONE && !session.profile.has_token)
        say("本来就没有登录", "there is no login to end", NULL);
    else if (code == EXIT_DONE)
        code = log_out(&session);
    session_close(&session);
    return code;
}

const struct verb verb_login = {
    "login",
    run_login,
    "登录，令牌存进配置文件 / log in; the token goes into the profile",
    "lvzhi login [NAME]\n\n"
    "  配置里没有密码时询问 / asks for the password when the profile has none\n\n"
    "例 / example: lvzhi login G01\n",
};

const struct verb verb_logout = {
    "logout",
    run_logout,
    "退出登录 / log out",
    "lvzhi logout\n",
};
