"""R1, R2: a synchronous standby that goes away, and one that takes over."""

import os
import socket
import time

from crew import Crew, harness
from table import demand, row


def standby_of(primary, name):
    standby = harness.Postgres(name, source=primary)
    primary.require_standby(name)
    return standby


@row("R1")
def standby_lost(result):
    """Commits hang, and their backends are cancelled and terminated: nothing is answered without the replica."""
    primary = harness.postgres()
    centre = harness.copy_of_base("faults_r1").start()
    standby = standby_of(primary, "standby_r1")
    without = 0
    try:
        with Crew(centre) as crew:
            for function in (None, "pg_cancel_backend", "pg_terminate_backend") * (10 if result.long else 1):
                crew.wait_answers(30)
                standby.stop()
                time.sleep(0.2)  # what the standby had confirmed comes in
                count = len(crew.answered_at)
                time.sleep(0.5)
                for _ in range(3 if function else 0):
                    for pid in harness.wait_until(primary.waiting_for_standby, 10, "a commit that waits"):
                        primary.sql(f"select {function}({pid})")
                    time.sleep(0.1)
                without += len(crew.answered_at) - count
                standby.start()
                crew.wait_answers(20)
                result.runs += 1
            crew.finish()
        result.take(crew, runs=0)
        result.note(without_replica=without)
        demand(without == 0, f"{without} answers without the replica")
        harness.wait_until(lambda: standby_holds(crew, standby, centre.database), 10, "the replica of every operation")
        centre.stop()
    finally:
        centre.kill()
        primary.require_standby("")
        standby.stop()


def standby_holds(crew, standby, database):
    rows = standby.sql("select encode(uuid_send(op_id), 'hex') from data.operation where method = 33", database)
    return set(crew.acknowledged) <= {bytes.fromhex(op_id) for op_id, in rows}


def pair(name):
    """A primary with its synchronous standby, apart from the other rows' PostgreSQL, which they hold copies of."""
    harness.copy_of_base(name)
    primary = harness.Postgres(name + "_a", source=harness.postgres())
    primary.promote()
    return primary, standby_of(primary, name + "_b")


def centre_on(first, second, database):
    centre = harness.Centre(second, database)
    centre.settings["postgres"] = (f"host={first},{second.directory} dbname={database} user=lvzhid"
                                   " target_session_attrs=read-write")
    return centre.start()


def epoch_of(centre):
    with centre.tcp() as client:
        return client.hello(harness.TOWN)["epoch_id"]


@row("R2")
def failover(result):
    """The primary dies, the standby is promoted: all that was acknowledged is there, and clients see a new epoch."""
    outages = []
    for n in range(5 if result.long else 1):
        name = f"faults_r2_{n}"
        primary, standby = pair(name)
        centre = centre_on(primary.directory, standby, name)
        try:
            centre.postgres = primary
            with Crew(centre) as crew:
                crew.wait_answers(60)
                epoch = epoch_of(centre)
                died_at = time.monotonic()
                primary.crash()
                standby.promote()
                centre.postgres = standby
                crew.wait_answers(60)
                outages.append(crew.outage_s(since=died_at))
                demand(epoch_of(centre) != epoch, "the epoch is the same after a failover")
                crew.finish()
            result.take(crew)
            centre.stop()
        finally:
            centre.kill()
            primary.stop()
            standby.stop()
    result.note(write_outage=f"{max(outages):.1f}")


@row("R2 silent", long_only=True)
def silent_host(result):
    """The first host takes connections and says nothing, as one does whose disk hangs: the second is found."""
    name = "faults_r2s"
    primary, standby = pair(name)
    silent = os.path.join(harness.directory(), "silent")
    os.mkdir(silent)
    centre = None
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.join(silent, ".s.PGSQL.5432"))
        listener.listen(64)
        try:
            standby.stop()
            primary.require_standby("")
            began = time.monotonic()
            centre = centre_on(silent, primary, name)
            with Crew(centre, clients=2) as crew:
                result.note(ready_after=f"{time.monotonic() - began:.1f}")
                crew.wait_answers(20)
                crew.finish()
            result.take(crew, outage=False)
            centre.stop()
        finally:
            if centre is not None:
                centre.kill()
            primary.stop()
