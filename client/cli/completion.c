#include "help.h"
#include "nouns.h"

#include <stdio.h>
#include <string.h>

/* The choices of a value: a list for the shell, or a word for what the shell itself completes; NULL: nothing. */
static void print_choices(const struct value *v) {
    size_t count;
    const struct lvzhi_word *words = v->kind == VALUE_WORD ? lvzhi_words_of(v->of, &count) : NULL;
    for (size_t i = 0; words != NULL && i < count; i++)
        printf(i == 0 ? "%s" : " %s", words[i].word);
}

/* Bash. One `case` of "noun command" for what may follow, one of "noun command --option" for an option's values. */

static void bash_names(const struct noun *noun) {
    const char *sign = "";
    for (const struct command *c = noun->commands; c->about != NULL; c++)
        if (c->name != NULL) {
            printf("%s%s", sign, c->name);
            sign = " ";
        }
}

static void bash_options(const struct command *c) {
    for (const struct value *v = c->options; v != NULL && v->name != NULL; v++)
        printf("--%s ", v->name);
}

static void bash_words(const struct command *c) {
    for (const struct value *v = c->words; v != NULL && v->name != NULL; v++)
        if (v->kind == VALUE_WORD) {
            print_choices(v);
            putchar(' ');
        }
}

static bool takes_path(const struct command *c) {
    for (const struct value *v = c->words; v != NULL && v->name != NULL; v++)
        if (v->kind == VALUE_PATH)
            return true;
    return false;
}

static void bash_values(const struct noun *noun, const struct command *c) {
    for (const struct value *v = c->options; v != NULL && v->name != NULL; v++)
        if (v->kind != VALUE_FLAG) {
            printf("        '%s %s --%s') ", noun->name, c->name != NULL ? c->name : "", v->name);
            if (v->kind == VALUE_PATH) {
                puts("files=1 ;;");
                continue;
            }
            fputs("words='", stdout);
            print_choices(v);
            puts("' ;;");
        }
}

