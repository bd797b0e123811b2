"""Who said it: apart from what was said, shown to few and for a reason, and every look is kept."""

import datetime

import harness
import wire
from test_feedback import ASSIGN, NOTE, TODAY, U01, U02, Case, day, imported

WHO = {"resident_name": "欧阳秀兰", "resident_phone": "13987654321", "resident_address": "东堡村七组三号"}
REASON = "核实反映的路段"


class Identity(Case):
    def told(self, login="clerk1", **fields):
        return self.register(login, **{**WHO, "notice_given": True, **fields})

    def looks(self):
        return self.centre.count("identity_look")

    def reveal(self, login, id, reason=REASON):
        return self.do(login, "RevealIdentity", feedback_id=id, reason=reason)

    def no_look(self, error, rule, login, id, reason=REASON):
        before = self.looks()
        caught = self.no(error, rule, login, "RevealIdentity", feedback_id=id, reason=reason)
        self.assertEqual(self.looks(), before)
        self.assertFalse(any(value in str(caught.fields) for value in WHO.values()))

    def test_every_look_is_kept(self):
        id = self.told()
        code = self.slip["code"]
        for login in ("clerk1", "deputy1", "office", "chair", "office"):
            self.assertEqual(self.reveal(login, id, f"{login} 核实"),
                             {**WHO, "may_share": False, "notice_given": True})
        looks = self.do("auditor", "ListIdentityLooks", feedback_code=code)["looks"]
        self.assertEqual([(x["feedback_code"], x["login"], x["role"], x["reason"]) for x in looks], [
            (code, "clerk1", "clerk", "clerk1 核实"), (code, "deputy1", "deputy", "deputy1 核实"),
            (code, "office", "office", "office 核实"), (code, "chair", "chair", "chair 核实"),
            (code, "office", "office", "office 核实")])
        noon = datetime.datetime.combine(TODAY, datetime.time(4), datetime.timezone.utc).timestamp() * 1e6
        self.assertTrue(all(noon - 60e6 < x["looked_us"] < noon + 600e6 for x in looks))

    def test_kept_apart(self):
        id = self.told()
        self.assertEqual(self.centre.sql(
            "select resident_name, resident_phone, address, may_share, notice_given from data.feedback_identity"
            f" where feedback_id = '{id.hex()}'"), [(*WHO.values(), "f", "t")])
        anonymous = self.register(resident_name="", may_share=True)
        self.assertEqual(self.centre.count("feedback_identity", f"feedback_id = '{anonymous.hex()}'"), 0)
        for one in (("resident_name", "欧阳秀兰"), ("resident_phone", "13987654321"), ("resident_address", "七组")):
            id = self.register(notice_given=True, **dict([one]))
            self.assertEqual(self.reveal("office", id),
                             {**dict([one]), "may_share": False, "notice_given": True})

    def test_in_no_other_reply(self):
        id = self.told(may_share=True)
        slip = self.slip
        self.move("office", id, "assign", **ASSIGN)
        self.reveal("office", id)
        asked = (
            ("ListFeedback", {}), ("GetFeedback", {"feedback_id": id}), ("TrackFeedback", {"receipt": slip["receipt"]}),
            ("ListIdentityLooks", {}), ("ListPeople", {}),
        )
        answered = 0
        for login in ("deputy1", "clerk1", "leader1", "office", "chair", "unit1", "auditor"):
            for method, fields in asked:
                try:
                    reply = self.do(login, method, **fields)
                except wire.Refused as refused:
                    self.assertEqual(refused.name, "FORBIDDEN")
                    continue
                answered += 1
                self.assertFalse([value for value in WHO.values() if value in str(reply)], (login, method))
        self.assertGreater(answered, 25)
        # Nor in what the steps and the ledger keep.
        for table in ("step", "operation", "feedback", "identity_look"):
            for value in WHO.values():
                self.assertEqual(self.centre.count(table + " as t", f"t::text like '%{value}%'"), 0, table)
                hexed = value.encode().hex()
                self.assertEqual(self.centre.count(table + " as t", f"t::text like '%{hexed}%'"), 0, table)

    def test_a_reason(self):
        id = self.told()
        for reason in (None, "", " ", "看", " 看 "):
            self.no_look("INVALID", "look_reason_needed", "office", id, reason)
        self.reveal("office", id, "核实")

    def test_whose_it_is_not(self):
        id = self.told()
        for login in ("clerk2", "deputy2", "d02"):
            self.no_look("FORBIDDEN", "not_yours", login, id)
        for login in ("leader1", "auditor", "backup"):
            self.no_look("FORBIDDEN", "role_may_not", login, id)

    def test_a_room_looks_at_what_it_took_down_itself(self):
        for login in ("deputy1", "leader1", "office"):
            id = self.told(login)
            self.no_look("FORBIDDEN", "identity_not_taken", "clerk1", id)
            self.reveal("deputy1", id)
        self.no_look("FORBIDDEN", "identity_not_taken", "clerk1", imported("feedback", "F01"))

    def test_thirty_days(self):
        id, earlier = self.told(), self.told(received_on=day(-30))
        earliest = self.told(received_on=day(-31))
        self.reveal("clerk1", earlier)
        self.no_look("FORBIDDEN", "identity_too_late", "clerk1", earliest)
        self.at(TODAY + datetime.timedelta(days=30))
        self.reveal("clerk1", id)
        self.at(TODAY + datetime.timedelta(days=31))
        self.no_look("FORBIDDEN", "identity_too_late", "clerk1", id)
        for login in ("deputy1", "office", "chair"):
            self.reveal(login, id)

    def test_a_unit_only_if_the_villager_agreed(self):
        id, shared = self.told(), self.told(may_share=True)
        self.no_look("FORBIDDEN", "not_yours", "unit1", shared)
        for one in (id, shared):
            self.move("office", one, "assign", unit_id=U01, co_unit_ids=[U02])
        self.no_look("FORBIDDEN", "identity_not_shared", "unit1", id)
        self.assertEqual(self.reveal("unit1", shared), {**WHO, "may_share": True, "notice_given": True})
        self.no_look("FORBIDDEN", "not_yours", "unit2", shared)
        lead = self.follow("screening")
        self.move("office", shared, "merge", lead_code=self.card(lead)["code"])
        self.move("office", shared, "unmerge", **NOTE)
        self.no_look("FORBIDDEN", "not_yours", "unit1", shared)  # it is being screened again

    def test_nothing_there(self):
        id = self.register()
        self.no_look("NOT_FOUND", "no_identity", "office", id)
        self.no_look("NOT_FOUND", "feedback_unknown", "office", wire.uuid7())
        self.no_look("NOT_FOUND", "feedback_unknown", "office", None)

    def test_imported(self):
        self.assertEqual(self.reveal("deputy1", imported("feedback", "F01"))["resident_name"], f"赵{harness.TOWN}")

    def test_who_may_read_the_looks(self):
        id = self.told()
        self.reveal("office", id)
        code = self.slip["code"]
        for login in ("office", "chair", "auditor"):
            self.assertEqual(len(self.do(login, "ListIdentityLooks", feedback_code=code)["looks"]), 1)
        for login in ("deputy1", "clerk1", "leader1", "unit1", "backup"):
            self.no("FORBIDDEN", "role_may_not", login, "ListIdentityLooks")
        self.no("NOT_FOUND", "feedback_unknown", "office", "ListIdentityLooks", feedback_code="F9999")
        office = self.client("office", harness.OTHER_TOWN)
        self.assertEqual(office.call("ListIdentityLooks"), {})

    def test_looks_page_by_page(self):
        id = self.told()
        for n in range(4):
            self.reveal("office", id, f"第{n}次核实")
        whole = self.do("auditor", "ListIdentityLooks")["looks"]
        self.assertEqual([x["looked_us"] for x in whole], sorted(x["looked_us"] for x in whole))
        for limit in (1, 3, len(whole)):
            rows, after = [], None
            while True:
                page = self.do("auditor", "ListIdentityLooks", limit=limit, after=after)
                rows += page["looks"]
                after = page.get("next")
                if after is None:
                    break
            self.assertEqual(rows, whole, f"by {limit}")

    def test_a_look_is_never_changed(self):
        with self.assertRaisesRegex(RuntimeError, "permission denied"):
            self.centre.sql("update data.identity_look set reason = '-'", user="lvzhid",
                            settings={"app.town": harness.TOWN})
        with self.assertRaisesRegex(RuntimeError, "permission denied"):
            self.centre.sql("delete from data.identity_look", user="lvzhid", settings={"app.town": harness.TOWN})
