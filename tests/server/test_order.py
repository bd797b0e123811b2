"""The operations of one device keep their order; refusals touch nobody else."""

import harness
import wire


class Order(harness.Case):
    def test_corrections_of_one_mark(self):
        device = self.centre.new_device()
        with self.centre.connect_tls("clerk1", device) as client:
            sent, ids = [], []
            for i in range(200):
                op = client.op()
                fields = harness.mark_fields(person="D05", mark=["present", "late"][i % 2])
                sent.append(op["op_id"])
                ids.append(client.send("RecordAttendance", client.payload("RecordAttendance", op=op, **fields)))
                if i >= 31:
                    self.assertEqual(client.reply(ids[i - 31])["recorded"], 1)
            for id in ids[-31:]:
                client.reply(id)
        kept = self.centre.sql(
            "select encode(uuid_send(op_id), 'hex'), encode(uuid_send(corrects_id), 'hex') from data.attendance_mark"
            f" where encode(uuid_send(device_id), 'hex') = '{device.device_id.hex()}' order by revision"
        )
        self.assertEqual([bytes.fromhex(op) for op, _ in kept], sent)
        self.assertEqual([corrects for _, corrects in kept[1:]], [op for op, _ in kept[:-1]])
        seqs = self.centre.sql(
            "select device_seq from data.operation"
            f" where encode(uuid_send(device_id), 'hex') = '{device.device_id.hex()}' order by xact, device_seq"
        )
        self.assertEqual([int(s) for s, in seqs], list(range(1, 201)))

    def test_order_with_two_write_connections_and_refusals(self):
        """Refused ones among them: the others' order holds, also once the session travels by itself."""
        with self.centre.connect("clerk1") as client:
            sent, ids = [], []
            for i in range(120):
                op = client.op()
                fields = harness.mark_fields(person="D06", mark="late" if i % 3 else "present")
                if i % 3 == 1:
                    fields["meeting_id"] = wire.uuid7()
                else:
                    sent.append(op["op_id"])
                ids.append(client.send("RecordAttendance", client.payload("RecordAttendance", op=op, **fields)))
                if i >= 31:
                    client.wait(ids[i - 31])
            for id in ids[-31:]:
                client.wait(id)
        person = harness.imported_id(harness.TOWN, "people", "D06").hex()
        meeting = harness.imported_id(harness.TOWN, "meetings", "M001").hex()
        kept = self.centre.sql("select encode(uuid_send(op_id), 'hex') from data.attendance_mark"
                               f" where person_id = '{person}' and meeting_id = '{meeting}' order by revision")
        self.assertEqual([bytes.fromhex(op) for op, in kept], sent)

    def test_hashed_calls_are_barriers(self):
        """Each step needs the one before it; all of them are sent at once."""
        town = 533429001
        with self.centre.admin() as admin:
            account = {"town_id": town, "login": "a", "password": "long enough", "role": "office"}
            ids = admin.send_all([(method, admin.payload(method, **fields)) for method, fields in [
                ("CreateTown", dict(town_id=town, name="x", term="y", term_starts_on="2022-03-01")),
                ("CreateAccount", dict(account, account_id=wire.uuid7())),
                ("RevokeAccount", dict(town_id=town, login="a", reason="x")),
                ("CreateAccount", dict(account, account_id=wire.uuid7(), login="b")),
                ("SetPassword", dict(town_id=town, login="b", password="long enough 2")),
                ("RevokeAccount", dict(town_id=town, login="b", reason="x")),
            ]])
            for id in ids:
                admin.reply(id)

    def test_lone_calls_are_barriers(self):
        """An import and marks of its meeting, sent at once; ImportCheck and ImportCommit run on a connection apart."""
        meetings = ("code kind title group held_on state".split(),
                    [("M900", "group_meeting", "新", "G01", "2025-07-01", "open")])
        attendance = ("meeting person notice notified_on mark".split(),
                      [("M900", "D01", "signed", "2025-06-01", ""), ("M900", "D02", "signed", "2025-06-01", "")])
        import_id = wire.uuid7()
        with self.centre.connect("office") as office:
            steps = [("RecordAttendance", harness.mark_fields(person="D09")),
                     ("ImportStart", dict(import_id=import_id))]
            for file, (columns, rows) in (("meetings", meetings), ("attendance", attendance)):
                steps.append(("ImportRows", dict(import_id=import_id, file=file, columns=columns,
                                                 lines=range(2, 2 + len(rows)), cells=[c for r in rows for c in r])))
            steps += [
                ("ImportCheck", dict(import_id=import_id)), ("ImportCommit", dict(import_id=import_id)),
                ("RecordAttendance", harness.mark_fields(meeting="M900", person="D01")),
                ("ListMeetings", {}),
                ("RecordAttendance", harness.mark_fields(meeting="M900", person="D01", mark="late")),
            ]
            ids = office.send_all([(method, office.payload(method, **fields)) for method, fields in steps])
            replies = [office.reply(id) for id in ids]
        self.assertEqual(replies[4].get("faults", []), [])
        self.assertEqual(replies[5], {"added": 3, "changed": 0, "unchanged": 0})
        self.assertEqual(replies[6], {"recorded": 1, "corrected": 0})
        self.assertEqual(replies[8], {"recorded": 1, "corrected": 1})


