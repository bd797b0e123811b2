"""Reports and exports through the protocol: each figure is its list, and an export holds the town.

The town has worked for a day: feedback and suggestions in every state, leaves of every decision, meetings in every state,
corrected marks, texts of every kind, voided records. The clock is that of test_feedback.
"""

import csv
import datetime
import functools
import hashlib
import io
import json
import os
import sys
import tempfile

import harness
import test_feedback
import test_suggestions
import wire
from test_feedback import NOTE, TOWN, day, imported

sys.path.insert(0, os.path.join(harness.SOURCE, "tests/rules"))
import plain_counter  # noqa: E402

YEARS = {2025: ("2025-01-01", "2025-12-31"), 2026: ("2026-01-01", "2026-12-31")}
PERIODS = [*YEARS.values(), ("2026-09-18", "2026-09-18"), ("2025-06-10", "2026-09-17")]
COPY = 533421901
SUMS = ("household_members", "award_yuan", "deputy_activity_yuan", "office_premises_yuan", "room_premises_yuan")
STRANGE = [
    'er sagte "bald"', "一，二, 三", "第一行\n第二行", "\r\n前面有空行", "末尾回车\r", "  前有空格", "后有空格  ", "=1+1", "+86-138",
    "@某人", "\t制表", "😀👍", "'--", '"', '""', ",", "\ufeff字节序", "㐀𠮷", "a" * 3000,
]


def told(code, on=-9):
    return {"person_id": imported("people", code), "notice": "signed", "notified_on": day(on)}


class Case(test_suggestions.Case):
    def figures(self, period, login="office", town=TOWN):
        reply = self.client(login, town).call("ReportFigures", from_on=period[0], to_on=period[1])
        return reply["figures"]

    def values(self, period, town=TOWN):
        return {f["figure"]: f["value"] for f in self.figures(period, town=town) if f["measure"] != "parts"}

    def rows(self, figure, period, limit=None):
        rows, after = [], None
        while True:
            reply = self.do("office", "ReportRows", figure=figure, from_on=period[0], to_on=period[1], limit=limit,
                            after=after)
            rows += reply.get("rows", [])
            after = reply.get("next")
            if after is None:
                return rows

    def export(self, login="office", town=TOWN, limit=None, **fields):
        """The bytes of each file, checked against what the centre said they come to; and what was said."""
        client = self.client(login, town)
        said = client.call("StartExport", **fields)
        files = {}
        for file in said["files"]:
            lines, after = [file["header"]], None
            while True:
                reply = client.call("ExportRows", export_id=said["export_id"], file=file["file"], limit=limit, after=after)
                lines += reply.get("lines", [])
                after = reply.get("next")
                if after is None:
                    break
            files[file["file"]] = "".join(line + "\n" for line in lines)
            self.assertEqual(len(lines) - 1, file["rows"], file["file"])
            self.assertEqual(hashlib.sha256(files[file["file"]].encode()).digest(), file["digest"], file["file"])
        return files, said

    def table(self, files, name):
        return list(csv.DictReader(io.StringIO(files[name], newline="")))

    def found(self, files):
        """As harness.import_files() takes it."""
        parsed = {name: list(csv.reader(io.StringIO(text, newline=""))) for name, text in files.items()}
        return {name: (rows[0], [tuple(row) for row in rows[1:]]) for name, rows in parsed.items()}

    def left_out(self, said):
        return dict(zip(said.get("left_out", []), said.get("left_out_counts", [])))


@functools.cache
def world():
    """The name of the database of the town that has worked."""
    name = "reports_world"
    Builder.centre = harness.copy_of_base(name, **Builder.settings).start()
    Builder.clients, Builder.present = {}, test_feedback.TODAY
    try:
        Builder("build").build()
        Builder.close_clients()
        Builder.centre.stop()
    finally:
        Builder.centre.kill()
    return name


class World(Case):
    """Tests on a copy of it."""

    @classmethod
    def setUpClass(cls):
        name = f"{cls.__module__}_{cls.__name__}".lower()
        harness.postgres().sql(f"create database {name} owner lvzhi_owner template {world()}")
        cls.centre = harness.Centre(harness.postgres(), name, **cls.settings).start()
        cls.addClassCleanup(cls.centre.kill)
        cls.clients, cls.present = {}, test_feedback.TODAY

    def plan(self, title, held=0, **fields):
        id = wire.uuid7()
        self.do("office", "PlanMeeting", **{"meeting_id": id, "kind": "inspection", "title": title, "held_on": day(held),
                                            "group_id": imported("groups", "G01"), "place": title[:40], **fields})
        return id

    def step(self, id, action, login="office", **fields):
        self.do(login, "MoveMeeting", meeting_id=id, action=action, **fields)


