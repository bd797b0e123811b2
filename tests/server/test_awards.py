"""Awards: put up, checked, decided, paid by different people; and the score sheets they stand on.

The scores are computed here again from what the test put into the records.
"""

import math

import harness
import test_meetings
import test_money
import wire
from test_meetings import G01, G02, TOWN, day, person

YEAR = test_money.YEAR


class Awards(test_money.Office):
    def nominate(self, login="leader1", code="D02", group=None, year=None, **fields):
        of = {"kind": "advanced_group", "group_id": group} if group else {
            "kind": "excellent_deputy", "person_id": self.id_of(code)}
        return self.do(login, "NominateAward", **{"award_id": wire.uuid7(), "reason": "事迹", "year": year, **of, **fields})["code"]

    def award(self, code, login="office"):
        return self.do(login, "GetAward", code=code)["award"]

    def move(self, code, action, login="office", **fields):
        if action in ("verify", "reject", "withdraw", "void"):
            fields.setdefault("note", "核对过")
        if action == "decide":
            fields.setdefault("document", "镇发〔2026〕31号")
        return self.do(login, "MoveAward", award_id=self.award(code)["award_id"], action=action, **fields)

    def not_moved(self, name, rule, code, action, login="office", **fields):
        return self.no(name, rule, login, "MoveAward", award_id=self.award(code)["award_id"], action=action, **fields)

    def decided(self, **fields):
        code = self.nominate(**fields)
        self.move(code, "verify")
        self.move(code, "decide", "chair", note="超预算的理由")
        return code


