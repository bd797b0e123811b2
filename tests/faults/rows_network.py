"""N1-N4, N6, N7: lines that break, hang, lie, or are as slow as a village's."""

import os
import socket
import time

from crew import Crew, harness, wire
from proxy import Proxy
from table import demand, row


class Lined(Crew):
    """A crew whose line to the centre is a proxy's."""

    def __init__(self, centre, line, **options):
        self.line = line
        super().__init__(centre, **options)

    def connector(self, device):
        with self.centre.connect_tls("clerk1", device) as client:
            token = client.token

        def connect():
            client = wire.Client(harness.schema(), ("127.0.0.1", self.line.port), harness.files().pin, timeout=5)
            try:
                client.hello(harness.TOWN, device, token)
            except BaseException:
                client.close()
                raise
            return client
        return connect


def lined(name, **settings):
    centre = harness.copy_of_base(name, **settings).start()
    return centre, Proxy(("127.0.0.1", centre.port))


def swallowed(result, name, holes, seconds):
    """For each hole: what falls into it is gone, for a while; then the line breaks, as it does."""
    centre, line = lined(name)
    with line, Lined(centre, line) as crew:
        for hole in holes:
            crew.wait_answers(20)
            line.hole = hole
            time.sleep(seconds)
            line.hole = ""
            line.cut()
            result.runs += 1
        crew.wait_answers(20)
        crew.finish()
    result.take(crew, runs=0)
    centre.stop()


@row("N1")
def partition(result):
    """Nothing gets through between clients and the daemon."""
    swallowed(result, "faults_n1", ("both",) * (10 if result.long else 2), 30 if result.long else 1)


@row("N2")
def half_open(result):
    """Only one direction works: requests arrive and answers do not, and the other way round."""
    swallowed(result, "faults_n2", ("down", "up") * (10 if result.long else 1), 5 if result.long else 1)


@row("N4")
def village(result):
    """Half a second each way, give or take; 8 KB a second; one-byte pieces; a reset now and then."""
    centre, line = lined("faults_n4")
    line.delay_s, line.jitter_s, line.rate = (0.5, 0.4, 8000) if result.long else (0.05, 0.04, 8000)
    with line, Lined(centre, line, clients=3) as crew:
        until = time.monotonic() + (120 if result.long else 5)
        while time.monotonic() < until:
            time.sleep(12 if result.long else 2)  # who comes needs half of it for TLS and HELLO
            line.split = not line.split
            line.cut()
            result.runs += 1
        answered = len(crew.answered_at)
        line.delay_s = line.jitter_s = line.rate = 0
        line.split = False
        crew.finish()
    result.take(crew, runs=0)
    result.note(answered_meanwhile=answered)
    demand(answered >= result.runs, f"{answered} answers between {result.runs} cuts")
    centre.stop()


@row("N6")
def slow_loris(result):
    """Many whose HELLO comes a byte at a time, and some who never read what they asked for."""
    centre = harness.copy_of_base("faults_n6").start()
    held = []
    with Crew(centre, rate=40) as crew:
        crew.wait_answers(20)
        readers = [centre.connect("office") for _ in range(5)]
        for reader in readers:
            reader.send_all([("ListPeople", reader.payload("ListPeople"))] * 30)
        for _ in range(5000 if result.long else 600):
            held.append(socket.create_connection(("127.0.0.1", centre.port)))
        for _ in range(12 if result.long else 3):
            for s in held:
                try:
                    s.send(b"\x16")
                except OSError:  # cut, as it should be
                    pass
            crew.wait_answers(20)
        result.runs = len(held)
        crew.finish()
        for s in held + readers:
            s.close()
    result.take(crew, runs=0)
    demand(crew.errors["cut"] == 0, f"{crew.errors['cut']} of those who worked were cut")
    centre.stop()


@row("N7")
def after_the_commit(result):
    """The line is reset in the moment of the answer: done, and nobody hears of it; sent again, it is not done again."""
    centre, line = lined("faults_n7")
    wanted = 10000 if result.long else 150
    with line, Lined(centre, line, clients=8, rate=200) as crew:
        crew.wait_answers(20)
        line.cut_answers = 7  # TLS and the welcome are answers as well: some must get that far
        harness.wait_until(lambda: line.cuts >= wanted, 3600 if result.long else 40, f"{wanted} cuts")
        line.cut_answers = 0
        crew.finish()
    result.take(crew, runs=line.cuts)
    result.note(reconnections=sum(hand.connections for hand in crew.hands))
    centre.stop()


@row("N7 corrupt")
def corrupted(result):
    """Bits turned over on the way: TLS notices, the line is cut, nothing wrong is ever stored."""
    centre, line = lined("faults_n7c")
    with line, Lined(centre, line) as crew:
        for _ in range(100 if result.long else 5):
            crew.wait_answers(10)
            line.corrupt = True
            time.sleep(0.3)
            line.corrupt = False
            line.cut()  # a length that was turned over leaves both ends waiting for bytes that never come
            result.runs += 1
        crew.finish()
    result.take(crew, runs=0)
    noticed = centre.tail(1000000).count(" TLS: ")
    result.note(noticed=noticed)
    demand(noticed >= result.runs, f"TLS has noticed {noticed} times in {result.runs}")
    centre.stop()


@row("N3")
def partition_from_postgres(result):
    """The daemon's line to PostgreSQL swallows everything: the daemon notices, connects anew, and sends it all again."""
    centre = harness.copy_of_base("faults_n3")
    line = Proxy(os.path.join(harness.postgres().directory, ".s.PGSQL.5432"))
    with line:
        centre.settings["postgres"] = f"host=127.0.0.1 port={line.port} dbname={centre.database} user=lvzhid"
        centre.start()
        with Crew(centre) as crew:
            for _ in range(10 if result.long else 1):
                crew.wait_answers(20)
                line.hole = "both"
                time.sleep(1)
                line.cut()
                line.hole = ""
                result.runs += 1
            crew.wait_answers(20)
            crew.finish()
    result.take(crew, runs=0)
    centre.stop()
