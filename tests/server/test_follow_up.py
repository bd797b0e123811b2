"""What activities lead to: the report, the unit's plan and answer, the look again; who is told, who sees what, by when."""

import datetime

import harness
import test_meetings
import wire
from test_meetings import G01, TOWN, U01, day, person, told

U02 = harness.imported_id(TOWN, "units", "U02")


def months_on(text, count):
    """The same day of a later month, or its last day."""
    year, month, number = map(int, text.split("-"))
    month += count
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    last = (datetime.date(year + month // 12, month % 12 + 1, 1) - datetime.timedelta(1)).day
    return datetime.date(year, month, min(number, last)).isoformat()


class FollowUps(test_meetings.Life):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clients.update({login: cls.centre.connect(login) for login in ("unit1", "unit2", "d02")})

    def held(self, kind="inspection", group=G01, state="closed", **fields):
        """An activity of today with D01 and D21 on its roll."""
        id = self.plan(kind=kind, group=group, place="村口", unit_id=U01, document="工作报告", laws=["食品安全法"],
                       appraisees=["deputy"], **fields)
        self.notify(id, told("D01"), *([told("D21")] if group is None else []))
        if state != "notified":
            self.move(id, "open")
        if state == "closed":
            self.move(id, "close")
        return id

    def write(self, meeting, login="leader1", report="护栏缺三处"):
        id = wire.uuid7()
        self.do(login, "WriteFollowUp", follow_up_id=id, meeting_id=meeting, report=report)
        return id

    def step(self, login, id, action, **fields):
        return self.do(login, "MoveFollowUp", follow_up_id=id, action=action, **fields)

    def plan_of(self, *items):
        return {"items": [{"text": text, "due_on": on} for text, on in items]}

    def follow_up(self, id, login="office"):
        return self.do(login, "GetFollowUp", follow_up_id=id)

    def forwarded(self, kind="inspection", **fields):
        id = self.write(self.held(kind, **fields))
        self.step("office", id, "forward", unit_id=U01)
        return id

    def notices(self, login, id):
        """Titles of what the caller was told of this record, newest last."""
        code = self.follow_up(id)["follow_up"]["code"]
        found = [n for n in self.do(login, "ListNotices")["notices"] if n.get("record_code") == code]
        return [n["title"].split("：")[0] for n in sorted(found, key=lambda n: n["sent_us"])]

    def todo(self, login, id):
        code = self.follow_up(id)["follow_up"]["code"]
        return [t["rule"] for t in self.do(login, "ListTodo", subject="follow_up").get("todos", []) if t["code"] == code]


class Chain(FollowUps):
    def test_from_the_report_to_the_end(self):
        meeting = self.held()
        wanted = [t for t in self.do("leader1", "ListTodo", subject="follow_up")["todos"] if t["record_id"] == meeting]
        self.assertEqual([t["rule"] for t in wanted], ["todo_follow_up_write"])
        id = self.write(meeting)
        f = self.follow_up(id)["follow_up"]
        self.assertRegex(f["code"], "^R[0-9]{3}$")
        self.assertEqual((f["state"], f["written_by"], f["meeting_kind"], f["group_code"], f["actions"]),
                         ("draft", "leader1", "inspection", "G01", ["change", "forward", "void"]))
        self.assertEqual(self.todo("office", id), ["todo_follow_up_forward"])

        reply = self.step("office", id, "forward")  # to the unit that was visited
        self.assertEqual(reply, {"state": "forwarded", "step_due_on": day(30), "answer_due_on": months_on(day(), 3)})
        self.assertEqual(self.notices("unit1", id), ["请制定整改方案并反馈"])
        self.assertEqual(self.todo("unit1", id), ["todo_follow_up_plan"])
        self.assertEqual([s["action"] for s in self.follow_up(id, "unit1")["steps"]], ["forward"], "drafts are not the unit's")

        reply = self.step("unit1", id, "plan", **self.plan_of(("补齐护栏", day(60)), ("清水沟", day(10))))
        self.assertEqual(reply["step_due_on"], months_on(day(), 3))
        self.assertEqual(self.todo("unit1", id), ["todo_follow_up_answer"])
        self.step("unit1", id, "answer", note="都补了")
        self.assertEqual(self.todo("leader1", id), ["todo_follow_up_recheck"])
        self.assertEqual(self.todo("office", id), [], "a group's activity is its leader's to look at again")
        self.assertEqual(self.step("leader1", id, "recheck")["step_due_on"], day())
        self.assertEqual(self.todo("leader1", id), ["todo_follow_up_settle"])

        # Not done: back to the unit, which has a month and may plan anew; what it had said stays in the history.
        reply = self.step("leader1", id, "send_back", note="桥头没补")
        self.assertEqual(reply, {"state": "planned", "step_due_on": months_on(day(), 1),
                                 "answer_due_on": months_on(day(), 1)})
        self.step("unit1", id, "plan", **self.plan_of(("补桥头", day(20))))
        self.step("unit1", id, "answer", note="桥头也补了")
        self.step("leader1", id, "recheck")
        self.step("leader1", id, "settle", note="看过了")
        whole = self.follow_up(id)
        f = whole["follow_up"]
        self.assertEqual((f["state"], f["answer"], f["sent_back"], f["done_on"]), ("done", "桥头也补了", 1, day()))
        self.assertNotIn("lateness", f)
        self.assertEqual([(i["revision"], i["position"], i["text"], i["due_on"]) for i in whole["items"]], [
            (2, 1, "补桥头", day(20)), (1, 1, "补齐护栏", day(60)), (1, 2, "清水沟", day(10))])
        self.assertEqual([s["note"] for s in whole["steps"] if s["action"] == "answer"], ["都补了", "桥头也补了"])
        self.assertEqual([s["action"] for s in whole["steps"]],
                         ["write", "forward", "plan", "answer", "recheck", "send_back", "plan", "answer", "recheck", "settle"])
        self.assertEqual(self.notices("unit1", id), ["请制定整改方案并反馈", "复查未完成，请继续整改", "复查已完成"])
        for login in ("office", "clerk1"):
            self.assertEqual(self.notices(login, id), ["整改方案已报", "单位已反馈"] * 2)

    def test_a_deliberations_opinions_are_answered_without_a_plan(self):
        id = self.forwarded("deliberation")
        f = self.follow_up(id, "unit1")["follow_up"]
        self.assertEqual((f["step_due_on"], f.get("plan_due_on"), f["actions"]),
                         (months_on(day(), 3), None, ["answer", "plan", "return"]))
        self.assertEqual(self.todo("unit1", id), ["todo_follow_up_answer"])
        self.no("CONFLICT", "deliberation_unplanned", "unit1", "MoveFollowUp", follow_up_id=id, action="plan",
                **self.plan_of(("一", day(9))))
        self.step("unit1", id, "answer", note="研究处理情况的报告")
        self.step("office", id, "recheck")
        self.assertEqual(self.step("office", id, "send_back", note="没有说时间")["state"], "forwarded")

    def test_returned_by_a_unit_that_is_not_competent(self):
        id = self.forwarded()
        self.step("unit1", id, "return", note="属于交通部门")
        self.no("FORBIDDEN", "not_yours", "unit1", "GetFollowUp", follow_up_id=id)
        self.assertEqual(self.todo("chair", id), ["todo_follow_up_forward"])
        self.step("chair", id, "forward", unit_id=U02)
        self.assertEqual(self.follow_up(id, "unit2")["follow_up"]["unit_code"], "U02")
        steps = self.follow_up(id)["steps"]
        self.assertIn('"U01"', next(s["facts"] for s in steps if s["action"] == "return"))

    def test_void_after_it_was_forwarded(self):
        id = self.forwarded()
        self.step("office", id, "void", note="重复了")
        self.assertEqual(self.notices("unit1", id), ["请制定整改方案并反馈", "这件整改已作废"])
        self.assertEqual(self.todo("unit1", id), [])

    def test_the_suggestions_that_arose_from_it(self):
        meeting = self.held()
        id = self.write(meeting)
        code = self.meeting(meeting)["code"]
        suggested = []
        for login in ("deputy1", "d02"):
            suggestion = wire.uuid7()
            suggested.append(self.do(login, "DraftSuggestion", suggestion_id=suggestion, kind="suggestion", title="修护栏",
                                     text="补齐", origin_meeting_code=code)["code"])
            if login == "deputy1":
                self.do(login, "MoveSuggestion", suggestion_id=suggestion, action="submit")
        whole = self.follow_up(id)
        self.assertEqual([s["code"] for s in whole["suggestions"]], suggested[:1], "a draft is its author's")
        self.assertEqual(whole["follow_up"]["suggestions"], 1)

    def test_days_are_settings(self):
        for key, value in (("follow_up_plan_days", 10), ("follow_up_answer_months", 1), ("follow_up_rehandle_months", 2)):
            self.centre.sql(f"insert into data.setting values ({TOWN}, '{key}', '{day()}', {value})")
        try:
            id = self.forwarded()
            f = self.follow_up(id)["follow_up"]
            self.assertEqual((f["plan_due_on"], f["answer_due_on"]), (day(10), months_on(day(), 1)))
        finally:
            self.centre.sql("delete from data.setting where key like 'follow_up_%'")

    def test_late_ones(self):
        id = self.forwarded()
        code = self.follow_up(id)["follow_up"]["code"]
        for days, lateness in ((8, None), (7, "soon"), (0, "soon"), (-1, "late"), (-8, "very_late"), (-31, "overdue")):
            self.centre.sql(f"update data.follow_up set step_due_on = '{day(days)}' where code = '{code}'")
            self.assertEqual(self.follow_up(id)["follow_up"].get("lateness"), lateness, days)
            late = [f["code"] for f in self.do("office", "ListFollowUps", late_only=True).get("follow_ups", [])]
            self.assertEqual(code in late, days < 0, days)
        self.assertEqual(self.todo("office", id), ["todo_late"])
        self.assertEqual(self.todo("chair", id), ["todo_overdue"])


class Refused(FollowUps):
    def test_the_report(self):
        fields = lambda meeting, **more: {"follow_up_id": wire.uuid7(), "meeting_id": meeting, "report": "三处", **more}
        held = self.held()
        for name, rule, login, request in (
            ("INVALID", "no_follow_up", "office", fields(self.held("training"))),
            ("CONFLICT", "follow_up_not_held", "office", fields(self.held(state="open"))),
            ("NOT_FOUND", "meeting_unknown", "office", fields(wire.uuid7())),
            ("INVALID", "value_missing", "office", fields(held, report=" ")),
            ("INVALID", "value_missing", "office", fields(held, follow_up_id=None)),
            ("FORBIDDEN", "not_yours", "leader2", fields(held)),
            ("FORBIDDEN", "not_yours", "leader1", fields(self.held(group=None))),
        ):
            self.no(name, rule, login, "WriteFollowUp", **request)
        first = self.write(held)
        named = self.no("CONFLICT", "follow_up_exists", "office", "WriteFollowUp", **fields(held))
        self.assertEqual(named["follow_up"], self.follow_up(first)["follow_up"]["code"])
        self.step("office", first, "void", note="写错了")
        self.write(held, "office")  # what was voided does not count

    def test_two_write_at_once(self):
        held = self.held()
        sent = [(self.clients[login], self.clients[login].send(
            "WriteFollowUp", self.clients[login].payload("WriteFollowUp", follow_up_id=wire.uuid7(), meeting_id=held,
                                                         report="三处")))
            for login in ("office", "office2", "leader1")]
        rules = []
        for client, id in sent:
            try:
                client.reply(id)
                rules.append("done")
            except wire.Refused as error:
                rules.append(error.rule)
        self.assertEqual(sorted(rules), ["done", "follow_up_exists", "follow_up_exists"])

    def test_steps(self):
        id = self.write(self.held(), "office")
        move = {"follow_up_id": id}
        self.no("FORBIDDEN", "forward_own_report", "office", "MoveFollowUp", action="forward", **move)
        self.no("NOT_FOUND", "unit_unknown", "office2", "MoveFollowUp", action="forward", unit_id=wire.uuid7(), **move)
        self.no("NOT_FOUND", "follow_up_unknown", "office", "MoveFollowUp", action="forward", follow_up_id=wire.uuid7())
        self.no("INVALID", "value_missing", "office", "MoveFollowUp", **move)
        self.step("office2", id, "forward")
        self.no("FORBIDDEN", "not_yours", "unit2", "MoveFollowUp", action="answer", note="好", **move)
        self.no("CONFLICT", "plan_first", "unit1", "MoveFollowUp", action="answer", note="好", **move)
        self.no("INVALID", "value_missing", "unit1", "MoveFollowUp", action="return", **move)
        for rule, items in (("value_missing", []), ("value_missing", [("", day(9))]), ("value_missing", [("一", None)]),
                            ("day_past", [("一", day(9)), ("二", day(-1))])):
            self.no("INVALID", rule, "unit1", "MoveFollowUp", action="plan", **move, **self.plan_of(*items))
        self.step("unit1", id, "plan", **self.plan_of(("一", day())))
        self.no("INVALID", "value_missing", "unit1", "MoveFollowUp", action="answer", note="  ", **move)
        self.step("unit1", id, "answer", note="好了")
        self.no("INVALID", "day_past", "leader1", "MoveFollowUp", action="recheck", day_on=day(-1), **move)
        self.no("FORBIDDEN", "not_yours", "leader2", "MoveFollowUp", action="recheck", **move)
        self.step("leader1", id, "recheck", day_on=day(3))
        for action in ("settle", "send_back"):
            self.no("CONFLICT", "recheck_not_yet", "leader1", "MoveFollowUp", action=action, note="看过", **move)


class Seen(FollowUps):
    def test_who_sees_which(self):
        own, towns = self.write(self.held()), self.write(self.held(group=None), "office")
        code = {id: self.follow_up(id)["follow_up"]["code"] for id in (own, towns)}
        self.step("chair", towns, "forward", unit_id=U02)
        sees = {login: {f["code"] for f in self.do(login, "ListFollowUps").get("follow_ups", [])} & set(code.values())
                for login in ("office", "auditor", "clerk1", "leader2", "deputy1", "deputy2", "d02", "unit1", "unit2")}
        both = set(code.values())
        self.assertEqual(sees, {
            "office": both, "auditor": both, "clerk1": both, "leader2": {code[towns]}, "deputy1": both,
            "deputy2": {code[towns]}, "d02": set(), "unit1": set(), "unit2": {code[towns]}})
        self.no("FORBIDDEN", "not_yours", "unit1", "GetFollowUp", code=code[towns])
        self.no("NOT_FOUND", "follow_up_unknown", "office", "GetFollowUp", code="R999")

    def test_lists(self):
        made = [self.write(self.held(kind), "office") for kind in ("inspection", "research", "law_check", "work_review")]
        self.step("chair", made[1], "forward", unit_id=U01)
        codes = [self.follow_up(id)["follow_up"]["code"] for id in made]
        listed = lambda **fields: [f["code"] for f in self.do("office", "ListFollowUps", **fields).get("follow_ups", [])
                                   if f["code"] in codes]
        self.assertEqual(listed(), codes)
        self.assertEqual(listed(kind="law_check"), codes[2:3])
        self.assertEqual(listed(state="forwarded"), codes[1:2])
        self.assertEqual(listed(unit_code="U01"), codes[1:2])
        self.assertEqual(listed(group_code="G02"), [])
        self.assertEqual(listed(from_on=day(1)), [])
        whole, pages, after = self.do("office", "ListFollowUps")["follow_ups"], [], None
        while True:
            page = self.do("office", "ListFollowUps", limit=2, after=after)
            pages += page["follow_ups"]
            after = page.get("next")
            if after is None:
                break
        self.assertEqual(pages, whole)
