/* cli.h - what every verb gets, and what a verb is. */
#ifndef LVZHI_CLI_H
#define LVZHI_CLI_H

#include <stdint.h>
#include <uv.h>

enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_NO_CONNECTION = 3 };

enum format { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV };

struct cli {
    uv_loop_t *loop;
    const char *profile;     /* NULL: the default one */
    const char *descriptors; /* the file of the catalogue */
    enum format format;
    uint32_t timeout_ms; /* for an answer */
};

/* `argv[0]` is the verb. Returns an exit code. */
typedef int verb_fn(const struct cli *cli, int argc, char **argv);

struct verb {
    const char *name;
    verb_fn *run;
    const char *about; /* one line, Chinese and English */
    const char *usage; /* printed by --help: lines, an example at the end */
};

extern const struct verb verb_health, verb_meetings, verb_people, verb_attendance, verb_threeno, verb_import, verb_call,
    verb_login, verb_logout, verb_enrol, verb_outbox, verb_provision, verb_csv_town;

#endif
