#!/usr/bin/env python3
"""Writes the acceptance examples of the three nots: tiny towns as CSV, each with what it must come to.

    examples.py OUTDIR      writes OUTDIR/NAME/*.csv and OUTDIR/NAME/expected.json

They are examples 1 to 8 of the domain study's section E1.8, with 3 and 4 as rules.md section 1 reads them. Every
expected value was worked out by hand from rules.md. expected.json holds:

    from, to       the period
    people         CODE -> fields of that person's row, those that matter here
    lines          MEETING -> CODE -> [status, rule]
    correction     a mark the chair makes after locking, if there is one: meeting, person, mark, note
    after          people and lines once it is made
"""
import json
import os
import sys

from town_generator import COLUMNS, write_csv

YEAR = ("2025-01-01", "2025-12-31")


def town(mandates, meetings, lines, leaves=(), suggestions=()):
    """The files of a town with one group; rows are given as short tuples."""
    people = sorted({person for person, *_ in mandates} | {line[1] for line in lines})
    rows = {name: [] for name in COLUMNS}
    rows["town"].append(("533421000", "例镇", "第十二届", "2022-03-01"))
    rows["villages"].append(("V1", "例村", "village"))
    rows["groups"].append(("G1", "例组", "V1"))
    rows["people"] = [(person, "代表" + person) for person in people]
    rows["mandates"] = [
        ("Z%d" % n, person, level, "G1", starts_on) for n, (person, level, starts_on) in enumerate(mandates, 1)
    ]
    rows["meetings"] = [
        (code, kind, code, "", "", held_on, "", state, "") for code, kind, held_on, state in meetings
    ]
    rows["attendance"] = list(lines)
    rows["leaves"] = list(leaves)
    rows["suggestions"] = [
        (code, "suggestion", code, "", proposers, submitted_on, "", "submitted")
        for code, proposers, submitted_on in suggestions
    ]
    return {name: [dict(zip(COLUMNS[name].split(), row)) for row in given] for name, given in rows.items()}


