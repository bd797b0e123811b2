#include "profile.h"
#include "seal.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/seals.XXXXXX", path[64];

static void make_directory(void) {
    cr_assert_not_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/a.seals", directory);
}

static void remove_directory(void) {
    unlink(path);
    rmdir(directory);
}

TestSuite(seal, .init = make_directory, .fini = remove_directory);

static struct lvzhi_seals *opened(void) {
    char error[256] = "";
    struct lvzhi_seals *seals = lvzhi_seals_open(path, error, sizeof error);
    cr_assert_not_null(seals, "%s", error);
    return seals;
}

static struct lvzhi_seal seal_of(int32_t town_id, int32_t seal_no, uint8_t fill) {
    struct lvzhi_seal seal = {.town_id = town_id, .seal_no = seal_no, .leaves = 3, .sealed_us = 1750000000000000};
    memset(seal.root, fill, sizeof seal.root);
    lvzhi_seal_digest(&seal, seal.hash);
    return seal;
}

Test(seal, bytes_as_audit_proto_says) {
    static const char expected[] = "00000002"
                                   "6869"
                                   "ffffffff"
                                   "00000004"
                                   "fffffffe"
                                   "00000008"
                                   "0000000100000000";
    struct buffer bytes = {0};
    char text[sizeof expected];
    lvzhi_seal_put(&bytes, "hi", 2);
    lvzhi_seal_put_none(&bytes);
    lvzhi_seal_put_int32(&bytes, -2);
    lvzhi_seal_put_int64(&bytes, INT64_C(1) << 32);
    cr_assert_eq(buffer_size(&bytes), strlen(expected) / 2);
    lvzhi_hex_format(buffer_data(&bytes), buffer_size(&bytes), text);
    cr_assert_str_eq(text, expected);
    buffer_release(&bytes);
}

/* 32 zeros, town 7, seal 1, 32 x 0x11, 3 leaves, the time: hashed by another program. */
Test(seal, hash_of_a_seal) {
    char text[2 * LVZHI_HASH_SIZE + 1];
    struct lvzhi_seal seal = seal_of(7, 1, 0x11);
    lvzhi_hex_format(seal.hash, sizeof seal.hash, text);
    cr_assert_str_eq(text, "5fc27f3739bd3b52530adeea5c8a6bfc7525db4dbfb08aa2232063fd6c42fc95");
}

Test(seal, kept_and_compared) {
    struct lvzhi_seals *seals = opened();
    struct lvzhi_seal one = seal_of(7, 1, 1), two = seal_of(7, 2, 2), forged = seal_of(7, 2, 9);
    struct stat status;
    cr_assert_eq(lvzhi_seals_last(seals, 7), 0);
    cr_assert_eq(lvzhi_seals_compare(seals, &one), LVZHI_KEPT_NONE);
    cr_assert(lvzhi_seals_keep(seals, &one, 1) && lvzhi_seals_keep(seals, &two, 2) && lvzhi_seals_keep(seals, &two, 3));
    lvzhi_seals_close(seals);
    cr_assert(stat(path, &status) == 0 && (status.st_mode & 0777) == 0600);

    seals = opened();
    cr_assert_eq(lvzhi_seals_last(seals, 7), 2);
    cr_assert_eq(lvzhi_seals_last(seals, 8), 0);
    cr_assert_eq(lvzhi_seals_compare(seals, &two), LVZHI_KEPT_SAME);
    cr_assert_eq(lvzhi_seals_compare(seals, &forged), LVZHI_KEPT_OTHER);
    cr_assert(lvzhi_seals_keep(seals, &forged, 4)); /* beside the other one, which it cannot replace */
    cr_assert_eq(lvzhi_seals_compare(seals, &two), LVZHI_KEPT_OTHER);
    cr_assert_eq(lvzhi_seals_compare(seals, &one), LVZHI_KEPT_SAME);
    cr_assert_eq(lvzhi_seals_forget(seals, 8, 1), 0);
    cr_assert_eq(lvzhi_seals_forget(seals, 7, 2), 2);
    cr_assert_eq(lvzhi_seals_last(seals, 7), 1);
    lvzhi_seals_close(seals);
}

Test(seal, a_place_that_is_none) {
    char error[256] = "";
    cr_assert_null(lvzhi_seals_open("/proc/no/such/place", error, sizeof error));
    cr_assert(strstr(error, "/proc/no/such/place") != NULL, "%s", error);
}
