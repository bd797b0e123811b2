"""Money: budget lines, rates with days, what a deputy is entitled to, spending by two persons.

What a deputy is entitled to is computed here again, day by day, from the mandates, suspensions and rates.
"""

import datetime
import random

import harness
import test_meetings
import wire
from test_meetings import G01, G02, TOWN, day, person

YEAR = int(day()[:4])
LEVELS = ("city", "county", "town")


def date(text):
    return datetime.date.fromisoformat(text)


def days_of(year):
    first = datetime.date(year, 1, 1)
    return [first + datetime.timedelta(days=n) for n in range((datetime.date(year + 1, 1, 1) - first).days)]


class Office(test_meetings.Life):
    """Calls as functions, and people with mandates of their own."""


    ids = {}  # of newcomers

    @classmethod
    def newcomer(cls, *mandates, group=G01):
        """A person with these mandates: (level, starts, ends, suspensions); the code."""
        return cls.newcomers([mandates], group)[0]

    @classmethod
    def newcomers(cls, lives, group=G01):
        codes, sql = [], []
        for mandates in lives:
            code, id = f"N{501 + len(cls.ids)}", wire.uuid7()
            cls.ids[code] = id
            codes.append(code)
            sql.append("insert into data.person (town_id, person_id, code, name) values"
                       f" ({TOWN}, '{id.hex()}', '{code}', '新{code}')")
            for n, (level, starts, ends, suspensions) in enumerate(mandates):
                mandate = wire.uuid7().hex()
                sql.append("insert into data.mandate (town_id, mandate_id, code, person_id, level, group_id, starts_on,"
                           f" ends_on) values ({TOWN}, '{mandate}', 'Z{code}{n}', '{id.hex()}', '{level}', '{group.hex()}',"
                           f" '{starts}'," + (f" '{ends}')" if ends else " null)"))
                sql += ["insert into data.suspension (town_id, mandate_id, starts_on, ends_on) values"
                        f" ({TOWN}, '{mandate}', '{first}', " + (f"'{last}')" if last else "null)")
                        for first, last in suspensions]
        cls.centre.sql("; ".join(sql))
        return codes

    def id_of(self, code):
        return self.ids.get(code) or person(code)

    def budget(self, kind="deputy_activity", yuan=1000000, year=YEAR):
        return self.do("chair", "SetBudget", year=year, kind=kind, amount_yuan=yuan, note="预算")

    def spend(self, login="office", yuan=100, kind="deputy_activity", code=None, **fields):
        if code:
            fields["person_id"] = self.id_of(code)
        return self.do(login, "RecordFund", **{
            "fund_id": wire.uuid7(), "kind": kind, "amount_yuan": yuan, "spent_on": day(), **fields})

    def fund(self, code, login="office"):
        return self.do(login, "GetFund", code=code)["fund"]

    def move_fund(self, code, action, login="office", **fields):
        return self.do(login, "MoveFund", fund_id=self.fund(code)["fund_id"], action=action, **fields)["state"]

    def entitlement(self, code, year, login="office"):
        found = self.do(login, "ListEntitlements", year=year, person_code=code).get("entitlements", [])
        return found[0] if found else None


def expected(year, mandates, rates, entitled=("county", "town")):
    """(days, whole yuan): `rates` as {(level, day): yuan}."""
    def rate(level, of):
        for scope in (level, "all"):
            known = [d for s, d in rates if s == scope and d <= of]
            if known:
                return rates[scope, max(known)]
        return None

    total = count = 0
    for of in days_of(year):
        sums = []
        for level, starts, ends, suspensions in mandates:
            holds = date(starts) <= of and (ends is None or of < date(ends))
            suspended = any(date(a) <= of and (b is None or of <= date(b)) for a, b in suspensions)
            if level in entitled and holds and not suspended and rate(level, of) is not None:
                sums.append(rate(level, of))
        if sums:
            total, count = total + max(sums), count + 1
    return count, total // len(days_of(year))


DEFAULTS = {("all", datetime.date(2008, 1, 1)): 200, ("all", datetime.date(2010, 1, 1)): 500}


