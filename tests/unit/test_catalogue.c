/* test_catalogue.c - descriptors made at run time unpack and pack the golden payloads, and name their fields as the
 * JSON beside them does; sets that a message of few bytes could abuse are refused. */
#include "catalogue.h"
#include "golden.h"
#include "uuid.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct catalogue *open_catalogue(void) {
    char error[256] = "";
    struct catalogue *catalogue = catalogue_open_file(LVZHI_DESCRIPTORS, error, sizeof error);
    cr_assert_not_null(catalogue, "%s", error);
    return catalogue;
}

/* What a field holds, beside its JSON. */

static void base64_format(const ProtobufCBinaryData *data, char *ret_text) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < data->len; i += 3) {
        unsigned group = 0;
        for (size_t j = 0; j < 3; j++)
            group = group << 8 | (i + j < data->len ? data->data[i + j] : 0u);
        for (size_t j = 0; j < 4; j++)
            *ret_text++ = i + j > data->len ? '=' : digits[group >> (18 - 6 * j) & 63];
    }
    *ret_text = '\0';
}

static void expect_time(const char *name, const char *text, int64_t us) {
    time_t seconds = (time_t)(us / 1000000);
    struct tm parts;
    char expected[64], fraction[8];
    cr_assert_not_null(gmtime_r(&seconds, &parts));
    cr_assert(strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S", &parts) == 19);
    cr_assert_not_null(text, "%s", name);
    cr_expect(strncmp(text, expected, 19) == 0, "%s: %s, %s", name, text, expected);
    snprintf(fraction, sizeof fraction, "%06d", (int)(us % 1000000));
    size_t digits = text[19] == '.' ? strspn(text + 20, "0123456789") : 0;
    cr_expect(strncmp(text + 20, fraction, digits) == 0 && strspn(fraction + digits, "0") == 6 - digits, "%s: %s", name,
              text);
}

static void expect_enum(const ProtobufCFieldDescriptor *field, const char *text, int value) {
    const char *found = enum_text(field->descriptor, value);
    cr_assert(found != NULL && text != NULL, "%s", field->name);
    cr_expect_str_eq(found, text);
    int back = -1;
    cr_expect(enum_value(field->descriptor, text, &back) && back == value, "%s", text);
}

static void expect_message(const ProtobufCMessage *message, const json_t *json);

static void expect_element(const ProtobufCFieldDescriptor *field, const void *element, const json_t *json) {
    const ProtobufCBinaryData *data = element;
    const char *text = json_string_value(json);
    char buffer[1024];
    switch (field_kind(field)) {
    case FIELD_UUID:
        cr_assert_eq(data->len, UUID_SIZE, "%s", field->name);
        uuid_format(data->data, buffer);
        cr_expect_str_eq(buffer, text, "%s", field->name);
        break;
    case FIELD_BYTES:
        cr_assert_lt(data->len, 512);
        base64_format(data, buffer);
        cr_expect_str_eq(buffer, text, "%s", field->name);
        break;
    case FIELD_DATE:
    case FIELD_TEXT:
        cr_expect_str_eq(*(char *const *)element, text, "%s", field->name);
        break;
    case FIELD_TIME:
        expect_time(field->name, text, *(const int64_t *)element);
        break;
    case FIELD_ENUM:
        expect_enum(field, text, *(const int *)element);
        break;
    case FIELD_INT32:
        cr_expect_eq(*(const int32_t *)element, json_integer_value(json), "%s", field->name);
        break;
    case FIELD_UINT32:
        cr_expect_eq((json_int_t) * (const uint32_t *)element, json_integer_value(json), "%s", field->name);
        break;
    case FIELD_INT64:
    case FIELD_UINT64:
        cr_expect_eq(*(const int64_t *)element, json_integer_value(json), "%s", field->name);
        break;
    case FIELD_BOOL:
        cr_expect_eq(*(const protobuf_c_boolean *)element, json_is_true(json), "%s", field->name);
        break;
    case FIELD_MESSAGE:
        expect_message(*(ProtobufCMessage *const *)element, json);
        break;
    case FIELD_DOUBLE:
    case FIELD_UNSUPPORTED:
        cr_assert_fail("%s: no golden frame has such a field", field->name);
    }
}

static size_t element_size(const ProtobufCFieldDescriptor *field) {
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
        return 8;
    default:
        return 4;
    }
}

