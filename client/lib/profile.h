/* profile.h - who speaks to which centre, and how it is known: one INI file of mode 0600.
 *
 * Keys: address, server_key, installation, town, login, token or password, device, device_key, outbox. Relative paths
 * are relative to the file's directory. */
#ifndef LVZHI_PROFILE_H
#define LVZHI_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LVZHI_PROFILE_TOKEN_SIZE = 32, LVZHI_PROFILE_ERROR_SIZE = 512 };

/* Strings are owned, NULL when unset. */
struct lvzhi_profile {
    char *path;    /* of the file */
    char *address; /* "host:port" or "unix:/path" */
    char *login;
    char *password;
    char *device_key;       /* as written; lvzhi_profile_path() resolves it */
    char *outbox;           /* as written */
    uint8_t server_key[32]; /* SHA-256 of the server's SubjectPublicKeyInfo */
    uint8_t installation[16];
    uint8_t device[16];
    uint8_t token[LVZHI_PROFILE_TOKEN_SIZE];
    int32_t town;
    bool has_server_key, has_installation, has_device, has_token;
};

/* The file of `name`: `name` itself when it holds a '/', else ~/.config/lvzhi/NAME; NULL means "default". Owned by the
 * caller; NULL: there is no home directory. */
char *lvzhi_profile_find(const char *name);

/* Read a file. False: ret_error says in one line what is wrong and where (missing, an unknown key, a bad value, a
 * line that would be cut at " ;", readable by others while it holds a secret); *ret_profile is then empty. */
bool lvzhi_profile_read(const char *path, struct lvzhi_profile *ret_profile, char ret_error[LVZHI_PROFILE_ERROR_SIZE])
    __attribute__((warn_unused_result));

/* Write it to `path` with mode 0600, whole or not at all (a new file, flushed, then renamed). False: ret_error; a text
 * that would not be read as it is (blanks at an end, " ;", a line's end, too long) is not written either. */
bool lvzhi_profile_write(const struct lvzhi_profile *profile, const char *path,
                         char ret_error[LVZHI_PROFILE_ERROR_SIZE]) __attribute__((warn_unused_result));

/* `path` as seen from the profile's directory, owned by the caller. */
char *lvzhi_profile_path(const struct lvzhi_profile *profile, const char *path);

void lvzhi_profile_clear(struct lvzhi_profile *profile);

/* 2 x size hex digits -> bytes; false when `text` is anything else. And back, with the closing NUL. */
bool lvzhi_hex_parse(const char *text, uint8_t *ret_bytes, size_t size) __attribute__((warn_unused_result));
void lvzhi_hex_format(const uint8_t *bytes, size_t size, char *ret_text);

#endif