class Builder(World):
    def build(self):
        for state in test_feedback.PATHS:
            self.follow_feedback(state)
        lead, other = self.register(text="大的"), self.register(text="小的", resident_name="吴十一", notice_given=True)
        self.move_feedback("office", other, "merge", lead_code=self.code_of("feedback", lead))
        for text in STRANGE:
            self.register(text=text, topic=text[:200], resident_name=text[:60], notice_given=True)
        self.do("office", "MoveFeedback", feedback_id=self.register(text="转成建议"), action="screen")
        for state in test_suggestions.PATHS:
            self.follow(state)
        self.draft(title="  =草稿, \"一\"")
        self.move("deputy1", self.draft(title="提交以前就撤回"), "withdraw")
        self.move("deputy1", self.follow("submitted"), "withdraw", note="不提了")
        self.move("office", self.follow("submitted"), "void", note="重复")
        self.bill()
        self.classified_bill()
        self.meetings()
        self.others()

    def follow_feedback(self, state):
        before, steps = test_feedback.PATHS[state]
        if before is None:
            return self.register(resident_name="王大娘", resident_phone="13800000001", resident_address="村东",
                                 notice_given=True)
        id = self.follow_feedback(before)
        for login, action, fields in steps:
            self.move_feedback(login, id, action, **fields)
        return id

    def move_feedback(self, login, id, action, **fields):
        return self.do(login, "MoveFeedback", feedback_id=id, action=action, **fields)

    def code_of(self, table, id):
        return self.centre.one(f"select code from data.{table} where {table}_id = '{id.hex()}'")

    def opened(self, title, **fields):
        id = self.plan(title, **fields)
        self.do("office", "NotifyMeeting", meeting_id=id, people=[told(f"D{n:02d}") for n in range(1, 8)])
        self.step(id, "open")
        return id

    def mark(self, id, note=None, login="office", **marks):
        self.do(login, "RecordAttendance", meeting_id=id, marks=[
            {"person_id": imported("people", p), "mark": mark, "note": note} for p, mark in marks.items()])

    def meetings(self):
        self.plan("只是计划", held=20, agenda=["听汇报", "看现场"])
        self.step(self.plan("取消", held=20), "cancel", note="下雨")
        later = self.plan("延期", held=20)
        self.do("office", "NotifyMeeting", meeting_id=later, people=[told("D01"), told("D02")])
        self.step(later, "postpone", note="下雨", held_on=day(30))
        ask = self.plan("请假", held=15)
        self.do("office", "NotifyMeeting", meeting_id=ask, people=[told(f"D{n:02d}") for n in range(1, 8)])
        leave = {"meeting_id": ask, "ground": "family"}
        for n, moves in enumerate(([], ["approve"], ["refuse"], ["withdraw"], ["refuse", "grant_after_all"]), 1):
            person = imported("people", f"D{n:02d}")
            self.do("clerk1", "AskLeave", person_id=person, note='去"医院"', **leave)
            for move in moves:
                login = "clerk1" if move == "withdraw" else "chair"
                self.do(login, "MoveLeave", meeting_id=ask, person_id=person, action=move, note="说明")
        for kind in ("law_check", "research", "training", "work_review", "group_meeting"):
            id = self.opened(STRANGE[len(kind)] + kind, kind=kind, laws=["食品安全法"],
                             unit_id=test_feedback.U01)
            self.mark(id, D01="present", D02="late", D03="left_early", D04="absent", D05="absent", D06="present")
            self.step(id, "close")
            self.mark(id, note="记错了", D04="present")
            self.do("clerk1", "WriteMinutes", meeting_id=id, text="初稿")
            self.do("clerk1", "WriteMinutes", meeting_id=id, text="\n".join(STRANGE[:12]),
                    decisions=[{"text": "同意", "in_favour": 4, "against": 0, "abstained": 0}])
            if kind == "training":
                self.mark(id, D07="absent")
                self.step(id, "confirm", login="leader1")
                self.step(id, "approve")
        self.mark(self.opened("还开着"), D01="present", D02="absent")
        self.mark(imported("meetings", "M004"), login="chair", note="主席更正", D01="absent", D02="left_early")

    def others(self):
        """Registers without a call: imported, and some voided by hand."""
        yes, no = "yes", "no"
        files = {
            "deeds": ("code person done_on kind village text verified value_yuan", [
                ("Q1", "D01", "2026-02-01", "修路", "V01", "=1+1", yes, "300"),
                ("Q2", "D01", "2026-02-02", "送药", "V02", "a", no, ""),
                ("Q3", "D02", "2025-02-01", "修路", "V01", "b", yes, ""), ("Q4", "D02", "2026-12-31", "c", "V01", "c", yes, "0"),
                ("Q9", "D02", "2026-03-01", "误记", "V01", "d", yes, "5")]),
            "households": ("code village head members helpers starts_on", [
                ("B1", "V01", "郑一", "4", "D01 D02", "2024-01-01"), ("B2", "V02", "郑二", "0", "D03", "2026-12-31"),
                ("B3", "V02", "郑三", "7", "", "2027-01-01"), ("B9", "V02", "郑九", "9", "D01", "2026-01-01")]),
            "funds": ("code on kind person group amount_yuan note", [
                ("J1", "2026-01-01", "deputy_activity", "D01", "G01", "500", "活动, \"小组\""),
                ("J2", "2026-12-31", "deputy_activity", "D02", "G02", "0", ""), ("J3", "2026-05-05", "other", "", "", "9999", ""),
                ("J4", "2025-05-05", "office_premises", "", "", "31200", ""),
                ("J5", "2026-05-05", "room_premises", "", "G01", "83700", ""),
                ("J9", "2026-05-05", "deputy_activity", "D01", "", "800", "误记")]),
            "awards": ("code on kind recipient amount_yuan document", [
                ("W1", "2026-12-25", "advanced_group", "G01", "500", "镇发〔2026〕1号"),
                ("W2", "2026-12-25", "excellent_deputy", "D01", "300", ""),
                ("W3", "2025-12-25", "advanced_group", "G02", "300", ""),
                ("W9", "2026-12-25", "excellent_deputy", "D09", "300", "")]),
            "meetings": ("code kind title group held_on state", [
                ("M90", "duty_report", "述职", "G01", "2026-06-01", "locked"),
                ("M91", "duty_report", "述职", "", "2026-06-02", "open"),
                ("M92", "group_meeting", "会上测评", "G01", "2026-06-03", "closed"),
                ("M93", "duty_report", "去年", "G01", "2025-12-31", "closed")]),
            "appraisals": ("code meeting category subject issued returned invalid excellent competent basic incompetent", [
                (f"C{n}", m, category, subject, "9", "8", "1", "4", "2", "1", "0") for n, (m, category, subject) in enumerate([
                    ("M90", "group_head", "吴开秀"), ("M90", "group_head", "吴开秀"), ("M90", "village_head", "王, 主任"),
                    ("M90", "deputy", "D01"), ("M90", "unit", "U01"), ("M91", "group_head", "没有开完"),
                    ("M92", "group_head", "不是活动"), ("M93", "village_head", "去年的"), ("M90", "village_head", "误记")], 1)]),
            "mandates": ("code person level group starts_on ends_on", [
                ("Y1", "D01", "county", "G01", "2022-03-01", ""), ("Y2", "D02", "county", "G01", "2022-03-01", "2026-01-01"),
                ("Y3", "D03", "county", "G02", "2026-05-01", "2026-05-01"), ("Y4", "D04", "city", "G02", "2026-12-31", ""),
                ("Y9", "D05", "city", "G01", "2022-03-01", "")]),
            "suspensions": ("mandate starts_on ends_on reason", [
                ("Y1", "2020-01-01", "", "立案"), ("ZD06", "2026-01-01", "2026-12-31", ""), ("Y9", "2026-01-01", "", "")]),
        }
        found = {name: (columns.split(), rows) for name, (columns, rows) in files.items()}
        reply = harness.import_files(self.client("office"), found)
        self.assertIsInstance(reply, dict, reply)
        for table, code in (("deed", "Q9"), ("household", "B9"), ("fund", "J9"), ("award", "W9"), ("appraisal", "C9"),
                            ("mandate", "Y9")):
            self.centre.sql(f"update data.{table} set void_reason = '误记' where code = '{code}' and town_id = {TOWN}")


