"""What is measured: a private PostgreSQL, lvzhid before it, a large town, and the load generator.

Everything is in one directory and ends with it; servers listen on loopback and Unix sockets only. LVZHI_BUILD names the
built programs (default build/), which need -DTESTS=ON."""

import contextlib
import hashlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/server"))
BUILD = os.path.abspath(os.environ.get("LVZHI_BUILD", os.path.join(ROOT, "build")))
PG_BIN = "/usr/lib/postgresql/15/bin"
TOWN = 999000001
PEOPLE = 150
ITEMS = 10000           # villagers' items, with receipts
UNITS = 150
LINES_A_SECOND = 80000     # of rolls: more than lvzhid can mark here
LINES_A_SECOND_ONE = 25000  # more than pgbench can
PG_SETTINGS = {
    "fsync": "on", "synchronous_commit": "on", "ssl": "on", "shared_buffers": "512MB", "max_wal_size": "8GB",
    "log_min_error_statement": "panic", "track_wal_io_timing": "on",
}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def run(*command, **options):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)


def cpu_seconds(pid, buried=False):
    """`buried`: also of its children that have ended."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return sum(int(ticks) for ticks in fields[11:15 if buried else 13]) / os.sysconf("SC_CLK_TCK")


def self_signed(key, certificate, name):
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
        "-subj", f"/CN={name}", "-keyout", key, "-out", certificate, stderr=subprocess.DEVNULL)


class Centre:
    """`with Centre(lines) as bench`: rolls with so many lines, each to be marked once."""

    def __init__(self, lines, devices=64):
        self.directory = tempfile.mkdtemp(prefix="lvzhi-bench-")
        self.meetings = lines // PEOPLE + 1
        self.devices = devices
        self.next_line = 0
        self.daemon = self.postmaster = None
        self.as_postgres = []
        if os.getuid() == 0:
            self.as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
            os.chown(self.directory, pwd.getpwnam("postgres").pw_uid, -1)
        os.chmod(self.directory, 0o755)

    def __enter__(self):
        try:
            self.make_postgres()
            self.start_daemon(migrate=True)
            self.make_town()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop_daemon()
        self.stop_postgres("immediate")
        shutil.rmtree(self.directory, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.directory, name)

    # PostgreSQL

    def make_postgres(self):
        self.pg_port = free_port()
        run(*self.as_postgres, f"{PG_BIN}/initdb", "-D", self.path("data"), "-U", "postgres", "-E", "UTF8",
            "--locale=C.UTF-8", "--auth=trust", "--data-checksums")
        self_signed(self.path("data/server.key"), self.path("data/server.crt"), "localhost")
        if self.as_postgres:
            owner = pwd.getpwnam("postgres")
            for name in ("server.key", "server.crt"):
                os.chown(self.path("data/" + name), owner.pw_uid, owner.pw_gid)
        self.start_postgres()
        self.psql("create role lvzhi_owner login bypassrls; create role lvzhid login;"
                  "alter role lvzhid set log_min_messages = fatal", database="postgres")
        self.psql("create database lvzhi owner lvzhi_owner", database="postgres")

    def start_postgres(self, environment=None):
        settings = dict(PG_SETTINGS, listen_addresses="127.0.0.1", port=self.pg_port,
                        unix_socket_directories=self.directory)
        run(*self.as_postgres, f"{PG_BIN}/pg_ctl", "-D", self.path("data"), "-w", "-l", self.path("data/log"), "-o",
            " ".join(f"-c {name}={value}" for name, value in settings.items()), "start",
            env=dict(os.environ, **environment or {}))
        with open(self.path("data/postmaster.pid"), encoding="ascii") as pid:
            self.postmaster = int(pid.readline())

    def stop_postgres(self, mode="fast"):
        if os.path.exists(self.path("data/postmaster.pid")):
            run(*self.as_postgres, f"{PG_BIN}/pg_ctl", "-D", self.path("data"), "-m", mode, "-w", "stop")

    def psql(self, sql, user="postgres", database="lvzhi", variables=()):
        command = ["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-h", self.directory, "-p", str(self.pg_port),
                   "-U", user, "-d", database]
        for name, value in variables:
            command += ["-v", f"{name}={value}"]
        done = subprocess.run(command, input=sql, text=True, capture_output=True)
        if done.returncode != 0:
            sys.exit(f"bench: {done.stderr}")
        return done.stdout.strip()

    def postgres_children(self):
        """CPU seconds by process."""
        found = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError, ValueError, IndexError):
                with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
                    if int(stat.read().rsplit(")", 1)[1].split()[1]) == self.postmaster:
                        found[pid] = cpu_seconds(pid)
        return found

    def postgres_cpu(self):
        """Of the postmaster and all its children, those that have ended too: none of them while it is counted."""
        children = self.postgres_children()
        while True:
            total = cpu_seconds(self.postmaster, buried=True) + sum(children.values())
            before, children = children, self.postgres_children()
            if children.keys() == before.keys():
                return total

    def transactions(self):
        """That wrote, so far."""
        return int(self.psql("select pg_snapshot_xmax(pg_current_snapshot())"))

    def wal_flushes(self):
        """How many, and the seconds they took. A connection tells of its last second only when it ends."""
        count, milliseconds = self.psql("select wal_sync, wal_sync_time from pg_stat_wal").split("|")
        return int(count), float(milliseconds) / 1000

    # The daemon

    def start_daemon(self, migrate=False, flags=(), before=()):
        """`before`: a program with its flags that runs the daemon, valgrind say."""
        if not os.path.exists(self.path("server.key")):
            self_signed(self.path("server.key"), self.path("server.crt"), "lvzhid")
            with open(self.path("secret"), "wb") as secret:
                secret.write(os.urandom(32))
            der = subprocess.run(f"openssl x509 -in {self.path('server.crt')} -noout -pubkey"
                                 " | openssl pkey -pubin -outform DER", shell=True, check=True,
                                 capture_output=True).stdout
            self.pin = hashlib.sha256(der).hexdigest()
        base = f"host={self.directory} port={self.pg_port} dbname=lvzhi"
        all_flags = ["--listen=127.0.0.1:0", f"--unix_path={self.path('sock')}",
                     f"--certificate={self.path('server.crt')}", f"--key={self.path('server.key')}",
                     f"--secret={self.path('secret')}", f"--postgres={base} user=lvzhid",
                     f"--postgres_owner={base} user=lvzhi_owner", f"--sql={ROOT}/sql",
                     f"--descriptors={BUILD}/lvzhi.desc", *flags]
        with open(self.path("log"), "a", encoding="utf-8") as log:
            if migrate:
                subprocess.run([f"{BUILD}/lvzhid", *all_flags, "--migrate"], check=True, stderr=log)
            read, write = os.pipe()
            os.set_inheritable(write, True)
            self.daemon = subprocess.Popen([*before, f"{BUILD}/lvzhid", *all_flags, f"--port_file={write}"], stderr=log,
                                           stdout=log, pass_fds=[write])
            os.close(write)
            with os.fdopen(read) as ports:
                self.port = int(ports.readline() or 0)
        if self.port == 0:
            with open(self.path("log"), encoding="utf-8") as log:
                sys.exit("bench: the daemon does not start: " + log.read()[-1000:])

    def stop_daemon(self):
        if self.daemon is not None and self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGTERM)
            self.daemon.wait(timeout=60)

    # The town

    def make_town(self):
        key = self.path("device.pem")
        run("openssl", "genpkey", "-algorithm", "ed25519", "-out", key)
        der = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"], check=True,
                             capture_output=True).stdout
        with open(os.path.join(ROOT, "tests/bench/town.sql"), encoding="utf-8") as text:
            self.psql(text.read(), variables=[
                ("town", TOWN), ("people", PEOPLE), ("meetings", self.meetings), ("devices", self.devices),
                ("items", ITEMS), ("units", UNITS), ("public_key", der[-32:].hex())])
        self.psql("checkpoint")

    def take_lines(self, count):
        first = self.next_line
        self.next_line += count
        if self.next_line > self.meetings * PEOPLE:
            sys.exit("bench: not enough lines")
        return first

    def counts(self):
        """Effects and ledger rows."""
        row = self.psql("select (select count(*) from data.attendance_mark), (select count(*) from data.operation)")
        return tuple(int(n) for n in row.split("|"))

    # Load

    def load_command(self, connections, *flags, first=0):
        return [f"{BUILD}/bench_load", "--address", f"127.0.0.1:{self.port}", "--pin", self.pin, "--town", str(TOWN),
                "--device-key", self.path("device.pem"), "--connections", str(connections), "--people", str(PEOPLE),
                "--first", str(first), *(str(flag) for flag in flags)]

    def load(self, connections, seconds, in_flight=0, rate=0, flags=(), writes=True):
        """Run the generator; what it printed, with CPU microseconds an operation. Writes are counted against answers."""
        pace = ["--rate", rate] if rate else ["--in-flight", in_flight]
        lines = self.take_lines(int(seconds * LINES_A_SECOND)) if writes else 0
        before = self.counts() if writes else None
        written, daemon, postgres = self.transactions(), cpu_seconds(self.daemon.pid), self.postgres_cpu()
        out = subprocess.run(self.load_command(connections, *pace, "--seconds", seconds, "--from", lines, *flags),
                             check=True, stdout=subprocess.PIPE, text=True).stdout
        result = json.loads(out)
        asked = max(1, result["answered"] + result["refused"])
        result["daemon_us"] = (cpu_seconds(self.daemon.pid) - daemon) / asked * 1e6
        result["postgres_us"] = (self.postgres_cpu() - postgres) / asked * 1e6
        result["a_transaction"] = asked / max(1, self.transactions() - written)
        if result["lost"]:
            sys.exit(f"bench: {result['lost']} requests lost their connection")
        if writes:
            after = self.counts()
            if (after[0] - before[0], after[1] - before[1]) != (result["answered"], result["answered"]):
                sys.exit(f"bench: {result['answered']} answers, {after[0] - before[0]} effects, "
                         f"{after[1] - before[1]} ledger rows")
        return result
