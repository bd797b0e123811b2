#include "log.h"
#include "migrate.h"
#include "worker.h"

#include <stdlib.h>

int main(int argc, char **argv) {
    struct config config;
    struct registry registry;
    char error[1024];
    if (!config_read(&config, argc, argv, error, sizeof error)) {
        log_line(LOG_ERROR, "%s", error);
        config_deinit(&config);
        return 2;
    }
    log_limit((enum log_level)config.log);
    int exit_code = EXIT_FAILURE;
    if (config.migrate) {
        if (migrate_run(&config, error, sizeof error))
            exit_code = EXIT_SUCCESS;
        else
            log_line(LOG_ERROR, "%s", error);
    } else if (registry_open(&registry, &config, error, sizeof error)) {
        exit_code = worker_run(&config, &registry);
        registry_close(&registry);
    } else {
        log_line(LOG_ERROR, "%s", error);
    }
    config_deinit(&config);
    return exit_code;
}