class Entitlements(Office):
    def check(self, year, mandates, rates=None, **more):
        code = self.newcomer(*mandates)
        days, yuan = expected(year, mandates, rates or DEFAULTS)
        found = self.entitlement(code, year)
        if days == 0:
            self.assertIsNone(found)
            return code
        self.assertEqual((found["days"], found["amount_yuan"]), (days, yuan), mandates)
        self.assertEqual(sum(found["rates_days"]), days)
        for key, value in more.items():
            self.assertEqual(found[key], value)
        return code

    def test_by_hand(self):
        whole = [("town", "2022-03-01", None, [])]
        self.check(2025, whole, amount_yuan=500, days=365, rates_yuan=[500], rates_days=[365])
        self.check(2024, whole, amount_yuan=500, days=366)  # a leap year gives no more
        # From 1 April: 275 of 365 days; in the leap year 275 of 366.
        self.check(2025, [("town", "2025-04-01", None, [])], amount_yuan=376, days=275)
        self.check(2024, [("town", "2024-04-01", None, [])], amount_yuan=375, days=275)
        # The first day out of office is none in it: January is 31 days, 42.46 yuan, rounded down once.
        self.check(2025, [("town", "2022-03-01", "2025-02-01", [])], amount_yuan=42, days=31)
        self.check(2025, [("town", "2025-12-31", None, [])], amount_yuan=1, days=1)
        self.check(2025, [("town", "2026-01-01", None, [])])
        # Suspended from 1 to 31 March, both ends: 334 days.
        self.check(2025, [("town", "2022-03-01", None, [("2025-03-01", "2025-03-31")])], amount_yuan=457, days=334)
        # Two mandates are one person: no day twice, and a day of suspension from one is a day through the other.
        self.check(2025, whole + [("county", "2022-03-01", None, [])], amount_yuan=500, days=365)
        self.check(2025, [("town", "2022-03-01", None, [("2025-01-01", "2025-12-31")]),
                          ("county", "2025-07-01", None, [])], amount_yuan=252, days=184)
        # Half of the year each: one sum, not two rounded ones (247.9 + 252.05 would be 247 + 252).
        self.check(2025, [("town", "2022-03-01", "2025-07-01", []), ("county", "2025-07-01", None, [])], amount_yuan=500)
        # Not of the levels that are entitled.
        self.check(2025, [("city", "2022-03-01", None, [])])

    def test_when_the_town_raised_it(self):
        mandates = [("town", "2007-01-01", None, [])]
        for year, yuan in ((2007, None), (2008, 200), (2009, 200), (2010, 500)):
            code = self.check(year, mandates)
            if yuan:
                self.assertEqual(self.entitlement(code, year)["amount_yuan"], yuan)

    def test_pays_no_more_than_that(self):
        self.budget()
        starts = f"{YEAR}-01-15"
        entitled = expected(YEAR, [("town", starts, None, [])], DEFAULTS)[1]
        code = self.newcomer(("town", starts, None, []))
        self.spend(code=code, yuan=entitled - 100)
        named = self.no("CONFLICT", "over_entitlement", "office", "RecordFund", fund_id=wire.uuid7(), kind="deputy_activity",
                        amount_yuan=101, spent_on=day(), person_id=self.id_of(code))
        self.assertEqual({k: named[k] for k in ("person", "entitled", "paid", "amount", "left")},
                         {"person": code, "entitled": str(entitled), "paid": str(entitled - 100), "amount": "101",
                          "left": "100"})
        # The chair may, and says why; the office may not, whatever it says; the chair not without a reason.
        fields = {"fund_id": wire.uuid7(), "kind": "deputy_activity", "amount_yuan": 101, "spent_on": day(),
                  "person_id": self.id_of(code)}
        self.no("CONFLICT", "over_entitlement", "office", "RecordFund", over_note="会议多", **fields)
        self.no("CONFLICT", "over_entitlement", "chair", "RecordFund", over_note=" ", **fields)
        made = self.spend("chair", code=code, yuan=101, over_note="参加了县里的活动")
        self.assertEqual(self.fund(made["code"])["over_note"], "参加了县里的活动")
        self.assertEqual(self.entitlement(code, YEAR)["left_yuan"], -1)
        # What is void was not paid.
        self.move_fund(made["code"], "void", note="退回")
        self.assertEqual((self.entitlement(code, YEAR)["paid_yuan"], self.entitlement(code, YEAR)["left_yuan"]),
                         (entitled - 100, 100))
        made = self.spend(code=code, yuan=100, over_note="用不着")
        self.assertNotIn("over_note", self.fund(made["code"]), "within the limits there is nothing to excuse")
        self.assertEqual(self.entitlement(code, YEAR)["left_yuan"], 0)
        # Who is entitled to nothing, and was paid, is in the list.
        never = self.newcomer(("city", "2022-03-01", None, []))
        self.no("CONFLICT", "over_entitlement", "office", "RecordFund", **{**fields, "person_id": self.id_of(never)})
        self.spend("chair", code=never, yuan=5, over_note="特批")
        found = self.entitlement(never, YEAR)
        self.assertEqual((found["days"], found["amount_yuan"], found["paid_yuan"], found["left_yuan"]), (0, 0, 5, -5))

    def test_who_sees(self):
        def codes(login, **fields):
            return {e["person_code"] for e in self.do(login, "ListEntitlements", year=2025, **fields)["entitlements"]}
        self.assertEqual(codes("deputy1"), {"D01"})
        mine = {f"D{n:02d}" for n in range(1, 21)}
        self.assertEqual({c for c in codes("leader1") if c.startswith("D")}, mine)
        self.assertEqual({c for c in codes("office", group_code="G01") if c.startswith("D")}, mine)
        self.assertLessEqual({f"D{n:02d}" for n in range(1, 41)}, codes("auditor"))
        self.no("FORBIDDEN", "role_may_not", "clerk1", "ListEntitlements")
        for year in (1900, 9999):
            self.no("INVALID", "bad_year", "office", "ListEntitlements", year=year)


