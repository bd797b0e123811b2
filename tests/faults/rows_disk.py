"""D1-D3: disks that are full, slow or break, under PostgreSQL, the daemon's log and a client's outbox."""

import os
import signal
import time

import control
import desk
import disks
from crew import Crew, harness
from table import demand, row

NOTHING_SENT = "什么也没有发送"
USER = "postgres"


def small_postgres(name, data_mib, wal_mib):
    """A PostgreSQL whose data and log of changes stand each on a small disk, and a centre on it."""
    harness.copy_of_base(name)
    place = os.path.join(harness.directory(), name)
    os.makedirs(place)
    data = disks.Disk(os.path.join(place, "data"), data_mib, USER)
    wal = disks.Disk(os.path.join(place, "wal"), wal_mib, USER)
    postgres = harness.Postgres(name, source=harness.postgres(), wal=wal.path)
    postgres.sql("alter system set wal_recycle = off")  # files of the log are made when they are needed
    postgres.promote()
    harness.wait_until(lambda: postgres.sql("select 1 where not pg_is_in_recovery()"), 10, "the promotion")
    return postgres, data, wal, harness.Centre(postgres, name)


def full_until(crew, disk, seconds, trouble=lambda: False):
    """Fill a disk, wait until nothing is answered any more, or until there is trouble, and free it again."""
    crew.wait_answers(30)
    speaker = crew.centre.unix(timeout=3)
    speaker.hello(0)
    disk.fill()
    until, full = time.monotonic() + 20, False
    while not full and time.monotonic() < until:
        count = len(crew.answered_at)
        disk.fill()
        full = trouble()
        if not full:
            time.sleep(seconds / 2)
            full = len(crew.answered_at) == count
    demand(full, "a full disk takes writes")
    time.sleep(seconds / 2)
    demand(crew.centre.is_alive(), f"the daemon ended: {crew.centre.tail()}")
    speaker.ping()
    speaker.close()
    disk.empty()


@row("D1 data")
def data_disk_full(result):
    """PostgreSQL has no room for data: nothing is acknowledged, nothing ends, and all goes on once there is room."""
    postgres, data, wal, centre = small_postgres("faults_d1", 1024, 512)
    try:
        centre.start()
        with Crew(centre, rate=60, deadline_ms=1500) as crew:
            for _ in range(5 if result.long else 1):
                full_until(crew, data, 1.5)
                crew.wait_answers(30)
                result.runs += 1
            crew.finish()
        result.take(crew, runs=0)
        result.note(reconnections=centre.tail(1000000).count("connection lost"), **crew.errors)
        demand(crew.errors["UNAVAILABLE"] + crew.errors["DEADLINE"] > 0, "nobody was told")
        centre.stop()
    finally:
        centre.kill()
        postgres.stop()
        for disk in (data, wal):
            disk.unmount()


@row("D1 WAL")
def wal_disk_full(result):
    """No room for the log of changes: PostgreSQL ends by itself, and comes back once there is room."""
    postgres, data, wal, centre = small_postgres("faults_d1w", 1024, 160)
    ended = 0
    try:
        centre.start()
        with Crew(centre, rate=60, deadline_ms=1500) as crew:
            for _ in range(5 if result.long else 1):
                before = panics(postgres)
                full_until(crew, wal, 1.5, lambda: switch_wal(postgres) or panics(postgres) > before)
                ended += not is_up(postgres)
                if postgres.process.poll() is not None:
                    postgres.start()
                harness.wait_until(lambda: is_up(postgres), 30, "PostgreSQL")
                crew.wait_answers(30)
                result.runs += 1
            crew.finish()
        result.take(crew, runs=0)
        result.note(panics=panics(postgres), postgres_ended=ended, **crew.errors)
        demand(panics(postgres) >= result.runs, "PostgreSQL found room")
        centre.stop()
    finally:
        centre.kill()
        postgres.stop()
        for disk in (data, wal):
            disk.unmount()


def switch_wal(postgres):
    """On to the next file of the log, for which there may be no room."""
    for _ in range(4):
        if is_up(postgres):
            try:
                postgres.sql("select pg_switch_wal()", patience_s=0)
            except RuntimeError:
                return


def panics(postgres):
    """How often PostgreSQL has ended for want of room, to start anew."""
    with open(os.path.join(postgres.directory, "log"), errors="replace") as log:
        return log.read().count("PANIC:")


def is_up(postgres):
    return postgres.process.poll() is None and postgres.is_up()


@row("D2 log")
def log_disk_full(result):
    """The daemon's log cannot be written, on a full disk or into a pipe that nobody reads: it goes on serving."""
    disk = disks.disk("faults_d2_log", 1)
    for kind in ("disk", "pipe"):
        centre = harness.copy_of_base("faults_d2_" + kind, log="debug")
        reader, writer = os.pipe()
        kept, centre.log = centre.log, f"{disk.path}/log" if kind == "disk" else f"/proc/self/fd/{writer}"
        try:
            centre.start()
            os.close(reader)
            os.close(writer)
            centre.log = kept
            disk.fill()
            with Crew(centre) as crew:
                crew.wait_answers(200 if result.long else 60)
                crew.finish()
            result.take(crew)
            centre.stop()
        finally:
            centre.kill()
            disk.empty()
    disk.unmount()


