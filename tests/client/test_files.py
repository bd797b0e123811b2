"""Files and paper as a person types it: photos through lines that fail and clients that are killed, sealed originals,
names from elsewhere, and a sign-in sheet from the printer to the roll."""

import hashlib
import os
import random
import signal
import struct
import subprocess
import threading
import zlib

import centre as c
from line import Lined

CHUNK = 128 << 10
START, CHUNKS, FINISH = 190, 191, 192


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width, height, seed=0, text=b""):
    """Noise, so that it does not get smaller; with what a program writes about itself."""
    rows = b"".join(b"\0" + random.Random(seed * height + y).randbytes(3 * width) for y in range(height))
    said = chunk(b"tEXt", b"Location\0" + text) if text else b""
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + said
            + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b""))


class Case(c.Case):
    seeds = iter(range(1, 1000))

    def setUp(self):
        self.town = c.small()
        self.path = c.fresh("files")

    def file(self, name="村口.png", width=300, height=300, **fields):
        path = os.path.join(self.path, name)
        with open(path, "wb") as file:
            file.write(png(width, height, next(self.seeds), **fields))
        return path

    def content(self, path):
        with open(path, "rb") as file:
            return file.read()

    def add(self, name, *words, **options):
        said = self.said(self.town.run(name, "attachment", "add", *words, "--format", "csv", **options), c.DONE)
        return said.out.splitlines()[-1].split(",")[0]


class Files(Case):
    def test_there_and_back(self):
        path = self.file(text=b"30.123 N 102.456 E")
        code = self.add("G01", "meeting", "M008", path, "--note", "第三处")
        said = self.said(self.town.run("L01", "attachment", "list", "meeting", "M008"), c.DONE, )
        self.assertIn(code, said.out)
        self.assertIn("第三处", said.out)
        to = os.path.join(self.path, "back.png")
        self.said(self.town.run("L01", "attachment", "get", code, "--to", to), c.DONE)
        back = self.content(to)
        self.assertNotIn(b"30.123", back)
        self.assertIn(b"30.123", self.content(path))
        self.assertEqual(len(back), len(self.content(path)) - len(chunk(b"tEXt", b"Location\0" + b"30.123 N 102.456 E")))
        # Nobody's file is written over, and a folder takes it under its own name.
        self.said(self.town.run("L01", "attachment", "get", code, "--to", to), c.REFUSED, "没有覆盖")
        self.said(self.town.run("L01", "attachment", "get", code, "--to", self.path), c.REFUSED, "没有覆盖")
        self.said(self.town.run("L01", "attachment", "get", code, "--to", to, "--force"), c.DONE)
        self.assertEqual(self.content(to), back)
        self.assertEqual(sorted(os.listdir(self.path)), sorted(["村口.png", "back.png"]))
        kept = self.add("G01", "meeting", "M008", path, "--keep-metadata")
        self.said(self.town.run("L01", "attachment", "get", kept, "--to", to, "--force"), c.DONE)
        self.assertEqual(self.content(to), self.content(path))

    def test_what_is_none_is_not_sent(self):
        before = self.town.ledger(START)
        for name, content, text in (("a.jpg", b"hello", "这不是 JPEG"), ("b.pdf", b"%PDF-", "这不是 JPEG"),
                                    ("c.png", png(50, 50)[:-20], "文件不完整"), ("d.jpg", b"", "这不是 JPEG"),
                                    ("e.jpg", b"\xff\xd8\xff\xe0" + bytes(100), "文件不完整")):
            path = os.path.join(self.path, name)
            with open(path, "wb") as file:
                file.write(content)
            self.said(self.town.run("G01", "attachment", "add", "meeting", "M008", path), c.USAGE, text)
        self.said(self.town.run("G01", "attachment", "add", "meeting", "M008", self.path), c.USAGE, "文件读不了")
        self.assertEqual(self.town.ledger(START), before)
        big = self.file("big.png", 1700, 1700)  # 8.7 MB
        self.said(self.town.run("G01", "attachment", "add", "meeting", "M008", big), c.REFUSED, "文件太大", "最多 8 MB")
        renamed = self.file("照片.jpg")
        code = self.add("G01", "group", "G01", renamed)
        listed = self.town.json("G01", "attachment", "list", "group", "G01")["attachments"]
        self.assertEqual([(a["name"], a["type"]) for a in listed if a["code"] == code], [("照片.jpg.png", "png")])

    def test_sealed_and_redacted(self):
        said = self.town.run("G01", "feedback", "register", "--deputy", "D001", "--topic", "道路", "--text", "路不平",
                             "--format", "csv")
        of = said.out.splitlines()[-1].split(",")[0]
        path = self.file(width=64, height=48)
        code = self.add("G01", "feedback", of, path)
        self.said(self.town.run("L01", "attachment", "get", code), c.REFUSED, "不归您管")
        self.said(self.town.run("office", "attachment", "get", code), c.REFUSED, "已封存")
        for words in ([], ["--box", "0,0,9,9", "--from", path]):
            self.said(self.town.run("G01", "attachment", "redact", code, *words), c.USAGE)
        self.said(self.town.run("G01", "attachment", "redact", code, "--box", "64,0,9,9"), c.REFUSED, "64 × 48")
        self.said(self.town.run("G01", "attachment", "redact", code, "--box", "10,10,20,5", "--box", "0,0,1,1"), c.DONE)
        shown = self.town.json("L01", "attachment", "list", "feedback", of)["attachments"]
        self.assertEqual([a["redacts_code"] for a in shown], [code])
        to = os.path.join(self.path, "copy.png")
        self.said(self.town.run("L01", "attachment", "get", shown[0]["code"], "--to", to), c.DONE)
        self.assertTrue(self.content(to).startswith(b"\x89PNG"))
        self.assertNotEqual(hashlib.sha256(self.content(to)).digest(), hashlib.sha256(self.content(path)).digest())
        self.said(self.town.run("G01", "attachment", "redact", code, "--from", path), c.REFUSED, "没有遮盖")
        self.said(self.town.run("office", "attachment", "get", code, "--to", to + "2", "--reason", "核对路段"), c.DONE)
        self.assertEqual(self.content(to + "2"), self.content(path))
        looks = self.town.json("auditor", "attachment", "looks", code)["looks"]
        self.assertEqual([(k["login"], k["reason"]) for k in looks],
                         [("office", "核对路段"), ("G01", "制作遮盖副本"), ("G01", "制作遮盖副本")])
        self.said(self.town.run("G01", "attachment", "looks", code), c.DONE)
        self.said(self.town.run("G01", "attachment", "void", code, "--reason", "拍错了"), c.DONE)


