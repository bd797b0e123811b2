#include "ledger.h"

#include "params.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INT4_ARRAY = 1007, INT8_ARRAY = 1016, BYTEA_ARRAY = 1001, UUID_ARRAY = 2951, TIMESTAMPTZ_ARRAY = 1185 };

const struct ledger_statement ledger_statements[LEDGER_STEPS] = {
    [LEDGER_TOWN] = {"ledger_town", "select set_config('app.town', $1, true)", 1, {PG_TEXT}},
    /* One probe of the key an id: `= any` may become a filter over the whole town, in a plan made while it was empty.
     */
    [LEDGER_LOOK_UP] = {"ledger_look_up",
                        "select o.op_id, o.method, o.digest, o.reply from unnest($2) as i (op_id) cross join lateral"
                        " (select * from data.operation as o where o.town_id = $1 and o.op_id = i.op_id limit 1) as o",
                        2,
                        {PG_INT4, UUID_ARRAY}},
    [LEDGER_INSERT] = {"ledger_insert",
                       "insert into data.operation (town_id, op_id, method, digest, reply, author_id, device_id,"
                       " device_seq, authored_at, topics, record_id, clock_off_ms)"
                       " select $1, n.* from unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) as n",
                       12,
                       {PG_INT4, UUID_ARRAY, INT4_ARRAY, BYTEA_ARRAY, BYTEA_ARRAY, UUID_ARRAY, UUID_ARRAY, INT8_ARRAY,
                        TIMESTAMPTZ_ARRAY, INT4_ARRAY, UUID_ARRAY, INT8_ARRAY}},
    /* A transactional message takes a transaction number and writes WAL, so its commit waits like any write's. */
    [LEDGER_WRITE] = {"ledger_write", "select pg_logical_emit_message(true, 'lvzhi', '')", 0, {0}},
    [LEDGER_ABANDON] = {"ledger_abandon", "select lv.refuse('conflict', 'operation_repeated')", 0, {0}},
};

static void put_int4(struct buffer *out, bool has, int32_t value) {
    params_put_int32(out, has ? 4 : -1);
    if (has)
        params_put_int32(out, value);
}

static void put_int8(struct buffer *out, bool has, int64_t value) {
    params_put_int32(out, has ? 8 : -1);
    if (has)
        params_put_int64(out, value);
}

static void put_uuid(struct buffer *out, bool has, const uint8_t id[16]) {
    params_put_int32(out, has ? 16 : -1);
    buffer_append(out, id, has ? 16 : 0);
}

/* One column of the insert: an array with a value of each item that is to be inserted. */
static void put_value(struct buffer *out, size_t column, const struct work *w) {
    const struct ledger_entry *e = w->entry;
    switch (column) {
    case 1:
        put_uuid(out, true, e->op_id);
        return;
    case 2:
        put_int4(out, true, e->method);
        return;
    case 3:
        params_put_int32(out, DIGEST_SIZE);
        buffer_append(out, e->digest, DIGEST_SIZE);
        return;
    case 4:
        params_put_int32(out, (int32_t)buffer_size(&w->reply));
        buffer_append(out, buffer_data(&w->reply), buffer_size(&w->reply));
        return;
    case 5:
        put_uuid(out, true, e->author_id);
        return;
    case 6:
        put_uuid(out, e->has_device, e->device_id);
        return;
    case 7:
        put_int8(out, e->has_device_seq, e->device_seq);
        return;
    case 8:
        put_int8(out, e->has_authored, e->authored);
        return;
    case 9:
        put_int4(out, e->topics != 0, (int32_t)e->topics);
        return;
    case 10:
        put_uuid(out, e->has_record, e->record_id);
        return;
    case 11:
        put_int8(out, e->has_clock_off, e->clock_off_ms);
        return;
    default:
        abort();
    }
}

static void put_array(struct buffer *out, uint32_t element, size_t column, const struct lane *lane, bool all) {
    int32_t count = 0;
    for (size_t i = 0; i < lane->n_items; i++)
        count += all ? lane->items[i]->entry != NULL : lane_inserts(lane, i);
    params_put_int32(out, 1);
    params_put_int32(out, 1); /* there may be nulls */
    params_put_int32(out, (int32_t)element);
    params_put_int32(out, count);
    params_put_int32(out, 1);
    for (size_t i = 0; i < lane->n_items; i++)
        if (all ? lane->items[i]->entry != NULL : lane_inserts(lane, i))
            put_value(out, column, lane->items[i]);
}

void ledger_bind(enum ledger_step step, const struct lane *lane, struct buffer *scratch,
                 struct ledger_params *ret_params) {
    static const uint32_t elements[LEDGER_PARAMS_MAX] = {
        0, PG_UUID, PG_INT4, PG_BYTEA, PG_BYTEA, PG_UUID, PG_UUID, PG_INT8, PG_TIMESTAMPTZ, PG_INT4, PG_UUID, PG_INT8,
    };
    size_t starts[LEDGER_PARAMS_MAX + 1];
    size_t count = ledger_statements[step].n_params;
    scratch->start = scratch->end = 0;
    for (size_t i = 0; i < count; i++) {
        starts[i] = buffer_size(scratch);
        if (step == LEDGER_TOWN) {
            char text[16];
            int size = snprintf(text, sizeof text, "%d", lane->town_id);
            buffer_append(scratch, text, (size_t)size);
        } else if (i == 0) {
            params_put_int32(scratch, lane->town_id);
        } else {
            put_array(scratch, elements[i], i, lane, step == LEDGER_LOOK_UP);
        }
    }
    starts[count] = buffer_size(scratch);
    ret_params->count = count;
    for (size_t i = 0; i < count; i++) {
        ret_params->values[i] = (const char *)buffer_data(scratch) + starts[i];
        ret_params->lengths[i] = (int)(starts[i + 1] - starts[i]);
    }
}

void ledger_digest(uint16_t method, const uint8_t *payload, size_t size, const uint8_t *key,
                   uint8_t ret_digest[DIGEST_SIZE]) {
    uint8_t head[2] = {(uint8_t)method, (uint8_t)(method >> 8)};
    static EVP_MD *sha256;
    static EVP_MD_CTX *context; /* the daemon has one thread that digests */
    if (sha256 == NULL) {
        sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
        context = EVP_MD_CTX_new();
    }
    if (key == NULL) {
        /* never false: OpenSSL hashes what it is given */
        bool ok = EVP_DigestInit_ex2(context, sha256, NULL) == 1 && EVP_DigestUpdate(context, head, sizeof head) == 1 &&
                  EVP_DigestUpdate(context, payload, size) == 1 && EVP_DigestFinal_ex(context, ret_digest, NULL) == 1;
        assert(ok);
        (void)ok;
        return;
    }
    uint8_t *all = malloc(size + sizeof head);
    if (all == NULL)
        abort();
    memcpy(all, head, sizeof head);
    memcpy(all + sizeof head, payload, size);
    bool ok = HMAC(EVP_sha256(), key, 32, all, size + sizeof head, ret_digest, NULL) != NULL;
    assert(ok);
    (void)ok;
    explicit_bzero(all, size + sizeof head);
    free(all);
}
