#include "file.h"
#include "nouns.h"
#include "redact.h"
#include "say.h"
#include "upload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BOXES_LIMIT = 64 };

#define CODE VALUE("P0001", NULL, VALUE_TEXT, VALUE_NEEDED, N_("附件的代码"))

/* The name of the file at the end of a path. */
static const char *base_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static int print_added(struct given *given, json_t *reply, int code) {
    if (reply != NULL)
        command_print(given, reply);
    json_decref(reply);
    return code;
}

static int add(struct session *session, struct given *given, json_t *request) {
    const char *path = given_text(given, "FILE");
    struct buffer bytes = {0};
    struct upload upload = {.subject = given_text(given, "SUBJECT"),
                            .record_code = given_text(given, "CODE"),
                            .bytes = &bytes,
                            .note = given_text(given, "note"),
                            .sealed = given_flag(given, "sealed")};
    json_t *reply = NULL;
    json_decref(request);
    int code = upload_read(path, given_flag(given, "keep-metadata"), &bytes, &upload.type);
    if (code == EXIT_DONE) {
        char name[LVZHI_FILE_NAME_SIZE];
        char *summary = given_summary(given);
        lvzhi_file_name(base_of(path), upload.type, upload.record_code, name);
        upload.name = name;
        reply = upload_send(session, &upload, summary, &code);
        free(summary);
    }
    buffer_release(&bytes);
    return print_added(given, reply, code);
}

/* The attachment of that code; NULL: said. Owned by the caller. */
static json_t *find(struct session *session, struct given *given, int *ret_exit) {
    json_t *reply =
        rpc_read(session, "ListAttachments", json_pack("{s:s}", "code", given_text(given, "P0001")), ret_exit);
    json_t *found = json_incref(json_array_get(json_object_get(reply, "attachments"), 0));
    json_decref(reply);
    return found;
}

/* The bytes of an attachment; a sealed one is opened for `reason`. An exit code. */
static int fetch(struct session *session, const json_t *attachment, const char *reason, struct buffer *bytes) {
    int code = EXIT_DONE;
    json_t *look = NULL, *id = json_object_get(attachment, "attachment_id");
    if (json_is_true(json_object_get(attachment, "sealed"))) {
        const struct lvzhi_arg arg = {"code", rpc_text(attachment, "code")};
        if (reason == NULL)
            return say_refusal("sealed_not_opened", &arg, 1);
        look =
            rpc_read(session, "OpenAttachment", json_pack("{s:O, s:s}", "attachment_id", id, "reason", reason), &code);
    }
    if (code == EXIT_DONE)
        code = download(session, attachment, json_object_get(look, "look_id"), bytes);
    json_decref(look);
    return code;
}

/* Where to: --to FILE or a folder, else a file of its own name here. Owned by the caller. */
static char *place_of(const struct given *given, const json_t *attachment) {
    const char *to = given_text(given, "to");
    char name[LVZHI_FILE_NAME_SIZE], *path;
    struct stat about;
    bool folder = to != NULL && stat(to, &about) == 0 && S_ISDIR(about.st_mode);
    lvzhi_file_name(rpc_text(attachment, "name"), lvzhi_file_type_of_word(rpc_text(attachment, "type")),
                    rpc_text(attachment, "code"), name);
    if (asprintf(&path, "%s%s%s", to != NULL ? to : "", folder ? "/" : "", to == NULL || folder ? name : "") < 0)
        abort();
    return path;
}

static int get(struct session *session, struct given *given, json_t *request) {
    int code;
    struct buffer bytes = {0};
    json_decref(request);
    json_t *attachment = find(session, given, &code);
    if (attachment != NULL) {
        char *path = place_of(given, attachment);
        struct stat about;
        /* Known before anything is opened or fetched. */
        if (!given_flag(given, "force") && lstat(path, &about) == 0) {
            say_fact("已经有这个文件，没有覆盖", "there is such a file; it was not written over", path,
                     "换个名字，或用 --force 覆盖 / give another name, or write over it with --force");
            code = EXIT_REFUSED;
        }
        if (code == EXIT_DONE)
            code = fetch(session, attachment, given_text(given, "reason"), &bytes);
        if (code == EXIT_DONE)
            code = file_write(path, buffer_data(&bytes), buffer_size(&bytes), given_flag(given, "force"));
        if (code == EXIT_DONE)
            printf(_("已存到 %s\n"), path);
        free(path);
    }
    json_decref(attachment);
    buffer_release(&bytes);
    return code;
}

/* "120,80,300,200": x, y from the upper left corner, width, height, in pixels. */
static bool read_box(const char *text, struct redact_box *ret) {
    enum { PARTS_COUNT = 4, DIGITS = 6 };
    int *const parts[PARTS_COUNT] = {&ret->x, &ret->y, &ret->width, &ret->height};
    for (int i = 0; i < PARTS_COUNT; i++) {
        size_t digits = strspn(text, "0123456789");
        if (digits == 0 || digits > DIGITS || text[digits] != (i + 1 < PARTS_COUNT ? ',' : '\0'))
            return false;
        *parts[i] = (int)strtol(text, NULL, 10);
        text += digits + 1;
    }
    return ret->width > 0 && ret->height > 0;
}