/* Exactly the fields that the JSON has are set, and to its values. */
static void expect_message(const ProtobufCMessage *message, const json_t *json) {
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    size_t set = 0;
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        const uint8_t *member = (const uint8_t *)message + field->offset;
        const uint8_t *quantifier = (const uint8_t *)message + field->quantifier_offset;
        const json_t *value = json_object_get(json, field->name);
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            size_t count = *(const size_t *)quantifier;
            cr_assert_eq(count, json_array_size(value), "%s", field->name);
            for (size_t j = 0; j < count; j++)
                expect_element(field, *(const uint8_t *const *)member + j * element_size(field),
                               json_array_get(value, j));
            set += count > 0;
            continue;
        }
        bool by_pointer = field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE;
        bool is_set = by_pointer ? *(void *const *)member != NULL : *(const protobuf_c_boolean *)quantifier != 0;
        cr_assert_eq(is_set, value != NULL, "%s.%s", descriptor->name, field->name);
        if (is_set)
            expect_element(field, member, value);
        set += is_set;
    }
    cr_expect_eq(set, json_object_size(json), "%s", descriptor->name);
    cr_expect_eq(message->n_unknown_fields, 0);
}

static void expect_same_bytes(const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t size,
                              const json_t *json) {
    ProtobufCMessage *message = protobuf_c_message_unpack(descriptor, NULL, size, bytes);
    cr_assert_not_null(message, "%s", descriptor->name);
    if (json != NULL)
        expect_message(message, json);
    cr_assert_eq(protobuf_c_message_get_packed_size(message), size, "%s", descriptor->name);
    uint8_t *packed = malloc(size + 1);
    cr_assert_not_null(packed);
    cr_expect_eq(protobuf_c_message_pack(message, packed), size);
    cr_expect(memcmp(packed, bytes, size) == 0, "%s", descriptor->name);
    free(packed);
    protobuf_c_message_free_unpacked(message, NULL);
}

Test(catalogue, golden_payloads_both_ways) {
    struct catalogue *catalogue = open_catalogue();
    struct golden *golden = golden_load();
    for (size_t i = 0; i < GOLDEN_FRAMES; i++) {
        const struct golden_frame *frame = &golden->frames[i];
        if (frame->message == NULL) {
            cr_expect_eq(frame->header.payload_size, 0, "%s", frame->name);
            continue;
        }
        const ProtobufCMessageDescriptor *descriptor = catalogue_message(catalogue, frame->message);
        cr_assert_not_null(descriptor, "%s", frame->message);
        expect_same_bytes(descriptor, frame->header.payload, frame->header.payload_size, frame->values);
        if (frame->header.type == FRAME_REQUEST || frame->header.type == FRAME_RESPONSE) {
            const struct method *method = catalogue_method(catalogue, frame->header.code);
            cr_assert_not_null(method, "%s", frame->name);
            cr_expect_eq(descriptor, frame->header.type == FRAME_REQUEST ? method->request : method->reply);
        }
    }
    golden_free(golden);
    catalogue_free(catalogue);
}

/* A payload cut short is refused or is another message: never a read past its end. */
Test(catalogue, golden_payloads_cut_at_every_byte) {
    struct catalogue *catalogue = open_catalogue();
    struct golden *golden = golden_load();
    for (size_t i = 0; i < GOLDEN_FRAMES; i++) {
        const struct golden_frame *frame = &golden->frames[i];
        if (frame->message == NULL)
            continue;
        const ProtobufCMessageDescriptor *descriptor = catalogue_message(catalogue, frame->message);
        for (size_t size = 1; size < frame->header.payload_size; size++) {
            uint8_t *copy = malloc(size);
            cr_assert_not_null(copy);
            memcpy(copy, frame->header.payload, size);
            ProtobufCMessage *message = protobuf_c_message_unpack(descriptor, NULL, size, copy);
            if (message != NULL)
                protobuf_c_message_free_unpacked(message, NULL);
            free(copy);
        }
    }
    golden_free(golden);
    catalogue_free(catalogue);
}

