"""A group's year: papers, room, voters, target sheet; 七有 and 五个一 from evidence, and both of the sample town against
a count of the same rows by hand."""

import collections
import datetime
import os

import harness
import test_meetings
import wire
from test_meetings import G01, G02, TOWN, day, person

YEAR = int(day()[:4])
LAST = YEAR - 1  # a year that is over: everything was due
HAVES = ["room", "papers", "records", "contacts", "target", "deeds", "cards"]


def years_last(month, number):
    return datetime.date(LAST, month, number).isoformat()


class Groups(test_meetings.Life):
    def write(self, login="clerk1", kind="plan", year=None, text="全年四次活动"):
        id = wire.uuid7()
        self.do(login, "WritePaper", paper_id=id, kind=kind, year=year, text=text)
        return id

    def paper(self, id, login="office"):
        return self.do(login, "GetPaper", paper_id=id)["paper"]

    def step(self, login, id, action, **fields):
        return self.do(login, "MovePaper", paper_id=id, action=action, **fields)

    def inspect(self, group=G01, points=(("制度上墙", None),), login="office", **fields):
        id = wire.uuid7()
        self.do(login, "InspectRoom", room_visit_id=id, group_id=group, **fields,
                points=[{"point": point, "fine": fault is None, "note": fault} for point, fault in points])
        return id

    def haves(self, year=LAST, group="G01", login="office"):
        reply = self.do(login, "GroupHaves", group_code=group, year=year)
        return {h["have"]: h for h in reply["haves"]}, reply.get("rows", []), reply["board"][0]

    def rows(self, have, kind, year=LAST, group="G01"):
        return [r for r in self.haves(year, group)[1] if (r["have"], r["kind"]) == (have, kind)]


class Papers(Groups):
    def setUp(self):
        self.centre.sql("update data.group_paper set state = 'void', void_reason = '-' where void_reason is null")

    def test_written_handed_in_approved(self):
        id = self.write()
        self.assertEqual(self.paper(id)["due_on"], f"{YEAR}-03-31")
        self.do("leader1", "WritePaper", paper_id=id, text="全年五次活动")
        late = self.step("leader1", id, "submit")["submitted_late"]
        self.assertEqual(late, day() > f"{YEAR}-03-31")
        self.no("FORBIDDEN", "approve_own_paper", "leader1", "MovePaper", paper_id=id, action="approve")
        self.step("office", id, "send_back", note="没有写时间")
        self.assertNotIn("submitted_on", self.paper(id))
        self.do("clerk1", "WritePaper", paper_id=id, text="全年五次活动，每季一次")
        self.step("clerk1", id, "submit")
        self.step("leader1", id, "approve")
        self.assertEqual((self.paper(id)["state"], self.paper(id)["approved_on"]), ("approved", day()))
        steps = self.do("office", "GetPaper", paper_id=id)["steps"]
        self.assertIn("全年四次活动", next(s["facts"] for s in steps if s["action"] == "change"), "what it said before")

    def test_what_waits_for_whom(self):
        """From a month before its day until a month after it; what was handed in: until it is approved."""
        waits = lambda login: [t["rule"] for t in self.do(login, "ListTodo", subject="paper").get("todos", [])]
        soon = datetime.date.fromisoformat(day(25))
        self.centre.sql(f"insert into data.setting select {TOWN}, k, '2020-01-01', v from (values ('group_plan_due',"
                        f" {soon.month * 100 + soon.day}), ('group_summary_due', {soon.month * 100 + soon.day})) s (k, v)")
        try:
            if soon.year == YEAR:
                self.assertEqual(waits("clerk1"), ["todo_paper_write"] * 2)
            id = self.write()
            self.assertIn("todo_paper_submit", waits("leader1"))
            self.step("clerk1", id, "submit")
            self.assertEqual((waits("office"), waits("leader2").count("todo_paper_submit")), (["todo_paper_approve"], 0))
            self.step("office", id, "approve")
            self.assertEqual(waits("office"), [])
        finally:
            self.centre.sql("delete from data.setting where key like 'group_%_due'")

    def test_one_a_year(self):
        id = self.write()
        self.no("CONFLICT", "paper_exists", "leader1", "WritePaper", paper_id=wire.uuid7(), kind="plan", text="又一份")
        self.write(kind="summary")
        self.write("clerk2")
        self.write(year=YEAR + 1)
        self.step("office", id, "void", note="写错了")
        self.write()
        for rule, fields in (("value_missing", {"text": " "}), ("value_missing", {"kind": None}),
                             ("year_range", {"year": YEAR + 2}), ("year_range", {"year": YEAR - 2}),
                             ("value_missing", {"paper_id": None})):
            self.no("INVALID", rule, "clerk1", "WritePaper", **{
                "paper_id": wire.uuid7(), "kind": "summary", "year": LAST, "text": "总结", **fields})

    def test_who_sees_it(self):
        id = self.write()
        self.no("FORBIDDEN", "not_yours", "clerk2", "GetPaper", paper_id=id)
        self.no("FORBIDDEN", "not_yours", "deputy1", "GetPaper", paper_id=id)  # a draft is the room's
        self.step("clerk1", id, "submit")
        self.step("office", id, "approve")
        self.assertEqual(self.paper(id, "deputy1")["text"], "全年四次活动")
        # What it said as a draft, and why it came back, is the room's.
        self.assertEqual([s["action"] for s in self.do("deputy1", "GetPaper", paper_id=id)["steps"]], ["approve"])
        self.no("FORBIDDEN", "not_yours", "deputy2", "GetPaper", paper_id=id)
        code = self.paper(id)["code"]
        listed = {login: [p["code"] for p in self.do(login, "ListPapers", state="approved").get("papers", [])]
                  for login in ("office", "auditor", "leader1", "leader2", "deputy1")}
        self.assertEqual(listed, {"office": [code], "auditor": [code], "leader1": [code], "leader2": [], "deputy1": [code]})


