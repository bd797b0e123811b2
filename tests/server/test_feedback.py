"""The life of what a villager says, through the protocol: every path, every guard, days, ages, receipts, who sees what.

The daemon's clock stands at noon of Friday 2026-09-18: the Sunday after it is worked (调休), then come the holidays of
mid-autumn and of the national day, and a Saturday that is worked.
"""

import datetime
import json
import os
import re

import harness
import wire

TOWN = harness.TOWN
TODAY = datetime.date(2026, 9, 18)
AFTER_3, AFTER_5, AFTER_10 = "2026-09-22", "2026-09-24", "2026-10-09"  # working days
AFTER_15, AFTER_20 = "2026-10-15", "2026-10-22"
IN_30 = "2026-10-18"  # calendar days
ZONE = datetime.timezone(datetime.timedelta(hours=8))


def day(offset=0):
    return (TODAY + datetime.timedelta(days=offset)).isoformat()


def imported(file, key, town=TOWN):
    return harness.imported_id(town, file, key)


def clock_at(date):
    """The setting that puts the daemon's clock at noon of that day."""
    noon = datetime.datetime.combine(date, datetime.time(12), ZONE)
    return f"{round((noon - datetime.datetime.now(ZONE)).total_seconds())} seconds"


U01, U02 = imported("units", "U01"), imported("units", "U02")
NOTE = {"note": "说明原因"}
ASSIGN = {"unit_id": U01}
SOLVED = {"reply_class": "solved", "note": "路已修好"}
SATISFIED = {"rating": "satisfied"}
UNHAPPY = {"rating": "dissatisfied", "note": "还是不平"}

# How a state is reached from another; a step is (login, action, fields).
PATHS = {
    "registered": (None, []),
    "screening": ("registered", [("clerk1", "submit", {})]),
    "need_info": ("screening", [("office", "ask_info", NOTE)]),
    "explained": ("screening", [("leader1", "explain", {"note": "按规定要等明年"})]),
    "redirected": ("screening", [("office", "redirect", {"note": "请到法院起诉"})]),
    "assigned": ("screening", [("office", "assign", ASSIGN)]),
    "returned": ("assigned", [("unit1", "return", NOTE)]),
    "accepted": ("assigned", [("unit1", "accept", {})]),
    "handling": ("accepted", [("unit1", "contact", NOTE)]),
    "asked": ("handling", [("unit1", "ask_extension", {**NOTE, "due_on": day(45)})]),
    "extended": ("asked", [("office", "extend", {})]),
    "replied": ("handling", [("unit1", "reply", SOLVED)]),
    "checked": ("replied", [("office", "check_reply", {})]),
    "delivered": ("checked", [("clerk1", "deliver", {"note": "上门告知"})]),
    "wait_rating": ("delivered", [("clerk1", "await_rating", {})]),
    "rated": ("wait_rating", [("clerk1", "rate", SATISFIED)]),
    "closed": ("rated", [("office", "close", {})]),
    "rehandle": ("delivered", [("clerk1", "rate", UNHAPPY)]),
    "replied again": ("rehandle", [("unit1", "reply", SOLVED), ("office", "check_reply", {}),
                                   ("deputy1", "deliver", NOTE)]),
    "promised": ("handling", [
        ("unit1", "reply", {**NOTE, "reply_class": "planned", "promised_on": day(60)}), ("office", "check_reply", {}),
        ("clerk1", "deliver", NOTE), ("clerk1", "rate", SATISFIED)]),
    "escalated": ("handling", [("chair", "escalate", NOTE)]),
    "escalated without a unit": ("explained", [("clerk1", "deliver", NOTE), ("clerk1", "rate", UNHAPPY)]),
    "reopened": ("closed", [("office", "reopen", NOTE)]),
    "reopened without a unit": ("redirected", [("office", "close", {}), ("office", "reopen", NOTE)]),
    "withdrawn": ("registered", [("clerk1", "withdraw", NOTE)]),
    "void": ("registered", [("office", "void", NOTE)]),
}


class Case(harness.Case):
    settings = {"clock_offset": clock_at(TODAY)}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clients = {}
        cls.present = TODAY

    @classmethod
    def tearDownClass(cls):
        cls.close_clients()
        super().tearDownClass()

    @classmethod
    def close_clients(cls):
        for client in cls.clients.values():
            client.close()
        cls.clients.clear()

    def setUp(self):
        self.at(TODAY)

    @classmethod
    def at(cls, date):
        """Start the daemon anew with its clock on that day."""
        if date != cls.present:
            cls.close_clients()
            cls.centre.stop()
            cls.centre.sql("update data.session_token set expires_at = '2100-01-01', used_at = '2100-01-01'")
            cls.centre.settings["clock_offset"] = clock_at(date)
            cls.centre.start()
            cls.present = date

    def client(self, login, town=TOWN):
        if (login, town) not in self.clients:
            self.clients[login, town] = self.centre.connect(login, town)
        return self.clients[login, town]

    def do(self, login, method, **fields):
        return self.client(login).call(method, **fields)

    def register(self, login="clerk1", **fields):
        id = wire.uuid7()
        self.slip = self.do(login, "RegisterFeedback", **{
            "feedback_id": id, "group_id": imported("groups", "G01"), "deputy_id": imported("people", "D01"),
            "topic": "道路", "text": "村口的路不平", **fields,
        })
        return id

    def move(self, login, id, action, **fields):
        return self.do(login, "MoveFeedback", feedback_id=id, action=action, **fields)

    def follow(self, state):
        before, steps = PATHS[state]
        id = self.register() if before is None else self.follow(before)
        for login, action, fields in steps:
            self.move(login, id, action, **fields)
        return id

    def card(self, id, login="office"):
        return self.do(login, "GetFeedback", feedback_id=id)["feedback"]

    def steps(self, id, login="office"):
        return self.do(login, "GetFeedback", feedback_id=id)["steps"]

    def facts(self, id):
        return json.loads(self.steps(id)[-1].get("facts", "{}"))

    def no(self, error, rule, login, method, **fields):
        """Demand a refusal by this error and rule, that the sentence of the rule can say."""
        caught = self.refused(error, self.client(login).call, method, **fields)
        self.assertEqual(caught.rule, rule, caught)
        return caught

    def no_step(self, error, rule, login, id, action, **fields):
        before = self.centre.sql(f"select * from data.feedback where feedback_id = '{id.hex()}'")
        caught = self.no(error, rule, login, "MoveFeedback", feedback_id=id, action=action, **fields)
        after = self.centre.sql(f"select * from data.feedback where feedback_id = '{id.hex()}'")
        self.assertEqual(after, before, "a refused step has changed something")
        return caught

    def suggestion(self, code, feedback, state="draft"):
        """A suggestion that arose from this item."""
        self.centre.sql(
            "insert into data.suggestion (town_id, suggestion_id, code, kind, title, state, origin_feedback_id)"
            f" values ({TOWN}, '{wire.uuid7().hex()}', '{code}', 'suggestion', '修路', '{state}', '{feedback.hex()}')"
        )

    def import_feedback(self, code, state, **columns):
        """Last year's record; its id."""
        row = {"code": code, "group": "G01", "deputy": "D01", "received_on": "2025-03-01", "topic": "灌溉",
               "text": "水渠堵了", "state": state, **columns}
        reply = harness.import_files(self.client("office"), {"feedback": (list(row), [tuple(row.values())])})
        self.assertIsInstance(reply, dict, reply)
        return imported("feedback", code)


