"""Being told of changes: Subscribe and EVENT, and the feed that gives every change once, in order, whatever dies."""

import collections
import os
import signal
import subprocess
import threading
import time
import uuid

import harness
import wire

TOWN, OTHER = harness.TOWN, harness.OTHER_TOWN
MEETING, FEEDBACK, SUGGESTION, NOTICE, ROSTER = (1 << n for n in range(1, 6))
ROUND = 0.1  # seconds between two EVENTs of a topic on a connection


def hex_id(file, key, town=TOWN):
    return harness.imported_id(town, file, key).hex()


def mark(client, **fields):
    return client.call("RecordAttendance", **harness.mark_fields(**fields))


def events(client, seconds):
    """EVENT frames that come within so many seconds, with those that came while something else was waited for."""
    until = time.monotonic() + seconds
    try:
        while True:
            client.others.append(client.receive_frame(max(0, until - time.monotonic())))
    except wire.Silent:
        found, client.others = client.others, []
        return [(f.code, client.schema.decode("Event", f.payload)["seq"]) for f in found if f.type == wire.EVENT]


def one_event(client, timeout=5):
    """The next EVENT's topic and seq."""
    until = time.monotonic() + timeout
    while True:
        if client.others:
            frame = client.others.pop(0)
        else:
            frame = client.receive_frame(max(0, until - time.monotonic()))
        if frame.type == wire.EVENT:
            return frame.code, client.schema.decode("Event", frame.payload)["seq"]


def pull(client, since, limit=500, **fields):
    """All changes after a cursor, and the cursor after them."""
    found = []
    while True:
        page = client.call("Changes", since=since, limit=limit, **fields)
        found += page.get("changes", [])
        assert page["next"] - since <= limit and len(page.get("changes", [])) <= limit
        since = page["next"]
        if not page["more"]:
            assert since == page["last"]
            return found, since


class Feed(harness.Case):
    def connect(self, login, town=TOWN, *topics):
        client = self.centre.connect(login, town)
        self.addCleanup(client.close)
        if topics:
            client.call("Subscribe", topics=topics)
        return client

    def end(self, client):
        """The cursor after everything."""
        return client.call("Changes", limit=1)["last"]

    def insert(self, topics, record="null", more="", town=TOWN):
        """A ledger row as a write would leave it; gives its op_id."""
        op = uuid.uuid4()
        self.centre.sql(insert_text(op, topics, record, more, town))
        return op.bytes


def insert_text(op, topics, record="null", columns="", town=TOWN):
    names = "".join(", " + c.split("=")[0].strip() for c in columns.split(";") if c)
    values = "".join(", " + c.split("=")[1].strip() for c in columns.split(";") if c)
    return ("insert into data.operation (town_id, op_id, method, digest, reply, author_id, topics, record_id" + names +
            f") values ({town}, '{op}', 33, '', '', '{op}', {topics}, {record}{values});")


