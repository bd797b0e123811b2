#include "catalogue.h"
#include "day.h"
#include "json.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct catalogue *catalogue;

static void open_catalogue(void) {
    char error[256];
    catalogue = catalogue_open_file(LVZHI_DESCRIPTORS, error, sizeof error);
    cr_assert_not_null(catalogue, "%s", error);
}

static void close_catalogue(void) {
    catalogue_free(catalogue);
}

TestSuite(json, .init = open_catalogue, .fini = close_catalogue);

/* Through bytes and back: what comes out, compact and sorted. Owned by the caller. */
static char *round_trip(const char *message_name, const char *text) {
    char error[LVZHI_JSON_ERROR_SIZE] = "";
    const ProtobufCMessageDescriptor *descriptor = catalogue_message(catalogue, message_name);
    cr_assert_not_null(descriptor);
    json_t *in = json_loads(text, 0, NULL);
    cr_assert_not_null(in);
    ProtobufCMessage *message = lvzhi_json_decode(descriptor, in, error);
    cr_assert_not_null(message, "%s", error);
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = malloc(size + 1);
    protobuf_c_message_pack(message, bytes);
    protobuf_c_message_free_unpacked(message, NULL);
    message = protobuf_c_message_unpack(descriptor, NULL, size, bytes);
    free(bytes);
    cr_assert_not_null(message);
    json_t *out = lvzhi_json_encode(message, error);
    cr_assert_not_null(out, "%s", error);
    char *printed = json_dumps(out, JSON_COMPACT | JSON_SORT_KEYS);
    protobuf_c_message_free_unpacked(message, NULL);
    json_decref(in);
    json_decref(out);
    return printed;
}

static void expect_same(const char *message_name, const char *text) {
    char *out = round_trip(message_name, text);
    cr_assert_str_eq(out, text);
    free(out);
}

Test(json, every_kind_goes_through) {
    expect_same("lvzhi.v1.Op", "{\"author_id\":\"01900000-0000-7000-8000-0000000000ff\",\"authored_us\":"
                               "\"2025-02-18T01:30:00.000005Z\",\"device_seq\":18446744073709,\"proof\":\"AAEC/w==\"}");
    expect_same("lvzhi.v1.Meeting",
                "{\"actions\":[],\"agenda\":[\"一\"],\"appraisees\":[],\"code\":\"M0001\",\"held_on\":\"2024-02-29\","
                "\"kind\":\"congress_session\",\"laws\":[],\"on_roll\":0,\"title\":\"第四次会议\"}");
    expect_same("lvzhi.v1.CreateTownReply", "{\"created\":false,\"town_id\":-5}");
    expect_same("lvzhi.v1.ImportRowsRequest",
                "{\"cells\":[\"\",\"b\"],\"columns\":[\"code\"],\"file\":\"people\",\"lines\":[2,-2147483648]}");
    expect_same("lvzhi.v1.RecordAttendanceRequest",
                "{\"marks\":[{\"mark\":\"left_early\"},{\"note\":\"x\"}],\"meeting_id\":"
                "\"01900000-0000-7000-8000-000000000001\"}");
}

Test(json, unset_is_absent) {
    expect_same("lvzhi.v1.GetMeetingRequest", "{}");
    char *out = round_trip("lvzhi.v1.GetAttendanceReply", "{\"marks\":[{}]}");
    cr_assert_str_eq(out, "{\"marks\":[{}],\"requests\":[]}");
    free(out);
}

