"""server/start: the first start of a centre, the next ones, their end, and what kills them."""

import os
import re
import shutil
import signal
import stat
import subprocess
import time
import unittest

import centre as c


class First(c.Case):
    """What the first start leaves, with the sample town."""

    def test_it_is_ready_in_a_minute(self):
        centre = c.sample().centre
        print(f"[{centre.seconds:.0f} s, {centre.crowd:.1f} processes a core]", end=" ", flush=True)
        self.assertLess(centre.seconds, 60 * centre.crowd)

    def test_it_prints_ready_an_address_and_three_commands_that_work(self):
        centre = c.sample().centre
        lines = centre.said().splitlines()
        after = lines[lines.index("ready") + 1:]
        self.assertIn(f"127.0.0.1:{centre.port}", after[0])
        self.assertIn(centre.data, after[0])
        commands = [line.strip() for line in after if line.strip().startswith("build/lvzhi")]
        self.assertEqual(len(commands), 3)
        for command in commands:
            done = subprocess.run(command, shell=True, cwd=c.tree(), env=c.environment(), capture_output=True,
                                  text=True, timeout=60)
            self.assertEqual(done.returncode, 0, f"{command}\n{done.stderr}")
            self.assertTrue(done.stdout.strip(), command)
            self.assertEqual(done.stderr, "", command)

    def test_every_post_has_a_profile_of_mode_0600(self):
        path = c.sample().path
        wanted = {"admin", "office", "chair", "auditor", "backup"}
        wanted |= {f"{letter}{n:02d}" for letter in "GL" for n in range(1, 28)}
        for name in ("units", "people"):
            with open(os.path.join(c.SAMPLE, name + ".csv"), encoding="utf-8") as file:
                wanted |= {line.split(",")[0] for line in file.readlines()[1:]}
        found = {name for name in os.listdir(path) if os.path.isfile(os.path.join(path, name))}
        self.assertEqual(found, wanted)
        for folder, _, names in os.walk(path):
            self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode), 0o700, folder)
            for name in names:
                self.assertEqual(stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode), 0o600, name)

    def test_profiles_of_every_kind_log_in(self):
        for name in ("admin", "office", "chair", "auditor", "backup", "G01", "G27", "L01", "U01", "D001"):
            with self.subTest(profile=name):
                self.said(c.sample().run(name, "health"), c.DONE)

    def test_two_profiles_share_neither_password_nor_device(self):
        settings = [c.sample().settings(name) for name in ("office", "chair", "G01", "L01", "U01", "D001")]
        for key in ("password", "device", "device_key", "outbox", "login"):
            self.assertEqual(len({s[key] for s in settings}), len(settings), key)

    def test_the_database_is_open_to_no_network(self):
        self.assertEqual(c.sample().centre.sql("show listen_addresses"), "")


