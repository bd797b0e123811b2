"""The invariants of domain.md E6, by their numbers."""

import glob
import os
import re
import time

import harness
import wire
from test_transitions import LOGINS, Feedback, Meeting, day, imported

TOWN = harness.TOWN


class Invariants(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clients = {role: cls.centre.connect(login) for role, login in LOGINS.items()}
        cls.clients["office2"] = cls.centre.connect("office2")

    @classmethod
    def tearDownClass(cls):
        for client in cls.clients.values():
            client.close()
        super().tearDownClass()

    def do(self, role, method, **fields):
        return self.clients[role].call(method, **fields)

    def test_1_no_record_is_deleted(self):
        """What the daemon's role may delete at all: sessions, staging rows, and lists that are replaced as a whole."""
        held = {table for table, in self.centre.sql(
            "select table_name from information_schema.role_table_grants"
            " where grantee = 'lvzhid' and privilege_type = 'DELETE'")}
        self.assertEqual(held, {"session_token", "login_failure", "import_row", "upload", "upload_chunk",
                                "suggestion_proposer", "household_helper"})
        feedback = Feedback(self)
        id = feedback.reach(self, "registered")
        self.do("office", "MoveFeedback", feedback_id=id, action="void", note="写错了")
        kept = self.do("office", "GetFeedback", feedback_id=id)
        self.assertEqual((kept["feedback"]["state"], kept["feedback"]["text"]), ("void", "村口的路不平"))
        self.assertEqual(kept["steps"][-1]["note"], "写错了")

    YEAR = {"from_on": "2025-01-01", "to_on": "2025-12-31"}

    def figures(self, client):
        return {f["figure"]: f.get("value") for f in client.call("ReportFigures", **self.YEAR)["figures"]}

    def rows(self, figure):
        return self.do("office", "ReportRows", figure=figure, **self.YEAR).get("rows", [])

    def test_2_each_figure_is_the_length_of_its_list(self):
        """Here in short; test_reports.Figures does it with every kind of record."""
        figures = self.figures(self.clients["office"])
        self.assertGreater(figures["meetings_held"], 0)
        self.assertGreater(figures["attendance.present"], 0)
        for figure, value in figures.items():
            rows = self.rows(figure)
            if value is not None:
                self.assertEqual(sum(r.get("amount", 1) for r in rows), value, figure)

    def test_5_a_suggestion_counts_once_and_by_its_origin(self):
        kinds = {"inspection": "inspections", "law_check": "law_checks", "research": "research"}
        for number, kind in enumerate((*kinds, "inspection", None)):
            meeting = "null"
            if kind is not None:
                meeting = f"'{wire.uuid7().hex()}'"
                self.centre.sql("insert into data.meeting (town_id, meeting_id, code, kind, title, held_on, state) values"
                                f" ({TOWN}, {meeting}, 'E5{number}', '{kind}', '活动', '2025-04-01', 'locked')")
            self.centre.sql("insert into data.suggestion (town_id, suggestion_id, code, kind, title, origin_meeting_id,"
                            f" submitted_on, state) values ({TOWN}, '{wire.uuid7().hex()}', 'E5{number}', 'suggestion', '修路',"
                            f" {meeting}, '2025-05-01', 'assigned')")
        figures = self.figures(self.clients["office"])
        of = {name: {r["code"] for r in self.rows(f"suggestions_from_{name}")} for name in kinds.values()}
        self.assertEqual({n: len(codes) for n, codes in of.items()}, {"inspections": 2, "law_checks": 1, "research": 1})
        every = {r["code"] for r in self.rows("suggestions")}
        self.assertEqual(sum(map(len, of.values())), len(set.union(*of.values())), "one is counted under two origins")
        self.assertTrue(set.union(*of.values()) < every)
        self.assertEqual(figures["suggestions"], len(every))

    def test_10_a_restored_backup_gives_the_same_figures(self):
        office = self.clients["office"]
        centre = self.centre.restored()
        self.addCleanup(centre.kill)
        with centre.connect("office") as again:
            self.assertEqual(self.figures(again), self.figures(office))
            for method in ("ReportFigures", "ThreeNo"):
                self.assertEqual(again.call(method, **self.YEAR), office.call(method, **self.YEAR), method)
        centre.stop()

    def test_3_a_unit_never_rates(self):
        feedback = Feedback(self)
        for state in ("replied", "delivered", "wait_rating"):
            id = feedback.reach(self, state)
            with self.assertRaises(wire.Refused) as caught:
                self.do("unit", "MoveFeedback", feedback_id=id, action="rate", rating="satisfied")
            self.assertEqual((caught.exception.name, caught.exception.rule), ("FORBIDDEN", "not_your_step"))

    def test_4_recorder_is_not_approver(self):
        meeting = Meeting(self)
        id = meeting.reach(self, "closed")
        self.do("office", "WriteMinutes", meeting_id=id, text="办公室写的记录")
        self.do("leader", "MoveMeeting", meeting_id=id, action="confirm")
        error = self.refused("FORBIDDEN", self.do, "office", "MoveMeeting", meeting_id=id, action="approve")
        self.assertEqual(error.rule, "approve_own_minutes")
        self.do("office2", "MoveMeeting", meeting_id=id, action="approve")

    def test_6_everything_twice_changes_nothing(self):
        """A day's operations once more, the same bytes: the first answers, and not one row more."""
        client, sent = self.clients["office"], []
        send = client.send

        def keep(method, payload, deadline_ms=0):
            sent.append((method, payload))
            return send(method, payload, deadline_ms)

        client.send = keep
        try:
            id = wire.uuid7()
            self.do("office", "PlanMeeting", meeting_id=id, kind="training", title="学习", held_on=day(),
                    group_id=imported("groups", "G01"))
            self.do("office", "NotifyMeeting", meeting_id=id, people=[
                {"person_id": imported("people", "D01"), "notice": "signed", "notified_on": day(-5)}])
            self.do("office", "MoveMeeting", meeting_id=id, action="open")
            self.do("office", "RecordAttendance", meeting_id=id,
                    marks=[{"person_id": imported("people", "D01"), "mark": "present"}])
            self.do("office", "MoveMeeting", meeting_id=id, action="close")
            self.do("office", "WriteMinutes", meeting_id=id, text="记录")
            item = wire.uuid7()
            self.do("office", "RegisterFeedback", feedback_id=item, group_id=imported("groups", "G01"),
                    deputy_id=imported("people", "D01"), topic="水", text="水压低")
            self.do("office", "MoveFeedback", feedback_id=item, action="screen")
        finally:
            client.send = send
        writes = [(m, p) for m, p in sent if not m.startswith(("Get", "List"))]
        self.assertGreater(len(writes), 7)
        before = self.everything()
        for method, payload in writes:
            frame = client.wait(client.send(method, payload))
            self.assertEqual((frame.type, frame.flags), (wire.RESPONSE, wire.REPLAYED), method)
        self.assertEqual(self.everything(), before)

    def everything(self):
        tables = [t for t, in self.centre.sql(
            "select relname from pg_class where relnamespace = 'data'::regnamespace and relkind = 'r'"
            " and relname not in ('session_token') order by 1")]
        union = " union all ".join(f"select '{t}', md5(string_agg(t::text, '' order by t::text)) from data.{t} as t"
                                   for t in tables)
        return self.centre.sql(union)

    def test_7_a_wrong_clock_flags_its_marks(self):
        meeting = Meeting(self)
        id = meeting.reach(self, "open")
        with self.centre.unix() as client:
            token = harness.base().tokens[TOWN, "clerk1"]
            ten_days_us = 10 * 86400 * 10 ** 6
            client.hello(TOWN, token=token, wall_us=time.time_ns() // 1000 + ten_days_us)
            client.call("RecordAttendance", meeting_id=id, marks=[
                {"person_id": imported("people", "D02"), "mark": "late", "note": "看错了"}])
        marks = self.do("office", "GetAttendance", meeting_id=id)["marks"]
        off = [m for m in marks if abs(m.get("clock_off_ms", 0)) > 600_000]
        self.assertEqual([(m["person_code"], m["mark"]) for m in off], [("D02", "late")])
        self.assertLess(abs(off[0]["clock_off_ms"] - 10 * 86_400_000), 60_000)
        line = {r["code"]: r for r in self.do("office", "GetMeeting", meeting_id=id)["roll"]}
        self.assertTrue(line["D02"]["clock_off"])
        self.assertFalse(line["D01"].get("clock_off", False))
        # The centre's own time stands beside it.
        self.assertLess(abs(off[0]["recorded_us"] / 10 ** 6 - time.time()), 60)

    def test_8_a_locked_page_reads_identically(self):
        meeting = Meeting(self)
        id = meeting.reach(self, "locked")
        client = self.clients["office"]
        payload = client.payload("GetMeeting", meeting_id=id)
        pages = {client.wait(client.send("GetMeeting", payload)).payload for _ in range(3)}
        other = meeting.reach(self, "locked")
        self.assertNotEqual(other, id)
        pages.add(client.wait(client.send("GetMeeting", payload)).payload)
        self.assertEqual(len(pages), 1)

    def test_9_identity_is_in_one_reply_only(self):
        """No message that a reply holds has a villager's name, phone or address, but those of the looks that are logged:
        RevealIdentity's, and AccessPersonal's for a resident's own request."""
        schema = harness.schema()
        found = set()

        def look(call, message, seen):
            if message in seen:
                return
            seen.add(message)
            for field in schema.messages[message].values():
                if re.match(r"resident_|identity", field.name):
                    found.add(call)
                if field.type == wire.TYPE_MESSAGE:
                    look(call, field.type_name, seen)

        for name, method in schema.methods.items():
            look(name, method.reply, set())
        self.assertEqual(found, {"RevealIdentity", "AccessPersonal"})
        # And no other call's statement reads the table.
        for path in glob.glob(os.path.join(harness.SOURCE, "sql/calls/*.sql")):
            with open(path) as text:
                if "feedback_identity" in text.read():
                    self.assertIn(os.path.basename(path), ("register_feedback.sql", "reveal_identity.sql"))