class Life(Case):
    def test_from_the_villager_to_the_end(self):
        id = self.register(received_on=day(-2))
        code, receipt = self.slip["code"], self.slip["receipt"]
        self.assertRegex(code, r"^F\d{4}$")
        self.assertRegex(receipt, r"^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$")
        steps = [
            ("deputy1", "submit", {}, "screening", AFTER_3),
            ("office", "assign", {**ASSIGN, "co_unit_ids": [U02]}, "assigned", AFTER_3),
            ("unit1", "accept", {}, "accepted", AFTER_10),
            ("unit1", "contact", {"note": "到现场看过", "day_on": day(-1)}, "handling", IN_30),
            ("unit1", "reply", SOLVED, "replied", AFTER_3),
            ("office", "check_reply", {}, "replied", AFTER_5),
            ("clerk1", "deliver", {"note": "上门告知"}, "delivered", AFTER_20),
            ("clerk1", "await_rating", {}, "wait_rating", AFTER_20),
            ("deputy1", "rate", {"rating": "mostly_satisfied", "note": "可以"}, "wait_rating", AFTER_20),
            ("office", "close", {"note": "已办结"}, "closed", None),
        ]
        for login, action, fields, state, due in steps:
            with self.subTest(action=action):
                reply = self.move(login, id, action, **fields)
                self.assertEqual((reply["state"], reply.get("step_due_on")), (state, due))
                self.assertEqual(reply.get("due_on"), None if action == "submit" else IN_30)
        card = self.card(id)
        self.assertRegex(card.pop("room_no"), "^ZY-[0-9]{4}-[0-9]{4}$")
        self.assertEqual(card, {
            "feedback_id": id, "code": code, "group_code": "G01", "deputy_code": "D01", "deputy_name": "代表D01",
            "received_on": day(-2), "topic": "道路", "text": "村口的路不平", "state": "closed", "state_since_on": day(),
            "unit_code": "U01", "co_unit_codes": ["U02"], "first_assigned_on": day(), "assigned_on": day(),
            "due_on": IN_30, "reply_class": "solved", "reply": "路已修好", "replied_on": day(), "reply_checked_on": day(),
            "delivered_on": day(), "rating": "mostly_satisfied", "rating_reason": "可以", "rehandled": 0,
            "closed_on": day(), "close_reason": "已办结", "receipt": receipt, "age_days": 0,
            "actions": ["reopen", "void"],
        })
        history = self.steps(id)
        self.assertEqual([s["step_no"] for s in history], list(range(1, 12)))
        self.assertEqual([(s["author"], s["action"], s["to_state"]) for s in history],
                         [("clerk1", "register", "registered")] + [(s[0], s[1], s[3]) for s in steps])
        self.assertEqual([s["from_state"] for s in history], ["new"] + [s["to_state"] for s in history[:-1]])
        self.assertEqual(json.loads(history[2]["facts"]), {
            "unit": "U01", "co_units": ["U02"], "assigned_on": day(), "first_assigned_on": day(), "due_on": IN_30})
        self.assertEqual((history[4]["note"], json.loads(history[4]["facts"])), ("到现场看过", {"day_on": day(-1)}))

    def test_the_office_takes_it_down_and_the_voter_cannot_be_reached(self):
        id = self.register("office")
        self.move("office", id, "assign", **ASSIGN)
        self.move("unit1", id, "reply", **SOLVED)
        self.no_step("INVALID", "value_missing", "office", id, "close")
        self.no_step("CONFLICT", "reply_not_checked", "office", id, "close", **NOTE)
        self.move("office", id, "check_reply")
        self.move("office", id, "close", note="外出打工，联系不上")
        card = self.card(id)
        self.assertEqual((card["state"], card["rating"], card["closed_on"]), ("closed", "not_rated", day()))

    def test_registered_by_each_role(self):
        for login, fields in (("deputy1", {"deputy_id": None, "group_id": None}), ("leader1", {"group_id": None}),
                              ("clerk1", {"group_id": None}), ("office", {})):
            with self.subTest(login=login):
                id = self.register(login, **fields)
                card = self.card(id)
                self.assertEqual((card["group_code"], card["deputy_code"], card["received_on"], card["step_due_on"]),
                                 ("G01", "D01", day(), AFTER_3))

    def test_a_reception_in_any_state(self):
        self.centre.sql(f"""
            insert into data.meeting (town_id, meeting_id, code, kind, title, held_on, state)
            values ({TOWN}, '{imported("meetings", "M900").hex()}', 'M900', 'voter_reception', '接待', '2026-09-18',
                'planned')""")
        id = self.register(meeting_id=imported("meetings", "M900"))
        self.assertEqual(self.facts(id)["meeting"], "M900")

    def test_what_registering_needs(self):
        for name, fields in (("topic", {"topic": ""}), ("topic", {"topic": None}), ("text", {"text": " "}),
                             ("deputy_id", {"deputy_id": None}), ("feedback_id", {"feedback_id": None})):
            with self.subTest(fields=fields):
                self.assertEqual(self.no_slip("INVALID", "value_missing", **fields).named["column"], name)
        office = {"login": "office", "group_id": None}
        self.assertEqual(self.no_slip("INVALID", "value_missing", **office).named["column"], "group_id")
        self.no_slip("INVALID", "day_in_future", received_on=day(1))
        self.no_slip("NOT_FOUND", "group_unknown", "office", group_id=wire.uuid7())
        self.no_slip("NOT_FOUND", "person_unknown", deputy_id=wire.uuid7())
        self.no_slip("NOT_FOUND", "meeting_unknown", meeting_id=wire.uuid7())
        self.no_slip("INVALID", "meeting_not_reception", meeting_id=imported("meetings", "M001"))
        self.no_slip("CONFLICT", "feedback_exists", feedback_id=imported("feedback", "F01"))
        for given in ({"resident_name": "赵四"}, {"resident_phone": "13800000000"}, {"resident_address": "村口"}):
            self.no_slip("INVALID", "privacy_notice_needed", **given)
            self.no_slip("INVALID", "privacy_notice_needed", notice_given=False, **given)
        # Another's group, another's name.
        for login in ("clerk1", "leader1"):
            self.no_slip("FORBIDDEN", "not_yours", login, group_id=imported("groups", "G02"),
                         deputy_id=imported("people", "D21"))
        self.no_slip("FORBIDDEN", "not_yours", "deputy1", deputy_id=imported("people", "D02"))
        for login in ("chair", "unit1", "auditor"):
            self.no_slip("FORBIDDEN", "role_may_not", login)

    def no_slip(self, error, rule, login="clerk1", **fields):
        before = self.centre.count("feedback"), self.centre.count("step"), self.centre.count("feedback_identity")
        caught = self.refused(error, self.register, login, **fields)
        self.assertEqual(caught.rule, rule, caught)
        self.assertEqual((self.centre.count("feedback"), self.centre.count("step"),
                          self.centre.count("feedback_identity")), before)
        return caught

    def test_the_deputy_is_in_office_and_of_the_group(self):
        self.no_slip("INVALID", "deputy_not_of_group", deputy_id=imported("people", "D21"))
        self.no_slip("INVALID", "deputy_not_of_group", received_on="2022-02-28")
        self.no_slip("INVALID", "deputy_not_of_group", "deputy1", group_id=imported("groups", "G02"), deputy_id=None)
        self.no_slip("INVALID", "deputy_not_of_group", "deputy1", group_id=None, deputy_id=None,
                     received_on="2022-02-28")
        self.register(received_on="2022-03-01")
        self.centre.sql(f"""
            insert into data.suspension (town_id, mandate_id, starts_on, ends_on)
            select {TOWN}, mandate_id, '2026-09-10', '2026-09-11' from data.mandate where code = 'ZD05'
                and town_id = {TOWN}""")
        d05 = imported("people", "D05")
        self.no_slip("INVALID", "deputy_not_of_group", deputy_id=d05, received_on="2026-09-11")
        self.register(deputy_id=d05, received_on="2026-09-12")

    def test_asked_for_more(self):
        id = self.follow("need_info")
        self.assertEqual(self.card(id)["step_due_on"], AFTER_15)
        self.assertEqual(self.move("deputy1", id, "give_info", note="第三组门口")["state"], "screening")
        self.assertEqual(self.card(id)["step_due_on"], AFTER_3)
        id = self.follow("need_info")
        self.no_step("CONFLICT", "info_awaited", "office", id, "give_up", **NOTE)
        self.at(datetime.date.fromisoformat(AFTER_15))
        self.no_step("CONFLICT", "info_awaited", "office", id, "give_up", **NOTE)
        self.at(datetime.date.fromisoformat(AFTER_15) + datetime.timedelta(days=1))
        self.move("office", id, "give_up", note="没有回音")
        card = self.card(id)
        self.assertEqual((card["state"], card["closed_on"], card["close_reason"]), ("closed", "2026-10-16", "没有回音"))

    def test_explained(self):
        id = self.follow("explained")
        card = self.card(id)
        self.assertEqual((card["reply_class"], card["reply"], card["replied_on"], card["step_due_on"]),
                         ("explained", "按规定要等明年", day(), AFTER_10))
        self.move("clerk1", id, "deliver", **NOTE)
        self.assertEqual(self.move("clerk1", id, "rate", rating="mostly_satisfied")["state"], "wait_rating")
        self.move("office", id, "close")
        # Nobody could do it again: no unit has it.
        id = self.follow("escalated without a unit")
        card = self.card(id)
        self.assertEqual((card["state"], card["rehandled"], card["step_due_on"]), ("escalated", 0, AFTER_10))
        self.no_step("CONFLICT", "no_unit", "chair", id, "supervise", **NOTE)
        self.assertEqual(self.move("office", id, "assign", **ASSIGN)["state"], "assigned")

    def test_redirected(self):
        id = self.follow("redirected")
        self.assertEqual(self.card(id)["step_due_on"], AFTER_5)
        self.assertEqual(self.steps(id)[-1]["note"], "请到法院起诉")
        self.assertEqual(self.move("office", id, "close")["state"], "closed")
        self.move("office", id, "reopen", **NOTE)
        self.no_step("CONFLICT", "no_unit", "office", id, "resume")

    def test_promoted(self):
        id, other = self.follow("screening"), self.follow("screening")
        self.no_step("INVALID", "value_missing", "office", id, "promote")
        self.no_step("NOT_FOUND", "suggestion_unknown", "office", id, "promote", suggestion_code="S900")
        self.suggestion("S900", id)
        self.suggestion("S901", other)
        self.suggestion("S902", id, "withdrawn")
        for code in ("S901", "S902"):
            self.no_step("INVALID", "suggestion_not_of_feedback", "office", id, "promote", suggestion_code=code)
        reply = self.move("office", id, "promote", suggestion_code="S900")
        self.assertEqual((reply["state"], reply.get("step_due_on")), ("promoted", None))
        self.assertEqual((self.card(id)["suggestion_code"], self.facts(id)), ("S900", {"suggestion": "S900"}))
        for state in ("draft", "assigned", "replied", "rated"):
            self.centre.sql(f"update data.suggestion set state = '{state}' where code = 'S900'")
            self.no_step("CONFLICT", "suggestion_not_finished", "office", id, "close", **NOTE)
        self.centre.sql("update data.suggestion set state = 'withdrawn' where code = 'S900'")
        self.no_step("INVALID", "value_missing", "office", id, "close")
        for n, state in enumerate(("closed", "reported", "published", "archived")):
            with self.subTest(state=state):
                one = self.follow("screening")
                self.suggestion(f"S91{n}", one, state)
                self.move("office", one, "promote", suggestion_code=f"S91{n}")
                self.assertEqual(self.move("office", one, "close")["state"], "closed")

    def test_sent_back(self):
        id = self.follow("replied")
        reply = self.move("office", id, "send_back", note="没有说清楚时间")
        self.assertEqual((reply["state"], reply["step_due_on"]), ("handling", IN_30))
        card = self.card(id)
        self.assertFalse({"reply", "reply_class", "replied_on"} & set(card))
        self.assertEqual(self.facts(id)["reply_class_before"], "solved")
        # Nobody has spoken with the villager: that is what should come first.
        id = self.follow("accepted")
        self.move("unit1", id, "reply", **SOLVED)
        self.assertEqual(self.move("office", id, "send_back", **NOTE)["step_due_on"], AFTER_10)

    def test_checked_once_and_before_it_is_told(self):
        id = self.follow("replied")
        self.no_step("CONFLICT", "reply_not_checked", "clerk1", id, "deliver", **NOTE)
        self.move("office", id, "check_reply")
        self.no_step("CONFLICT", "checked_already", "office", id, "check_reply")
        self.no_step("INVALID", "day_in_future", "clerk1", id, "deliver", day_on=day(1), **NOTE)
        self.no_step("INVALID", "delivered_before_reply", "clerk1", id, "deliver", day_on=day(-1), **NOTE)
        self.at(TODAY + datetime.timedelta(days=3))
        self.move("clerk1", id, "deliver", day_on=day(1), **NOTE)
        self.assertEqual(self.card(id)["delivered_on"], day(1))

    def test_rehandled_once_and_then_supervised(self):
        id = self.follow("rehandle")
        card = self.card(id)
        self.assertEqual((card["rating"], card["rating_reason"], card["rehandled"], card["step_due_on"]),
                         ("dissatisfied", "还是不平", 1, "2026-10-18"))
        self.move("unit1", id, "contact", **NOTE)
        self.assertEqual(self.card(id)["state"], "rehandle")
        self.move("unit1", id, "reply", **SOLVED)
        card = self.card(id)
        self.assertFalse({"rating", "rating_reason", "delivered_on", "reply_checked_on"} & set(card), card)
        facts = self.facts(id)
        self.assertEqual((facts["rating_before"], facts["delivered_on_before"]), ("dissatisfied", day()))
        self.no_step("CONFLICT", "reply_not_checked", "clerk1", id, "deliver", **NOTE)
        self.move("office", id, "check_reply")
        self.move("deputy1", id, "deliver", **NOTE)
        self.move("deputy1", id, "await_rating")
        reply = self.move("deputy1", id, "rate", **UNHAPPY)
        self.assertEqual((reply["state"], reply["step_due_on"], self.card(id)["rehandled"]), ("escalated", AFTER_10, 1))
        # The chair takes it in hand; the unit answers from there or after it.
        reply = self.move("chair", id, "supervise", note="限期办理", due_on=day(20))
        self.assertEqual((reply["state"], reply["due_on"], reply["step_due_on"]), ("handling", day(20), AFTER_10))
        self.assertEqual(self.facts(id), {"due_on": day(20), "due_on_before": IN_30})
        self.assertEqual(self.move("unit1", id, "contact", **NOTE)["step_due_on"], day(20))
        self.move("chair", id, "escalate", **NOTE)
        self.assertEqual(self.move("unit1", id, "contact", **NOTE)["state"], "escalated")
        self.assertEqual(self.move("unit1", id, "reply", **SOLVED)["state"], "replied")

    def test_satisfied_the_second_time(self):
        id = self.follow("replied again")
        self.assertEqual(self.move("clerk1", id, "rate", **SATISFIED)["state"], "wait_rating")
        self.assertEqual(self.move("office", id, "close")["state"], "closed")

    def test_promised(self):
        id = self.follow("promised")
        card = self.card(id)
        self.assertEqual((card["state"], card["promised_on"], card["step_due_on"]), ("promised", day(60), day(60)))
        self.move("office", id, "keep_promise", note="路修好了")
        card = self.card(id)
        self.assertEqual((card["state"], card["closed_on"], card["close_reason"], card["rating"]),
                         ("closed", day(), "路修好了", "satisfied"))
        id = self.follow("promised")
        self.assertEqual(self.move("office", id, "break_promise", **NOTE)["step_due_on"], AFTER_10)
        self.no_step("INVALID", "value_missing", "office", id, "close")
        self.assertEqual(self.move("office", id, "close", **NOTE)["state"], "closed")

    def test_extended_once(self):
        id = self.follow("handling")
        for fields, rule in (
            ({"due_on": day(45)}, "value_missing"), (NOTE, "value_missing"),
            ({**NOTE, "due_on": IN_30}, "extension_not_later"), ({**NOTE, "due_on": day(-1)}, "day_past"),
            ({**NOTE, "due_on": day(61)}, "extension_too_long"),
        ):
            self.no_step("INVALID", rule, "unit1", id, "ask_extension", **fields)
        for login in ("office", "chair"):
            self.no_step("CONFLICT", "extension_not_asked", login, id, "extend", due_on=day(45))
            self.no_step("CONFLICT", "extension_not_asked", login, id, "refuse_extension", **NOTE)
        self.assertEqual(self.move("unit1", id, "ask_extension", due_on=day(60), **NOTE)["state"], "handling")
        self.assertEqual(self.card(id)["extension_asked_to_on"], day(60))
        self.no_step("INVALID", "value_missing", "office", id, "refuse_extension")
        self.move("office", id, "refuse_extension", **NOTE)
        self.assertNotIn("extension_asked_to_on", self.card(id))
        self.move("unit1", id, "ask_extension", due_on=day(60), **NOTE)
        self.no_step("INVALID", "extension_too_long", "chair", id, "extend", due_on=day(61))
        reply = self.move("chair", id, "extend")
        self.assertEqual((reply["state"], reply["due_on"], reply["step_due_on"]), ("extended", day(60), day(60)))
        card = self.card(id)
        self.assertEqual((card["due_on"], card["extended_to_on"]), (IN_30, day(60)))
        self.assertEqual(self.facts(id), {"extended_to": day(60), "extension_asked_to_before": day(60)})
        self.assertEqual(self.move("unit1", id, "contact", **NOTE)["state"], "extended")
        self.move("unit1", id, "reply", **SOLVED)
        self.move("office", id, "send_back", **NOTE)
        self.no_step("CONFLICT", "extended_already", "unit1", id, "ask_extension", due_on=day(60), **NOTE)
        # Another unit has a clock, and an extension, of its own.
        self.move("chair", id, "escalate", **NOTE)
        self.assertEqual(self.move("office", id, "assign", unit_id=U02)["due_on"], IN_30)
        self.assertEqual(self.facts(id)["extended_to_before"], day(60))
        self.move("unit2", id, "accept")
        self.move("unit2", id, "ask_extension", due_on=day(60), **NOTE)
        # Another day than the one asked for.
        id = self.follow("asked")
        self.assertEqual(self.move("office", id, "extend", due_on=day(35))["due_on"], day(35))

    def test_returned_and_given_to_another(self):
        id = self.follow("assigned")
        self.no_step("INVALID", "value_missing", "unit1", id, "return")
        self.assertEqual(self.move("unit1", id, "return", note="不归我们管")["step_due_on"], AFTER_3)
        self.assertEqual(self.facts(id), {"unit": "U01", "assigned_on": day()})
        self.at(TODAY + datetime.timedelta(days=4))
        self.move("office", id, "assign", unit_id=U02)
        card = self.card(id)
        self.assertEqual((card["unit_code"], card["assigned_on"], card["due_on"], card["first_assigned_on"]),
                         ("U02", day(4), day(34), day()))
        self.assertEqual(self.facts(id), {
            "unit": "U02", "unit_before": "U01", "assigned_on": day(4), "assigned_on_before": day(),
            "due_on": day(34), "due_on_before": IN_30})
        self.no("FORBIDDEN", "not_yours", "unit1", "GetFeedback", feedback_id=id)
        self.move("unit2", id, "accept")
        self.no_step("CONFLICT", "not_in_this_state", "unit2", id, "return", **NOTE)

    def test_a_return_that_the_office_refuses(self):
        id = self.follow("returned")
        self.at(TODAY + datetime.timedelta(days=4))
        self.no_step("INVALID", "value_missing", "office", id, "assign", **ASSIGN)
        self.move("office", id, "assign", note="按三定方案归你们", **ASSIGN)
        card = self.card(id)
        self.assertEqual((card["state"], card["assigned_on"], card["due_on"]), ("assigned", day(), IN_30))

    def test_what_assigning_needs(self):
        id = self.follow("screening")
        for error, rule, fields in (
            ("INVALID", "value_missing", {}), ("NOT_FOUND", "unit_unknown", {"unit_id": wire.uuid7()}),
            ("NOT_FOUND", "unit_unknown", {**ASSIGN, "co_unit_ids": [wire.uuid7()]}),
            ("INVALID", "unit_twice", {**ASSIGN, "co_unit_ids": [U01]}),
            ("INVALID", "unit_twice", {**ASSIGN, "co_unit_ids": [U02, U02]}),
            ("INVALID", "day_past", {**ASSIGN, "due_on": day(-1)}),
        ):
            with self.subTest(rule=rule, fields=fields):
                self.no_step(error, rule, "office", id, "assign", **fields)
        self.assertEqual(self.move("office", id, "assign", due_on=day(), **ASSIGN)["due_on"], day())

    def test_what_a_reply_needs(self):
        id = self.follow("handling")
        for rule, fields in (
            ("value_missing", {"note": "好了"}), ("value_missing", {"reply_class": "solved"}),
            ("value_missing", {"reply_class": "solved", "note": "  "}),
            ("value_missing", {**NOTE, "reply_class": "planned"}),
            ("promise_not_ahead", {**NOTE, "reply_class": "planned", "promised_on": day()}),
        ):
            self.no_step("INVALID", rule, "unit1", id, "reply", **fields)
        self.move("unit1", id, "reply", reply_class="higher_level", note="要报县里", promised_on=day(3))
        card = self.card(id)
        self.assertEqual(card["reply_class"], "higher_level")
        self.assertNotIn("promised_on", card)  # only a plan has a day

    def test_every_step_that_says_something_needs_its_words(self):
        wanted = {
            "ask_info": ("office", "screening"), "give_info": ("clerk1", "need_info"),
            "give_up": ("office", "need_info"), "explain": ("deputy1", "screening"),
            "redirect": ("office", "screening"), "return": ("unit1", "assigned"), "contact": ("unit1", "accepted"),
            "send_back": ("office", "replied"), "deliver": ("clerk1", "checked"),
            "keep_promise": ("office", "promised"), "break_promise": ("office", "promised"),
            "escalate": ("chair", "assigned"), "supervise": ("chair", "escalated"), "reopen": ("office", "closed"),
            "withdraw": ("clerk1", "registered"), "void": ("office", "registered"), "unmerge": ("office", "merged"),
        }
        ids = {}
        for action, (login, state) in wanted.items():
            with self.subTest(action=action):
                if state not in ids:
                    ids[state] = self.merged()[1] if state == "merged" else self.follow(state)
                for note in (None, "", " "):
                    caught = self.no_step("INVALID", "value_missing", login, ids[state], action, note=note)
                    self.assertEqual(caught.named["column"], "note")

    def test_rated(self):
        id = self.follow("delivered")
        self.no_step("INVALID", "value_missing", "clerk1", id, "rate")
        self.no_step("INVALID", "value_missing", "clerk1", id, "rate", rating="dissatisfied")
        self.assertEqual(self.refused("FORBIDDEN", self.move, "unit1", id, "rate", **SATISFIED).rule, "not_your_step")
        self.assertEqual(self.move("clerk1", id, "rate", rating="not_rated", note="不愿评价")["state"], "wait_rating")
        self.no_step("CONFLICT", "rated_already", "clerk1", id, "rate", **SATISFIED)
        self.assertEqual(self.card(id)["rating"], "not_rated")

    def test_closed_unrated_after_twenty_working_days(self):
        id = self.follow("wait_rating")
        self.at(datetime.date.fromisoformat(AFTER_20))
        self.no_step("CONFLICT", "not_rated_yet", "office", id, "close")
        self.at(datetime.date.fromisoformat(AFTER_20) + datetime.timedelta(days=1))
        self.move("office", id, "close")
        self.assertEqual(self.card(id)["rating"], "not_rated")

    def test_reopened(self):
        id = self.follow("closed")
        for login in ("deputy1", "clerk1", "office"):
            reply = self.move(login, id, "reopen", note="路又坏了")
            self.assertEqual((reply["state"], reply["step_due_on"]), ("reopened", AFTER_5))
            card = self.card(id)
            self.assertFalse({"closed_on", "rating", "reply_checked_on", "delivered_on"} & set(card))
            facts = self.facts(id)
            if login == "deputy1":
                self.assertEqual(facts, {"closed_on_before": day(), "rating_before": "satisfied",
                                         "reply_checked_on_before": day(), "delivered_on_before": day()})
            self.centre.sql(f"update data.feedback set state = 'closed', closed_on = '{day()}' where"
                            f" feedback_id = '{id.hex()}'")
        self.move("office", id, "reopen", **NOTE)
        self.at(TODAY + datetime.timedelta(days=3))
        reply = self.move("office", id, "resume")
        self.assertEqual((reply["state"], reply["due_on"]), ("handling", day(33)))
        card = self.card(id)
        self.assertEqual((card["unit_code"], card["assigned_on"], card["age_days"]), ("U01", day(), 3))
        self.assertEqual(card["step_due_on"], "2026-10-12")  # 10 days to speak with the villager
        self.move("unit1", id, "reply", **SOLVED)  # without having done so
        self.assertEqual(self.move("office", id, "send_back", **NOTE)["step_due_on"], "2026-10-12")

    def test_reopened_within_twelve_months(self):
        id = self.follow("closed")
        self.at(datetime.date(2027, 9, 19))
        self.no_step("CONFLICT", "too_long_closed", "clerk1", id, "reopen", **NOTE)
        self.at(datetime.date(2027, 9, 18))
        self.move("clerk1", id, "reopen", **NOTE)

    def test_withdrawn_by_who_took_it_down(self):
        theirs = self.register("office")
        self.no_step("FORBIDDEN", "not_the_recorder", "clerk1", theirs, "withdraw", **NOTE)
        self.assertEqual(self.move("deputy1", theirs, "withdraw", **NOTE)["state"], "withdrawn")
        id = self.register("clerk1")
        self.move("clerk1", id, "withdraw", note="说错了")
        card = self.card(id)
        self.assertEqual((card["state"], card["close_reason"]), ("withdrawn", "说错了"))
        self.assertFalse({"step_due_on", "lateness", "age_days"} & set(card))

    def test_void(self):
        id = self.register()
        code = self.slip["code"]
        self.move("office", id, "void", note="重复登记")
        self.assertEqual((self.card(id)["state"], self.card(id)["close_reason"]), ("void", "重复登记"))
        self.register()
        self.assertNotEqual(self.slip["code"], code)  # the number stays used

    def test_a_change_that_others_can_follow(self):
        id = self.register()
        self.move("clerk1", id, "submit")
        self.assertEqual(self.centre.count("operation", f"record_id = '{id.hex()}' and topics is not null"), 2)

    def test_not_there(self):
        self.no("NOT_FOUND", "feedback_unknown", "office", "MoveFeedback", feedback_id=wire.uuid7(), action="screen")
        self.no("NOT_FOUND", "feedback_unknown", "office", "MoveFeedback", action="screen")
        id = self.register()
        self.no_step("INVALID", "value_missing", "office", id, None)

    def test_everything_refused_has_its_sentence(self):
        with open(os.path.join(harness.SOURCE, "sql/rules/36_feedback.sql"), encoding="utf-8") as file:
            rules = set(re.findall(r"'(?:invalid|conflict|forbidden|not_found)',\s*'(\w+)'", file.read()))
        with open(os.path.join(harness.SOURCE, "sql/sentences.csv"), encoding="utf-8") as file:
            known = {line.split(",")[0] for line in file}
        self.assertGreater(len(rules), 25)
        self.assertEqual((rules | {"merge_chain", "leads_others", "privacy_notice"}) - known, set())

    # Merging

    def merged(self, lead="screening", child="screening"):
        lead, child = self.follow(lead), self.follow(child)
        self.move("office", child, "merge", lead_code=self.card(lead)["code"])
        return lead, child

    def test_merged_keeps_its_own_number_and_reply(self):
        lead, child = self.merged("handling")
        card, lead_card = self.card(child), self.card(lead)
        self.assertEqual((card["state"], card["lead_code"]), ("merged", lead_card["code"]))
        self.assertEqual(lead_card["merged_codes"], [card["code"]])
        self.assertEqual(self.facts(child), {"lead": lead_card["code"]})
        self.assertFalse({"step_due_on", "lateness"} & set(card))
        self.no_step("CONFLICT", "lead_not_replied", "clerk1", child, "deliver", **NOTE)
        self.move("unit1", lead, "reply", reply_class="planned", promised_on=day(60), note="明年修")
        self.no_step("CONFLICT", "lead_not_replied", "clerk1", child, "deliver", **NOTE)
        self.move("office", lead, "check_reply")
        self.assertEqual(self.move("clerk1", child, "deliver", note="电话告知")["state"], "delivered")
        card = self.card(child)
        self.assertEqual(
            [card[k] for k in ("reply_class", "reply", "replied_on", "promised_on", "delivered_on", "unit_code")],
            ["planned", "明年修", day(), day(60), day(), "U01"])
        # Each is rated and closed by itself.
        self.assertEqual(self.card(lead)["state"], "replied")
        self.assertEqual(self.move("clerk1", child, "rate", **UNHAPPY)["state"], "rehandle")
        self.move("clerk1", lead, "deliver", **NOTE)
        self.assertEqual(self.move("clerk1", lead, "rate", **SATISFIED)["state"], "promised")
        self.assertEqual(self.move("unit1", child, "reply", **SOLVED)["state"], "replied")

    def test_closing_the_lead_closes_nobody_else(self):
        lead, child = self.merged("checked")
        self.move("office", lead, "close", **NOTE)
        self.assertEqual(self.card(child)["state"], "merged")
        self.assertEqual(self.move("clerk1", child, "deliver", **NOTE)["state"], "delivered")

    def test_an_explained_lead(self):
        lead, child = self.merged()
        self.move("deputy1", lead, "explain", note="政策如此")
        self.no_step("CONFLICT", "lead_not_replied", "clerk1", child, "deliver", **NOTE)
        self.move("clerk1", lead, "deliver", **NOTE)
        self.move("clerk1", child, "deliver", **NOTE)
        self.assertEqual(self.card(child)["reply"], "政策如此")

    def test_the_earliest_day_is_everybodys(self):
        lead = self.follow("screening")
        self.move("office", lead, "assign", unit_id=U01, due_on=day(40))
        child = self.follow("screening")
        self.move("office", child, "assign", unit_id=U02, due_on=day(12))
        self.move("unit2", child, "accept")
        self.move("unit1", lead, "accept")
        self.move("unit1", lead, "contact", **NOTE)
        self.move("office", child, "merge", lead_code=self.card(lead)["code"])
        self.assertEqual([self.card(lead)[k] for k in ("due_on", "step_due_on")], [day(12), day(12)])
        later = self.follow("screening")
        self.move("office", later, "assign", unit_id=U02, due_on=day(20))
        self.move("office", later, "merge", lead_code=self.card(lead)["code"])
        self.assertEqual(self.card(lead)["due_on"], day(12))
        without, lead_code = self.follow("screening"), self.card(lead)["code"]
        self.move("office", without, "merge", lead_code=lead_code)
        self.assertEqual(self.card(lead)["due_on"], day(12))
        # An extended lead, and one that is assigned only afterwards.
        lead, child = self.follow("extended"), self.follow("screening")
        self.move("office", child, "assign", unit_id=U02, due_on=day(12))
        self.move("office", child, "merge", lead_code=self.card(lead)["code"])
        self.assertEqual(self.move("unit1", lead, "contact", **NOTE)["due_on"], day(12))
        lead, child = self.follow("screening"), self.follow("screening")
        self.move("office", child, "assign", unit_id=U02, due_on=day(12))
        self.move("office", child, "merge", lead_code=self.card(lead)["code"])
        self.assertEqual(self.move("office", lead, "assign", **ASSIGN)["due_on"], day(12))

    def test_unmerged(self):
        lead, child = self.merged()
        reply = self.move("office", child, "unmerge", note="不是一回事")
        self.assertEqual((reply["state"], reply["step_due_on"]), ("screening", AFTER_3))
        self.assertNotIn("lead_code", self.card(child))
        self.assertEqual(self.facts(child), {"lead_before": self.card(lead)["code"]})
        self.assertNotIn("merged_codes", self.card(lead))

    def test_what_merging_needs(self):
        lead, child = self.merged()
        other = self.follow("screening")
        lead_code, child_code, other_code = (self.card(id)["code"] for id in (lead, child, other))
        self.no_step("INVALID", "value_missing", "office", other, "merge")
        self.no_step("NOT_FOUND", "feedback_unknown", "office", other, "merge", lead_code="F9999")
        self.no_step("INVALID", "merge_self", "office", other, "merge", lead_code=other_code)
        self.no_step("CONFLICT", "merge_chain", "office", other, "merge", lead_code=child_code)
        self.no_step("CONFLICT", "merge_chain", "office", lead, "merge", lead_code=other_code)
        for state in ("closed", "withdrawn", "void"):
            gone = self.card(self.follow(state))["code"]
            self.no_step("CONFLICT", "lead_not_open", "office", other, "merge", lead_code=gone)
        self.no_step("CONFLICT", "leads_others", "office", lead, "void", **NOTE)
        self.no_step("CONFLICT", "leads_others", "clerk1", lead, "withdraw", **NOTE)
        self.move("office", child, "void", **NOTE)
        self.move("office", lead, "merge", lead_code=other_code)

    def test_every_voice_counts(self):
        def voices(code):
            reply = self.do("office", "ThreeNo", from_on="2026-09-01", to_on="2026-09-30")
            return {p["code"]: p["voices_relayed"] for p in reply["people"]}[code]

        d04, d06 = {"deputy_id": imported("people", "D04")}, {"deputy_id": imported("people", "D06")}
        self.assertEqual((voices("D04"), voices("D06")), (0, 0))
        lead, child = self.register(**d04), self.register(**d06)
        self.move("office", child, "merge", lead_code=self.card(lead)["code"])
        self.assertEqual((voices("D04"), voices("D06")), (1, 1))
        withdrawn, void = self.register(**d06), self.register(**d06)
        self.assertEqual(voices("D06"), 3)
        self.move("clerk1", withdrawn, "withdraw", **NOTE)
        self.move("office", void, "void", **NOTE)
        self.assertEqual(voices("D06"), 1)

    # Days

    def test_lateness(self):
        id = self.follow("handling")  # due on 2026-10-18
        for offset, level in ((22, None), (23, "soon"), (30, "soon"), (31, "late"), (37, "late"), (38, "very_late"),
                              (60, "very_late"), (61, "overdue")):
            with self.subTest(offset=offset):
                self.at(TODAY + datetime.timedelta(days=offset))
                self.assertEqual(self.card(id).get("lateness"), level)
        late = self.do("office", "ListFeedback", late_only=True)["feedback"]
        self.assertIn(id, [f["feedback_id"] for f in late])
        self.assertEqual({f["lateness"] for f in late} - {"late", "very_late", "overdue"}, set())
        # Answered: the villager no longer waits for an answer, only the next step's day counts.
        self.move("unit1", id, "reply", **SOLVED)
        self.assertEqual(self.card(id)["lateness"], "soon")

    def test_age_never_resets(self):
        id = self.follow("returned")
        ages = []
        for offset, steps in (
            (4, [("office", "assign", {"unit_id": U02}), ("unit2", "accept", {}), ("unit2", "reply", SOLVED),
                 ("office", "check_reply", {}), ("office", "close", NOTE)]),
            (40, [("clerk1", "reopen", NOTE), ("office", "assign", {"unit_id": U01}), ("unit1", "return", NOTE)]),
            (50, [("office", "assign", {"unit_id": U02})]),
        ):
            self.at(TODAY + datetime.timedelta(days=offset))
            for login, action, fields in steps:
                self.move(login, id, action, **fields)
            ages.append((self.card(id)["first_assigned_on"], self.card(id)["age_days"]))
        self.assertEqual(ages, [(day(), 4), (day(), 40), (day(), 50)])
        closed = self.follow("checked")
        self.move("office", closed, "close", **NOTE)
        self.at(TODAY + datetime.timedelta(days=90))
        self.assertEqual(self.card(closed)["age_days"], 0)  # it stopped on the day it was closed
        self.assertEqual(self.card(id)["age_days"], 90)


