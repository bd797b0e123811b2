"""The everyday verbs of `lvzhi`: rolls, lists, calls as JSON, and what each exit code means."""

import csv
import io
import os
import re
import subprocess

import centre as c


class Attendance(c.Case):
    def setUp(self):
        self.town = c.small()

    def record(self, name, *words):
        return self.town.run(name, "attendance", "record", *words)

    def test_a_room_marks_its_roll(self):
        said = self.said(self.record("G02", "M002", "D003=present", "D004=absent"), c.DONE)
        self.assertEqual(said.err, "")
        self.assertIn("已登记：2", said.out)
        roll = {line["code"]: line for line in self.town.json("G02", "meetings", "show", "M002")["roll"]}
        self.assertEqual([roll[p]["mark"] for p in ("D003", "D004")], ["present", "absent"])

    def test_json_and_csv_tell_how_many(self):
        found = self.town.json("office", "attendance", "record", "M003", "--all", "present")
        self.assertEqual(found["recorded"], 4)
        said = self.town.run("office", "--format", "csv", "attendance", "record", "M003", "D001=late")
        self.said(said, c.DONE)
        self.assertEqual(said.out, "recorded,corrected\n1,1\n")

    def test_after_closing_a_changed_mark_needs_a_reason(self):
        self.said(self.record("G01", "M004", "D001=present"), c.REFUSED, "更正或停用要写理由", "--note")
        self.assertEqual(self.town.marks("M004", "D001"), 1)
        said = self.said(self.record("G01", "M004", "D001=present", "--note", "签到表上有名"), c.DONE)
        self.assertIn("其中更正：1", said.out)
        self.assertEqual(self.town.marks("M004", "D001"), 2)

    def test_after_locking_only_the_chair_corrects(self):
        for name in ("G01", "L01", "office"):
            said = self.record(name, "M005", "D001=present", "--note", "签到表")
            self.said(said, c.REFUSED, "会议 M005 已锁定，只有主席能更正")
        self.assertEqual(self.town.marks("M005", "D001"), 1)
        self.said(self.record("chair", "M005", "D001=present"), c.REFUSED, "要写理由")
        self.said(self.record("chair", "M005", "D001=present", "--note", "签到表"), c.DONE)
        self.assertEqual(self.town.marks("M005", "D001"), 2)

    def test_another_groups_roll_is_refused(self):
        for name in ("G02", "L02"):
            said = self.said(self.record(name, "M001", "D001=present"), c.REFUSED, "会议 M001 不归您的小组管")
            self.assertEqual(said.out, "")

    def test_of_a_whole_towns_meeting_a_room_marks_its_own(self):
        self.said(self.record("G01", "M003", "D002=present"), c.DONE)
        self.said(self.record("G01", "M003", "D003=present"), c.REFUSED, "应到名单上没有这个人")

    def test_who_may_not_mark_is_told_so(self):
        for name in ("auditor", "D001", "U01", "backup"):
            with self.subTest(profile=name):
                self.assertEqual(self.record(name, "M001", "D001=present").code, c.REFUSED)

    def test_unknown_codes_are_named(self):
        self.said(self.record("G01", "M999", "D001=present"), c.REFUSED, "没有会议 M999")
        self.said(self.record("G01", "M001", "D999=present"), c.REFUSED, "应到名单上没有这个人", "D999")
        self.said(self.record("G01", "M001", "D003=present"), c.REFUSED, "应到名单上没有这个人", "D003")

    def test_the_same_person_twice_is_refused_by_name(self):
        before = self.town.marks("M001", "D001")
        self.said(self.record("G01", "M001", "D001=present", "D001=absent"), c.REFUSED, "D001 写了两次")
        self.said(self.record("G01", "M001", "--all", "present", "D001=absent"), c.REFUSED, "D001 写了两次")
        self.assertEqual(self.town.marks("M001", "D001"), before)

    def test_a_meeting_that_is_not_open_is_refused(self):
        self.said(self.record("G01", "M006", "D001=present"), c.REFUSED, "会议 M006 现在是")

    def test_a_mark_that_is_none_names_where_it_stands(self):
        said = self.record("G01", "M001", "D001=asleep")
        self.said(said, c.USAGE, "asleep", "lvzhi attendance record --help")

    def test_words_that_make_no_sense_are_a_wrong_command(self):
        for words in (["M001"], [], ["M001", "D001"], ["M001", "D001=present", "--colour"], ["M001", "--all"]):
            with self.subTest(words=words):
                self.said(self.record("G01", *words), c.USAGE, "lvzhi attendance record --help")
        self.said(self.town.run("G01", "attendance"), c.USAGE)
        self.said(self.town.run("G01", "attendance", "erase", "M001", "D001=present"), c.USAGE)


