"""The auditor's commands and those for personal information, as they are typed; what people read."""

import centre as c


class Audit(c.Case):
    def test_whole_then_changed_by_hand(self):
        place = c.worked()
        said = self.said(place.run("auditor", "audit", "verify", "--now"), c.DONE)
        self.assertRegex(said.out, r"^\d+ 条操作，\d+ 行记录，\d+ 次封存：完好\n")
        self.assertLess(said.seconds, 3 * c.crowd())
        seals = place.json("backup", "audit", "seals")["seals"]
        self.assertEqual([s["seal_no"] for s in seals], list(range(1, len(seals) + 1)))
        place.centre.sql("update data.meeting set title = title || '。' where code = 'M0005'")
        said = self.said(place.run("auditor", "audit", "verify"), c.REFUSED, "meeting 的 M0005 被人绕过系统直接改动过")
        self.assertRegex(said.out, r"被改动 .* meeting .*M0005")
        csv = place.run("chair", "--format", "csv", "audit", "verify")
        self.assertEqual((csv.code, csv.out.splitlines()[0]), (c.REFUSED, "finding,seal_no,position,facet,code,call,key"))
        place.centre.sql("update data.meeting set title = rtrim(title, '。') where code = 'M0005'")
        self.said(place.run("G01", "audit", "verify"), c.REFUSED, "不由您的身份")
        log = self.said(place.run("auditor", "audit", "log", "--login", "office"), c.DONE).out
        self.assertRegex(log, r"office +主席团办公室 +office +导入 ")


class Personal(c.Case):
    def test_a_resident_asks(self):
        place = c.worked()
        slip = place.json("G02", "feedback", "register", "--deputy", "D002", "--topic", "道路", "--text", "路不平", "--name",
                          "王大娘", "--phone", "13800000001", "--told")
        asked = place.json("G14", "personal", "request", "--receipt", slip["receipt"].lower(), "--kind", "access", "--asker",
                           "本人", "--proof", "出示回执")["code"]
        self.assertIn("请决定", place.run("office", "todo", "--subject", "personal").out)
        self.said(place.run("office", "personal", "grant", asked), c.DONE)
        said = self.said(place.run("office", "personal", "access", asked), c.DONE)
        for text in ("姓名：王大娘", "电话：13800000001", "谁看过姓名、电话、地址", "本人要求查询 " + asked):
            self.assertIn(text, said.out)
        self.said(place.run("office", "personal", "give", asked), c.DONE)
        asked = place.json("G02", "personal", "request", "--feedback", slip["code"], "--kind", "erase", "--asker", "本人",
                           "--proof", "出示身份证")["code"]
        self.said(place.run("chair", "personal", "grant", asked), c.DONE)
        said = self.said(place.run("office", "personal", "erase", asked), c.DONE, "单位和代表再也联系不上本人")
        self.said(place.run("office", "feedback", "reveal", slip["code"], "--reason", "核实"), c.REFUSED, "已在", "清除")
        due = place.json("office", "personal", "due", "--as-of", "2029-01-01")["identities"]
        self.assertNotIn(slip["code"], [d["code"] for d in due])
        self.assertGreater(len(due), 10)
        self.said(place.run("office", "personal", "expire"), c.DONE)
