"""P1-P4, P6, P7: processes that are killed, stopped, started again: the daemon, PostgreSQL, one of its backends."""

import os
import pathlib
import random
import re
import signal
import subprocess
import time

import control
from crew import Crew, harness, wire
from table import demand, row

SOURCE = pathlib.Path(harness.SOURCE)


@row("P1")
def killed(result):
    """kill -9 of the daemon at random, which its keeper starts again."""
    centre = harness.copy_of_base("faults_p1").start()
    with Crew(centre) as crew:
        crew.wait_answers(20)
        for _ in range(200 if result.long else 8):
            time.sleep(random.uniform(0, 0.2))
            centre.kill()
            centre.start()
            crew.wait_answers(random.randrange(1, 20))
            result.runs += 1
        crew.finish()
    result.take(crew, runs=0)
    centre.stop()


class Pointed(harness.Centre):
    """A centre whose daemon ends at a named point, perhaps before it is up."""

    program = "lvzhid_faults"

    def answers(self):
        return not self.is_alive() or super().answers()

    def start_until(self, point, passing=1):
        self.environment = {"LVZHID_CRASH_AT": f"{point}:{passing}"}
        try:
            self.start()
        except AssertionError:
            demand(not self.is_alive(), f"{point}: the daemon is neither up nor ended")
        self.environment = {}

    def is_dead(self):
        return not self.is_alive()


def points():
    """The names of all points, as the daemon's source has them: those of the migration, of the drain, the others."""
    found = {"migrate": [], "drain": [], "": []}
    for path in sorted((SOURCE / "server").glob("*.c")):
        for name in re.findall(r'\bcrash_at\("(\w+)"\)', path.read_text()):
            kind = "migrate" if path.stem == "migrate" else "drain" if name.startswith("drain") else ""
            found[kind].append(name)
    return found


RARE = ("ready", "abandoned", "segment_lost", "postgres_lost", "drain_begun", "drain_told", "drain_ends")  # once a life


def provoke(centre, point):
    """What does not come about by itself in a crowd of clients that mark."""
    if point == "abandoned":
        with centre.connect("clerk1") as clerk:
            try:
                clerk.call("RecordAttendance", **harness.mark_fields(person="D39"))  # on no roll of this group
            except (wire.Refused, wire.Closed):
                pass
    elif point in ("segment_lost", "postgres_lost"):
        for pid in centre.backends():
            centre.sql(f"select pg_terminate_backend({pid})")


def migrate_until(name, point):
    """A migration that ends at this point, and one that goes on from there."""
    harness.postgres().sql(f"create database {name} owner lvzhi_owner")
    centre = Pointed(harness.postgres(), name)
    centre.configure()
    command = [os.path.join(harness.BUILD, "lvzhid_faults"), "--config=" + centre.config, "--migrate"]
    ended = subprocess.run(command, capture_output=True, env={**os.environ, "LVZHID_CRASH_AT": point + ":3"})
    if ended.returncode == 0:  # fewer passings than that
        harness.postgres().sql(f"drop database {name}")
        harness.postgres().sql(f"create database {name} owner lvzhi_owner")
        ended = subprocess.run(command, capture_output=True, env={**os.environ, "LVZHID_CRASH_AT": point})
    demand(ended.returncode == -signal.SIGKILL, f"{point} was not reached: {ended.returncode}")
    centre.migrate()
    centre.start()
    centre.stop()
    harness.postgres().sql(f"drop database {name}")


@row("P2")
def at_each_point(result):
    """The daemon ends at each of its named points, under load."""
    found = points()
    harness.base()
    harness.postgres().sql("create database faults_p2 owner lvzhi_owner template base")
    centre = Pointed(harness.postgres(), "faults_p2").start()
    with Crew(centre, rate=40) as crew:
        crew.wait_answers(10)
        for point in (found[""] + found["drain"]) * (5 if result.long else 1):
            centre.kill()
            centre.start_until(point, random.randrange(1, 6) if result.long and point not in RARE else 1)
            if centre.is_alive():
                if point in found["drain"]:
                    crew.wait_answers(2)
                    centre.process.send_signal(signal.SIGTERM)
                try:
                    provoke(centre, point)
                except (OSError, wire.Closed, wire.Silent):
                    pass
                harness.wait_until(centre.is_dead, 10, f"the point {point}")
            code = centre.process.wait()
            demand(code == -signal.SIGKILL, f"{point}: it ended with {code}: {centre.tail(5)}")
            result.runs += 1
        centre.start()
        crew.finish()
    result.take(crew, runs=0)
    centre.stop()
    for point in found["migrate"]:
        migrate_until("faults_p2_migrate", point)
        result.runs += 1
    result.note(points=sum(map(len, found.values())))
    demand(all(found.values()), "a group of points is empty")
    with open(os.path.join(harness.BUILD, "lvzhid"), "rb") as file:
        program = file.read()
    demand(not any(name.encode() in program for name in ("LVZHID_CRASH_AT", "commit_under_way")),
           "lvzhid itself has points to end at")


