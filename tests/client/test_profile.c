#include "profile.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/profile.XXXXXX", path[64];

static void make_directory(void) {
    cr_assert_not_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/p", directory);
}

static void remove_directory(void) {
    unlink(path);
    cr_assert_eq(rmdir(directory), 0, "something was left behind");
}

TestSuite(profile, .init = make_directory, .fini = remove_directory);

static void put(const char *text, mode_t mode) {
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
    cr_assert_eq(chmod(path, mode), 0);
}

static const char whole[] = "; a room's\naddress = centre:7443\n"
                            "server_key = 00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff\n"
                            "installation = 01900000-0000-7000-8000-000000000001\ntown = 533421121\nlogin = G01\n"
                            "password = pass word\ndevice = 01900000-0000-7000-8000-000000000002\n"
                            "device_key = keys/G01.pem\noutbox = /var/lib/x.db\n";

static struct lvzhi_profile read_good(void) {
    struct lvzhi_profile profile;
    char error[LVZHI_PROFILE_ERROR_SIZE] = "";
    cr_assert(lvzhi_profile_read(path, &profile, error), "%s", error);
    return profile;
}

Test(profile, reads_every_key) {
    put(whole, 0600);
    struct lvzhi_profile p = read_good();
    cr_assert_str_eq(p.address, "centre:7443");
    cr_assert(p.has_server_key && p.has_installation && p.has_device && !p.has_token);
    cr_assert_eq(p.server_key[10], 0xaa);
    cr_assert_eq(p.device[15], 2);
    cr_assert_eq(p.town, 533421121);
    cr_assert_str_eq(p.login, "G01");
    cr_assert_str_eq(p.password, "pass word");
    char *key = lvzhi_profile_path(&p, p.device_key), *outbox = lvzhi_profile_path(&p, p.outbox), want[96];
    snprintf(want, sizeof want, "%s/keys/G01.pem", directory);
    cr_assert_str_eq(key, want);
    cr_assert_str_eq(outbox, "/var/lib/x.db");
    free(key);
    free(outbox);
    lvzhi_profile_clear(&p);
}

Test(profile, writes_what_it_reads_with_a_token) {
    put(whole, 0600);
    struct lvzhi_profile p = read_good();
    char error[LVZHI_PROFILE_ERROR_SIZE];
    memset(p.token, 0x5a, sizeof p.token);
    p.has_token = true;
    cr_assert(lvzhi_profile_write(&p, path, error), "%s", error);
    struct stat stat_of;
    cr_assert_eq(stat(path, &stat_of), 0);
    cr_assert_eq(stat_of.st_mode & 0777, 0600u);
    struct lvzhi_profile again = read_good();
    cr_assert(again.has_token);
    cr_assert_arr_eq(again.token, p.token, sizeof p.token);
    cr_assert_arr_eq(again.server_key, p.server_key, sizeof p.server_key);
    cr_assert_arr_eq(again.installation, p.installation, sizeof p.installation);
    cr_assert_str_eq(again.password, p.password);
    cr_assert_str_eq(again.device_key, p.device_key);
    cr_assert_eq(again.town, p.town);
    lvzhi_profile_clear(&p);
    lvzhi_profile_clear(&again);
}

Test(profile, a_write_that_fails_leaves_the_old_file) {
    put(whole, 0600);
    struct lvzhi_profile p = read_good();
    char error[LVZHI_PROFILE_ERROR_SIZE] = "", nowhere[96];
    snprintf(nowhere, sizeof nowhere, "%s/none/p", directory);
    cr_assert_not(lvzhi_profile_write(&p, nowhere, error));
    cr_assert_neq(error[0], '\0');
    lvzhi_profile_clear(&p);
}

