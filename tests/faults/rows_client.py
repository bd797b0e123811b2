"""P5: the client killed, and its outbox torn."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time

import desk
from crew import harness
from table import demand, row


@row("P5 killed")
def killed(result):
    """kill -9 of `lvzhi` at any moment of a command: what its outbox holds is sent later, and once."""
    centre = harness.copy_of_base("faults_p5").start()
    clerk = desk.Desk(centre, "clerk")
    began = time.monotonic()
    for n in range(3):
        demand(clerk.mark(n)[0] == desk.DONE, "a command without a fault")
        clerk.look(desk.DONE)
    whole_s = (time.monotonic() - began) / 3
    ended = 0
    for n in range(3, 400 if result.long else 30):
        mark = ("present", "late", "left_early")[n % 3]
        process = subprocess.Popen(
            [os.path.join(harness.BUILD, "lvzhi"), "--profile", clerk.profile, "attendance", "record", "M001",
             f"D{n % 19 + 1:02d}={mark}"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, cwd="/", env={**os.environ, "HOME": clerk.directory})
        time.sleep(random.uniform(0, whole_s))
        process.send_signal(signal.SIGKILL)
        code = process.wait()
        ended += code == -signal.SIGKILL
        clerk.look(code)
        result.runs += 1
    clerk.drain()
    result.add(len(clerk.issued), len(clerk.acknowledged), clerk.books(), runs=0)
    result.note(killed_in_time=ended)
    demand(ended > 5, "hardly a command was killed in time")
    centre.stop()


@row("P5 torn")
def torn(result):
    """The outbox's log of changes is cut at any byte, as a power cut may leave it: what was flushed before is there."""
    centre = harness.copy_of_base("faults_p5t").start()
    clerk = desk.Desk(centre, "clerk")
    demand(clerk.mark(0)[0] == desk.DONE, "a command without a fault")
    keeper = sqlite3.connect(clerk.outbox)  # somebody who has it open: the log stays when the command ends
    keeper.execute("select count(*) from operation").fetchone()
    for n in range(1, 3):
        demand(clerk.mark(n)[0] == desk.DONE, "a command without a fault")
    kept = {op_id for op_id, _ in clerk.rows()}
    sizes = [os.path.getsize(clerk.outbox + "-wal")]
    demand(clerk.mark(3)[0] == desk.DONE, "one more")
    sizes.append(os.path.getsize(clerk.outbox + "-wal"))
    every = {op_id for op_id, _ in clerk.rows()}
    demand(len(kept) == 3 and len(every) == 4 and sizes[1] > sizes[0], f"{len(kept)}, {len(every)} kept, {sizes} bytes")
    place = os.path.join(clerk.directory, "torn")
    for size in range(sizes[0], sizes[1] + 1, 1 if result.long else 211):
        os.makedirs(place)
        shutil.copy(clerk.outbox, os.path.join(place, "outbox"))
        shutil.copy(clerk.outbox + "-wal", os.path.join(place, "outbox-wal"))
        os.truncate(os.path.join(place, "outbox-wal"), size)
        other = sqlite3.connect(os.path.join(place, "outbox"))
        sound = other.execute("pragma integrity_check").fetchone()[0]
        found = {op_id for op_id, in other.execute("select op_id from operation")}
        other.close()
        result.lost += len(kept - found) + (sound != "ok")
        result.invented += len(found - every)
        shutil.rmtree(place)
        result.runs += 1
    keeper.close()
    clerk.look(desk.DONE)
    result.add(len(clerk.issued), len(clerk.acknowledged), clerk.books(), runs=0)
    centre.stop()
