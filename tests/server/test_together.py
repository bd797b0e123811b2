"""Many operations as one statement: what is done and answered is what one after the other would have given."""

import os
import random

import harness
import wire

MARKS = ["present", "late", "left_early", "absent"]


class Together(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # PostgreSQL's log tells which statements came.
        cls.centre.sql(f"alter role lvzhid in database {cls.centre.database} set log_min_messages = log;"
                       f"alter role lvzhid in database {cls.centre.database} set log_statement = 'all'")
        cls.centre.stop()
        cls.centre.start()

    def setUp(self):
        self.centre.sql("delete from data.attendance_mark")

    def statements(self):
        """How often the statement for many was run so far."""
        with open(os.path.join(self.centre.postgres.directory, "log"), errors="replace") as log:
            return log.read().count("execute record_attendance_together")

    def send(self, client, calls):
        return client.send_all([("RecordAttendance", client.payload("RecordAttendance", op=op, **fields))
                                for op, fields in calls])

    def answers(self, client, ids):
        """Replies, or the rules of refusals."""
        found = []
        for id in ids:
            try:
                found.append(client.reply(id))
            except wire.Refused as refused:
                found.append(refused.rule)
        return found

    def do(self, client, fields):
        return self.answers(client, self.send(client, [(client.op(), f) for f in fields]))

    def test_one_statement(self):
        before = self.statements()
        with self.centre.connect("clerk1") as client:
            people = [f"D{n:02d}" for n in range(1, 17)]
            calls = [(client.op(), harness.mark_fields(meeting="M003", person=p)) for p in people]
            self.assertEqual(self.answers(client, self.send(client, calls)), [{"recorded": 1, "corrected": 0}] * 16)
            self.assertEqual(self.statements(), before + 1)
            ids = ", ".join(f"'{op['op_id'].hex()}'" for op, _ in calls)
            self.assertEqual(self.centre.one(f"select count(distinct xact) from data.operation where op_id in ({ids})"),
                             "1")
            again = self.do(client, [harness.mark_fields(meeting="M003", person=p, mark="late") for p in people])
            self.assertEqual(again, [{"recorded": 1, "corrected": 1}] * 16)
            # Sent once more, the same bytes: the first answers.
            ids = self.send(client, calls)
            frames = [client.wait(id) for id in ids]
            self.assertTrue(all(frame.flags & wire.REPLAYED for frame in frames))
        self.assertEqual(self.centre.count("attendance_mark", "mark = 'late'"), 16)

    def test_two_marks_of_one_line_are_done_in_order(self):
        people = ["D01", "D02", "D03", "D04", "D02", "D05"]
        with self.centre.connect("clerk1") as client:
            answers = self.do(client, [harness.mark_fields(person=p, mark=MARKS[i % 4]) for i, p in enumerate(people)])
        self.assertEqual([a["corrected"] for a in answers], [0, 0, 0, 0, 1, 0])
        person = harness.imported_id(harness.TOWN, "people", "D02").hex()
        self.assertEqual(self.centre.sql(f"select mark, corrects_id is null from data.attendance_mark where person_id ="
                                         f" '{person}' and meeting_id = "
                                         f"'{harness.imported_id(harness.TOWN, 'meetings', 'M001').hex()}'"
                                         " order by revision"), [("late", "t"), ("present", "f")])

    def test_a_refused_one_among_them(self):
        fields = [harness.mark_fields(person=f"D{n:02d}") for n in range(6, 15)]
        fields[4]["marks"][0]["person_id"] = wire.uuid7()
        with self.centre.connect("clerk1") as client:
            answers = self.do(client, fields)
        self.assertEqual(answers[4], "not_on_roll")
        self.assertEqual([a["recorded"] for i, a in enumerate(answers) if i != 4], [1] * 8)

    def random_fields(self, rng, town):
        people = rng.choices([f"D{n:02d}" for n in range(1, 24)], k=rng.choice([0, 1, 1, 1, 1, 1, 2, 5]))
        meeting = rng.choices(["M001", "M003", "M002", "M005", "M006", "M999"], [8, 8, 1, 1, 1, 1])[0]
        fields = harness.mark_fields(town, meeting)
        fields["marks"] = [{"person_id": harness.imported_id(town, "people", p), "mark": rng.choice(MARKS),
                            "note": rng.choice([None, None, "", "听错了"])} for p in people]
        return fields

    def test_bursts_are_what_one_by_one_is(self):
        """The same operations in two towns, in bursts and one at a time."""
        kept = ("select m.code, p.code, a.revision, a.mark, a.note, row_number() over (order by a.recorded_at),"
                " a.corrects_id is null from data.attendance_mark as a join data.meeting as m using (town_id, meeting_id)"
                " join data.person as p using (town_id, person_id) where a.town_id = {} and a.author_id = '{}'"
                " order by m.code, p.code, a.revision")
        before = self.statements()
        for seed in range(8):
            bursts, singles = random.Random(seed), random.Random(seed)
            sizes = [random.Random(seed * 100 + i).randint(2, 24) for i in range(12)]
            with self.centre.connect("clerk1") as many, self.centre.connect("clerk1", harness.OTHER_TOWN) as one:
                for size in sizes:
                    with self.subTest(seed=seed):
                        got = self.do(many, [self.random_fields(bursts, harness.TOWN) for _ in range(size)])
                        expected = [self.do(one, [self.random_fields(singles, harness.OTHER_TOWN)])[0]
                                    for _ in range(size)]
                        self.assertEqual(got, expected)
        rows = [self.centre.sql(kept.format(town, harness.base().accounts[town, "clerk1"].hex()))
                for town in (harness.TOWN, harness.OTHER_TOWN)]
        self.assertGreater(len(rows[0]), 100)
        self.assertEqual(rows[0], rows[1])
        self.assertGreater(self.statements() - before, 10, "too few travelled together for this to say anything")
