"""`lvzhi import`: a whole town in one go, everything or nothing, and every fault named by file, line and column."""

import csv
import os
import re
import subprocess
import sys

import centre as c

FAULT_LINE = re.compile(r"^(\w+)\.csv:(\d+)( \S+)?( \".*\")?: (.+) / (.+)$")


def lines_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return file.read().split("\n")


def edit(path, change):
    """A file's bytes, changed."""
    with open(path, "rb") as file:
        old = file.read()
    new = change(old)
    assert new != old, path
    with open(path, "wb") as file:
        file.write(new)


def empty_town(code):
    """A town with an office and no records yet, and the sample's files as its own."""
    files = c.copy_files(c.SAMPLE)
    edit(os.path.join(files, "town.csv"), lambda old: old.replace(b"533421121", str(code).encode()))
    town = c.Place(c.sample().centre, os.path.join(c.fresh("empty"), "profiles"), code)
    admin, server = c.sample().profile("admin"), c.sample().settings("office")
    for words in (
        ["call", "CreateTown", c.lvzhi(None, "csv-town", os.path.join(files, "town.csv")).out],
        ["provision", town.path, "--town", code, "--address", server["address"], "--server-key", server["server_key"],
         "--bootstrap"],
    ):
        said = c.lvzhi(admin, *words)
        if said.code != c.DONE:
            raise AssertionError(f"lvzhi {words}: exit {said.code}\n{said.err}")
    return town, files


class Again(c.Case):
    def setUp(self):
        self.before = c.sample().centre.records(c.sample().town)

    def assert_nothing_stored(self):
        self.assertEqual(c.sample().centre.records(c.sample().town), self.before)

    def test_the_same_files_change_nothing(self):
        for more in ([], ["--update"]):
            said = self.said(c.sample().run("office", "import", c.SAMPLE, *more), c.DONE)
            self.assertEqual(said.out, "added 0, changed 0, unchanged 3701\n")
            self.assert_nothing_stored()

    def test_json_tells_the_same(self):
        found = c.sample().json("office", "import", c.SAMPLE)
        self.assertEqual(found, {"added": 0, "changed": 0, "unchanged": 3701})

    def test_a_missing_file_is_an_empty_one_and_others_are_left_alone(self):
        files = c.copy_files(c.SAMPLE)
        os.remove(os.path.join(files, "awards.csv"))
        os.remove(os.path.join(files, "deeds.csv"))
        for name in ("notes.txt", "people.csv.bak", "secret.csv", "People.csv"):
            with open(os.path.join(files, name), "wb") as file:
                file.write(b"\xff\xfe not, a town's \"file")
        os.mkdir(os.path.join(files, "sub.csv"))
        said = self.said(c.sample().run("office", "import", files), c.DONE)
        self.assertEqual(said.out, f"added 0, changed 0, unchanged {3701 - 29 - 113}\n")
        self.assert_nothing_stored()

    def test_byte_order_mark_crlf_and_other_columns_first_are_the_same_files(self):
        files = c.copy_files(c.SAMPLE)
        for name in os.listdir(files):
            path = os.path.join(files, name)
            with open(path, encoding="utf-8", newline="") as file:
                rows = list(csv.reader(file))
            with open(path, "w", encoding="utf-8-sig", newline="") as file:
                csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(row[::-1] for row in rows)
        said = self.said(c.sample().run("office", "import", files), c.DONE)
        self.assertEqual(said.out, "added 0, changed 0, unchanged 3701\n")
        self.assert_nothing_stored()

    def test_a_folder_without_files_and_one_that_is_not_there(self):
        self.said(c.sample().run("office", "import", c.fresh("empty")), c.USAGE, "没有可导入的 CSV 文件")
        self.said(c.sample().run("office", "import", "/nonexistent/folder"), c.USAGE, "没有这个文件夹")

    def test_a_header_alone_and_an_empty_file_are_no_faults(self):
        files = c.copy_files(c.SAMPLE)
        for name, content in (("awards", b"code,on,kind,recipient,amount_yuan,document\n"), ("deeds", b""),
                              ("funds", b"\xef\xbb\xbf")):
            with open(os.path.join(files, name + ".csv"), "wb") as file:
                file.write(content)
        self.said(c.sample().run("office", "import", files), c.DONE)

    def test_a_clerk_may_not_import(self):
        self.said(c.sample().run("G01", "import", c.SAMPLE), c.REFUSED, "“导入”不由您的身份（联络员）来做")
        self.assert_nothing_stored()

    def test_another_town_may_not_be_imported_over_this_one(self):
        self.said(c.small().run("office", "import", c.SAMPLE), c.REFUSED, "代码 533421121 不是这个镇（533421007）")


