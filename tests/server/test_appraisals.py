"""Ballots: the arithmetic locks, two counts that do not see each other, and that nothing counts before it is announced."""

import random

import harness
import test_meetings
import wire
from test_meetings import G01, TOWN, U01, day, person, told

NAMES = ("issued", "returned", "invalid", "excellent", "competent", "basic", "incompetent")
BALLOTS = dict(zip(NAMES, (60, 58, 1, 30, 20, 5, 2)))


def ballots(*numbers):
    return dict(zip(NAMES, numbers))


class Appraisals(test_meetings.Life):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clients.update({login: cls.centre.connect(login) for login in ("unit1", "unit2", "d02")})

    def held(self, group=G01, kind="duty_report", appraisees=("deputy", "group_head"), state="open"):
        id = self.plan(kind=kind, group=group, unit_id=U01, appraisees=list(appraisees))
        self.notify(id, told("D01"))
        if state == "open":
            self.move(id, "open")
        return id

    def count(self, meeting, login="clerk1", who="D05", figures=BALLOTS, **fields):
        """The first count; gives the id."""
        id = wire.uuid7()
        fields = {"category": "deputy", "person_id": person(who), **fields} if who else fields
        self.do(login, "RecordAppraisal", appraisal_id=id, meeting_id=meeting, **fields, **figures)
        return id

    def again(self, id, login="leader1", figures=BALLOTS):
        return self.do(login, "CountAgain", appraisal_id=id, **figures)

    def step(self, login, id, action, **fields):
        return self.do(login, "MoveAppraisal", appraisal_id=id, action=action, **fields)

    def get(self, id, login="office"):
        return self.do(login, "GetAppraisal", appraisal_id=id)

    def state(self, id):
        return self.get(id)["appraisal"]["state"]

    def valid(self, id):
        """Rows where reports and exports look."""
        code = self.get(id)["appraisal"]["code"]
        return (self.centre.count("appraisal", f"town_id = {TOWN} and code = '{code}' and void_reason is null"),
                int(self.centre.sql(f"select count(*) from lv.csv_row where file = 'appraisals' and key = '{code}'",
                                    "lvzhid", {"app.town": TOWN})[0][0]))