def durable_copy(name):
    """A PostgreSQL apart from the other rows', whose flushes count and may be slow, with its shim."""
    harness.base()
    source = harness.postgres()
    directory = os.path.join(harness.directory(), name)
    os.makedirs(directory, exist_ok=True)
    disk = control.disk(os.path.join(directory, "disk"), "pg_wal")
    primary = harness.Postgres(name, source=source, durable=True, environment=disk.environment())
    primary.promote()
    return primary, disk


@row("P3")
def backends_killed(result):
    """kill -9 of one backend and of the postmaster; backends are terminated while their commit waits for the disk."""
    primary, disk = durable_copy("faults_p3")
    centre = harness.Centre(primary, "base").start()
    terminated = 0
    with Crew(centre, rate=40) as crew:
        for _ in range(20 if result.long else 1):
            crew.wait_answers(20)
            os.kill(random.choice(centre.backends()), signal.SIGKILL)
            crew.wait_answers(20)
            primary.crash()
            primary.start()
            crew.wait_answers(20)
            disk.set(flush_ms=20)
            until = time.monotonic() + 1
            while time.monotonic() < until:
                terminated += len(primary.sql(
                    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'lvzhid'"
                    " and wait_event in ('WALSync', 'WALWrite') limit 1"))
                time.sleep(0.05)
            disk.set(flush_ms=0)
            result.runs += 3
        crew.finish()
    result.take(crew, runs=0)
    result.note(terminated_in_commit=terminated, unavailable=crew.errors["UNAVAILABLE"])
    demand(terminated > 0, "no commit was terminated")
    centre.stop()
    primary.stop()


@row("P4")
def postgres_restarted(result):
    """pg_ctl restart, fast and immediate."""
    primary, _ = durable_copy("faults_p4")
    centre = harness.Centre(primary, "base").start()
    away_s, outage_s = 0.0, 0.0
    with Crew(centre) as crew:
        for number in (signal.SIGINT, signal.SIGQUIT) * (20 if result.long else 1):
            crew.wait_answers(20)
            began = time.monotonic()
            harness.end(primary.process, number)
            primary.start()
            away_s = max(away_s, time.monotonic() - began)
            crew.wait_answers(40)
            outage_s = max(outage_s, crew.outage_s(since=began))
            result.runs += 1
        crew.finish()
    result.take(crew, runs=0)
    result.note(postgres_away=f"{away_s:.1f}", outage=f"{outage_s:.1f}")
    centre.stop()
    primary.stop()


def resident_kib(pid):
    return int(pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().split("Rss:")[1].split()[0])


@row("P6")
def stopped(result):
    """PostgreSQL stands still, then the daemon does: what waits is bounded, and all of it is answered afterwards."""
    still_s = 30 if result.long else 3
    centre = harness.copy_of_base("faults_p6").start()
    with Crew(centre, clients=8, window=32, rate=200) as crew:
        crew.wait_answers(50)
        resident = resident_kib(centre.process.pid)
        harness.postgres().pause()
        time.sleep(still_s)
        waiting = len(crew.issued) - len(crew.acknowledged) - len(crew.refused)
        grown = resident_kib(centre.process.pid) - resident
        harness.postgres().resume()
        crew.wait_answers(50)
        centre.process.send_signal(signal.SIGSTOP)
        time.sleep(still_s)
        centre.process.send_signal(signal.SIGCONT)
        crew.wait_answers(50)
        crew.finish()
    result.take(crew, runs=2)
    result.note(waiting=waiting, grown_kib=grown, busy=crew.errors["BUSY"])
    demand(waiting <= 8 * 32, f"{waiting} wait, more than the clients have credits for")
    demand(grown < 8 << 10, f"the daemon grew by {grown} KiB")
    centre.stop()


@row("P7")
def drained(result):
    """SIGTERM under load: what was taken is answered, the rest was not done, nothing fails."""
    centre = harness.copy_of_base("faults_p7").start()
    longest_s = 0.0
    with Crew(centre, window=16, rate=60) as crew:
        for _ in range(100 if result.long else 5):
            crew.wait_answers(random.randrange(10, 60))
            began = time.monotonic()
            centre.stop()
            longest_s = max(longest_s, time.monotonic() - began)
            centre.start()
            result.runs += 1
        crew.finish()
    failed = sum(count for name, count in crew.errors.items() if name != "cut")
    result.take(crew, runs=0)
    result.note(drain=f"{longest_s:.2f}", failed=failed)
    demand(failed == 0, f"{failed} requests failed: {dict(crew.errors)}")
    centre.stop()
