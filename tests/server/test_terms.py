"""换届: what must be settled first, what a closing locks, ends and hands over, and what it leaves as it was."""

import threading

import harness
import test_meetings
import wire
from test_meetings import G01, TOWN, day, person, told

NEW = "第十三届"
PERIOD = {"from_on": "2025-01-01", "to_on": day(-1)}


class Terms(test_meetings.Life):
    def check(self, login="office", **fields):
        return self.do(login, "CheckTerm", **fields)

    def items(self, **fields):
        """rule -> codes."""
        found = {}
        for item in self.check(**fields).get("items", []):
            found.setdefault(item["rule"], set()).add(item["code"])
        return found

    def settle(self):
        """The small town's open meetings: held long ago, and cancelled or approved now."""
        for code in ("M001", "M002", "M003"):
            self.move(harness.imported_id(TOWN, "meetings", code), "cancel", note="换届前清理")
        self.move(harness.imported_id(TOWN, "meetings", "M005"), "cancel", note="换届前清理")
        id = harness.imported_id(TOWN, "meetings", "M006")
        self.do("clerk1", "WriteMinutes", meeting_id=id, text="记录")
        self.move(id, "confirm", "leader1")
        self.move(id, "approve")

    def figures(self):
        """The old term's, whole."""
        return [self.do("office", "ThreeNo", **PERIOD), self.do("office", "ThreeNoEvidence", person_code="D01", **PERIOD),
                self.do("office", "ReportFigures", from_on="2025-01-01", to_on="2025-12-31"),
                [self.do("office", "GetCard", code=code, year=2025) for code in ("ZD01", "ZD02", "ZD04", "ZD21")]]

    def close(self, term=NEW, on=day(), login="chair"):
        return self.do(login, "CloseTerm", new_term=term, starts_on=on)


class Check(Terms):
    def test_what_stands_open(self):
        self.assertEqual(self.items(), {
            "term_meeting_open": {"M001", "M002", "M003"}, "term_meeting_not_held": {"M005"},
            "term_meeting_not_approved": {"M006"}, "term_carried": {"F01"}})
        summary = self.check()["summary"]
        self.assertEqual(summary, {
            "term": "第十二届", "term_starts_on": "2022-03-01", "starts_on": day(), "blocking": 5, "carried": 1,
            "meetings_to_lock": 0, "mandates_to_end": 40, "posts_to_end": 1})
        self.assertEqual(len(self.check()["mandates"]), 40)
        # Of a day before these meetings nothing of them is the old term's.
        self.assertEqual(self.items(starts_on="2025-06-10"), {"term_carried": {"F01"}})
        # A leave and a correction that wait for a word.
        locked = harness.imported_id(TOWN, "meetings", "M004")
        self.centre.sql("insert into data.leave (town_id, meeting_id, person_id, asked_on, ground, decision) values"
                        f" ({TOWN}, '{locked.hex()}', '{person('D08').hex()}', '2025-06-09', 'other', 'pending')")
        request = wire.uuid7()
        self.do("clerk1", "AskCorrection", request_id=request, meeting_id=locked, person_id=person("D02"), mark="absent",
                reason="没有来")
        found = self.items()
        self.assertEqual((found["term_leave"], found["term_correction"]), ({"M004 D08"}, {"M004 D02"}))
        error = self.refused("CONFLICT", self.close)
        self.assertEqual((error.rule, error.named["count"]), ("term_blocked", "7"))
        self.assertEqual(self.centre.count("term"), 0)

    def test_refused(self):
        for login in ("office", "clerk1", "auditor", "deputy1"):
            self.no("FORBIDDEN", "role_may_not", login, "CloseTerm", new_term=NEW, starts_on=day())
        for login in ("clerk1", "leader1", "deputy1"):
            self.no("FORBIDDEN", "role_may_not", login, "CheckTerm")
            self.no("FORBIDDEN", "role_may_not", login, "GetHandover")
        for name, rule, fields in (
            ("INVALID", "value_missing", {"new_term": None}), ("INVALID", "value_missing", {"new_term": " "}),
            ("INVALID", "value_missing", {"starts_on": None}), ("INVALID", "term_ahead", {"starts_on": day(1)}),
            ("INVALID", "term_not_after", {"starts_on": "2022-03-01"}), ("CONFLICT", "term_exists", {"new_term": "第十二届"}),
            ("CONFLICT", "term_exists", {"new_term": "届" * 41}),
        ):
            self.no(name, rule, "chair", "CloseTerm", **{"new_term": NEW, "starts_on": day(), **fields})
        self.no("INVALID", "term_ahead", "office", "CheckTerm", starts_on=day(1))
        self.no("NOT_FOUND", "term_unknown", "office", "GetHandover")
        self.no("NOT_FOUND", "term_unknown", "office", "GetHandover", term="第十二届")  # not closed
        self.assertEqual(self.do("deputy1", "ListTerms")["terms"],
                         [{"term": "第十二届", "starts_on": "2022-03-01", "handed_over": 0, "town_name": f"镇{TOWN}"}])


