#include "catalogue.h"
#include "day.h"
#include "json.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
}