Test(profile, what_would_be_read_as_another_text_is_not_written) {
    char error[LVZHI_PROFILE_ERROR_SIZE] = "", longest[256] = "";
    memset(longest, 'x', 190);
    char *const texts[] = {"", " a", "a ", "a ;b", ";a", "a\nlogin = D001", "a\tb", longest};
    put(whole, 0600);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct lvzhi_profile p = {.address = "centre:7443", .password = texts[i]};
        cr_assert_not(lvzhi_profile_write(&p, path, error), "%s", texts[i]);
        cr_assert_not_null(strstr(error, "password"), "%s", error);
    }
    struct lvzhi_profile kept = read_good();
    cr_assert_str_eq(kept.password, "pass word");
    lvzhi_profile_clear(&kept);
    longest[197 - strlen("password = ")] = '\0';
    struct lvzhi_profile p = {.address = "a;b", .password = longest};
    cr_assert(lvzhi_profile_write(&p, path, error), "%s", error);
    kept = read_good();
    cr_assert_str_eq(kept.address, "a;b");
    cr_assert_str_eq(kept.password, longest);
    lvzhi_profile_clear(&kept);
}

Test(profile, faults_name_file_and_line) {
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"address = a:1\ntown = x\n", ":2: town cannot be read"},
        {"address = a:1\ntown = -1\n", ":2: town cannot be read"},
        {"address = a:1\nserver_key = 12\n", ":2: server_key cannot be read"},
        {"device = 0190\naddress = a:1\n", ":1: device cannot be read"},
        {"address = a:1\n\npasword = x\n", ":3: unknown key \"pasword\""},
        {"town = 1\n", ": address is missing"},
        {"address\n", ":1: not key = value"},
        {"address = a:1\ntown =\n", ":2: town cannot be read"},
        {"address = a:1\ntown = 1x\n", ":2: town cannot be read"},
        {"address = a:1\ntown = 1000000000\n", ":2: town cannot be read"},
        {"address = a:1\ntown = 99999999999999999999\n", ":2: town cannot be read"},
        {"address = a:1\ntoken = x0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n",
         ":2: token cannot be read"},
        {"address = a:1\ntoken = 0x112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n",
         ":2: token cannot be read"},
        {"address = a:1\ninstallation = x\n", ":2: installation cannot be read"},
        {"address =\n", ":1: address cannot be read"},
        {"address = a:1\npassword = x ;y\n", ":2: the line would be cut at ' ;': give a comment a line of its own; "
                                             "leave out such a password, and lvzhi login "
                                             "asks for it"},
        {"address = a:1\nlogin = a\n  password = x\n",
         ":3: begin the line without blanks: it would be taken for more of the one before"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lvzhi_profile p;
        char error[LVZHI_PROFILE_ERROR_SIZE] = "";
        put(cases[i].text, 0600);
        cr_assert_not(lvzhi_profile_read(path, &p, error), "%s", cases[i].text);
        cr_assert(strncmp(error, path, strlen(path)) == 0, "%s", error);
        cr_assert_str_eq(error + strlen(path), cases[i].says);
    }
}

Test(profile, semicolons_that_are_no_comment) {
    struct lvzhi_profile p;
    put("; a ;b\n  # c ;d\naddress = a:1\npassword =;x;y#\n[others]\nkey = x ;y\n  z\n", 0600);
    p = read_good();
    cr_assert_str_eq(p.password, ";x;y#");
    lvzhi_profile_clear(&p);
}

Test(profile, a_line_that_is_too_long) {
    struct lvzhi_profile p;
    char text[300], error[LVZHI_PROFILE_ERROR_SIZE];
    for (int size = 180; size < 199; size++) {
        snprintf(text, sizeof text, "address = a:1\npassword = %0*d\n", size, 0);
        put(text, 0600);
        bool good = lvzhi_profile_read(path, &p, error);
        cr_assert_eq(good, strlen("password = ") + (size_t)size <= 197, "%d: %s", size, error);
        cr_assert(!good || strlen(p.password) == (size_t)size);
        cr_assert(good || strstr(error, ":2: the line is too long") != NULL, "%s", error);
        lvzhi_profile_clear(&p);
    }
}

