/* password.h - Argon2id (RFC 9106) through libsodium, in the thread pool: two at once, the rest wait their turn.
 *
 * The only work of the daemon that is not on the loop's thread. */
#ifndef LVZHI_PASSWORD_H
#define LVZHI_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct passwords;

struct passwords *passwords_new(uv_loop_t *loop);
/* Being hashed, or waiting for it. */
size_t passwords_waiting(const struct passwords *passwords);
void passwords_free(struct passwords *passwords); /* when none is under way */

enum { PASSWORD_HASH_SIZE = 128 }; /* with the closing NUL: crypto_pwhash_STRBYTES */

/* Hash a new password. `then` gets the string, or NULL when there was no memory for it. False: too many wait; `then`
 * does not come. The password is copied, and wiped after use. */
bool password_hash(struct passwords *passwords, const char *password, void *user,
                   void (*then)(void *user, const char *hash)) __attribute__((warn_unused_result));

enum password_verdict {
    PASSWORD_RIGHT,
    PASSWORD_WRONG,
    PASSWORD_NO_MEMORY, /* nobody knows: not to be counted as a failure of whoever logs in */
};

/* Does the password belong to the hash? With hash NULL (no such account) as much time is spent, and it is wrong. */
bool password_verify(struct passwords *passwords, const char *password, const char *hash, void *user,
                     void (*then)(void *user, enum password_verdict verdict)) __attribute__((warn_unused_result));

#endif
