#include "text.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

static bool english;

/* What the environment asks for, as glibc reads it. */
static const char *asked(void) {
    static const char *const names[] = {"LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0')
            return value;
    }
    return "zh";
}

/* What came with this program: in a build's folder beside it, installed under share/. False: in neither. */
static bool find_beside(const char *in_build, const char *installed, char ret[PATH_SIZE]) {
    char own[PATH_SIZE];
    const char *const places[] = {in_build, installed};
    ssize_t size = readlink("/proc/self/exe", own, sizeof own - 1);
    own[size > 0 ? size : 0] = '\0';
    char *slash = strrchr(own, '/');
    if (slash != NULL)
        *slash = '\0';
    for (size_t i = 0; i < 2; i++)
        if (snprintf(ret, PATH_SIZE, "%s/%s", own, places[i]) < PATH_SIZE && access(ret, R_OK) == 0)
            return true;
    return false;
}

void text_init(const char *language) {
    char folder[PATH_SIZE];
    english = strncmp(language != NULL ? language : asked(), "en", 2) == 0;
    /* Chinese text needs a UTF-8 locale to find its width, and gettext one that is not "C"; every Debian has C.UTF-8,
     * in which LANGUAGE alone names the catalogue. */
    if (setlocale(LC_ALL, "") == NULL || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_ALL, "C.UTF-8");
    setlocale(LC_NUMERIC, "C");
    setenv("LANGUAGE", english ? "en" : "zh_CN", 1);
    if (find_beside("locale", "../share/locale", folder))
        bindtextdomain("lvzhi", folder);
    bind_textdomain_codeset("lvzhi", "UTF-8");
    textdomain("lvzhi");
}

bool text_is_english(void) {
    return english;
}

const char *text_word(const char *kind, const char *word) {
    return lvzhi_word(kind, word, english ? LVZHI_ENGLISH : LVZHI_CHINESE);
}

const char *text_descriptors(void) {
    static char path[PATH_SIZE];
    find_beside("lvzhi.desc", "../share/lvzhi/lvzhi.desc", path);
    return path;
}