class Rooms(Groups):
    def test_point_by_point(self):
        fails = self.inspect(points=[("制度上墙", None), ("台账", "缺三月的")])
        whole = self.do("leader1", "GetRoomVisit", room_visit_id=fails)
        self.assertEqual(whole["points"], [{"point": "制度上墙", "fine": True}, {"point": "台账", "fine": False, "note": "缺三月的"}])
        self.assertEqual((whole["room_visit"]["state"], whole["room_visit"]["inspector"]), ("failed", "office"))
        told = [n["text"] for n in self.do("clerk1", "ListNotices")["notices"]
                if n.get("record_code") == whole["room_visit"]["code"]]
        self.assertEqual(told, [whole["room_visit"]["code"] + "，台账：缺三月的"])
        self.do("chair", "MoveRoomVisit", room_visit_id=fails, action="remedy", note="补齐了", photo_on=day(-1))
        visit = self.do("office", "GetRoomVisit", room_visit_id=fails)["room_visit"]
        self.assertEqual((visit["state"], visit["remedied_on"], visit["photo_on"]), ("remedied", day(), day(-1)))
        fields = {"room_visit_id": wire.uuid7(), "group_id": G01, "points": [{"point": "一", "fine": True}]}
        for name, rule, login, more in (
            ("INVALID", "value_missing", "office", {"points": []}),
            ("INVALID", "value_missing", "office", {"points": [{"point": "一"}]}),
            ("INVALID", "value_missing", "office", {"points": [{"point": "一", "fine": False}]}),
            ("INVALID", "day_in_future", "office", {"visited_on": day(1)}),
            ("INVALID", "photo_after_visit", "office", {"visited_on": day(-5), "photo_on": day(-4)}),
            ("NOT_FOUND", "group_unknown", "office", {"group_id": wire.uuid7()}),
            ("FORBIDDEN", "role_may_not", "leader1", {}),
        ):
            self.no(name, rule, login, "InspectRoom", **{**fields, **more})


