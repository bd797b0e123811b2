/* cli.h - what every command gets. */
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
    const char *paper;   /* the file to print to in place of the terminal; NULL: none */
    uint32_t timeout_ms; /* for an answer */
};

#endif
