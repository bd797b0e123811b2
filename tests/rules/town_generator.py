#!/usr/bin/env python3
"""Writes a made-up town as the CSV files of rules.md section 3: valid, small, and full of borders.

    town_generator.py --seed N OUTDIR
    town_generator.py --large MEETINGS PEOPLE OUTDIR    open meetings of the whole town, everyone on the roll, no marks
"""
import argparse
import csv
import datetime
import io
import os
import random

COLUMNS = {
    "town": "code name term term_starts_on",
    "villages": "code name kind",
    "units": "code name",
    "groups": "code name village room_address",
    "people": "code name gender born_on phone occupation",
    "mandates": "code person level group starts_on ends_on end_reason constituency",
    "suspensions": "mandate starts_on ends_on reason",
    "roles": "person role group starts_on ends_on",
    "meetings": "code kind title group unit held_on place state minutes",
    "attendance": "meeting person notice notified_on mark",
    "leaves": "meeting person asked_on ground decision decided_on",
    "feedback": "code group deputy received_on topic text resident_name resident_phone state unit assigned_on due_on"
    " replied_on rating closed_on",
    "suggestions": "code kind title origin_meeting proposers submitted_on unit state assigned_on due_on extended_to"
    " replied_on result rating closed_on plan",
    "deeds": "code person done_on kind village text value_yuan witness verified",
    "households": "code village head members helpers starts_on",
    "funds": "code on kind person group amount_yuan note",
    "appraisals": "code meeting category subject issued returned invalid excellent competent basic incompetent",
    "awards": "code on kind recipient amount_yuan document",
}

# Columns and files that a town may leave out without contradicting its other rows.
OPTIONAL_COLUMNS = {
    "groups": ["room_address"],
    "people": ["gender", "born_on", "phone", "occupation"],
    "mandates": ["constituency"],
    "suspensions": ["ends_on", "reason"],
    "meetings": ["group", "unit", "place", "minutes"],
    "attendance": ["mark"],
    "feedback": ["resident_name", "resident_phone"],
    "suggestions": ["origin_meeting", "plan"],
    "deeds": ["value_yuan", "witness"],
    "funds": ["note"],
    "awards": ["document"],
}
OPTIONAL_FILES = [
    "suspensions", "roles", "leaves", "feedback", "suggestions", "deeds", "households", "funds", "appraisals", "awards",
]

