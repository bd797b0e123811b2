#include "outbox.h"

#include "lvzhi/v1/wire.pb-c.h"
#include "store.h"
#include "uuid.h"

#include <assert.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUSY_LIMIT_MS = 10000, ID_SIZE = 16 };

static const int64_t DAY_US = 86400LL * 1000 * 1000;

static const char schema[] =
    "pragma journal_mode = wal;"
    "pragma synchronous = full;"
    "pragma secure_delete = on;"
    "create table if not exists device (device_id blob primary key, seq integer not null) without rowid;"
    "create table if not exists operation ("
    "  number integer primary key,"
    "  op_id blob not null unique,"
    "  town_id integer not null,"
    "  author_id blob not null,"
    "  device_id blob,"
    "  device_seq integer,"
    "  method integer not null,"
    "  payload blob,"
    "  digest blob not null,"
    "  summary text not null,"
    "  secret integer not null,"
    "  created_us integer not null,"
    "  attempts integer not null default 0,"
    "  state integer not null default 0," /* enum lvzhi_operation_state */
    "  answered_us integer,"
    "  code integer,"
    "  reply blob);"
    "create index if not exists operation_waiting on operation (state) where state in (0, 3);"
    "create index if not exists operation_device on operation (device_id, device_seq);";

struct lvzhi_outbox {
    sqlite3 *db;
};

static void *must(void *memory) {
    if (memory == NULL)
        abort();
    return memory;
}

const char *lvzhi_outbox_error(const struct lvzhi_outbox *outbox) {
    return sqlite3_errmsg(outbox->db);
}

static sqlite3_stmt *prepare(struct lvzhi_outbox *outbox, const char *sql) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(outbox->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return NULL; /* sqlite3's functions do nothing with a NULL statement, and sqlite3_step() fails */
    return statement;
}

static void bind_blob(sqlite3_stmt *statement, int index, const void *bytes, size_t size) {
    if (bytes == NULL)
        sqlite3_bind_null(statement, index);
    else
        sqlite3_bind_blob64(statement, index, bytes, size, SQLITE_TRANSIENT);
}

/* Run a statement that gives no rows; the statement is gone afterwards. */
static bool run(sqlite3_stmt *statement) {
    bool done = statement != NULL && sqlite3_step(statement) == SQLITE_DONE;
    return sqlite3_finalize(statement) == SQLITE_OK && done;
}

