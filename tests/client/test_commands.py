"""The table of commands: what is made of it (help, completion, the man page, prompts), and what its rows do."""

import os
import pty
import re
import select
import subprocess
import time

import centre as c

TOWN = 533421008
PRIVACY = "您的姓名、电话、地址由镇人大主席团办公室收集"


@c.once
def small():
    """A small town whose records these tests may change."""
    return c.make_town(c.sample().centre, c.small_files(TOWN), TOWN)


def plain(*words, **environment):
    """A command that needs no centre."""
    done = subprocess.run([c.LVZHI, *words], capture_output=True, text=True, env={**c.environment(), **environment})
    return c.Said(done.returncode, done.stdout, done.stderr, 0)


def nouns():
    return re.findall(r"^  ([a-z-]+) +\S", plain("--help").out.split("\n\n", 2)[2], re.M)


def commands():
    """(noun, name) of each command; what the noun means by itself has the name ""."""
    for noun in nouns():
        named = re.findall(rf"^  lvzhi {noun} ([a-z-]*) ", plain(noun, "--help").out, re.M)
        yield from ((noun, name) for name in named or [""])


class Terminal:
    """A command at a terminal of its own: what it says, and keys for it."""

    def __init__(self, profile, *words):
        self.said = ""
        pid, self.fd = pty.fork()
        if pid == 0:
            os.execve(c.LVZHI, [c.LVZHI, "--profile", profile, *words], c.environment())
        self.pid = pid

    def read(self):
        """More of what it says; False: it has ended."""
        try:
            piece = os.read(self.fd, 4096).decode("utf-8", "replace")
        except OSError:
            return False
        self.said += piece
        return piece != ""

    def wait_for(self, text, timeout=20):
        until, seen = time.monotonic() + timeout, len(self.said)
        while text not in self.said[self.after:]:
            ready, _, _ = select.select([self.fd], [], [], max(0, until - time.monotonic()))
            if not ready or not self.read():
                raise AssertionError(f"{text!r} did not come after {seen} characters of:\n{self.said}")
        self.after += self.said[self.after:].index(text) + len(text)

    after = 0

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def answer(self, question, line):
        self.wait_for(question)
        self.type(line + "\n")

    def end(self):
        while self.read():
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class Table(c.Case):
    def test_it_fits_the_language(self):
        said = plain("--check-table")
        self.assertEqual((said.code, said.out), (c.DONE, ""))

    def test_a_table_that_does_not_fit_is_told(self):
        """The check itself: of a descriptor set without the calls, nothing fits."""
        path = os.path.join(c.fresh("desc"), "wire.desc")
        subprocess.run(["protoc", "-I" + os.path.join(c.SOURCE, "proto"), "--include_imports",
                        "--descriptor_set_out=" + path, "lvzhi/v1/wire.proto"], check=True)
        said = plain("--descriptors", path, "--check-table")
        self.assertEqual(said.code, c.REFUSED)
        self.assertIn("lvzhi feedback assign: there is no method MoveFeedback", said.out)

    def test_every_command_has_help_with_an_example_that_can_be_read(self):
        seen = 0
        for noun, name in commands():
            said = plain(*filter(None, (noun, name)), "--help")
            self.said(said, c.DONE)
            self.assertEqual(said.err, "")
            self.assertRegex(said.out, rf"例：lvzhi .*\b{noun}\b.*\b{name}\b")
            seen += 1
        self.assertGreater(seen, 110)

    def test_nouns_without_a_command_and_commands_that_are_none(self):
        said = self.said(plain("feedback"), c.USAGE, "lvzhi feedback register")
        self.assertEqual(said.out, "")
        self.said(plain("feedback", "forget"), c.USAGE, "没有这个命令", "forget", "lvzhi feedback --help")
        self.said(plain("nonsense", "--help"), c.USAGE, "没有这个命令", "nonsense")

    def test_a_wrong_choice_is_told_with_the_right_ones(self):
        said = self.said(plain("feedback", "rate", "F1", "--rating", "good"), c.USAGE, "--rating good", "基本满意")
        for word in ("satisfied", "mostly_satisfied", "dissatisfied", "not_rated"):
            self.assertIn(word, said.err)
        for words in (("meeting", "plan", "--on", "2026-02-30"), ("suggestion", "cosign", "S001", "--wording", "two"),
                      ("meeting", "tell", "M1", "D001=shouted"), ("meeting", "tell", "M1", "D001=call:2026-13-01"),
                      ("meeting", "minutes", "M1", "--text", "x", "--decision", "y=1:2"),
                      ("calendar", "set", "2026-10-01=maybe"), ("feedback", "show", "")):
            with self.subTest(words=words):
                self.said(plain(*words), c.USAGE)

    def test_what_is_missing_is_named_and_never_asked_for_from_a_pipe(self):
        for words, missing in ((("feedback", "register"), "--topic"), (("meeting", "plan"), "--kind"),
                               (("leave", "ask"), "M0001"), (("leave", "ask", "M1"), "--ground"),
                               (("feedback", "assign", "F1"), "--unit U01"), (("meeting", "tell", "M1"), "D001=NOTICE")):
            done = subprocess.run([c.LVZHI, *words], input="x\n" * 20, capture_output=True, text=True,
                                  env=c.environment(), timeout=20)
            self.assertEqual(done.returncode, c.USAGE, words)
            self.assertIn("还缺", done.stderr)
            self.assertIn(missing, done.stderr)


