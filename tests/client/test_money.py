"""Money, deeds, households and awards by the command, as the office, a room and a deputy type them."""

import datetime
import unittest

import centre as c

TODAY = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date()


class Money(unittest.TestCase):
    def setUp(self):
        self.town = c.worked()

    def run_as(self, profile, *words):
        return self.town.run(profile, *words)

    def json(self, profile, *words):
        return self.town.json(profile, *words)

    def test_a_deputys_money(self):
        """Beyond the entitlement it is refused with the figures in both languages, and nothing is booked."""
        year = str(TODAY.year)
        self.json("chair", "money", "budget", "--year", year, "--kind", "deputy_activity", "--yuan", "80000", "--note", "预算")
        entitled = self.json("office", "money", "entitlements", "--year", year, "--person", "D001")["entitlements"][0]
        days = 366 if TODAY.year % 4 == 0 else 365
        self.assertEqual((entitled["days"], entitled["amount_yuan"], entitled["rates_yuan"]), (days, 500, [500]))
        spend = ("money", "spend", "--kind", "deputy_activity", "--person", "D001", "--yuan")
        said = self.run_as("office", *spend, "501")
        self.assertEqual(said.code, c.REFUSED)
        self.assertIn("应得活动经费 500 元，已发 0 元，还可发 500 元，不能再发 501 元", said.err)
        self.assertIn("has 500 left: 501 is too much", said.err)
        made = self.json("office", *spend, "300", "--signed", TODAY.isoformat())
        again = self.run_as("office", *spend, "100")
        self.assertNotIn("同一天已有", again.err)
        again = self.run_as("office", *spend, "100")
        self.assertIn("同一天已有一笔相同的支出", again.err)
        self.assertEqual(self.run_as("office", "money", "confirm", made["code"]).code, c.REFUSED)
        said = self.run_as("chair", "money", "confirm", made["code"])
        self.assertIn("已确认", said.out)
        shown = self.run_as("D001", "money", "show", made["code"])
        self.assertIn("确认人：chair", shown.out)
        table = self.run_as("office", "--format", "csv", "money", "entitlements", "--year", year, "--person", "D001").out
        self.assertEqual(table.split("\n")[1].split(",")[0:1] + table.split("\n")[1].split(",")[-3:], ["D001", "500", "500", "0"])
        self.assertEqual(self.run_as("D002", "money", "show", made["code"]).code, c.REFUSED)

    def test_long_texts_come_in_smaller_pages(self):
        made = [self.json("D001", "deed", "record", "--kind", f"修桥{n}", "--village", f"V0{n + 1}", "--text", "桥" * 40000)["code"]
                for n in range(3)]
        listed = self.json("office", "deed", "list")["deeds"]
        self.assertEqual({d["code"]: len(d["text"]) for d in listed if d["code"] in made}, dict.fromkeys(made, 40000))
        self.assertEqual(len({d["code"] for d in listed}), len(listed))
        for code in made:
            self.json("office", "deed", "void", code, "--note", "太长")

    def test_a_deed_and_an_award(self):
        deed = self.json("D001", "deed", "record", "--kind", "修桥", "--village", "V01", "--text", "冬天修好河上的木桥")
        said = self.run_as("D001", "deed", "verify", deed["code"], "--note", "我做的")
        self.assertEqual(said.code, c.REFUSED)
        said = self.run_as("office", "deed", "verify", deed["code"], "--note", "到河边看过")
        self.assertIn("已核实", said.out)
        award = self.json("office", "award", "nominate", "--kind", "excellent_deputy", "--person", "D001", "--reason", "修桥",
                          "--year", str(TODAY.year))
        leader = "L" + self.json("office", "people")["people"][0]["group_codes"][0][1:]
        self.assertEqual(self.run_as("office", "award", "verify", award["code"], "--note", "x").code, c.REFUSED)
        self.assertIn("已审核", self.run_as(leader, "award", "verify", award["code"], "--note", "群众都知道").out)
        self.json("chair", "money", "budget", "--year", str(TODAY.year), "--kind", "award", "--yuan", "300", "--note", "预算")
        said = self.run_as("chair", "award", "decide", award["code"], "--document", "镇发〔2026〕31号")
        self.assertIn("金额（元）：300", said.out)
        sheet = self.run_as("D001", "award", "score", "--year", str(TODAY.year))
        self.assertIn("已随奖励定下：是", sheet.out)
        self.assertEqual(self.run_as("D001", "award", "score", "--person", "D002").code, c.REFUSED)

    def test_a_household(self):
        made = self.json("D001", "household", "register", "--village", "V01", "--head", "罗桂花", "--members", "3")
        said = self.run_as("office", "household", "register", "--village", "V01", "--head", "罗桂花", "--members", "3",
                           "--helper", "D002")
        self.assertEqual(said.code, c.REFUSED)
        self.assertIn(made["code"], said.err)
        self.run_as("D001", "household", "visit", made["code"], "--note", "送去被子")
        shown = self.json("office", "household", "show", made["code"])
        self.assertEqual([v["text"] for v in shown["visits"]], ["送去被子"])


if __name__ == "__main__":
    unittest.main()
