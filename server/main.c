#include "door.h"
#include "log.h"
#include "migrate.h"
#include "supervisor.h"
#include "worker.h"

#include <stdlib.h>

/* Both return the process's exit code. */
static int serve(const struct config *config, const struct worker_place *given) {
    struct registry registry;
    struct worker_place place = {.beat = -1};
    char error[1024];
    int exit_code = EXIT_FAILURE;
    if (!registry_open(&registry, config, error, sizeof error)) {
        log_line(LOG_ERROR, "%s", error);
        return exit_code;
    }
    if (given != NULL)
        place = *given;
    if (given != NULL || doors_open(config, 1, &place.doors, error, sizeof error))
        exit_code = worker_run(config, &registry, &place);
    else
        log_line(LOG_ERROR, "%s", error);
    registry_close(&registry);
    return exit_code;
}

static int migrate(const struct config *config) {
    char error[1024];
    if (migrate_run(config, error, sizeof error))
        return EXIT_SUCCESS;
    log_line(LOG_ERROR, "%s", error);
    return EXIT_FAILURE;
}

int main(int argc, char **argv) {
    struct config config;
    char error[1024];
    if (!config_read(&config, argc, argv, error, sizeof error)) {
        log_line(LOG_ERROR, "%s", error);
        config_deinit(&config);
        return 2;
    }
    log_limit((enum log_level)config.log);
    int exit_code = config.migrate       ? migrate(&config)
                    : config.workers > 1 ? supervisor_run(&config, serve)
                                         : serve(&config, NULL);
    config_deinit(&config);
    return exit_code;
}