class Events(Feed):
    def test_subscribers_of_the_town_and_topic(self):
        office = self.connect("office", TOWN, "meeting", "roster")
        others = [self.connect("office2", TOWN, "feedback", "suggestion", "notice", "roster"),
                  self.connect("office", OTHER, "meeting"), self.connect("chair")]
        clerk = self.connect("clerk1", TOWN, "meeting")
        mark(clerk)
        self.assertEqual(one_event(office), (1, 1))
        self.assertEqual(one_event(clerk), (1, 1))  # who wrote it is told as well
        for other in others:
            self.assertEqual(events(other, 0.3), [])
        mark(self.connect("clerk1", OTHER), town=OTHER)
        self.assertEqual(one_event(others[1]), (1, 1))
        self.assertEqual(events(office, 0.3), [])

    def test_the_answer_comes_before_the_event(self):
        clerk = self.connect("clerk1", TOWN, "meeting")
        time.sleep(2 * ROUND)
        clerk.send("RecordAttendance", clerk.payload("RecordAttendance", **harness.mark_fields()))
        self.assertEqual([clerk.receive_frame(5).type for _ in range(2)], [wire.RESPONSE, wire.EVENT])

    def test_refusals_are_not_told_and_replays_are(self):
        """What was told of an operation before may have died with a daemon: its sender sends it again."""
        clerk, office = self.connect("clerk1"), self.connect("office", TOWN, "meeting")
        payload = clerk.payload("RecordAttendance", **harness.mark_fields())
        clerk.wait(clerk.send("RecordAttendance", payload))
        self.assertEqual(one_event(office), (1, 1))
        self.assertEqual(clerk.wait(clerk.send("RecordAttendance", payload)).flags, wire.REPLAYED)
        self.assertEqual(one_event(office), (1, 2))
        self.refused("CONFLICT", mark, clerk, meeting="M005")
        self.assertEqual(events(office, 0.3), [])

    def test_every_role_of_a_town(self):
        clerk = self.connect("clerk1")
        told = [self.connect(login, TOWN, "meeting") for login in
                ("deputy2", "clerk2", "leader2", "office", "chair", "unit1", "auditor")]
        mark(clerk)
        for client in told:  # also who may not see the record: an EVENT says nothing of it
            self.assertEqual(one_event(client), (1, 1))

    def test_who_may_not(self):
        for client in (self.centre.admin(), self.connect("backup")):
            with client:
                error = self.refused("FORBIDDEN", client.call, "Subscribe", topics=["meeting"])
                self.assertEqual(error.rule, "role_may_not")
                self.assertEqual(error.named, {"call": "Subscribe", "role": client.caller["role"],
                                               "roles": "deputy clerk leader office chair unit auditor"})
        with self.centre.unix() as stranger:
            stranger.hello(TOWN)
            self.refused("UNAUTHENTICATED", stranger.call, "Subscribe", topics=["meeting"])
        self.refused("MALFORMED", self.connect("office").call, "Subscribe", topics=[99])
        error = self.refused("FORBIDDEN", self.connect("auditor").call, "RecordAttendance", **harness.mark_fields())
        self.assertEqual((error.rule, error.named["role"], error.named["roles"]),
                         ("role_may_not", "auditor", "clerk leader office chair"))

    def test_topics_replace_each_other_and_end_with_the_login(self):
        clerk, office = self.connect("clerk1"), self.connect("office", TOWN, "meeting")
        mark(clerk)
        self.assertEqual(one_event(office), (1, 1))
        office.call("Subscribe", topics=["notice"])
        mark(clerk)
        self.assertEqual(events(office, 0.3), [])
        office.call("Subscribe", topics=["meeting"])
        mark(clerk)
        self.assertEqual(one_event(office), (1, 2))
        office.call("Subscribe")
        mark(clerk)
        self.assertEqual(events(office, 0.3), [])
        office.call("Subscribe", topics=["meeting"])
        office.login("chair", harness.PASSWORD)
        mark(clerk)
        self.assertEqual(events(office, 0.3), [])
        office.call("Subscribe", topics=["meeting"])
        office.call("Logout")
        mark(clerk)
        self.assertEqual(events(office, 0.3), [])

    def test_coalesced_and_never_swallowed(self):
        """Ten clients mark for a while: few EVENTs, and whoever pulls at each of them has all in the end."""
        office = self.connect("office", TOWN, "meeting")
        cursor, seen, times = self.end(office), [], []
        start, schema, author = cursor, harness.schema(), harness.base().accounts[TOWN, "clerk1"]
        writers = [harness.Writer(lambda: self.centre.connect("clerk1"), [
            schema.encode("RecordAttendanceRequest", {
                "op": {"op_id": wire.uuid7(), "author_id": author}, **harness.mark_fields(person=f"D{n + 1:02d}")})
            for _ in range(100)]) for n in range(10)]
        for writer in writers:
            writer.start()
        begun, last_seq = time.monotonic(), 0
        while len(seen) < 1000:
            topic, seq = one_event(office)
            times.append(time.monotonic())
            self.assertEqual(topic, 1)
            self.assertGreater(seq, last_seq)
            last_seq = seq
            found, cursor = pull(office, cursor, 70)
            seen += found
        harness.join_all(writers)
        self.assertEqual([c["seq"] for c in seen], list(range(start + 1, start + 1001)))
        self.assertLessEqual(len(times), (times[-1] - begun) / ROUND + 2)
        self.assertEqual(events(office, 0.5)[1:], [])

    def test_who_does_not_read_is_told_afterwards(self):
        clerk, office = self.connect("clerk1"), self.connect("office", TOWN, "meeting")
        self.centre.sql("".join(insert_text(uuid.uuid4(), MEETING) for _ in range(500)))
        events(office, 0.3)
        office.send_all([("Changes", office.payload("Changes", since=0))] * 32)  # more than the socket takes
        clerk.call("Changes", since=0)  # they are answered
        for _ in range(3):
            mark(clerk)
            time.sleep(1.2 * ROUND)
        frames = [office.receive_frame(5) for _ in range(33)]
        self.assertEqual([f.type for f in frames], [wire.RESPONSE] * 32 + [wire.EVENT])
        self.assertEqual(office.schema.decode("Event", frames[32].payload)["seq"], 3)
        self.assertEqual(events(office, 0.3), [])