class Rates(Office):
    """Changes of rate and of level; in a town of its own database, for rates stay."""

    def test_random_lives(self):
        """Many lives, rates that change in the year and by level, levels entitled or not: against the day-by-day sum."""
        chance = random.Random(20260101)
        rates = dict(DEFAULTS)
        for level, starts, yuan in (("all", "2024-07-01", 611), ("county", "2025-03-10", 733), ("town", "2025-09-01", 350),
                                    ("all", "2026-02-28", 640), ("city", "2024-02-29", 90)):
            self.do("chair", "SetRate", kind="activity_per_deputy", level=level, holds_from_on=starts, amount_yuan=yuan,
                    note="文件")
            rates[level, date(starts)] = yuan
        # A second row for the same day holds in place of the first.
        before = self.do("chair", "SetRate", kind="activity_per_deputy", level="all", holds_from_on="2024-07-01",
                         amount_yuan=613, note="更正")
        self.assertEqual(before["before_yuan"], 611)
        rates["all", date("2024-07-01")] = 613
        self.centre.sql(f"insert into data.setting (town_id, key, holds_from, value) values"
                        f" ({TOWN}, 'activity_money_city', '2025-12-31', 1)")

        def some_day():
            return (datetime.date(2022, 6, 1) + datetime.timedelta(days=chance.randrange(1900))).isoformat()

        def life():
            starts, ends = sorted((some_day(), some_day()))
            gaps = [tuple(sorted((some_day(), some_day()))) for _ in range(chance.randrange(3))]
            gaps = [(a, b if chance.random() < 0.9 else None) for a, b in {g[0]: g for g in gaps}.values()]
            return chance.choice(LEVELS), starts, ends if chance.random() < 0.6 else None, gaps

        lives = [[life() for _ in range(chance.randrange(1, 4))] for _ in range(40)]
        lives = dict(zip(self.newcomers(lives), lives))
        several = 0
        for year in (2023, 2024, 2025, 2026, 2027):
            entitled = LEVELS if year >= 2025 else LEVELS[1:]
            found = {e["person_code"]: e for e in self.do("office", "ListEntitlements", year=year)["entitlements"]}
            for code, mandates in lives.items():
                days, yuan = expected(year, mandates, rates, entitled)
                e = found.get(code)
                self.assertEqual((e["days"], e["amount_yuan"]) if e else (0, 0), (days, yuan), (year, code, mandates))
                several += e is not None and len(e["rates_yuan"]) > 1
            sums = self.do("office", "MoneyBalance", year=year)["entitled"]
            self.assertEqual((sums["people"], sums["amount_yuan"]),
                             (len(found), sum(e["amount_yuan"] for e in found.values())))
        self.assertGreater(several, 20, "few of the lives have met a change of rate")

    def test_refused(self):
        fields = {"kind": "allowance_day", "holds_from_on": "2025-01-01", "amount_yuan": 60, "note": "文件"}
        for name, rule, login, more in (
            ("FORBIDDEN", "role_may_not", "office", {}), ("INVALID", "value_missing", "chair", {"kind": None}),
            ("INVALID", "value_missing", "chair", {"holds_from_on": None}),
            ("INVALID", "value_missing", "chair", {"note": " "}), ("INVALID", "bad_amount", "chair", {"amount_yuan": -1}),
            ("INVALID", "value_missing", "chair", {"amount_yuan": None}),
            ("INVALID", "rate_not_by_level", "chair", {"kind": "award_group", "level": "town"}),
        ):
            self.no(name, rule, login, "SetRate", **{**fields, **more})

    def test_allowance_by_days(self):
        self.budget("other", 10000)
        fields = {"kind": "other", "yuan": None, "allowance_days": 3, "person_id": person("D01")}
        self.no("CONFLICT", "allowance_unset", "office", "RecordFund", fund_id=wire.uuid7(), kind="other", allowance_days=3,
                person_id=person("D01"))
        self.do("chair", "SetRate", kind="allowance_day", holds_from_on="2025-01-01", amount_yuan=60, note="文件")
        self.do("chair", "SetRate", kind="allowance_day", level="county", holds_from_on="2025-01-01", amount_yuan=80, note="文件")
        self.assertEqual(self.spend(**fields)["amount_yuan"], 180)
        both = self.newcomer(("town", "2022-03-01", None, []), ("county", "2022-03-01", None, []))
        self.assertEqual(self.spend(**{**fields, "person_id": self.id_of(both)})["amount_yuan"], 240)
        self.assertEqual(self.spend(**{**fields, "yuan": 180})["amount_yuan"], 180)
        fund = {"fund_id": wire.uuid7(), "kind": "other", "allowance_days": 3, "person_id": person("D01")}
        self.no("INVALID", "allowance_differs", "office", "RecordFund", amount_yuan=181, **fund)
        self.no("INVALID", "allowance_of_whom", "office", "RecordFund", **{**fund, "kind": "deputy_activity"})
        self.no("INVALID", "allowance_of_whom", "office", "RecordFund", **{**fund, "person_id": None})
        self.no("INVALID", "allowance_of_whom", "office", "RecordFund", **{**fund, "allowance_days": 0})