static void print_bash(void) {
    puts("# bash completion of lvzhi, made by `lvzhi completion bash`\n"
         "_lvzhi() {\n"
         "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} i noun= name= words= files=\n"
         "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "        case ${COMP_WORDS[i]} in");
    fputs("        ", stdout);
    for (const struct global_option *o = global_options; o->name != NULL; o++)
        if (o->shown != NULL)
            printf("%s--%s", o == global_options ? "" : "|", o->name);
    puts(") ((i++)) ;;\n"
         "        -*) ;;\n"
         "        *) if [ -z \"$noun\" ]; then noun=${COMP_WORDS[i]}; elif [ -z \"$name\" ]; then "
         "name=${COMP_WORDS[i]}; "
         "fi ;;\n"
         "        esac\n"
         "    done\n"
         "    case $before in");
    for (const struct global_option *o = global_options; o->name != NULL; o++)
        if (o->shown != NULL && o->choices != NULL)
            printf("    --%s) mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$word\"); return ;;\n", o->name,
                   o->choices);
        else if (o->shown != NULL)
            printf("    --%s) mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); return ;;\n", o->name);
    puts("    esac\n"
         "    # A noun that needs no command's name: what follows it is a word of its own.\n"
         "    case \" $noun $name \" in");
    for (size_t i = 0; nouns[i] != NULL; i++)
        for (const struct command *c = nouns[i]->commands; c->about != NULL; c++)
            if (c->name != NULL)
                printf("    ' %s %s ') ;;\n", nouns[i]->name, c->name);
    puts("    *) name= ;;\n"
         "    esac\n"
         "    case $before in\n"
         "    --*)\n"
         "        case \"$noun $name $before\" in");
    for (size_t i = 0; nouns[i] != NULL; i++)
        for (const struct command *c = nouns[i]->commands; c->about != NULL; c++)
            bash_values(nouns[i], c);
    puts("        *) before= ;;\n"
         "        esac ;;\n"
         "    *) before= ;;\n"
         "    esac\n"
         "    if [ -z \"$before\" ]; then\n"
         "        case \"$noun $name\" in");
    fputs("        ' ') words='", stdout);
    for (size_t i = 0; nouns[i] != NULL; i++)
        printf("%s ", nouns[i]->name);
    for (const struct global_option *o = global_options; o->name != NULL; o++)
        printf("--%s ", o->name);
    puts("' ;;");
    for (size_t i = 0; nouns[i] != NULL; i++) {
        const struct command *own = command_find(nouns[i], NULL);
        for (const struct command *c = nouns[i]->commands; c->about != NULL; c++) {
            if (c->name == NULL)
                continue;
            printf("        '%s %s') words='", nouns[i]->name, c->name);
            bash_words(c);
            bash_options(c);
            printf("--help'%s ;;\n", takes_path(c) ? " files=1" : "");
        }
        printf("        '%s ') words='", nouns[i]->name);
        bash_names(nouns[i]);
        putchar(' ');
        if (own != NULL) {
            bash_words(own);
            bash_options(own);
        }
        printf("--help'%s ;;\n", own != NULL && takes_path(own) ? " files=1" : "");
    }
    puts("        esac\n"
         "    fi\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\" || :; [ -z \"$files\" ] || compgen -f -- "
         "\"$word\")\n"
         "}\n"
         "complete -F _lvzhi lvzhi");
}

/* Zsh. The same table, with what each thing is about. */

static void zsh_quote(const char *text) {
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else if (*text == ':' || *text == '[' || *text == ']' || *text == '\\')
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

static void zsh_action(const struct value *v) {
    if (v->kind == VALUE_PATH) {
        fputs("_files", stdout);
    } else if (v->kind == VALUE_WORD) {
        putchar('(');
        print_choices(v);
        putchar(')');
    } else {
        putchar(' ');
    }
}

static void zsh_command(const struct command *c) {
    fputs("_arguments", stdout);
    for (const struct value *v = c->options; v != NULL && v->name != NULL; v++) {
        printf(" '%s--%s%s[", (v->flags & VALUE_MANY) != 0 ? "*" : "", v->name, v->kind == VALUE_FLAG ? "" : "=");
        zsh_quote(_(v->about));
        fputs("]", stdout);
        if (v->kind != VALUE_FLAG) {
            printf(":%s:", v->name);
            zsh_action(v);
        }
        putchar('\'');
    }
    int at = 1;
    for (const struct value *v = c->words; v != NULL && v->name != NULL; v++, at++) {
        if ((v->flags & VALUE_MANY) != 0)
            fputs(" '*:", stdout);
        else
            printf(" '%d:", at);
        zsh_quote(_(v->about));
        putchar(':');
        zsh_action(v);
        putchar('\'');
    }
    puts(" '--help' ;;");
}

static void zsh_described(const char *name, const char *about) {
    fputs("            '", stdout);
    zsh_quote(name);
    putchar(':');
    zsh_quote(about);
    puts("'");
}

static void print_zsh(void) {
    puts("#compdef lvzhi\n"
         "# zsh completion of lvzhi, made by `lvzhi completion zsh`\n"
         "_lvzhi() {\n"
         "    local curcontext=$curcontext state line\n"
         "    typeset -A opt_args\n"
         "    local -a names");
    fputs("    _arguments -C", stdout);
    for (const struct global_option *o = global_options; o->name != NULL; o++) {
        printf(" '--%s%s[", o->name, o->shown != NULL ? "=" : "");
        zsh_quote(_(o->about));
        fputs("]", stdout);
        if (o->shown != NULL && o->choices != NULL)
            printf(":%s:(%s)", o->name, o->choices);
        else if (o->shown != NULL)
            printf(":%s:_files", o->name);
        putchar('\'');
    }
    puts(" '1: :->noun' '*:: :->rest'\n"
         "    case $state in\n"
         "    noun)\n"
         "        names=(");
    for (size_t i = 0; nouns[i] != NULL; i++)
        zsh_described(nouns[i]->name, _(nouns[i]->about));
    puts("        )\n"
         "        _describe lvzhi names ;;\n"
         "    rest)\n"
         "        case \"$line[1] $words[2]\" in");
    for (size_t i = 0; nouns[i] != NULL; i++)
        for (const struct command *c = nouns[i]->commands; c->about != NULL; c++)
            if (c->name != NULL) {
                printf("        '%s %s') if ((CURRENT > 2)); then shift words; ((CURRENT--)); fi; ", nouns[i]->name,
                       c->name);
                zsh_command(c);
            }
    puts("        *)\n"
         "            case $line[1] in");
    for (size_t i = 0; nouns[i] != NULL; i++) {
        const struct command *own = command_find(nouns[i], NULL);
        printf("            %s)\n", nouns[i]->name);
        if (nouns[i]->commands[0].name != NULL || nouns[i]->commands[1].about != NULL) {
            puts("            names=(");
            for (const struct command *c = nouns[i]->commands; c->about != NULL; c++)
                if (c->name != NULL)
                    zsh_described(c->name, _(c->about));
            puts("            )\n            ((CURRENT > 2)) || _describe command names");
        }
        fputs("            ", stdout);
        if (own != NULL)
            zsh_command(own);
        else
            puts(";;");
    }
    puts("            esac ;;\n"
         "        esac ;;\n"
         "    esac\n"
         "}\n"
         "if [ \"$funcstack[1]\" = _lvzhi ]; then _lvzhi \"$@\"; else compdef _lvzhi lvzhi; fi");
}

static int run(struct given *given) {
    if (strcmp(given_text(given, "SHELL"), "bash") == 0)
        print_bash();
    else
        print_zsh();
    return EXIT_DONE;
}

static const struct command commands[] = {
    {.about = N_("打印 bash 或 zsh 的补全脚本"),
     .example = "completion bash >~/.local/share/bash-completion/completions/lvzhi",
     .words = VALUES(CHOICE("SHELL", NULL, "shell", VALUE_NEEDED, N_("哪种 shell"))),
     .bare = run},
    {0},
};

const struct noun noun_completion = {"completion", N_("补全脚本"), commands};