class Second(c.Case):
    """The sample's rows as another town, changed row by row."""

    CODE = 533421122

    @classmethod
    def setUpClass(cls):
        cls.town, cls.files = empty_town(cls.CODE)

    def test_1_the_whole_set_goes_in_within_5_seconds(self):
        said = self.said(self.town.run("office", "import", self.files), c.DONE)
        self.assertEqual(said.out, "added 3700, changed 0, unchanged 1\n")
        print(f"[import {said.seconds:.2f} s]", end=" ", flush=True)
        self.assertLess(said.seconds, 5 * c.crowd())

    def test_2_it_is_the_same_town(self):
        first, second = c.sample(), self.town
        self.assertEqual(second.centre.records(second.town), first.centre.records(first.town))
        for period in (c.YEAR, ("--from", "2025-02-11", "--to", "2025-09-17")):
            self.assertEqual(second.json("office", "threeno", *period), first.json("office", "threeno", *period))

    def test_3_a_second_import_changes_nothing(self):
        said = self.said(self.town.run("office", "import", self.files), c.DONE)
        self.assertEqual(said.out, "added 0, changed 0, unchanged 3701\n")

    def test_4_a_changed_row_is_refused_with_both_values(self):
        before = self.town.centre.records(self.CODE)
        files = c.copy_files(self.files)
        people = lines_of(os.path.join(files, "people.csv"))
        number = next(n for n, line in enumerate(people) if line.startswith("D007,"))
        held = people[number].split(",")
        edit(os.path.join(files, "people.csv"), lambda old: old.replace(
            people[number].encode(), ",".join([held[0], "欧阳新", *held[2:]]).encode()))
        said = self.said(self.town.run("office", "import", files), c.REFUSED)
        self.assertEqual(said.out, "")
        first, *rest = said.err.splitlines()
        self.assertTrue(first.startswith(f'people.csv:{number + 1} name "欧阳新": 与已有记录不同：已有“{held[1]}”'), first)
        self.assertEqual(rest, ["共 1 处错误，什么也没有导入 / 1 faults, nothing was imported"])
        faults = self.town.run("office", "--format", "json", "import", files)
        self.assertEqual(faults.json()["faults"], [{"file": "people", "line": number + 1, "column": "name",
                                                    "value": "欧阳新", "rule": "differs", "held": held[1]}])
        self.assertEqual(self.town.centre.records(self.CODE), before)

        said = self.said(self.town.run("office", "import", files, "--update"), c.DONE)
        self.assertEqual(said.out, "added 0, changed 1, unchanged 3700\n")
        name = {p["code"]: p["name"] for p in self.town.json("office", "people")["people"]}["D007"]
        self.assertEqual(name, "欧阳新")
        said = self.said(self.town.run("office", "import", files), c.DONE)
        self.assertEqual(said.out, "added 0, changed 0, unchanged 3701\n")
        self.said(self.town.run("office", "import", self.files), c.REFUSED, "已有“欧阳新”")
        self.said(self.town.run("office", "import", self.files, "--update"), c.DONE)

    def test_5_a_changed_mark_is_a_correction(self):
        files = c.copy_files(self.files)
        rows = lines_of(os.path.join(files, "attendance.csv"))
        row = next(row for row in rows if row.startswith("M0001,") and row.endswith(",present"))
        person = row.split(",")[1]
        edit(os.path.join(files, "attendance.csv"),
             lambda old: old.replace(row.encode() + b"\n", row[:-7].encode() + b"late\n"))
        said = self.said(self.town.run("office", "import", files), c.REFUSED)
        self.assertIn('mark "late": 与已有记录不同：已有“present”', said.err)
        self.said(self.town.run("office", "import", files, "--update"), c.DONE)
        roll = {line["code"]: line for line in self.town.json("office", "meetings", "show", "M0001")["roll"]}
        self.assertEqual((roll[person]["mark"], roll[person]["marks"]), ("late", 2))
        self.said(self.town.run("office", "import", self.files, "--update"), c.DONE)
        self.assertEqual(self.town.marks("M0001", person), 3)


