"""Personal information: it ends when its time is over, and residents may see, correct and erase what is held."""

import datetime
import os
import re
import uuid

import harness
import test_permission
import test_transitions
import wire
from test_feedback import ASSIGN, NOTE, TODAY, Case, day, imported

TOWN = harness.TOWN
WHO = {"resident_name": "欧阳秀兰", "resident_phone": "13987654321", "resident_address": "东堡村七组三号"}
ASKED = {"asker": "本人", "proof": "出示回执和身份证"}


class Personal(Case):
    def told(self, login="clerk1", **fields):
        return self.register(login, **{**WHO, "notice_given": True, **fields})

    def closed(self, **fields):
        id = self.told(**fields)
        self.move("office", id, "screen")
        self.move("office", id, "redirect", **NOTE)
        self.move("office", id, "close", **NOTE)
        return id

    def held(self, id):
        return self.centre.sql("select resident_name, resident_phone, address, may_share, salt is not null from"
                               f" data.feedback_identity where feedback_id = '{id.hex()}'")[0]

    def request(self, login="clerk1", kind="access", **fields):
        id = wire.uuid7()
        self.slip_of_request = self.do(login, "AskPersonal", request_id=id, kind=kind, **{**ASKED, **fields})
        return id

    def step(self, login, id, action, **fields):
        return self.do(login, "MovePersonal", request_id=id, action=action, **fields)

    def shown(self, id, login="office"):
        return self.do(login, "GetPersonal", request_id=id)["request"]

    def whole(self):
        with self.centre.connect("auditor") as auditor:
            auditor.call("SealNow")
            self.assertEqual(auditor.call("VerifyRecords").get("findings", []), [])

    def traces(self):
        """Tables in which a name, phone or address of WHO stands, as text or as bytes."""
        tables = [t for t, in self.centre.sql(
            "select relname from pg_class where relnamespace = 'data'::regnamespace and relkind = 'r'")]
        patterns = [f"t::text like '%{text}%'" for value in WHO.values() for text in (value, value.encode().hex())]
        return {table for table, in self.centre.sql(" union all ".join(
            f"(select '{table}' from data.{table} as t where {' or '.join(patterns)} limit 1)" for table in tables))}


