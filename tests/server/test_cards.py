"""Cards (履职登记卡): what the records say of a deputy's year, the objection, the signature and what was signed."""

import datetime
import hashlib
import json
import threading
import uuid

import harness
import wire
from harness import TOWN

YEAR = 2025
LINES = ("meetings", "activities", "trainings")
LISTS = LINES + ("terms", "suspensions", "feedback", "suggestions", "deeds", "households", "appraisals", "awards", "funds")
THIS_YEAR = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).year


def mandate(code):
    return harness.imported_id(TOWN, "mandates", code)


def records():
    """A year of D01, who holds two mandates, and of some others of the group G01."""
    return {
        "mandates": (["code", "person", "level", "group", "starts_on", "ends_on", "end_reason"],
                     [("XD01", "D01", "county", "G01", "2022-03-01", "", ""),
                      ("XD07", "D07", "county", "G01", "2022-03-01", "2025-04-01", "moved_away")]),
        "suspensions": (["mandate", "starts_on", "ends_on", "reason"], [("ZD08", "2024-12-01", "2025-01-31", "立案")]),
        "roles": (["person", "role", "group", "starts_on"], [("D05", "group_leader", "G01", "2022-03-01")]),
        "meetings": (["code", "kind", "title", "group", "held_on", "state"],
                     [("M101", "inspection", "视察", "", "2025-03-10", "closed"),
                      ("M102", "training", "培训", "", "2025-04-10", "approved"),
                      ("M103", "voter_reception", "接待", "G01", "2025-05-10", "locked"),
                      ("M104", "group_meeting", "没开完", "G01", "2025-05-11", "open"),
                      ("M105", "duty_report", "述职", "G01", "2025-09-10", "closed"),
                      ("M106", "inspection", "去年", "", "2024-12-31", "closed")]),
        "attendance": (["meeting", "person", "notice", "notified_on", "mark"],
                       [("M101", "D01", "signed", "2025-03-01", "absent"), ("M102", "D01", "signed", "2025-04-01", "late"),
                        ("M103", "D01", "signed", "2025-05-01", "absent"), ("M104", "D01", "signed", "2025-05-01", ""),
                        ("M105", "D01", "signed", "2025-09-01", "present"),
                        ("M106", "D01", "signed", "2024-12-01", "present")]),
        "leaves": (["meeting", "person", "asked_on", "ground", "decision", "decided_on"],
                   [("M103", "D01", "2025-05-02", "hospital", "approved", "2025-05-03")]),
        "feedback": (["code", "group", "deputy", "received_on", "topic", "text", "resident_name", "state"],
                     [("F11", "G01", "D01", "2025-12-31", "饮水", "水不清，找王大娘问过", "王大娘", "registered"),
                      ("F12", "G01", "D01", "2025-06-01", "道路", "撤回了", "", "withdrawn"),
                      ("F13", "G01", "D01", "2026-01-01", "道路", "明年的", "", "registered")]),
        "suggestions": (["code", "kind", "title", "proposers", "submitted_on", "state"],
                        [("S11", "suggestion", "修桥", "D01 D02", "2025-03-01", "submitted"),
                         ("S12", "suggestion", "修路", "D02 D01", "2025-03-02", "submitted")]),
        "deeds": (["code", "person", "done_on", "kind", "village", "text", "value_yuan", "witness", "verified"],
                  [("H11", "D01", "2025-02-01", "修路", "V01", "铺石子", "300", "李证人", "yes"),
                   ("H12", "D01", "2025-02-02", "助困", "V01", "送米", "", "", "no")]),
        "households": (["code", "village", "head", "members", "helpers", "starts_on"],
                       [("B11", "V01", "赵户主", "4", "D01 D02", "2024-01-01"),
                        ("B12", "V01", "钱户主", "3", "D01", "2026-01-01")]),
        "funds": (["code", "on", "kind", "person", "amount_yuan", "note"],
                  [("E11", "2025-06-01", "deputy_activity", "D01", "500", "活动经费"),
                   ("E12", "2025-06-01", "other", "D01", "70", "不算")]),
        "appraisals": (["code", "meeting", "category", "subject", "issued", "returned", "invalid", "excellent", "competent",
                        "basic", "incompetent"], [("A11", "M105", "deputy", "D01", "60", "58", "1", "40", "10", "5", "2")]),
        "awards": (["code", "on", "kind", "recipient", "amount_yuan", "document"],
                   [("W11", "2025-12-20", "excellent_deputy", "D01", "300", "镇发〔2025〕9号")]),
    }


