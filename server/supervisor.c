#include "supervisor.h"

#include "limits.h"
#include "log.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

struct child {
    pid_t pid; /* 0: none */
    int beat;  /* the reading end */
    bool ready;
    uint64_t heard_ms;
    uint64_t start_ms; /* not before */
    unsigned pause_ms;
};

struct supervisor {
    const struct config *config;
    int (*work)(const struct config *, const struct worker_place *);
    size_t count;
    struct doors *doors;
    struct child *children;
    sigset_t signals;
    bool told_ready;
    bool ending;
    uint64_t end_ms; /* when whoever is left is killed */
    int exit_code;
};

static uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* In the child: leave behind what is the supervisor's, and work. */
__attribute__((noreturn)) static void become_worker(struct supervisor *s, size_t number, int beat, pid_t parent) {
    struct worker_place place = {.number = (unsigned)number, .doors = s->doors[number], .beat = beat};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
    sigprocmask(SIG_UNBLOCK, &s->signals, NULL);
    for (size_t i = 0; i < s->count; i++) {
        if (s->children[i].pid != 0)
            close(s->children[i].beat);
        if (i != number && s->doors[i].tcp >= 0)
            close(s->doors[i].tcp);
    }
    const struct config *config = s->config;
    int (*work)(const struct config *, const struct worker_place *) = s->work;
    free(s->doors);
    free(s->children);
    exit(work(config, &place));
}

static void start(struct supervisor *s, size_t number) {
    struct child *c = &s->children[number];
    int ends[2];
    pid_t parent = getpid();
    c->pause_ms = c->pause_ms == 0 ? BACKOFF_MIN_MS : c->pause_ms * 2;
    if (c->pause_ms > BACKOFF_MAX_MS)
        c->pause_ms = BACKOFF_MAX_MS;
    c->start_ms = now_ms() + c->pause_ms;
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        log_line(LOG_ERROR, "worker %zu: no pipe", number);
        return;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        become_worker(s, number, ends[1], parent);
    }
    close(ends[1]);
    if (pid < 0) {
        log_line(LOG_ERROR, "worker %zu: cannot fork", number);
        close(ends[0]);
        return;
    }
    c->pid = pid;
    c->beat = ends[0];
    c->ready = false;
    c->heard_ms = now_ms();
}

static void kill_all(const struct supervisor *s, int number) {
    for (size_t i = 0; i < s->count; i++)
        if (s->children[i].pid != 0)
            kill(s->children[i].pid, number);
}

static void end_all(struct supervisor *s, int exit_code) {
    if (s->ending)
        return;
    s->ending = true;
    s->exit_code = exit_code;
    s->end_ms = now_ms() + TIMEOUT_DRAIN_MS + TIMEOUT_BEAT_MS;
    sd_notify(0, "STOPPING=1");
    if (*s->config->unix_path != '\0')
        unlink(s->config->unix_path);
    doors_close(s->doors, s->count);
    kill_all(s, SIGTERM);
}

static void on_end(struct supervisor *s, size_t number, int status) {
    struct child *c = &s->children[number];
    bool early = s->ending && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM; /* before it listened to signals */
    int code = WIFEXITED(status) || early ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (!s->ending || code != EXIT_SUCCESS)
        log_line(s->ending ? LOG_WARN : LOG_ERROR, "worker %zu (pid %d) ended with %d", number, (int)c->pid, code);
    close(c->beat);
    c->pid = 0;
    if (c->ready) /* it had been well: the next one comes at once */
        c->start_ms = c->pause_ms = 0;
    if (!s->told_ready) /* it starts as a whole, or not */
        end_all(s, code == EXIT_SUCCESS ? EXIT_FAILURE : code);
    else if (s->ending && code != EXIT_SUCCESS && s->exit_code == EXIT_SUCCESS)
        s->exit_code = EXIT_FAILURE;
}

static void reap(struct supervisor *s) {
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (size_t i = 0; i < s->count; i++)
            if (s->children[i].pid == pid)
                on_end(s, i, status);
}

/* True: the worker's loop turns. */
static bool listen_to(struct supervisor *s, size_t number) {
    struct child *c = &s->children[number];
    char beats[256];
    bool any = false;
    while (read(c->beat, beats, sizeof beats) > 0)
        any = true;
    if (any) {
        c->heard_ms = now_ms();
        c->ready = true;
        return true;
    }
    if (now_ms() - c->heard_ms < TIMEOUT_BEAT_MS)
        return c->ready;
    log_line(LOG_ERROR, "worker %zu (pid %d) stands still", number, (int)c->pid);
    kill(c->pid, SIGKILL);
    c->heard_ms = now_ms();
    return false;
}

static void watch(struct supervisor *s) {
    size_t well = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (s->children[i].pid != 0)
            well += listen_to(s, i);
        else if (!s->ending && now_ms() >= s->children[i].start_ms)
            start(s, i);
    }
    if (well == s->count && !s->told_ready) {
        s->told_ready = true;
        sd_notify(0, "READY=1");
        log_line(LOG_INFO, "ready: %zu workers", s->count);
    }
    if (well > 0)
        sd_notify(0, "WATCHDOG=1");
    if (s->ending && now_ms() > s->end_ms)
        kill_all(s, SIGKILL);
}

static bool any_left(const struct supervisor *s) {
    for (size_t i = 0; i < s->count; i++)
        if (s->children[i].pid != 0)
            return true;
    return false;
}

int supervisor_run(const struct config *config, int (*work)(const struct config *, const struct worker_place *)) {
    struct supervisor s = {.config = config, .work = work, .count = (size_t)config->workers};
    struct timespec tick = {.tv_nsec = INTERVAL_TICK_MS * 1000000L};
    char error[512];
    s.doors = calloc(s.count, sizeof *s.doors);
    s.children = calloc(s.count, sizeof *s.children);
    if (s.doors == NULL || s.children == NULL)
        abort();
    sigemptyset(&s.signals);
    sigaddset(&s.signals, SIGTERM);
    sigaddset(&s.signals, SIGINT);
    sigaddset(&s.signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &s.signals, NULL);
    if (!doors_open(config, s.count, s.doors, error, sizeof error)) {
        log_line(LOG_ERROR, "%s", error);
        s.exit_code = EXIT_FAILURE;
        s.ending = true;
    }
    while (!s.ending || any_left(&s)) {
        watch(&s);
        int number = sigtimedwait(&s.signals, NULL, &tick);
        if (number == SIGTERM || number == SIGINT)
            end_all(&s, EXIT_SUCCESS);
        reap(&s);
    }
    free(s.doors);
    free(s.children);
    log_line(LOG_INFO, "ended");
    return s.exit_code;
}
