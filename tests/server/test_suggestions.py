"""Suggestions and bills through the protocol: signing, thresholds, days, returns, answers, ratings, promises, publication.

The clock and the calendar are those of test_feedback: Friday 2026-09-18.
"""

import datetime
import json

import harness
import test_feedback
import wire
from test_feedback import AFTER_5, AFTER_10, AFTER_20, NOTE, TODAY, TOWN, U01, U02, day, imported

DUE, DUE_BROAD, MONTH = "2026-12-18", "2027-03-18", "2026-10-18"
FOUND = {"kind": "suggestion", "title": "关于修路的建议", "text": "三个村的路不平，请修。"}
BILL = {"kind": "bill", "title": "关于修路的议案", "text": "案由：路不平", "grounds": "案据：三个村的意见",
        "proposal": "方案：列入明年计划"}
ASSIGN = {"unit_id": U01, "co_unit_ids": [U02]}
SOLVED = {"reply_class": "solved", "signed_by": "张主任", "note": "路已修好"}
PLANNED = {**SOLVED, "reply_class": "planned", "promised_on": day(60)}
SATISFIED = {"rating": "satisfied", "attitude": "satisfied"}
UNHAPPY = {"rating": "dissatisfied", "attitude": "satisfied", "note": "还是不平"}
SESSION = {"meeting_code": "M003"}

# How a state is reached from another; a step is (login, action, fields).
PATHS = {
    "draft": (None, []),
    "submitted": ("draft", [("deputy1", "submit", {})]),
    "form_check": ("submitted", [("office", "check_form", {})]),
    "classified": ("form_check", [("office", "classify", {"classified_as": "suggestion"})]),
    "assigned": ("classified", [("office", "assign", ASSIGN)]),
    "returned": ("assigned", [("unit1", "return", NOTE)]),
    "contacted": ("assigned", [("unit1", "contact", NOTE)]),
    "replied": ("contacted", [("unit1", "reply", SOLVED)]),
    "rated": ("replied", [("deputy1", "rate", SATISFIED)]),
    "closed": ("rated", [("office", "close", {})]),
    "reported": ("closed", [("office", "report", SESSION)]),
    "rehandle": ("replied", [("deputy1", "rate", UNHAPPY)]),
    "unhappy": ("rehandle", [("unit1", "contact", NOTE), ("unit1", "reply", SOLVED), ("deputy1", "rate", UNHAPPY)]),
    "mediated": ("unhappy", [("chair", "mediate", NOTE)]),
    "promised": ("contacted", [("unit1", "reply", PLANNED), ("deputy1", "rate", SATISFIED)]),
    "broken": ("promised", [("office", "break_promise", NOTE)]),
}


class Case(test_feedback.Case):
    def at_day(self, text):
        self.at(datetime.date.fromisoformat(text))

    def draft(self, login="deputy1", **fields):
        id = wire.uuid7()
        self.drafted = self.do(login, "DraftSuggestion", suggestion_id=id, **{**FOUND, **fields})
        return id

    def change(self, id, login="deputy1", **fields):
        return self.do(login, "DraftSuggestion", suggestion_id=id, **fields)

    def invite(self, id, *people, login="deputy1"):
        return self.do(login, "InviteCosigners", suggestion_id=id,
                       person_ids=[imported("people", p) for p in people])["invited"]

    def move(self, login, id, action, **fields):
        return self.do(login, "MoveSuggestion", suggestion_id=id, action=action, **fields)

    def sign(self, id, *logins, wording=1):
        for login in logins:
            self.move(login, id, "cosign", wording=wording)

    def follow(self, state):
        before, steps = PATHS[state]
        id = self.draft() if before is None else self.follow(before)
        for login, action, fields in steps:
            self.move(login, id, action, **fields)
        return id

    def bill(self, *logins, **fields):
        """A bill of D01 and those who sign it."""
        id = self.draft(**{**BILL, **fields})
        self.invite(id, "D02", "D03", "D04", "D21")
        self.sign(id, *(logins or ("d02", "d03", "d04", "deputy2")))
        return id

    def classified_bill(self):
        id = self.bill()
        self.move("deputy1", id, "submit")
        self.move("office", id, "check_form")
        self.move("office", id, "classify", classified_as="bill")
        return id

    def card(self, id, login="deputy1"):
        return self.do(login, "GetSuggestion", suggestion_id=id)["suggestion"]

    def state(self, id):
        return self.centre.one(f"select state from data.suggestion where suggestion_id = '{id.hex()}'")

    def signers(self, id, login="deputy1"):
        return [(p["person_code"], p.get("answer"))
                for p in self.do(login, "GetSuggestion", suggestion_id=id)["proposers"]]

    def steps(self, id, login="office"):
        return self.do(login, "GetSuggestion", suggestion_id=id)["steps"]

    def everything(self, id):
        return [self.centre.sql(f"select t::text from data.{table} as t where {column} = '{id.hex()}' order by 1")
                for table, column in (("suggestion", "suggestion_id"), ("suggestion_wording", "suggestion_id"),
                                      ("cosigner", "suggestion_id"), ("suggestion_proposer", "suggestion_id"),
                                      ("step", "record_id"), ("notice", "record_id"))]

    def no_call(self, error, rule, login, id, method, **fields):
        before = self.everything(id)
        caught = self.no(error, rule, login, method, suggestion_id=id, **fields)
        self.assertEqual(self.everything(id), before, "a refusal has changed something")
        return caught

    def no_step(self, error, rule, login, id, action, **fields):
        return self.no_call(error, rule, login, id, "MoveSuggestion", action=action, **fields)

    def missing(self, column, login, id, action, **fields):
        self.assertEqual(self.no_step("INVALID", "value_missing", login, id, action, **fields).named["column"], column)

    def on_mandate(self, person, change, back):
        """A change of a person's mandate, taken back after the test."""
        where = f"where code = 'Z{person}' and town_id = {TOWN}"
        self.addCleanup(self.centre.sql, f"update data.mandate set {back} {where}")
        self.centre.sql(f"update data.mandate set {change} {where}")

    def import_suggestion(self, code, state, **columns):
        """Last year's record; its id."""
        row = {"code": code, "kind": "suggestion", "title": "关于灌溉的建议", "proposers": "D01 D02",
               "submitted_on": "2025-03-20", "state": state, **columns}
        reply = harness.import_files(self.client("office"), {"suggestions": (list(row), [tuple(row.values())])})
        self.assertIsInstance(reply, dict, reply)
        return imported("suggestions", code)