class Close(Terms):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        self = cls()
        self.settle()
        # A feedback under way since forty days, a promise, a county mandate, a mandate that would have ended later.
        cls.given = [harness.imported_id(TOWN, "feedback", "F01"), wire.uuid7()]
        self.do("clerk1", "RegisterFeedback", feedback_id=cls.given[1], deputy_id=person("D01"), topic="桥", text="桥断了",
                received_on=day(-50))
        unit = {"unit_id": harness.imported_id(TOWN, "units", "U01")}
        for id in cls.given:
            self.do("office", "MoveFeedback", feedback_id=id, action="assign", **unit)
        cls.centre.sql(f"update data.feedback set first_assigned_on = '{day(-40)}' where feedback_id = '{cls.given[0].hex()}';"
                       f"update data.feedback set state = 'promised', promised_on = '{day(60)}',"
                       f" first_assigned_on = '{day(-45)}' where feedback_id = '{cls.given[1].hex()}';"
                       f"update data.mandate set level = 'county' where code = 'ZD02' and town_id = {TOWN};"
                       f"update data.mandate set ends_on = '{day(300)}' where code = 'ZD04' and town_id = {TOWN}")
        # A case and a follow-up under way, and a slip that was lost.
        cls.centre.sql(
            "insert into data.three_no_case (town_id, case_id, code, person_id, from_on, to_on, version, track, state,"
            f" state_since) values ({TOWN}, gen_random_uuid(), 'C1', '{person('D05').hex()}', '2025-01-01', '2025-06-30', 1,"
            f" 'talk', 'review', '{day(-30)}');"
            "insert into data.follow_up (town_id, follow_up_id, code, meeting_id, state, report, written_by, forwarded_on,"
            f" state_since) select town_id, gen_random_uuid(), 'W1', meeting_id, 'forwarded', '报告', gen_random_uuid(),"
            f" '{day(-20)}', '{day(-20)}' from data.meeting where code = 'M004' and town_id = {TOWN}")
        last = self.do("office", "ListRoomNumbers", group_code="G01")["numbers"][-1]["room_no"]
        cls.lost = f"{last[:-4]}{int(last[-4:]) + 1:04d}"
        self.do("clerk1", "RegisterFeedback", feedback_id=wire.uuid7(), deputy_id=person("D01"), topic="树", text="树倒",
                room_no=f"{last[:-4]}{int(last[-4:]) + 2:04d}")
        # Today's feedback and today's meeting are of the new term.
        self.do("clerk1", "RegisterFeedback", feedback_id=wire.uuid7(), deputy_id=person("D01"), topic="灯", text="路灯")
        cls.of_today = self.opened()
        self.do("clerk1", "PostRegister", book="roster")
        cls.before = self.figures()
        cls.rolls = [self.roll(harness.imported_id(TOWN, "meetings", m)) for m in ("M004", "M006")]
        cls.summary = self.check()["summary"]
        cls.closed = self.close()
        cls.after = self.figures()
        cls.rolls_after = [self.roll(harness.imported_id(TOWN, "meetings", m)) for m in ("M004", "M006")]

    def mandate(self, code):
        return self.centre.sql(f"select ends_on, end_reason from data.mandate where code = '{code}' and town_id = {TOWN}")[0]

    def test_what_it_says(self):
        self.assertEqual(self.summary, {
            "term": "第十二届", "term_starts_on": "2022-03-01", "starts_on": day(), "blocking": 0, "carried": 5,
            "meetings_to_lock": 1, "mandates_to_end": 39, "posts_to_end": 1})
        self.assertEqual(self.closed, {"closed_term": "第十二届", "locked": 1, "ended": 39, "handed_over": 5})
        terms = self.do("clerk1", "ListTerms")["terms"]
        self.assertEqual([(t["term"], t["starts_on"], t.get("ends_on"), t.get("closed_by")) for t in terms],
                         [("第十二届", "2022-03-01", day(), "chair"), (NEW, day(), None, None)])
        self.assertEqual(self.centre.sql(f"select term, term_starts_on from data.town where town_id = {TOWN}"), [(NEW, day())])

    def test_the_old_terms_figures_stay(self):
        for before, after in zip(self.before, self.after, strict=True):
            self.assertEqual(before, after)
        self.assertEqual(self.rolls, self.rolls_after)

    def test_mandates_end(self):
        self.assertEqual(self.mandate("ZD01"), (day(), "other"))
        self.assertEqual(self.mandate("ZD04"), (day(), "other"))
        self.assertEqual(self.mandate("ZD02"), (None, None))  # the county's congress has terms of its own
        self.assertEqual(self.centre.one(f"select ends_on from data.post where town_id = {TOWN}"), day())
        self.assertEqual(self.centre.sql(
            "select key, before, after from data.correction where file = 'mandates' and before is not null"),
            [("ZD04", day(300), day())])
        people = {p["code"]: p["in_office"] for p in self.do("office", "ListPeople")["people"]}
        self.assertEqual((people["D05"], people["D02"]), (False, True))

    def test_the_roster_says_so(self):
        self.do("clerk1", "PostRegister", book="roster")
        lines = self.do("clerk1", "GetRegister", book="roster", page=2)["lines"]
        ended = [x for x in lines if "corrects_line_no" in x]  # others are new deputies'
        self.assertEqual({x["reason"] for x in ended}, {"换届"})
        self.assertIn(f"离任日：（空） → {day()}", ended[0]["changes"])
        self.assertEqual(self.centre.count("register_line", "reason = '换届'"), 19)  # of twenty one is the county's

    def test_the_handover_list(self):
        lines = self.do("office", "GetHandover")["lines"]
        self.assertEqual([(x["line_no"], x["subject"], x.get("state"), x.get("age_days"), x.get("origin_term"), x["holder"])
                          for x in lines],
                         [(1, "feedback", "promised", 45, "第十二届", "镇中心学校"),
                          (2, "feedback", "assigned", 40, "第十二届", "镇中心学校"),
                          (3, "case", "review", 30, "第十二届", "代表D05"),
                          (4, "follow_up", "forwarded", 20, "第十二届", "主席团办公室"),
                          (5, "room", None, None, None, "组一")])
        self.assertEqual(lines[4]["title"], self.lost)
        page = self.do("auditor", "GetHandover", term="第十二届", limit=1)
        self.assertEqual((page["lines"], page["next"]), (lines[:1], "1"))
        self.assertEqual(self.do("auditor", "GetHandover", limit=4, after="1"), {"lines": lines[1:]})
        # Age goes on; the list stays as it was signed, and says where each stands now.
        with self.centre.connect("unit1") as unit:
            unit.call("MoveFeedback", feedback_id=self.given[0], action="accept")
        again = self.do("office", "GetHandover")["lines"]
        self.assertEqual((again[1]["state"], again[1]["state_now"]), ("assigned", "accepted"))
        item = self.do("office", "GetFeedback", feedback_id=self.given[0])["feedback"]
        self.assertEqual(item["age_days"], 40)
        with self.assertRaisesRegex(RuntimeError, "permission denied"):
            self.centre.sql("update data.handover set title = ''", "lvzhid", {"app.town": TOWN})

    def test_the_old_term_is_closed(self):
        locked = harness.imported_id(TOWN, "meetings", "M006")
        self.assertEqual(self.meeting(locked)["state"], "locked")
        self.assertEqual(self.steps(locked)[-1], "lock")
        mark = {"meeting_id": locked, "marks": [{"person_id": person("D01"), "mark": "absent", "note": "没有来"}]}
        for login in ("clerk1", "leader1", "office"):
            self.no("FORBIDDEN", "locked_chair_only", login, "RecordAttendance", **mark)
        self.no("CONFLICT", "not_in_this_state", "clerk1", "WriteMinutes", meeting_id=locked, text="改")
        self.no("INVALID", "day_past", "office", "PlanMeeting", meeting_id=wire.uuid7(), kind="training", title="补",
                held_on=day(-1), group_id=G01)
        named = self.no("CONFLICT", "term_closed", "clerk1", "RegisterFeedback", feedback_id=wire.uuid7(),
                        deputy_id=person("D01"), topic="路", text="路", received_on=day(-1))
        self.assertEqual(named["open_from"], day())
        for state in ("planned", "notified", "open", "closed", "approved", "postponed"):
            self.assertEqual(self.centre.count("meeting", f"state = '{state}' and town_id = {TOWN} and held_on < '{day()}'"), 0)
        # The chair's correction is what is left, and is the chair's.
        request = wire.uuid7()
        self.do("clerk1", "AskCorrection", request_id=request, meeting_id=locked, person_id=person("D02"), mark="late",
                reason="迟到")
        self.do("chair", "DecideCorrection", request_id=request, accepted=False, note="不属实")

    def test_the_new_term_works(self):
        self.mark(self.of_today, D01="present", D02="present")
        self.move(self.of_today, "close")
        self.no("INVALID", "term_not_after", "office", "CheckTerm")  # the new term has just begun

    def test_imports(self):
        office = self.clients["office"]

        def fault(found, update=True):
            return [(f["file"], f["column"], f["rule"]) for f in harness.import_files(office, found, update)]

        town = (["code", "name", "term", "term_starts_on"], [(str(TOWN), f"镇{TOWN}", "第十二届", "2022-03-01")])
        for update in (False, True):  # the old term does not come back by an import
            self.assertEqual(fault({"town": town}, update),
                             [("town", "term", "term_by_closing"), ("town", "term_starts_on", "term_by_closing")])
        meetings = ["code", "kind", "title", "group", "held_on", "state"]
        for row in (("M900", "training", "补录", "G01", day(-9), "locked"),
                    ("M004", "congress_session", "改名", "", "2025-06-10", "locked"),
                    ("M004", "congress_session", "会议M004", "", day(9), "planned")):
            self.assertEqual(fault({"meetings": (meetings, [row])})[:1], [("meetings", "held_on", "in_closed_term")])
        rolls = ["meeting", "person", "notice", "notified_on", "mark"]
        self.assertEqual(fault({"attendance": (rolls, [("M004", "D01", "signed", "2025-05-01", "absent")])}),
                         [("attendance", "meeting", "in_closed_term")])
        # What is the same is no fault, and the new deputies come by an import.
        same = {"meetings": (meetings, [("M004", "congress_session", "会议M004", "", "2025-06-10", "locked")]),
                "attendance": (rolls, [("M004", "D01", "signed", "2025-05-01", "present")])}
        self.assertEqual(harness.import_files(office, same)["unchanged"], 2)
        new = {"people": (["code", "name"], [("D99", "新代表")]),
               "mandates": (["code", "person", "level", "group", "starts_on"], [
                   ("N1", "D99", "town", "G01", day()), ("N2", "D01", "town", "G01", day())])}
        self.assertEqual(harness.import_files(office, new)["added"], 3)
        people = {p["code"]: p["in_office"] for p in self.do("office", "ListPeople")["people"]}
        self.assertEqual((people["D99"], people["D01"], people["D05"]), (True, True, False))
        # The day after, the meeting of the first session asks only them.
        id = self.plan(held=7, group=None, kind="congress_session")
        self.assertEqual(self.notify(id)["on_roll"], 2)