class Retention(Personal):
    def test_two_years_after_the_matter(self):
        self.whole()
        over, still = self.closed(), self.told()
        code = self.card(over)["code"]
        self.assertNotIn(code, [d["code"] for d in self.do("office", "ListDueIdentities").get("identities", [])])
        later = TODAY.replace(year=TODAY.year + 2)
        due = self.do("auditor", "ListDueIdentities", as_of_on=later.isoformat())["identities"]
        mine, = [d for d in due if d["code"] == code]
        self.assertEqual(mine, {"code": code, "group_code": "G01", "deputy_code": "D01", "over_on": day(),
                                "until_on": later.isoformat()})
        self.assertEqual(self.no("CONFLICT", "identity_not_due", "office", "ExpireIdentities", feedback_ids=[over]).named,
                         {"feedback": code, "years": "2"})

        self.at(later - datetime.timedelta(days=1))
        self.assertNotIn(code, [d["code"] for d in self.do("office", "ListDueIdentities").get("identities", [])])
        self.at(later)
        todo = [t for t in self.do("office", "ListTodo", subject="personal")["todos"] if t["rule"] == "todo_identity_expire"]
        self.assertEqual(len(todo), 1)
        op = self.client("office").op()
        done = self.do("office", "ExpireIdentities", op=op, feedback_ids=[over])
        self.assertEqual(done, {"expired": 1, "codes": [code]})
        self.assertEqual(self.held(over), (None, None, None, "f", "f"))
        self.assertEqual(self.held(still)[0], WHO["resident_name"])
        self.assertEqual(self.card(over)["state"], "closed")  # the matter stays
        self.assertEqual(self.centre.sql(
            "select cause, fields::text, before_digest, author_id from data.identity_change where op_id ="
            f" '{op['op_id'].hex()}'"), [("expired", "{resident_name,resident_phone,resident_address}", None,
                                         str(uuid.UUID(bytes=harness.base().accounts[TOWN, "office"])))])
        gone = self.no("NOT_FOUND", "identity_ended", "office", "RevealIdentity", feedback_id=over, reason="核实")
        self.assertEqual((gone.named["feedback"], gone.named["day"]), (code, later.isoformat()))
        self.assertEqual(self.do("office", "ExpireIdentities", op=op, feedback_ids=[over]), done)  # once
        self.no("CONFLICT", "identity_not_due", "office", "ExpireIdentities", feedback_ids=[over])
        self.whole()

    def test_all_that_are_due_and_what_keeps_them(self):
        merged, lead = self.told(), self.told()
        for id in (merged, lead):
            self.move("office", id, "screen")
        self.move("office", merged, "merge", lead_code=self.card(lead)["code"])
        withdrawn = self.told()
        self.move("clerk1", withdrawn, "withdraw", **NOTE)
        self.do("office", "ExpireIdentities")
        self.at(TODAY.replace(year=TODAY.year + 3))
        due = {d["code"] for d in self.do("office", "ListDueIdentities").get("identities", [])}
        codes = {id: self.card(id)["code"] for id in (merged, lead, withdrawn)}
        self.assertEqual(due & set(codes.values()), {codes[withdrawn]})  # the lead goes on, and so does what it carries
        self.move("office", lead, "redirect", **NOTE)
        self.move("office", lead, "close", **NOTE)
        self.at(TODAY.replace(year=TODAY.year + 5))
        expired = self.do("office", "ExpireIdentities", note="年度清理")["codes"]
        self.assertLessEqual(set(codes.values()), set(expired))
        self.assertEqual(self.do("office", "ExpireIdentities"), {"expired": 0})
        for login in ("chair", "clerk1", "leader1", "unit1", "auditor", "deputy1"):
            self.no("FORBIDDEN", "role_may_not", login, "ExpireIdentities")

    def test_an_old_file_brings_nothing_back(self):
        """F01 of the small town has a name; its request is to erase it; the same file comes again."""
        f01 = imported("feedback", "F01")
        id = self.request("office", kind="erase", feedback_id=f01)
        self.step("chair", id, "grant")
        self.step("office", id, "erase")
        self.assertEqual(self.held(f01)[0], None)
        files = harness.small_town(TOWN)
        found = {"feedback": files["feedback"]}
        harness.import_files(self.client("office"), found, update=True)
        self.assertEqual(self.held(f01)[0], None)
        self.assertEqual(self.centre.count("correction", "column_name = 'resident_name' and key = 'F01'"), 0)
        self.whole()

    def test_an_import_keeps_no_earlier_name_and_no_redacted_text(self):
        columns, rows = harness.small_town(TOWN)["feedback"]
        row = dict(zip(columns, rows[0]), code="F77")
        told = lambda **fields: harness.import_files(self.client("office"), {
            "feedback": (list(row), [tuple({**row, **fields}.values())])}, update=True)
        told(text="王大娘说路不平", resident_name="周吴郑")
        told(text="王大娘说路不平", resident_name="周吴正")
        self.assertEqual(self.centre.sql("select column_name, before, after from data.correction where key like 'F77%'"),
                         [("resident_name", None, None)])
        item = imported("feedback", "F77")
        self.do("office", "RedactFeedback", feedback_id=item, hidden_words=["王大娘"], reason="写了姓名")
        self.assertIsInstance(told(text="王大娘说路不平", resident_name="周吴正"), dict)
        self.assertEqual(self.card(item)["text"], "■■说路不平")
        self.assertEqual(self.centre.count("correction", "before like '%王大娘%' or after like '%王大娘%'"), 0)
        self.whole()