class Life(Awards):
    def test_from_nomination_to_payment(self):
        self.budget("award", 1000)
        code = self.nominate("leader1", "D02")
        self.assertEqual(self.centre.count("award", f"code = '{code}'"), 0, "a nomination is no award yet")
        self.not_moved("FORBIDDEN", "award_own_step", code, "verify", "leader1", note="x")
        self.not_moved("INVALID", "value_missing", code, "verify", "office")
        self.assertEqual(self.move(code, "verify")["state"], "verified")
        self.not_moved("FORBIDDEN", "not_your_step", code, "decide", "office", document="x")
        self.not_moved("INVALID", "value_missing", code, "decide", "chair", document=" ")
        self.not_moved("INVALID", "day_in_future", code, "decide", "chair", document="x", day_on=day(1))
        self.not_moved("INVALID", "decided_before_year", code, "decide", "chair", document="x", day_on=f"{YEAR - 1}-12-31")
        self.assertEqual(self.move(code, "decide", "chair"), {
            "state": "decided", "amount_yuan": 300, "over_quota": False, "open_lines": 5})
        self.not_moved("FORBIDDEN", "not_your_step", code, "pay", "chair")
        self.not_moved("INVALID", "paid_when", code, "pay", "office", day_on=day(-1))
        self.assertEqual(self.move(code, "pay")["state"], "paid")
        shown = self.award(code)
        self.assertEqual({k: v for k, v in shown.items() if k not in ("award_id", "actions")}, {
            "code": code, "year": YEAR, "kind": "excellent_deputy", "recipient_code": "D02", "recipient_name": "代表D02",
            "state": "paid", "reason": "事迹", "nominated_by": "leader1", "nominated_on": day(), "verified_by": "office",
            "checked": "核对过", "awarded_on": day(), "amount_yuan": 300, "document": "镇发〔2026〕31号",
            "decided_by": "chair", "paid_on": day(), "paid_by": "office"})
        # As the annual report reads it.
        self.assertEqual(self.centre.sql(f"select amount_yuan, void_reason from data.award where code = '{code}'"
                                         f" and town_id = {TOWN}"), [("300", None)])
        self.assertEqual([(s["action"], s["author"]) for s in self.do("auditor", "GetAward", code=code)["steps"]],
                         [("nominate", "leader1"), ("verify", "office"), ("decide", "chair"), ("pay", "office")])

    def test_the_days_sum(self):
        self.budget("award", 10**6)
        for of in ({"code": "D03"}, {"group": G01}):
            code = self.nominate(**of)
            self.move(code, "verify")
            self.assertEqual(self.move(code, "decide", "chair")["amount_yuan"], 500 if "group" in of else 300)
        self.do("chair", "SetRate", kind="award_group", holds_from_on=day(), amount_yuan=800, note="文件")
        code = self.nominate("leader2", group=G02)
        self.move(code, "verify")
        self.assertEqual(self.move(code, "decide", "chair")["amount_yuan"], 800)
        # For a year whose rates were the old ones, decided then.
        old = self.newcomer(("town", "2007-01-01", None, []))
        code = self.nominate("office2", old, year=2009)
        self.move(code, "verify")
        self.assertEqual(self.move(code, "decide", "chair", day_on="2009-12-20", note="当年没有预算")["amount_yuan"], 100)

    def test_two_different_persons(self):
        code = self.nominate("office", "D04")
        self.not_moved("FORBIDDEN", "award_own_step", code, "verify", "office", note="x")
        self.not_moved("FORBIDDEN", "not_yours", code, "verify", "leader2", note="x")
        self.move(code, "verify", "leader1")
        group = self.nominate("office", group=G01, year=2024)
        self.not_moved("FORBIDDEN", "award_own_group", group, "verify", "leader1", note="x")
        account = harness.base().accounts[TOWN, "chair"].hex()
        self.centre.sql(f"update data.account set person_id = '{person('D04').hex()}' where account_id = '{account}'")
        try:
            with self.centre.connect("chair") as chair:
                error = self.refused("FORBIDDEN", chair.call, "MoveAward", award_id=self.award(code)["award_id"],
                                     action="decide", document="x", note="x")
                self.assertEqual(error.rule, "award_for_self")
        finally:
            self.centre.sql(f"update data.account set person_id = null where account_id = '{account}'")
        account = harness.base().accounts[TOWN, "leader1"].hex()
        self.centre.sql(f"update data.account set person_id = '{person('D07').hex()}' where account_id = '{account}'")
        try:
            with self.centre.connect("leader1") as leader:
                error = self.refused("FORBIDDEN", leader.call, "NominateAward", award_id=wire.uuid7(),
                                     kind="excellent_deputy", person_id=person("D07"), reason="我")
                self.assertEqual(error.rule, "award_for_self")
        finally:
            self.centre.sql(f"update data.account set person_id = null where account_id = '{account}'")

    def test_nobody_for_themselves_without_a_person(self):
        code = self.nominate("office", "D08", year=2022)
        with test_meetings.leading(self.centre, "D08"):
            self.not_moved("FORBIDDEN", "award_for_self", code, "verify", "leader1", note="x")
            self.no("FORBIDDEN", "award_for_self", "leader1", "NominateAward", award_id=wire.uuid7(), year=2023,
                    kind="excellent_deputy", person_id=person("D08"), reason="我")
            self.assertNotIn(code, [t["code"] for t in self.do("leader1", "ListTodo", subject="award").get("todos", [])])
        self.move(code, "withdraw", "office")

    def test_once_a_year(self):
        code = self.nominate(code="D05")
        for login in ("leader1", "office"):
            named = self.no("CONFLICT", "award_twice", login, "NominateAward", award_id=wire.uuid7(), kind="excellent_deputy",
                            person_id=person("D05"), reason="再来")
            self.assertEqual((named["recipient"], named["award"]), ("D05", code))
        self.nominate(code="D05", year=YEAR - 1)
        self.move(code, "reject", note="不够")
        self.assertEqual(self.award(code)["close_reason"], "不够")
        code = self.nominate(code="D05")
        self.move(code, "withdraw", "leader1")
        code = self.decided(code="D05")
        self.no("CONFLICT", "award_twice", "leader1", "NominateAward", award_id=wire.uuid7(), kind="excellent_deputy",
                person_id=person("D05"), reason="再来")
        self.move(code, "void", "chair")
        self.nominate(code="D05")
        # An imported one counts as well.
        self.centre.sql("insert into data.award (town_id, award_id, code, awarded_on, kind, person_id, amount_yuan) values"
                        f" ({TOWN}, '{wire.uuid7().hex()}', 'W90', '{YEAR - 2}-12-20', 'excellent_deputy',"
                        f" '{person('D06').hex()}', 300)")
        self.no("CONFLICT", "award_twice", "leader1", "NominateAward", award_id=wire.uuid7(), kind="excellent_deputy",
                person_id=person("D06"), reason="再来", year=YEAR - 2)
        self.assertEqual(self.award("W90")["state"], "decided")

    def test_refused(self):
        fields = {"award_id": wire.uuid7(), "kind": "excellent_deputy", "person_id": person("D01"), "reason": "好"}
        for name, rule, login, more in (
            ("INVALID", "value_missing", "office", {"award_id": None}), ("INVALID", "value_missing", "office", {"kind": None}),
            ("INVALID", "value_missing", "office", {"reason": " "}), ("INVALID", "bad_year", "office", {"year": 9999}),
            ("INVALID", "award_for_whom", "office", {"person_id": None}),
            ("INVALID", "award_for_whom", "office", {"group_id": G01}),
            ("INVALID", "award_for_whom", "office", {"kind": "advanced_group"}),
            ("INVALID", "award_for_whom", "office", {"kind": "advanced_group", "group_id": G01}),
            ("NOT_FOUND", "recipient_unknown", "office", {"person_id": wire.uuid7()}),
            ("INVALID", "not_in_office_in_year", "office", {"year": 2021}), ("FORBIDDEN", "not_yours", "leader2", {}),
            ("FORBIDDEN", "role_may_not", "clerk1", {}), ("FORBIDDEN", "role_may_not", "deputy1", {}),
            ("FORBIDDEN", "role_may_not", "chair", {}),
        ):
            self.no(name, rule, login, "NominateAward", **{**fields, **more})
        self.no("NOT_FOUND", "award_unknown", "office", "MoveAward", award_id=wire.uuid7(), action="verify", note="x")
        self.no("NOT_FOUND", "award_unknown", "office", "GetAward", code="W999")

    def test_who_sees(self):
        mine, theirs = self.nominate(code="D01", year=2024), self.nominate("leader2", "D21", year=2024)

        def codes(login):
            return {a["code"] for a in self.do(login, "ListAwards", year=2024).get("awards", [])}
        made = {mine, theirs}
        for login, seen in (("office", made), ("chair", made), ("auditor", made), ("leader1", {mine}), ("leader2", {theirs}),
                            ("deputy1", set())):
            self.assertEqual(codes(login) & made, seen, login)
        self.no("FORBIDDEN", "not_yours", "leader2", "GetAward", code=mine)
        self.no("FORBIDDEN", "not_yours", "deputy1", "GetAward", code=mine)
        self.move(mine, "verify")
        self.move(mine, "decide", "chair", note="往年没有预算", day_on="2024-12-20")
        self.assertEqual(codes("deputy1"), {mine})
        self.assertNotIn("steps", self.do("deputy1", "GetAward", code=mine))
        self.assertEqual(codes("deputy2"), set())

    def test_what_waits(self):
        def waits(code):
            return {login: [t["rule"] for t in self.do(login, "ListTodo", subject="award").get("todos", [])
                            if t["code"] == code] for login in ("office", "office2", "chair", "leader1")}
        code = self.nominate("office", "D08", year=2023)
        self.assertEqual(waits(code), {"office": [], "office2": ["todo_award_verify"], "chair": [],
                                       "leader1": ["todo_award_verify"]})
        self.move(code, "verify", "office2")
        self.assertEqual(waits(code), {"office": [], "office2": [], "chair": ["todo_award_decide"], "leader1": []})
        self.move(code, "decide", "chair", note="往年没有预算", day_on="2023-12-20")
        self.assertEqual(waits(code)["office"], ["todo_award_pay"])
        self.move(code, "pay")
        self.assertEqual(waits(code)["office"], [])

    def test_budget(self):
        year = 2022  # no line for it
        code = self.nominate(code="D09", year=year)
        self.move(code, "verify")
        fields = {"document": "x", "day_on": f"{year}-12-20"}
        self.not_moved("CONFLICT", "budget_missing", code, "decide", "chair", **fields)
        self.budget("award", 299, year=year)
        named = self.not_moved("CONFLICT", "over_budget", code, "decide", "chair", **fields)
        self.assertEqual((named["left"], named["amount"]), ("299", "300"))
        self.move(code, "decide", "chair", note="主席团会议同意", **fields)
        self.assertEqual(self.award(code)["over_note"], "主席团会议同意")
        lines = {b["kind"]: b for b in self.do("office", "MoneyBalance", year=year)["lines"]}
        self.assertEqual((lines["award"]["spent_yuan"], lines["award"]["left_yuan"]), (300, -1))
        self.move(code, "void", "chair")
        lines = {b["kind"]: b for b in self.do("office", "MoneyBalance", year=year)["lines"]}
        self.assertEqual((lines["award"]["spent_yuan"], lines["award"]["left_yuan"]), (0, 299))