static bool is_box(const char *text) {
    struct redact_box box;
    return read_box(text, &box);
}

static const struct form form_box = {is_box, NULL};

static int say_redacted(enum redact_status status, const char *code, int width, int height) {
    char size[60];
    snprintf(size, sizeof size, "%d × %d", width, height);
    switch (status) {
    case REDACT_DONE:
        return EXIT_DONE;
    case REDACT_TYPE:
        say_fact("这里只能涂黑照片和图片", "only pictures are blackened here", code,
                 "PDF 请用别的程序涂黑，再用 --from FILE 交上来 / blacken a PDF with another program and send it with "
                 "--from FILE");
        break;
    case REDACT_LARGE:
        say_fact(
            "图片太大，这里涂不了", "the picture is too large to be blackened here", code,
            "用别的程序涂黑，再用 --from FILE 交上来 / blacken it with another program and send it with --from FILE");
        break;
    case REDACT_BROKEN:
        say_fact(
            "图片读不出来", "the picture cannot be read", code,
            "用别的程序涂黑，再用 --from FILE 交上来 / blacken it with another program and send it with --from FILE");
        break;
    case REDACT_OUTSIDE:
        say_fact("有一个框不在图片里；图片宽 × 高", "a box is not in the picture, whose width and height are", size,
                 "从左上角数像素：--box 左,上,宽,高 / count pixels from the upper left corner: --box X,Y,W,H");
        break;
    }
    return EXIT_REFUSED;
}

/* The original with its boxes blackened. The look at it is logged as one. */
static int blacken(struct session *session, struct given *given, const json_t *original, struct upload *upload,
                   struct buffer *bytes) {
    size_t count;
    int width, height;
    struct redact_box boxes[BOXES_LIMIT];
    struct buffer seen = {0};
    const json_t *said = given_list(given, "box", &count);
    const char *reason = given_text(given, "reason");
    for (size_t i = 0; i < count; i++)
        read_box(json_string_value(json_array_get(said, i)), &boxes[i]);
    int code = fetch(session, original, reason != NULL ? reason : "制作遮盖副本", &seen);
    if (code == EXIT_DONE) {
        upload->type = lvzhi_file_type(buffer_data(&seen), buffer_size(&seen));
        enum redact_status status =
            redact_picture(upload->type, buffer_data(&seen), buffer_size(&seen), boxes, count, bytes, &width, &height);
        code = say_redacted(status, rpc_text(original, "code"), width, height);
    }
    buffer_release(&seen);
    return code;
}

static int redact(struct session *session, struct given *given, json_t *request) {
    int code;
    struct buffer bytes = {0};
    const char *from = given_text(given, "from");
    struct upload upload = {.bytes = &bytes, .note = given_text(given, "note")};
    json_t *reply = NULL;
    json_decref(request);
    json_t *original = find(session, given, &code);
    if (original != NULL)
        code = from != NULL ? upload_read(from, false, &bytes, &upload.type)
                            : blacken(session, given, original, &upload, &bytes);
    if (original != NULL && code == EXIT_DONE) {
        char name[LVZHI_FILE_NAME_SIZE];
        char *summary = given_summary(given);
        /* The original's name may say what is not to be seen. */
        lvzhi_file_name("", upload.type, rpc_text(original, "code"), name);
        upload.name = name;
        upload.subject = rpc_text(original, "subject");
        upload.record_code = rpc_text(original, "record_code");
        upload.redacts_id = rpc_text(original, "attachment_id");
        reply = upload_send(session, &upload, summary, &code);
        free(summary);
    }
    json_decref(original);
    buffer_release(&bytes);
    return print_added(given, reply, code);
}

static int check_redact(struct given *given) {
    size_t count;
    given_list(given, "box", &count);
    if (count > BOXES_LIMIT)
        return say_usage(given, "框太多 / too many boxes", NULL);
    return (count > 0) != (given_text(given, "from") != NULL)
               ? EXIT_DONE
               : say_usage(given,
                           "要么写涂黑哪里，要么给出涂好的文件 / say what to blacken, or give the file made elsewhere",
                           "--box X,Y,W,H ... | --from FILE");
}

static int void_one(struct session *session, struct given *given, json_t *request) {
    int code;
    json_t *attachment = find(session, given, &code);
    if (attachment == NULL) {
        json_decref(request);
        return code;
    }
    json_object_set(request, "attachment_id", json_object_get(attachment, "attachment_id"));
    json_decref(attachment);
    return command_do(session, given, request);
}

static int check_list(struct given *given) {
    return (given_text(given, "SUBJECT") == NULL) == (given_text(given, "CODE") == NULL)
               ? EXIT_DONE
               : say_usage(given, "还缺 / still missing", "CODE");
}

static const struct part added_parts[] = {
    {NULL, NULL, COLUMNS(COLUMN("code", N_("附件")), COLUMN_AS("sealed", N_("已封存"), COLUMN_FLAG)), true, false},
    {0},
};

