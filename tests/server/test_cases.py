"""Cases of the three nots: frozen evidence, who does what, who sees what, and what is counted. domain.md E1.5-E1.8."""

import hashlib
import json
import signal
import subprocess
import threading

import harness
import wire
from test_case_transitions import trainings
from test_transitions import day, imported

TOWN = harness.TOWN
SPRING = ("2025-03-10", "2025-06-30")  # 113 days: any level of activities, none of voices
YEAR = ("2025-01-01", "2025-12-31")


def person(code):
    return imported("people", code)


def records():
    """Of 2025: three trainings that D01 and D21 missed, D02 two of them, D04 one; what the examples need besides."""
    marks = {"D01": "aaa", "D21": "aaa", "D02": "aap", "D04": "app", "D22": "ppp", "D24": "aaa", "D41": "aaa"}
    found = trainings((), ())
    found["attendance"][1].extend(
        (f"A{n + 1}", p, "none" if (p, n) == ("D24", 1) else "signed", "" if (p, n) == ("D24", 1) else "2025-05-01",
         {"a": "absent", "p": "present"}[mark]) for p, all_three in marks.items() for n, mark in enumerate(all_three))
    found["meetings"][0].append("group")
    found["meetings"] = (found["meetings"][0], [m + ("",) for m in found["meetings"][1]] + [
        ("A0", "training", "培训A0", "2025-04-20", "locked", ""),
        *((f"R{n}", "voter_reception", f"接待{n}", f"2025-0{n}-15", "locked", "G02") for n in (2, 3, 4, 5)),
        ("C1", "congress_session", "四次会议", "2025-02-18", "locked", ""),
        ("C2", "congress_session", "五次会议", "2025-09-10", "locked", ""),
    ])
    found["attendance"][1].extend([
        ("A0", "D24", "signed", "2025-04-10", "present"),
        *((f"R{n}", "D27", "signed", "2025-02-01", "present") for n in (2, 3, 4, 5)),
        *((c, p, "signed", "2025-02-01", "absent") for c in ("C1", "C2") for p in ("D30", "D31", "D43")),
        ("C1", "D33", "none", "", "absent"), ("C2", "D34", "signed", "2025-02-01", "absent"),
    ])
    found.update({
        "people": (["code", "name"], [("D41", "代表D41"), ("D43", "代表D43")]),
        "mandates": (["code", "person", "level", "group", "starts_on"], [
            ("Z41", "D41", "town", "G01", "2025-07-01"), ("ZC22", "D22", "county", "G02", "2022-03-01"),
            ("ZC43", "D43", "county", "G02", "2022-03-01")]),
        "roles": (["person", "role", "starts_on"],
                  [(p, "presidium_member", "2022-03-01") for p in ("D05", "D06", "D07")]),
        "leaves": (["meeting", "person", "asked_on", "ground", "decision", "decided_on"],
                   [("C2", "D30", "2025-09-01", "hospital", "approved", "2025-09-02")]),
    })
    return found