class Language(c.Case):
    def chinese(self, **environment):
        return "会议" in plain("meeting", "--help", **{**dict.fromkeys(("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"), ""),
                                                     **environment}).out

    def test_the_environment_chooses(self):
        for environment in ({}, {"LANG": "C"}, {"LC_ALL": "POSIX"}, {"LANG": "zh_CN.UTF-8"}, {"LC_ALL": "C.UTF-8"},
                            {"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN"}, {"LC_ALL": "en_US", "LANGUAGE": "zh_CN:en"}):
            self.assertTrue(self.chinese(**environment), environment)
        for environment in ({"LANG": "en_US.UTF-8"}, {"LC_ALL": "en"}, {"LC_MESSAGES": "en_GB"},
                            {"LC_ALL": "zh_CN.UTF-8", "LANGUAGE": "en"}, {"LANG": "zh_CN", "LC_ALL": "en_US.UTF-8"}):
            self.assertFalse(self.chinese(**environment), environment)

    def test_an_option_chooses_first(self):
        self.assertIn("plan a meeting", plain("--lang", "en", "meeting", "--help", LC_ALL="zh_CN.UTF-8").out)
        self.assertIn("计划一次会议", plain("meeting", "--help", "--lang=zh", LC_ALL="en_US.UTF-8").out)
        self.said(plain("--lang", "fr", "--help"), c.USAGE, "--lang")

    def test_english_help_has_no_chinese_but_in_examples(self):
        for noun, name in commands():
            for line in plain("--lang", "en", *filter(None, (noun, name)), "--help").out.splitlines():
                if not line.startswith("example: "):
                    self.assertIsNone(re.search(r"[\u4e00-\u9fff，：；（）]", line), line)

    def test_refusals_have_both_the_users_first(self):
        self.assertIn("没有这个命令 / no such command: forget", plain("leave", "forget").err)
        self.assertIn("no such command / 没有这个命令: forget", plain("--lang", "en", "leave", "forget").err)
        said = self.said(small().run("G01", "meeting", "approve", "M004"), c.REFUSED)
        self.assertIn("M004 的“审定”不由您的身份（联络员）来做 / approve of M004 is not for a liaison to do", said.err)
        self.assertIn("→ 请 主席、主席团办公室 来做 / ask one of: chair, presidium's office", said.err)
        said = self.said(small().run("G01", "--lang", "en", "meeting", "close", "M004"), c.REFUSED)
        self.assertIn("M004 is closed now: close the sign-in is not possible / M004 现在是“已结束”，不能“结束签到”", said.err)

    def test_words_and_headings_follow(self):
        chinese = self.said(small().run("office", "meeting", "show", "M004"), c.DONE).out
        english = self.said(small().run("office", "--lang", "en", "meeting", "show", "M004"), c.DONE).out
        self.assertIn("状态：已结束", chinese)
        self.assertIn("state: closed", english)
        self.assertRegex(english, r"D001 .* absent ")
        self.assertRegex(chinese, r"D001 .* 未到 ")
        for language in ("zh", "en"):  # for programs there is one
            said = small().run("office", "--lang", language, "--format", "csv", "meeting", "list", "--state", "closed")
            self.assertIn("M004,2025-06-14,group_meeting,closed,G01,", said.out)


