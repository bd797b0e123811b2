"""The audit: what is done through the centre is whole; what is done past it is found, and named.

`verify` runs the command; `check_alone` is a verifier written from audit.proto alone, which the command must agree with.
"""

import hashlib
import json
import os
import re
import secrets
import signal
import struct
import subprocess
import threading
import uuid

import harness
import wire

TOWN = harness.TOWN
OWNER = "lvzhi_owner"
OP_METHOD = 33  # RecordAttendance


def sha256(data):
    return hashlib.sha256(data).digest()


# A verifier in a page.

def field(value, kind=None):
    if value is None:
        return b"\xff\xff\xff\xff"
    if kind:
        value = struct.pack(kind, value)
    elif isinstance(value, str):
        value = value.encode()
    return struct.pack(">i", len(value)) + value


def operation_hash(leaf):
    return sha256(
        field(TOWN, ">i") + field(uuid.UUID(leaf["key"]).bytes) + field(leaf["method"], ">i") + field(leaf["digest"])
        + field(leaf["reply_digest"]) + field(leaf["author_id"]) + field(leaf.get("device_id"))
        + field(leaf.get("device_seq"), ">q") + field(leaf.get("authored_us"), ">q") + field(leaf["recorded_us"], ">q")
        + field(leaf.get("topics"), ">i") + field(leaf.get("record_id")) + field(leaf.get("clock_off_ms"), ">q")
        + field(leaf["place"], ">q") + field(leaf["xact"], ">q"))


def tree_hash(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"")
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + tree_hash(leaves[:split]) + tree_hash(leaves[split:]))


def check_alone(client):
    """What is wrong with seals and ledger rows: a set of (kind, seal number, key)."""
    wrong, previous, by_seal = set(), bytes(32), {}
    after = None
    while True:
        page = client.call("ListSealLeaves", after=after)
        for leaf in page.get("leaves", []):
            by_seal.setdefault(leaf["seal_no"], []).append(leaf)
        after = page.get("next")
        if after is None:
            break
    for seal in client.call("Seals").get("seals", []):
        leaves = by_seal.get(seal["seal_no"], [])
        root = tree_hash([
            sha256(b"\0" + field(x["facet"]) + field(x["key"]) + field(x.get("hash")) + field(x.get("finding")))
            for x in leaves])
        hashed = sha256(seal["previous"] + struct.pack(">ii", TOWN, seal["seal_no"]) + seal["root"]
                        + struct.pack(">iq", seal["operations"] + seal["rows"], seal["sealed_us"]))
        if root != seal["root"] or hashed != seal["hash"] or seal["previous"] != previous \
                or len(leaves) != seal["operations"] + seal["rows"]:
            wrong.add(("seal", seal["seal_no"], None))
        previous = seal["hash"]
        for leaf in leaves:
            if leaf["facet"] == "operation" and ("method" not in leaf or operation_hash(leaf) != leaf["hash"]):
                wrong.add(("operation", leaf["seal_no"], leaf["key"]))
    return wrong


# The command.

