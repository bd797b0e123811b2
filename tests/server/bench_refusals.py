#!/usr/bin/python3
"""What one client whose every write is refused costs twenty honest ones: 20 % of their writes at most.

    tests/server/bench_refusals.py [PAIRS] [SECONDS]       LVZHI_BENCH_FSYNC=1: PostgreSQL flushes the disk too

Pairs of runs, with and without the refused client, in turn; each client has as many operations in flight. Frames are
made from a template: CRC-32C is linear, so that the checksum of one that differs in a few bytes takes a few look-ups.
"""

import multiprocessing
import os
import select
import statistics
import struct
import sys
import time

import harness
import wire

HONEST, WINDOW, WARM_UP = 20, 16, 0.4
COUNTER = b"\xc0\xff\xee\x00"  # where the operation's number goes


def weights_of(frame, places):
    """What each value of the byte at each place adds to the checksum of any frame as long as this one."""
    def crc(data):
        return wire.crc32c(data[wire.HEADER_SIZE:], wire.crc32c(data[:20]))

    tables, zeros = [], crc(bytes(len(frame)))
    for place in places:
        bits = []
        for bit in range(8):
            data = bytearray(len(frame))
            data[place] = 1 << bit
            bits.append(crc(data) ^ zeros)
        table = [0] * 256
        for value in range(256):
            for bit in range(8):
                table[value] ^= bits[bit] if value >> bit & 1 else 0
        tables.append(table)
    return tables


class Frames:
    """Frames of one client, who marks one deputy at one meeting after another."""

    def __init__(self, client, meetings, person):
        op = client.op(os.urandom(6) + b"\x70\x00\x80\x00" + os.urandom(2) + COUNTER)
        self.templates = []
        for meeting in meetings:
            fields = {"meeting_id": meeting, "marks": [{"person_id": person, "mark": "present"}]}
            frame = wire.encode_frame(wire.REQUEST, client.payload("RecordAttendance", op=op, **fields), code=33)
            self.at = frame.index(COUNTER)
            frame = wire.mend(frame[:self.at] + bytes(4) + frame[self.at + 4:])
            self.templates.append((frame, struct.unpack_from("<I", frame, 20)[0]))
        self.weights = weights_of(frame, [8, 9, 10, 11, *range(self.at, self.at + 4)])
        self.number = 0

    def next(self):
        self.number += 1
        n = struct.pack("<I", self.number)
        frame, crc = self.templates[self.number % len(self.templates)]
        for table, byte in zip(self.weights, n + n):
            crc ^= table[byte]
        at = self.at
        return frame[:8] + n + frame[12:20] + struct.pack("<I", crc) + frame[24:at] + n + frame[at + 4:]


def make_meetings(centre):
    """Two hundred open meetings of one group."""
    codes = [f"B{n:03d}" for n in range(200)]
    found = {
        "meetings": ("code kind title group held_on state".split(),
                     [(c, "group_meeting", c, "G01", "2025-06-10", "open") for c in codes]),
        "attendance": ("meeting person notice notified_on mark".split(),
                       [(c, f"D{n:02d}", "signed", "2025-05-01", "") for c in codes for n in range(1, HONEST + 1)]),
    }
    with centre.connect("office") as office:
        reply = harness.import_files(office, found)
        assert isinstance(reply, dict), reply[:3]
    centre.sql("vacuum analyze")
    return [harness.imported_id(harness.TOWN, "meetings", c) for c in codes]


def run_clients(centre, meetings, count, seconds, wanted, ready, result):
    """Keep `count` clients busy; tell how many frames of the wanted type came after the warm-up."""
    clients = {}
    poll = select.epoll()
    for n in range(count):
        client = centre.connect("clerk1")
        person = harness.imported_id(harness.TOWN, "people", f"D{n + 1:02d}")
        s = client.transport.socket
        clients[s.fileno()] = (client, s, Frames(client, meetings, person), bytearray())
        poll.register(s, select.EPOLLIN)
    ready.wait()
    for client, s, frames, _ in clients.values():
        s.send(b"".join(frames.next() for _ in range(WINDOW)))
    began = time.monotonic() + WARM_UP
    counted = 0
    while time.monotonic() < began + seconds:
        for fd, _ in poll.poll(0.05):
            _, s, frames, buffer = clients[fd]
            buffer += s.recv(65536)
            at = answers = 0
            while len(buffer) - at >= 24:
                length = struct.unpack_from("<I", buffer, at)[0]
                if len(buffer) - at < length:
                    break
                if buffer[at + 5] != wanted:
                    raise AssertionError(f"frame of type {buffer[at + 5]}")
                at += length
                answers += 1
            del buffer[:at]
            if answers:
                s.send(b"".join(frames.next() for _ in range(answers)))
            if time.monotonic() >= began:
                counted += answers
    for client, *_ in clients.values():
        client.close()
    result.send(counted)


def measure(centre, meetings, with_refused, seconds):
    """Honest writes a second, and refusals a second."""
    kinds = [(meetings, HONEST, wire.RESPONSE)] + [([wire.uuid7()], 1, wire.ERROR)] * with_refused
    ready = multiprocessing.Barrier(len(kinds))
    children = []
    for of, count, wanted in kinds:
        reader, writer = multiprocessing.Pipe(False)
        child = multiprocessing.Process(target=run_clients,
                                        args=(centre, of, count, seconds, wanted, ready, writer), daemon=True)
        child.start()
        children.append((child, reader))
    rates = []
    for child, reader in children:
        if not reader.poll(seconds + 60):
            raise AssertionError("a client does not end")
        rates.append(reader.recv() / seconds)
        child.join()
    return rates[0], sum(rates[1:])


def main():
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 2
    centre = harness.copy_of_base("bench_refusals")
    if os.environ.get("LVZHI_BENCH_FSYNC"):
        harness.postgres().sql("alter system set fsync = on")
        harness.postgres().sql("select pg_reload_conf()")
    centre.start()
    meetings = make_meetings(centre)
    measure(centre, meetings, True, 0.5)
    costs = []
    for i in range(pairs):
        got = {}
        for with_refused in (False, True) if i % 2 == 0 else (True, False):
            got[with_refused] = measure(centre, meetings, with_refused, seconds)
        costs.append(1 - got[True][0] / got[False][0])
        print(f"pair {i + 1}: {got[False][0]:7.0f} writes/s alone, {got[True][0]:7.0f} beside"
              f" {got[True][1]:6.0f} refusals/s: {100 * costs[-1]:5.1f} %", flush=True)
    centre.stop()
    median = statistics.median(costs)
    print(f"a refused client costs {100 * median:.1f} % (median of {pairs})")
    return 0 if median <= 0.20 else 1


if __name__ == "__main__":
    sys.exit(main())