class Lines(Case):
    """A big photo over a line that fails, and by a client that is killed."""

    def setUp(self):
        super().setUp()
        self.clerk = Lined(self.town, "G01")
        self.addCleanup(self.clerk.close)
        self.said(self.clerk.run("health"), c.DONE)
        self.photo = self.file(width=600, height=600)  # 1.1 MB
        self.chunks = (os.path.getsize(self.photo) + CHUNK - 1) // CHUNK
        self.before = {method: self.town.ledger(method) for method in (CHUNKS, FINISH)}

    def count(self, method):
        return self.town.ledger(method) - self.before[method]

    def finish(self):
        self.clerk.line.is_cut = False
        self.clerk.line.up = lambda piece: True
        said = self.said(self.clerk.run("attachment", "add", "meeting", "M008", self.photo, "--format", "csv"), c.DONE)
        code = said.out.splitlines()[-1].split(",")[0]
        to = os.path.join(self.path, "back.png")
        self.said(self.town.run("L01", "attachment", "get", code, "--to", to), c.DONE)
        self.assertEqual(self.content(to), self.content(self.photo))
        # No chunk that had arrived was sent again.
        self.assertEqual((self.count(CHUNKS), self.count(FINISH)), (self.chunks, 1))

    def test_a_line_that_breaks(self):
        passed = []

        def up(piece):
            passed.append(len(piece))
            if sum(passed) > 4 * CHUNK:
                self.clerk.line.is_cut = True
            return not self.clerk.line.is_cut
        self.clerk.line.up = up
        said = self.clerk.run("attachment", "add", "meeting", "M008", self.photo, "--timeout", "5")
        self.said(said, c.NO_CONNECTION, "文件没有传完", "接着传")
        self.assertGreater(self.count(CHUNKS), 0)
        self.assertLess(self.count(CHUNKS), self.chunks)
        self.finish()

    def test_a_client_that_is_killed(self):
        passed, enough, go_on = [], threading.Event(), threading.Event()
        self.addCleanup(go_on.set)

        def up(piece):
            passed.append(len(piece))
            if sum(passed) > 4 * CHUNK:
                enough.set()
                go_on.wait(30)
            return True
        self.clerk.line.up = up
        child = subprocess.Popen([c.LVZHI, "--profile", self.town.profile(self.clerk.name), "attachment", "add",
                                  "meeting", "M008", self.photo], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL, env=c.environment())
        self.assertTrue(enough.wait(30))
        child.send_signal(signal.SIGKILL)
        child.wait()
        c.wait_until(lambda: self.count(CHUNKS) > 0, what="the first chunk")
        go_on.set()
        self.finish()


