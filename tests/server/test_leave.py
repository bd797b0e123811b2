"""Leave: asked, decided, taken back; who may, by when, and what it comes to."""

import harness
import test_meetings
import wire
from test_meetings import G01, G02, TOWN, day, person, told


class Leaves(test_meetings.Life):
    def ask(self, id, code, login, ground="family", **fields):
        return self.do(login, "AskLeave", meeting_id=id, person_id=person(code), ground=ground, **fields)["in_time"]

    def decide(self, id, code, action, login, **fields):
        return self.do(login, "MoveLeave", meeting_id=id, person_id=person(code), action=action, **fields)

    def told_of(self, *people, held=9, **fields):
        id = self.plan(held=held, **fields)
        self.notify(id, *(told(code) for code in people))
        return id

    def listed(self, login="office", **fields):
        return self.do(login, "ListLeaves", **fields).get("leaves", [])

    def of(self, id, login="office"):
        return self.listed(login, meeting_code=self.meeting(id)["code"])


class Ask(Leaves):
    def test_who_asks_for_whom(self):
        id = self.told_of("D01", "D02", "D04", "D21", group=None)
        self.do("deputy1", "AskLeave", meeting_id=id, ground="hospital", note="住院")  # for themselves
        self.ask(id, "D02", "clerk1")
        self.ask(id, "D04", "leader1")
        self.ask(id, "D21", "office")
        leaves = {x["person_code"]: x for x in self.of(id)}
        self.assertEqual({c: x["asked_by"] for c, x in leaves.items()},
                         {"D01": "deputy1", "D02": "clerk1", "D04": "leader1", "D21": "office"})
        m = self.meeting(id)
        self.assertEqual(leaves["D01"], {
            "meeting_id": id, "meeting_code": m["code"], "meeting_title": "学习", "held_on": day(9),
            "person_id": person("D01"), "person_code": "D01", "person_name": "代表D01", "asked_on": day(),
            "ground": "hospital", "note": "住院", "state": "pending", "asked_by": "deputy1", "in_time": True})
        other = self.told_of("D02", "D21", group=None)
        for login, code in (("deputy1", "D02"), ("clerk1", "D21"), ("leader1", "D21")):
            self.no("FORBIDDEN", "not_yours", login, "AskLeave", meeting_id=other, person_id=person(code), ground="family")

    def test_in_time(self):
        for kind, held, in_time in (("congress_session", 5, True), ("congress_session", 4, False), ("training", 3, True),
                                    ("training", 2, False), ("voter_reception", 0, True), ("group_meeting", 0, True)):
            group = None if kind == "congress_session" else G01
            id = self.told_of("D01", held=held, kind=kind, group=group)
            self.assertEqual(self.ask(id, "D01", "deputy1"), in_time, (kind, held))
            self.assertEqual(self.of(id)[0]["in_time"], in_time)

    def test_refused(self):
        id = self.told_of("D01", "D02")
        fields = {"meeting_id": id, "person_id": person("D01"), "ground": "family"}
        for name, rule, login, more in (
            ("NOT_FOUND", "meeting_unknown", "office", {"meeting_id": wire.uuid7()}),
            ("NOT_FOUND", "person_unknown", "office", {"person_id": wire.uuid7()}),
            ("INVALID", "value_missing", "office", {"person_id": None}),
            ("INVALID", "value_missing", "office", {"ground": None}),
            ("INVALID", "day_in_future", "office", {"asked_on": day(1), "note": "x"}),
            ("INVALID", "backdated_needs_note", "office", {"asked_on": day(-1)}),
            ("INVALID", "backdated_needs_note", "clerk1", {"asked_on": day(-1), "note": ""}),
            ("INVALID", "backdated_needs_note", "deputy1", {"asked_on": day(-1), "note": "打过电话"}),
            ("INVALID", "not_on_roll", "office", {"person_id": person("D05")}),
        ):
            self.no(name, rule, login, "AskLeave", **{**fields, **more})
        self.ask(id, "D01", "clerk1", asked_on=day(-1), note="昨天来过电话")
        self.assertEqual(self.of(id)[0]["asked_on"], day(-1))
        self.no("CONFLICT", "not_in_this_state", "deputy1", "AskLeave", **fields)
        planned = self.plan(held=9)
        self.no("CONFLICT", "leave_not_now", "office", "AskLeave", **{**fields, "meeting_id": planned})
        for action in ("postpone", "cancel"):
            gone = self.told_of("D01")
            self.move(gone, action, note="雨")
            self.no("CONFLICT", "leave_not_now", "office", "AskLeave", **{**fields, "meeting_id": gone})
        locked = harness.imported_id(TOWN, "meetings", "M004")
        self.no("CONFLICT", "leave_not_now", "office", "AskLeave", **{**fields, "meeting_id": locked})

    def test_taken_back_and_asked_again(self):
        id = self.told_of("D01", "D02")
        self.ask(id, "D01", "deputy1", note="去医院")
        self.decide(id, "D01", "approve", "leader1")
        self.assertEqual(self.decide(id, "D01", "withdraw", "deputy1", note="能来了"),
                         {"state": "withdrawn", "too_late": False})
        self.assertEqual(self.of(id)[0]["state"], "withdrawn")
        self.assertNotIn("leave_decision", self.roll(id)["D01"])
        self.ask(id, "D01", "clerk1", "other", note="又来不了")
        leave = self.of(id)[0]
        self.assertEqual((leave["state"], leave["ground"], leave["asked_by"], leave.get("decided_by")),
                         ("pending", "other", "clerk1", None))
        history = [(s["action"], s["from_state"], s["to_state"], s.get("note"))
                   for s in self.get(id)["steps"] if s["subject"] == "leave"]
        self.assertEqual(history, [
            ("ask", "new", "pending", "去医院"), ("approve", "pending", "approved", None),
            ("withdraw", "approved", "withdrawn", "能来了"), ("ask", "withdrawn", "pending", "又来不了")])
        self.decide(id, "D01", "withdraw", "clerk1")
        self.no("CONFLICT", "not_in_this_state", "clerk1", "MoveLeave", meeting_id=id, person_id=person("D01"),
                action="withdraw")
        # Once it is closed nothing is taken back.
        held = self.opened(told("D02"))
        self.ask(held, "D02", "clerk1")
        self.move(held, "close")
        self.no("CONFLICT", "leave_not_now", "clerk1", "MoveLeave", meeting_id=held, person_id=person("D02"),
                action="withdraw")