class Requests(Personal):
    def test_access(self):
        item = self.told()
        receipt, code = self.slip["receipt"], self.slip["code"]
        self.do("office", "RevealIdentity", feedback_id=item, reason="核实路段")
        id = self.request("clerk2", receipt=receipt.lower())  # of another room: the receipt is enough
        self.assertEqual(self.slip_of_request["code"][0], "Q")
        self.assertEqual(self.shown(id), {
            "request_id": id, "code": self.slip_of_request["code"], "kind": "access", "state": "requested",
            "feedback_code": code, "group_code": "G01", **ASKED, "taken_by": "clerk2", "taken_on": day(),
            "due_on": self.slip_of_request["due_on"], "actions": ["grant", "refuse", "withdraw"]})
        self.no("CONFLICT", "not_in_this_state", "office", "AccessPersonal", request_id=id)
        self.assertIn(("todo_personal_decide", self.slip_of_request["code"]), [
            (t["rule"], t["code"]) for t in self.do("chair", "ListTodo", subject="personal")["todos"]])
        self.step("office", id, "grant")
        self.no("CONFLICT", "personal_not_looked", "office", "MovePersonal", request_id=id, action="give")
        self.no("CONFLICT", "personal_other_kind", "office", "MovePersonal", request_id=id, action="erase")
        held = self.do("office", "AccessPersonal", request_id=id)
        looks = held.pop("looks")
        self.assertEqual([(x["role"], x["reason"]) for x in looks],
                         [("office", "核实路段"), ("office", "本人要求查询 " + self.slip_of_request["code"])])
        self.assertEqual(held, {
            "code": self.slip_of_request["code"], "feedback_code": code, "received_on": day(), "topic": "道路",
            "text": self.card(item)["text"], "state": "registered", **WHO, "may_share": False, "notice_given": True})
        self.assertEqual(self.step("office", id, "give")["state"], "done")
        self.assertEqual([s["action"] for s in self.do("auditor", "GetPersonal", request_id=id)["steps"]],
                         ["request", "grant", "give"])
        self.assertEqual(self.traces(), {"feedback_identity"})
        self.whole()

    def test_correct(self):
        item = self.told()
        before = self.held(item)
        id = self.request("clerk1", kind="correct", feedback_id=item, note="电话换了")
        self.step("chair", id, "grant")
        self.no("INVALID", "value_missing", "office", "MovePersonal", request_id=id, action="correct")
        self.step("office", id, "correct", resident_phone="13911112222", may_share=True)
        self.assertEqual(self.held(item), (WHO["resident_name"], "13911112222", WHO["resident_address"], "t", "t"))
        kept, = self.centre.sql("select cause, fields::text, octet_length(before_digest) from data.identity_change where"
                                f" request_id = '{id.hex()}'")
        self.assertEqual(kept, ("corrected", "{resident_phone,may_share}", "32"))
        self.assertNotEqual(before, self.held(item))
        self.assertEqual(self.do("office", "RevealIdentity", feedback_id=item, reason="核实")["resident_phone"], "13911112222")
        id = self.request("clerk1", kind="correct", feedback_id=item)
        self.step("chair", id, "grant")
        self.step("office", id, "correct", resident_address="")  # taken out
        self.assertEqual(self.held(item)[2], None)
        self.whole()

    def test_erase(self):
        item, over = self.told(), self.closed()
        self.move("office", item, "assign", **ASSIGN)
        for id, still_open in ((item, True), (over, False)):
            request = self.request("clerk1", kind="erase", feedback_id=id)
            self.step("office", request, "grant")
            done = self.step("office", request, "erase")
            self.assertEqual((done["state"], done.get("still_open", False)), ("done", still_open))
            self.assertEqual(self.held(id), (None, None, None, "f", "f"))
            self.no("NOT_FOUND", "identity_ended", "deputy1", "RevealIdentity", feedback_id=id, reason="核实")
            again = self.request("clerk1", kind="erase", feedback_id=id)
            self.step("office", again, "grant")
            self.no("NOT_FOUND", "no_identity", "office", "MovePersonal", request_id=again, action="erase")
        self.move("unit1", item, "accept")  # the matter goes on
        self.whole()

    def test_refused(self):
        item = self.told()
        fields = {"request_id": wire.uuid7(), "kind": "access", "feedback_id": item, **ASKED}
        for name, rule, login, more in (
            ("INVALID", "value_missing", "clerk1", {"asker": " "}), ("INVALID", "value_missing", "clerk1", {"proof": None}),
            ("INVALID", "value_missing", "clerk1", {"kind": None}), ("INVALID", "value_missing", "clerk1", {"request_id": None}),
            ("INVALID", "value_missing", "clerk1", {"feedback_id": None}),
            ("NOT_FOUND", "feedback_unknown", "clerk1", {"feedback_id": wire.uuid7()}),
            ("NOT_FOUND", "receipt_unknown", "clerk1", {"feedback_id": None, "receipt": "0000-0000"}),
            ("FORBIDDEN", "not_yours", "clerk2", {}), ("FORBIDDEN", "role_may_not", "chair", {}),
        ):
            self.no(name, rule, login, "AskPersonal", **{**fields, **more})
        own = self.request("office", feedback_id=item)
        self.no("FORBIDDEN", "decide_own_request", "office", "MovePersonal", request_id=own, action="grant")
        self.no("CONFLICT", "personal_exists", "clerk1", "AskPersonal", **{**fields, "request_id": own})
        self.no("INVALID", "value_missing", "chair", "MovePersonal", request_id=own, action="refuse")
        self.step("chair", own, "refuse", note="没有委托书")
        self.no("CONFLICT", "not_in_this_state", "chair", "MovePersonal", request_id=own, action="grant")
        self.no("NOT_FOUND", "personal_unknown", "office", "GetPersonal", code="Q9999")
        self.no("NOT_FOUND", "personal_unknown", "office", "MovePersonal", request_id=wire.uuid7(), action="grant")
        self.no("FORBIDDEN", "not_yours", "clerk2", "GetPersonal", request_id=own)
        self.assertNotIn(own, [r["request_id"] for r in self.do("clerk2", "ListPersonal").get("requests", [])])
        self.assertIn(own, [r["request_id"] for r in self.do("auditor", "ListPersonal")["requests"]])

    def test_pages(self):
        item = self.told()
        for _ in range(3):
            self.request("clerk1", feedback_id=item)
        whole = self.do("office", "ListPersonal")["requests"]
        rows, after = [], None
        while True:
            page = self.do("office", "ListPersonal", limit=2, after=after)
            rows += page["requests"]
            after = page.get("next")
            if after is None:
                break
        self.assertEqual(rows, whole)


