"""`lvzhi threeno` on the sample town: the figures, who sees which, and how long they take."""

import csv
import io
import json
import os
import statistics

import centre as c

PERIODS = {
    "Q1": ("2025-01-01", "2025-03-31"), "H1": ("2025-01-01", "2025-06-30"), "H2": ("2025-07-01", "2025-12-31"),
    "year": ("2025-01-01", "2025-12-31"),
}
SUMMARY = ["people", "one_no", "two_no", "three_no", "warned", "reminded"]
FIELDS = [
    "days_in_office", "meetings_attended", "meetings_unexcused", "congress_sessions_unexcused", "activities_attended",
    "activities_unexcused", "voices_relayed", "voter_contacts", "no_meetings", "no_activities", "no_voices", "nots",
]
ATTENDED = ("present", "late", "left_early")
LEVELS = ("no_meetings", "no_activities", "no_voices")


def expected():
    with open(os.path.join(c.RULES, "qingshi-2025.json"), encoding="utf-8") as file:
        return json.load(file)["three_no"]


def sample_rows(name):
    with open(os.path.join(c.SAMPLE, name + ".csv"), encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


class Figures(c.Case):
    def test_every_field_of_every_person_is_as_expected(self):
        for period, (first, last) in PERIODS.items():
            with self.subTest(period=period):
                found = c.sample().json("office", "threeno", "--from", first, "--to", last)
                self.assertEqual(found, expected()[period])

    def test_keys_stand_in_the_order_of_the_rules(self):
        found = c.sample().json("office", "threeno", *c.YEAR)
        self.assertEqual(list(found), ["summary", "people"])
        self.assertEqual(list(found["summary"]), SUMMARY)
        for code, person in found["people"].items():
            self.assertEqual(list(person), FIELDS, code)
        self.assertEqual(list(found["people"]), sorted(found["people"]))

    def test_csv_holds_the_same_figures(self):
        said = self.said(c.sample().run("office", "--format", "csv", "threeno", *c.YEAR), c.DONE)
        rows = list(csv.DictReader(io.StringIO(said.out)))
        self.assertEqual(list(rows[0]), ["code", "name", *FIELDS])
        names = {row["code"]: row["name"] for row in sample_rows("people")}
        self.assertEqual({row["code"]: {f: int(row[f]) for f in FIELDS} for row in rows}, expected()["year"]["people"])
        self.assertEqual([row["name"] for row in rows], [names[row["code"]] for row in rows])

    def test_the_table_is_straight_and_says_the_summary(self):
        said = self.said(c.sample().run("office", "threeno", *c.YEAR), c.DONE)
        lines = said.out.splitlines()
        summary = expected()["year"]["summary"]
        self.assertTrue(lines[0].startswith("代码"))
        self.assertEqual(len(lines), 1 + summary["people"] + 2)
        self.assertEqual(len({width(line) for line in lines[:-2]}), 1)
        for number in summary.values():
            self.assertIn(f" {number}", lines[-1])

    def test_a_period_that_ends_before_it_begins_is_refused(self):
        said = c.sample().run("office", "threeno", "--from", "2025-03-01", "--to", "2025-02-01")
        self.said(said, c.REFUSED, "起止日期不对：2025-03-01 到 2025-02-01")

    def test_a_day_that_is_none_is_a_wrong_command(self):
        for words in (["--from", "2025-02-30", "--to", "2025-03-01"], ["--from", "yesterday", "--to", "2025-03-01"]):
            self.said(c.sample().run("office", "threeno", *words), c.USAGE, "--from")

    def test_a_period_without_an_end_is_a_wrong_command(self):
        self.said(c.sample().run("office", "threeno", "--from", "2025-02-01"), c.USAGE, "lvzhi threeno --help")

    def test_a_period_before_everything_has_no_people(self):
        found = c.sample().json("office", "threeno", "--from", "1999-01-01", "--to", "1999-12-31")
        self.assertEqual(found, {"summary": dict.fromkeys(SUMMARY, 0), "people": {}})


def width(text):
    return sum(2 if "⺀" <= char <= "￠" else 1 for char in text)


class Evidence(c.Case):
    def test_the_evidence_adds_up_to_the_figures(self):
        people = expected()["year"]["people"]
        worst = sorted(people, key=lambda code: (-people[code]["nots"], -people[code]["meetings_unexcused"]))[:3]
        for code in [*worst, "D001"]:
            with self.subTest(person=code):
                found = c.sample().json("office", "threeno", "show", code, *c.YEAR)
                self.assertEqual({f: found["person"].get(f, 0) for f in FIELDS}, people[code])
                lines = [line for line in found.get("lines", []) if line.get("counted")]
                kinds = ("congress_session", "presidium_meeting", "group_meeting")
                for what, wanted in (("meetings", True), ("activities", False)):
                    of_kind = [line for line in lines if (line["kind"] in kinds) == wanted]
                    for measure, statuses in (("attended", ATTENDED), ("unexcused", ("unexcused",))):
                        count = sum(line["status"] in statuses for line in of_kind)
                        self.assertEqual(count, people[code][f"{what}_{measure}"])
                self.assertTrue(all(line["rule"] for line in lines))
                levels = {f["dimension"]: f.get("level", 0) for f in found["findings"]}
                self.assertEqual(levels, {key: people[code][key] for key in LEVELS})
                voices = [v for v in found.get("voices", []) if v["what"] in ("feedback", "suggestion_first")]
                self.assertEqual(len(voices), people[code]["voices_relayed"])
                self.assertIn("notice_days_congress", {s["key"] for s in found["settings"]})

    def test_the_roll_of_the_evidence_is_the_roll_on_paper(self):
        found = c.sample().json("office", "threeno", "show", "D053", *c.YEAR)
        wanted = {row["meeting"] for row in sample_rows("attendance") if row["person"] == "D053"}
        self.assertEqual({line["meeting_code"] for line in found["lines"]}, wanted)

    def test_tables_and_csv_are_printed_too(self):
        said = self.said(c.sample().run("office", "threeno", "show", "D001", *c.YEAR), c.DONE)
        for title in ("档次", "应到名单逐行", "反映的意见和联系选民", "所用标准"):
            self.assertIn(title, said.out)
        said = self.said(c.sample().run("office", "--format", "csv", "threeno", "show", "D001", *c.YEAR), c.DONE)
        self.assertTrue(said.out.startswith("meeting_code,kind,title,held_on,"))

    def test_nothing_of_a_villager_is_in_it(self):
        said = self.said(c.sample().run("office", "--format", "json", "threeno", "show", "D001", *c.YEAR), c.DONE)
        for row in sample_rows("feedback"):
            for column in ("resident_name", "resident_phone"):
                if row["deputy"] == "D001" and row[column]:
                    self.assertNotIn(row[column], said.out)

    def test_a_code_nobody_has_is_not_found(self):
        self.said(c.sample().run("office", "threeno", "show", "D999", *c.YEAR), c.REFUSED, "没有代表 D999")


class Scope(c.Case):
    def test_a_leader_sees_the_own_group(self):
        found = c.sample().json("L01", "threeno", *c.YEAR)
        members = {row["person"] for row in sample_rows("mandates") if row["group"] == "G01"}
        members &= set(expected()["year"]["people"])
        self.assertTrue(members)
        self.assertEqual(found["people"], {code: expected()["year"]["people"][code] for code in sorted(members)})
        self.assertEqual(found["summary"]["people"], len(members))
        stranger = next(code for code in expected()["year"]["people"] if code not in members)
        self.said(c.sample().run("L01", "threeno", "show", stranger, *c.YEAR), c.REFUSED, f"代表 {stranger} 不在")
        self.said(c.sample().run("L01", "threeno", "show", sorted(members)[0], *c.YEAR), c.DONE)

    def test_a_deputy_sees_the_own_figures(self):
        found = c.sample().json("D001", "threeno", *c.YEAR)
        self.assertEqual(found["people"], {"D001": expected()["year"]["people"]["D001"]})
        self.said(c.sample().run("D001", "threeno", "show", "D001", *c.YEAR), c.DONE)
        self.said(c.sample().run("D001", "threeno", "show", "D002", *c.YEAR), c.REFUSED, "代表 D002 不在")

    def test_chair_and_auditor_see_all(self):
        for name in ("chair", "auditor"):
            self.assertEqual(c.sample().json(name, "threeno", *c.YEAR), expected()["year"])

    def test_others_are_refused_in_a_sentence(self):
        for name in ("G01", "U01", "backup", "admin"):
            with self.subTest(profile=name):
                said = self.said(c.sample().run(name, "threeno", *c.YEAR), c.REFUSED, "“查三不”不由您的身份")
                self.assertEqual(said.out, "")

    def test_another_town_sees_nothing_of_it(self):
        found = c.small().json("office", "threeno", *c.YEAR)
        self.assertEqual(sorted(found["people"]), ["D001", "D002", "D003", "D004"])
        self.said(c.small().run("office", "threeno", "show", "D153", *c.YEAR), c.REFUSED)


class Speed(c.Case):
    def test_the_server_takes_less_than_200_ms(self):
        def median(*words):
            said = [c.sample().run("office", *words) for _ in range(9)]
            self.assertEqual([s.code for s in said], [c.DONE] * 9)
            return statistics.median(s.seconds for s in said)

        whole, bare = median("threeno", *c.YEAR), median("health")
        print(f"[threeno {1000 * whole:.0f} ms, health {1000 * bare:.0f} ms]", end=" ", flush=True)
        self.assertLess(whole - bare, 0.2 * c.crowd())