class Lists(c.Case):
    def meetings(self, name="office", *words):
        return c.sample().json(name, "meetings", *words).get("meetings", [])

    def rows(self):
        with open(os.path.join(c.SAMPLE, "meetings.csv"), encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def codes(self, **wanted):
        return sorted(row["code"] for row in self.rows() if all(row[k] == v for k, v in wanted.items()))

    def test_all_meetings_are_listed_oldest_first(self):
        found = self.meetings()
        self.assertEqual(sorted(m["code"] for m in found), self.codes())
        self.assertEqual(found, sorted(found, key=lambda m: (m["held_on"], m["code"])))

    def test_filters_narrow_the_list(self):
        for column, value in (("kind", "research"), ("state", "locked"), ("group", "G07")):
            found = self.meetings("office", "--" + column, value)
            self.assertTrue(found)
            self.assertEqual(sorted(m["code"] for m in found), self.codes(**{column: value}), column)
        both = self.meetings("office", "--kind", "group_meeting", "--group", "G07")
        self.assertEqual(sorted(m["code"] for m in both), self.codes(kind="group_meeting", group="G07"))
        self.assertEqual(self.meetings("office", "--kind", "training", "--group", "G07", "--state", "planned"), [])

    def test_both_ends_of_a_period_are_in_it(self):
        day = self.rows()[0]["held_on"]
        found = self.meetings("office", "--from", day, "--to", day)
        self.assertEqual(sorted(m["code"] for m in found), self.codes(held_on=day))
        found = self.meetings("office", "--from", "2025-10-01")
        wanted = sorted(row["code"] for row in self.rows() if row["held_on"] >= "2025-10-01")
        self.assertEqual(sorted(m["code"] for m in found), wanted)

    def test_values_that_are_none_are_told(self):
        self.said(c.sample().run("office", "meetings", "--kind", "party"), c.USAGE, "kind", "party")
        self.said(c.sample().run("office", "meetings", "--from", "2025-13-01"), c.USAGE, "--from 2025-13-01")

    def test_a_room_sees_its_own_and_the_whole_towns(self):
        found = {m["code"] for m in self.meetings("G01")}
        self.assertEqual(found, {r["code"] for r in self.rows() if r["group"] in ("", "G01")})
        other = self.codes(group="G02")[0]
        self.said(c.sample().run("G01", "meetings", "show", other), c.REFUSED, f"会议 {other} 不归您的小组管")
        self.said(c.sample().run("G01", "meetings", "show", "M9999"), c.REFUSED, "没有会议 M9999")

    def test_tables_are_straight_and_csv_is_csv(self):
        said = self.said(c.sample().run("office", "--format", "csv", "meetings"), c.DONE)
        rows = list(csv.DictReader(io.StringIO(said.out)))
        self.assertEqual(sorted(row["code"] for row in rows), self.codes())
        said = self.said(c.sample().run("office", "meetings"), c.DONE)
        self.assertEqual(len(said.out.splitlines()), 1 + len(rows))
        said = self.said(c.sample().run("office", "meetings", "show", "M0001"), c.DONE)
        self.assertIn("镇第十二届人民代表大会第四次会议", said.out)
        said = self.said(c.sample().run("office", "--format", "csv", "meetings", "show", "M0001"), c.DONE)
        with open(os.path.join(c.SAMPLE, "attendance.csv"), encoding="utf-8", newline="") as file:
            on_paper = {r["person"]: r["mark"] for r in csv.DictReader(file) if r["meeting"] == "M0001"}
        self.assertEqual({r["code"]: r["mark"] for r in csv.DictReader(io.StringIO(said.out))}, on_paper)

    def test_people_are_listed_by_group_and_day(self):
        people = c.sample().json("office", "people", "--as-of", "2025-06-30")["people"]
        self.assertEqual(len(people), 153)
        of_group = c.sample().json("office", "people", "--group", "G01", "--as-of", "2025-06-30")["people"]
        self.assertTrue(of_group)
        self.assertTrue(all("G01" in p["group_codes"] for p in of_group))
        self.said(c.sample().run("office", "people", "--group", "G99"), c.REFUSED, "没有小组 G99")
        self.said(c.sample().run("office", "people", "--as-of", "1990-01-01"), c.DONE)
        before = c.sample().json("office", "people", "--as-of", "1990-01-01")["people"]
        self.assertFalse(any(p.get("in_office") for p in before))
        said = self.said(c.sample().run("office", "--format", "csv", "people"), c.DONE)
        self.assertTrue(said.out.startswith("code,name,gender,occupation,in_office,"))

    def test_health_answers_everybody_in_every_format(self):
        for name in ("admin", "G01", "D001", "backup"):
            found = c.sample().json(name, "health")
            self.assertRegex(found["now_us"], r"^20\d\d-\d\d-\d\dT")
            self.assertGreater(found["schema_version"], 0)
        self.said(c.sample().run("office", "health"), c.DONE)
        said = self.said(c.sample().run("office", "--format", "csv", "health"), c.DONE)
        self.assertEqual(said.out.splitlines()[0], "now_us,schema_version,database_version")


class Calls(c.Case):
    def call(self, *words, name="office", **options):
        return c.small().run(name, "call", *words, **options)

    def test_a_read_by_name_and_by_number(self):
        by_name = self.said(self.call("GetMeeting", '{"code": "M001"}'), c.DONE).json()
        by_number = self.said(self.call("35", '{"code": "M001"}'), c.DONE).json()
        self.assertEqual(by_name, by_number)
        self.assertEqual(by_name["meeting"]["code"], "M001")

    def test_json_from_standard_input(self):
        said = self.said(self.call("GetMeeting", "-", stdin='{"code":\n "M001"}'), c.DONE)
        self.assertEqual(said.json()["meeting"]["code"], "M001")

    def test_a_write_gets_its_op(self):
        meeting = self.call("GetMeeting", '{"code": "M007"}').json()
        request = f'{{"meeting_id": "{meeting["meeting"]["meeting_id"]}", "marks": [{{"person_id": ' \
                  f'"{meeting["roll"][0]["person_id"]}", "mark": "present"}}]}}'
        before = c.small().ledger()
        self.assertEqual(self.said(self.call("RecordAttendance", request), c.DONE).json()["recorded"], 1)
        self.assertEqual(c.small().ledger(), before + 1)

    def test_wrong_json_names_where(self):
        id = "01a20536-1aa0-782a-b4d0-3890dc425fa7"
        wrong = [
            ("GetMeeting", "{", "line 1"),
            ("GetMeeting", '{"code": 5}', "code"),
            ("GetMeeting", '{"colour": "red"}', "colour"),
            ("GetMeeting", '{"code": "a", "code": "b"}', "duplicate"),
            ("GetMeeting", "[]", ""),
            ("GetMeeting", '{"meeting_id": "M001"}', "meeting_id"),
            ("RecordAttendance", f'{{"meeting_id": "{id}", "marks": [{{"person_id": "{id}", "mark": "asleep"}}]}}',
             "marks[0].mark"),
            ("RecordAttendance", f'{{"meeting_id": "{id}", "marks": [{{}}, {{"mark": 3}}]}}', "marks[1].mark"),
            ("RecordAttendance", f'{{"meeting_id": "{id}", "marks": {{}}}}', "marks"),
            ("ListMeetings", '{"from_on": "2025-02-30"}', "from_on"),
            ("ListMeetings", '{"limit": 1.5}', "limit"),
            ("ListMeetings", '{"limit": 99999999999}', "limit"),
        ]
        for method, request, path in wrong:
            with self.subTest(request=request):
                self.said(self.call(method, request), c.USAGE, path)

    def test_methods_that_are_none(self):
        for method in ("NoSuchMethod", "9999"):
            self.said(self.call(method), c.USAGE, "没有这个方法")
        self.said(self.call(""), c.USAGE, "不能为空")

    def test_a_missing_field_is_refused_by_the_centre(self):
        self.said(self.call("GetMeeting", "{}"), c.REFUSED)
        self.said(self.call("RecordAttendance", "{}"), c.REFUSED)

    def test_pages_are_followed_by_hand(self):
        seen, after = [], None
        while True:
            request = '{"limit": 3' + (f', "after": "{after}"' if after else "") + "}"
            reply = self.said(self.call("ListMeetings", request), c.DONE).json()
            seen += [m["code"] for m in reply["meetings"]]
            after = reply.get("next")
            if after is None:
                break
        self.assertEqual(seen, [f"M00{n}" for n in range(1, 9)])
        self.said(self.call("ListMeetings", '{"after": "nonsense"}'), c.REFUSED)


class Codes(c.Case):
    """0 done, 1 refused, 2 a wrong command, 3 no connection or no answer."""

    def test_help_is_no_error_and_no_command_is_one(self):
        for words in (["--help"], *([verb, "--help"] for verb in ("meetings", "import", "threeno", "call", "enrol"))):
            said = self.said(c.lvzhi(None, *words), c.DONE)
            self.assertIn("lvzhi", said.out)
            self.assertEqual(said.err, "")
        self.assertEqual(c.lvzhi(None).code, c.USAGE)

    def test_wrong_words(self):
        for words in (["erase"], ["--format", "xml", "health"], ["--timeout", "0", "health"], ["health", "now"],
                      ["--timeout", "x", "health"], ["--timeout", "nan", "health"], ["--colour", "health"],
                      ["--format"]):
            with self.subTest(words=words):
                said = self.said(c.sample().run("office", *words), c.USAGE, "→ lvzhi")
                self.assertEqual(said.out, "")

    def test_a_profile_that_is_not_there_or_nonsense(self):
        self.said(c.lvzhi("/nonexistent/profile", "health"), c.USAGE, "配置文件读不了", "/nonexistent/profile")
        self.said(c.lvzhi(None, "health"), c.USAGE, "配置文件读不了", ".config/lvzhi/default")
        path = os.path.join(c.fresh("profile"), "p")
        c.write_profile(path, {"address": "127.0.0.1:1", "colour": "red"})
        self.said(c.lvzhi(path, "health"), c.USAGE, "colour")

    def test_a_profile_others_may_read_is_not_used(self):
        path = os.path.join(c.fresh("profile"), "p")
        c.write_profile(path, c.sample().settings("U02"))
        os.chmod(path, 0o644)
        said = c.lvzhi(path, "health")
        self.said(said, c.USAGE, "配置文件读不了", "chmod 600")

    def test_nobody_listens(self):
        path = os.path.join(c.fresh("profile"), "p")
        c.write_profile(path, {**c.sample().settings("office"), "address": f"127.0.0.1:{c.free_port()}"})
        said = self.said(c.lvzhi(path, "health"), c.NO_CONNECTION, "连不上服务器", "检查网络")
        self.assertLess(said.seconds, 5)
        c.write_profile(path, {"address": "unix:/nonexistent/sock", "town": "0"})
        self.said(c.lvzhi(path, "health"), c.NO_CONNECTION, "连不上服务器")

    def test_a_server_of_another_key_is_not_spoken_to(self):
        path = os.path.join(c.fresh("profile"), "p")
        c.write_profile(path, {**c.sample().settings("office"), "server_key": "00" * 32})
        said = c.lvzhi(path, "health")
        self.assertEqual(said.code, c.NO_CONNECTION, said.err)
        self.assertTrue(said.err)

    def test_a_wrong_password_is_refused(self):
        path = os.path.join(c.fresh("profile"), "p")
        settings = c.sample().settings("U03")
        settings = {k: v for k, v in settings.items() if k != "token"}
        for key in ("device_key",):
            settings[key] = os.path.join(c.sample().path, settings[key])
        c.write_profile(path, {**settings, "password": "not the password", "outbox": "box.db"})
        self.said(c.lvzhi(path, "meetings"), c.REFUSED, "登录名或密码不对")

    def test_logging_out_ends_the_token_and_the_password_logs_in_again(self):
        town = c.sample()
        self.said(town.run("U04", "health"), c.DONE)
        token = town.settings("U04")["token"]
        self.said(town.run("U04", "logout"), c.DONE)
        self.assertNotIn("token", town.settings("U04"))
        self.said(town.run("U04", "login"), c.DONE)
        self.assertNotEqual(town.settings("U04")["token"], token)

    def test_a_reader_that_has_seen_enough_is_no_error(self):
        pipe = 'set -o pipefail; "$0" --profile "$1" meetings | head -n 1'
        done = subprocess.run(["bash", "-c", pipe, c.LVZHI, c.sample().profile("office")], capture_output=True,
                              text=True, env=c.environment(), timeout=60)
        self.assertIn(done.returncode, (0, c.REFUSED))
        self.assertEqual(done.stderr, "")

    def test_a_full_disk_is_told(self):
        with open("/dev/full", "w") as full:
            command = [c.LVZHI, "--profile", c.sample().profile("office"), "meetings"]
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=c.environment(),
                                  timeout=60)
        self.assertEqual(done.returncode, c.REFUSED)
        self.assertIn("输出写不出去", done.stderr)

    def test_every_refusal_has_a_next_step(self):
        for words in (["meetings", "show", "M9999"], ["people", "--group", "G99"],
                      ["threeno", "show", "D999", *c.YEAR]):
            said = self.said(c.sample().run("office", *words), c.REFUSED)
            self.assertRegex(said.err, re.compile("^  → .*[一-鿿]", re.M))