class Audited(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.auditor = cls.centre.connect("auditor")
        cls.addClassCleanup(cls.auditor.close)

    def profile(self, name, login="auditor", town=TOWN):
        """A machine of its own: another name keeps seals of its own."""
        path = os.path.join(self.centre.directory, f"profile-{name}")
        token = harness.base().tokens[town, login]
        with open(path, "w") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(f"address = unix:{self.centre.socket}\ntown = {town}\nlogin = {login}\ntoken = {token.hex()}\n")
        return path

    def lvzhi(self, *words, name="machine", login="auditor"):
        return subprocess.run(
            [os.path.join(harness.BUILD, "lvzhi"), "--profile", self.profile(name, login), *words],
            capture_output=True, text=True, timeout=60, env={**os.environ, "LC_ALL": "C.UTF-8"})

    def verify(self, **options):
        """Exit code and what was found, as (finding, facet, what the row is called)."""
        done = self.lvzhi("--format", "json", "audit", "verify", **options)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        said = json.loads(done.stdout)
        self.assertEqual(said["whole"], done.returncode == 0)
        self.assertEqual(said["whole"], not said["findings"])
        return said

    def whole(self, **options):
        said = self.verify(**options)
        self.assertEqual(said["findings"], [])
        self.assertEqual(check_alone(self.auditor), set())
        return said

    def found(self, *expected, **options):
        said = self.verify(**options)
        self.assertEqual([(f["finding"], f.get("facet"), f.get("code")) for f in said["findings"]], list(expected))
        return said["findings"]

    def seal(self):
        return self.auditor.call("SealNow").get("last", 0)

    def mark(self, login="clerk1", **fields):
        with self.centre.connect(login) as client:
            op = client.op()
            client.call("RecordAttendance", op=op, **harness.mark_fields(**fields))
            return str(uuid.UUID(bytes=op["op_id"]))

    def hand(self, text):
        return self.centre.sql(text, user=OWNER)


class Seals(Audited):
    def test_numbers_and_chain(self):
        first = self.seal()
        self.assertGreaterEqual(first, 1)
        self.assertEqual(self.seal(), first)  # nothing new: no seal
        op = self.mark()
        self.assertEqual(self.seal(), first + 1)
        seals = self.auditor.call("Seals", since=first)["seals"]
        self.assertEqual([(s["seal_no"], s["operations"], s["rows"], s["findings"]) for s in seals], [(first + 1, 1, 1, 0)])
        leaves = self.auditor.call("ListSealLeaves", after=f"{first} 999999")["leaves"]
        self.assertEqual([(x["facet"], x.get("method")) for x in leaves],
                         [("operation", OP_METHOD), ("attendance_mark", None)])
        self.assertEqual(leaves[0]["key"], op)
        said = self.whole()
        self.assertEqual((said["seals"], said["operations"]), (first + 1, self.centre.count("operation", f"town_id = {TOWN}")))

    def test_every_role_pulls_and_few_look(self):
        self.seal()
        for login in ("deputy1", "clerk1", "leader1", "office", "chair", "unit1", "backup"):
            with self.centre.connect(login) as client:
                self.assertTrue(client.call("Seals")["seals"])
        with self.centre.admin() as admin:  # town 0 has a chain of its own
            admin.call("SealNow")
            self.assertEqual(admin.call("VerifyRecords")["total"], 0)

    def test_every_table_is_sealed_or_named(self):
        """A table that may lose rows, or gets them without an operation, must say so in lv.seal_exception."""
        treated = dict(self.centre.sql("select source, treatment from lv.seal_exception"))
        tables = {t for t, in self.centre.sql(
            "select relname from pg_class where relnamespace = 'data'::regnamespace and relkind in ('r', 'p')")}
        self.assertLessEqual(set(treated), tables)
        deletable = {t for t, in self.centre.sql(
            "select table_name from information_schema.role_table_grants where grantee = 'lvzhid' and table_schema = 'data'"
            " and privilege_type = 'DELETE'")}
        self.assertEqual({t for t in deletable if treated.get(t) not in ("out", "set")}, set())
        self.assertEqual({t for t, how in treated.items() if how == "set" and t not in deletable}, set())
        facets = {source for source, in self.centre.sql("select distinct source from lv.facets()")}
        self.assertEqual(facets, {t for t in tables if treated.get(t) != "out"})

    def test_what_reads_leave_behind_is_known(self):
        """A call with `effect: log` has no ledger row: where its rows go must be in lv.seal_exception."""
        folder = os.path.join(harness.SOURCE, "sql/calls")
        calls = set()
        for name in os.listdir(folder):
            with open(os.path.join(folder, name)) as file:
                if re.search(r"^-- effect:.*\blog\b", file.read(), re.M):
                    calls.add(name.removesuffix(".sql"))
        leaves = {"changes": "change", "reveal_identity": "identity_look", "open_attachment": "attachment_look",
                  "print_register": "register_print", "start_export": "export", "seals": "seal", "seal_now": "seal",
                  "access_personal": "identity_look", "reveal_original": "identity_look"}
        self.assertEqual(calls, set(leaves))
        treated = dict(self.centre.sql("select source, treatment from lv.seal_exception"))
        self.assertLessEqual({treated.get(table) for table in leaves.values()}, {"log", "out"})

    def test_rules_catch_no_exceptions(self):
        """A block that catches one is a subtransaction: its rows would have another xmin than their operation."""
        folder = os.path.join(harness.SOURCE, "sql/rules")
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name)) as file:
                code = re.sub(r"--[^\n]*|'(?:''|[^'])*'", "", file.read())
            self.assertIsNone(re.search(r"\bexception\s+when\b", code), name)

    def test_what_the_log_shows(self):
        op = self.mark()
        last = self.seal()
        rows = self.auditor.call("AuditLog", login="clerk1")["operations"]
        row = next(r for r in rows if str(uuid.UUID(bytes=r["op_id"])) == op)
        self.assertEqual((row["login"], row["role"], row["method"], row["code"], row["seal_no"]),
                         ("clerk1", "clerk", OP_METHOD, "M001", last))
        with self.centre.connect("office") as office:
            office.call("MoveFeedback", feedback_id=harness.imported_id(TOWN, "feedback", "F01"), action="screen")
        row = self.auditor.call("AuditLog", login="office")["operations"][-1]
        self.assertEqual((row["code"], row["subject"], row["action"]), ("F01", "feedback", "screen"))
        whole, after = [], None
        while True:
            page = self.auditor.call("AuditLog", limit=3, after=after)
            whole += page["operations"]
            after = page.get("next")
            if after is None:
                break
        self.assertEqual(len(whole), self.centre.count("operation", f"town_id = {TOWN}"))
        done = self.lvzhi("audit", "log", "--login", "clerk1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("登记到会", done.stdout)
        self.assertNotIn("代表D01", done.stdout)


class Paused(Audited):
    def test_not_more_often_than_every_few_minutes(self):
        self.assertEqual(self.auditor.call("Seals")["last"], 1)
        self.mark()
        self.assertEqual(self.auditor.call("Seals")["last"], 1)
        self.centre.sql(f"update data.seal_state set looked_at = now() - interval '11 minutes' where town_id = {TOWN}")
        self.assertEqual(self.auditor.call("Seals")["last"], 2)
        self.whole()


class Tampered(Audited):
    """Each change by hand is found and named; where it is taken back, all is whole again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls.centre.connect("clerk1") as clerk:
            cls.feedback = wire.uuid7()
            clerk.call("RegisterFeedback", feedback_id=cls.feedback, deputy_id=harness.imported_id(TOWN, "people", "D01"),
                       topic="道路", text="村口的路不平", resident_name="王大娘", notice_given=True)
            for n in range(6):
                clerk.call("RecordAttendance", **harness.mark_fields(person=f"D{n + 1:02d}"))
        with cls.centre.connect("office") as office:
            harness.import_files(office, {"suggestions": (
                ["code", "kind", "title", "proposers", "submitted_on", "state"],
                [("S01", "suggestion", "修路", "D01", "2025-03-01", "submitted")])})
        cls.auditor.call("SealNow")
        with cls.centre.connect("clerk1") as clerk:
            clerk.call("RecordAttendance", **harness.mark_fields(mark="late", note="迟到"))
        cls.auditor.call("SealNow")

    def op_ids(self):
        return [op for op, in self.centre.sql(
            f"select op_id from data.operation where town_id = {TOWN} order by place")]

    def changed(self, changes):
        """Change one column of one row each, (table, where, column, value); what is found; and change all back."""
        texts, back = [], []
        keys = dict(self.centre.sql(
            "select c.relname, string_agg(format('d.%1$I = k.%1$I', a.attname), ' and ') from pg_index i join pg_class c on"
            " c.oid = i.indrelid join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)"
            " where i.indisprimary and c.relnamespace = 'data'::regnamespace group by 1"))
        for n, (table, where, column, value) in enumerate(changes):
            texts.append(f"create table public.kept{n} as select * from data.{table} where {where};"
                         f"update data.{table} set {column} = {value} where {where};")
            back.append(f"update data.{table} as d set {column} = k.{column} from public.kept{n} as k where {keys[table]};"
                        f"drop table public.kept{n};")
        self.hand("".join(texts))
        try:
            return self.verify()["findings"]
        finally:
            self.hand("".join(reversed(back)))
            self.whole()

    def test_every_column_of_the_ledger(self):
        ops = self.op_ids()
        columns = {
            "method": "method + 1", "digest": "sha256('x')", "reply": "reply || '\\x00'::bytea",
            "author_id": "gen_random_uuid()", "device_id": "gen_random_uuid()", "device_seq": "coalesce(device_seq, 0) + 1",
            "authored_at": "coalesce(authored_at, now()) + interval '1 us'",
            "recorded_at": "recorded_at - interval '1 us'", "topics": "coalesce(topics, 0) # 4",
            "record_id": "gen_random_uuid()", "clock_off_ms": "coalesce(clock_off_ms, 0) + 1", "place": "place + 100000",
            "xact": "(xact::text::bigint - 1)::text::xid8",
        }
        listed = {c for c, in self.centre.sql(
            "select column_name from information_schema.columns where table_schema = 'data' and table_name = 'operation'")}
        self.assertEqual(set(columns) | {"town_id", "op_id"}, listed, "a column that no seal covers")
        self.assertGreater(len(ops), len(columns))
        chosen = [*ops[:len(columns) - 1], ops[-1]]  # the first, the last, and some between
        found = self.changed([("operation", f"op_id = '{op}'", *change) for op, change in zip(chosen, columns.items())])
        self.assertEqual([(f["finding"], f["facet"], f["key"]) for f in found], [("changed", "operation", op) for op in chosen])

    def test_records(self):
        feedback, town = f"feedback_id = '{self.feedback.hex()}'", f"town_id = {TOWN}"
        code = self.centre.one(f"select code from data.feedback where {feedback}")
        mark = f"op_id = '{self.op_ids()[-1]}'"
        changes = (
            ("attendance_mark", mark, "mark", "'present'", "M001 D01"),
            ("meeting", f"code = 'M002' and {town}", "state", "'closed'", "M002"),
            ("meeting", f"code = 'M004' and {town}", "held_on", "held_on + 1", "M004"),
            ("feedback", feedback, "text", "'没有意见'", code),
            ("feedback_identity", feedback, "resident_name", "'李大娘'", code),
            ("step", f"record_id = '{self.feedback.hex()}' and step_no = 1", "recorded_at", "now()", code),
            ("person", f"code = 'D05' and {town}", "phone", "null", "D05"),
            ("account", f"login = 'unit1' and {town}", "role", "'office'", None),
            ("town", town, "term", "'第十三届'", None),
            ("calendar_day", "day = '2025-10-01'", "working", "true", None),
        )
        found = self.changed([c[:4] for c in changes])
        self.assertEqual(sorted((f["finding"], f["facet"], f.get("code") or "") for f in found),
                         sorted(("changed", c[0], c[4] or "") for c in changes))
        places = [(f["seal_no"], f["position"]) for f in found]
        self.assertEqual(places, sorted(places))  # the first bad one first
        self.assertEqual({seal for seal, _ in places}, {1, 2})

    def test_rows_that_go(self):
        ops = self.op_ids()
        feedback = f"feedback_id = '{self.feedback.hex()}'"
        code = self.centre.one(f"select code from data.feedback where {feedback}")
        gone = (("operation", f"op_id = '{ops[0]}'", None), ("operation", f"op_id = '{ops[-1]}'", None),
                ("attendance_mark", f"op_id = '{ops[-1]}'", "M001 D01"), ("feedback_identity", feedback, code),
                ("suggestion_proposer", f"town_id = {TOWN}", "S01"))
        self.hand("".join(f"create table public.kept{n} as select * from data.{table} where {where};"
                          f"delete from data.{table} where {where};" for n, (table, where, _) in enumerate(gone)))
        try:
            found = self.verify()["findings"]
        finally:
            self.hand("".join(f"insert into data.{table} select * from public.kept{n}; drop table public.kept{n};"
                              for n, (table, _, _) in enumerate(gone)))
        self.assertEqual(sorted((f["finding"], f["facet"], f.get("code") or "") for f in found),
                         sorted(("deleted", table, code or "") for table, _, code in gone))
        self.assertEqual(found[0]["key"], ops[0])
        self.whole()

    def test_rows_that_come(self):
        mark = self.op_ids()[-1]
        unused, other = str(uuid.uuid4()), str(uuid.uuid4())
        inserts = (
            (f"insert into data.attendance_mark select town_id, meeting_id, person_id, revision + 1, now(), '{unused}',"
             f" op_id, 'present', null, author_id, device_id from data.attendance_mark where op_id = '{mark}'",
             "attendance_mark", "M001 D01", f"op_id = '{unused}'"),
            (f"insert into data.setting values ({TOWN}, 'nots_for_case', '2020-01-01', 1)", "setting", None,
             "key = 'nots_for_case'"),
            (f"insert into data.account (town_id, account_id, login, role) values ({TOWN}, '{unused}', 'ghost', 'chair')",
             "account", None, "login = 'ghost'"),
            # A ledger row of somebody who is not there; one that pretends to be old.
            (f"insert into data.operation (town_id, op_id, method, digest, reply, author_id) values ({TOWN}, '{unused}', 33,"
             " sha256('x'), '', gen_random_uuid())", "operation", None, f"op_id = '{unused}'"),
            (f"insert into data.operation (town_id, op_id, method, digest, reply, author_id, xact) select {TOWN}, '{other}',"
             f" 33, sha256('x'), '', author_id, '3' from data.operation where op_id = '{mark}'", "operation", None,
             f"op_id = '{other}'"),
        )
        for text, *_ in inserts:  # each a transaction: nothing comes with an operation
            self.hand(text)
        try:
            found = self.verify()["findings"]
        finally:
            self.hand(";".join(f"delete from data.{table} where {where}" for _, table, _, where in inserts))
        self.assertEqual(sorted((f["finding"], f["facet"], f.get("code") or "") for f in found),
                         sorted(("inserted", table, code or "") for _, table, code, _ in inserts))
        self.whole()

    def test_seals_themselves(self):
        for table, where, column, value in (
            ("seal", "seal_no = 1", "root", "sha256('x')"), ("seal", "seal_no = 2", "hash", "sha256('x')"),
            ("seal", "seal_no = 1", "rows", "rows - 1"), ("seal", "seal_no = 2", "sealed_at", "now()"),
            ("seal_leaf", "seal_no = 1 and position = 2", "key", "'x'"),
            ("seal_leaf", "seal_no = 2 and facet = 'attendance_mark'", "hash", "sha256('x')"),
        ):
            with self.subTest(table=table, column=column):
                self.hand(f"create table public.kept as select * from data.{table} where {where} and town_id = {TOWN};"
                          f"update data.{table} set {column} = {value} where {where} and town_id = {TOWN}")
                newcomer = self.lvzhi("audit", "verify", name="newcomer" + secrets.token_hex(4))  # who has kept none
                alone = check_alone(self.auditor)
                self.hand(f"update data.{table} as d set {column} = k.{column} from public.kept as k where d.town_id ="
                          " k.town_id and d.seal_no = k.seal_no" + (" and d.position = k.position" if "leaf" in table else "")
                          + "; drop table public.kept")
                self.assertEqual(newcomer.returncode, 1, newcomer.stdout)
                self.assertIn(f"第 {where[10]} 次封存本身被改动过", newcomer.stderr)
                self.assertTrue(alone)
        self.whole()


class Rewritten(Audited):
    def test_a_chain_made_anew_is_not_the_one_that_was_kept(self):
        op = self.mark()
        self.seal()
        self.mark()
        self.seal()
        self.whole(name="kept")
        self.hand(f"update data.attendance_mark set mark = 'absent' where op_id = '{op}';"
                  f"delete from data.seal_leaf where town_id = {TOWN}; delete from data.seal where town_id = {TOWN};"
                  f"delete from data.seal_shape where town_id = {TOWN}; delete from data.seal_state where town_id = {TOWN}")
        self.seal()
        self.assertEqual(self.verify(name="stranger")["findings"], [])  # consistent in itself
        findings = self.verify(name="kept")["findings"]
        self.assertEqual([(f["finding"], f["seal_no"]) for f in findings], [("seal_differs", 1), ("seal_missing", 2)])
        done = self.lvzhi("audit", "verify", name="kept")
        self.assertEqual(done.returncode, 1)
        self.assertIn("第 1 次封存和这台电脑早先保存的不一样", done.stderr)
        # An ordinary command tells it too, once an hour.
        store = os.path.join(self.centre.directory, "outbox", "profile-kept.db.seals")
        os.utime(store, (0, 0))
        done = self.lvzhi("meetings", name="kept")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("早先保存的不一样", done.stderr)
        self.assertNotIn("封存", self.lvzhi("meetings", name="kept").stderr)
        # People know of a restore: forgotten, and good again.
        self.assertEqual(self.lvzhi("audit", "forget", "1", name="kept").returncode, 0)
        self.assertEqual(self.verify(name="kept")["findings"], [])


class Kept(Audited):
    def test_a_finding_stays_in_the_seal(self):
        self.seal()
        self.hand(f"update data.meeting set title = '别的' where town_id = {TOWN} and code = 'M001'")
        number = self.seal()
        self.assertEqual(self.auditor.call("Seals", since=number - 1)["seals"][0]["findings"], 1)
        self.hand(f"update data.meeting set title = '会议M001' where town_id = {TOWN} and code = 'M001'")
        self.seal()
        findings = [f for f in self.verify()["findings"] if f["facet"] == "meeting"]
        self.assertEqual([(f["finding"], f["facet"], f["seal_no"]) for f in findings],
                         [("changed", "meeting", number), ("changed", "meeting", number + 1)])
        said = self.lvzhi("audit", "verify")
        self.assertEqual(said.returncode, 1)
        self.assertRegex(said.stdout, r"被改动 .*meeting +M001")

    def test_before_it_is_sealed(self):
        """The last rows: the ledger's and the mark's, changed before any seal has them."""
        self.seal()
        before = len(self.verify()["findings"])
        op = self.mark()
        self.hand(f"update data.operation set method = 34 where op_id = '{op}'")
        new = self.verify()["findings"][before:]
        self.assertEqual([(f["finding"], f["facet"], f["key"]) for f in new], [("changed", "operation", op)])
        self.hand(f"update data.attendance_mark set mark = 'absent' where op_id = '{op}'")
        new = self.verify()["findings"][before:]
        self.assertEqual({(f["finding"], f["facet"]) for f in new}, {("changed", "operation"), ("inserted", "attendance_mark")})
        self.seal()
        self.assertEqual(len(self.verify()["findings"]), before + 2)

    def test_a_column_added_by_a_migration_changes_nothing(self):
        self.seal()
        before = self.verify()["findings"]
        self.hand("alter table data.unit add colour text not null default 'red'")
        self.assertEqual(self.verify()["findings"], before)
        self.mark()
        self.seal()
        self.assertEqual(self.verify()["findings"], before)
        # A migration that fills rows: its own transaction, told by its row.
        self.hand("begin; update data.unit set colour = 'blue' where code = 'U01'; insert into data.migration (version, name,"
                  " checksum) values (990, '990_colour.sql', ''); commit")
        self.assertEqual(self.verify()["findings"], before)
        self.seal()
        self.assertEqual(self.verify()["findings"], before)
        self.hand(f"update data.unit set colour = 'green' where code = 'U01' and town_id = {TOWN}")
        new = [f for f in self.verify()["findings"] if f not in before]
        self.assertEqual([(f["finding"], f["facet"], f.get("code")) for f in new], [("changed", "unit", "U01")])
        self.hand("alter table data.unit drop colour")


class Work(Audited):
    """Ordinary work, of every kind that touches rows in a way of its own: no false alarm, before and after each seal."""

    def clean(self):
        self.assertEqual(self.auditor.call("VerifyRecords").get("findings", []), [])
        self.seal()
        self.assertEqual(self.auditor.call("VerifyRecords").get("findings", []), [])

    def test_a_day(self):
        self.seal()
        office, clerk, deputy = (self.centre.connect(x) for x in ("office", "clerk1", "deputy1"))
        with office, clerk, deputy:
            clerk.call("RecordAttendance", **harness.mark_fields())
            self.clean()
            # An import that changes rows and sets of rows.
            found = harness.small_town(TOWN)
            del found["attendance"]
            found["units"][1][0] = ("U01", "镇中心小学")
            found["suggestions"] = (
                ["code", "kind", "title", "proposers", "submitted_on", "state"],
                [("S01", "suggestion", "修路", "D01 D02 D03", "2025-03-01", "submitted")])
            found["households"] = (["code", "village", "head", "members", "helpers", "starts_on"],
                                   [("H01", "V01", "赵家", "3", "D01 D02", "2025-01-01")])
            self.assertIsInstance(harness.import_files(office, found, update=True), dict)
            self.clean()
            found["suggestions"][1][0] = ("S01", "suggestion", "修路", "D01 D03", "2025-03-01", "submitted")
            found["households"][1][0] = ("H01", "V01", "赵家", "3", "D02", "2025-01-01")
            self.assertIsInstance(harness.import_files(office, found, update=True), dict)
            self.clean()
            # Reads that leave rows, logins, devices.
            feedback = wire.uuid7()
            clerk.call("RegisterFeedback", feedback_id=feedback, deputy_id=harness.imported_id(TOWN, "people", "D01"),
                       topic="道路", text="村口的路不平", resident_name="王大娘", notice_given=True)
            office.call("RevealIdentity", feedback_id=feedback, reason="核实路段")
            office.call("Changes", since=0)
            device = self.centre.new_device()
            self.clean()
            with self.centre.connect_tls("office", device) as far:
                far.call("MoveFeedback", feedback_id=feedback, action="screen")
            with self.centre.unix() as stranger:
                stranger.hello(TOWN)
                self.refused("UNAUTHENTICATED", stranger.login, "office2", "falsch")
            with self.centre.admin() as admin:
                admin.call("SetPassword", town_id=TOWN, login="office2", password=harness.PASSWORD + "2")
                admin.call("SetCalendar", days=[{"day_on": "2027-01-01", "working": False, "name": "元旦"}])
                admin.call("RevokeAccount", town_id=TOWN, login="d04", reason="换人")
            self.refused("CONFLICT", office.call, "RecordAttendance", **harness.mark_fields(meeting="M005"))
            self.clean()
        with self.centre.connect("office", harness.OTHER_TOWN) as other:
            other.call("SealNow")
        self.whole()

    def test_a_restored_dump(self):
        self.seal()
        self.mark(person="D08")  # in the dump, in no seal
        centre = self.centre.restored()
        self.addCleanup(centre.kill)
        with centre.connect("auditor") as auditor, centre.connect("clerk1") as clerk:
            self.assertEqual(auditor.call("VerifyRecords")["total"], 0)
            clerk.call("RecordAttendance", **harness.mark_fields(person="D09"))
            self.assertEqual(auditor.call("VerifyRecords")["total"], 0)
            last = auditor.call("SealNow")["last"]
            self.assertEqual(auditor.call("VerifyRecords")["total"], 0)
            self.assertEqual(check_alone(auditor), set())
            clerk.call("RecordAttendance", **harness.mark_fields(person="D10"))
            self.assertEqual(auditor.call("SealNow")["last"], last + 1)
            self.assertEqual(check_alone(auditor), set())
            centre.sql(f"update data.meeting set title = '别的' where town_id = {TOWN} and code = 'M001'", user=OWNER)
            self.assertEqual([f["code"] for f in auditor.call("VerifyRecords")["findings"]], ["M001"])
        centre.stop()

    def test_a_restored_dump_with_nothing_unsealed(self):
        """Then no operation can be behind a row that differs."""
        self.mark()
        self.seal()
        name = self.centre.database + "_still"
        pg = harness.postgres()
        self.auditor.close()
        self.centre.stop()
        pg.sql(f"create database {name} owner lvzhi_owner template {self.centre.database}")
        self.centre.start()
        type(self).auditor = self.centre.connect("auditor")
        centre = harness.Centre(pg, name)
        centre.sql(f"update data.meeting set title = '别的' where town_id = {TOWN} and code = 'M001'", user=OWNER)
        centre.start()
        self.addCleanup(centre.kill)
        with centre.connect("auditor") as auditor:
            self.assertEqual([f.get("code") for f in auditor.call("VerifyRecords")["findings"]], ["M001"])
        centre.stop()

    def test_writers_and_kills(self):
        """Seals while twelve write and the daemon is killed: each ledger row in one seal, none lost, nothing found."""
        schema, author = harness.schema(), harness.base().accounts[TOWN, "clerk1"]
        writers = [harness.Writer(lambda: self.centre.connect("clerk1", timeout=5), [
            schema.encode("RecordAttendanceRequest", {
                "op": {"op_id": wire.uuid7(), "author_id": author}, **harness.mark_fields(person=f"D{n + 1:02d}")})
            for _ in range(80)], window=6) for n in range(12)]
        ended, failures = threading.Event(), []

        def keep_sealing():
            while not ended.is_set():
                try:
                    with self.centre.connect("auditor", timeout=5) as auditor:
                        while not ended.is_set():
                            auditor.call("SealNow", since=10 ** 6)
                            found = auditor.call("VerifyRecords").get("findings")
                            if found:
                                failures.append(found)
                except (wire.Closed, wire.Refused, OSError):
                    pass

        sealers = [threading.Thread(target=keep_sealing, daemon=True) for _ in range(2)]
        for thread in writers + sealers:
            thread.start()
        # A transaction that is open all the while, and commits late.
        late = subprocess.Popen(
            ["psql", "-XAtq", "-h", harness.postgres().directory, "-U", "postgres", "-d", self.centre.database, "-c",
             "begin; select pg_current_xact_id(); select pg_sleep(2); insert into data.operation (town_id, op_id, method, digest,"
             f" reply, author_id) values ({TOWN}, gen_random_uuid(), 33, sha256('x'), '', '{uuid.UUID(bytes=author)}'); commit"],
            stdout=subprocess.DEVNULL)
        harness.wait_until(lambda: sum(len(w.answers) for w in writers) > 300, 60, "writing")
        os.kill(self.centre.process.pid, signal.SIGKILL)
        self.centre.process.wait()
        self.centre.start()
        harness.join_all(writers)
        self.assertEqual(late.wait(20), 0)
        ended.set()
        for thread in sealers:
            thread.join(20)
        self.assertEqual(failures, [])
        type(self).auditor = self.centre.connect("auditor")
        self.seal()
        self.whole()
        twice = self.centre.sql(f"select key from data.seal_leaf where town_id = {TOWN} and facet = 'operation' group by key"
                                " having count(*) > 1")
        self.assertEqual(twice, [])
        self.assertEqual(self.centre.count("seal_leaf", f"town_id = {TOWN} and facet = 'operation'"),
                         self.centre.count("operation", f"town_id = {TOWN}"))
        self.assertGreater(self.centre.count("seal", f"town_id = {TOWN}"), 3)