class Life(Case):
    def test_from_the_draft_to_the_archive(self):
        id = self.draft(origin_meeting_code="M001")
        code = self.drafted["code"]
        self.assertRegex(code, r"^S\d{3}$")
        self.assertEqual(self.drafted["wording"], 1)
        self.assertEqual(self.invite(id, "D21", "D02", "D03"), 3)
        self.sign(id, "d02", "deputy2")
        self.move("d03", id, "decline", wording=1, note="情况不了解")
        steps = [
            ("deputy1", "submit", {}, "submitted", AFTER_5),
            ("office", "check_form", {}, "form_check", AFTER_10),
            ("office", "classify", {"classified_as": "suggestion"}, "classified", AFTER_10),
            ("office", "assign", ASSIGN, "assigned", AFTER_20),
            ("unit1", "contact", {"note": "到村里看过"}, "contacted", DUE),
            ("unit2", "give_opinion", {"note": "电杆可以移"}, "co_opinion", DUE),
            ("unit1", "reply", SOLVED, "replied", AFTER_20),
            ("deputy1", "rate", {"rating": "mostly_satisfied", "attitude": "satisfied", "note": "可以"}, "rated", None),
            ("office", "close", {"note": "已办结"}, "closed", None),
            ("office", "report", SESSION, "reported", None),
            ("chair", "publish", {"text": " 路已修好 "}, "published", None),
            ("office", "archive", {}, "archived", None),
        ]
        given = False
        for login, action, fields, state, due in steps:
            with self.subTest(action=action):
                reply = self.move(login, id, action, **fields)
                self.assertEqual((reply["state"], reply.get("step_due_on")), (state, due))
                given = given or action == "assign"
                self.assertEqual(reply.get("due_on"), DUE if given else None)
        self.assertEqual(self.card(id, "office"), {
            "suggestion_id": id, "code": code, "kind": "suggestion", "title": FOUND["title"], "text": FOUND["text"],
            "wording": 1, "lead_code": "D01", "lead_name": "代表D01", "proposer_codes": ["D01", "D21", "D02"],
            "origin_meeting_code": "M001", "state": "archived", "state_since_on": day(), "submitted_on": day(),
            "unit_code": "U01", "co_unit_codes": ["U02"], "first_assigned_on": day(), "assigned_on": day(),
            "due_on": DUE, "result": "solved", "reply": "路已修好", "signed_by": "张主任", "replied_on": day(),
            "rating": "mostly_satisfied", "attitude": "satisfied", "rating_reason": "可以", "rehandled": 0,
            "closed_on": day(), "close_reason": "已办结", "published_on": day(), "published_text": "路已修好",
            "age_days": 0,
        })
        history = self.steps(id)
        self.assertEqual([s["step_no"] for s in history], list(range(1, 18)))
        self.assertEqual([(s["author"], s["action"], s["to_state"]) for s in history], [
            ("deputy1", "draft", "draft"), ("deputy1", "invite", "cosigning"), ("d02", "cosign", "cosigning"),
            ("deputy2", "cosign", "cosigning"), ("d03", "decline", "cosigning"),
            *((s[0], s[1], s[3]) for s in steps)])
        self.assertEqual([s["from_state"] for s in history], ["new"] + [s["to_state"] for s in history[:-1]])
        facts = [json.loads(s.get("facts", "{}")) for s in history]
        self.assertEqual(facts[0], {"kind": "suggestion", "origin_meeting": "M001"})
        self.assertEqual(facts[1], {"wording": 1, "people": ["D21", "D02", "D03"]})
        self.assertEqual(facts[4], {"wording": 1, "person": "D03"})
        self.assertEqual(facts[5], {"wording": 1, "submitted_on": day()})
        self.assertEqual(facts[8], {"unit": "U01", "co_units": ["U02"], "assigned_on": day(), "due_on": DUE,
                                    "first_assigned_on": day(), "broad": False, "opinions_due_on": MONTH})
        self.assertEqual(facts[9], {"day_on": day()})
        self.assertEqual(facts[10], {"unit": "U02"})
        self.assertEqual(facts[14], {"reported_meeting": "M003"})

    def test_a_suggestion_of_one_and_what_drafting_needs(self):
        id = self.follow("submitted")
        self.assertEqual(self.card(id)["proposer_codes"], ["D01"])
        new = wire.uuid7()
        for column, fields in (("kind", {**FOUND, "kind": None}), ("title", {**FOUND, "title": " "})):
            caught = self.no_call("INVALID", "value_missing", "deputy1", new, "DraftSuggestion", **fields)
            self.assertEqual(caught.named["column"], column)
        self.no("INVALID", "value_missing", "deputy1", "DraftSuggestion", **FOUND)
        self.no_call("NOT_FOUND", "meeting_unknown", "deputy1", new, "DraftSuggestion", origin_meeting_code="M9", **FOUND)
        self.no_call("NOT_FOUND", "feedback_unknown", "deputy1", new, "DraftSuggestion", origin_feedback_code="F9",
                     **FOUND)
        self.no_call("FORBIDDEN", "not_your_feedback", "deputy2", new, "DraftSuggestion", origin_feedback_code="F01",
                     **FOUND)
        self.on_mandate("D04", "ends_on = '2026-09-18'", "ends_on = null")
        caught = self.no_call("CONFLICT", "not_in_office_now", "d04", new, "DraftSuggestion", **FOUND)
        self.assertEqual(caught.named["person"], "D04")
        id = self.draft(origin_feedback_code="F01")
        self.assertEqual(self.card(id)["origin_feedback_code"], "F01")
        # Without a text it may wait, and not be submitted.
        id = self.draft(text=None)
        self.missing("text", "deputy1", id, "submit")

    def test_only_the_lead_leads(self):
        id = self.draft()
        self.invite(id, "D02")
        self.sign(id, "d02")
        self.no_call("FORBIDDEN", "not_yours", "d02", id, "DraftSuggestion", title="别的")
        self.no_call("FORBIDDEN", "not_yours", "d02", id, "InviteCosigners", person_ids=[imported("people", "D05")])
        self.no_step("FORBIDDEN", "not_yours", "d02", id, "submit")
        self.no_step("FORBIDDEN", "not_yours", "d02", id, "withdraw", **NOTE)
        self.move("deputy1", id, "submit")
        for login, action, fields in PATHS["form_check"][1] + PATHS["classified"][1] + PATHS["assigned"][1]:
            self.move(login, id, action, **fields)
        self.move("unit1", id, "contact", **NOTE)
        self.move("unit1", id, "reply", **SOLVED)
        self.no_step("FORBIDDEN", "not_yours", "d02", id, "rate", **SATISFIED)
        self.no_step("FORBIDDEN", "role_may_not", "auditor", id, "close", **NOTE)
        self.no_step("FORBIDDEN", "not_your_step", "unit1", id, "rate", **SATISFIED)

    def test_unknown(self):
        new = wire.uuid7()
        self.no_step("NOT_FOUND", "suggestion_unknown", "deputy1", new, "submit")
        self.no_call("NOT_FOUND", "suggestion_unknown", "deputy1", new, "InviteCosigners",
                     person_ids=[imported("people", "D02")])
        self.no("NOT_FOUND", "suggestion_unknown", "deputy1", "GetSuggestion", suggestion_id=new)
        self.no("NOT_FOUND", "suggestion_unknown", "deputy1", "GetSuggestion", code="S9")

    def test_withdrawn_and_void(self):
        id = self.draft()
        self.move("deputy1", id, "withdraw")
        self.assertEqual(self.card(id)["state"], "withdrawn")
        id = self.follow("classified")
        self.missing("note", "deputy1", id, "withdraw")
        self.move("deputy1", id, "withdraw", note="已经解决")
        card = self.card(id, "office")
        self.assertEqual((card["state"], card["close_reason"], card.get("step_due_on"), card.get("lateness")),
                         ("withdrawn", "已经解决", None, None))
        id = self.follow("assigned")
        self.no_step("CONFLICT", "not_in_this_state", "deputy1", id, "withdraw", **NOTE)
        self.missing("note", "office", id, "void")
        self.move("office", id, "void", note="重复录入")
        card = self.card(id, "office")
        self.assertEqual((card["state"], card["close_reason"], card.get("age_days")), ("void", "重复录入", None))

    def test_sent_back(self):
        id = self.draft()
        self.invite(id, "D02", "D03")
        self.sign(id, "d02")
        self.move("deputy1", id, "submit")
        self.missing("note", "office", id, "send_back")
        self.move("office", id, "send_back", note="一事一议，请分开写")
        card = self.card(id)
        self.assertEqual((card["state"], card.get("submitted_on"), card.get("proposer_codes"), card.get("step_due_on")),
                         ("draft", None, None, None))
        self.assertEqual(json.loads(self.steps(id, "deputy1")[-1]["facts"]), {"submitted_on_before": day()})
        self.no("FORBIDDEN", "not_yours", "office", "GetSuggestion", suggestion_id=id)
        # The same words stay signed; new ones are signed again, from a draft too.
        self.assertEqual(self.signers(id), [("D01", "lead"), ("D02", "confirmed"), ("D03", None)])
        self.move("deputy1", id, "submit")
        self.assertEqual(self.card(id)["proposer_codes"], ["D01", "D02"])
        self.move("office", id, "send_back", **NOTE)
        self.assertEqual(self.change(id, text="只修村口的路。")["wording"], 2)
        self.assertEqual(self.state(id), "cosigning")
        self.sign(id, "d03", wording=2)
        self.move("deputy1", id, "submit")
        self.assertEqual(self.card(id)["proposer_codes"], ["D01", "D03"])

    def test_form(self):
        id = self.follow("form_check")
        self.missing("classified_as", "office", id, "classify")
        self.no_step("INVALID", "classified_as_unknown", "office", id, "classify", classified_as="letter")
        self.no_step("CONFLICT", "not_a_bill", "office", id, "classify", classified_as="bill")
        self.missing("note", "office", id, "classify", classified_as="none")
        self.move("office", id, "classify", classified_as="none", note="属于个人诉讼")
        card = self.card(id, "office")
        self.assertEqual((card["state"], card["closed_on"], card["close_reason"]), ("closed", day(), "属于个人诉讼"))
        self.assertEqual(json.loads(self.steps(id)[-1]["facts"]), {"classified_as": "none", "closed_on": day()})


