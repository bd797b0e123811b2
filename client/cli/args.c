#include "args.h"

#include "say.h"

#include <assert.h>
#include <getopt.h>
#include <string.h>

enum { OPTIONS_LIMIT = 15 };

static int say_option(const struct verb *verb, const char *what, const char *word) {
    char text[300];
    snprintf(text, sizeof text, "%s: %.200s", what, word);
    return say_usage(verb, text);
}

int args_parse(const struct verb *verb, int *argc, char **argv, const struct arg_option *options, size_t count,
               int least, int most) {
    struct option table[OPTIONS_LIMIT + 1] = {0};
    assert(count <= OPTIONS_LIMIT);
    for (size_t i = 0; i < count; i++)
        table[i] =
            (struct option){options[i].name, options[i].value != NULL ? required_argument : no_argument, NULL, 0};
    int index, found;
    optind = 0; /* begin anew */
    opterr = 0;
    while ((found = getopt_long(*argc, argv, ":", table, &index)) != -1) {
        if (found == ':')
            return say_option(verb, "选项缺少值 / the option wants a value", argv[optind - 1]);
        if (found != 0)
            return say_option(verb, "没有这个选项 / no such option", argv[optind - 1]);
        if (options[index].value != NULL)
            *options[index].value = optarg;
        else
            *options[index].flag = true;
    }
    int words = *argc - optind;
    memmove(argv + 1, argv + optind, (size_t)words * sizeof *argv);
    *argc = words + 1;
    if (words < least)
        return say_usage(verb, "参数不够 / an argument is missing");
    if (words > most)
        return say_option(verb, "多余的参数 / one argument too many", argv[most + 1]);
    return EXIT_DONE;
}
