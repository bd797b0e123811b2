"""`lvzhi report` and `lvzhi export`: the sample town's figures and their lists, its report, and a server started on an export.

The export is of a town that has worked (its own centre), so that more is in it than what was imported.
"""

import csv
import filecmp
import io
import json
import os
import subprocess
import threading

import centre as c
import test_figures

YEAR = ("--year", "2025")
SUMS = ("household_members", "award_yuan", "deputy_activity_yuan", "office_premises_yuan", "room_premises_yuan")
STRANGE = '  他说"好"，, 第一行\n第二行\r\n=1+1 😀'


def expected():
    with open(os.path.join(c.RULES, "qingshi-2025.json"), encoding="utf-8") as file:
        return json.load(file)["annual"]


def flat(figures):
    """Figures by the names that `report list` takes."""
    found = {}
    for name, value in figures.items():
        found.update({f"{name}.{part}": n for part, n in value.items()} if isinstance(value, dict) else {name: value})
    return found


class Figures(c.Case):
    def annual(self, *words, name="office"):
        return c.sample().json(name, "report", *words)

    def test_the_year_is_as_expected_key_by_key(self):
        found = self.annual("annual", *YEAR)
        self.assertEqual(found, expected())
        self.assertEqual(list(found), list(expected()))
        for name in ("chair", "auditor"):
            self.assertEqual(self.annual("annual", *YEAR, name=name), expected())
        for name in ("L01", "G01", "D001", "U01", "backup"):
            self.said(c.sample().run(name, "report", "annual", *YEAR), c.REFUSED, "“查年度数据”不由您的身份")

    def test_periods(self):
        self.assertEqual(self.annual("annual", "--from", "2025-01-01", "--to", "2025-12-31"), expected())
        halves = [self.annual("half-year", *YEAR, "--half", half) for half in "12"]
        self.assertEqual(halves[1], self.annual("annual", "--from", "2025-07-01", "--to", "2025-12-31"))
        for key in ("meetings_held", "suggestions", "deeds_verified", "awards_deputies", "award_yuan", "deputy_activity_yuan"):
            self.assertEqual(halves[0][key] + halves[1][key], expected()[key])
        none = self.annual("annual", "--year", "1999")
        self.assertEqual((none["groups"], none["people"], none["attendance"], none["feedback"]), (27, 0, {}, {"total": 0}))
        for words in ([], ["--year", "25"], [*YEAR, "--from", "2025-01-01", "--to", "2025-12-31"], ["--from", "2025-01-01"]):
            self.said(c.sample().run("office", "report", "annual", *words), c.USAGE)
        self.said(c.sample().run("office", "report", "half-year", *YEAR, "--half", "3"), c.USAGE)

    def test_each_figure_is_the_length_of_its_list(self):
        for name, value in flat(expected()).items():
            found = self.annual("list", name, *YEAR)
            amounts = [row.get("amount") for row in found["rows"]]
            self.assertEqual((sum(amounts) if name in SUMS else len(amounts), found["value"]), (value, value), name)
        rows = self.annual("list", "attendance", *YEAR)["rows"]
        self.assertEqual(len({row["code"] for row in rows}), sum(expected()["attendance"].values()))

    def test_tables_say_what_they_come_to(self):
        said = self.said(c.sample().run("office", "report", "annual", *YEAR), c.DONE)
        lines = said.out.splitlines()
        self.assertEqual(len(lines), 1 + len(flat(expected())))
        self.assertEqual(len({test_figures.width(line) for line in lines}), 1)
        self.assertRegex(said.out, r"会议和活动 +会议和活动（次） +196\n +视察（次） +5\n")
        said = self.said(c.sample().run("office", "report", "list", "award_yuan", *YEAR), c.DONE)
        self.assertTrue(said.out.endswith("\n奖金（元）：27 行，数量合计 9300\n"), said.out[-80:])
        said = self.said(c.sample().run("office", "report", "list", "attendance.unexcused", *YEAR), c.DONE)
        self.assertTrue(said.out.endswith("\n无故缺席：95 行\n"), said.out[-80:])
        said = self.said(c.sample().run("office", "report", "list", "nothing", *YEAR), c.REFUSED, "没有“nothing”这个项目")
        self.assertEqual(said.out, "")

    def test_csv_for_programs(self):
        said = c.sample().run("office", "--format", "csv", "report", "annual", *YEAR)
        rows = list(csv.DictReader(io.StringIO(said.out)))
        self.assertEqual({row["figure"]: int(row["value"]) for row in rows}, flat(expected()))
        said = c.sample().run("office", "--format", "csv", "report", "list", "households", *YEAR)
        self.assertEqual(len(list(csv.DictReader(io.StringIO(said.out)))), 86)
        self.assertTrue(said.out.startswith("code,day_on,title,name,"))