class Papers(c.Case):
    def complete(self, *words):
        """What bash offers for the last word."""
        script = os.path.join(c.fresh("completion"), "lvzhi.bash")
        with open(script, "w") as file:
            file.write(plain("completion", "bash").out)
        listed = " ".join(f"'{word}'" for word in ("lvzhi", *words))
        test = f"source {script}; COMP_WORDS=({listed}); COMP_CWORD={len(words)}; _lvzhi; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        done = subprocess.run(["bash", "--norc", "-euc", test], capture_output=True, text=True, cwd="/etc")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.split()

    def test_bash(self):
        self.assertEqual(self.complete("sug"), ["suggestion"])
        self.assertEqual(set(self.complete("")) - {o for o in self.complete("") if o.startswith("--")}, set(nouns()))
        self.assertEqual(self.complete("meeting", "sign"), ["sign-in"])
        self.assertEqual(sorted(self.complete("feedback", "re")), sorted(
            name for noun, name in commands() if noun == "feedback" and name.startswith("re")))
        self.assertEqual(self.complete("feedback", "assign", "F0001", "--u"), ["--unit"])
        self.assertEqual(self.complete("feedback", "rate", "F0001", "--rating", "dis"), ["dissatisfied"])
        self.assertEqual(self.complete("--profile", "x", "leave", "ask", "M1", "--ground", "h"),
                         ["hospital", "higher_meeting"])
        self.assertEqual(self.complete("--format", ""), ["table", "json", "csv"])
        self.assertEqual(self.complete("meetings", "--sta"), ["--state"])
        self.assertEqual(self.complete("meetings", "--state", "lo"), ["locked"])
        self.assertEqual(self.complete("watch", "meeting", "sugg"), ["suggestion"])
        self.assertEqual(self.complete("steps", "l"), ["leave"])
        self.assertIn("passwd", self.complete("import", "pass"))
        self.assertIn("passwd", self.complete("meeting", "minutes", "M1", "--file", "pass"))

    def zsh(self, text):
        """What zsh makes of a line and a tab."""
        path = c.fresh("zsh")
        with open(os.path.join(path, "_lvzhi"), "w") as file:
            file.write(plain("completion", "zsh").out)
        with open(os.path.join(path, ".zshrc"), "w") as file:
            file.write(f"PS1='> '; fpath=({path} $fpath); autoload -Uz compinit; compinit -u -d {path}/dump\n"
                       "setopt no_beep; zstyle ':completion:*' menu no; stty columns 200 2>/dev/null; echo ready\n")
        pid, fd = pty.fork()
        if pid == 0:
            os.chdir("/etc")
            os.execvpe("zsh", ["zsh", "-i"], {**c.environment(), "ZDOTDIR": path, "TERM": "dumb", "HOME": path})
        said = ""

        def read_until(text, timeout):
            nonlocal said
            until = time.monotonic() + timeout
            while text not in said and select.select([fd], [], [], max(0, until - time.monotonic()))[0]:
                try:
                    said += os.read(fd, 4096).decode("utf-8", "replace")
                except OSError:
                    break
        try:
            read_until("ready\r\n", 20)
            said = ""
            os.write(fd, (text + "\t").encode())
            read_until("\0", 2)
        finally:
            os.write(fd, b"\x03")
            os.kill(pid, 9)
            os.waitpid(pid, 0)
            os.close(fd)
        return said

    def test_zsh(self):
        self.assertIn("lvzhi suggestion ", self.zsh("lvzhi sug"))
        self.assertIn("lvzhi meeting sign-in ", self.zsh("lvzhi meeting sign"))
        self.assertIn("--rating dissatisfied ", self.zsh("lvzhi feedback rate F0001 --rating dis"))
        self.assertIn("lvzhi steps leave ", self.zsh("lvzhi steps l"))
        self.assertIn("结束签到", self.zsh("lvzhi meeting "))

    def test_the_man_page_has_everything_and_no_warnings(self):
        for language in ("zh", "en"):
            page = os.path.join(c.fresh("man"), "lvzhi.1")
            with open(page, "w") as file:
                file.write(plain("--lang", language, "man").out)
            done = subprocess.run(["groff", "-ww", "-man", "-Tutf8", "-Kutf8", page], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            text = re.sub(r"\x1b\[[0-9;]*m|.\x08", "", done.stdout)
            for noun, name in commands():
                self.assertRegex(text, rf"lvzhi\s+{noun}\s+{name}")
        done = subprocess.run(["man", "--warnings", "-l", page], capture_output=True, text=True,
                              env={**c.environment(), "MANPAGER": "cat", "MANWIDTH": "200"})
        self.assertEqual((done.returncode, done.stderr), (0, ""))


class Rows(c.Case):
    """What the rows do, at a centre of their own records."""

    def setUp(self):
        self.town = small()
        self.today = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 8 * 3600))

    def do(self, name, *words, code=c.DONE, **options):
        return self.said(self.town.run(name, *words, **options), code)

    def plan(self, *words, on=None, name="G01"):
        said = self.do(name, "meeting", "plan", "--kind", "inspection", "--title", "视察", "--place", "水厂", "--group", "G01",
                       "--on", on or self.today, *words)
        return re.search(r"^代码：(M\d+)$", said.out, re.M)[1], said

    def opened(self):
        meeting, _ = self.plan()
        self.do("G01", "meeting", "notify", meeting, "D001=signed:2026-01-05", "D002=call:2026-01-06")
        self.do("G01", "meeting", "open", meeting)
        return meeting

    def roll(self, meeting):
        return {line["code"]: line for line in self.town.json("office", "meeting", "show", meeting)["roll"]}

    def test_too_late_to_tell_is_said_at_once(self):
        meeting, said = self.plan()
        self.assertIn("现在才通知已经太晚", said.err)
        self.assertIn(f"lvzhi meeting change {meeting} --on DAY", said.err)
        _, said = self.plan(on="2099-01-05")
        self.assertEqual(said.err, "")
        said = self.do("G01", "meeting", "notify", meeting, "D001=signed:2026-01-05", "--notice", "call")
        self.assertNotIn("没有按时通知的凭据", said.err)  # nobody else is named
        meeting, _ = self.plan()
        said = self.do("G01", "meeting", "notify", meeting, "--notice", "call")
        self.assertIn("有 2 人没有按时通知的凭据", said.err)
        self.assertEqual({line["notified_on"] for line in self.roll(meeting).values()}, {self.today})
        said = self.do("G01", "meeting", "tell", meeting, "D001=signed:2026-01-05", "D002=sync")
        self.assertIn("有 1 人没有按时通知的凭据", said.err)
        lines = self.roll(meeting)
        self.assertEqual([(lines[p]["notice"], lines[p]["notified_on"]) for p in ("D001", "D002")],
                         [("signed", "2026-01-05"), ("sync", self.today)])

    def test_closing_names_who_is_not_marked(self):
        meeting = self.opened()
        self.do("G01", "attendance", "record", meeting, "D001=present")
        said = self.do("G01", "meeting", "close", meeting)
        self.assertRegex(said.out, r"还没有登记的人\n代码 姓名 *\nD002 代表D002 *\n$")

    def test_a_meeting_from_plan_to_lock(self):
        meeting = self.opened()
        self.do("G01", "meeting", "sign-in", meeting, stdin="p\na\n")
        self.do("G01", "meeting", "close", meeting)
        text = os.path.join(c.fresh("minutes"), "text")
        with open(text, "w") as file:
            file.write("看了水厂\n")
        self.do("G01", "meeting", "minutes", meeting, code=c.USAGE)
        self.do("G01", "meeting", "minutes", meeting, "--file", text + ".none", code=c.USAGE)
        self.do("G01", "meeting", "minutes", meeting, "--file", text, "--decision", "同意=1:0:0")
        self.do("L01", "meeting", "send-back", meeting, "--note", "写清楚")
        self.do("G01", "meeting", "minutes", meeting, "--file", "-", stdin="看了水厂和泵房\n")
        self.do("L01", "meeting", "confirm", meeting)
        self.do("office", "meeting", "approve", meeting)
        self.do("chair", "meeting", "lock", meeting)
        self.do("G01", "attendance", "correct", meeting, "D002", "--mark", "late", "--reason", "签到表上有")
        self.do("chair", "attendance", "decide", meeting, "D002", "accepted")
        said = self.said(self.town.run("chair", "attendance", "decide", meeting, "D002", "accepted"), c.REFUSED)
        self.assertIn("没有更正申请", said.err)
        shown = self.town.json("office", "meeting", "show", meeting)
        self.assertEqual((shown["meeting"]["state"], shown["meeting"]["minutes"]), ("locked", "看了水厂和泵房\n"))
        self.assertEqual(self.roll(meeting)["D002"]["mark"], "late")
        history = self.town.json("office", "meeting", "history", meeting, "D002")
        self.assertEqual([m["mark"] for m in history["marks"]], ["absent", "late"])

    def test_leave_asked_and_decided(self):
        meeting = self.opened()
        self.said(self.town.run("D001", "leave", "ask", meeting, "--ground", "family"), c.DONE)
        self.do("G01", "leave", "ask", meeting, "D002", "--ground", "hospital")
        listed = self.town.json("L01", "leave", "list", "--meeting", meeting, "--state", "pending")["leaves"]
        self.assertEqual({(l["person_code"], l["asked_on"]) for l in listed}, {("D001", self.today), ("D002", self.today)})
        self.do("L01", "leave", "approve", meeting, "D001")
        said = self.do("L01", "leave", "refuse", meeting, "D002", "--note", "太晚")
        self.assertIn("状态：不准", said.out)
        self.do("chair", "leave", "grant", meeting, "D002", "--note", "确在住院")
        self.do("D001", "leave", "withdraw", meeting)
        states = {l["person_code"]: l["state"] for l in self.town.json("office", "leave", "list", "--meeting", meeting)["leaves"]}
        self.assertEqual(states, {"D001": "withdrawn", "D002": "approved"})

    def register(self, *words, name="G01"):
        said = self.do(name, "feedback", "register", "--topic", "道路", "--text", "路坏了", *words)
        return re.search(r"^已登记：(F\d+)$", said.out, re.M)[1], re.search(r"\*  (\S+)  \*", said.out)[1]

    def test_feedback_from_the_villager_and_back(self):
        code, receipt = self.register("--deputy", "D001", "--name", "张三", "--told")
        self.do("G01", "feedback", "submit", code)
        self.do("office", "feedback", "assign", code, "--unit", "U01")
        self.do("U01", "feedback", "accept", code)
        self.do("U01", "feedback", "contact", code, "--note", "看了现场")
        self.do("U01", "feedback", "reply", code, "--class", "solved", "--note", "修好了")
        self.do("office", "feedback", "check", code)
        self.assertIn("答复：修好了", self.do("G02", "feedback", "track", receipt).out)
        self.do("G01", "feedback", "deliver", code, "--note", "上门")
        self.do("G01", "feedback", "rate", code, "--rating", "satisfied")
        self.do("office", "feedback", "close", code)
        shown = self.town.json("office", "feedback", "show", code)
        self.assertEqual((shown["feedback"]["state"], shown["feedback"]["delivered_on"]), ("closed", self.today))
        self.assertIn("姓名：张三", self.do("G01", "feedback", "reveal", code, "--reason", "回访").out)
        looks = self.town.json("chair", "feedback", "looks", code)["looks"]
        self.assertEqual([(l["login"], l["reason"]) for l in looks], [("G01", "回访")])

    def test_codes_that_are_none_are_told(self):
        code, _ = self.register("--deputy", "D001")
        self.do("G01", "feedback", "submit", code)
        for words, told in ((("assign", code, "--unit", "U99"), "没有承办单位 U99"), (("assign", "F9999", "--unit", "U01"), "F9999")):
            self.said(self.town.run("office", "feedback", *words), c.REFUSED, told)
        self.said(self.town.run("G01", "leave", "ask", "M001", "D999", "--ground", "family"), c.REFUSED, "没有代表 D999")

    def test_a_suggestion_is_signed_in_the_words_that_were_read(self):
        said = self.do("D001", "suggestion", "draft", "--kind", "suggestion", "--title", "修桥", "--text", "请修桥")
        code = re.search(r"^代码：(S\d+)$", said.out, re.M)[1]
        self.do("D001", "suggestion", "invite", code, "D002", "D003")
        self.said(self.town.run("D002", "suggestion", "cosign", code, "--wording", "2"), c.REFUSED)
        self.do("D002", "suggestion", "cosign", code, "--wording", "1")
        self.do("D003", "suggestion", "decline", code, "--wording", "1")
        self.do("D001", "suggestion", "submit", code)
        self.do("office", "suggestion", "check-form", code)
        self.do("office", "suggestion", "classify", code, "--as", "suggestion")
        self.do("office", "suggestion", "assign", code, "--unit", "U01")
        self.do("U01", "suggestion", "contact", code, "--note", "见面")
        self.do("U01", "suggestion", "reply", code, "--class", "solved", "--signed", "张", "--note", "修好")
        self.do("D001", "suggestion", "rate", code, "--result", "satisfied", "--attitude", "satisfied")
        shown = self.town.json("office", "suggestion", "show", code)
        self.assertEqual((shown["suggestion"]["state"], shown["suggestion"]["proposer_codes"]), ("rated", ["D001", "D002"]))
        said = self.do("D001", "suggestion", "show", code)
        self.assertRegex(said.out, r"2 D002 +代表D002 +同意联名")
        self.assertRegex(said.out, r"3 D003 +代表D003 +不联名")

    def test_notices_are_sent_and_received(self):
        self.do("office", "notice", "send", "--group", "G02", "--title", "材料", "--text", "周五前交")
        self.said(self.town.run("G02", "notice", "read"), c.USAGE, "还缺")
        said = self.do("G02", "--format", "csv", "notice", "list", "--unread")
        short = said.out.splitlines()[-1].split(",")[0]
        self.assertRegex(short, r"^[0-9a-f]{8}$")
        self.said(self.town.run("G02", "notice", "read", "nothing"), c.REFUSED, "没有这样的未读通知")
        self.assertIn("周五前交", self.do("G02", "notice", "read", short).out)
        self.assertNotIn(short, self.do("G02", "notice", "list", "--unread").out)

    def test_what_waits_comes_with_its_command(self):
        code, _ = self.register("--deputy", "D001")
        said = self.do("G01", "todo")
        self.assertRegex(said.out, rf"意见 +{code} +意见已登记，请提交审核 .*lvzhi feedback submit {code}")
        said = self.do("G01", "--lang", "en", "todo", "--subject", "feedback")
        self.assertRegex(said.out, rf"feedback +{code} +hand it in for screening")
        self.do("G01", "feedback", "submit", code)
        self.assertNotIn(code, self.do("G01", "todo").out)

    def test_search_and_steps_and_days(self):
        code, _ = self.register("--deputy", "D001")
        self.assertIn(code, self.do("office", "search", "道路", "路坏", "--subject", "feedback").out)
        self.assertNotIn(code, self.do("office", "search", "道路", "无关", "--subject", "feedback").out)
        steps = self.do("G01", "steps", "leave").out
        self.assertIn("补准", steps)
        self.assertNotIn("交办", steps)
        self.do(os.path.join(self.town.centre.data, "profiles/admin"), "calendar", "set", "2031-10-01=off:国庆节",
                "2031-10-11=work:调休上班")
        days = self.town.json("office", "calendar", "list", "--year", "2031")["days"]
        self.assertEqual([(d["day_on"], d.get("working"), d.get("name")) for d in days],
                         [("2031-10-01", False, "国庆节"), ("2031-10-11", True, "调休上班")])

    # The walk.

    def test_sign_in_from_a_pipe(self):
        meeting = self.opened()
        said = self.do("G01", "meeting", "sign-in", meeting, stdin="z\n2\nb\n1\ns\n")
        self.assertIn("没有这个键", said.err)
        self.assertRegex(said.out, r"D001 代表D001 到会\n")
        self.assertEqual({p: line.get("mark") for p, line in self.roll(meeting).items()}, {"D001": "present", "D002": None})
        said = self.do("G01", "meeting", "sign-in", meeting, stdin="ax\n")  # only the unmarked
        self.assertNotIn("D001", said.err)
        self.assertEqual(self.roll(meeting)["D002"]["mark"], "absent")
        self.assertIn("名单上没有还要登记的人", self.do("G01", "meeting", "sign-in", meeting).out)
        self.do("G01", "meeting", "sign-in", meeting, "--all", "--note", "见证人王五", stdin="s\ne\n")
        history = self.town.json("G01", "meeting", "history", meeting, "D002")["marks"]
        self.assertEqual([(m["mark"], m.get("note")) for m in history], [("absent", None), ("left_early", "见证人王五")])

    def test_sign_in_at_a_terminal_is_one_key_a_person(self):
        meeting = self.opened()
        walk = Terminal(self.town.profile("G01"), "meeting", "sign-in", meeting)
        walk.wait_for("1/2  D001")
        walk.type("p")
        walk.wait_for("2/2  D002")
        walk.type("l")
        self.assertEqual(walk.end(), 0, walk.said)
        self.assertEqual([self.roll(meeting)[p]["mark"] for p in ("D001", "D002")], ["present", "late"])

    def test_ctrl_c_sends_what_was_marked_and_x_does_not(self):
        for key, mark in (("\x03", "present"), ("q", "present"), ("x", None)):
            meeting = self.opened()
            walk = Terminal(self.town.profile("G01"), "meeting", "sign-in", meeting)
            walk.wait_for("1/2  D001")
            walk.type("p")
            walk.wait_for("2/2  D002")
            walk.type(key)
            self.assertEqual(walk.end(), 0, walk.said)
            self.assertEqual(self.roll(meeting)["D001"].get("mark"), mark)
            self.assertEqual("什么也没有登记" in walk.said, mark is None)

    # Prompts.

    def test_register_asks_and_reads_the_privacy_notice(self):
        asked = Terminal(self.town.profile("G01"), "feedback", "register", "--deputy", "D001")
        asked.answer("主题", "用水")
        asked.answer("说了什么", "")
        asked.answer("不能为空", "水压太低")
        asked.wait_for(PRIVACY)
        asked.answer("群众的姓名", "李四")
        asked.answer("群众的电话", "")
        asked.answer("群众的地址", "")
        asked.answer("已经念给群众听", "y")
        asked.answer("同意让承办单位知道", "n")
        asked.wait_for("已登记：F")
        self.assertEqual(asked.end(), 0, asked.said)
        code = re.search(r"已登记：(F\d+)", asked.said)[1]
        self.assertEqual(self.town.json("office", "feedback", "show", code)["feedback"]["text"], "水压太低")
        identity = self.town.json("G01", "feedback", "reveal", code, "--reason", "核对")
        self.assertEqual((identity["resident_name"], identity["notice_given"], identity["may_share"]), ("李四", True, False))

    def test_without_a_name_nothing_more_is_asked(self):
        asked = Terminal(self.town.profile("G01"), "feedback", "register", "--deputy", "D001", "--topic", "用电")
        asked.answer("说了什么", "停电")
        for question in ("群众的姓名", "群众的电话", "群众的地址"):
            asked.answer(question, "")
        asked.wait_for("已登记：F")
        self.assertEqual(asked.end(), 0, asked.said)
        self.assertNotIn("念给群众听", asked.said)

    def test_plan_asks_with_the_choices(self):
        asked = Terminal(self.town.profile("G01"), "meeting", "plan")
        asked.wait_for(" 3  小组会")
        asked.answer("种类", "99")
        asked.answer("种类", "小组会")
        asked.answer("名称", "学习")
        asked.answer("哪一天开", "明天")
        asked.answer("哪一天开", "2099-03-02")
        asked.answer("地点", "")
        asked.answer("哪个小组的", "G01")
        asked.wait_for("代码：M")
        self.assertEqual(asked.end(), 0, asked.said)
        meeting = self.town.json("G01", "meeting", "list", "--from", "2099-03-02", "--to", "2099-03-02")["meetings"][-1]
        self.assertEqual((meeting["kind"], meeting["title"]), ("group_meeting", "学习"))

    def test_leave_asks_for_the_ground_by_number(self):
        meeting = self.opened()
        asked = Terminal(self.town.profile("D001"), "leave", "ask")
        asked.answer("会议的代码", meeting)
        asked.answer("谁请假", "")
        asked.answer("事由", "1")
        asked.answer("说明", "住院")
        self.assertEqual(asked.end(), 0, asked.said)
        leave, = self.town.json("L01", "leave", "list", "--meeting", meeting)["leaves"]
        self.assertEqual((leave["person_code"], leave["ground"], leave["note"]), ("D001", "hospital", "住院"))

    def test_input_that_ends_leaves_a_wrong_command(self):
        asked = Terminal(self.town.profile("G01"), "leave", "ask", "M001")
        asked.wait_for("谁请假")
        asked.type("\x04")
        self.assertEqual(asked.end(), c.USAGE, asked.said)
        self.assertIn("--ground", asked.said)
