"""Working days with holidays and 调休, months, lateness; the calendar and who sets it; the list of transitions."""

import harness

TOWN = harness.TOWN
TOWN_ROLES = ("deputy1", "clerk1", "leader1", "office", "chair", "unit1", "auditor")


class Days(harness.Case):
    def ask(self, expression):
        """As the owner."""
        return self.centre.sql(f"select {expression}", user="lvzhi_owner")[0][0]

    def after(self, day, count, expected):
        self.assertEqual(self.ask(f"lv.add_working_days('{day}', {count})"), expected, f"{day} + {count}")

    # Working days

    def test_plain_week(self):
        self.after("2025-06-10", 0, "2025-06-10")
        self.after("2025-06-10", 3, "2025-06-13")
        self.after("2025-06-13", 1, "2025-06-16")
        self.after("2025-06-14", 1, "2025-06-16")  # from a Saturday
        self.after("2025-06-10", 10, "2025-06-24")

    def test_spring_festival_2026(self):
        """15 to 23 February are free, Saturdays 14 and 28 are worked."""
        self.after("2026-02-13", 1, "2026-02-14")
        self.after("2026-02-13", 2, "2026-02-24")
        self.after("2026-02-14", 1, "2026-02-24")
        self.after("2026-02-18", 1, "2026-02-24")
        self.after("2026-02-24", 4, "2026-02-28")
        self.after("2026-02-24", 5, "2026-03-02")

    def test_national_day(self):
        self.after("2025-09-26", 1, "2025-09-28")  # a Sunday that is worked
        self.after("2025-09-30", 1, "2025-10-09")
        self.after("2025-10-09", 2, "2025-10-11")  # a Saturday
        self.after("2025-10-09", 3, "2025-10-13")
        self.after("2026-09-30", 1, "2026-10-08")
        self.after("2026-10-09", 1, "2026-10-10")
        self.after("2026-09-18", 1, "2026-09-20")

    def test_is_working_day(self):
        for day, expected in (("2026-02-16", "f"), ("2026-02-14", "t"), ("2026-03-07", "f"), ("2026-03-09", "t"),
                              ("2031-10-01", "t")):  # no notice of 2031 yet: the week alone
            self.assertEqual(self.ask(f"lv.is_working_day('{day}')"), expected, day)

    # Months and lateness

    def test_months(self):
        for day, months, expected in (
            ("2025-11-30", 3, "2026-02-28"), ("2027-11-30", 3, "2028-02-29"), ("2025-01-31", 1, "2025-02-28"),
            ("2024-01-31", 1, "2024-02-29"), ("2025-03-25", 3, "2025-06-25"), ("2025-08-31", 6, "2026-02-28"),
            ("2025-12-31", 2, "2026-02-28"),
        ):
            self.assertEqual(self.ask(f"lv.add_months('{day}', {months})"), expected, f"{day} + {months}")

    def test_lateness(self):
        for days, expected in ((-8, None), (-7, "soon"), (0, "soon"), (1, "late"), (7, "late"), (8, "very_late"),
                               (30, "very_late"), (31, "overdue"), (400, "overdue")):
            self.assertEqual(self.ask(f"lv.lateness('2025-06-10', date '2025-06-10' + ({days}))"), expected, days)
        self.assertIsNone(self.ask("lv.lateness(null, '2025-06-10')"))

    # The calendar

    def test_calendar_of_a_year(self):
        for login in (*TOWN_ROLES, "backup"):
            with self.centre.connect(login) as client:
                days = client.call("ListCalendar", year=2026)["days"]
                self.assertEqual({d["day_on"][:4] for d in days}, {"2026"})
                self.assertEqual([d["day_on"] for d in days], sorted(d["day_on"] for d in days))
                by_day = {d["day_on"]: d for d in days}
                self.assertEqual(by_day["2026-02-17"], {"day_on": "2026-02-17", "working": False, "name": "春节"})
                self.assertTrue(by_day["2026-02-14"]["working"])
        with self.centre.admin() as admin:
            self.assertGreater(len(admin.call("ListCalendar")["days"]), len(days))
            self.assertNotIn("days", admin.call("ListCalendar", year=1999))

    def test_calendar_is_set_and_seen_at_once(self):
        self.after("2029-09-28", 1, "2029-10-01")
        with self.centre.admin() as admin, self.centre.connect("clerk1") as clerk:
            free = [{"day_on": f"2029-10-0{n}", "working": False, "name": "国庆节"} for n in range(1, 8)]
            self.assertEqual(admin.call("SetCalendar", days=free), {"days": 7})
            self.assertEqual(clerk.call("ListCalendar", year=2029)["days"], free)
            self.after("2029-09-28", 1, "2029-10-08")
            worked = {"day_on": "2029-10-07", "working": True, "name": "调休上班"}  # the Sunday is replaced
            self.assertEqual(admin.call("SetCalendar", days=[worked]), {"days": 1})
            self.assertEqual(clerk.call("ListCalendar", year=2029)["days"], [*free[:6], worked])
            self.after("2029-09-28", 1, "2029-10-07")

    def test_calendar_refuses(self):
        good = {"day_on": "2030-01-01", "working": False, "name": "元旦"}
        with self.centre.admin() as admin:
            for days, rule in (
                ([], "value_missing"), ([{**good, "name": ""}], "value_missing"),
                ([{**good, "day_on": None}], "value_missing"), ([{**good, "working": None}], "value_missing"),
                ([good, {**good, "working": True}], "day_twice"),
            ):
                self.assertEqual(self.refused("INVALID", admin.call, "SetCalendar", days=days).rule, rule)
            self.assertNotIn("days", admin.call("ListCalendar", year=2030))
        for login in TOWN_ROLES:
            with self.centre.connect(login) as client:
                self.refused("FORBIDDEN", client.call, "SetCalendar", days=[good])

    # The list of transitions

    def test_transitions_are_listed(self):
        held = self.centre.sql("select subject, action, array_to_string(from_states, ' '), array_to_string(to_states, ' '),"
                               " array_to_string(roles, ' ') from lv.transition", user="lvzhi_owner")
        self.assertGreater(len(held), 60)
        for login in TOWN_ROLES:
            with self.centre.connect(login) as client:
                listed = client.call("ListTransitions")["transitions"]
                self.assertEqual(sorted((t["subject"], t["action"], *(" ".join(t[f]) for f in (
                    "from_states", "to_states", "roles"))) for t in listed), sorted(held))
                leaves = client.call("ListTransitions", subject="leave")["transitions"]
                self.assertEqual({t["subject"] for t in leaves}, {"leave"})
                self.assertEqual(len(leaves), sum(row[0] == "leave" for row in held))
                error = self.refused("INVALID", client.call, "ListTransitions", subject="people")
                self.assertEqual(error.rule, "subject_unknown")
