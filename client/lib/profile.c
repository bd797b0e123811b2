#include "profile.h"

#include "setting_line.h"
#include "uuid.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *must(char *text) {
    if (text == NULL)
        abort();
    return text;
}

char *lvzhi_profile_find(const char *name) {
    char *path;
    if (name == NULL)
        name = "default";
    if (strchr(name, '/') != NULL)
        return must(strdup(name));
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int size;
    if (config != NULL && config[0] == '/')
        size = asprintf(&path, "%s/lvzhi/%s", config, name);
    else if (home != NULL && home[0] != '\0')
        size = asprintf(&path, "%s/.config/lvzhi/%s", home, name);
    else
        return NULL;
    return size < 0 ? must(NULL) : path;
}

bool lvzhi_hex_parse(const char *text, uint8_t *ret_bytes, size_t size) {
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    if (strlen(text) != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        const char *high = strchr(digits, text[2 * i]), *low = strchr(digits, text[2 * i + 1]);
        if (high == NULL || low == NULL)
            return false;
        ret_bytes[i] = (uint8_t)((high - digits) % 16 << 4 | (low - digits) % 16);
    }
    return true;
}

void lvzhi_hex_format(const uint8_t *bytes, size_t size, char *ret_text) {
    for (size_t i = 0; i < size; i++)
        snprintf(ret_text + 2 * i, 3, "%02x", bytes[i]);
    ret_text[2 * size] = '\0';
}

struct reading {
    struct lvzhi_profile *profile;
    char *error;
};

static bool set_text(char **field, const char *value) {
    free(*field);
    *field = must(strdup(value));
    return value[0] != '\0';
}

static bool set_town(struct lvzhi_profile *p, const char *value) {
    char *rest;
    errno = 0;
    long number = strtol(value, &rest, 10);
    if (errno != 0 || *rest != '\0' || rest == value || number < 0 || number > 999999999)
        return false;
    p->town = (int32_t)number;
    return true;
}

static int on_key(void *data, const char *section, const char *key, const char *value) {
    struct reading *r = data;
    struct lvzhi_profile *p = r->profile;
    bool good;
    if (section[0] != '\0')
        good = true; /* another program's */
    else if (strcmp(key, "address") == 0)
        good = set_text(&p->address, value);
    else if (strcmp(key, "login") == 0)
        good = set_text(&p->login, value);
    else if (strcmp(key, "password") == 0)
        good = set_text(&p->password, value);
    else if (strcmp(key, "device_key") == 0)
        good = set_text(&p->device_key, value);
    else if (strcmp(key, "outbox") == 0)
        good = set_text(&p->outbox, value);
    else if (strcmp(key, "town") == 0)
        good = set_town(p, value);
    else if (strcmp(key, "server_key") == 0)
        good = p->has_server_key = lvzhi_hex_parse(value, p->server_key, sizeof p->server_key);
    else if (strcmp(key, "installation") == 0)
        good = p->has_installation = uuid_parse(value, p->installation);
    else if (strcmp(key, "device") == 0)
        good = p->has_device = uuid_parse(value, p->device);
    else if (strcmp(key, "token") == 0)
        good = p->has_token = lvzhi_hex_parse(value, p->token, sizeof p->token);
    else {
        snprintf(r->error, LVZHI_PROFILE_ERROR_SIZE, "unknown key \"%.60s\"", key);
        return 0;
    }
    if (!good)
        snprintf(r->error, LVZHI_PROFILE_ERROR_SIZE, "%s cannot be read", key);
    return good;
}

/* Why inih would read this line otherwise than it stands there; NULL: it would not. */
static const char *misread(const char *line, size_t size) {
    switch (setting_line_judge(line, size)) {
    case SETTING_LINE_LONG:
        return "the line is too long";
    case SETTING_LINE_INDENTED:
        return "begin the line without blanks: it would be taken for more of the one before";
    case SETTING_LINE_CUT:
        return "the line would be cut at ' ;': give a comment a line of its own; leave out such a password, and "
               "lvzhi login asks for it";
    case SETTING_LINE_FINE:
        break;
    }
    return NULL;
}

/* Up to the first section, which is another program's. Returns the line's number; 0: all are well. */
static int find_misread(FILE *file, const char **ret_why) {
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    int number = 0;
    *ret_why = NULL;
    while (*ret_why == NULL && (size = getline(&line, &room, file)) > 0 && line[0] != '[') {
        number++;
        *ret_why = misread(line, (size_t)size - (line[size - 1] == '\n'));
    }
    if (line != NULL) /* it may have held a password, and need not end */
        explicit_bzero(line, room);
    free(line);
    rewind(file);
    return *ret_why == NULL ? 0 : number;
}