Test(catalogue, methods_by_number_and_name) {
    struct catalogue *catalogue = open_catalogue();
    cr_assert_gt(catalogue_methods(catalogue), 3);
    for (size_t i = 0; i < catalogue_methods(catalogue); i++) {
        const struct method *method = catalogue_method_at(catalogue, i);
        cr_expect_eq(catalogue_method(catalogue, method->number), method);
        cr_expect_eq(catalogue_method_named(catalogue, method->name), method);
        cr_expect(i == 0 || catalogue_method_at(catalogue, i - 1)->number < method->number);
        cr_expect_eq(catalogue_message(catalogue, method->request->name), method->request);
        char file[128];
        snake_case(method->name, file, sizeof file);
        cr_expect_str_eq(method->file, file);
    }
    const struct method *attendance = catalogue_method(catalogue, 33);
    cr_assert_not_null(attendance);
    cr_expect_str_eq(attendance->name, "RecordAttendance");
    cr_expect_str_eq(attendance->file, "record_attendance");
    cr_expect_str_eq(attendance->request->name, "lvzhi.v1.RecordAttendanceRequest");
    cr_expect_null(catalogue_method(catalogue, 0));
    cr_expect_null(catalogue_method(catalogue, 15));
    cr_expect_null(catalogue_method(catalogue, 65535));
    cr_expect_null(catalogue_method_named(catalogue, "recordattendance"));
    cr_expect_null(catalogue_message(catalogue, "Caller"));
    catalogue_free(catalogue);
}

/* A folder of small .proto files and what protoc makes of them. */

struct workshop {
    char folder[32];
};

static void workshop_open(struct workshop *w) {
    snprintf(w->folder, sizeof w->folder, "/tmp/lvzhi_catalogue_XXXXXX");
    cr_assert_not_null(mkdtemp(w->folder));
}

static void workshop_close(const struct workshop *w) {
    static const char *const names[] = {"t.proto", "t.desc", "t.txt", "t.bin"};
    char path[64];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", w->folder, names[i]);
        (void)unlink(path);
    }
    cr_expect_eq(rmdir(w->folder), 0);
}