Test(profile, a_secret_others_may_read_is_refused) {
    struct lvzhi_profile p;
    char error[LVZHI_PROFILE_ERROR_SIZE] = "";
    put(whole, 0644);
    cr_assert_not(lvzhi_profile_read(path, &p, error));
    cr_assert_not_null(strstr(error, "chmod 600"));
    put("address = unix:/run/x\n", 0644); /* nothing secret in it */
    p = read_good();
    lvzhi_profile_clear(&p);
}

Test(profile, names_and_paths) {
    setenv("HOME", "/home/wang", 1);
    unsetenv("XDG_CONFIG_HOME");
    static const struct {
        const char *name, *path;
    } cases[] = {{NULL, "/home/wang/.config/lvzhi/default"}, {"room", "/home/wang/.config/lvzhi/room"}, {"./x", "./x"}};
    for (int i = 0; i < 3; i++) {
        char *found = lvzhi_profile_find(cases[i].name);
        cr_assert_str_eq(found, cases[i].path);
        free(found);
    }
}

Test(profile, as_little_as_there_can_be) {
    struct lvzhi_profile p;
    char error[LVZHI_PROFILE_ERROR_SIZE] = "";
    put("address = unix:/run/x\n[other program]\nwhat = ever\n", 0600);
    p = read_good();
    cr_assert(lvzhi_profile_write(&p, path, error), "%s", error);
    lvzhi_profile_clear(&p);
    p = read_good();
    cr_expect(!p.has_server_key && !p.has_installation && !p.has_token && !p.has_device);
    cr_expect(p.login == NULL && p.password == NULL && p.device_key == NULL && p.outbox == NULL);
    lvzhi_profile_clear(&p);
    cr_assert_not(lvzhi_profile_read("/nowhere/p", &p, error));
    cr_expect_not_null(strstr(error, "/nowhere/p: "));
}

/* Where a directory stands in its place, nothing is left beside it. */
Test(profile, a_place_that_is_taken) {
    struct lvzhi_profile p;
    char error[LVZHI_PROFILE_ERROR_SIZE] = "", taken[96];
    put(whole, 0600);
    p = read_good();
    snprintf(taken, sizeof taken, "%s/d", directory);
    cr_assert_eq(mkdir(taken, 0700), 0);
    cr_expect_not(lvzhi_profile_write(&p, taken, error));
    cr_assert_eq(rmdir(taken), 0);
    lvzhi_profile_clear(&p);
}

/* A disk that takes no more. */
Test(profile, nothing_can_be_written) {
    struct lvzhi_profile p;
    struct rlimit limit, none;
    char error[LVZHI_PROFILE_ERROR_SIZE] = "";
    put(whole, 0600);
    p = read_good();
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    none = limit;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_FSIZE, &none);
    bool written = lvzhi_profile_write(&p, path, error);
    setrlimit(RLIMIT_FSIZE, &limit);
    cr_expect(!written && error[0] != '\0');
    lvzhi_profile_clear(&p);
    p = read_good(); /* what was there is there */
    lvzhi_profile_clear(&p);
    put("address = a:1\ntoken = 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n", 0644);
    cr_expect_not(lvzhi_profile_read(path, &p, error));
}

Test(profile, places_of_the_desktop) {
    setenv("HOME", "/home/wang", 1);
    setenv("XDG_CONFIG_HOME", "/etc/x", 1);
    char *found = lvzhi_profile_find("room");
    cr_expect_str_eq(found, "/etc/x/lvzhi/room");
    free(found);
    setenv("XDG_CONFIG_HOME", "relative", 1); /* counts as none */
    found = lvzhi_profile_find("room");
    cr_expect_str_eq(found, "/home/wang/.config/lvzhi/room");
    free(found);
    setenv("HOME", "", 1);
    cr_expect_null(lvzhi_profile_find("room"));
    unsetenv("HOME");
    cr_expect_null(lvzhi_profile_find("room"));
}