Test(json, faults_name_their_path) {
    static const struct {
        const char *message, *text, *error;
    } cases[] = {
        {"RecordAttendanceRequest", "{\"marks\":[{},{},{\"person_id\":\"D001\"}]}", "marks[2].person_id: not a UUID"},
        {"RecordAttendanceRequest", "{\"marks\":[{\"mark\":\"here\"}]}",
         "marks[0].mark: \"here\" is not a value of it"},
        {"RecordAttendanceRequest", "{\"marks\":{}}", "marks: not an array"},
        {"RecordAttendanceRequest", "{\"marks\":[3]}", "marks[0]: not an object"},
        {"RecordAttendanceRequest", "[]", "not an object"},
        {"GetMeetingRequest", "{\"kode\":\"M1\"}", "kode: GetMeetingRequest has no such field"},
        {"GetMeetingRequest", "{\"code\":1}", "code: not a string"},
        {"GetMeetingRequest", "{\"code\":null}", "code: not a string"},
        {"GetMeetingRequest", "{\"code\":\"a\\u0000b\"}", "code: holds a NUL"},
        {"ListMeetingsRequest", "{\"from_on\":\"2025-02-29\"}", "from_on: not a day (YYYY-MM-DD)"},
        {"ListMeetingsRequest", "{\"from_on\":\"2025-2-9\"}", "from_on: not a day (YYYY-MM-DD)"},
        {"ListMeetingsRequest", "{\"limit\":2147483648}", "limit: out of range"},
        {"ListMeetingsRequest", "{\"limit\":1.5}", "limit: not a whole number"},
        {"Op", "{\"device_seq\":-1}", "device_seq: out of range"},
        {"Op", "{\"authored_us\":\"yesterday\"}", "authored_us: not a time (RFC 3339)"},
        {"Op", "{\"proof\":\"a===\"}", "proof: not base64"},
        {"ImportCheckRequest", "{\"update\":1}", "update: neither true nor false"},
        {"ListMeetingsRequest", "{\"limit\":-2147483649}", "limit: out of range"},
        {"ListMeetingsRequest", "{\"limit\":\"1\"}", "limit: not a whole number"},
        {"ListMeetingsRequest", "{\"kind\":1}", "kind: not a string"},
        {"ListMeetingsRequest", "{\"from_on\":20250101}", "from_on: not a day (YYYY-MM-DD)"},
        {"Hello", "{\"version_min\":-1}", "version_min: out of range"},
        {"Hello", "{\"version_min\":4294967296}", "version_min: out of range"},
        {"Op", "{\"authored_us\":5}", "authored_us: not a time (RFC 3339)"},
        {"ImportRowsRequest", "{\"cells\":[\"a\",5]}", "cells[1]: not a string"},
        {"ImportRowsRequest", "{\"lines\":[1,\"2\"]}", "lines[1]: not a whole number"},
        {"GetMeetingRequest", "{\"code\":5}", "code: not a string"},
        {"Op", "{\"proof\":5}", "proof: not a string"},
        {"Op", "{\"proof\":\"AAEC\\u0000\"}", "proof: holds a NUL"},
        {"Appraisal", "{\"rate\":\"high\"}", "rate: not a number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char error[LVZHI_JSON_ERROR_SIZE] = "", name[80];
        snprintf(name, sizeof name, "lvzhi.v1.%s", cases[i].message);
        json_t *json = json_loads(cases[i].text, JSON_ALLOW_NUL, NULL);
        cr_assert_not_null(json, "%s", cases[i].text);
        cr_assert_null(lvzhi_json_decode(catalogue_message(catalogue, name), json, error), "%s", cases[i].text);
        cr_assert_str_eq(error, cases[i].error);
        json_decref(json);
    }
}

Test(json, numbers) {
    expect_same("lvzhi.v1.Hello", "{\"version_max\":4294967295,\"version_min\":0}");
    expect_same("lvzhi.v1.Appraisal", "{\"actions\":[],\"rate\":99.5}");
    expect_same("lvzhi.v1.ListMeetingsRequest", "{\"limit\":-2147483648}");
    expect_same("lvzhi.v1.ImportCheckRequest", "{\"update\":true}");
    expect_same("lvzhi.v1.ImportCheckRequest", "{\"update\":false}");
    char *out = round_trip("lvzhi.v1.Appraisal", "{\"rate\":7}");
    cr_assert_not_null(strstr(out, "\"rate\":7.0"));
    free(out);
}

/* Kinds that no call uses today, in one message made for it. */
Test(json, kinds_that_no_call_uses) {
    char folder[] = "/tmp/lvzhi_json_XXXXXX", path[64], command[512], error[256] = "";
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/k.proto", folder);
    FILE *file = fopen(path, "w");
    fputs(
        "syntax = \"proto2\"; package k; message K { repeated bool b = 1; repeated int64 i = 2; repeated uint64 u = 3; "
        "repeated double d = 4; repeated int64 at_us = 5; repeated uint32 w = 6; optional sint32 s = 7; repeated "
        "fixed32 "
        "f = 8; }",
        file);
    fclose(file);
    snprintf(command, sizeof command, "cd %s && protoc --descriptor_set_out=k.desc k.proto", folder);
    cr_assert_eq(system(command), 0);
    unlink(path);
    snprintf(path, sizeof path, "%s/k.desc", folder);
    close_catalogue();
    catalogue = catalogue_open_file(path, error, sizeof error);
    cr_assert_not_null(catalogue, "%s", error);
    unlink(path);
    rmdir(folder);
    expect_same("k.K", "{\"at_us\":[\"2025-02-18T01:30:00Z\"],\"b\":[true,false],\"d\":[0.5],\"f\":[],\"i\":[-5],"
                       "\"u\":[9007199254740993],\"w\":[4294967295]}");
    json_t *json = json_loads("{\"f\":[1]}", 0, NULL);
    cr_expect_null(lvzhi_json_decode(catalogue_message(catalogue, "k.K"), json, error));
    cr_expect_str_eq(error, "f[0]: no call may use this field");
    json_decref(json);
    static const uint8_t unsupported[] = {0x45, 1, 0, 0, 0};
    ProtobufCMessage *message = protobuf_c_message_unpack(catalogue_message(catalogue, "k.K"), NULL, 5, unsupported);
    cr_assert_not_null(message);
    cr_expect_null(lvzhi_json_encode(message, error));
    protobuf_c_message_free_unpacked(message, NULL);
}

/* What a centre could send, and JSON has no word for. */
Test(json, what_json_cannot_say) {
    static const struct {
        const char *message;
        uint8_t bytes[16];
        size_t size;
        const char *error;
    } cases[] = {
        {"Op", {0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, 11, "device_seq: out of range"},
        {"Op", {0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, 10, "authored_us: not a time"},
        {"Caller", {0x20, 0x63}, 2, "role: not a value of its enum"},
        {"ImportRowsRequest", {0x32, 1, 0xff}, 3, "cells[0]: not UTF-8"},
        {"Appraisal", {0x89, 0x01, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f}, 10, "rate: not a finite number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char error[LVZHI_JSON_ERROR_SIZE] = "", name[80];
        snprintf(name, sizeof name, "lvzhi.v1.%s", cases[i].message);
        ProtobufCMessage *message =
            protobuf_c_message_unpack(catalogue_message(catalogue, name), NULL, cases[i].size, cases[i].bytes);
        cr_assert_not_null(message, "%s", name);
        cr_expect_null(lvzhi_json_encode(message, error), "%s", name);
        cr_expect_str_eq(error, cases[i].error);
        protobuf_c_message_free_unpacked(message, NULL);
    }
}

Test(json, a_peers_nonsense_is_an_error) {
    char error[LVZHI_JSON_ERROR_SIZE] = "";
    const ProtobufCMessageDescriptor *descriptor = catalogue_message(catalogue, "lvzhi.v1.Meeting");
    static const uint8_t short_id[] = {0x0a, 3, 1, 2, 3}, bad_text[] = {0x12, 2, 0xff, 0xfe};
    ProtobufCMessage *message = protobuf_c_message_unpack(descriptor, NULL, sizeof short_id, short_id);
    cr_assert_null(lvzhi_json_encode(message, error));
    cr_assert_str_eq(error, "meeting_id: not a UUID");
    protobuf_c_message_free_unpacked(message, NULL);
    message = protobuf_c_message_unpack(descriptor, NULL, sizeof bad_text, bad_text);
    cr_assert_null(lvzhi_json_encode(message, error));
    cr_assert_str_eq(error, "code: not UTF-8");
    protobuf_c_message_free_unpacked(message, NULL);
    for (unsigned i = 0; i < descriptor->n_fields; i++)
        if (strcmp(descriptor->fields[i].name, "held_on") == 0) {
            const uint8_t no_day[] = {(uint8_t)(descriptor->fields[i].id << 3 | 2), 1, 'x'};
            message = protobuf_c_message_unpack(descriptor, NULL, sizeof no_day, no_day);
            cr_assert_null(lvzhi_json_encode(message, error));
            cr_assert_str_eq(error, "held_on: not a day");
            protobuf_c_message_free_unpacked(message, NULL);
        }
}

Test(json, base64) {
    static const char *const wrong[] = {"A", "AA=A", "====", "AAA", "AA-_", "A==="};
    uint8_t bytes[16];
    char text[32];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_assert_eq(lvzhi_base64_parse(wrong[i], bytes), -1, "%s", wrong[i]);
    cr_assert_eq(lvzhi_base64_parse("", bytes), 0);
    cr_assert_eq(lvzhi_base64_parse("/w==", bytes), 1);
    cr_assert_eq(bytes[0], 0xff);
    lvzhi_base64_format(NULL, 0, text);
    cr_assert_str_eq(text, "");
    lvzhi_base64_format((const uint8_t *)"fooba", 5, text);
    cr_assert_str_eq(text, "Zm9vYmE=");
}

Test(day, calendar_and_moments) {
    static const char *const wrong[] = {"2025-02-30", "2025-13-01",  "0000-01-01",
                                        "2025-1-01",  "2025-01-01 ", "1900-02-29"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_assert_not(lvzhi_day_valid(wrong[i]), "%s", wrong[i]);
    cr_assert(lvzhi_day_valid("2000-02-29"));
    int64_t us;
    char text[LVZHI_TIME_TEXT_SIZE];
    cr_assert(lvzhi_time_parse("2025-02-18T09:30:00.25+08:00", &us));
    cr_assert_eq(us, 1739842200250000LL);
    cr_assert(lvzhi_time_format(us, text));
    cr_assert_str_eq(text, "2025-02-18T01:30:00.250000Z");
    cr_assert(lvzhi_time_format(-1, text));
    cr_assert_str_eq(text, "1969-12-31T23:59:59.999999Z");
    cr_assert_not(lvzhi_time_parse("2025-02-18T09:30:00", &us));
    cr_assert_not(lvzhi_time_parse("2025-02-18 09:30:00Z", &us));
    cr_assert_not(lvzhi_time_parse("2025-02-18T24:30:00Z", &us));
    cr_assert_not(lvzhi_time_format(INT64_MAX, text));
    cr_assert_not(lvzhi_time_format(INT64_MIN / 2, text));
}

Test(day, what_is_no_day) {
    static const char *const wrong[] = {"2025x01-01", "2025-01x01", "20a5-01-01", "202/-01-01",
                                        "2025-00-01", "2025-0:-01", "2025-01-00", "2025-01-32",
                                        "2025-04-31", "2023-02-29", "2100-02-29"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(lvzhi_day_valid(wrong[i]), "%s", wrong[i]);
    cr_expect(lvzhi_day_valid("2024-02-29") && lvzhi_day_valid("9999-12-31") && lvzhi_day_valid("0001-01-01"));
}

Test(day, moments) {
    static const char *const wrong[] = {
        "2025-02-30T09:30:00Z",      "2025-02-18T09x30:00Z",      "2025-02-18T09:30x00Z",
        "2025-02-18Tx9:30:00Z",      "2025-02-18T09:60:00Z",      "2025-02-18T09:x0:00Z",
        "2025-02-18T09:30:60Z",      "2025-02-18T09:30:x0Z",      "2025-02-18T09:30:00.Z",
        "2025-02-18T09:30:00x",      "2025-02-18T09:30:00+0800",  "2025-02-18T09:30:00+08:0",
        "2025-02-18T09:30:00+08x00", "2025-02-18T09:30:00+24:00", "2025-02-18T09:30:00+x8:00",
        "2025-02-18T09:30:00+08:60", "2025-02-18T09:30:00+08:x0",
    };
    int64_t us;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(lvzhi_time_parse(wrong[i], &us), "%s", wrong[i]);
    cr_assert(lvzhi_time_parse("1970-01-01t00:00:01z", &us));
    cr_expect_eq(us, 1000000);
    cr_assert(lvzhi_time_parse("1970-01-01T00:00:00.1234567-01:30", &us));
    cr_expect_eq(us, 90 * 60 * 1000000LL + 123456);
    char text[LVZHI_TIME_TEXT_SIZE];
    cr_assert(lvzhi_time_format(1000000, text));
    cr_expect_str_eq(text, "1970-01-01T00:00:01Z");
}
