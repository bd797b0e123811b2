"""The rooms' own numbers: given, written on paper, given twice, missing, explained; who sees which."""

import threading

import harness
import test_meetings
import wire
from test_meetings import G01, G02, TOWN, day, person

YEAR = day()[:4]


def no(number, prefix="ZY", year=YEAR):
    return f"{prefix}-{year}-{number:04d}"


class Rooms(test_meetings.Life):
    """组一 is ZY, 组二 ZE. Each test has a year or a room of its own, or counts from what there is."""

    def slip(self, login="clerk1", **fields):
        """Feedback; gives its id and its room's number."""
        id = wire.uuid7()
        deputy = "D21" if login == "clerk2" or fields.get("group_id") == G02 else "D01"
        reply = self.do(login, "RegisterFeedback", **{
            "feedback_id": id, "group_id": None if login.startswith(("clerk", "leader")) else G01,
            "deputy_id": person(deputy), "topic": "道路", "text": "路不平", **fields})
        return id, reply.get("room_no")

    def numbers(self, login="office", **fields):
        return self.do(login, "ListRoomNumbers", **fields).get("numbers", [])

    def states(self, group="G01", login="office", year=int(YEAR)):
        return [(int(n["room_no"].split("-")[2]), n["state"]) for n in self.numbers(login, group_code=group, year=year)]

    def last(self, group="G01"):
        return max([number for number, _ in self.states(group)], default=0)

    def gaps(self, login):
        return {t["code"]: t["title"] for t in self.do(login, "ListTodo", subject="room").get("todos", [])}

    def test_a_room_numbers_what_it_takes_down(self):
        at = self.last()
        id, first = self.slip()
        self.assertEqual(first, no(at + 1))
        meeting = self.do("leader1", "PlanMeeting", meeting_id=wire.uuid7(), kind="training", title="学习", held_on=day(9))
        self.assertEqual(meeting["room_no"], no(at + 2))  # one sequence for all of a room's papers
        self.assertEqual(self.do("office", "GetMeeting", code=meeting["code"])["meeting"]["room_no"], no(at + 2))
        self.assertEqual(self.do("clerk1", "GetFeedback", feedback_id=id)["feedback"]["room_no"], first)
        # What others take down is no paper of the room's, unless it has the room's number on it.
        self.assertEqual([self.slip("deputy1")[1], self.slip("office")[1]], [None, None])
        self.assertEqual(self.slip("office", room_no=f" {no(at + 3).lower()} ")[1], no(at + 3))
        self.assertNotIn("room_no", self.do("office", "PlanMeeting", meeting_id=wire.uuid7(), kind="training", title="学",
                                            held_on=day(9), group_id=G01))
        self.assertEqual(self.slip()[1], no(at + 4))
        # Changed, a meeting keeps its number.
        change = {"meeting_id": self.do("office", "GetMeeting", code=meeting["code"])["meeting"]["meeting_id"]}
        self.assertEqual(self.do("clerk1", "PlanMeeting", place="村部", **change)["room_no"], no(at + 2))
        self.do("clerk1", "PlanMeeting", room_no=no(at + 2), **change)
        self.no("INVALID", "room_no_at_first", "clerk1", "PlanMeeting", room_no=no(at + 9), **change)

    def test_offline_numbers_and_gaps(self):
        """The room wrote three slips while the line was down; the second is lost, the third came first."""
        at = self.last("G02")
        self.slip("clerk2", room_no=no(at + 3, "ZE"))
        self.slip("clerk2", room_no=no(at + 1, "ZE"))
        self.assertEqual(self.states("G02")[at:], [(at + 1, "used"), (at + 2, "missing"), (at + 3, "used")])
        self.assertIn(no(at + 2, "ZE"), self.gaps("office")["G02"])
        self.assertIn("G02", self.gaps("clerk2"))
        self.assertNotIn("G02", self.gaps("clerk1"))
        self.assertEqual(self.slip("clerk2")[1], no(at + 4, "ZE"))  # not the lost one's number
        said = {"room_no": no(at + 2, "ZE"), "reason": " 写坏划掉 "}
        self.no("FORBIDDEN", "not_yours", "clerk1", "ExplainRoomNumber", **said)
        self.do("clerk2", "ExplainRoomNumber", **said)
        self.assertEqual(self.states("G02")[at:], [(at + 1, "used"), (at + 2, "explained"), (at + 3, "used"),
                                                   (at + 4, "used")])
        line = self.numbers(group_code="G02", state="explained")[-1]
        self.assertEqual((line["room_no"], line["reason"], line["explained_by"]),
                         (no(at + 2, "ZE"), "写坏划掉", "clerk2"))
        self.assertNotIn("G02", self.gaps("office"))
        self.no("CONFLICT", "room_no_explained", "office", "ExplainRoomNumber", **said)
        # Found after all: the record counts, what was said stays.
        self.slip("clerk2", room_no=no(at + 2, "ZE"))
        line = self.numbers(group_code="G02")[at + 1]
        self.assertEqual((line["state"], line["reason"]), ("used", "写坏划掉"))
        self.no("CONFLICT", "room_no_used", "office", "ExplainRoomNumber", **said)
        # The last slip was spoilt: its number is not given again.
        self.do("office", "ExplainRoomNumber", room_no=no(at + 5, "ZE"), reason="写坏")
        self.assertEqual(self.slip("clerk2")[1], no(at + 6, "ZE"))

    def test_given_twice(self):
        """Two of a room's machines were offline: both records stay, the number is listed with both."""
        at = self.last()
        (_, a), (_, b) = self.slip(room_no=no(at + 1)), self.slip(room_no=no(at + 1))
        self.assertEqual(a, b)
        found = self.numbers(group_code="G01", state="duplicate")
        self.assertEqual([n["room_no"] for n in found if n["room_no"] == a], [a, a])
        self.assertEqual(len({n["code"] for n in found if n["room_no"] == a}), 2)
        self.assertEqual(self.slip()[1], no(at + 2))

    def test_an_old_years_paper(self):
        old = str(int(YEAR) - 1)
        self.slip(room_no=no(2, year=old))
        self.assertEqual(self.states(year=int(old)), [(1, "missing"), (2, "used")])

    def test_refused(self):
        for rule, number in (("bad_room_no", "31"), ("bad_room_no", f"ZY-{YEAR}-31"), ("bad_room_no", "ZY-9-0001"),
                             ("bad_room_no", f"ZY-{YEAR}-00000000001"), ("bad_room_no", f"组一-{YEAR}-0001"),
                             ("room_no_of_other", no(1, "ZE")), ("room_no_year", no(1, year=str(int(YEAR) + 1))),
                             ("room_no_year", no(1, year="0206")),
                             ("room_no_jump", no(0)), ("room_no_jump", no(self.last() + 201))):
            self.no("INVALID", rule, "clerk1", "RegisterFeedback", feedback_id=wire.uuid7(), deputy_id=person("D01"),
                    topic="路", text="路", room_no=number)
        self.no("INVALID", "room_no_without_room", "office", "PlanMeeting", meeting_id=wire.uuid7(), kind="training",
                title="学", held_on=day(9), room_no=no(1))
        explain = {"room_no": no(self.last() + 1), "reason": "写坏"}
        for name, rule, fields in (
            ("INVALID", "value_missing", {"room_no": None}), ("INVALID", "value_missing", {"reason": "  "}),
            ("INVALID", "bad_room_no", {"room_no": "x"}), ("NOT_FOUND", "room_unknown", {"room_no": no(1, "QQ")}),
            ("INVALID", "room_no_jump", {"room_no": no(9999)}),
        ):
            self.no(name, rule, "office", "ExplainRoomNumber", **{**explain, **fields})
        for login in ("deputy1", "auditor", "chair"):
            self.no("FORBIDDEN", "role_may_not", login, "ExplainRoomNumber", **explain)

    def test_who_sees_which(self):
        self.slip(), self.slip("clerk2")
        groups = lambda login, **fields: {n["group_code"] for n in self.numbers(login, **fields)}
        self.assertEqual([groups(login) for login in ("office", "chair", "auditor", "clerk1", "leader2")],
                         [{"G01", "G02"}] * 3 + [{"G01"}, {"G02"}])
        self.no("FORBIDDEN", "not_yours", "clerk1", "ListRoomNumbers", group_code="G02")
        self.no("NOT_FOUND", "group_unknown", "office", "ListRoomNumbers", group_code="G99")
        whole, found, after = self.numbers(), [], None
        while True:
            page = self.do("office", "ListRoomNumbers", limit=1, after=after)
            found += page["numbers"]
            after = page.get("next")
            if after is None:
                break
        self.assertEqual(found, whole)

    def test_the_same_letters(self):
        """Two rooms with the same initials: the later one's have a digit."""
        self.centre.sql(f"update data.deputy_group set name = '东堡' where group_id = '{G01.hex()}'; "
                        f"update data.deputy_group set name = '东边' where group_id = '{G02.hex()}'; "
                        f"delete from data.room_number; delete from data.room_number_note; delete from data.room")
        try:
            self.assertEqual([self.slip("clerk2")[1], self.slip("clerk1")[1], self.slip("clerk1")[1]],
                             [no(1, "DB"), no(1, "DB2"), no(2, "DB2")])
        finally:
            self.centre.sql(f"update data.deputy_group set name = '组一' where group_id = '{G01.hex()}'; "
                            f"update data.deputy_group set name = '组二' where group_id = '{G02.hex()}'; "
                            f"delete from data.room_number; delete from data.room")

    def test_at_once(self):
        """Many at the same time: no number twice, none left out."""
        at, found = self.last(), []
        def work():
            with self.centre.connect("clerk1") as client:
                for _ in range(8):
                    found.append(client.call("RegisterFeedback", feedback_id=wire.uuid7(), deputy_id=person("D01"),
                                             topic="路", text="路")["room_no"])
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(found), [no(at + i) for i in range(1, 33)])
