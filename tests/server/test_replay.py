"""The same operation again: the first answer, flagged, and no second effect."""

import threading

import harness
import wire


class Replay(harness.Case):
    def setUp(self):
        self.clerk = self.centre.connect("clerk1")
        self.addCleanup(self.clerk.close)
        self.effects = self.centre.count("attendance_mark")
        self.ledger = self.centre.count("operation")

    def done(self, count):
        """Demand so many effects and ledger rows since the test began."""
        self.assertEqual(self.centre.count("attendance_mark") - self.effects, count)
        self.assertEqual(self.centre.count("operation") - self.ledger, count)

    def write(self, op=None, **more):
        return self.clerk.payload("RecordAttendance", op=op or self.clerk.op(), **harness.mark_fields(**more))

    def answer(self, payload, client=None, method="RecordAttendance"):
        client = client or self.clerk
        return client.wait(client.send(method, payload))

    def test_again_gets_the_first_answer(self):
        payload = self.write()
        first = self.answer(payload)
        self.assertEqual((first.type, first.flags), (wire.RESPONSE, 0))
        for _ in range(3):
            again = self.answer(payload)
            self.assertEqual((again.type, again.flags, again.payload), (wire.RESPONSE, wire.REPLAYED, first.payload))
        self.done(1)

    def test_other_payload_of_the_same_id(self):
        op = self.clerk.op()
        self.answer(self.write(op=op))
        other = self.answer(self.write(op=op, mark="absent"))
        self.assertEqual(other.type, wire.ERROR)
        self.assertEqual(self.clerk.error_of(other).name, "OP_ID_REUSED")
        self.done(1)

    def test_other_method_of_the_same_id(self):
        op = self.clerk.op()
        self.answer(self.write(op=op))
        with self.centre.connect("office") as office:
            op = dict(op, author_id=office.caller["account_id"])
            self.refused("OP_ID_REUSED", office.call, "ImportStart", op=op, import_id=wire.uuid7())
        self.done(1)

    def test_same_bytes_under_another_method_number(self):
        """The digest has the method in it, and a refusal does not come before the look-up."""
        with self.centre.admin() as admin:
            town, login = harness.TOWN, "nobody"
            op = admin.op()
            revoke = admin.payload("RevokeAccount", op=op, town_id=town, login=login, reason="x")
            create = admin.payload("CreateTown", op=op, town_id=533421777, name="a", term="b",
                                   term_starts_on="2022-03-01")
            self.assertEqual(self.answer(create, admin, "CreateTown").type, wire.RESPONSE)
            frame = self.answer(revoke, admin, "RevokeAccount")
            self.assertEqual(admin.error_of(frame).name, "OP_ID_REUSED")

    def test_twice_in_one_segment(self):
        payload = self.write()
        before, after = self.write(person="D02"), self.write(person="D03")
        ids = self.clerk.send_all([("RecordAttendance", p) for p in (before, payload, payload, after, payload)])
        frames = [self.clerk.wait(id) for id in ids]
        self.assertEqual([f.type for f in frames], [wire.RESPONSE] * 5)
        self.assertEqual([f.flags for f in frames], [0, 0, wire.REPLAYED, 0, wire.REPLAYED])
        self.assertEqual({f.payload for f in (frames[1], frames[2], frames[4])}, {frames[1].payload})
        self.done(3)

    def test_same_id_other_bytes_in_one_segment(self):
        op = self.clerk.op()
        ids = self.clerk.send_all([
            ("RecordAttendance", self.write(op=op)), ("RecordAttendance", self.write(op=op, mark="late")),
            ("RecordAttendance", self.write(op=op)),
        ])
        frames = [self.clerk.wait(id) for id in ids]
        self.assertEqual([f.type for f in frames], [wire.RESPONSE, wire.ERROR, wire.RESPONSE])
        self.assertEqual(self.clerk.error_of(frames[1]).name, "OP_ID_REUSED")
        self.done(1)

    def test_on_two_connections_at_once(self):
        """Different connections of the daemon to PostgreSQL meet at the ledger's key."""
        clients = [self.centre.connect("clerk1") for _ in range(6)]
        payloads = [self.write(person=f"D{i % 20 + 1:02d}") for i in range(100)]
        answers = [[] for _ in clients]
        start = threading.Barrier(len(clients))

        def run(client, into):
            start.wait()
            for at in range(0, len(payloads), 20):
                ids = client.send_all([("RecordAttendance", p) for p in payloads[at:at + 20]])
                into += [client.wait(id) for id in ids]

        threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in zip(clients, answers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        for frames in zip(*answers):
            self.assertEqual({f.type for f in frames}, {wire.RESPONSE})
            self.assertEqual(len({f.payload for f in frames}), 1)
            self.assertEqual(sum(f.flags == 0 for f in frames), 1, "one of them did it")
        self.done(len(payloads))
        for client in clients:
            client.close()

    def test_at_once_where_the_effect_itself_clashes(self):
        """The second one's effect waits for the first one's and then fails: that is a replay, not a refusal."""
        clients = [self.centre.admin() for _ in range(4)]
        refused = []
        for _ in range(40):
            payload = clients[0].payload("CreateDevice", town_id=harness.TOWN, device_id=wire.uuid7(), name="x",
                                         code_hash=wire.uuid7() + wire.uuid7())
            ids = [(client, client.send("CreateDevice", payload)) for client in clients]
            frames = [client.wait(id) for client, id in ids]
            refused += [clients[0].error_of(f) for f in frames if f.type == wire.ERROR]
            self.assertLessEqual(sum(f.type == wire.RESPONSE and f.flags == 0 for f in frames), 1)
        for client in clients:
            client.close()
        self.assertEqual(refused, [])

    def test_after_restart(self):
        payload = self.write()
        first = self.answer(payload)
        self.centre.stop()
        self.centre.start()
        with self.centre.connect("clerk1") as clerk:
            again = self.answer(payload, clerk)
        self.assertEqual((again.type, again.flags, again.payload), (wire.RESPONSE, wire.REPLAYED, first.payload))
        self.done(1)

    def test_password_of_a_hashed_call_is_in_the_digest(self):
        with self.centre.admin() as admin:
            fields = dict(op=admin.op(), town_id=harness.TOWN, account_id=wire.uuid7(), login="replayed", role="office")
            payload = admin.payload("CreateAccount", password="first password", **fields)
            first = self.answer(payload, admin, "CreateAccount")
            again = self.answer(payload, admin, "CreateAccount")
            self.assertEqual((again.flags, again.payload), (wire.REPLAYED, first.payload))
            self.refused("OP_ID_REUSED", admin.call, "CreateAccount", password="other password", **fields)
        kept = self.centre.one("select encode(digest, 'hex') from data.operation where method = 20"
                               " order by recorded_at desc limit 1")
        self.assertNotEqual(kept, wire.digest(20, payload).hex(), "the digest tells the password to who can guess")

    def test_digest_is_the_documented_one(self):
        payload = self.write()
        self.answer(payload)
        kept = self.centre.one("select encode(digest, 'hex') from data.operation order by recorded_at desc limit 1")
        self.assertEqual(kept, wire.digest(33, payload).hex())

    def test_device_seq_is_told_in_welcome(self):
        device = self.centre.new_device()
        with self.centre.connect_tls("clerk1", device) as client:
            self.assertEqual(client.welcome["device_seq"], 0)
            for _ in range(3):
                client.call("RecordAttendance", **harness.mark_fields())
        with self.centre.tcp() as client:
            client.hello(harness.TOWN, device)
            self.assertEqual(client.welcome["device_seq"], 3)
