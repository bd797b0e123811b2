#include "operation.h"

#include "rpc.h"
#include "say.h"
#include "status.h"

#include <stdlib.h>
#include <string.h>

static const char kept_next[] =
    "它存在这台电脑上，下次运行 lvzhi 时自动重发（lvzhi outbox 可查看） / it is kept on this "
    "machine and sent again by the next lvzhi command (see lvzhi outbox)";

char *operation_outbox_path(const struct session *s) {
    if (s->profile.outbox != NULL)
        return lvzhi_profile_path(&s->profile, s->profile.outbox);
    const char *slash = strrchr(s->profile.path, '/');
    char *relative, *path;
    if (asprintf(&relative, "outbox/%s.db", slash != NULL ? slash + 1 : s->profile.path) < 0)
        abort();
    path = lvzhi_profile_path(&s->profile, relative);
    free(relative);
    return path;
}

int operation_prepare(struct session *s) {
    char error[LVZHI_PROFILE_ERROR_SIZE];
    char *path = operation_outbox_path(s);
    s->outbox = lvzhi_outbox_open(path, error, sizeof error);
    free(path);
    if (s->outbox != NULL)
        return EXIT_DONE;
    say_fact("发件箱打不开", "the outbox cannot be opened", error, NULL);
    return EXIT_USAGE;
}

/* No answer yet is the outcome of these: the operation goes on waiting. */
static bool is_final(const struct answer *answer) {
    if (answer->kind != ANSWER_ERROR)
        return answer->kind == ANSWER_REPLY;
    switch (answer->code) {
    case WIRE_BUSY:
    case WIRE_RATE_LIMITED:
    case WIRE_DEADLINE:
    case WIRE_UNAVAILABLE:
    case WIRE_INTERNAL:
    case WIRE_UNAUTHENTICATED:
    case WIRE_LOCKED_OUT:
        return false;
    default:
        return true;
    }
}

void operation_keep(struct session *s, const uint8_t op_id[16], const struct answer *answer) {
    bool kept = true;
    if (is_final(answer))
        kept = lvzhi_outbox_answer(s->outbox, op_id, answer->kind == ANSWER_ERROR ? answer->code : 0,
                                   buffer_data(&answer->payload), buffer_size(&answer->payload), s->centre_us);
    else if (answer->kind == ANSWER_ERROR && answer->code == WIRE_INTERNAL)
        kept = lvzhi_outbox_park(s->outbox, op_id);
    if (!kept) /* harmless: it is sent again, and the centre does it once */
        say_fact("答复没有存进发件箱", "the answer could not be kept in the outbox", lvzhi_outbox_error(s->outbox),
                 NULL);
}

static void remember(struct session *s, const struct lvzhi_operation *operation, const struct answer *answer) {
    s->resolved = reallocarray(s->resolved, s->n_resolved + 1, sizeof *s->resolved);
    if (s->resolved == NULL)
        abort();
    struct resolved *resolved = &s->resolved[s->n_resolved++];
    memcpy(resolved->digest, operation->digest, sizeof resolved->digest);
    answer_copy(answer, &resolved->answer);
}

static int resend_one(struct session *s, const struct lvzhi_operation *operation) {
    struct answer answer;
    if (!lvzhi_outbox_attempt(s->outbox, operation->op_id)) {
        say_fact("发件箱写不了", "the outbox cannot be written", lvzhi_outbox_error(s->outbox), NULL);
        return EXIT_NO_CONNECTION;
    }
    session_call(s, operation->method, operation->payload, operation->payload_size,
                 rpc_timeout_ms(s, operation->method), &answer);
    operation_keep(s, operation->op_id, &answer);
    int code = EXIT_DONE;
    if (answer.kind == ANSWER_REPLY) {
        say_fact("上次未得到答复的操作已送达", "an operation that had no answer has reached the centre",
                 operation->summary, NULL);
        remember(s, operation, &answer);
    } else if (is_final(&answer)) {
        say_fact("上次未得到答复的操作被拒绝", "an operation that had no answer was refused", operation->summary, NULL);
        say_answer(&answer);
        remember(s, operation, &answer);
    } else {
        say_fact("上次的操作仍未得到答复", "an earlier operation still has no answer", operation->summary, NULL);
        code = say_answer(&answer);
    }
    answer_clear(&answer);
    return code;
}

int operation_resend(struct session *s, bool parked_too) {
    struct lvzhi_operation *operations;
    size_t count;
    if (!s->has_caller)
        return EXIT_DONE;
    if (!lvzhi_outbox_forget(s->outbox, s->centre_us)) {
        say_fact("发件箱写不了", "the outbox cannot be written", lvzhi_outbox_error(s->outbox), NULL);
        return EXIT_USAGE;
    }
    if (!lvzhi_outbox_waiting(s->outbox, s->town_id, s->account_id, parked_too, &operations, &count)) {
        say_fact("发件箱读不了", "the outbox cannot be read", lvzhi_outbox_error(s->outbox), NULL);
        return EXIT_USAGE;
    }
    int code = EXIT_DONE;
    for (size_t i = 0; i < count && code == EXIT_DONE; i++) {
        code = resend_one(s, &operations[i]);
        if (code == EXIT_NO_CONNECTION && s->connection != NULL)
            code = EXIT_DONE; /* this one alone has no answer; the others need not wait for it */
    }
    lvzhi_operations_free(operations, count);
    return code;
}

