#include "upload.h"

#include "file.h"
#include "json.h"
#include "metadata.h"
#include "progress.h"
#include "say.h"
#include "uuid.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

/* On a slow line each further one makes the first wait longer. */
enum { IN_FLIGHT = 3 };

struct sending {
    struct session *session;
    size_t in_flight;
    struct answer failed; /* the first answer that is no reply */
    bool has_failed;
};

static json_t *base64(const void *bytes, size_t size) {
    char *text = malloc(size / 3 * 4 + 5);
    if (text == NULL)
        abort();
    lvzhi_base64_format(bytes, size, text);
    json_t *json = json_string(text);
    free(text);
    return json;
}

int upload_read(const char *path, bool keep_metadata, struct buffer *ret_bytes, enum lvzhi_file_type *ret_type) {
    struct buffer all = {0};
    if (!file_read(path, UPLOAD_LIMIT, &all)) {
        buffer_release(&all);
        return EXIT_USAGE;
    }
    int code = EXIT_USAGE;
    *ret_type = lvzhi_file_type(buffer_size(&all) > 0 ? buffer_data(&all) : (const uint8_t *)"", buffer_size(&all));
    if (*ret_type == LVZHI_FILE_OTHER) {
        say_fact("这不是 JPEG、PNG 或 PDF 文件", "this is no JPEG, PNG or PDF file", path,
                 "看的是文件的内容，不是名字；换成这三种之一再加 / its content counts, not its name: make it one of "
                 "these three");
    } else if (!keep_metadata && !lvzhi_metadata_strip(*ret_type, buffer_data(&all), buffer_size(&all), ret_bytes)) {
        say_fact("文件不完整，读不出来", "the file is not whole: it cannot be read", path,
                 "重新拍照或扫描；确实要原样存放用 --keep-metadata / take or scan it again; to keep it as it is, use "
                 "--keep-metadata");
    } else {
        if (keep_metadata)
            buffer_append(ret_bytes, buffer_data(&all), buffer_size(&all));
        code = EXIT_DONE;
    }
    buffer_release(&all);
    return code;
}

static json_t *start(struct session *s, const struct upload *u, int *ret_exit) {
    uint8_t id[UUID_SIZE], digest[SHA256_DIGEST_LENGTH];
    char id_text[UUID_TEXT_SIZE];
    uuid_v7((uint64_t)(now_us() / 1000), id);
    uuid_format(id, id_text);
    SHA256(buffer_data(u->bytes), buffer_size(u->bytes), digest);
    json_t *request = json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:b}", "op", rpc_fresh_op(s), "attachment_id",
                                id_text, "subject", u->subject, "record_code", u->record_code, "name", u->name, "type",
                                lvzhi_file_type_word(u->type), "size", (json_int_t)buffer_size(u->bytes), "sha256",
                                base64(digest, sizeof digest), "sealed", u->sealed);
    rpc_set(request, "note", u->note);
    rpc_set(request, "redacts_id", u->redacts_id);
    return rpc_read(s, "AttachmentStart", request, ret_exit);
}

static bool is_received(const json_t *started, size_t number) {
    const json_t *received = json_object_get(started, "received");
    for (size_t i = 0; i < json_array_size(received); i++)
        if (json_integer_value(json_array_get(received, i)) == (json_int_t)number)
            return true;
    return false;
}

static void on_chunk(const struct answer *answer, void *data) {
    struct sending *sending = data;
    sending->in_flight--;
    if (answer->kind == ANSWER_REPLY || sending->has_failed)
        return;
    sending->has_failed = true;
    answer_copy(answer, &sending->failed);
}

static bool send_chunk(struct sending *sending, const struct method *method, json_t *request) {
    struct session *s = sending->session;
    struct buffer bytes = {0};
    bool good = rpc_pack(method, request, &bytes);
    json_decref(request);
    if (good) {
        sending->in_flight++;
        session_submit(s, method->number, buffer_data(&bytes), buffer_size(&bytes), on_chunk, sending);
        good = session_wait(s, &sending->in_flight, IN_FLIGHT, s->cli->timeout_ms);
    }
    buffer_release(&bytes);
    return good;
}