class Report(c.Case):
    def test_the_report_is_composed_and_kept(self):
        place = c.worked()
        said = self.said(place.run("office", "report", "compose", *YEAR, "--figures"), c.DONE, "15+9+12=36", "不能相加")
        for text in ("一、重建设", "二、善活动", "三、抓创优", "提出建议60余条", "好事100余件", "86户298人", "投入8万余元",
                     "视察5次（视察城管环卫工作、", "每个数从哪里来"):
            self.assertIn(text, said.out)
        paper = os.path.join(c.fresh("paper"), "report.pdf")
        self.said(place.run("office", "report", "compose", *YEAR, "--figures", "--paper", paper), c.DONE)
        self.assertGreater(os.path.getsize(paper), 10000)
        self.assertRegex(said.out, r"results +建议和议案（条） +63 余 +60余")
        self.said(place.run("office", "report", "template", "results", "--text", "提出建议63条，建议{suggestions:余}条。"), c.DONE)
        said = self.said(place.run("office", "report", "compose", *YEAR), c.DONE, "段落“results”里的数 63 是手写的")
        self.assertIn("提出建议63条，建议60余条。", said.out)
        self.said(place.run("office", "report", "template", "results"), c.USAGE)
        kept = place.json("office", "report", "keep", *YEAR)
        said = self.said(place.run("auditor", "report", "kept", kept["code"]), c.DONE)
        self.assertIn("提出建议63条，建议60余条。", said.out)
        self.assertEqual(place.json("office", "report", "kept")["reports"][0]["digest"], kept["digest"])
        self.said(place.run("office", "report", "kept", "1999-1"), c.REFUSED, "没有存档的工作报告 1999-1")


def folder():
    return os.path.join(c.fresh("export"), "csv")


