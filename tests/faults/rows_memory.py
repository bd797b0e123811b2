"""M1: each allocation of connecting, logging in and pushing an operation fails in turn, on the daemon and on the client.

A process may end then, which is what it does without memory: nothing may be lost, doubled, half kept or hang.
"""

import os
import subprocess

import control
import desk
from crew import harness, wire
from table import demand, row

SAMPLE = 24


def numbers(count, long):
    """The allocations to fail: all, or a sample that is spread over them."""
    return range(1, count + 1) if long else range(1, count + 1, max(1, count // SAMPLE))


def push(centre, device, made):
    """Connect, log in, send the operation in `made`, which is kept there for another time."""
    with centre.tcp(timeout=15) as client:
        client.hello(harness.TOWN, device)
        client.login("clerk1", harness.PASSWORD)
        if not made:
            made.append(client.op())
        payload = client.payload("RecordAttendance", op=made[0], **harness.mark_fields())
        return client.wait(client.send("RecordAttendance", payload), 15)


@row("M1 daemon")
def daemon(result):
    """An allocation of the daemon fails while a client connects, logs in and writes."""
    centre = harness.copy_of_base("faults_m1")
    memory = control.memory(os.path.join(centre.directory, "memory"))
    centre.environment = memory.environment()
    centre.start()
    device = centre.new_device()
    push(centre, device, [])
    memory.set(armed=1)
    push(centre, device, [])
    memory.set(armed=0)
    issued, acknowledged, deaths, cut = [], set(), 0, 0
    before = centre.count("attendance_mark")
    for n in numbers(memory["count"], result.long):
        made = []
        memory.set(count=0, fail_at=n, failed=0, armed=1)
        try:
            frame = push(centre, device, made)
            demand(frame.type == wire.RESPONSE, f"allocation {n}: refused with {frame}")
            acknowledged.add(made[0]["op_id"])
        except (wire.Closed, ConnectionError):
            cut += 1
        except wire.Refused as refused:  # of HELLO or Login; the operation was not sent
            demand(not made, f"allocation {n}: {refused}")
            cut += 1
        memory.set(armed=0)
        if not centre.is_alive() or dies(centre):
            demand(centre.process.returncode == -6, f"allocation {n}: it ended with {centre.process.returncode}")
            deaths += 1
            centre.start()
        frame = push(centre, device, made)  # again, or for the first time
        demand(frame.type == wire.RESPONSE, f"after allocation {n}: {frame}")
        acknowledged.add(made[0]["op_id"])
        issued.append(made[0]["op_id"])
        result.runs += 1
    ids = {bytes.fromhex(op_id): int(effects) for op_id, effects in centre.sql(
        "select encode(uuid_send(o.op_id), 'hex'), count(m.op_id) from data.operation as o"
        " join data.attendance_mark as m using (town_id, op_id) where o.method = 33 group by o.op_id")}
    lost = sum(op_id not in ids for op_id in acknowledged)
    doubled = sum(ids.get(op_id, 1) > 1 for op_id in issued)
    invented = centre.count("attendance_mark") - before - len(issued)
    result.add(len(issued), len(acknowledged), (lost, doubled, max(0, invented)), runs=0)
    result.note(ended=deaths, cut=cut)
    centre.environment = {}
    centre.stop()


def dies(centre):
    """Is it ending? (The connection is cut before the process is gone.)"""
    try:
        centre.process.wait(0.02)
        return True
    except subprocess.TimeoutExpired:
        return False


def clients_numbers(count, long):
    """Most allocations of `lvzhi` are for its table of calls, before it has a line or an operation."""
    late = count - 2000
    spread, all_late = (25, 1) if long else (late // 8, 2000 // 32)
    return (*range(1, late, spread), *range(late, count + 1, all_late))


@row("M1 client")
def client(result):
    """An allocation of `lvzhi` fails while it makes an operation."""
    centre = harness.copy_of_base("faults_m1c").start()
    clerk = desk.Desk(centre, "clerk")
    memory = control.memory(os.path.join(clerk.directory, "memory"))
    demand(clerk.mark(0)[0] == desk.DONE, f"a command without a fault: {clerk.mark(0)}")
    clerk.look(desk.DONE)
    clerk.environment = memory.environment()
    memory.set(armed=1)
    demand(clerk.mark(1)[0] == desk.DONE, "a command under the shim")
    clerk.look(desk.DONE)
    count, ends = memory["count"], {}
    for i, n in enumerate(clients_numbers(count, result.long)):
        memory.set(count=0, fail_at=n, failed=0)
        code, said = clerk.mark(i + 2)
        demand(code in (desk.DONE, desk.USAGE, desk.NO_CONNECTION, -6), f"allocation {n}: exit {code}: {said}")
        clerk.look(code)
        ends[code] = ends.get(code, 0) + 1
        result.runs += 1
    clerk.drain()
    result.add(len(clerk.issued), len(clerk.acknowledged), clerk.books(), runs=0)
    result.note(allocations=count, **{f"exit{code}": times for code, times in sorted(ends.items())})
    centre.stop()