const struct answer *operation_resolved(const struct session *s, const struct method *method, const void *same,
                                        size_t same_size) {
    uint8_t digest[LVZHI_DIGEST_SIZE];
    lvzhi_outbox_digest(method->number, same, same_size, digest);
    for (size_t i = 0; i < s->n_resolved; i++)
        if (memcmp(s->resolved[i].digest, digest, sizeof digest) == 0)
            return &s->resolved[i].answer;
    return NULL;
}

/* The same command is on its way already. */
static bool still_waiting(struct session *s, const struct write *write) {
    struct lvzhi_operation *operations;
    size_t count;
    uint8_t digest[LVZHI_DIGEST_SIZE];
    bool found = false;
    if (write->same != NULL)
        lvzhi_outbox_digest(write->method->number, write->same, write->same_size, digest);
    else
        lvzhi_outbox_digest(write->method->number, buffer_data(write->body), buffer_size(write->body), digest);
    if (!lvzhi_outbox_waiting(s->outbox, s->town_id, s->account_id, true, &operations, &count))
        return false;
    for (size_t i = 0; i < count; i++)
        found = found || memcmp(operations[i].digest, digest, sizeof digest) == 0;
    lvzhi_operations_free(operations, count);
    return found;
}

bool operation_store(struct session *s, const struct write *write, struct lvzhi_operation *ret_operation,
                     int *ret_exit) {
    const ProtobufCFieldDescriptor *op = rpc_op_field(write->method);
    struct lvzhi_draft draft = {
        .town_id = s->town_id,
        .author_id = s->account_id,
        .device_id = s->has_device ? s->device_id : NULL,
        .device_seq_seen = s->device_seq,
        .method = write->method->number,
        .op_field = op->id,
        .body = buffer_data(write->body),
        .body_size = buffer_size(write->body),
        .same = write->same,
        .same_size = write->same_size,
        .summary = write->summary,
        .secret = write->secret,
        .now_us = now_us(),
    };
    if (!s->has_caller) {
        struct answer answer = {.kind = ANSWER_ERROR, .code = WIRE_UNAUTHENTICATED};
        *ret_exit = say_answer(&answer);
        return false;
    }
    if (lvzhi_outbox_add(s->outbox, &draft, ret_operation))
        return true;
    say_fact("发件箱写不了，什么也没有发送", "the outbox cannot be written; nothing was sent",
             lvzhi_outbox_error(s->outbox), NULL);
    *ret_exit = EXIT_USAGE;
    return false;
}

static bool settle(struct session *s, const struct write *write, const struct lvzhi_operation *operation,
                   struct answer *ret_answer, int *ret_exit) {
    if (!lvzhi_outbox_attempt(s->outbox, operation->op_id)) { /* it is stored all the same */
        say_fact("发件箱写不了", "the outbox cannot be written", lvzhi_outbox_error(s->outbox), NULL);
        say_fact("操作还没有送达", "the operation has no answer yet", write->summary, kept_next);
        *ret_exit = EXIT_NO_CONNECTION;
        return false;
    }
    uint32_t timeout_ms = write->timeout_ms != 0 ? write->timeout_ms : s->cli->timeout_ms;
    session_call(s, operation->method, operation->payload, operation->payload_size, timeout_ms, ret_answer);
    operation_keep(s, operation->op_id, ret_answer);
    if (is_final(ret_answer))
        return true;
    *ret_exit = say_answer(ret_answer);
    say_fact("操作还没有送达", "the operation has no answer yet", write->summary, kept_next);
    answer_clear(ret_answer);
    return false;
}

bool operation_run(struct session *s, const struct write *write, struct answer *ret_answer, int *ret_exit) {
    const void *same = write->same != NULL ? write->same : buffer_data(write->body);
    size_t same_size = write->same != NULL ? write->same_size : buffer_size(write->body);
    const struct answer *earlier = operation_resolved(s, write->method, same, same_size);
    if (earlier != NULL) {
        say("这条命令就是刚才重发的操作，不再做第二次",
            "this command is the operation just sent again; it is not done twice", NULL);
        answer_copy(earlier, ret_answer);
        return true;
    }
    if (s->has_caller && still_waiting(s, write)) {
        say_fact("同样的操作还在等待答复，不再做第二次",
                 "the same operation still waits for its answer; it is not made twice", write->summary,
                 "lvzhi outbox send");
        *ret_exit = EXIT_NO_CONNECTION;
        return false;
    }
    struct lvzhi_operation operation;
    if (!operation_store(s, write, &operation, ret_exit))
        return false;
    bool answered = settle(s, write, &operation, ret_answer, ret_exit);
    lvzhi_operation_clear(&operation);
    return answered;
}