class Decide(Leaves):
    def test_who_decides(self):
        """A group's: its leader; the whole town's: the chair, who may decide on any."""
        own, towns = self.told_of("D01", "D02", "D04"), self.told_of("D01", "D02", group=None)
        for id, code, login in ((own, "D01", "clerk1"), (own, "D02", "clerk1"), (own, "D04", "leader1"),
                                (towns, "D01", "clerk1")):
            self.ask(id, code, login)
        fields = {"meeting_id": towns, "person_id": person("D01"), "action": "approve"}
        for login in ("leader1", "leader2"):
            self.no("FORBIDDEN", "not_yours", login, "MoveLeave", **fields)
        for login in ("clerk1", "deputy1"):
            self.no("FORBIDDEN", "not_your_step", login, "MoveLeave", **fields)
        self.assertEqual(self.decide(towns, "D01", "approve", "chair")["state"], "approved")
        self.no("FORBIDDEN", "not_yours", "leader2", "MoveLeave", meeting_id=own, person_id=person("D01"), action="approve")
        self.decide(own, "D01", "approve", "leader1", note="同意")
        self.decide(own, "D02", "approve", "chair")
        self.no("FORBIDDEN", "decide_own_leave", "leader1", "MoveLeave", meeting_id=own, person_id=person("D04"),
                action="approve")
        leave = self.of(own)[0]
        self.assertEqual((leave["state"], leave["decided_by"], leave["decided_on"], leave["decision_note"]),
                         ("approved", "leader1", day(), "同意"))
        self.assertEqual(self.roll(own)["D01"]["leave_decision"], "approved")

    def test_nobody_decides_on_their_own(self):
        account = harness.base().accounts[TOWN, "chair"].hex()
        self.centre.sql(f"update data.account set person_id = '{person('D05').hex()}' where account_id = '{account}'")
        try:
            with self.centre.connect("chair") as chair:
                id = self.told_of("D05", group=None)
                self.ask(id, "D05", "office")
                error = self.refused("FORBIDDEN", chair.call, "MoveLeave", meeting_id=id, person_id=person("D05"),
                                     action="approve")
                self.assertEqual(error.rule, "decide_own_leave")
        finally:
            self.centre.sql(f"update data.account set person_id = null where account_id = '{account}'")

    def test_refused_and_granted_after_all(self):
        id = self.told_of("D01", "D02")
        self.ask(id, "D01", "deputy1")
        fields = {"meeting_id": id, "person_id": person("D01")}
        self.assertEqual(self.no("INVALID", "value_missing", "leader1", "MoveLeave", action="refuse", **fields),
                         {"column": "note"})
        self.assertEqual(self.decide(id, "D01", "refuse", "leader1", note="这次很重要"),
                         {"state": "refused", "too_late": False})
        self.no("INVALID", "value_missing", "chair", "MoveLeave", action="grant_after_all", **fields)
        self.assertEqual(self.decide(id, "D01", "grant_after_all", "chair", note="查实住院")["state"], "approved")
        for name, rule, more in (
            ("NOT_FOUND", "leave_unknown", {"person_id": person("D02"), "action": "approve"}),
            ("NOT_FOUND", "meeting_unknown", {"meeting_id": wire.uuid7(), "action": "approve"}),
            ("INVALID", "value_missing", {"person_id": None, "action": "approve"}),
            ("INVALID", "value_missing", {}),
        ):
            self.no(name, rule, "chair", "MoveLeave", **{**fields, **more})

    def test_silence_loses_no_leave(self):
        """Asked in time and refused on the day: it stays excused, and the program says so."""
        id = self.plan(held=0, kind="group_meeting")
        self.notify(id, told("D06"), told("D07"))
        for code in ("D06", "D07"):
            self.ask(id, code, "clerk1")
        self.assertEqual(self.decide(id, "D06", "refuse", "leader1", note="不批"), {"state": "refused", "too_late": True})
        self.move(id, "open")
        self.mark(id, D06="absent", D07="absent")
        self.move(id, "close")
        self.assertEqual({c: (x["status"], x["rule"]) for c, x in self.roll(id).items()},
                         {c: ("excused", "leave_in_time") for c in ("D06", "D07")})

    def test_locked_the_chair_still_decides(self):
        id = harness.imported_id(TOWN, "meetings", "M004")
        for code in ("D08", "D09"):
            self.centre.sql("insert into data.leave (town_id, meeting_id, person_id, asked_on, ground, decision) values"
                            f" ({TOWN}, '{id.hex()}', '{person(code).hex()}', '2025-06-09', 'other', 'pending')")
        leave = self.of(id)[0]
        self.assertNotIn("asked_by", leave)  # imported
        self.assertEqual(self.decide(id, "D08", "approve", "chair")["state"], "approved")
        self.centre.sql(f"update data.meeting set group_id = '{G01.hex()}' where meeting_id = '{id.hex()}'")
        self.no("CONFLICT", "leave_not_now", "leader1", "MoveLeave", meeting_id=id, person_id=person("D09"),
                action="approve")
        self.centre.sql(f"update data.meeting set group_id = null where meeting_id = '{id.hex()}'")


