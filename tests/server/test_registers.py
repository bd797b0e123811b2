"""The registers: what stands in which book, pages that stay, corrections as lines, the chain, prints, and who."""

import csv
import hashlib
import os
import threading

import harness
import test_meetings
import wire
from test_meetings import G01, TOWN, day, person, told

YEAR = int(day()[:4])
BOOKS = ("meetings", "training", "activities", "voters", "suggestions", "deeds", "roster")


def netstring(text):
    raw = text.encode()
    return b"%d:%s," % (len(raw), raw)


def netstrings(texts):
    return netstring(b"".join(netstring(t) for t in texts).decode())


class Registers(test_meetings.Life):
    def register(self, book, login="office", **fields):
        return self.do(login, "GetRegister", book=book, **fields)

    def on_paper(self, book, **fields):
        """What a printed page shows: not how far the register has grown meanwhile."""
        reply = self.register(book, **fields)
        for key in ("lines", "pages", "prints", "waiting"):
            reply["register"].pop(key)
        return reply["register"], reply["lines"]

    def post(self, book, login="office", **fields):
        reply = self.do(login, "PostRegister", book=book, **fields)
        return reply["posted"], reply["corrected"]

    def verify(self, book, **fields):
        return self.do("auditor", "VerifyRegister", book=book, **fields)

    def cell(self, reply, line, title):
        return line["cells"][reply["register"]["columns"].index(title)]

    def column(self, reply, title, part="lines"):
        return [self.cell(reply, line, title) for line in reply.get(part, [])]

    def lock(self, id):
        """Minutes, confirmed, approved, locked."""
        self.do("clerk1", "WriteMinutes", meeting_id=id, text="学习了代表法。",
                decisions=[{"text": "每月学一次", "in_favour": 2, "against": 0, "abstained": 0}])
        self.move(id, "confirm", "leader1")
        self.move(id, "approve")
        self.move(id, "lock")
        return id

    def locked(self, **fields):
        id = self.opened(told("D01"), told("D02"), told("D04"), **fields)
        self.mark(id, D01="present", D02="late", D04="absent")
        self.move(id, "close")
        return self.lock(id)

    def correct(self, id, code, mark, reason):
        request = wire.uuid7()
        self.do("clerk1", "AskCorrection", request_id=request, meeting_id=id, person_id=person(code), mark=mark,
                reason=reason)
        self.do("chair", "DecideCorrection", request_id=request, accepted=True)

    def hash_of(self, reply):
        """A page's hash, computed by the rule that 78_register_pages.sql states."""
        r = reply["register"]
        text = netstring(r.get("previous_hash", "")) + b"".join(
            netstring(str(x)) for x in (r["book"], r.get("group_code", ""), r["group_name"], r["year"], r["title"]))
        text += netstrings(r["columns"]) + netstring(str(r["page"]))
        for line in reply["lines"]:
            for key in ("line_no", "corrects_line_no", "reason", "changes"):
                text += netstring(str(line.get(key, "")))
            text += netstrings(line["cells"])
        return hashlib.sha256(text).hexdigest()


