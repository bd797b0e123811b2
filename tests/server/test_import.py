"""Imports through the protocol: all or nothing, the same again changes nothing, a difference needs --update."""

import os
import tempfile

import harness
import wire

TABLES = "village unit deputy_group person mandate meeting roll_line attendance_mark feedback feedback_identity".split()


class Import(harness.Case):
    def setUp(self):
        self.office = self.centre.connect("office")
        self.addCleanup(self.office.close)
        self.found = harness.small_town(harness.TOWN)

    def counts(self):
        return {t: self.centre.count(t) for t in TABLES}

    def change(self, file, key, column, value):
        columns, rows = self.found[file]
        at = columns.index(column)
        self.found[file] = (columns, [row[:at] + (value,) + row[at + 1:] if row[0] == key else row for row in rows])

    def test_again_changes_nothing(self):
        before, ledger = self.counts(), self.centre.count("operation", "method in (17, 33)")
        reply = harness.import_files(self.office, self.found)
        rows = sum(len(rows) for _, rows in self.found.values())
        self.assertEqual(reply, {"added": 0, "changed": 0, "unchanged": rows})
        self.assertEqual(self.counts(), before)
        self.assertEqual(self.centre.count("operation", "method in (17, 33)"), ledger)
        self.assertEqual(self.centre.count("correction"), 0)

    def test_all_or_nothing(self):
        """One bad cell among many good new rows."""
        before = self.counts()
        columns = ["code", "name"]
        found = {
            "units": (columns, [(f"N{n:03d}", "新单位") for n in range(200)]),
            "people": (["code", "name", "born_on"], [("N1", "新人", "1970-02-30")]),
            "meetings": (["code", "kind", "title", "held_on", "state"], [("N1", "parade", "x", "2025-01-01", "open")]),
        }
        import_id = harness.stage_files(self.office, found)
        faults = harness.faults_of(self.office, import_id)
        self.assertEqual(
            [(f["file"], f["line"], f["column"], f["value"], f["rule"]) for f in faults],
            [("meetings", 2, "kind", "parade", "bad_value"), ("people", 2, "born_on", "1970-02-30", "bad_day")],
        )
        error = self.refused("INVALID", self.office.call, "ImportCommit", import_id=import_id)
        self.assertEqual((error.rule, error.named), ("import_has_faults", {"faults": "2"}))
        self.assertEqual(self.counts(), before)

    def test_difference_and_update(self):
        self.change("people", "D07", "name", "改了名")
        import_id = harness.stage_files(self.office, self.found)
        faults = harness.faults_of(self.office, import_id)
        self.assertEqual(faults, [{"file": "people", "line": 8, "column": "name", "value": "改了名", "rule": "differs",
                                   "held": "代表D07"}])
        self.refused("INVALID", self.office.call, "ImportCommit", import_id=import_id)
        self.assertEqual(self.centre.count("person", "name = '改了名'"), 0)
        self.assertEqual(harness.faults_of(self.office, import_id, update=True), [])
        reply = self.office.call("ImportCommit", import_id=import_id, update=True)
        self.assertEqual((reply["added"], reply["changed"]), (0, 1))
        kept = self.centre.sql(f"select name from data.person where code = 'D07' and town_id = {harness.TOWN}")
        self.assertEqual(kept, [("改了名",)])
        before = self.centre.sql("select file, key, column_name, before, after from data.correction")
        self.assertEqual(before, [("people", "D07", "name", "代表D07", "改了名")])
        other = self.centre.sql(f"select name from data.person where code = 'D07' and town_id = {harness.OTHER_TOWN}")
        self.assertEqual(other, [("代表D07",)])
        # Back, so that the other tests find the town as it was.
        self.change("people", "D07", "name", "代表D07")
        self.assertEqual(harness.import_files(self.office, self.found, update=True)["changed"], 1)
        self.centre.sql("delete from data.correction")

    def test_committed_once(self):
        import_id = harness.stage_files(self.office, {"units": (["code", "name"], [("U88", "一次")])})
        payload = self.office.payload("ImportCommit", import_id=import_id)
        first = self.office.wait(self.office.send("ImportCommit", payload))
        self.assertEqual((first.type, first.flags), (wire.RESPONSE, 0))
        again = self.office.wait(self.office.send("ImportCommit", payload))
        self.assertEqual((again.flags, again.payload), (wire.REPLAYED, first.payload))
        for method, more in (("ImportCommit", {}), ("ImportCheck", {}),
                             ("ImportRows", dict(file="units", columns=["code"], lines=[2], cells=["x"]))):
            error = self.refused("CONFLICT", self.office.call, method, import_id=import_id, **more)
            self.assertEqual(error.rule, "import_committed")
        self.refused("CONFLICT", self.office.call, "ImportStart", import_id=import_id)
        self.assertEqual(self.centre.count("unit", "code = 'U88'"), 1)

    def test_shapes(self):
        import_id = wire.uuid7()
        self.office.call("ImportStart", import_id=import_id)
        for lines, columns, cells in (([2], ["code", "name"], ["a"]), ([2], [], []), ([2, 3], ["code"], ["a"])):
            error = self.refused("INVALID", self.office.call, "ImportRows", import_id=import_id, file="units",
                                 lines=lines, columns=columns, cells=cells)
            self.assertEqual(error.rule, "rows_shape")

    def test_killed_in_the_middle(self):
        """The daemon dies while it commits: nothing or all, and the same bytes give the answer."""
        found = {"units": (["code", "name"], [(f"K{n:04d}", "单位") for n in range(2000)])}
        import_id = harness.stage_files(self.office, found)
        payload = self.office.payload("ImportCommit", import_id=import_id)
        self.office.send("ImportCommit", payload)
        self.centre.kill()
        self.centre.start()
        with self.centre.connect("office") as office:
            frame = office.wait(office.send("ImportCommit", payload))
            self.assertEqual(frame.type, wire.RESPONSE, office.error_of(frame) if frame.type == wire.ERROR else "")
            reply = harness.schema().decode("ImportCommitReply", frame.payload)
        self.assertEqual(reply, {"added": 2000, "changed": 0, "unchanged": 0})
        self.assertEqual(self.centre.count("unit", "code like 'K%'"), 2000)
        self.assertEqual(self.centre.count("operation", "method = 31 and op_id = (select op_id from data.operation"
                                           " order by recorded_at desc limit 1)"), 1)

    def test_two_commit_at_once(self):
        """Two imports of the same new rows, side by side: added once."""
        found = {"units": (["code", "name"], [(f"P{n:03d}", "并行") for n in range(300)])}
        with self.centre.connect("office2") as second:
            ids = [(c, harness.stage_files(c, found)) for c in (self.office, second)]
            sent = [(c, c.send("ImportCommit", c.payload("ImportCommit", import_id=i))) for c, i in ids]
            replies = [c.reply(id) for c, id in sent]
        self.assertEqual(sorted(r["added"] for r in replies), [0, 300])
        self.assertEqual(self.centre.count("unit", "code like 'P%'"), 300)


