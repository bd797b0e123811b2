/* provision.c - accounts, devices and profile files for a whole town, many at a time.
 *
 * A post goes through: draft (its password on the disk, before anything is sent) -> account -> device -> enrolment over
 * TLS -> profile. What breaks off is taken up from the draft by the next run. */
#include "enrol.h"
#include "json.h"
#include "nouns.h"
#include "progress.h"
#include "roster.h"
#include "say.h"
#include "status.h"
#include "uuid.h"

#include <errno.h>
#include <openssl/sha.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { LANES = 4, SECRET_SIZE = 18, CODE_SIZE = 16, POST_TIMEOUT_MS = 120000 };

struct town {
    const char *directory;
    int32_t town_id;
    const struct lvzhi_profile *place; /* address and server_key of the profiles made */
    struct session admins[LANES];      /* accounts and devices; all of one login */
    struct session lanes[LANES];       /* without a device: they can but enrol, one after the other */
    struct job *lane_jobs[LANES];
    size_t sessions;
    struct job *ready_first, *ready_last; /* wait for a lane */
    size_t left, done;
    int code;
};

/* One post on its way. */
struct job {
    struct town *town;
    const struct post *post;
    struct session *admin;
    struct job *next_ready;
    struct lvzhi_profile profile;
    char *draft_path;
    char code[2 * CODE_SIZE + 1]; /* of the enrolment */
    uint8_t op_id[UUID_SIZE];     /* of the operation under way */
    size_t lane;
    bool password_set; /* the account was there already */
};

static void start_lanes(struct town *town);

static void job_end(struct job *job, int code) {
    struct town *town = job->town;
    if (code != EXIT_DONE && town->code == EXIT_DONE)
        town->code = code;
    town->left--;
    town->done += code == EXIT_DONE;
    lvzhi_profile_clear(&job->profile);
    free(job->draft_path);
    free(job);
}

static void job_fail(struct job *job, const char *step, const struct answer *answer) {
    char fact[200];
    snprintf(fact, sizeof fact, "%.100s (%s)", job->post->name, step);
    progress_end();
    say_fact("这一份没有做成", "this one was not made", fact, NULL);
    job_end(job, answer != NULL ? say_answer(answer) : EXIT_REFUSED);
}

static void job_write(struct job *job, const char *name, json_t *request, answer_fn *on_answer) {
    const struct method *method = rpc_method(job->admin, name);
    struct buffer body = {0};
    struct lvzhi_operation operation;
    char summary[200];
    int code = EXIT_REFUSED;
    snprintf(summary, sizeof summary, "%s %d %.100s", name, job->town->town_id, job->post->name);
    bool stored = method != NULL && rpc_pack(method, request, &body);
    if (stored) {
        const struct write write = {.method = method,
                                    .body = &body,
                                    .same = summary,
                                    .same_size = strlen(summary),
                                    .summary = summary,
                                    .secret = true};
        stored = operation_store(job->admin, &write, &operation, &code);
    }
    buffer_release(&body);
    json_decref(request);
    if (!stored) {
        job_end(job, code);
        return;
    }
    memcpy(job->op_id, operation.op_id, sizeof job->op_id);
    session_submit(job->admin, operation.method, operation.payload, operation.payload_size, on_answer, job);
    lvzhi_operation_clear(&operation);
}

static void on_enrolled(const struct answer *answer, void *data) {
    struct job *job = data;
    struct town *town = job->town;
    char error[LVZHI_PROFILE_ERROR_SIZE], *path;
    town->lane_jobs[job->lane] = NULL;
    if (answer->kind != ANSWER_REPLY) {
        job_fail(job, "Enrol", answer);
    } else if (!enrol_take(&job->profile, answer)) {
        job_fail(job, "Enrol", NULL);
    } else {
        if (asprintf(&path, "%s/%s", town->directory, job->post->name) < 0)
            abort();
        bool written = lvzhi_profile_write(&job->profile, path, error);
        if (written)
            (void)unlink(job->draft_path); /* left behind it is only taken for one more try */
        else
            say_fact("配置文件写不了", "the profile cannot be written", error, NULL);
        free(path);
        job_end(job, written ? EXIT_DONE : EXIT_REFUSED);
    }
    start_lanes(town);
}