class Figures(World):
    def test_each_figure_is_its_list(self):
        for period in PERIODS:
            for f in self.figures(period):
                rows = self.rows(f["figure"], period)
                if f["measure"] == "parts":
                    self.assertNotIn("value", f)
                    of = [v for name, v in self.values(period).items()
                          if name.startswith(f["figure"] + ".") and not name.endswith(".total")]
                    self.assertEqual(len(rows), sum(of))
                    continue
                self.assertEqual(f["measure"], "sum" if f["figure"] in SUMS else "count")
                amounts = [row.get("amount") for row in rows]
                self.assertEqual(sum(amounts) if f["measure"] == "sum" else len(amounts), f["value"], (f, period))
                self.assertEqual(len({row["code"] for row in rows}), len(rows))
                if f["measure"] == "count":
                    self.assertEqual(set(amounts) - {None}, set())

    def test_they_are_as_counted_from_the_files(self):
        files, _ = self.export()
        with tempfile.TemporaryDirectory() as path:
            for name, text in files.items():
                with open(os.path.join(path, name + ".csv"), "w", encoding="utf-8", newline="") as file:
                    file.write(text)
            town = plain_counter.Town(path)
        for period in PERIODS:
            counted = plain_counter.annual(town, *map(datetime.date.fromisoformat, period))
            flat = {name: value for name, value in counted.items() if not isinstance(value, dict)}
            for name in ("attendance", "feedback"):
                flat.update({f"{name}.{part}": value for part, value in counted[name].items()})
            self.assertEqual(self.values(period), flat, period)

    def test_by_hand(self):
        """Borders that a counter could share with what it counts."""
        v = self.values(YEARS[2026])
        self.assertEqual((v["county_mandates"], v["city_mandates"], v["town_mandates"]), (1, 1, 40))
        self.assertEqual(v["people"], 39)  # one is suspended all year
        self.assertEqual((v["deeds_verified"], v["households"], v["household_members"]), (2, 2, 4))
        self.assertEqual((v["awards_groups"], v["awards_deputies"], v["award_yuan"]), (1, 1, 800))
        self.assertEqual((v["deputy_activity_yuan"], v["office_premises_yuan"], v["room_premises_yuan"]), (500, 0, 83700))
        self.assertEqual((v["duty_reports_group_heads"], v["duty_reports_village_heads"], v["duty_reports_deputies"]),
                         (2, 1, 1))
        self.assertEqual(v["meetings_held"], 7)
        self.assertEqual((v["law_checks"], v["research"], v["trainings"], v["work_reviews"], v["inspections"]),
                         (1, 1, 1, 1, 0))
        self.assertNotIn("feedback.withdrawn", v)
        self.assertNotIn("feedback.void", v)
        self.assertEqual(v["feedback.merged"], 1)
        self.assertEqual(v["feedback.total"], sum(n for f, n in v.items() if f.startswith("feedback.")) // 2)
        self.assertEqual((v["attendance.unexcused"], v["attendance.unknown"]), (6, 4))
        self.assertNotIn("attendance.excused", v)
        submitted = self.centre.one(
            f"select count(*) from data.suggestion where town_id = {TOWN} and submitted_on >= '2026-01-01'"
            " and state not in ('withdrawn', 'void')")
        self.assertEqual(v["suggestions"], int(submitted))

    def test_pages(self):
        for figure in ("feedback.total", "attendance", "groups", "county_mandates"):
            whole = self.rows(figure, YEARS[2026])
            for limit in (1, 3, 7):
                self.assertEqual(self.rows(figure, YEARS[2026], limit), whole, (figure, limit))

    def test_nothing_of_a_villager(self):
        for figure in ("feedback", "feedback.total"):
            self.assertNotIn("王大娘", json.dumps(self.rows(figure, YEARS[2026]), default=str, ensure_ascii=False))

    def test_refused(self):
        for rule, fields in (("figure_unknown", {"figure": "attendance.foo"}), ("figure_unknown", {"figure": "foo"}),
                             ("figure_unknown", {"figure": "feedback."}), ("figure_unknown", {"figure": "groups.total"}),
                             ("figure_unknown", {"figure": "feedback.closed.x"}), ("value_missing", {"figure": ""}),
                             ("period_invalid", {"from_on": "2027-01-01"}), ("value_missing", {"to_on": None})):
            name = "NOT_FOUND" if rule == "figure_unknown" else "INVALID"
            self.no(name, rule, "office", "ReportRows",
                    **{"figure": "groups", "from_on": "2026-01-01", "to_on": "2026-12-31", **fields})
        self.no("INVALID", "value_missing", "office", "ReportFigures", from_on="2026-01-01")
        self.no("INVALID", "period_invalid", "office", "ReportFigures", from_on="2026-01-02", to_on="2026-01-01")
        for login in ("clerk1", "leader1", "deputy1", "unit1", "backup"):
            self.refused("FORBIDDEN", self.do, login, "ReportFigures", from_on="2026-01-01", to_on="2026-12-31")

    def test_another_town_sees_its_own(self):
        reply = self.client("office", harness.OTHER_TOWN).call("ReportFigures", from_on="2025-01-01", to_on="2026-12-31")
        other = {f["figure"]: f.get("value") for f in reply["figures"]}
        self.assertEqual((other["groups"], other["feedback.total"], other["deeds_verified"]), (2, 1, 0))


class Exports(World):
    def test_the_files_make_the_same_town(self):
        files, said = self.export(purpose="迁移到新服务器")
        unchanged = harness.import_files(self.client("office"), self.found(files))
        self.assertEqual((unchanged["added"], unchanged["changed"]), (0, 0))
        rows = sum(f["rows"] for f in said["files"])
        self.assertEqual(unchanged["unchanged"], rows)

        moved = {**files, "town": files["town"].replace(str(TOWN), str(COPY))}
        with self.centre.admin() as admin:
            harness.base().make_town(self.centre, admin, COPY, self.found(moved), {"office": ("office", None)})
        again, said = self.export(town=COPY, purpose="核对")
        self.assertEqual(again, moved)
        self.assertEqual(self.left_out(said), {})
        for period in PERIODS:
            self.assertEqual(self.figures(period, town=COPY), self.figures(period))
            asked = {"from_on": period[0], "to_on": period[1]}
            self.assertEqual(self.client("office", COPY).call("ThreeNo", **asked), self.do("office", "ThreeNo", **asked))

    def test_every_state_and_text_is_in_it(self):
        files, _ = self.export(purpose="迁移到新服务器")
        states = {row["state"] for row in self.table(files, "feedback")}
        self.assertEqual(states, set(self.centre.one(
            "select string_agg(distinct state, ' ') from data.feedback where town_id = %d" % TOWN).split()))
        self.assertGreater(len(states), 18)
        self.assertGreater(len({row["state"] for row in self.table(files, "suggestions")}), 12)
        self.assertEqual({row["state"] for row in self.table(files, "meetings")},
                         {"planned", "notified", "open", "closed", "approved", "locked", "cancelled", "postponed"})
        self.assertEqual({row["decision"] for row in self.table(files, "leaves")}, {"pending", "approved", "refused"})
        texts = {row["text"] for row in self.table(files, "feedback")}
        self.assertEqual(texts, {f["text"] for f in self.do("office", "ListFeedback", limit=500)["feedback"]})
        self.assertIn("=1+1", texts)
        self.assertIn("第一行\n第二行", texts)
        self.assertNotIn("提交以前就撤回", files["suggestions"])

    def test_columns_and_order(self):
        files, said = self.export()
        wanted = self.centre.sql("select file, string_agg(name, ',' order by position) from lv.import_column group by file")
        self.assertEqual({f["file"]: f["header"] for f in said["files"]}, dict(wanted))
        self.assertEqual(len(files), 18)
        for name, text in files.items():
            keys = [row["code"] for row in self.table(files, name) if "code" in row]
            self.assertEqual(keys, sorted(keys), name)
            self.assertNotIn("\ufeff", text[:1])

    def test_what_is_left_out_is_said(self):
        _, said = self.export()
        left = self.left_out(said)
        drafts = int(self.centre.one(
            f"select count(*) from data.suggestion where town_id = {TOWN} and submitted_on is null"))
        self.assertGreater(drafts, 2)
        self.assertEqual(left["suggestions_rows"], drafts)
        self.assertEqual(left["voided"], 8)  # six, a suspension of a voided mandate, and a leave that was taken back
        self.assertEqual(left["attendance_mark"], 7)
        self.assertEqual(left["minutes"], 5)
        self.assertEqual(left["decision"], 5)
        self.assertEqual(left["step"], self.centre.count("step", f"town_id = {TOWN}"))
        self.assertEqual(left["identity"], self.centre.count(
            "feedback_identity", f"town_id = {TOWN} and num_nonnulls(resident_name, resident_phone) > 0"))
        for what in ("feedback", "suggestion", "meeting", "leave", "feedback_identity"):
            self.assertGreater(left[what], 0, what)
        _, said = self.export(purpose="迁移到新服务器")
        self.assertNotIn("identity", self.left_out(said))

    def test_every_table_is_carried_or_counted(self):
        """Words for what a liaison is told; a table without words is counted under its own name."""
        tables = {row[0] for row in self.centre.sql(
            "select c.relname from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attname = 'town_id'"
            " where c.relnamespace = 'data'::regnamespace and c.relkind = 'r'")}
        named = {row[0] for row in self.centre.sql("select name from lv.export_table union select name from lv.export_aside")}
        self.assertEqual(named - tables, set())
        with open(os.path.join(harness.SOURCE, "sql/words.csv"), encoding="utf-8", newline="") as file:
            words = {row["word"] for row in csv.DictReader(file) if row["kind"] == "left_out"}
        self.assertEqual(tables - named - words, set(), "tables without words of the kind left_out")
        columns = self.centre.sql(
            "select e.name, c.name from lv.export_table as e cross join lateral unnest(e.columns) as c (name)"
            " where not exists (select from information_schema.columns as i where i.table_schema = 'data'"
            " and i.table_name = e.name and i.column_name = c.name)")
        self.assertEqual(columns, [])

    def test_no_identity_without_a_purpose(self):
        for login in ("office", "chair", "auditor", "backup"):
            files, _ = self.export(login)
            for row in self.table(files, "feedback"):
                self.assertEqual((row["resident_name"], row["resident_phone"]), ("", ""))
            self.assertNotIn("王大娘", "".join(files.values()))
        files, _ = self.export("chair", purpose="  迁移到新服务器 ")
        self.assertIn("王大娘,13800000001", files["feedback"])
        log = self.do("auditor", "ListExports")["exports"]
        self.assertEqual([(x["login"], x["role"], x.get("purpose")) for x in log][-5:],
                         [("office", "office", None), ("chair", "chair", None), ("auditor", "auditor", None),
                          ("backup", "backup", None), ("chair", "chair", "迁移到新服务器")])
        for login in ("auditor", "backup"):
            self.no("FORBIDDEN", "export_identities", login, "StartExport", purpose="迁移到新服务器")
        self.no("INVALID", "export_purpose", "office", "StartExport", purpose="x")
        self.assertEqual(len(self.do("office", "ListExports")["exports"]), len(log), "a refusal was logged as an export")
        for login in ("clerk1", "leader1", "deputy1", "unit1"):
            self.refused("FORBIDDEN", self.do, login, "StartExport")

    def test_an_export_is_its_own_callers_for_an_hour(self):
        id = self.do("chair", "StartExport", purpose="迁移到新服务器")["export_id"]
        self.do("chair", "ExportRows", export_id=id, file="feedback")
        for fields in ({"export_id": id}, {"export_id": wire.uuid7()}):
            self.no("NOT_FOUND", "export_unknown", "office", "ExportRows", file="feedback", **fields)
            self.no("NOT_FOUND", "export_unknown", "office", "StartExport", **fields)
        self.no("INVALID", "value_missing", "chair", "ExportRows", file="feedback")
        self.no("NOT_FOUND", "unknown_file", "chair", "ExportRows", export_id=id, file="accounts")
        self.centre.sql("update data.export set exported_at = exported_at - interval '61 minutes'"
                        f" where export_id = '{id.hex()}'")
        self.no("NOT_FOUND", "export_unknown", "chair", "ExportRows", export_id=id, file="feedback")

    def test_pages_are_the_whole(self):
        files, _ = self.export()
        self.assertEqual(self.export(limit=7)[0], files)
        said = self.do("office", "StartExport")
        self.assertEqual(len(self.do("office", "ExportRows", export_id=said["export_id"], file="people", limit=1)["lines"]), 1)

    def test_a_page_fits_a_frame(self):
        files, _ = self.export()
        id = self.plan("长的记录")
        big = "长" * 40000
        self.centre.sql(f"update data.meeting set minutes = '{big}' where town_id = {TOWN} and code < 'M9'")
        try:
            self.assertGreater(len(self.export()[0]["meetings"]), 10 * len(big))
        finally:
            self.centre.sql(f"update data.meeting set minutes = null where minutes = '{big}'")
        self.assertNotEqual(self.export()[0]["meetings"], files["meetings"])
        self.step(id, "cancel", note="不开了")

    def test_a_change_meanwhile_is_seen(self):
        said = self.do("office", "StartExport")
        before = {f["file"]: f["digest"] for f in said["files"]}
        self.register(text="刚刚来的")
        after = self.do("office", "StartExport", export_id=said["export_id"])
        self.assertEqual(after["export_id"], said["export_id"])
        changed = {f["file"] for f in after["files"] if f["digest"] != before[f["file"]]}
        self.assertEqual(changed, {"feedback"})


class Identities(test_feedback.Case):
    """An import never takes an identity back by an empty cell; a cell that says something corrects it."""

    def rows(self, **columns):
        row = {"code": "F01", **columns}
        return {"feedback": (list(row), [tuple(row.values())])}

    def identity(self):
        return self.centre.sql("select i.resident_name, i.resident_phone from data.feedback_identity as i"
                               " join data.feedback as f using (town_id, feedback_id)"
                               f" where f.code = 'F01' and f.town_id = {TOWN}")

    def test_empty_cells(self):
        given = {"group": "G01", "deputy": "D01", "received_on": "2025-03-01", "topic": "道路", "text": "路不平",
                 "state": "registered"}
        for update in (False, True):
            reply = harness.import_files(self.client("office"), self.rows(resident_name="", resident_phone="", **given), update)
            self.assertEqual(reply, {"added": 0, "changed": 0, "unchanged": 1})
        self.assertEqual(self.identity(), [(f"赵{TOWN}", None)])
        reply = harness.import_files(self.client("office"),
                                     self.rows(resident_name="", resident_phone="13900000009", **{**given, "topic": "桥"}), True)
        self.assertEqual(reply, {"added": 0, "changed": 1, "unchanged": 0})
        self.assertEqual(self.identity(), [(f"赵{TOWN}", "13900000009")])
        faults = harness.import_files(self.client("office"), self.rows(resident_name="钱二", **{**given, "topic": "桥"}))
        self.assertEqual([(f["column"], f["rule"]) for f in faults], [("resident_name", "differs")])


class Compose(World):
    def compose(self, year=2026):
        reply = self.do("office", "ComposeReport", year=year)
        texts = {p["name"]: p["text"] for p in reply.get("paragraphs", [])}
        return texts, reply.get("bindings", []), reply.get("warnings", [])

    def template(self, name, text, login="office", **fields):
        return self.do(login, "SetReportTemplate", name=name, text=text, **fields)

    def restore(self, name):
        """After the test the paragraph is as it is now."""
        held = next(t for t in self.do("office", "ListReportTemplates")["templates"] if t["name"] == name)
        self.addCleanup(self.template, name, held["text"])

    def of(self, text, **fields):
        """What a text comes to."""
        self.template("probe", text, position=900, **fields)
        return self.compose()[0].get("probe")

    def test_numbers_are_bound(self):
        texts, bindings, _ = self.compose()
        values = self.values(YEARS[2026])
        for b in bindings:
            self.assertEqual(b["value"], values.get(b["figure"], 0), b)
            self.assertIn(b["shown"], texts[b["paragraph"]])
        self.assertGreater(len(bindings), 20)
        self.assertTrue(texts["title"].startswith(f"镇{TOWN}人大主席团2026年"))
        self.assertEqual([t for t in texts.values() if "{" in t or "[" in t], [])

    def test_forms(self):
        for value, tens, ten_thousands in ((0, "0", "0"), (7, "7", "7"), (10, "10", "10"), (19, "10余", "19"), (60, "60", "60"),
                                           (63, "60余", "63"), (104, "100余", "104"), (9999, "9990余", "9999"),
                                           (30000, "30000", "3万"), (31200, "31200", "3万余"), (83701, "83700余", "8万余")):
            found = self.centre.sql(f"select lv.figure_shown({value}, '余'), lv.figure_shown({value}, '万')")
            self.assertEqual(found, [(tens, ten_thousands)], value)

    def test_what_is_zero_is_left_out(self):
        self.assertNotIn("inspections", self.compose()[0])
        self.assertEqual(self.of("视察{inspections}次。培训{trainings}次。"), "培训1次。")
        self.assertEqual(self.of("开展[视察{inspections}次；][培训{trainings}次；][审议{deliberations}次；]。"), "开展培训1次。")
        self.assertEqual(self.of("今年[视察{inspections}次，]没有别的。"), None)
        self.assertEqual(self.of("没有数的一句。视察{inspections}次。"), "没有数的一句。")
        self.assertEqual(self.of("视察{inspections}次，培训{trainings}次"), "视察0次，培训1次")
        self.assertEqual(self.of("{awards_groups:名称}是先进小组，{law_checks:名称}。").split("，")[0], "组一是先进小组")

    def test_a_towns_own_words_hold_from_a_day_on(self):
        self.restore("training")
        default = self.compose()[0]["training"]
        self.template("training", "以后的{trainings}。", holds_from_on=day(1))
        self.assertEqual(self.compose()[0]["training"], default)
        self.template("training", "昨天的{trainings}。", holds_from_on=day(-1))
        self.template("training", "今天的{trainings}。")
        self.template("training", "今天改过的{trainings}。")
        self.assertEqual(self.compose()[0]["training"], "今天改过的1。")
        listed = {t["name"]: t for t in self.do("auditor", "ListReportTemplates", on_day_on=day(2))["templates"]}
        self.assertEqual(listed["training"]["text"], "以后的{trainings}。")
        self.assertEqual(listed["training"]["holds_from_on"], day(1))
        self.assertNotIn("holds_from_on", listed["title"])
        self.template("training", None)
        self.assertNotIn("training", self.compose()[0])
        self.assertEqual(self.centre.count("report_paragraph", f"town_id = {TOWN} and name = 'training'"), 5)
        self.assertEqual([t["name"] for t in self.do("office", "ListReportTemplates")["templates"]][:2], ["title", "opening"])

    def test_texts_that_are_refused(self):
        for rule, text in (("template_brackets", "[a"), ("template_brackets", "a]"), ("template_brackets", "[a[b]c]"),
                           ("template_braces", "a{"), ("template_braces", "}a"), ("template_form", "{groups:多}"),
                           ("template_too_long", "长" * 4001)):
            self.no("INVALID", rule, "office", "SetReportTemplate", name="training", text=text)
        for text in ("{nothing}", "{}", "{attendance}", "{feedback}", "{groups.total}"):
            self.no("NOT_FOUND", "figure_unknown", "office", "SetReportTemplate", name="training", text=text)
        for rule, fields in (("bad_paragraph_name", {"name": "培训"}), ("value_missing", {"name": ""}),
                             ("paragraph_needs_position", {"name": "mine"}),
                             ("paragraph_needs_position", {"name": "mine", "position": 0})):
            self.no("INVALID", rule, "office", "SetReportTemplate", **{"text": "a", **fields})
        for login in ("chair", "auditor", "clerk1"):
            self.refused("FORBIDDEN", self.template, "training", "a", login)
        for year in (0, 1899, 9999, None):
            self.refused("INVALID", self.do, "office", "ComposeReport", year=year)

    def test_warnings(self):
        warnings = self.compose()[2]
        self.assertEqual({w["rule"] for w in warnings}, {"report_overlap"})
        values = self.values(YEARS[2026])
        whole = {w["figure"]: w for w in warnings}
        self.assertEqual(whole["meetings_held"]["value"], values["meetings_held"])
        self.assertEqual(whole["meetings_held"]["parts"], "1+1+1+1=4")

        last = self.values(YEARS[2025])
        self.assertEqual(last["office_premises_yuan"], 31200)
        self.restore("opening")
        self.template("opening", "投入31200元，修路12.5公里，２０件实事，2026年第十二届，9月1日。")
        found = [(w["rule"], w["number"], w.get("figure")) for w in self.compose()[2] if w.get("paragraph") == "opening"]
        self.assertEqual(sorted(found), [("report_typed_last_year", "31200", "office_premises_yuan"),
                                         ("report_typed_number", "12.5", None), ("report_typed_number", "20", None)])

    def test_a_year_like_the_last_one_is_told(self):
        before = self.compose(2030)[2]
        self.assertNotIn("report_as_last_year", {w["rule"] for w in before})
        columns = ["code", "on", "kind", "recipient", "amount_yuan"]
        rows = [(f"K{year}{n}", f"{year}-05-0{n}", "excellent_deputy", "D03", "300") for year in (2029, 2030) for n in (1, 2)]
        rows += [(f"K{year}3", f"{year}-05-03", "advanced_group", "G01", "300") for year in (2029, 2030)]
        harness.import_files(self.client("office"), {"awards": (columns, rows)})
        told = [w for w in self.compose(2030)[2] if w["rule"] == "report_as_last_year"]
        self.assertEqual([(w["value"], w["total"], w["parts"]) for w in told],
                         [(3, 3, "awards_groups awards_deputies award_yuan")])

    def test_kept(self):
        first = self.do("office", "KeepReport", year=2025)
        text = "\n".join(self.compose(2025)[0].values())
        self.assertEqual(first["code"], "2025-1")
        self.assertEqual(self.do("chair", "KeepReport", year=2025), {"code": "2025-2", "digest": first["digest"]})
        one = self.do("auditor", "ListKeptReports", code="2025-1")["reports"][0]
        self.assertEqual((one["text"], one["author"], one["intact"], one["digest"]), (text, "office", True, first["digest"]))
        self.assertEqual(json.loads(one["figures"]), self.values(YEARS[2025]))
        self.assertEqual(hashlib.sha256(f"{text}\n{one['figures']}".encode()).digest(), first["digest"])
        self.restore("title")
        self.template("title", "另一个题目")
        self.assertEqual(self.do("office", "ListKeptReports", code="2025-1")["reports"][0]["text"], text)
        listed = self.do("office", "ListKeptReports", limit=1)
        self.assertNotIn("text", listed["reports"][0])
        self.assertEqual([r["code"] for r in self.do("office", "ListKeptReports", after=listed["next"])["reports"]], ["2025-2"])
        self.centre.sql("update data.kept_report set text = replace(text, '1', '2') where number = 2")
        self.assertFalse(self.do("office", "ListKeptReports", code="2025-2")["reports"][0]["intact"])
        for login in ("auditor", "clerk1"):
            self.refused("FORBIDDEN", self.do, login, "KeepReport", year=2025)

    def test_only_added(self):
        for table in ("report_paragraph", "kept_report", "export"):
            with self.assertRaisesRegex(RuntimeError, "permission denied"):
                self.centre.sql(f"update data.{table} set town_id = town_id", user="lvzhid", settings={"app.town": TOWN})