static void workshop_write(const struct workshop *w, const char *name, const char *head, const char *text) {
    char path[64];
    snprintf(path, sizeof path, "%s/%s", w->folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    cr_assert(fprintf(file, "%s%s", head, text) >= 0);
    cr_assert_eq(fclose(file), 0);
}

static void protoc(const struct workshop *w, const char *arguments) {
    char command[8192];
    int length = snprintf(command, sizeof command, "cd %s && protoc -I. -I'%s/proto' %s t.proto", w->folder,
                          LVZHI_SOURCE_DIR, arguments);
    cr_assert(length > 0 && (size_t)length < sizeof command);
    cr_assert_eq(system(command), 0, "%s", command);
}

static struct catalogue *workshop_catalogue(const struct workshop *w, const char *head, const char *text,
                                            char *ret_error, size_t error_size) {
    char path[64];
    workshop_write(w, "t.proto", head, text);
    protoc(w, "--include_imports --descriptor_set_out=t.desc");
    snprintf(path, sizeof path, "%s/t.desc", w->folder);
    return catalogue_open_file(path, ret_error, error_size);
}

static const char plain_head[] = "syntax = \"proto2\"; package t; message E {}\n";
static const char method_head[] = "syntax = \"proto2\"; package t; import \"lvzhi/v1/wire.proto\"; message E {}\n";

static void expect_refused(const char *head, const char *text, const char *named) {
    struct workshop w;
    char error[256] = "";
    workshop_open(&w);
    struct catalogue *catalogue = workshop_catalogue(&w, head, text, error, sizeof error);
    cr_expect_null(catalogue, "%s", text);
    cr_expect(strstr(error, named) != NULL && strchr(error, '\n') == NULL, "%s: %s", text, error);
    catalogue_free(catalogue);
    workshop_close(&w);
}

Test(catalogue, refuses_messages_that_hold_themselves) {
    expect_refused(plain_head, "message A { optional A a = 1; }", "t.A");
    expect_refused(plain_head, "message A { repeated A a = 1; }", "t.A");
    expect_refused(plain_head, "message A { optional B b = 1; } message B { repeated A a = 1; }", "t.");
    expect_refused(plain_head, "message A { message In { optional A a = 1; } optional In in = 1; }", "t.A");
}

static void make_chain(char *ret_text, size_t size, unsigned depth) {
    size_t used = 0;
    for (unsigned i = 1; i < depth; i++)
        used += (size_t)snprintf(ret_text + used, size - used, "message M%u { optional M%u m = 1; } ", i, i + 1);
    snprintf(ret_text + used, size - used, "message M%u {}", depth);
}

Test(catalogue, refuses_messages_that_nest_deep) {
    char text[2048], error[256] = "";
    make_chain(text, sizeof text, 8);
    struct workshop w;
    workshop_open(&w);
    struct catalogue *catalogue = workshop_catalogue(&w, plain_head, text, error, sizeof error);
    cr_expect_not_null(catalogue, "%s", error);
    catalogue_free(catalogue);
    workshop_close(&w);

    make_chain(text, sizeof text, 9);
    expect_refused(plain_head, text, "t.M");
}

Test(catalogue, refuses_what_the_language_leaves_out) {
    expect_refused(plain_head, "message A { required int32 a = 1; }", "t.A.a");
    expect_refused(plain_head, "message A { oneof choice { int32 a = 1; int32 b = 2; } }", "t.A.a");
    expect_refused(plain_head, "message A { map<string, string> a = 1; }", "t.A.a");
    expect_refused(plain_head, "message A { optional group G = 1 { optional int32 a = 1; } }", "t.A.g");
    expect_refused("syntax = \"proto3\"; package t;", "message A { int32 a = 1; }", "proto2");
}

/* The language's own messages are not among ours. */
Test(catalogue, refuses_what_is_not_ours) {
    static const char head[] = "import \"google/protobuf/descriptor.proto\"; ";
    char text[512];
    static const char *const bodies[][2] = {
        {"message A { optional google.protobuf.FileOptions a = 1; }", "no message google.protobuf.FileOptions"},
        {"message A { optional google.protobuf.FieldOptions.CType a = 1; }",
         "no enum google.protobuf.FieldOptions.CType"},
        {"service S { rpc A(google.protobuf.FileOptions) returns (E) { option (lvzhi.v1.method) = 72; } }", "rpc A"},
        {"service S { rpc A(E) returns (google.protobuf.FileOptions) { option (lvzhi.v1.method) = 72; } }", "rpc A"},
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        snprintf(text, sizeof text, "%s%s", head, bodies[i][0]);
        expect_refused(method_head, text, bodies[i][1]);
    }
}

/* No package, names out of the way of the style, options that mean nothing to us. */
Test(catalogue, takes_what_is_unusual) {
    struct workshop w;
    char error[256] = "";
    int value;
    workshop_open(&w);
    struct catalogue *c = workshop_catalogue(
        &w,
        "syntax = \"proto2\"; import \"lvzhi/v1/wire.proto\"; import \"google/protobuf/descriptor.proto\";\n"
        "extend google.protobuf.MethodOptions { optional int32 other = 50099; optional string words = 50098; }\n",
        "enum HTTPMark { PLAIN = 1; HTTPMARK_GOOD = 2; }\n"
        "message B { option deprecated = true; }\n"
        "message A { optional HTTPMark mark = 1; repeated int32 n = 2 [packed = true]; optional B b = 5;\n"
        "repeated int32 m = 3 [packed = false]; repeated string t = 4 [deprecated = true]; optional float f = 7; }\n"
        "service S { rpc Go(A) returns (B) {\n"
        "option (other) = 5; option (words) = \"x\"; option (lvzhi.v1.method) = 72; } }",
        error, sizeof error);
    cr_assert_not_null(c, "%s", error);
    const ProtobufCMessageDescriptor *a = catalogue_message(c, "A");
    cr_assert_not_null(a);
    const ProtobufCFieldDescriptor *mark = protobuf_c_message_descriptor_get_field_by_name(a, "mark");
    cr_expect(enum_value(mark->descriptor, "plain", &value) && value == 1);
    cr_expect(enum_value(mark->descriptor, "good", &value) && value == 2);
    cr_expect(protobuf_c_message_descriptor_get_field_by_name(a, "n")->flags & PROTOBUF_C_FIELD_FLAG_PACKED);
    cr_expect_not(protobuf_c_message_descriptor_get_field_by_name(a, "m")->flags & PROTOBUF_C_FIELD_FLAG_PACKED);
    cr_expect_eq(catalogue_method(c, 72)->request, a);
    catalogue_free(c);
    workshop_close(&w);
}

Test(catalogue, refuses_streams_of_answers) {
    expect_refused(method_head, "service S { rpc A(E) returns (stream E) { option (lvzhi.v1.method) = 72; } }",
                   "rpc A");
}

/* A file that was damaged, as protoc never writes it. */
Test(catalogue, refuses_a_type_that_there_is_not) {
    struct workshop w;
    char path[64], error[256] = "";
    workshop_open(&w);
    catalogue_free(workshop_catalogue(&w, plain_head, "message A { optional int32 a = 1; }", error, sizeof error));
    snprintf(path, sizeof path, "%s/t.desc", w.folder);
    FILE *file = fopen(path, "rb");
    uint8_t bytes[1024];
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    static const uint8_t field[] = {0x0a, 1, 'a', 0x18, 1, 0x20, 1, 0x28, 5}; /* name, number, label, type */
    uint8_t *type = memmem(bytes, size, field, sizeof field);
    cr_assert_not_null(type);
    static const uint8_t none[] = {0, 19, 127};
    for (size_t i = 0; i < sizeof none; i++) {
        type[sizeof field - 1] = none[i];
        cr_expect_null(catalogue_open(bytes, size, error, sizeof error));
        cr_expect_not_null(strstr(error, "t.A.a"), "%s", error);
    }
    workshop_close(&w);
}

Test(catalogue, refuses_methods_without_a_number_of_their_own) {
    expect_refused(plain_head, "service S { rpc A(E) returns (E); }", "rpc A");
    expect_refused(plain_head, "service S { rpc A(E) returns (E) { option deprecated = true; } }", "rpc A");
    expect_refused(method_head, "service S { rpc A(E) returns (E) { option (lvzhi.v1.method) = 0; } }", "rpc A");
    expect_refused(method_head, "service S { rpc A(E) returns (E) { option (lvzhi.v1.method) = 65536; } }", "rpc A");
    expect_refused(method_head, "service S { rpc A(E) returns (E) { option (lvzhi.v1.method) = 4294967295; } }",
                   "rpc A");
    expect_refused(method_head,
                   "service S { rpc A(E) returns (E) { option (lvzhi.v1.method) = 70; }"
                   " rpc B(E) returns (E) { option (lvzhi.v1.method) = 70; } }",
                   "70");
    expect_refused(method_head,
                   "service S { rpc A(E) returns (E) { option (lvzhi.v1.method) = 71; } }"
                   "service T { rpc B(E) returns (E) { option (lvzhi.v1.method) = 71; } }",
                   "71");
    expect_refused(method_head, "service S { rpc A(stream E) returns (E) { option (lvzhi.v1.method) = 72; } }",
                   "rpc A");
}

/* Numbers out of order, with gaps, beyond one byte; nested names; packed and unpacked; every type protoc has. */
Test(catalogue, lays_out_any_message) {
    struct workshop w;
    char error[256] = "";
    workshop_open(&w);
    struct catalogue *catalogue = workshop_catalogue(
        &w, plain_head,
        "message All { optional sint32 a = 900; optional bool b = 1; optional double c = 7; optional float d = 3;"
        " optional fixed32 e = 4; optional sfixed64 f = 2; optional bytes g = 16; repeated int32 h = 17 [packed = "
        "true];"
        " repeated bool i = 18; repeated string j = 536870911; repeated In k = 30; optional In.Kind l = 31;"
        " optional uint64 m = 32; optional sint64 n = 33; repeated In.Kind o = 34 [packed = true]; repeated bytes p = "
        "35;"
        " optional fixed64 q = 36; optional sfixed32 r = 37; repeated double s = 38; optional In t = 39; }"
        "message In { enum Kind { KIND_LOW = -5; KIND_TOP = 70000; } optional bool x = 1; optional Kind y = 2; }",
        error, sizeof error);
    cr_assert_not_null(catalogue, "%s", error);
    workshop_write(
        &w, "t.txt", "",
        "a: -7 b: true c: 2.5 d: -1.5 e: 4000000000 f: -9 g: '\\000\\377' h: 1 h: -1 h: 300 i: true i: false"
        " j: '' j: '甲' k {} k { x: false y: KIND_LOW } l: KIND_TOP m: 18446744073709551615 n: -1 o: KIND_TOP"
        " o: KIND_LOW p: '' p: 'p' q: 1 r: -1 s: 0.5 t { y: KIND_TOP }");
    protoc(&w, "--encode=t.All <t.txt >t.bin");

    uint8_t bytes[1024];
    char path[64];
    snprintf(path, sizeof path, "%s/t.bin", w.folder);
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    cr_assert(size > 100 && size < sizeof bytes);
    const ProtobufCMessageDescriptor *all = catalogue_message(catalogue, "t.All");
    cr_assert_not_null(all);
    expect_same_bytes(all, bytes, size, NULL);

    for (unsigned i = 0; i < all->n_fields; i++)
        cr_expect_eq(protobuf_c_message_descriptor_get_field(all, all->fields[i].id), &all->fields[i]);
    cr_expect_not_null(protobuf_c_message_descriptor_get_field_by_name(all, "m"));
    cr_expect_null(protobuf_c_message_descriptor_get_field(all, 8));
    catalogue_free(catalogue);
    workshop_close(&w);
}

/* As protoc-c's: the library compares an unknown number with the first field of an array that is there. */
Test(catalogue, no_array_of_no_fields) {
    struct catalogue *catalogue = open_catalogue();
    size_t empty = 0;
    for (size_t i = 0; i < catalogue_methods(catalogue); i++) {
        const ProtobufCMessageDescriptor *request = catalogue_method_at(catalogue, i)->request;
        cr_expect_eq(request->fields == NULL, request->n_fields == 0, "%s", request->name);
        if (request->n_fields > 0)
            continue;
        empty++;
        for (uint8_t number = 1; number < 16; number++) {
            ProtobufCMessage *message =
                protobuf_c_message_unpack(request, NULL, 2, (const uint8_t[]){(uint8_t)(number << 3), 1});
            cr_assert_not_null(message, "%s, field %d", request->name, number);
            cr_expect_eq(message->n_unknown_fields, 1);
            protobuf_c_message_free_unpacked(message, NULL);
        }
    }
    cr_expect_gt(empty, 0);
    catalogue_free(catalogue);
}

Test(catalogue, kind_of_every_ending) {
    static const struct {
        const char *name;
        enum field_kind kind;
    } kinds[] = {
        {"a_id", FIELD_UUID},          {"a_ids", FIELD_UUID},         {"token", FIELD_BYTES},
        {"grid", FIELD_BYTES},         {"held_on", FIELD_DATE},       {"person", FIELD_TEXT},
        {"now_us", FIELD_TIME},        {"paid_fen", FIELD_INT64},     {"census", FIELD_INT64},
        {"count", FIELD_INT32},        {"small_us", FIELD_INT32},     {"credits", FIELD_UINT32},
        {"seq", FIELD_UINT64},         {"created", FIELD_BOOL},       {"rate", FIELD_DOUBLE},
        {"kind", FIELD_ENUM},          {"op", FIELD_MESSAGE},         {"ops", FIELD_MESSAGE},
        {"text_id", FIELD_TEXT},       {"single", FIELD_UNSUPPORTED}, {"fixed", FIELD_UNSUPPORTED},
        {"zigzag", FIELD_UNSUPPORTED},
    };
    struct workshop w;
    char error[256] = "";
    workshop_open(&w);
    struct catalogue *catalogue = workshop_catalogue(
        &w, plain_head,
        "enum Kind { KIND_ONE = 1; } message K { optional bytes a_id = 1; repeated bytes a_ids = 2;"
        " optional bytes token = 3; optional bytes grid = 4; optional string held_on = 5; optional string person = 6;"
        " optional int64 now_us = 7; optional int64 paid_fen = 8; optional int64 census = 9; optional int32 count = 10;"
        " optional int32 small_us = 11; optional uint32 credits = 12; optional uint64 seq = 13;"
        " optional bool created = 14; optional double rate = 15; optional Kind kind = 16; optional E op = 17;"
        " repeated E ops = 18; optional string text_id = 19; optional float single = 20; optional fixed64 fixed = 21;"
        " optional sint32 zigzag = 22; }",
        error, sizeof error);
    cr_assert_not_null(catalogue, "%s", error);
    const ProtobufCMessageDescriptor *message = catalogue_message(catalogue, "t.K");
    cr_assert_eq(message->n_fields, sizeof kinds / sizeof kinds[0]);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        cr_expect_str_eq(message->fields[i].name, kinds[i].name);
        cr_expect_eq(field_kind(&message->fields[i]), kinds[i].kind, "%s", kinds[i].name);
    }
    catalogue_free(catalogue);
    workshop_close(&w);
}

