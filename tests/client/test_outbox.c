#include "lvzhi/v1/wire.pb-c.h"
#include "outbox.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const int64_t NOW_US = 1750000000000000, DAY_US = 86400LL * 1000000;
static const uint8_t author[16] = {1}, stranger[16] = {2}, device[16] = {3};

static char directory[] = "/tmp/outbox.XXXXXX", path[64];

static void make_directory(void) {
    cr_assert_not_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/box/a.db", directory);
}

static void remove_directory(void) {
    static const char *const endings[] = {"", "-wal", "-shm"};
    char file[80];
    for (int i = 0; i < 3; i++) {
        snprintf(file, sizeof file, "%s%s", path, endings[i]);
        unlink(file);
    }
    snprintf(file, sizeof file, "%s/box", directory);
    rmdir(file);
    rmdir(directory);
}

TestSuite(outbox, .init = make_directory, .fini = remove_directory);

static struct lvzhi_outbox *opened(void) {
    char error[256] = "";
    struct lvzhi_outbox *outbox = lvzhi_outbox_open(path, error, sizeof error);
    cr_assert_not_null(outbox, "%s", error);
    return outbox;
}

static const struct lvzhi_draft draft = {
    .town_id = 7,
    .author_id = author,
    .device_id = device,
    .method = 33,
    .op_field = 1,
    .body = "\x12\x01z",
    .body_size = 3,
    .summary = "attendance",
    .now_us = 1750000000000000,
};

static struct lvzhi_operation added(struct lvzhi_outbox *outbox, const struct lvzhi_draft *of) {
    struct lvzhi_operation operation;
    cr_assert(lvzhi_outbox_add(outbox, of, &operation), "%s", lvzhi_outbox_error(outbox));
    return operation;
}

static size_t waiting(struct lvzhi_outbox *outbox, const uint8_t *of, bool parked_too) {
    struct lvzhi_operation *operations;
    size_t count;
    cr_assert(lvzhi_outbox_waiting(outbox, 7, of, parked_too, &operations, &count));
    lvzhi_operations_free(operations, count);
    return count;
}

Test(outbox, survives_with_the_same_bytes) {
    struct lvzhi_outbox *outbox = opened();
    struct lvzhi_operation one = added(outbox, &draft), *found;
    lvzhi_outbox_close(outbox);
    outbox = opened();
    size_t count;
    cr_assert(lvzhi_outbox_waiting(outbox, 7, author, false, &found, &count));
    cr_assert_eq(count, 1);
    cr_assert_arr_eq(found->op_id, one.op_id, 16);
    cr_assert_arr_eq(found->digest, one.digest, LVZHI_DIGEST_SIZE);
    cr_assert_eq(found->payload_size, one.payload_size);
    cr_assert_arr_eq(found->payload, one.payload, one.payload_size);
    cr_assert_str_eq(found->summary, "attendance");
    cr_assert_eq(found->method, 33);
    lvzhi_operations_free(found, count);
    lvzhi_operation_clear(&one);
    lvzhi_outbox_close(outbox);
}

Test(outbox, the_payload_is_op_and_body) {
    struct lvzhi_outbox *outbox = opened();
    struct lvzhi_operation o = added(outbox, &draft);
    cr_assert_eq(o.payload[0], 0x0a); /* field 1, a message */
    size_t op_size = o.payload[1];
    cr_assert_eq(o.payload_size, 2 + op_size + 3);
    cr_assert_arr_eq(o.payload + 2 + op_size, "\x12\x01z", 3);
    Lvzhi__V1__Op *op = lvzhi__v1__op__unpack(NULL, op_size, o.payload + 2);
    cr_assert_not_null(op);
    cr_assert_arr_eq(op->op_id.data, o.op_id, 16);
    cr_assert_arr_eq(op->author_id.data, author, 16);
    cr_assert_arr_eq(op->device_id.data, device, 16);
    cr_assert_eq(op->device_seq, 1u);
    cr_assert_eq(op->authored_us, NOW_US);
    lvzhi__v1__op__free_unpacked(op, NULL);
    lvzhi_operation_clear(&o);
    lvzhi_outbox_close(outbox);
}

