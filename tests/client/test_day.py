"""README's "A day in a room" and "A year in the office", word for word; after the day the three nots are counted by hand."""

import datetime
import os
import re
import subprocess

import centre as c


def block(heading):
    """The commands under a heading of README.md: its block of code."""
    with open(os.path.join(c.SOURCE, "README.md"), encoding="utf-8") as file:
        text = file.read()
    after = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.search(r"^    \S.*\n(?:    .*\n|\n)*", after, re.M).group()


class Script(c.Case):
    """The commands under `heading`, run in the worked town."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.town = c.worked()
        # The README is read in a tree with build/ and var/.
        cls.tree = c.fresh(cls.__name__.lower())
        os.symlink(c.BUILD, os.path.join(cls.tree, "build"))
        os.makedirs(os.path.join(cls.tree, "var"))
        os.symlink(cls.town.path, os.path.join(cls.tree, "var/profiles"))
        cls.script = re.sub(r"^    ", "", block(cls.heading), flags=re.M)
        cls.done = subprocess.run(["bash", "-eu", "-o", "pipefail", "-c", cls.script], cwd=cls.tree,
                                  env=c.environment(), capture_output=True, text=True, timeout=300)
        now = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8)))
        cls.today, cls.year = now.date().isoformat(), now.year

    def runs_as_it_is_written(self):
        self.assertEqual(self.done.returncode, 0, f"{self.script}\n{self.done.stdout}\n{self.done.stderr}")


class Day(Script):
    heading = "A day in a room"

    def test_it_runs_as_it_is_written(self):
        self.runs_as_it_is_written()
        self.assertRegex(self.done.stdout, r"[0-9A-Z]{4}-[0-9A-Z]{4}", "no receipt for the villager")

    def meeting(self):
        listed = self.town.json("office", "meetings", "--from", self.today, "--to", self.today)["meetings"]
        return [m for m in listed if m["group_code"] == "G01"][-1]

    def test_the_meeting_is_approved_with_its_roll(self):
        meeting = self.meeting()
        self.assertEqual((meeting["kind"], meeting["state"]), ("inspection", "approved"))
        shown = self.town.json("office", "meetings", "show", meeting["code"])
        marks = {line["code"]: (line.get("mark"), line["status"], line["rule"]) for line in shown["roll"]}
        self.assertEqual(marks, {
            "D001": ("present", "present", "attended"), "D028": ("present", "present", "attended"),
            "D055": ("absent", "unexcused", "leave_not_granted"), "D082": ("late", "late", "attended"),
            "D109": ("present", "present", "attended"), "D136": ("present", "present", "attended"),
        })
        self.assertEqual([s["action"] for s in shown["steps"]],
                         ["plan", "notify", "open", "ask", "refuse", "close", "write_minutes", "confirm", "approve"])

    def test_the_feedback_has_come_back(self):
        listed = self.town.json("office", "feedback", "list", "--from", self.today, "--to", self.today)["feedback"]
        item = listed[-1]
        self.assertEqual((item["state"], item["rating"], item["reply_class"], item["deputy_code"]),
                         ("closed", "satisfied", "solved", "D001"))

    def test_the_three_nots_are_what_the_rules_say(self):
        """By hand, rules.md section 1: nobody of G01 had anything else this year; all were in office all year.

        One inspection: D055 missed it, leave asked on the day (three days before is in time) and refused: unexcused,
        one of one: level 1. The others attended one. D001 carried one voice; the others none, with no voter contact,
        in office every day of a period of more than 180 days: level 3.
        """
        people = self.town.json("office", "threeno", "--from", f"{self.year}-01-01", "--to",
                                f"{self.year}-12-31")["people"]
        days = (datetime.date(self.year + 1, 1, 1) - datetime.date(self.year, 1, 1)).days
        for code in ("D001", "D028", "D055", "D082", "D109", "D136"):
            absent, voice = code == "D055", code == "D001"
            self.assertEqual(people[code], {
                "days_in_office": days, "meetings_attended": 0, "meetings_unexcused": 0,
                "congress_sessions_unexcused": 0, "activities_attended": 0 if absent else 1,
                "activities_unexcused": 1 if absent else 0, "voices_relayed": 1 if voice else 0, "voter_contacts": 0,
                "no_meetings": 0, "no_activities": 1 if absent else 0, "no_voices": 0 if voice else 3,
                "nots": 0 if voice else 1,
            }, code)


class Year(Script):
    heading = "A year in the office"

    def test_it_runs_as_it_is_written(self):
        self.runs_as_it_is_written()
        for name in ("report.pdf", "cards.pdf", "register.pdf"):
            with open(os.path.join(self.tree, name), "rb") as file:
                self.assertEqual(file.read(5), b"%PDF-", name)
        self.assertTrue(os.path.exists(os.path.join(self.tree, "town/attendance.csv")))

    def test_the_packs_digest_is_the_one_that_is_shown(self):
        digest = re.search(r"^([0-9a-f]{64})  -$", self.done.stdout, re.M)[1]
        self.assertIn(f"：{digest}\n", self.done.stdout.replace(f"{digest}  -", ""))
