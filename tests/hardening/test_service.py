"""The systemd units: how much they leave open, and that the daemon lives with it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import unittest

import confined
import harness
from harness import BUILD, SOURCE, TOWN
import wire

UNITS = {name: os.path.join(SOURCE, "docker", name + ".service") for name in ("lvzhid", "lvzhid-migrate")}
CONFINED = [sys.executable, os.path.join(SOURCE, "tests/hardening/confined.py"), UNITS["lvzhid"]]
EXPOSURE_MAX = 1.5


def analyze(*arguments):
    done = subprocess.run(["systemd-analyze", "--no-pager", *arguments], capture_output=True, encoding="utf-8")
    return done.returncode, done.stdout + done.stderr


class Unit(unittest.TestCase):
    def test_exposure(self):
        for name, path in UNITS.items():
            with self.subTest(name):
                code, text = analyze("security", "--offline=true", f"--threshold={EXPOSURE_MAX * 10:.0f}", path)
                self.assertEqual(code, 0, text)
                score = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", text)[1])
                self.assertLessEqual(score, EXPOSURE_MAX)

    def test_systemd_reads_all_of_it(self):
        """The units as they are, but for where the program lies: nothing is installed here."""
        place = os.path.join(harness.directory(), "units")
        os.mkdir(place)
        for path in UNITS.values():
            with open(path, encoding="utf-8") as file:
                text = file.read()
            self.assertIn("ExecStart=/usr/bin/lvzhid ", text)
            with open(os.path.join(place, os.path.basename(path)), "w", encoding="utf-8") as file:
                file.write(text.replace("ExecStart=/usr/bin/lvzhid ", f"ExecStart={BUILD}/lvzhid "))
        code, text = analyze("verify", *(os.path.join(place, os.path.basename(path)) for path in UNITS.values()))
        self.assertEqual((code, text.strip()), (0, ""))

    def test_its_flags_are_settings(self):
        known = subprocess.run([os.path.join(BUILD, "lvzhid"), "--help"], check=True, capture_output=True, text=True).stdout
        for path in UNITS.values():
            command = confined.read_unit(path)["ExecStart"][0].split()
            for flag in command[1:]:
                key = re.match(r"--(\w+)", flag)[1]
                self.assertRegex(known, rf"(?m)^  ({key} |.*--{key}\b)", flag)

    def test_secrets_come_as_credentials(self):
        unit = confined.read_unit(UNITS["lvzhid"])
        names = {value.split(":")[0] for value in unit["LoadCredential"]}
        self.assertEqual(set(re.findall(r"%d/(\w+)", unit["ExecStart"][0])), names)


class Confined(harness.Case):
    """The daemon's whole life under the unit's limits and filters; a system call that they do not allow kills it."""

    @classmethod
    def setUpClass(cls):
        cls.centre = harness.copy_of_base(cls.__name__.lower(), **cls.settings)
        cls.centre.under = CONFINED
        cls.centre.start()
        cls.addClassCleanup(cls.centre.kill)

    def run_confined(self, text):
        return subprocess.run([*CONFINED, sys.executable, "-c", text], capture_output=True).returncode

    def test_the_filter_holds(self):
        self.assertEqual(self.run_confined("import socket; socket.socket(socket.AF_INET6)"), 0)
        for text in ("import socket; socket.socket(socket.AF_PACKET)", "import os; os.chroot('/')", "import os; os.nice(1)",
                     "import mmap; mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)"):
            self.assertEqual(self.run_confined(text), -signal.SIGSYS, text)

    def test_what_a_day_brings(self):
        device = self.centre.new_device()
        with self.centre.connect_tls("office", device) as client:
            client.call("RecordAttendance", **harness.mark_fields())
            self.assertTrue(client.call("ListMeetings", limit=5)["meetings"])
        with self.centre.admin() as admin:
            admin.call("SetPassword", town_id=TOWN, login="office2", password="一个新的密码 2")
        with self.assertRaises(wire.Refused):
            self.centre.connect_tls("office2", device)

    def test_when_postgresql_starts_anew(self):
        pid = int(self.centre.one("select pg_backend_pid()"))
        self.centre.sql(f"select pg_terminate_backend(pid) from pg_stat_activity where usename = 'lvzhid' and pid <> {pid}")
        with self.centre.connect("office") as client:
            harness.wait_until(lambda: self.reads(client), 10, "an answer after the connections were lost")

    def reads(self, client):
        try:
            return client.call("ListMeetings", limit=1)["meetings"]
        except wire.Refused:
            return None

    def test_its_limits(self):
        with open(f"/proc/{self.centre.process.pid}/limits", encoding="ascii") as file:
            limits = dict(re.findall(r"^(Max .+?) {2,}(\S+ +\S+)", file.read(), re.M))
        self.assertEqual(limits["Max core file size"].split(), ["0", "0"])
        with open(f"/proc/{self.centre.process.pid}/status", encoding="ascii") as file:
            status = dict(re.findall(r"^(\w+):\s+(.*)$", file.read(), re.M))
        self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
        self.assertEqual(os.stat(self.centre.socket).st_mode & 0o077, 0)


class ConfinedWorkers(Confined):
    """The same of a supervisor and its workers, one of which dies."""

    settings = {"workers": "2"}

    def test_when_a_worker_dies(self):
        supervisor = self.centre.process.pid

        def workers():
            with open(f"/proc/{supervisor}/task/{supervisor}/children", encoding="ascii") as file:
                return {int(pid) for pid in file.read().split()}

        before = workers()
        self.assertEqual(len(before), 2)
        os.kill(min(before), signal.SIGKILL)
        harness.wait_until(lambda: len(workers()) == 2 and workers() != before, 5, "another worker")
        with self.centre.connect("office") as client:
            harness.wait_until(lambda: self.reads(client), 10, "an answer")


class Migration(unittest.TestCase):
    def test_under_its_own_unit(self):
        """(The same filters: the two units may not drift apart.)"""
        ours, theirs = (confined.read_unit(UNITS[name]) for name in ("lvzhid", "lvzhid-migrate"))
        for key in ("SystemCallFilter", "RestrictAddressFamilies", "MemoryDenyWriteExecute"):
            self.assertEqual(ours[key], theirs[key])
        harness.postgres().sql("create database migrated owner lvzhi_owner")
        centre = harness.Centre(harness.postgres(), "migrated")
        centre.configure()
        confine = [sys.executable, CONFINED[1], UNITS["lvzhid-migrate"]]
        done = subprocess.run([*confine, os.path.join(BUILD, "lvzhid"), "--config=" + centre.config, "--migrate"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        shutil.rmtree(centre.directory)
