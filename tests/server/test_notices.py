"""Notices to persons, rooms, units and roles; a receipt of a meeting's notice is a proof of notice."""

import harness
import wire

TOWN = harness.TOWN


def person(code):
    return harness.imported_id(TOWN, "people", code)


class Notices(harness.Case):
    def setUp(self):
        self.clients = {}

    def tearDown(self):
        for client in self.clients.values():
            client.close()

    def of(self, login):
        if login not in self.clients:
            self.clients[login] = self.centre.connect(login)
        return self.clients[login]

    def send(self, login, title="通知", text="", **to):
        id = wire.uuid7()
        self.assertEqual(self.of(login).call("SendNotice", notice_id=id, title=title, text=text, **to),
                         {"notice_id": id})
        return id

    def listed(self, login, **fields):
        return {n["notice_id"]: n for n in self.of(login).call("ListNotices", **fields).get("notices", [])}

    def refuse(self, name, rule, login, method, **fields):
        self.assertEqual(self.refused(name, self.of(login).call, method, **fields).rule, rule)

    # To whom

    def test_addressees(self):
        g1 = harness.imported_id(TOWN, "groups", "G01")
        everybody = ("deputy1", "deputy2", "clerk1", "clerk2", "leader1", "leader2", "office", "chair", "unit1", "auditor")
        for to, code, readers in (
            ({"person_id": person("D01")}, "D01", {"deputy1"}),
            ({"group_id": g1}, "G01", {"clerk1", "leader1"}),
            ({"unit_id": harness.imported_id(TOWN, "units", "U01")}, "U01", {"unit1"}),
            ({"role": "deputy"}, "deputy", {"deputy1", "deputy2"}),
            ({"role": "auditor"}, "auditor", {"auditor"}),
        ):
            id = self.send("chair", "请看", "正文", **to)
            for login in everybody:
                with self.subTest(to=code, login=login):
                    notice = self.listed(login).get(id)
                    self.assertEqual(notice is not None, login in readers)
                    if notice is None:
                        self.refuse("FORBIDDEN", "not_yours", login, "ReceiveNotice", notice_id=id)
                    else:
                        self.assertAlmostEqual(notice.pop("sent_us") / 1e6, int(self.centre.one(
                            "select extract(epoch from now())::int")), delta=30)
                        self.assertEqual(notice, {"notice_id": id, "title": "请看", "text": "正文", "sender": "chair",
                                                  "to": code})

    def test_clerk_and_leader_write_to_their_own(self):
        own, other = (harness.imported_id(TOWN, "groups", g) for g in ("G01", "G02"))
        for login in ("clerk1", "leader1"):
            self.send(login, person_id=person("D05"))
            self.send(login, group_id=own)
            for to in ({"person_id": person("D25")}, {"group_id": other}, {"role": "deputy"},
                       {"unit_id": harness.imported_id(TOWN, "units", "U01")}):
                self.refuse("FORBIDDEN", "notice_own_group", login, "SendNotice", notice_id=wire.uuid7(), title="x", **to)

    def test_refusals(self):
        d1 = {"person_id": person("D01")}
        new = wire.uuid7()
        for fields, rule in (
            ({"title": "x", **d1}, "value_missing"), ({"notice_id": new, **d1}, "value_missing"),
            ({"notice_id": new, "title": "", **d1}, "value_missing"),
            ({"notice_id": new, "title": "x"}, "notice_addressee"),
            ({"notice_id": new, "title": "x", "role": "deputy", **d1}, "notice_addressee"),
            ({"notice_id": new, "title": "x", "role": "admin"}, "notice_role"),
            ({"notice_id": new, "title": "x", "role": "backup"}, "notice_role"),
        ):
            self.refuse("INVALID", rule, "office", "SendNotice", **fields)
        for field, rule in (("person_id", "person_unknown"), ("group_id", "group_unknown"), ("unit_id", "unit_unknown")):
            self.refuse("NOT_FOUND", rule, "office", "SendNotice", notice_id=new, title="x", **{field: wire.uuid7()})
        self.refuse("NOT_FOUND", "person_unknown", "office", "SendNotice", notice_id=new, title="x",
                    person_id=harness.imported_id(harness.OTHER_TOWN, "people", "D01"))
        id = self.send("office", **d1)
        self.refuse("CONFLICT", "notice_exists", "office", "SendNotice", notice_id=id, title="y", **d1)
        for login in ("deputy1", "unit1", "auditor"):
            self.refused("FORBIDDEN", self.of(login).call, "SendNotice", notice_id=new, title="x", **d1)
        self.refuse("INVALID", "value_missing", "deputy1", "ReceiveNotice")
        self.refuse("NOT_FOUND", "notice_unknown", "deputy1", "ReceiveNotice", notice_id=new)
        self.assertEqual(self.centre.count("notice", f"notice_id = '{new.hex()}'"), 0)

    # Receipts

    def test_receipts(self):
        id = self.send("office", "会前阅读", group_id=harness.imported_id(TOWN, "groups", "G01"))
        self.assertNotIn("received_us", self.listed("office", sent=True)[id])
        self.assertEqual(self.of("clerk1").call("ReceiveNotice", notice_id=id), {"proved": False})
        self.assertIn("received_us", self.listed("clerk1")[id])
        self.assertNotIn(id, self.listed("clerk1", unread_only=True))
        self.assertNotIn("received_us", self.listed("leader1")[id])  # another account's receipt is not theirs
        self.assertIn(id, self.listed("leader1", unread_only=True))
        first = self.listed("office", sent=True)[id]["received_us"]
        self.assertEqual(first, self.listed("clerk1")[id]["received_us"])
        self.of("leader1").call("ReceiveNotice", notice_id=id)
        self.assertEqual(self.listed("office", sent=True)[id]["received_us"], first)
        self.assertNotIn(id, self.listed("office2", sent=True))  # another sender
        self.assertNotIn(id, self.listed("office", sent=True, unread_only=True))
        self.refuse("CONFLICT", "received_already", "clerk1", "ReceiveNotice", notice_id=id)

    def test_newest_first_and_pages(self):
        ids = [self.send("office", f"第 {n} 条", person_id=person("D21")) for n in range(7)]
        whole = [n["notice_id"] for n in self.of("deputy2").call("ListNotices")["notices"]]
        self.assertEqual([id for id in whole if id in ids], ids[::-1])
        paged, after = [], None
        while True:
            page = self.of("deputy2").call("ListNotices", limit=2, after=after)
            paged += [n["notice_id"] for n in page.get("notices", [])]
            after = page.get("next")
            if after is None:
                break
        self.assertEqual(paged, whole)

    # Proofs of notice

    def meeting_notice(self, state, login_person="D01", told="none"):
        """A new meeting of group 1 with one line on its roll, and the notice of it to that person."""
        meeting, notice = wire.uuid7(), wire.uuid7()
        code = "N" + meeting.hex()[-8:]
        self.centre.sql(
            f"insert into data.meeting (town_id, meeting_id, code, kind, title, group_id, held_on, state) select {TOWN},"
            f" '{meeting.hex()}', '{code}', 'group_meeting', '小组会', group_id, current_date + 9, '{state}'"
            f" from data.deputy_group where town_id = {TOWN} and code = 'G01';"
            f"insert into data.roll_line (town_id, meeting_id, person_id, notice, notified_on)"
            f" select {TOWN}, '{meeting.hex()}', person_id, '{told}', case when '{told}' <> 'none' then current_date - 1 end"
            f" from data.person where town_id = {TOWN} and code = '{login_person}';"
            f"insert into data.notice (town_id, notice_id, person_id, subject, record_id, title, sent_at, sender_id, op_id)"
            f" select {TOWN}, '{notice.hex()}', person_id, 'meeting', '{meeting.hex()}', '小组会', now(),"
            f" (select account_id from data.account where town_id = {TOWN} and login = 'clerk1'), gen_random_uuid()"
            f" from data.person where town_id = {TOWN} and code = '{login_person}'"
        )
        return meeting, notice, code

    def line(self, meeting):
        return self.centre.sql(f"select notice, notified_on = (now() at time zone 'Asia/Shanghai')::date"
                               f" from data.roll_line where meeting_id = '{meeting.hex()}'")[0]

    def proofs(self, meeting):
        return self.centre.count("notice_proof", f"meeting_id = '{meeting.hex()}'")

    def test_own_receipt_is_a_proof(self):
        for state in ("notified", "open"):
            meeting, notice, code = self.meeting_notice(state)
            self.assertEqual(self.listed("deputy1")[notice]["record_code"], code)
            self.assertEqual(self.listed("deputy1")[notice]["subject"], "meeting")
            self.assertEqual(self.of("deputy1").call("ReceiveNotice", notice_id=notice), {"proved": True})
            self.assertEqual(self.line(meeting), ("sync", "t"))
            self.assertEqual(self.centre.sql(
                f"select p.notice, a.login, p.notified_on = (now() at time zone 'Asia/Shanghai')::date"
                f" from data.notice_proof as p join data.account as a on a.account_id = p.author_id"
                f" where p.meeting_id = '{meeting.hex()}'"), [("sync", "deputy1", "t")])

    def test_what_proves_nothing(self):
        for state, told, line in (("closed", "none", ("none", None)), ("cancelled", "none", ("none", None)),
                                  ("planned", "none", ("none", None)), ("notified", "call", ("call", "f"))):
            meeting, notice, _ = self.meeting_notice(state, told=told)
            self.assertEqual(self.of("deputy1").call("ReceiveNotice", notice_id=notice), {"proved": False}, state)
            self.assertEqual(self.line(meeting), line)
            self.assertEqual(self.proofs(meeting), 0)
            self.assertIn("received_us", self.listed("deputy1")[notice])

    def test_nobody_receives_for_another(self):
        meeting, notice, _ = self.meeting_notice("notified", "D02")
        for login in ("deputy1", "clerk1", "leader1", "office", "chair"):
            self.refuse("FORBIDDEN", "not_yours", login, "ReceiveNotice", notice_id=notice)
        self.assertEqual(self.line(meeting), ("none", None))

    def test_a_leader_with_a_person(self):
        """Any account of the person itself will do."""
        account = harness.base().accounts[TOWN, "leader2"].hex()
        self.centre.sql(f"update data.account set person_id = (select person_id from data.person where town_id = {TOWN}"
                        f" and code = 'D03') where account_id = '{account}'")
        meeting, notice, _ = self.meeting_notice("notified", "D03")
        with self.centre.connect("leader2") as leader:
            self.assertEqual(leader.call("ReceiveNotice", notice_id=notice), {"proved": True})
        self.assertEqual(self.line(meeting), ("sync", "t"))

    def test_a_proof_comes_once(self):
        meeting, notice, _ = self.meeting_notice("notified")
        deputy = self.of("deputy1")
        payload = deputy.payload("ReceiveNotice", notice_id=notice)
        replies = [deputy.wait(deputy.send("ReceiveNotice", payload)) for _ in range(3)]
        self.assertEqual([r.payload for r in replies], [replies[0].payload] * 3)  # one operation, sent again
        self.refuse("CONFLICT", "received_already", "deputy1", "ReceiveNotice", notice_id=notice)
        self.assertEqual(self.proofs(meeting), 1)