class Redaction(Personal):
    def test_names_in_the_text(self):
        item = self.told(text="王大娘说村口的路不平，王大娘的电话是13712345678")
        for rule, more in (("value_missing", {"hidden_words": []}), ("value_missing", {"reason": " "}),
                           ("word_not_there", {"hidden_words": ["王大娘", "李大娘"]}), ("word_not_there", {"hidden_words": [" "]})):
            error = self.no("INVALID", rule, "office", "RedactFeedback", **{
                "feedback_id": item, "hidden_words": ["王大娘"], "reason": "写了姓名", **more})
            self.assertNotIn("李大娘", str(error.fields))
        self.assertEqual(self.do("office", "RedactFeedback", feedback_id=item, hidden_words=["王大娘", "13712345678"],
                                 reason="写了姓名"), {"replaced": 3})
        self.assertEqual(self.card(item)["text"], "■■说村口的路不平，■■的电话是■■")
        self.do("office", "RedactFeedback", feedback_id=item, hidden_words=["村口"], reason="写了住处")
        self.no("FORBIDDEN", "role_may_not", "office", "RevealOriginal", feedback_id=item, reason="核实")
        self.no("INVALID", "look_reason_needed", "chair", "RevealOriginal", feedback_id=item)
        self.assertEqual(self.do("chair", "RevealOriginal", feedback_id=item, reason="核实是哪一户")["text"],
                         "王大娘说村口的路不平，王大娘的电话是13712345678")
        self.assertEqual(self.do("auditor", "ListIdentityLooks", feedback_code=self.card(item)["code"])["looks"][-1]["reason"],
                         "看涂去前的原文：核实是哪一户")
        other = self.told()
        self.no("NOT_FOUND", "not_redacted", "chair", "RevealOriginal", feedback_id=other, reason="核实")
        # It ends with the rest.
        request = self.request("clerk1", kind="erase", feedback_id=item)
        self.step("office", request, "grant")
        self.step("office", request, "erase")
        self.no("NOT_FOUND", "original_ended", "chair", "RevealOriginal", feedback_id=item, reason="核实")
        self.assertEqual(self.centre.count("redaction", "original is not null"), 0)
        self.assertEqual(self.centre.count("feedback", "text like '%王大娘%'"), 0)
        self.whole()