EXAMPLES = {
    # Sworn in on 1 July, marked absent in March: not liable, the rate untouched.
    "1_sworn_in_later": (
        town(
            mandates=[("D1", "town", "2025-07-01")],
            meetings=[
                ("M1", "group_meeting", "2025-03-10", "locked"),
                ("M2", "inspection", "2025-03-20", "locked"),
                ("M3", "group_meeting", "2025-09-10", "locked"),
            ],
            lines=[
                ("M1", "D1", "signed", "2025-03-01", "absent"),
                ("M2", "D1", "signed", "2025-03-10", "absent"),
                ("M3", "D1", "signed", "2025-09-01", "present"),
            ],
        ),
        {
            "people": {
                "D1": {
                    "days_in_office": 184, "meetings_attended": 1, "meetings_unexcused": 0, "activities_unexcused": 0,
                    "no_meetings": 0, "no_activities": 0, "no_voices": 1, "nots": 0,
                },
            },
            "lines": {
                "M1": {"D1": ["not_liable", "not_in_office"]},
                "M2": {"D1": ["not_liable", "not_in_office"]},
                "M3": {"D1": ["present", "attended"]},
            },
        },
    ),
    # Leave asked four days before a congress session (five are in time), approved: excused all the same.
    "2_leave_after_the_limit": (
        town(
            mandates=[("D1", "town", "2022-03-01"), ("D2", "town", "2022-03-01")],
            meetings=[("M1", "congress_session", "2025-02-18", "locked")],
            lines=[
                ("M1", "D1", "signed", "2025-02-11", "absent"),
                ("M1", "D2", "signed", "2025-02-11", "absent"),
            ],
            leaves=[
                ("M1", "D1", "2025-02-14", "hospital", "approved", "2025-02-14"),
                ("M1", "D2", "2025-02-13", "hospital", "pending", ""),
            ],
        ),
        {
            "people": {
                "D1": {"meetings_unexcused": 0, "congress_sessions_unexcused": 0, "no_meetings": 0},
                "D2": {"meetings_unexcused": 0, "congress_sessions_unexcused": 0, "no_meetings": 0},
            },
            "lines": {
                "M1": {"D1": ["excused", "leave_retroactive"], "D2": ["excused", "leave_in_time"]},
            },
        },
    ),
    # Three activities missed, proof of notice missing for one: two are unexcused. Level 2 for D1, who attended another
    # one; level 3 for D2, who attended none.
    "3_notice_missing": (
        town(
            mandates=[("D1", "town", "2022-03-01"), ("D2", "town", "2022-03-01")],
            meetings=[
                ("M1", "inspection", "2025-03-10", "approved"),
                ("M2", "research", "2025-05-10", "approved"),
                ("M3", "training", "2025-07-10", "approved"),
                ("M4", "law_check", "2025-09-10", "approved"),
            ],
            lines=[
                ("M1", "D1", "signed", "2025-03-01", "absent"),
                ("M2", "D1", "none", "", "absent"),
                ("M3", "D1", "call", "2025-07-07", "absent"),
                ("M4", "D1", "sync", "2025-09-01", "present"),
                ("M1", "D2", "signed", "2025-03-01", "absent"),
                ("M2", "D2", "none", "", "absent"),
                ("M3", "D2", "call", "2025-07-07", "absent"),
            ],
        ),
        {
            "people": {
                "D1": {"activities_attended": 1, "activities_unexcused": 2, "no_activities": 2},
                "D2": {"activities_attended": 0, "activities_unexcused": 2, "no_activities": 3},
            },
            "lines": {
                "M1": {"D1": ["unexcused", "no_leave"], "D2": ["unexcused", "no_leave"]},
                "M2": {"D1": ["not_liable", "no_notice"], "D2": ["not_liable", "no_notice"]},
                "M3": {"D1": ["unexcused", "no_leave"], "D2": ["unexcused", "no_leave"]},
                "M4": {"D1": ["present", "attended"]},
            },
        },
    ),
    # The group held one activity in the year: the member's level stays as computed.
    "4_one_activity_in_the_year": (
        town(
            mandates=[("D1", "town", "2022-03-01")],
            meetings=[("M1", "research", "2025-05-10", "locked")],
            lines=[("M1", "D1", "signed", "2025-05-01", "absent")],
        ),
        {
            "people": {"D1": {"activities_attended": 0, "activities_unexcused": 1, "no_activities": 1}},
            "lines": {"M1": {"D1": ["unexcused", "no_leave"]}},
        },
    ),
    # No voice relayed in the whole year, but four voter contacts (two receptions, two suggestions proposed second):
    # three or more, so level 1 and not 2.
    "5_contacts_without_a_voice": (
        town(
            mandates=[("D1", "town", "2022-03-01"), ("D2", "town", "2022-03-01")],
            meetings=[
                ("M1", "voter_reception", "2025-04-10", "closed"),
                ("M2", "voter_reception", "2025-10-10", "closed"),
            ],
            lines=[
                ("M1", "D1", "signed", "2025-04-01", "present"),
                ("M2", "D1", "signed", "2025-10-01", "left_early"),
            ],
            suggestions=[("S1", "D2 D1", "2025-03-01"), ("S2", "D2 D1", "2025-12-31")],
        ),
        {
            "people": {
                "D1": {
                    "activities_attended": 2, "voices_relayed": 0, "voter_contacts": 4, "no_voices": 1, "nots": 0,
                },
                "D2": {"voices_relayed": 2, "voter_contacts": 0, "no_voices": 0},
            },
            "lines": {"M1": {"D1": ["present", "attended"]}, "M2": {"D1": ["left_early", "attended"]}},
        },
    ),
    # Two congress sessions missed, leave approved for one: one unexcused session, level 2.
    "6_two_congress_sessions": (
        town(
            mandates=[("D1", "town", "2022-03-01")],
            meetings=[
                ("M1", "congress_session", "2025-02-18", "locked"),
                ("M2", "congress_session", "2025-07-22", "locked"),
            ],
            lines=[
                ("M1", "D1", "signed", "2025-02-01", "absent"),
                ("M2", "D1", "signed", "2025-07-01", "absent"),
            ],
            leaves=[("M1", "D1", "2025-02-10", "family", "approved", "2025-02-12")],
        ),
        {
            "people": {"D1": {"meetings_unexcused": 1, "congress_sessions_unexcused": 1, "no_meetings": 2}},
            "lines": {
                "M1": {"D1": ["excused", "leave_in_time"]},
                "M2": {"D1": ["unexcused", "no_leave"]},
            },
        },
    ),
    # A county and town deputy at a joint inspection: one person, one mark, counted once.
    "7_two_mandates": (
        town(
            mandates=[("D1", "county", "2022-03-01"), ("D1", "town", "2022-03-01")],
            meetings=[("M1", "inspection", "2025-06-10", "locked")],
            lines=[("M1", "D1", "signed", "2025-06-01", "present")],
        ),
        {
            "people": {"D1": {"days_in_office": 365, "activities_attended": 1, "activities_unexcused": 0}},
            "lines": {"M1": {"D1": ["present", "attended"]}},
        },
    ),
    # A mark corrected from absent to present after locking: the figures follow, the first mark stays on record.
    "8_corrected_after_locking": (
        town(
            mandates=[("D1", "town", "2022-03-01")],
            meetings=[("M1", "group_meeting", "2025-06-10", "locked")],
            lines=[("M1", "D1", "signed", "2025-06-01", "absent")],
        ),
        {
            "people": {"D1": {"meetings_attended": 0, "meetings_unexcused": 1, "no_meetings": 1}},
            "lines": {"M1": {"D1": ["unexcused", "no_leave"]}},
            "correction": {"meeting": "M1", "person": "D1", "mark": "present", "note": "签到表上有名"},
            "after": {
                "people": {"D1": {"meetings_attended": 1, "meetings_unexcused": 0, "no_meetings": 0}},
                "lines": {"M1": {"D1": ["present", "attended"]}},
            },
        },
    ),
}


def main():
    for name, (files, expected) in EXAMPLES.items():
        directory = os.path.join(sys.argv[1], name)
        os.makedirs(directory, exist_ok=True)
        for file, rows in files.items():
            write_csv(directory, file, COLUMNS[file].split(), rows)
        with open(os.path.join(directory, "expected.json"), "w", encoding="utf-8") as out:
            json.dump({"from": YEAR[0], "to": YEAR[1], **expected}, out, ensure_ascii=False, indent=1)


if __name__ == "__main__":
    main()
