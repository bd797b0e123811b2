"""The life of meetings: planned, told, held, minuted, approved, locked; cancelled, postponed; every refusal once."""

import contextlib
import datetime

import harness
import wire

TOWN = harness.TOWN
G01, G02 = (harness.imported_id(TOWN, "groups", g) for g in ("G01", "G02"))
U01 = harness.imported_id(TOWN, "units", "U01")
SESSIONS = ("office", "office2", "chair", "clerk1", "clerk2", "leader1", "leader2", "deputy1", "deputy2", "auditor")


def day(offset=0):
    """In the town's time zone."""
    now = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8)))
    return (now.date() + datetime.timedelta(days=offset)).isoformat()


def person(code):
    return harness.imported_id(TOWN, "people", code)


def told(code, notice="signed", on=-9):
    """One line of a request that says how people were told."""
    return {"person_id": person(code), "notice": notice, "notified_on": None if on is None else day(on)}


@contextlib.contextmanager
def leading(centre, code, role="group_leader"):
    """Meanwhile this person has a post: leads G01, or is the chair; the account of that role stands for no person."""
    group = f"'{G01.hex()}'" if role == "group_leader" else "null"
    centre.sql("insert into data.post (town_id, person_id, role, starts_on, group_id) values"
               f" ({TOWN}, '{person(code).hex()}', '{role}', '2022-03-01', {group})")
    try:
        yield
    finally:
        centre.sql(f"delete from data.post where role = '{role}' and person_id = '{person(code).hex()}'")


