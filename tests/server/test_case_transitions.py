"""The state machine of the cases, whole: every state x action x role; and a new computation in each of the states."""

import datetime
import itertools
import os

import harness
import wire
from test_transitions import Walk, day, imported

TRAININGS = ("A1", "A2", "A3")


def trainings(absent=("D01",), present=("D02",)):
    """Three locked activities of the whole town in May 2025, as files."""
    meetings = [(a, "training", "培训" + a, f"2025-05-{5 + 7 * n:02d}", "locked") for n, a in enumerate(TRAININGS)]
    rolls = [(a, p, "signed", "2025-05-01", mark) for a in TRAININGS
             for mark, people in (("absent", absent), ("present", present)) for p in people]
    return {
        "meetings": (["code", "kind", "title", "held_on", "state"], meetings),
        "attendance": (["meeting", "person", "notice", "notified_on", "mark"], rolls),
    }


def periods():
    """Periods that hold those three days, long enough for any level of activities and too short for one of voices; to the
    presidium those that end after May, to the chair's talk the others. Each holds none of those before it."""
    days = lambda month, day, count: [datetime.date(2025, month, day) + datetime.timedelta(n) for n in range(count)]
    both = {"decide": (days(3, 1, 15), days(6, 15, 20)), "talk": (days(2, 1, 15), days(5, 20, 10))}
    return {track: ((a.isoformat(), b.isoformat()) for a, b in itertools.product(both[track][0], both[track][1][::-1]))
            for track in both}


class Case:
    """The case of D01, who missed three activities. office2 has the office's hand in it, so that office may review."""

    subject = "case"
    firsts = ("compute",)  # of a period, and not of a case: CaseComputation, below
    states = ("data_check", "checked", "notified", "wait_statement", "review", "decision", "help_plan", "cleared",
              "carried", "closed", "reopened", "void")
    note = {"note": "说明原因"}
    plan = {"note": "每次到会", "mentor_id": imported("people", "D02")}
    paths = {
        "checked": ("data_check", ("leader", "check", {})),
        "notified": ("checked", ("office2", "notify", {})),
        "wait_statement": ("notified", ("office2", "deliver", {"notice": "signed"})),
        "review": ("wait_statement", ("deputy", "state", {"answer": "explain", **note})),
        "decision": ("review", ("office", "uphold", {})),
        "help_plan": ("decision", ("chair", "decide", None)),
        "closed": ("decision", ("chair", "decide", {"outcome": "not_confirmed", "in_favour": 0, "against": 1, **note})),
        "planned": ("help_plan", ("office2", "plan", plan)),
        "cleared": ("planned", ("chair", "clear", note)),
        "carried": ("planned", ("chair", "carry", note)),
        "reopened": ("closed", ("deputy", "reopen", note)),
        "void": ("data_check", ("chair", "void", note)),
    }
    starts = {("clear", "help_plan"): "planned", ("carry", "help_plan"): "planned"}

    def __init__(self, case):
        with open(os.path.join(harness.SOURCE, "proto/lvzhi/v1/case.proto")) as text:
            listed = [line.split()[0] for line in text if line.startswith("  CASE_ACTION_")]
        self.actions = {name.removeprefix("CASE_ACTION_").lower() for name in listed} | {"compute"}
        self.periods = periods()
        self.meeting = wire.uuid7()
        case.do("office", "PlanMeeting", meeting_id=self.meeting, kind="presidium_meeting", title="主席团会议",
                held_on=day())
        case.do("office", "NotifyMeeting", meeting_id=self.meeting, notice="call", notified_on=day())
        case.do("office", "MoveMeeting", meeting_id=self.meeting, action="open")
        case.do("office", "RecordAttendance", meeting_id=self.meeting,
                marks=[{"person_id": imported("people", "D03"), "mark": "present"}])
        case.do("office", "MoveMeeting", meeting_id=self.meeting, action="close")

    def compute(self, case, track="decide"):
        begins, ends = next(self.periods[track])
        case.do("office2", "ComputeCases", from_on=begins, to_on=ends)
        return case.do("office", "ListCases", person_code="D01", from_on=begins, to_on=ends)["cases"][0]["case_id"]

    def move(self, case, role, id, action, fields):
        decided = {"decide": {"meeting_id": self.meeting}}.get(action, {})
        if fields is None:
            fields = {"outcome": "confirmed", "in_favour": 1, **self.note}
        return case.do(role, "MoveCase", case_id=id, action=action, **decided, **fields)

    def follow(self, case, state, track="decide"):
        if state == "data_check":
            return self.compute(case, track)
        before, (role, action, fields) = self.paths[state]
        id = self.follow(case, before, track)
        self.move(case, role, id, action, fields)
        return id

    def reach(self, case, state, action=None, role=None):
        id = self.follow(case, self.starts.get((action, state), state), "talk" if action == "talk" else "decide")
        if action == "go_on" or role == "chair" and action in ("check", "object"):  # the day for it is over
            case.centre.sql(f"update data.three_no_case set step_due_on = '{day(-1)}' where case_id = '{id.hex()}'")
        return id

    def act(self, case, id, action, role):
        fields = {
            "deliver": {"notice": "call"} if role == "office" else {}, "state": {"answer": "appeal", **self.note},
            "talk": {"outcome": "confirmed", **self.note}, "decide": None, "plan": self.plan,
        }.get(action, self.note)
        return self.move(case, role, id, action, fields)

    def state_of(self, case, id):
        return case.do("office", "GetCase", case_id=id)["case"]["state"]


