#include "day.h"
#include "nouns.h"
#include "say.h"
#include "seals.h"
#include "uuid.h"

#include <stdlib.h>
#include <string.h>

enum { NEVER_SEALED = INT32_MAX };

/* What a check has come to. */
struct check {
    struct session *session;
    struct lvzhi_seals *store;
    json_t *seals;    /* as the centre has them */
    json_t *findings; /* {finding, seal_no, position, facet, key, code, call} */
    int32_t kept;     /* seals that were kept here and are the same */
};

static json_t *add_finding(struct check *c, const char *finding, const json_t *of) {
    json_t *row = json_object();
    static const char *const fields[] = {"seal_no", "position", "facet", "key", "code"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (json_object_get(of, fields[i]) != NULL)
            json_object_set(row, fields[i], json_object_get(of, fields[i]));
    const struct method *method = catalogue_method(c->session->catalogue, (uint16_t)rpc_number(of, "method"));
    rpc_set(row, "call", method != NULL ? method->name : NULL);
    rpc_set(row, "finding", finding);
    json_array_append_new(c->findings, row);
    return row;
}

/* Seals. */

/* Each seal is what its parts make of it, follows the one before and is the one that was kept. */
static bool check_seals(struct check *c) {
    uint8_t previous[LVZHI_HASH_SIZE] = {0}, hash[LVZHI_HASH_SIZE];
    struct lvzhi_seal seal = {0};
    size_t count = json_array_size(c->seals);
    for (size_t i = 0; i < count; i++) {
        const json_t *json = json_array_get(c->seals, i);
        if (!seals_read(c->session, json, &seal))
            return false;
        lvzhi_seal_digest(&seal, hash);
        enum lvzhi_kept kept = lvzhi_seals_compare(c->store, &seal);
        if (kept == LVZHI_KEPT_OTHER)
            add_finding(c, "seal_differs", json);
        else if (seal.seal_no != (int32_t)i + 1 || memcmp(hash, seal.hash, sizeof hash) != 0 ||
                 memcmp(previous, seal.previous, sizeof previous) != 0)
            add_finding(c, "seal_broken", json);
        else if (kept == LVZHI_KEPT_NONE && !lvzhi_seals_keep(c->store, &seal, now_us()))
            return false;
        c->kept += kept == LVZHI_KEPT_SAME;
        memcpy(previous, seal.hash, sizeof previous);
    }
    if (lvzhi_seals_last(c->store, c->session->town_id) > seal.seal_no) {
        json_t *row = json_pack("{s:i}", "seal_no", seal.seal_no + 1);
        add_finding(c, "seal_missing", row);
        json_decref(row);
    }
    return true;
}

/* Leaves. */

static void put_bytes(struct buffer *out, const json_t *leaf, const char *key) {
    uint8_t bytes[64];
    ptrdiff_t size = seals_bytes(leaf, key, bytes, sizeof bytes);
    if (size >= 0)
        lvzhi_seal_put(out, bytes, (size_t)size);
    else
        lvzhi_seal_put_none(out);
}

static void put_id(struct buffer *out, const char *text) {
    uint8_t id[UUID_SIZE];
    if (uuid_parse(text, id))
        lvzhi_seal_put(out, id, sizeof id);
    else
        lvzhi_seal_put_none(out);
}

static void put_time(struct buffer *out, const json_t *leaf, const char *key) {
    int64_t us;
    if (lvzhi_time_parse(rpc_text(leaf, key), &us))
        lvzhi_seal_put_int64(out, us);
    else
        lvzhi_seal_put_none(out);
}

static void put_int32(struct buffer *out, const json_t *leaf, const char *key) {
    if (json_is_integer(json_object_get(leaf, key)))
        lvzhi_seal_put_int32(out, (int32_t)rpc_number(leaf, key));
    else
        lvzhi_seal_put_none(out);
}

static void put_int64(struct buffer *out, const json_t *leaf, const char *key) {
    if (json_is_integer(json_object_get(leaf, key)))
        lvzhi_seal_put_int64(out, rpc_number(leaf, key));
    else
        lvzhi_seal_put_none(out);
}

static void put_text(struct buffer *out, const json_t *leaf, const char *key) {
    const char *text = json_string_value(json_object_get(leaf, key));
    if (text != NULL)
        lvzhi_seal_put(out, text, strlen(text));
    else
        lvzhi_seal_put_none(out);
}

/* Is the ledger row still what its leaf has the hash of? */
static bool is_operation_whole(const struct check *c, const json_t *leaf) {
    struct buffer bytes = {0};
    uint8_t sealed[LVZHI_HASH_SIZE], hash[LVZHI_HASH_SIZE];
    lvzhi_seal_put_int32(&bytes, c->session->town_id);
    put_id(&bytes, rpc_text(leaf, "key"));
    put_int32(&bytes, leaf, "method");
    put_bytes(&bytes, leaf, "digest");
    put_bytes(&bytes, leaf, "reply_digest");
    put_id(&bytes, rpc_text(leaf, "author_id"));
    put_id(&bytes, rpc_text(leaf, "device_id"));
    put_int64(&bytes, leaf, "device_seq");
    put_time(&bytes, leaf, "authored_us");
    put_time(&bytes, leaf, "recorded_us");
    put_int32(&bytes, leaf, "topics");
    put_id(&bytes, rpc_text(leaf, "record_id"));
    put_int64(&bytes, leaf, "clock_off_ms");
    put_int64(&bytes, leaf, "place");
    put_int64(&bytes, leaf, "xact");
    lvzhi_hash(buffer_data(&bytes), buffer_size(&bytes), hash);
    buffer_release(&bytes);
    return seals_bytes(leaf, "hash", sealed, sizeof sealed) == sizeof sealed && memcmp(sealed, hash, sizeof hash) == 0;
}

static void check_leaf(struct check *c, const json_t *leaf, struct lvzhi_merkle *tree) {
    struct buffer bytes = {0};
    uint8_t hash[LVZHI_HASH_SIZE];
    put_text(&bytes, leaf, "facet");
    put_text(&bytes, leaf, "key");
    put_bytes(&bytes, leaf, "hash");
    put_text(&bytes, leaf, "finding");
    lvzhi_merkle_leaf(buffer_data(&bytes), buffer_size(&bytes), hash);
    lvzhi_merkle_add(tree, hash);
    buffer_release(&bytes);
    bool is_operation = strcmp(rpc_text(leaf, "facet"), "operation") == 0;
    if (json_object_get(leaf, "finding") != NULL)
        add_finding(c, rpc_text(leaf, "finding"), leaf);
    else if (is_operation && json_object_get(leaf, "method") == NULL)
        add_finding(c, "deleted", leaf);
    else if (is_operation && !is_operation_whole(c, leaf))
        add_finding(c, "changed", leaf);
}

/* The leaves of a seal have been seen: do they give its root? */
static void check_root(struct check *c, const json_t *json, const struct lvzhi_merkle *tree) {
    struct lvzhi_seal seal;
    uint8_t root[LVZHI_HASH_SIZE];
    lvzhi_merkle_root(tree, root);
    if (!seals_read(c->session, json, &seal) || tree->count != (uint64_t)seal.leaves ||
        memcmp(root, seal.root, sizeof root) != 0)
        add_finding(c, "seal_broken", json);
}

static int check_leaves(struct check *c) {
    struct lvzhi_merkle tree = {0};
    size_t at = 0, count = json_array_size(c->seals);
    json_t *after = NULL;
    int code = EXIT_DONE;
    do {
        json_t *page = rpc_read(c->session, "ListSealLeaves", json_pack("{s:O*}", "after", after), &code);
        const json_t *leaves = json_object_get(page, "leaves");
        for (size_t i = 0; i < json_array_size(leaves) && at < count; i++) {
            const json_t *leaf = json_array_get(leaves, i);
            json_int_t number = rpc_number(leaf, "seal_no");
            for (; at < count && number > rpc_number(json_array_get(c->seals, at), "seal_no"); at++) {
                check_root(c, json_array_get(c->seals, at), &tree);
                tree.count = 0;
            }
            if (at < count)
                check_leaf(c, leaf, &tree);
        }
        json_decref(after);
        after = json_incref(json_object_get(page, "next"));
        json_decref(page);
    } while (after != NULL && at < count);
    json_decref(after);
    for (; code == EXIT_DONE && at < count; at++) {
        check_root(c, json_array_get(c->seals, at), &tree);
        tree.count = 0;
    }
    return code;
}

/* Everything. */

static int by_place(const void *a, const void *b) {
    static const char *const keys[] = {"seal_no", "position"};
    for (size_t i = 0; i < 2; i++) {
        const json_t *x = json_object_get(*(json_t *const *)a, keys[i]),
                     *y = json_object_get(*(json_t *const *)b, keys[i]);
        json_int_t missing = i == 0 ? NEVER_SEALED : 0; /* a whole seal stands before its leaves */
        json_int_t m = x != NULL ? json_integer_value(x) : missing, n = y != NULL ? json_integer_value(y) : missing;
        if (m != n)
            return m < n ? -1 : 1;
    }
    return 0;
}

static void sort_findings(struct check *c) {
    size_t count = json_array_size(c->findings);
    json_t **rows = calloc(count + 1, sizeof *rows);
    if (rows == NULL)
        abort();
    for (size_t i = 0; i < count; i++)
        rows[i] = json_incref(json_array_get(c->findings, i));
    qsort(rows, count, sizeof(json_t *), by_place);
    json_array_clear(c->findings);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(c->findings, rows[i]);
    free(rows);
}

static const struct column finding_columns[] = {
    COLUMN_OF("finding", N_("问题"), "finding"),
    COLUMN("seal_no", N_("封存")),
    COLUMN("position", N_("第几项")),
    COLUMN("facet", N_("表")),
    COLUMN("code", N_("代码")),
    COLUMN_OF("call", N_("操作"), "call"),
    COLUMN("key", N_("编号")),
    {0},
};

static void print_result(const struct given *given, const struct check *c, const json_t *records) {
    size_t bad = json_array_size(c->findings);
    json_t *result =
        json_pack("{s:b, s:O*, s:O*, s:i, s:i, s:i, s:O}", "whole", bad == 0, "operations",
                  json_object_get(records, "operations"), "rows", json_object_get(records, "rows"), "seals",
                  (int)json_array_size(c->seals), "kept", (int)c->kept, "total", (int)bad, "findings", c->findings);
    if (given->cli->format != FORMAT_TABLE) {
        table_print(given->cli->format, result, "findings", finding_columns);
    } else if (bad == 0) {
        printf(_("%lld 条操作，%lld 行记录，%zu 次封存：完好\n"), (long long)rpc_number(records, "operations"),
               (long long)rpc_number(records, "rows"), json_array_size(c->seals));
        printf(_("其中 %d 次封存与本机早先保存的相同\n"), (int)c->kept);
    } else {
        table_print(FORMAT_TABLE, result, "findings", finding_columns);
    }
    if (bad > 0) {
        const json_t *first = json_array_get(c->findings, 0);
        char total[24], seal[24];
        snprintf(total, sizeof total, "%zu", bad);
        snprintf(seal, sizeof seal, "%lld", (long long)rpc_number(first, "seal_no"));
        char rule[64];
        snprintf(rule, sizeof rule, strncmp(rpc_text(first, "finding"), "seal_", 5) == 0 ? "%s" : "row_%s",
                 rpc_text(first, "finding"));
        const char *code = rpc_text(first, "code");
        struct lvzhi_arg args[] = {{"total", total},
                                   {"seal", seal},
                                   {"facet", rpc_text(first, "facet")},
                                   {"row", code[0] != '\0' ? code : rpc_text(first, "key")}};
        say_refusal(rule, args, 4);
    }
    json_decref(result);
}

static int verify(struct session *session, struct given *given, json_t *request) {
    struct check c = {.session = session, .store = seals_open(session), .findings = json_array()};
    json_t *records = NULL;
    int code = c.store != NULL ? EXIT_DONE : EXIT_USAGE;
    json_decref(request);
    if (code == EXIT_DONE)
        c.seals = seals_pull(session, given_flag(given, "now") ? "SealNow" : "Seals", 0, &code);
    if (c.seals != NULL && !check_seals(&c)) {
        say_fact("本机保存的封存写不了", "the seals kept here cannot be written", lvzhi_seals_error(c.store), NULL);
        code = EXIT_REFUSED;
    }
    if (code == EXIT_DONE)
        code = check_leaves(&c);
    if (code == EXIT_DONE)
        records = rpc_read(session, "VerifyRecords", json_object(), &code);
    const json_t *found = json_object_get(records, "findings");
    for (size_t i = 0; i < json_array_size(found); i++)
        add_finding(&c, rpc_text(json_array_get(found, i), "finding"), json_array_get(found, i));
    if (records != NULL) {
        sort_findings(&c);
        print_result(given, &c, records);
        code = json_array_size(c.findings) > 0 ? EXIT_REFUSED : EXIT_DONE;
    }
    json_decref(records);
    json_decref(c.findings);
    json_decref(c.seals);
    lvzhi_seals_close(c.store);
    return code;
}

static int list_seals(struct session *session, struct given *given, json_t *request) {
    int code;
    json_decref(request);
    json_t *seals = seals_pull(session, given_flag(given, "now") ? "SealNow" : "Seals", 0, &code);
    if (seals == NULL)
        return code;
    json_t *reply = json_pack("{s:o}", "seals", seals);
    command_print(given, reply);
    json_decref(reply);
    return code;
}

/* Methods are numbers in the ledger; people know them by name. */
static int list_log(struct session *session, struct given *given, json_t *request) {
    int code;
    json_t *reply = command_ask(session, given, request, &code);
    json_t *operations = json_object_get(reply, "operations");
    for (size_t i = 0; i < json_array_size(operations); i++) {
        json_t *row = json_array_get(operations, i);
        const struct method *method = catalogue_method(session->catalogue, (uint16_t)rpc_number(row, "method"));
        rpc_set(row, "method", method != NULL ? method->name : NULL);
    }
    if (reply != NULL)
        command_print(given, reply);
    json_decref(reply);
    return code;
}

static int forget(struct session *session, struct given *given, json_t *request) {
    struct lvzhi_seals *store = seals_open(session);
    int count = -1;
    json_decref(request);
    if (store != NULL) {
        count = lvzhi_seals_forget(store, session->town_id, (int32_t)strtol(given_text(given, "NUMBER"), NULL, 10));
        if (count < 0)
            say_fact("本机保存的封存写不了", "the seals kept here cannot be written", lvzhi_seals_error(store), NULL);
        else
            printf(_("已忘掉本机保存的 %d 次封存\n"), count);
    }
    lvzhi_seals_close(store);
    return count < 0 ? EXIT_REFUSED : EXIT_DONE;
}

static const struct command commands[] = {
    {.name = "verify",
     .about = N_("核对：账本、记录和封存有没有被人绕过系统改动"),
     .example = "audit verify",
     .method = "VerifyRecords",
     .options = VALUES(VALUE("now", NULL, VALUE_FLAG, 0, N_("先把到现在为止的封存起来"))),
     .run = verify},
    {.name = "seals",
     .about = N_("历次封存"),
     .example = "audit seals",
     .method = "Seals",
     .options = VALUES(VALUE("now", NULL, VALUE_FLAG, 0, N_("先把到现在为止的封存起来"))),
     .parts = PARTS({"seals", NULL,
                     COLUMNS(COLUMN("seal_no", N_("封存")), COLUMN_AS("sealed_us", N_("时间"), COLUMN_TIME),
                             COLUMN_AS("operations", N_("操作数"), COLUMN_NUMBER),
                             COLUMN_AS("rows", N_("记录行数"), COLUMN_NUMBER),
                             COLUMN_AS("findings", N_("问题"), COLUMN_NUMBER), COLUMN("hash", N_("封印"))),
                     false, false}),
     .run = list_seals},
    {.name = "log",
     .about = N_("谁在什么时候做了什么；只有代码，没有内容"),
     .example = "audit log --from 2025-11-01 --login office",
     .method = "AuditLog",
     .options = VALUES(VALUE("from", "from_on", VALUE_DAY, 0, N_("从哪天起")),
                       VALUE("to", "to_on", VALUE_DAY, 0, N_("到哪天为止")),
                       VALUE("login", "login", VALUE_TEXT, 0, N_("只看一个登录名"))),
     .parts = PARTS({"operations", NULL,
                     COLUMNS(COLUMN_AS("recorded_us", N_("时间"), COLUMN_TIME), COLUMN("login", N_("登录名")),
                             COLUMN_OF("role", N_("身份"), "role"), COLUMN("device", N_("设备")),
                             COLUMN_OF("method", N_("操作"), "call"), COLUMN_OF("action", N_("步骤"), "*_action"),
                             COLUMN("code", N_("代码")), COLUMN("seal_no", N_("封存"))),
                     false, false}),
     .run = list_log},
    {.name = "forget",
     .about = N_("服务器按规定恢复过备份以后：忘掉本机保存的、备份里没有的封存"),
     .example = "audit forget 13",
     .method = "Seals",
     .words = VALUES(VALUE("NUMBER", NULL, VALUE_NUMBER, VALUE_NEEDED, N_("从第几次封存起"))),
     .run = forget},
    {0},
};

const struct noun noun_audit = {"audit", N_("审计：封存、核对、谁做了什么"), commands};
