"""Several workers on one port: watched, replaced, told of the same things, drained together."""

import os
import signal
import socket
import subprocess
import time

import harness
import wire

TOWN = harness.TOWN


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def sockets(pid):
    found = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            found.add(os.readlink(f"/proc/{pid}/fd/{fd}"))
        except FileNotFoundError:
            pass
    return {name for name in found if name.startswith("socket:")}


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Workers(harness.Case):
    settings = {"workers": "2"}

    def setUp(self):
        self.pids = harness.wait_until(self.workers, 20, "two workers")

    def workers(self):
        """Both, once both serve."""
        pids = children(self.centre.process.pid)
        with open(self.centre.log, encoding="utf-8") as log:
            started = "ready: 2 workers" in log.read()
        return pids if len(pids) == 2 and started and all(len(sockets(pid)) > 5 for pid in pids) else None

    def on(self, pid, login):
        """A client of that worker, over TCP: the kernel chooses, so as many are tried as it takes."""
        device = self.centre.new_device()
        for _ in range(200):
            before = sockets(pid)
            client = self.centre.connect_tls(login, device)
            if sockets(pid) - before:
                self.addCleanup(client.close)
                return client
            client.close()
        raise AssertionError("the kernel never gave a client to that worker")

    def mark(self, client, person="D01", mark="present"):
        return client.call("RecordAttendance", op=client.op(), **harness.mark_fields(person=person, mark=mark))

    def test_clients_of_both(self):
        for pid in self.pids:
            self.assertEqual(self.mark(self.on(pid, "clerk1"))["recorded"], 1)

    def test_killed_and_replaced(self):
        """The other's clients notice nothing; what the dead one was doing is done once."""
        dead, other = self.pids
        undisturbed = self.on(other, "clerk1")
        device = self.centre.new_device()
        with self.centre.connect_tls("clerk1", device) as client:
            payloads = [client.payload("RecordAttendance", op=client.op(),
                                       **harness.mark_fields(person=f"D{n % 19 + 1:02d}", mark=["present", "late"][n % 2]))
                        for n in range(400)]
        before = self.centre.count("operation")
        writers = [harness.Writer(lambda: self.centre.connect_tls("clerk1", device), payloads[i::4]) for i in range(4)]
        for writer in writers:
            writer.start()
        harness.wait_until(lambda: sum(len(w.answers) for w in writers) > 40, 20, "answers")
        os.kill(dead, signal.SIGKILL)
        for _ in range(20):
            self.mark(undisturbed, mark="late")
        harness.join_all(writers)
        self.assertEqual(self.centre.count("operation"), before + 420)
        self.assertEqual(self.centre.one("select count(*) - count(distinct op_id) from data.attendance_mark where device_id ="
                                         f" '{device.device_id.hex()}'"), "0")
        self.assertNotIn(dead, harness.wait_until(self.workers, 20, "another worker"))
        self.assertTrue(is_alive(other))

    def test_revoked_on_the_other(self):
        device = self.centre.new_device()
        victims = []
        for pid in self.pids:
            while not victims or len(victims) <= self.pids.index(pid):
                before = sockets(pid)
                client = self.centre.connect_tls("clerk1", device)
                if sockets(pid) - before:
                    victims.append(client)
                    self.addCleanup(client.close)
                else:
                    client.close()
        with self.centre.admin() as admin:
            admin.call("RevokeDevice", town_id=TOWN, device_id=device.device_id, reason="lost")
        for client in victims:
            self.assertEqual([client.error_of(f).rule for f in client.read_to_end(5) if f.type == wire.ERROR],
                             ["device_revoked"])

    def test_told_of_what_the_other_did(self):
        one, other = self.on(self.pids[0], "clerk1"), self.on(self.pids[1], "office")
        other.call("Subscribe", topics=["meeting"])
        self.mark(one)
        self.assertEqual(other.receive_frame(5).type, wire.EVENT)

    def test_a_port_of_others_is_not_joined(self):
        port = self.centre.port
        other = harness.Centre(self.centre.postgres, self.centre.database, listen=f"127.0.0.1:{port}", workers="2")
        other.directory = os.path.join(self.centre.directory, "other")
        os.mkdir(other.directory)
        other.config, other.log = os.path.join(other.directory, "ini"), os.path.join(other.directory, "log")
        other.settings["unix_path"] = os.path.join(other.directory, "sock")
        with self.assertRaisesRegex(AssertionError, "cannot listen on"):
            other.start()
        # Not even one that shares: it is found before anything is shared.
        with socket.socket() as stranger:
            stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            stranger.bind(("127.0.0.1", 0))
            stranger.listen()
            other.settings["listen"] = f"127.0.0.1:{stranger.getsockname()[1]}"
            with self.assertRaisesRegex(AssertionError, "cannot listen on"):
                other.start()