class Pages(Registers):
    def test_a_books_life(self):
        self.centre.sql(f"insert into data.setting values ({TOWN}, 'register_lines', '2000-01-01', 2) on conflict do nothing")
        scope = {"group_code": "G01"}
        open_id = self.opened()
        first = self.locked(title="第一次")
        # Before it is posted it is shown as what waits; what is not final is not there.
        seen = self.register("training", **scope)
        self.assertEqual(seen["register"], {
            "book": "training", "title": "学习培训簿", "group_code": "G01", "group_name": "组一", "town_name": f"镇{TOWN}",
            "year": YEAR, "columns": seen["register"]["columns"], "lines_a_page": 2, "lines": 0, "pages": 0, "page": 0,
            "complete": False, "prints": 0, "waiting": 1})
        self.assertEqual(self.column(seen, "名称", "waiting"), ["第一次"])
        self.assertNotIn("lines", seen)
        self.assertEqual(self.post("training", "clerk1"), (1, 0))
        self.assertEqual(self.post("training", **scope), (0, 0))  # again: nothing
        seen = self.register("training", "leader1")
        line = seen["lines"][0]
        code = self.meeting(first)["code"]
        self.assertEqual(line["cells"], [
            day(), code, "", "组一", "培训", "第一次", "", "3", "2", "缺席：代表D04",
            "学习了代表法。\n决定：每月学一次（赞成2，反对0，弃权0）", ""])
        self.assertFalse(seen["register"]["complete"])
        # A correction is a line of its own, with the chair's reason; the line it corrects stays.
        self.correct(first, "D04", "present", "签到表上有他")
        self.assertEqual(self.post("training", **scope), (0, 1))
        page = self.register("training", page=1, **scope)
        self.assertEqual(page["lines"][0], line)
        correction = page["lines"][1]
        self.assertEqual((correction["line_no"], correction["corrects_line_no"], correction["reason"]),
                         (2, 1, "签到表上有他"))
        self.assertEqual(correction["changes"], "实到：2 → 3；请假和缺席：缺席：代表D04 → （空）")
        self.assertTrue(page["register"]["complete"])
        paper = self.on_paper("training", page=1, **scope)
        # A full page never changes, whatever comes after it.
        self.correct(first, "D04", "absent", "又查了一次")
        self.lock_open(open_id)
        self.assertEqual(self.post("training", **scope), (1, 1))
        self.assertEqual(self.on_paper("training", page=1, **scope), paper)
        second = self.register("training", **scope)
        self.assertEqual([(x["line_no"], x.get("corrects_line_no")) for x in second["lines"]], [(3, None), (4, 2)])
        self.assertEqual(second["register"]["previous_hash"], page["register"]["page_hash"])
        for reply in (page, second):
            self.assertEqual(reply["register"]["page_hash"], self.hash_of(reply))
        self.assertEqual(self.verify("training", **scope), {"pages": 2, "lines": 4, "intact": True})
        # The setting and the town's name of the book were settled with the first line.
        self.do("chair", "SetRuleSet", code="six_books", items=list("一二三四五六七"), holds_from_on="2000-01-01")
        self.centre.sql(f"update data.setting set value = 5 where key = 'register_lines' and town_id = {TOWN}")
        self.assertEqual(self.on_paper("training", page=1, **scope), paper)
        self.assertEqual(self.register("activities", **scope)["register"]["title"], "三")

    def lock_open(self, id):
        self.mark(id, D01="present", D02="present")
        self.move(id, "close")
        self.lock(id)

    def test_prints_are_counted_outside_the_page(self):
        self.post("roster", group_code="G02")
        before = self.register("roster", group_code="G02", page=1)
        show = lambda: self.do("office", "PrintRegister", book="roster", group_code="G02", page=1)["prints"]
        self.assertEqual([p["print_no"] for p in show() + show()], [1, 2])
        self.assertEqual(show(), [{"page": 1, "print_no": 3, "page_hash": before["register"]["page_hash"]}])
        after = self.register("roster", group_code="G02", page=1)
        self.assertEqual(after["register"].pop("prints"), 3)
        before["register"].pop("prints")
        self.assertEqual(after, before)
        every = self.do("leader2", "PrintRegister", book="roster")["prints"]
        self.assertEqual([p["page"] for p in every], list(range(1, after["register"]["pages"] + 1)))
        self.assertEqual(every[0]["print_no"], 4)