class Haves(Groups):
    """Each of the seven goes from nothing to 有 by its evidence, and by nothing else."""

    def setUp(self):
        made_here = "in (select meeting_id from data.meeting where code ~ '^Q')"
        self.centre.sql(
            f"delete from data.attendance_mark where meeting_id {made_here};"
            f"delete from data.roll_line where meeting_id {made_here};"
            "delete from data.meeting where code ~ '^Q'; delete from data.card_version; delete from data.card;"
            "update data.room_visit set void_reason = '-' where void_reason is null;"
            "update data.group_paper set state = 'void', void_reason = '-' where void_reason is null;"
            "update data.target set state = 'void', void_reason = '-' where void_reason is null;"
            "update data.deed set void_reason = '-'; update data.feedback set state = 'void'")

    def has(self, have, year=LAST):
        return self.haves(year)[0][have]["has"]

    def test_nothing_is_no_have(self):
        for year in (LAST, YEAR):
            lines, rows, board = self.haves(year)
            self.assertEqual(list(lines), HAVES)
            self.assertEqual({h for h in lines if lines[h]["has"]}, set(), year)
            self.assertEqual((board["haves"], board["missing"]), (0, HAVES))
            for have in HAVES:
                self.assertEqual(lines[have]["missing"], sum((r["have"], r["kind"]) == (have, "missing") for r in rows))
        self.assertEqual(lines["room"]["label"], "有规范的代表小组活动室")
        sentences = harness.sentences()
        self.assertEqual([r for r in rows if r["rule"] not in sentences], [])

    def test_room(self):
        old = self.inspect(visited_on=years_last(3, 1))
        self.assertEqual([r["rule"] for r in self.rows("room", "missing")], ["have_photo_old"])
        self.inspect(visited_on=years_last(6, 1), photo_on=years_last(5, 1))
        self.assertTrue(self.has("room"))
        failed = self.inspect(visited_on=years_last(7, 1), points=[("台账", "没有")])
        self.assertEqual([r["rule"] for r in self.rows("room", "missing")], ["have_room_failed"])
        self.do("office", "MoveRoomVisit", room_visit_id=failed, action="remedy", note="补了")
        self.assertTrue(self.has("room"))
        self.assertFalse(self.haves(LAST, "G02")[0]["room"]["has"], "another group's room")
        self.do("office", "MoveRoomVisit", room_visit_id=old, action="void", note="记错了")
        self.assertTrue(self.has("room"))

    def test_photos_are_taken_from_attachments(self):
        self.inspect(visited_on=years_last(6, 1))
        self.assertFalse(self.has("room"))
        self.centre.sql(
            "insert into data.attachment (town_id, attachment_id, code, subject, record_id, name, type, size, sha256, sealed,"
            f" account_id, op_id, added_at) values ({TOWN}, gen_random_uuid(), 'PX1', 'group', '{G01.hex()}', '墙.jpg', 'jpeg',"
            f" 9, sha256('x'), false, gen_random_uuid(), gen_random_uuid(), '{years_last(4, 4)}')")
        self.assertEqual([(r["subject"], r["code"]) for r in self.rows("room", "evidence") if r["rule"] == "have_photo"],
                         [("attachment", "PX1")])
        self.assertTrue(self.has("room"))
        self.centre.sql("update data.attachment set void_reason = '-', voided_by = account_id, voided_at = now()"
                        " where code = 'PX1'")
        self.assertFalse(self.has("room"))

    def test_papers(self):
        for kind, on in (("plan", (3, 31)), ("summary", (12, 31))):
            self.assertFalse(self.has("papers"))
            id = self.write(kind=kind, year=LAST)
            self.step("clerk1", id, "submit")
            self.centre.sql(f"update data.group_paper set submitted_on = '{years_last(*on)}' where paper_id = '{id.hex()}'")
            self.assertIn(f"have_{kind}_unapproved", [r["rule"] for r in self.rows("papers", "missing")])
            self.step("office", id, "approve")
        self.assertTrue(self.has("papers"))
        self.centre.sql(f"update data.group_paper set submitted_on = '{years_last(4, 1)}' where kind = 'plan'")
        self.assertEqual([r["rule"] for r in self.rows("papers", "missing")], ["have_plan_late"])

    def meeting(self, on, state="locked", minutes="记录", mark="present"):
        code = f"Q{self.centre.count('meeting')}"
        self.centre.sql(
            "insert into data.meeting (town_id, meeting_id, code, kind, title, group_id, held_on, state, minutes) values"
            f" ({TOWN}, gen_random_uuid(), '{code}', 'voter_reception', '接待', '{G01.hex()}', '{on}', '{state}', '{minutes}');"
            "insert into data.roll_line (town_id, meeting_id, person_id, notice, notified_on) select town_id, meeting_id,"
            f" '{person('D01').hex()}', 'signed', '2020-01-01' from data.meeting where code = '{code}';"
            "insert into data.attendance_mark (town_id, meeting_id, person_id, revision, op_id, mark, author_id) select town_id,"
            f" meeting_id, '{person('D01').hex()}', 1, gen_random_uuid(), '{mark}', gen_random_uuid() from data.meeting"
            f" where code = '{code}'")
        return code

    def test_records_and_activities(self):
        for on, more in (((2, 3), {"state": "approved"}), ((5, 3), {"minutes": ""}), ((8, 3), {"mark": "absent"})):
            self.meeting(years_last(*on), **more)
        self.assertEqual(len(self.rows("records", "missing")), 4)
        board = self.haves()[2]
        self.assertEqual((board["activities"], board["few_activities"]), (3, False))
        self.centre.sql(f"insert into data.setting values ({TOWN}, 'group_activities', '2020-01-01', 4)")
        self.assertTrue(self.haves()[2]["few_activities"])
        self.centre.sql("delete from data.setting where key = 'group_activities'")
        self.assertTrue(self.haves(LAST, "G02")[2]["few_activities"], "it held none")
        if day()[5:] != "12-31":
            self.assertFalse(self.haves(YEAR, "G02")[2]["few_activities"], "there is still time")
        codes = [self.meeting(years_last(month, 20)) for month in (3, 4, 9, 10)]
        self.assertTrue(self.has("records"))
        self.assertEqual([r["code"] for r in self.rows("records", "evidence")], codes)
        self.centre.sql(f"update data.meeting set state = 'approved' where code = '{codes[2]}'")
        self.assertEqual([r["day_on"] for r in self.rows("records", "missing")], [years_last(9, 30)])
        self.centre.sql(f"insert into data.setting values ({TOWN}, 'haves_quarter_records', '2020-01-01', 2)")
        self.assertEqual(len(self.rows("records", "missing")), 4)
        self.centre.sql("delete from data.setting where key = 'haves_quarter_records'")

    def test_contacts(self):
        members = [f"D{n:02d}" for n in range(1, 21)]
        self.assertEqual({r["person_code"] for r in self.rows("contacts", "missing")}, set(members))
        carried = lambda people, on: [self.do(
            "office", "RegisterFeedback", feedback_id=wire.uuid7(), group_id=G01, deputy_id=person(p), received_on=on,
            topic="道路", text="路不平") for p in people]
        carried(members, years_last(6, 30))
        carried(members[1:], years_last(7, 1))
        self.assertEqual([(r["person_code"], r["day_on"]) for r in self.rows("contacts", "missing")],
                         [("D01", years_last(12, 31))])
        self.meeting(years_last(11, 1))  # a reception that D01 attended
        self.assertTrue(self.has("contacts"))
        # Who came or left in the half-year is measured in no group.
        self.centre.sql(f"update data.mandate set starts_on = '{years_last(8, 1)}' where code = 'ZD09';"
                        " update data.feedback set state = 'void' where received_on >= "
                        f"'{years_last(7, 1)}' and deputy_id = '{person('D09').hex()}'")
        self.assertTrue(self.has("contacts"))
        self.centre.sql("update data.mandate set starts_on = '2022-03-01' where code = 'ZD09'")
        self.assertEqual([r["person_code"] for r in self.rows("contacts", "missing")], ["D09"])

    def test_target(self):
        id = wire.uuid7()
        self.do("office", "WriteTarget", target_id=id, group_id=G01, year=YEAR)
        self.do("leader1", "MoveTarget", target_id=id, action="sign")
        self.assertFalse(self.has("target", YEAR), "one side has signed")
        self.do("chair", "MoveTarget", target_id=id, action="sign")
        self.assertTrue(self.has("target", YEAR))
        self.assertFalse(self.has("target", LAST))

    def test_deeds(self):
        deed = lambda code, on, verified: self.centre.sql(
            "insert into data.deed (town_id, deed_id, code, person_id, done_on, kind, verified) values"
            f" ({TOWN}, gen_random_uuid(), '{code}', '{person('D01').hex()}', '{on}', '修路', {verified})")
        deed("HX1", years_last(5, 5), False)
        deed("HX2", f"{LAST - 1}-12-31", True)
        self.assertFalse(self.has("deeds"))
        self.centre.sql("update data.deed set verified = true where code = 'HX1'")
        self.assertEqual([(r["code"], r["person_code"]) for r in self.rows("deeds", "evidence")], [("HX1", "D01")])
        self.assertTrue(self.has("deeds"))
        self.centre.sql("update data.deed set void_reason = '-' where code = 'HX1'")
        self.assertFalse(self.has("deeds"))

    def test_cards(self):
        sign = lambda code: self.do("leader1", "MoveCard", mandate_id=harness.imported_id(TOWN, "mandates", "Z" + code),
                                    year=LAST, action="sign")
        for number in range(1, 21):
            if number != 5:
                sign(f"D{number:02d}")
        self.assertEqual([r["person_code"] for r in self.rows("cards", "missing")], ["D05"])
        self.centre.sql(f"insert into data.setting values ({TOWN}, 'haves_cards_rate', '2020-01-01', 95)")
        self.assertTrue(self.has("cards"))
        self.centre.sql("delete from data.setting where key = 'haves_cards_rate'")
        sign("D05")
        self.assertTrue(self.has("cards"))
        self.assertTrue(self.has("cards", YEAR), "while a year goes on, the cards of the year before")

    def test_who_looks(self):
        self.haves(login="leader1"), self.haves(login="deputy1"), self.haves(login="auditor")
        for login in ("leader2", "clerk2", "deputy2"):
            self.no("FORBIDDEN", "not_yours", login, "GroupHaves", group_code="G01", year=LAST)
        board = lambda login: [b["group_code"] for b in self.do(login, "GroupHaves", year=LAST)["board"]]
        self.assertEqual({login: board(login) for login in ("office", "clerk2", "deputy1")},
                         {"office": ["G01", "G02"], "clerk2": ["G02"], "deputy1": ["G01"]})
        self.no("NOT_FOUND", "group_unknown", "office", "GroupHaves", group_code="G99", year=LAST)
        self.no("INVALID", "year_range", "office", "GroupHaves", year=YEAR + 1)
        self.no("INVALID", "value_missing", "office", "GroupHaves")