MEETING_KINDS = ["congress_session", "presidium_meeting", "group_meeting"]
ACTIVITY_KINDS = [
    "inspection", "law_check", "research", "deliberation", "duty_report", "work_review", "training", "voter_reception",
    "study_visit",
]
RATINGS = ["satisfied", "mostly_satisfied", "dissatisfied", "not_rated"]
FREE_TEXTS = ["", "修路", "用水，用电", 'he said "soon"', "a, b, c", "first line\nsecond line", "护林 防火", "'--"]
NEW_YEAR = datetime.date(2025, 1, 1)


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.files = {name: [] for name in COLUMNS}
        self.town_code = 100000000 + seed % 800000000

    def chance(self, share):
        return self.random.random() < share

    def pick(self, values):
        return self.random.choice(values)

    def some(self, values, most):
        return self.random.sample(values, self.random.randint(0, min(most, len(values))))

    def day(self, first=-400, last=430):
        """A day near 2025, oftener within it, and often the first or last of something."""
        if self.chance(0.1):
            return datetime.date(2025, *self.pick([(1, 1), (3, 31), (4, 1), (6, 30), (7, 1), (12, 31)]))
        if self.chance(0.75):
            first, last = 0, 364
        return NEW_YEAR + datetime.timedelta(days=self.random.randint(first, last))

    def later(self, day, most):
        return day + datetime.timedelta(days=self.random.randint(0, most))

    def codes(self, count):
        """Codes of one shape, in no order."""
        shape = self.pick(["D{:03d}", "{}", "d-{}", "代{}", "Qs_{:02d}.x", "{:06d}", "a{}B"])
        numbers = self.random.sample(range(1, count * 3 + 2), count)
        return [shape.format(number) for number in numbers]

    def text(self):
        return self.pick(FREE_TEXTS)

    def needed_text(self):
        return self.text() or "无"

    def add(self, file, /, **row):
        self.files[file].append(row)

    def generate(self):
        self.add("town", code=self.town_code, name="试验镇", term="第十二届", term_starts_on="2022-03-01")
        self.places()
        self.deputies()
        self.meetings()
        self.voices()
        self.other_registers()
        return self.files

    def places(self):
        self.villages = self.codes(self.random.randint(2, 6))
        for code in self.villages:
            self.add("villages", code=code, name="村" + code, kind=self.pick(["village", "community"]))
        self.units = self.codes(self.random.randint(1, 5))
        for code in self.units:
            self.add("units", code=code, name=self.needed_text())
        self.groups = self.codes(self.random.randint(3, 12))
        for code in self.groups:
            self.add(
                "groups", code=code, name="组" + code, village=self.pick(self.villages), room_address=self.text()
            )

    def deputies(self):
        self.people = self.codes(self.random.randint(15, 80))
        peopled = self.groups[: max(1, len(self.groups) - 1)]  # the last group has no members
        mandates = iter(self.codes(len(self.people) * 3))
        for code in self.people:
            self.add(
                "people", code=code, name=self.pick(["王伟", "李秀英", "Ma, Jun", "欧阳 明"]), gender=self.pick(["男", "女", ""]),
                born_on=self.pick(["1970-02-28", ""]), phone=self.pick(["13800000000", ""]), occupation=self.text(),
            )
            held = self.random.choices([0, 1, 2, 3], [4, 66, 24, 6])[0]
            for level in self.random.sample(["city", "county", "town"], held):
                self.mandate(next(mandates), code, level, self.pick(peopled))
        self.absent_share = {code: self.pick([0.05, 0.2, 0.2, 0.5, 0.9]) for code in self.people}
        for code in self.some(self.people, 6):
            role = self.pick(["chair", "presidium_member", "group_leader"])
            self.add(
                "roles", person=code, role=role, group=self.pick(self.groups) if role == "group_leader" else "",
                starts_on="2022-03-01", ends_on=self.pick(["", "2025-06-30"]),
            )

    def mandate(self, code, person, level, group):
        starts_on = self.day() if self.chance(0.2) else datetime.date(2022, 3, 1)
        ends_on, reason = "", ""
        if self.chance(0.2):
            ends_on = max(self.day(), starts_on + datetime.timedelta(days=1))
            reason = self.pick(["moved_away", "resigned", "recalled", "died", "other", ""])
        self.add(
            "mandates", code=code, person=person, level=level, group=group, starts_on=starts_on, ends_on=ends_on,
            end_reason=reason, constituency=self.text(),
        )
        if self.chance(0.15):
            for suspended_on in sorted({self.day() for _ in range(self.random.randint(1, 2))}):
                last = self.pick(["", suspended_on, self.later(suspended_on, 60), self.later(suspended_on, 300)])
                self.add("suspensions", mandate=code, starts_on=suspended_on, ends_on=last, reason=self.text())

    def meetings(self):
        days = [self.day() for _ in range(self.random.randint(5, 30))]  # few days: several meetings share one
        self.meeting_codes = self.codes(self.random.randint(10, 60))
        for code in self.meeting_codes:
            kind = self.pick(MEETING_KINDS) if self.chance(0.5) else self.pick(ACTIVITY_KINDS)
            state = self.random.choices(
                ["closed", "approved", "locked", "planned", "notified", "open", "cancelled", "postponed"],
                [20, 30, 30, 3, 4, 5, 4, 4],
            )[0]
            held_on = self.pick(days)
            self.add(
                "meetings", code=code, kind=kind, title=self.needed_text(), group=self.pick(self.groups + [""] * 5),
                unit=self.pick(self.units + [""]), held_on=held_on, place=self.text(), state=state,
                minutes=self.text() if state in ("closed", "approved", "locked") else "",
            )
            for person in self.some(self.people, len(self.people)):
                self.line(code, kind, held_on, person)

    def line(self, meeting, kind, held_on, person):
        notice = self.pick(["signed", "call", "sync", "sync", "none"]) if self.chance(0.2) else "signed"
        notice_days = 7 if kind == "congress_session" else 3
        early = self.pick([-2, -1, 0, 0, 1, 2, 4]) if self.chance(0.4) else 5
        notified_on = "" if notice == "none" else held_on - datetime.timedelta(days=notice_days + early)
        if self.chance(self.absent_share[person]):
            mark = self.random.choices(["absent", ""], [92, 8])[0]
        else:
            mark = self.random.choices(["present", "late", "left_early"], [80, 10, 10])[0]
        self.add("attendance", meeting=meeting, person=person, notice=notice, notified_on=notified_on, mark=mark)
        if not self.chance(0.4 if mark == "absent" else 0.03):
            return
        leave_days = {"congress_session": 5, "group_meeting": 0, "voter_reception": 0}.get(kind, 3)
        border = self.pick([-leave_days, 0, 5])
        asked_on = held_on + datetime.timedelta(days=border + self.pick([-2, -1, 0, 0, 1, 2]))
        decision = self.pick(["approved", "approved", "refused", "pending"])
        decided_on = ""
        if decision != "pending":
            decided_on = max(asked_on, held_on + datetime.timedelta(days=self.pick([-2, -1, 0, 1, 8])))
        self.add(
            "leaves", meeting=meeting, person=person, asked_on=asked_on, decision=decision, decided_on=decided_on,
            ground=self.pick(["hospital", "family", "disaster_relief", "higher_meeting", "other"]),
        )

    def voices(self):
        heard = self.some(self.people, len(self.people) * 2 // 3) or self.people[:1]
        for code in self.codes(self.random.randint(0, 60)):
            self.feedback(code, self.pick(heard))
        for code in self.codes(self.random.randint(0, 30)):
            self.suggestion(code)

    def feedback(self, code, deputy):
        received_on = self.day()
        row = dict(
            code=code, group=self.pick(self.groups), deputy=deputy, received_on=received_on, topic=self.needed_text(),
            text=self.needed_text(), resident_name=self.pick(["赵万福", ""]),
            resident_phone=self.pick(["13900000000", ""]),
            state=self.pick("registered assigned replied closed withdrawn void merged explained".split()),
        )
        if row["state"] in ("assigned", "replied", "closed"):
            row.update(unit=self.pick(self.units), assigned_on=self.later(received_on, 5))
            row.update(due_on=row["assigned_on"] + datetime.timedelta(days=30))
        if row["state"] in ("replied", "closed"):
            row.update(replied_on=self.later(row["assigned_on"], 40))
        if row["state"] == "closed":
            row.update(rating=self.pick(RATINGS), closed_on=self.later(row["replied_on"], 20))
        self.add("feedback", **row)

    def suggestion(self, code):
        submitted_on = self.day()
        proposers = self.random.sample(self.people, self.random.randint(1, 7))
        row = dict(
            code=code, kind=self.pick(["suggestion", "bill"]) if len(proposers) >= 5 else "suggestion",
            title=self.needed_text(), origin_meeting=self.pick(self.meeting_codes + [""] * 20),
            proposers=" ".join(proposers), submitted_on=submitted_on, plan=self.text(),
            state=self.pick(["submitted", "assigned", "replied", "closed", "withdrawn", "void", "classified"]),
        )
        if row["state"] in ("assigned", "replied", "closed"):
            row.update(unit=self.pick(self.units), assigned_on=self.later(submitted_on, 10))
            month = row["assigned_on"].month + 2
            row.update(due_on=datetime.date(row["assigned_on"].year + month // 12, month % 12 + 1, 1))
        if row["state"] in ("replied", "closed"):
            result = self.pick(["solved", "planned", "explained", "higher_level"])
            row.update(replied_on=self.later(row["assigned_on"], 90), result=result)
        if row["state"] == "closed":
            row.update(rating=self.pick(RATINGS), closed_on=self.later(row["replied_on"], 30))
        self.add("suggestions", **row)

    def other_registers(self):
        for code in self.codes(self.random.randint(0, 10)):
            self.add(
                "deeds", code=code, person=self.pick(self.people), done_on=self.day(), kind=self.needed_text(),
                village=self.pick(self.villages), text=self.needed_text(), value_yuan=self.pick(["", 0, 3000]),
                witness=self.text(), verified=self.pick(["yes", "no"]),
            )
        for code in self.codes(self.random.randint(0, 10)):
            self.add(
                "households", code=code, village=self.pick(self.villages), head="傅德明",
                members=self.random.randint(0, 9), starts_on=self.day(),
                helpers=" ".join(self.random.sample(self.people, self.random.randint(1, 3))),
            )
        for code in self.codes(self.random.randint(0, 10)):
            self.add(
                "funds", code=code, on=self.day(), amount_yuan=self.random.randint(0, 9000), note=self.text(),
                kind=self.pick(["office_premises", "room_premises", "deputy_activity", "other"]),
                person=self.pick(self.people + [""] * 20), group=self.pick(self.groups + [""] * 5),
            )
        for code in self.codes(self.random.randint(0, 8)):
            category = self.pick(["group_head", "village_head", "deputy", "unit"])
            subject = {"deputy": self.people, "unit": self.units}.get(category, ["吴开秀"])
            grades = ["invalid", "excellent", "competent", "basic", "incompetent"]
            tally = {grade: self.random.randint(0, 20) for grade in grades}
            returned = sum(tally.values())
            self.add(
                "appraisals", code=code, meeting=self.pick(self.meeting_codes), category=category,
                subject=self.pick(subject), issued=returned + self.random.randint(0, 3), returned=returned, **tally,
            )
        for code in self.codes(self.random.randint(0, 5)):
            kind, recipients = self.pick([("advanced_group", self.groups), ("excellent_deputy", self.people)])
            self.add(
                "awards", code=code, on=self.day(), kind=kind, recipient=self.pick(recipients), amount_yuan=300,
                document=self.text(),
            )

    def write(self, directory):
        """The files as different programs save them: order of columns, line ends, byte-order mark, what is left out."""
        for name, rows in self.files.items():
            if name in OPTIONAL_FILES and self.chance(0.08):
                continue
            columns = COLUMNS[name].split()
            for column in OPTIONAL_COLUMNS.get(name, []):
                if self.chance(0.04):
                    columns.remove(column)
            if self.chance(0.3):
                self.random.shuffle(columns)
            write_csv(
                directory, name, columns, rows, bom=self.chance(0.3), line_end=self.pick(["\n", "\r\n"]),
                quote_all=self.chance(0.2),
            )


def write_csv(directory, name, columns, rows, bom=False, line_end="\n", quote_all=False):
    out = io.StringIO()
    quoting = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    writer = csv.DictWriter(out, columns, restval="", extrasaction="ignore", lineterminator=line_end, quoting=quoting)
    writer.writeheader()
    writer.writerows(rows)
    with open(os.path.join(directory, name + ".csv"), "wb") as file:
        file.write(out.getvalue().encode("utf-8-sig" if bom else "utf-8"))


def large_town(meetings, people):
    """One town for load: its day has come, every roll holds everyone, and nobody is marked."""
    files = {name: [] for name in COLUMNS}
    groups = ["G%02d" % n for n in range(1, 28)]
    deputies = ["D%05d" % n for n in range(1, people + 1)]
    files["town"].append(dict(code=533499999, name="大镇", term="第十二届", term_starts_on="2022-03-01"))
    files["villages"].append(dict(code="V01", name="大村", kind="village"))
    files["units"].append(dict(code="U01", name="水务站"))
    for code in groups:
        files["groups"].append(dict(code=code, name="组" + code, village="V01"))
    for n, code in enumerate(deputies):
        files["people"].append(dict(code=code, name="代表%d" % (n + 1), gender="女" if n % 2 else "男"))
        files["mandates"].append(
            dict(code="Z" + code, person=code, level="town", group=groups[n % len(groups)], starts_on="2022-03-01")
        )
    for n in range(1, meetings + 1):
        code = "M%05d" % n
        files["meetings"].append(
            dict(code=code, kind="training", title="培训%d" % n, held_on="2025-12-01", state="open")
        )
        for person in deputies:
            files["attendance"].append(dict(meeting=code, person=person, notice="sync", notified_on="2025-11-20"))
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--seed", type=int)
    which.add_argument("--large", type=int, nargs=2, metavar=("MEETINGS", "PEOPLE"))
    parser.add_argument("directory")
    given = parser.parse_args()
    os.makedirs(given.directory, exist_ok=True)
    if given.large:
        for name, rows in large_town(*given.large).items():
            write_csv(given.directory, name, COLUMNS[name].split(), rows)
    else:
        generator = Generator(given.seed)
        generator.generate()
        generator.write(given.directory)


if __name__ == "__main__":
    main()
