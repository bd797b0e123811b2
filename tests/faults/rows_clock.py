"""C1: wall clocks that are wrong, and jump while the programs run."""

import os
import time

import control
import desk
from crew import Crew, harness
from table import demand, row

HOUR, YEAR = 3600, 365 * 86400


def offsets():
    return HOUR, -HOUR, YEAR, -YEAR, -int(time.time()) + 60  # the last: January 1970


@row("C1 daemon")
def daemons_clock(result):
    """The daemon's wall clock jumps by hours and years, and to 1970: no connection is cut, no timer is early or late."""
    centre = harness.copy_of_base("faults_c1")
    os.makedirs(centre.directory, exist_ok=True)
    clock = control.clock(os.path.join(centre.directory, "clock"))
    centre.environment = clock.environment()
    centre.start()
    with Crew(centre, rate=60) as crew:
        for offset_s in offsets() * (10 if result.long else 1):
            asked = clock["asked"]
            clock["offset_s"] = offset_s
            crew.wait_answers(40)
            with centre.connect("clerk1") as client:  # HELLO, a token's age, a write
                client.call("RecordAttendance", op=client.op(), **harness.mark_fields(person="D19"))
            demand(clock["asked"] > asked, "the daemon did not look at this clock")
            result.runs += 1
        crew.before += result.runs  # those of this row itself
        crew.finish()
    result.take(crew, runs=0)
    demand(crew.errors["cut"] == 0, f"{crew.errors['cut']} connections were cut")
    centre.environment = {}
    centre.stop()


@row("C1 client")
def clients_clock(result):
    """A room's PC with a dead battery or a wrong date: it connects and marks all the same, the centre keeps its error,
    and its outbox forgets nothing by that date."""
    centre = harness.copy_of_base("faults_c1c").start()
    clerk = desk.Desk(centre, "clerk")
    clock = control.clock(os.path.join(clerk.directory, "clock"))
    clerk.environment = clock.environment()
    for i, offset_s in enumerate(offsets() * (4 if result.long else 1)):
        clock["offset_s"] = offset_s
        code, said = clerk.mark(i)
        demand(code == desk.DONE, f"{offset_s} s: exit {code}: {said}")
        clerk.look(code)
        kept_ms = int(centre.one("select clock_off_ms from data.operation where method = 33 order by place desc limit 1"))
        demand(abs(kept_ms - 1000 * offset_s) < 5000, f"{offset_s} s off, {kept_ms} ms kept")
        result.runs += 1
    clerk.environment = {}
    clerk.drain()
    result.add(len(clerk.issued), len(clerk.acknowledged), clerk.books(), runs=0)
    centre.stop()