class Machine:
    """A request to erase, about an item of group G01, taken down by its room; `give` and `correct` of their own kind."""

    subject = "personal"
    firsts = ("request",)
    actions = {"request", "grant", "refuse", "withdraw", "give", "correct", "erase"}
    states = ("requested", "granted", "refused", "done", "withdrawn")

    def reach(self, case, state, action=None, role=None):
        item, id = wire.uuid7(), wire.uuid7()
        case.do("clerk", "RegisterFeedback", feedback_id=item, deputy_id=imported("people", "D01"), topic="道路",
                text="村口的路不平", notice_given=True, **WHO)
        kind = {"give": "access", "correct": "correct"}.get(action, "erase")
        case.do("clerk", "AskPersonal", request_id=id, feedback_id=item, kind=kind, **ASKED)
        if state in ("granted", "done"):
            case.do("chair", "MovePersonal", request_id=id, action="grant")
        if action == "give" and state == "granted":
            case.do("office", "AccessPersonal", request_id=id)
        if state == "done":
            case.do("office", "MovePersonal", request_id=id, action="erase")
        elif state in ("refused", "withdrawn"):
            who, what = {"refused": ("chair", "refuse"), "withdrawn": ("clerk", "withdraw")}[state]
            case.do(who, "MovePersonal", request_id=id, action=what, note="说明原因")
        return id

    def act(self, case, id, action, role):
        fields = {"resident_name": "李秀兰"} if action == "correct" else {}
        return case.do(role, "MovePersonal", request_id=id, action=action, note="说明原因", **fields)

    def state_of(self, case, id):
        return case.do("office", "GetPersonal", request_id=id)["request"]["state"]


class Steps(test_transitions.Walk):
    def test_every_state_action_and_role(self):
        self.walk(Machine())


class Auditor(harness.Case):
    def test_reads_all_and_writes_nothing(self):
        """From the headers: no call that writes is an auditor's, and none shows who a villager is."""
        writes, reads = set(), set()
        for name, by in test_permission.headers().items():
            file = re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower() + ".sql"
            with open(os.path.join(harness.SOURCE, "sql/calls", file)) as text:
                effect = re.search(r"^-- effect: (.*)$", text.read(), re.M)[1].split()
            (writes if "ledger" in effect else reads).add((name, "auditor" in by))
        self.assertEqual({name for name, may in writes if may}, {"ReceiveNotice"})  # for what was sent to them
        self.assertGreater(len(writes), 40)
        self.assertNotIn(("RevealIdentity", True), reads)
        self.assertNotIn(("AccessPersonal", True), reads)
        for name in ("Seals", "SealNow", "ListSealLeaves", "VerifyRecords", "AuditLog", "ListIdentityLooks",
                     "ListDueIdentities", "ListPersonal"):
            self.assertIn((name, True), reads)