class Sheets(Case):
    def test_from_the_printer_to_the_roll(self):
        paper = os.path.join(self.path, "sheet.pdf")
        self.said(self.town.run("G01", "sheet", "print", "M008"), c.USAGE, "--paper FILE.pdf")
        for _ in range(2):
            self.said(self.town.run("G01", "sheet", "print", "M008", "--paper", paper), c.DONE)
        sheets = self.town.json("G01", "sheet", "list", "M008")["sheets"]
        self.assertEqual(len(sheets), 1, "printed again it is the same sheet")
        code = sheets[0]["sheet_code"]
        text = subprocess.run(["pdftotext", "-layout", paper, "-"], capture_output=True, text=True, check=True).stdout
        for word in (code, "签到表", "代表D001", "代表D002", "见证人", "不代签"):
            self.assertIn(word, text)
        self.said(self.town.run("G01", "sheet", "print", code, "--paper", os.path.join(self.path, "s.xlsx")), c.DONE)

        words = ["sheet", "enter", code.lower(), "2=late", "--rest", "present"]
        before = self.town.marks("M008", "D001")
        said = self.said(self.town.run("G01", *words), c.DONE, "现在什么也没有改变")
        self.assertIn("代表D002", said.out)
        self.assertEqual(self.town.marks("M008", "D001"), before)
        said = self.said(self.town.run("G01", "sheet", "enter", code, "7=late", "1=present"), c.REFUSED, "什么也没有改变")
        self.assertIn(f"签到表 {code} 没有第 7 行", said.out)
        scan = self.file("scan.png")
        self.said(self.town.run("G01", *words, "--commit", "--scan", scan), c.DONE)
        self.assertEqual(self.town.marks("M008", "D001"), before + 1)
        rows = self.town.json("office", "sheet", "show", code)
        self.assertEqual([r["held"] for r in rows["rows"]], ["present", "late"])
        self.assertEqual(len([a for a in self.town.json("G01", "attachment", "list", "meeting", "M008")["attachments"]
                              if a["code"] == rows["entries"][0]["scan_code"]]), 1)
        said = self.said(self.town.run("L01", "sheet", "enter", code, "1=present", "2=present"), c.DONE)
        self.assertNotIn("代表D001", said.out)
        self.assertIn("G01", said.out)
        self.said(self.town.run("L01", "sheet", "enter", code, "2=present", "--commit"), c.DONE, "有 1 行和别人以前录入的不一样")
        self.said(self.town.run("G02", "sheet", "show", code), c.REFUSED)

    def test_a_wrong_code_is_told_without_the_centre(self):
        path = os.path.join(c.fresh("profile"), "p")
        c.write_profile(path, {**self.town.settings("G01"), "address": f"127.0.0.1:{c.free_port()}"})
        for words in (["show", "234567F"], ["enter", "2345671", "1=present"], ["enter", "234576E", "1=present"]):
            self.said(c.lvzhi(path, "sheet", *words), c.REFUSED, "签到表编号不对")
        self.said(c.lvzhi(path, "sheet", "show", "234567E"), c.NO_CONNECTION)
        self.said(c.lvzhi(path, "sheet", "enter", "234567E"), c.USAGE)
        self.said(c.lvzhi(path, "sheet", "enter", "234567E", "1=asleep"), c.USAGE)