class List(Leaves):
    def test_lists(self):
        own, theirs = self.told_of("D01", "D02", held=20), self.told_of("D21", held=21, group=G02)
        towns = self.told_of("D01", "D21", held=22, group=None)
        for id, code in ((own, "D01"), (own, "D02"), (theirs, "D21"), (towns, "D01"), (towns, "D21")):
            self.ask(id, code, "office")
        self.decide(own, "D02", "approve", "leader1")
        self.decide(towns, "D21", "withdraw", "clerk2")
        codes = {id: self.meeting(id)["code"] for id in (own, theirs, towns)}
        rows = [(codes[own], "D01"), (codes[own], "D02"), (codes[theirs], "D21"), (codes[towns], "D01"),
                (codes[towns], "D21")]
        key = lambda leaves: [(x["meeting_code"], x["person_code"]) for x in leaves]
        self.assertEqual(key(self.listed()), rows)
        self.assertEqual(key(self.listed("auditor")), rows)
        self.assertEqual(key(self.listed("clerk1")), [rows[0], rows[1], rows[3]])
        self.assertEqual(key(self.listed("leader2")), [rows[2], rows[4]])
        self.assertEqual(key(self.listed("deputy1")), [rows[0], rows[3]])
        self.assertEqual(key(self.listed(state="withdrawn")), [rows[4]])
        self.assertEqual(key(self.listed(state="approved")), [rows[1]])
        self.assertEqual(key(self.listed(state="pending", person_code="D01")), [rows[0], rows[3]])
        self.no("INVALID", "bad_value", "office", "ListLeaves", state="lost")
        for limit in (1, 2, 3):
            found, after = [], None
            while True:
                page = self.do("office", "ListLeaves", limit=limit, after=after)
                found += key(page["leaves"])
                after = page.get("next")
                if after is None:
                    break
            self.assertEqual(found, rows)