Test(outbox, the_device_counts_upwards) {
    struct lvzhi_outbox *outbox = opened();
    struct lvzhi_draft later = draft;
    uint64_t want[] = {1, 2, 41, 42};
    for (int i = 0; i < 4; i++) {
        later.device_seq_seen = i == 2 ? 40 : 0;
        struct lvzhi_operation o = added(outbox, &later);
        cr_assert_eq(o.device_seq, want[i]);
        if (i != 1)
            cr_assert(lvzhi_outbox_answer(outbox, o.op_id, 0, NULL, 0, NOW_US));
        lvzhi_operation_clear(&o);
        if (i == 0)
            cr_assert_eq(lvzhi_outbox_acked(outbox, device), 1u);
    }
    cr_assert_eq(lvzhi_outbox_acked(outbox, device), 1u); /* the second still waits */
    cr_assert_eq(lvzhi_outbox_acked(outbox, stranger), 0u);
    lvzhi_outbox_close(outbox);
}

Test(outbox, the_same_command_has_the_same_digest) {
    struct lvzhi_outbox *outbox = opened();
    struct lvzhi_draft other = draft;
    struct lvzhi_operation a = added(outbox, &draft), b = added(outbox, &draft);
    other.method = 34;
    struct lvzhi_operation c = added(outbox, &other);
    other.same = "key";
    other.same_size = 3;
    struct lvzhi_operation d = added(outbox, &other);
    other.body = "\x12\x01y";
    struct lvzhi_operation e = added(outbox, &other);
    cr_assert_arr_eq(a.digest, b.digest, LVZHI_DIGEST_SIZE);
    cr_assert_arr_neq(a.op_id, b.op_id, 16);
    cr_assert_arr_neq(a.digest, c.digest, LVZHI_DIGEST_SIZE);
    cr_assert_arr_neq(c.digest, d.digest, LVZHI_DIGEST_SIZE);
    cr_assert_arr_eq(d.digest, e.digest, LVZHI_DIGEST_SIZE);
    struct lvzhi_operation *all[] = {&a, &b, &c, &d, &e};
    for (int i = 0; i < 5; i++)
        lvzhi_operation_clear(all[i]);
    lvzhi_outbox_close(outbox);
}

Test(outbox, answers_end_the_waiting) {
    struct lvzhi_outbox *outbox = opened();
    struct lvzhi_operation a = added(outbox, &draft), b = added(outbox, &draft), c = added(outbox, &draft);
    cr_assert_eq(waiting(outbox, author, false), 3u);
    cr_assert_eq(waiting(outbox, stranger, false), 0u);
    cr_assert_eq(waiting(outbox, NULL, false), 3u);
    cr_assert(lvzhi_outbox_answer(outbox, a.op_id, 0, "ok", 2, NOW_US));
    cr_assert(lvzhi_outbox_answer(outbox, b.op_id, 0x8020, "no", 2, NOW_US));
    cr_assert(lvzhi_outbox_attempt(outbox, c.op_id));
    cr_assert(lvzhi_outbox_park(outbox, c.op_id));
    cr_assert_eq(waiting(outbox, author, false), 0u);
    cr_assert_eq(waiting(outbox, author, true), 1u);
    cr_assert(lvzhi_outbox_park(outbox, a.op_id)); /* an answered one stays answered */
    cr_assert_eq(waiting(outbox, author, true), 1u);
    lvzhi_operation_clear(&a);
    lvzhi_operation_clear(&b);
    lvzhi_operation_clear(&c);
    lvzhi_outbox_close(outbox);
}

static int64_t rows_of(enum lvzhi_operation_state state) {
    sqlite3 *db;
    sqlite3_stmt *s;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db, "select count(*) from operation where state = ?", -1, &s, NULL), SQLITE_OK);
    sqlite3_bind_int(s, 1, (int)state);
    cr_assert_eq(sqlite3_step(s), SQLITE_ROW);
    int64_t count = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return count;
}