class Faults(c.Case):
    """Files with faults, and what must be said of each."""

    CODE = 533421123

    @classmethod
    def setUpClass(cls):
        cls.town, cls.good = empty_town(cls.CODE)
        cls.before = cls.town.centre.records(cls.CODE)

    def setUp(self):
        self.files = c.copy_files(self.good)

    def tearDown(self):
        self.assertEqual(self.town.centre.records(self.CODE), self.before, "something was stored")

    def path(self, name):
        return os.path.join(self.files, name + ".csv")

    def faults(self):
        """(file, line, column, rule) of each, from the JSON; the lines for people must tell the same."""
        said = self.said(self.town.run("office", "--format", "json", "import", self.files), c.REFUSED)
        faults = [(f["file"], f["line"], f.get("column", ""), f["rule"]) for f in said.json()["faults"]]
        *lines, total = said.err.splitlines()
        self.assertEqual(len(lines), len(faults), said.err)
        for line, fault in zip(lines, faults):
            told = FAULT_LINE.match(line)
            self.assertIsNotNone(told, line)
            self.assertEqual((told[1], int(told[2]), (told[3] or "").strip()), fault[:3])
            self.assertNotIn(fault[3], told[5])  # a sentence, not a name from a program
        self.assertIn(f"共 {len(faults)} 处错误", total)
        return faults

    def spoil(self, *count):
        """bad_town.py's files in place of these; gives what it predicts."""
        spoil = [sys.executable, os.path.join(c.RULES, "bad_town.py"), self.good, self.files, *map(str, count)]
        done = subprocess.run(spoil, capture_output=True, text=True, check=True)
        return [(f["file"], int(f["line"]), f["column"], f["rule"]) for f in csv.DictReader(done.stdout.splitlines())]

    def test_ten_faults_of_one_file_are_ten_named_lines(self):
        predicted = self.spoil(10)
        self.assertEqual({f[0] for f in predicted}, {"appraisals"})
        found = self.faults()
        self.assertEqual(len(found), 10)
        self.assertEqual(sorted(found), sorted(predicted))
        self.assertEqual([f[1] for f in found], sorted(f[1] for f in found))

    def test_all_known_faults_at_once_are_exactly_these(self):
        predicted = self.spoil()
        self.assertGreater(len(predicted), 35)
        self.assertEqual(sorted(self.faults()), sorted(predicted))

    def test_bytes_that_are_not_utf8_name_line_column_and_byte(self):
        row = lines_of(self.path("people"))[4]
        name = row.split(",")[1]
        edit(self.path("people"),
             lambda old: old.replace(row.encode(), row.encode().replace(name.encode(), name.encode("gbk"))))
        self.assertEqual(self.faults(), [("people", 5, "name", "cell_not_utf8")])
        said = self.town.run("office", "import", self.files)
        self.assertIn("people.csv:5 name", said.err)
        self.assertIn("\\x" + name.encode("gbk").hex()[:2], said.err)
        self.assertIn("UTF-8", said.err)

    def test_a_whole_file_in_gbk_is_named_too(self):
        edit(self.path("villages"), lambda old: old.decode().encode("gbk"))
        found = self.faults()
        self.assertEqual({f[0] for f in found}, {"villages"})
        self.assertEqual(len(found), 9)

    def test_a_nul_byte_is_named(self):
        edit(self.path("units"), lambda old: old.replace("畜牧站".encode(), "畜\0站".encode()))
        self.assertEqual(self.faults(), [("units", 3, "name", "cell_nul")])

    def test_a_quote_that_does_not_close_is_named_where_it_begins(self):
        edit(self.path("awards"), lambda old: old.replace(b"\nW01,", b"\nW01x,\"", 1))
        found = self.faults()
        self.assertIn(("awards", 4, "on", "quote_open"), found)
        self.assertEqual({f[0] for f in found}, {"awards"})

    def test_a_quote_in_the_middle_is_named(self):
        edit(self.path("units"), lambda old: old.replace("畜牧站".encode(), "畜\"牧\"站".encode()))
        self.assertEqual(self.faults(), [("units", 3, "name", "quote_stray")])

    def test_rows_with_too_many_and_too_few_fields_are_named(self):
        edit(self.path("units"), lambda old: old.replace("畜牧站".encode(), "畜牧站,多".encode()).replace(
            ",环卫所".encode(), b""))
        found = self.faults()
        self.assertEqual([f for f in found if f[3] == "field_count"],
                         [("units", 3, "", "field_count"), ("units", 4, "", "field_count")])
        said = self.town.run("office", "import", self.files)
        self.assertIn("这一行有 3 格，表头有 2 格", said.err)
        self.assertIn("这一行有 1 格，表头有 2 格", said.err)

    def test_a_fault_after_a_field_of_several_lines_names_the_files_line(self):
        edit(self.path("units"), lambda old: old.replace("镇中心学校".encode(), "\"镇中心\n学校\"".encode()).replace(
            b"\nU03,", b"\nU 3,"))
        self.assertIn(("units", 5, "code", "bad_code"), self.faults())

    def test_a_file_that_cannot_be_read_stops_the_import(self):
        os.remove(self.path("awards"))
        os.mkdir(self.path("awards"))
        self.said(self.town.run("office", "import", self.files), c.USAGE, "文件读不了")

    def test_a_very_long_text_is_shown_shortened(self):
        edit(self.path("people"), lambda old: old.replace("女".encode(), ("很长" * 5000).encode(), 1))
        said = self.said(self.town.run("office", "import", self.files), c.REFUSED)
        self.assertLess(len(said.err.splitlines()[0]), 1200)

    def test_a_value_of_several_lines_is_shown_on_one_and_moves_no_cursor(self):
        edit(self.path("people"), lambda old: old.replace("女".encode(), b"\"a\nb\x1b[31m\"", 1))
        said = self.said(self.town.run("office", "import", self.files), c.REFUSED)
        self.assertEqual(len(said.err.splitlines()), 2, said.err)
        self.assertNotIn("\x1b", said.err)
