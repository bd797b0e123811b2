"""Photos and scans of records: chunks and their limits, digests, sealed originals, who sees and adds what, nothing lost.

Files are made here: what the centre looks at are the first bytes, the size and the digest.
"""

import hashlib
import os
import random
import signal
import threading
import time

import harness
import wire

TOWN = harness.TOWN
CHUNK = 128 << 10
BEGIN = {"jpeg": b"\xff\xd8\xff\xe0", "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "pdf": b"%PDF-1.7\n"}
MEETING, FEEDBACK = {"subject": "meeting", "record_code": "M001"}, {"subject": "feedback", "record_code": "F01"}


def file(size, type="jpeg", seed=0):
    return (BEGIN[type] + random.Random(seed).randbytes(max(0, size - len(BEGIN[type]))))[:size]


def chunks(data):
    return [data[at:at + CHUNK] for at in range(0, len(data), CHUNK)]


def about(data, type="jpeg", name="照片.jpg", **fields):
    return {"name": name, "type": type, "size": len(data), "sha256": hashlib.sha256(data).digest(), **fields}


class Case(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clients, cls.seeds = {}, iter(range(1, 10000))

    @classmethod
    def tearDownClass(cls):
        for client in cls.clients.values():
            client.close()
        super().tearDownClass()

    def setUp(self):
        # Nothing that another test left unfinished or kept is in the way of this one's limits.
        self.centre.sql("update data.attachment set void_reason = '-', voided_by = account_id, voided_at = now()"
                        " where void_reason is null; delete from data.upload_chunk; delete from data.upload;")

    def client(self, login):
        if login not in self.clients:
            self.clients[login] = self.centre.connect(login)
        return self.clients[login]

    def do(self, login, method, /, **fields):
        return self.client(login).call(method, **fields)

    def no(self, name, rule, login, method, /, **fields):
        error = self.refused(name, self.client(login).call, method, **fields)
        self.assertEqual(error.rule, rule, error)
        return error

    def new(self, size=1000, type="jpeg"):
        return file(size, type, next(self.seeds))

    def start(self, login, data, type="jpeg", record=MEETING, **fields):
        return self.do(login, "AttachmentStart", attachment_id=wire.uuid7(), **record, **about(data, type), **fields)

    def send(self, login, id, data, only=None):
        for number, part in enumerate(chunks(data)):
            if only is None or number in only:
                self.do(login, "AttachmentChunk", attachment_id=id, number=number, bytes=part)

    def add(self, login, data=None, type="jpeg", record=MEETING, **fields):
        """A whole upload: the attachment's id and code."""
        data = self.new(type=type) if data is None else data
        id = self.start(login, data, type, record, **fields)["attachment_id"]
        self.send(login, id, data)
        reply = self.do(login, "AttachmentFinish", attachment_id=id)
        self.assertEqual(reply["attachment_id"], id)
        return id, reply["code"]

    def listed(self, login, record=MEETING, voided=False):
        reply = self.do(login, "ListAttachments", **(record or {}))
        return {a["code"]: a for a in reply.get("attachments", []) if ("void_reason" in a) == voided}

    def read(self, login, id, size, look=None):
        return b"".join(self.do(login, "ReadAttachment", attachment_id=id, number=n, look_id=look)["bytes"]
                        for n in range((size + CHUNK - 1) // CHUNK))


class Files(Case):
    def test_a_file_comes_back_as_it_was(self):
        for type in BEGIN:
            for size in (17, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 77):
                with self.subTest(type=type, size=size):
                    data = self.new(size, type)
                    id, code = self.add("clerk1", data, type, note=" 村口 ")
                    self.assertEqual(self.read("leader1", id, size), data)
                    one = self.listed("leader1")[code]
                    self.assertEqual(
                        (one["type"], one["size"], one["sha256"], one["note"], one["added_by"], one["record_code"]),
                        (type, size, hashlib.sha256(data).digest(), "村口", "clerk1", "M001"))
                    self.assertFalse(one["sealed"])

    def test_nothing_is_there_before_all_of_it_is(self):
        data = self.new(2 * CHUNK)
        id = self.start("clerk1", data)["attachment_id"]
        self.send("clerk1", id, data, only=[1])
        for login in ("clerk1", "office", "auditor"):
            self.assertEqual(self.listed(login), {})
            self.no("NOT_FOUND", "attachment_unknown", login, "ReadAttachment", attachment_id=id, number=1)
        error = self.no("CONFLICT", "upload_incomplete", "clerk1", "AttachmentFinish", attachment_id=id)
        self.assertEqual((error.named["received"], error.named["chunks"]), ("1", "2"))
        self.send("clerk1", id, data, only=[0])
        self.do("clerk1", "AttachmentFinish", attachment_id=id)
        self.assertEqual(self.read("office", id, len(data)), data)
        self.assertEqual(self.centre.count("upload") + self.centre.count("upload_chunk"), 0)

    def test_a_broken_upload_goes_on_where_it_stopped(self):
        data = self.new(5 * CHUNK - 3)
        first = self.start("clerk1", data)
        self.assertEqual((first.get("received", []), first["chunk_size"], first.get("code")), ([], CHUNK, None))
        self.send("clerk1", first["attachment_id"], data, only=[0, 3])
        again = self.start("clerk1", data)
        self.assertEqual((again["attachment_id"], again["received"]), (first["attachment_id"], [0, 3]))
        self.send("clerk1", again["attachment_id"], data, only=[1, 2, 4])
        self.do("clerk1", "AttachmentFinish", attachment_id=again["attachment_id"])
        self.assertEqual(self.read("clerk1", again["attachment_id"], len(data)), data)

    def test_what_is_to_be_sealed_is_so_when_a_broken_upload_goes_on(self):
        data = self.new(2 * CHUNK)
        first = self.start("clerk1", data)
        self.send("clerk1", first["attachment_id"], data, only=[0])
        again = self.start("clerk1", data, sealed=True)
        self.assertEqual(again["received"], [0])
        self.send("clerk1", again["attachment_id"], data, only=[1])
        self.assertTrue(self.do("clerk1", "AttachmentFinish", attachment_id=again["attachment_id"])["sealed"])

    def test_the_same_file_is_one_attachment(self):
        data = self.new(CHUNK + 1)
        id, code = self.add("clerk1", data)
        again = self.start("office", data)
        self.assertEqual((again["code"], again["attachment_id"], again.get("received", [])), (code, id, []))
        self.assertEqual(self.do("clerk1", "AttachmentFinish", attachment_id=id)["code"], code)
        self.add("clerk1", data, record={"subject": "group", "record_code": "G01"})
        self.assertEqual(self.centre.count("attachment", f"sha256 = '\\x{hashlib.sha256(data).hexdigest()}'"), 2)

    def uploaded(self, client, data):
        id = client.call("AttachmentStart", attachment_id=wire.uuid7(), **MEETING, **about(data))["attachment_id"]
        for number, part in enumerate(chunks(data)):
            client.call("AttachmentChunk", attachment_id=id, number=number, bytes=part)
        return id

    def finish_at_once(self, uploads):
        """What becomes of several uploads, each by its client: none gets its code before all are under way."""
        held = threading.Thread(target=self.centre.sql, args=(
            "begin; select from data.counter for update; select pg_sleep(1.5); commit;",))
        held.start()
        harness.wait_until(lambda: self.centre.sql(
            "select pid from pg_stat_activity where query like '%pg_sleep(1.5)%' and wait_event = 'PgSleep'"))
        sent = [(client, client.send("AttachmentFinish", client.payload("AttachmentFinish", attachment_id=id)))
                for client, id in uploads]
        outcomes = []
        for client, request in sent:
            try:
                outcomes.append(client.reply(request)["code"])
            except wire.Refused as refused:
                outcomes.append(refused.rule)
        held.join()
        return outcomes

    def test_two_at_once_at_two_daemons(self):
        self.add("clerk1")  # there is a counter to hold
        other = harness.Centre(self.centre.postgres, self.centre.database)
        other.directory += ".2"
        os.makedirs(other.directory, exist_ok=True)
        other.socket, other.config, other.log = (os.path.join(other.directory, n) for n in ("sock", "ini", "log"))
        other.settings["unix_path"] = other.socket
        self.addCleanup(other.kill)
        other.start()
        with other.connect("office") as office:
            clerk, data = self.client("clerk1"), self.new(2 * CHUNK)
            # The same file: one attachment.
            ids = [self.uploaded(client, data) for client in (clerk, office)]
            self.assertEqual(len(set(ids)), 2)
            codes = self.finish_at_once(zip((clerk, office), ids))
            self.assertRegex(codes[0], "^P[0-9]+$")
            self.assertEqual(codes[0], codes[1])
            self.assertEqual(self.centre.count("upload"), 0)
            # Two files, and room for one.
            self.setUp()
            self.centre.sql(f"insert into data.setting values ({TOWN}, 'attachment_count', '2020-01-01', 1)")
            self.addCleanup(self.centre.sql, "delete from data.setting where key like 'attachment%'")
            ids = [self.uploaded(client, self.new()) for client in (clerk, office)]
            codes = self.finish_at_once(zip((clerk, office), ids))
            self.assertEqual(codes.count("too_many_attachments"), 1, codes)
        self.assertEqual(len(self.listed("office")), 1)
        other.stop()

    def test_many_uploads_of_one_session_interleaved(self):
        files = [self.new(2 * CHUNK + n) for n in range(4)]
        ids = [self.start("office", data)["attachment_id"] for data in files]
        for number in range(3):
            for id, data in zip(ids, files):
                self.send("office", id, data, only=[number])
        for id, data in zip(ids, files):
            self.do("office", "AttachmentFinish", attachment_id=id)
            self.assertEqual(self.read("office", id, len(data)), data)

    def test_names(self):
        for name in ("", "..", "a/b.jpg", "a\\b.jpg", "a\nb", "\x07", "长" * 201):
            data = self.new()
            self.no("INVALID", "file_name_wrong", "clerk1", "AttachmentStart", attachment_id=wire.uuid7(), **MEETING,
                    **about(data, name=name))
        self.do("clerk1", "AttachmentStart", attachment_id=wire.uuid7(), **MEETING, **about(data, name="长" * 200))

    def test_history(self):
        id, code = self.add("clerk1", note="签到表")
        self.do("clerk1", "VoidAttachment", attachment_id=id, reason="拍错了")
        self.assertEqual(self.centre.sql(
            f"select action, from_state, to_state, note from data.step where record_id = '{id.hex()}' order by step_no"),
            [("add", "new", "kept", "签到表"), ("void", "kept", "void", "拍错了")])

    def test_the_ledger_keeps_no_pictures(self):
        data = self.new(3 * CHUNK)
        self.add("clerk1", data)
        longest = int(self.centre.one("select max(length(o::text)) from data.operation as o"))
        self.assertLess(longest, 4000)

    def test_the_feed_tells(self):
        with self.centre.connect("office") as office:
            last = office.call("Changes", limit=1)["last"]
            id, _ = self.add("clerk1")
            told = [c for c in office.call("Changes", since=last)["changes"] if c.get("record_id") == id]
            self.assertEqual([c["topics"] for c in told], [["office"]])


class Lies(Case):
    def test_kinds_by_their_first_bytes(self):
        for said in BEGIN:
            for is_ in (*BEGIN, "text", "cut", "empty"):
                data = {"text": b"once upon a time " * 9, "cut": BEGIN[said][:2], "empty": b"%PDF-"}.get(is_) or \
                    self.new(500, is_)
                id = self.start("clerk1", data, said)["attachment_id"]
                fields = {"attachment_id": id, "number": 0, "bytes": data}
                if said == is_:
                    self.do("clerk1", "AttachmentChunk", **fields)
                else:
                    self.no("INVALID", "file_type_wrong", "clerk1", "AttachmentChunk", **fields)
                self.setUp()

    def test_every_cut_of_a_header(self):
        for type, begin in BEGIN.items():
            need = {"jpeg": 3, "png": 16, "pdf": 8}[type]
            for size in range(1, len(begin) + 1):
                id = self.start("clerk1", begin[:size], type)["attachment_id"]
                fields = {"attachment_id": id, "number": 0, "bytes": begin[:size]}
                if size < need:
                    self.no("INVALID", "file_type_wrong", "clerk1", "AttachmentChunk", **fields)
                else:
                    self.do("clerk1", "AttachmentChunk", **fields)
                self.setUp()

    def test_more_or_less_than_announced(self):
        data = self.new(2 * CHUNK + 10)
        id = self.start("clerk1", data)["attachment_id"]
        for number, part in ((0, data[:CHUNK - 1]), (0, data[:CHUNK + 1]), (2, data[-11:]), (2, data[-9:]), (2, b""),
                             (3, data[:1]), (-1, data[:CHUNK]), (2**31 - 1, data[:10]), (0, b"")):
            self.no("INVALID", "chunk_size_wrong", "clerk1", "AttachmentChunk", attachment_id=id, number=number,
                    bytes=part)
        for fields in ({"number": 0}, {"bytes": data[:CHUNK]}):
            self.no("INVALID", "chunk_size_wrong", "clerk1", "AttachmentChunk", attachment_id=id, **fields)
        self.assertEqual(self.centre.count("upload_chunk"), 0)

    def test_another_digest(self):
        data = self.new(CHUNK + 5)
        id = self.do("clerk1", "AttachmentStart", attachment_id=wire.uuid7(), **MEETING, **{
            **about(data), "sha256": hashlib.sha256(data + b"x").digest()})["attachment_id"]
        self.send("clerk1", id, data)
        self.no("INVALID", "digest_wrong", "clerk1", "AttachmentFinish", attachment_id=id)
        self.assertEqual((self.listed("office"), self.centre.count("attachment", f"attachment_id = '{id.hex()}'")),
                         ({}, 0))
        for sha256 in (None, b"", b"x" * 31, b"x" * 33):
            self.no("INVALID", "value_missing", "clerk1", "AttachmentStart", attachment_id=wire.uuid7(), **MEETING,
                    **{**about(data), "sha256": sha256})

    def test_another_chunk_in_its_place(self):
        data = self.new(2 * CHUNK)
        id = self.start("clerk1", data)["attachment_id"]
        self.send("clerk1", id, data, only=[1])
        self.send("clerk1", id, data, only=[1])
        self.no("CONFLICT", "chunk_differs", "clerk1", "AttachmentChunk", attachment_id=id, number=1, bytes=data[:CHUNK])

    def test_anothers_upload(self):
        data = self.new()
        id = self.start("clerk1", data)["attachment_id"]
        for login in ("leader1", "office", "clerk2"):
            self.no("NOT_FOUND", "upload_unknown", login, "AttachmentChunk", attachment_id=id, number=0, bytes=data)
            self.no("NOT_FOUND", "upload_unknown", login, "AttachmentFinish", attachment_id=id)
        self.no("NOT_FOUND", "upload_unknown", "clerk1", "AttachmentFinish", attachment_id=wire.uuid7())
        self.no("NOT_FOUND", "upload_unknown", "clerk1", "AttachmentFinish")

    def test_limits_before_a_byte_is_sent(self):
        def start(rule, error="INVALID", /, **fields):
            self.no(error, rule, "clerk1", "AttachmentStart", **{
                "attachment_id": wire.uuid7(), **MEETING, **about(b"\xff\xd8\xff"), **fields})

        most = 8 << 20
        start("file_too_big", size=most + 1)
        start("file_too_big", size=2**63 - 1)
        for size in (0, -1, None):
            start("file_empty", size=size)
        for field in ("type", "name", "subject", "attachment_id", "record_code"):
            start("value_missing", **{field: None})
        start("record_unknown", "NOT_FOUND", record_code="M999")
        start("record_unknown", "NOT_FOUND", subject="moon")
        start("record_unknown", "NOT_FOUND", record_code=None, record_id=wire.uuid7())
        self.assertEqual(self.centre.count("upload"), 0)
        self.do("clerk1", "AttachmentStart", attachment_id=wire.uuid7(), **MEETING,
                **{**about(b"\xff\xd8\xff"), "size": most})

    def test_settings(self):
        for key, value, rule, fields in (("attachment_mb", 1, "file_too_big", {"size": (1 << 20) + 1}),
                                         ("attachment_jpeg", 0, "file_type_off", {})):
            self.centre.sql(f"insert into data.setting values ({TOWN}, '{key}', '2020-01-01', {value})")
            self.no("INVALID", rule, "clerk1", "AttachmentStart", attachment_id=wire.uuid7(), **MEETING,
                    **{**about(self.new()), **fields})
            self.centre.sql("delete from data.setting where key like 'attachment%'")

    def test_how_many_of_a_record(self):
        self.centre.sql(f"insert into data.setting values ({TOWN}, 'attachment_count', '2020-01-01', 3)")
        self.addCleanup(self.centre.sql, "delete from data.setting where key like 'attachment%'")
        late = self.new()
        under_way = self.start("clerk1", late)["attachment_id"]
        self.send("clerk1", under_way, late)
        codes = [self.add("clerk1") for _ in range(3)]
        self.no("CONFLICT", "too_many_attachments", "clerk1", "AttachmentStart", attachment_id=wire.uuid7(), **MEETING,
                **about(self.new()))
        self.no("CONFLICT", "too_many_attachments", "clerk1", "AttachmentFinish", attachment_id=under_way)
        self.do("clerk1", "VoidAttachment", attachment_id=codes[0][0], reason="重复")
        self.do("clerk1", "AttachmentFinish", attachment_id=under_way)

    def test_how_many_unfinished_and_how_long(self):
        for _ in range(8):
            self.start("clerk1", self.new())
        self.no("CONFLICT", "too_many_uploads", "clerk1", "AttachmentStart", attachment_id=wire.uuid7(), **MEETING,
                **about(self.new()))
        self.start("leader1", self.new())
        data = self.new()
        self.centre.sql("update data.upload set started_at = started_at - interval '47 hours'")
        self.no("CONFLICT", "too_many_uploads", "clerk1", "AttachmentStart", attachment_id=wire.uuid7(), **MEETING,
                **about(data))
        self.centre.sql("update data.upload set started_at = started_at - interval '61 minutes'")
        old = self.centre.one("select upload_id from data.upload as u join data.account as a using (town_id, account_id)"
                              " where a.login = 'clerk1' limit 1")
        self.no("NOT_FOUND", "upload_unknown", "clerk1", "AttachmentFinish", attachment_id=bytes.fromhex(
            old.replace("-", "")))
        self.start("clerk1", data)
        self.assertEqual(self.centre.count("upload"), 1)


class Reach(Case):
    """Who adds to which record and who sees what is there."""

    # subject, code: who may add, who sees besides
    MATRIX = (
        ("meeting", "M001", "clerk1 leader1 office chair", "deputy1 auditor d02"),  # group G01's, open
        ("meeting", "M003", "clerk1 leader1 clerk2 leader2 office chair", "deputy1 deputy2 auditor d02"),  # the town's
        ("meeting", "M004", "office chair", "clerk1 leader1 clerk2 leader2 deputy1 deputy2 auditor d02"),  # locked
        ("feedback", "F01", "clerk1 leader1 deputy1 office chair", "auditor"),
        ("group", "G01", "clerk1 leader1 office", "chair clerk2 leader2 deputy1 deputy2 auditor d02"),
        ("deed", "H1", "clerk1 leader1 deputy1 office chair", "auditor"),
        ("household", "B1", "clerk1 leader1 deputy1 office chair", "auditor"),
        ("fund", "E1", "office chair", "leader1 deputy1 auditor"),
        ("award", "W1", "office chair", "leader1 deputy1 auditor"),
        ("suggestion", "S1", "deputy1 unit1 office chair", "d02 deputy2 clerk1 leader1 clerk2 leader2 auditor"),
    )
    FILES = {
        "deeds": (["code", "person", "done_on", "kind", "village", "text", "verified"],
                  [("H1", "D01", "2025-03-01", "修路", "V01", "修了桥", "no")]),
        "households": (["code", "village", "head", "members", "helpers", "starts_on"],
                       [("B1", "V01", "王户", "3", "D01", "2025-01-01")]),
        "funds": (["code", "on", "kind", "person", "amount_yuan"],
                  [("E1", "2025-05-01", "deputy_activity", "D01", "500")]),
        "awards": (["code", "on", "kind", "recipient", "amount_yuan"],
                   [("W1", "2025-06-01", "excellent_deputy", "D01", "300")]),
        "suggestions": (["code", "kind", "title", "proposers", "submitted_on", "unit", "state", "assigned_on"],
                        [("S1", "suggestion", "修路", "D01", "2025-03-01", "U01", "assigned", "2025-03-05")]),
    }

    LOGINS = "deputy1 deputy2 d02 clerk1 clerk2 leader1 leader2 office chair unit1 unit2 auditor backup".split()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls.centre.connect("office") as office:
            reply = harness.import_files(office, cls.FILES)
            assert isinstance(reply, dict), reply

    def test_roles_and_subjects(self):
        for subject, code, adds, sees in self.MATRIX:
            record = {"subject": subject, "record_code": code}
            for login in self.LOGINS:
                with self.subTest(subject=subject, code=code, login=login):
                    fields = {"attachment_id": wire.uuid7(), **record, **about(self.new())}
                    if login in adds.split():
                        self.do(login, "AttachmentStart", **fields)
                    else:
                        rule = "role_may_not" if login in ("auditor", "backup") else \
                            "attachment_not_here" if login in sees.split() else "not_yours"
                        self.no("FORBIDDEN", rule, login, "AttachmentStart", **fields)
                    if login in adds.split() + sees.split():
                        self.listed(login, record)
                    else:
                        self.no("FORBIDDEN", "role_may_not" if login == "backup" else "not_yours", login,
                                "ListAttachments", **record)
            self.setUp()

    def test_what_one_sees_without_asking_for_a_record(self):
        codes = {code: self.add(login, record={"subject": subject, "record_code": of})[1] for code, login, subject, of in (
            ("group1", "clerk1", "meeting", "M001"), ("group2", "clerk2", "meeting", "M002"),
            ("town", "office", "meeting", "M003"), ("room", "clerk2", "group", "G02"))}
        for login, sees in (("clerk1", "group1 town room"), ("clerk2", "group2 town room"), ("deputy1", "group1 town room"),
                            ("office", "group1 group2 town room"), ("auditor", "group1 group2 town room"), ("unit1", "")):
            self.assertEqual({c for c in self.listed(login, None) if c in codes.values()},
                             {codes[k] for k in sees.split()}, login)
        for login in ("clerk2", "deputy2", "leader2", "unit1"):
            self.no("FORBIDDEN", "not_yours", login, "ListAttachments", code=codes["group1"])
        self.no("NOT_FOUND", "attachment_unknown", "office", "ListAttachments", code="P9999")

    def test_page_by_page(self):
        for _ in range(5):
            self.add("clerk1")
        whole = list(self.listed("clerk1"))
        self.assertEqual(len(whole), 5)
        for limit in (1, 2, 5):
            seen, after = [], None
            while True:
                page = self.do("clerk1", "ListAttachments", **MEETING, limit=limit, after=after)
                seen += [a["code"] for a in page["attachments"]]
                after = page.get("next")
                if after is None:
                    break
            self.assertEqual(seen, whole)

    def test_read_needs_the_record(self):
        id, _ = self.add("clerk1")
        for login in ("clerk2", "deputy2", "unit1"):
            self.no("FORBIDDEN", "not_yours", login, "ReadAttachment", attachment_id=id, number=0)
        for number in (1, -1, None):
            self.no("NOT_FOUND", "chunk_unknown", "clerk1", "ReadAttachment", attachment_id=id, number=number)

    def test_another_town(self):
        id, _ = self.add("clerk1")
        with self.centre.connect("office", harness.OTHER_TOWN) as office:
            self.assertEqual(self.refused("NOT_FOUND", office.call, "ReadAttachment", attachment_id=id, number=0).rule,
                             "attachment_unknown")
            self.assertEqual(office.call("ListAttachments"), {})

    def test_void(self):
        id, code = self.add("clerk1")
        for login in ("leader1", "deputy1"):
            self.no("FORBIDDEN", "attachment_not_added", login, "VoidAttachment", attachment_id=id, reason="不是我的")
        self.no("INVALID", "value_missing", "clerk1", "VoidAttachment", attachment_id=id, reason="  ")
        self.assertEqual(self.do("clerk1", "VoidAttachment", attachment_id=id, reason="拍错了"), {"code": code})
        for login in ("clerk1", "leader1", "deputy1"):
            self.assertNotIn(code, self.listed(login))
            self.no("FORBIDDEN", "not_yours", login, "ReadAttachment", attachment_id=id, number=0)
        for login in ("office", "chair", "auditor"):
            one = self.listed(login, voided=True)[code]
            self.assertEqual((one["void_reason"], one["voided_by"]), ("拍错了", "clerk1"))
            self.read(login, id, one["size"])
        self.no("CONFLICT", "not_in_this_state", "clerk1", "VoidAttachment", attachment_id=id, reason="再来")
        self.assertGreater(self.centre.count("attachment_chunk", f"attachment_id = '{id.hex()}'"), 0)

    def test_what_is_only_added(self):
        self.add("clerk1")
        for table in ("attachment_chunk", "attachment_look", "attachment", "step", "sheet", "sheet_row", "sheet_entry"):
            for words in (f"delete from data.{table}", *([f"update data.{table} set town_id = town_id"]
                                                         if table != "attachment" else [])):
                with self.assertRaisesRegex(RuntimeError, "permission denied"):
                    self.centre.sql(words, user="lvzhid", settings={"app.town": TOWN})


class Sealed(Case):
    REASON = "核对反映的路段"

    def open(self, login, id, reason=REASON):
        return self.do(login, "OpenAttachment", attachment_id=id, reason=reason)["look_id"]

    def taken(self):
        """An item that the room of G01 took down, and a sealed photo of it."""
        feedback = wire.uuid7()
        code = self.do("clerk1", "RegisterFeedback", feedback_id=feedback, topic="道路", text="村口的路不平",
                       deputy_id=harness.imported_id(TOWN, "people", "D01"))["code"]
        self.record = {"subject": "feedback", "record_code": code}
        self.data = self.new(CHUNK + 9)
        return self.add("clerk1", self.data, record=self.record)

    def test_of_feedback_always(self):
        id, code = self.taken()
        self.assertTrue(self.listed("office", self.record)[code]["sealed"])
        for login in ("clerk1", "deputy1", "office", "chair"):
            self.no("FORBIDDEN", "sealed_not_opened", login, "ReadAttachment", attachment_id=id, number=0)
            look = self.open(login, id)
            self.assertEqual(self.read(login, id, len(self.data), look), self.data)
            self.assertTrue(self.listed(login, self.record)[code]["may_open"])
        self.no("FORBIDDEN", "sealed_not_opened", "office", "ReadAttachment", attachment_id=id, number=0, look_id=look[::-1])
        other = self.open("chair", id)
        self.no("FORBIDDEN", "sealed_not_opened", "office", "ReadAttachment", attachment_id=id, number=0, look_id=other)

    def test_others_get_the_copy(self):
        id, code = self.taken()
        self.assertEqual(self.listed("leader1", self.record), {})
        self.no("FORBIDDEN", "not_yours", "leader1", "ReadAttachment", attachment_id=id, number=0)
        copy = self.new(500)
        copy_id, copy_code = self.add("clerk1", copy, record=self.record, redacts_id=id)
        self.assertEqual(set(self.listed("leader1", self.record)), {copy_code})
        self.assertEqual(self.read("leader1", copy_id, 500), copy)
        one = self.listed("office", self.record)
        self.assertEqual((one[copy_code]["redacts_code"], one[copy_code]["sealed"], one[code]["copies"]), (code, False, 1))
        for login in ("leader1", "unit1", "auditor"):
            self.no("FORBIDDEN", "role_may_not" if login != "unit1" else "not_yours", login, "OpenAttachment",
                    attachment_id=id, reason=self.REASON)
        self.assertIn(code, self.listed("auditor", self.record))
        self.no("FORBIDDEN", "sealed_not_opened", "auditor", "ReadAttachment", attachment_id=id, number=0)

    def test_a_unit_if_the_villager_agreed(self):
        unit = harness.imported_id(TOWN, "units", "U01")
        for share in (False, True):
            feedback = wire.uuid7()
            code = self.do("clerk1", "RegisterFeedback", feedback_id=feedback, topic="道路", text="路不平", notice_given=True,
                           resident_name="王大娘", may_share=share,
                           deputy_id=harness.imported_id(TOWN, "people", "D01"))["code"]
            record = {"subject": "feedback", "record_code": code}
            id, _ = self.add("clerk1", record=record)
            self.no("FORBIDDEN", "not_yours", "unit1", "OpenAttachment", attachment_id=id, reason=self.REASON)
            for action, fields in (("screen", {}), ("assign", {"unit_id": unit})):
                self.do("office", "MoveFeedback", feedback_id=feedback, action=action, **fields)
            self.assertEqual(len(self.listed("unit1", record)), int(share))
            if share:
                self.open("unit1", id)
            else:
                self.no("FORBIDDEN", "not_yours", "unit1", "OpenAttachment", attachment_id=id, reason=self.REASON)
            # What the unit adds, it sees, and does not open without the villager's word.
            _, own = self.add("unit1", record=record)
            self.assertIn(own, self.listed("unit1", record))

    def test_every_look_is_kept(self):
        id, code = self.taken()
        for reason in (None, "", " ", "看", " 看 "):
            self.no("INVALID", "open_reason_needed", "office", "OpenAttachment", attachment_id=id, reason=reason)
        self.open("clerk1", id, "登记人核对")
        self.open("chair", id, "主席过问")
        for login in ("office", "chair", "auditor"):
            looks = self.do(login, "ListAttachments", code=code)["looks"]
            self.assertEqual([(k["code"], k["login"], k["role"], k["reason"]) for k in looks],
                             [(code, "chair", "chair", "主席过问"), (code, "clerk1", "clerk", "登记人核对")])
        self.assertNotIn("looks", self.do("clerk1", "ListAttachments", code=code))

    def test_a_look_does_not_last(self):
        id, _ = self.taken()
        look = self.open("office", id)
        self.centre.sql("update data.attachment_look set looked_at = looked_at - interval '31 minutes'")
        self.no("FORBIDDEN", "sealed_not_opened", "office", "ReadAttachment", attachment_id=id, number=0, look_id=look)

    def test_sealed_on_a_meeting(self):
        id, code = self.add("clerk1", sealed=True)
        self.assertEqual(set(self.listed("leader1")), set())
        self.assertEqual(set(self.listed("clerk1")), {code})
        for login in ("clerk1", "deputy1"):
            self.no("FORBIDDEN", "sealed_not_yours" if login == "clerk1" else "not_yours", login, "OpenAttachment",
                    attachment_id=id, reason=self.REASON)
        self.read("office", id, 1000, self.open("office", id))

    def test_a_copy_seals_its_original(self):
        id, code = self.add("clerk1")
        _, copy = self.add("leader1", redacts_id=id)
        self.assertEqual(set(self.listed("deputy1")), {copy})
        self.no("FORBIDDEN", "not_yours", "deputy1", "ReadAttachment", attachment_id=id, number=0)
        self.assertTrue(self.listed("office")[code]["sealed"])

    def test_copies_of_what_there_is(self):
        data = self.new()
        id, _ = self.add("clerk1", data)
        other, _ = self.add("clerk2", record={"subject": "meeting", "record_code": "M002"})
        start = {"attachment_id": wire.uuid7(), **MEETING}
        self.no("INVALID", "redaction_is_original", "clerk1", "AttachmentStart", **start, **about(data), redacts_id=id)
        for original in (other, wire.uuid7()):
            self.no("NOT_FOUND", "attachment_unknown", "clerk1", "AttachmentStart", **start, **about(self.new()),
                    redacts_id=original)
        copy, _ = self.add("clerk1", redacts_id=id)
        self.no("NOT_FOUND", "attachment_unknown", "clerk1", "AttachmentStart", **start, **about(self.new()),
                redacts_id=copy)

    def test_not_sealed_is_not_opened(self):
        id, _ = self.add("clerk1")
        self.no("CONFLICT", "not_sealed", "office", "OpenAttachment", attachment_id=id, reason=self.REASON)


class Kills(Case):
    """The daemon dies in the middle of uploads, again and again: each file is there once, and whole."""

    def test_uploads_through_kills(self):
        files = {login: self.new(6 * CHUNK + 5) for login in ("clerk1", "leader1", "office")}
        done = {}

        def upload(login):
            until = time.monotonic() + 60
            while login not in done and time.monotonic() < until:
                try:
                    with self.centre.connect(login) as client:
                        started = client.call("AttachmentStart", attachment_id=wire.uuid7(), **MEETING,
                                              **about(files[login]))
                        id = started["attachment_id"]
                        for number, part in enumerate(chunks(files[login])):
                            if "code" not in started and number not in started.get("received", []):
                                client.call("AttachmentChunk", attachment_id=id, number=number, bytes=part)
                                time.sleep(0.02)
                        done[login] = (id, client.call("AttachmentFinish", attachment_id=id)["code"])
                except (wire.Closed, OSError, wire.Refused):
                    time.sleep(0.05)

        threads = [threading.Thread(target=upload, args=(login,)) for login in files]
        for thread in threads:
            thread.start()
        kills = 0
        while any(thread.is_alive() for thread in threads) and kills < 4:
            time.sleep(0.15)
            os.kill(self.centre.process.pid, signal.SIGKILL)
            self.centre.process.wait()
            self.centre.start()
            kills += 1
        for thread in threads:
            thread.join(60)
        self.clients.clear()
        self.assertEqual(len(done), 3)
        self.assertGreater(kills, 1)
        self.assertEqual(len(self.listed("office")), 3)
        for login, (id, _) in done.items():
            self.assertEqual(self.read("office", id, len(files[login])), files[login])
        self.assertEqual(self.centre.count("upload_chunk"), 0)


class Waiting(Case):
    """Who is told that a sealed original has no redacted copy yet."""

    def waits(self, login):
        return {t["code"] for t in self.do(login, "ListTodo", subject="attachment").get("todos", [])}

    def test_until_there_is_a_copy(self):
        id, code = self.add("clerk1", record=FEEDBACK)
        meeting, sealed = self.add("clerk1", sealed=True)
        self.add("clerk1")
        self.assertEqual(self.waits("office"), {code, sealed})
        # F01 was imported: the room did not take it down, and may not open what is sealed of it.
        for login in ("clerk1", "clerk2", "leader1", "deputy1", "chair"):
            self.assertEqual(self.waits(login), set(), login)
        own, mine = self.add("deputy1", record=FEEDBACK)
        self.assertEqual(self.waits("deputy1"), {mine})
        copy, _ = self.add("office", record=FEEDBACK, redacts_id=id)
        self.assertEqual(self.waits("office"), {sealed, mine})
        self.do("office", "VoidAttachment", attachment_id=copy, reason="没有遮全")
        self.assertEqual(self.waits("office"), {code, sealed, mine})
        for one in (id, own, meeting):
            self.do("office", "VoidAttachment", attachment_id=one, reason="拍错了")
        self.assertEqual(self.waits("office"), set())
