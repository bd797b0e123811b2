"""Health and metrics over HTTP: what was done is what is counted, and only this machine may ask."""

import os
import re
import resource
import signal
import socket
import subprocess
import time

import harness
import wire


class Metrics(harness.Case):
    settings = {"metrics": "127.0.0.1:0"}

    def get(self, path, method="GET"):
        return self.centre.watch(path, method)

    def scrape(self):
        return self.centre.metrics()

    def added(self, before, name):
        return self.scrape()[name] - before[name]

    def test_the_format(self):
        """Every line is a series of its metric; HELP and TYPE come once and first; buckets grow up to the count."""
        with self.centre.connect("clerk1") as client:
            client.call("RecordAttendance", op=client.op(), **harness.mark_fields())
        (status, text, kind), types, seen = self.get("/metrics"), {}, set()
        self.assertEqual((status, kind), (200, "text/plain; version=0.0.4; charset=utf-8"))
        self.assertTrue(text.endswith("\n"))
        for line in text.splitlines():
            if line.startswith("# "):
                what, name, rest = re.fullmatch(r"# (HELP|TYPE) ((?:lvzhid|process)_[a-z_]+) (.+)", line).groups()
                self.assertNotIn((what, name), seen)
                seen.add((what, name))
                if what == "TYPE":
                    types[name] = rest
                continue
            name, labels, value = re.fullmatch(r'([a-z_]+)(\{[a-zA-Z_]+="[^"{}]*"(?:,[a-z]+="[^"]*")*\})? (\S+)',
                                               line).groups()
            float(value)
            self.assertNotIn((name, labels), seen)
            seen.add((name, labels))
            base = name if name in types else re.sub("_(bucket|sum|count)$", "", name)
            self.assertEqual(name.endswith("_total"), types[base] == "counter", line)
            self.assertEqual(base != name, types[base] == "histogram", line)
        for name, labels in re.findall(r"^(lvzhid_[a-z_]+)_count(\S*) ", text, re.M):
            inner = labels.strip("{}")
            counts = [float(n) for n in re.findall(
                rf'^{name}_bucket\{{{re.escape(inner)}{"," if inner else ""}le="[^"]+"\}} (\S+)$', text, re.M)]
            self.assertGreater(len(counts), 5)
            self.assertEqual(counts, sorted(counts))
            self.assertEqual(counts[-1], float(re.search(rf"^{name}_count{re.escape(labels)} (\S+)$", text, re.M)[1]))

    def test_what_was_done_is_counted(self):
        with self.centre.connect("clerk1") as client:
            before = self.scrape()
            ops = [client.op() for _ in range(20)]
            payloads = [client.payload("RecordAttendance", op=op, **harness.mark_fields(person=f"D{n + 1:02d}"))
                        for n, op in enumerate(ops)]
            for id in client.send_all([("RecordAttendance", p) for p in payloads]):
                client.reply(id)
            for id in client.send_all([("RecordAttendance", p) for p in payloads[:7]]):
                client.reply(id)
            for _ in range(3):
                fields = harness.mark_fields()
                fields["meeting_id"] = wire.uuid7()
                self.refused("NOT_FOUND", client.call, "RecordAttendance", op=client.op(), **fields)
            for _ in range(5):
                client.call("Health")
            after = self.scrape()
            grown = {name: after[name] - before[name] for name in after}
            for name, count in {
                'lvzhid_requests_total{kind="write"}': 30, 'lvzhid_requests_total{kind="read"}': 5,
                'lvzhid_answers_total{outcome="OK"}': 25, 'lvzhid_answers_total{outcome="REPLAYED"}': 7,
                'lvzhid_answers_total{outcome="NOT_FOUND"}': 3, 'lvzhid_request_seconds_count{kind="write"}': 30,
                'lvzhid_request_seconds_count{kind="read"}': 5,
            }.items():
                self.assertEqual(grown[name], count, name)
            self.assertGreaterEqual(grown['lvzhid_segments_total{end="failed"}'], 3)
            self.assertGreaterEqual(grown["lvzhid_segment_operations_sum"], 27)
            self.assertEqual(after["lvzhid_connections"], 1)
            self.assertEqual(after['lvzhid_postgres_ready{kind="write"}'], 2)
            self.assertGreater(after["process_resident_memory_bytes"], 1 << 20)
            self.assertAlmostEqual(after["process_start_time_seconds"], time.time(), delta=600)

    def test_files(self):
        pid = self.centre.process.pid
        before = self.scrape()
        self.assertEqual(before["process_max_fds"], resource.prlimit(pid, resource.RLIMIT_NOFILE)[0] - harness.FILES_OF_VALGRIND)
        held = [self.centre.unix() for _ in range(20)]
        for client in held:
            client.hello(harness.TOWN)
        self.assertEqual(self.added(before, "process_open_fds"), len(held))
        for client in held:
            client.close()
        harness.wait_until(lambda: self.added(before, "process_open_fds") == 0, 5, "their end")
        # Inside as outside, but for the one that asks.
        harness.wait_until(lambda: self.scrape()["process_open_fds"] == len(os.listdir(f"/proc/{pid}/fd")) + 1, 5, "the same")

    def test_what_was_built(self):
        [version] = {re.fullmatch(r'lvzhid_build_info\{version="([^"]+)",compiler="[^"]+"\}', name)[1]
                     for name, value in self.scrape().items() if name.startswith("lvzhid_build_info") and value == 1}
        with open(os.path.join(harness.SOURCE, "CMakeLists.txt"), encoding="utf-8") as file:
            self.assertIn(f"project(lvzhi VERSION {version} ", file.read())

    def test_turns_of_the_loop(self):
        """Work counts, waiting does not."""
        with self.centre.connect("clerk1") as client:
            before, began = self.scrape(), time.monotonic()
            for _ in range(200):
                client.call("Health")
            after, took = self.scrape(), time.monotonic() - began
            self.assertGreaterEqual(after["lvzhid_loop_turn_seconds_count"] - before["lvzhid_loop_turn_seconds_count"], 400)
            self.assertGreater(after["lvzhid_loop_turn_seconds_sum"], before["lvzhid_loop_turn_seconds_sum"])
            self.assertLess(after["lvzhid_loop_turn_seconds_sum"] - before["lvzhid_loop_turn_seconds_sum"], took)
        before = self.scrape()
        time.sleep(2)
        self.assertLess(self.added(before, "lvzhid_loop_turn_seconds_sum"), 1)

    def test_nobody_is_told_who(self):
        with self.centre.connect("clerk1") as client:
            client.call("RecordAttendance", op=client.op(), **harness.mark_fields())
        text = self.get("/metrics")[1]
        for word in ("clerk1", str(harness.TOWN), "D01"):
            self.assertNotIn(word, text)

    def test_paths_and_methods(self):
        self.assertEqual(self.get("/healthz")[:2], (200, "ok\n"))
        self.assertEqual(self.get("/readyz")[:2], (200, "ok\n"))
        self.assertEqual(self.get("/healthz", "HEAD")[:2], (200, ""))
        for path in ("/", "/metrics/", "/metrics2", "/../etc/passwd", "/%2e%2e/etc/passwd"):
            self.assertEqual(self.get(path)[0], 404, path)
        self.assertEqual(self.get("/metrics", "POST")[0], 405)

    def test_garbage_and_silence_harm_nobody(self):
        held = []
        try:
            for said in [b"", b"\x16\x03\x01\x02", b"GET " + b"/" * 100000, b"GET /metrics HTTP/1.1\r\nx: " + b"y" * 70000,
                         b"GET /metrics HTTP/1.1\r\n"] * 10:
                s = socket.create_connection(("127.0.0.1", self.centre.metrics_port()))
                held.append(s)
                s.setblocking(False)
                try:
                    s.send(said)
                except (BlockingIOError, ConnectionError):
                    pass
            with self.centre.connect("clerk1") as client:
                began = time.monotonic()
                client.call("Health")
                self.assertLess(time.monotonic() - began, harness.SLOWER)
        finally:
            for s in held:
                s.close()
        harness.wait_until(self.answers, 15, "an answer")

    def answers(self):
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def test_only_this_machine(self):
        for address in ("0.0.0.0:0", "10.0.0.1:9440", "localhost:9440", "127.0.0.1", ":9440"):
            self.centre.configure()
            done = subprocess.run(self.centre.command("--listen=", "--unix_path=", "--metrics=" + address),
                                  capture_output=True, text=True, timeout=20 * harness.SLOWER)
            self.assertEqual(done.returncode, 1, address)
            self.assertIn("no loopback address", done.stderr)

    def test_a_port_for_each_worker(self):
        self.centre.configure()
        done = subprocess.run(
            self.centre.command("--listen=", "--unix_path=", "--workers=2", "--metrics=127.0.0.1:65535"),
            capture_output=True, text=True, timeout=20 * harness.SLOWER)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("no port above 65535", done.stderr)

    def test_ends_with_a_scraper_there(self):
        other = harness.Centre(self.centre.postgres, self.centre.database, metrics="127.0.0.1:0")
        place = os.path.join(self.centre.directory, "second")
        os.makedirs(place, exist_ok=True)
        other.config, other.log = os.path.join(place, "ini"), os.path.join(place, "log")
        other.socket = other.settings["unix_path"] = os.path.join(place, "sock")
        other.start()
        port = other.metrics_port()
        with socket.create_connection(("127.0.0.1", port)) as half, socket.create_connection(("127.0.0.1", port)) as idle:
            half.send(b"GET /metrics HTTP/1.1\r\n")
            idle.send(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            time.sleep(0.2)
            other.stop()


class Ready(harness.Case):
    """With a PostgreSQL of its own, to be stopped."""

    @classmethod
    def setUpClass(cls):
        cls.postgres = harness.Postgres("pg_metrics")
        harness.create_roles(cls.postgres)
        cls.postgres.sql("create database metrics owner lvzhi_owner")
        cls.centre = harness.Centre(cls.postgres, "metrics", metrics="127.0.0.1:0")
        cls.centre.migrate()
        cls.centre.start()
        cls.addClassCleanup(cls.postgres.stop)
        cls.addClassCleanup(cls.centre.kill)

    def ready(self):
        return self.centre.watch("/readyz")[:2]

    def test_not_without_postgres(self):
        harness.wait_until(lambda: self.ready() == (200, "ok\n"), 10, "200")
        self.postgres.stop()
        status, text = harness.wait_until(lambda: (r := self.ready())[0] == 503 and r, 10, "503")
        self.assertIn("for writes is missing", text)
        self.postgres.start()
        harness.wait_until(lambda: self.ready()[0] == 200, 10, "200")

    def test_not_while_a_write_waits(self):
        """PostgreSQL stands still: its connections are there, and nothing comes of them."""
        harness.wait_until(lambda: self.ready()[0] == 200, 10, "200")
        with self.centre.unix() as admin:
            admin.hello(0)
            self.postgres.pause()
            try:
                admin.send("CreateTown", admin.payload("CreateTown", town_id=533429009, name="x", term="y",
                                                       term_starts_on="2022-03-01"))
                status, text = harness.wait_until(lambda: (r := self.ready())[0] == 503 and r, 12, "503")
                self.assertEqual(text, "a write has been waiting for too long\n")
            finally:
                self.postgres.resume()
        harness.wait_until(lambda: self.ready()[0] == 200, 10, "200")


    def test_drains_alive_and_not_ready(self):
        """Told to end while a write is under way: it lives until that is answered, and wants no new clients."""
        harness.wait_until(lambda: self.ready()[0] == 200, 10, "200")
        self.addCleanup(lambda: self.centre.is_alive() or self.centre.start())
        with self.centre.unix() as admin:
            admin.hello(0)
            self.postgres.pause()
            try:
                id = admin.send("CreateTown", admin.payload("CreateTown", town_id=533429010, name="x", term="y",
                                                            term_starts_on="2022-03-01"))
                admin.ping()
                self.centre.process.send_signal(signal.SIGTERM)
                status, text = harness.wait_until(lambda: (r := self.ready())[0] == 503 and r, 5, "503")
                self.assertEqual(text, "draining\n")
                self.assertEqual(self.centre.watch("/healthz")[:2], (200, "ok\n"))
            finally:
                self.postgres.resume()
            self.assertEqual(admin.wait(id).type, wire.RESPONSE)
        self.assertEqual(self.centre.process.wait(10), 0)
        with self.assertRaises(ConnectionRefusedError):
            self.ready()


class Workers(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.port = harness.free_ports(2)
        cls.settings = {"workers": "2", "metrics": f"127.0.0.1:{cls.port}"}
        super().setUpClass()

    def test_a_port_each(self):
        for number in range(2):
            def asked():
                try:
                    return self.centre.watch("/healthz", port=self.port + number)[0] == 200
                except OSError:
                    return False
            harness.wait_until(asked, 10, f"worker {number}")