class Seen(Case):
    """Who sees what: domain.md E5."""

    READERS = ("deputy1", "clerk1", "leader1", "office", "chair", "unit1", "unit2", "auditor")
    OTHERS = ("deputy2", "d02", "clerk2", "leader2")

    def sees(self, login, id):
        listed = self.do(login, "ListFeedback").get("feedback", [])
        seen = id in [f["feedback_id"] for f in listed]
        if seen:
            self.assertEqual(self.card(id, login)["feedback_id"], id)
        else:
            self.no("FORBIDDEN", "not_yours", login, "GetFeedback", feedback_id=id)
        return seen

    def test_own_group_own_items_own_units(self):
        id = self.follow("screening")
        self.move("office", id, "assign", **ASSIGN)
        self.assertEqual({login for login in self.READERS + self.OTHERS if self.sees(login, id)},
                         set(self.READERS) - {"unit2"})
        self.move("unit1", id, "return", **NOTE)
        self.assertTrue(self.sees("unit1", id))
        self.move("office", id, "assign", unit_id=U02, co_unit_ids=[U01])
        self.assertTrue(self.sees("unit1", id) and self.sees("unit2", id))
        self.no("FORBIDDEN", "role_may_not", "backup", "ListFeedback")
        self.no("FORBIDDEN", "role_may_not", "backup", "GetFeedback", feedback_id=id)

    def test_no_unit_sees_what_is_being_screened(self):
        id, lead = self.follow("assigned"), self.follow("screening")
        self.move("office", id, "merge", lead_code=self.card(lead)["code"])
        self.assertTrue(self.sees("unit1", id))
        self.move("office", id, "unmerge", **NOTE)
        self.assertFalse(self.sees("unit1", id))
        self.move("office", id, "assign", **ASSIGN)
        self.assertEqual({s["to_state"] for s in self.steps(id, "unit1")}, {"assigned", "merged"})
        self.assertEqual({s["to_state"] for s in self.steps(id)}, {"registered", "screening", "assigned", "merged"})

    def test_the_receipt_is_whose_slip_it_is(self):
        id = self.follow("assigned")
        code = self.slip["code"]
        for login in self.READERS[:-2] + ("auditor",):
            with self.subTest(login=login):
                may = login in ("deputy1", "clerk1", "leader1", "office")
                listed = [f for f in self.do(login, "ListFeedback")["feedback"] if f["code"] == code]
                for card in (listed[0], self.card(id, login)):
                    self.assertEqual(card.get("receipt"), self.slip["receipt"] if may else None)
                self.assertNotIn(self.slip["receipt"], str(self.steps(id, login)))

    def test_actions_are_those_of_the_role_here(self):
        id = self.follow("screening")
        self.move("office", id, "assign", unit_id=U01, co_unit_ids=[U02])
        for login, actions in (
            ("unit1", ["accept", "reply", "return"]), ("unit2", []), ("office", ["merge", "void"]),
            ("chair", ["escalate"]), ("clerk1", []), ("auditor", []),
        ):
            self.assertEqual(self.card(id, login).get("actions", []), actions, login)

    def test_another_units_item(self):
        id = self.follow("screening")
        self.move("office", id, "assign", unit_id=U01, co_unit_ids=[U02])
        for action in ("accept", "return", "reply"):
            self.no_step("FORBIDDEN", "not_yours", "unit2", id, action, **SOLVED)
        self.move("unit1", id, "accept")
        self.no_step("FORBIDDEN", "not_yours", "unit2", id, "ask_extension", due_on=day(45), **NOTE)

    def test_another_groups_item(self):
        id = self.follow("registered")
        for login in ("clerk2", "deputy2", "d02"):
            self.no_step("FORBIDDEN", "not_yours", login, id, "submit")
            self.no_step("FORBIDDEN", "not_yours", login, id, "withdraw", **NOTE)
        self.no_step("FORBIDDEN", "not_yours", "leader2", id, "explain", **NOTE)

    def test_another_towns_item(self):
        id = self.follow("registered")
        office = self.client("office", harness.OTHER_TOWN)
        self.assertEqual([f["code"] for f in office.call("ListFeedback")["feedback"]], ["F01"])
        for method, fields in (("GetFeedback", {"feedback_id": id}), ("GetFeedback", {"code": self.slip["code"]}),
                               ("MoveFeedback", {"feedback_id": id, "action": "screen"}),
                               ("RevealIdentity", {"feedback_id": id, "reason": "核实"})):
            self.assertEqual(self.refused("NOT_FOUND", office.call, method, **fields).rule, "feedback_unknown")
        caught = self.refused("NOT_FOUND", office.call, "TrackFeedback", receipt=self.slip["receipt"])
        self.assertEqual(caught.rule, "receipt_unknown")
        theirs = imported("feedback", "F01", harness.OTHER_TOWN)
        self.no("NOT_FOUND", "feedback_unknown", "office", "GetFeedback", feedback_id=theirs)
        mine = self.follow("screening")
        self.no_step("NOT_FOUND", "unit_unknown", "office", mine, "assign",
                     unit_id=imported("units", "U01", harness.OTHER_TOWN))
        self.no("NOT_FOUND", "group_unknown", "office", "RegisterFeedback", feedback_id=wire.uuid7(), topic="a",
                text="b", group_id=imported("groups", "G01", harness.OTHER_TOWN),
                deputy_id=imported("people", "D01"))

    def test_by_code(self):
        id = self.register()
        self.assertEqual(self.do("office", "GetFeedback", code=self.slip["code"])["feedback"]["feedback_id"], id)
        self.no("NOT_FOUND", "feedback_unknown", "office", "GetFeedback", code="F9999")
        self.no("FORBIDDEN", "not_yours", "clerk2", "GetFeedback", code=self.slip["code"])

    # Receipts

    def test_any_room_answers_for_a_receipt(self):
        id = self.register(resident_name="赵田", resident_phone="13912345678", notice_given=True)
        slip = self.slip
        bare = {"code": slip["code"], "received_on": day(), "topic": "道路", "state": "registered"}
        for login in ("deputy2", "clerk2", "leader2", "office", "chair"):
            self.assertEqual(self.do(login, "TrackFeedback", receipt=slip["receipt"]), bare)
        for login in ("unit1", "auditor", "backup"):
            self.no("FORBIDDEN", "role_may_not", login, "TrackFeedback", receipt=slip["receipt"])
        letters = slip["receipt"].replace("-", "")
        for typed in (letters, letters.lower(), f" {letters[:4]} {letters[4:]} ",
                      letters.replace("0", "o").replace("1", "l")):
            self.assertEqual(self.do("clerk2", "TrackFeedback", receipt=typed), bare)
        for typed in ("", None, letters[:7], letters + "0", "UUUU-UUUU", slip["code"]):
            self.no("NOT_FOUND", "receipt_unknown", "clerk2", "TrackFeedback", receipt=typed)
        for login, action, fields in PATHS["screening"][1] + PATHS["assigned"][1] + PATHS["accepted"][1]:
            self.move(login, id, action, **fields)
        given = {**bare, "state": "accepted", "due_on": IN_30, "unit_name": "镇中心学校"}
        self.assertEqual(self.do("clerk2", "TrackFeedback", receipt=letters), given)
        # The answer only when the office has checked it.
        self.move("unit1", id, "reply", **SOLVED)
        self.assertEqual(self.do("clerk2", "TrackFeedback", receipt=letters), {**given, "state": "replied"})
        self.move("office", id, "check_reply")
        self.assertEqual(self.do("clerk2", "TrackFeedback", receipt=letters), {
            **given, "state": "replied", "reply_class": "solved", "reply": "路已修好", "replied_on": day()})

    def test_a_merged_receipt_tells_of_the_one_that_carries_it(self):
        child = self.follow("screening")
        receipt = self.slip["receipt"]
        lead = self.follow("handling")
        self.move("office", child, "merge", lead_code=self.card(lead)["code"])
        told = self.do("clerk2", "TrackFeedback", receipt=receipt)
        self.assertEqual((told["code"], told["state"], told["unit_name"], told["due_on"]),
                         (self.card(child)["code"], "merged", "镇中心学校", IN_30))
        self.assertNotIn("reply", told)

    def test_receipts_differ(self):
        receipts = set()
        for _ in range(40):
            self.register()
            receipts.add(self.slip["receipt"])
        self.assertEqual(len(receipts), 40)
        self.assertGreater(len(set("".join(receipts))), 25)

    # Lists

    def test_listed_by_what_is_asked(self):
        before = datetime.date(2026, 2, 1)
        ids = [self.register(received_on=(before + datetime.timedelta(days=n // 2)).isoformat()) for n in range(6)]
        ids.append(self.register(deputy_id=imported("people", "D02"), received_on="2026-02-10"))
        ids.append(self.register("office", group_id=imported("groups", "G02"), deputy_id=imported("people", "D21"),
                                 received_on="2026-02-11"))
        self.move("office", ids[1], "assign", unit_id=U01)
        self.move("office", ids[2], "assign", unit_id=U02, co_unit_ids=[U01])

        def listed(login="office", **fields):
            fields = {"from_on": "2026-02-01", "to_on": "2026-02-28", **fields}
            return [f["feedback_id"] for f in self.do(login, "ListFeedback", **fields).get("feedback", [])]

        self.assertEqual(listed(), ids)
        self.assertEqual(listed(from_on="2026-02-02", to_on="2026-02-03"), ids[2:6])
        self.assertEqual(listed(state="assigned"), ids[1:3])
        self.assertEqual(listed(group_code="G02"), ids[7:])
        self.assertEqual(listed(deputy_code="D02"), ids[6:7])
        self.assertEqual(listed(unit_code="U01"), ids[1:3])
        self.assertEqual(listed(unit_code="U02"), ids[2:3])
        self.assertEqual(listed("clerk2"), ids[7:])
        self.assertEqual(listed(late_only=True), [])
        for name in ("group_code", "deputy_code", "unit_code"):
            self.assertEqual(listed(**{name: "Z99"}), [])
        self.assertEqual(set(ids) & set(i["feedback_id"] for i in self.do("unit1", "ListFeedback")["feedback"]),
                         set(ids[1:3]))

    def test_page_by_page(self):
        for n in range(3):
            self.register(received_on=f"2026-03-0{n // 2 + 1}")
        whole = self.do("office", "ListFeedback")["feedback"]
        self.assertEqual([(f["received_on"], f["code"]) for f in whole],
                         sorted((f["received_on"], f["code"]) for f in whole))
        for limit in (1, 2, len(whole), len(whole) + 1):
            rows, after = [], None
            while True:
                page = self.do("office", "ListFeedback", limit=limit, after=after)
                rows += page["feedback"]
                after = page.get("next")
                if after is None:
                    break
            self.assertEqual(rows, whole, f"by {limit}")


class Imported(Case):
    """Last year's records have no receipt, no recorder, no days of their steps; their life goes on all the same."""

    def test_registered(self):
        id = self.import_feedback("F20", "registered")
        self.assertFalse({"state_since_on", "step_due_on", "receipt", "lateness"} & set(self.card(id)))
        self.move("deputy1", id, "submit")
        self.move("office", id, "assign", **ASSIGN)
        self.assertEqual(self.card(id)["due_on"], IN_30)

    def test_draft(self):
        id = self.import_feedback("F21", "draft")
        self.assertNotIn("actions", self.card(id, "leader1"))
        self.move("clerk1", id, "register")
        card = self.card(id, "clerk1")
        self.assertEqual((card["state"], card["step_due_on"]), ("registered", AFTER_3))
        self.assertEqual(self.do("clerk2", "TrackFeedback", receipt=card["receipt"])["code"], "F21")
        self.move("clerk1", id, "withdraw", **NOTE)

    def test_withdrawn_by_the_room(self):
        id = self.import_feedback("F22", "need_info")
        self.move("clerk1", id, "withdraw", **NOTE)

    def test_given_up(self):
        id = self.import_feedback("F23", "need_info")
        self.move("office", id, "give_up", **NOTE)

    def test_assigned(self):
        assigned = {"unit": "U01", "assigned_on": "2025-03-03"}
        id = self.import_feedback("F24", "assigned", due_on="2025-04-02", **assigned)
        card = self.card(id)
        self.assertEqual((card["first_assigned_on"], card["lateness"]), ("2025-03-03", "overdue"))
        self.assertEqual(card["age_days"], (TODAY - datetime.date(2025, 3, 3)).days)
        self.move("unit1", id, "return", **NOTE)
        self.move("office", id, "assign", unit_id=U02)
        card = self.card(id)
        self.assertEqual((card["first_assigned_on"], card["assigned_on"], card["due_on"]),
                         ("2025-03-03", day(), IN_30))
        # Without a day: it is counted from the assignment.
        id = self.import_feedback("F25", "assigned", **assigned)
        self.move("unit1", id, "accept")
        self.no_step("INVALID", "extension_too_long", "unit1", id, "ask_extension", due_on=day(1), **NOTE)
        self.move("unit1", id, "contact", **NOTE)
        self.assertNotIn("step_due_on", self.card(id))
        self.move("unit1", id, "reply", **SOLVED)

    def test_replied(self):
        columns = {"unit": "U01", "assigned_on": "2025-03-03", "due_on": "2025-04-02", "replied_on": "2025-03-20"}
        id = self.import_feedback("F26", "replied", rating="dissatisfied", **columns)
        self.move("office", id, "check_reply")
        self.move("clerk1", id, "deliver", **NOTE)
        self.assertNotIn("rating", self.card(id))
        self.assertEqual(self.facts(id)["rating_before"], "dissatisfied")
        self.move("clerk1", id, "rate", **UNHAPPY)
        self.assertEqual(self.card(id)["state"], "rehandle")
        id = self.import_feedback("F27", "replied", **columns)
        self.move("office", id, "check_reply")
        self.move("office", id, "close", **NOTE)

    def test_waiting_for_a_rating(self):
        id = self.import_feedback("F28", "wait_rating", unit="U01")
        self.move("office", id, "close")
        self.assertEqual(self.card(id)["rating"], "not_rated")
        id = self.import_feedback("F29", "delivered", unit="U01")
        self.assertEqual(self.move("clerk1", id, "rate", **SATISFIED)["state"], "wait_rating")

    def test_the_other_states(self):
        for n, (state, login, action, fields, to) in enumerate((
            ("promised", "office", "keep_promise", NOTE, "closed"), ("rehandle", "unit1", "reply", SOLVED, "replied"),
            ("escalated", "chair", "supervise", NOTE, "handling"), ("reopened", "office", "resume", {}, "handling"),
            ("redirected", "office", "close", {}, "closed"), ("promoted", "office", "close", NOTE, "closed"),
            ("merged", "office", "unmerge", NOTE, "screening"), ("closed", "clerk1", "reopen", NOTE, "reopened"),
            ("handling", "unit1", "ask_extension", {**NOTE, "due_on": "2026-10-30"}, "handling"),
            ("explained", "clerk1", "deliver", NOTE, "delivered"), ("returned", "office", "assign", ASSIGN, "assigned"),
            ("extended", "unit1", "contact", NOTE, "extended"), ("accepted", "unit1", "contact", NOTE, "handling"),
        )):
            with self.subTest(state=state):
                # Returned by another unit.
                unit = "U02" if state == "returned" else "U01"
                id = self.import_feedback(f"F{n + 40}", state, unit=unit)
                self.assertEqual(self.move(login, id, action, **fields)["state"], to)

    def test_merged_into_nobody_knows_what(self):
        id = self.import_feedback("F60", "merged")
        self.no_step("CONFLICT", "lead_not_replied", "clerk1", id, "deliver", **NOTE)

    def test_promoted_without_its_suggestion(self):
        id = self.import_feedback("F61", "promoted")
        self.no_step("INVALID", "value_missing", "office", id, "close")

    def test_new_codes_pass_over_imported_ones(self):
        self.register()
        taken = f"F{int(self.slip['code'][1:]) + 1:04d}"
        self.import_feedback(taken, "registered")
        self.register()
        self.assertEqual(int(self.slip["code"][1:]), int(taken[1:]) + 1)

    def test_imported_again_nothing_changes(self):
        id = self.import_feedback("F62", "registered")
        self.move("office", id, "assign", **ASSIGN)
        before = self.card(id)
        faults = harness.import_files(self.client("office"), {"feedback": (
            ["code", "group", "deputy", "received_on", "topic", "text", "state"],
            [("F62", "G01", "D01", "2025-03-01", "灌溉", "水渠堵了", "registered")])})
        self.assertEqual([f["rule"] for f in faults], ["differs"])
        self.assertEqual(self.card(id), before)