class Targets(Groups):
    def setUp(self):
        made_here = "in (select meeting_id from data.meeting where code ~ '^T')"
        tables = ("appraisal", "leave", "attendance_mark", "roll_line", "meeting")
        self.centre.sql("; ".join(f"delete from data.{table} where meeting_id {made_here}" for table in tables)
                        + "; update data.self_study set state = 'withdrawn'")

    def write(self, group=G02, year=LAST, lines=()):
        self.centre.sql("update data.target set state = 'void', void_reason = '-' where void_reason is null")
        id = wire.uuid7()
        self.do("office", "WriteTarget", target_id=id, group_id=group, year=year, lines=list(lines))
        return id

    def signed(self, **fields):
        id = self.write(**fields)
        self.move(id, "sign", "leader2")
        self.move(id, "sign", "chair")
        return id

    def move(self, id, action, login="office", **fields):
        return self.do(login, "MoveTarget", target_id=id, action=action, **fields)

    def enter(self, id, points, login="office", **fields):
        return self.do(login, "EnterTarget", **{"target_id": id, "line_code": "b", "points": points, "note": "看过", **fields})

    def target(self, id):
        whole = self.do("office", "GetTarget", target_id=id)
        return whole["target"], {line["line_code"]: line for line in whole["lines"]}, whole.get("facts", [])

    manual = {"line_code": "b", "label": "环境卫生", "weight": 40, "rule": "manual", "goal": "村村有保洁员"}

    def test_the_usual_four(self):
        target, lines, facts = self.target(self.write())
        self.assertEqual([(c, line["weight"], line["rule"]) for c, line in lines.items()], [
            ("learning", 30, "trained"), ("voters", 30, "voices"), ("duty_reports", 20, "duty_reports"),
            ("activities", 20, "activities")])
        # Twenty members of whom nothing is known: no share of the first two, five off for each missing report.
        self.assertEqual([line["points"] for line in lines.values()], [0, 0, 0, 20])
        self.assertEqual((target["points"], target["weight"]), (20, 100))
        self.assertEqual(len([f for f in facts if f["line_code"] == "duty_reports" and not f["met"]]), 20)

    def test_points_follow_the_records(self):
        """Half of the members trained, one who was away twice without cause, three duty reports short."""
        id = self.write()
        self.centre.sql(
            "insert into data.meeting (town_id, meeting_id, code, kind, title, group_id, held_on, state) select"
            f" {TOWN}, gen_random_uuid(), v.code, v.kind, '-', '{G02.hex()}', '{years_last(5, 5)}'::date + v.n, 'approved' from"
            " (values ('T1', 'training', 0), ('T2', 'inspection', 1), ('T3', 'research', 2), ('T4', 'duty_report', 3),"
            " ('T5', 'training', 4)) v (code, kind, n);"
            "insert into data.roll_line (town_id, meeting_id, person_id, notice, notified_on) select m.town_id, m.meeting_id,"
            " p.person_id, 'signed', '2020-01-01' from data.meeting m join data.person p using (town_id) where m.code ~ '^T'"
            " and p.code between 'D21' and 'D40';"
            "insert into data.attendance_mark (town_id, meeting_id, person_id, revision, op_id, mark, author_id)"
            " select r.town_id, r.meeting_id, r.person_id, 1, gen_random_uuid(), case when p.code = 'D40' and m.code in"
            " ('T2', 'T3')"
            " or p.code > 'D30' and m.code = 'T1' then 'absent' else 'present' end, gen_random_uuid() from data.roll_line r"
            " join data.meeting m using (town_id, meeting_id) join data.person p using (town_id, person_id)"
            " where m.code ~ '^T[1-4]';"
            "insert into data.leave (town_id, meeting_id, person_id, asked_on, ground, decision, decided_on) select town_id,"
            " meeting_id, person_id, '2020-01-01', 'other', 'approved', '2020-01-02' from data.roll_line where meeting_id ="
            f" (select meeting_id from data.meeting where code = 'T1' and town_id = {TOWN});"
            "insert into data.appraisal (town_id, appraisal_id, code, meeting_id, category, person_id, issued, returned,"
            " invalid,"
            " excellent, competent, basic, incompetent)"
            " select p.town_id, gen_random_uuid(), 'X' || p.code, m.meeting_id, 'deputy',"
            " p.person_id, 1, 1, 0, 1, 0, 0, 0 from data.person p join data.meeting m using (town_id) where m.code = 'T4'"
            " and p.code between 'D21' and 'D37'")
        _, lines, facts = self.target(id)
        self.assertEqual({c: line["points"] for c, line in lines.items()},
                         {"learning": 15, "voters": 0, "duty_reports": 5, "activities": 16})
        away = [(f["person_code"], f["code"]) for f in facts if f["line_code"] == "activities"]
        self.assertEqual(away, [("D40", "T2"), ("D40", "T3")])
        self.assertEqual({f["person_code"] for f in facts if f["line_code"] == "duty_reports" and not f["met"]},
                         {"D38", "D39", "D40"})
        self.centre.sql(f"insert into data.setting values ({TOWN}, 'target_activity_deduction', '2020-01-01', 12.5)")
        self.assertEqual(self.target(id)[1]["activities"]["points"], 0, "never below nothing")
        self.centre.sql("delete from data.setting where key = 'target_activity_deduction'")

    def test_what_waits_for_whom(self):
        id = self.write()
        waits = lambda: {login: [t["rule"] for t in self.do(login, "ListTodo", subject="target").get("todos", [])]
                         for login in ("leader2", "leader1", "chair", "office")}
        nothing = {"leader2": [], "leader1": [], "chair": [], "office": []}
        self.assertEqual(waits(), {**nothing, "leader2": ["todo_target_sign"], "chair": ["todo_target_sign"]})
        self.move(id, "sign", "leader2")
        self.assertEqual(waits(), {**nothing, "chair": ["todo_target_sign"]})
        self.move(id, "sign", "chair")
        self.assertEqual(waits(), {**nothing, "office": ["todo_target_check"]})
        self.move(id, "check", note="进度正常")
        self.assertEqual(waits(), {**nothing, "chair": ["todo_target_settle"]})
        self.move(id, "settle", "chair")
        self.assertEqual(waits(), nothing)

    def test_frozen_once_settled(self):
        id = self.signed(lines=[self.manual, {"line_code": "a", "label": "学习", "weight": 60, "rule": "trained"}])
        self.no("CONFLICT", "not_in_this_state", "office", "WriteTarget", target_id=id, lines=[self.manual])
        self.enter(id, 30)
        self.assertEqual(self.move(id, "check", note="有进步")["points"], self.target(id)[0]["checked_points"])
        self.enter(id, 35.5)
        settled = self.move(id, "settle", "chair")
        before = self.target(id)
        self.assertEqual(settled["points"], before[0]["points"])
        self.assertEqual((before[1]["b"]["points"], before[1]["b"]["checked_points"]), (35.5, 30))
        # What is found out afterwards changes nothing of it.
        self.do("office", "NoteSelfStudy", self_study_id=(s := wire.uuid7()), person_id=person("D39"), hours=2, title="法",
                studied_on=years_last(6, 6))
        self.do("leader2", "MoveSelfStudy", self_study_id=s, action="confirm")
        self.assertEqual(self.target(id), before)

    def test_refused(self):
        id = self.write(lines=[self.manual])
        self.no("CONFLICT", "target_exists", "office", "WriteTarget", target_id=wire.uuid7(), group_id=G02, year=LAST)
        self.no("CONFLICT", "not_in_this_state", "office", "EnterTarget", target_id=id, line_code="b", points=1, note="x")
        self.move(id, "sign", "leader2")
        self.no("CONFLICT", "target_signed", "leader2", "MoveTarget", target_id=id, action="sign")
        self.no("FORBIDDEN", "not_yours", "leader1", "MoveTarget", target_id=id, action="sign")
        # Other lines: whoever had signed signs again.
        self.do("office", "WriteTarget", target_id=id, lines=[self.manual, {**self.manual, "line_code": "a", "rule": "trained"}])
        self.move(id, "sign", "chair")
        self.assertEqual(self.target(id)[0]["state"], "draft")
        self.assertEqual(self.move(id, "sign", "leader2")["state"], "signed")
        for name, rule, fields in (
            ("INVALID", "target_points", {"points": 40.1}), ("INVALID", "target_points", {"points": -0.5}),
            ("INVALID", "target_points", {"points": None}), ("INVALID", "target_points", {"points": float("nan")}),
            ("INVALID", "value_missing", {"points": 1, "note": " "}),
            ("CONFLICT", "target_line_counted", {"points": 1, "line_code": "a"}),
            ("NOT_FOUND", "target_line_unknown", {"points": 1, "line_code": "z"}),
        ):
            self.no(name, rule, "office", "EnterTarget", **{"target_id": id, "line_code": "b", "note": "看过", **fields})
        self.move(id, "check", note="进度正常")
        self.assertEqual(self.no("CONFLICT", "target_line_open", "chair", "MoveTarget", target_id=id, action="settle")["line"],
                         "环境卫生")
        for rule, lines in (("target_weight", [{**self.manual, "weight": 0}]), ("target_line_twice", [self.manual] * 2),
                            ("target_line_twice", [self.manual, {**self.manual, "line_code": " b "}]),
                            ("value_missing", [{**self.manual, "label": ""}])):
            self.no("INVALID", rule, "office", "WriteTarget", target_id=wire.uuid7(), group_id=G01, year=LAST, lines=lines)
        early = self.signed(year=YEAR + 1)
        self.no("CONFLICT", "target_too_early", "office", "MoveTarget", target_id=early, action="check", note="x")