class Locks(Appraisals):
    def test_only_sums_that_fit_are_taken(self):
        """Against a second definition, on tallies near the borders."""
        meeting, chance = self.held(), random.Random(20261125)
        taken = 0
        for n in range(150):
            parts = [chance.choice((0, 0, 1, 2, 7, 30)) for _ in range(5)]
            returned = sum(parts) + chance.choice((0, 0, 0, 0, -1, 1))
            issued = returned + chance.choice((0, 1, 5, -1))
            fits = issued > 0 and 0 <= returned <= issued and sum(parts) == returned
            id, figures = wire.uuid7(), ballots(issued, returned, *parts)
            try:
                self.do("office", "RecordAppraisal", appraisal_id=id, meeting_id=meeting, category="group_head",
                        subject=f"组长{n}", **figures)
                accepted = True
                taken += 1
            except wire.Refused as error:
                accepted = False
                self.assertIn(error.rule, ("ballots_over_issued", "ballots_sum", "no_ballots", "bad_number"))
            self.assertEqual(accepted, fits, figures)
        self.assertGreater(taken, 30)
        self.assertLess(taken, 120)

    def test_the_sentences_show_the_sums(self):
        meeting = self.held()
        named = self.no("INVALID", "ballots_sum", "office", "RecordAppraisal", appraisal_id=wire.uuid7(),
                        meeting_id=meeting, category="deputy", person_id=person("D05"), **{**BALLOTS, "basic": 6})
        self.assertEqual((named["sum"], named["returned"]), ("59", "58"))
        named = self.no("INVALID", "ballots_over_issued", "office", "RecordAppraisal", appraisal_id=wire.uuid7(),
                        meeting_id=meeting, category="deputy", person_id=person("D05"), **{**BALLOTS, "issued": 57})
        self.assertEqual(named, {"returned": "58", "issued": "57"})
        top = 2**31 - 1
        named = self.no("INVALID", "ballots_sum", "office", "RecordAppraisal", appraisal_id=wire.uuid7(),
                        meeting_id=meeting, category="deputy", person_id=person("D05"), **ballots(*[top] * 7))
        self.assertEqual(named["sum"], str(5 * top))

    def test_what_is_appraised(self):
        meeting = self.held()
        fields = {"appraisal_id": wire.uuid7(), "meeting_id": meeting, "category": "deputy", "person_id": person("D05"),
                  **BALLOTS}
        for name, rule, login, more in (
            ("INVALID", "category_not_listed", "office", {"category": "village_head", "subject": "某"}),
            ("INVALID", "category_not_listed", "office", {"category": "unit"}),
            ("INVALID", "value_missing", "office", {"category": None}),
            ("INVALID", "value_missing", "office", {"person_id": None}),
            ("INVALID", "value_missing", "office", {"category": "group_head", "subject": " "}),
            ("INVALID", "value_missing", "office", {"basic": None}),
            ("NOT_FOUND", "person_unknown", "office", {"person_id": wire.uuid7()}),
            ("NOT_FOUND", "meeting_unknown", "office", {"meeting_id": wire.uuid7()}),
            ("CONFLICT", "appraisal_not_now", "office", {"meeting_id": self.held(state="notified")}),
            ("FORBIDDEN", "not_yours", "clerk2", {}),
        ):
            self.no(name, rule, login, "RecordAppraisal", **{**fields, **more})
        self.count(meeting)
        self.no("CONFLICT", "appraised_already", "office", "RecordAppraisal", **fields)
        review = self.held(kind="work_review")
        id = self.count(review, who=None, category="unit")
        self.assertEqual(self.get(id)["appraisal"]["subject"], "U01")
        self.no("INVALID", "not_unit_of_review", "office", "RecordAppraisal", **{
            **fields, "meeting_id": review, "category": "unit",
            "unit_id": harness.imported_id(TOWN, "units", "U02")})

    def test_few_voters_are_said(self):
        few = lambda meeting, figures: self.do("office", "RecordAppraisal", appraisal_id=wire.uuid7(), meeting_id=meeting,
                                               category="deputy", person_id=person("D05"), **figures)["few_voters"]
        self.assertTrue(few(self.held(), ballots(49, 49, 0, 49, 0, 0, 0)))
        self.assertFalse(few(self.held(), ballots(50, 50, 0, 50, 0, 0, 0)))