static bool execute(struct lvzhi_outbox *outbox, const char *sql) {
    return sqlite3_exec(outbox->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

bool lvzhi_outbox_forget(struct lvzhi_outbox *outbox, int64_t centre_us) {
    sqlite3_stmt *s = prepare(outbox, "delete from operation where state in (1, 2) and answered_us < ?");
    sqlite3_bind_int64(s, 1, centre_us - LVZHI_OUTBOX_KEPT_DAYS * DAY_US);
    return run(s);
}

struct lvzhi_outbox *lvzhi_outbox_open(const char *path, char *ret_error, size_t error_size) {
    sqlite3 *db = lvzhi_store_open(path, schema, BUSY_LIMIT_MS, ret_error, error_size);
    if (db == NULL)
        return NULL;
    struct lvzhi_outbox *outbox = must(calloc(1, sizeof *outbox));
    outbox->db = db;
    return outbox;
}

void lvzhi_outbox_close(struct lvzhi_outbox *outbox) {
    if (outbox == NULL)
        return;
    sqlite3_close(outbox->db);
    free(outbox);
}

void lvzhi_outbox_digest(uint16_t method, const void *same, size_t size, uint8_t ret_digest[LVZHI_DIGEST_SIZE]) {
    struct buffer bytes = {0};
    uint8_t number[2] = {(uint8_t)method, (uint8_t)(method >> 8)};
    buffer_append(&bytes, number, sizeof number);
    buffer_append(&bytes, same, size);
    SHA256(buffer_data(&bytes), buffer_size(&bytes), ret_digest);
    explicit_bzero(bytes.bytes, bytes.capacity);
    buffer_release(&bytes);
}

/* The device's next number, above what the centre has seen. */
static bool next_seq(struct lvzhi_outbox *outbox, const struct lvzhi_draft *draft, uint64_t *ret_seq) {
    sqlite3_stmt *s = prepare(outbox, "insert into device (device_id, seq) values (?1, ?2 + 1) on conflict (device_id) "
                                      "do update set seq = max(seq, ?2) + 1 returning seq");
    bind_blob(s, 1, draft->device_id, ID_SIZE);
    sqlite3_bind_int64(s, 2, (int64_t)draft->device_seq_seen);
    bool found = s != NULL && sqlite3_step(s) == SQLITE_ROW;
    if (found) {
        *ret_seq = (uint64_t)sqlite3_column_int64(s, 0);
        found = sqlite3_step(s) == SQLITE_DONE;
    }
    return sqlite3_finalize(s) == SQLITE_OK && found;
}

static size_t put_varint(uint8_t *to, uint64_t value) {
    size_t size = 0;
    while (value >= 0x80) {
        to[size++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    to[size++] = (uint8_t)value;
    return size;
}

/* The request is its field `op` followed by the other fields: protobuf asks for no order. */
static void put_payload(const struct lvzhi_draft *draft, struct lvzhi_operation *operation) {
    Lvzhi__V1__Op op = LVZHI__V1__OP__INIT;
    op.has_op_id = op.has_author_id = op.has_authored_us = true;
    op.op_id = (ProtobufCBinaryData){ID_SIZE, operation->op_id};
    op.author_id = (ProtobufCBinaryData){ID_SIZE, operation->author_id};
    op.authored_us = draft->now_us;
    uint8_t device_id[ID_SIZE];
    if (draft->device_id != NULL) {
        memcpy(device_id, draft->device_id, ID_SIZE);
        op.has_device_id = op.has_device_seq = true;
        op.device_id = (ProtobufCBinaryData){ID_SIZE, device_id};
        op.device_seq = operation->device_seq;
    }
    size_t op_size = lvzhi__v1__op__get_packed_size(&op);
    uint8_t head[20];
    size_t head_size = put_varint(head, draft->op_field << 3 | 2);
    head_size += put_varint(head + head_size, op_size);
    operation->payload_size = head_size + op_size + draft->body_size;
    operation->payload = must(malloc(operation->payload_size));
    memcpy(operation->payload, head, head_size);
    lvzhi__v1__op__pack(&op, operation->payload + head_size);
    if (draft->body_size > 0)
        memcpy(operation->payload + head_size + op_size, draft->body, draft->body_size);
}

static bool insert(struct lvzhi_outbox *outbox, const struct lvzhi_draft *draft, const struct lvzhi_operation *o) {
    sqlite3_stmt *s =
        prepare(outbox, "insert into operation (op_id, town_id, author_id, device_id, device_seq, method, "
                        "payload, digest, summary, secret, created_us) "
                        "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    bind_blob(s, 1, o->op_id, ID_SIZE);
    sqlite3_bind_int(s, 2, o->town_id);
    bind_blob(s, 3, o->author_id, ID_SIZE);
    bind_blob(s, 4, draft->device_id, ID_SIZE);
    if (draft->device_id != NULL)
        sqlite3_bind_int64(s, 5, (int64_t)o->device_seq);
    sqlite3_bind_int(s, 6, o->method);
    bind_blob(s, 7, o->payload, o->payload_size);
    bind_blob(s, 8, o->digest, LVZHI_DIGEST_SIZE);
    sqlite3_bind_text(s, 9, o->summary, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int(s, 10, draft->secret);
    sqlite3_bind_int64(s, 11, o->created_us);
    return run(s);
}

bool lvzhi_outbox_add(struct lvzhi_outbox *outbox, const struct lvzhi_draft *draft,
                      struct lvzhi_operation *ret_operation) {
    assert(draft->op_field > 0 && draft->author_id != NULL);
    struct lvzhi_operation o = {.town_id = draft->town_id, .method = draft->method, .created_us = draft->now_us};
    uuid_v7((uint64_t)(draft->now_us / 1000), o.op_id);
    memcpy(o.author_id, draft->author_id, ID_SIZE);
    if (draft->same != NULL)
        lvzhi_outbox_digest(draft->method, draft->same, draft->same_size, o.digest);
    else
        lvzhi_outbox_digest(draft->method, draft->body, draft->body_size, o.digest);
    o.summary = must(strdup(draft->summary));

    bool stored = execute(outbox, "begin immediate");
    if (stored && draft->device_id != NULL)
        stored = next_seq(outbox, draft, &o.device_seq);
    if (stored) {
        put_payload(draft, &o);
        stored = insert(outbox, draft, &o) && execute(outbox, "commit");
    }
    if (!stored) {
        if (!sqlite3_get_autocommit(outbox->db))
            (void)execute(outbox, "rollback");
        lvzhi_operation_clear(&o);
        return false;
    }
    *ret_operation = o;
    return true;
}

static void read_operation(sqlite3_stmt *s, struct lvzhi_operation *ret) {
    *ret = (struct lvzhi_operation){0};
    if (sqlite3_column_bytes(s, 0) == ID_SIZE)
        memcpy(ret->op_id, sqlite3_column_blob(s, 0), ID_SIZE);
    ret->town_id = sqlite3_column_int(s, 1);
    if (sqlite3_column_bytes(s, 2) == ID_SIZE)
        memcpy(ret->author_id, sqlite3_column_blob(s, 2), ID_SIZE);
    ret->device_seq = (uint64_t)sqlite3_column_int64(s, 3);
    ret->method = (uint16_t)sqlite3_column_int(s, 4);
    ret->payload_size = (size_t)sqlite3_column_bytes(s, 5);
    ret->payload = must(malloc(ret->payload_size + 1));
    if (ret->payload_size > 0)
        memcpy(ret->payload, sqlite3_column_blob(s, 5), ret->payload_size);
    if (sqlite3_column_bytes(s, 6) == LVZHI_DIGEST_SIZE)
        memcpy(ret->digest, sqlite3_column_blob(s, 6), LVZHI_DIGEST_SIZE);
    const char *summary = (const char *)sqlite3_column_text(s, 7); /* NULL: in a file that others have made */
    ret->summary = must(strdup(summary != NULL ? summary : ""));
    ret->created_us = sqlite3_column_int64(s, 8);
    ret->attempts = sqlite3_column_int(s, 9);
    ret->state = (enum lvzhi_operation_state)sqlite3_column_int(s, 10);
}

bool lvzhi_outbox_waiting(struct lvzhi_outbox *outbox, int32_t town_id, const uint8_t *author_id, bool parked_too,
                          struct lvzhi_operation **ret_operations, size_t *ret_count) {
    sqlite3_stmt *s =
        prepare(outbox, "select op_id, town_id, author_id, coalesce(device_seq, 0), method, payload, digest, summary, "
                        "created_us, attempts, state from operation where state in (0, 3) and (state = 0 or ?3) "
                        "and (?2 is null or (town_id = ?1 and author_id = ?2)) order by number");
    sqlite3_bind_int(s, 1, town_id);
    bind_blob(s, 2, author_id, ID_SIZE);
    sqlite3_bind_int(s, 3, parked_too);
    struct lvzhi_operation *operations = NULL;
    size_t count = 0;
    int status = SQLITE_ERROR;
    while (s != NULL && (status = sqlite3_step(s)) == SQLITE_ROW) {
        operations = must(reallocarray(operations, count + 1, sizeof *operations));
        read_operation(s, &operations[count++]);
    }
    sqlite3_finalize(s);
    if (status != SQLITE_DONE) {
        lvzhi_operations_free(operations, count);
        return false;
    }
    *ret_operations = operations;
    *ret_count = count;
    return true;
}

void lvzhi_operation_clear(struct lvzhi_operation *operation) {
    if (operation->payload != NULL)
        explicit_bzero(operation->payload, operation->payload_size);
    free(operation->payload);
    free(operation->summary);
    *operation = (struct lvzhi_operation){0};
}

void lvzhi_operations_free(struct lvzhi_operation *operations, size_t count) {
    for (size_t i = 0; i < count; i++)
        lvzhi_operation_clear(&operations[i]);
    free(operations);
}

bool lvzhi_outbox_attempt(struct lvzhi_outbox *outbox, const uint8_t op_id[16]) {
    sqlite3_stmt *s = prepare(outbox, "update operation set attempts = attempts + 1 where op_id = ?");
    bind_blob(s, 1, op_id, ID_SIZE);
    return run(s);
}

bool lvzhi_outbox_answer(struct lvzhi_outbox *outbox, const uint8_t op_id[16], uint16_t code, const void *reply,
                         size_t size, int64_t centre_us) {
    sqlite3_stmt *s =
        prepare(outbox, "update operation set state = ?2, code = ?3, reply = ?4, answered_us = ?5, "
                        "payload = case when secret then null else payload end where op_id = ?1 and state in (0, 3)");
    bind_blob(s, 1, op_id, ID_SIZE);
    sqlite3_bind_int(s, 2, code == 0 ? LVZHI_DONE : LVZHI_REFUSED);
    sqlite3_bind_int(s, 3, code);
    bind_blob(s, 4, size > 0 ? reply : "", size);
    sqlite3_bind_int64(s, 5, centre_us);
    return run(s);
}

bool lvzhi_outbox_park(struct lvzhi_outbox *outbox, const uint8_t op_id[16]) {
    sqlite3_stmt *s = prepare(outbox, "update operation set state = 3 where op_id = ? and state = 0");
    bind_blob(s, 1, op_id, ID_SIZE);
    return run(s);
}

uint64_t lvzhi_outbox_acked(struct lvzhi_outbox *outbox, const uint8_t device_id[16]) {
    sqlite3_stmt *s = prepare(
        outbox, "select coalesce((select min(device_seq) - 1 from operation where device_id = ?1 and state in (0, 3)), "
                "(select seq from device where device_id = ?1), 0)");
    bind_blob(s, 1, device_id, ID_SIZE);
    uint64_t acked = s != NULL && sqlite3_step(s) == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
    sqlite3_finalize(s);
    return acked;
}