class Voters(Groups):
    def link(self, who="D01", voters="三组", login="clerk1", **fields):
        id = wire.uuid7()
        self.do(login, "LinkVoters", voter_link_id=id, person_id=person(who), voters=voters, **fields)
        return id

    def test_links(self):
        id = self.link(starts_on=day(-30))
        self.no("CONFLICT", "voters_linked", "clerk1", "LinkVoters", voter_link_id=wire.uuid7(), person_id=person("D01"),
                voters="三组")
        fields = {"voter_link_id": id, "action": "end"}
        for on in (day(-31), day(1)):
            self.no("INVALID", "link_end_day", "clerk1", "MoveVoterLink", day_on=on, **fields)
        self.no("FORBIDDEN", "not_yours", "clerk2", "MoveVoterLink", **fields)
        self.do("clerk1", "MoveVoterLink", day_on=day(-5), **fields)
        self.link()  # and again, from today
        for name, rule, more in (("INVALID", "deputy_not_of_group", {"person_id": person("D21")}),
                                 ("INVALID", "value_missing", {"voters": " "}), ("INVALID", "value_missing", {"person_id": None}),
                                 ("INVALID", "day_in_future", {"starts_on": day(1)}),
                                 ("NOT_FOUND", "person_unknown", {"person_id": wire.uuid7()})):
            self.no(name, rule, "clerk1", "LinkVoters", **{"voter_link_id": wire.uuid7(), "person_id": person("D02"),
                                                           "voters": "四组", **more})
        own = self.do("deputy1", "ListVoterLinks")["voter_links"]
        self.assertEqual([(v["state"], v["voters"]) for v in own], [("ended", "三组"), ("linked", "三组")])
        self.assertEqual(self.do("deputy2", "ListVoterLinks").get("voter_links", []), [])

    def five(self, login="office", year=YEAR, **fields):
        reply = self.do(login, "FiveOnes", year=year, **fields)
        return {p["person_code"]: p for p in reply["people"]}, reply.get("rows", [])

    def test_five_ones(self):
        self.assertEqual(self.five(person_code="D02")[0]["D02"]["missing"],
                         ["voters", "suggestion", "problem", "deed", "learning"])
        self.link("D02", "五组")
        suggestion = wire.uuid7()
        with self.centre.connect("d02") as d02:
            d02.call("DraftSuggestion", suggestion_id=suggestion, kind="suggestion", title="修桥", text="修桥")
            d02.call("MoveSuggestion", suggestion_id=suggestion, action="submit")
        village = harness.imported_id(TOWN, "villages", "V01").hex()
        for code, where in (("HY1", "null"), ("HY2", f"'{village}'")):
            self.centre.sql("insert into data.deed (town_id, deed_id, code, person_id, done_on, kind, verified, village_id)"
                            f" values ({TOWN}, gen_random_uuid(),"
                            f" '{code}', '{person('D02').hex()}', '{day()}', '引水', true, {where})")
        self.do("office", "NoteSelfStudy", self_study_id=(id := wire.uuid7()), person_id=person("D02"), hours=2, title="法")
        self.do("leader1", "MoveSelfStudy", self_study_id=id, action="confirm")
        people, rows = self.five(person_code="D02")
        self.assertEqual((people["D02"]["ones"], people["D02"].get("missing", [])), (5, []))
        self.assertEqual([(r["one"], r["subject"]) for r in rows], [
            ("voters", "voter_link"), ("suggestion", "suggestion"), ("problem", "deed"), ("deed", "deed"),
            ("learning", "self_study")])
        self.assertEqual([r["code"] for r in rows if r["subject"] == "deed"], ["HY2", "HY1"], "each deed stands for one")
        self.assertEqual(rows[0]["label"], "联系一个选民小组")
        # A single deed for a village is the problem solved, and no good deed besides.
        self.centre.sql("update data.deed set void_reason = '-' where code = 'HY1'")
        self.assertEqual(self.five(person_code="D02")[0]["D02"]["missing"], ["deed"])
        self.assertEqual(set(self.five("deputy1")[0]), {"D01"})
        self.assertEqual(set(self.five("leader2")[0]), {f"D{n}" for n in range(21, 41)})
        self.assertEqual(set(self.five(group_code="G01")[0]), {f"D{n:02d}" for n in range(1, 21)})
        self.no("FORBIDDEN", "not_yours", "leader2", "FiveOnes", year=YEAR, group_code="G01")