class Blind(Appraisals):
    """Numbers that stand nowhere else, so that one that leaks is found in whatever is answered."""

    figures = ballots(70123, 70122, 10117, 20113, 30109, 5101, 4682)

    def shown(self, id, code):
        """Everything that any role can read of it."""
        found = []
        for login in ("office", "office2", "chair", "auditor", "clerk1", "leader1", "deputy1"):
            for method, fields in (("GetAppraisal", {"appraisal_id": id}), ("ListAppraisals", {}), ("ListTodo", {}),
                                   ("ListNotices", {}), ("Search", {"query": code})):
                try:
                    found.append(str(self.do(login, method, **fields)))
                except wire.Refused:
                    continue
        return "".join(found)

    def test_nobody_sees_a_count_before_both_agree(self):
        meeting = self.held()
        id = self.count(meeting, figures=self.figures)
        code = self.get(id)["appraisal"]["code"]
        waits = {login: [t["rule"] for t in self.do(login, "ListTodo", subject="appraisal").get("todos", []) if t["code"] == code]
                 for login in ("clerk1", "leader1", "clerk2")}
        self.assertEqual(waits, {"clerk1": [], "leader1": ["todo_count_again"], "clerk2": []})
        text = self.shown(id, code)
        self.assertIn(code, text)
        for number in self.figures.values():
            self.assertNotIn(str(number), text)
        self.assertNotIn("verdict", self.get(id)["appraisal"])
        # A differing count names the figures and no number; both entries stay.
        other = {**self.figures, "excellent": 20114, "competent": 30108}
        reply = self.again(id, figures=other)
        self.assertEqual(reply, {"state": "differing", "differing": ["competent", "excellent"], "count_differs": True})
        text = self.shown(id, code)
        for number in {*self.figures.values(), *other.values()}:
            self.assertNotIn(str(number), text)
        self.assertEqual(self.valid(id), (0, 0))
        self.no("CONFLICT", "not_in_this_state", "office", "MoveAppraisal", appraisal_id=id, action="announce")
        # Anew, by both.
        reply = self.do("leader1", "RecordAppraisal", appraisal_id=id, **self.figures)
        self.assertEqual(reply["round"], 2)
        self.no("FORBIDDEN", "count_again_self", "leader1", "CountAgain", appraisal_id=id, **self.figures)
        self.assertEqual(self.again(id, "clerk1", self.figures)["state"], "counted")
        counts = self.centre.sql("select round, counter, excellent from data.tally_count where appraisal_id ="
                                 f" '{id.hex()}' order by 1, 2")
        self.assertEqual(counts, [("1", "1", "20113"), ("1", "2", "20114"), ("2", "1", "20113"), ("2", "2", "20113")])
        self.assertEqual([(c["round"], c["counter"], c["author"]) for c in self.get(id)["counts"]], [
            (1, 1, "clerk1"), (1, 2, "leader1"), (2, 1, "leader1"), (2, 2, "clerk1")])
        # Counted by two and not announced: still no row for reports.
        self.assertEqual(self.get(id)["appraisal"]["excellent"], 20113)
        self.assertEqual(self.valid(id), (0, 0))

    def test_two_accounts_of_one_person_are_one_counter(self):
        ids = [harness.base().accounts[TOWN, login].hex() for login in ("clerk1", "leader1")]
        self.centre.sql(f"update data.account set person_id = '{person('D07').hex()}' where account_id in"
                        f" ('{ids[0]}', '{ids[1]}')")
        try:
            with self.centre.connect("clerk1") as clerk, self.centre.connect("leader1") as leader:
                id = wire.uuid7()
                clerk.call("RecordAppraisal", appraisal_id=id, meeting_id=self.held(), category="deputy",
                           person_id=person("D05"), **BALLOTS)
                error = self.refused("FORBIDDEN", leader.call, "CountAgain", appraisal_id=id, **BALLOTS)
                self.assertEqual(error.rule, "count_again_self")
                # Nor does anybody count the ballots on themselves.
                error = self.refused("FORBIDDEN", clerk.call, "RecordAppraisal", appraisal_id=wire.uuid7(),
                                     meeting_id=self.held(), category="deputy", person_id=person("D07"), **BALLOTS)
                self.assertEqual(error.rule, "count_own_ballots")
        finally:
            self.centre.sql(f"update data.account set person_id = null where account_id in ('{ids[0]}', '{ids[1]}')")

    def test_a_leaders_own_ballots(self):
        self.centre.sql("insert into data.post (town_id, person_id, role, starts_on, group_id) values"
                        f" ({TOWN}, '{person('D08').hex()}', 'group_leader', '2022-03-01', '{G01.hex()}')")
        id = self.count(self.held(), who="D08")
        self.no("FORBIDDEN", "count_own_ballots", "leader1", "CountAgain", appraisal_id=id, **BALLOTS)
        self.again(id, "office")
        self.no("FORBIDDEN", "count_own_ballots", "leader1", "MoveAppraisal", appraisal_id=id, action="announce")

    def test_two_second_counts_at_once(self):
        id = self.count(self.held())
        sent = [(self.clients[login], self.clients[login].send(
            "CountAgain", self.clients[login].payload("CountAgain", appraisal_id=id, **BALLOTS)))
            for login in ("office", "office2", "leader1")]
        rules = []
        for client, request in sent:
            try:
                rules.append(client.reply(request)["state"])
            except wire.Refused as error:
                rules.append(error.rule)
        self.assertEqual(sorted(rules), ["counted", "not_in_this_state", "not_in_this_state"])


