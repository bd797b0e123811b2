"""Deeds and households: claimed and verified by different people, told from one another, visited, changed, ended."""

import threading

import harness
import test_meetings
import wire
from test_meetings import TOWN, day, person


class Deeds(test_meetings.Life):
    texts = iter(range(10**6))

    def record(self, login="clerk1", code="D01", text=None, **fields):
        """A claim; a text that reads like no other, unless one is given."""
        text = text or "".join(chr(0x4E00 + (next(self.texts) * 37 + n * 1009) % 20000) for n in range(8))
        return self.do(login, "RecordDeed", **{
            "deed_id": wire.uuid7(), "person_id": person(code), "kind": f"类{text[:2]}", "village_code": "V01", "text": text,
            "done_on": day(-1), **fields})

    def deed(self, code, login="office"):
        return self.do(login, "GetDeed", code=code)

    def move(self, code, action, login="office", **fields):
        return self.do(login, "MoveDeed", deed_id=self.deed(code)["deed"]["deed_id"], action=action, **fields)["state"]

    def not_moved(self, name, rule, code, action, login="office", **fields):
        return self.no(name, rule, login, "MoveDeed", deed_id=self.deed(code)["deed"]["deed_id"], action=action, **fields)

    def test_who_claims_for_whom(self):
        mine = self.do("deputy1", "RecordDeed", deed_id=wire.uuid7(), kind="修路", village_code="V02", text="出钱修桥",
                       value_yuan=800, witness="张组长")
        shown = self.deed(mine["code"], "deputy1")["deed"]
        self.assertEqual({k: shown[k] for k in ("person_code", "done_on", "kind", "village_code", "text", "value_yuan",
                                                "witness", "state", "recorded_by")},
                         {"person_code": "D01", "done_on": day(), "kind": "修路", "village_code": "V02", "text": "出钱修桥",
                          "value_yuan": 800, "witness": "张组长", "state": "claimed", "recorded_by": "deputy1"})
        for login, code in (("deputy1", "D02"), ("clerk1", "D21"), ("leader1", "D21"), ("clerk2", "D01")):
            self.no("FORBIDDEN", "not_yours", login, "RecordDeed", deed_id=wire.uuid7(), person_id=person(code), kind="修路",
                    village_code="V01", text="修桥")
        for login, code in (("clerk1", "D02"), ("leader1", "D03"), ("office", "D21")):
            self.record(login, code)

    def test_refused(self):
        fields = {"deed_id": wire.uuid7(), "person_id": person("D01"), "kind": "修路", "village_code": "V01", "text": "修桥"}
        for name, rule, more in (
            ("INVALID", "value_missing", {"deed_id": None}), ("INVALID", "value_missing", {"person_id": None}),
            ("INVALID", "value_missing", {"kind": " "}), ("INVALID", "value_missing", {"text": ""}),
            ("INVALID", "value_missing", {"village_code": None}), ("NOT_FOUND", "village_unknown", {"village_code": "V77"}),
            ("INVALID", "day_in_future", {"done_on": day(1)}), ("INVALID", "bad_amount", {"value_yuan": -1}),
            ("INVALID", "bad_amount", {"value_yuan": 10**12}), ("NOT_FOUND", "person_unknown", {"person_id": wire.uuid7()}),
            ("INVALID", "person_not_in_office", {"done_on": "2020-01-01"}),
        ):
            self.no(name, rule, "office", "RecordDeed", **{**fields, **more})
        self.no("NOT_FOUND", "deed_unknown", "office", "MoveDeed", deed_id=wire.uuid7(), action="verify")
        self.no("NOT_FOUND", "deed_unknown", "office", "GetDeed", code="H999")

    def test_another_person_verifies(self):
        code = self.record("leader1", witness="李会计")["code"]
        self.not_moved("FORBIDDEN", "settle_own_deed", code, "verify", "leader1")
        self.not_moved("FORBIDDEN", "not_your_step", code, "verify", "clerk1")
        self.not_moved("FORBIDDEN", "not_yours", code, "verify", "leader2")
        self.assertEqual(self.centre.one(f"select verified from data.deed where code = '{code}' and town_id = {TOWN}"), "f")
        self.assertEqual(self.move(code, "verify"), "verified")
        shown = self.deed(code)["deed"]
        self.assertEqual((shown["settled_by"], shown["settled_on"], shown["witness"]), ("office", day(), "李会计"))
        self.assertEqual(self.centre.one(f"select verified from data.deed where code = '{code}' and town_id = {TOWN}"), "t")
        # Without a witness it must be said how it was checked.
        code = self.record("clerk1")["code"]
        self.not_moved("INVALID", "deed_unwitnessed", code, "verify", "leader1", note=" ")
        self.assertEqual(self.move(code, "verify", "leader1", note="到村里看过"), "verified")
        self.assertEqual(self.deed(code)["deed"]["checked"], "到村里看过")
        code = self.record("clerk1")["code"]
        self.assertEqual(self.move(code, "verify", "leader1", witness="王大爷"), "verified")

    def test_not_the_deputy_themselves(self):
        account = harness.base().accounts[TOWN, "leader1"].hex()
        code = self.record("clerk1", "D08", witness="李会计")["code"]
        self.centre.sql(f"update data.account set person_id = '{person('D08').hex()}' where account_id = '{account}'")
        try:
            with self.centre.connect("leader1") as leader:
                for action in ("verify", "reject", "join"):
                    error = self.refused("FORBIDDEN", leader.call, "MoveDeed", deed_id=self.deed(code)["deed"]["deed_id"],
                                         action=action, note="x", same_as_code=code)
                    self.assertEqual(error.rule, "settle_own_deed")
                self.assertNotIn(code, [t["code"] for t in leader.call("ListTodo", subject="deed").get("todos", [])])
        finally:
            self.centre.sql(f"update data.account set person_id = null where account_id = '{account}'")

    def test_not_the_leader_whose_account_stands_for_no_person(self):
        code = self.record("clerk1", "D08", witness="李会计")["code"]
        with test_meetings.leading(self.centre, "D08"):
            for action in ("verify", "reject", "join"):
                self.not_moved("FORBIDDEN", "settle_own_deed", code, action, "leader1", note="x", same_as_code=code)
            self.assertNotIn(code, [t["code"] for t in self.do("leader1", "ListTodo", subject="deed").get("todos", [])])
        self.assertEqual(self.move(code, "verify", "leader1"), "verified")

    def test_long_texts_hide_nothing_that_waits(self):
        codes = {self.record("clerk1", "D05", text="路" * 60000, village_code=village)["code"] for village in ("V01", "V02")}
        found = [t for t in self.do("office", "ListTodo", subject="deed")["todos"] if t["code"] in codes]
        self.assertEqual([len(t["title"]) for t in found], [200, 200])
        self.centre.sql("update data.deed set text = left(text, 10), void_reason = '-' where length(text) > 1000")

    def test_two_joined_to_one_another_at_once(self):
        codes = [self.record("clerk1", "D05")["code"] for _ in range(2)]
        ids = [self.deed(code)["deed"]["deed_id"] for code in codes]
        held = threading.Thread(target=self.centre.sql, args=(
            f"begin; select from data.deed where deed_id in ('{ids[0].hex()}', '{ids[1].hex()}') for update;"
            " select pg_sleep(1.5); commit;",))
        held.start()
        harness.wait_until(lambda: self.centre.sql(
            "select pid from pg_stat_activity where query like '%pg_sleep(1.5)%' and wait_event = 'PgSleep'"))
        sent = [(self.clients[login], self.clients[login].send("MoveDeed", self.clients[login].payload(
            "MoveDeed", deed_id=id, action="join", same_as_code=code)))
            for login, id, code in (("office", ids[0], codes[1]), ("leader1", ids[1], codes[0]))]
        for client, id in sent:
            try:
                client.reply(id)
            except wire.Refused as error:
                self.assertEqual(error.rule, "join_with")
        held.join()
        self.assertEqual(sorted(self.deed(code)["deed"]["state"] for code in codes), ["claimed", "void"])

    def test_the_same_deed_twice(self):
        """Two deputies and one road: whoever verifies is shown both, and says which it is."""
        text = "出钱出力修好村口到小学的水泥路"
        first = self.record("clerk1", "D01", kind="修路", text=text, village_code="V02", done_on="2025-05-01")
        self.assertEqual((first["looks_alike"], first.get("alike_codes")), (False, None))
        second = self.record("clerk2", "D21", kind="道路", text="修好村口到小学的水泥路", village_code="V02",
                             done_on="2025-05-31")
        self.assertEqual((second["looks_alike"], second["alike_codes"]), (True, [first["code"]]))
        alike = self.deed(second["code"])["alike"]
        self.assertEqual([(a["code"], a["person_code"], a["alike_percent"], a["state"]) for a in alike],
                         [(first["code"], "D01", 100, "claimed")])
        self.assertNotIn("alike", self.deed(first["code"], "deputy1"), "a deputy is shown another's deed")
        # A day too far, another village, another kind with another text, void: none of these is it.
        far = self.record("clerk2", "D22", kind="修路", text=text, village_code="V02", done_on="2025-06-01")
        self.assertEqual(far["alike_codes"], [second["code"]])
        self.assertFalse(self.record("clerk2", "D22", kind="修路", text=text, done_on="2025-05-01")["looks_alike"])
        self.assertFalse(self.record("clerk2", "D22", kind="助学", text="资助两名学生上大学", village_code="V02",
                                     done_on="2025-05-02")["looks_alike"])
        self.move(far["code"], "void", note="不算")
        # The same kind is enough for another deputy, and not for the same one.
        kind = self.record("clerk2", "D23", kind="修路", text="铺了两百米石板", village_code="V02", done_on="2025-05-03")
        self.assertEqual(kind["alike_codes"], [first["code"]])
        own = self.record("clerk1", "D01", kind="修路", text="清理塌方", village_code="V02", done_on="2025-05-04")
        self.assertEqual(own["alike_codes"], [kind["code"]])
        # Verified only as another one; then it is not asked again of either.
        named = self.not_moved("CONFLICT", "deed_alike", own["code"], "verify", note="看过")
        self.assertEqual(named["codes"], kind["code"])
        self.move(own["code"], "verify", note="看过", distinct_note="一处在村东，一处在村西")
        shown = self.deed(own["code"])["deed"]
        self.assertEqual((shown["distinct_codes"], shown["distinct_note"]), ([kind["code"]], "一处在村东，一处在村西"))
        self.assertEqual([a["code"] for a in self.deed(kind["code"])["alike"]], [first["code"]])
        # The same: the second is void and names the first.
        for other in ("H999", None, second["code"], far["code"]):
            self.not_moved(*{"H999": ("NOT_FOUND", "deed_unknown"), None: ("INVALID", "value_missing")}.get(
                other, ("INVALID", "join_with")), second["code"], "join", same_as_code=other)
        self.assertEqual(self.move(second["code"], "join", same_as_code=first["code"]), "void")
        shown = self.deed(second["code"])["deed"]
        self.assertEqual((shown["same_as_code"], shown["void_reason"]),
                         (first["code"], f"与 {first['code']} 是同一件事"))
        self.move(first["code"], "verify", note="现场看过", distinct_note="石板路是另一处")

    def test_rejected_counts_nowhere_and_may_come_again(self):
        code = self.record("clerk1", "D05")["code"]
        self.not_moved("INVALID", "value_missing", code, "reject")
        self.assertEqual(self.move(code, "reject", note="村里不知道"), "rejected")
        self.assertEqual(self.centre.one(f"select void_reason from data.deed where code = '{code}' and town_id = {TOWN}"),
                         "村里不知道")
        self.assertEqual(self.move(code, "claim_again", "leader1", note="补了收据", witness="李会计"), "claimed")
        # Who claimed it again is its recorder now.
        self.not_moved("FORBIDDEN", "settle_own_deed", code, "verify", "leader1")
        self.assertEqual(self.move(code, "verify"), "verified")
        self.assertEqual([(s["action"], s["to_state"]) for s in self.deed(code)["steps"]],
                         [("record", "claimed"), ("reject", "rejected"), ("claim_again", "claimed"), ("verify", "verified")])
        # Who recorded it first does not settle it either, whoever claimed it again.
        code = self.record("leader1", "D05")["code"]
        self.move(code, "reject", note="村里不知道")
        self.move(code, "claim_again", "clerk1", note="补了收据", witness="李会计")
        for action in ("verify", "reject", "join"):
            self.not_moved("FORBIDDEN", "settle_own_deed", code, action, "leader1", note="x", same_as_code=code)
        self.assertNotIn(code, [t["code"] for t in self.do("leader1", "ListTodo", subject="deed").get("todos", [])])
        self.assertEqual(self.move(code, "verify"), "verified")
        self.not_moved("CONFLICT", "not_in_this_state", code, "withdraw", "clerk1", note="x")
        self.assertEqual(self.move(code, "void", note="查出是假的"), "void")

    def test_who_sees(self):
        mine, theirs = self.record("clerk1", "D09")["code"], self.record("clerk2", "D29")["code"]
        for login, seen in (("office", 2), ("chair", 2), ("auditor", 2), ("clerk1", 1), ("leader1", 1), ("clerk2", 1),
                            ("deputy1", 0)):
            codes = {d["code"] for d in self.do(login, "ListDeeds").get("deeds", [])}
            self.assertEqual(len(codes & {mine, theirs}), seen, login)
        self.no("FORBIDDEN", "not_yours", "clerk2", "GetDeed", code=mine)
        self.assertEqual([d["code"] for d in self.do("office", "ListDeeds", person_code="D09", state="claimed")["deeds"]],
                         [mine])
        self.assertEqual(self.do("office", "ListDeeds", person_code="D09", village_code="V02"), {})
        self.assertEqual(self.do("office", "ListDeeds", person_code="D09", to_on=day(-2)), {})

    def test_what_waits(self):
        def waits(login):
            return {t["code"] for t in self.do(login, "ListTodo", subject="deed").get("todos", [])}
        code = self.record("leader1", "D10", witness="李会计")["code"]
        self.assertEqual({login: code in waits(login) for login in ("office", "leader1", "leader2", "clerk1", "deputy1")},
                         {"office": True, "leader1": False, "leader2": False, "clerk1": False, "deputy1": False})
        code = self.record("clerk1", "D10", witness="李会计")["code"]
        self.assertIn(code, waits("leader1"))
        other = self.record("clerk1", "D01", witness="李会计")["code"]
        self.assertNotIn(other, waits("deputy1"))
        self.move(other, "reject", note="没有这件事")
        for login, there in (("deputy1", True), ("clerk1", True), ("office", False), ("leader1", False), ("clerk2", False)):
            self.assertEqual(other in waits(login), there, login)
        self.move(other, "withdraw", "deputy1", note="记错了")
        self.assertNotIn(other, waits("deputy1"))
        self.move(code, "verify")
        self.assertFalse({code} & (waits("leader1") | waits("office")))