class Signing(Case):
    def test_invitations(self):
        id = self.draft()
        self.invite(id, "D02", "D03")
        notices = self.centre.sql(
            f"select p.code, n.subject, n.title from data.notice as n join data.person as p using (town_id, person_id)"
            f" where n.record_id = '{id.hex()}' order by 1")
        self.assertEqual(notices, [(p, "suggestion", "请您联名：" + FOUND["title"]) for p in ("D02", "D03")])
        d02, d05 = imported("people", "D02"), imported("people", "D05")
        for error, rule, people in (("CONFLICT", "already_invited", [d05, d02]), ("INVALID", "same_person_twice", [d05, d05]),
                                    ("INVALID", "lead_signs_already", [imported("people", "D01")]),
                                    ("NOT_FOUND", "person_unknown", [wire.uuid7()]), ("INVALID", "value_missing", [])):
            with self.subTest(rule=rule):
                self.no_call(error, rule, "deputy1", id, "InviteCosigners", person_ids=people)
        self.on_mandate("D05", "ends_on = '2026-09-18'", "ends_on = null")
        self.no_call("CONFLICT", "not_in_office_now", "deputy1", id, "InviteCosigners", person_ids=[d05])
        self.assertEqual(self.invite(id, "D04"), 1)
        self.assertEqual(self.signers(id), [("D01", "lead"), ("D02", None), ("D03", None), ("D04", None)])
        self.move("deputy1", id, "submit")
        self.no_call("CONFLICT", "not_in_this_state", "deputy1", id, "InviteCosigners", person_ids=[d05])

    def test_each_signs_personally(self):
        id = self.draft()
        self.invite(id, "D02", "D03")
        self.no_step("FORBIDDEN", "not_invited", "d04", id, "cosign", wording=1)
        self.no_step("FORBIDDEN", "not_invited", "deputy1", id, "cosign", wording=1)
        self.no_step("FORBIDDEN", "not_your_step", "office", id, "cosign", wording=1)
        self.missing("wording", "d02", id, "cosign")
        caught = self.no_step("CONFLICT", "wording_changed", "d02", id, "cosign", wording=2)
        self.assertEqual((caught.named["wording"], caught.named["present"]), ("2", "1"))
        self.sign(id, "d02")
        self.no_step("CONFLICT", "answered_already", "d02", id, "cosign", wording=1)
        self.move("d02", id, "decline", wording=1)
        self.no_step("CONFLICT", "answered_already", "d02", id, "decline", wording=1)
        self.assertEqual(self.signers(id), [("D01", "lead"), ("D02", "declined"), ("D03", None)])
        self.sign(id, "d02", "d03")
        answered = self.do("deputy1", "GetSuggestion", suggestion_id=id)["proposers"][1]["answered_us"]
        noon = datetime.datetime.combine(TODAY, datetime.time(12), test_feedback.ZONE)
        self.assertLess(abs(answered / 10 ** 6 - noon.timestamp()), 1200)
        # Who has left office meanwhile does not propose it.
        self.on_mandate("D03", "ends_on = '2026-09-18'", "ends_on = null")
        self.move("deputy1", id, "submit")
        self.assertEqual(self.card(id)["proposer_codes"], ["D01", "D02"])
        self.no_step("CONFLICT", "not_in_this_state", "d02", id, "decline", wording=1)

    def test_who_is_not_in_office_neither_signs_nor_submits(self):
        id = self.draft()
        self.invite(id, "D02")
        self.on_mandate("D02", "ends_on = '2026-09-18'", "ends_on = null")
        self.no_step("CONFLICT", "not_in_office_now", "d02", id, "cosign", wording=1)
        self.move("d02", id, "decline", wording=1)
        self.on_mandate("D01", "ends_on = '2026-09-18'", "ends_on = null")
        self.no_step("CONFLICT", "not_in_office_now", "deputy1", id, "submit")

    def test_a_changed_wording_asks_again(self):
        id = self.draft()
        self.invite(id, "D21", "D02")
        self.sign(id, "d02")
        self.move("deputy2", id, "decline", wording=1)
        # Kind and origin are no words.
        self.assertEqual(self.change(id, kind="bill", origin_meeting_code="M001")["wording"], 1)
        self.assertEqual(self.change(id, kind="suggestion")["wording"], 1)
        self.assertEqual(self.signers(id)[2], ("D02", "confirmed"))
        for number, field in enumerate(("title", "text", "grounds", "proposal"), 2):
            self.assertEqual(self.change(id, **{field: f"改后的{field}"}), {"code": self.drafted["code"], "wording": number})
            self.assertEqual(self.signers(id), [("D01", "lead"), ("D21", None), ("D02", None)])
            self.no_step("CONFLICT", "wording_changed", "d02", id, "cosign", wording=number - 1)
            self.sign(id, "d02", wording=number)
        self.no_call("INVALID", "nothing_changed", "deputy1", id, "DraftSuggestion", title="改后的title", text=" ")
        card = self.card(id)
        self.assertEqual((card["title"], card["text"], card["wording"], card["state"]),
                         ("改后的title", "改后的text", 5, "cosigning"))
        # Everything that was said of earlier wordings stays, and each was asked for by a notice.
        where = f"suggestion_id = '{id.hex()}'"
        self.assertEqual(self.centre.count("suggestion_wording", where), 5)
        self.assertEqual(self.centre.one(f"select text from data.suggestion_wording where {where} and wording = 1"),
                         FOUND["text"])
        self.assertEqual(self.centre.count("cosigner", where + " and answer = 'confirmed'"), 5)
        self.assertEqual(self.centre.count("notice", f"record_id = '{id.hex()}'"), 10)
        self.move("deputy1", id, "submit")
        self.assertEqual(self.card(id)["proposer_codes"], ["D01", "D02"])
        self.no_call("CONFLICT", "not_in_this_state", "deputy1", id, "DraftSuggestion", title="太晚")

    def test_drafts_are_seen_by_their_signers(self):
        id = self.draft()
        code = self.drafted["code"]
        self.invite(id, "D02", "D03")
        self.move("d03", id, "decline", wording=1)
        others = ("office", "chair", "auditor", "clerk1", "leader1", "deputy2", "unit1")
        for login in others:
            with self.subTest(login=login):
                self.no("FORBIDDEN", "not_yours", login, "GetSuggestion", code=code)
                listed = self.do(login, "ListSuggestions").get("suggestions", [])
                self.assertNotIn(code, [s["code"] for s in listed])
        self.assertEqual(self.card(id, "d02")["actions"], ["cosign", "decline"])
        self.assertEqual(self.card(id)["actions"], ["change", "invite", "submit", "withdraw"])
        for login in ("deputy1", "d02", "d03"):
            self.assertEqual(self.do(login, "ListSuggestions", state="cosigning", person_code="D01")["suggestions"][-1]
                             ["code"], code)
        self.sign(id, "d02")
        self.move("deputy1", id, "submit")
        # Who was asked and did not sign is not everybody's business.
        for login in others[:-1]:
            shown = self.do(login, "GetSuggestion", code=code)
            whole = login in ("office", "chair", "auditor")
            self.assertEqual([p["person_code"] for p in shown["proposers"]], ["D01", "D02"] + ["D03"] * whole, login)
            self.assertEqual([s["action"] for s in shown["steps"]],
                             ["draft", *["invite", "decline", "cosign"] * whole, "submit"], login)
        self.no("FORBIDDEN", "not_yours", "unit1", "GetSuggestion", code=code)


