"""The machines of what activities lead to and of a group's year: every state x action x role, as test_transitions.py."""

import os

import harness
import wire
from test_transitions import Walk, day, imported

G01, U01 = imported("groups", "G01"), imported("units", "U01")
NOTE = {"note": "说明情况"}
BALLOTS = {"issued": 60, "returned": 58, "invalid": 1, "excellent": 30, "competent": 20, "basic": 5, "incompetent": 2}
OTHER = {**BALLOTS, "excellent": 31, "competent": 19}


def actions_of(file, enum):
    """The actions that an enum of the protocol names."""
    with open(os.path.join(harness.SOURCE, f"proto/lvzhi/v1/{file}.proto")) as text:
        listed = [line.split()[0] for line in text if line.startswith(f"  {enum}_ACTION_")]
    return {name.removeprefix(f"{enum}_ACTION_").lower() for name in listed}


def held(case, kind="inspection", until="close", **fields):
    """An activity of G01, held today."""
    id = wire.uuid7()
    case.do("office", "PlanMeeting", meeting_id=id, kind=kind, title="活动", held_on=day(), place="村口", group_id=G01,
            unit_id=U01, document="工作报告", **fields)
    case.do("office", "NotifyMeeting", meeting_id=id,
            people=[{"person_id": imported("people", "D01"), "notice": "signed", "notified_on": day(-5)}])
    for action in ("open", "close"):
        case.do("office", "MoveMeeting", meeting_id=id, action=action)
        if action == until:
            return id
    return id


class FollowUp:
    subject = "follow_up"
    firsts = ("write",)
    states = ("draft", "forwarded", "planned", "answered", "recheck", "done", "void")
    items = {"items": [{"text": "补齐护栏", "due_on": day(20)}]}
    paths = {
        "draft": (None, []),
        "forwarded": ("draft", [("office", "forward", {"unit_id": U01})]),
        "planned": ("forwarded", [("unit", "plan", items)]),
        "answered": ("planned", [("unit", "answer", NOTE)]),
        "recheck": ("answered", [("leader", "recheck", {})]),
        "done": ("recheck", [("leader", "settle", NOTE)]),
        "void": ("draft", [("office", "void", NOTE)]),
    }

    def __init__(self, case):
        self.actions = actions_of("activity", "FOLLOW_UP") | {"write", "change"}

    def follow(self, case, state, kind):
        before, steps = self.paths[state]
        if before is None:
            id = wire.uuid7()
            case.do("leader", "WriteFollowUp", follow_up_id=id, meeting_id=held(case, kind), report="护栏缺三处")
        else:
            id = self.follow(case, before, kind)
        for role, action, fields in steps:
            case.do(role, "MoveFollowUp", follow_up_id=id, action=action, **fields)
        return id

    def reach(self, case, state, action=None, role=None):
        # Only of a deliberation is there an answer without a plan.
        return self.follow(case, state, "deliberation" if (action, state) == ("answer", "forwarded") else "inspection")

    def act(self, case, id, action, role):
        if action == "change":
            return case.do(role, "WriteFollowUp", follow_up_id=id, report="护栏缺四处")
        fields = {**NOTE, **{"forward": {"unit_id": U01}, "plan": self.items}.get(action, {})}
        return case.do(role, "MoveFollowUp", follow_up_id=id, action=action, **fields)

    def state_of(self, case, id):
        return case.do("office", "GetFollowUp", follow_up_id=id)["follow_up"]["state"]


