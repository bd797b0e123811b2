"""Activities and groups as a user types them: a report to its end, ballots counted twice, a group's year on one screen."""

import datetime

import centre as c


class Groups(c.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.town = c.worked()
        now = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date()
        cls.today, cls.told = now.isoformat(), (now - datetime.timedelta(5)).isoformat()
        cls.later, cls.year = (now + datetime.timedelta(20)).isoformat(), str(now.year)

    def run_as(self, who, *words, code=c.DONE, texts=()):
        return self.said(self.town.run(who, *words), code, *texts).out

    def made(self, who, *words):
        """The code of what a command made."""
        return self.run_as(who, *words, "--format", "csv").splitlines()[-1].split(",")[0]

    def held(self, *options):
        m = self.made("G01", "meeting", "plan", "--title", "活动", "--on", self.today, "--place", "外山口", *options)
        self.run_as("G01", "meeting", "notify", m, "--notice", "signed", "--on", self.told)
        self.run_as("G01", "meeting", "open", m)
        return m

    def test_after_an_inspection(self):
        m = self.held("--kind", "inspection", "--unit", "U03")
        self.run_as("G01", "meeting", "close", m)
        self.assertIn(f"lvzhi follow-up write {m}", self.run_as("L01", "todo", "--subject", "follow_up"))
        r = self.made("L01", "follow-up", "write", m, "--text", "护栏缺三处")
        self.run_as("office", "follow-up", "forward", r)
        self.run_as("U03", "follow-up", "answer", r, "--note", "好", code=c.REFUSED, texts=["还没有整改方案"])
        self.run_as("U03", "follow-up", "plan", r, "--item", f"补齐护栏={self.later}", "--item", f"清=水沟={self.later}")
        self.run_as("U03", "follow-up", "plan", r, "--item", "补齐护栏", code=c.USAGE)
        self.run_as("U03", "follow-up", "answer", r, "--note", "都补了")
        self.run_as("L01", "follow-up", "recheck", r)
        self.run_as("L01", "follow-up", "settle", r, "--note", "看过了")
        shown = self.town.json("U03", "follow-up", "show", r)
        self.assertEqual((shown["follow_up"]["state"], [i["text"] for i in shown["items"]]), ("done", ["补齐护栏", "清=水沟"]))
        self.run_as("U01", "follow-up", "show", r, code=c.REFUSED, texts=["不归您管"])

    def test_two_counters(self):
        figures = lambda excellent: ["--issued", 60, "--returned", 58, "--invalid", 1, "--excellent", excellent,
                                     "--competent", 50 - excellent, "--basic", 5, "--incompetent", 2]
        m = self.held("--kind", "duty_report", "--appraisee", "deputy")
        self.run_as("G01", "appraisal", "count", m, "--category", "deputy", "--person", "D055", *figures(30)[:-1], 3,
                    code=c.REFUSED, texts=["= 59，收回的却是 58 张"])
        a = self.made("G01", "appraisal", "count", m, "--category", "deputy", "--person", "D055", *figures(30))
        out = self.said(self.town.run("L01", "appraisal", "count-again", a, *figures(29)), c.DONE, "两遍计票不一样").out
        self.assertIn("称职 优秀", out)
        self.run_as("G01", "appraisal", "recount", a, *figures(30))
        self.run_as("L01", "appraisal", "count-again", a, *figures(30))
        self.assertNotIn(a, self.run_as("D055", "appraisal", "list"))
        self.assertIn("称职", self.run_as("L01", "appraisal", "announce", a))
        self.assertIn(a, self.run_as("D055", "appraisal", "list"))

    def test_a_groups_year(self):
        before = {h["have"]: h["has"] for h in self.town.json("office", "group", "haves", "G20", "--year", self.year)["haves"]}
        self.assertEqual((before["room"], before["target"]), (False, False))
        v = self.made("office", "group", "inspect", "G20", "--point", "制度上墙=ok", "--point", "台账=缺三月的",
                      "--photo", self.today)
        self.run_as("office", "group", "remedy", v, "--note", "补齐了")
        t = self.made("office", "group", "agree", "G20", "--line", "xuexi=学习:60:trained",
                      "--line", "huanjing=环境卫生:40:manual:村村有保洁员")
        self.run_as("L20", "group", "sign", t)
        self.run_as("chair", "group", "sign", t)
        self.run_as("office", "group", "score", t, "huanjing", "35.55", "--note", "看过", code=c.USAGE)
        self.run_as("office", "group", "score", t, "huanjing", "35.5", "--note", "看过")
        self.assertIn("35.5", self.run_as("L20", "group", "target", t))
        after = {h["have"]: h["has"] for h in self.town.json("L20", "group", "haves", "G20", "--year", self.year)["haves"]}
        self.assertEqual({h for h in after if after[h] and not before[h]}, {"room", "target"})
        board = self.town.json("office", "group", "board", "--year", "2025")["board"]
        self.assertEqual(len(board), 27)
        self.assertIn("办好事", self.run_as("office", "group", "five", "G20", "--year", "2025"))
        coverage = self.run_as("office", "training", "coverage", "--year", "2025", "--format", "csv").splitlines()
        self.assertEqual(sum(line.startswith("group,") for line in coverage), 27)
