"""The state machines, whole: every state x action x role of lv.transition, through the protocol.

Each state is reached by a path of calls. In it every action is tried by every role. What the table does not allow must
be refused as that (whose step it is, or the state) and must move nothing; what it allows must be done, with everything
the step needs, and must lead where the table says.
"""

import datetime
import itertools
import os
import uuid

import harness
import wire

TOWN = harness.TOWN
LOGINS = {"deputy": "deputy1", "clerk": "clerk1", "leader": "leader1", "office": "office", "chair": "chair",
          "unit": "unit1", "auditor": "auditor"}


def day(offset=0):
    return (datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date()
            + datetime.timedelta(days=offset)).isoformat()


def imported(file, key):
    return harness.imported_id(TOWN, file, key)


class Walk(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clients = {role: cls.centre.connect(login) for role, login in LOGINS.items()}
        cls.clients["office2"] = cls.centre.connect("office2")
        cls.clients["deputy2"] = cls.centre.connect("deputy2")
        cls.transitions = cls.clients["office"].call("ListTransitions")["transitions"]

    @classmethod
    def tearDownClass(cls):
        for client in cls.clients.values():
            client.close()
        super().tearDownClass()

    def do(self, role, method, **fields):
        return self.clients[role].call(method, **fields)

    def walk(self, machine):
        """Every state x action x role of one machine."""
        rows = [t for t in self.transitions if t["subject"] == machine.subject]
        self.assertTrue(rows)
        actions = sorted({t["action"] for t in rows})
        states = sorted({s for t in rows for s in t["from_states"] + t["to_states"]} - {"new", "="})
        # Nothing of the table is left out, and no state of the protocol has been forgotten.
        self.assertEqual(set(actions), set(machine.actions), "actions")
        self.assertLessEqual(set(states), set(machine.states), "states")
        tried = refused = done = 0
        for state in machine.states:
            record = machine.reach(self, state)
            self.assertEqual(machine.state_of(self, record), state)
            for action, role in itertools.product(actions, LOGINS):
                if action in machine.firsts:
                    continue  # the record is there, and the same call is another step
                begins = [t for t in rows if t["action"] == action]
                may = {r for t in begins for r in t["roles"]}
                here = [t for t in begins if state in t["from_states"] and role in t["roles"]]
                tried += 1
                with self.subTest(state=state, action=action, role=role):
                    if here:
                        self.allowed(machine, state, action, role, here[0])
                        done += 1
                        continue
                    with self.assertRaises((wire.Refused, NoRecord)) as caught:
                        machine.act(self, record, action, role)
                    error = caught.exception
                    if isinstance(error, NoRecord):
                        tried -= 1
                        continue
                    expected = ("FORBIDDEN", {"not_your_step", "role_may_not"}) if role not in may else (
                        ("CONFLICT", {"not_in_this_state"})
                        if not any(state in t["from_states"] for t in begins) else ("FORBIDDEN", {"not_your_step"}))
                    self.assertEqual(error.name, expected[0], error)
                    self.assertIn(error.rule, expected[1])
                    self.assertTrue(harness.sentences()[error.rule]["zh"] and harness.sentences()[error.rule]["next_zh"])
                    refused += 1
            self.assertEqual(machine.state_of(self, record), state, "a refused step has moved something")
        self.assertEqual(tried, refused + done)
        self.assertGreater(done, len(actions))

    def allowed(self, machine, state, action, role, row):
        record = machine.reach(self, state, action, role)
        before = self.steps(record)
        machine.act(self, record, action, role)
        after = machine.state_of(self, record)
        self.assertIn(after, [state if s == "=" else s for s in row["to_states"]])
        self.assertGreater(self.steps(record), before, "the step is not in the history")

    def steps(self, record):
        return self.centre.count("step", f"record_id = '{record.hex()}'")


class Feedback:
    """One item of group G01 and deputy D01, taken down by the room of G01."""

    subject = "feedback"
    firsts = ()
    states = ("registered", "screening", "need_info", "merged", "explained", "redirected", "promoted", "assigned",
              "returned", "accepted", "handling", "extended", "replied", "delivered", "wait_rating", "rehandle",
              "promised", "escalated", "closed", "reopened", "withdrawn", "void", "draft")
    note = {"note": "说明原因"}
    unit = {"unit_id": imported("units", "U01")}
    solved = {"reply_class": "solved", "note": "路已修好"}
    # How a state is reached from another; a step is (role, action, fields).
    paths = {
        "registered": (None, []),
        "screening": ("registered", [("office", "screen", {})]),
        "need_info": ("screening", [("office", "ask_info", note)]),
        "explained": ("screening", [("leader", "explain", note)]),
        "redirected": ("screening", [("office", "redirect", note)]),
        "assigned": ("screening", [("office", "assign", unit)]),
        "returned": ("assigned", [("unit", "return", note)]),
        "accepted": ("assigned", [("unit", "accept", {})]),
        "handling": ("accepted", [("unit", "contact", note)]),
        "asked": ("handling", [("unit", "ask_extension", {**note, "due_on": day(45)})]),
        "extended": ("asked", [("office", "extend", note)]),
        "replied": ("handling", [("unit", "reply", solved)]),
        "checked": ("replied", [("office", "check_reply", {})]),
        "delivered": ("checked", [("clerk", "deliver", note)]),
        "wait_rating": ("delivered", [("clerk", "await_rating", {})]),
        "rated": ("wait_rating", [("clerk", "rate", {"rating": "satisfied"})]),
        "rehandle": ("wait_rating", [("clerk", "rate", {"rating": "dissatisfied", **note})]),
        "planned": ("handling", [("unit", "reply", {**note, "reply_class": "planned", "promised_on": day(60)}),
                                 ("office", "check_reply", {}), ("clerk", "deliver", note)]),
        "promised": ("planned", [("clerk", "rate", {"rating": "satisfied"})]),
        "escalated": ("handling", [("chair", "escalate", note)]),
        "closed": ("rated", [("office", "close", note)]),
        "reopened": ("closed", [("office", "reopen", note)]),
        "withdrawn": ("registered", [("clerk", "withdraw", note)]),
        "void": ("registered", [("office", "void", note)]),
    }
    # Where a step needs more than its state.
    starts = {("extend",): "asked", ("refuse_extension",): "asked", ("deliver", "replied"): "checked",
              ("close", "wait_rating"): "rated", ("close", "replied"): "checked"}

    def __init__(self, case):
        with open(os.path.join(harness.SOURCE, "proto/lvzhi/v1/feedback.proto")) as text:
            listed = [line.split()[0] for line in text if line.startswith("  FEEDBACK_ACTION_")]
        self.actions = {name.removeprefix("FEEDBACK_ACTION_").lower() for name in listed}
        lead = self.reach(case, "screening")
        self.lead = case.do("office", "GetFeedback", feedback_id=lead)["feedback"]["code"]
        answered = self.reach(case, "checked")
        self.answered = answered

    def register(self, case, role="clerk"):
        id = wire.uuid7()
        case.do(role, "RegisterFeedback", feedback_id=id, group_id=imported("groups", "G01"),
                deputy_id=imported("people", "D01"), topic="道路", text="村口的路不平")
        return id

    def follow(self, case, state):
        before, steps = self.paths[state]
        id = self.register(case) if before is None else self.follow(case, before)
        for role, action, fields in steps:
            case.do(role, "MoveFeedback", feedback_id=id, action=action, **fields)
        return id

    def suggestion_of(self, case, id, finished=False):
        """A suggestion that arose from this item."""
        code = case.do("office", "GetFeedback", feedback_id=id)["feedback"]["code"]
        suggestion = wire.uuid7()
        made = case.do("deputy", "DraftSuggestion", suggestion_id=suggestion, kind="suggestion", title="修路",
                       text="修村口的路", origin_feedback_code=code)
        if finished:
            Suggestion.finish(case, suggestion)
        return made["code"]

    def reach(self, case, state, action=None, role=None):
        if state == "draft":  # only an import makes one
            id = self.register(case)
            case.centre.sql(f"update data.feedback set state = 'draft' where feedback_id = '{id.hex()}'")
        elif state == "merged":
            id = self.follow(case, "screening")
            code = case.do("office", "GetFeedback", feedback_id=self.answered)["feedback"]["code"]
            case.do("office", "MoveFeedback", feedback_id=id, action="merge", lead_code=code)
        elif state == "promoted":
            id = self.follow(case, "screening")
            code = self.suggestion_of(case, id, finished=action == "close")
            case.do("office", "MoveFeedback", feedback_id=id, action="promote", suggestion_code=code)
        else:
            id = self.follow(case, self.starts.get((action, state)) or self.starts.get((action,)) or state)
        if action == "extend" and state == "accepted" or action == "refuse_extension" and state == "accepted":
            id = self.follow(case, "accepted")
            case.do("unit", "MoveFeedback", feedback_id=id, action="ask_extension", due_on=day(45), note="材料没到")
        if action == "promote":
            self.suggested = self.suggestion_of(case, id)
        if action == "give_up":  # the time to add something is over
            case.centre.sql(f"update data.feedback set step_due_on = '{day(-1)}' where feedback_id = '{id.hex()}'")
        return id

    def act(self, case, id, action, role):
        fields = dict(self.note)
        fields.update({
            "assign": self.unit, "reply": self.solved, "merge": {"lead_code": self.lead},
            "promote": {"suggestion_code": getattr(self, "suggested", "S000")}, "rate": {"rating": "satisfied"},
            "ask_extension": {"due_on": day(45)}, "extend": {"due_on": day(45)}, "supervise": {"due_on": day(20)},
        }.get(action, {}))
        return case.do(role, "MoveFeedback", feedback_id=id, action=action, **fields)

    def state_of(self, case, id):
        return case.do("office", "GetFeedback", feedback_id=id)["feedback"]["state"]


class Suggestion:
    """A suggestion of D01, with D02 invited to sign; bills where the step is a bill's."""

    subject = "suggestion"
    firsts = ("draft",)
    states = ("draft", "cosigning", "submitted", "form_check", "classified", "agenda", "referred",
              "turned_to_suggestion", "withdrawn", "assigned", "returned", "contacted", "co_opinion", "replied",
              "rated", "rehandle", "mediated", "promised", "kept", "broken", "key_supervised", "reported", "published",
              "archived", "closed", "void")
    note = {"note": "说明原因"}
    unit = {"unit_id": imported("units", "U01"), "co_unit_ids": [imported("units", "U02")]}
    answer = {"note": "已列入计划", "signed_by": "张主任"}
    solved = {**answer, "reply_class": "solved"}
    session = {"meeting_code": "M003"}
    votes = {"in_favour": 30, "against": 2, "abstained": 1}
    rate = {"rating": "satisfied", "attitude": "satisfied"}
    paths = {
        "draft": (None, []),
        "submitted": ("draft", [("deputy", "submit", {})]),
        "form_check": ("submitted", [("office", "check_form", {})]),
        "classified": ("form_check", [("office", "classify", {"classified_as": "suggestion"})]),
        "assigned": ("classified", [("office", "assign", unit)]),
        "returned": ("assigned", [("unit", "return", note)]),
        "contacted": ("assigned", [("unit", "contact", note)]),
        "co_opinion": ("contacted", [("unit2", "give_opinion", note)]),
        "replied": ("contacted", [("unit", "reply", solved)]),
        "rated": ("replied", [("deputy", "rate", rate)]),
        "rehandle": ("replied", [("deputy", "rate", {**note, "rating": "dissatisfied", "attitude": "satisfied"})]),
        "contacted again": ("rehandle", [("unit", "contact", note)]),
        "refused": ("contacted again", [
            ("unit", "reply", solved),
            ("deputy", "rate", {**note, "rating": "dissatisfied", "attitude": "satisfied"})]),
        "mediated": ("refused", [("chair", "mediate", note)]),
        "planned": ("contacted", [("unit", "reply", {**answer, "reply_class": "planned", "promised_on": day(60)})]),
        "promised": ("planned", [("deputy", "rate", rate)]),
        "kept": ("promised", [("office", "keep_promise", note)]),
        "broken": ("promised", [("office", "break_promise", note)]),
        "key_supervised": ("contacted", [("chair", "supervise", {**note, "person_code": "D03"})]),
        "closed": ("rated", [("office", "close", note)]),
        "reported": ("closed", [("office", "report", session)]),
        "published": ("reported", [("office", "publish", {"text": "办理结果公开"})]),
        "archived": ("published", [("office", "archive", {})]),
        "withdrawn": ("submitted", [("deputy", "withdraw", note)]),
        "void": ("submitted", [("office", "void", note)]),
        # Bills.
        "bill": ("signed bill", [("deputy", "submit", {}), ("office", "check_form", {}),
                                 ("office", "classify", {"classified_as": "bill"})]),
        "agenda": ("bill", [("chair", "put_on_agenda", session)]),
        "referred": ("bill", [("chair", "refer", note)]),
        "turned_to_suggestion": ("bill", [("chair", "turn", note)]),
    }
    starts = {("put_on_agenda", "classified"): "bill", ("refer", "classified"): "bill", ("turn", "classified"): "bill",
              ("mediate", "rated"): "refused", ("reply", "rehandle"): "contacted again"}

    def __init__(self, case):
        with open(os.path.join(harness.SOURCE, "proto/lvzhi/v1/suggestion.proto")) as text:
            listed = [line.split()[0] for line in text if line.startswith("  SUGGESTION_ACTION_")]
        moves = {name.removeprefix("SUGGESTION_ACTION_").lower() for name in listed}
        self.actions = moves | {"draft", "change", "invite"}

    @staticmethod
    def draft(case, kind="suggestion"):
        id = wire.uuid7()
        case.do("deputy", "DraftSuggestion", suggestion_id=id, kind=kind, title="关于修路的建议", text="案由：路不平",
                grounds="案据：三个村的意见", proposal="方案：列入明年计划")
        return id

    @classmethod
    def invite(cls, case, id, people):
        case.do("deputy", "InviteCosigners", suggestion_id=id, person_ids=[imported("people", p) for p in people])

    @classmethod
    def sign(cls, case, id, login):
        wording = case.do("deputy", "GetSuggestion", suggestion_id=id)["suggestion"]["wording"]
        case.do(login, "MoveSuggestion", suggestion_id=id, action="cosign", wording=wording)

    @classmethod
    def follow(cls, case, state):
        if state == "cosigning":
            id = cls.draft(case)
            cls.invite(case, id, ["D02", "D21"])
            return id
        if state == "signed bill":
            id = cls.draft(case, "bill")
            cls.invite(case, id, ["D02", "D03", "D04", "D21"])
            for login in ("d02", "d03", "d04", "deputy2"):
                cls.sign(case, id, login)
            return id
        before, steps = cls.paths[state]
        id = cls.draft(case) if before is None else cls.follow(case, before)
        for role, action, fields in steps:
            case.do(role, "MoveSuggestion", suggestion_id=id, action=action, **fields)
        return id

    @classmethod
    def finish(cls, case, id):
        for state in ("submitted", "form_check", "classified", "assigned", "contacted", "replied", "rated", "closed"):
            for role, action, fields in cls.paths[state][1]:
                case.do(role, "MoveSuggestion", suggestion_id=id, action=action, **fields)

    def reach(self, case, state, action=None, role=None):
        if action in ("cosign", "decline"):  # by who was invited: here D01 is, by D21
            id = wire.uuid7()
            case.do("deputy2", "DraftSuggestion", suggestion_id=id, kind="suggestion", title="修桥", text="桥坏了")
            case.do("deputy2", "InviteCosigners", suggestion_id=id, person_ids=[imported("people", "D01")])
            return id
        return self.follow(case, self.starts.get((action, state), state))

    def act(self, case, id, action, role):
        if action in ("draft", "change"):
            return case.do(role, "DraftSuggestion", suggestion_id=id, title="关于修桥的建议")
        if (action, role) == ("give_opinion", "unit"):
            role = "unit2"  # the co-unit
        if action == "invite":
            return case.do(role, "InviteCosigners", suggestion_id=id, person_ids=[imported("people", "D05")])
        fields = dict(self.note)
        fields.update({
            "assign": self.unit, "reply": self.solved, "rate": self.rate, "cosign": {"wording": 1},
            "classify": {"classified_as": "suggestion"}, "put_on_agenda": self.session,
            "resolve": {**self.session, **self.votes}, "report": self.session, "publish": {"text": "办理结果公开"},
            "supervise": {"person_code": "D03"}, "decline": {"wording": 1},
        }.get(action, {}))
        return case.do(role, "MoveSuggestion", suggestion_id=id, action=action, **fields)

    def state_of(self, case, id):
        reader = "deputy2" if case.centre.one(
            f"select lead_id from data.suggestion where suggestion_id = '{id.hex()}'") == uuid_text("D21") else "deputy"
        return case.do(reader, "GetSuggestion", suggestion_id=id)["suggestion"]["state"]


def uuid_text(person):
    h = imported("people", person).hex()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


class Meeting:
    """A meeting of G01; where the step is the chair's alone, one of the whole town."""

    subject = "meeting"
    firsts = ("plan",)
    states = ("planned", "notified", "open", "closed", "approved", "locked", "cancelled", "postponed")
    actions = {"plan", "change", "notify", "add_people", "prove_notice", "open", "close", "write_minutes", "confirm",
               "send_back", "approve", "lock", "cancel", "postpone", "replan", "ask_correction", "decide_correction"}
    note = {"note": "说明原因"}

    def __init__(self, case):
        pass

    def plan(self, case, town):
        id = wire.uuid7()
        case.do("office", "PlanMeeting", meeting_id=id, kind="training", title="学习", held_on=day(),
                place="活动室", group_id=None if town else imported("groups", "G01"))
        return id

    def mark(self, case, id, mark="present"):
        people = ["D01", "D02"]
        case.do("office", "RecordAttendance", meeting_id=id,
                marks=[{"person_id": imported("people", p), "mark": mark} for p in people])

    def reach(self, case, state, action=None, role=None):
        town = role == "chair" and action == "confirm"
        id = self.plan(case, town)
        move = lambda who, step, **fields: case.do(who, "MoveMeeting", meeting_id=id, action=step, **fields)
        if state == "planned":
            return id
        if state == "postponed":
            move("office", "postpone", **self.note)
            return id
        people = [{"person_id": imported("people", p), "notice": "signed", "notified_on": day(-5)}
                  for p in ("D01", "D02")]
        case.do("office", "NotifyMeeting", meeting_id=id, people=people)
        if state == "cancelled":
            move("office", "cancel", **self.note)
        if state in ("notified", "cancelled"):
            return id
        move("office", "open")
        self.mark(case, id)
        if state == "open":
            return id
        move("office", "close")
        writer = "clerk" if not town else "office2"
        if state != "closed" or action in ("confirm", "send_back", "approve"):
            case.do(writer, "WriteMinutes", meeting_id=id, text="会议记录")
        if state != "closed" or action == "approve":
            move("chair" if town else "leader", "confirm")
        if state in ("approved", "locked"):
            move("office", "approve")
        if state == "locked":
            move("office", "lock")
            if action == "decide_correction":
                self.ask(case, "office", id, wire.uuid7())
        return id

    def ask(self, case, role, id, request):
        return case.do(role, "AskCorrection", request_id=request, meeting_id=id, mark="absent", reason="记错了",
                       person_id=imported("people", "D01"))

    def act(self, case, id, action, role):
        if action in ("plan", "change"):
            return case.do(role, "PlanMeeting", meeting_id=id, title="学习新法")
        if action == "notify":
            return case.do(role, "NotifyMeeting", meeting_id=id, notice="call", notified_on=day())
        if action in ("add_people", "prove_notice"):
            person = "D05" if action == "add_people" else "D01"
            return case.do(role, "NotifyPeople", meeting_id=id,
                           people=[{"person_id": imported("people", person), "notice": "call"}])
        if action == "write_minutes":
            return case.do(role, "WriteMinutes", meeting_id=id, text="会议记录，第二稿")
        if action == "ask_correction":
            return self.ask(case, role, id, wire.uuid7())
        if action == "decide_correction":
            if role != "chair":
                return case.do(role, "DecideCorrection", request_id=wire.uuid7(), accepted=True)
            waiting = case.centre.sql(
                f"select request_id from data.mark_request where meeting_id = '{id.hex()}' and decision is null")
            if not waiting:  # in a state where nobody can ask, the decision is tried on a request made by hand
                waiting = case.centre.sql(
                    "insert into data.mark_request (town_id, request_id, meeting_id, person_id, mark, reason, asked_by,"
                    f" asked_at) select {TOWN}, gen_random_uuid(), meeting_id, person_id, 'absent', '-',"
                    f" '{harness.base().accounts[TOWN, 'office2'].hex()}', now() from data.roll_line"
                    f" where meeting_id = '{id.hex()}' limit 1 returning request_id")
            if not waiting:
                raise NoRecord
            request = uuid.UUID(waiting[0][0]).bytes
            return case.do(role, "DecideCorrection", request_id=request, accepted=True)
        fields = dict(self.note)
        if action in ("replan", "postpone"):
            fields["held_on"] = day(9)
        return case.do(role, "MoveMeeting", meeting_id=id, action=action, **fields)

    def state_of(self, case, id):
        return case.do("office", "GetMeeting", meeting_id=id)["meeting"]["state"]


class NoRecord(Exception):
    """There is nothing that the action could be tried on: a meeting without a roll has no correction."""


class Leave:
    """D01's leave from a meeting of G01; where the chair decides, from one of the whole town."""

    subject = "leave"
    firsts = ()
    states = ("pending", "approved", "refused", "withdrawn")
    actions = {"ask", "approve", "refuse", "grant_after_all", "withdraw"}

    def __init__(self, case):
        pass

    def ask(self, case, role, meeting):
        return case.do(role, "AskLeave", meeting_id=meeting, person_id=imported("people", "D01"), ground="family")

    def move(self, case, role, meeting, action):
        return case.do(role, "MoveLeave", meeting_id=meeting, person_id=imported("people", "D01"), action=action,
                       note="说明原因")

    def reach(self, case, state, action=None, role=None):
        meeting = wire.uuid7()
        town = role == "chair"
        case.do("office", "PlanMeeting", meeting_id=meeting, kind="training", title="学习", held_on=day(10),
                place="镇政府", group_id=None if town else imported("groups", "G01"))
        case.do("office", "NotifyMeeting", meeting_id=meeting, people=[
            {"person_id": imported("people", p), "notice": "call"} for p in ("D01", "D21")])
        self.ask(case, "deputy", meeting)
        if state == "withdrawn":
            self.move(case, "deputy", meeting, "withdraw")
        elif state != "pending":
            self.move(case, "chair" if town else "leader", meeting, {"approved": "approve", "refused": "refuse"}[state])
        return meeting

    def act(self, case, meeting, action, role):
        return self.ask(case, role, meeting) if action == "ask" else self.move(case, role, meeting, action)

    def state_of(self, case, meeting):
        code = case.do("office", "GetMeeting", meeting_id=meeting)["meeting"]["code"]
        return case.do("office", "ListLeaves", meeting_code=code)["leaves"][0]["state"]


class Transitions(Walk):
    def test_feedback(self):
        self.walk(Feedback(self))

    def test_suggestions(self):
        self.clients.update({login: self.centre.connect(login) for login in ("unit2", "d02", "d03", "d04")})
        self.walk(Suggestion(self))

    def test_meetings(self):
        self.walk(Meeting(self))

    def test_leave(self):
        self.walk(Leave(self))
