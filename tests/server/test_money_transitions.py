"""The machines of money, deeds, households and awards, whole: every state x action x role (test_transitions.py)."""

import itertools

import harness
import test_transitions
import wire
from test_transitions import day, imported

NOTE = {"note": "说明原因"}


class Machine:
    """A record that is made, moved by MoveX with an action, and shown by GetX."""

    def __init__(self, case):
        name = self.subject.upper()
        with open(f"{harness.SOURCE}/proto/lvzhi/v1/{self.file}.proto") as text:
            listed = [line.split()[0] for line in text if line.startswith(f"  {name}_ACTION_")]
        self.actions = {action.removeprefix(f"{name}_ACTION_").lower() for action in listed} | set(self.firsts)
        self.numbers = itertools.count()

    def get(self, case, id):
        return case.do("office", "Get" + self.subject.capitalize(), **{self.subject + "_id": id})[self.subject]

    def state_of(self, case, id):
        return self.get(case, id)["state"]

    def move(self, case, role, id, action, **fields):
        return case.do(role, "Move" + self.subject.capitalize(), **{self.subject + "_id": id, "action": action, **NOTE, **fields})

    def follow(self, case, id, *steps):
        for role, action, fields in steps:
            self.move(case, role, id, action, **fields)
        return id


class Fund(Machine):
    """Booked by one of the office, so that the other and the chair may confirm it."""

    subject, file, firsts = "fund", "money", ("record",)
    states = ("recorded", "confirmed", "void")

    def __init__(self, case):
        super().__init__(case)
        case.do("chair", "SetBudget", year=int(day()[:4]), kind="other", amount_yuan=10**6, note="预算")

    def reach(self, case, state, action=None, role=None):
        id = wire.uuid7()
        case.do("office2", "RecordFund", fund_id=id, kind="other", amount_yuan=10)
        return self.follow(case, id, *{
            "recorded": [], "confirmed": [("office", "confirm", {})], "void": [("office", "void", {})]}[state])

    def act(self, case, id, action, role):
        return self.move(case, role, id, action)


class Deed(Machine):
    """D01's, claimed by themselves; each in a text of its own."""

    subject, file, firsts = "deed", "deed", ("record",)
    states = ("claimed", "verified", "rejected", "void")

    def __init__(self, case):
        super().__init__(case)
        self.other = self.get(case, self.reach(case, "claimed"))["code"]

    def reach(self, case, state, action=None, role=None):
        id, number = wire.uuid7(), next(self.numbers)
        text = "".join(chr(0x4E00 + number * 8 + n) for n in range(8))
        case.do("deputy", "RecordDeed", deed_id=id, kind=f"类{number}", village_code="V01", text=text, witness="李会计")
        return self.follow(case, id, *{
            "claimed": [], "verified": [("office", "verify", {})], "rejected": [("office", "reject", {})],
            "void": [("office", "void", {})]}[state])

    def act(self, case, id, action, role):
        return self.move(case, role, id, action, **({"same_as_code": self.other} if action == "join" else {}))


class Household(Machine):
    """One that D01 helps, visited once."""

    subject, file, firsts = "household", "deed", ("register",)
    states = ("active", "ended", "void")

    def reach(self, case, state, action=None, role=None):
        id = wire.uuid7()
        case.do("clerk", "RegisterHousehold", household_id=id, village_code="V01", head=f"户{next(self.numbers)}", members=3,
                helper_ids=[imported("people", "D01")])
        visit = ("deputy", "visit", {})
        return self.follow(case, id, visit, *{
            "active": [], "ended": [("clerk", "end", {})], "void": [("office", "void", {})]}[state])

    def act(self, case, id, action, role):
        return self.move(case, role, id, action, **{
            "change": {"members": 4}, "visit": {"person_id": imported("people", "D01")}, "void_visit": {"visit_no": 1},
        }.get(action, {}))


class Award(Machine):
    """A deputy of G01, each time for another year or another deputy; put up by one of the office, checked by the other."""

    subject, file, firsts = "award", "award", ("nominate",)
    states = ("nominated", "verified", "decided", "paid", "rejected", "withdrawn", "void")

    def __init__(self, case):
        super().__init__(case)
        self.free = ((year, f"D{n:02d}") for year in (2022, 2023, 2024, 2025) for n in range(1, 21))

    def decide(self, case, id):
        return {"document": "镇发", "day_on": f"{self.get(case, id)['year']}-12-31"}

    def reach(self, case, state, action=None, role=None):
        id = wire.uuid7()
        year, code = next(self.free)
        case.do("office2", "NominateAward", award_id=id, kind="excellent_deputy", year=year, reason="事迹",
                person_id=imported("people", code))
        verified = ("office", "verify", {})
        decided = ("chair", "decide", self.decide(case, id))
        return self.follow(case, id, *{
            "nominated": [], "verified": [verified], "decided": [verified, decided],
            "paid": [verified, decided, ("office", "pay", {})], "rejected": [("office", "reject", {})],
            "withdrawn": [("office2", "withdraw", {})], "void": [verified, decided, ("chair", "void", {})]}[state])

    def act(self, case, id, action, role):
        return self.move(case, role, id, action, **(self.decide(case, id) if action == "decide" else {}))


class Transitions(test_transitions.Walk):
    def test_money(self):
        self.walk(Fund(self))

    def test_deeds(self):
        self.walk(Deed(self))

    def test_households(self):
        self.walk(Household(self))

    def test_awards(self):
        self.walk(Award(self))