class Spending(Office):
    def test_budget(self):
        fields = {"fund_id": wire.uuid7(), "kind": "room_premises", "group_id": G01, "spent_on": day()}
        self.no("CONFLICT", "budget_missing", "office", "RecordFund", amount_yuan=1, **fields)
        self.assertEqual(self.budget("room_premises", 1000), {"spent_yuan": 0, "over_spent": False})
        self.spend(yuan=700, kind="room_premises", group_id=G01)
        named = self.no("CONFLICT", "over_budget", "office", "RecordFund", amount_yuan=301, **fields)
        self.assertEqual((named["left"], named["amount"], named["budget_kind"]), ("300", "301", "room_premises"))
        self.spend(yuan=300, kind="room_premises", group_id=G01)
        self.no("CONFLICT", "over_budget", "office", "RecordFund", amount_yuan=1, over_note="急用", **fields)
        self.no("CONFLICT", "over_budget", "chair", "RecordFund", amount_yuan=1, **fields)
        over = self.spend("chair", yuan=50, kind="room_premises", group_id=G01, over_note="屋顶漏雨，先修")["code"]
        lines = {b["kind"]: b for b in self.do("office", "MoneyBalance")["lines"]}
        self.assertEqual(lines["room_premises"], {
            "kind": "room_premises", "budget_yuan": 1000, "spent_yuan": 1050, "left_yuan": -50,
            "unconfirmed_yuan": 1050, "entries": 3, "note": "预算"})
        self.assertNotIn("budget_yuan", lines["office_premises"])
        self.assertEqual(list(lines), ["deputy_activity", "office_premises", "room_premises", "other", "award"])
        self.move_fund(over, "void", "chair", note="没有修")
        self.assertEqual(self.budget("room_premises", 999), {"before_yuan": 1000, "spent_yuan": 1000, "over_spent": True})
        changes = self.do("auditor", "MoneyBalance")["changes"]
        self.assertEqual([(b["amount_yuan"], b["author"]) for b in changes if b["kind"] == "room_premises"],
                         [(1000, "chair"), (999, "chair")])
        # Other years have lines of their own.
        self.no("CONFLICT", "budget_missing", "office", "RecordFund", amount_yuan=1,
                **{**fields, "spent_on": f"{YEAR - 1}-05-01"})
        for rule, more in (("value_missing", {"kind": None}), ("value_missing", {"note": ""}),
                           ("bad_amount", {"amount_yuan": -5}), ("bad_year", {"year": 25}),
                           ("value_missing", {"year": None})):
            self.no("INVALID", rule, "chair", "SetBudget",
                    **{"year": YEAR, "kind": "other", "amount_yuan": 5, "note": "预算", **more})
        self.no("FORBIDDEN", "role_may_not", "office", "SetBudget", year=YEAR, kind="other", amount_yuan=5, note="预算")

    def test_two_at_once_do_not_spend_the_same(self):
        self.budget("office_premises", 1000)
        writers = [harness.Writer(lambda login=login: self.centre.connect(login), [
            self.clients[login].payload("RecordFund", fund_id=wire.uuid7(), kind="office_premises", amount_yuan=10,
                                        spent_on=day()) for _ in range(80)], method="RecordFund")
            for login in ("office", "office2")]
        for writer in writers:
            writer.start()
        harness.join_all(writers)
        done = sum(f.type == wire.RESPONSE for w in writers for f in w.answers.values())
        spent = int(self.centre.one("select sum(amount_yuan) from data.fund where kind = 'office_premises'"
                                    f" and town_id = {TOWN}"))
        self.assertEqual((done, spent), (100, 1000))

    def test_two_persons(self):
        self.budget()
        made = self.spend(code="D02", yuan=60)
        self.assertEqual((made["state"], made["paid_twice"]), ("recorded", False))
        code = made["code"]
        id = self.fund(code)["fund_id"]
        # Nobody confirms their own; what a person got they first sign for.
        self.no("FORBIDDEN", "confirm_own_record", "office", "MoveFund", fund_id=id, action="confirm")
        self.no("CONFLICT", "not_signed_for", "office2", "MoveFund", fund_id=id, action="confirm")
        self.no("INVALID", "signed_when", "office", "MoveFund", fund_id=id, action="sign", day_on=day(1))
        self.no("INVALID", "signed_when", "office", "MoveFund", fund_id=id, action="sign", day_on=day(-1))
        self.assertEqual(self.move_fund(code, "sign"), "recorded")
        self.no("INVALID", "value_missing", "office", "MoveFund", fund_id=id, action="sign")
        self.move_fund(code, "sign", note="看错了签字")
        self.assertEqual(self.move_fund(code, "confirm", "office2"), "confirmed")
        shown = self.fund(code)
        self.assertEqual({k: shown[k] for k in ("state", "signed_on", "recorded_by", "confirmed_by", "confirmed_on")},
                         {"state": "confirmed", "signed_on": day(), "recorded_by": "office", "confirmed_by": "office2",
                          "confirmed_on": day()})
        # Confirmed, it is the chair's to void.
        self.no("FORBIDDEN", "not_your_step", "office", "MoveFund", fund_id=id, action="void", note="错")
        self.no("INVALID", "value_missing", "chair", "MoveFund", fund_id=id, action="void")
        self.assertEqual(self.move_fund(code, "void", "chair", note="错"), "void")
        steps = [(s["action"], s["from_state"], s["to_state"], s["author"])
                 for s in self.do("auditor", "GetFund", code=code)["steps"]]
        self.assertEqual(steps, [("record", "new", "recorded", "office"), ("sign", "recorded", "recorded", "office"),
                                 ("sign", "recorded", "recorded", "office"),
                                 ("confirm", "recorded", "confirmed", "office2"),
                                 ("void", "confirmed", "void", "chair")])

    def test_large_sums_are_the_chairs(self):
        self.budget("other", 100000)
        for yuan, rule in ((999, None), (1000, "fund_for_chair")):
            code = self.spend(yuan=yuan, kind="other")["code"]
            if rule is None:
                self.move_fund(code, "confirm", "office2")
            else:
                self.no("FORBIDDEN", rule, "office2", "MoveFund", fund_id=self.fund(code)["fund_id"], action="confirm")
                self.move_fund(code, "confirm", "chair")
        # What the chair booked the office confirms.
        code = self.spend("chair", yuan=5000, kind="other")["code"]
        self.no("FORBIDDEN", "confirm_own_record", "chair", "MoveFund", fund_id=self.fund(code)["fund_id"], action="confirm")
        self.assertEqual(self.move_fund(code, "confirm", "office"), "confirmed")

    def test_nobody_for_themselves(self):
        self.budget()
        account = harness.base().accounts[TOWN, "office"].hex()
        code = self.spend("office2", code="D05", yuan=10)["code"]
        self.centre.sql(f"update data.account set person_id = '{person('D05').hex()}' where account_id = '{account}'")
        try:
            with self.centre.connect("office") as office:
                error = self.refused("FORBIDDEN", office.call, "RecordFund", fund_id=wire.uuid7(), kind="deputy_activity",
                                     amount_yuan=1, person_id=person("D05"))
                self.assertEqual(error.rule, "money_for_self")
                for action in ("sign", "confirm", "void"):
                    error = self.refused("FORBIDDEN", office.call, "MoveFund", fund_id=self.fund(code)["fund_id"],
                                         action=action, note="x")
                    self.assertEqual(error.rule, "money_for_self")
        finally:
            self.centre.sql(f"update data.account set person_id = null where account_id = '{account}'")
        # The chair's account stands for no person, and for whoever is the chair.
        with test_meetings.leading(self.centre, "D05", "chair"):
            self.no("FORBIDDEN", "money_for_self", "chair", "RecordFund", fund_id=wire.uuid7(), kind="deputy_activity",
                    amount_yuan=1, person_id=person("D05"))
            self.no("FORBIDDEN", "money_for_self", "chair", "MoveFund", fund_id=self.fund(code)["fund_id"], action="confirm")

    def test_the_same_twice_is_said(self):
        self.budget()
        self.budget(year=int(day(-1)[:4]))
        first = self.spend(code="D03", yuan=40)["code"]
        again = self.spend(code="D03", yuan=40)
        self.assertEqual((again["paid_twice"], again["same_codes"]), (True, [first]))
        self.assertFalse(self.spend(code="D03", yuan=41)["paid_twice"])
        self.assertFalse(self.spend(code="D04", yuan=40)["paid_twice"])
        self.assertFalse(self.spend(code="D03", yuan=40, spent_on=day(-1))["paid_twice"])
        self.move_fund(first, "void", note="重复")
        self.assertEqual(self.spend(code="D03", yuan=40)["same_codes"], [again["code"]])

    def test_refused(self):
        self.budget()
        fields = {"fund_id": wire.uuid7(), "kind": "deputy_activity", "amount_yuan": 5, "person_id": person("D01"),
                  "spent_on": day()}
        for name, rule, more in (
            ("INVALID", "value_missing", {"fund_id": None}), ("INVALID", "value_missing", {"kind": None}),
            ("INVALID", "value_missing", {"person_id": None}), ("INVALID", "value_missing", {"amount_yuan": None}),
            ("INVALID", "bad_amount", {"amount_yuan": 0}), ("INVALID", "bad_amount", {"amount_yuan": -500}),
            ("INVALID", "bad_amount", {"amount_yuan": 10**9}), ("INVALID", "bad_amount", {"amount_yuan": 2**63 - 1}),
            ("INVALID", "day_in_future", {"spent_on": day(1)}), ("INVALID", "signed_when", {"signed_on": day(-1)}),
            ("NOT_FOUND", "person_unknown", {"person_id": wire.uuid7()}),
            ("NOT_FOUND", "group_unknown", {"group_id": wire.uuid7()}),
        ):
            self.no(name, rule, "office", "RecordFund", **{**fields, **more})
        self.no("NOT_FOUND", "fund_unknown", "office", "MoveFund", fund_id=wire.uuid7(), action="confirm")
        self.no("NOT_FOUND", "fund_unknown", "office", "GetFund", code="E9999")

    def test_who_sees(self):
        self.budget()
        mine = self.spend(code="D06", yuan=11)["code"]
        theirs = self.spend(code="D26", yuan=11)["code"]
        rooms = self.spend(yuan=11, group_id=G02)["code"]
        own = self.spend(code="D01", yuan=11)["code"]

        def codes(login, **fields):
            return {f["code"] for f in self.do(login, "ListFunds", **fields).get("funds", [])}
        made = {mine, theirs, rooms, own}
        for login, seen in (("office", made), ("chair", made), ("auditor", made), ("leader1", {mine, own}),
                            ("leader2", {theirs, rooms}), ("deputy1", {own}), ("deputy2", set())):
            self.assertEqual(codes(login) & made, seen, login)
            for code in made:
                if code in seen:
                    self.do(login, "GetFund", code=code)
                else:
                    self.no("FORBIDDEN", "not_yours", login, "GetFund", code=code)
        self.assertEqual(codes("office", person_code="D06", from_on=day(), state="recorded", kind="deputy_activity"), {mine})
        self.assertEqual(codes("office", group_code="G02"), {rooms})
        self.assertEqual(codes("office", to_on=day(-1)) & made, set())
        pages, after = [], None
        while True:
            reply = self.do("office", "ListFunds", limit=3, after=after)
            pages += [f["code"] for f in reply["funds"]]
            after = reply.get("next")
            if after is None:
                break
        self.assertEqual(pages, [f["code"] for f in self.do("office", "ListFunds")["funds"]])

    def test_what_waits(self):
        self.budget("other", 100000)
        self.budget()

        def rules(code):
            return {login: [t["rule"] for t in self.do(login, "ListTodo", subject="fund").get("todos", []) if t["code"] == code]
                    for login in ("office", "office2", "chair")}
        code = self.spend(yuan=100, kind="other")["code"]
        self.assertEqual(rules(code), {"office": [], "office2": ["todo_fund_confirm"], "chair": []})
        code = self.spend(yuan=5000, kind="other")["code"]
        self.assertEqual(rules(code), {"office": [], "office2": [], "chair": ["todo_fund_confirm"]})
        code = self.spend("chair", yuan=5000, kind="other")["code"]
        self.assertEqual(rules(code), {"office": ["todo_fund_confirm"], "office2": ["todo_fund_confirm"], "chair": []})
        code = self.spend(yuan=30, code="D07")["code"]
        self.assertEqual(rules(code), {"office": ["todo_fund_sign"], "office2": ["todo_fund_sign"], "chair": []})
        self.move_fund(code, "sign")
        self.assertEqual(rules(code), {"office": [], "office2": ["todo_fund_confirm"], "chair": []})
        self.move_fund(code, "confirm", "office2")
        self.assertEqual(rules(code), {"office": [], "office2": [], "chair": []})

    def test_who_hears_of_it(self):
        """The feed tells of an entry whom the lists show it to."""
        self.budget()
        since = self.do("office", "Changes", limit=1)["last"]
        made = self.spend(code="D27", yuan=12)["code"]

        def heard(login):
            return [c.get("code") for c in self.do(login, "Changes", since=since, topics=["office"]).get("changes", [])]
        for login, codes in (("office", [made]), ("auditor", [made]), ("leader2", [made]), ("leader1", []), ("clerk2", []),
                             ("deputy1", [])):
            self.assertEqual(heard(login), codes, login)