class Life(c.Case):
    """A small centre, started and ended in every way."""

    centre = None
    stopped = False  # cleanly, as the test wanted

    def setUp(self):
        # What one test has broken is nothing to the next.
        cls = type(self)
        if cls.centre is not None and self.stopped:
            cls.centre.start()
        elif cls.centre is not None and not (cls.centre.running() and self.town.run("office", "health").code == c.DONE):
            cls.centre.end()
            cls.centre = None
        if cls.centre is None:
            cls.centre = c.Centre(os.path.join(c.fresh("life"), "data"), c.small_files(), c.free_port())
            cls.addClassCleanup(cls.centre.end)
            cls.town = cls.centre.place(c.SMALL_TOWN)
            cls.centre.start()
        cls.stopped = False

    def health(self):
        self.said(self.town.run("office", "health"), c.DONE)

    def assert_ended_cleanly(self, pids):
        self.assertEqual([pid for pid in pids if c.alive(pid)], [])
        self.assertEqual(c.processes_naming(self.centre.data + "/"), [])
        self.assertIsNone(self.centre.postmaster())
        self.assertFalse(os.path.exists(os.path.join(self.centre.run_directory(), "lvzhid.sock")))
        with open(os.path.join(self.centre.data, "pg/log")) as log:
            self.assertIn("database system is shut down", log.readlines()[-1])
        type(self).stopped = True

    def test_sigterm_ends_all_and_the_second_start_is_quick(self):
        pids = self.centre.everything()
        self.assertGreater(len(pids), 6)
        self.assertEqual(self.centre.stop(), 0)
        self.assert_ended_cleanly(pids)
        type(self).stopped = False
        profile = self.town.settings("office")
        self.centre.port, port = None, self.centre.port  # the port is remembered
        self.centre.start()
        self.assertLess(self.centre.seconds, 3 * c.crowd())
        self.assertIn(f"127.0.0.1:{port}", self.centre.said())
        self.assertEqual(self.town.settings("office")["address"], profile["address"])
        self.health()

    def test_sigint_ends_all(self):
        pids = self.centre.everything()
        self.assertEqual(self.centre.signal_and_wait(signal.SIGINT), 0)
        self.assert_ended_cleanly(pids)

    def test_ctrl_c_in_a_terminal_ends_all(self):
        # A terminal signals the whole group of processes, not start alone.
        pids = self.centre.everything()
        os.killpg(self.centre.process.pid, signal.SIGINT)
        self.assertEqual(self.centre.process.wait(30), 0)
        self.assert_ended_cleanly(pids)

    def test_another_port_is_told_to_every_profile(self):
        self.centre.stop()
        self.centre.port = c.free_port()
        self.centre.start()
        for name in ("office", "chair", "G01", "D001"):
            self.assertEqual(self.town.settings(name)["address"], f"127.0.0.1:{self.centre.port}")
        self.assertEqual(self.town.settings("admin")["address"], f"unix:{self.centre.run_directory()}/lvzhid.sock")
        self.health()
        self.said(self.town.run("admin", "health"), c.DONE)

    def test_a_second_start_on_the_same_directory_is_refused(self):
        done = subprocess.run(self.centre.command(), capture_output=True, text=True, timeout=30, env=c.environment(),
                              cwd="/")
        self.assertEqual(done.returncode, 1)
        self.assertIn("in use by another start", done.stderr)
        self.assertIn("正被另一个 start 使用", done.stderr)
        self.health()

    def test_a_killed_daemon_is_started_again(self):
        killed = self.centre.daemon()
        os.kill(killed, signal.SIGKILL)
        begun = time.monotonic()
        c.wait_until(lambda: self.centre.daemon() not in (None, killed), 10, "the daemon's restart")
        c.wait_until(lambda: self.town.run("office", "--timeout", "2", "health").code == c.DONE, 10, "an answer")
        self.assertLess(time.monotonic() - begun, 8)
        self.assertTrue(self.centre.running())
        self.said(self.town.run("office", "attendance", "record", "M003", "D004=present"), c.DONE)
        self.assertEqual(self.centre.stop(), 0)
        self.assert_ended_cleanly([])

    def test_a_killed_postgres_is_started_again(self):
        killed = self.centre.postmaster()
        os.kill(killed, signal.SIGKILL)
        begun = time.monotonic()

        def answered():
            return self.town.run("office", "--timeout", "3", "meetings", "--state", "open").code == c.DONE
        c.wait_until(answered, 30, "an answer from the database")
        self.assertNotEqual(self.centre.postmaster(), killed)
        self.assertLess(time.monotonic() - begun, 20)
        self.said(self.town.run("office", "attendance", "record", "M003", "D003=present"), c.DONE)
        self.assertEqual(self.centre.stop(), 0)
        self.assert_ended_cleanly([])

    def test_after_a_killed_start_the_next_one_takes_over(self):
        left = self.centre.everything()
        self.centre.process.kill()
        self.centre.process.wait()
        self.assertTrue(any(c.alive(pid) for pid in left))
        self.centre.start()
        self.health()
        daemons = c.processes_naming(f"--config={self.centre.data}/lvzhid.ini")
        self.assertEqual(len([pid for pid in daemons if c.alive(pid)]), 1)
        self.assertEqual(self.centre.stop(), 0)
        self.assert_ended_cleanly(left)


