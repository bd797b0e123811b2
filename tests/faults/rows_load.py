"""L1-L4: too many, too rude, too costly, too often refused: who works meanwhile is served."""

import os
import pathlib
import random
import socket
import threading
import time

from crew import Crew, harness, wire
from OpenSSL import SSL
from table import demand, row

PATIENCE_MS = 1000  # p99 of the others, on two cores that the rude ones use as well


class Times:
    """How long the others' operations took before, and meanwhile."""

    def __init__(self, centre):
        self.client = centre.connect("clerk1")

    def p99_ms(self, count):
        taken = []
        for n in range(count):
            began = time.monotonic()
            self.client.call("RecordAttendance", op=self.client.op(), **harness.mark_fields(person=f"D{n % 5 + 15:02d}"))
            taken.append(1000 * (time.monotonic() - began))
        return sorted(taken)[int(count * 0.99)]


def beside(result, crew, centre, threads, seconds):
    """Run what is rude for so long, and measure the others meanwhile."""
    times, count = Times(centre), 60
    quiet_ms = times.p99_ms(count)
    cpu = sum(map(int, pathlib.Path(f"/proc/{centre.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
    for thread in threads:
        thread.start()
    until, busy_ms = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        busy_ms = max(busy_ms, times.p99_ms(count))
        crew.before += count
    for thread in threads:
        thread.join(60)
    cpu = sum(map(int, pathlib.Path(f"/proc/{centre.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13])) - cpu
    crew.before += count
    result.note(p99_before=f"{quiet_ms:.0f}ms", p99_meanwhile=f"{busy_ms:.0f}ms")
    demand(busy_ms < PATIENCE_MS, f"the others wait {busy_ms:.0f} ms")
    times.client.close()
    return cpu / os.sysconf("SC_CLK_TCK")


@row("L1")
def flood(result):
    """Thousands of new TLS connections, and as many that do nothing."""
    centre = harness.copy_of_base("faults_l1").start()
    seconds, opened = 30 if result.long else 3, []

    def knock():
        until, held = time.monotonic() + seconds, []
        while time.monotonic() < until:
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex(("127.0.0.1", centre.port))
            held.append(s)
            opened.append(1)
            if len(held) > 3000:
                held.pop(0).close()
            time.sleep(0.0005)
        for s in held:
            s.close()

    def come_and_go():
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                with centre.tcp(timeout=5) as client:
                    client.hello(harness.TOWN)
                opened.append(1)
            except (OSError, wire.Closed, wire.Silent, SSL.Error):
                pass

    with Crew(centre, rate=20) as crew:
        crew.wait_answers(10)
        beside(result, crew, centre, [threading.Thread(target=knock), threading.Thread(target=come_and_go)], seconds)
        crew.finish()
    result.take(crew, runs=len(opened))
    demand(len(opened) > 300 * seconds, f"only {len(opened)} came")
    demand(crew.errors["cut"] == 0, f"{crew.errors['cut']} of those who worked were cut")
    centre.stop()


def garbage(centre):
    return random.randbytes(random.randrange(1, 600))


def half_a_hello(centre):
    return b"\x16\x03\x01\x02\x00\x01" + random.randbytes(random.randrange(200))


def records_of_one_byte(centre):
    return b"".join(b"\x16\x03\x01\x00\x01" + bytes([byte]) for byte in random.randbytes(200))


def abuse_raw(centre, bytes_of):
    with socket.create_connection(("127.0.0.1", centre.port), timeout=5) as s:
        try:
            s.send(bytes_of(centre))
            s.settimeout(0.02)
            s.recv(100)
        except OSError:
            pass


def abuse_tls(centre, options):
    """A handshake that must fail."""
    try:
        wire.Transport(("127.0.0.1", centre.port), harness.files().pin, timeout=5, **options).close()
    except (OSError, wire.Closed, SSL.Error):
        return
    raise AssertionError(f"a handshake with {options} came about")


@row("L2")
def abused(result):
    """Garbage, handshakes that never end, TLS 1.2, another protocol's name: refused or cut, at a price that is told."""
    centre = harness.copy_of_base("faults_l2").start()
    kinds = [lambda: abuse_raw(centre, garbage), lambda: abuse_raw(centre, half_a_hello),
             lambda: abuse_raw(centre, records_of_one_byte),
             lambda: abuse_tls(centre, {"versions": (SSL.TLS1_2_VERSION, SSL.TLS1_2_VERSION)}),
             lambda: abuse_tls(centre, {"alpn": (b"h2",)})]
    seconds, done, failures = 30 if result.long else 3, [], []

    def abuse():
        until = time.monotonic() + seconds
        try:
            while time.monotonic() < until:
                random.choice(kinds)()
                done.append(1)
        except Exception as failure:  # told by the row: a thread's traceback alone fails nothing
            failures.append(failure)

    with Crew(centre, rate=20) as crew:
        crew.wait_answers(10)
        cpu_s = beside(result, crew, centre, [threading.Thread(target=abuse) for _ in range(3)], seconds)
        crew.finish()
    result.take(crew, runs=len(done))
    result.note(cpu_s_per_1000=f"{1000 * cpu_s / max(1, len(done)):.2f}")
    demand(not failures, f"{failures}")
    demand(len(done) > 20 * seconds, f"only {len(done)} abuses")
    demand(crew.errors["cut"] == 0, f"{crew.errors['cut']} of those who worked were cut")
    centre.stop()


@row("L3")
def logins(result):
    """Wrong passwords as fast as they are refused: two are hashed at once, and the memory stays bounded."""
    centre = harness.copy_of_base("faults_l3").start()
    seconds, tried = 30 if result.long else 4, []
    status = pathlib.Path(f"/proc/{centre.process.pid}/status")
    device = centre.new_device()
    peak_kib = lambda: int(status.read_text().split("VmHWM:")[1].split()[0])

    def guess(number):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                with centre.tcp(timeout=10) as client:
                    client.hello(harness.TOWN, device)
                    client.login(f"nobody{number}-{len(tried)}", "a wrong password")
            except (wire.Refused, wire.Closed, wire.Silent, OSError, SSL.Error):
                tried.append(1)

    with Crew(centre, rate=20) as crew:
        crew.wait_answers(10)
        before_kib = peak_kib()
        beside(result, crew, centre, [threading.Thread(target=guess, args=[n]) for n in range(12)], seconds)
        grown_kib = peak_kib() - before_kib
        crew.finish()
    result.take(crew, runs=len(tried))
    result.note(grown_mib=grown_kib // 1024)
    demand(len(tried) >= 10, f"only {len(tried)} guesses")
    demand(grown_kib < (2 * 64 + 32) << 10, f"{grown_kib} KiB more: more than two are hashed at once")
    demand(crew.errors["cut"] == 0, f"{crew.errors['cut']} of those who worked were cut")
    centre.stop()


@row("L4")
def poison(result):
    """One operation in each batch is refused: its neighbours are done, once, and hardly later."""
    centre = harness.copy_of_base("faults_l4").start()
    seconds, refused = 30 if result.long else 3, []

    def spoil():
        until = time.monotonic() + seconds
        with centre.connect("clerk1") as client:
            while time.monotonic() < until:
                fields = harness.mark_fields()
                fields["marks"][0]["person_id"] = wire.uuid7()
                for id in client.send_all([("RecordAttendance", client.payload("RecordAttendance", op=client.op(), **fields))
                                           for _ in range(4)]):
                    try:
                        client.reply(id)
                    except wire.Refused as error:
                        refused.append(error.rule)

    with Crew(centre, window=16, rate=100) as crew:
        crew.wait_answers(50)
        answered, began = len(crew.answered_at), time.monotonic()
        beside(result, crew, centre, [threading.Thread(target=spoil)], seconds)
        rate = (len(crew.answered_at) - answered) / (time.monotonic() - began)
        crew.finish()
    result.take(crew, runs=len(refused))
    result.note(neighbours_a_second=f"{rate:.0f}")
    demand(set(refused) == {"not_on_roll"} and len(refused) > 20, f"{len(refused)} refusals: {set(refused)}")
    centre.stop()
