"""The slogans' lists: the defaults, a town's own from a day on, and who may word them."""

import harness
import test_meetings
from test_meetings import day


class RuleSets(test_meetings.Life):
    def listed(self, login="office", **fields):
        return self.do(login, "ListRuleSets", **fields).get("rule_sets", [])

    def one(self, code, **fields):
        found = self.listed(code=code, **fields)
        self.assertEqual([r["code"] for r in found], [code])
        return found[0]

    def set(self, code, *items, **fields):
        return self.do("chair", "SetRuleSet", code=code, items=items, **fields)["holds_from_on"]

    def items(self, code, on):
        """What other rules read."""
        found = self.centre.sql(f"select unnest(lv.rule_items('{code}', '{on}'))", "lvzhid", {"app.town": harness.TOWN})
        return [item for item, in found]

    def test_defaults(self):
        """Every slogan of the work report, in its order, with as many items as its name counts; everybody reads them."""
        wanted = {"两规则": 2, "两职责": 2, "七制度": 7, "六簿一册": 7, "三必须": 3, "三主动": 3, "四参与": 4, "三不参与": 3,
                  "四个作用": 4, "五个一": 5, "六个带头": 6, "七有": 7}
        for login in ("deputy2", "clerk2", "leader2", "office", "auditor"):
            found = [r for r in self.listed(login, on_day_on="2000-01-01") if r["code"] != "our_own"]
            self.assertEqual({r["label"]: len(r["items"]) for r in found}, wanted)
            self.assertEqual([r["label"] for r in found], list(wanted))
            self.assertFalse([r for r in found if "holds_from_on" in r])

    def test_a_towns_own_from_a_day_on(self):
        default = self.one("three_musts")["items"]
        self.assertEqual(self.set("three_musts", "必须到会", " 必须走访 ", holds_from_on=day(10)), day(10))
        self.assertEqual(self.one("three_musts")["items"], default)
        self.assertEqual(self.one("three_musts", on_day_on=day(9))["items"], default)
        self.assertEqual(self.one("three_musts", on_day_on=day(10)), {
            "code": "three_musts", "label": "三必须", "items": ["必须到会", "必须走访"], "holds_from_on": day(10)})
        # Worded again for the same day: the later one holds, both stay.
        self.set("three_musts", "必须到会", label="一必须", holds_from_on=day(10))
        self.assertEqual(self.one("three_musts", on_day_on=day(11))["label"], "一必须")
        self.assertEqual([(r["label"], len(r["items"]), r.get("holds_from_on"))
                          for r in self.listed(code="three_musts", history=True)],
                         [("三必须", 3, None), ("三必须", 2, day(10)), ("一必须", 1, day(10))])
        self.assertEqual((self.items("three_musts", day(9)), self.items("three_musts", day(10))), (default, ["必须到会"]))
        self.assertEqual(self.items("no_such_list", day()), [])
        self.assertEqual(self.set("three_musts", "今天起"), day())
        self.assertEqual(self.one("three_musts")["items"], ["今天起"])
        self.assertEqual(self.one("three_musts", on_day_on=day(10))["items"], ["必须到会"])

    def test_a_new_list(self):
        self.set("our_own", "一", "二", label="两个我们的")
        self.assertEqual(self.listed()[-1]["code"], "our_own")  # after the report's
        self.assertEqual(self.listed(on_day_on=day(-1), code="our_own"), [])

    def test_refused(self):
        whole = {"code": "five_ones", "items": ["一"]}
        for login in ("office", "clerk1", "leader1", "deputy1", "auditor"):
            self.no("FORBIDDEN", "role_may_not", login, "SetRuleSet", **whole)
        for rule, fields in (
            ("value_missing", {"code": ""}), ("value_missing", {"code": None}), ("value_missing", {"items": []}),
            ("value_missing", {"items": ["一", " "]}), ("value_missing", {"code": "new_list"}),
            ("bad_rule_set_code", {"code": "五个一"}), ("bad_rule_set_code", {"code": "Five"}),
            ("bad_rule_set_code", {"code": "a" * 41}), ("rule_set_too_long", {"items": ["一" * 201]}),
            ("rule_set_too_long", {"items": ["一"] * 51}), ("rule_set_too_long", {"label": "名" * 41}),
        ):
            self.no("INVALID", rule, "chair", "SetRuleSet", **{**whole, **fields})
        self.assertEqual(self.centre.count("rule_set", "code = 'five_ones'"), 0)