class Bills(Case):
    def test_threshold(self):
        id = self.bill("d02", "d03", "d04")
        caught = self.no_step("CONFLICT", "too_few_proposers", "deputy1", id, "submit")
        self.assertEqual((caught.named["have"], caught.named["need"]), ("4", "5"))
        self.sign(id, "deputy2")
        # A county deputy may sign; a bill of the town it does not carry.
        self.on_mandate("D04", "level = 'county'", "level = 'town'")
        caught = self.no_step("CONFLICT", "too_few_proposers", "deputy1", id, "submit")
        self.assertEqual(caught.named["have"], "4")
        self.on_mandate("D04", "level = 'town'", "level = 'town'")
        self.on_mandate("D03", "ends_on = '2026-09-18'", "ends_on = null")
        self.no_step("CONFLICT", "too_few_proposers", "deputy1", id, "submit")
        self.on_mandate("D03", "ends_on = null", "ends_on = null")
        self.move("deputy1", id, "submit")
        self.assertEqual(self.card(id)["proposer_codes"], ["D01", "D02", "D03", "D04", "D21"])

    def test_what_a_bill_says(self):
        for column in ("grounds", "proposal"):
            self.missing(column, "deputy1", self.bill(**{column: None}), "submit")

    def test_classified(self):
        id = self.classified_bill()
        self.assertNotIn("step_due_on", self.card(id))
        self.no_step("CONFLICT", "is_a_bill", "office", id, "assign", **ASSIGN)
        self.assertNotIn("assign", self.card(id, "office")["actions"])
        self.assertEqual(self.card(id, "chair")["actions"], ["put_on_agenda", "refer", "turn"])
        # The threshold is that of the day it was submitted, whatever the office calls it.
        id = self.bill()
        self.move("deputy1", id, "submit")
        self.move("office", id, "check_form")
        self.centre.sql(f"delete from data.suggestion_proposer where suggestion_id = '{id.hex()}' and position = 5")
        self.no_step("CONFLICT", "too_few_proposers", "office", id, "classify", classified_as="bill")
        self.move("office", id, "classify", classified_as="suggestion")
        self.assertEqual(self.card(id)["kind"], "suggestion")

    def test_adopted_and_not(self):
        for in_favour, word in ((21, "通过"), (20, "未通过")):  # of 40 deputies, whoever came
            id = self.classified_bill()
            self.missing("meeting_code", "chair", id, "put_on_agenda")
            for code in ("M001", "M999"):
                rule = ("INVALID", "meeting_not_session") if code == "M001" else ("NOT_FOUND", "meeting_unknown")
                self.no_step(*rule, "chair", id, "put_on_agenda", meeting_code=code)
            self.move("chair", id, "put_on_agenda", **SESSION)
            votes = {**SESSION, "in_favour": in_favour, "against": 1, "abstained": 0, **NOTE}
            for column in ("meeting_code", "in_favour", "against", "abstained", "note"):
                self.missing(column, "chair", id, "resolve", **{**votes, column: None})
            self.no_step("CONFLICT", "not_on_that_agenda", "chair", id, "resolve", **{**votes, "meeting_code": "M004"})
            for wrong in ({"against": 21}, {"abstained": -1}, {"against": 2 ** 31 - 1, "abstained": 2 ** 31 - 1}):
                self.no_step("INVALID", "votes_wrong", "chair", id, "resolve", **{**votes, **wrong})
            self.assertEqual(self.move("chair", id, "resolve", **votes), {"state": "closed"})
            card = self.card(id)
            self.assertEqual((card["closed_on"], card["close_reason"]), (day(), f"{word}：{NOTE['note']}"))
            self.assertEqual(json.loads(self.steps(id)[-1]["facts"]), {
                "meeting": "M003", "in_favour": in_favour, "against": 1, "abstained": 0, "deputies": 40,
                "adopted": in_favour > 20, "closed_on": day()})

    def test_a_session_to_come_resolves_nothing(self):
        id = self.classified_bill()
        where = f"where code = 'M004' and town_id = {TOWN}"
        self.centre.sql(f"update data.meeting set held_on = '{day(1)}' {where}")
        self.addCleanup(self.centre.sql, f"update data.meeting set held_on = '2025-06-10' {where}")
        votes = {"meeting_code": "M004", "in_favour": 21, "against": 1, "abstained": 0, **NOTE}
        self.move("chair", id, "put_on_agenda", meeting_code="M004")
        self.no_step("INVALID", "day_in_future", "chair", id, "resolve", **votes)
        self.at(TODAY + datetime.timedelta(days=1))
        self.move("chair", id, "resolve", **votes)

    def test_a_cancelled_session_has_no_agenda(self):
        id = self.classified_bill()
        where = f"where code = 'M004' and town_id = {TOWN}"
        self.centre.sql(f"update data.meeting set state = 'cancelled' {where}")
        self.addCleanup(self.centre.sql, f"update data.meeting set state = 'locked' {where}")
        self.no_step("INVALID", "meeting_not_session", "chair", id, "put_on_agenda", meeting_code="M004")

    def test_referred_and_back_on_the_agenda(self):
        id = self.classified_bill()
        self.missing("note", "chair", id, "refer")
        self.no_step("INVALID", "meeting_not_session", "chair", id, "refer", meeting_code="M001", **NOTE)
        self.assertEqual(self.move("chair", id, "refer", note="交主席团审议")["state"], "referred")
        self.assertEqual(self.move("chair", id, "put_on_agenda", **SESSION)["state"], "agenda")
        self.assertEqual(self.move("chair", id, "refer", note="会后审议")["state"], "referred")
        self.missing("note", "office", id, "close")
        self.move("office", id, "close", note="审议结果已报告")

    def test_turned_and_withdrawn(self):
        id = self.classified_bill()
        self.missing("note", "chair", id, "turn")
        self.assertEqual(self.move("chair", id, "turn", note="不属于人大职权"),
                         {"state": "turned_to_suggestion", "step_due_on": AFTER_10})
        self.assertEqual(self.card(id)["kind"], "suggestion")
        self.assertEqual(self.move("chair", id, "assign", **ASSIGN)["due_on"], DUE)
        id = self.classified_bill()
        self.move("chair", id, "put_on_agenda", **SESSION)
        self.no_step("CONFLICT", "not_in_this_state", "deputy1", id, "withdraw", **NOTE)
        self.missing("note", "chair", id, "consent_withdrawal")
        self.assertEqual(self.move("chair", id, "consent_withdrawal", note="主席团同意撤回"), {"state": "withdrawn"})

    def test_what_is_no_bill(self):
        id = self.follow("classified")
        for action in ("put_on_agenda", "refer", "turn"):
            self.no_step("CONFLICT", "not_a_bill", "chair", id, action, **SESSION, **NOTE)
        self.assertEqual(self.card(id, "chair")["actions"], ["assign"])
        id = self.import_suggestion("S901", "agenda")
        votes = {"in_favour": 21, "against": 1, "abstained": 0}
        self.no_step("CONFLICT", "not_a_bill", "chair", id, "resolve", **SESSION, **votes, **NOTE)
        self.no_step("CONFLICT", "not_a_bill", "chair", id, "consent_withdrawal", **NOTE)


