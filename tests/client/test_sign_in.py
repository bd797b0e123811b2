"""A liaison at a terminal: sign-in, one key a person, and prompts for what was not said."""

import os
import pty
import select
import subprocess
import time

import centre as c


class Terminal:
    """lvzhi on a pseudo-terminal."""

    def __init__(self, place, name, *words):
        self.master, slave = pty.openpty()
        command = [c.LVZHI, "--profile", place.profile(name), *words]
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=c.environment(),
                                        start_new_session=True)
        os.close(slave)
        self.seen = ""

    def read(self, text, timeout=20):
        """Until `text` has been shown since the last read."""
        until, got = time.monotonic() + timeout, ""
        while text not in got:
            if time.monotonic() > until or not select.select([self.master], [], [], 0.5)[0]:
                if time.monotonic() > until:
                    raise AssertionError(f"{text!r} did not come: {got}")
                continue
            try:
                got += os.read(self.master, 4096).decode(errors="replace")
            except OSError:  # it has ended
                break
        self.seen += got
        if text not in got:
            raise AssertionError(f"{text!r} did not come: {got}")
        return got

    def type(self, text):
        os.write(self.master, text.encode())

    def end(self):
        rest = ""
        try:
            while True:
                rest += os.read(self.master, 4096).decode(errors="replace")
        except OSError:
            pass
        os.close(self.master)
        return self.process.wait(20), rest


class AtTheTerminal(c.Case):
    def open_meeting(self):
        place = c.worked()
        today = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 8 * 3600))
        code = place.json("G02", "meeting", "plan", "--kind", "training", "--title", "学习", "--on", today,
                          "--place", "回隆")["code"]
        for words in (("notify", code, "--notice", "call"), ("open", code)):
            self.said(place.run("G02", "meeting", *words), c.DONE)
        return place, code

    def marks(self, place, code):
        return {line["code"]: line.get("mark") for line in place.json("G02", "meeting", "show", code)["roll"]}

    def test_one_key_a_person(self):
        place, code = self.open_meeting()
        people = sorted(self.marks(place, code))
        t = Terminal(place, "G02", "meeting", "sign-in", code)
        t.read(people[0])
        t.type("1")
        t.read(people[1])
        t.type("4")
        t.read(people[2])
        t.type("b")  # the second was there after all
        t.read(people[1])
        t.type("2")
        t.read(people[2])
        t.type("s")
        t.type("q")
        exit_code, rest = t.end()
        self.assertEqual(exit_code, c.DONE, rest)
        marks = self.marks(place, code)
        self.assertEqual([marks[p] for p in people[:3]], ["present", "late", None])

    def test_an_interrupt_keeps_what_was_marked_and_x_does_not(self):
        place, code = self.open_meeting()
        people = sorted(self.marks(place, code))
        t = Terminal(place, "G02", "meeting", "sign-in", code)
        t.read(people[0])
        t.type("1")
        t.read(people[1])
        t.type("x")
        self.assertEqual(t.end()[0], c.DONE)
        self.assertEqual(set(self.marks(place, code).values()), {None})
        t = Terminal(place, "G02", "meeting", "sign-in", code)
        t.read(people[0])
        t.type("1")
        t.read(people[1])
        t.type("\x03")
        self.assertEqual(t.end()[0], c.DONE)
        self.assertEqual(self.marks(place, code)[people[0]], "present")

    def test_what_is_missing_is_asked_for(self):
        place = c.worked()
        t = Terminal(place, "G02", "feedback", "register", "--topic", "饮水")
        t.read("说了什么")
        t.type("水压不够\n")
        t.read("代表")
        t.type("D002\n")
        asked = t.read("群众的姓名")
        self.assertIn("主席团办公室", asked, "the privacy notice comes before the name")
        t.type("\n")
        t.read("群众的电话")
        t.type("\n")
        t.read("群众的地址")
        t.type("\n")
        exit_code, rest = t.end()
        self.assertEqual(exit_code, c.DONE, rest)
        self.assertRegex(rest, r"[0-9A-Z]{4}-[0-9A-Z]{4}")