class Appraisal:
    subject = "appraisal"
    firsts = ("record",)
    states = ("counting", "differing", "counted", "announced", "delivered", "void")

    def __init__(self, case):
        self.actions = actions_of("activity", "APPRAISAL") | {"record", "count_again", "recount"}

    def reach(self, case, state, action=None, role=None):
        id = wire.uuid7()
        case.do("office" if role in ("clerk", "leader") else "clerk", "RecordAppraisal", appraisal_id=id,
                meeting_id=held(case, "duty_report", "open", appraisees=["deputy"]), category="deputy",
                person_id=imported("people", "D05"), **BALLOTS)
        if state == "counting":
            return id
        if state == "void":
            case.do("office", "MoveAppraisal", appraisal_id=id, action="void", **NOTE)
            return id
        case.do("leader" if role not in ("clerk", "leader") else "office2", "CountAgain", appraisal_id=id,
                **(OTHER if state == "differing" else BALLOTS))
        for next_state, step in (("announced", "announce"), ("delivered", "deliver")):
            if state in ("announced", "delivered") and (state, step) != ("announced", "deliver"):
                case.do("leader", "MoveAppraisal", appraisal_id=id, action=step, **NOTE)
        return id

    def act(self, case, id, action, role):
        if action == "count_again":
            return case.do(role, "CountAgain", appraisal_id=id, **BALLOTS)
        if action == "recount":
            return case.do(role, "RecordAppraisal", appraisal_id=id, **BALLOTS)
        return case.do(role, "MoveAppraisal", appraisal_id=id, action=action, **NOTE)

    def state_of(self, case, id):
        return case.do("office", "GetAppraisal", appraisal_id=id)["appraisal"]["state"]


class Training:
    """The record is the meeting's; it has been described or not."""

    subject = "training"
    firsts = ()
    states = ("described",)
    actions = {"describe"}

    def __init__(self, case):
        pass

    def reach(self, case, state, action=None, role=None):
        id = held(case, "training")
        case.do("office", "DescribeTraining", meeting_id=id, form="tiered", tier="新代表", hours=4)
        return id

    def act(self, case, id, action, role):
        return case.do(role, "DescribeTraining", meeting_id=id, hours=6)

    def state_of(self, case, id):
        rows = case.centre.count("training", f"meeting_id = '{id.hex()}'")
        return "described" if rows == 1 else "new"


class SelfStudy:
    """D01's, noted by the room; each of a day of its own."""

    subject = "self_study"
    firsts = ("note",)
    states = ("noted", "confirmed", "refused", "withdrawn")

    def __init__(self, case):
        self.actions = actions_of("activity", "SELF_STUDY") | {"note"}
        self.days = 0

    def reach(self, case, state, action=None, role=None):
        id = wire.uuid7()
        self.days += 1
        case.do("clerk", "NoteSelfStudy", self_study_id=id, person_id=imported("people", "D01"), hours=2,
                title="代表法", studied_on=day(-self.days))
        step = {"confirmed": ("leader", "confirm"), "refused": ("leader", "refuse"), "withdrawn": ("clerk", "withdraw")}
        if state in step:
            role, action = step[state]
            case.do(role, "MoveSelfStudy", self_study_id=id, action=action, **NOTE)
        return id

    def act(self, case, id, action, role):
        return case.do(role, "MoveSelfStudy", self_study_id=id, action=action, **NOTE)

    def state_of(self, case, id):
        return case.do("office", "GetSelfStudy", self_study_id=id)["self_study"]["state"]


class OneAYear:
    """There is one of a group and a year: those that were made before are put into years of their own."""

    def make_room(self, case, table):
        self.years = getattr(self, "years", 2100) + 1
        case.centre.sql(f"update data.{table} set year = {self.years} where year < 2100 and void_reason is null")


class Paper(OneAYear):
    """G01's plan, written by its room."""

    subject = "paper"
    firsts = ("write",)
    states = ("draft", "submitted", "approved", "void")

    def __init__(self, case):
        self.actions = actions_of("group", "PAPER") | {"write", "change"}

    def reach(self, case, state, action=None, role=None):
        self.make_room(case, "group_paper")
        id = wire.uuid7()
        case.do("clerk", "WritePaper", paper_id=id, kind="plan", text="全年四次活动")
        for step in {"submitted": ["submit"], "approved": ["submit", "approve"], "void": ["void"]}.get(state, []):
            case.do("clerk" if step == "submit" else "office", "MovePaper", paper_id=id, action=step, **NOTE)
        return id

    def act(self, case, id, action, role):
        if action == "change":
            return case.do(role, "WritePaper", paper_id=id, text="全年五次活动")
        return case.do(role, "MovePaper", paper_id=id, action=action, **NOTE)

    def state_of(self, case, id):
        return case.do("office", "GetPaper", paper_id=id)["paper"]["state"]


