"""`lvzhi case` on the sample town: computed, looked at, its pack by sha256sum, and taken through its first steps."""

import hashlib
import json

import centre as c


class Cases(c.Case):
    def run_as(self, profile, *words, code=c.DONE):
        said = c.worked().run(profile, *words)
        self.assertEqual(said.code, code, said.out + said.err)
        return said

    def test_a_case_from_the_terminal(self):
        place = c.worked()
        with self.subTest("computed, and again"):
            first = place.json("office", "case", "compute", *c.YEAR)
            self.assertGreater(first["added"], 20)
            self.assertEqual(place.json("office", "case", "compute", *c.YEAR),
                             {"added": 0, "renewed": 0, "unchanged": first["added"]})
        cases = place.json("office", "case", "list", *c.YEAR)["cases"]
        self.assertEqual(len(cases), first["added"])
        case = next(x for x in cases if x["person_code"] == "D029")
        code, leader = case["code"], "L" + case["group_code"][1:]
        with self.subTest("the figures are threeno's"):
            person = place.json("office", "threeno", *c.YEAR)["people"]["D029"]
            self.assertEqual([case[k] for k in ("no_meetings", "no_activities", "no_voices", "nots")],
                             [person[k] for k in ("no_meetings", "no_activities", "no_voices", "nots")])
        with self.subTest("the pack's bytes have the digest that is shown"):
            pack = self.run_as("office", "case", "pack", code).out
            digest = place.json("office", "case", "verify", code)["digest"]
            self.assertEqual(hashlib.sha256(pack.encode()).hexdigest(), digest)
            self.assertEqual(json.loads(pack)["person"]["code"], "D029")
            self.assertEqual(self.run_as("office", "--format", "json", "case", "pack", code, "--version", "1").out, pack)
            self.assertIn(digest, self.run_as("office", "case", "show", code).out)
        with self.subTest("who may not"):
            self.said(self.run_as("office", "case", "check", code, code=c.REFUSED), c.REFUSED, "不由您的身份", "组长")
            self.said(self.run_as("D029", "case", "show", code, code=c.REFUSED), c.REFUSED, "不归您管")
            self.said(self.run_as("office", "case", "show", "K9999", code=c.REFUSED), c.REFUSED, "lvzhi case list")
        with self.subTest("checked, told, read, answered, reviewed"):
            self.assertIn(f"lvzhi case check {code}", self.run_as(leader, "todo", "--subject", "case").out)
            self.assertIn("数据已核", self.run_as(leader, "case", "check", code).out)
            self.assertIn("已发告知", self.run_as("office", "case", "notify", code).out)
            self.assertIn("这是线索，不是结论", self.run_as("D029", "notice", "read", "--all").out)
            self.assertIn("陈述", self.run_as("D029", "todo").out)
            self.assertIn("复核", self.run_as("D029", "case", "state", code, "--answer", "appeal", "--note", "在县里开会").out)
            self.said(self.run_as("office", "case", "uphold", code, code=c.REFUSED), c.REFUSED, "没有经手")
            self.assertIn("待决定", self.run_as("chair", "case", "uphold", code).out)
            said = self.run_as("chair", "case", "decide", code, "--outcome", "confirmed", "--meeting", "M0001", "--for",
                               "3", "--note", "认定", code=c.REFUSED)
            self.said(said, c.REFUSED, "约谈")
            self.assertIn("二不", self.run_as("chair", "case", "talk", code, "--outcome", "confirmed", "--note", "改正").out)
        with self.subTest("counted, and the statutory lane apart"):
            self.assertIn("二不", self.run_as("chair", "case", "summary").out)
            rows = place.json("chair", "case", "statutory")["counts"]
            self.assertEqual({r["person_code"]: r["missed"] for r in rows if r["missed"] > 1}, {"D083": 2, "D151": 2})
