"""With a synchronous standby, nothing is answered before the standby holds it: neither a first run nor a replay."""

import time

import harness
import wire


class Standby(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.primary = harness.postgres()
        cls.standby = harness.Postgres("standby1", source=cls.primary)
        cls.addClassCleanup(cls.standby.stop)
        cls.addClassCleanup(cls.primary.require_standby, "")

    def setUp(self):
        if self.standby.process.poll() is not None:
            self.standby.start()
        self.primary.require_standby("standby1")
        self.effects = self.centre.count("attendance_mark")
        self.clients = [self.centre.connect("clerk1", timeout=30) for _ in range(4)]
        for client in self.clients:
            self.addCleanup(client.close)
        self.payload = self.clients[0].payload("RecordAttendance", **harness.mark_fields())
        self.ids = []

    def send(self, client):
        self.ids.append((client, client.send("RecordAttendance", self.payload)))

    def waiting(self):
        return self.primary.waiting_for_standby()

    def nothing_comes(self, seconds=1.0):
        until = time.monotonic() + seconds
        for client, id in self.ids:
            try:
                frame = client.wait(id, max(0.05, until - time.monotonic()))
            except wire.Silent:
                continue
            self.fail(f"answered while the standby is away: {frame}")

    def come_back(self):
        """The standby is back: every sending is answered alike, and it was done once."""
        self.standby.start()
        frames = [client.wait(id, 20) for client, id in self.ids]
        self.assertEqual({f.type for f in frames}, {wire.RESPONSE}, frames)
        self.assertEqual(len({f.payload for f in frames}), 1)
        self.assertEqual(self.centre.count("attendance_mark") - self.effects, 1)
        self.assertTrue(self.centre.is_alive())

    def trouble(self, function):
        """Cancel or terminate each backend that waits, each time the operation comes to wait again."""
        self.standby.stop()
        self.send(self.clients[0])
        for _ in range(3):
            for pid in harness.wait_until(self.waiting, 10, "a commit that waits for the standby"):
                self.primary.sql(f"select {function}({pid})")
            self.nothing_comes(0.4)
        for client in self.clients[1:]:
            self.send(client)
        self.nothing_comes(1.0)
        for pid in harness.wait_until(self.waiting, 10, "a commit that waits for the standby"):
            self.primary.sql(f"select {function}({pid})")
        self.nothing_comes(0.6)
        self.come_back()

    def test_standby_away(self):
        self.standby.stop()
        self.send(self.clients[0])
        self.nothing_comes(1.0)
        for client in self.clients[1:]:
            self.send(client)
        self.nothing_comes(0.6)
        self.come_back()

    def test_wait_cancelled(self):
        self.trouble("pg_cancel_backend")

    def test_backend_terminated(self):
        self.trouble("pg_terminate_backend")

    def test_login_whose_commit_was_not_heard_of(self):
        with self.centre.unix(timeout=30) as client:
            client.hello(harness.TOWN)
            self.standby.stop()
            id = client.send("Login", client.payload("Login", login="clerk1", password=harness.PASSWORD))
            for function in ("pg_cancel_backend", "pg_terminate_backend"):
                for pid in harness.wait_until(self.waiting, 10, "a login that waits for the standby"):
                    self.primary.sql(f"select {function}({pid})")
            with self.assertRaises(wire.Silent):
                client.wait(id, 0.4)
            self.standby.start()
            self.assertEqual(client.reply(id, 20)["caller"]["login"], "clerk1")

    def test_replay_of_an_old_operation_waits_too(self):
        first = self.clients[0].wait(self.clients[0].send("RecordAttendance", self.payload))
        self.standby.stop()
        self.send(self.clients[1])
        self.nothing_comes(0.6)
        self.standby.start()
        again = self.clients[1].wait(self.ids[0][1], 20)
        self.assertEqual((again.payload, again.flags), (first.payload, wire.REPLAYED))

    def test_refusals_need_no_standby_and_reads_neither(self):
        self.standby.stop()
        with self.centre.connect("clerk1") as clerk:
            reply = clerk.call("ListMeetings", timeout=3)
            self.assertTrue(reply["meetings"])
