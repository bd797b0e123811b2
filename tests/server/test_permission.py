"""Every call by every role: the header of its file is the whole policy. And who sees what within a role."""

import os
import re

import harness
import wire

TOWN = harness.TOWN


def headers():
    """What the files of sql/calls say: name of the rpc -> roles of `by:`."""
    by = {}
    for name, method in harness.schema().methods.items():
        if method.number < 16:
            continue
        file = re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower() + ".sql"
        with open(os.path.join(harness.SOURCE, "sql/calls", file)) as text:
            by[name] = set(re.search(r"^-- by: (.*)$", text.read(), re.M).group(1).split())
    return by


class Permission(harness.Case):
    def sessions(self):
        """One of each role, by name."""
        roles = {"clerk": "clerk1", "leader": "leader1", "deputy": "deputy1", "unit": "unit1"}
        for role in ("deputy", "clerk", "leader", "office", "chair", "unit", "auditor", "backup"):
            yield role, self.centre.connect(roles.get(role, role))
        yield "admin", self.centre.admin()

    def test_every_call_by_every_role(self):
        by = headers()
        self.assertGreaterEqual(len(by), 22)
        for role, client in self.sessions():
            with client:
                self.assertEqual(client.caller["role"], role)
                for name, allowed in by.items():
                    try:
                        client.call(name)
                        error = None
                    except wire.Refused as refused:
                        error = refused
                    may = role in allowed or "anyone" in allowed
                    by_policy = error is not None and error.rule == "role_may_not"
                    self.assertEqual(not may, by_policy, f"{role}: {name}: {error}")
                    if may and error is not None:
                        wrong = ("UNAUTHENTICATED", "INTERNAL", "UNKNOWN_METHOD")
                        self.assertNotIn(error.name, wrong, f"{name} {error}")

    def test_not_logged_in(self):
        by = headers()
        device = self.centre.new_device()
        with self.centre.tcp() as of_device, self.centre.unix() as local, self.centre.tcp() as stranger:
            of_device.hello(TOWN, device)
            local.hello(TOWN)
            stranger.hello(TOWN)
            for name, allowed in by.items():
                for client, open_to in ((of_device, {"anyone", "device"}), (local, {"anyone"}), (stranger, set())):
                    try:
                        client.reply(client.send(name, b""))
                        error = None
                    except wire.Refused as refused:
                        error = refused.name
                    self.assertEqual(error, None if allowed & open_to else "UNAUTHENTICATED", name)

    # Scope

    def forbidden(self, rule, client, method, **fields):
        error = self.refused("FORBIDDEN", client.call, method, **fields)
        self.assertEqual(error.rule, rule)

    def test_clerk_and_leader_keep_to_their_group(self):
        for login in ("clerk1", "leader1"):
            with self.subTest(login), self.centre.connect(login) as client:
                client.call("RecordAttendance", **harness.mark_fields())
                client.call("RecordAttendance", **harness.mark_fields(meeting="M003", person="D02"))
                self.forbidden("not_your_group", client, "RecordAttendance",
                               **harness.mark_fields(meeting="M002", person="D21"))
                self.forbidden("not_your_group", client, "RecordAttendance",
                               **harness.mark_fields(meeting="M003", person="D21"))
                self.forbidden("not_your_group", client, "GetMeeting", code="M002")
                seen = {m["code"] for m in client.call("ListMeetings")["meetings"]}
                self.assertEqual(seen, {"M001", "M003", "M004", "M005", "M006"})
                roll = {line["code"] for line in client.call("GetMeeting", code="M003")["roll"]}
                self.assertEqual(roll, {f"D{n:02d}" for n in range(1, 21)})

    def test_one_group_mixed_with_another_in_one_write(self):
        marks = [{"person_id": harness.imported_id(TOWN, "people", p), "mark": "present"} for p in ("D03", "D22")]
        before = self.centre.count("attendance_mark")
        with self.centre.connect("clerk1") as client:
            self.forbidden("not_your_group", client, "RecordAttendance", marks=marks,
                           meeting_id=harness.imported_id(TOWN, "meetings", "M003"))
        self.assertEqual(self.centre.count("attendance_mark"), before)

    def test_locked_meetings_are_the_chairs(self):
        fields = harness.mark_fields(meeting="M004", mark="absent", note="更正")
        for login in ("clerk1", "leader1", "office"):
            with self.centre.connect(login) as client:
                self.forbidden("locked_chair_only", client, "RecordAttendance", **fields)
        with self.centre.connect("chair") as chair:
            self.assertEqual(chair.call("RecordAttendance", **fields), {"recorded": 1, "corrected": 1})

    def test_leader_sees_the_evidence_of_own_group(self):
        period = {"from_on": "2025-01-01", "to_on": "2025-12-31"}
        with self.centre.connect("leader2") as leader:
            leader.call("ThreeNoEvidence", person_code="D21", **period)
            self.forbidden("not_your_person", leader, "ThreeNoEvidence", person_code="D01", **period)
            seen = {p["code"] for p in leader.call("ThreeNo", **period)["people"]}
            self.assertEqual(seen, {f"D{n}" for n in range(21, 41)})

    def test_deputy_sees_own_evidence(self):
        period = {"from_on": "2025-01-01", "to_on": "2025-12-31"}
        with self.centre.connect("deputy1") as deputy:
            reply = deputy.call("ThreeNoEvidence", person_code="D01", **period)
            self.assertEqual(reply["person"]["code"], "D01")
            self.forbidden("not_your_person", deputy, "ThreeNoEvidence", person_code="D21", **period)
            self.forbidden("not_your_person", deputy, "ThreeNoEvidence", person_code="D02", **period)
            self.assertEqual([p["code"] for p in deputy.call("ThreeNo", **period)["people"]], ["D01"])
            self.assertEqual([r["code"] for r in deputy.call("GetMeeting", code="M001")["roll"]], ["D01"])
            self.forbidden("not_your_group", deputy, "GetMeeting", code="M002")

    # Towns

    def test_another_towns_office(self):
        other = harness.OTHER_TOWN
        with self.centre.connect("office", other) as office:
            self.assertEqual({m["code"] for m in office.call("ListMeetings")["meetings"]},
                             {f"M00{n}" for n in range(1, 7)})
            ids = {m["meeting_id"] for m in office.call("ListMeetings")["meetings"]}
            self.assertEqual(ids, {harness.imported_id(other, "meetings", f"M00{n}") for n in range(1, 7)})
            error = self.refused("NOT_FOUND", office.call, "RecordAttendance", **harness.mark_fields(town=TOWN))
            self.assertEqual(error.rule, "meeting_unknown")
            self.refused("NOT_FOUND", office.call, "GetMeeting",
                         meeting_id=harness.imported_id(TOWN, "meetings", "M001"))
            # Its own meeting with another town's person.
            fields = harness.mark_fields(town=other)
            fields["marks"] = harness.mark_fields(town=TOWN)["marks"]
            self.refused("INVALID", office.call, "RecordAttendance", **fields)
            with self.centre.connect("office") as ours:
                import_id = wire.uuid7()
                ours.call("ImportStart", import_id=import_id)
                for method in ("ImportCheck", "ImportCommit"):
                    self.refused("NOT_FOUND", office.call, method, import_id=import_id)
                self.refused("NOT_FOUND", office.call, "ImportRows", import_id=import_id, file="units",
                             columns=["code", "name"], lines=[2], cells=["U9", "x"])

    def test_same_operation_id_in_two_towns(self):
        """Town by town: an id used in one says nothing in another."""
        id = wire.uuid7()
        with self.centre.connect("clerk1") as ours, self.centre.connect("clerk1", harness.OTHER_TOWN) as theirs:
            ours.call("RecordAttendance", op=ours.op(id), **harness.mark_fields())
            frame = theirs.wait(theirs.send("RecordAttendance", theirs.payload(
                "RecordAttendance", op=theirs.op(id), **harness.mark_fields(town=harness.OTHER_TOWN))))
        self.assertEqual((frame.type, frame.flags), (wire.RESPONSE, 0))

    def test_towns_mixed_on_one_connection_to_postgres(self):
        """Many sessions of two towns write at once: each write lands in its own."""
        before = {t: self.centre.count("attendance_mark", f"town_id = {t}") for t in (TOWN, harness.OTHER_TOWN)}
        clients = [(t, self.centre.connect("clerk1", t)) for t in (TOWN, harness.OTHER_TOWN) * 5]
        under_way = []
        for i in range(60):
            town, client = clients[i % 10]
            under_way.append((client, client.send("RecordAttendance", client.payload(
                "RecordAttendance", **harness.mark_fields(town=town, person=f"D{i % 20 + 1:02d}")))))
        for client, id in under_way:
            client.reply(id)
        for town, count in before.items():
            self.assertEqual(self.centre.count("attendance_mark", f"town_id = {town}") - count, 30)
        for _, client in clients:
            client.close()

    def test_admin_has_no_records(self):
        with self.centre.admin() as admin:
            for method in ("ListMeetings", "ListPeople", "ThreeNo", "GetMeeting", "RecordAttendance", "ImportStart"):
                self.refused("FORBIDDEN", admin.call, method)
            towns = {t["town_id"] for t in admin.call("ListTowns")["towns"]}
            self.assertEqual(towns, {TOWN, harness.OTHER_TOWN})
            logins = {a["login"] for a in admin.call("ListAccounts", town_id=TOWN)["accounts"]}
            self.assertEqual(logins, set(harness.ROLES))

    def test_pages(self):
        """Pages give every row once, in order; the last has no `next`."""
        with self.centre.connect("office") as office, self.centre.admin() as admin:
            for client, method, field, key, fields in (
                (office, "ListPeople", "people", "code", {}), (office, "ListMeetings", "meetings", "code", {}),
                (office, "ThreeNo", "people", "code", {"from_on": "2025-01-01", "to_on": "2025-12-31"}),
                (admin, "ListAccounts", "accounts", "login", {"town_id": TOWN}),
                (admin, "ListTowns", "towns", "town_id", {}), (office, "ListGroups", "groups", "code", {}),
            ):
                whole = client.call(method, **fields)
                self.assertNotIn("next", whole, method)
                for limit in (1, 3, 500):
                    rows, after = [], None
                    while True:
                        page = client.call(method, limit=limit, after=after, **fields)
                        self.assertLessEqual(len(page.get(field, [])), limit)
                        rows += page.get(field, [])
                        after = page.get("next")
                        if after is None:
                            break
                    self.assertEqual([r[key] for r in rows], [r[key] for r in whole[field]], f"{method} by {limit}")
