"""What a user would run otherwise: pgbench on the same PostgreSQL, over TLS and TCP, with the same call's SQL.

It has the daemon's role and planner settings, the town set once per session, prepared statements, one operation a
transaction in one round trip, and the best of several client counts."""

import os
import re
import resource
import subprocess
import sys

import centre

# What server/worker.c sets on its connections.
COMMON = {"search_path": "lv,data", "plan_cache_mode": "force_generic_plan", "jit": "off", "lock_timeout": "5s",
          "statement_timeout": "20s"}
WRITES = dict(COMMON, enable_seqscan="off", enable_hashjoin="off", enable_mergejoin="off", enable_material="off")
READS = dict(COMMON, default_transaction_isolation=r"repeatable\ read", default_transaction_read_only="on")

DIGEST = r"'\x" + "00" * 32 + "'::bytea"


def number(kind, n):
    """The numbered ids of town.sql."""
    return f"('00000000-{kind:04x}-7000-8000-' || lpad(to_hex({n}), 12, '0'))::uuid"


ACCOUNT, DEVICE = number(5, "1::int"), number(4, "1::int")
CALLER = f"row({centre.TOWN}, {ACCOUNT}, 'bench', 'office', null, null, null, {DEVICE})::data.caller"


def statements_of(call):
    """The SQL of a call for one operation, a statement each."""
    with open(os.path.join(centre.ROOT, f"sql/calls/{call}.sql"), encoding="utf-8") as text:
        one = text.read().split("-- together:")[0]
    parts = re.split(r"^-- fills:.*$", one, flags=re.MULTILINE)
    parts = ["\n".join(line for line in part.splitlines() if not line.startswith("--")).strip() for part in parts]
    return [part for part in parts if part]


def bind(sql, values):
    """pgbench's expressions in place of the daemon's parameters."""
    for name, value in values.items():
        sql = re.sub(re.escape(name) + r"(?![a-z_.])", lambda _: value, sql)
    return sql


def pipeline(statements):
    """One round trip. No blank lines: they would be sent."""
    lines = [line for s in statements for line in (s + ";").splitlines() if line.strip()]
    return "\\startpipeline\n" + "\n".join(lines) + "\n\\endpipeline\n"


def mark_script(first, share):
    """RecordAttendance as the daemon does it alone: look-up, effect, ledger row. Each client has lines of its own."""
    line = "(:line)::int"
    op_id = number(6, line)
    effect = bind(statements_of("record_attendance")[0], {
        ":caller": CALLER, ":op": f"row({op_id}, 1, now(), {DEVICE}, {ACCOUNT}, null, null)::data.op",
        ":meeting_id": number(3, f"({line} / {centre.PEOPLE})"),
        ":marks.person_id": f"array[{number(2, f'({line} % {centre.PEOPLE})')}]",
        ":marks.mark": "array['present']", ":marks.note": "array[null::text]"})
    look_up = ("select op_id, method, digest, reply from data.operation where town_id = "
               f"{centre.TOWN} and op_id = {op_id}")
    insert = ("insert into data.operation (town_id, op_id, method, digest, reply, author_id, device_id, device_seq,"
              f" authored_at) values ({centre.TOWN}, {op_id}, 33, {DIGEST}, '\\x0801'::bytea, {ACCOUNT}, {DEVICE}, 1,"
              " now())")
    return (f"\\set line {first} + :client_id * {share} + :n\n\\set n :n + 1\n"
            + pipeline([look_up, effect, insert]))


def read_script(call, values, setup=""):
    return setup + pipeline([bind(sql, {":caller": CALLER, **values}) for sql in statements_of(call)])


def buried_cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class Pgbench:
    def __init__(self, bench):
        self.bench = bench

    def run(self, script, clients, seconds, settings, rate=0):
        """transactions a second, and percentiles of their latencies"""
        bench = self.bench
        path, log = bench.path("script.sql"), bench.path("latency")
        with open(path, "w", encoding="utf-8") as out:
            out.write(script)
        options = " ".join(f"-c {name}={value}" for name, value in dict(settings, **{"app.town": centre.TOWN}).items())
        command = ["pgbench", "-n", "-M", "prepared", "-h", "127.0.0.1", "-p", str(bench.pg_port), "-U", "lvzhid", "-c",
                   str(clients), "-j", str(min(clients, 2)), "-T", str(int(seconds)), "-D", "n=0", "-f", path, "-l",
                   f"--log-prefix={log}", *(["--rate", str(rate)] if rate else []), "lvzhi"]
        postgres, client = bench.postgres_cpu(), buried_cpu_seconds()
        done = subprocess.run(command, capture_output=True, text=True, cwd=bench.directory,
                              env=dict(os.environ, PGOPTIONS=options, PGSSLMODE="require"))
        client = buried_cpu_seconds() - client
        postgres = bench.postgres_cpu() - postgres
        if done.returncode != 0:
            sys.exit("bench: pgbench: " + done.stderr[-2000:])
        latencies = []
        for name in os.listdir(bench.directory):
            if name.startswith("latency"):
                with open(bench.path(name), encoding="ascii") as file:
                    latencies += [int(line.split()[2]) for line in file]
                os.unlink(bench.path(name))
        latencies.sort()
        at = lambda share: latencies[int((len(latencies) - 1) * share)] / 1000
        return {"clients": clients, "rate": float(re.search(r"tps = ([\d.]+)", done.stdout).group(1)),
                "answered": len(latencies), "p50_ms": at(0.5), "p99_ms": at(0.99),
                "postgres_us": postgres / len(latencies) * 1e6, "client_us": client / len(latencies) * 1e6}

    def writes(self, clients, seconds, rate=0):
        share = int(seconds * centre.LINES_A_SECOND_ONE / clients)
        script = mark_script(self.bench.take_lines(clients * share), share)
        before = self.bench.counts()
        result = self.run(script, clients, seconds, WRITES, rate)
        after = self.bench.counts()
        if (after[0] - before[0], after[1] - before[1]) != (result["answered"], result["answered"]):
            sys.exit(f"bench: pgbench says {result['answered']}, the tables {after[0] - before[0]}, "
                     f"{after[1] - before[1]}")
        return result

    def reads(self, script, clients, seconds):
        return self.run(script, clients, seconds, READS)