class RoomVisit:
    subject = "room_visit"
    firsts = ("inspect",)
    states = ("passed", "failed", "remedied", "void")

    def __init__(self, case):
        self.actions = actions_of("group", "ROOM_VISIT") | {"inspect"}

    def reach(self, case, state, action=None, role=None):
        id = wire.uuid7()
        case.do("office", "InspectRoom", room_visit_id=id, group_id=G01,
                points=[{"point": "制度上墙", "fine": state == "passed", "note": "缺一块"}])
        if state in ("remedied", "void"):
            case.do("office", "MoveRoomVisit", room_visit_id=id, **NOTE,
                    action={"remedied": "remedy", "void": "void"}[state])
        return id

    def act(self, case, id, action, role):
        return case.do(role, "MoveRoomVisit", room_visit_id=id, action=action, **NOTE)

    def state_of(self, case, id):
        return case.do("office", "GetRoomVisit", room_visit_id=id)["room_visit"]["state"]


class VoterLink:
    subject = "voter_link"
    firsts = ("link",)
    states = ("linked", "ended", "void")

    def __init__(self, case):
        self.actions = actions_of("group", "VOTER_LINK") | {"link"}
        self.made = 0

    def reach(self, case, state, action=None, role=None):
        id = wire.uuid7()
        self.made += 1
        case.do("clerk", "LinkVoters", voter_link_id=id, person_id=imported("people", "D01"), voters=f"第{self.made}选民小组")
        if state != "linked":
            case.do("office", "MoveVoterLink", voter_link_id=id, action={"ended": "end", "void": "void"}[state], **NOTE)
        return id

    def act(self, case, id, action, role):
        return case.do(role, "MoveVoterLink", voter_link_id=id, action=action, **NOTE)

    def state_of(self, case, id):
        return case.do("office", "GetVoterLink", voter_link_id=id)["voter_link"]["state"]


class Target(OneAYear):
    """G01's sheet of last year, so that its end has come; with a line that is entered by hand."""

    subject = "target"
    firsts = ("write",)
    states = ("draft", "signed", "checked", "settled", "void")
    lines = [{"line_code": "a", "label": "宣传学习", "weight": 60, "rule": "trained"},
             {"line_code": "b", "label": "环境卫生", "weight": 40, "rule": "manual"}]

    def __init__(self, case):
        self.actions = actions_of("group", "TARGET") | {"write", "change", "enter"}

    def enter(self, case, role, id):
        return case.do(role, "EnterTarget", target_id=id, line_code="b", points=35.5, **NOTE)

    def reach(self, case, state, action=None, role=None):
        self.make_room(case, "target")
        id = wire.uuid7()
        case.do("office", "WriteTarget", target_id=id, group_id=G01, year=int(day()[:4]) - 1, lines=self.lines)
        move = lambda who, step: case.do(who, "MoveTarget", target_id=id, action=step, **NOTE)
        if state == "void":
            move("chair", "void")
        if state in ("draft", "void"):
            return id
        move("leader", "sign")
        move("chair", "sign")
        if state == "signed":
            return id
        self.enter(case, "office", id)
        move("office", "check")
        if state == "settled":
            move("chair", "settle")
        return id

    def act(self, case, id, action, role):
        if action == "change":
            return case.do(role, "WriteTarget", target_id=id, lines=self.lines[:1])
        if action == "enter":
            return self.enter(case, role, id)
        return case.do(role, "MoveTarget", target_id=id, action=action, **NOTE)

    def state_of(self, case, id):
        return case.do("office", "GetTarget", target_id=id)["target"]["state"]


class Transitions(Walk):
    def test_follow_ups(self):
        self.walk(FollowUp(self))

    def test_appraisals(self):
        self.walk(Appraisal(self))

    def test_training(self):
        self.walk(Training(self))

    def test_self_studies(self):
        self.walk(SelfStudy(self))

    def test_papers(self):
        self.walk(Paper(self))

    def test_room_visits(self):
        self.walk(RoomVisit(self))

    def test_voter_links(self):
        self.walk(VoterLink(self))

    def test_targets(self):
        self.walk(Target(self))