class Cases(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clients = {}
        cls.addClassCleanup(lambda: [client.close() for client in cls.clients.values()])
        faults = harness.import_files(cls.of("office"), records())
        assert isinstance(faults, dict), faults

    @classmethod
    def of(cls, login):
        if login not in cls.clients:
            cls.clients[login] = cls.centre.connect(login)
        return cls.clients[login]

    def do(self, login, method, /, **fields):
        return self.of(login).call(method, **fields)

    def no(self, name, rule, login, method, /, **fields):
        error = self.refused(name, self.do, login, method, **fields)
        self.assertEqual(error.rule, rule, error)
        return error.named

    @classmethod
    def setting(cls, key, value, holds_from="2025-06-01"):
        cls.centre.sql(f"insert into data.setting (town_id, key, holds_from, value) values ({TOWN}, '{key}', '{holds_from}',"
                       f" {value}) on conflict (town_id, key, holds_from) do update set value = excluded.value")

    def compute(self, period=SPRING, login="office"):
        return self.do(login, "ComputeCases", from_on=period[0], to_on=period[1])

    def cases(self, login="office", period=SPRING, **fields):
        found = self.do(login, "ListCases", from_on=period[0], to_on=period[1], **fields).get("cases", [])
        return {c["person_code"]: c for c in found if (c["from_on"], c["to_on"]) == period}

    def case(self, code, period=SPRING, login="office"):
        return self.cases(login, period, person_code=code)[code]

    def fresh(self, code, period):
        """The case of a period that was not computed before."""
        self.compute(period)
        return self.case(code, period)["case_id"]

    def get(self, id, login="office", **fields):
        return self.do(login, "GetCase", case_id=id, **fields)

    def move(self, id, action, login, **fields):
        return self.do(login, "MoveCase", case_id=id, action=action, **fields)

    def not_moved(self, name, rule, id, action, login, **fields):
        return self.no(name, rule, login, "MoveCase", case_id=id, action=action, **fields)

    def pack(self, id, login="office", **fields):
        text, after = "", None
        while True:
            page = self.do(login, "GetCasePack", case_id=id, after=after, **fields)
            text += "".join(piece["text"] for piece in page["pieces"])
            after = page.get("next")
            if after is None:
                return text

    def verify(self, id, login="office", **fields):
        return self.do(login, "VerifyCase", case_id=id, **fields)

    def mark(self, meeting, code, mark, login="chair", note="更正"):
        self.do(login, "RecordAttendance", meeting_id=imported("meetings", meeting),
                marks=[{"person_id": person(code), "mark": mark, "note": note}])

    def to_review(self, id, leader="leader1"):
        self.move(id, "check", leader)
        self.move(id, "notify", "office", notice="signed")
        self.move(id, "state", "office", answer="explain", note="书面说明：在外务工")

    def to_decision(self, id, leader="leader1"):
        self.to_review(id, leader)
        self.move(id, "uphold", "office2")

    def presidium(self, present=("D03", "D05", "D06"), held=0, close=True, kind="presidium_meeting"):
        id = wire.uuid7()
        self.do("office", "PlanMeeting", meeting_id=id, kind=kind, title="主席团会议", held_on=day(held))
        self.do("office", "NotifyMeeting", meeting_id=id, notice="call", notified_on=day())
        if held <= 0:
            self.do("office", "MoveMeeting", meeting_id=id, action="open")
            self.do("office", "RecordAttendance", meeting_id=id, marks=[
                {"person_id": person(p), "mark": "present"} for p in present])
        if close:
            self.do("office", "MoveMeeting", meeting_id=id, action="close")
        return id


class Evidence(Cases):
    def test_computed_once(self):
        self.assertEqual(self.compute(), {"added": 5, "renewed": 0, "unchanged": 0})
        first = self.cases()
        self.assertEqual({p: (c["track"], c["no_meetings"], c["no_activities"], c["no_voices"]) for p, c in first.items()},
                         {"D01": ("talk", 0, 3, 0), "D02": ("talk", 0, 2, 0), "D04": ("remind", 0, 1, 0),
                          "D21": ("talk", 0, 3, 0), "D24": ("talk", 0, 2, 0)})
        for code, case in first.items():
            self.assertRegex(case["code"], "^K[0-9]{4}$")
            self.assertEqual((case["state"], case["version"], case["stale"]), ("data_check", 1, False))
            self.assertEqual(case["group_code"], "G01" if code < "D21" else "G02")
        self.assertEqual(self.compute(login="chair"), {"added": 0, "renewed": 0, "unchanged": 5})
        self.assertEqual(self.cases(), first)
        self.assertEqual(self.centre.count("case_version v join data.three_no_case c using (town_id, case_id)",
                                           f"c.from_on = '{SPRING[0]}'"), 5)

    def test_periods(self):
        self.no("INVALID", "value_missing", "office", "ComputeCases", to_on="2025-06-30")
        self.no("INVALID", "value_missing", "office", "ComputeCases", from_on="2025-06-30")
        self.no("INVALID", "period_invalid", "office", "ComputeCases", from_on="2025-06-30", to_on="2025-06-29")
        self.no("INVALID", "period_too_long", "office", "ComputeCases", from_on="2020-01-01", to_on="2025-01-01")
        self.no("CONFLICT", "period_not_over", "office", "ComputeCases", from_on="2025-01-01", to_on=day())
        for login in ("leader1", "deputy1", "auditor", "clerk1"):
            self.no("FORBIDDEN", "role_may_not", login, "ComputeCases", from_on="2025-01-01", to_on="2025-12-31")

    def test_two_at_once_make_one_case(self):
        period, replies = ("2025-03-01", "2025-06-30"), []
        clients = [self.centre.connect(login) for login in ("office", "office2", "chair")]
        def work(client):
            replies.append(client.call("ComputeCases", from_on=period[0], to_on=period[1]))
        threads = [threading.Thread(target=work, args=[client]) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        for client in clients:
            client.close()
        self.assertEqual(sorted((r["added"], r["unchanged"]) for r in replies), [(0, 5), (0, 5), (5, 0)])
        self.assertEqual(len(self.cases(period=period)), 5)

    def test_another_daemons_computation_under_way_is_waited_for(self):
        period = ("2025-03-01", "2025-06-29")
        caller = f"row({TOWN}, '{harness.base().accounts[TOWN, 'office'].hex()}', 'office', 'office', null, null, null, null)"
        other = harness.start(
            ["psql", "-XAtq", "-h", self.centre.postgres.directory, "-U", "lvzhid", "-d", self.centre.database, "-c",
             f"select set_config('app.town', '{TOWN}', true); select lv.compute_cases({caller}::data.caller,"
             f" row('{wire.uuid7().hex()}', null, null, null, null, null, null)::data.op, '{period[0]}', '{period[1]}');"
             " select pg_sleep(0.8)"], signal.SIGKILL, stdout=subprocess.DEVNULL)
        harness.wait_until(lambda: self.centre.backends("wait_event = 'PgSleep'"), what="its computation")
        self.assertEqual(self.compute(period), {"added": 0, "renewed": 0, "unchanged": 5})
        self.assertEqual(other.wait(10), 0)
        self.assertEqual(len(self.cases(period=period)), 5)

    def test_the_track_follows_the_setting_of_the_last_day(self):
        self.setting("nots_for_case", 2, "2025-06-20")
        self.setting("nots_for_case", 1, "2025-06-25")
        try:
            for last, track in (("2025-06-19", "talk"), ("2025-06-24", "talk"), ("2025-06-25", "decide")):
                period = ("2025-03-02", last)
                self.compute(period)
                self.assertEqual({p: c["track"] for p, c in self.cases(period=period).items()},
                                 {"D01": track, "D21": track, "D02": "talk", "D24": "talk", "D04": "remind"})
        finally:
            self.centre.sql("delete from data.setting")

    def test_the_pack_says_all_and_is_its_digest(self):
        self.mark("A2", "D01", "absent", note="签到簿上没有签名")
        id = self.fresh("D01", ("2025-02-25", "2025-06-30"))
        text, shown = self.pack(id), self.get(id)
        self.assertEqual(hashlib.sha256(text.encode()).hexdigest(), shown["version"]["digest"])
        pack = json.loads(text)
        self.assertEqual(pack["person"], {"code": "D01", "name": "代表D01"})
        self.assertEqual(pack["period"], {"from_on": "2025-02-25", "to_on": "2025-06-30"})
        self.assertEqual(pack["mandates"], [{"code": "ZD01", "level": "town", "group": "G01", "starts_on": "2022-03-01"}])
        self.assertEqual([(l["meeting"], l["status"], l["rule"], l["held_on"]) for l in pack["lines"]], [
            ("A1", "unexcused", "no_leave", "2025-05-05"), ("A2", "unexcused", "no_leave", "2025-05-12"),
            ("A3", "unexcused", "no_leave", "2025-05-19"), ("M004", "present", "attended", "2025-06-10"),
            ("M006", "present", "attended", "2025-06-10")])
        second = pack["lines"][1]
        self.assertEqual((second["kind"], second["title"], second["notice"], second["notified_on"], second["mark"]),
                         ("training", "培训A2", "signed", "2025-05-01", "absent"))
        made, changed = second["marks"]
        self.assertEqual((made["by"], made["role"], made["imported"], made["revision"]), ("office", "office", True, 1))
        self.assertEqual({k: changed[k] for k in ("by", "role", "mark", "note", "revision")},
                         {"by": "chair", "role": "chair", "mark": "absent", "note": "签到簿上没有签名", "revision": 2})
        self.assertNotIn("imported", changed)
        self.assertRegex(changed["recorded"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        # A villager's voice by its code, and nothing of the villager or of what they said.
        self.assertEqual(pack["voices"], [{"code": "F01", "what": "feedback", "day_on": "2025-03-01"}])
        for secret in (f"赵{TOWN}", "路不平", "道路"):
            self.assertNotIn(secret, text)
        self.assertEqual(pack["figures"]["activities_unexcused"], 3)
        self.assertIn({"dimension": "no_activities", "level": 3, "rule": "activities_unexcused_3"}, pack["findings"])
        self.assertEqual({s["key"]: s["value"] for s in pack["settings"]}["activities_unexcused_3"], "3")
        self.assertFalse([s for s in pack["settings"] if s["key"].startswith(("case_", "meeting_", "feedback_"))])
        # What GetCase shows is what the pack holds, and what ThreeNoEvidence says of the same days.
        alive = self.do("office", "ThreeNoEvidence", person_code="D01", from_on="2025-02-25", to_on="2025-06-30")
        for part in ("findings", "voices", "settings"):
            self.assertEqual(shown[part], alive[part], part)
        self.assertEqual(shown["lines"], [line for line in alive["lines"] if line["counted"]])

    def test_a_setting_holds_from_its_day_in_the_pack(self):
        self.setting("activities_unexcused_3", 4, "2025-01-01")
        try:
            id = self.fresh("D01", ("2025-02-26", "2025-06-30"))
            self.assertIn({"key": "activities_unexcused_3", "value": "4", "holds_from": "2025-01-01"},
                          json.loads(self.pack(id))["settings"])
            # None attended and two missed is level 3 too.
            self.assertIn({"dimension": "no_activities", "level": 3, "rule": "activities_none_attended_3"},
                          self.get(id)["findings"])
            self.assertTrue(self.verify(id)["same"])
        finally:
            self.centre.sql("delete from data.setting")
        answer = self.verify(id)
        self.assertEqual((answer["same"], answer["intact"]), (False, True))
        self.assertEqual(answer["parts"], ["findings", "settings", "settings_digest"])

    def test_verified_byte_for_byte(self):
        period = ("2025-02-27", "2025-06-30")
        id = self.fresh("D02", period)
        before = self.pack(id)
        # Unrelated writes: another's mark, another year's meeting, a notice, the same mark's meeting seen by others.
        self.mark("A1", "D04", "absent", note="核对过")
        self.do("office", "PlanMeeting", meeting_id=wire.uuid7(), kind="training", title="新学习", held_on=day(3))
        self.do("office", "SendNotice", notice_id=wire.uuid7(), title="通知", text="", role="deputy")
        self.do("clerk1", "RegisterFeedback", feedback_id=wire.uuid7(), deputy_id=person("D02"), topic="水", text="停水")
        # The mandate ends after the period, and is suspended then.
        self.centre.sql("update data.mandate set ends_on = '2026-01-01', end_reason = 'resigned' where code = 'ZD02';"
                        "insert into data.suspension (town_id, mandate_id, starts_on) select town_id, mandate_id,"
                        f" '2025-12-01' from data.mandate where code = 'ZD02' and town_id = {TOWN}")
        answer = self.verify(id)
        self.assertEqual((answer["same"], answer["intact"], answer["digest"]),
                         (True, True, hashlib.sha256(before.encode()).hexdigest()))
        self.assertEqual((answer["digest"], answer.get("parts", []), answer.get("meeting_codes", [])),
                         (answer["present_digest"], [], []))
        self.assertEqual(self.compute(period)["renewed"], 1)  # D04's, who was marked again
        # After a correction it differs, and says where.
        request = wire.uuid7()
        self.do("office", "AskCorrection", request_id=request, meeting_id=imported("meetings", "A2"),
                person_id=person("D02"), mark="present", reason="签到簿有签名")
        self.do("chair", "DecideCorrection", request_id=request, accepted=True)
        answer = self.verify(id)
        self.assertEqual((answer["same"], answer["intact"], answer["parts"], answer["meeting_codes"]),
                         (False, True, ["figures", "findings", "lines"], ["A2"]))
        self.assertNotEqual(answer["digest"], answer["present_digest"])
        # Example 8 of E1.8: a new version, and the old pack as it was.
        stale = self.do("office", "ListCases", stale_only=True, person_code="D02")["cases"]
        self.assertIn(self.case("D02", period)["code"], [c["code"] for c in stale])
        self.assertEqual(self.compute(period), {"added": 0, "renewed": 1, "unchanged": 4})
        case = self.case("D02", period)
        self.assertEqual((case["version"], case["track"], case["no_activities"], case["stale"]), (2, "remind", 1, False))
        self.assertEqual(self.pack(id, version=1), before)
        old, new = self.get(id, version=1), self.get(id)
        self.assertEqual([l["status"] for l in old["lines"] if l["meeting_code"] == "A2"], ["unexcused"])
        self.assertEqual([l["status"] for l in new["lines"] if l["meeting_code"] == "A2"], ["present"])
        self.assertEqual([v["version"] for v in new["versions"]], [1, 2])
        self.assertEqual((old["version"]["version"], new["version"]["version"]), (1, 2))
        self.assertTrue(self.verify(id)["same"])
        self.assertFalse(self.verify(id, version=1)["same"])
        self.no("NOT_FOUND", "case_version_unknown", "office", "GetCase", case_id=id, version=3)
        self.mark("A2", "D02", "absent")
        # A suspension in the period does change it.
        self.centre.sql("update data.suspension set starts_on = '2025-05-01'")
        self.assertEqual(self.verify(id)["parts"], ["figures", "findings", "lines", "mandates"])
        self.centre.sql("delete from data.suspension; update data.mandate set ends_on = null, end_reason = null")

    def test_changed_by_hand_it_is_not_intact(self):
        id = self.fresh("D21", ("2025-02-28", "2025-06-30"))
        where = f"where case_id = '{id.hex()}'"
        self.centre.sql(f"update data.case_version set pack = replace(pack, 'unexcused', 'excused') {where}")
        answer = self.verify(id)
        self.assertEqual((answer["same"], answer["intact"]), (False, False))

    def test_what_is_frozen_cannot_be_changed(self):
        self.fresh("D21", ("2025-03-03", "2025-06-30"))
        for text in ("update data.case_version set pack = ''", "update data.case_decision set note = ''",
                     "delete from data.case_version", "delete from data.case_decision", "delete from data.three_no_case"):
            with self.assertRaises(RuntimeError, msg=text) as caught:
                self.centre.sql(text, "lvzhid", {"app.town": TOWN})
            self.assertIn("permission denied", str(caught.exception))

    def test_examples(self):
        """domain.md E1.8, by their numbers."""
        self.compute(YEAR)
        year = self.cases(period=YEAR)
        lines = lambda code: {l["meeting_code"]: l for l in self.get(year[code]["case_id"])["lines"]}
        # 1: sworn in on 1 July, marked absent in May: not liable.
        self.assertEqual({(l["status"], l["rule"]) for l in lines("D41").values()}, {("not_liable", "not_in_office")})
        self.assertEqual((year["D41"]["track"], year["D41"]["no_activities"]), ("remind", 0))
        # 3: three missed, the proof missing for one: two unexcused, level 2.
        self.assertEqual({m: l["rule"] for m, l in lines("D24").items() if m in ("A1", "A2", "A3")},
                         {"A1": "no_leave", "A2": "no_notice", "A3": "no_leave"})
        self.assertEqual(year["D24"]["no_activities"], 2)
        # 4: the group that held fewer than two activities has the finding; its members' levels stay.
        self.assertEqual(self.get(year["D01"]["case_id"])["groups"], [
            {"group_code": "G01", "from_on": YEAR[0], "to_on": YEAR[1], "activities": 0, "finding": "too_few_activities"}])
        self.assertEqual(self.get(year["D21"]["case_id"])["groups"], [
            {"group_code": "G02", "from_on": YEAR[0], "to_on": YEAR[1], "activities": 4}])
        self.assertEqual(year["D01"]["no_activities"], 3)
        # Part of a year is no year: no finding.
        part = self.fresh("D01", ("2025-01-02", YEAR[1]))
        self.assertNotIn("finding", self.get(part)["groups"][0])
        # 5: no voice all year and four voter contacts: level 1 only. Without contacts: level 3.
        self.assertEqual((year["D27"]["no_voices"], year["D27"]["track"]), (1, "remind"))
        self.assertEqual(year["D28"]["no_voices"], 3)
        # 7: of county and town: one mark, one line, two mandates.
        pack = json.loads(self.pack(year["D22"]["case_id"]))
        self.assertEqual([m["level"] for m in pack["mandates"]], ["county", "town"])
        self.assertEqual([l["meeting"] for l in pack["lines"]].count("A1"), 1)

    def test_statutory(self):
        """Example 6, and what no setting of levels changes."""
        listed = lambda login="office": {r["person_code"]: r for r in self.do(login, "ListStatutory").get("counts", [])}
        found = listed()
        self.assertEqual({p: (r["missed"], r["meeting_codes"], r["rule"]) for p, r in found.items()},
                         {"D30": (1, ["C1"], "statutory_1"), "D31": (2, ["C1", "C2"], "statutory_2"),
                          "D34": (1, ["C2"], "statutory_1")})  # D33: no proof of notice; D43: not of this congress
        self.assertEqual((found["D31"]["mandate_code"], found["D31"]["group_code"]), ("ZD31", "G02"))
        for text in (harness.sentences()[rule]["zh"] for rule in ("statutory_1", "statutory_2")):
            self.assertIn("第六十二条", text)
            self.assertNotIn("终止", text)
        self.setting("congress_unexcused_2", 9, "2022-03-01")
        self.setting("congress_unexcused_3", 9, "2022-03-01")
        try:
            self.assertEqual(listed("chair"), found)
        finally:
            self.centre.sql("delete from data.setting")
        # Another term counts anew.
        self.centre.sql(f"update data.town set term_starts_on = '2025-03-01' where town_id = {TOWN}")
        self.assertEqual({p: r["missed"] for p, r in listed("auditor").items()}, {"D31": 1, "D34": 1})
        self.centre.sql(f"update data.town set term_starts_on = '2022-03-01' where town_id = {TOWN}")
        page = self.do("office", "ListStatutory", limit=2)
        rest = self.do("office", "ListStatutory", limit=2, after=page["next"])
        self.assertEqual([r["person_code"] for r in page["counts"] + rest["counts"]], ["D30", "D31", "D34"])
        self.assertNotIn("next", rest)
        self.no("FORBIDDEN", "role_may_not", "leader1", "ListStatutory")


class Life(Cases):
    """The steps, where one person's guards another's. Periods that end in June go to the presidium."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setting("nots_for_case", 1)
        cls.periods = (("2025-03-01", f"2025-06-{n:02d}") for n in range(30, 10, -1))

    def next_case(self, code="D01"):
        return self.fresh(code, next(self.periods))

    def test_from_the_figures_to_the_help(self):
        id = self.next_case()
        self.move(id, "object", "leader1", note="A1那天他在，已申请更正")
        self.assertEqual(self.move(id, "check", "leader1")["state"], "checked")
        self.assertEqual(self.move(id, "notify", "office")["state"], "notified")
        self.assertEqual(self.move(id, "deliver", "office", notice="call")["state"], "wait_statement")
        due = self.get(id)["case"]["step_due_on"]
        self.assertEqual(due, self.centre.one(f"select lv.add_working_days('{day()}', 10)"))
        self.assertEqual(self.move(id, "state", "deputy1", answer="appeal", note="在县里开会")["state"], "review")
        self.assertEqual(self.move(id, "uphold", "office2", note="签到簿属实")["state"], "decision")
        reply = self.move(id, "decide", "chair", outcome="confirmed", meeting_id=self.presidium(), in_favour=3, note="认定")
        self.assertEqual(reply, {"state": "help_plan", "result": "one_no"})
        self.not_moved("CONFLICT", "case_no_plan", id, "clear", "chair", note="好")
        self.move(id, "plan", "office", mentor_id=person("D02"), note="每次到会")
        case = self.get(id)["case"]
        self.assertEqual((case["mentor_code"], case["targets"], case["plan_ends_on"]),
                         ("D02", "每次到会", self.centre.one(f"select ('{day()}'::date + interval '6 months')::date")))
        self.assertEqual(self.move(id, "carry", "chair", note="还差一次")["state"], "carried")
        self.assertEqual(self.move(id, "clear", "chair", note="已做到")["state"], "cleared")
        shown = self.get(id)
        self.assertEqual([(s["action"], s["author"]) for s in shown["steps"]], [
            ("compute", "office"), ("object", "leader1"), ("check", "leader1"), ("notify", "office"),
            ("deliver", "office"), ("state", "deputy1"), ("uphold", "office2"), ("decide", "chair"), ("plan", "office"),
            ("carry", "chair"), ("clear", "chair")])
        self.assertEqual([(d["version"], d["outcome"], d["confirmed"], d["in_favour"], d["against"], d["abstained"])
                          for d in shown["decisions"]], [(1, "confirmed", ["no_activities"], 3, 0, 0)])
        # Everything that was decided was told to the person.
        told = [n["text"] for n in self.do("deputy1", "ListNotices")["notices"]
                if n.get("record_code") == shown["case"]["code"]]
        self.assertEqual(len(told), 5)
        self.assertIn("认定候选", told[-1])
        self.assertIn("这是线索，不是结论", told[-1])

    def test_a_reminder_ends_when_it_is_received(self):
        period = next(self.periods)
        self.compute(period)
        id = self.case("D04", period)["case_id"]
        self.move(id, "check", "leader1")
        self.move(id, "notify", "office")
        self.not_moved("CONFLICT", "case_reminder_only", id, "state", "d04", answer="appeal", note="不对")
        self.assertEqual(self.move(id, "deliver", "d04")["state"], "closed")
        case = self.get(id)["case"]
        self.assertEqual((case["notice"], case["notified_on"]), ("sync", day()))
        self.assertNotIn("result", case)
        self.assertEqual(self.move(id, "reopen", "d04", note="有请假条")["state"], "reopened")
        self.assertEqual(self.move(id, "dismiss", "chair", note="日期不符")["state"], "closed")

    def test_reading_the_notice_is_a_proof(self):
        id = self.next_case()
        self.move(id, "check", "leader1")
        self.move(id, "notify", "office")
        notice = next(n["notice_id"] for n in self.do("deputy1", "ListNotices", unread_only=True)["notices"]
                      if n["title"].startswith("履职线索告知"))
        self.no("FORBIDDEN", "not_yours", "d02", "ReceiveNotice", notice_id=notice)
        self.assertEqual(self.do("deputy1", "ReceiveNotice", notice_id=notice), {"proved": True})
        case = self.get(id)["case"]
        self.assertEqual((case["state"], case["notice"], case["notified_on"]), ("wait_statement", "sync", day()))
        # Proved otherwise before, reading it proves nothing more.
        id = self.next_case()
        self.move(id, "check", "leader1")
        self.move(id, "notify", "office", notice="call")
        notice = next(n["notice_id"] for n in self.do("deputy1", "ListNotices", unread_only=True)["notices"]
                      if n["record_code"] == self.get(id)["case"]["code"])
        self.assertEqual(self.do("deputy1", "ReceiveNotice", notice_id=notice), {"proved": False})
        self.assertEqual(self.get(id)["case"]["notice"], "call")

    def test_how_they_were_told(self):
        id = self.next_case()
        self.move(id, "check", "leader1")
        for rule, fields in (("day_in_future", {"notice": "call", "day_on": day(1)}),
                             ("case_told_before", {"notice": "call", "day_on": day(-1)}),
                             ("case_notice_form", {"notice": "sync"}), ("case_notice_form", {"notice": "none"})):
            self.not_moved("INVALID", rule, id, "notify", "office", **fields)
        self.move(id, "notify", "office")
        self.not_moved("INVALID", "value_missing", id, "deliver", "office")
        self.move(id, "deliver", "office", notice="signed")
        self.not_moved("INVALID", "value_missing", id, "state", "deputy1", note="没有回答")
        self.not_moved("INVALID", "value_missing", id, "state", "deputy1", answer="explain")
        self.not_moved("INVALID", "value_missing", id, "state", "office", answer="accept")  # from the paper: its words
        self.move(id, "state", "deputy1", answer="accept")

    def test_silence_goes_on_to_the_review(self):
        id = self.next_case()
        self.move(id, "check", "leader1")
        self.move(id, "notify", "office", notice="signed")
        named = self.not_moved("CONFLICT", "case_statement_awaited", id, "go_on", "office")
        self.assertEqual(named["day"], self.get(id)["case"]["step_due_on"])
        self.centre.sql(f"update data.three_no_case set step_due_on = '{day(-1)}' where case_id = '{id.hex()}'")
        self.assertEqual(self.move(id, "go_on", "office")["state"], "review")
        self.assertNotIn("answer", self.get(id)["case"])

    def test_who_checks(self):
        id = self.next_case()
        self.not_moved("FORBIDDEN", "not_yours", id, "check", "leader2")
        self.not_moved("FORBIDDEN", "case_leader_checks", id, "check", "chair")
        self.assertNotIn("check", self.get(id, "chair")["case"]["actions"])
        # The leader is the one it is about: by their account's person, or by their post.
        leader = harness.base().accounts[TOWN, "leader1"].hex()
        for begin, end in (
            (f"update data.account set person_id = '{person('D01').hex()}' where account_id = '{leader}'",
             f"update data.account set person_id = null where account_id = '{leader}'"),
            (f"insert into data.post (town_id, person_id, role, starts_on, group_id) values ({TOWN},"
             f" '{person('D01').hex()}', 'group_leader', '2022-03-01', '{imported('groups', 'G01').hex()}')",
             "delete from data.post where role = 'group_leader'"),
        ):
            self.centre.sql(begin)
            with self.centre.connect("leader1") as leader1:
                error = self.refused("FORBIDDEN", leader1.call, "MoveCase", case_id=id, action="check")
                self.assertEqual(error.rule, "case_own")
                self.assertEqual(self.refused("FORBIDDEN", leader1.call, "GetCase", case_id=id).rule, "not_yours")
            self.assertIn("check", self.get(id, "chair")["case"]["actions"])
            self.centre.sql(end)
        # No leader has an account.
        revoke = f"update data.account set revoked_at = %s where account_id = '{leader}'"
        self.centre.sql(revoke % "now()")
        self.assertIn("check", self.get(id, "chair")["case"]["actions"])
        self.centre.sql(revoke % "null")
        self.assertNotIn("check", self.get(id, "chair")["case"]["actions"])
        # The leader did not in time.
        self.centre.sql(f"update data.three_no_case set step_due_on = '{day(-1)}' where case_id = '{id.hex()}'")
        self.assertEqual(self.move(id, "check", "chair")["state"], "checked")

    def test_nobody_steps_in_their_own_case(self):
        """An account of the person is their deputy's in it, whatever its role."""
        chair = harness.base().accounts[TOWN, "chair"].hex()
        id = self.next_case()
        self.to_review(id)
        self.centre.sql(f"update data.account set person_id = '{person('D01').hex()}' where account_id = '{chair}'")
        with self.centre.connect("chair") as client:
            error = self.refused("FORBIDDEN", client.call, "MoveCase", case_id=id, action="uphold")
            self.assertEqual(error.rule, "case_own")
            self.assertEqual(client.call("GetCase", case_id=id)["case"].get("actions", []), [])
            other = self.next_case()
            self.move(other, "check", "leader1")
            self.move(other, "notify", "office", notice="call")
            self.assertEqual(client.call("MoveCase", case_id=other, action="state", answer="accept")["state"], "review")
        self.centre.sql(f"update data.account set person_id = null where account_id = '{chair}'")

    def test_a_reviewer_had_no_hand_in_it(self):
        """E6.4. Not who checked, told, or took down the answer; not who made a mark that came out unexcused."""
        id = self.next_case()
        self.to_review(id)
        self.not_moved("FORBIDDEN", "case_own_hand", id, "uphold", "office")
        self.not_moved("FORBIDDEN", "case_own_hand", id, "send_back", "office", note="重核")
        self.assertNotIn("uphold", self.get(id)["case"].get("actions", []))
        # The same person by another account.
        same = "update data.account set person_id = %s where login in ('office', 'office2') and town_id = " + str(TOWN)
        self.centre.sql(same % f"'{person('D09').hex()}'")
        with self.centre.connect("office2") as office2:
            self.assertEqual(self.refused("FORBIDDEN", office2.call, "MoveCase", case_id=id, action="uphold").rule,
                             "case_own_hand")
        self.centre.sql(same % "null")
        self.move(id, "uphold", "office2")
        # The chair marked D01 absent: no review by the chair. The marks that were imported are nobody's.
        self.mark("A3", "D01", "absent", note="会上点名不在")
        id = self.next_case()
        self.to_review(id)
        self.not_moved("FORBIDDEN", "case_own_hand", id, "uphold", "chair")
        self.move(id, "uphold", "office2")
        # Who checked in the leader's place does not review.
        id = self.next_case("D21")
        self.centre.sql(f"update data.three_no_case set step_due_on = '{day(-1)}' where case_id = '{id.hex()}'")
        self.move(id, "check", "chair")
        self.move(id, "notify", "office", notice="call")
        self.move(id, "state", "deputy2", answer="accept")
        self.not_moved("FORBIDDEN", "case_own_hand", id, "uphold", "chair")
        self.move(id, "uphold", "office2")

    def test_the_vote(self):
        id = self.next_case()
        self.to_decision(id)
        ok = {"outcome": "confirmed", "note": "认定", "in_favour": 3, "meeting_id": self.presidium(("D03", "D05", "D06", "D07"))}
        for name, rule, fields in (
            ("INVALID", "value_missing", {"outcome": None}), ("INVALID", "value_missing", {"note": ""}),
            ("INVALID", "value_missing", {"meeting_id": None}), ("INVALID", "value_missing", {"in_favour": None}),
            ("NOT_FOUND", "meeting_unknown", {"meeting_id": wire.uuid7()}),
            ("INVALID", "case_meeting_kind", {"meeting_id": imported("meetings", "C1")}),
            ("INVALID", "case_meeting_kind", {"meeting_id": self.presidium(close=False)}),
            ("INVALID", "case_votes_wrong", {"in_favour": 5}), ("INVALID", "case_votes_wrong", {"in_favour": 0}),
            ("INVALID", "case_votes_wrong", {"in_favour": 3, "against": 1, "abstained": 1}),
            ("INVALID", "case_votes_wrong", {"in_favour": 4, "against": -1}),
            ("INVALID", "case_votes_wrong", {"in_favour": 2147483647, "against": 2147483647}),
            ("INVALID", "case_votes_wrong", {"in_favour": 3, "meeting_id": self.presidium(("D03", "D05"))}),
            # Two of four are not most; three are.
            ("INVALID", "case_vote_says_otherwise", {"in_favour": 2, "against": 1}),
            ("INVALID", "case_vote_says_otherwise", {"in_favour": 3, "outcome": "not_confirmed"}),
            ("INVALID", "case_not_candidate", {"confirmed": ["no_meetings"]}),
            ("INVALID", "case_not_candidate",
             {"outcome": "not_confirmed", "in_favour": 1, "against": 2, "confirmed": ["no_activities"]}),
            ("CONFLICT", "case_other_track", {"action": "talk"}),
        ):
            with self.subTest(rule=rule, fields=fields):
                self.no(name, rule, "chair", "MoveCase", **{"case_id": id, "action": "decide", **ok, **fields})
        # Held before the review was done.
        self.centre.sql("update data.meeting set held_on = held_on - 1 where meeting_id = '" + ok["meeting_id"].hex() + "'")
        self.not_moved("INVALID", "case_meeting_before", id, "decide", "chair", **ok)
        self.centre.sql("update data.meeting set held_on = held_on + 1 where meeting_id = '" + ok["meeting_id"].hex() + "'")
        self.assertEqual(self.get(id)["case"]["state"], "decision")
        self.assertEqual(self.get(id).get("decisions", []), [])
        # The presidium sends it back: the leader checks again, and the office is to see to the corrections.
        self.assertEqual(self.move(id, "decide", "chair", **{**ok, "outcome": "corrected"})["state"], "data_check")
        self.assertEqual([d["outcome"] for d in self.get(id)["decisions"]], ["corrected"])
        self.assertNotIn("outcome", self.get(id)["case"])

    def test_help(self):
        id = self.next_case()
        self.to_decision(id)
        self.move(id, "decide", "chair", outcome="confirmed", meeting_id=self.presidium(), in_favour=3, note="认定")
        ok = {"mentor_id": person("D02"), "note": "目标"}
        for name, rule, fields in (
            ("INVALID", "value_missing", {"mentor_id": None}), ("INVALID", "value_missing", {"note": ""}),
            ("NOT_FOUND", "person_unknown", {"mentor_id": wire.uuid7()}),
            ("INVALID", "case_mentor_self", {"mentor_id": person("D01")}),
            ("INVALID", "day_past", {"ends_on": day(-1)}),
        ):
            self.no(name, rule, "chair", "MoveCase", **{"case_id": id, "action": "plan", **ok, **fields})
        self.assertEqual(self.move(id, "plan", "chair", ends_on=day(30), **ok)["step_due_on"], day(30))
        self.assertEqual(self.move(id, "plan", "office", ends_on=day(60), **ok)["step_due_on"], day(60))

    def test_dimensions_are_confirmed_one_by_one(self):
        """Of two that stand at level 3, one is confirmed: 一不."""
        period = ("2024-12-28", "2025-12-31")  # voices too
        id = self.fresh("D21", period)
        case = self.get(id)["case"]
        self.assertEqual((case["no_activities"], case["no_voices"], case["nots"], case["track"]), (3, 3, 2, "decide"))
        self.to_decision(id, "leader2")
        reply = self.move(id, "decide", "chair", outcome="confirmed", confirmed=["no_voices"], in_favour=3,
                          meeting_id=self.presidium(), note="只认定不反映民意")
        self.assertEqual(reply["result"], "one_no")
        self.assertEqual(self.get(id)["case"]["confirmed"], ["no_voices"])

    def test_what_is_not_confirmed_or_not_any_more_is_counted_nowhere(self):
        period = next(self.periods)
        self.compute(period)
        ids = {p: self.case(p, period)["case_id"] for p in ("D01", "D21")}
        def counted():
            summary = self.do("chair", "CaseSummary", from_on=period[0], to_on=period[1])
            results = {r["word"]: r["count"] for r in summary.get("results", [])}
            for field, ask in (("states", "state"), ("tracks", "track"), ("results", "result")):
                for row in summary.get(field, []):  # E6.2: each figure is the length of its list
                    found = self.do("chair", "ListCases", from_on=period[0], to_on=period[1], **{ask: row["word"]})["cases"]
                    self.assertEqual(len(found), row["count"], row)
            return results
        self.assertEqual(counted(), {})
        meeting = self.presidium()
        for p, leader in (("D01", "leader1"), ("D21", "leader2")):
            self.to_decision(ids[p], leader)
        self.move(ids["D01"], "decide", "chair", outcome="confirmed", meeting_id=meeting, in_favour=3, note="认定")
        self.move(ids["D21"], "decide", "chair", outcome="not_confirmed", meeting_id=meeting, in_favour=1, against=2,
                  note="情有可原")
        self.assertEqual(counted(), {"one_no": 1})
        # Reopened, it still stands; when the chair opens it again, it does not.
        self.move(ids["D01"], "reopen", "deputy1", note="找到签到簿")
        self.assertEqual(counted(), {"one_no": 1})
        self.move(ids["D01"], "resume", "chair")
        self.assertEqual(counted(), {})
        self.to_decision(ids["D01"])
        self.move(ids["D01"], "decide", "chair", outcome="confirmed", meeting_id=meeting, in_favour=3, note="仍认定")
        self.assertEqual(counted(), {"one_no": 1})
        # The marks are corrected until nothing is left: closed, told, and in no statistic; the history keeps it all.
        for meeting in ("A1", "A2", "A3"):
            self.mark(meeting, "D01", "present")
        self.compute(period)
        shown = self.get(ids["D01"])
        self.assertEqual((shown["case"]["state"], shown["case"]["outcome"], shown["case"]["track"], shown["case"]["version"]),
                         ("closed", "corrected", "none", 2))
        self.assertEqual(counted(), {})
        self.assertEqual([d["outcome"] for d in shown["decisions"]], ["confirmed", "confirmed"])
        self.assertEqual(self.do("deputy1", "ListNotices", limit=1)["notices"][0]["title"],
                         "履职线索已更正：" + shown["case"]["code"])
        self.assertEqual(self.get(ids["D01"], "deputy1")["case"]["no_activities"], 0)
        for meeting in ("A1", "A2", "A3"):
            self.mark(meeting, "D01", "absent")
        self.compute(period)
        self.assertEqual((self.get(ids["D01"])["case"]["state"], self.get(ids["D01"])["case"]["version"]), ("data_check", 3))
        self.assertEqual(counted(), {})
        # Void counts nowhere either, and no computation brings it back.
        self.move(ids["D21"], "void", "chair", note="重复")
        self.assertEqual(self.compute(period)["renewed"], 0)
        self.assertEqual(self.get(ids["D21"])["case"]["state"], "void")


class Seen(Cases):
    """Who sees a case, in each of its states: by GetCase, by lists, by the feed and by what waits for them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setting("nots_for_case", 1)

    LOGINS = ("deputy1", "d02", "leader1", "leader2", "office", "chair", "auditor")
    ALL = {"office", "chair", "auditor"}

    def seers(self, id, code, moved):
        found = set()
        for login in self.LOGINS:
            try:
                shown = self.get(id, login)
                self.assertEqual(self.do(login, "GetCase", code=code)["case"]["case_id"], id)
                self.pack(id, login)
                self.verify(id, login)
                found.add(login)
            except wire.Refused as error:
                self.assertEqual((error.name, error.rule), ("FORBIDDEN", "not_yours"))
                self.no("FORBIDDEN", "not_yours", login, "GetCasePack", code=code)
                self.no("FORBIDDEN", "not_yours", login, "VerifyCase", code=code)
                shown = None
            listed = [c["code"] for c in self.do(login, "ListCases").get("cases", [])]
            self.assertEqual(code in listed, shown is not None, login)
            self.assertEqual(id in self.told(login), moved and shown is not None, login)
            if login not in self.ALL and shown is not None:
                self.assertNotIn("stale", shown["case"])
        return found

    def told(self, login):
        """Records that the feed names to somebody under the topic."""
        found, since = set(), 0
        while True:
            page = self.do(login, "Changes", since=since)
            for change in page.get("changes", []):
                if "case" in change["topics"]:
                    if login not in self.ALL:
                        self.assertIn("code", change, "told of a case that is not theirs to see")
                    found.add(change.get("record_id"))
            since = page["next"]
            if not page["more"]:
                return found

    def waits(self, code):
        return {login: t["rule"] for login in (*self.LOGINS[:-1], "office2")
                for t in self.do(login, "ListTodo", subject="case").get("todos", []) if t["code"] == code}

    def test_in_each_state(self):
        self.compute()
        case = self.case("D01")
        id, code = case["case_id"], case["code"]
        own, after = self.ALL | {"deputy1"}, self.ALL | {"deputy1", "leader1"}
        meeting = self.presidium()
        past = f"update data.three_no_case set step_due_on = '{day(-1)}' where case_id = '{id.hex()}'"
        late = {"office": "todo_late", "office2": "todo_late"}
        for step, state, seers, waits in (
            (None, "data_check", self.ALL | {"leader1"}, {"leader1": "todo_case_check"}),
            (("leader1", "object", {"note": "有误"}), "data_check", self.ALL | {"leader1"},
             {"office": "todo_case_correct", "office2": "todo_case_correct"}),
            (("leader1", "check", {}), "checked", self.ALL, {"office": "todo_case_notify", "office2": "todo_case_notify"}),
            (("office", "notify", {}), "notified", own, {"office": "todo_case_deliver", "office2": "todo_case_deliver"}),
            (("office", "deliver", {"notice": "call"}), "wait_statement", own, {"deputy1": "todo_case_state"}),
            (past, "wait_statement", own,
             {"deputy1": "todo_case_state", "office": "todo_case_go_on", "office2": "todo_case_go_on"}),
            (("office", "go_on", {}), "review", own, {"chair": "todo_case_review", "office2": "todo_case_review"}),
            (past, "review", own, {"chair": "todo_case_review", **late, "office2": "todo_case_review"}),
            (("office2", "uphold", {}), "decision", own, {"chair": "todo_case_decide"}),
            (("chair", "decide", {"outcome": "confirmed", "meeting_id": meeting, "in_favour": 3, "note": "认定"}),
             "help_plan", after, {"office": "todo_case_plan", "office2": "todo_case_plan"}),
            (("office", "plan", {"mentor_id": person("D02"), "note": "目标", "ends_on": day()}), "help_plan", after,
             {"chair": "todo_case_clear"}),
            (("chair", "carry", {"note": "还差"}), "carried", after, {"chair": "todo_case_clear"}),
            (("chair", "clear", {"note": "好"}), "cleared", after, {}),
            (("deputy1", "reopen", {"note": "新证据"}), "reopened", own, {"chair": "todo_case_reopened"}),
            (("chair", "dismiss", {"note": "无据"}), "cleared", after, {}),
            (("chair", "void", {"note": "作废"}), "void", own, {}),
        ):
            with self.subTest(step=step if isinstance(step, str) else step and step[1], state=state):
                if isinstance(step, str):
                    self.centre.sql(step)
                elif step is not None:
                    self.move(id, step[1], step[0], **step[2])
                self.assertEqual(self.get(id)["case"]["state"], state)
                self.assertEqual(self.seers(id, code, moved=step is not None), seers)
                self.assertEqual(self.waits(code), waits)
        # Roles that no call lets near: not by the lists, and not by the search either.
        for login in ("clerk1", "unit1"):
            self.no("FORBIDDEN", "role_may_not", login, "ListCases")
        self.assertNotIn(code, str(self.do("office", "Search", query=code)))

    def test_proofs_go_with_the_case(self):
        """The person adds a scan once they may see the case; nobody else opens it but the office and the chair."""
        period = ("2025-03-07", "2025-06-30")
        id = self.fresh("D01", period)
        record = {"subject": "case", "record_code": self.get(id)["case"]["code"]}
        data = b"\xff\xd8\xff\xe0" + bytes(1000)
        scan = {"attachment_id": wire.uuid7(), "name": "请假条.jpg", "type": "jpeg", "size": len(data),
                "sha256": hashlib.sha256(data).digest(), **record}
        self.no("FORBIDDEN", "not_yours", "deputy1", "AttachmentStart", **scan)
        self.move(id, "check", "leader1")
        self.move(id, "notify", "office", notice="signed")
        self.do("deputy1", "AttachmentStart", **scan)
        self.do("deputy1", "AttachmentChunk", attachment_id=scan["attachment_id"], number=0, bytes=data)
        self.do("deputy1", "AttachmentFinish", attachment_id=scan["attachment_id"])
        for login in ("deputy1", "office", "chair", "auditor"):
            found = self.do(login, "ListAttachments", **record)["attachments"]
            self.assertEqual([(a["name"], a["sealed"]) for a in found], [("请假条.jpg", True)])
        for login in ("leader1", "leader2", "d02"):
            self.no("FORBIDDEN", "not_yours", login, "ListAttachments", **record)
            self.no("FORBIDDEN", "not_yours", login, "AttachmentStart", **{**scan, "attachment_id": wire.uuid7()})

    def test_leaders_see_reminders_of_their_group_throughout(self):
        period = ("2025-03-04", "2025-06-30")
        self.compute(period)
        case = self.case("D04", period)
        self.move(case["case_id"], "check", "leader1")
        self.assertEqual(self.get(case["case_id"], "leader1")["case"]["state"], "checked")
        self.no("FORBIDDEN", "not_yours", "leader2", "GetCase", code=case["code"])
        self.no("FORBIDDEN", "not_yours", "d04", "GetCase", code=case["code"])

    def test_the_person_sees_the_version_that_they_were_told_of(self):
        period = ("2025-03-05", "2025-06-30")
        id = self.fresh("D02", period)
        self.move(id, "check", "leader1")
        self.move(id, "notify", "office", notice="signed")
        self.mark("A1", "D02", "present")
        self.compute(period)
        self.assertEqual(self.get(id)["version"]["version"], 2)
        shown = self.get(id, "d02")
        self.assertEqual((shown["case"]["version"], shown["case"]["no_activities"], shown["version"]["version"]), (1, 2, 1))
        self.assertEqual([v["version"] for v in shown["versions"]], [1])
        self.assertEqual([s["action"] for s in shown["steps"]], ["compute", "check", "notify"])
        self.no("NOT_FOUND", "case_version_unknown", "d02", "GetCase", case_id=id, version=2)
        self.no("NOT_FOUND", "case_version_unknown", "d02", "GetCasePack", case_id=id, version=2)
        self.move(id, "check", "leader1")
        self.move(id, "notify", "office")
        self.assertEqual(self.get(id, "d02")["version"]["version"], 2)
        self.mark("A1", "D02", "absent")

    def test_stale_is_to_be_computed_anew(self):
        period = ("2025-12-01", self.centre.one(f"select ('{day()}'::date - 1)::text"))
        self.centre.sql("update data.meeting set held_on = '2026-03-01' where code = 'A0'")
        self.mark("A0", "D24", "absent")
        id = self.fresh("D24", period)
        code = self.get(id)["case"]["code"]
        self.assertEqual(self.waits(code), {"leader2": "todo_case_check"})
        self.mark("A0", "D24", "absent", note="再核")
        self.assertEqual(self.waits(code), {"leader2": "todo_case_check", "office": "todo_case_stale",
                                            "office2": "todo_case_stale"})
        self.assertTrue(self.get(id)["case"]["stale"])
        self.compute(period)
        self.assertEqual(self.waits(code), {"leader2": "todo_case_check"})
        self.assertFalse(self.get(id)["case"]["stale"])

    def test_pages_and_filters(self):
        period = ("2025-03-06", "2025-06-30")
        self.compute(period)
        whole = self.cases(period=period)
        asked = {"from_on": period[0], "to_on": period[1]}
        found, after = [], None
        while True:
            page = self.do("office", "ListCases", limit=2, after=after, **asked)
            found += [c["code"] for c in page["cases"]]
            after = page.get("next")
            if after is None:
                break
        mine = sorted(x["code"] for x in whole.values())
        self.assertEqual([code for code in found if code in mine], mine)
        self.assertEqual(len(found), len(set(found)))
        self.assertEqual(set(self.cases(period=period, group_code="G02")), {"D21", "D24"})
        self.assertEqual(set(self.cases(period=period, track="remind")), {"D04"})
        self.assertEqual(set(self.cases(period=period, state="review")), set())
        self.no("NOT_FOUND", "case_unknown", "office", "GetCase", code="K9999")
        self.no("NOT_FOUND", "case_unknown", "office", "MoveCase", case_id=wire.uuid7(), action="void", note="x")