Test(catalogue, enum_texts) {
    struct catalogue *catalogue = open_catalogue();
    const ProtobufCMessageDescriptor *meeting = catalogue_message(catalogue, "lvzhi.v1.AttendanceMark");
    cr_assert_not_null(meeting);
    const ProtobufCEnumDescriptor *mark = protobuf_c_message_descriptor_get_field_by_name(meeting, "mark")->descriptor;
    cr_expect_str_eq(enum_text(mark, 1), "present");
    cr_expect_str_eq(enum_text(mark, 3), "left_early");
    cr_expect_null(enum_text(mark, 0));
    cr_expect_null(enum_text(mark, 5));
    cr_expect_null(enum_text(mark, -1));

    int value = 77;
    cr_expect_not(enum_value(mark, "mark_left_early", &value));
    cr_expect_not(enum_value(mark, "LEFT_EARLY", &value));
    cr_expect_not(enum_value(mark, "", &value));
    cr_expect_eq(value, 77);
    cr_expect(enum_value(mark, "left_early", &value));
    cr_expect_eq(value, 3);
    catalogue_free(catalogue);
}

Test(catalogue, snake_cases) {
    static const char *const pairs[][2] = {
        {"RecordAttendance", "record_attendance"}, {"ThreeNo", "three_no"}, {"Health", "health"},
        {"ListMeetings", "list_meetings"},         {"health", "health"},    {"", ""},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char text[32];
        snake_case(pairs[i][0], text, sizeof text);
        cr_expect_str_eq(text, pairs[i][1]);
    }
    char exact[sizeof "three_no"];
    snake_case("ThreeNo", exact, sizeof exact);
    cr_expect_str_eq(exact, "three_no");
}

Test(catalogue, not_a_set) {
    char error[256] = "";
    cr_expect_null(catalogue_open("\xff\xff\xff", 3, error, sizeof error));
    cr_expect_gt(strlen(error), 0);
    error[0] = '\0';
    cr_expect_null(catalogue_open_file("/nowhere/lvzhi.desc", error, sizeof error));
    cr_expect_not_null(strstr(error, "/nowhere/lvzhi.desc"));
    catalogue_free(NULL);
}
