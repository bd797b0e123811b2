"""Paper: `lvzhi card print`, and `--paper` of any command, as PDF and as workbooks."""

import os
import re
import subprocess
import time
import xml.etree.ElementTree
import zipfile

import centre as c

YEAR = 2025
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RUN_SECONDS, RUN_KB = 30, 200 * 1024  # of all cards of the town


def text_of(path):
    return subprocess.run(["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True).stdout


def info_of(path):
    said = subprocess.run(["pdfinfo", path], check=True, capture_output=True, text=True).stdout
    return dict(re.findall(r"^(\w[\w ]*): +(.*)$", said, re.M))


def sheets_of(path):
    """Of each sheet its rows of (text or number, is a number); a formula is a failure."""
    found = []
    with zipfile.ZipFile(path) as book:
        shared = []
        if "xl/sharedStrings.xml" in book.namelist():
            for item in xml.etree.ElementTree.fromstring(book.read("xl/sharedStrings.xml")):
                shared.append("".join(t.text or "" for t in item.iter(SHEET + "t")))
        names = [s.get("name") for s in xml.etree.ElementTree.fromstring(book.read("xl/workbook.xml")).iter(SHEET + "sheet")]
        for number, name in enumerate(names, 1):
            sheet = xml.etree.ElementTree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
            assert not list(sheet.iter(SHEET + "f")), "a formula"
            rows = []
            for row in sheet.iter(SHEET + "row"):
                cells = [(cell.find(SHEET + "v"), cell.get("t")) for cell in row]
                rows.append([(shared[int(v.text)], False) if kind == "s" else (v.text, True)
                             for v, kind in cells if v is not None])
            found.append((name, rows))
    return found


class Printing(c.Case):
    @classmethod
    def setUpClass(cls):
        cls.town = c.worked()
        cls.folder = c.fresh("paper")

    def path(self, name):
        return os.path.join(self.folder, name)

    def printed(self, name, *words, profile="office"):
        path = self.path(name)
        said = self.said(self.town.run(profile, "card", "print", *words, "--year", YEAR, "--to", path), c.DONE)
        self.assertIn(path, said.out)
        return path

    def test_a_card_as_it_is_filed(self):
        path = self.printed("card.pdf", "XR001")
        text, info = text_of(path), info_of(path)
        self.assertIn("A4", info["Page size"])
        card = self.town.json("office", "card", "show", "XR001", "--year", YEAR)
        for part in ("meetings", "activities", "trainings", "feedback", "deeds", "households", "funds"):
            for line in card[part]:
                self.assertIn(line["code"], text, part)
        self.assertIn(card["card"]["person_name"], text)
        self.assertEqual(text.count("未签字（草稿）"), int(info["Pages"]))
        for page in range(1, int(info["Pages"]) + 1):
            self.assertIn(f"第{page}页共{info['Pages']}页", text.replace(" ", ""))
        with open(path, "rb") as once, open(self.printed("again.pdf", "XR001"), "rb") as again:
            self.assertEqual(once.read(), again.read())

    def test_a_signed_card_says_who_and_what(self):
        self.said(self.town.run("L01", "card", "sign", "ZR057", "--year", YEAR), c.REFUSED, "主席签字")  # L01's own
        said = self.said(self.town.run("L01", "--format", "json", "card", "sign", "XR028", "--year", YEAR), c.DONE).json()
        first = self.printed("signed.pdf", "XR028")
        text = text_of(first)
        self.assertIn(said["digest"], re.sub(r"\s", "", text))
        # The account of a group's leader stands for who holds the post.
        self.assertRegex(text.replace(" ", ""), r"第1版组长周正芳\d{4}-\d\d-\d\d签字")
        self.assertNotIn("草稿", text)
        # The records change: what was signed is printed, byte for byte, and the command says so.
        self.town.centre.sql("update data.person set occupation = '果农' where code = 'D028' and town_id = 533421121")
        path = self.path("later.pdf")
        said = self.said(self.town.run("office", "card", "print", "XR028", "--year", YEAR, "--to", path), c.DONE, "记录已变")
        with open(first, "rb") as before, open(path, "rb") as after:
            self.assertEqual(before.read(), after.read())
        self.said(self.town.run("L01", "card", "sign", "XR028", "--year", YEAR), c.DONE)
        self.assertIn("果农", text_of(self.printed("second.pdf", "XR028")))
        with open(first, "rb") as before, open(self.printed("old.pdf", "XR028", "--version", "1"), "rb") as after:
            self.assertEqual(before.read(), after.read())

    def test_the_public_notice_is_of_signed_cards(self):
        self.said(self.town.run("L02", "card", "sign", "XR029", "--year", YEAR), c.DONE)
        self.said(self.town.run("L02", "card", "sign", "XR002", "--year", YEAR), c.DONE)
        self.town.centre.sql("update data.person set occupation = '教师' where code = 'D002' and town_id = 533421121")
        path = self.path("notice.pdf")
        self.said(self.town.run("office", "card", "notice", "--year", YEAR, "--group", "G02", "--paper", path), c.DONE,
                  "要重新签字")
        text = text_of(path)
        cards = {card["code"]: card["person_name"]
                 for card in self.town.json("office", "card", "list", "--year", YEAR, "--group", "G02")["cards"]}
        self.assertEqual([code for code, name in cards.items() if name in text],
                         [code for code, name in cards.items() if name == cards["XR029"]])
        self.assertNotIn("无故", text)

    def test_every_card_in_one_file(self):
        path = self.path("all.pdf")
        begun = time.monotonic()
        child = c.child([c.LVZHI, "--profile", self.town.profile("office"), "card", "print", "--all", "--year", str(YEAR),
                         "--to", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=c.environment())
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(child.returncode, c.DONE)
        self.assertLess(time.monotonic() - begun, RUN_SECONDS * c.crowd())
        self.assertLess(used.ru_maxrss, RUN_KB)
        cards = self.town.json("office", "card", "list", "--year", YEAR)["cards"]
        text = text_of(path)
        self.assertGreater(len(cards), 150)
        self.assertEqual(len(re.findall("人大代表履职登记卡", text)), len(cards))
        self.assertEqual(len(re.findall(r"第1页共\d+页", text.replace(" ", ""))), len(cards))

    def test_attendance_sheets_of_a_month(self):
        """One for each meeting listed, with every line of its roll and what it comes to."""
        path, period = self.path("sheets.pdf"), ("--from", f"{YEAR}-02-01", "--to", f"{YEAR}-03-31")
        self.said(self.town.run("office", "meeting", "print", *period, "--paper", path), c.DONE)
        meetings = self.town.json("office", "meeting", "list", *period)["meetings"]
        text = text_of(path)
        self.assertGreater(len(meetings), 20)
        self.assertEqual(len(re.findall("到会情况表", text)), len(meetings))
        lines = re.findall(r"^ *(D\d{3}) .*?(\S+)$", text, re.M)
        self.assertEqual(len(lines), sum(m["on_roll"] for m in meetings))
        self.assertIn("无故缺席", {status for _, status in lines})
        self.said(self.town.run("office", "meeting", "print", *period), c.USAGE, "--paper")
        empty = self.path("none.pdf")
        self.said(self.town.run("office", "meeting", "print", "--from", "1999-01-01", "--to", "1999-01-02", "--paper", empty),
                  c.REFUSED)
        self.assertFalse(os.path.exists(empty))

    def test_a_file_for_each_in_a_folder(self):
        folder = self.printed("cards", "--group", "G02")
        cards = self.town.json("office", "card", "list", "--year", YEAR, "--group", "G02")["cards"]
        self.assertEqual(sorted(os.listdir(folder)),
                         sorted(f"{card['code']}-{card['person_name']}-{YEAR}.pdf" for card in cards))

    def test_a_sheet_for_each_card(self):
        sheets = sheets_of(self.printed("cards.xlsx", "--group", "G03"))
        cards = {card["code"]: card for card in self.town.json("office", "card", "list", "--year", YEAR,
                                                               "--group", "G03")["cards"]}
        self.assertEqual(len(sheets), len(cards))
        for name, rows in sheets:
            code = name.split()[0]
            funds = [[text for text, number in row if number] for row in rows if row and row[0][0].startswith("E0")]
            card = self.town.json("office", "card", "show", code, "--year", YEAR)
            self.assertEqual(funds, [[str(fund["amount_yuan"])] for fund in card["funds"]], code)

    def test_any_list_on_paper(self):
        """--paper: what a command shows, with what was asked for, and no code of its own."""
        path = self.path("evidence.pdf")
        self.said(self.town.run("office", "threeno", "show", "D055", *c.YEAR, "--paper", path), c.DONE)
        text = text_of(path)
        evidence = self.town.json("office", "threeno", "show", "D055", *c.YEAR)
        for line in evidence["lines"]:
            self.assertIn(line["meeting_code"], text)
        self.assertIn("2025-12-31", text)
        book = self.path("threeno.xlsx")
        self.said(self.town.run("office", "threeno", *c.YEAR, "--paper", book), c.DONE)
        (name, rows), = sheets_of(book)
        people = self.town.json("office", "threeno", *c.YEAR)["people"]
        lines = {row[0][0]: row for row in rows if row and re.fullmatch(r"D\d{3}", row[0][0])}
        self.assertEqual(set(lines), set(people))
        for code, person in people.items():
            self.assertEqual([int(text) for text, number in lines[code] if number], list(person.values()), code)
        english = self.path("english.pdf")
        self.said(self.town.run("office", "--lang", "en", "people", "--paper", english), c.DONE)
        self.assertRegex(text_of(english), r"Page 1 of \d+")

    def test_what_cannot_be_printed(self):
        before = self.town.ledger(64)
        run = self.town.run
        self.said(run("office", "people", "--paper", self.path("x.doc")), c.USAGE, ".pdf")
        self.said(run("L01", "leave", "refuse", "M0096", "D009", "--note", "x", "--paper", self.path("x.pdf")), c.USAGE)
        self.said(run("office", "people", "--paper", self.path("no/x.pdf")), c.REFUSED, "写不进去", "no/x.pdf")
        self.said(run("office", "card", "print", "--year", YEAR, "--to", self.path("x.pdf")), c.USAGE, "--all")
        self.said(run("office", "card", "print", "XR001", "--year", YEAR, "--to", self.path("x.doc")), c.USAGE)
        self.said(run("office", "card", "print", "XR001", "--year", YEAR, "--to", self.path("x.pdf"), "--paper",
                      self.path("x.pdf")), c.USAGE, "--to")
        self.said(run("office", "card", "print", "ZZ999", "--year", YEAR, "--to", self.path("x.pdf")), c.REFUSED, "ZZ999")
        self.said(run("D055", "card", "print", "XR001", "--year", YEAR, "--to", self.path("x.pdf")), c.REFUSED)
        self.said(run("office", "card", "print", "XR002", "--year", YEAR, "--version", 3, "--to", self.path("x.pdf")),
                  c.REFUSED, "没有这样的登记卡")
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith("x.")], [])
        self.assertEqual(self.town.ledger(64), before)

    def test_without_a_chinese_font(self):
        empty = self.path("fonts.conf")
        with open(empty, "w") as file:
            file.write(f"<fontconfig><dir>{self.folder}/none</dir><cachedir>{self.folder}/cache</cachedir></fontconfig>")
        done = subprocess.run(
            [c.LVZHI, "--profile", self.town.profile("office"), "people", "--paper", self.path("f.pdf")],
            capture_output=True, text=True, timeout=60, env={**c.environment(), "FONTCONFIG_FILE": empty})
        self.assertEqual(done.returncode, c.REFUSED, done.stderr)
        self.assertIn("fonts-noto-cjk", done.stderr)
        self.assertFalse(os.path.exists(self.path("f.pdf")))