class Twice(harness.Case):
    """Two terms, one after the other: ages and origins go through both. The days pass by the daemon's clock."""

    settings = {"clock_offset": "0 days"}

    def at(self, days):
        self.centre.stop()
        self.centre.settings["clock_offset"] = f"{days} days"
        self.centre.start()

    def login(self, login):
        client = self.centre.unix()
        client.hello(TOWN)
        client.login(login, harness.PASSWORD)
        return client

    def test_age_never_begins_anew(self):
        id = harness.imported_id(TOWN, "feedback", "F01")
        self.centre.sql("update data.meeting set state = 'cancelled' where state <> 'locked'")
        with self.login("office") as office:
            office.call("MoveFeedback", feedback_id=id, action="assign",
                        unit_id=harness.imported_id(TOWN, "units", "U01"))
        self.at(100)
        done = []

        def close(term):
            with self.login("chair") as chair:
                try:
                    done.append(chair.call("CloseTerm", new_term=term, starts_on=day(100))["closed_term"])
                except wire.Refused as refused:
                    done.append(refused.rule)

        # Twice at the same moment: it is closed once.
        threads = [threading.Thread(target=close, args=[NEW]) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(done), ["term_not_after", "第十二届"])
        self.at(300)
        with self.login("chair") as chair, self.login("office") as office:
            self.assertEqual(self.refused("CONFLICT", chair.call, "CloseTerm", new_term="第十二届", starts_on=day(300)).rule,
                             "term_exists")
            chair.call("CloseTerm", new_term="第十四届", starts_on=day(300))
            lines = [office.call("GetHandover", term=term)["lines"][0] for term in ("第十二届", NEW)]
            self.assertEqual([(x["age_days"], x["origin_term"]) for x in lines], [(100, "第十二届"), (300, "第十二届")])
            self.assertEqual(office.call("GetHandover")["lines"][0]["term"], NEW)
            self.assertEqual([t["term"] for t in office.call("ListTerms")["terms"]], ["第十二届", NEW, "第十四届"])