class Handling(Case):
    def test_months(self):
        """The same day of the month, or its last one when that is shorter."""
        ids = [self.follow("classified") for _ in range(3)]
        self.at_day("2026-11-30")
        self.assertEqual(self.move("office", ids[0], "assign", **ASSIGN)["due_on"], "2027-02-28")
        self.missing("note", "office", ids[1], "assign", broad=True, **ASSIGN)
        self.assertEqual(self.move("chair", ids[1], "assign", broad=True, **ASSIGN, **NOTE)["due_on"], "2027-05-30")
        self.at_day("2026-12-15")
        self.missing("note", "chair", ids[0], "extend")
        self.no_step("FORBIDDEN", "not_your_step", "office", ids[0], "extend", **NOTE)
        reply = self.move("chair", ids[0], "extend", **NOTE)
        self.assertEqual((reply["state"], reply["due_on"], reply["step_due_on"]),
                         ("assigned", "2027-05-30", "2026-12-28"))
        card = self.card(ids[0])
        self.assertEqual((card["due_on"], card["extended_to_on"]), ("2027-02-28", "2027-05-30"))
        self.assertEqual(self.move("unit1", ids[0], "contact", **NOTE)["step_due_on"], "2027-05-30")
        for id in ids[:2]:
            caught = self.no_step("CONFLICT", "suggestion_extended", "chair", id, "extend", **NOTE)
            self.assertEqual(caught.named["day"], "2027-05-30")
        # Extended after the contact: that is the step's day too.
        self.move("office", ids[2], "assign", **ASSIGN)
        self.assertEqual(self.move("unit1", ids[2], "contact", **NOTE)["step_due_on"], "2027-03-15")
        self.assertEqual(self.move("chair", ids[2], "extend", **NOTE)["step_due_on"], "2027-06-15")

    def test_a_year_with_a_29th_of_february(self):
        id = self.follow("classified")
        self.at_day("2027-11-30")
        self.assertEqual(self.move("office", id, "assign", **ASSIGN)["due_on"], "2028-02-29")

    def test_assigned(self):
        id = self.follow("classified")
        self.missing("unit_id", "office", id, "assign")
        self.no_step("NOT_FOUND", "unit_unknown", "office", id, "assign", unit_id=wire.uuid7())
        self.no_step("NOT_FOUND", "unit_unknown", "office", id, "assign", unit_id=U01, co_unit_ids=[wire.uuid7()])
        self.no_step("INVALID", "unit_twice", "office", id, "assign", unit_id=U01, co_unit_ids=[U01])
        self.no_step("INVALID", "unit_twice", "office", id, "assign", unit_id=U01, co_unit_ids=[U02, U02])
        self.no("FORBIDDEN", "not_yours", "unit1", "GetSuggestion", suggestion_id=id)
        self.move("office", id, "assign", unit_id=U01)
        self.assertEqual(self.card(id, "unit1")["actions"], ["contact", "return"])
        self.no("FORBIDDEN", "not_yours", "unit2", "GetSuggestion", suggestion_id=id)
        self.no_step("FORBIDDEN", "not_yours", "unit2", id, "contact", **NOTE)
        self.no_step("FORBIDDEN", "not_yours", "unit2", id, "give_opinion", **NOTE)

    def test_returned(self):
        id = self.follow("assigned")
        self.missing("note", "unit1", id, "return")
        self.no_step("FORBIDDEN", "not_yours", "unit2", id, "return", **NOTE)
        self.at_day(AFTER_10)
        self.assertEqual(self.move("unit1", id, "return", note="属供电所"),
                         {"state": "returned", "due_on": DUE, "step_due_on": "2026-10-22"})
        # Not accepted: the same unit keeps its clock.
        self.missing("note", "office", id, "assign", **ASSIGN)
        reply = self.move("office", id, "assign", **ASSIGN, note="路面是学校的")
        self.assertEqual((reply["due_on"], self.card(id)["assigned_on"]), (DUE, day()))
        self.move("unit1", id, "return", **NOTE)
        # Accepted: a new unit and a new clock; the age stays.
        self.assertEqual(self.move("office", id, "assign", unit_id=U02)["due_on"], "2027-01-09")
        card = self.card(id, "unit2")
        self.assertEqual((card["assigned_on"], card["first_assigned_on"], card["age_days"], card.get("co_unit_codes")),
                         (AFTER_10, day(), 21, None))
        self.assertEqual(json.loads(self.steps(id)[-1]["facts"]), {
            "unit": "U02", "unit_before": "U01", "co_units_before": ["U02"], "assigned_on": AFTER_10,
            "assigned_on_before": day(), "due_on": "2027-01-09", "due_on_before": DUE, "broad": False})
        self.no("FORBIDDEN", "not_yours", "unit1", "GetSuggestion", suggestion_id=id)

    def test_too_late_to_return(self):
        id = self.follow("assigned")
        self.at_day("2026-10-10")  # a Saturday that is worked: the eleventh working day
        caught = self.no_step("CONFLICT", "too_late_to_return", "unit1", id, "return", **NOTE)
        self.assertEqual(caught.named["last"], AFTER_10)

    def test_contact_first(self):
        id = self.follow("assigned")
        self.no_step("CONFLICT", "not_in_this_state", "unit1", id, "reply", **SOLVED)
        self.move("chair", id, "supervise", person_code="D03")
        self.no_step("CONFLICT", "contact_first", "unit1", id, "reply", **SOLVED)
        self.missing("note", "unit1", id, "contact")
        self.no_step("INVALID", "day_in_future", "unit1", id, "contact", day_on=day(1), **NOTE)
        self.no_step("INVALID", "contact_too_early", "unit1", id, "contact", day_on=day(-1), **NOTE)
        self.assertEqual(self.move("unit1", id, "contact", **NOTE)["state"], "key_supervised")
        self.move("unit1", id, "reply", **SOLVED)

    def test_the_contact_of_another_day(self):
        id = self.follow("assigned")
        self.at(TODAY + datetime.timedelta(days=3))
        self.move("unit1", id, "contact", day_on=day(1), **NOTE)
        self.assertEqual(json.loads(self.steps(id)[-1]["facts"]), {"day_on": day(1)})

    def test_opinions_of_co_units(self):
        id = self.follow("assigned")
        self.assertEqual(self.card(id, "unit2")["actions"], ["give_opinion"])
        self.missing("note", "unit2", id, "give_opinion")
        self.no_step("FORBIDDEN", "not_yours", "unit1", id, "give_opinion", **NOTE)
        self.assertEqual(self.move("unit2", id, "give_opinion", **NOTE)["state"], "assigned")
        self.move("unit1", id, "contact", **NOTE)
        self.no_step("FORBIDDEN", "not_yours", "unit2", id, "reply", **SOLVED)
        self.assertEqual(self.move("unit2", id, "give_opinion", **NOTE)["state"], "co_opinion")
        self.assertEqual(self.move("unit1", id, "reply", **SOLVED)["state"], "replied")

    def test_what_a_reply_needs(self):
        id = self.follow("contacted")
        for column in ("reply_class", "signed_by", "note", "promised_on"):
            self.missing(column, "unit1", id, "reply", **{**PLANNED, column: None})
        self.no_step("INVALID", "promise_not_ahead", "unit1", id, "reply", **{**PLANNED, "promised_on": day()})
        # A day that nobody promised is not kept.
        self.move("unit1", id, "reply", **{**PLANNED, "reply_class": "explained"})
        self.assertNotIn("promised_on", self.card(id))

    def test_ages_and_lateness(self):
        id = self.follow("contacted")
        for on, lateness in (("2026-12-10", None), ("2026-12-11", "soon"), (DUE, "soon"), ("2026-12-19", "late"),
                             ("2026-12-26", "very_late"), ("2027-01-18", "overdue")):
            self.at_day(on)
            card = self.card(id)
            self.assertEqual((card.get("lateness"), card["age_days"]),
                             (lateness, (datetime.date.fromisoformat(on) - TODAY).days), on)
            late = self.do("chair", "ListSuggestions", late_only=True).get("suggestions", [])
            self.assertEqual(card["code"] in [s["code"] for s in late], lateness not in (None, "soon"))
        self.move("unit1", id, "reply", **SOLVED)
        self.assertNotIn("lateness", self.card(id))
        self.move("deputy1", id, "rate", **SATISFIED)
        self.move("office", id, "close")
        self.at_day("2027-03-01")
        self.assertEqual(self.card(id)["age_days"], 122)