static int send_chunks(struct session *s, const struct upload *u, const json_t *started) {
    const struct method *method = rpc_method(s, "AttachmentChunk");
    const size_t size = buffer_size(u->bytes), step = (size_t)rpc_number(started, "chunk_size");
    struct sending sending = {.session = s};
    bool good = method != NULL && step > 0;
    for (size_t at = 0, number = 0; good && !sending.has_failed && at < size; at += step, number++) {
        size_t part = size - at < step ? size - at : step;
        if (is_received(started, number))
            continue;
        good = send_chunk(&sending, method,
                          json_pack("{s:o, s:O, s:I, s:o}", "op", rpc_fresh_op(s), "attachment_id",
                                    json_object_get(started, "attachment_id"), "number", (json_int_t)number, "bytes",
                                    base64(buffer_data(u->bytes) + at, part)));
        progress_show(_("上传"), at + part, size);
    }
    good = session_wait(s, &sending.in_flight, 0, s->cli->timeout_ms) && good && !sending.has_failed;
    progress_end();
    int code = EXIT_DONE;
    if (!good) {
        code = sending.has_failed ? say_answer(&sending.failed) : EXIT_NO_CONNECTION;
        say("文件没有传完", "the file was not sent whole",
            "再加一次同一个文件，会从断开的地方接着传 / add the same file again: it goes on where it stopped");
    }
    answer_clear(&sending.failed);
    return code;
}

json_t *upload_send(struct session *s, const struct upload *u, const char *summary, int *ret_exit) {
    json_t *reply = NULL, *started = start(s, u, ret_exit);
    if (json_object_get(started, "code") != NULL) {
        say_fact("这条记录已有同样的文件", "the record has this file already", rpc_text(started, "code"), NULL);
        reply = json_pack("{s:O, s:O}", "code", json_object_get(started, "code"), "attachment_id",
                          json_object_get(started, "attachment_id"));
    } else if (started != NULL) {
        *ret_exit = send_chunks(s, u, started);
        if (*ret_exit == EXIT_DONE)
            reply = rpc_write(s, "AttachmentFinish",
                              json_pack("{s:O}", "attachment_id", json_object_get(started, "attachment_id")), summary,
                              ret_exit);
    }
    json_decref(started);
    return reply;
}

/* One chunk more; false: said. */
static bool take_chunk(struct session *s, const json_t *attachment, const json_t *look_id, size_t number,
                       struct buffer *bytes, int *ret_exit) {
    json_t *request = json_pack("{s:O, s:I}", "attachment_id", json_object_get(attachment, "attachment_id"), "number",
                                (json_int_t)number);
    if (look_id != NULL)
        json_object_set(request, "look_id", (json_t *)(uintptr_t)look_id);
    json_t *reply = rpc_read(s, "ReadAttachment", request, ret_exit);
    const char *text = rpc_text(reply, "bytes");
    ptrdiff_t size = lvzhi_base64_parse(text, buffer_reserve(bytes, strlen(text) / 4 * 3 + 3));
    bool good = reply != NULL && size > 0;
    if (good)
        buffer_grow(bytes, (size_t)size);
    else if (reply != NULL)
        *ret_exit = EXIT_REFUSED;
    json_decref(reply);
    return good;
}

int download(struct session *s, const json_t *attachment, const json_t *look_id, struct buffer *ret_bytes) {
    const size_t size = (size_t)rpc_number(attachment, "size");
    uint8_t digest[SHA256_DIGEST_LENGTH], wanted[2 * SHA256_DIGEST_LENGTH];
    const char *sha256 = rpc_text(attachment, "sha256");
    int code = EXIT_DONE;
    for (size_t number = 0; code == EXIT_DONE && buffer_size(ret_bytes) < size; number++)
        if (take_chunk(s, attachment, look_id, number, ret_bytes, &code))
            progress_show(_("下载"), buffer_size(ret_bytes), size);
    progress_end();
    if (code != EXIT_DONE)
        return code;
    SHA256(buffer_size(ret_bytes) > 0 ? buffer_data(ret_bytes) : (const uint8_t *)"", buffer_size(ret_bytes), digest);
    if (strlen(sha256) / 4 * 3 <= sizeof wanted && lvzhi_base64_parse(sha256, wanted) == sizeof digest &&
        memcmp(wanted, digest, sizeof digest) == 0)
        return EXIT_DONE;
    say_fact("收到的文件和服务器上的不一样，没有保存", "what came is not what the centre has; nothing was saved",
             rpc_text(attachment, "code"),
             "再取一次；仍然这样请告诉技术人员 / get it again; if it stays so tell your "
             "technician");
    return EXIT_REFUSED;
}