class Households(test_meetings.Life):
    names = iter(range(10**6))

    def register(self, login="clerk1", head=None, helpers=("D01",), **fields):
        return self.do(login, "RegisterHousehold", **{
            "household_id": wire.uuid7(), "village_code": "V01", "head": head or f"户主{next(self.names)}", "members": 4,
            "helper_ids": [person(h) for h in helpers], "starts_on": "2025-02-01", **fields})["code"]

    def household(self, code, login="office"):
        return self.do(login, "GetHousehold", code=code)

    def move(self, code, action, login="clerk1", **fields):
        return self.do(login, "MoveHousehold", household_id=self.household(code)["household"]["household_id"], action=action,
                       **fields)["state"]

    def not_moved(self, name, rule, code, action, login="clerk1", **fields):
        return self.no(name, rule, login, "MoveHousehold",
                       household_id=self.household(code)["household"]["household_id"], action=action, **fields)

    def test_registered(self):
        code = self.register(helpers=("D01", "D21"), head="傅德明")
        shown = self.household(code)["household"]
        self.assertEqual({k: v for k, v in shown.items() if k not in ("household_id", "actions")}, {
            "code": code, "village_code": "V01", "village_name": "村一", "head": "傅德明", "members": 4,
            "helper_codes": ["D01", "D21"], "helper_names": ["代表D01", "代表D21"], "starts_on": "2025-02-01",
            "state": "active", "visits": 0})
        # Two helpers of one household are one household, for each of their rooms.
        for login in ("clerk1", "clerk2", "deputy1", "deputy2", "office"):
            codes = [h["code"] for h in self.do(login, "ListHouseholds")["households"]]
            self.assertEqual(codes.count(code), 1, login)
        helped = [h for h in self.do("office", "ListHouseholds", helper_code="D21")["households"] if h["code"] == code]
        self.assertEqual(len(helped), 1)
        self.assertNotIn(code, str(self.do("office", "ListHouseholds", helper_code="D22")))
        own = self.do("deputy1", "RegisterHousehold", household_id=wire.uuid7(), village_code="V02", head="钱二", members=1)
        self.assertEqual(self.household(own["code"])["household"]["helper_codes"], ["D01"])

    def test_refused(self):
        fields = {"household_id": wire.uuid7(), "village_code": "V01", "head": "某户", "members": 3,
                  "helper_ids": [person("D01")]}
        for name, rule, login, more in (
            ("INVALID", "value_missing", "office", {"household_id": None}), ("INVALID", "value_missing", "office", {"head": " "}),
            ("INVALID", "value_missing", "office", {"members": None}), ("INVALID", "bad_members", "office", {"members": 0}),
            ("INVALID", "bad_members", "office", {"members": 100}), ("INVALID", "value_missing", "office", {"helper_ids": []}),
            ("INVALID", "helper_twice", "office", {"helper_ids": [person("D01")] * 2}),
            ("NOT_FOUND", "person_unknown", "office", {"helper_ids": [wire.uuid7()]}),
            ("NOT_FOUND", "village_unknown", "office", {"village_code": "V9"}),
            ("INVALID", "day_in_future", "office", {"starts_on": day(1)}), ("FORBIDDEN", "not_yours", "clerk2", {}),
            ("FORBIDDEN", "not_yours", "deputy2", {}), ("FORBIDDEN", "role_may_not", "chair", {}),
        ):
            self.no(name, rule, login, "RegisterHousehold", **{**fields, **more})
        self.no("NOT_FOUND", "household_unknown", "office", "GetHousehold", code="B99")

    def test_one_household_one_code(self):
        code = self.register(head="李大")
        fields = {"household_id": wire.uuid7(), "head": "李大", "members": 2, "helper_ids": [person("D21")]}
        named = self.no("CONFLICT", "household_taken", "office", "RegisterHousehold", village_code="V01", **fields)
        self.assertEqual((named["head"], named["household"]), ("李大", code))
        self.do("office", "RegisterHousehold", village_code="V02", **fields)  # a namesake elsewhere
        other = self.register("clerk2", head="李大", helpers=("D21",), distinct_note="村西的李大，不是一家")
        self.assertEqual(self.household(other)["household"]["distinct_note"], "村西的李大，不是一家")
        # Over, its name is free; and then the first does not come back beside the new one.
        self.move(other, "end", "clerk2", note="搬走")
        self.move(code, "end", note="脱贫")
        again = self.register(head="李大", helpers=("D02",))
        named = self.not_moved("CONFLICT", "household_taken", code, "resume", note="又困难")
        self.assertEqual(named["household"], again)
        self.assertEqual(self.move(again, "void", "office", note="登记错"), "void")
        self.assertEqual(self.move(code, "resume", note="又困难"), "active")

    def test_changed_with_its_past(self):
        code = self.register(members=4)
        self.not_moved("INVALID", "value_missing", code, "change", note="没有变")
        self.not_moved("INVALID", "value_missing", code, "change", members=5)
        self.not_moved("INVALID", "household_day", code, "change", members=5, note="早了", day_on="2025-01-31")
        self.not_moved("INVALID", "bad_members", code, "change", members=0, note="没有人")
        self.move(code, "change", members=5, note="添了一口人", day_on="2025-06-01")
        self.move(code, "change", helper_ids=[person("D02"), person("D03")], note="代表换了", day_on="2025-09-01")
        self.not_moved("INVALID", "household_day", code, "change", members=6, note="早了", day_on="2025-08-31")
        reply = self.household(code)
        self.assertEqual((reply["household"]["members"], reply["household"]["helper_codes"]), (5, ["D02", "D03"]))
        self.assertEqual([(p["until_on"], p["members"], p["helper_codes"], p["note"], p["author"]) for p in reply["past"]],
                         [("2025-06-01", 4, ["D01"], "添了一口人", "clerk1"),
                          ("2025-09-01", 5, ["D01"], "代表换了", "clerk1")])
        # What an import and the cards read is the present.
        rows = self.centre.sql("select p.code from data.household_helper r join data.household h using (town_id,"
                               " household_id) join data.person p on p.town_id = r.town_id and p.person_id = r.person_id"
                               f" where h.code = '{code}' and h.town_id = {TOWN} order by r.position")
        self.assertEqual(rows, [("D02",), ("D03",)])
        # Out of the group's hands, out of its clerk's reach.
        self.move(code, "change", helper_ids=[person("D21")], note="交给二组")
        self.no("FORBIDDEN", "not_yours", "clerk1", "GetHousehold", code=code)
        self.assertEqual(self.household(code, "clerk2")["household"]["helper_codes"], ["D21"])

    def test_visited(self):
        code = self.register(helpers=("D01", "D02"))
        self.move(code, "visit", "deputy1", note="送去化肥", day_on="2025-03-01")
        self.move(code, "visit", note="帮收烤烟", person_id=person("D02"), day_on="2025-08-01")
        named = self.not_moved("INVALID", "not_a_helper", code, "visit", note="x", person_id=person("D03"))
        self.assertEqual((named["person"], named["helpers"]), ("D03", "D01 D02"))
        self.not_moved("INVALID", "value_missing", code, "visit", note="x")
        self.not_moved("INVALID", "value_missing", code, "visit", person_id=person("D01"))
        self.not_moved("INVALID", "household_day", code, "visit", note="x", person_id=person("D01"), day_on="2025-01-31")
        self.not_moved("INVALID", "day_in_future", code, "visit", note="x", person_id=person("D01"), day_on=day(1))
        shown = self.household(code)
        self.assertEqual([(v["visit_no"], v["visited_on"], v["person_code"], v["text"], v["author"]) for v in shown["visits"]],
                         [(1, "2025-03-01", "D01", "送去化肥", "deputy1"), (2, "2025-08-01", "D02", "帮收烤烟", "clerk1")])
        self.assertEqual((shown["household"]["visits"], shown["household"]["last_visit_on"]), (2, "2025-08-01"))
        self.not_moved("NOT_FOUND", "visit_unknown", code, "void_visit", note="x", visit_no=3)
        self.not_moved("INVALID", "value_missing", code, "void_visit", note="x")
        self.move(code, "void_visit", note="记错了户", visit_no=2)
        self.not_moved("NOT_FOUND", "visit_unknown", code, "void_visit", note="x", visit_no=2)
        shown = self.household(code)["household"]
        self.assertEqual((shown["visits"], shown["last_visit_on"]), (1, "2025-03-01"))

    def test_not_visited_for_long(self):
        def waits(login, code):
            return [(t["rule"], t["due_on"]) for t in self.do(login, "ListTodo", subject="household").get("todos", [])
                    if t["code"] == code]

        def listed(code):
            return code in {h["code"] for h in self.do("office", "ListHouseholds", unvisited_only=True).get("households", [])}
        late, fresh = self.register(starts_on=day(-91)), self.register(starts_on=day(-90))
        self.assertEqual(waits("clerk1", late), [("todo_household_visit", day(-1))])
        self.assertEqual(waits("deputy1", late), [("todo_household_visit", day(-1))])
        for login in ("clerk2", "deputy2", "office", "leader1"):
            self.assertEqual(waits(login, late), [], login)
        self.assertEqual((waits("clerk1", fresh), listed(late), listed(fresh)), ([], True, False))
        self.move(late, "visit", "deputy1", note="看望", day_on=day(-5))
        self.assertEqual((waits("clerk1", late), listed(late)), ([], False))
        self.move(late, "void_visit", note="没有去", visit_no=1)
        self.assertEqual(waits("clerk1", late), [("todo_household_visit", day(-1))])
        self.move(late, "end", note="脱贫")
        self.assertEqual((waits("clerk1", late), listed(late)), ([], False))

    def test_ended(self):
        code = self.register()
        self.not_moved("INVALID", "household_day", code, "end", note="x", day_on="2025-01-01")
        self.not_moved("FORBIDDEN", "not_your_step", code, "end", "deputy1", note="x")
        self.assertEqual(self.move(code, "end", note="脱贫", day_on="2025-12-01"), "ended")
        shown = self.household(code)["household"]
        self.assertEqual((shown["ended_on"], shown["end_reason"]), ("2025-12-01", "脱贫"))
        self.not_moved("CONFLICT", "not_in_this_state", code, "visit", note="x", person_id=person("D01"))
        self.assertIn(code, [h["code"] for h in self.do("office", "ListHouseholds", state="ended")["households"]])
        self.assertNotIn(code, [h["code"] for h in self.do("office", "ListHouseholds", state="active")["households"]])