class Answers(Case):
    def test_what_a_rating_needs(self):
        id = self.follow("replied")
        self.missing("rating", "deputy1", id, "rate", attitude="satisfied")
        self.missing("attitude", "deputy1", id, "rate", rating="satisfied")
        self.missing("rating", "deputy1", id, "rate", rating="not_rated", attitude="satisfied")
        self.missing("attitude", "deputy1", id, "rate", rating="satisfied", attitude="not_rated")
        for field in ("rating", "attitude"):
            self.missing("note", "deputy1", id, "rate", **{**SATISFIED, field: "dissatisfied"})
        # The result is as it should be; how they were spoken to is not: nothing to do again.
        self.assertEqual(self.move("deputy1", id, "rate", **{**SATISFIED, "attitude": "dissatisfied"}, note="态度差"),
                         {"state": "rated", "due_on": DUE})
        self.assertEqual(self.card(id)["attitude"], "dissatisfied")
        self.move("chair", id, "mediate", note="已道歉")

    def test_done_again_once_then_mediated(self):
        id = self.follow("replied")
        self.assertEqual(self.move("deputy1", id, "rate", **UNHAPPY),
                         {"state": "rehandle", "due_on": DUE, "step_due_on": MONTH})
        card = self.card(id)
        self.assertEqual((card["rehandled"], card["rating"], card["rating_reason"]), (1, "dissatisfied", "还是不平"))
        self.no_step("CONFLICT", "contact_first", "unit1", id, "reply", **SOLVED)
        self.at(TODAY + datetime.timedelta(days=3))
        self.no_step("INVALID", "contact_too_early", "unit1", id, "contact", day_on=day(-1), **NOTE)
        self.assertEqual(self.move("unit1", id, "contact", **NOTE)["state"], "rehandle")
        self.move("unit1", id, "reply", **{**SOLVED, "note": "重铺了"})
        card = self.card(id)
        self.assertEqual((card["reply"], card.get("rating"), card.get("attitude"), card.get("rating_reason")),
                         ("重铺了", None, None, None))
        self.assertEqual(self.move("deputy1", id, "rate", **UNHAPPY)["state"], "rated")
        self.assertEqual(self.card(id)["rehandled"], 1)
        self.no_step("CONFLICT", "dissatisfied_open", "office", id, "close", **NOTE)
        self.missing("note", "chair", id, "mediate")
        self.assertEqual(self.move("chair", id, "mediate", note="双方到场"),
                         {"state": "mediated", "due_on": DUE, "step_due_on": "2026-10-21"})
        self.missing("note", "office", id, "close")
        # Either it is answered once more, or the office closes it.
        self.move("unit1", id, "reply", **SOLVED)
        self.move("deputy1", id, "rate", **SATISFIED)
        self.no_step("CONFLICT", "nothing_to_mediate", "chair", id, "mediate", **NOTE)
        self.move("office", id, "close")
        id = self.follow("mediated")
        self.move("office", id, "close", note="已说明，代表理解")
        self.assertEqual(self.state(id), "closed")

    def test_not_rated(self):
        id = self.follow("replied")
        self.missing("note", "office", id, "close")
        early = self.follow("replied")
        self.move("office", early, "close", note="代表调离")
        self.assertEqual(self.card(early)["rating"], "not_rated")
        self.at_day(AFTER_20)
        self.missing("note", "office", id, "close")
        self.at_day("2026-10-23")
        self.assertEqual(self.card(id)["lateness"], "late")
        self.move("office", id, "close")
        self.assertEqual(self.card(id)["rating"], "not_rated")

    def test_a_promise_kept(self):
        id = self.follow("promised")
        card = self.card(id)
        self.assertEqual((card["promised_on"], card["step_due_on"]), (day(60), day(60)))
        self.missing("note", "office", id, "keep_promise")
        self.assertEqual(self.move("office", id, "keep_promise", note="已验收"), {"state": "kept", "due_on": DUE})
        self.move("office", id, "close")
        # Reported without being closed apart: that closes it.
        id = self.follow("promised")
        self.move("office", id, "keep_promise", **NOTE)
        self.move("office", id, "report", **SESSION)
        self.assertEqual(self.card(id)["closed_on"], day())

    def test_a_promise_broken(self):
        id = self.follow("promised")
        self.missing("note", "office", id, "break_promise")
        self.assertEqual(self.move("office", id, "break_promise", note="没有开工"), {"state": "broken", "due_on": DUE})
        self.missing("person_code", "chair", id, "supervise", **NOTE)
        self.no_step("NOT_FOUND", "person_unknown", "chair", id, "supervise", person_code="D99")
        self.no_step("CONFLICT", "not_of_presidium", "chair", id, "supervise", person_code="D02")
        where = f"where town_id = {TOWN} and role = 'presidium_member'"
        self.centre.sql(f"update data.post set ends_on = '2026-09-18' {where}")
        self.addCleanup(self.centre.sql, f"update data.post set ends_on = null {where}")
        self.no_step("CONFLICT", "not_of_presidium", "chair", id, "supervise", person_code="D03")
        self.centre.sql(f"update data.post set ends_on = '2026-09-19' {where}")
        self.at_day("2027-01-04")
        self.centre.sql(f"update data.post set ends_on = null {where}")
        reply = self.move("chair", id, "supervise", person_code="D03", note="重点督办")
        self.assertEqual((reply["state"], reply["step_due_on"]), ("key_supervised", "2027-02-04"))
        card = self.card(id)
        self.assertEqual((card["supervisor_code"], card.get("lateness")), ("D03", None))  # the answer was in time
        # A new round: spoken with again, answered again, dissatisfied for the first time.
        self.no_step("CONFLICT", "contact_first", "unit1", id, "reply", **SOLVED)
        self.move("unit1", id, "contact", **NOTE)
        self.move("unit1", id, "reply", **SOLVED)
        self.assertEqual(self.move("deputy1", id, "rate", **UNHAPPY)["state"], "rehandle")

    def test_supervised_before_the_answer(self):
        id = self.follow("contacted")
        reply = self.move("chair", id, "supervise", person_code="D03")
        self.assertEqual((reply["state"], reply["step_due_on"]), ("key_supervised", DUE))
        self.assertEqual(self.move("chair", id, "extend", **NOTE)["step_due_on"], DUE_BROAD)
        self.move("unit2", id, "give_opinion", **NOTE)
        self.move("unit1", id, "reply", **SOLVED)

    def test_published(self):
        id = self.follow("closed")
        self.missing("meeting_code", "office", id, "report")
        self.no_step("INVALID", "meeting_not_session", "office", id, "report", meeting_code="M001")
        id = self.follow("reported")
        self.missing("text", "office", id, "publish", text=" ")
        phone = self.centre.one(f"select phone from data.person where town_id = {TOWN} and code = 'D01'")
        for text in (f"联系 {phone}", f"联系 {phone[:3]}-{phone[3:5]} {phone[5:]}。"):
            self.no_step("INVALID", "text_has_phone", "office", id, "publish", text=text)
        self.move("office", id, "publish", text="村口的路修好了。")
        self.no_step("CONFLICT", "not_in_this_state", "office", id, "void", **NOTE)


