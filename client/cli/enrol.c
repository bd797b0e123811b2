#include "enrol.h"

#include "nouns.h"
#include "say.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool make_directories(const char *path) {
    char *copy = strdup(path);
    bool made = copy != NULL;
    for (char *slash = made ? strchr(copy + 1, '/') : NULL; slash != NULL && made; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        made = mkdir(copy, 0700) == 0 || errno == EEXIST;
        *slash = '/';
    }
    free(copy);
    return made;
}

static char *fresh_path(const char *path) {
    char *fresh;
    if (asprintf(&fresh, "%s.new", path) < 0)
        abort();
    return fresh;
}

bool enrol_key(const struct lvzhi_profile *profile, uint8_t ret_public_key[TLS_DEVICE_KEY_SIZE]) {
    char *path = lvzhi_profile_path(profile, profile->device_key), *fresh = fresh_path(path);
    (void)unlink(fresh); /* of an enrolment that was never answered */
    bool made = make_directories(fresh) && device_key_create(fresh, ret_public_key);
    if (!made)
        say_fact("设备密钥写不了", "the device's key cannot be written", strerror(errno), fresh);
    free(fresh);
    free(path);
    return made;
}

void enrol_pack(const char *code, const uint8_t public_key[TLS_DEVICE_KEY_SIZE], const char *name,
                struct buffer *bytes) {
    Lvzhi__V1__EnrolRequest request = LVZHI__V1__ENROL_REQUEST__INIT;
    request.code = (char *)(uintptr_t)code;
    request.name = (char *)(uintptr_t)name;
    request.has_public_key = true;
    request.public_key = (ProtobufCBinaryData){TLS_DEVICE_KEY_SIZE, (uint8_t *)(uintptr_t)public_key};
    size_t size = lvzhi__v1__enrol_request__get_packed_size(&request);
    lvzhi__v1__enrol_request__pack(&request, buffer_reserve(bytes, size));
    buffer_grow(bytes, size);
}

static bool take_reply(struct lvzhi_profile *profile, const Lvzhi__V1__EnrolReply *reply) {
    if (reply == NULL || reply->device_id.len != sizeof profile->device)
        return false;
    memcpy(profile->device, reply->device_id.data, sizeof profile->device);
    profile->has_device = true;
    if (reply->has_town_id)
        profile->town = reply->town_id;
    if (reply->installation_id.len == sizeof profile->installation) {
        memcpy(profile->installation, reply->installation_id.data, sizeof profile->installation);
        profile->has_installation = true;
    }
    return true;
}

bool enrol_take(struct lvzhi_profile *profile, const struct answer *answer) {
    Lvzhi__V1__EnrolReply *reply =
        lvzhi__v1__enrol_reply__unpack(NULL, buffer_size(&answer->payload), buffer_data(&answer->payload));
    bool taken = take_reply(profile, reply);
    if (reply != NULL)
        lvzhi__v1__enrol_reply__free_unpacked(reply, NULL);
    if (!taken) {
        say("服务器的答复读不懂", "the centre's reply cannot be read", NULL);
        return false;
    }
    char *path = lvzhi_profile_path(profile, profile->device_key), *fresh = fresh_path(path);
    taken = rename(fresh, path) == 0;
    if (!taken)
        say_fact("设备密钥写不了", "the device's key cannot be written", strerror(errno), path);
    free(fresh);
    free(path);
    return taken;
}

