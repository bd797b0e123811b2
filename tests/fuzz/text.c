/* Ids, days, moments, numbers and codes as people and files write them: read and written alike, and alike on both sides
 * of the wire. */
#include "day.h"
#include "file_type.h"
#include "fuzz.h"
#include "json.h"
#include "profile.h"
#include "server/message.h"
#include "server/params.h"
#include "sheet_code.h"
#include "utf8.h"
#include "uuid.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void uuids(const char *text) {
    uint8_t uuid[UUID_SIZE];
    char again[UUID_TEXT_SIZE];
    if (!uuid_parse(text, uuid))
        return;
    uuid_format(uuid, again);
    assert(strcasecmp(again, text) == 0);
}

static void days(const char *text) {
    int32_t day;
    char again[11];
    bool valid = date_parse(text, &day);
    assert(valid == lvzhi_day_valid(text));
    if (valid) {
        bool formatted = date_format(day, again);
        assert(formatted && strcmp(again, text) == 0);
    }
}

static void moments(const char *text) {
    int64_t us, again_us;
    char again[LVZHI_TIME_TEXT_SIZE];
    if (!lvzhi_time_parse(text, &us) || !lvzhi_time_format(us, again))
        return;
    bool parsed = lvzhi_time_parse(again, &again_us);
    assert(parsed && again_us == us && time_to_postgres(&us) && time_from_postgres(&us) && us == again_us);
}

static void numbers(struct input input) {
    int64_t us = (int64_t)input_u64(&input), moment = us;
    char text[LVZHI_TIME_TEXT_SIZE], day[11];
    bool has_place = time_to_postgres(&moment);
    assert(has_place == lvzhi_time_format(us, text));
    int32_t days_since = (int32_t)us, again;
    if (date_format(days_since, day)) {
        bool parsed = date_parse(day, &again);
        assert(parsed && again == days_since);
    }
}

static void base64(const char *text) {
    uint8_t *bytes = malloc(strlen(text) / 4 * 3 + 1);
    char *again = malloc(strlen(text) + 8);
    assert(bytes != NULL && again != NULL);
    ptrdiff_t size = lvzhi_base64_parse(text, bytes);
    if (size >= 0) {
        lvzhi_base64_format(bytes, (size_t)size, again);
        assert(strlen(again) == strlen(text));
        /* The last character may hold bits that no byte has. */
        size_t same = strlen(text) >= 4 ? strlen(text) - 4 : 0;
        assert(memcmp(again, text, same) == 0);
    }
    free(bytes);
    free(again);
}

static void hex(const char *text) {
    uint8_t bytes[32];
    char again[2 * sizeof bytes + 1];
    size_t size = strlen(text) / 2;
    if (size > sizeof bytes || !lvzhi_hex_parse(text, bytes, size))
        return;
    lvzhi_hex_format(bytes, size, again);
    assert(strcasecmp(again, text) == 0);
}

static void codes(const char *text) {
    char code[LVZHI_SHEET_CODE_SIZE], again[LVZHI_SHEET_CODE_SIZE];
    if (!lvzhi_sheet_code_read(text, code))
        return;
    bool read = lvzhi_sheet_code_read(code, again);
    assert(read && strcmp(code, again) == 0);
}

static void names(const char *text, uint8_t how) {
    char name[LVZHI_FILE_NAME_SIZE];
    lvzhi_file_name(text, (enum lvzhi_file_type)(how % 4), "file", name);
    size_t size = strlen(name);
    assert(size > 0 && strcspn(name, "/\\:*?\"<>|") == size && name[0] != '.' && name[0] != ' ');
    assert(lvzhi_utf8_span(name, size) == size);
    for (size_t i = 0; i < size; i++)
        assert((unsigned char)name[i] >= ' ' && name[i] != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct input input = {bytes, bytes + size};
    uint8_t *exact = exact_copy(bytes, size);
    assert((lvzhi_utf8_span(exact, size) == size) == text_is_valid(exact, size));
    free(exact);
    numbers(input);
    uint8_t how = input_byte(&input);
    char *text = input_text(&input);
    uuids(text);
    days(text);
    moments(text);
    base64(text);
    hex(text);
    codes(text);
    names(text, how);
    free(text);
    return 0;
}
