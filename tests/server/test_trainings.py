"""Training: what a meeting was as one, materials, self-study, and the year's coverage against a count by hand."""

import collections

import harness
import test_meetings
import wire
from test_meetings import G01, G02, TOWN, day, person, told

YEAR = int(day()[:4])


class Trainings(test_meetings.Life):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clients["d02"] = cls.centre.connect("d02")

    def trained(self, kind="training", group=G01, present=("D01",), state="closed", **fields):
        id = self.plan(kind=kind, group=group, place="县城")
        self.notify(id, *(told(p) for p in present))
        if state == "notified":
            return id
        self.move(id, "open")
        self.mark(id, **{p: "present" for p in present})
        if state != "open":
            self.move(id, "close")
        if fields:
            self.do("office", "DescribeTraining", meeting_id=id, **fields)
        return id

    def study(self, login, hours=2, title="代表法", **fields):
        id = wire.uuid7()
        self.do(login, "NoteSelfStudy", self_study_id=id, hours=hours, title=title, **fields)
        return id

    def decide(self, login, id, action="confirm", **fields):
        return self.do(login, "MoveSelfStudy", self_study_id=id, action=action, **fields)


class Describe(Trainings):
    def test_what_is_described_is_kept(self):
        id = self.trained(form="key", host="县人大", hours=6, topics=["代表法", "议事规则"])
        self.do("clerk1", "DescribeTraining", meeting_id=id, hours=7)
        self.assertEqual(self.centre.sql("select form, host, hours, topics from data.training where meeting_id ="
                                         f" '{id.hex()}'"), [("key", "县人大", "7", "{代表法,议事规则}")])
        steps = [s for s in self.get(id)["steps"] if s["subject"] == "training"]
        self.assertEqual([(s["from_state"], s["to_state"]) for s in steps], [("new", "described"), ("described", "described")])
        self.assertIn('"hours": 6', steps[1]["facts"], "what it said before")

    def test_unset_the_form_follows_the_meeting(self):
        for kind, group, form in (("study_visit", G01, "key"), ("training", None, "everybody"), ("training", G01, "tiered")):
            id = self.trained(kind, group)
            fields = {"host": "县人大", "tier": "新代表"}
            self.assertEqual(self.do("office", "DescribeTraining", meeting_id=id, hours=3, **fields)["form"], form)

    def test_refused(self):
        id = self.trained()
        for name, rule, login, fields in (
            ("INVALID", "not_a_training", "office", {"meeting_id": self.trained("inspection"), "hours": 3}),
            ("INVALID", "value_missing", "office", {"form": "tiered"}),
            ("INVALID", "bad_value", "office", {"form": "self_study"}),
            ("INVALID", "training_host", "office", {"form": "key"}),
            ("INVALID", "hours_range", "office", {"form": "everybody", "hours": 0}),
            ("INVALID", "hours_range", "office", {"form": "everybody", "hours": 401}),
            ("INVALID", "value_missing", "office", {"form": "everybody", "topics": ["一", ""]}),
            ("FORBIDDEN", "not_yours", "clerk2", {"hours": 3}),
        ):
            self.no(name, rule, login, "DescribeTraining", **{"meeting_id": id, **fields})
        self.centre.sql(f"update data.meeting set state = 'locked' where meeting_id = '{id.hex()}'")
        fields = {"meeting_id": id, "form": "everybody", "hours": 3}
        self.no("CONFLICT", "training_locked", "office", "DescribeTraining", **fields)
        self.no("CONFLICT", "training_locked", "clerk1", "DescribeTraining", note="补写", **fields)
        self.do("office", "DescribeTraining", note="补写", **fields)