static int enrol(struct session *session, const char *code_text, const char *name) {
    char host[128] = "", error[LVZHI_PROFILE_ERROR_SIZE];
    uint8_t public_key[TLS_DEVICE_KEY_SIZE];
    struct lvzhi_profile *p = &session->profile;
    struct buffer bytes = {0};
    struct answer answer;
    if (p->device_key == NULL) {
        const char *slash = strrchr(p->path, '/');
        if (asprintf(&p->device_key, "keys/%s.pem", slash != NULL ? slash + 1 : p->path) < 0)
            abort();
    }
    int code = session_connect(session, SESSION_BARE);
    if (code != EXIT_DONE)
        return code;
    if (!enrol_key(p, public_key))
        return EXIT_REFUSED;
    gethostname(host, sizeof host - 1);
    enrol_pack(code_text, public_key, name != NULL ? name : host, &bytes);
    session_call(session, LVZHI_METHOD_ENROL, buffer_data(&bytes), buffer_size(&bytes), session->cli->timeout_ms,
                 &answer);
    buffer_release(&bytes);
    code = say_answer(&answer);
    if (code == EXIT_DONE && !enrol_take(p, &answer))
        code = EXIT_REFUSED;
    answer_clear(&answer);
    if (code != EXIT_DONE)
        return code;
    if (!lvzhi_profile_write(p, p->path, error)) {
        say_fact("配置文件写不了", "the profile cannot be written", error, NULL);
        return EXIT_REFUSED;
    }
    printf(_("这台电脑已登记：%s\n"), p->path);
    return EXIT_DONE;
}

/* A first profile from the command line. */
static int make_profile(struct given *given) {
    char error[LVZHI_PROFILE_ERROR_SIZE];
    const char *server_key = given_text(given, "server-key"), *town = given_text(given, "town");
    char *path = lvzhi_profile_find(given->cli->profile);
    if (path == NULL || access(path, F_OK) == 0) {
        free(path);
        return say_usage(given, "配置文件已经有了 / the profile exists already", NULL);
    }
    struct lvzhi_profile profile = {.path = path,
                                    .address = (char *)(uintptr_t)given_text(given, "address"),
                                    .login = (char *)(uintptr_t)given_text(given, "login"),
                                    .town = town != NULL ? (int32_t)strtol(town, NULL, 10) : 0};
    profile.has_server_key = server_key != NULL && lvzhi_hex_parse(server_key, profile.server_key, 32);
    int code = EXIT_DONE;
    if (server_key != NULL && !profile.has_server_key) {
        code = say_usage(given, "要 64 位十六进制 / 64 hex digits are wanted", "--server-key");
    } else if (!make_directories(path) || !lvzhi_profile_write(&profile, path, error)) {
        say_fact("配置文件写不了", "the profile cannot be written", path, NULL);
        code = EXIT_USAGE;
    }
    free(path);
    return code;
}

static int run(struct given *given) {
    int code = given_text(given, "address") != NULL ? make_profile(given) : EXIT_DONE;
    if (code != EXIT_DONE)
        return code;
    struct session session;
    if ((code = session_load(&session, given->cli)) == EXIT_DONE)
        code = enrol(&session, given_text(given, "CODE"), given_text(given, "name"));
    session_close(&session);
    return code;
}

static const struct command commands[] = {
    {.about = N_("把这台电脑登记为设备；写了 --address 就同时新建配置文件"),
     .example = "enrol 8f3a… --address centre:7443 --server-key 12ab… --town 533421121 --login G02 --profile room",
     .words = VALUES(VALUE("CODE", NULL, VALUE_TEXT, VALUE_NEEDED, N_("管理员发的登记码"))),
     .options = VALUES(VALUE("name", NULL, VALUE_TEXT, 0, N_("这台电脑的名字")),
                       VALUE("address", NULL, VALUE_TEXT, 0, N_("服务器的 HOST:PORT")),
                       VALUE("server-key", NULL, VALUE_TEXT, 0, N_("服务器密钥的 64 位十六进制")),
                       VALUE("town", NULL, VALUE_NUMBER, 0, N_("镇的九位区划代码")),
                       VALUE("login", NULL, VALUE_TEXT, 0, N_("登录名"))),
     .bare = run},
    {0},
};

const struct noun noun_enrol = {"enrol", N_("把这台电脑登记为设备"), commands};