class Quota(Awards):
    def test_a_fifth_of_the_deputies(self):
        """Forty in office: the ninth excellent deputy is beyond the fifth, and said to be; the chair decides all the same."""
        self.budget("award", 10**6)
        for n in range(8):
            code = self.nominate("office2", f"D{n + 10}")
            self.assertFalse(self.move(code, "verify")["over_quota"])
            self.assertFalse(self.move(code, "decide", "chair")["over_quota"], n)
        code = self.nominate("office2", "D30")
        self.assertTrue(self.move(code, "verify")["over_quota"])
        reply = self.move(code, "decide", "chair")
        self.assertEqual((reply["state"], reply["over_quota"]), ("decided", True))
        code = self.nominate("office2", group=G02)
        self.assertFalse(self.move(code, "verify")["over_quota"], "the quota is of deputies")

    def test_nothing_new_in_a_closed_term(self):
        for year in {YEAR, int(day(-2)[:4])}:
            self.budget("award", 10**6, year=year)
            self.budget("other", 10**6, year=year)
        code = self.nominate("office2", "D31", year=YEAR - 1)
        self.move(code, "verify")
        household = wire.uuid7()
        self.do("office", "RegisterHousehold", household_id=household, village_code="V01", head="某户", members=2,
                helper_ids=[person("D02")], starts_on=day(-9))
        self.centre.sql(
            f"update data.town set term_starts_on = '{day(-2)}' where town_id = {TOWN};"
            " insert into data.term (town_id, term, starts_on, closed_at, closed_by, op_id)"
            f" values ({TOWN}, '上一届', '2022-03-01', now(), gen_random_uuid(), gen_random_uuid())")
        for method, fields in (
            ("RecordFund", {"fund_id": wire.uuid7(), "kind": "other", "amount_yuan": 1, "spent_on": day(-3)}),
            ("RecordDeed", {"deed_id": wire.uuid7(), "person_id": person("D02"), "kind": "修路", "village_code": "V01",
                            "text": "修桥", "done_on": day(-3)}),
            ("RegisterHousehold", {"household_id": wire.uuid7(), "village_code": "V01", "head": "另一户", "members": 2,
                                   "helper_ids": [person("D02")], "starts_on": day(-3)}),
            ("MoveHousehold", {"household_id": household, "action": "visit", "person_id": person("D02"), "note": "看望",
                               "day_on": day(-3)}),
        ):
            self.assertEqual(self.no("CONFLICT", "term_closed", "office", method, **fields)["open_from"], day(-2))
            self.do("office", method, **{k: day(-2) if v == day(-3) else v for k, v in fields.items()})
        self.not_moved("CONFLICT", "term_closed", code, "decide", "chair", document="x", day_on=day(-3))
        self.move(code, "decide", "chair", day_on=day(-2))


