#include "seals.h"

#include "day.h"
#include "json.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { FOLLOW_SECONDS = 3600, FOLLOW_LIMIT_MS = 5000 };

static char *store_path(const struct session *s) {
    char *outbox = operation_outbox_path(s), *path;
    if (asprintf(&path, "%s.seals", outbox) < 0)
        abort();
    free(outbox);
    return path;
}

struct lvzhi_seals *seals_open(const struct session *s) {
    char error[LVZHI_PROFILE_ERROR_SIZE];
    char *path = store_path(s);
    struct lvzhi_seals *seals = lvzhi_seals_open(path, error, sizeof error);
    free(path);
    if (seals == NULL)
        say_fact("本机保存的封存打不开", "the seals kept here cannot be opened", error, NULL);
    return seals;
}

ptrdiff_t seals_bytes(const json_t *object, const char *key, uint8_t *ret, size_t size) {
    uint8_t bytes[128];
    const char *text = json_string_value(json_object_get(object, key));
    ptrdiff_t count = text != NULL && strlen(text) / 4 * 3 <= sizeof bytes ? lvzhi_base64_parse(text, bytes) : -1;
    if (count < 0 || (size_t)count > size)
        return -1;
    memcpy(ret, bytes, (size_t)count);
    return count;
}

bool seals_read(const struct session *s, const json_t *json, struct lvzhi_seal *ret) {
    *ret = (struct lvzhi_seal){
        .town_id = s->town_id,
        .seal_no = (int32_t)rpc_number(json, "seal_no"),
        .leaves = (int32_t)(rpc_number(json, "operations") + rpc_number(json, "rows")),
    };
    return lvzhi_time_parse(rpc_text(json, "sealed_us"), &ret->sealed_us) &&
           seals_bytes(json, "previous", ret->previous, LVZHI_HASH_SIZE) == LVZHI_HASH_SIZE &&
           seals_bytes(json, "root", ret->root, LVZHI_HASH_SIZE) == LVZHI_HASH_SIZE &&
           seals_bytes(json, "hash", ret->hash, LVZHI_HASH_SIZE) == LVZHI_HASH_SIZE;
}

json_t *seals_pull(struct session *s, const char *method, int32_t since, int *ret_exit) {
    json_t *all = json_array();
    for (;;) {
        json_t *page = rpc_read(s, method, json_pack("{s:i}", "since", since), ret_exit);
        if (page == NULL) {
            json_decref(all);
            return NULL;
        }
        json_t *seals = json_object_get(page, "seals");
        size_t count = json_array_size(seals);
        if (count > 0)
            since = (int32_t)rpc_number(json_array_get(seals, count - 1), "seal_no");
        json_array_extend(all, seals);
        bool more = count > 0 && rpc_number(page, "last") > since;
        json_decref(page);
        if (!more)
            return all;
    }
}

static void say_differs(int32_t seal_no) {
    char number[16];
    snprintf(number, sizeof number, "%d", seal_no);
    say_refusal("seal_differs", &(struct lvzhi_arg){"seal", number}, 1);
}

/* Keep one page; false: the store cannot be written, or a seal differs (said). */
static bool keep_page(const struct session *s, struct lvzhi_seals *store, const json_t *seals) {
    struct lvzhi_seal seal;
    for (size_t i = 0; i < json_array_size(seals); i++) {
        if (!seals_read(s, json_array_get(seals, i), &seal))
            return false;
        if (lvzhi_seals_compare(store, &seal) == LVZHI_KEPT_OTHER) {
            say_differs(seal.seal_no);
            return false;
        }
        if (!lvzhi_seals_keep(store, &seal, now_us()))
            return false;
    }
    return true;
}

/* From the newest one kept on, that one too: it must be what it was. One page is enough for an hour. */
static void follow(struct session *s, struct lvzhi_seals *store) {
    const struct method *method = rpc_method(s, "Seals");
    struct buffer bytes = {0};
    struct answer answer = {0};
    int32_t last = lvzhi_seals_last(store, s->town_id);
    json_t *request = json_pack("{s:i}", "since", last > 0 ? last - 1 : 0), *page = NULL;
    if (method != NULL && rpc_pack(method, request, &bytes)) {
        session_call(s, method->number, buffer_data(&bytes), buffer_size(&bytes), FOLLOW_LIMIT_MS, &answer);
        page = answer.kind == ANSWER_REPLY ? rpc_unpack(method, &answer.payload) : NULL;
    }
    if (page != NULL && keep_page(s, store, json_object_get(page, "seals")) && rpc_number(page, "last") < last)
        say_differs(last);
    json_decref(page);
    json_decref(request);
    answer_clear(&answer);
    buffer_release(&bytes);
}

void seals_follow(struct session *s) {
    struct stat status;
    char *path = store_path(s);
    bool due = stat(path, &status) != 0 || status.st_mtime < time(NULL) - FOLLOW_SECONDS;
    struct lvzhi_seals *store = NULL;
    char error[LVZHI_PROFILE_ERROR_SIZE];
    if (due && s->connection != NULL && s->has_caller)
        store = lvzhi_seals_open(path, error, sizeof error);
    if (store != NULL) {
        (void)utimensat(AT_FDCWD, path, NULL, 0); /* also when the centre does not answer: not at every command */
        bool quiet = s->quiet;
        s->quiet = true;
        follow(s, store);
        s->quiet = quiet;
    }
    lvzhi_seals_close(store);
    free(path);
}