class Life(harness.Case):
    """Sessions of everybody, and the steps of a meeting as functions."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clients = {login: cls.centre.connect(login) for login in SESSIONS}

    @classmethod
    def tearDownClass(cls):
        for client in cls.clients.values():
            client.close()
        super().tearDownClass()

    def do(self, login, method, **fields):
        return self.clients[login].call(method, **fields)

    def no(self, name, rule, login, method, **fields):
        """Demand this refusal; gives what it names."""
        error = self.refused(name, self.do, login, method, **fields)
        self.assertEqual(error.rule, rule, error)
        return error.named

    def plan(self, login="office", held=0, group=G01, **fields):
        id = wire.uuid7()
        self.do(login, "PlanMeeting", **{
            "meeting_id": id, "kind": "training", "title": "学习", "held_on": day(held), "group_id": group, **fields})
        return id

    def notify(self, id, *people, login="office", **fields):
        return self.do(login, "NotifyMeeting", meeting_id=id, people=people, **fields)

    def move(self, id, action, login="office", **fields):
        return self.do(login, "MoveMeeting", meeting_id=id, action=action, **fields)

    def mark(self, id, login="office", note=None, **marks):
        return self.do(login, "RecordAttendance", meeting_id=id, marks=[
            {"person_id": person(code), "mark": mark, "note": note} for code, mark in marks.items()])

    def opened(self, *people, **fields):
        """A meeting of today whose people were told in time, open."""
        id = self.plan(**fields)
        self.notify(id, *people or (told("D01"), told("D02")))
        self.move(id, "open")
        return id

    def closed(self, **fields):
        id = self.opened(**fields)
        self.mark(id, D01="present", D02="late")
        self.move(id, "close")
        return id

    def get(self, id, login="office"):
        return self.do(login, "GetMeeting", meeting_id=id)

    def meeting(self, id, login="office"):
        return self.get(id, login)["meeting"]

    def roll(self, id, login="office"):
        return {line["code"]: line for line in self.get(id, login).get("roll", [])}

    def steps(self, id, login="office"):
        return [s["action"] for s in self.get(id, login)["steps"]]


class Plan(Life):
    def test_what_is_planned_is_shown(self):
        id = wire.uuid7()
        reply = self.do("office", "PlanMeeting", meeting_id=id, kind="law_check", title="食品安全法执法检查", group_id=G01,
                        unit_id=U01, held_on=day(20), place="学校食堂", agenda=["听汇报", "看现场"], laws=["食品安全法"],
                        document="检查方案", appraisees=["deputy"])
        self.assertEqual(reply, {"code": reply["code"], "notify_by_on": day(17), "short_notice": False})
        self.assertRegex(reply["code"], "^M[0-9]{4}$")
        m = self.meeting(id)
        self.assertEqual((m["code"], m["kind"], m["title"], m["group_code"], m["unit_code"], m["held_on"], m["place"]),
                         (reply["code"], "law_check", "食品安全法执法检查", "G01", "U01", day(20), "学校食堂"))
        self.assertEqual((m["agenda"], m["laws"], m["document"], m["appraisees"], m["state"]),
                         (["听汇报", "看现场"], ["食品安全法"], "检查方案", ["deputy"], "planned"))
        self.assertEqual((m["notify_by_on"], m["on_roll"], m["told_too_late"]), (day(17), 0, 0))
        self.assertEqual(self.steps(id), ["plan"])

    def test_short_notice_is_said_at_once(self):
        for held, kind, short in ((3, "training", False), (2, "training", True), (7, "congress_session", False),
                                  (6, "congress_session", True), (0, "training", True)):
            reply = self.do("office", "PlanMeeting", meeting_id=wire.uuid7(), kind=kind, title="会", held_on=day(held))
            self.assertEqual(reply["short_notice"], short, (held, kind))

    def test_each_kind_needs_its_fields(self):
        whole = {"kind": "training", "title": "会", "held_on": day(9), "group_id": G01}
        for column, fields in (
            ("kind", {"kind": None}), ("title", {"title": None}), ("title", {"title": ""}), ("held_on", {"held_on": None}),
            ("group_id", {"kind": "group_meeting", "group_id": None}), ("laws", {"kind": "law_check"}),
            ("laws", {"kind": "law_check", "laws": [""]}), ("document", {"kind": "deliberation"}),
            ("document", {"kind": "deliberation", "document": ""}), ("appraisees", {"kind": "duty_report"}),
            ("unit_id", {"kind": "work_review"}), ("place", {"kind": "inspection"}), ("agenda", {"agenda": ["一", ""]}),
        ):
            named = self.no("INVALID", "value_missing", "office", "PlanMeeting", meeting_id=wire.uuid7(),
                            **{**whole, **fields})
            self.assertEqual(named, {"column": column})
        for fields in ({"kind": "law_check", "laws": ["代表法"]}, {"kind": "deliberation", "document": "报告"},
                       {"kind": "duty_report", "appraisees": ["group_head", "village_head", "deputy"]},
                       {"kind": "work_review", "unit_id": U01}, {"kind": "inspection", "place": "水库"},
                       {"kind": "inspection", "unit_id": U01}, {"kind": "group_meeting"}, {"kind": "research"},
                       {"kind": "voter_reception"}, {"kind": "study_visit"}):
            self.do("office", "PlanMeeting", meeting_id=wire.uuid7(), **{**whole, **fields})
        self.assertEqual(self.no("INVALID", "value_missing", "office", "PlanMeeting", **whole), {"column": "meeting_id"})
        for rule, fields in (("bad_value", {"kind": "duty_report", "appraisees": ["mayor"]}),
                             ("day_past", {"held_on": day(-1)}), ("town_kind", {"kind": "presidium_meeting"})):
            self.no("INVALID", rule, "office", "PlanMeeting", meeting_id=wire.uuid7(), **{**whole, **fields})
        for rule, fields in (("group_unknown", {"group_id": wire.uuid7()}), ("unit_unknown", {"unit_id": wire.uuid7()})):
            self.no("NOT_FOUND", rule, "office", "PlanMeeting", meeting_id=wire.uuid7(), **{**whole, **fields})

    def test_rooms_plan_for_their_group(self):
        for login in ("clerk1", "leader1"):
            id = self.plan(login, held=9, group=None)
            self.assertEqual(self.meeting(id)["group_code"], "G01")
            whole = {"kind": "training", "title": "会", "held_on": day(9)}
            self.no("FORBIDDEN", "not_yours", login, "PlanMeeting", meeting_id=wire.uuid7(), group_id=G02, **whole)
            self.no("FORBIDDEN", "not_yours", login, "PlanMeeting", meeting_id=id, group_id=G02)
            self.no("FORBIDDEN", "not_yours", login, "PlanMeeting", meeting_id=self.plan(group=G02), title="别组的")
            self.no("FORBIDDEN", "not_yours", login, "PlanMeeting", meeting_id=self.plan(group=None), title="全镇的")
            whole["kind"] = "congress_session"
            self.no("FORBIDDEN", "town_kind", login, "PlanMeeting", meeting_id=wire.uuid7(), **whole)

    def test_a_change_replaces_what_is_given(self):
        id = self.plan(held=9, agenda=["一"], place="活动室")
        self.do("clerk1", "PlanMeeting", meeting_id=id, agenda=["二", "三"], held_on=day(12))
        m = self.meeting(id)
        self.assertEqual((m["agenda"], m["held_on"], m["place"], m["title"]), (["二", "三"], day(12), "活动室", "学习"))
        self.assertNotIn("postponed_from_on", m)
        step = self.get(id)["steps"][-1]
        self.assertEqual((step["action"], step["from_state"], step["to_state"]), ("change", "planned", "planned"))
        self.assertIn(day(9), step["facts"])  # what it was before
        self.assertEqual(self.no("INVALID", "day_past", "office", "PlanMeeting", meeting_id=id, held_on=day(-1)),
                         {"day": day(-1)})
        self.assertEqual(self.no("INVALID", "value_missing", "office", "PlanMeeting", meeting_id=id, kind="law_check"),
                         {"column": "laws"})
        self.notify(id)
        self.no("CONFLICT", "not_in_this_state", "office", "PlanMeeting", meeting_id=id, title="改名")

    def test_another_day_takes_imported_proofs_back(self):
        id = harness.imported_id(TOWN, "meetings", "M005")
        self.do("office", "PlanMeeting", meeting_id=id, title="改个名字")  # its day is over, and stays
        self.assertEqual(self.roll(id)["D01"]["notice"], "signed")
        self.do("office", "PlanMeeting", meeting_id=id, held_on=day(9))
        self.assertEqual({line["notice"] for line in self.roll(id).values()}, {"none"})
        self.assertEqual(self.centre.count("notice_proof", f"meeting_id = '{id.hex()}' and notice = 'none'"), 20)


class Notify(Life):
    def test_everybody_whom_it_concerns(self):
        self.centre.sql(f"update data.mandate set level = 'county' where town_id = {TOWN} and code = 'ZD40'")
        self.centre.sql(f"insert into data.suspension (town_id, mandate_id, starts_on) select town_id, mandate_id,"
                        f" '2022-04-01' from data.mandate where town_id = {TOWN} and code = 'ZD20'")
        for kind, group, expected in (
            ("training", G01, 19), ("group_meeting", G02, 20), ("training", None, 39), ("congress_session", None, 38),
            ("presidium_meeting", None, 1),
        ):
            id = self.plan(held=30, kind=kind, group=group)
            reply = self.notify(id, notice="call")
            self.assertEqual((reply["on_roll"], reply["told_too_late"]), (expected, 0), kind)
            lines = self.roll(id)
            self.assertEqual(len(lines), expected)
            self.assertNotIn("D20", lines)
            self.assertEqual({(x["notice"], x["notified_on"]) for x in lines.values()}, {("call", day())})
            where = f"meeting_id = '{id.hex()}'"
            self.assertEqual(self.centre.count("notice_proof", where), expected)
            self.assertEqual(self.centre.count("notice", f"record_id = '{id.hex()}' and person_id is not null"), expected)
        self.assertEqual(list(lines), ["D03"])
        self.assertEqual(self.meeting(id)["state"], "notified")
        self.centre.sql(f"update data.post set void_reason = '错' where town_id = {TOWN}")
        id = self.plan(held=30, kind="presidium_meeting", group=None)
        self.no("CONFLICT", "roll_empty", "office", "NotifyMeeting", meeting_id=id)
        self.centre.sql(f"update data.post set void_reason = null where town_id = {TOWN}")
        self.centre.sql(f"update data.mandate set level = 'town' where town_id = {TOWN}")
        self.centre.sql(f"update data.suspension set void_reason = '错' where town_id = {TOWN}")

    def test_the_roll_is_frozen_with_its_proofs(self):
        id = self.plan(held=3)
        reply = self.notify(id, told("D01", on=-2), told("D02", "call", None), told("D04", "none"),
                            {"person_id": person("D05")}, {"person_id": person("D06"), "notice": "sync"},
                            notice="call", notified_on=day(-1))
        self.assertEqual(reply, {"on_roll": 5, "told_too_late": 1, "notify_by_on": day()})
        lines = {code: (x["notice"], x.get("notified_on")) for code, x in self.roll(id).items()}
        self.assertEqual(lines, {"D01": ("signed", day(-2)), "D02": ("call", day()), "D04": ("none", None),
                                 "D05": ("call", day(-1)), "D06": ("sync", day())})
        self.assertEqual(self.centre.count("notice_proof", f"meeting_id = '{id.hex()}'"), 4)
        self.assertEqual(self.meeting(id)["told_too_late"], 1)
        self.no("CONFLICT", "not_in_this_state", "office", "NotifyMeeting", meeting_id=id)
        other = self.plan(held=3)
        self.notify(other, told("D01", "none", None), {"person_id": person("D02")})
        self.assertEqual({x["notice"] for x in self.roll(other).values()}, {"none"})

    def test_refused(self):
        id = self.plan(held=9)
        say = lambda *lines, login="office", **more: (login, "NotifyMeeting", {"meeting_id": id, "people": lines, **more})
        self.centre.sql(f"update data.mandate set ends_on = '{day(9)}' where town_id = {TOWN} and code = 'ZD19'")
        for name, rule, (login, method, fields) in (
            ("INVALID", "value_missing", say({"notice": "call"})),
            ("INVALID", "value_missing", say({"person_id": person("D01"), "notified_on": day()})),
            ("INVALID", "value_missing", say(told("D01"), notified_on=day())),
            ("INVALID", "notice_in_future", say(told("D01", on=1))),
            ("INVALID", "notice_in_future", say(notice="call", notified_on=day(1))),
            ("INVALID", "same_person_twice", say(told("D01"), told("D01"))),
            ("INVALID", "person_not_in_office", say(told("D19"))),
            ("NOT_FOUND", "person_unknown", say({"person_id": wire.uuid7()})),
            ("FORBIDDEN", "not_your_deputy", say(told("D21"), login="clerk1")),
            ("FORBIDDEN", "not_yours", say(login="clerk2")),
        ):
            self.no(name, rule, login, method, **fields)
        self.no("NOT_FOUND", "meeting_unknown", "office", "NotifyMeeting", meeting_id=wire.uuid7())
        self.assertEqual((self.meeting(id)["state"], self.meeting(id)["on_roll"]), ("planned", 0))
        self.centre.sql(f"update data.mandate set ends_on = null where town_id = {TOWN} and code = 'ZD19'")
        self.notify(id, told("D01"), told("D21"))  # the office may ask guests

    def test_later_additions_have_their_own_day(self):
        id = self.plan(held=5)
        self.notify(id, told("D01", "none"))
        reply = self.do("clerk1", "NotifyPeople", meeting_id=id, people=[
            told("D01", "signed", -1), told("D02", "call", None), {"person_id": person("D03")}])
        self.assertEqual(reply, {"added": 2, "proved": 1, "told_too_late": 1, "notify_by_on": day(2)})
        self.assertEqual({c: x.get("notified_on") for c, x in self.roll(id).items()},
                         {"D01": day(-1), "D02": day(), "D03": None})
        self.assertEqual(self.steps(id)[-2:], ["add_people", "prove_notice"])
        self.assertIn("D02 D03", self.get(id)["steps"][-2]["facts"])
        self.assertEqual(self.centre.count("notice", f"record_id = '{id.hex()}'"), 3)
        # A proof may be taken back, and what it was stays.
        self.do("office", "NotifyPeople", meeting_id=id, people=[told("D01", "none", None)])
        self.assertEqual(self.roll(id)["D01"]["notice"], "none")
        self.assertEqual([n for n, in self.centre.sql(
            f"select notice from data.notice_proof where meeting_id = '{id.hex()}' and person_id ="
            f" '{person('D01').hex()}' order by recorded_at, op_id")], ["signed", "none"])
        for rule, people in (("value_missing", []), ("value_missing", [{"person_id": person("D01")}]),
                             ("value_missing", [{"notice": "call"}]), ("same_person_twice", [told("D01"), told("D01")]),
                             ("same_person_twice", [told("D08"), told("D08")]),
                             ("notice_in_future", [told("D02", on=1)])):
            self.no("INVALID", rule, "office", "NotifyPeople", meeting_id=id, people=people)
        self.no("FORBIDDEN", "not_your_deputy", "clerk1", "NotifyPeople", meeting_id=id, people=[told("D21")])
        self.no("FORBIDDEN", "not_yours", "clerk2", "NotifyPeople", meeting_id=id, people=[told("D21")])
        self.no("CONFLICT", "not_in_this_state", "office", "NotifyPeople", meeting_id=self.plan(), people=[told("D01")])

    def test_rooms_prove_notice_for_the_towns_meetings(self):
        id = self.plan(held=9, group=None)
        self.no("FORBIDDEN", "not_yours", "clerk1", "NotifyMeeting", meeting_id=id)
        self.notify(id, told("D01", "none"), told("D21", "none"))
        self.assertEqual(self.meeting(id, "clerk1")["actions"], ["prove_notice"])
        self.do("clerk1", "NotifyPeople", meeting_id=id, people=[told("D01", "call")])
        self.do("leader2", "NotifyPeople", meeting_id=id, people=[told("D21", "call")])
        self.no("FORBIDDEN", "not_your_deputy", "clerk1", "NotifyPeople", meeting_id=id, people=[told("D21")])
        self.no("FORBIDDEN", "not_yours", "clerk1", "NotifyPeople", meeting_id=id, people=[told("D02")])
        self.no("FORBIDDEN", "not_yours", "clerk1", "MoveMeeting", meeting_id=id, action="postpone", note="雨")

    def test_the_notice_is_in_their_account(self):
        id = self.plan(held=9, title="防汛培训", place="礼堂")
        self.notify(id, told("D01"), login="leader1")
        row = self.centre.sql(f"select title, text, subject, person_id = '{person('D01').hex()}' from data.notice"
                              f" where record_id = '{id.hex()}'")
        self.assertEqual(row, [("防汛培训", f"请出席，{day(9)}，礼堂", "meeting", "t")])
        self.move(id, "cancel", note="有灾情")
        texts = [t for t, in self.centre.sql(f"select text from data.notice where record_id = '{id.hex()}' order by text")]
        self.assertEqual(len(texts), 2)
        self.assertIn("有灾情", "".join(texts))


class Held(Life):
    def test_not_before_its_day(self):
        id = self.plan(held=1)
        self.notify(id)
        self.assertEqual(self.no("CONFLICT", "meeting_not_yet", "clerk1", "MoveMeeting", meeting_id=id, action="open")["day"],
                         day(1))
        self.no("INVALID", "value_missing", "clerk1", "MoveMeeting", meeting_id=id)

    def test_short_notice_is_held_recorded_and_not_liable(self):
        id = wire.uuid7()
        reply = self.do("clerk1", "PlanMeeting", meeting_id=id, kind="training", title="防汛", held_on=day())
        self.assertTrue(reply["short_notice"])
        reply = self.notify(id, told("D11", "call", None), told("D12", "call", None), login="clerk1")
        self.assertEqual((reply["on_roll"], reply["told_too_late"]), (2, 2))
        self.assertEqual(self.move(id, "open", "clerk1"),
                         {"state": "open", "unknown": ["D11", "D12"], "attended": 0, "told_too_late": 2})
        self.mark(id, "clerk1", D11="present", D12="absent")
        self.assertEqual(self.move(id, "close", "clerk1"), {"state": "closed", "attended": 1, "told_too_late": 2})
        lines = {c: (x["status"], x["rule"]) for c, x in self.roll(id).items()}
        self.assertEqual(lines, {"D11": ("present", "attended"), "D12": ("not_liable", "notice_late")})
        evidence = self.do("office", "ThreeNoEvidence", person_code="D12", from_on=day(-30), to_on=day())
        self.assertEqual(evidence["person"]["activities_unexcused"], 0)

    def test_closing_lists_every_unknown(self):
        id = self.opened(told("D01"), told("D02"), told("D04"))
        self.mark(id, D02="absent")
        reply = self.move(id, "close", "clerk1")
        self.assertEqual((reply["state"], reply["unknown"], reply["attended"]), ("closed", ["D01", "D04"], 0))
        self.assertEqual(self.roll(id)["D01"]["status"], "unknown")
        self.no("CONFLICT", "not_in_this_state", "office", "NotifyPeople", meeting_id=id, people=[told("D01")])

    def test_quorum(self):
        congress = self.opened(told("D01"), told("D02"), kind="congress_session", group=None)
        presidium = self.opened(told("D03"), kind="presidium_meeting", group=None)
        group = self.opened(told("D01"), told("D02"), told("D04"), told("D05"))
        self.mark(congress, D01="present", D02="left_early")
        self.assertEqual([self.meeting(id).get("quorum") for id in (congress, presidium, group)], [27, 1, None])
        self.assertEqual(self.meeting(congress)["attended"], 2)
        self.assertNotIn("quorum", self.move(group, "close"))
        self.centre.sql(f"insert into data.setting (town_id, key, holds_from, value) values ({TOWN},"
                        f" 'quorum_thirds_other', '{day(-1)}', 2)")
        try:
            self.assertEqual(self.meeting(group)["quorum"], 3)
        finally:
            self.centre.sql(f"update data.setting set value = 0 where key = 'quorum_thirds_other'")
        # No quorum: it does not take place.
        reply = self.move(congress, "cancel", "chair", note="人数不足，流会")
        self.assertEqual((reply["state"], reply["attended"], reply["quorum"]), ("cancelled", 2, 27))
        step = self.get(congress)["steps"][-1]
        self.assertEqual((step["from_state"], step["note"]), ("open", "人数不足，流会"))
        self.assertIn('"quorum": 27', step["facts"])

    def test_cancelled_counts_for_nothing(self):
        id = self.opened(told("D30"), group=G02)
        self.mark(id, D30="absent")
        for note in (None, ""):
            named = self.no("INVALID", "value_missing", "leader2", "MoveMeeting", meeting_id=id, action="cancel", note=note)
            self.assertEqual(named, {"column": "note"})
        self.move(id, "cancel", "leader2", note="停电")
        person = self.do("office", "ThreeNoEvidence", person_code="D30", from_on=day(-1), to_on=day())["person"]
        self.assertEqual(person["activities_unexcused"], 0)
        self.no("CONFLICT", "meeting_not_open", "office", "RecordAttendance", meeting_id=id,
                marks=[{"person_id": harness.imported_id(TOWN, "people", "D30"), "mark": "present"}])

    def test_postponed_and_planned_anew(self):
        id = self.plan(held=4)
        self.notify(id, told("D01"), told("D02", "none"))
        for rule, fields in (("value_missing", {}), ("day_past", {"note": "雨", "held_on": day(-1)})):
            self.no("INVALID", rule, "clerk1", "MoveMeeting", meeting_id=id, action="postpone", **fields)
        self.move(id, "postpone", "clerk1", note="下雨")
        m = self.meeting(id)
        self.assertEqual((m["state"], m["held_on"], m["postponed_from_on"]), ("postponed", day(4), day(4)))
        self.assertEqual(self.no("INVALID", "value_missing", "clerk1", "MoveMeeting", meeting_id=id, action="replan"),
                         {"column": "held_on"})
        self.no("INVALID", "day_past", "clerk1", "MoveMeeting", meeting_id=id, action="replan", held_on=day(-1))
        self.move(id, "replan", "clerk1", held_on=day(8))
        m = self.meeting(id)
        self.assertEqual((m["state"], m["held_on"], m["postponed_from_on"], m["on_roll"], m["told_too_late"]),
                         ("planned", day(8), day(4), 2, 2))
        self.assertEqual({x["notice"] for x in self.roll(id).values()}, {"none"})
        proofs = self.centre.sql(f"select notice from data.notice_proof where meeting_id = '{id.hex()}'"
                                 " order by recorded_at")
        self.assertEqual(proofs, [("signed",), ("none",)])
        # Told anew: who stood on the roll stays, others may come.
        self.assertEqual(self.notify(id, told("D01", "call", 0), told("D04", "call", 0))["on_roll"], 3)
        self.assertEqual({c: x["notice"] for c, x in self.roll(id).items()}, {"D01": "call", "D02": "none", "D04": "call"})
        # A second time, the new day named at once; the first day is kept.
        self.move(id, "postpone", note="又下雨", held_on=day(20))
        self.move(id, "replan")
        m = self.meeting(id)
        self.assertEqual((m["held_on"], m["postponed_from_on"]), (day(20), day(4)))
        self.assertEqual(self.notify(id, notice="call")["on_roll"], 20)
        self.assertEqual({x["notice"] for x in self.roll(id).values()}, {"call"})

    def test_a_postponed_day_may_be_changed(self):
        id = self.plan(held=4)
        self.move(id, "postpone", note="雨")
        self.do("clerk1", "PlanMeeting", meeting_id=id, held_on=day(6))
        self.move(id, "replan", "clerk1")
        m = self.meeting(id)
        self.assertEqual((m["held_on"], m["postponed_from_on"]), (day(6), day(4)))

    def test_scope(self):
        id = self.opened()
        for login in ("clerk2", "leader2"):
            self.no("FORBIDDEN", "not_yours", login, "MoveMeeting", meeting_id=id, action="close")
            self.no("FORBIDDEN", "not_yours", login, "WriteMinutes", meeting_id=id, text="记录")
        self.no("NOT_FOUND", "meeting_unknown", "office", "MoveMeeting", meeting_id=wire.uuid7(), action="open")
        self.no("NOT_FOUND", "meeting_unknown", "office", "MoveMeeting", action="open")


class Minutes(Life):
    def write(self, id, login="clerk1", text="会议记录", decisions=()):
        return self.do(login, "WriteMinutes", meeting_id=id, text=text, decisions=decisions)["revision"]

    def test_revisions_and_decisions(self):
        id = self.closed()
        vote = {"text": "通过方案", "in_favour": 1, "against": 1}
        self.assertEqual(self.write(id, decisions=[vote]), 1)
        votes = [{"text": "通过方案", "in_favour": 2}, {"text": "报镇政府", "in_favour": 1, "against": 0, "abstained": 1}]
        self.assertEqual(self.write(id, "leader1", "第二稿", votes), 2)
        reply = self.get(id)
        m = reply["meeting"]
        self.assertEqual((m["minutes"], m["minutes_revision"], m["minutes_by"], m["confirmed"]),
                         ("第二稿", 2, "leader1", False))
        self.assertEqual(reply["decisions"], [
            {"text": "通过方案", "in_favour": 2, "against": 0, "abstained": 0},
            {"text": "报镇政府", "in_favour": 1, "against": 0, "abstained": 1}])
        self.assertEqual(self.centre.sql(
            f"select text from data.minutes where meeting_id = '{id.hex()}' order by revision"), [("会议记录",), ("第二稿",)])
        self.assertEqual(self.centre.count("decision", f"meeting_id = '{id.hex()}'"), 3)
        for rule, fields in (
            ("value_missing", {"text": None}), ("value_missing", {"text": ""}),
            ("value_missing", {"decisions": [{"in_favour": 1}]}),
            ("bad_number", {"decisions": [{"text": "x", "against": -1}]}),
            ("votes_exceed_present", {"decisions": [{"text": "x", "in_favour": 1, "against": 1, "abstained": 1}]}),
            ("votes_exceed_present", {"decisions": [{"text": "x", "in_favour": 2147483647, "against": 2147483647}]}),
        ):
            self.no("INVALID", rule, "clerk1", "WriteMinutes", meeting_id=id, **{"text": "记录", **fields})
        self.assertEqual(self.meeting(id)["minutes_revision"], 2)

    def test_imported_minutes_are_kept(self):
        id = harness.imported_id(TOWN, "meetings", "M006")
        self.centre.sql(f"update data.meeting set minutes = '旧记录' where meeting_id = '{id.hex()}'")
        self.assertNotIn("minutes_by", self.meeting(id))
        self.assertEqual(self.write(id), 2)
        self.assertEqual(self.centre.sql(
            f"select text, author_id is null from data.minutes where meeting_id = '{id.hex()}' order by revision"),
            [("旧记录", "t"), ("会议记录", "f")])
        self.assertEqual(self.write(id, text="再改"), 3)

    def test_to_the_lock(self):
        id = self.closed()
        for action, login in (("confirm", "leader1"), ("send_back", "leader1"), ("approve", "office")):
            self.no("CONFLICT", "minutes_missing", login, "MoveMeeting", meeting_id=id, action=action, note="x")
        self.write(id)
        self.no("CONFLICT", "minutes_not_confirmed", "office", "MoveMeeting", meeting_id=id, action="approve")
        self.no("FORBIDDEN", "confirm_whose", "chair", "MoveMeeting", meeting_id=id, action="confirm")
        self.no("INVALID", "value_missing", "leader1", "MoveMeeting", meeting_id=id, action="send_back")
        self.assertIn("confirm", self.meeting(id, "leader1")["actions"])
        self.move(id, "confirm", "leader1")
        self.assertTrue(self.meeting(id)["confirmed"])
        self.no("CONFLICT", "minutes_confirmed", "leader1", "MoveMeeting", meeting_id=id, action="confirm")
        # Sent back, and a new revision: each takes the confirmation back.
        self.move(id, "send_back", "office", note="没写表决")
        self.assertFalse(self.meeting(id)["confirmed"])
        self.move(id, "confirm", "leader1")
        self.write(id, "office", "办公室改的")
        self.assertFalse(self.meeting(id)["confirmed"])
        self.no("CONFLICT", "minutes_not_confirmed", "office2", "MoveMeeting", meeting_id=id, action="approve")
        self.move(id, "confirm", "leader1")
        self.no("FORBIDDEN", "approve_own_minutes", "office", "MoveMeeting", meeting_id=id, action="approve")
        self.assertEqual(self.move(id, "approve", "office2")["state"], "approved")
        self.assertEqual(self.centre.one(f"select approved_on from data.meeting where meeting_id = '{id.hex()}'"), day())
        self.no("CONFLICT", "not_in_this_state", "clerk1", "WriteMinutes", meeting_id=id, text="改")
        self.assertEqual(self.move(id, "lock", "chair", note="年终")["state"], "locked")
        self.assertEqual(self.steps(id)[-5:], ["confirm", "write_minutes", "confirm", "approve", "lock"])

    def test_unknown_marks_stop_the_approval(self):
        id = self.opened(told("D01"), told("D02"))
        self.mark(id, D01="present")
        self.move(id, "close")
        self.write(id)
        self.move(id, "confirm", "leader1")
        named = self.no("CONFLICT", "unknown_marks", "office", "MoveMeeting", meeting_id=id, action="approve")
        self.assertEqual(named["people"], "D02")
        self.mark(id, "clerk1", D02="absent")
        self.move(id, "approve")

    def test_the_leader_confirms_nothing_of_their_own(self):
        id = self.closed()
        self.write(id, "leader1")
        self.no("FORBIDDEN", "confirm_own_minutes", "leader1", "MoveMeeting", meeting_id=id, action="confirm")

    def test_the_same_person_at_two_accounts(self):
        """What is compared is persons: here the leader's and the clerk's are one."""
        accounts = ", ".join(f"'{harness.base().accounts[TOWN, login].hex()}'" for login in ("leader1", "clerk1"))
        self.centre.sql(f"update data.account set person_id = '{person('D01').hex()}' where account_id in ({accounts})")
        try:
            with self.centre.connect("clerk1") as clerk, self.centre.connect("leader1") as leader:
                id = self.closed()
                clerk.call("WriteMinutes", meeting_id=id, text="记录")
                error = self.refused("FORBIDDEN", leader.call, "MoveMeeting", meeting_id=id, action="confirm")
                self.assertEqual(error.rule, "confirm_own_minutes")
        finally:
            self.centre.sql(f"update data.account set person_id = null where account_id in ({accounts})")

    def test_the_chair_for_the_towns(self):
        for kind, office_may in (("congress_session", False), ("presidium_meeting", False), ("training", True)):
            person = "D03"
            id = self.opened(told(person), kind=kind, group=None)
            self.mark(id, D03="present")
            self.move(id, "close")
            self.write(id, "office2")
            self.no("FORBIDDEN", "not_yours", "leader1", "MoveMeeting", meeting_id=id, action="confirm")
            self.move(id, "confirm", "chair")
            if not office_may:
                self.assertNotIn("approve", self.meeting(id)["actions"])
                self.no("FORBIDDEN", "chair_approves", "office", "MoveMeeting", meeting_id=id, action="approve")
            self.assertIn("approve", self.meeting(id, "chair")["actions"])
            self.move(id, "approve", "office" if office_may else "chair")

    def test_actions(self):
        id = self.plan(held=9)
        for login, expected in (
            ("office", ["cancel", "change", "notify", "postpone"]), ("clerk1", ["change", "notify", "postpone"]),
            ("auditor", None),
        ):
            self.assertEqual(self.meeting(id, login).get("actions"), expected, login)
        closed = self.closed()
        self.assertNotIn("confirm", self.meeting(closed, "chair")["actions"])


class Seen(Life):
    def test_whose_steps_are_seen(self):
        """What concerns one person goes with their line of the roll."""
        id = self.plan(held=9, group=None)
        self.notify(id, told("D01"), told("D21"))
        for login, code in (("deputy1", "D01"), ("deputy2", "D21")):
            self.do(login, "AskLeave", meeting_id=id, person_id=person(code), ground="family", note="家里有事" + code)
        for login, codes in (("deputy1", ["D01"]), ("clerk2", ["D21"]), ("office", ["D01", "D21"])):
            notes = [s["note"][-3:] for s in self.get(id, login)["steps"] if s["subject"] == "leave"]
            self.assertEqual(notes, codes, login)
            self.assertEqual(list(self.roll(id, login)), codes)
        line = self.roll(id)["D01"]
        self.assertEqual((line["leave_asked_on"], line["leave_decision"]), (day(), "pending"))
