"""Where the time goes: instructions an operation in the daemon, under callgrind, and what PostgreSQL does meanwhile."""

import os
import re
import shutil
import subprocess
import threading
import time

import centre
import wire

SHOWN = 12


def of_daemon(bench, load, seconds):
    """Instructions by function, and the operations they were for."""
    path = bench.path("callgrind")
    bench.stop_daemon()
    bench.start_daemon(before=["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={path}"])
    answered = load(seconds)["answered"]
    bench.stop_daemon()
    out = subprocess.run(["callgrind_annotate", "--threshold=100", "--auto=no", path], capture_output=True,
                         text=True, check=True).stdout
    found = {}
    for count, name in re.findall(r"^ *([\d,]+) \( *[\d.]+%\)  (.+)$", out, re.MULTILINE):
        found[name] = found.get(name, 0) + int(count.replace(",", ""))
    return found, answered


def an_operation(bench, name, load):
    """Two runs of different length, so that the daemon's start does not count."""
    (few, n_few), (many, n_many) = of_daemon(bench, load, 1), of_daemon(bench, load, 4)
    each = {function: (count - few.get(function, 0)) / (n_many - n_few) for function, count in many.items()}
    total = each.pop("PROGRAM TOTALS")
    print(f"profile     {name}: {total:.0f} instructions in the daemon ({n_many} operations less {n_few}), most of them:")
    for function in sorted(each, key=each.get, reverse=True)[:SHOWN]:
        print(f"            {each[function]:8.0f}  {function[:100]}", flush=True)
    return total


def of_postgres(bench, name, load):
    """Samples of the backends that are most at work, by function; nothing where perf may not look."""
    path = bench.path("perf")
    bench.stop_daemon()
    bench.start_daemon()
    load(1)
    before = bench.postgres_children()
    running = threading.Thread(target=load, args=(3,))
    running.start()
    time.sleep(0.7)
    now = bench.postgres_children()
    busiest = sorted(before, key=lambda pid: now.get(pid, 0) - before[pid], reverse=True)[:2]
    done = subprocess.run(["perf", "record", "-q", "-e", "cpu-clock", "-F", "997", "-p", ",".join(busiest), "-o", path,
                           "--", "sleep", "2"], capture_output=True)
    running.join()
    if done.returncode != 0:
        return
    out = subprocess.run(["perf", "report", "--stdio", "-g", "none", "--sort", "dso,symbol", "-i", path],
                         capture_output=True, text=True).stdout
    print(f"profile     {name}: PostgreSQL's two busiest backends, by function:")
    lines = re.findall(r"^ *([\d.]+)%  (\S+) +\[.\] (\S+)", out, re.MULTILINE)
    for share, program, function in lines[:SHOWN]:
        print(f"            {share:>7}%  {function} [{program}]", flush=True)


def profile(bench, _):
    schema = wire.Schema.load(os.path.join(centre.BUILD, "lvzhi.desc"))
    path = bench.path("payloads")

    def writing(seconds):
        return bench.load(16, seconds, in_flight=4)

    def reading(method, **fields):
        payload = schema.encode(schema.methods[method].request, fields)

        def load(seconds):
            with open(path, "w", encoding="ascii") as out:
                out.write(payload.hex() + "\n")
            return bench.load(16, seconds, in_flight=4, writes=False,
                              flags=["--method", schema.methods[method].number, "--payloads", path])
        return load

    results = {}
    for name, load in (("write", writing), ("read_one", reading("TrackFeedback", receipt="00000007")),
                       ("read_list", reading("ListUnits", limit=100))):
        results[f"{name}_instructions"] = an_operation(bench, name, load)
        if shutil.which("perf"):
            of_postgres(bench, name, load)
    bench.stop_daemon()
    bench.start_daemon()
    return results