class Sample(harness.Case):
    def test_sample_town(self):
        """The sample town, from its directory; then its own export's figures; then once more."""
        found = harness.read_directory(os.path.join(harness.SOURCE, "sql/sample/qingshi-2025"))
        town = int(found["town"][1][0][0])
        with self.centre.admin() as admin:
            row = dict(zip(found["town"][0], found["town"][1][0]))
            admin.call("CreateTown", town_id=town, name=row["name"], term=row["term"],
                       term_starts_on=row["term_starts_on"])
            admin.call("CreateAccount", town_id=town, account_id=wire.uuid7(), login="office", role="office",
                       password=harness.PASSWORD)
        with self.centre.unix() as office:
            office.hello(town)
            office.login("office", harness.PASSWORD)
            total = sum(len(rows) for _, rows, _ in found.values())
            first = harness.import_files(office, found)
            self.assertIsInstance(first, dict, first[:3] if isinstance(first, list) else "")
            self.assertEqual(first["added"] + first["unchanged"], total)
            self.assertEqual(harness.import_files(office, found), {"added": 0, "changed": 0, "unchanged": total})
            summary = office.call("ThreeNo", from_on="2025-01-01", to_on="2025-12-31", limit=1)["summary"]
            self.assertGreater(summary["people"], 140)
        self.assertEqual(self.centre.count("attendance_mark", f"town_id = {town}"),
                         sum(1 for r in found["attendance"][1] if r[found["attendance"][0].index("mark")]))

    def test_lines_of_quoted_rows(self):
        """Rows of several lines: a fault names the line on which its row begins."""
        with tempfile.TemporaryDirectory(dir=harness.directory()) as path:
            with open(os.path.join(path, "units.csv"), "w", newline="") as file:
                file.write('﻿code,name\nU10,"两\n行"\nU 11,x\n')
            with self.centre.connect("office") as office:
                faults = harness.import_files(office, harness.read_directory(path))
        self.assertEqual([(f["line"], f["rule"]) for f in faults], [(4, "bad_code")])