class Odd(c.Case):
    """Directories and flags that are out of the ordinary."""

    def refuse(self, *words):
        done = subprocess.run([os.path.join(c.tree(), "server/start"), *words], capture_output=True, text=True,
                              timeout=60, env=c.environment(), cwd="/")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertTrue(done.stderr.startswith("start: "), done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertRegex(done.stderr, "[一-鿿]")
        return done.stderr

    def started(self, data, check=lambda town: None):
        centre = c.Centre(data, c.small_files(), c.free_port())
        try:
            centre.start()
            town = centre.place(c.SMALL_TOWN)
            self.said(town.run("office", "health"), c.DONE)
            self.said(town.run("admin", "call", "ListTowns"), c.DONE)
            check(centre)
            pids = centre.everything()
            self.assertEqual(centre.stop(), 0)
            self.assertEqual([pid for pid in pids if c.alive(pid)], [])
            centre.start()
            self.assertLess(centre.seconds, 3 * c.crowd())
            self.said(town.run("office", "health"), c.DONE)
            self.assertEqual(centre.stop(), 0)
        finally:
            centre.end()

    def test_wrong_flags_are_refused(self):
        data = os.path.join(c.fresh("flags"), "data")
        self.assertIn("--colour", self.refuse("--colour"))
        self.assertIn("--data", self.refuse("--data"))
        self.assertIn("--port", self.refuse("--data", data, "--port", "http"))
        self.assertIn("town.csv", self.refuse("--data", data, "--town", "/nonexistent"))
        self.assertFalse(os.path.exists(data))

    def test_a_port_that_is_none_is_refused(self):
        data = os.path.join(c.fresh("flags"), "data")
        self.assertIn("--port", self.refuse("--data", data, "--port", "99999", "--town", c.small_files()))

    def test_help_is_printed(self):
        done = subprocess.run([os.path.join(c.tree(), "server/start"), "--help"], capture_output=True, text=True,
                              timeout=30, cwd="/")
        self.assertEqual(done.returncode, 0)
        for flag in ("--data", "--town", "--port"):
            self.assertIn(flag, done.stdout)

    def test_a_path_longer_than_a_socket_may_have_works(self):
        data = os.path.join(c.fresh("long"), "a" * 60, "b" * 60, "data")
        os.makedirs(os.path.dirname(data))
        self.assertGreater(len(data), 107)
        made = []
        self.started(data, lambda centre: made.append(centre.run_directory()))
        shutil.rmtree(made[0], ignore_errors=True)  # sockets outside of the directory

    def test_a_path_with_a_space_and_chinese_works(self):
        def commands_work(centre):
            for line in centre.said().splitlines():
                if line.strip().startswith("build/lvzhi"):
                    done = subprocess.run(line, shell=True, cwd=c.tree(), env=c.environment(), capture_output=True,
                                          text=True, timeout=60)
                    self.assertEqual(done.returncode, 0, f"{line}\n{done.stderr}")
        self.started(os.path.join(c.fresh("odd"), "青石镇 2025"), commands_work)

    @unittest.skipUnless(os.getuid() == 0, "only root needs another user for PostgreSQL")
    def test_a_directory_postgres_cannot_enter_says_what_to_type(self):
        closed = c.fresh("closed")
        os.chmod(closed, 0o700)
        data = os.path.join(closed, "data")
        said = self.refuse("--data", data, "--town", c.small_files())
        typed = re.search(r"type: (chmod .*?'.*?')", said)
        self.assertIsNotNone(typed, said)
        subprocess.run(typed[1], shell=True, check=True)
        self.started(data)

    @unittest.skipUnless(os.getuid() == 0, "only root needs another user for PostgreSQL")
    def test_it_may_be_typed_in_a_directory_postgres_cannot_enter(self):
        closed = c.fresh("closed")
        os.chmod(closed, 0o700)
        centre = c.Centre(os.path.join(c.fresh("open"), "data"), c.small_files(), c.free_port())
        try:
            centre.launch(closed)
            centre.wait_ready()
            self.assertNotIn("Permission denied", centre.said())
            self.assertEqual(centre.stop(), 0)
        finally:
            centre.end()

    def test_a_first_start_that_is_ended_halfway_is_finished_by_the_next(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            with self.subTest(signal=number):
                centre = c.Centre(os.path.join(c.fresh("half"), "data"), c.small_files(), c.free_port())
                try:
                    centre.launch()
                    profiles = os.path.join(centre.data, "profiles")
                    c.wait_until(lambda: os.path.exists(os.path.join(profiles, "office")), 60, "the first profile")
                    if number == signal.SIGTERM:
                        centre.signal_and_wait(number)
                        self.assertEqual(c.processes_naming(centre.data + "/"), [])
                    else:
                        centre.process.kill()
                        centre.process.wait()
                    centre.start()
                    town = centre.place(c.SMALL_TOWN)
                    for name in ("office", "chair", "G01", "L02", "U01", "D004"):
                        self.said(town.run(name, "health"), c.DONE)
                    self.assertEqual(len(town.json("office", "people")["people"]), 4)
                    self.assertEqual(centre.stop(), 0)
                finally:
                    centre.end()

    def test_a_port_of_another_centre_is_refused(self):
        centre = c.Centre(os.path.join(c.fresh("taken"), "data"), c.small_files(), c.sample().centre.port)
        try:
            with self.assertRaises(AssertionError) as caught:
                centre.start(60)
            self.assertIn("start ended with 1", str(caught.exception))
            self.assertIn("start: ", str(caught.exception))
            self.assertIn(str(centre.port), str(caught.exception))
            self.assertEqual(c.processes_naming(centre.data + "/"), [])
            for _ in range(8):
                self.said(c.sample().run("office", "health"), c.DONE)
        finally:
            centre.end()