class Materials(Trainings):
    def issue(self, copies=10):
        id = wire.uuid7()
        self.do("office", "IssueMaterial", material_id=id, title="代表法读本", copies=copies)
        return id

    def hand(self, login, material, copies=None, **to):
        return self.do(login, "HandOut", handout_id=wire.uuid7(), material_id=material, copies=copies, **to)["left"]

    def test_copies_do_not_grow(self):
        m = self.issue(10)
        self.assertEqual(self.hand("office", m, 4, group_id=G01), 6)
        self.assertEqual(self.hand("office", m, None, person_id=person("D21")), 5)
        self.assertEqual(self.hand("clerk1", m, 3, person_id=person("D01")), 1)
        named = self.no("INVALID", "copies_left", "clerk1", "HandOut", handout_id=wire.uuid7(), material_id=m, copies=2,
                        person_id=person("D01"))
        self.assertEqual((named["left"], named["copies"]), ("1", "2"))
        self.no("INVALID", "copies_left", "clerk2", "HandOut", handout_id=wire.uuid7(), material_id=m, copies=1,
                person_id=person("D21"))
        left = {login: self.do(login, "GetMaterial", material_id=m)["material"].get("left")
                for login in ("office", "clerk1", "clerk2", "deputy1")}
        self.assertEqual(left, {"office": 5, "clerk1": 1, "clerk2": 0, "deputy1": None})
        self.assertEqual(self.hand("office", m, 5, group_id=G02), 0)
        for rule, fields in (("copies_left", {"copies": 0, "group_id": G01}), ("copies_left", {"copies": -1, "group_id": G01}),
                             ("handout_addressee", {"group_id": G01, "person_id": person("D01")}), ("handout_addressee", {}),
                             ("handout_day", {"group_id": G01, "handed_on": day(-1)}),
                             ("handout_day", {"group_id": G01, "handed_on": day(1)})):
            self.no("INVALID", rule, "office", "HandOut", handout_id=wire.uuid7(), material_id=m, **fields)
        self.no("FORBIDDEN", "handout_to_people", "clerk1", "HandOut", handout_id=wire.uuid7(), material_id=m, group_id=G02)
        self.no("FORBIDDEN", "not_your_deputy", "clerk1", "HandOut", handout_id=wire.uuid7(), material_id=m,
                person_id=person("D21"))
        handouts = lambda login: [(h.get("from_group_code"), h.get("group_code"), h.get("person_code"), h["copies"])
                                  for h in self.do(login, "GetMaterial", material_id=m).get("handouts", [])]
        self.assertEqual(sorted(handouts("clerk1"), key=str), [("G01", None, "D01", 3), (None, "G01", None, 4)])
        self.assertEqual(handouts("deputy1"), [("G01", None, "D01", 3)])
        self.assertEqual(len(handouts("auditor")), 4)

    def test_two_take_the_last_copy(self):
        m = self.issue(1)
        sent = [(self.clients[login], self.clients[login].send("HandOut", self.clients[login].payload(
            "HandOut", handout_id=wire.uuid7(), material_id=m, group_id=G01))) for login in ("office", "office2")]
        rules = []
        for client, id in sent:
            try:
                rules.append(client.reply(id)["left"])
            except wire.Refused as error:
                rules.append(error.rule)
        self.assertEqual(sorted(map(str, rules)), ["0", "copies_left"])


class SelfStudy(Trainings):
    def test_confirmed_by_another(self):
        own = self.study("deputy1")
        self.no("FORBIDDEN", "not_yours", "leader2", "MoveSelfStudy", self_study_id=own, action="confirm")
        self.no("FORBIDDEN", "role_may_not", "office", "MoveSelfStudy", self_study_id=own, action="confirm")
        todo = [t["rule"] for t in self.do("leader1", "ListTodo", subject="self_study")["todos"]]
        self.assertEqual(todo, ["todo_self_study"])
        self.assertEqual(self.decide("leader1", own)["state"], "confirmed")
        noted = self.study("leader1", person_id=person("D02"))
        self.no("FORBIDDEN", "confirm_own_study", "leader1", "MoveSelfStudy", self_study_id=noted, action="confirm")
        self.decide("chair", noted)
        shown = self.do("office", "GetSelfStudy", self_study_id=noted)["self_study"]
        self.assertEqual((shown["person_code"], shown["noted_by"], shown["decided_by"]), ("D02", "leader1", "chair"))
        own = self.study("clerk1", person_id=person("D08"))
        with test_meetings.leading(self.centre, "D08"):  # an account that stands for no person is its leader's
            self.no("FORBIDDEN", "confirm_own_study", "leader1", "MoveSelfStudy", self_study_id=own, action="confirm")
        self.decide("chair", own)
        refused = self.study("clerk1", person_id=person("D04"))
        self.no("INVALID", "value_missing", "leader1", "MoveSelfStudy", self_study_id=refused, action="refuse")
        self.decide("leader1", refused, "refuse", note="没有笔记")

    def test_hours_of_a_day(self):
        on = {"studied_on": day(-3)}
        self.study("deputy1", 5, **on)
        gone = self.study("deputy1", 3, **on)
        named = self.no("CONFLICT", "hours_of_day", "deputy1", "NoteSelfStudy", self_study_id=wire.uuid7(), hours=1,
                        title="一", **on)
        self.assertEqual((named["noted"], named["most"]), ("8", "8"))
        self.decide("deputy1", gone, "withdraw")
        self.study("deputy1", 3, **on)
        for name, rule, fields in (("INVALID", "hours_range", {"hours": 9}), ("INVALID", "hours_range", {"hours": None}),
                                   ("INVALID", "day_in_future", {"studied_on": day(1)}),
                                   ("INVALID", "value_missing", {"title": " "}),
                                   ("FORBIDDEN", "not_yours", {"person_id": person("D02")}),
                                   ("NOT_FOUND", "material_unknown", {"material_id": wire.uuid7()}),
                                   ("CONFLICT", "not_in_office_now", {"studied_on": "2020-01-01"})):
            self.no(name, rule, "deputy1", "NoteSelfStudy", **{"self_study_id": wire.uuid7(), "hours": 2, "title": "一",
                                                               **fields})

    def test_who_sees_it(self):
        id = self.study("deputy1")
        for login in ("clerk1", "leader1", "office", "auditor", "deputy1"):
            self.do(login, "GetSelfStudy", self_study_id=id)
        for login in ("clerk2", "d02"):
            self.no("FORBIDDEN", "not_yours", login, "GetSelfStudy", self_study_id=id)


