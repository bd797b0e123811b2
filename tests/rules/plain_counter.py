#!/usr/bin/env python3
"""Counts the three nots and the figures of a CSV directory, row by row, from the text of rules.md sections 1 and 4 alone.

The witness against which the centre's figures are compared: it shares nothing with them, and prefers the plain way
to the quick one.

    plain_counter.py DIR --from DAY --to DAY            prints {"summary": ..., "people": {CODE: ...}}
    plain_counter.py DIR --from DAY --to DAY --annual   prints {"groups": ..., "feedback": {...}}
"""
import argparse
import csv
import datetime
import json
import os

MEETINGS = ("congress_session", "presidium_meeting", "group_meeting")
COUNTED = ("closed", "approved", "locked")
ATTENDED = ("present", "late", "left_early")
GONE = ("withdrawn", "void")


def read(directory, name):
    """The rows of one file as dictionaries; a file that is missing is empty."""
    path = os.path.join(directory, name + ".csv")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def day(row, column):
    """The day in a column, or None where it is empty or missing."""
    text = row.get(column) or ""
    return datetime.date.fromisoformat(text) if text else None


def days(count):
    return datetime.timedelta(days=count)


class Town:
    def __init__(self, directory):
        self.people = {row["code"]: row for row in read(directory, "people")}
        self.mandates = read(directory, "mandates")
        self.suspensions = read(directory, "suspensions")
        self.meetings = {row["code"]: row for row in read(directory, "meetings")}
        self.lines = read(directory, "attendance")
        self.leaves = {(row["meeting"], row["person"]): row for row in read(directory, "leaves")}
        self.feedback = read(directory, "feedback")
        self.suggestions = read(directory, "suggestions")
        self.groups = read(directory, "groups")
        self.deeds = read(directory, "deeds")
        self.households = read(directory, "households")
        self.funds = read(directory, "funds")
        self.appraisals = read(directory, "appraisals")
        self.awards = read(directory, "awards")

    def in_office(self, person, on):
        for mandate in self.mandates:
            if mandate["person"] != person or on < day(mandate, "starts_on"):
                continue
            ends_on = day(mandate, "ends_on")
            if ends_on is not None and on >= ends_on:
                continue
            suspended = False
            for suspension in self.suspensions:
                if suspension["mandate"] == mandate["code"] and day(suspension, "starts_on") <= on:
                    last = day(suspension, "ends_on")
                    if last is None or on <= last:
                        suspended = True
            if not suspended:
                return True
        return False

    def attended_another(self, line):
        here = self.meetings[line["meeting"]]
        for other in self.lines:
            if other["person"] != line["person"] or other["meeting"] == line["meeting"]:
                continue
            there = self.meetings[other["meeting"]]
            if there["held_on"] == here["held_on"] and there["state"] in COUNTED and other.get("mark") in ATTENDED:
                return True
        return False

    def status(self, line):
        meeting = self.meetings[line["meeting"]]
        held = day(meeting, "held_on")
        mark = line.get("mark") or ""
        if not self.in_office(line["person"], held):
            return "not_liable"
        if mark in ATTENDED:
            return mark
        if mark == "":
            return "unknown"
        notice_days = 7 if meeting["kind"] == "congress_session" else 3
        if line["notice"] == "none" or day(line, "notified_on") > held - days(notice_days):
            return "not_liable"
        if self.attended_another(line):
            return "not_liable"
        leave = self.leaves.get((line["meeting"], line["person"]))
        if leave is None:
            return "unexcused"
        leave_days = 3
        if meeting["kind"] == "congress_session":
            leave_days = 5
        if meeting["kind"] in ("group_meeting", "voter_reception"):
            leave_days = 0
        asked = day(leave, "asked_on")
        if asked <= held - days(leave_days):
            refused_before = leave["decision"] == "refused" and day(leave, "decided_on") < held
            return "unexcused" if refused_before else "excused"
        if asked <= held + days(5) and leave["decision"] == "approved":
            return "excused"
        return "unexcused"


def levels(person, period_days):
    attended, unexcused = person["meetings_attended"], person["meetings_unexcused"]
    congress = person["congress_sessions_unexcused"]
    counted = attended + unexcused
    no_meetings = 0
    if unexcused >= 1:
        no_meetings = 1
    if unexcused >= 2 or (counted >= 3 and attended * 100 < counted * 80) or congress >= 1:
        no_meetings = 2
    if unexcused >= 3 or (counted >= 3 and attended * 100 < counted * 60) or congress >= 2:
        no_meetings = 3

    attended, unexcused = person["activities_attended"], person["activities_unexcused"]
    no_activities = min(unexcused, 3)
    if attended == 0 and unexcused >= 2:
        no_activities = 3

    no_voices = 0
    office_days, contacts = person["days_in_office"], person["voter_contacts"]
    if person["voices_relayed"] == 0:
        if office_days >= 180:
            no_voices = 1
        if contacts < 3 and office_days >= 270:
            no_voices = 2
        if contacts == 0 and office_days == period_days and period_days >= 180:
            no_voices = 3

    found = [no_meetings, no_activities, no_voices]
    if office_days < 90:
        found = [min(level, 1) for level in found]
    person["no_meetings"], person["no_activities"], person["no_voices"] = found
    person["nots"] = found.count(3)