class Books(Registers):
    """What stands in which book, of an imported town with something of everything."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        found = {
            "villages": (["code", "name", "kind"], [("V01", "村一", "village")]),
            "deeds": (["code", "person", "done_on", "kind", "village", "text", "value_yuan", "witness", "verified"], [
                ("H1", "D01", f"{YEAR}-01-05", "修路", "V01", "修了路", "300", "王证人", "yes"),
                ("H2", "D01", f"{YEAR}-01-06", "送药", "V01", "送药", "", "王证人", "no"),
                ("H3", "D21", f"{YEAR}-01-07", "助学", "V01", "助学", "", "", "yes")]),
            "households": (["code", "village", "head", "members", "helpers", "starts_on"],
                           [("K1", "V01", "赵户主", "4", "D01 D21", f"{YEAR}-01-04")]),
            "suggestions": (["code", "kind", "title", "proposers", "submitted_on", "unit", "state", "assigned_on", "due_on",
                             "replied_on", "result", "rating", "closed_on"], [
                ("S1", "suggestion", "修桥", "D01 D21", f"{YEAR}-01-02", "U01", "closed", f"{YEAR}-01-03", f"{YEAR}-04-03",
                 f"{YEAR}-02-01", "solved", "satisfied", f"{YEAR}-02-02"),
                ("S2", "suggestion", "办学", "D21", f"{YEAR}-01-02", "U01", "assigned", f"{YEAR}-01-03", "", "", "", "", "")]),
            "feedback": (["code", "group", "deputy", "received_on", "topic", "text", "resident_name", "resident_phone",
                          "state", "unit", "replied_on", "rating", "closed_on"], [
                ("F1", "G01", "D01", f"{YEAR}-01-02", "用水", "停水三天", "钱村民", "13900000001", "closed", "U02",
                 f"{YEAR}-01-09", "satisfied", f"{YEAR}-01-10"),
                ("F2", "G01", "D02", f"{YEAR}-01-03", "低保", "低保没到", "孙村民", "13900000002", "assigned", "U02", "", "", ""),
                ("F3", "G02", "D21", f"{YEAR}-01-04", "道路", "记错了", "", "", "void", "", "", "", "")]),
        }
        reply = harness.import_files(cls.clients["office"], found)
        assert isinstance(reply, dict), reply

    def codes(self, book, title="编号", **fields):
        return self.column(self.register(book, **fields), title, "waiting")

    def test_each_book_has_its_records(self):
        self.assertEqual(self.codes("deeds"), ["K1", "H1", "H3"])  # H2 is not verified
        self.assertEqual(self.codes("deeds", group_code="G01"), ["K1", "H1"])
        self.assertEqual(self.codes("suggestions"), ["S1"])
        self.assertEqual(self.codes("suggestions", group_code="G02"), [])
        self.assertEqual(self.codes("voters"), ["F1", "F3"])
        self.assertEqual(self.codes("voters", group_code="G01"), ["F1"])
        self.assertEqual(self.codes("meetings", year=2025), ["M004"])
        self.assertEqual(self.codes("roster", "代表编号"), [f"D{n:02d}" for n in range(1, 41)])
        self.assertEqual(self.codes("roster", "代表编号", group_code="G02", year=2022), [f"D{n}" for n in range(21, 41)])
        self.assertEqual(self.codes("roster", "代表编号", year=2021), [])
        seen = self.register("voters")
        self.assertEqual(seen["waiting"][0]["cells"], [
            f"{YEAR}-01-02", "F1", "", "组一", "代表D01", "选民意见", "用水", "停水三天", "镇供电所", "", "满意",
            f"{YEAR}-01-10", ""])
        self.assertEqual(self.register("suggestions")["waiting"][0]["cells"], [
            f"{YEAR}-01-02", "S1", "组一", "建议", "修桥", "代表D01", "代表D21", "镇中心学校", f"{YEAR}-01-03",
            f"{YEAR}-04-03", f"{YEAR}-02-01", "A 已解决", "满意", f"{YEAR}-02-02", ""])

    def test_no_villagers_identity(self):
        for book in BOOKS:
            self.post(book)
        lines = self.centre.one("select string_agg(array_to_string(cells, ' '), ' ') from data.register_line")
        self.assertIn("停水三天", lines)
        for secret in ("钱村民", "孙村民", "13900000001", "王证人", "赵户主", f"赵{TOWN}"):
            self.assertNotIn(secret, lines)

    def test_words_are_those_of_the_screens(self):
        with open(os.path.join(harness.SOURCE, "sql/words.csv"), encoding="utf-8-sig", newline="") as file:
            words = {(row["kind"], row["word"]): row["zh"] for row in csv.DictReader(file)}
        for kind, word, zh in self.centre.sql("select kind, word, zh from lv.register_word"):
            if kind != "end_reason":  # no screen has it
                self.assertEqual(words.get((kind, word)), zh, (kind, word))
        kinds = self.centre.sql("select unnest(kinds) from lv.register_book")
        self.assertEqual({k for k, in kinds}, {w for k, w in words if k == "meeting_kind"})
        self.assertEqual(len(kinds), len(set(kinds)))

    def test_every_register_is_listed(self):
        listed = self.do("office", "ListRegisters", year=2025)["registers"]
        self.assertEqual([(r.get("group_code", ""), r["book"]) for r in listed],
                         [(g, b) for g in ("", "G01", "G02") for b in BOOKS])
        waiting = {(r.get("group_code", ""), r["book"]): r["waiting"] for r in listed if r["waiting"]}
        self.assertEqual(waiting, {("", "meetings"): 1, ("", "roster"): 40, ("G01", "roster"): 20, ("G02", "roster"): 20})
        self.post("roster", "office", year=2025, group_code="G01")
        mine = self.do("clerk1", "ListRegisters", year=2025)["registers"]
        self.assertEqual({r["group_code"] for r in mine}, {"G01"})
        roster = mine[-1]
        self.assertEqual((roster["lines"], roster["pages"], roster["waiting"], roster["prints"]), (20, 1, 0, 0))
        self.assertIn("posted_us", roster)

    def test_void_and_moved_records(self):
        """A posted record that is void, or that an import moved to another group: a line says so, none disappears."""
        year = 2024
        files = {"deeds": (["code", "person", "done_on", "kind", "village", "text", "verified"],
                           [("H9", "D01", f"{year}-05-05", "修路", "V01", "修了路", "yes"),
                            ("H8", "D01", f"{year}-05-06", "修桥", "V01", "修了桥", "yes")])}
        harness.import_files(self.clients["office"], files)
        self.assertEqual(self.post("deeds", group_code="G01", year=year), (2, 0))
        self.centre.sql(f"update data.deed set void_reason = '重复' where code = 'H9' and town_id = {TOWN}")
        files["deeds"][1][1] = ("H8", "D21", f"{year}-05-06", "修桥", "V01", "修了桥", "yes")
        del files["deeds"][1][0]
        self.assertEqual(harness.import_files(self.clients["office"], files, update=True)["changed"], 1)
        self.assertEqual(self.post("deeds", group_code="G01", year=year), (0, 2))
        seen = self.register("deeds", group_code="G01", year=year)
        self.assertEqual([(x.get("corrects_line_no"), self.cell(seen, x, "备注")) for x in seen["lines"]],
                         [(None, ""), (None, ""), (1, "作废：重复"), (2, "已移出本簿")])
        self.assertEqual(seen["lines"][3]["reason"], "导入时更正")
        self.assertEqual(self.post("deeds", group_code="G01", year=year), (0, 0))
        self.assertEqual(self.codes("deeds", group_code="G02", year=year), ["H8"])

    def test_a_later_end_of_a_mandate_is_another_years(self):
        self.post("roster", year=2023, group_code="G02")
        self.centre.sql(f"update data.mandate set ends_on = '2024-02-01', end_reason = 'moved_away' where code = 'ZD40'"
                        f" and town_id = {TOWN}")
        try:
            self.assertEqual(self.post("roster", year=2023, group_code="G02"), (0, 0))
            self.assertEqual(self.codes("roster", "离任原因", year=2024, group_code="G02")[-1], "迁出")
            self.assertEqual(len(self.codes("roster", year=2025, title="姓名", group_code="G02")), 19)
        finally:
            self.centre.sql(f"update data.mandate set ends_on = null, end_reason = null where code = 'ZD40'"
                            f" and town_id = {TOWN}")

    def test_reopened_feedback_is_corrected_when_it_is_closed_again(self):
        id = harness.imported_id(TOWN, "feedback", "F1")
        self.post("voters", group_code="G01")
        self.do("office", "MoveFeedback", feedback_id=id, action="reopen", note="又停水了")
        self.assertEqual(self.post("voters", group_code="G01"), (0, 0))
        self.do("office", "MoveFeedback", feedback_id=id, action="void", note="并到县里办")
        self.assertEqual(self.post("voters", group_code="G01"), (0, 1))
        line = self.register("voters", group_code="G01")["lines"][-1]
        self.assertEqual((line["reason"], line["cells"][-1]), ("并到县里办", "作废：并到县里办"))

    def test_who_may(self):
        other = {"book": "roster", "group_code": "G02"}
        for login, method, fields in (("clerk1", "GetRegister", other), ("clerk1", "PostRegister", other),
                                      ("leader1", "PrintRegister", other), ("clerk1", "VerifyRegister", other),
                                      ("clerk1", "ListRegisters", {"group_code": "G02"})):
            self.no("FORBIDDEN", "not_yours", login, method, **fields)
        self.assertEqual(self.register("roster", "clerk1")["register"]["group_code"], "G01")  # never the whole town's
        for login, method in (("leader1", "PostRegister"), ("chair", "PostRegister"), ("auditor", "PrintRegister"),
                              ("deputy1", "GetRegister")):
            self.no("FORBIDDEN", "role_may_not", login, method, book="roster")
        self.no("FORBIDDEN", "role_may_not", "deputy1", "ListRegisters")

    def test_refused(self):
        for name, rule, method, fields in (
            ("INVALID", "value_missing", "GetRegister", {}), ("INVALID", "value_missing", "PostRegister", {}),
            ("INVALID", "value_missing", "PrintRegister", {}), ("INVALID", "value_missing", "VerifyRegister", {}),
            ("NOT_FOUND", "group_unknown", "GetRegister", {"book": "roster", "group_code": "G99"}),
            ("INVALID", "register_year", "GetRegister", {"book": "roster", "year": YEAR + 1}),
            ("INVALID", "register_year", "PostRegister", {"book": "roster", "year": 1900}),
            ("INVALID", "register_year", "ListRegisters", {"year": -1}),
            ("CONFLICT", "register_empty", "PrintRegister", {"book": "training", "year": 2010}),
            ("NOT_FOUND", "register_page_unknown", "GetRegister", {"book": "training", "year": 2010, "page": 1}),
            ("NOT_FOUND", "register_page_unknown", "PrintRegister", {"book": "training", "year": 2010, "page": 0}),
        ):
            self.no(name, rule, "office", method, **fields)
        self.assertEqual(self.verify("training", year=2010), {"pages": 0, "lines": 0, "intact": True})
        self.assertEqual(self.post("training", year=2010), (0, 0))
        self.assertEqual(self.centre.count("register", "year = 2010"), 0)  # nothing to post opens nothing


class Redacted(Registers):
    """Names that were made unreadable, in lines that stay."""

    def test_a_text_redacted_since_is_not_read_in_its_lines(self):
        id = wire.uuid7()
        self.do("office", "RegisterFeedback", feedback_id=id, group_id=G01, deputy_id=person("D01"), topic="道路",
                text="王大娘家门口路不平", received_on=f"{YEAR}-01-05")
        self.do("office", "MoveFeedback", feedback_id=id, action="void", note="重复")
        self.post("voters", group_code="G01", year=YEAR)
        last = lambda: self.register("voters", group_code="G01", year=YEAR)["lines"][-1]
        self.assertIn("王大娘家门口路不平", last()["cells"])
        before = last()["line_no"]
        self.do("office", "RedactFeedback", feedback_id=id, hidden_words=["王大娘"], reason="写了姓名")
        reply = self.register("voters", group_code="G01", year=YEAR)
        self.assertNotIn("王大娘", str(reply))
        self.assertEqual(self.column(reply, "内容", "waiting"), ["■■家门口路不平"])
        self.assertEqual(self.post("voters", group_code="G01", year=YEAR), (0, 1))
        # A second one hides what the correction said as well.
        self.assertEqual((last()["corrects_line_no"], last()["changes"]), (before, "内容：■■ → ■■家门口路不平"))
        self.do("office", "RedactFeedback", feedback_id=id, hidden_words=["门口"], reason="写了住处")
        self.assertEqual(self.post("voters", group_code="G01", year=YEAR), (0, 1))
        reply = self.register("voters", group_code="G01", year=YEAR)
        self.assertNotIn("门口", str(reply))
        self.assertEqual(self.column(reply, "内容")[-3:], ["■■", "■■", "■■家■■路不平"])
        self.assertEqual([line.get("changes") for line in reply["lines"][-3:]], [None, "■■", "内容：■■ → ■■家■■路不平"])
        verified = self.verify("voters", group_code="G01", year=YEAR)
        self.assertEqual((verified["intact"], verified.get("first_bad_page")), (True, None))


class Large(Registers):
    """Minutes as long as a frame carries, and several who post and print at once."""

    def test_long_minutes(self):
        text = "记" * 40000
        ids = [self.opened() for _ in range(4)]
        for id in ids:
            self.mark(id, D01="present", D02="present")
            self.move(id, "close")
            self.do("clerk1", "WriteMinutes", meeting_id=id, text=text)
            self.move(id, "confirm", "leader1")
            self.move(id, "approve")
            self.move(id, "lock")
        waiting = self.register("training", group_code="G01")
        self.assertEqual(waiting["register"]["waiting"], 4)
        self.assertNotIn("waiting", waiting)  # too long to be shown beside a page: they are counted
        self.assertEqual(self.post("training", group_code="G01"), (4, 0))
        lines, after = [], None
        while True:
            page = self.register("training", group_code="G01", page=1, after=after)
            lines += page["lines"]
            after = page.get("next")
            if after is None:
                break
        self.assertEqual([len(self.cell(page, line, "内容和决定")) for line in lines], [40000] * 4)
        whole = {"register": page["register"], "lines": lines}
        self.assertEqual(self.hash_of(whole), page["register"]["page_hash"])
        self.assertTrue(self.verify("training", group_code="G01")["intact"])
        self.no("INVALID", "bad_after", "office", "GetRegister", book="training", after="x")

    def test_at_once(self):
        found = []

        def work(login, method):
            with self.centre.connect(login) as client:
                for _ in range(5):
                    found.append((method, client.call(method, book="roster", group_code="G01", year=2024)))

        self.post("roster", group_code="G01", year=2024)
        self.centre.sql(f"update data.person set occupation = '教师' where town_id = {TOWN}")
        threads = [threading.Thread(target=work, args=pair)
                   for pair in (("office", "PostRegister"), ("clerk1", "PostRegister"), ("office", "PrintRegister"),
                                ("leader1", "PrintRegister"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sum(reply["corrected"] for method, reply in found if method == "PostRegister"), 20)
        firsts = sorted(p["print_no"] for method, reply in found if method == "PrintRegister"
                        for p in reply["prints"] if p["page"] == 1)
        self.assertEqual(firsts, list(range(1, 11)))
        self.assertTrue(self.verify("roster", group_code="G01", year=2024)["intact"])


class Chain(Registers):
    """A hand in the database: each way to change a posted page is found on its page."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.centre.sql(f"insert into data.setting values ({TOWN}, 'register_lines', '2000-01-01', 8)")
        cls.clients["office"].call("PostRegister", book="roster")
        cls.clients["office"].call("PrintRegister", book="roster")

    def tampered(self, change, undo):
        self.assertEqual(self.verify("roster"), {"pages": 5, "lines": 40, "intact": True})
        self.centre.sql(change)
        try:
            found = self.verify("roster")
        finally:
            self.centre.sql(undo)
        self.assertFalse(found["intact"])
        return found["first_bad_page"], found["rule"]

    def test_a_changed_cell(self):
        change = "update data.register_line set cells[2] = '{}' where line_no = 20"
        name = self.centre.one("select cells[2] from data.register_line where line_no = 20")
        self.assertEqual(self.tampered(change.format("别人"), change.format(name)), (3, "register_page_changed"))

    def test_a_changed_seal(self):
        """Who changes a line and its page's seal breaks the next page."""
        self.centre.sql("create table kept as select * from data.register_seal")
        undo = ("update data.register_line set cells[2] = '代表D20' where line_no = 20;"
                "update data.register_seal as s set hash = k.hash from kept as k where k.line_no = s.line_no")
        change = ("update data.register_line set cells[2] = '别人' where line_no = 20;"
                  f"select set_config('app.town', '{TOWN}', false);"
                  "update data.register_seal as s set hash = lv.register_hash(r, 3, 24, (select hash from data.register_seal"
                  " where page_no = 2)) from data.register as r where s.page_no = 3")
        self.assertEqual(self.tampered(change, undo)[0], 3)  # the paper of page 3 is a witness
        self.centre.sql("create table prints as select * from data.register_print; delete from data.register_print")
        try:
            self.assertEqual(self.tampered(change, undo), (4, "register_page_changed"))
        finally:
            self.centre.sql("insert into data.register_print select * from prints")

    def test_a_line_slipped_in(self):
        self.assertEqual(self.tampered(
            "insert into data.register_line select town_id, register_id, 41, gen_random_uuid(), cells, null, null, null, op_id,"
            " posted_at from data.register_line where line_no = 40", "delete from data.register_line where line_no = 41"),
            (6, "register_line_unsealed"))

    def test_the_daemon_may_not(self):
        for table in ("register_line", "register_seal", "register_print"):
            with self.assertRaisesRegex(RuntimeError, "permission denied"):
                self.centre.sql(f"update data.{table} set town_id = town_id", "lvzhid", {"app.town": TOWN})
