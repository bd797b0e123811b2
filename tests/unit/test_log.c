/* test_log.c - one event, one line, whatever is in it. */
#include "server/log.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

static char said[4096];

/* What comes on stderr until it is read. */
static int begin(int ends[2]) {
    cr_assert_eq(pipe(ends), 0);
    int kept = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    return kept;
}

static void end(int ends[2], int kept) {
    dup2(kept, STDERR_FILENO);
    close(kept);
    ssize_t got = read(ends[0], said, sizeof said - 1);
    close(ends[0]);
    said[got > 0 ? got : 0] = '\0';
}

Test(log, one_line_an_event) {
    int ends[2], kept = begin(ends);
    log_line(LOG_INFO, "a\nb\tc\177%s %d", "\033[2J长", 7);
    end(ends, kept);
    cr_expect_not_null(strstr(said, "Z info a b c  [2J长 7\n"), "%s", said);
    cr_expect_eq(strchr(said, '\n') - said, (ptrdiff_t)strlen(said) - 1);
}

Test(log, levels) {
    log_limit(LOG_WARN);
    int ends[2], kept = begin(ends);
    log_line(LOG_INFO, "not this");
    log_line(LOG_WARN, "this");
    log_line(LOG_ERROR, "and this");
    end(ends, kept);
    cr_expect_null(strstr(said, "not this"));
    cr_expect_not_null(strstr(said, " warn this\n"));
    cr_expect_not_null(strstr(said, " error and this\n"));
}