def count(town, first, last):
    period = [first + days(n) for n in range((last - first).days + 1)]
    result = {}
    for code in town.people:
        office_days = sum(1 for on in period if town.in_office(code, on))
        if office_days == 0:
            continue
        result[code] = {
            "days_in_office": office_days,
            "meetings_attended": 0,
            "meetings_unexcused": 0,
            "congress_sessions_unexcused": 0,
            "activities_attended": 0,
            "activities_unexcused": 0,
            "voices_relayed": 0,
            "voter_contacts": 0,
        }

    for line in town.lines:
        meeting = town.meetings[line["meeting"]]
        person = result.get(line["person"])
        if person is None or meeting["state"] not in COUNTED or not first <= day(meeting, "held_on") <= last:
            continue
        status = town.status(line)
        what = "meetings" if meeting["kind"] in MEETINGS else "activities"
        if status in ATTENDED:
            person[what + "_attended"] += 1
            if meeting["kind"] == "voter_reception":
                person["voter_contacts"] += 1
        if status == "unexcused":
            person[what + "_unexcused"] += 1
            if meeting["kind"] == "congress_session":
                person["congress_sessions_unexcused"] += 1

    for feedback in town.feedback:
        if feedback["state"] not in GONE and first <= day(feedback, "received_on") <= last:
            if feedback["deputy"] in result:
                result[feedback["deputy"]]["voices_relayed"] += 1
    for suggestion in town.suggestions:
        if suggestion["state"] not in GONE and first <= day(suggestion, "submitted_on") <= last:
            for place, code in enumerate(suggestion["proposers"].split()):
                if code in result:
                    result[code]["voices_relayed" if place == 0 else "voter_contacts"] += 1

    summary = {"people": len(result), "one_no": 0, "two_no": 0, "three_no": 0, "warned": 0, "reminded": 0}
    for person in result.values():
        levels(person, len(period))
        if person["nots"] > 0:
            summary[("one_no", "two_no", "three_no")[person["nots"] - 1]] += 1
        highest = max(person["no_meetings"], person["no_activities"], person["no_voices"])
        if highest in (1, 2):
            summary["warned" if highest == 2 else "reminded"] += 1
    return {"summary": summary, "people": result}


def mandates_in_force(town, level, period):
    found = 0
    for mandate in town.mandates:
        ends_on = day(mandate, "ends_on")
        if mandate["level"] == level:
            found += any(day(mandate, "starts_on") <= on and (ends_on is None or on < ends_on) for on in period)
    return found


def yuan(rows, period):
    return sum(int(row["amount_yuan"]) for row in rows if day(row, "on") in period)


def tally(values):
    return {value: values.count(value) for value in sorted(set(values))}


def annual(town, first, last):
    """The figures of rules.md section 4, of any period."""
    period = [first + days(n) for n in range((last - first).days + 1)]
    held = [m for m in town.meetings.values() if m["state"] in COUNTED and day(m, "held_on") in period]
    held_codes = [m["code"] for m in held]
    activities = [m["code"] for m in held if m["kind"] not in MEETINGS]
    suggestions = [s for s in town.suggestions if s["state"] not in GONE and day(s, "submitted_on") in period]
    feedback = [f for f in town.feedback if f["state"] not in GONE and day(f, "received_on") in period]
    appraised = [a["category"] for a in town.appraisals if a["meeting"] in activities]
    helped = [h for h in town.households if day(h, "starts_on") <= last]
    awards = [a for a in town.awards if day(a, "on") in period]

    def of_kind(kind):
        return sum(1 for m in held if m["kind"] == kind)

    def arisen_from(kind):
        origins = [town.meetings[s["origin_meeting"]] for s in suggestions if s.get("origin_meeting")]
        return sum(1 for m in origins if m["kind"] == kind)

    def spent(kind):
        return yuan([row for row in town.funds if row["kind"] == kind], period)

    return {
        "groups": len(town.groups),
        "county_mandates": mandates_in_force(town, "county", period),
        "town_mandates": mandates_in_force(town, "town", period),
        "city_mandates": mandates_in_force(town, "city", period),
        "people": sum(1 for code in town.people if any(town.in_office(code, on) for on in period)),
        "meetings_held": len(held),
        "inspections": of_kind("inspection"),
        "suggestions_from_inspections": arisen_from("inspection"),
        "law_checks": of_kind("law_check"),
        "suggestions_from_law_checks": arisen_from("law_check"),
        "research": of_kind("research"),
        "suggestions_from_research": arisen_from("research"),
        "deliberations": of_kind("deliberation"),
        "duty_reports_group_heads": appraised.count("group_head"),
        "duty_reports_village_heads": appraised.count("village_head"),
        "duty_reports_deputies": appraised.count("deputy"),
        "work_reviews": of_kind("work_review"),
        "trainings": of_kind("training"),
        "suggestions": len(suggestions),
        "deeds_verified": sum(1 for d in town.deeds if d["verified"] == "yes" and day(d, "done_on") in period),
        "households": len(helped),
        "household_members": sum(int(h["members"]) for h in helped),
        "awards_groups": sum(1 for a in awards if a["kind"] == "advanced_group"),
        "awards_deputies": sum(1 for a in awards if a["kind"] == "excellent_deputy"),
        "award_yuan": yuan(town.awards, period),
        "deputy_activity_yuan": spent("deputy_activity"),
        "office_premises_yuan": spent("office_premises"),
        "room_premises_yuan": spent("room_premises"),
        "attendance": tally([town.status(line) for line in town.lines if line["meeting"] in held_codes]),
        "feedback": {"total": len(feedback), **tally([f["state"] for f in feedback])},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("directory")
    parser.add_argument("--from", dest="first", required=True, type=datetime.date.fromisoformat)
    parser.add_argument("--to", dest="last", required=True, type=datetime.date.fromisoformat)
    parser.add_argument("--annual", action="store_true")
    given = parser.parse_args()
    what = annual if given.annual else count
    print(json.dumps(what(Town(given.directory), given.first, given.last), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