static void enrol_on(struct town *town, size_t lane, struct job *job) {
    uint8_t public_key[TLS_DEVICE_KEY_SIZE];
    struct buffer bytes = {0};
    job->lane = lane;
    if (!enrol_key(&job->profile, public_key)) {
        job_fail(job, "key", NULL);
        return;
    }
    town->lane_jobs[lane] = job;
    enrol_pack(job->code, public_key, job->post->name, &bytes);
    session_submit(&town->lanes[lane], LVZHI_METHOD_ENROL, buffer_data(&bytes), buffer_size(&bytes), on_enrolled, job);
    buffer_release(&bytes);
}

static void start_lanes(struct town *town) {
    for (size_t lane = 0; lane < LANES; lane++)
        while (town->lane_jobs[lane] == NULL && town->ready_first != NULL) {
            struct job *job = town->ready_first;
            town->ready_first = job->next_ready;
            enrol_on(town, lane, job);
        }
}

static void on_device(const struct answer *answer, void *data) {
    struct job *job = data;
    struct town *town = job->town;
    operation_keep(job->admin, job->op_id, answer);
    if (answer->kind != ANSWER_REPLY) {
        job_fail(job, "CreateDevice", answer);
        return;
    }
    job->next_ready = NULL;
    if (town->ready_first == NULL)
        town->ready_first = job;
    else
        town->ready_last->next_ready = job;
    town->ready_last = job;
    start_lanes(town);
}

static void random_hex(size_t size, char *ret_text) {
    uint8_t bytes[SECRET_SIZE];
    if (getrandom(bytes, size, 0) != (ssize_t)size)
        abort();
    lvzhi_hex_format(bytes, size, ret_text);
    explicit_bzero(bytes, sizeof bytes);
}

static void make_device(struct job *job) {
    uint8_t id[UUID_SIZE], hash[SHA256_DIGEST_LENGTH];
    char text[UUID_TEXT_SIZE], hash_text[(SHA256_DIGEST_LENGTH + 2) / 3 * 4 + 1];
    random_hex(CODE_SIZE, job->code);
    SHA256((const uint8_t *)job->code, strlen(job->code), hash);
    lvzhi_base64_format(hash, sizeof hash, hash_text);
    uuid_v7((uint64_t)(now_us() / 1000), id);
    uuid_format(id, text);
    job_write(job, "CreateDevice",
              json_pack("{s:i, s:s, s:s, s:s}", "town_id", job->town->town_id, "device_id", text, "name",
                        job->post->name, "code_hash", hash_text),
              on_device);
}

static void on_account(const struct answer *answer, void *data) {
    struct job *job = data;
    operation_keep(job->admin, job->op_id, answer);
    bool there = answer->kind == ANSWER_ERROR && answer->code == WIRE_CONFLICT && !job->password_set;
    if (there) {
        job->password_set = true;
        job_write(job, "SetPassword",
                  json_pack("{s:i, s:s, s:s}", "town_id", job->town->town_id, "login", job->post->name, "password",
                            job->profile.password),
                  on_account);
    } else if (answer->kind == ANSWER_REPLY) {
        make_device(job);
    } else {
        job_fail(job, job->password_set ? "SetPassword" : "CreateAccount", answer);
    }
}

static void make_account(struct job *job) {
    uint8_t id[UUID_SIZE];
    char text[UUID_TEXT_SIZE];
    uuid_v7((uint64_t)(now_us() / 1000), id);
    uuid_format(id, text);
    json_t *request = json_pack("{s:i, s:s, s:s, s:s, s:s}", "town_id", job->town->town_id, "account_id", text, "login",
                                job->post->name, "password", job->profile.password, "role", job->post->role);
    if (job->post->id_field != NULL)
        rpc_set(request, job->post->id_field, job->post->id);
    job_write(job, "CreateAccount", request, on_account);
}

