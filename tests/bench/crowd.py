"""Many connections that do nothing: what one costs, how many are held, and how they all come back after a crash."""

import json
import re
import signal
import subprocess
import sys
import time

import centre

A_PROCESS = 15000  # of the generator: open files and ports of one source address
WORKERS = 4


def say(text):
    print(text, flush=True)


def pss_kib(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
            total += int(re.search(r"^Pss: +(\d+) kB", rollup.read(), re.MULTILINE).group(1))
    return total


class Crowd:
    """`with Crowd(bench, [7500, 7500])`: so many by each process of the generator, held from the start to the end of
    the block. One process would keep one core busy and wait for itself."""

    def __init__(self, bench, counts, sources=()):
        self.counts = counts
        command = [f"{centre.BUILD}/bench_crowd", "--address", f"127.0.0.1:{bench.port}", "--pin", bench.pin, "--town",
                   str(centre.TOWN), "--device-key", bench.path("device.pem"), "--devices", str(bench.devices)]
        self.processes = [
            subprocess.Popen([*command, "--connections", str(count), *(["--source", sources[i]] if sources else [])],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for i, count in enumerate(counts)]

    def told(self, what):
        """Wait until each tells of this: how many, handshakes a second, seconds until then, attempts in vain."""
        found = []
        for process, count in zip(self.processes, self.counts):
            line = process.stdout.readline()
            found.append(json.loads(line) if line else {})
            if found[-1].get(what) != count:
                sys.exit(f"bench: the crowd says {line!r}")
        first, last = min(f["first_s"] for f in found), max(f["last_s"] for f in found)
        return {"count": sum(self.counts), "rate": sum(self.counts) / (last - first),
                "seconds": last - min(f["since_s"] for f in found), "failures": sum(f["failures"] for f in found)}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()


def halves(count):
    return [count // 2, count - count // 2]


def one_write_ms(bench):
    """A write by one more client, while the crowd is held: the second of two, for the first also wakes PostgreSQL."""
    result = bench.load(1, 0.2, in_flight=1)
    return result["p50_ms"]


def idle(bench, arguments):
    """What an idle, logged-in TLS connection costs the daemon: PSS with them, less without, OpenSSL's included."""
    bench.stop_daemon()
    bench.start_daemon()
    one_write_ms(bench)
    before = pss_kib([bench.daemon.pid])
    with Crowd(bench, halves(arguments.connections)) as crowd:
        held = crowd.told("held")
        time.sleep(2)
        kib = (pss_kib([bench.daemon.pid]) - before) / arguments.connections
        cpu = centre.cpu_seconds(bench.daemon.pid)
        time.sleep(5)
        idle_cpu = (centre.cpu_seconds(bench.daemon.pid) - cpu) / 5
        write_ms = one_write_ms(bench)
    say(f"idle        {arguments.connections} connections, {kib:.1f} KiB each, {held['rate']:.0f} handshakes/s to "
        f"get there, {100 * idle_cpu:.1f} % of a core while idle, a write among them {write_ms:.2f} ms")
    return {"idle_connection_kib": kib, "idle_write_ms": write_ms}


def held(bench, arguments):
    """Several workers on one port, as many connections as the machine allows."""
    bench.stop_daemon()
    bench.start_daemon(flags=[f"--workers={WORKERS}"])
    sources = [f"127.0.0.{2 + i}" for i in range(arguments.crowds)]
    with Crowd(bench, [A_PROCESS] * arguments.crowds, sources) as crowd:
        count = crowd.told("held")["count"]
        say(f"held        {count} connections by {WORKERS} workers, a write among them {one_write_ms(bench):.2f} ms")
    bench.stop_daemon()
    bench.start_daemon()
    return {"held_connections": count}


def storm(bench, arguments):
    """kill -9 of the daemon, which is started again at once; all come back by themselves."""
    bench.stop_daemon()
    bench.start_daemon()
    port = bench.port
    with Crowd(bench, halves(arguments.connections)) as crowd:
        crowd.told("held")
        bench.daemon.send_signal(signal.SIGKILL)
        bench.daemon.wait()
        bench.start_daemon(flags=[f"--listen=127.0.0.1:{port}"])
        time.sleep(arguments.connections / 3000)  # some are back, most are not
        began = time.monotonic()
        subprocess.run(bench.load_command(1, "--in-flight", 1, "--seconds", 0.01, "--from", bench.take_lines(5000)),
                       check=True, stdout=subprocess.DEVNULL)
        probe_s = time.monotonic() - began
        back = crowd.told("back")
    say(f"storm       {arguments.connections} clients: {back['rate']:.0f} handshakes/s, all back after "
        f"{back['seconds']:.1f} s ({back['failures']} attempts came to nothing); one that came in the middle was served "
        f"after {probe_s:.2f} s")
    return {"storm_handshakes_per_s": back["rate"], "storm_all_back_s": back["seconds"],
            "storm_probe_s": probe_s}