class Days(harness.Case):
    """Example 2 of domain.md E1.8, with the days going by."""

    settings = {"clock_offset": "0 days"}

    def login(self, login):
        client = self.centre.unix()
        client.hello(TOWN)
        client.login(login, harness.PASSWORD)
        return client

    def test_leave_four_days_before_a_congress(self):
        id, absent = wire.uuid7(), ("D01", "D02", "D04")
        ask = {"meeting_id": id, "ground": "hospital"}
        with self.login("office") as office, self.login("chair") as chair:
            office.call("PlanMeeting", meeting_id=id, kind="congress_session", title="人代会", held_on=day(4))
            office.call("NotifyMeeting", meeting_id=id, people=[told(c, on=-4) for c in absent])
            # Four days before, where five are asked for: late; approved, it counts afterwards.
            for code in absent[:2]:
                self.assertFalse(office.call("AskLeave", person_id=person(code), **ask)["in_time"])
            chair.call("MoveLeave", meeting_id=id, person_id=person("D01"), action="approve")
        self.centre.stop()
        self.centre.settings["clock_offset"] = "4 days"
        self.centre.start()
        with self.login("office") as office:
            office.call("MoveMeeting", meeting_id=id, action="open")
            office.call("RecordAttendance", meeting_id=id,
                        marks=[{"person_id": person(code), "mark": "absent"} for code in absent])
            office.call("MoveMeeting", meeting_id=id, action="close")
        self.centre.stop()
        self.centre.settings["clock_offset"] = "9 days"
        self.centre.start()
        with self.login("office") as office:
            # From the paper, five days afterwards; a day more would be too late.
            office.call("AskLeave", person_id=person("D04"), note="补假条", **ask)
            lines = {r["code"]: (r["status"], r["rule"]) for r in office.call("GetMeeting", meeting_id=id)["roll"]}
            self.assertEqual(lines, {
                "D01": ("excused", "leave_retroactive"), "D02": ("unexcused", "leave_not_granted"),
                "D04": ("unexcused", "leave_not_granted")})
            with self.login("chair") as chair:
                chair.call("MoveLeave", meeting_id=id, person_id=person("D04"), action="approve")
            period = {"from_on": day(-100), "to_on": day(9)}
            people = {p["code"]: p for p in office.call("ThreeNo", **period)["people"]}
            self.assertEqual([people[c]["congress_sessions_unexcused"] for c in absent], [0, 1, 0])