class End(harness.Case):
    settings = {"workers": "3"}

    @classmethod
    def setUpClass(cls):
        cls.centre = harness.copy_of_base("test_workers_end", **cls.settings)
        cls.addClassCleanup(cls.centre.kill)

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        self.centre.start()
        self.pids = harness.wait_until(lambda: len(c := children(self.centre.process.pid)) == 3 and c, 10, "workers")

    def test_sigterm_drains_all(self):
        clients = [self.centre.connect("clerk1") for _ in range(12)]
        self.centre.process.send_signal(signal.SIGTERM)
        for client in clients:
            frames = client.read_to_end(15)
            self.assertEqual([f.type for f in frames if f.type != wire.PING], [wire.GOAWAY])
            client.close()
        self.assertEqual(self.centre.process.wait(20), 0)
        self.assertFalse(any(is_alive(pid) for pid in self.pids))
        self.assertFalse(os.path.exists(self.centre.socket))

    def test_none_outlives_the_supervisor(self):
        self.centre.process.kill()
        self.centre.process.wait()
        harness.wait_until(lambda: not any(is_alive(pid) for pid in self.pids), 5, "the end of all workers")

    def test_one_that_cannot_start_does_not_spin(self):
        """The calls are gone when a worker has to be replaced: it is tried again, ever more slowly, and the others serve."""
        moved = self.centre.settings["sql"]
        self.centre.stop()
        place = os.path.join(self.centre.directory, "sql")
        subprocess.run(["cp", "-r", moved, place], check=True)
        self.centre.settings["sql"] = place
        try:
            self.centre.start()
            pids = harness.wait_until(lambda: len(c := children(self.centre.process.pid)) == 3 and c, 10, "workers")
            harness.wait_until(lambda: "ready: 3 workers" in self.centre.tail(3), 10, "all to be ready")
            os.rename(os.path.join(place, "calls"), os.path.join(place, "gone"))
            os.kill(pids[0], signal.SIGKILL)
            time.sleep(4)
            with open(self.centre.log, encoding="utf-8") as log:
                tries = log.read().count("has no such file")
            self.assertTrue(2 <= tries <= 12, f"{tries} tries")
            with self.centre.connect("clerk1") as client:
                self.assertEqual(client.call("RecordAttendance", op=client.op(), **harness.mark_fields())["recorded"], 1)
            os.rename(os.path.join(place, "gone"), os.path.join(place, "calls"))
            harness.wait_until(lambda: len(c := children(self.centre.process.pid)) == 3 and pids[0] not in c, 10, "it")
            self.centre.stop()
        finally:
            self.centre.settings["sql"] = moved

    def test_they_start_as_a_whole(self):
        """One ends after others are ready, and before it ever was: a fault of the configuration is told at the start."""
        self.centre.stop()
        self.centre.configure()
        path = os.path.join(self.centre.directory, "whole.log")
        with open(path, "w", encoding="utf-8") as log:
            daemon = subprocess.Popen([os.path.join(harness.BUILD, "lvzhid"), "--config=" + self.centre.config], stderr=log)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.kill)
        pids = harness.wait_until(lambda: len(c := children(daemon.pid)) == 3 and c, 10, "workers")
        os.kill(pids[0], signal.SIGSTOP)

        def said():
            with open(path, encoding="utf-8") as log:
                return log.read()
        harness.wait_until(lambda: said().count("ready: worker") == 2, 20, "the others")
        time.sleep(0.6)  # two of the supervisor's looks
        self.assertNotIn("ready: worker 0", said())
        os.kill(pids[0], signal.SIGKILL)
        self.assertEqual(daemon.wait(20), 128 + signal.SIGKILL)

    def test_none_can_start(self):
        self.centre.stop()
        self.centre.settings["sql"] = "/nowhere"
        self.centre.configure()
        done = subprocess.run(self.centre.command(), capture_output=True, text=True, timeout=20 * harness.SLOWER)
        self.centre.settings["sql"] = os.path.join(harness.SOURCE, "sql")
        self.assertEqual(done.returncode, 1)
        self.assertIn("has no such file", done.stderr)

    def tearDown(self):
        if self.centre.process.poll() is None:
            self.centre.stop()