class TwoDaemons(Feed):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = harness.Centre(harness.postgres(), cls.centre.database)
        folder = os.path.join(cls.second.directory, "second")
        os.mkdir(folder)
        cls.second.socket = cls.second.settings["unix_path"] = os.path.join(folder, "sock")
        cls.second.config, cls.second.log = os.path.join(folder, "lvzhid.ini"), os.path.join(folder, "log")
        cls.second.start()
        cls.addClassCleanup(cls.second.kill)

    def far(self, login, town, *topics):
        client = self.second.connect(login, town)
        self.addCleanup(client.close)
        client.call("Subscribe", topics=topics)
        return client

    def quiet(self):
        """What earlier tests did has been told everywhere: a daemon tells the others a moment later."""
        for client in (self.far("office", TOWN, "meeting"), self.connect("office2", TOWN, "meeting")):
            while events(client, 0.5):
                pass

    def test_told_through_the_other(self):
        self.quiet()
        office, other = self.far("office", TOWN, "meeting"), self.far("office", OTHER, "meeting")
        near, clerk = self.connect("office2", TOWN, "meeting"), self.connect("clerk1")
        cursor = self.end(office)
        mark(clerk)
        self.assertEqual((one_event(office), one_event(near)), ((1, 1), (1, 1)))
        found, cursor = pull(office, cursor)
        self.assertEqual([c["code"] for c in found], ["M001"])
        self.assertEqual(events(other, 0.4) + events(near, 0.4), [])  # nobody hears of it twice

        count = 300
        for first in range(0, count, 30):
            for id in clerk.send_all([("RecordAttendance", clerk.payload("RecordAttendance", **harness.mark_fields()))
                                      for _ in range(30)]):
                clerk.reply(id)
        found = []
        while len(found) < count:
            one_event(office)
            more, cursor = pull(office, cursor)
            found += more
        self.assertEqual(len(found), count)

    def test_pulls_at_once_through_both(self):
        """Many who pull at the same time number everything once."""
        clerk = self.connect("clerk1")
        start, made, pulled, failures = self.end(clerk), [], [], []

        def keep_pulling(client):
            try:
                seen, cursor = [], start
                while len(seen) < 400:
                    found, cursor = pull(client, cursor, 50)
                    seen += found
                pulled.append([c["op_id"] for c in seen])
            except Exception as failure:
                failures.append(failure)

        clients = [self.connect("office") for _ in range(4)] + [self.far("office", TOWN) for _ in range(4)]
        threads = [threading.Thread(target=keep_pulling, args=[client], daemon=True) for client in clients]
        for thread in threads:
            thread.start()
        for _ in range(80):
            ops = [clerk.op() for _ in range(5)]
            for id in clerk.send_all([("RecordAttendance", clerk.payload("RecordAttendance", op=op, **harness.mark_fields()))
                                      for op in ops]):
                clerk.reply(id)
            made += [op["op_id"] for op in ops]
        for thread in threads:
            thread.join(20)
        self.assertEqual(failures, [])
        self.assertEqual(pulled, [made] * 8)

    def test_a_notification_that_hangs(self):
        """PostgreSQL takes writes and no notification: our own are told, nothing spins, and the others hear later."""
        clerk, near, far = self.connect("clerk1"), self.connect("office", TOWN, "meeting"), self.far("office", TOWN, "meeting")

        def notifiers():
            mark(clerk)
            time.sleep(0.25)
            return self.centre.backends("query like '%pg_notify(%'")

        both = harness.wait_until(lambda: len(found := notifiers()) >= 2 and found, 10, "a notification from each reader")
        events(near, 0.5)
        events(far, 0.5)
        for pid in both:
            os.kill(pid, signal.SIGSTOP)
        try:
            for _ in range(3):
                mark(clerk)
                one_event(near)
                time.sleep(0.3)
                self.assertEqual(clerk.ping(), 7)
            with open(f"/proc/{self.centre.process.pid}/stat") as stat:
                used = sum(map(int, stat.read().rpartition(")")[2].split()[11:13]))
            time.sleep(1)
            with open(f"/proc/{self.centre.process.pid}/stat") as stat:
                self.assertLess(sum(map(int, stat.read().rpartition(")")[2].split()[11:13])) - used, 30)
        finally:
            for pid in both:
                os.kill(pid, signal.SIGCONT)
        one_event(far)

    def test_everybody_is_told_after_deafness(self):
        """What the other daemon wrote while this one could not hear is told once it can."""
        office = self.far("office", TOWN, "meeting", "notice")
        mark(self.connect("clerk1"))
        one_event(office)
        events(office, 0.5)
        self.centre.sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'lvzhid' and datname ="
                        " current_database()")
        self.assertEqual(sorted(one_event(office)[0] for _ in range(2)), [1, 4])