class Export(c.Case):
    def export(self, place, path, *words, name="office"):
        return self.said(place.run(name, "export", path, *words), c.DONE)

    def same(self, one, other):
        names = sorted(os.listdir(one))
        self.assertEqual(names, sorted(os.listdir(other)))
        self.assertEqual(len(names), 19)  # and SHA256SUMS
        self.assertEqual(filecmp.cmpfiles(one, other, names, shallow=False), (names, [], []))

    def work(self, place):
        """Records that no file has made."""
        for text in (STRANGE, "=1+1"):
            self.said(place.run("G01", "feedback", "register", "--deputy", "D001", "--topic", "道路", "--text", text, "--name",
                                "王大娘", "--phone", "13800000001", "--told"), c.DONE)
        self.said(place.run("D001", "suggestion", "draft", "--kind", "suggestion", "--title", "还是草稿", "--text", "内容"), c.DONE)
        self.said(place.run("G01", "meeting", "plan", "--kind", "inspection", "--title", '看"路", 修桥', "--on", "2030-01-01",
                            "--place", "村口"), c.DONE)

    def test_a_server_started_on_an_export_holds_the_same_town(self):
        place, path, again = c.worked(), folder(), folder()
        self.work(place)
        said = self.export(place, path, "--identities", "迁移到新的服务器")
        self.assertIn("没有提交过的建议（草稿、提交前撤回的）", said.out)
        self.assertEqual(os.stat(os.path.join(path, "feedback.csv")).st_mode & 0o777, 0o600)
        subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=path, check=True)
        with open(os.path.join(path, "feedback.csv"), encoding="utf-8", newline="") as file:
            self.assertIn(STRANGE.strip(), [row["text"].strip() for row in csv.DictReader(file)])
        said = self.said(place.run("office", "import", path), c.DONE)
        self.assertRegex(said.out, r"^added 0, changed 0, unchanged 3[0-9]{3}\n$")

        centre = c.Centre(os.path.join(c.fresh("started"), "data"), path, c.free_port()).start()
        self.addCleanup(centre.stop)
        copy = centre.place(place.town)
        periods = [("threeno", "--from", first, "--to", last) for first, last in test_figures.PERIODS.values()]
        for words in [*periods, *(("report", "annual", "--year", year) for year in ("2024", "2025", "2026", "2030"))]:
            self.assertEqual(copy.json("office", *words), place.json("office", *words), words)
        self.export(copy, again, "--identities", "核对")
        self.same(path, again)

    def test_without_names_importing_changes_nothing(self):
        place, path = c.sample(), folder()
        for name in ("backup", "auditor", "office"):
            said = self.export(place, path, name=name)  # over what it wrote itself
            self.assertIn("选民的姓名和电话", said.out)
        with open(os.path.join(path, "feedback.csv"), encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual({(row["resident_name"], row["resident_phone"]) for row in rows}, {("", "")})
        said = self.said(place.run("office", "import", path, "--update"), c.DONE)
        self.assertEqual(said.out, "added 0, changed 0, unchanged 3701\n")
        found = place.json("office", "export", path)
        self.assertEqual({f["file"]: f["rows"] for f in found["files"]}["attendance"], 2038)
        self.assertEqual(found["left_out"], [{"what": "identity", "count": 344}])
        self.said(place.run("auditor", "export", folder(), "--identities", "看看都有谁"), c.REFUSED, "只有主席团办公室和主席可以")
        log = place.json("chair", "export", "log")["exports"]
        self.assertLessEqual({"backup", "auditor", "office"}, {row["login"] for row in log})
        self.assertEqual([row for row in log if "purpose" in row], [])
        self.said(place.run("G01", "export", folder()), c.REFUSED, "“导出”不由您的身份")

    def test_nobodys_files_are_written_over(self):
        place, path = c.sample(), c.copy_files(c.SAMPLE)
        before = {name: os.path.getmtime(os.path.join(path, name)) for name in os.listdir(path)}
        exports = len(place.json("office", "export", "log")["exports"])
        self.said(place.run("office", "export", path), c.REFUSED, "已有不是导出写的文件", "--force")
        self.assertEqual(before, {name: os.path.getmtime(os.path.join(path, name)) for name in os.listdir(path)})
        self.assertEqual(len(place.json("office", "export", "log")["exports"]), exports)
        self.export(place, path, "--force")
        self.export(place, path)
        with open(os.path.join(path, "units.csv"), "a", encoding="utf-8") as file:
            file.write("U99,我自己加的\n")
        self.said(place.run("office", "export", path), c.REFUSED, "units.csv")
        self.said(place.run("office", "export", os.path.join(path, "units.csv")), c.USAGE)

    def test_it_is_of_one_moment(self):
        """While rooms write: what the folder holds is what stood at some moment, or nothing is written."""
        place, path = c.worked(), folder()
        done = threading.Event()

        def write():
            while not done.is_set():
                place.run("G01", "feedback", "register", "--deputy", "D001", "--topic", "道路", "--text", "又来一件")

        writer = threading.Thread(target=write)
        writer.start()
        try:
            said = place.run("office", "export", path)
        finally:
            done.set()
            writer.join()
        if said.code == c.REFUSED:
            self.said(said, c.REFUSED, "导出时记录一直在变")
            self.assertEqual(os.listdir(path), [])
        else:
            self.said(said, c.DONE)
            subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=path, check=True)