static const struct command commands[] = {
    {.name = "add",
     .about = N_("给一条记录加照片或扫描件；断了再加一次会接着传"),
     .example = "attachment add meeting M0123 村道.jpg --note 第三处不平",
     .method = "AttachmentFinish",
     .words = VALUES(CHOICE("SUBJECT", NULL, "attachment_subject", VALUE_NEEDED, N_("哪一类记录")),
                     VALUE("CODE", NULL, VALUE_TEXT, VALUE_NEEDED, N_("记录的代码")),
                     VALUE("FILE", NULL, VALUE_PATH, VALUE_NEEDED, N_("JPEG、PNG 或 PDF 文件"))),
     .options = VALUES(VALUE("note", NULL, VALUE_TEXT, 0, N_("说明")),
                       VALUE("sealed", NULL, VALUE_FLAG, 0, N_("封存：别人只能看遮盖后的副本；意见的附件都封存")),
                       VALUE("keep-metadata", NULL, VALUE_FLAG, 0, N_("不去掉照片里的地点、时间、手机型号"))),
     .parts = added_parts,
     .remarks = REMARKS("sealed"),
     .run = add},
    {.name = "list",
     .about = N_("附件；不写记录就是能看到的全部"),
     .example = "attachment list meeting M0123",
     .method = "ListAttachments",
     .words = VALUES(CHOICE("SUBJECT", "subject", "attachment_subject", 0, N_("哪一类记录")),
                     VALUE("CODE", "record_code", VALUE_TEXT, 0, N_("记录的代码"))),
     .parts = PARTS({"attachments", NULL,
                     COLUMNS(COLUMN("code", N_("附件")), COLUMN_OF("subject", N_("类别"), "attachment_subject"),
                             COLUMN("record_code", N_("记录")), COLUMN("name", N_("文件名")),
                             COLUMN_OF("type", N_("种类"), "file_type"), COLUMN_AS("size", N_("字节"), COLUMN_NUMBER),
                             COLUMN_AS("sealed", N_("已封存"), COLUMN_FLAG), COLUMN("redacts_code", N_("遮盖自")),
                             COLUMN("added_by", N_("经手")), COLUMN_AS("added_us", N_("时间"), COLUMN_TIME),
                             COLUMN("note", N_("说明")), COLUMN("void_reason", N_("作废原因"))),
                     false, false}),
     .check = check_list},
    {.name = "get",
     .about = N_("取一个附件；封存的原件要写明理由，每次都有记录"),
     .example = "attachment get P0001 --to 村道.jpg",
     .method = "ReadAttachment",
     .words = VALUES(CODE),
     .options = VALUES(VALUE("to", NULL, VALUE_PATH, 0, N_("存成什么文件，或放在哪个文件夹")),
                       VALUE("reason", NULL, VALUE_TEXT, 0, N_("为什么看封存的原件")),
                       VALUE("force", NULL, VALUE_FLAG, 0, N_("已有的文件也覆盖"))),
     .run = get},
    {.name = "redact",
     .about = N_("做一份遮盖后的副本：涂黑的地方彻底去掉，原件封存"),
     .example = "attachment redact P0001 --box 120,80,300,200",
     .method = "AttachmentFinish",
     .words = VALUES(CODE),
     .options = VALUES(FORM("box", NULL, &form_box, VALUE_MANY, N_("涂黑哪里：左,上,宽,高，从左上角数的像素")),
                       VALUE("from", NULL, VALUE_PATH, 0, N_("用别的程序遮盖好的文件")),
                       VALUE("reason", NULL, VALUE_TEXT, 0, N_("为什么看封存的原件；不写就是制作遮盖副本")),
                       VALUE("note", NULL, VALUE_TEXT, 0, N_("说明"))),
     .parts = added_parts,
     .check = check_redact,
     .run = redact},
    {.name = "void",
     .about = N_("作废加错的附件，写明理由；不会删除"),
     .example = "attachment void P0001 --reason 拍错了",
     .method = "VoidAttachment",
     .words = VALUES(CODE),
     .options = VALUES(VALUE("reason", "reason", VALUE_TEXT, VALUE_NEEDED, N_("理由"))),
     .parts = PARTS({NULL, NULL, COLUMNS(COLUMN("code", N_("附件"))), true, false}),
     .run = void_one},
    {.name = "looks",
     .about = N_("谁在什么时候为什么看过封存的原件"),
     .example = "attachment looks P0001",
     .method = "ListAttachments",
     .words = VALUES(VALUE("P0001", "code", VALUE_TEXT, 0, N_("附件的代码；不写就是全部"))),
     .parts =
         PARTS({"looks", NULL,
                COLUMNS(COLUMN("code", N_("附件")), COLUMN_AS("looked_us", N_("时间"), COLUMN_TIME),
                        COLUMN("login", N_("谁")), COLUMN_OF("role", N_("身份"), "role"), COLUMN("reason", N_("理由"))),
                false, false})},
    {0},
};

const struct noun noun_attachment = {"attachment", N_("照片和扫描件"), commands};