class Refusals(harness.Case):
    def setUp(self):
        self.clerk = self.centre.connect("clerk1")
        self.addCleanup(self.clerk.close)

    def test_neighbours_in_the_segment_succeed(self):
        before = self.centre.count("attendance_mark"), self.centre.count("operation")
        wanted, requests = [], []
        for i in range(30):
            fields, expected = harness.mark_fields(person=f"D{i % 20 + 1:02d}"), None
            if i % 7 == 3:
                fields, expected = harness.mark_fields(meeting="M002", person="D21"), ("FORBIDDEN", "not_your_group")
            elif i % 7 == 5:
                fields, expected = harness.mark_fields(meeting="M005"), ("CONFLICT", "meeting_not_open")
            wanted.append(expected)
            requests.append(("RecordAttendance", self.clerk.payload("RecordAttendance", **fields)))
        frames = [self.clerk.wait(id) for id in self.clerk.send_all(requests)]
        for frame, expected in zip(frames, wanted):
            if expected is None:
                self.assertEqual(frame.type, wire.RESPONSE)
            else:
                error = self.clerk.error_of(frame)
                self.assertEqual((error.name, error.rule), expected)
        good = sum(w is None for w in wanted)
        self.assertEqual(self.centre.count("attendance_mark") - before[0], good)
        self.assertEqual(self.centre.count("operation") - before[1], good)

    def test_rule_and_args(self):
        error = self.refused("CONFLICT", self.clerk.call, "RecordAttendance", **harness.mark_fields(meeting="M005"))
        self.assertEqual((error.rule, error.named), ("meeting_not_open", {"meeting": "M005", "state": "planned"}))
        self.assertEqual((error.fields["outcome"], error.fields["action"]), ("not_executed", "fix"))
        error = self.refused("INVALID", self.clerk.call, "RecordAttendance", **harness.mark_fields(person="D21"))
        self.assertEqual((error.rule, error.named), ("not_on_roll", {"meeting": "M001", "person": "D21"}))
        error = self.refused("INVALID", self.clerk.call, "RecordAttendance",
                             **harness.mark_fields(meeting="M006", mark="absent"))
        self.assertEqual(error.rule, "reason_missing")

    def test_refused_operation_is_tried_afresh(self):
        payload = self.clerk.payload("RecordAttendance", **harness.mark_fields(meeting="M005", person="D03"))
        for _ in range(2):
            frame = self.clerk.wait(self.clerk.send("RecordAttendance", payload))
            self.assertEqual(self.clerk.error_of(frame).rule, "meeting_not_open")
        set_state = f"update data.meeting set state = '%s' where code = 'M005' and town_id = {harness.TOWN}"
        self.centre.sql(set_state % "open")
        try:
            frame = self.clerk.wait(self.clerk.send("RecordAttendance", payload))
        finally:
            self.centre.sql(set_state % "planned")
        self.assertEqual((frame.type, frame.flags), (wire.RESPONSE, 0))
        frame = self.clerk.wait(self.clerk.send("RecordAttendance", payload))
        self.assertEqual((frame.type, frame.flags), (wire.RESPONSE, wire.REPLAYED))

    def test_postgres_text_reaches_nobody(self):
        """Errors of PostgreSQL itself, of reads and of writes: a code, and nothing that PostgreSQL said."""
        with self.centre.connect("office") as office:
            bad_page = self.refused("INVALID", office.call, "ListMeetings", after="not a day at all")
            no_import = self.refused("NOT_FOUND", office.call, "ImportRows", import_id=wire.uuid7(), file="people",
                                     lines=[2], columns=["code"], cells=["a", "b"])
        with self.centre.admin() as admin:
            town = self.refused("INVALID", admin.call, "CreateTown", town_id=533421777, name="x" * 10, term="y")
            clash = self.refused("CONFLICT", admin.call, "CreateAccount", town_id=harness.TOWN, role="office",
                                 account_id=wire.uuid7(), login="office", password="long enough")
        self.centre.sql(
            "create function data.breaks() returns trigger language plpgsql as $$ begin raise exception 'secret text';"
            " end $$; create trigger breaks before insert on data.attendance_mark for each row when"
            " (new.note = 'break') execute function data.breaks()"
        )
        inside = self.refused("INTERNAL", self.clerk.call, "RecordAttendance", **harness.mark_fields(note="break"))
        self.centre.sql("drop function data.breaks cascade")
        for error in (bad_page, no_import, town, clash, inside):
            self.assertNotIn("debug", error.fields)
            for text in (b"violates", b"syntax", b"secret", b"invalid input", b"relation", b"LV0"):
                self.assertNotIn(text, error.frame.payload)
        for error in (bad_page, inside):
            self.assertEqual((error.rule, error.named), (None, {}))

    def test_operation_must_be_the_sessions(self):
        op = self.clerk.op(author_id=wire.uuid7())
        error = self.refused("FORBIDDEN", self.clerk.call, "RecordAttendance", op=op, **harness.mark_fields())
        self.assertEqual(error.rule, "op_author")
        op = self.clerk.op(device_id=wire.uuid7())
        error = self.refused("FORBIDDEN", self.clerk.call, "RecordAttendance", op=op, **harness.mark_fields())
        self.assertEqual(error.rule, "op_device")
        for op in ({}, None, self.clerk.op(op_id=b"short")):
            payload = harness.schema().encode("RecordAttendanceRequest", {"op": op, **harness.mark_fields()})
            error = self.clerk.error_of(self.clerk.wait(self.clerk.send("RecordAttendance", payload)))
            self.assertEqual((error.name, error.rule), ("INVALID", "op_missing"))