class CaseWalk(Walk):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        faults = harness.import_files(cls.clients["office"], trainings())
        assert isinstance(faults, dict), faults
        cls.centre.sql("insert into data.setting (town_id, key, holds_from, value)"
                       f" values ({harness.TOWN}, 'nots_for_case', '2025-06-01', 1)")


class Transitions(CaseWalk):
    def test_cases(self):
        self.walk(Case(self))


class Computation(CaseWalk):
    """A correction and a computation in each state: a new version, and what was built on the old one begins anew."""

    def mark(self, mark, note="更正"):
        self.do("chair", "RecordAttendance", meeting_id=imported("meetings", "A1"),
                marks=[{"person_id": imported("people", "D01"), "mark": mark, "note": note}])

    def compute(self, case):
        return self.do("office", "ComputeCases", from_on=case["from_on"], to_on=case["to_on"])

    def case(self, id):
        return self.do("office", "GetCase", case_id=id)["case"]

    def test_in_each_state(self):
        machine = Case(self)
        for state in machine.states:
            with self.subTest(state=state):
                id = machine.follow(self, state)
                before = self.case(id)
                self.assertEqual((before["state"], before["version"], before["no_activities"]), (state, 1, 3))
                # Another word about a mark moves no figure: a new version, and the case stays where it is.
                self.mark("absent", "核对过签到簿")
                counts = self.compute(before)
                story = self.case(id)
                if state == "void":
                    self.assertEqual(counts, {"added": 0, "renewed": 0, "unchanged": 1})
                    self.assertEqual(story, before)
                    continue
                self.assertEqual(counts, {"added": 0, "renewed": 1, "unchanged": 0})
                self.assertEqual({**before, "version": 2, "step_due_on": None}, {**story, "step_due_on": None})
                # A corrected mark does: two missed, one attended.
                self.mark("present")
                self.assertEqual(self.compute(before), {"added": 0, "renewed": 1, "unchanged": 0})
                after = self.case(id)
                self.assertEqual((after["state"], after["version"], after["no_activities"], after["track"]),
                                 ("data_check", 3, 2, "talk"))
                for field in ("outcome", "result", "notice", "answer", "statement", "mentor_code", "targets"):
                    self.assertNotIn(field, after)
                self.assertEqual(after["confirmed"] if "confirmed" in after else [], [])
                self.assertEqual(self.compute(before), {"added": 0, "renewed": 0, "unchanged": 1})
                self.mark("absent")
