"""Every write happens once, whatever dies in the middle of it."""

import os
import signal
import threading
import time

import harness
import wire

CLIENTS = 10
OPS = 1000


class ExactlyOnce(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Half of the clients are machines over TLS, half stand at the Unix socket.
        cls.devices = [cls.centre.new_device() for _ in range(CLIENTS // 2)]
        cls.tokens = []
        for device in cls.devices:
            with cls.centre.connect_tls("clerk1", device) as client:
                cls.tokens.append(client.token)

    def connector(self, n):
        """How client `n` connects: again and again, with its token."""
        def connect():
            client = self.centre.tcp() if n < len(self.devices) else self.centre.unix()
            device = self.devices[n] if n < len(self.devices) else None
            token = self.tokens[n] if device else harness.base().tokens[harness.TOWN, "clerk1"]
            try:
                client.hello(harness.TOWN, device, token)
                if client.caller is None:
                    raise AssertionError("the token is gone")
            except BaseException:
                client.close()
                raise
            return client
        return connect

    def payloads(self, n, count):
        """Marks of ten deputies in turn; each client has a meeting's line of its own as often as not."""
        schema = harness.schema()
        author = harness.base().accounts[harness.TOWN, "clerk1"]
        device = self.devices[n].device_id if n < len(self.devices) else None
        made = []
        for i in range(count):
            op = {"op_id": wire.uuid7(), "device_seq": i + 1, "authored_us": time.time_ns() // 1000,
                  "device_id": device, "author_id": author}
            mark = ["present", "late", "left_early", "absent"][i % 4]
            fields = harness.mark_fields(person=f"D{(n + i) % 10 + 1:02d}", mark=mark)
            made.append(schema.encode(".lvzhi.v1.RecordAttendanceRequest", {"op": op, **fields}))
        return made

    def run_under(self, trouble, ops=OPS, window=8):
        """Write from ten clients while trouble(answered) goes on in the main thread; then compare all records."""
        before = self.centre.count("operation"), self.centre.count("attendance_mark")
        lock, answered = threading.Lock(), [0]

        def count():
            with lock:
                answered[0] += 1

        writers = [harness.Writer(self.connector(n), self.payloads(n, ops // CLIENTS), window=window, on_answer=count)
                   for n in range(CLIENTS)]
        for writer in writers:
            writer.start()
        try:
            trouble(lambda: answered[0])
            harness.join_all(writers)
        finally:
            for writer in writers:
                writer.stopping = True
            for writer in writers:
                writer.join(10)
        self.assertTrue(self.centre.is_alive())
        self.compare(writers, ops, before)
        return writers

    def compare(self, writers, ops, before):
        self.assertEqual(sum(len(w.answers) for w in writers), ops)
        ledger = {bytes.fromhex(id): bytes.fromhex(reply) for id, reply in self.centre.sql(
            "select encode(uuid_send(op_id), 'hex'), encode(reply, 'hex') from data.operation"
        )}
        schema = harness.schema()
        for w in writers:
            for i, frame in w.answers.items():
                self.assertEqual(frame.type, wire.RESPONSE, frame)
                op_id = schema.decode("RecordAttendanceRequest", w.payloads[i])["op"]["op_id"]
                self.assertEqual(ledger.get(op_id), frame.payload, "an answer is not what the ledger holds")
        self.assertEqual(self.centre.count("operation") - before[0], ops)
        self.assertEqual(self.centre.count("attendance_mark") - before[1], ops)
        doubled = self.centre.one(
            "select count(*) from (select op_id from data.attendance_mark"
            " where op_id in (select op_id from data.operation where method = 33) group by op_id having count(*) > 1) d"
        )
        self.assertEqual(doubled, "0")

    @staticmethod
    def after(answered, count):
        harness.wait_until(lambda: answered() >= count, 40, f"answer {count}")

    def test_daemon_killed(self):
        def trouble(answered):
            for count in (150, 400, 700):
                self.after(answered, count)
                self.centre.kill()
                self.centre.settings["listen"] = f"127.0.0.1:{self.centre.port}"
                self.centre.start()
        writers = self.run_under(trouble)
        self.assertGreater(sum(w.connections for w in writers), CLIENTS)

    def test_postmaster_killed(self):
        def trouble(answered):
            self.after(answered, 300)
            harness.postgres().crash()
            harness.postgres().start()
        self.run_under(trouble)

    def test_backend_killed(self):
        def trouble(answered):
            for count in (200, 600):
                self.after(answered, count)
                backends = self.centre.backends("application_name = 'lvzhid'")
                if backends:
                    os.kill(backends[0], signal.SIGKILL)
        self.run_under(trouble)

    def test_backends_terminated_in_a_loop(self):
        rounds = [0]

        def trouble(answered):
            while answered() < 2 * OPS - 200:
                harness.postgres().sql(
                    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'lvzhid'"
                    " and query not like 'listen%'"
                )
                rounds[0] += 1
                time.sleep(0.1)
        self.run_under(trouble, ops=2 * OPS, window=4)
        self.assertGreater(rounds[0], 2)

    def test_postgres_stopped_and_continued(self):
        def trouble(answered):
            for count in (200, 600):
                self.after(answered, count)
                harness.postgres().pause()
                time.sleep(0.7)
                harness.postgres().resume()
        self.run_under(trouble)