class Credits(harness.Case):
    def cut_off(self, client, data):
        """Send bytes; demand MALFORMED for the connection and its end."""
        client.send_bytes(data)
        frames = client.read_to_end()
        self.assertTrue(frames, "closed without a word")
        self.assertEqual((frames[-1].type, frames[-1].id, frames[-1].code), (wire.ERROR, 0, 0x8001))

    def test_one_request_too_many(self):
        """While PostgreSQL stands still 32 wait; one more is MALFORMED. Their fate is told by sending them again."""
        before = self.centre.count("attendance_mark")
        with self.centre.connect("clerk1") as client:
            self.assertEqual(client.welcome["credits"], 32)
            payloads = [client.payload("RecordAttendance", **harness.mark_fields()) for _ in range(33)]
            harness.postgres().pause()
            try:
                client.send_all([("RecordAttendance", p) for p in payloads[:32]])
                self.assertEqual(client.ping(), 7)
                self.cut_off(client, client.frame("RecordAttendance", payloads[32])[1])
            finally:
                harness.postgres().resume()
        with self.centre.connect("clerk1") as client:
            for payload in payloads[:32]:
                self.assertEqual(client.wait(client.send("RecordAttendance", payload)).type, wire.RESPONSE)
        self.assertEqual(self.centre.count("attendance_mark") - before, 32)

    def test_thirty_two_at_once_are_served(self):
        with self.centre.connect("clerk1") as client:
            for _ in range(10):
                ids = client.send_all([("ListGroups", b"")] * 32)
                for id in ids:
                    self.assertTrue(client.reply(id)["groups"])

    def test_second_before_login(self):
        with self.centre.unix() as client:
            welcome = client.hello(harness.TOWN)
            self.assertEqual(welcome["credits"], 1)
            data = client.frame("Health", b"")[1] + client.frame("Health", b"")[1]
            self.cut_off(client, data)

    def test_ids_must_rise(self):
        for ids in ((5, 5), (5, 4), (5, 1), (0,)):
            with self.subTest(ids), self.centre.connect("clerk1") as client:
                number = harness.schema().methods["Health"].number
                for id in ids[:-1]:
                    client.send_bytes(wire.encode_frame(wire.REQUEST, b"", number, id))
                    client.wait(id)
                self.cut_off(client, wire.encode_frame(wire.REQUEST, b"", number, ids[-1]))

    def test_ids_may_skip_up_to_the_last(self):
        with self.centre.connect("clerk1") as client:
            number = harness.schema().methods["Health"].number
            for id in (7, 1000000, 0xFFFFFFFF):
                client.send_bytes(wire.encode_frame(wire.REQUEST, b"", number, id))
                self.assertEqual(client.wait(id).type, wire.RESPONSE)

    def test_request_before_hello_and_second_hello(self):
        with self.centre.unix() as client:
            self.cut_off(client, client.frame("Health", b"")[1])
        with self.centre.unix() as client:
            client.hello(harness.TOWN)
            fields = {"version_min": 1, "version_max": 1}
            hello = wire.encode_frame(wire.HELLO, harness.schema().encode("Hello", fields))
            self.cut_off(client, hello)

    def test_deadlines_while_postgres_stands_still(self):
        """Sent and unanswered: UNAVAILABLE, outcome unknown. Never sent: DEADLINE, not executed. So it is."""
        with self.centre.connect("clerk1") as client:
            payloads = [client.payload("RecordAttendance", **harness.mark_fields()) for _ in range(3)]
            harness.postgres().pause()
            try:
                sent = client.send("RecordAttendance", payloads[0], deadline_ms=600)
                client.ping()  # it is on its way before the next ones come
                kept = [client.send("RecordAttendance", p, deadline_ms=400) for p in payloads[1:]]
                read = client.send("ListGroups", b"", deadline_ms=400)
                errors = {id: client.error_of(client.wait(id, 5)) for id in [sent, *kept, read]}
            finally:
                harness.postgres().resume()
            self.assertEqual((errors[sent].name, errors[sent].fields["outcome"]), ("UNAVAILABLE", "unknown"))
            for id in kept:
                self.assertEqual((errors[id].name, errors[id].fields["outcome"]), ("DEADLINE", "not_executed"))
            self.assertEqual(errors[read].name, "DEADLINE")
            client.call("Health")
            first = client.wait(client.send("RecordAttendance", payloads[0]))
            self.assertEqual((first.type, first.flags), (wire.RESPONSE, wire.REPLAYED))
            for payload in payloads[1:]:
                frame = client.wait(client.send("RecordAttendance", payload))
                self.assertEqual((frame.type, frame.flags), (wire.RESPONSE, 0))

    def test_deadline_while_postgres_is_gone(self):
        """Nothing was sent, for there is no connection: DEADLINE of a write too."""
        with self.centre.connect("clerk1") as client:
            client.call("Health")
            harness.postgres().stop()
            try:
                payload = client.payload("RecordAttendance", **harness.mark_fields())
                error = client.error_of(client.wait(client.send("RecordAttendance", payload, 400), 5))
                self.assertEqual(error.name, "DEADLINE")
            finally:
                harness.postgres().start()
            frame = client.wait(client.send("RecordAttendance", payload))
            self.assertEqual((frame.type, frame.flags), (wire.RESPONSE, 0))