Test(outbox, keeps_answers_for_thirty_days_and_the_unanswered_for_ever) {
    struct lvzhi_outbox *outbox = opened();
    struct lvzhi_operation a = added(outbox, &draft), b = added(outbox, &draft), c = added(outbox, &draft),
                           d = added(outbox, &draft);
    cr_assert(lvzhi_outbox_answer(outbox, a.op_id, 0, "ok", 2, NOW_US));
    cr_assert(lvzhi_outbox_answer(outbox, b.op_id, 0x8020, "no", 2, NOW_US));
    cr_assert(lvzhi_outbox_park(outbox, c.op_id));
    cr_assert(lvzhi_outbox_forget(outbox, NOW_US + LVZHI_OUTBOX_KEPT_DAYS * DAY_US));
    cr_assert(rows_of(LVZHI_DONE) == 1 && rows_of(LVZHI_REFUSED) == 1);
    cr_assert(lvzhi_outbox_forget(outbox, NOW_US + LVZHI_OUTBOX_KEPT_DAYS * DAY_US + 1));
    cr_assert(rows_of(LVZHI_DONE) == 0 && rows_of(LVZHI_REFUSED) == 0);
    cr_assert(lvzhi_outbox_forget(outbox, NOW_US + 1000 * DAY_US));
    cr_assert(rows_of(LVZHI_PENDING) == 1 && rows_of(LVZHI_PARKED) == 1);
    cr_assert_eq(lvzhi_outbox_acked(outbox, device), c.device_seq - 1);
    struct lvzhi_operation *all[] = {&a, &b, &c, &d};
    for (int i = 0; i < 4; i++)
        lvzhi_operation_clear(all[i]);
    lvzhi_outbox_close(outbox);
}

/* Is the text anywhere in the file or its log? */
static bool holds(const char *text) {
    char command[256];
    snprintf(command, sizeof command, "cat %s %s-wal 2>/dev/null | grep -qa %s", path, path, text);
    return system(command) == 0;
}

Test(outbox, a_secret_goes_with_its_answer) {
    struct lvzhi_outbox *outbox = opened();
    struct lvzhi_draft with_password = draft;
    with_password.body = "hunter2hunter2";
    with_password.body_size = 14;
    with_password.secret = true;
    struct lvzhi_operation o = added(outbox, &with_password);
    cr_assert(holds("hunter2hunter2"));
    cr_assert(lvzhi_outbox_answer(outbox, o.op_id, 0, NULL, 0, NOW_US));
    lvzhi_operation_clear(&o);
    lvzhi_outbox_close(outbox);
    cr_assert_not(holds("hunter2hunter2"));
}

Test(outbox, only_its_owner_reads_it) {
    struct stat stat_of;
    lvzhi_outbox_close(opened());
    cr_assert_eq(stat(path, &stat_of), 0);
    cr_assert_eq(stat_of.st_mode & 0777, 0600u);
}

Test(outbox, a_row_that_others_have_made_is_listed) {
    sqlite3 *db;
    char box[64];
    snprintf(box, sizeof box, "%s/box", directory);
    cr_assert_eq(mkdir(box, 0700), 0);
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    const char *sql =
        "create table operation (number, op_id, town_id, author_id, device_id, device_seq, method, payload,"
        "  digest, summary, secret, created_us, attempts, state, answered_us, code, reply);"
        "insert into operation (op_id, method, payload, state) values ('x', 70000, 1.5, 0)";
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    struct lvzhi_outbox *outbox = opened();
    cr_assert_eq(waiting(outbox, NULL, true), 1u);
    lvzhi_outbox_close(outbox);
}

Test(outbox, a_file_that_is_no_outbox_is_left_alone) {
    char error[256] = "", box[64];
    snprintf(box, sizeof box, "%s/box", directory);
    cr_assert_eq(mkdir(box, 0700), 0);
    FILE *file = fopen(path, "w");
    fputs("this is somebody's letter, not a database, and long enough to be looked at", file);
    fclose(file);
    cr_assert_null(lvzhi_outbox_open(path, error, sizeof error));
    cr_assert_neq(error[0], '\0');
}
