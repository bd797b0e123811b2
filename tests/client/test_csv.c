#include "csv.h"
#include "utf8.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect_record(struct lvzhi_csv *csv, int line, size_t count, const char *const *fields) {
    cr_assert_eq(lvzhi_csv_next(csv), LVZHI_CSV_RECORD);
    cr_assert_eq(csv->record_line, line, "line %d, want %d", csv->record_line, line);
    cr_assert_eq(csv->count, count, "%zu fields, want %zu", csv->count, count);
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(csv->fields[i].size, strlen(fields[i]));
        cr_assert_str_eq(csv->fields[i].text, fields[i]);
    }
}

static struct lvzhi_csv opened(const char *text) {
    struct lvzhi_csv csv;
    lvzhi_csv_open(&csv, text, strlen(text));
    return csv;
}

Test(csv, marks_quotes_and_line_ends) {
    struct lvzhi_csv csv = opened("\xef\xbb\xbf"
                                  "code,name\r\nA,\"say \"\"hi\"\"\"\n\"B\",\"two\r\nlines, one cell\"\r\n\nC,\r\n,");
    expect_record(&csv, 1, 2, (const char *const[]){"code", "name"});
    expect_record(&csv, 2, 2, (const char *const[]){"A", "say \"hi\""});
    expect_record(&csv, 3, 2, (const char *const[]){"B", "two\r\nlines, one cell"});
    expect_record(&csv, 6, 2, (const char *const[]){"C", ""});
    expect_record(&csv, 7, 2, (const char *const[]){"", ""});
    cr_assert_eq(lvzhi_csv_next(&csv), LVZHI_CSV_END);
    cr_assert_eq(lvzhi_csv_next(&csv), LVZHI_CSV_END);
    lvzhi_csv_close(&csv);
}

Test(csv, many_fields_and_what_only_looks_like_an_end) {
    char text[200] = "\"last\"\n";
    struct lvzhi_csv csv = opened("ab\xef\rc\n");
    expect_record(&csv, 1, 1, (const char *const[]){"ab\xef\rc"});
    lvzhi_csv_close(&csv);
    csv = opened("x,y\r");
    expect_record(&csv, 1, 2, (const char *const[]){"x", "y\r"});
    lvzhi_csv_close(&csv);
    csv = opened("\"closed at the end\"");
    expect_record(&csv, 1, 1, (const char *const[]){"closed at the end"});
    lvzhi_csv_close(&csv);
    for (int i = 0; i < 40; i++)
        memcpy(text + 2 * i, "v,", 2);
    memcpy(text + 80, "w\n", 3);
    csv = opened(text);
    cr_assert_eq(lvzhi_csv_next(&csv), LVZHI_CSV_RECORD);
    cr_assert_eq(csv.count, 41);
    cr_assert_str_eq(csv.fields[0].text, "v");
    cr_assert_str_eq(csv.fields[40].text, "w");
    lvzhi_csv_close(&csv);
}

Test(csv, empty) {
    struct lvzhi_csv csv = opened("\xef\xbb\xbf");
    cr_assert_eq(lvzhi_csv_next(&csv), LVZHI_CSV_END);
    lvzhi_csv_close(&csv);
    csv = opened("\r\n\n");
    cr_assert_eq(lvzhi_csv_next(&csv), LVZHI_CSV_END);
    lvzhi_csv_close(&csv);
}

Test(csv, quote_that_does_not_close) {
    struct lvzhi_csv csv = opened("a,b\n1,\"2\n3,4\n");
    expect_record(&csv, 1, 2, (const char *const[]){"a", "b"});
    cr_assert_eq(lvzhi_csv_next(&csv), LVZHI_CSV_QUOTE_OPEN);
    cr_assert_eq(csv.record_line, 2);
    cr_assert_eq(csv.count, 1);
    cr_assert_eq(lvzhi_csv_next(&csv), LVZHI_CSV_END);
    lvzhi_csv_close(&csv);
}

Test(csv, stray_quotes_spoil_one_record) {
    struct lvzhi_csv csv = opened("x\"y,1\n\"a\"b,2\nc,3\n");
    cr_assert_eq(lvzhi_csv_next(&csv), LVZHI_CSV_QUOTE_STRAY);
    cr_assert_eq(lvzhi_csv_next(&csv), LVZHI_CSV_QUOTE_STRAY);
    cr_assert_eq(csv.record_line, 2);
    expect_record(&csv, 3, 2, (const char *const[]){"c", "3"});
    lvzhi_csv_close(&csv);
}

Test(csv, keeps_bytes_it_does_not_know) {
    struct lvzhi_csv csv;
    lvzhi_csv_open(&csv, "a\0b,\xff\n", 6);
    cr_assert_eq(lvzhi_csv_next(&csv), LVZHI_CSV_RECORD);
    cr_assert_eq(csv.fields[0].size, 3);
    cr_assert_arr_eq(csv.fields[0].text, "a\0b", 4);
    cr_assert_eq((unsigned char)csv.fields[1].text[0], 0xff);
    lvzhi_csv_close(&csv);
}

Test(csv, what_is_written_reads_back) {
    static const char *const cells[] = {"plain", "a,b", "say \"x\"", "two\nlines", "", "青石镇"};
    struct buffer out = {0};
    for (size_t i = 0; i < 6; i++) {
        if (i > 0)
            buffer_append(&out, ",", 1);
        lvzhi_csv_write(&out, cells[i]);
    }
    struct lvzhi_csv csv;
    lvzhi_csv_open(&csv, (const char *)buffer_data(&out), buffer_size(&out));
    expect_record(&csv, 1, 6, cells);
    lvzhi_csv_close(&csv);
    buffer_release(&out);
}

Test(utf8, well_formed_and_not) {
    static const struct {
        const char *bytes;
        size_t size, good;
    } cases[] = {
        {"青石", 6, 6},
        {"a\0b", 3, 1},
        {"ok\xff", 3, 2},
        {"\xc0\x80", 2, 0},
        {"\xe9\x9d", 2, 0},
        {"\xed\xa0\x80", 3, 0},
        {"\xf4\x90\x80\x80", 4, 0},
        {"\xf0\x9f\x98\x80", 4, 4},
        {"\xe0\x80\x80", 3, 0},
        {"\xf0\x80\x80\x80", 4, 0},
        {"x\xe9\x9d\x92\x80", 5, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_assert_eq(lvzhi_utf8_span(cases[i].bytes, cases[i].size), cases[i].good, "case %zu", i);
}

Test(utf8, where_text_ends) {
    static const struct {
        const char *bytes;
        size_t size, span;
    } cases[] = {
        {"a\xc2", 2, 1},
        {"\xc1\xbf", 2, 0},
        {"\xe9\x95\xbf", 3, 3},
        {"\xe9\x95x", 3, 0},
        {"\xe9x\xbf", 3, 0},
        {"\xf0\x9f\x98\x80", 4, 4},
        {"\xf0\x9f\x98x", 4, 0},
        {"\xf4\x90\x80\x80", 4, 0},
        {"\xf5\x80\x80\x80", 4, 0},
        {"\xed\xa0\x80", 3, 0},
        {"\xe0\x9f\xbf", 3, 0},
        {"\xf0\x8f\xbf\xbf", 4, 0},
        {"a\0b", 3, 1},
        {"\xdf\xbf\xef\xbf\xbf", 5, 5},
        {"\x80", 1, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(lvzhi_utf8_span(cases[i].bytes, cases[i].size), cases[i].span, "case %zu", i);
}
