"""To-do lists: what waits for whom in each state, how late it is, and for whom else that makes it work."""

import csv
import datetime
import os
import statistics

import harness
import wire

TOWN = harness.TOWN
LOGINS = ("deputy1", "deputy2", "clerk1", "clerk2", "leader1", "leader2", "office", "chair", "unit1")


def literal(value):
    if value is None:
        return "null"
    if isinstance(value, (list, tuple)):
        return "array[" + ",".join(map(literal, value)) + "]::uuid[]"
    return "'" + (value.hex() if isinstance(value, bytes) else str(value)) + "'"


class Todo(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = datetime.date.fromisoformat(cls.centre.one("select (now() at time zone 'Asia/Shanghai')::date"))
        # What the small town begins with is not asked about here.
        cls.centre.sql("update data.meeting set state = 'locked'; update data.feedback set state = 'closed'")
        cls.ids = {row[0]: bytes.fromhex(row[1].replace("-", "")) for row in cls.centre.sql(
            f"select code, person_id from data.person where town_id = {TOWN} union all"
            f" select code, group_id from data.deputy_group where town_id = {TOWN} union all"
            f" select code, unit_id from data.unit where town_id = {TOWN} union all"
            f" select login, account_id from data.account where town_id = {TOWN}")}
        cls.clients = {login: cls.centre.connect(login) for login in LOGINS}
        cls.serial = 0
        for client in cls.clients.values():
            cls.addClassCleanup(client.close)

    def tearDown(self):
        self.centre.sql(
            "truncate data.mark_request, data.leave, data.cosigner, data.notice_receipt, data.notice, data.step,"
            " data.decision, data.minutes; update data.meeting set state = 'locked'; update data.feedback set state = 'closed';"
            " update data.suggestion set state = 'closed'")

    def day(self, offset):
        return self.today + datetime.timedelta(offset)

    def insert(self, table, **columns):
        columns = {"town_id": TOWN, **columns}
        self.centre.sql(f"insert into data.{table} ({', '.join(columns)}) values"
                        f" ({', '.join(map(literal, columns.values()))})")

    def code(self, letter):
        type(self).serial += 1
        return f"{letter}X{self.serial:03d}"

    def todos(self, login, **fields):
        return self.clients[login].call("ListTodo", **fields).get("todos", [])

    def rules(self, code):
        """login -> the rules of a record, as one word."""
        found = {}
        for login in LOGINS:
            rules = [t["rule"] for t in self.todos(login) if t.get("code") == code]
            if rules:
                found[login] = " ".join(sorted(rules))
        return found

    def item(self, login, code):
        return next(t for t in self.todos(login) if t.get("code") == code)

    # Feedback

    def feedback(self, state, **columns):
        code = self.code("F")
        self.insert("feedback", **{
            "feedback_id": wire.uuid7(), "code": code, "group_id": self.ids["G01"], "deputy_id": self.ids["D01"],
            "received_on": self.day(-3), "topic": "道路", "text": "路不平", "state": state, **columns})
        return code

    def test_feedback_by_state(self):
        u = {"unit_id": self.ids["U01"], "assigned_on": self.day(-2), "due_on": self.day(28)}
        replied = {**u, "replied_on": self.day(-1)}
        checked = {**replied, "reply_checked_on": self.day(0)}
        deliver, rate = ({login: rule for login in ("deputy1", "clerk1")}
                         for rule in ("todo_feedback_deliver", "todo_feedback_rate"))
        for state, columns, expected in (
            ("draft", {}, {"deputy1": "todo_feedback_register", "clerk1": "todo_feedback_register"}),
            ("registered", {}, {"deputy1": "todo_feedback_submit", "clerk1": "todo_feedback_submit",
                                "office": "todo_feedback_screen"}),
            ("screening", {}, {"office": "todo_feedback_screen"}),
            ("need_info", {}, {"deputy1": "todo_feedback_info", "clerk1": "todo_feedback_info"}),
            ("explained", {}, deliver),
            ("redirected", {}, {"office": "todo_feedback_close"}),
            ("returned", u, {"office": "todo_feedback_assign"}),
            ("reopened", checked, {"office": "todo_feedback_assign"}),
            ("assigned", u, {"unit1": "todo_feedback_accept"}),
            ("assigned", {**u, "unit_id": self.ids["U02"]}, {}),
            ("accepted", u, {"unit1": "todo_feedback_reply"}),
            ("handling", u, {"unit1": "todo_feedback_reply"}),
            ("handling", {**u, "extension_asked_to": self.day(40)},
             {"unit1": "todo_feedback_reply", "office": "todo_feedback_extension"}),
            ("extended", {**u, "extension_asked_to": self.day(40), "extended_to": self.day(40)},
             {"unit1": "todo_feedback_reply"}),
            ("rehandle", checked, {"unit1": "todo_feedback_reply"}),
            ("replied", replied, {"office": "todo_feedback_check"}),
            ("replied", checked, deliver),
            ("replied", {**checked, "reply_checked_on": self.day(-9)}, {"office": "todo_feedback_check"}),
            ("delivered", checked, rate),
            ("wait_rating", checked, rate),
            ("wait_rating", {**checked, "rating": "satisfied"}, {"office": "todo_feedback_close"}),
            ("wait_rating", {**checked, "rating": "not_rated"}, {"office": "todo_feedback_close"}),
            ("wait_rating", {**checked, "rating": "dissatisfied"}, rate),  # the rating before it was handled again
            ("promised", {**checked, "promised_on": self.day(1)}, {}),
            ("promised", {**checked, "promised_on": self.day(0)}, {"office": "todo_feedback_promise"}),
            ("escalated", checked, {"chair": "todo_feedback_supervise"}),
            ("merged", u, {}), ("closed", checked, {}), ("withdrawn", {}, {}), ("void", {}, {}),
        ):
            with self.subTest(state, **columns):
                self.assertEqual(self.rules(self.feedback(state, **columns)), expected)

    def test_feedback_past_its_day(self):
        """Late: the office sees it beside who is to act; a week later the chair, a month later for the presidium."""
        for due, lateness, more in (
            (8, None, {}), (7, "soon", {}), (0, "soon", {}), (-1, "late", {"office": "todo_late"}),
            (-7, "late", {"office": "todo_late"}),
            (-8, "very_late", {"office": "todo_late", "chair": "todo_very_late"}),
            (-30, "very_late", {"office": "todo_late", "chair": "todo_very_late"}),
            (-31, "overdue", {"office": "todo_late", "chair": "todo_overdue"}),
        ):
            with self.subTest(due=due):
                code = self.feedback("accepted", unit_id=self.ids["U01"], due_on=self.day(due))
                self.assertEqual(self.rules(code), {"unit1": "todo_feedback_reply", **more})
                for login in ("unit1", *more):
                    self.assertEqual(self.item(login, code).get("lateness"), lateness)
        code = self.feedback("screening", step_due_on=self.day(-40))
        self.assertEqual(self.rules(code), {"office": "todo_feedback_screen", "chair": "todo_overdue"})

    def test_feedback_which_day_counts(self):
        u = {"unit_id": self.ids["U01"]}
        for columns, due in (
            ({"due_on": self.day(5)}, 5), ({"due_on": self.day(5), "extended_to": self.day(20)}, 20),
            ({"due_on": self.day(5), "step_due_on": self.day(2)}, 2),
            ({"due_on": self.day(-5), "step_due_on": self.day(2)}, -5),
        ):
            code = self.feedback("handling", **u, **columns)
            self.assertEqual(self.item("unit1", code)["due_on"], str(self.day(due)), columns)
        code = self.feedback("promised", promised_on=self.day(-3), replied_on=self.day(-60), due_on=self.day(-50), **u)
        self.assertEqual(self.item("office", code)["due_on"], str(self.day(-3)))
        code = self.feedback("rehandle", step_due_on=self.day(9), replied_on=self.day(-60), due_on=self.day(-50), **u)
        self.assertEqual(self.item("unit1", code)["due_on"], str(self.day(9)))
        # Answered: what is past is not the answer.
        code = self.feedback("replied", replied_on=self.day(-60), due_on=self.day(-50), **u)
        self.assertNotIn("due_on", self.item("office", code))

    def test_feedback_since(self):
        code = self.feedback("screening", state_since=self.day(-2))
        self.assertEqual(self.item("office", code)["since_on"], str(self.day(-2)))
        code = self.feedback("assigned", unit_id=self.ids["U01"], assigned_on=self.day(-1))
        self.assertEqual(self.item("unit1", code)["since_on"], str(self.day(-1)))

    def test_feedback_step_days(self):
        code = self.feedback("need_info", step_due_on=self.day(-1))
        self.assertEqual(self.rules(code)["office"], "todo_feedback_give_up")
        code = self.feedback("wait_rating", step_due_on=self.day(-1), replied_on=self.day(-9))
        self.assertEqual(self.rules(code)["office"], "todo_feedback_close_unrated")

    def test_merged_feedback_follows_its_lead(self):
        lead = wire.uuid7()
        self.feedback("replied", feedback_id=lead, replied_on=self.day(-1), unit_id=self.ids["U01"])
        child = self.feedback("merged", lead_id=lead)
        self.assertEqual(self.rules(child), {})
        self.centre.sql(f"update data.feedback set reply_checked_on = replied_on where feedback_id = '{lead.hex()}'")
        self.assertEqual(self.rules(child), {"deputy1": "todo_feedback_deliver", "clerk1": "todo_feedback_deliver"})

    def test_promoted_feedback_waits_for_its_suggestion(self):
        suggestion = wire.uuid7()
        self.suggestion("assigned", suggestion_id=suggestion)
        code = self.feedback("promoted", suggestion_id=suggestion)
        self.assertEqual(self.rules(code), {})
        self.centre.sql(f"update data.suggestion set state = 'closed' where suggestion_id = '{suggestion.hex()}'")
        self.assertEqual(self.rules(code), {"office": "todo_feedback_close"})

    # Suggestions

    def suggestion(self, state, lead="D01", **columns):
        code = self.code("S")
        self.insert("suggestion", **{
            "suggestion_id": wire.uuid7(), "code": code, "kind": "suggestion", "title": "建议", "state": state,
            "submitted_on": self.day(-20), "lead_id": lead and self.ids[lead], **columns})
        return code

    def test_suggestions_by_state(self):
        u = {"unit_id": self.ids["U01"], "assigned_on": self.day(-5), "due_on": self.day(80)}
        replied = {**u, "replied_on": self.day(-1)}
        opinion = {**u, "unit_id": self.ids["U02"], "co_unit_ids": [self.ids["U01"]]}
        reply = {"unit1": "todo_suggestion_reply"}
        for state, columns, expected in (
            ("draft", {}, {"deputy1": "todo_suggestion_submit"}),
            ("cosigning", {}, {"deputy1": "todo_suggestion_submit"}),
            ("submitted", {}, {"office": "todo_suggestion_check"}),
            ("form_check", {}, {"office": "todo_suggestion_classify"}),
            ("classified", {}, {"office": "todo_suggestion_assign"}),
            ("classified", {"kind": "bill"}, {"chair": "todo_bill_place"}),
            ("agenda", {"kind": "bill"}, {"chair": "todo_bill_decide"}),
            ("referred", {"kind": "bill"}, {"chair": "todo_bill_decide"}),
            ("turned_to_suggestion", {"kind": "bill"}, {"office": "todo_suggestion_assign"}),
            ("returned", u, {"office": "todo_suggestion_assign"}),
            ("assigned", u, {"unit1": "todo_suggestion_contact"}),
            ("contacted", u, reply), ("co_opinion", u, reply), ("key_supervised", u, reply),
            ("rehandle", replied, reply), ("mediated", replied, reply),
            ("assigned", opinion, {"unit1": "todo_suggestion_opinion"}),
            ("contacted", opinion, {"unit1": "todo_suggestion_opinion"}),
            ("rehandle", opinion, {}),
            ("replied", replied, {"deputy1": "todo_suggestion_rate"}),
            ("replied", {**replied, "step_due_on": self.day(-1)},
             {"deputy1": "todo_suggestion_rate", "office": "todo_suggestion_close_unrated"}),
            ("rated", {**replied, "rating": "satisfied"}, {"office": "todo_suggestion_close"}),
            ("rated", {**replied, "rating": "dissatisfied"}, {"chair": "todo_suggestion_mediate"}),
            ("promised", {**replied, "promised_on": self.day(9)}, {}),
            ("promised", {**replied, "promised_on": self.day(0)}, {"office": "todo_suggestion_promise"}),
            ("kept", replied, {"office": "todo_suggestion_close"}),
            ("broken", replied, {"chair": "todo_suggestion_supervise"}),
            ("reported", replied, {"office": "todo_suggestion_publish"}),
            ("published", replied, {"office": "todo_suggestion_archive"}),
            ("closed", replied, {}), ("archived", replied, {}), ("withdrawn", {}, {}), ("void", {}, {}),
        ):
            with self.subTest(state, **columns):
                self.assertEqual(self.rules(self.suggestion(state, **columns)), expected)

    def test_suggestions_past_their_day(self):
        code = self.suggestion("contacted", unit_id=self.ids["U01"], due_on=self.day(-40))
        self.assertEqual(self.rules(code),
                         {"unit1": "todo_suggestion_reply", "office": "todo_late", "chair": "todo_overdue"})
        code = self.suggestion("contacted", unit_id=self.ids["U01"], due_on=self.day(-40), extended_to=self.day(50))
        self.assertEqual(self.rules(code), {"unit1": "todo_suggestion_reply"})

    def test_imported_suggestions_first_proposer_leads(self):
        id = wire.uuid7()
        code = self.suggestion("replied", lead=None, suggestion_id=id, replied_on=self.day(-1))
        for position, person in ((1, "D21"), (2, "D01")):
            self.insert("suggestion_proposer", suggestion_id=id, position=position, person_id=self.ids[person])
        self.assertEqual(self.rules(code), {"deputy2": "todo_suggestion_rate"})

    def test_cosigners_of_the_present_wording(self):
        id = wire.uuid7()
        code = self.suggestion("cosigning", suggestion_id=id, wording=2)
        ask = {"suggestion_id": id, "person_id": self.ids["D21"], "position": 2, "op_id": wire.uuid7()}
        self.insert("cosigner", wording=1, **ask)
        self.assertEqual(self.rules(code), {"deputy1": "todo_suggestion_submit"})
        self.insert("cosigner", wording=2, **ask)
        self.assertEqual(self.rules(code), {"deputy2": "todo_suggestion_cosign"})
        self.centre.sql("update data.cosigner set answer = 'declined'")
        self.assertEqual(self.rules(code), {"deputy1": "todo_suggestion_submit"})

    def test_an_opinion_is_given_once(self):
        id = wire.uuid7()
        code = self.suggestion("co_opinion", suggestion_id=id, unit_id=self.ids["U02"], co_unit_ids=[self.ids["U01"]])
        self.assertEqual(self.rules(code), {"unit1": "todo_suggestion_opinion"})
        self.step(id, "suggestion", "give_opinion", "co_opinion", "unit1")
        self.assertEqual(self.rules(code), {})

    # Meetings

    def meeting(self, state, group="G01", held=0, roll=(), **columns):
        code, id = self.code("M"), columns.pop("meeting_id", None) or wire.uuid7()
        self.insert("meeting", **{
            "meeting_id": id, "code": code, "kind": "group_meeting" if group else "training", "title": "会议",
            "group_id": group and self.ids[group], "held_on": self.day(held), "state": state, **columns})
        for person, notice in roll:
            self.insert("roll_line", meeting_id=id, person_id=self.ids[person], notice=notice,
                        notified_on=None if notice == "none" else self.day(held - 9))
        return code

    def step(self, record, subject, action, state, login):
        self.centre.sql(
            f"insert into data.step (town_id, record_id, step_no, subject, action, from_state, to_state, op_id, author_id,"
            f" recorded_at) select {TOWN}, '{record.hex()}', count(*) + 1, '{subject}', '{action}', '{state}', '{state}',"
            f" gen_random_uuid(), '{self.ids[login].hex()}', now() from data.step where record_id = '{record.hex()}'")

    def test_meetings_by_state(self):
        own, towns = ("clerk1", "leader1"), ("office",)
        for state, columns, rule in (
            ("planned", {"held": 11}, None), ("planned", {"held": 10}, "todo_meeting_notify"),
            ("planned", {"held": -1}, "todo_meeting_notify"),
            ("notified", {"held": 5, "roll": [("D01", "call")]}, None),
            ("notified", {"held": 5, "roll": [("D01", "call"), ("D02", "none")]}, "todo_notice_proofs"),
            ("notified", {"held": 0}, "todo_meeting_open"), ("notified", {"held": -2}, "todo_meeting_open"),
            ("open", {"held": 0}, None), ("open", {"held": -1}, "todo_meeting_close"),
            ("closed", {"held": -1}, "todo_minutes"),
            ("closed", {"held": -1, "roll": [("D01", "call")]}, "todo_minutes todo_unknown_marks"),
            ("postponed", {}, "todo_meeting_replan"), ("locked", {}, None), ("cancelled", {}, None),
        ):
            for group, logins in (("G01", own), (None, towns)):
                with self.subTest(state, group=group, **columns):
                    code = self.meeting(state, group, **columns)
                    self.assertEqual(self.rules(code), {login: rule for login in logins} if rule else {})

    def test_meetings_days(self):
        for state, columns, login, due in (
            ("planned", {"held": 5}, "clerk1", 2), ("notified", {"held": -2}, "clerk1", -2),
            ("planned", {"held": 5, "group": None, "kind": "congress_session"}, "office", -2),
            ("approved", {"held": -30, "approved_on": self.day(-9)}, "office", -2),
        ):
            code = self.meeting(state, **columns)
            self.assertEqual(self.item(login, code)["due_on"], str(self.day(due)), columns)
        code = self.meeting("closed", held=-1)
        self.assertEqual(self.item("clerk1", code)["due_on"], self.centre.sql(
            f"select lv.add_working_days('{self.day(-1)}', 3)", user="lvzhi_owner")[0][0])

    def test_minutes(self):
        for group, kind, confirms, approves in (
            ("G01", "group_meeting", "leader1", {"office"}), (None, "training", "chair", {"office", "chair"}),
            (None, "presidium_meeting", "chair", {"chair"}),
        ):
            with self.subTest(kind):
                id = wire.uuid7()
                code = self.meeting("closed", group, -1, meeting_id=id, kind=kind, minutes="记录")
                self.assertEqual(self.rules(code), {confirms: "todo_minutes_confirm"})
                self.step(id, "meeting", "write_minutes", "closed", "clerk1")
                self.assertEqual(self.rules(code), {confirms: "todo_minutes_confirm"})
                self.step(id, "meeting", "send_back", "closed", confirms)
                self.assertEqual(set(self.rules(code).values()), {"todo_minutes_again"})
                self.step(id, "meeting", "write_minutes", "closed", "clerk1")
                self.step(id, "meeting", "confirm", "closed", confirms)
                self.assertEqual(self.rules(code), {login: "todo_minutes_approve" for login in approves})
                self.insert("minutes", meeting_id=id, revision=1, text="x", author_id=self.ids["office"],
                            op_id=wire.uuid7(), recorded_at="now")
                self.assertNotIn("office", self.rules(code))  # who wrote them does not approve them
        id = wire.uuid7()
        code = self.meeting("closed", held=-1, meeting_id=id, minutes="记录")
        self.insert("minutes", meeting_id=id, revision=1, text="x", author_id=self.ids["leader1"], op_id=wire.uuid7(),
                    recorded_at="now")
        self.assertEqual(self.rules(code), {})  # nor confirm

    def test_unmarked_lines_come_before_approval(self):
        id = wire.uuid7()
        code = self.meeting("closed", held=-1, meeting_id=id, minutes="记录", roll=[("D01", "call")])
        self.step(id, "meeting", "confirm", "closed", "leader1")
        self.assertEqual(self.rules(code), {"clerk1": "todo_unknown_marks", "leader1": "todo_unknown_marks"})
        self.insert("attendance_mark", meeting_id=id, person_id=self.ids["D01"], revision=1, op_id=wire.uuid7(),
                    mark="present", author_id=self.ids["clerk1"])
        self.assertEqual(self.rules(code), {"office": "todo_minutes_approve"})
        # Who was not in office has nothing to be marked.
        self.centre.sql(f"update data.mandate set starts_on = '{self.day(0)}' where town_id = {TOWN} and code = 'ZD02'")
        self.insert("roll_line", meeting_id=id, person_id=self.ids["D02"], notice="none")
        self.assertEqual(self.rules(code), {"office": "todo_minutes_approve"})

    def test_approved_meetings_are_locked_after_a_week(self):
        self.assertEqual(self.rules(self.meeting("approved", held=-20, approved_on=self.day(-6))), {})
        self.assertEqual(self.rules(self.meeting("approved", held=-20, approved_on=self.day(-7))),
                         {"office": "todo_meeting_lock"})
        code = self.meeting("approved", held=-20)  # imported
        self.assertEqual(self.rules(code), {"office": "todo_meeting_lock"})
        self.assertNotIn("due_on", self.item("office", code))

    def test_leaves_and_corrections(self):
        for group, decides in (("G01", "leader1"), (None, "chair")):
            id = wire.uuid7()
            code = self.meeting("open", group, 3, meeting_id=id, roll=[("D01", "call"), ("D02", "call")])
            self.insert("leave", meeting_id=id, person_id=self.ids["D01"], asked_on=self.day(-1), ground="family",
                        decision="pending")
            self.insert("leave", meeting_id=id, person_id=self.ids["D02"], asked_on=self.day(-1), ground="family",
                        decision="pending", void_reason="withdrawn")
            self.assertEqual(self.rules(code), {decides: "todo_leave"})
            self.assertEqual(self.item(decides, code), {
                "subject": "leave", "rule": "todo_leave", "record_id": id, "code": code, "title": "会议",
                "person_code": "D01", "since_on": str(self.day(-1)), "due_on": str(self.day(2)), "lateness": "soon"})
            self.assertEqual(self.todos(decides, subject="leave"), [self.item(decides, code)])
        self.centre.sql("update data.leave set decision = 'refused', decided_on = now()")
        self.assertEqual(self.rules(code), {})
        ask = {"meeting_id": id, "mark": "absent", "reason": "x", "asked_by": self.ids["clerk1"], "asked_at": "now"}
        self.insert("mark_request", request_id=wire.uuid7(), person_id=self.ids["D01"], **ask)
        self.insert("mark_request", request_id=wire.uuid7(), person_id=self.ids["D02"], decision="refused", **ask)
        self.assertEqual(self.rules(code), {"chair": "todo_correction"})
        self.assertEqual(self.item("chair", code)["person_code"], "D01")

    def test_marks_that_contradict_each_other(self):
        id = wire.uuid7()
        code = self.meeting("open", meeting_id=id, roll=[("D01", "call")])
        for mark, author in (("present", "clerk1"), ("absent", "leader1")):
            self.insert("attendance_mark", meeting_id=id, person_id=self.ids["D01"], revision=1, op_id=wire.uuid7(),
                        mark=mark, author_id=self.ids[author])
        self.assertEqual(self.rules(code), {"office": "todo_conflict"})
        self.insert("attendance_mark", meeting_id=id, person_id=self.ids["D01"], revision=2, op_id=wire.uuid7(),
                    mark="absent", author_id=self.ids["office"], note="核对过")
        self.assertEqual(self.rules(code), {})

    # Notices, and the list itself

    def test_unread_notices(self):
        id = wire.uuid7()
        self.clients["office"].call("SendNotice", notice_id=id, title="请阅", group_id=self.ids["G01"])
        unread = [{"subject": "notice", "rule": "todo_notice_read", "record_id": id, "title": "请阅",
                   "since_on": str(self.today)}]
        for login in LOGINS:
            self.assertEqual(self.todos(login, subject="notice"), unread if login in ("clerk1", "leader1") else [])
        self.clients["clerk1"].call("ReceiveNotice", notice_id=id)
        self.assertEqual(self.todos("clerk1", subject="notice"), [])
        self.assertEqual(self.todos("leader1", subject="notice"), unread)

    def test_order_and_pages(self):
        for due in (5, -50, None, -2, 1, None, -2):
            self.feedback("screening", step_due_on=due and self.day(due))
        self.meeting("planned", None, 5)
        self.suggestion("submitted", step_due_on=self.day(-2))
        whole = self.todos("office")
        self.assertEqual([t.get("due_on") for t in whole],
                         [str(self.day(n)) for n in (-50, -2, -2, -2, 1, 2, 5)] + [None, None])
        self.assertEqual([t["subject"] for t in whole[1:4]], ["feedback", "feedback", "suggestion"])
        late = self.todos("office", late_only=True)
        self.assertEqual(late, whole[:4])
        for limit in (1, 2, 4):
            pages, after = [], None
            while True:
                page = self.clients["office"].call("ListTodo", limit=limit, after=after)
                self.assertLessEqual(len(page["todos"]), limit)
                pages += page["todos"]
                after = page.get("next")
                if after is None:
                    break
            self.assertEqual(pages, whole)

    def test_refusals(self):
        error = self.refused("INVALID", self.clients["office"].call, "ListTodo", subject="people")
        self.assertEqual(error.rule, "subject_unknown")
        with self.centre.connect("auditor") as auditor:
            self.refused("FORBIDDEN", auditor.call, "ListTodo")

    def test_every_rule_has_a_sentence_and_a_step(self):
        with open(os.path.join(harness.SOURCE, "sql/sentences.csv"), encoding="utf-8-sig", newline="") as file:
            sentences = {row["rule"]: row for row in csv.DictReader(file)}
        rules = self.centre.sql("select distinct subject, rule from lv.todo_state", user="lvzhi_owner")
        self.assertGreater(len(rules), 45)
        for _, rule in [*rules, (None, "todo_leave"), (None, "todo_correction"), (None, "todo_notice_read")]:
            for cell in ("zh", "en", "next_zh", "next_en"):
                self.assertTrue(sentences[rule][cell], f"{rule}: {cell}")
        # Whom the list calls can take some step there.
        for row in self.centre.sql(
            "select t.rule, s.state, r.role from lv.todo_state as t cross join unnest(t.states) as s (state)"
            " cross join unnest(t.roles) as r (role) where not t.watch and t.rule <> 'todo_unknown_marks'"
            " and lv.actions_open(t.subject, s.state, r.role) = '{}'", user="lvzhi_owner",
        ):
            self.fail(f"{row}: there is no step to take")


class Sample(harness.Case):
    """The sample town's lists come at once."""

    def test_sample_town(self):
        town = 533421121
        found = harness.read_directory(os.path.join(harness.SOURCE, "sql/sample/qingshi-2025"))
        with self.centre.admin() as admin:
            _, name, term, starts_on = found["town"][1][0]
            admin.call("CreateTown", town_id=town, name=name, term=term, term_starts_on=starts_on)
            accounts = {"office": {}, "chair": {}, "clerk": {"group_id": harness.imported_id(town, "groups", "G09")},
                        "unit": {"unit_id": harness.imported_id(town, "units", "U08")}}
            for role, of in accounts.items():
                if role == "clerk":
                    self.load(town, found)
                admin.call("CreateAccount", town_id=town, account_id=wire.uuid7(), login=role, role=role,
                           password=harness.PASSWORD, **of)
        self.centre.sql("analyze")
        for role in accounts:
            with self.centre.unix() as client:
                client.hello(town)
                client.login(role, harness.PASSWORD)
                took, replies = zip(*(self.centre.undisturbed(client.call, "ListTodo") for _ in range(12)))
                todos = replies[-1].get("todos", [])
                self.assertTrue(todos, role)
                if role == "unit":
                    assigned = [row for row in found["feedback"][1]
                                if dict(zip(found["feedback"][0], row))["unit"] == "U08"
                                and dict(zip(found["feedback"][0], row))["state"] == "assigned"]
                    self.assertEqual(sum(t["subject"] == "feedback" for t in todos), len(assigned))
                self.assertLess(statistics.median(took), 0.05 * harness.SLOWER, f"{role}: {len(todos)}")

    def load(self, town, found):
        with self.centre.unix() as office:
            office.hello(town)
            office.login("office", harness.PASSWORD)
            self.assertIsInstance(harness.import_files(office, found), dict)
