"""Registers, rooms' numbers, lists of rules and 换届 as they are typed."""

import datetime
import os
import re
import zipfile

import centre as c

TOWN = 533421017
TODAY = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date().isoformat()


@c.once
def town():
    return c.make_town(c.sample().centre, c.small_files(TOWN), TOWN)


def sheets(path):
    """What stands in a workbook: every part's text but the moment it was made and the mark of the print."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name).decode() for name in book.namelist() if name.startswith("xl/")}
    marks = re.findall("第 ([0-9]+) 次打印", "".join(parts.values()))
    return {name: re.sub("第 [0-9]+ 次打印", "", text) for name, text in parts.items()}, marks


class Typed(c.Case):
    def run_as(self, name, *words, code=c.DONE, texts=()):
        return self.said(town().run(name, *words), code, *texts)

    def json(self, name, *words):
        return town().json(name, *words)

    def test_rules(self):
        self.assertIn("两规则", self.run_as("L01", "rules", "list").out)
        self.run_as("chair", "rules", "set", "four_roles", "--item", "桥梁", "--item", "监督", "--label", "两个作用")
        shown = self.json("G01", "rules", "show", "four_roles", "--history")["rule_sets"]
        self.assertEqual([r["label"] for r in shown], ["四个作用", "两个作用"])
        self.run_as("office", "rules", "set", "four_roles", "--item", "x", code=c.REFUSED)

    def test_a_room(self):
        said = self.run_as("G01", "feedback", "register", "--topic", "路", "--text", "路不平", "--deputy", "D001",
                           "--room-no", f"ZY-{TODAY[:4]}-0002")
        self.assertIn(f"ZY-{TODAY[:4]}-0002", said.out)
        gaps = self.json("office", "room", "numbers", "--state", "missing")["numbers"]
        self.assertEqual([n["room_no"] for n in gaps], [f"ZY-{TODAY[:4]}-0001"])
        self.assertIn(f"ZY-{TODAY[:4]}-0001", self.run_as("office", "todo", "--subject", "room").out)
        self.run_as("G01", "room", "explain", gaps[0]["room_no"], "--reason", "写坏")
        self.assertEqual(self.json("office", "room", "numbers", "--state", "missing"), {"numbers": []})
        self.run_as("G01", "room", "explain", "ZY-1", "--reason", "写坏", code=c.REFUSED, texts=["编号写法不对"])

    def test_a_register(self):
        folder = c.fresh("paper")
        book = ("roster", "--group", "G01", "--year", "2025")
        self.assertIn("未入簿（", self.run_as("G01", "register", "show", *book).out)
        self.run_as("G01", "register", "post", *book)
        self.assertEqual(self.json("G01", "register", "post", *book)["posted"], 0)
        shown = self.run_as("L01", "register", "show", *book).out
        self.assertIn("代表D001", shown)
        self.assertIn("未入簿：0", shown)
        lines = self.run_as("office", "--format", "csv", "register", "show", *book).out.splitlines()
        self.assertEqual(lines[0].split(",")[:3], ["line_no", "任职编号", "姓名"])
        self.assertEqual(len(lines), 3)
        first, second = (os.path.join(folder, name) for name in ("1.xlsx", "2.xlsx"))
        for path in (first, second):
            self.run_as("G01", "register", "print", *book, "--to", path)
        (one, marks), (two, again) = sheets(first), sheets(second)
        self.assertEqual((marks, again), (["1"], ["2"]))
        self.assertEqual(one, two)
        self.assertIn(self.json("office", "register", "show", *book)["register"]["page_hash"], "".join(one.values()))
        paper = os.path.join(folder, "1.pdf")
        self.run_as("office", "register", "print", *book, "--page", "1", "--to", paper)
        with open(paper, "rb") as file:
            self.assertEqual(file.read(5), b"%PDF-")
        # All that were posted, into one file.
        self.run_as("office", "register", "post", "roster", "--year", "2025")
        every = os.path.join(folder, "all.xlsx")
        self.run_as("office", "register", "print", "--all", "--year", "2025", "--to", every)
        posted = [r for r in self.json("office", "register", "list", "--year", "2025")["registers"] if r.get("pages")]
        self.assertEqual(len(posted), 2)
        pages = [name for name in sheets(every)[0] if name.startswith("xl/worksheets/sheet")]
        self.assertEqual(len(pages), sum(r["pages"] for r in posted))
        self.run_as("office", "register", "print", *book, "--all", "--to", every, code=c.USAGE)
        self.run_as("office", "register", "print", "--all", "--year", "1999", "--to", every, code=c.REFUSED)
        # A changed cell is found, and the command fails.
        row = f"where town_id = {TOWN} and line_no = 1"
        self.run_as("auditor", "register", "verify", *book)
        town().centre.sql(f"update data.register_line set cells[2] = '别人' {row}")
        try:
            self.run_as("auditor", "register", "verify", *book, code=c.REFUSED, texts=["与入簿时不同"])
        finally:
            town().centre.sql(f"update data.register_line set cells[2] = '代表D001' {row}")
        for words, code in ((("print", "roster", "--to", "x.txt"), c.USAGE), (("show", "diary"), c.USAGE),
                            (("print", "deeds", "--to", os.path.join(folder, "no.pdf")), c.REFUSED),
                            (("show", "roster", "--year", "2025", "--group", "G01", "--page", "9"), c.REFUSED)):
            self.run_as("office", "register", *words, code=code)
        self.assertFalse(os.path.exists(os.path.join(folder, "no.pdf")))

    def test_the_end_of_a_term(self):
        close = ("term", "close", "第十三届", "--on", TODAY)
        self.assertIn("要先办", self.run_as("office", "term", "check").out)
        self.run_as("chair", *close, "--yes", code=c.REFUSED, texts=["件事要先办完"])
        town().centre.sql(f"update data.meeting set state = 'locked' where town_id = {TOWN}")
        self.run_as("chair", *close, code=c.USAGE, texts=["没有确认"])  # nobody sits at a terminal
        self.assertEqual(len(self.json("office", "term", "list")["terms"]), 1)
        self.run_as("G01", "feedback", "register", "--topic", "桥", "--text", "桥断了", "--deputy", "D001", "--on", "2025-01-01")
        self.run_as("chair", *close, "--yes")
        lines = self.json("office", "term", "handover")["lines"]
        self.assertEqual([(x["title"], x["state"]) for x in lines if x["subject"] == "feedback"], [("桥", "registered")])
        path = os.path.join(c.fresh("handover"), "list.xlsx")
        self.run_as("office", "term", "handover", "--to", path)
        text = "".join(sheets(path)[0].values())
        for wanted in ("第十二届换届交接清单", "小镇", "移交人签字", "桥"):
            self.assertIn(wanted, text)
