"""`lvzhi watch`: changes as they come, one line each."""

import json
import os
import queue
import signal
import subprocess
import threading

import centre as c


class Watch(c.Case):
    def setUp(self):
        self.town = c.small()

    def record(self, meeting="M001", person="D001", name="G01"):
        self.said(self.town.run(name, "attendance", "record", meeting, f"{person}=present"), c.DONE)

    def once(self, name, *words):
        said = self.said(self.town.run(name, "--format", "json", "watch", "--once", *words), c.DONE)
        return [json.loads(line) for line in said.out.splitlines()]

    def follow(self, name, *words):
        """A running watch and the queue of its lines."""
        process = c.child([c.LVZHI, "--profile", self.town.profile(name), "watch", *words], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, env=c.environment(), cwd="/")
        lines = queue.Queue()

        def read():
            for line in process.stdout:
                lines.put(line.split())

        thread = threading.Thread(target=read, daemon=True)
        thread.start()

        def end():
            process.send_signal(signal.SIGINT)
            process.wait(10)
            thread.join(10)
            process.stdout.close()
            process.stderr.close()
        self.addCleanup(end)
        return process, lines

    def test_what_there_is(self):
        self.record()
        whole = self.once("office")
        self.assertEqual([change["seq"] for change in whole], list(range(1, len(whole) + 1)))
        self.assertEqual((whole[-1]["call"], whole[-1]["code"], whole[-1]["topics"]),
                         ("RecordAttendance", "M001", ["meeting"]))
        self.record("M002", "D003", "G02")
        after, = self.once("office", "--since", str(len(whole)))
        self.assertEqual((after["seq"], after["code"]), (len(whole) + 1, "M002"))
        self.assertEqual(self.once("G01", "--since", str(len(whole))), [])
        self.assertEqual(self.once("office", "suggestion", "--since", str(len(whole))), [])
        said = self.said(self.town.run("office", "--format", "csv", "watch", "--once", "--since", len(whole)), c.DONE)
        header, line = said.out.splitlines()
        self.assertEqual(header, "seq,recorded_us,topics,code,call")
        self.assertRegex(line, rf"^{len(whole) + 1},20\d\d-.*Z,meeting,M002,RecordAttendance$")

    def test_as_they_come(self):
        for line in self.once("office"):
            last = line["seq"]
        _, lines = self.follow("office", "meeting")
        _, early = self.follow("office", "--since", str(last - 1))
        self.assertEqual(early.get(timeout=10)[0], str(last))  # it is connected, and so is the one before it
        for person in ("D001", "D002"):
            self.record("M007", person)
            last += 1
            for each in (lines, early):
                seq, _, topics, code, call = each.get(timeout=10)
                self.assertEqual((seq, topics, code, call), (str(last), "meeting", "M007", "RecordAttendance"))

    def test_through_a_restart(self):
        last = self.once("office")[-1]["seq"]
        process, lines = self.follow("office", "--since", str(last - 1))
        lines.get(timeout=10)
        daemon = self.town.centre.daemon()
        os.kill(daemon, signal.SIGKILL)
        c.wait_until(lambda: self.town.run("office", "health").code == c.DONE, 60, "the daemon's restart")
        self.record("M008")
        self.assertEqual(lines.get(timeout=30)[0], str(last + 1))
        self.record("M008", "D002")
        self.assertEqual(lines.get(timeout=10)[0], str(last + 2))
        self.assertIsNone(process.poll())

    def test_what_cannot_be(self):
        self.said(self.town.run("office", "watch", "weather"), c.USAGE, "weather")
        for since in ("-1", "x", "", "9" * 30):
            self.said(self.town.run("office", "watch", "--since", since), c.USAGE, "--since")
        self.said(self.town.run("office", "watch", "--once", "--since", "99999999"), c.REFUSED, "从头重新取一遍")
        said = self.said(self.town.run("backup", "watch"), c.REFUSED, "“接收变更”不由您的身份（备份员）来做")
        self.assertIn("→ 请 代表、联络员、组长、主席团办公室、主席、承办单位、审计员 来做", said.err)