def one_command(result, clerk, n, set_up, mend):
    """A command under a fault, judged: what it says must be so. Gives whether it was stored."""
    before = {op_id for op_id, _ in clerk.rows()}
    set_up()
    code, said = clerk.mark(n)
    mend()
    stored = {op_id for op_id, _ in clerk.look(code)} - before
    held = set(clerk.held())
    demand(code in (desk.DONE, desk.REFUSED, desk.USAGE, desk.NO_CONNECTION), f"{n}: exit {code}: {said}")
    if code == desk.USAGE or NOTHING_SENT in said:
        demand(not stored, f"{n}: it said that nothing was sent: {said}")
    if code == desk.DONE:
        demand(stored and stored <= held, f"{n}: it said that it was done: {said}")
    demand(held <= clerk.issued, f"{n}: sent without having been stored: {said}")
    result.runs += 1
    return stored


@row("D2 outbox")
def outbox_disk_full(result):
    """No room for an operation: `lvzhi` says so and sends nothing, however little there is."""
    centre = harness.copy_of_base("faults_d2_outbox").start()
    disk = disks.disk("faults_d2_outbox_disk", 2)
    clerk = desk.Desk(centre, "clerk", disk.path)
    unsaved = 0
    for n, pages in enumerate((*range(0, 48, 1 if result.long else 3), *range(0, 20, 1 if result.long else 4))):
        if n == 16:
            clerk.look(clerk.mark(100)[0])  # from here on the file is there
        unsaved += not one_command(result, clerk, n, lambda: disk.fill(pages), disk.empty)
    demand(unsaved > 0, "there was always room")
    demand(clerk.mark(200)[0] == desk.DONE, "with room again")
    clerk.look(desk.DONE)
    clerk.drain()
    result.add(len(clerk.issued), len(clerk.acknowledged), clerk.books(), runs=0)
    result.note(unsaved=unsaved)
    centre.stop()
    disk.unmount()


@row("D3 outbox")
def outbox_disk_breaks(result):
    """Each flush and each write of the outbox fails in turn, or is cut short: nothing is said to be saved that is not."""
    centre = harness.copy_of_base("faults_d3").start()
    clerk = desk.Desk(centre, "clerk")
    broken = control.disk(os.path.join(clerk.directory, "disk"), "/outbox")
    demand(clerk.mark(0)[0] == desk.DONE, "a command without a fault")
    clerk.look(desk.DONE)
    clerk.environment = broken.environment()
    broken.set(flushes=0, writes=0)
    demand(clerk.mark(1)[0] == desk.DONE, "a command under the shim")
    clerk.look(desk.DONE)
    flushes, writes, n, unsaved = broken["flushes"], broken["writes"], 2, 0
    demand(flushes > 0 and writes > 0, f"{flushes} flushes, {writes} writes: the shim sees nothing")
    for what, count in (("flush_fail_at", flushes), ("write_fail_at", writes), ("write_short_at", writes)):
        for at in range(1, count + 1):
            # (What is left of a short write fails when it is tried.)
            fault = {what: at, **({"write_fail_at": at + 1} if what == "write_short_at" else {})}
            unsaved += not one_command(
                result, clerk, n, lambda: broken.set(flushes=0, writes=0, **fault),
                lambda: broken.set(flush_fail_at=0, write_fail_at=0, write_short_at=0))
            n += 1
    demand(unsaved > 0, "every command was saved")
    clerk.drain()
    result.add(len(clerk.issued), len(clerk.acknowledged), clerk.books(), runs=0)
    result.note(flushes=flushes, writes=writes, unsaved=unsaved)
    centre.stop()


@row("D3 PostgreSQL")
def postgres_disk_breaks(result):
    """PostgreSQL's flushes are slow and fail: it ends by itself, recovers, and holds all that was acknowledged."""
    harness.copy_of_base("faults_d3_pg")
    broken = control.disk(os.path.join(harness.directory(), "faults_d3_pg.disk"), "/pg_wal/")
    postgres = harness.Postgres("faults_d3_pg", source=harness.postgres(), durable=True,
                                environment=broken.environment())
    postgres.promote()
    harness.wait_until(lambda: postgres.sql("select 1 where not pg_is_in_recovery()"), 10, "the promotion")
    centre = harness.Centre(postgres, "faults_d3_pg")
    try:
        centre.start()
        with Crew(centre, rate=40) as crew:
            broken["flush_ms"] = 20
            for _ in range(20 if result.long else 3):
                crew.wait_answers(40)
                failed = broken["failed"]
                broken["flush_fail_at"] = broken["flushes"] + 3
                harness.wait_until(lambda: broken["failed"] > failed, 10, "a flush that fails")
                if postgres.process.poll() is not None:
                    postgres.start()
                harness.wait_until(lambda: is_up(postgres), 30, "PostgreSQL")
                result.runs += 1
            crew.wait_answers(40)
            crew.finish()
        result.take(crew, runs=0)
        result.note(failed_flushes=broken["failed"])
        demand(broken["failed"] >= result.runs, "no flush failed")
        centre.stop()
    finally:
        broken["flush_ms"] = 0
        centre.kill()
        harness.end(postgres.process, signal.SIGQUIT)