class Voices(Case):
    def voices(self, person):
        people = self.do("office", "ThreeNo", from_on="2026-01-01", to_on="2026-12-31")["people"]
        counts = next(p for p in people if p["code"] == person)
        return counts.get("voices_relayed", 0), counts.get("voter_contacts", 0)

    def test_a_voice_from_the_day_it_is_submitted(self):
        self.assertEqual((self.voices("D01"), self.voices("D02"), self.voices("D03")), ((0, 0),) * 3)
        id = self.draft()
        self.invite(id, "D02", "D03")
        self.sign(id, "d02")
        self.assertEqual((self.voices("D01"), self.voices("D02")), ((0, 0), (0, 0)))
        self.move("deputy1", id, "submit")
        self.assertEqual((self.voices("D01"), self.voices("D02"), self.voices("D03")), ((1, 0), (0, 1), (0, 0)))
        self.move("office", id, "send_back", **NOTE)
        self.assertEqual((self.voices("D01"), self.voices("D02")), ((0, 0), (0, 0)))
        self.move("deputy1", id, "submit")
        self.assertEqual((self.voices("D01"), self.voices("D02")), ((1, 0), (0, 1)))
        self.move("deputy1", id, "withdraw", **NOTE)
        self.assertEqual((self.voices("D01"), self.voices("D02")), ((0, 0), (0, 0)))
        other = self.follow("submitted")
        self.assertEqual(self.voices("D01"), (1, 0))
        self.move("office", other, "void", **NOTE)
        self.assertEqual(self.voices("D01"), (0, 0))


