/* Profile files: any text. What is read is written, and reads as the same. */
#include "profile.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static bool same(const char *a, const char *b) {
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct lvzhi_profile profile, again;
    char error[LVZHI_PROFILE_ERROR_SIZE] = "";
    const char *path = scratch_file("profile", bytes, size);
    if (!lvzhi_profile_read(path, &profile, error)) {
        assert(error[0] != '\0' && profile.path == NULL && profile.password == NULL);
        return 0;
    }
    assert(profile.address != NULL && profile.town >= 0);
    if (!lvzhi_profile_write(&profile, path, error)) {
        assert(error[0] != '\0');
        lvzhi_profile_clear(&profile);
        return 0;
    }
    bool read = lvzhi_profile_read(path, &again, error);
    assert(read);
    assert(same(profile.address, again.address) && same(profile.login, again.login));
    assert(same(profile.password, again.password) && same(profile.device_key, again.device_key));
    assert(same(profile.outbox, again.outbox) && profile.town == again.town);
    assert(profile.has_token == again.has_token && memcmp(profile.token, again.token, sizeof profile.token) == 0);
    assert(profile.has_server_key == again.has_server_key && profile.has_device == again.has_device);
    lvzhi_profile_clear(&again);
    lvzhi_profile_clear(&profile);
    return 0;
}