class Cards(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clients = {login: cls.centre.connect(login) for login in (
            "office", "chair", "auditor", "leader1", "leader2", "clerk1", "clerk2", "deputy1", "deputy2", "unit1")}
        imported = harness.import_files(cls.clients["office"], records())
        if not isinstance(imported, dict):
            raise AssertionError(imported[:3])

    @classmethod
    def tearDownClass(cls):
        for client in cls.clients.values():
            client.close()
        super().tearDownClass()

    def call(self, who, method, **fields):
        return self.clients[who].call(method, **fields)

    def card(self, code, year=YEAR, who="office"):
        return self.call(who, "GetCard", code=code, year=year)

    def move(self, who, code, action, year=YEAR, **fields):
        return self.call(who, "MoveCard", mandate_id=mandate(code), year=year, action=action, **fields)

    def refused_move(self, rule, name, who, code, action, year=YEAR, **fields):
        error = self.refused(name, self.move, who, code, action, year, **fields)
        self.assertEqual(error.rule, rule)

    def printed(self, code, year=YEAR, **fields):
        cards = self.call("office", "CardTexts", year=year, code=code, **fields).get("cards", [])
        return cards[0] if cards else None

    # What stands on it

    def test_every_line_of_the_year(self):
        card = self.card("ZD01")
        codes = {part: [line["code"] for line in card.get(part, [])] for part in LISTS}
        # M001, M002 and M003 of the small town are open, M005 only planned.
        self.assertEqual(codes, {
            "meetings": ["M004", "M006"], "activities": ["M101", "M103", "M105"], "trainings": ["M102"],
            "terms": ["XD01", "ZD01"], "suspensions": [], "feedback": ["F01", "F11"], "suggestions": ["S11", "S12"],
            "deeds": ["H11", "H12"], "households": ["B11"], "appraisals": ["A11"], "awards": ["W11"], "funds": ["E11"]})
        self.assertEqual({line["code"]: line["status"] for part in LINES for line in card[part]}, {
            "M004": "present", "M006": "present", "M101": "unexcused", "M102": "late", "M103": "excused", "M105": "present"})
        self.assertEqual([s["role"] for s in card["suggestions"]], ["led", "cosigned"])
        self.assertEqual(card["households"][0]["helpers"], 2)
        self.assertEqual(card["appraisals"][0]["excellent"], 40)
        self.assertEqual((card["card"]["days_in_office"], card["card"]["state"]), (365, "computed"))

    def test_totals_are_of_the_lists(self):
        card = self.card("ZD01")
        totals = card["totals"]
        for part in LINES:
            found = [line["status"] for line in card[part]]
            attended = sum(status in ("present", "late", "left_early") for status in found)
            self.assertEqual(totals[f"{part}_attended"], attended)
            for status in ("excused", "unexcused"):
                self.assertEqual(totals[f"{part}_{status}"], found.count(status))
        self.assertEqual((totals["deeds_verified"], totals["deeds_unverified"]), (1, 1))
        self.assertEqual((totals["suggestions_led"], totals["suggestions_cosigned"]), (1, 1))
        self.assertEqual((totals["households"], totals["household_members"]), (1, 4))
        self.assertEqual((totals["fund_yuan"], totals["award_yuan"]), (500, 300))
        self.assertEqual([totals[k] for k in ("feedback", "appraisals", "awards")], [2, 1, 1])

    def test_lines_are_those_of_the_evidence(self):
        """One definition of what a line of a roll comes to."""
        lines = self.call("office", "ThreeNoEvidence", person_code="D01", from_on="2025-01-01", to_on="2025-12-31")["lines"]
        card = self.card("ZD01")
        self.assertEqual({(line["meeting_code"], line["status"], line["rule"]) for line in lines if line.get("counted")},
                         {(line["code"], line["status"], line["rule"]) for part in LINES for line in card[part]})

    def test_two_mandates_say_the_same_of_the_person(self):
        town, county = self.card("ZD01"), self.card("XD01")
        for part in LISTS + ("totals",):
            self.assertEqual(town.get(part), county.get(part), part)
        self.assertEqual((town["card"]["shared_codes"], county["card"]["shared_codes"]), (["XD01"], ["ZD01"]))
        self.assertEqual((town["card"]["level"], county["card"]["level"]), ("town", "county"))

    def test_terms_and_suspensions(self):
        ended = self.card("XD07")["card"]
        self.assertEqual(ended["days_in_office"], 31 + 28 + 31)
        suspended = self.card("ZD08")
        self.assertEqual([(s["starts_on"], s["ends_on"]) for s in suspended["suspensions"]], [("2024-12-01", "2025-01-31")])
        self.assertEqual(suspended["card"]["days_in_office"], 365 - 31)

    def test_nothing_of_a_villager(self):
        text = self.printed("ZD01")["text"]
        for private in ("王大娘", "赵户主", "李证人", "水不清"):
            self.assertNotIn(private, text)
        self.assertIn("饮水", text)

    def test_the_text_holds_the_lists_of_the_card(self):
        text, card = json.loads(self.printed("XD01")["text"]), self.card("XD01")
        for part in LISTS:
            self.assertEqual(text[part], card.get(part, []), part)
        self.assertEqual(text["totals"], card["totals"])

    def test_which_year(self):
        self.assertEqual(self.call("office", "GetCard", code="XD07")["card"]["year"], 2025)  # its last
        self.assertEqual(self.call("office", "GetCard", code="ZD01")["card"]["year"], THIS_YEAR)
        for year, code, name, rule in (
                (2026, "XD07", "INVALID", "card_not_in_year"), (2021, "ZD01", "INVALID", "card_not_in_year"),
                (THIS_YEAR + 1, "ZD01", "INVALID", "card_year"), (-3, "ZD01", "INVALID", "card_year"),
                (2025, "ZD99", "NOT_FOUND", "mandate_unknown")):
            error = self.refused(name, self.card, code, year)
            self.assertEqual(error.rule, rule)
        for year, rule in ((THIS_YEAR + 1, "card_year"), (0, "card_year"), (2000000000, "card_year"), (None, "value_missing")):
            for method in ("ListCards", "CardTexts"):
                self.assertEqual(self.refused("INVALID", self.call, "office", method, year=year).rule, rule)

    # Who may

    def test_who_sees_which(self):
        seen = {who: [c["code"] for c in self.call(who, "ListCards", year=YEAR).get("cards", [])]
                for who in ("office", "chair", "auditor", "leader1", "leader2", "clerk1", "deputy1", "deputy2")}
        self.assertEqual(len(seen["office"]), 42)
        self.assertEqual(seen["office"], sorted(seen["office"]))
        self.assertTrue(seen["office"] == seen["chair"] == seen["auditor"])
        self.assertEqual(seen["leader1"], seen["clerk1"])
        self.assertEqual(set(seen["leader1"]) | set(seen["leader2"]), set(seen["office"]))
        self.assertFalse(set(seen["leader1"]) & set(seen["leader2"]))
        self.assertEqual((seen["deputy1"], seen["deputy2"]), (["XD01", "ZD01"], ["ZD21"]))
        for who in ("leader2", "clerk2", "deputy2"):
            self.refused("FORBIDDEN", self.card, "ZD01", YEAR, who)
            self.assertEqual(self.refused("FORBIDDEN", self.call, who, "CardTexts", year=YEAR, code="ZD01").rule, "not_yours")
        self.refused("FORBIDDEN", self.card, "ZD01", YEAR, "unit1")

    def test_pages(self):
        for method, size in (("ListCards", 5), ("CardTexts", 4)):
            codes, after = [], None
            while True:
                reply = self.call("office", method, year=YEAR, limit=size, after=after)
                self.assertLessEqual(len(reply["cards"]), size)
                codes += [c["code"] for c in reply["cards"]]
                after = reply.get("next")
                if after is None:
                    break
            self.assertEqual(len(codes), 42)
            self.assertEqual(codes, sorted(set(codes)))
        self.assertEqual(self.call("office", "CardTexts", year=YEAR)["total"], 42)
        listed = self.call("office", "ListCards", year=YEAR, group_code="G02", state="computed")["cards"]
        self.assertEqual(len(listed), 20)

    # Objection, answer, signature

    def test_objection_answer_signature(self):
        self.refused_move("value_missing", "INVALID", "deputy1", "ZD01", "object")
        self.refused_move("value_missing", "INVALID", "deputy1", "ZD01", "object", note="  ")
        self.assertEqual(self.move("deputy1", "ZD01", "object", note="M101那天我到了")["state"], "objected")
        self.assertIn("ZD01", [t.get("code") for t in self.call("office", "ListTodo", subject="card")["todos"]
                               if t["rule"] == "todo_card_answer"])
        self.refused_move("not_in_this_state", "CONFLICT", "leader1", "ZD01", "sign")
        self.move("office", "ZD01", "answer", note="查了签到表，没有签名")
        waiting = self.call("leader1", "ListTodo", subject="card")["todos"]
        self.assertIn(("todo_card_sign", "ZD01"), [(t["rule"], t["code"]) for t in waiting])
        before = self.printed("ZD01")
        self.assertNotIn("version", before)
        signed = self.move("leader1", "ZD01", "sign")
        self.assertEqual((signed["state"], signed["version"]), ("signed", 1))
        after = self.printed("ZD01")
        self.assertEqual(after["text"], before["text"])
        self.assertEqual(after["digest"], hashlib.sha256(after["text"].encode()).hexdigest())
        self.assertEqual((after["digest"], after["signed_role"], after["stale"]), (signed["digest"], "leader", False))
        self.assertEqual(after["signed_by"], "代表D05", "who holds the post of the account that signed")
        self.assertEqual([s["action"] for s in self.card("ZD01")["steps"]], ["object", "answer", "sign"])
        self.refused_move("card_unchanged", "CONFLICT", "leader1", "ZD01", "sign")

    def test_signed_again_when_the_records_have_changed(self):
        first = self.move("leader1", "ZD02", "sign")
        text = self.printed("ZD02")["text"]
        self.centre.sql("update data.suggestion set state = 'classified' where code = 'S12'")
        card = self.card("ZD02")["card"]
        self.assertEqual((card["state"], card["stale"], card["version"]), ("signed", True, 1))
        self.assertEqual(self.printed("ZD02")["text"], text, "what was signed is printed")
        self.assertTrue(self.printed("ZD02")["stale"])
        second = self.move("leader1", "ZD02", "sign")
        self.assertEqual(second["version"], 2)
        self.assertNotEqual(second["digest"], first["digest"])
        self.assertEqual(self.printed("ZD02", version=1)["text"], text)
        self.assertNotEqual(self.printed("ZD02", version=2)["text"], text)
        self.assertIsNone(self.printed("ZD02", version=3))
        self.assertEqual([v["version"] for v in self.card("ZD02")["versions"]], [1, 2])
        self.centre.sql("update data.suggestion set state = 'submitted' where code = 'S12'")

    def test_signed_once_by_two_at_once(self):
        found = []

        def sign():
            with self.centre.connect("leader1") as client:
                try:
                    found.append(client.call("MoveCard", mandate_id=mandate("ZD09"), year=YEAR, action="sign")["version"])
                except wire.Refused as refused:
                    found.append(refused.rule)

        threads = [threading.Thread(target=sign) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(map(str, found)), ["1"] + 3 * ["card_unchanged"])
        self.assertEqual(len(self.card("ZD09")["versions"]), 1)

    def test_a_signed_text_cannot_be_changed(self):
        self.move("leader1", "ZD03", "sign")
        with self.assertRaises(RuntimeError):
            self.centre.sql("update data.card_version set note = 'x'", user="lvzhid")
        with self.assertRaises(RuntimeError):  # not even by the owner without its digest
            self.centre.sql("update data.card_version set text = text || ' '")

    def test_a_year_that_is_not_over(self):
        self.refused_move("card_year_not_over", "CONFLICT", "leader1", "ZD04", "sign", THIS_YEAR)
        self.refused_move("value_missing", "INVALID", "leader1", "ZD04", "sign", THIS_YEAR, early=True)
        self.move("leader1", "ZD04", "sign", THIS_YEAR, early=True, note="换届前结清")
        self.assertTrue(self.card("ZD04", THIS_YEAR)["card"]["early"])
        # A mandate that has ended has a year that is over.
        self.move("leader1", "XD07", "sign", 2025)
        self.assertFalse(self.card("XD07", 2025)["card"]["early"])

    def test_nobody_signs_their_own(self):
        """D05 leads G01, and leader1's account, which stands for nobody, is how: D05's card is the chair's."""
        self.refused_move("card_own", "FORBIDDEN", "leader1", "ZD05", "sign")
        self.refused_move("not_yours", "FORBIDDEN", "leader2", "ZD05", "sign")
        self.assertEqual(self.move("chair", "ZD05", "sign")["version"], 1)
        self.refused_move("card_leader_signs", "FORBIDDEN", "chair", "ZD06", "sign")
        self.assertNotIn("sign", self.card("ZD05", 2024, "leader1")["card"].get("actions", []))
        self.assertIn("sign", self.card("ZD05", 2024, "chair")["card"]["actions"])
        # An office clerk who is a deputy does not answer their own objection.
        account = uuid.UUID(bytes=harness.base().accounts[TOWN, "office"])
        person = uuid.UUID(bytes=harness.imported_id(TOWN, "people", "D01"))
        self.move("deputy1", "XD01", "object", note="级别写错了")
        self.centre.sql(f"update data.account set person_id = '{person}' where account_id = '{account}'")
        with self.centre.connect("office") as client:
            error = self.refused("FORBIDDEN", client.call, "MoveCard", mandate_id=mandate("XD01"), year=YEAR,
                                 action="answer", note="没错")
            self.assertEqual(error.rule, "card_own")
        self.centre.sql(f"update data.account set person_id = null where account_id = '{account}'")

    def test_who_answered_does_not_sign(self):
        """One person with an office account and a leader's."""
        person = uuid.UUID(bytes=harness.imported_id(TOWN, "people", "D30"))
        accounts = [uuid.UUID(bytes=harness.base().accounts[TOWN, login]) for login in ("office", "leader2")]
        self.move("deputy2", "ZD21", "object", note="少了一次")
        for account in accounts:
            self.centre.sql(f"update data.account set person_id = '{person}' where account_id = '{account}'")
        with self.centre.connect("office") as office, self.centre.connect("leader2") as leader:
            office.call("MoveCard", mandate_id=mandate("ZD21"), year=YEAR, action="answer", note="已补")
            error = self.refused("FORBIDDEN", leader.call, "MoveCard", mandate_id=mandate("ZD21"), year=YEAR, action="sign")
            self.assertEqual(error.rule, "card_answered_by_you")
        for account in accounts:
            self.centre.sql(f"update data.account set person_id = null where account_id = '{account}'")

    def test_last_years_cards_wait(self):
        last = THIS_YEAR - 1
        waiting = [t for t in self.call("leader2", "ListTodo", subject="card")["todos"] if t["rule"] == "todo_cards_sign"]
        unsigned = [c for c in self.call("leader2", "ListCards", year=last)["cards"] if c["state"] == "computed"]
        self.assertEqual([t["title"] for t in waiting], [f"{last}：{len(unsigned)}"])
        self.assertEqual(waiting[0]["due_on"], (datetime.date(THIS_YEAR, 1, 1) + datetime.timedelta(60)).isoformat())
