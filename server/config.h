/* config.h - the daemon's settings: one row each, from a file, the environment and the command line.
 *
 * Every key is a line `key = value` of the INI file named by --config, an environment variable LVZHID_KEY and a flag
 * --key=VALUE; the flag wins, then the environment. Relative paths in the file start from its directory. `lvzhid
 * --help` prints the table. */
#ifndef LVZHI_CONFIG_H
#define LVZHI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

struct config {
    char *listen;    /* address:port, or "" for none */
    char *unix_path; /* or "" */
    char *certificate;
    char *key;
    char *secret;         /* a file of 32 bytes: the key of digests of requests that hold a password */
    char *postgres;       /* conninfo of the daemon's role */
    char *postgres_owner; /* conninfo of the owner's role, for --migrate */
    char *daemon_role;
    char *sql;             /* directory */
    char *descriptors;     /* file */
    int workers;           /* processes on the port */
    int write_connections; /* of each */
    int read_connections;
    int max_frame;
    bool require_device;
    int log;            /* enum log_level */
    int port_file;      /* a descriptor to write the port to, once bound; -1: none */
    char *metrics;      /* loopback address:port for health and metrics, or "" */
    char *clock_offset; /* tests: an interval that lv.now() is off by */
    bool migrate;       /* --migrate: bring the database to this version and end */
};

/* Read all three. False: ret_error holds one line. --help is answered here, and ends the process. */
bool config_read(struct config *ret_config, int argc, char **argv, char *ret_error, size_t error_size);
void config_deinit(struct config *config);

#endif
