#!/usr/bin/env python3
"""Copies a good town's CSV files with faults in them and prints, as CSV, what an import must say of each.

usage: bad_town.py GOOD BAD [N]      the first N faults of the list below, or all

Every fault stands in a row of its own, so each gives one line: file,line,column,rule. The first ten are ten different
faults of one file.
"""
import csv
import pathlib
import sys


class Table:
    def __init__(self, path):
        with open(path, encoding="utf-8-sig", newline="") as source:
            rows = list(csv.reader(source))
        self.header = rows[0]
        self.rows = [dict(zip(self.header, row)) for row in rows[1:]]
        self.extra = None  # a header column that no row has a value of its own for
        self.spoilt = []   # rows with a fault

    def pick(self, wanted=lambda row: True):
        """A row that has no fault yet."""
        row = next(r for r in self.rows[3:] if wanted(r) and not any(r is s for s in self.spoilt))
        self.spoilt.append(row)
        return row

    def add(self, **values):
        """A copy of the first row with other values, at the end."""
        row = {**self.rows[0], **values}
        self.rows.append(row)
        self.spoilt.append(row)
        return row

    def write(self, path):
        header = self.header + ([self.extra] if self.extra else [])
        with open(path, "w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target, lineterminator="\n")
            writer.writerow(header)
            for row in self.rows:
                writer.writerow([row.get(column, "") for column in header])

    def line(self, row):
        """Where a row begins: quoted fields may hold line ends."""
        before = self.rows[: next(i for i, r in enumerate(self.rows) if r is row)]
        return 2 + len(before) + sum(value.count("\n") for r in before for value in r.values())


def cell(file, column, value, rule, wanted=lambda row: True, fault_column=None):
    """One cell gets another value; a callable makes it from the row."""
    def spoil(town):
        row = town[file].pick(wanted)
        row[column] = value(row) if callable(value) else value
        return file, row, fault_column or column, rule
    return spoil


def added(file, values, column, rule):
    def spoil(town):
        return file, town[file].add(**values), column, rule
    return spoil


def header(file, column, rule):
    def spoil(town):
        table = town[file]
        if rule == "column_missing":
            table.header = [name for name in table.header if name != column]
        else:
            table.extra = column
        return file, None, column, rule
    return spoil


def not_on_roll(town):
    on_roll = {(row["meeting"], row["person"]) for row in town["attendance"].rows}
    row = town["leaves"].pick()
    row["person"] = next(p["code"] for p in town["people"].rows if (row["meeting"], p["code"]) not in on_roll)
    return "leaves", row, "person", "line_not_on_roll"


def more(column, by):
    return lambda row: str(int(row[column]) + by)


def has(column, *values):
    return lambda row: row[column] in values if values else row[column] != ""


FAULTS = [
    cell("appraisals", "subject", "", "value_missing", has("category", "group_head")),
    cell("appraisals", "issued", "-3", "bad_number"),
    cell("appraisals", "code", "A 4", "bad_code"),
    cell("appraisals", "category", "mayor", "bad_value"),
    cell("appraisals", "meeting", "M9999", "unknown_code"),
    cell("appraisals", "subject", "D999", "unknown_code", has("category", "deputy")),
    cell("appraisals", "issued", lambda row: str(int(row["returned"]) - 1), "more_returned_than_issued"),
    cell("appraisals", "excellent", more("excellent", 1), "tally_not_returned", fault_column="returned"),
    cell("appraisals", "basic", "99999999999999999999", "bad_number"),
    added("appraisals", {}, "code", "key_twice"),
    added("town", {"code": "999999999"}, "code", "other_town"),
    header("units", "colour", "unknown_column"),
    header("villages", "name", "column_twice"),
    header("deeds", "verified", "column_missing"),
    cell("people", "born_on", "1955-02-29", "bad_day"),
    cell("people", "gender", "male", "bad_value"),
    cell("groups", "village", "V99", "unknown_code"),
    cell("mandates", "ends_on", "1999-12-31", "ends_before_start"),
    cell("mandates", "starts_on", "2022-3-1", "bad_day", has("ends_on", "")),
    cell("suspensions", "ends_on", "1999-12-31", "ends_before_start"),
    cell("roles", "group", "", "leader_without_group", has("role", "group_leader")),
    cell("meetings", "state", "finished", "bad_value"),
    cell("attendance", "notified_on", "", "notice_without_day", has("notice", "signed", "call", "sync")),
    cell("attendance", "notice", "none", "no_notice_with_day", has("notified_on"), "notified_on"),
    cell("attendance", "mark", "asleep", "bad_value"),
    added("attendance", {"person": "D999"}, "person", "unknown_code"),
    added("attendance", {}, "person", "key_twice"),
    cell("leaves", "decided_on", "", "decision_without_day", has("decision", "approved", "refused")),
    cell("leaves", "decision", "pending", "pending_with_day", has("decided_on"), "decided_on"),
    not_on_roll,
    cell("feedback", "received_on", "2025-13-01", "bad_day"),
    cell("feedback", "deputy", "", "value_missing"),
    cell("suggestions", "proposers", lambda row: row["proposers"] + " D999", "unknown_code"),
    cell("suggestions", "proposers", lambda row: row["proposers"] + " " + row["proposers"].split()[0], "code_twice"),
    cell("households", "members", "five", "bad_number"),
    cell("households", "helpers", "D001  D001", "code_twice"),
    cell("funds", "amount_yuan", "12.50", "bad_number"),
    cell("awards", "recipient", "D001", "unknown_code", has("kind", "advanced_group")),
]


def main():
    good, bad = map(pathlib.Path, sys.argv[1:3])
    faults = FAULTS[: int(sys.argv[3])] if len(sys.argv) > 3 else FAULTS
    town = {path.stem: Table(path) for path in sorted(good.glob("*.csv"))}
    spoilt = [spoil(town) for spoil in faults]
    bad.mkdir(parents=True, exist_ok=True)
    for name, table in town.items():
        table.write(bad / f"{name}.csv")
    said = [(file, town[file].line(row) if row else 1, column, rule) for file, row, column, rule in spoilt]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["file", "line", "column", "rule"])
    writer.writerows(sorted(said))


if __name__ == "__main__":
    main()