class Changes(Feed):
    def test_what_a_change_says(self):
        clerk, office = self.connect("clerk1"), self.connect("office")
        cursor, before = self.end(office), time.time_ns() // 1000
        op = clerk.op()
        clerk.call("RecordAttendance", op=op, **harness.mark_fields())
        (change,), after = pull(office, cursor)
        self.assertEqual(after, cursor + 1)
        self.assertLess(abs(change.pop("recorded_us") - before), 5_000_000)
        self.assertEqual(change, {
            "seq": after, "topics": ["meeting"], "record_id": harness.imported_id(TOWN, "meetings", "M001"),
            "code": "M001", "method": harness.schema().methods["RecordAttendance"].number, "op_id": op["op_id"],
        })
        self.assertEqual(office.call("Changes", since=after), {"next": after, "last": after, "more": False})

    def test_what_the_ledger_keeps(self):
        for wall_us, low, high in ((None, None, None), (time.time_ns() // 1000 + 600_000_000, 595_000, 605_000),
                                   (0, -1 << 62, -1_600_000_000_000), (-1 << 63, -1 << 62, -1 << 50)):
            with self.centre.unix() as clerk:
                clerk.hello(TOWN, token=harness.base().tokens[TOWN, "clerk1"], wall_us=wall_us)
                op = clerk.op()
                clerk.call("RecordAttendance", op=op, **harness.mark_fields())
            row, = self.centre.sql("select topics, record_id, clock_off_ms from data.operation where op_id ="
                                   f" '{op['op_id'].hex()}'")
            self.assertEqual(row[:2], (str(MEETING), str(uuid.UUID(hex_id("meetings", "M001")))))
            if wall_us is None:
                self.assertIsNone(row[2])
            else:
                self.assertTrue(low <= int(row[2]) <= high, row)
        with self.centre.admin() as admin:
            admin.call("CreateTown", town_id=533429123, name="x", term="y", term_starts_on="2022-03-01")
        self.assertEqual(self.centre.sql("select topics, record_id from data.operation where town_id = 0"
                                         " order by place desc limit 1"), [(None, None)])

    def test_places_follow_the_order_of_a_segment(self):
        clerk = self.connect("clerk1")
        ops = [clerk.op() for _ in range(100)]
        for at in range(0, 100, 25):
            for id in clerk.send_all([("RecordAttendance", clerk.payload("RecordAttendance", op=op, **harness.mark_fields()))
                                      for op in ops[at:at + 25]]):
                clerk.reply(id)
        sent = [op["op_id"].hex() for op in ops]
        kept = [id for id, in self.centre.sql("select encode(uuid_send(op_id), 'hex') from data.operation order by place")]
        self.assertEqual([id for id in kept if id in set(sent)], sent)

    def test_pages_and_topics(self):
        office = self.connect("office")
        cursor = self.end(office)
        made = [(self.insert(bits), bits) for bits in (MEETING, NOTICE, ROSTER | FEEDBACK, SUGGESTION, MEETING) * 5]
        names = {MEETING: ["meeting"], NOTICE: ["notice"], ROSTER | FEEDBACK: ["feedback", "roster"],
                 SUGGESTION: ["suggestion"]}
        for limit in (1, 2, 7, 25, 500):
            found, end = pull(office, cursor, limit)
            self.assertEqual([(c["op_id"], c["topics"]) for c in found], [(op, names[bits]) for op, bits in made])
            self.assertEqual([c["seq"] for c in found], list(range(cursor + 1, cursor + 26)))
        for topics, bits in ((["roster"], ROSTER), (["notice", "suggestion"], NOTICE | SUGGESTION)):
            for limit in (1, 6, 500):
                found, end = pull(office, cursor, limit, topics=topics)
                self.assertEqual([c["op_id"] for c in found], [op for op, b in made if b & bits])
                self.assertEqual(end, cursor + 25)
        whole, _ = pull(office, 0)
        self.assertEqual([c["seq"] for c in whole], list(range(1, cursor + 26)))

    def test_a_cursor_of_another_time(self):
        office = self.connect("office")
        last = self.end(office)
        error = self.refused("CONFLICT", office.call, "Changes", since=last + 1)
        self.assertEqual((error.rule, error.named), ("cursor_ahead", {"since": str(last + 1), "last": str(last)}))
        self.refused("INVALID", office.call, "Changes", since=(1 << 64) - 1)

    def test_towns_have_feeds_of_their_own(self):
        ours, theirs = self.connect("office"), self.connect("office", OTHER)
        cursors = self.end(ours), self.end(theirs)
        op = self.insert(NOTICE, town=OTHER)
        self.assertEqual(pull(ours, cursors[0])[0], [])
        self.assertEqual([(c["seq"], c["op_id"]) for c in pull(theirs, cursors[1])[0]], [(cursors[1] + 1, op)])

    def shown(self, login, cursor):
        """op_id -> what the caller is told of it."""
        with self.centre.connect(login) as client:
            found, end = pull(client, cursor, 3)
            self.assertEqual(end, client.call("Changes", since=end)["last"])
            return {c["op_id"]: (c["topics"], c.get("code"), c.get("record_id")) for c in found}

    def test_who_sees_what(self):
        suggestion, draft = uuid.uuid4(), uuid.uuid4()
        unit, lead = hex_id("units", "U01"), hex_id("people", "D01")
        for id, code, state in ((suggestion, "S01", "assigned"), (draft, "S02", "cosigning")):
            self.centre.sql("insert into data.suggestion (town_id, suggestion_id, code, kind, title, state, unit_id, lead_id,"
                            f" submitted_on) values ({TOWN}, '{id}', '{code}', 'suggestion', 'x', '{state}', "
                            f"{'null' if id == draft else repr(unit)}, '{lead}', "
                            f"{'null' if id == draft else repr('2025-03-01')})")
        records = {
            "M001": (MEETING, hex_id("meetings", "M001"), {"office", "chair", "auditor", "clerk1", "leader1", "deputy1"}),
            "M003": (MEETING, hex_id("meetings", "M003"), {"office", "chair", "auditor", "clerk1", "leader1", "clerk2",
                                                          "leader2", "deputy1", "deputy2"}),
            "F01": (FEEDBACK, hex_id("feedback", "F01"), {"office", "chair", "auditor", "clerk1", "leader1", "deputy1"}),
            "S01": (SUGGESTION, suggestion.hex, {"office", "chair", "auditor", "clerk1", "clerk2", "leader1", "leader2",
                                                 "deputy1", "deputy2", "unit1"}),
            "S02": (SUGGESTION, draft.hex, {"deputy1"}),
        }
        names = {MEETING: "meeting", FEEDBACK: "feedback", SUGGESTION: "suggestion"}
        with self.centre.connect("office") as office:
            cursor = self.end(office)
        alone = {code: self.insert(bits, f"'{id}'") for code, (bits, id, _) in records.items()}
        noted = {code: self.insert(bits | NOTICE, f"'{id}'") for code, (bits, id, _) in records.items()}
        public = [self.insert(MEETING | FEEDBACK | SUGGESTION | ROSTER), self.insert(ROSTER), self.insert(NOTICE)]
        # Of a record that became another: who sees the first learns which it was, the others only that there is one.
        turned = self.insert(FEEDBACK | SUGGESTION, f"'{records['F01'][1]}'")
        for login in ("office", "chair", "auditor", "clerk1", "clerk2", "leader1", "leader2", "deputy1", "deputy2", "unit1"):
            with self.subTest(login):
                shown = self.shown(login, cursor)
                self.assertTrue(set(public) <= set(shown))
                self.assertEqual({code for code, op in alone.items() if op in shown},
                                 {code for code, (_, _, who) in records.items() if login in who})
                for code, (bits, id, who) in records.items():
                    seen = names[bits], code, bytes.fromhex(id)
                    if login in who:
                        self.assertEqual(shown[alone[code]], ([seen[0]], *seen[1:]))
                        self.assertEqual(shown[noted[code]], ([seen[0], "notice"], *seen[1:]))
                    else:
                        self.assertEqual(shown[noted[code]], (["notice"], None, None))
                self.assertEqual(shown[turned], (["feedback", "suggestion"], "F01", bytes.fromhex(records["F01"][1]))
                                 if login in records["F01"][2] else (["suggestion"], None, None))

    def test_a_unit_given_the_matter_sees_it(self):
        with self.centre.connect("unit1") as unit:
            cursor = self.end(unit)
            op = self.insert(FEEDBACK, f"'{hex_id('feedback', 'F01')}'")
            self.assertEqual(pull(unit, cursor)[0], [])
            self.centre.sql(f"update data.feedback set co_unit_ids = '{{{hex_id('units', 'U01')}}}' where town_id = {TOWN}")
            try:
                self.assertEqual(pull(unit, cursor)[0], [], "before the screening is over")
                self.centre.sql(f"update data.feedback set state = 'assigned' where town_id = {TOWN}")
                self.assertEqual([c["op_id"] for c in pull(unit, cursor)[0]], [op])
            finally:
                self.centre.sql(
                    f"update data.feedback set co_unit_ids = '{{}}', state = 'registered' where town_id = {TOWN}")


class Psql:
    """A transaction held open."""

    def __init__(self, centre):
        self.process = subprocess.Popen(["psql", "-XAtq", "-h", centre.postgres.directory, "-U", "postgres", "-d",
                                         centre.database], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def run(self, text):
        """Run, and wait until it is done."""
        self.process.stdin.write(text + "\n\\echo done\n")
        self.process.stdin.flush()
        lines = []
        while True:
            line = self.process.stdout.readline().strip()
            if line == "done":
                return lines
            assert line or self.process.poll() is None, "psql has ended"
            lines.append(line)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)


class LongTransactions(Feed):
    def setUp(self):
        self.office, self.clerk = self.connect("office"), self.connect("clerk1")
        self.cursor = self.end(self.office)
        self.start = self.cursor
        self.seen = []

    def held(self):
        held = Psql(self.centre)
        self.addCleanup(held.close)
        return held

    def pull(self):
        found, self.cursor = pull(self.office, self.cursor, 3)
        self.seen += found
        return [c["op_id"] for c in found]

    def marks(self, count):
        made = [self.clerk.op() for _ in range(count)]
        for op in made:
            self.clerk.call("RecordAttendance", op=op, **harness.mark_fields())
        return [op["op_id"] for op in made]

    def settled(self):
        return int(self.centre.one(f"select settled from data.feed where town_id = {TOWN}"))

    def check_all(self):
        """Everything once, without a gap, and the same to one who begins at the start."""
        self.assertEqual([c["seq"] for c in self.seen], list(range(self.start + 1, self.cursor + 1)))
        whole, _ = pull(self.office, 0)
        self.assertEqual(whole[-len(self.seen):], self.seen)
        ledger = [bytes.fromhex(op) for op, in self.centre.sql(
            f"select encode(uuid_send(op_id), 'hex') from data.operation where town_id = {TOWN} and topics is not null")]
        self.assertEqual(collections.Counter(c["op_id"] for c in whole), collections.Counter(ledger))

    def test_an_older_one_commits_late(self):
        held, late = self.held(), uuid.uuid4()
        xid, = held.run("begin; select pg_current_xact_id(); " + insert_text(late, NOTICE))
        for _ in range(3):
            made = self.marks(4)
            self.assertEqual(self.pull(), made)
            self.assertEqual(self.pull(), [])
            self.assertLessEqual(self.settled(), int(xid))
        held.run("commit;")
        self.assertEqual(self.pull(), [late.bytes])
        made = self.marks(2)
        self.assertEqual(self.pull(), made)
        self.assertGreater(self.settled(), int(xid))
        self.check_all()

    def test_one_that_writes_after_newer_ones(self):
        """Its transaction is old, its place new: it has an old number and comes late."""
        held, late = self.held(), uuid.uuid4()
        held.run("begin; select pg_current_xact_id();")
        made = self.marks(3)
        self.assertEqual(self.pull(), made)
        held.run(insert_text(late, NOTICE))
        made = self.marks(3)
        self.assertEqual(self.pull(), made)
        held.run("commit;")
        self.assertEqual(self.pull(), [late.bytes])
        self.check_all()

    def test_one_that_is_rolled_back(self):
        held = self.held()
        held.run("begin; " + insert_text(uuid.uuid4(), NOTICE))
        made = self.marks(3)
        self.assertEqual(self.pull(), made)
        held.run("rollback;")
        made = self.marks(3)
        self.assertEqual(self.pull(), made)
        self.check_all()

    def test_two_that_commit_in_the_other_order(self):
        first, second = self.held(), self.held()
        ids = uuid.uuid4(), uuid.uuid4()
        first.run("begin; " + insert_text(ids[0], NOTICE))
        second.run("begin; " + insert_text(ids[1], NOTICE))
        second.run("commit;")
        self.assertEqual(self.pull(), [ids[1].bytes])
        first.run("commit;")
        self.assertEqual(self.pull(), [ids[0].bytes])
        self.check_all()

    def test_a_restored_dump(self):
        """Transactions are numbered from low again; old rows have high numbers, some of them none in the feed yet."""
        made = self.marks(2)
        self.assertEqual(self.pull(), made)
        op = uuid.uuid4()
        self.centre.sql(insert_text(op, NOTICE, columns="xact = '4000000000'"))
        self.centre.sql(f"update data.feed set epoch_id = gen_random_uuid(), settled = '5000000000' where town_id = {TOWN}")
        made = [op.bytes] + self.marks(3)
        self.assertEqual(self.pull(), made)
        self.assertLess(self.settled(), 4000000000)
        made = self.marks(3)
        self.assertEqual(self.pull(), made)
        self.check_all()
        self.assertEqual(self.centre.one(f"select old_place < (select max(place) from data.operation) and old_place = "
                                         f"(select place from data.operation where op_id = '{op}') from data.feed"
                                         f" where town_id = {TOWN}"), "t")


class Subscriber(threading.Thread):
    """Follows the feed from a cursor through everything: pulls in small pages at each EVENT and after each break."""

    def __init__(self, connect, limit):
        super().__init__(daemon=True)
        self.connect, self.limit = connect, limit
        self.cursor, self.seen = 0, []
        self.stopping = False
        self.failure = None
        self.connections = 0

    def run(self):
        try:
            while not self.stopping:
                try:
                    with self.connect() as client:
                        self.connections += 1
                        client.call("Subscribe", topics=["meeting"])
                        self.follow(client)
                except (wire.Closed, wire.Refused, OSError):
                    time.sleep(0.05)
        except Exception as failure:
            self.failure = failure

    def follow(self, client):
        while True:
            page = client.call("Changes", since=self.cursor, limit=self.limit)
            self.seen += page.get("changes", [])
            self.cursor = page["next"]
            if page["more"]:
                continue
            while not any(f.type == wire.EVENT for f in client.others):
                if self.stopping:
                    return
                try:
                    client.others.append(client.receive_frame(0.2))
                except wire.Silent:
                    pass  # nothing else makes it pull: an EVENT that is lost is a test that fails
            client.others.clear()


class Killed(Feed):
    WRITERS, OPS, KILLS = 20, 120, 3

    def payloads(self, n):
        """Half of the writers share all lines, half have one to themselves."""
        schema, group = harness.schema(), n % 2 + 1
        author = harness.base().accounts[TOWN, f"clerk{group}"]
        made = []
        for i in range(self.OPS):
            person = 10 + n // 2 if n < 10 else i % 8 + 1
            meeting = "M003" if i % 3 == 0 else f"M00{group}"
            made.append(schema.encode("RecordAttendanceRequest", {
                "op": {"op_id": wire.uuid7(), "author_id": author},
                **harness.mark_fields(meeting=meeting, person=f"D{person + 20 * (group - 1):02d}",
                                      mark=["present", "late", "absent"][i % 3])}))
        return made

    def connector(self, login):
        return lambda: self.centre.connect(login, timeout=5)

    def test_every_change_once_and_in_order_through_kills(self):
        answered, lock = [0], threading.Lock()

        def count():
            with lock:
                answered[0] += 1

        subscribers = [Subscriber(self.connector("office"), limit) for limit in (3, 50)]
        writers = [harness.Writer(self.connector(f"clerk{n % 2 + 1}"), self.payloads(n), window=8, on_answer=count)
                   for n in range(self.WRITERS)]
        for thread in subscribers + writers:
            thread.start()
        total = self.WRITERS * self.OPS
        for _ in range(self.KILLS):
            enough = answered[0] + total // (self.KILLS + 2)
            harness.wait_until(lambda: answered[0] >= enough, 60, "writing")
            self.centre.process.kill()
            self.centre.process.wait()
            self.centre.start()
        harness.join_all(writers)
        with self.centre.connect("office") as office:
            end = self.end(office)
        for subscriber in subscribers:
            harness.wait_until(lambda: subscriber.cursor >= end or subscriber.failure, 20, "the last change at a subscriber")
            subscriber.stopping = True
            subscriber.join(10)
            if subscriber.failure:
                raise subscriber.failure
            self.assertGreater(subscriber.connections, 1)
        self.compare(subscribers, total)

    def compare(self, subscribers, total):
        self.assertEqual(subscribers[0].seen, subscribers[1].seen)
        seen = subscribers[0].seen
        ledger = [bytes.fromhex(op) for op, in self.centre.sql(
            f"select encode(uuid_send(op_id), 'hex') from data.operation where town_id = {TOWN} and topics is not null")]
        self.assertGreaterEqual(len(ledger), total)
        self.assertEqual(collections.Counter(c["op_id"] for c in seen), collections.Counter(ledger))
        self.assertEqual([c["seq"] for c in seen], list(range(1, len(ledger) + 1)))

        place = {c["op_id"]: c["seq"] for c in seen}
        marks = [(line, int(revision), bytes.fromhex(op), corrects and bytes.fromhex(corrects))
                 for line, revision, op, corrects in self.centre.sql(
                     "select meeting_id::text || person_id, revision, encode(uuid_send(op_id), 'hex'),"
                     " encode(uuid_send(corrects_id), 'hex') from data.attendance_mark where op_id in"
                     f" (select op_id from data.operation where town_id = {TOWN} and method = 33)")]
        self.assertGreaterEqual(len(marks), total)
        lines = collections.defaultdict(list)
        for line, revision, op, corrects in marks:
            if corrects in place:
                self.assertLess(place[corrects], place[op], "a correction stands before what it corrects")
            lines[line].append((place[op], revision))
        # Two rooms at once may make two marks of one revision (neither saw the other); every other line has one order.
        single = [sorted(found) for found in lines.values() if len({r for _, r in found}) == len(found)]
        self.assertGreaterEqual(len(single), 10)
        self.assertGreaterEqual(max(map(len, single)), 15)
        for found in single:
            self.assertEqual([r for _, r in found], sorted(r for _, r in found))
