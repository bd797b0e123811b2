/* enrol.h - making this machine a device of the town: a new key here, its public half to the centre. */
#ifndef LVZHI_ENROL_H
#define LVZHI_ENROL_H

#include "session.h"

/* Make the key for `profile` at profile->device_key: at first under a name of its own. False: said. */
bool enrol_key(const struct lvzhi_profile *profile, uint8_t ret_public_key[TLS_DEVICE_KEY_SIZE])
    __attribute__((warn_unused_result));

/* The request's bytes, appended. */
void enrol_pack(const char *code, const uint8_t public_key[TLS_DEVICE_KEY_SIZE], const char *name,
                struct buffer *bytes);

/* The centre has said yes: the key gets its name, and `profile` its device, town and installation; the file is not
 * written. False: said. */
bool enrol_take(struct lvzhi_profile *profile, const struct answer *answer) __attribute__((warn_unused_result));

/* The directory of `path`, with those above it, mode 0700. */
bool make_directories(const char *path);

#endif