class Coverage(Trainings):
    def test_counts_what_counts(self):
        """Open meetings, absences and what nobody confirmed do not; the list behind each figure is as long as it."""
        self.trained(present=("D01", "D02"), form="tiered", tier="新代表", hours=4)
        self.trained("study_visit", present=("D02", "D04"), form="key", host="县人大", hours=6)
        self.trained(group=None, present=("D01", "D21"))
        self.trained(present=("D05",), state="open")
        self.trained("inspection", present=("D06",))
        confirmed, _ = self.study("clerk1", 3, person_id=person("D07")), self.study("clerk1", 3, person_id=person("D08"))
        self.decide("leader1", confirmed)
        coverage = {(c["by"], c["code"]): c for c in self.do("office", "TrainingCoverage", year=YEAR)["coverage"]}
        expected = dict(in_office=20, trained=4, percent=20.0, hours=4 * 2 + 6 * 2 + 3, without_hours=1, everybody=1, key=2,
                        tiered=2, self_study=1)
        self.assertEqual(coverage["group", "G01"], {"by": "group", "code": "G01", **expected})
        self.assertEqual(coverage["all", "all"]["trained"], 5)
        self.assertEqual((coverage["level", "town"]["trained"], coverage["level", "town"]["in_office"]), (5, 40))
        for key, where in ((("group", "G01"), {"group_code": "G01"}), (("level", "town"), {"level": "town"}),
                           (("all", "all"), {})):
            rows = self.do("office", "ListTrained", year=YEAR, **where)["trained"]
            self.assertEqual(len({r["person_code"] for r in rows}), coverage[key]["trained"], key)
            self.assertEqual(sum(r.get("hours", 0) for r in rows), coverage[key]["hours"], key)
            forms = collections.Counter(form for _, form in {(r["person_code"], r["form"]) for r in rows})
            for form in ("everybody", "key", "tiered", "self_study"):
                self.assertEqual(forms[form], coverage[key][form], (key, form))
        own = {(c["by"], c["code"]) for c in self.do("leader2", "TrainingCoverage", year=YEAR)["coverage"]}
        self.assertEqual(own, {("all", "all"), ("level", "town"), ("group", "G02")})
        self.assertEqual({r["person_code"] for r in self.do("deputy1", "ListTrained", year=YEAR)["trained"]}, {"D01"})
        pages, after = [], None
        while True:
            page = self.do("office", "ListTrained", year=YEAR, limit=2, after=after)
            pages += page["trained"]
            after = page.get("next")
            if after is None:
                break
        self.assertEqual(pages, self.do("office", "ListTrained", year=YEAR)["trained"])
        for year in (None, YEAR + 1, 1999):
            self.no("INVALID", "value_missing" if year is None else "year_range", "office", "TrainingCoverage", year=year)