class Sample(harness.Case):
    """The sample town: 七有, activities, training and 五个一 of every group against the same rows counted here."""

    YEAR, TOWN = 2025, 533421121

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        found = harness.read_directory(os.path.join(harness.SOURCE, "sql/sample/qingshi-2025"))
        with cls.centre.admin() as admin:
            _, name, term, starts_on = found["town"][1][0]
            admin.call("CreateTown", town_id=cls.TOWN, name=name, term=term, term_starts_on=starts_on)
            admin.call("CreateAccount", town_id=cls.TOWN, account_id=wire.uuid7(), login="office", role="office",
                       password=harness.PASSWORD)
        cls.office = cls.centre.unix()
        cls.addClassCleanup(cls.office.close)
        cls.office.hello(cls.TOWN)
        cls.office.login("office", harness.PASSWORD)
        assert "added" in harness.import_files(cls.office, found)
        cls.files = {name: [dict(zip(columns, row)) for row in rows] for name, (columns, rows, _) in found.items()}
        cls.meetings = {m["code"]: m for m in cls.files["meetings"]}

    def seats(self, on):
        """(group, person, level) of each mandate that is in office on a day."""
        away = {s["mandate"] for s in self.files["suspensions"] if s["starts_on"] <= on <= (s["ends_on"] or "9999")}
        return {(m["group"], m["person"], m["level"]) for m in self.files["mandates"]
                if m["starts_on"] <= on < (m["ends_on"] or "9999") and m["code"] not in away}

    def attended(self, *kinds):
        """(person, meeting) of those who came to what counts, in office."""
        rows = []
        for a in self.files["attendance"]:
            m = self.meetings[a["meeting"]]
            if (m["kind"] in kinds and m["state"] in ("closed", "approved", "locked") and m["held_on"][:4] == "2025"
                    and a["mark"] in ("present", "late", "left_early")
                    and a["person"] in {p for _, p, _ in self.seats(m["held_on"])}):
                rows.append((a["person"], m))
        return rows

    def test_board(self):
        contacts = [(p, m["held_on"]) for p, m in self.attended("voter_reception")] + [
            (f["deputy"], f["received_on"]) for f in self.files["feedback"] if f["state"] not in ("withdrawn", "void")]
        lacking = collections.Counter()
        for first, last in (("2025-01-01", "2025-06-30"), ("2025-07-01", "2025-12-31")):
            reached = {p for p, on in contacts if first <= on <= last}
            stayed = {(g, p) for g, p, _ in self.seats(first)} & {(g, p) for g, p, _ in self.seats(last)}
            lacking.update(g for g, p in stayed if p not in reached)
        signed_in = {a["meeting"] for a in self.files["attendance"] if a["mark"] in ("present", "late", "left_early")}
        quarters = {(m["group"], (int(m["held_on"][5:7]) - 1) // 3) for m in self.files["meetings"]
                    if m["group"] and m["state"] == "locked" and m["minutes"] and m["held_on"][:4] == "2025"
                    and m["code"] in signed_in}
        deeds = {g for d in self.files["deeds"] if d["verified"] == "yes" and d["done_on"][:4] == "2025"
                 for g in {m["group"] for m in self.files["mandates"] if m["person"] == d["person"]
                           and m["starts_on"] <= d["done_on"] < (m["ends_on"] or "9999")}}
        activities = collections.Counter(
            m["group"] for m in self.files["meetings"] if m["group"] and m["held_on"][:4] == "2025"
            and m["kind"] not in ("congress_session", "presidium_meeting", "group_meeting")
            and m["state"] in ("closed", "approved", "locked"))
        reply = self.office.call("GroupHaves", year=self.YEAR)
        board, lines = reply["board"], collections.defaultdict(dict)
        for line in reply["haves"]:
            lines[line["group_code"]][line["have"]] = line
        self.assertEqual(len(board), 27)
        self.assertNotIn("rows", reply)
        for b in board:
            g = b["group_code"]
            self.assertEqual(lines[g]["contacts"]["missing"], lacking[g], g)
            self.assertEqual(lines[g]["records"]["missing"], 4 - len([q for q in quarters if q[0] == g]), g)
            self.assertEqual(lines[g]["deeds"]["has"], g in deeds, g)
            self.assertEqual((b["activities"], b["few_activities"]), (activities[g], activities[g] < 2), g)
            has = {"contacts": lacking[g] == 0, "records": len([q for q in quarters if q[0] == g]) == 4, "deeds": g in deeds}
            self.assertEqual(b["haves"], sum(has.values()), g)
            self.assertEqual(b["missing"], [h for h in HAVES if not has.get(h, False)], g)
        self.assertGreater(len({b["haves"] for b in board}), 1, "all alike would show nothing")

    def test_training(self):
        seats = self.seats("2025-12-31")
        came = {p for p, _ in self.attended("training", "study_visit")}
        for c in self.office.call("TrainingCoverage", year=self.YEAR)["coverage"]:
            people = {p for g, p, level in seats if c["by"] == "all" or c["code"] in (g, level)}
            self.assertEqual((c["in_office"], c["trained"]), (len(people), len(people & came)), c)

    def test_five_ones(self):
        people = {p for _, p, _ in self.seats("2025-12-31")}
        proposed = {p for s in self.files["suggestions"] if s["submitted_on"][:4] == "2025"
                    and s["state"] not in ("withdrawn", "void") for p in s["proposers"].split()}
        deeds = collections.Counter(d["person"] for d in self.files["deeds"] if d["verified"] == "yes" and d["village"]
                                    and d["done_on"][:4] == "2025")
        learned = {p for p, _ in self.attended("training", "study_visit")} | {
            a["subject"] for a in self.files["appraisals"] if a["category"] == "deputy"}
        found, after = {}, None
        while True:
            page = self.office.call("FiveOnes", year=self.YEAR, limit=60, after=after)
            found.update({p["person_code"]: p for p in page["people"]})
            after = page.get("next")
            if after is None:
                break
        self.assertEqual(set(found), people)
        for p, line in found.items():
            has = [False, p in proposed, deeds[p] > 0, deeds[p] > 1, p in learned]
            names = ["voters", "suggestion", "problem", "deed", "learning"]
            self.assertEqual(line.get("missing", []), [n for n, h in zip(names, has) if not h], p)
            self.assertEqual(line["ones"], sum(has), p)