class Imported(Case):
    def test_its_first_proposer_leads(self):
        id = self.import_suggestion("S910", "replied", unit="U01", assigned_on="2025-04-01", due_on="2025-07-01",
                                    replied_on="2025-06-01", result="solved")
        card = self.card(id)
        self.assertEqual((card["lead_code"], card["proposer_codes"], card["first_assigned_on"], card.get("text")),
                         ("D01", ["D01", "D02"], "2025-04-01", None))
        self.assertEqual(self.signers(id, "clerk1"), [("D01", "lead"), ("D02", "confirmed")])
        self.assertEqual(card["actions"], ["rate"])
        self.no_step("FORBIDDEN", "not_yours", "d02", id, "rate", **SATISFIED)
        self.move("deputy1", id, "rate", **SATISFIED)
        self.move("office", id, "close")

    def test_handled_on(self):
        id = self.import_suggestion("S911", "assigned", unit="U01", assigned_on="2025-04-01", due_on="2025-07-01")
        self.assertEqual(self.card(id)["lateness"], "overdue")
        self.no_step("CONFLICT", "too_late_to_return", "unit1", id, "return", **NOTE)
        self.move("unit1", id, "contact", **NOTE)
        self.move("unit1", id, "reply", **SOLVED)
        # Spoken with, as the import says.
        id = self.import_suggestion("S912", "contacted", unit="U01", assigned_on="2026-09-01", due_on="2026-12-01")
        self.move("unit1", id, "reply", **SOLVED)
        id = self.import_suggestion("S913", "rehandle", unit="U01", assigned_on="2026-06-01", due_on="2026-09-01")
        self.no_step("CONFLICT", "contact_first", "unit1", id, "reply", **SOLVED)
        self.move("unit1", id, "contact", **NOTE)
        self.move("unit1", id, "reply", **SOLVED)

    def test_sent_back_its_signatures_stay(self):
        id = self.import_suggestion("S914", "submitted")
        self.move("office", id, "send_back", **NOTE)
        self.assertEqual(self.signers(id), [("D01", "lead"), ("D02", "confirmed")])
        self.assertEqual(self.change(id, text="请修水渠。")["wording"], 2)
        self.sign(id, "d02", wording=2)
        self.move("deputy1", id, "submit")
        self.assertEqual(self.card(id)["proposer_codes"], ["D01", "D02"])

    def test_imported_again_changes_nothing(self):
        """Suggestions made here are not the import's to change, and those it brought stay as they are."""
        row = {"unit": "U01", "assigned_on": "2025-04-01", "due_on": "2025-07-01"}
        id = self.import_suggestion("S915", "assigned", **row)
        draft = self.draft()
        before = self.everything(id), self.everything(draft)
        self.import_suggestion("S915", "assigned", **row)
        self.assertEqual((self.everything(id), self.everything(draft)), before)


class Lists(Case):
    def test_filters_and_pages(self):
        first = self.follow("submitted")
        self.at(TODAY + datetime.timedelta(days=3))
        given = self.follow("assigned")
        bill = self.bill()
        self.move("deputy1", bill, "submit")
        draft = self.draft()

        def listed(login="deputy1", **fields):
            return [s["suggestion_id"] for s in self.do(login, "ListSuggestions", **fields).get("suggestions", [])]

        self.assertEqual(listed(), [draft, first, given, bill])
        self.assertEqual(listed("leader2"), [first, given, bill])
        self.assertEqual(listed("unit2"), [given])
        self.assertEqual(listed(from_on=day(1)), [given, bill])
        self.assertEqual(listed(to_on=day()), [first])
        self.assertEqual(listed(kind="bill"), [bill])
        self.assertEqual(listed(state="draft"), [draft])
        self.assertEqual(listed("office", state="draft"), [])
        self.assertEqual(listed(unit_code="U02"), [given])
        self.assertEqual(listed(person_code="D21"), [bill])
        self.assertEqual(listed(person_code="D01"), [draft, first, given, bill])
        found, after = [], None
        for _ in range(4):
            page = self.do("deputy1", "ListSuggestions", limit=1, after=after)
            found += [s["suggestion_id"] for s in page["suggestions"]]
            after = page.get("next")
        self.assertEqual((found, after), ([draft, first, given, bill], None))
        self.assertEqual(self.do("office", "ListSuggestions", limit=1)["suggestions"][0].get("actions"), None)
        # Another town has none of it.
        self.assertEqual(self.client("office", harness.OTHER_TOWN).call("ListSuggestions"), {})