bool lvzhi_profile_read(const char *path, struct lvzhi_profile *ret_profile, char ret_error[LVZHI_PROFILE_ERROR_SIZE]) {
    char why[LVZHI_PROFILE_ERROR_SIZE] = "";
    struct stat stat;
    *ret_profile = (struct lvzhi_profile){.path = must(strdup(path))};
    FILE *file = fopen(path, "re");
    if (file == NULL || fstat(fileno(file), &stat) != 0) {
        snprintf(ret_error, LVZHI_PROFILE_ERROR_SIZE, "%.300s: %s", path, strerror(errno));
        if (file != NULL)
            fclose(file);
        lvzhi_profile_clear(ret_profile);
        return false;
    }
    const char *fault;
    int line = find_misread(file, &fault);
    if (line != 0)
        snprintf(why, sizeof why, "%s", fault);
    else
        line = ini_parse_file(file, on_key, &(struct reading){ret_profile, why});
    fclose(file);
    bool secret = ret_profile->password != NULL || ret_profile->has_token;
    if (line != 0)
        snprintf(ret_error, LVZHI_PROFILE_ERROR_SIZE, "%.300s:%d: %.150s", path, line,
                 why[0] ? why : "not key = value");
    else if (ret_profile->address == NULL)
        snprintf(ret_error, LVZHI_PROFILE_ERROR_SIZE, "%.300s: address is missing", path);
    else if (secret && (stat.st_mode & 077) != 0)
        snprintf(ret_error, LVZHI_PROFILE_ERROR_SIZE, "%.300s: others may read it (chmod 600)", path);
    else
        return true;
    lvzhi_profile_clear(ret_profile);
    return false;
}

static void print_profile(const struct lvzhi_profile *p, FILE *out) {
    char text[2 * LVZHI_PROFILE_TOKEN_SIZE + 1];
    fprintf(out, "address = %s\n", p->address);
    if (p->has_server_key) {
        lvzhi_hex_format(p->server_key, sizeof p->server_key, text);
        fprintf(out, "server_key = %s\n", text);
    }
    if (p->has_installation) {
        uuid_format(p->installation, text);
        fprintf(out, "installation = %s\n", text);
    }
    fprintf(out, "town = %d\n", p->town);
    if (p->login != NULL)
        fprintf(out, "login = %s\n", p->login);
    if (p->password != NULL)
        fprintf(out, "password = %s\n", p->password);
    if (p->has_token) {
        lvzhi_hex_format(p->token, sizeof p->token, text);
        fprintf(out, "token = %s\n", text);
    }
    if (p->has_device) {
        uuid_format(p->device, text);
        fprintf(out, "device = %s\n", text);
    }
    if (p->device_key != NULL)
        fprintf(out, "device_key = %s\n", p->device_key);
    if (p->outbox != NULL)
        fprintf(out, "outbox = %s\n", p->outbox);
}

/* Would the line of this text be read as it is? inih takes the blanks around a value off. */
static bool can_be_kept(const char *key, const char *value) {
    size_t size = value == NULL ? 0 : strlen(value);
    if (value == NULL)
        return true;
    if (size == 0 || value[0] == ' ' || value[size - 1] == ' ')
        return false;
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)value[i] < ' ')
            return false;
    char line[SETTING_LINE_MAX + 2]; /* one that is cut off here is still too long */
    snprintf(line, sizeof line, "%s = %s", key, value);
    bool kept = setting_line_judge(line, strlen(line)) == SETTING_LINE_FINE;
    explicit_bzero(line, sizeof line);
    return kept;
}

/* The key of the first text that a file cannot hold; NULL: all can be kept. */
static const char *not_to_be_kept(const struct lvzhi_profile *p) {
    const struct {
        const char *key, *value;
    } texts[] = {{"address", p->address},
                 {"login", p->login},
                 {"password", p->password},
                 {"device_key", p->device_key},
                 {"outbox", p->outbox}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!can_be_kept(texts[i].key, texts[i].value))
            return texts[i].key;
    return NULL;
}

/* After a power cut either the old file stands there or the new one. */
static bool flush_directory(const char *path) {
    char *copy = must(strdup(path));
    int directory = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(copy);
    /* never false: a file has just been made there */
    bool done = directory >= 0 && fsync(directory) == 0;
    /* never false: as before */
    if (directory >= 0)
        close(directory);
    return done;
}

bool lvzhi_profile_write(const struct lvzhi_profile *profile, const char *path,
                         char ret_error[LVZHI_PROFILE_ERROR_SIZE]) {
    char *fresh;
    const char *key = not_to_be_kept(profile);
    if (key != NULL) {
        snprintf(ret_error, LVZHI_PROFILE_ERROR_SIZE, "%.300s: a profile cannot hold this %s", path, key);
        return false;
    }
    if (asprintf(&fresh, "%s.XXXXXX", path) < 0)
        abort();
    int fd = mkostemp(fresh, O_CLOEXEC); /* made with mode 0600 */
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    bool done = file != NULL;
    if (done) {
        print_profile(profile, file);
        done = fflush(file) == 0 && fsync(fd) == 0;
        done = fclose(file) == 0 && done;
        done = done && rename(fresh, path) == 0 && flush_directory(path);
    }
    if (!done) {
        snprintf(ret_error, LVZHI_PROFILE_ERROR_SIZE, "%.300s: %s", path, strerror(errno));
        if (fd >= 0)
            unlink(fresh);
    }
    free(fresh);
    return done;
}

char *lvzhi_profile_path(const struct lvzhi_profile *profile, const char *path) {
    char *joined, *copy;
    if (path[0] == '/')
        return must(strdup(path));
    copy = must(strdup(profile->path));
    int size = asprintf(&joined, "%s/%s", dirname(copy), path);
    free(copy);
    return size < 0 ? must(NULL) : joined;
}

static void forget(char *secret) {
    if (secret != NULL)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

void lvzhi_profile_clear(struct lvzhi_profile *p) {
    free(p->path);
    free(p->address);
    free(p->login);
    forget(p->password);
    free(p->device_key);
    free(p->outbox);
    explicit_bzero(p, sizeof *p);
}