class Announced(Appraisals):
    def announced(self, who="D05", figures=BALLOTS, meeting=None, **fields):
        id = self.count(meeting or self.held(), who=who, figures=figures, **fields)
        self.again(id, figures=figures)
        return id, self.step("leader1", id, "announce")

    def test_from_then_on_it_counts(self):
        id = self.count(self.held())
        self.again(id)
        self.assertEqual(self.do("deputy1", "ListAppraisals").get("appraisals", []), [])
        reply = self.step("leader1", id, "announce")
        self.assertEqual((reply["state"], reply["verdict"]), ("announced", "competent"))
        self.assertEqual(self.valid(id), (1, 1))
        a = self.get(id)["appraisal"]
        self.assertEqual([a[name] for name in NAMES], list(BALLOTS.values()))
        self.assertEqual((a["rate"], a["announced_on"]), (87.7, day()))
        due = self.centre.one(f"select lv.add_working_days('{day()}', 10)")
        self.assertEqual((a["deliver_due_on"], reply["deliver_due_on"]), (due, due))
        todo = [t for t in self.do("leader1", "ListTodo", subject="appraisal")["todos"] if t["code"] == a["code"]]
        self.assertEqual([(t["rule"], t["due_on"], t["person_code"]) for t in todo],
                         [("todo_appraisal_deliver", due, "D05")])
        self.no("INVALID", "deliver_day", "leader1", "MoveAppraisal", appraisal_id=id, action="deliver", note="三条",
                day_on=day(-1))
        self.no("INVALID", "value_missing", "leader1", "MoveAppraisal", appraisal_id=id, action="deliver")
        self.step("leader1", id, "deliver", note="书面意见三条")
        self.assertEqual(self.get(id)["appraisal"]["delivered_on"], day())

    def test_who_sees_it(self):
        mine, _ = self.announced("D01")
        theirs, _ = self.announced("D02")
        review = self.held(kind="work_review")
        units, _ = self.announced(None, meeting=review, category="unit")
        code = {id: self.get(id)["appraisal"]["code"] for id in (mine, theirs, units)}
        sees = {login: {a["code"] for a in self.do(login, "ListAppraisals").get("appraisals", [])} & set(code.values())
                for login in ("deputy1", "d02", "unit1", "unit2", "clerk1", "leader2", "auditor")}
        self.assertEqual(sees, {
            "deputy1": {code[mine]}, "d02": {code[theirs]}, "unit1": {code[units]}, "unit2": set(),
            "clerk1": set(code.values()), "leader2": set(), "auditor": set(code.values())})
        self.no("FORBIDDEN", "not_yours", "deputy1", "GetAppraisal", appraisal_id=theirs)
        told_of = [n["title"] for n in self.do("deputy1", "ListNotices")["notices"] if n.get("record_code") == code[mine]]
        self.assertEqual(told_of, ["测评结果已当场公布"])

    def test_verdicts(self):
        for figures, rate, verdict in (
            (ballots(60, 50, 0, 20, 20, 10, 0), 80.0, "competent"), (ballots(60, 50, 0, 20, 19, 11, 0), 78.0, "basic"),
            (ballots(60, 50, 0, 5, 20, 10, 15), 50.0, "basic"), (ballots(60, 50, 0, 5, 19, 26, 0), 48.0, "incompetent"),
            (ballots(60, 50, 10, 20, 12, 8, 0), 80.0, "competent"), (ballots(60, 50, 50, 0, 0, 0, 0), None, None),
        ):
            id, reply = self.announced(figures=figures)
            a = self.get(id)["appraisal"]
            self.assertEqual((a.get("rate"), a.get("verdict"), reply.get("verdict")), (rate, verdict, verdict), figures)
        self.centre.sql(f"insert into data.setting values ({TOWN}, 'appraisal_competent_rate', '{day()}', 90)")
        try:
            self.assertEqual(self.announced()[1]["verdict"], "basic")
        finally:
            self.centre.sql("delete from data.setting where key = 'appraisal_competent_rate'")

    def test_void(self):
        meeting = self.held()
        id, _ = self.announced(meeting=meeting)
        self.no("FORBIDDEN", "not_your_step", "office", "MoveAppraisal", appraisal_id=id, action="void", note="发错了票")
        self.no("INVALID", "value_missing", "chair", "MoveAppraisal", appraisal_id=id, action="void")
        self.step("chair", id, "void", note="发错了票")
        self.assertEqual(self.valid(id), (0, 0))
        self.assertNotIn("excellent", self.get(id)["appraisal"])
        self.announced(meeting=meeting)  # and once more, now that there is none

    def test_the_end_of_a_term(self):
        """What is not announced keeps a term from closing, and what is of a closed one is announced no more."""
        id = self.count(self.held())
        self.again(id)
        study = wire.uuid7()
        self.do("office", "NoteSelfStudy", self_study_id=study, person_id=person("D05"), hours=2, title="法")
        code = self.get(id)["appraisal"]["code"]
        items = {i["code"]: (i["rule"], i["blocking"]) for i in self.do("office", "CheckTerm")["items"]}
        self.assertNotIn(code, items, "it is of today, and so of the new term")
        self.centre.sql(f"update data.meeting set held_on = '{day(-1)}' where meeting_id = (select meeting_id from data.tally"
                        f" where code = '{code}'); update data.self_study set studied_on = '{day(-1)}'")
        items = {i["code"]: (i["rule"], i["blocking"]) for i in self.do("office", "CheckTerm")["items"]}
        self.assertEqual((items[code], items["ZX0001"]), (("term_appraisal", True), ("term_self_study", True)))
        before = self.centre.one(f"select term_starts_on from data.town where town_id = {TOWN}")
        self.centre.sql(
            f"update data.town set term_starts_on = '{day()}' where town_id = {TOWN};"
            " insert into data.term (town_id, term, starts_on, closed_at, closed_by, op_id)"
            f" values ({TOWN}, '上一届', '2022-03-01', now(), gen_random_uuid(), gen_random_uuid())")
        try:
            self.no("CONFLICT", "term_closed", "leader1", "MoveAppraisal", appraisal_id=id, action="announce")
            self.no("CONFLICT", "term_closed", "leader1", "MoveSelfStudy", self_study_id=study, action="confirm")
            for method, column, fields in (
                ("InspectRoom", "visited_on", {"room_visit_id": wire.uuid7(), "group_id": G01,
                                               "points": [{"point": "制度上墙", "fine": True}]}),
                ("LinkVoters", "starts_on", {"voter_link_id": wire.uuid7(), "person_id": person("D01"), "voters": "三组"}),
                ("NoteSelfStudy", "studied_on", {"self_study_id": wire.uuid7(), "person_id": person("D01"), "hours": 2,
                                                 "title": "法"}),
                ("IssueMaterial", "issued_on", {"material_id": wire.uuid7(), "title": "读本", "copies": 9}),
            ):
                self.no("CONFLICT", "term_closed", "office", method, **fields, **{column: day(-1)})
                self.do("office", method, **fields, **{column: day()})
        finally:
            self.centre.sql(f"update data.town set term_starts_on = '{before}' where town_id = {TOWN}; delete from data.term")

    def test_an_imports_code(self):
        """An import may bring a code that a tally has: the tally gets another when it is announced."""
        id = self.count(self.held())
        code = self.get(id)["appraisal"]["code"]
        columns = ["code", "meeting", "category", "subject", *NAMES]
        rows = [(code, "M004", "group_head", "张三", *map(str, BALLOTS.values()))]
        reply = harness.import_files(self.clients["office"], {"appraisals": (columns, rows)})
        self.assertEqual(reply.get("added"), 1, reply)
        self.again(id)
        self.step("leader1", id, "announce")
        a = self.get(id)["appraisal"]
        self.assertNotEqual(a["code"], code)
        self.assertEqual(self.valid(id), (1, 1))
        imported = self.do("office", "GetAppraisal", code=code)["appraisal"]
        self.assertEqual((imported["subject"], imported["state"], imported.get("actions", [])), ("张三", "delivered", []))