static char *print_text(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *print_text(const char *format, ...) {
    char *text;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        abort();
    va_end(args);
    return text;
}

/* The password is on the disk before the centre hears of it. */
static bool make_draft(struct job *job) {
    char error[LVZHI_PROFILE_ERROR_SIZE], secret[2 * SECRET_SIZE + 1];
    const struct lvzhi_profile *place = job->town->place;
    const char *name = job->post->name;
    struct lvzhi_profile *p = &job->profile;
    job->draft_path = print_text("%s/.%s.new", job->town->directory, name);
    if (access(job->draft_path, F_OK) == 0 && lvzhi_profile_read(job->draft_path, p, error) && p->password != NULL)
        return true;
    lvzhi_profile_clear(p);
    random_hex(SECRET_SIZE, secret);
    *p = (struct lvzhi_profile){
        .path = strdup(job->draft_path),
        .address = strdup(place->address),
        .login = strdup(name),
        .password = strdup(secret),
        .device_key = print_text("keys/%s.pem", name),
        .outbox = print_text("outbox/%s.db", name),
        .town = job->town->town_id,
        .has_server_key = true,
    };
    memcpy(p->server_key, place->server_key, sizeof p->server_key);
    explicit_bzero(secret, sizeof secret);
    if (lvzhi_profile_write(p, job->draft_path, error))
        return true;
    say_fact("配置文件写不了", "the profile cannot be written", error, NULL);
    return false;
}

static bool is_made(const struct town *town, const struct post *post) {
    char *path = print_text("%s/%s", town->directory, post->name);
    bool made = access(path, F_OK) == 0;
    free(path);
    return made;
}

static void start_post(struct town *town, const struct post *post, size_t number) {
    struct job *job = calloc(1, sizeof *job);
    if (job == NULL)
        abort();
    *job = (struct job){.town = town, .post = post, .admin = &town->admins[number % LANES]};
    town->left++;
    if (make_draft(job))
        make_account(job);
    else
        job_end(job, EXIT_REFUSED);
}

static int open_sessions(struct town *town, const struct cli *cli) {
    for (size_t i = 0; i < LANES; i++) {
        struct session *admin = &town->admins[i], *lane = &town->lanes[i];
        int code = i == 0 ? session_open(admin, cli, SESSION_USER) : session_load(admin, cli);
        town->sessions = i + 1;
        int lane_code = session_load(lane, cli);
        if (i > 0 && code == EXIT_DONE && (code = operation_prepare(admin)) == EXIT_DONE)
            code = session_connect(admin, SESSION_USER);
        if (code != EXIT_DONE || lane_code != EXIT_DONE)
            return code != EXIT_DONE ? code : lane_code;
        free(lane->profile.address);
        lane->profile.address = strdup(town->place->address);
        memcpy(lane->profile.server_key, town->place->server_key, sizeof lane->profile.server_key);
        lane->profile.has_server_key = true;
        lane->profile.has_token = false;
        lane->profile.town = town->town_id;
        if ((code = session_connect(lane, SESSION_BARE)) != EXIT_DONE)
            return code;
    }
    return EXIT_DONE;
}

static void close_sessions(struct town *town) {
    for (size_t i = 0; i < town->sessions; i++) {
        session_close(&town->lanes[i]);
        session_close(&town->admins[i]);
    }
}

/* Does every connection still stand? When one falls, what waits on it has ended already, but not what waits for it. */
static bool lanes_stand(const struct town *town) {
    for (size_t i = 0; i < LANES; i++)
        if (town->lanes[i].connection == NULL)
            return false;
    return true;
}

static int make_posts(struct town *town, const struct cli *cli, const struct roster *roster) {
    size_t wanted = 0;
    for (size_t i = 0; i < roster->count; i++)
        wanted += !is_made(town, &roster->posts[i]);
    if (wanted == 0)
        return EXIT_DONE;
    town->code = EXIT_DONE;
    town->sessions = town->done = 0;
    memset(town->lane_jobs, 0, sizeof town->lane_jobs);
    int code = open_sessions(town, cli);
    for (size_t i = 0, number = 0; code == EXIT_DONE && i < roster->count; i++)
        if (!is_made(town, &roster->posts[i]))
            start_post(town, &roster->posts[i], number++);
    while (code == EXIT_DONE && town->left > 0) {
        size_t limit = town->left - 1;
        progress_show("账号 / accounts", town->done, wanted);
        bool on_time = session_wait(&town->admins[0], &town->left, limit, POST_TIMEOUT_MS);
        if (on_time && lanes_stand(town))
            continue;
        while (town->ready_first != NULL) {
            struct job *job = town->ready_first;
            town->ready_first = job->next_ready;
            job_fail(job, "Enrol", &(struct answer){.kind = ANSWER_NONE});
        }
        if (!on_time)
            break;
    }
    progress_end();
    close_sessions(town); /* what still waits hears that no answer came */
    if (code == EXIT_DONE)
        code = town->code;
    printf("provision: made %zu, already there %zu\n", town->done, roster->count - wanted);
    return code;
}

static int make_town(struct town *town, const struct cli *cli) {
    struct roster roster;
    struct session office;
    struct cli as_office = *cli;
    char *path = print_text("%s/office", town->directory);
    as_office.profile = path;
    int code = session_open(&office, &as_office, SESSION_USER);
    if (code == EXIT_DONE) {
        if ((code = roster_town(&roster, &office)) == EXIT_DONE)
            code = make_posts(town, cli, &roster);
        roster_clear(&roster);
    }
    session_close(&office);
    free(path);
    return code;
}

/* The place of the profiles to be made: what the command line says, else where the administrator's own leads to. */
static int find_place(struct given *given, struct lvzhi_profile *ret_place) {
    const char *address = given_text(given, "address"), *server_key = given_text(given, "server-key");
    struct session session;
    int code = session_load(&session, given->cli);
    if (code == EXIT_DONE) {
        const struct lvzhi_profile *own = &session.profile;
        *ret_place = (struct lvzhi_profile){.address = strdup(address != NULL ? address : own->address),
                                            .has_server_key = own->has_server_key};
        memcpy(ret_place->server_key, own->server_key, sizeof ret_place->server_key);
        if (server_key != NULL)
            ret_place->has_server_key = lvzhi_hex_parse(server_key, ret_place->server_key, sizeof own->server_key);
        if (!ret_place->has_server_key || strncmp(ret_place->address, "unix:", 5) == 0)
            code = say_usage(given, "还缺 / still missing", "--address HOST:PORT, --server-key HEX");
    }
    session_close(&session);
    return code;
}

static int run(struct given *given) {
    const char *directory = given_text(given, "DIR");
    struct lvzhi_profile place = {0};
    struct town *town = calloc(1, sizeof *town);
    struct roster office;
    if (town == NULL)
        abort();
    *town = (struct town){
        .directory = directory, .town_id = (int32_t)strtol(given_text(given, "town"), NULL, 10), .place = &place};
    int code = EXIT_DONE;
    char *inside = print_text("%s/office", directory);
    if (town->town_id <= 0 || town->town_id > 999999999)
        code = say_usage(given, "不是区划代码 / it is no division code", "--town");
    else if (!make_directories(inside))
        say_fact("文件夹建不了", "the folder cannot be made", directory, strerror(errno)), code = EXIT_USAGE;
    if (code == EXIT_DONE && (code = find_place(given, &place)) == EXIT_DONE) {
        roster_office(&office);
        if (!is_made(town, &office.posts[0]))
            code = make_posts(town, given->cli, &office);
        roster_clear(&office);
        if (code == EXIT_DONE && !given_flag(given, "bootstrap"))
            code = make_town(town, given->cli);
    }
    lvzhi_profile_clear(&place);
    free(inside);
    free(town);
    return code;
}

static const struct command commands[] = {
    {.about = N_("为一个镇建好账号、设备和配置文件；以管理员的配置运行，已有的不动"),
     .example = "--profile ./profiles/admin provision ./profiles --town 533421121",
     .words = VALUES(VALUE("DIR", NULL, VALUE_PATH, VALUE_NEEDED, N_("配置文件放在这里"))),
     .options = VALUES(VALUE("town", NULL, VALUE_NUMBER, VALUE_NEEDED, N_("镇的九位区划代码")),
                       VALUE("address", NULL, VALUE_TEXT, 0, N_("服务器的 HOST:PORT")),
                       VALUE("server-key", NULL, VALUE_TEXT, 0, N_("服务器密钥的 64 位十六进制")),
                       VALUE("bootstrap", NULL, VALUE_FLAG, 0, N_("只建 office，导入之前用"))),
     .bare = run},
    {0},
};

const struct noun noun_provision = {"provision", N_("为一个镇建好账号、设备和配置文件"), commands};
