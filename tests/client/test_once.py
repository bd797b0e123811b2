"""A write over a line that fails: kept on this machine, sent again with the same id, and done once.

The line is cut at the very piece that matters: going up, when the outbox holds the operation (so it was stored, and
this piece carries it); coming down, when the centre's ledger holds it (so it was done, and this piece is the answer).
"""

import os
import shutil
import signal
import time

import centre as c
from line import Lined

SENT = "上次未得到答复的操作已送达"
KEPT = "操作还没有送达"
NOT_TWICE = "这条命令就是刚才重发的操作，不再做第二次"


class Once(c.Case):
    def setUp(self):
        self.town = c.small()
        self.clerk = Lined(self.town, "G01")
        self.line, self.outbox = self.clerk.line, self.clerk.outbox
        self.addCleanup(self.clerk.close)
        self.said(self.clerk.run("health"), c.DONE)  # logged in: the next connection carries a token
        self.before = self.town.ledger()

    def done(self):
        return self.town.ledger() - self.before

    def record(self, *words, meeting="M001", **options):
        return self.clerk.run("attendance", "record", meeting, *words, **options)

    def line_goes_down_before_the_answer(self, forever=True):
        def down(piece):
            if self.done() == 0 or self.lost:
                return not self.line.is_cut
            self.lost.append(piece)
            self.line.is_cut = forever
            return False
        self.lost = []
        self.line.down = down

    def line_goes_down_before_the_request(self, forever=True):
        def up(piece):
            if not self.outbox.waiting() or self.lost:
                return not self.line.is_cut
            self.lost.append(piece)
            self.line.is_cut = forever
            return False
        self.lost = []
        self.line.up = up

    def line_is_mended(self):
        self.line.is_cut = False
        self.line.up = self.line.down = lambda piece: True

    def assert_kept(self, said):
        self.said(said, c.NO_CONNECTION, KEPT, "下次运行 lvzhi 时自动重发")
        self.assertEqual(said.out, "")
        self.assertEqual(len(self.outbox.waiting()), 1)

    def test_a_lost_answer_is_asked_for_again_by_the_next_command(self):
        marks = self.town.marks("M001", "D001")
        self.line_goes_down_before_the_answer()
        self.assert_kept(self.record("D001=present"))
        self.assertEqual((len(self.lost), self.done()), (1, 1))
        op_id = self.outbox.waiting()[0]

        listed = self.clerk.run("--format", "json", "outbox")  # without a line
        self.said(listed, c.DONE)
        operation, = listed.json()["operations"]
        self.assertEqual((operation["op_id"].replace("-", ""), operation["state"], operation["method"]),
                         (op_id, "pending", "RecordAttendance"))
        self.assertIn("M001 D001=present", operation["summary"])

        self.line_is_mended()
        self.said(self.clerk.run("health"), c.DONE, SENT, "M001 D001=present")
        self.assertEqual(self.outbox.waiting(), [])
        self.assertIn((op_id, 1), self.outbox.rows())
        self.assertEqual(self.done(), 1)
        self.assertEqual(self.town.marks("M001", "D001"), marks + 1)
        found = self.town.centre.sql(
            f"select count(*) from data.operation where replace(op_id::text, '-', '') = '{op_id}'")
        self.assertEqual(found, "1")
        self.assertEqual(self.said(self.clerk.run("health"), c.DONE).err, "")  # told once

    def test_the_same_command_typed_again_makes_no_second_operation(self):
        self.line_goes_down_before_the_answer()
        self.assert_kept(self.record("D002=late"))
        self.line_is_mended()
        said = self.said(self.record("D002=late"), c.DONE, SENT, NOT_TWICE)
        self.assertIn("1", said.out)
        self.assertEqual(self.done(), 1)
        self.assertEqual(self.outbox.waiting(), [])
        # What is typed after that is meant as a new one.
        self.assertEqual(self.said(self.record("D002=late"), c.DONE).err, "")
        self.assertEqual(self.done(), 2)

    def test_typed_again_with_the_line_down_it_is_kept_once(self):
        self.line_goes_down_before_the_answer()
        self.assert_kept(self.record("D002=present"))
        self.said(self.record("D002=present"), c.NO_CONNECTION)
        self.assertEqual(len(self.outbox.waiting()), 1)
        self.line_is_mended()
        self.said(self.record("D002=present"), c.DONE, SENT, NOT_TWICE)
        self.assertEqual(self.done(), 1)

    def test_another_command_after_it_is_another_operation(self):
        self.line_goes_down_before_the_answer()
        self.assert_kept(self.record("D001=late"))
        self.line_is_mended()
        said = self.said(self.record("D001=left_early"), c.DONE, SENT)
        self.assertNotIn(NOT_TWICE, said.err)
        self.assertEqual(self.done(), 2)
        roll = {line["code"]: line for line in self.town.json("office", "meetings", "show", "M001")["roll"]}
        self.assertEqual(roll["D001"]["mark"], "left_early")  # they kept their order

    def test_a_request_that_never_arrived_is_sent_by_the_next_command(self):
        self.line_goes_down_before_the_request()
        self.assert_kept(self.record("D001=present", "D002=present"))
        self.assertEqual((len(self.lost), self.done()), (1, 0))
        self.line_is_mended()
        self.said(self.clerk.run("meetings"), c.DONE, SENT, "D002=present")
        self.assertEqual(self.done(), 1)

    def test_a_line_that_fails_for_a_moment_is_no_matter(self):
        for goes_down in (self.line_goes_down_before_the_answer, self.line_goes_down_before_the_request):
            with self.subTest(goes_down.__name__):
                self.before = self.town.ledger()
                self.line_is_mended()
                goes_down(forever=False)
                said = self.said(self.record("--all", "present", meeting="M007"), c.DONE)
                self.assertEqual(said.err, "")
                self.assertEqual((len(self.lost), self.done(), self.outbox.waiting()), (1, 1, []))

    def test_a_refusal_whose_answer_was_lost_is_told_by_the_next_command(self):
        # M006 is planned: refused. No ledger row tells it, so the line is cut at the request.
        self.line_goes_down_before_the_request()
        self.assert_kept(self.record("D001=present", meeting="M006"))
        self.line_is_mended()
        said = self.clerk.run("health")
        self.said(said, c.DONE, "上次未得到答复的操作被拒绝", "会议 M006 现在是 计划中，不能登记")
        self.assertEqual(self.outbox.waiting(), [])
        self.assertEqual(self.done(), 0)

    def test_killed_between_storing_and_sending(self):
        for passes in (False, True):  # the request reaches the centre or not
            with self.subTest(request_arrives=passes):
                self.before = self.town.ledger()
                killed = []

                def up(piece):
                    if not self.outbox.waiting() or killed:
                        return not killed
                    os.kill(command.pid, signal.SIGKILL)
                    command.wait(10)
                    killed.append(command.returncode)
                    return passes
                self.line.up = up
                with open(os.devnull, "w") as null:
                    command = c.child([c.LVZHI, "--profile", self.town.profile(self.clerk.name), "attendance", "record",
                                       "M008", "D001=present"], stdout=null, stderr=null, env=c.environment())
                c.wait_until(lambda: killed, 20, "the kill")
                self.assertEqual(killed, [-signal.SIGKILL])
                self.assertEqual(len(self.outbox.waiting()), 1)
                if passes:
                    c.wait_until(lambda: self.done() == 1, 10, "the write of the killed command")
                else:
                    time.sleep(0.2)
                    self.assertEqual(self.done(), 0)
                self.line_is_mended()
                self.said(self.record("D001=present", meeting="M008"), c.DONE, SENT, NOT_TWICE)
                self.assertEqual((self.done(), self.outbox.waiting()), (1, []))

    def test_outbox_send_sends_now(self):
        self.line_goes_down_before_the_answer()
        self.assert_kept(self.record("D002=absent"))
        self.said(self.clerk.run("outbox", "send"), c.NO_CONNECTION)
        self.assertEqual(len(self.outbox.waiting()), 1)
        self.line_is_mended()
        said = self.said(self.clerk.run("--format", "json", "outbox", "send"), c.DONE, SENT)
        self.assertEqual(said.json(), {"operations": []})
        self.assertEqual(self.done(), 1)

    def test_a_read_is_only_asked_again(self):
        self.line.is_cut = True
        self.said(self.clerk.run("--timeout", "3", "meetings"), c.NO_CONNECTION)
        self.assertEqual(self.outbox.waiting(), [])

    def test_a_silent_line_ends_the_wait_after_its_timeout(self):
        held = []

        def down(piece):
            if self.done() > 0:
                held.append(piece)
                time.sleep(4)  # nothing comes back, and nothing is closed
                return False
            return True
        self.line.down = down
        said = self.record("D001=absent", "--timeout", "2")
        self.assert_kept(said)
        self.assertLess(said.seconds, 6)
        self.line_is_mended()
        self.said(self.clerk.run("health"), c.DONE, SENT)
        self.assertEqual(self.done(), 1)

    def test_an_import_whose_answer_was_lost_is_not_done_twice(self):
        files = c.fresh("files")
        shutil.copy(os.path.join(c.small_files(), "villages.csv"), files)
        with open(os.path.join(files, "villages.csv"), "a", encoding="utf-8") as file:
            file.write("V09,新村,village\n")
        office = Lined(self.town, "office")
        self.addCleanup(office.close)
        self.said(office.run("health"), c.DONE)

        def down(piece):
            there = self.town.centre.sql(
                f"select count(*) from data.village where town_id = {self.town.town} and code = 'V09'") == "1"
            office.line.is_cut = office.line.is_cut or there
            return not there
        office.line.down = down
        said = self.said(office.run("import", files), c.NO_CONNECTION, KEPT)
        office.line.is_cut = False
        office.line.down = lambda piece: True
        said = self.said(office.run("import", files), c.DONE, SENT, "这些文件上次已经导入，不再做第二次")
        self.assertRegex(said.out, r"^added 1, changed 0, unchanged \d+\n$")
        said = self.said(office.run("import", files), c.DONE)
        self.assertRegex(said.out, r"^added 0, changed 0, unchanged \d+\n$")