class Scores(Awards):
    """A year of its own: 2023, with everything in it made here."""

    year = 2023

    def setUp(self):
        super().setUp()
        if not hasattr(type(self), "made"):
            type(self).made = True
            self.make_year()

    def make_year(self):
        """D11: everything. D12: half of it. D13: one activity missed. D14: nothing at all, for there was nothing due."""
        rolls = (
            ("congress_session", {"D11": "present", "D12": "absent", "D13": "present"}),
            ("congress_session", {"D11": "late", "D12": "present"}),
            ("group_meeting", {"D11": "present", "D12": "present"}),
            ("inspection", {"D11": "present", "D13": "present"}), ("training", {"D11": "present", "D13": "present"}),
            ("voter_reception", {"D11": "present", "D13": "absent"}), ("research", {"D11": "left_early", "D13": "present"}),
        )
        sql, ids = [], {}
        for n, (kind, marks) in enumerate(rolls):
            meeting = ids[kind] = wire.uuid7().hex()
            sql.append("insert into data.meeting (town_id, meeting_id, code, kind, title, group_id, held_on, state) values"
                       f" ({TOWN}, '{meeting}', 'X{n}', '{kind}', '会', '{G01.hex()}', '{self.year}-06-{n + 10}', 'closed')")
            for code, mark in marks.items():
                sql.append(f"insert into data.roll_line values ({TOWN}, '{meeting}', '{person(code).hex()}', 'signed',"
                           f" '{self.year}-05-01')")
                sql.append("insert into data.attendance_mark (town_id, meeting_id, person_id, revision, op_id, mark, author_id)"
                           f" values ({TOWN}, '{meeting}', '{person(code).hex()}', 1, gen_random_uuid(), '{mark}',"
                           " gen_random_uuid())")
        for n, code in enumerate(("D11", "D11", "D12")):  # D11 leads two, signs a third
            id = wire.uuid7().hex()
            sql.append("insert into data.suggestion (town_id, suggestion_id, code, kind, title, submitted_on, state) values"
                       f" ({TOWN}, '{id}', 'XS{n}', 'suggestion', '建议', '{self.year}-04-0{n + 1}', 'closed')")
            sql.append(f"insert into data.suggestion_proposer values ({TOWN}, '{id}', 1, '{person(code).hex()}')")
            if n == 2:
                sql.append(f"insert into data.suggestion_proposer values ({TOWN}, '{id}', 2, '{person('D11').hex()}')")
        for code, verified in (("D11", "true"), ("D12", "false")):
            sql.append("insert into data.deed (town_id, deed_id, code, person_id, done_on, kind, verified) values"
                       f" ({TOWN}, '{wire.uuid7().hex()}', 'XD{code}', '{person(code).hex()}', '{self.year}-07-01', '修路',"
                       f" {verified})")
        for n, (starts, ended) in enumerate((("2022-05-01", None), ("2023-12-31", None), ("2022-05-01", "2022-12-31"),
                                             ("2022-05-01", "2023-01-01"), ("2024-01-01", None))):
            id = wire.uuid7().hex()
            sql.append("insert into data.household (town_id, household_id, code, village_id, head, members, starts_on, ended_on)"
                       f" select {TOWN}, '{id}', 'XB{n}', village_id, '户{n}', 3, '{starts}',"
                       + (f" '{ended}'" if ended else " null")
                       + f" from data.village where town_id = {TOWN} and code = 'V01'")
            for place, code in enumerate(("D11", "D12"), 1):  # two helpers of one household
                sql.append(f"insert into data.household_helper values ({TOWN}, '{id}', '{person(code).hex()}', {place})")
        # Handed on in March, and before the year.
        for n, (until, before, now) in enumerate((("2023-03-01", "D15", "D16"), ("2023-01-01", "D17", "D18"))):
            id = wire.uuid7().hex()
            sql.append("insert into data.household (town_id, household_id, code, village_id, head, members, starts_on)"
                       f" select {TOWN}, '{id}', 'XP{n}', village_id, '手{n}', 3, '2022-05-01' from data.village"
                       f" where town_id = {TOWN} and code = 'V01'")
            sql.append(f"insert into data.household_helper values ({TOWN}, '{id}', '{person(now).hex()}', 1)")
            sql.append("insert into data.household_past (town_id, household_id, op_id, until_on, members, helper_ids, note,"
                       f" author_id, recorded_at) values ({TOWN}, '{id}', gen_random_uuid(), '{until}', 3,"
                       f" array['{person(before).hex()}'::uuid], '换人', gen_random_uuid(), now())")
        for n, (code, ballots) in enumerate((("D11", (50, 40, 10, 0, 0)), ("D12", (30, 30, 20, 20, 0)))):
            excellent, competent, basic, incompetent, invalid = ballots
            sql.append("insert into data.appraisal (town_id, appraisal_id, code, meeting_id, category, person_id, issued,"
                       " returned, invalid, excellent, competent, basic, incompetent) values"
                       f" ({TOWN}, '{wire.uuid7().hex()}', 'XA{n}', '{ids['group_meeting']}', 'deputy', '{person(code).hex()}',"
                       f" 120, {sum(ballots)}, {invalid}, {excellent}, {competent}, {basic}, {incompetent})")
        self.centre.sql("; ".join(sql))

    def sheet(self, code=None, login="office", group=None, year=None):
        reply = self.do(login, "GetScore", year=year or self.year, group_id=group, person_id=code and self.id_of(code))
        return {line["line"]: line for line in reply["lines"]}, reply["sum"]

    def points(self, code):
        lines, total = self.sheet(code)
        self.assertEqual(total["points"], sum(x.get("points", 0) for x in lines.values()))
        self.assertEqual(total["open_lines"], sum("points" not in x for x in lines.values()))
        return {k: x.get("points") for k, x in lines.items()}, {k: x.get("value") for k, x in lines.items()}

    def test_counted_lines(self):
        manual = ("speech", "speaking", "notes", "guiding", "spending")
        expected = {
            # sessions, suggestions, presidium, inquiries, activities, households, appraisal, deeds
            "D11": (10, 10, 5, 10, 10, math.floor(5 * 3 / 10), 5, 5),
            "D12": (5, 0, 5, 0, 0, 1, math.floor(5 * 60 / 80), 0),
            "D13": (10, 0, 5, 10, 0, 0, 5, 0),
            "D14": (10, 0, 5, 0, 0, 0, 5, 0),  # no session, no appraisal was theirs: nothing is lost by that
        }
        values = {
            "D11": (100, 3, None, 2, 4, 3, 90, 1), "D12": (50, 1, None, 0, 0, 3, 60, 0), "D13": (100, 0, None, 2, 0, 0, None, 0),
            "D14": (None, 0, None, 0, 0, 0, None, 0)}
        names = ("sessions", "suggestions", "presidium", "inquiries", "activities", "households", "appraisal", "deeds")
        for code, given in expected.items():
            points, value = self.points(code)
            self.assertEqual({n: points[n] for n in names}, dict(zip(names, given)), code)
            self.assertEqual({n: value[n] for n in names}, dict(zip(names, values[code])), code)
            self.assertEqual({n: points[n] for n in manual}, dict.fromkeys(manual))
        self.assertEqual([self.sheet(code)[0]["households"]["value"] for code in ("D15", "D16", "D17", "D18")], [1, 1, 0, 1])
        lines, total = self.sheet("D11")
        self.assertEqual((total["max_points"], sum(x["max_points"] for x in lines.values()), len(lines)), (100, 100, 13))
        self.assertEqual({k: v for k, v in lines["suggestions"].items() if k != "label"}, {
            "line": "suggestions", "max_points": 10, "measure": "suggestions", "target": 3.0, "step_points": 5.0, "value": 3.0,
            "points": 10})

    def test_a_group(self):
        """Lines of its members' rolls, of every kind: 13 attended, 2 missed; twenty members, of whom two carried a voice."""
        lines, total = self.sheet(group=G01)
        self.assertEqual((lines["attendance"]["value"], lines["attendance"]["points"]), (86.67, math.floor(20 * 13 / 15)))
        self.assertEqual((lines["voices"]["value"], lines["voices"]["points"]), (10.0, 3))
        self.assertEqual((lines["appraised"]["value"], lines["appraised"]["points"]), (10.0, 2))
        self.assertNotIn("points", lines["study"])
        self.assertEqual((total["code"], total["kind"], total["max_points"]), ("G01", "advanced_group", 100))
        lines, _ = self.sheet(group=G02)
        self.assertEqual((lines["attendance"].get("value"), lines["attendance"]["points"], lines["voices"]["points"]),
                         (None, 20, 0))

    def test_given_points(self):
        fields = {"year": self.year, "person_id": person("D13"), "line": "speech", "points": 8, "note": "发言一次"}
        for name, rule, login, more in (
            ("FORBIDDEN", "role_may_not", "chair", {}), ("INVALID", "bad_points", "office", {"points": 11}),
            ("INVALID", "bad_points", "office", {"points": -1}), ("INVALID", "value_missing", "office", {"points": None}),
            ("INVALID", "value_missing", "office", {"note": " "}), ("INVALID", "value_missing", "office", {"line": None}),
            ("INVALID", "value_missing", "office", {"person_id": None}),
            ("INVALID", "value_missing", "office", {"group_id": G01}),
            ("NOT_FOUND", "score_line_unknown", "office", {"line": "dancing"}),
            ("CONFLICT", "score_is_counted", "office", {"line": "deeds"}),
            ("NOT_FOUND", "recipient_unknown", "office", {"year": 2021}),
            ("NOT_FOUND", "recipient_unknown", "office", {"person_id": wire.uuid7()}),
        ):
            self.no(name, rule, login, "SetScore", **{**fields, **more})
        self.assertEqual(self.do("office", "SetScore", **fields), {"points": 8, "max_points": 10})
        self.do("office2", "SetScore", **{**fields, "points": 6, "note": "核对记录，发言不完整"})
        lines, total = self.sheet("D13")
        self.assertEqual((lines["speech"]["points"], lines["speech"]["note"]), (6, "核对记录，发言不完整"))
        self.assertEqual(self.centre.count("score_entry", f"recipient_id = '{person('D13').hex()}'"), 2, "both stay")
        self.assertEqual(total["open_lines"], 4)

    def test_frozen_with_the_award(self):
        code = self.nominate("office2", "D11", year=self.year)
        self.move(code, "verify")
        self.do("office", "SetScore", year=self.year, person_id=person("D11"), line="speech", points=9, note="好")
        for line in ("speaking", "notes", "guiding"):
            self.do("office", "SetScore", year=self.year, person_id=person("D11"), line=line, points=5, note="好")
        before = self.sheet("D11")
        self.assertFalse(before[1]["frozen"])
        reply = self.move(code, "decide", "chair", note="往年没有预算", day_on=f"{self.year}-12-20")
        self.assertEqual(reply["open_lines"], 1, "the spending line")
        self.no("CONFLICT", "score_is_frozen", "office", "SetScore", year=self.year, person_id=person("D11"), line="speech",
                points=1, note="改")
        # What the records say later, and a changed sheet, do not reach it.
        self.centre.sql(f"update data.deed set void_reason = '错' where code = 'XDD11' and town_id = {TOWN}")
        self.do("chair", "SetScoreLine", kind="excellent_deputy", line="deeds", from_year=self.year, label="办两件", max_points=7,
                measure="deeds", target=2)
        try:
            after = self.sheet("D11")
            self.assertEqual(after[0], before[0])
            self.assertEqual(after[1], {**before[1], "frozen": True})
            self.assertEqual(self.sheet("D12")[0]["deeds"]["max_points"], 7)
            sums = {s["code"]: s for s in self.do("auditor", "ListScores", kind="excellent_deputy", year=self.year)["scores"]}
            self.assertEqual(sums["D11"], after[1])
            self.assertEqual(sums["D12"], self.sheet("D12")[1])
            # Revoked, it is computed anew.
            self.move(code, "void", "chair")
            self.assertEqual((self.sheet("D11")[0]["deeds"]["points"], self.sheet("D11")[1]["frozen"]), (0, False))
        finally:
            self.centre.sql(f"update data.deed set void_reason = null where code = 'XDD11' and town_id = {TOWN}")
            self.do("chair", "SetScoreLine", kind="excellent_deputy", line="deeds", from_year=self.year,
                    label="办一件以上好事实事", max_points=5, measure="deeds", target=1)

    def test_who_sees(self):
        sheets = self.do("office", "ListScores", kind="excellent_deputy", year=self.year)["scores"]
        self.assertEqual([s["code"] for s in sheets if s["code"].startswith("D")], [f"D{n:02d}" for n in range(1, 41)],
                         "by code, and no ranking")
        for login in ("deputy1", "leader1", "clerk1"):
            self.no("FORBIDDEN", "role_may_not", login, "ListScores", kind="excellent_deputy", year=self.year)
        self.no("INVALID", "value_missing", "office", "ListScores", year=self.year)
        self.assertEqual(self.sheet(login="deputy1")[1]["code"], "D01")
        for login, fields in (("deputy1", {"person_id": person("D02")}), ("deputy1", {"group_id": G01}),
                              ("leader1", {"person_id": person("D01")}), ("leader1", {"group_id": G02})):
            self.no("FORBIDDEN", "score_not_yours", login, "GetScore", year=self.year, **fields)
        self.sheet(group=G01, login="leader1")
        for login in ("chair", "auditor"):
            self.sheet("D01", login=login)

    def test_the_sheet_is_the_towns(self):
        fields = {"kind": "excellent_deputy", "line": "mentor", "from_year": 2025, "label": "带新代表", "max_points": 6}
        for rule, more in (
            ("value_missing", {"kind": None}), ("score_line_name", {"line": "带"}), ("score_line_name", {"line": None}),
            ("bad_year", {"from_year": 20}), ("value_missing", {"label": " "}), ("bad_points", {"max_points": -1}),
            ("bad_points", {"max_points": None}), ("measure_of_other", {"measure": "held", "target": 1}),
            ("score_target", {"measure": "deeds"}), ("score_target", {"measure": "deeds", "target": 0}),
            ("score_target", {"target": 3}), ("score_target", {"measure": "deeds", "target": 3, "step_points": 0}),
        ):
            self.no("INVALID", rule, "chair", "SetScoreLine", **{**fields, **more})
        self.no("FORBIDDEN", "role_may_not", "office", "SetScoreLine", **fields)
        self.assertEqual(self.do("chair", "SetScoreLine", **fields)["max_points"], 106)
        self.assertIn("mentor", self.sheet("D01", year=2025)[0])
        self.assertNotIn("mentor", self.sheet("D01", year=2024)[0])
        self.assertEqual(self.do("chair", "SetScoreLine", **{**fields, "from_year": 2026, "max_points": 0})["max_points"], 100)
        self.assertIn("mentor", self.sheet("D01", year=2025)[0])
        self.assertNotIn("mentor", self.sheet("D01", year=2026)[0])
        self.assertEqual(self.do("chair", "SetScoreLine", **{**fields, "line": "deeds", "max_points": 4})["max_points"], 105)
