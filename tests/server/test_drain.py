"""SIGTERM under load, and a new schema: GOAWAY, all that came before it is answered, nothing is lost."""

import signal
import threading
import time

import harness
import wire


class Drain(harness.Case):
    @classmethod
    def tearDownClass(cls):
        cls.centre.kill()

    def setUp(self):
        if not self.centre.is_alive():
            self.centre.start()

    def load(self, client, state):
        """Keep 32 requests in flight until the end; note what was sent, answered, and the GOAWAY."""
        state.update(sent={}, answers={}, goaway=None)
        try:
            while True:
                burst = b""
                while client.next_id - 1 - len(state["answers"]) < 32 and state["goaway"] is None:
                    payload = client.payload("RecordAttendance", **harness.mark_fields(person="D04"))
                    id, data = client.frame("RecordAttendance", payload)
                    state["sent"][id] = payload
                    burst += data
                try:
                    client.send_bytes(burst)
                except wire.Closed:
                    pass  # it has ended; what it said before is still to be read
                frame = client.receive_frame(20)
                if frame.type == wire.GOAWAY:
                    state["goaway"] = frame
                else:
                    state["answers"][frame.id] = frame
        except wire.Closed:
            state["closed"] = True
        except wire.Silent:
            state["closed"] = False

    def drain(self, trouble, code, name):
        before = self.centre.count("attendance_mark")
        clients = [self.centre.connect("clerk1") for _ in range(6)]
        states = [{} for _ in clients]
        threads = [threading.Thread(target=self.load, args=pair, daemon=True) for pair in zip(clients, states)]
        for thread in threads:
            thread.start()
        time.sleep(0.4)
        trouble()
        self.assertEqual(self.centre.process.wait(15 * harness.SLOWER), code, self.centre.tail())
        for thread in threads:
            thread.join(15 * harness.SLOWER)
        answered = 0
        for state in states:
            goaway = state["goaway"]
            self.assertIsNotNone(goaway, "closed without GOAWAY")
            self.assertEqual(wire.ERRORS[goaway.code][0], name)
            self.assertGreater(goaway.aux, 0)
            self.assertTrue(state["closed"])
            promised = {id for id in state["sent"] if id <= goaway.id}
            self.assertEqual(set(state["answers"]), promised, "what was promised is what was answered")
            self.assertEqual({f.type for f in state["answers"].values()}, {wire.RESPONSE})
            answered += len(promised)
        self.assertGreater(answered, 100)
        self.assertEqual(self.centre.count("attendance_mark") - before, answered, "nothing past GOAWAY was done")
        for client in clients:
            client.close()
        self.centre.start()
        with self.centre.connect("clerk1") as clerk:
            left = [p for s in states for id, p in s["sent"].items() if id > s["goaway"].id]
            for payload in left[:20]:
                frame = clerk.wait(clerk.send("RecordAttendance", payload))
                self.assertEqual((frame.type, frame.flags), (wire.RESPONSE, 0))

    def test_sigterm(self):
        self.drain(lambda: self.centre.process.send_signal(signal.SIGTERM), 0, "SHUTDOWN")

    def test_sigint(self):
        self.drain(lambda: self.centre.process.send_signal(signal.SIGINT), 0, "SHUTDOWN")

    def test_new_schema(self):
        """A migration was applied: drain, and an exit code that asks to be started again."""
        self.drain(lambda: self.centre.sql("notify lvzhi, 'schema'"), 75, "MAINTENANCE")

    def test_idle_sessions_do_not_hold_it(self):
        clients = [self.centre.connect("clerk1") for _ in range(5)] + [self.centre.unix()]
        began = time.monotonic()
        self.centre.stop()
        self.assertLess(time.monotonic() - began, 3 * harness.SLOWER)
        for client in clients[:5]:
            frames = client.read_to_end()
            self.assertEqual([f.type for f in frames], [wire.GOAWAY])
        for client in clients:
            client.close()
        self.centre.start()

    def test_a_login_under_way(self):
        """Who logs in, or out, in that moment has left all the same: nothing after GOAWAY is done or waited for."""
        client = self.centre.connect("clerk1")
        self.addCleanup(client.close)
        began = time.monotonic()
        login = client.send("Login", client.payload("Login", login="office", password=harness.PASSWORD))
        self.assertEqual(client.ping(), 7)  # it has been taken
        self.centre.process.send_signal(signal.SIGTERM)
        client.wait(login)
        self.assertEqual([f.type for f in client.others], [wire.GOAWAY])
        try:
            client.send("Health", b"")
        except wire.Closed:
            pass
        self.assertEqual([f for f in client.read_to_end(20)], [])
        self.assertEqual(self.centre.process.wait(15 * harness.SLOWER), 0, self.centre.tail())
        self.assertLess(time.monotonic() - began, 5 * harness.SLOWER)

    def test_passwords_being_hashed(self):
        """Who asked for it has gone, and so have the daemon's connections, when the hash is there."""
        admins = [self.centre.admin() for _ in range(30)]
        for admin in admins:
            admin.send("SetPassword", admin.payload("SetPassword", town_id=harness.TOWN, login="office2", password="长" * 20))
            self.assertEqual(admin.ping(), 7)  # it has been taken
        for admin in admins:
            admin.close()
        self.centre.stop()

    def test_while_postgres_stands_still(self):
        """It does not wait for ever; what was sent and not answered is told as unknown, also what waits for another."""
        client = self.centre.connect("clerk1")
        office = self.centre.connect("office")
        self.addCleanup(office.close)
        payload = client.payload("RecordAttendance", **harness.mark_fields(person="D05"))
        harness.postgres().pause()
        try:
            id = client.send("RecordAttendance", payload)
            client.ping()
            office.send("SealNow", office.payload("SealNow"))
            office.send("RecordAttendance", office.payload("RecordAttendance", **harness.mark_fields(person="D06")))
            office.ping()
            self.centre.process.send_signal(signal.SIGTERM)
            self.assertEqual(self.centre.process.wait(15 * harness.SLOWER), 0, self.centre.tail())
            try:
                frame = client.wait(id, 1)
                self.assertEqual(client.error_of(frame).fields["outcome"], "unknown")
            except wire.Closed:
                pass
        finally:
            harness.postgres().resume()
        client.close()
        self.centre.start()
        with self.centre.connect("clerk1") as clerk:
            frame = clerk.wait(clerk.send("RecordAttendance", payload))
            self.assertEqual(frame.type, wire.RESPONSE)
        op = harness.schema().decode("RecordAttendanceRequest", payload)["op"]["op_id"].hex()
        self.assertEqual(self.centre.count("attendance_mark", f"encode(uuid_send(op_id), 'hex') = '{op}'"), 1)
