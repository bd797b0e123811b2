"""A private centre for tests: PostgreSQL, lvzhid and two small towns, made through the protocol.

The towns are made once, in the database `base`; each test class works on a copy of it with a daemon of its own. What a
test starts is ended by its pid, also when the test fails and when the run is interrupted. Processes are started by the
main thread only: they are told to die with it.
"""

import atexit
import collections
import csv
import ctypes
import functools
import glob
import hashlib
import http.client
import os
import pwd
import random
import re
import resource
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import uuid

import libpq
import wire

SOURCE = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
BUILD = os.path.realpath(os.environ.get("LVZHI_BUILD") or os.path.join(SOURCE, "build"))
PG_BIN = "/usr/lib/postgresql/15/bin"
ADMIN = uuid.UUID("00000000-0000-7000-8000-000000000001").bytes
TOWN, OTHER_TOWN = 533421001, 533421002
PASSWORD = "一个长的密码 1"
PR_SET_PDEATHSIG = 1
KEPT_CONNECTIONS = 4
# A daemon that a command starts (valgrind) is so much slower: what waits for it waits longer. 1 in an ordinary run.
SLOWER = 10 if os.environ.get("LVZHI_UNDER") else 1
FILES_OF_VALGRIND = 12 if SLOWER > 1 else 0  # it keeps so many for itself, of those that a process may open

resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
libc = ctypes.CDLL(None)


@functools.cache
def schema():
    return wire.Schema.load(os.path.join(BUILD, "lvzhi.desc"))


def free_ports(count):
    """The first of so many free ports in a row, outside of those that the kernel gives to whoever connects."""
    while True:
        first = random.randrange(12000, 32000)
        try:
            for port in range(first, first + count):
                with socket.socket() as s:
                    s.bind(("127.0.0.1", port))
            return first
        except OSError:
            continue


def wait_until(condition, timeout=10, what="it"):
    timeout *= SLOWER
    until = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"{what} did not happen in {timeout} s")
        time.sleep(0.02)


def imported_id(town, file, key):
    """The id that an import derives from (town, file, key)."""
    h = hashlib.sha256(f"{town} {file} {key}".encode()).hexdigest()
    return uuid.UUID(h[:12] + "8" + h[13:16] + "a" + h[17:32]).bytes


# Processes.

@functools.cache
def directory():
    path = tempfile.mkdtemp(prefix="lvzhi-test.", dir="/tmp")
    os.chmod(path, 0o755)
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    return path


def start(command, death_signal, limits=(), **options):
    """A child that ends when this process does, whatever ends it."""
    assert threading.current_thread() is threading.main_thread()

    def prepare():
        libc.prctl(PR_SET_PDEATHSIG, death_signal)
        for which, value in limits:
            resource.setrlimit(which, value)

    return subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=prepare, **options)


def scheduled(pids):
    """Seconds that the threads of these have run so far, and that they have waited for a CPU."""
    ran = waited = 0
    for pid in pids:
        for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
            with open(path, encoding="ascii") as file:
                times = file.read().split()
            ran, waited = ran + int(times[0]), waited + int(times[1])
    return ran / 1e9, waited / 1e9


def end(process, number, timeout=20):
    """Signal a child and wait; kill it when it takes too long. Its exit code."""
    timeout *= SLOWER
    if process.poll() is None:
        process.send_signal(number)
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise AssertionError(f"process {process.pid} did not end in {timeout} s after signal {number}") from None


class Postgres:
    """One PostgreSQL cluster, on a Unix socket."""

    def __init__(self, name, source=None, durable=False, environment=None, wal=None):
        self.directory = os.path.join(directory(), name)
        self.data = os.path.join(self.directory, "data")  # may be there already, empty
        self.process = None
        self.kept = {}  # connections, the last used at the end
        self.environment = environment or {}
        os.makedirs(self.directory, exist_ok=True)
        self.user = "postgres" if os.getuid() == 0 else None
        if self.user:
            os.chown(self.directory, pwd.getpwnam("postgres").pw_uid, pwd.getpwnam("postgres").pw_gid)
        if source is None:
            self.run("initdb", "-D", self.data, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--auth=trust",
                     "-N")
        else:
            self.run("pg_basebackup", "-D", self.data, "-h", source.directory, "-U", "postgres", "-c", "fast", "-R",
                     *(["--waldir", wal] if wal else []))
        # Tests kill processes, never the machine: without fsync nothing is lost, and PostgreSQL is quicker.
        with open(os.path.join(self.data, "postgresql.auto.conf" if source else "postgresql.conf"), "a") as file:
            file.write(f"listen_addresses = ''\nunix_socket_directories = '{self.directory}'\n"
                       f"fsync = {'on' if durable else 'off'}\nshared_buffers = 128MB\nlog_min_messages = warning\n"
                       "max_connections = 60\nrestart_after_crash = on\n")
            if source:
                file.write(f"primary_conninfo = 'host={source.directory} user=postgres application_name={name}'\n")
        atexit.register(self.stop)
        self.start()

    def run(self, program, *arguments):
        done = subprocess.run([os.path.join(PG_BIN, program), *arguments], user=self.user, group=self.user,
                              extra_groups=[] if self.user else None, cwd="/", capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"{program}: {done.stderr}")

    def start(self):
        log = open(os.path.join(self.directory, "log"), "a")
        self.process = start([os.path.join(PG_BIN, "postgres"), "-D", self.data], signal.SIGQUIT, user=self.user,
                             group=self.user, extra_groups=[] if self.user else None, cwd="/", stdout=log, stderr=log,
                             env={**os.environ, **self.environment})
        log.close()
        wait_until(self.is_up, 120, "PostgreSQL's start")  # a disk that others keep busy is no fault

    def is_up(self):
        if self.process.poll() is not None:
            with open(os.path.join(self.directory, "log")) as log:
                raise AssertionError("PostgreSQL ended: " + log.read()[-2000:])
        return subprocess.run([os.path.join(PG_BIN, "pg_isready"), "-q", "-h", self.directory]).returncode == 0

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.resume()
            end(self.process, signal.SIGINT)

    def crash(self):
        """kill -9 of the postmaster; its children see it and end."""
        children = self.pids()[1:]
        self.process.kill()
        self.process.wait()
        wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in children), 20, "the end of all backends")

    def pids(self):
        """The postmaster and its children."""
        found = [self.process.pid]
        for name in os.listdir("/proc"):
            try:
                with open(f"/proc/{name}/stat") as stat:
                    if int(stat.read().rpartition(")")[2].split()[1]) == self.process.pid:
                        found.append(int(name))
            except (OSError, ValueError):
                continue
        return found

    def pause(self):
        for pid in self.pids():
            os.kill(pid, signal.SIGSTOP)

    def resume(self):
        for pid in self.pids():
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass

    def promote(self):
        """A standby takes over. (A query that waits for this may be cancelled by what is still replayed.)"""
        self.run("pg_ctl", "promote", "-D", self.data)

    def require_standby(self, name):
        """Commits wait for this standby from now on; for none: ''."""
        if name:
            wait_until(lambda: self.sql("select 1 from pg_stat_replication where state = 'streaming'"))
        self.sql(f"alter system set synchronous_standby_names = '{name}'")
        self.sql("select pg_reload_conf()")
        if name:
            wait_until(lambda: self.sql("select 1 from pg_stat_replication where sync_state = 'sync'"))

    def waiting_for_standby(self):
        """Pids of the daemon's backends whose commit waits."""
        return [row[0] for row in self.sql(
            "select pid from pg_stat_activity where usename = 'lvzhid' and wait_event = 'SyncRep'"
        )]

    def sql(self, text, database="postgres", user="postgres", settings=None, patience_s=20):
        """Rows of strings; NULL is None. As the superuser, unless another role is named. All of it is one transaction."""
        options = " ".join(f"-c {key}={value}" for key, value in (settings or {}).items())
        conninfo = f"host={self.directory} user={user} dbname={database} options='{options}' client_encoding=UTF8"
        until = time.monotonic() + patience_s
        if " template " in text:  # nobody may be connected to what is copied
            self.forget()
        while True:
            connection = self.kept.pop((threading.get_ident(), conninfo), None)
            try:
                connection = connection or libpq.Connection(conninfo)
                return connection.query(text)
            except libpq.Broken as broken:
                # A crash of one backend makes PostgreSQL start anew, and ends all connections.
                if time.monotonic() > until:
                    raise RuntimeError(str(broken)) from None
                time.sleep(0.05)
            finally:
                # The daemon's own role has no connections but the daemon's: tests count them.
                if connection is not None and user == "postgres" and connection.as_new():
                    self.kept[threading.get_ident(), conninfo] = connection
                    while len(self.kept) > KEPT_CONNECTIONS:
                        self.kept.pop(next(iter(self.kept))).close()
                elif connection is not None:
                    connection.close()

    def forget(self):
        while self.kept:
            self.kept.popitem()[1].close()


class Centre:
    """A database and a daemon on it."""

    under = os.environ.get("LVZHI_UNDER", "").split()  # the command that starts the daemon, if it does not start by itself
    program = "lvzhid"

    def __init__(self, postgres, database, **settings):
        self.postgres = postgres
        self.database = database
        self.process = None
        self.port = None
        self.environment = {}
        self.directory = os.path.join(directory(), "centre-" + database)
        self.socket = os.path.join(self.directory, "sock")
        self.config = os.path.join(self.directory, "lvzhid.ini")
        self.log = os.path.join(self.directory, "log")
        os.makedirs(self.directory, exist_ok=True)
        f = files()
        self.settings = {
            "listen": "127.0.0.1:0", "unix_path": self.socket, "certificate": f.certificate, "key": f.key,
            "secret": f.secret, "postgres": f"host={postgres.directory} dbname={database} user=lvzhid",
            "postgres_owner": f"host={postgres.directory} dbname={database} user=lvzhi_owner",
            "sql": os.path.join(SOURCE, "sql"), "descriptors": os.path.join(BUILD, "lvzhi.desc"),
        }
        self.settings.update(settings)
        atexit.register(self.kill)

    def configure(self):
        with open(self.config, "w") as file:
            file.writelines(f"{key} = {value}\n" for key, value in self.settings.items())

    def command(self, *options):
        return [*self.under, os.path.join(BUILD, self.program), "--config=" + self.config, *options]

    def migrate(self):
        self.configure()
        done = subprocess.run(self.command("--migrate"), capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError("migrate: " + done.stderr)

    def start(self, limits=()):
        self.configure()
        reader, writer = os.pipe()
        with open(self.log, "a") as log:
            self.process = start(self.command(f"--port_file={writer}"), signal.SIGKILL, limits, pass_fds=[writer],
                                 stdout=log, stderr=log, cwd="/", env={**os.environ, **self.environment})
        os.close(writer)
        with os.fdopen(reader) as pipe:
            text = pipe.read()  # ends when the daemon has written its port, or has died
        if not text:
            self.process.wait()
            raise AssertionError("lvzhid does not start: " + self.tail())
        self.port = int(text)
        wait_until(self.answers, 10, "the Unix socket")  # also: its signal handlers are there
        return self

    def answers(self):
        try:
            with self.unix() as client:
                client.hello(0)
            return True
        except (OSError, wire.Closed):
            return False

    def tail(self, lines=30):
        with open(self.log) as log:
            return "".join(log.readlines()[-lines:])

    def metrics_port(self):
        with open(self.log, encoding="utf-8") as log:
            return int(re.findall(r"metrics on port (\d+)", log.read())[-1])

    def watch(self, path, method="GET", port=None):
        """What is told over HTTP: status, text, kind."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.metrics_port(), timeout=10)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer.getheader("content-type")
        finally:
            connection.close()

    def metrics(self):
        """By series, as the text tells them."""
        return {name: float(value) for name, value in
                re.findall(r"^([a-z_]+(?:\{.*\})?) (\S+)$", self.watch("/metrics")[1], re.M)}

    def undisturbed(self, action, *args, **kwargs):
        """The seconds that it takes where nobody else has work, and its result. Of those that pass, the ones are left out
        in which the daemon, its PostgreSQL or this process stood ready and others had the CPU; never less are told than
        these three have worked. Machines without CONFIG_SCHED_INFO tell all that pass."""
        backends = self.sql("select pid from pg_stat_activity where usename = 'lvzhid' and datname = current_database()")
        pids = [self.process.pid, *(int(pid) for pid, in backends), os.getpid()]
        ran, waited = scheduled(pids)
        began = time.monotonic()
        result = action(*args, **kwargs)
        took = time.monotonic() - began
        ran_then, waited_then = scheduled(pids[::-1])
        return max(took - (waited_then - waited), ran_then - ran), result

    def stop(self):
        """SIGTERM, and an exit code that must be 0."""
        code = end(self.process, signal.SIGTERM)
        if code != 0:
            raise AssertionError(f"lvzhid ended with {code}:\n{self.reports() or self.tail()}")
        self.demand_no_reports()

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            end(self.process, signal.SIGKILL)
        self.demand_no_reports()

    def reports(self):
        """What valgrind has said: no exit code tells it of a worker, or of a daemon that was killed."""
        if not self.under or not os.path.exists(self.log):
            return ""
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return "".join(line for line in log if re.match(r"==\d+==", line))

    def demand_no_reports(self):
        if reports := self.reports():
            raise AssertionError(reports)

    def restored(self):
        """A centre on a database made of this one's dump."""
        name, pg = self.database + "_restored", self.postgres
        dump = os.path.join(pg.directory, name + ".dump")
        pg.run("pg_dump", "-h", pg.directory, "-U", "postgres", "-Fc", "-f", dump, self.database)
        pg.sql(f"create database {name} owner lvzhi_owner")
        pg.run("pg_restore", "-h", pg.directory, "-U", "postgres", "-d", name, dump)
        return Centre(pg, name).start()

    def is_alive(self):
        return self.process.poll() is None

    # Clients

    def unix(self, timeout=20):
        return wire.Client(schema(), self.socket, timeout=timeout * SLOWER)

    def tcp(self, timeout=20):
        return wire.Client(schema(), ("127.0.0.1", self.port), files().pin, timeout=timeout * SLOWER)

    def admin(self):
        client = self.unix()
        client.hello(0)
        return client

    def connect(self, login, town=TOWN, timeout=20):
        """Over the Unix socket, by the token that the account of `base` got there."""
        client = self.unix(timeout)
        client.hello(town, token=base().tokens[town, login])
        if client.caller is None:
            raise AssertionError(f"the token of {login} was not accepted")
        return client

    def connect_tls(self, login, device, town=TOWN):
        client = self.tcp()
        client.hello(town, device)
        client.login(login, PASSWORD)
        return client

    def new_device(self, town=TOWN, name="测试机"):
        """A device, made by the administrator and enrolled over TLS."""
        device, code = wire.Device(), secrets.token_hex(8)
        with self.admin() as admin:
            admin.call("CreateDevice", town_id=town, device_id=wire.uuid7(), name=name,
                       code_hash=hashlib.sha256(code.encode()).digest())
        with self.tcp() as client:
            client.hello(town)
            client.enrol(device, code)
        return device

    # What PostgreSQL holds

    def sql(self, text, user="postgres", settings=None):
        return self.postgres.sql(text, self.database, user, settings)

    def one(self, text):
        return self.sql(text)[0][0]

    def count(self, table, where="true"):
        return int(self.one(f"select count(*) from data.{table} where {where}"))

    def backends(self, where="true"):
        """Pids of the daemon's backends."""
        return [int(row[0]) for row in self.sql(
            f"select pid from pg_stat_activity where usename = 'lvzhid' and datname = '{self.database}' and {where}"
        )]


@functools.cache
def files():
    """Certificate, key and secret; the same for all daemons of the run."""
    f = collections.namedtuple("Files", "certificate key secret pin")
    path = directory()
    certificate, key, secret = (os.path.join(path, name) for name in ("server.crt", "server.key", "secret"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=lvzhid", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    with open(secret, "wb") as file:
        file.write(secrets.token_bytes(32))
    with open(certificate, "rb") as file:
        pin = wire.spki_sha256(wire.crypto.load_certificate(wire.crypto.FILETYPE_PEM, file.read()))
    return f(certificate, key, secret, pin)


@functools.cache
def postgres():
    cluster = Postgres("pg")
    create_roles(cluster)
    return cluster


def create_roles(cluster):
    cluster.sql("create role lvzhi_owner login bypassrls; create role lvzhid login;"
                "alter role lvzhid set log_min_messages = fatal;")


# Towns.

def small_town(code):
    """Two groups of twenty deputies and six meetings, one in each state that matters."""
    people = [f"D{n:02d}" for n in range(1, 41)]
    group_of = {p: "G01" if n < 20 else "G02" for n, p in enumerate(people)}
    meetings = [
        ("M001", "group_meeting", "G01", "open"), ("M002", "group_meeting", "G02", "open"),
        ("M003", "congress_session", "", "open"), ("M004", "congress_session", "", "locked"),
        ("M005", "group_meeting", "G01", "planned"), ("M006", "group_meeting", "G01", "closed"),
    ]
    rolls = [
        (m, p, "signed", "2025-05-01", "present" if state in ("locked", "closed") else "")
        for m, _, group, state in meetings for p in people if group in ("", group_of[p])
    ]
    return {
        "town": (["code", "name", "term", "term_starts_on"], [(str(code), f"镇{code}", "第十二届", "2022-03-01")]),
        "villages": (["code", "name", "kind"], [("V01", "村一", "village"), ("V02", "村二", "village")]),
        "units": (["code", "name"], [("U01", "镇中心学校"), ("U02", "镇供电所")]),
        "groups": (["code", "name", "village"], [("G01", "组一", "V01"), ("G02", "组二", "V02")]),
        "people": (["code", "name", "phone"], [(p, "代表" + p, f"138{code % 100:02d}{p[1:]}") for p in people]),
        "mandates": (["code", "person", "level", "group", "starts_on"],
                     [("Z" + p, p, "town", group_of[p], "2022-03-01") for p in people]),
        "roles": (["person", "role", "starts_on"], [("D03", "presidium_member", "2022-03-01")]),
        "meetings": (["code", "kind", "title", "group", "held_on", "state"],
                     [(m, kind, "会议" + m, group, "2025-06-10", state) for m, kind, group, state in meetings]),
        "attendance": (["meeting", "person", "notice", "notified_on", "mark"], rolls),
        "feedback": (["code", "group", "deputy", "received_on", "topic", "text", "resident_name", "state"],
                     [("F01", "G01", "D01", "2025-03-01", "道路", "路不平", f"赵{code}", "registered")]),
    }


def read_directory(path):
    """A directory of CSV files as `import_files` takes it, with the line on which each row begins."""
    found = {}
    for name in sorted(os.listdir(path)):
        if name.endswith(".csv"):
            with open(os.path.join(path, name), encoding="utf-8-sig", newline="") as file:
                reader = csv.reader(file)
                columns, rows, lines = next(reader), [], []
                line = reader.line_num + 1
                for row in reader:
                    rows.append(tuple(row))
                    lines.append(line)
                    line = reader.line_num + 1
            found[name[:-4]] = (columns, rows, lines)
    return found


def stage_files(client, found, import_id=None):
    """ImportStart and ImportRows. Gives the import's id."""
    import_id = import_id or wire.uuid7()
    client.call("ImportStart", import_id=import_id)
    for name, (columns, rows, *lines) in found.items():
        lines = lines[0] if lines else range(2, 2 + len(rows))
        for at in range(0, max(1, len(rows)), 500):
            client.call("ImportRows", import_id=import_id, file=name, lines=lines[at:at + 500], columns=columns,
                        cells=[cell for row in rows[at:at + 500] for cell in row])
    return import_id


def faults_of(client, import_id, update=False):
    faults, after = [], None
    while True:
        reply = client.call("ImportCheck", import_id=import_id, update=update, limit=500, after=after)
        faults += reply.get("faults", [])
        after = reply.get("next")
        if after is None:
            return faults


def import_files(client, found, update=False):
    """Stage, check, commit. A list of faults, or the reply of ImportCommit."""
    import_id = stage_files(client, found)
    return faults_of(client, import_id, update) or client.call("ImportCommit", import_id=import_id, update=update)


ROLES = {
    "office": ("office", None), "office2": ("office", None), "chair": ("chair", None), "auditor": ("auditor", None),
    "backup": ("backup", None), "clerk1": ("clerk", "G01"), "clerk2": ("clerk", "G02"), "leader1": ("leader", "G01"),
    "leader2": ("leader", "G02"), "deputy1": ("deputy", "D01"), "deputy2": ("deputy", "D21"), "unit1": ("unit", "U01"),
    "unit2": ("unit", "U02"), "d02": ("deputy", "D02"), "d03": ("deputy", "D03"), "d04": ("deputy", "D04"),
}


class Base:
    """The towns of the database `base`, and tokens for their accounts at the Unix socket."""

    def __init__(self):
        self.accounts, self.tokens = {}, {}
        postgres().sql("create database base owner lvzhi_owner")
        centre = Centre(postgres(), "base")
        centre.under = []
        centre.migrate()
        centre.start()
        with centre.admin() as admin:
            self.make_town(centre, admin, TOWN, small_town(TOWN), ROLES)
            few = {login: ROLES[login] for login in ("office", "clerk1", "deputy1")}
            self.make_town(centre, admin, OTHER_TOWN, small_town(OTHER_TOWN), few)
        centre.stop()

    def make_town(self, centre, admin, town, found, roles):
        admin.call("CreateTown", town_id=town, name=f"镇{town}", term="第十二届", term_starts_on="2022-03-01")
        self.make_account(centre, admin, town, "office", roles["office"])
        with centre.unix() as office:
            office.hello(town, token=self.tokens[town, "office"])
            reply = import_files(office, found)
            if not isinstance(reply, dict):
                raise AssertionError(f"the small town has faults: {reply[:3]}")
        for login, role in roles.items():
            if login != "office":
                self.make_account(centre, admin, town, login, role)

    def make_account(self, centre, admin, town, login, role):
        name, of = role
        ids = {
            "clerk": {"group_id": "groups"}, "leader": {"group_id": "groups"}, "deputy": {"person_id": "people"},
            "unit": {"unit_id": "units"},
        }.get(name, {})
        account = wire.uuid7()
        admin.call("CreateAccount", town_id=town, account_id=account, login=login, password=PASSWORD, role=name,
                   **{field: imported_id(town, file, of) for field, file in ids.items()})
        with centre.unix() as client:
            client.hello(town)
            self.tokens[town, login] = client.login(login, PASSWORD)["token"]
        self.accounts[town, login] = account


@functools.cache
def base():
    return Base()


def copy_of_base(name, **settings):
    """A centre on a copy of `base`; not started."""
    base()
    postgres().sql(f"create database {name} owner lvzhi_owner template base")
    return Centre(postgres(), name, **settings)


@functools.cache
def sentences():
    """sql/sentences.csv by rule."""
    with open(os.path.join(SOURCE, "sql/sentences.csv"), encoding="utf-8-sig", newline="") as file:
        return {row["rule"]: row for row in csv.DictReader(file)}


class Case(unittest.TestCase):
    """Tests on one copy of `base` with one daemon. A daemon that has died fails its class."""

    settings = {}

    @classmethod
    def setUpClass(cls):
        cls.centre = copy_of_base(f"{cls.__module__}_{cls.__name__}".lower(), **cls.settings).start()
        cls.addClassCleanup(cls.centre.kill)

    @classmethod
    def tearDownClass(cls):
        cls.centre.stop()

    def refused(self, name, function, /, *arguments, **fields):
        """Demand that a call is refused by this error; gives it."""
        with self.assertRaises(wire.Refused) as caught:
            function(*arguments, **fields)
        self.assertEqual(caught.exception.name, name, caught.exception)
        self.assertIn(caught.exception.rule or name, sentences(), "a refusal without a sentence")
        return caught.exception


# Writers.

def mark_fields(town=TOWN, meeting="M001", person="D01", mark="present", note=None):
    return {
        "meeting_id": imported_id(town, "meetings", meeting),
        "marks": [{"person_id": imported_id(town, "people", person), "mark": mark, "note": note}],
    }


class Writer(threading.Thread):
    """A client that loses nothing: it sends what is unanswered again, the same bytes, until all is answered."""

    def __init__(self, connect, payloads, method="RecordAttendance", window=16, on_answer=None):
        super().__init__(daemon=True)
        self.connect, self.payloads, self.method, self.window = connect, payloads, method, window
        self.on_answer = on_answer or (lambda: None)
        self.answers = {}        # index of the payload -> frame
        self.doubled = []        # answered a second time otherwise than at first
        self.errors = collections.Counter()
        self.connections = 0
        self.stopping = False
        self.failure = None

    def run(self):
        try:
            while len(self.answers) < len(self.payloads) and not self.stopping:
                try:
                    with self.connect() as client:
                        self.connections += 1
                        self.work(client)
                except (wire.Closed, wire.Refused, OSError):
                    time.sleep(0.05)
        except Exception as failure:  # told by join_all: a thread's traceback alone fails no test
            self.failure = failure

    def work(self, client):
        left = collections.deque(i for i in range(len(self.payloads)) if i not in self.answers)
        under_way = {}
        while (left or under_way) and not self.stopping:
            burst = b""
            while left and len(under_way) < self.window:
                i = left.popleft()
                id, data = client.frame(self.method, self.payloads[i])
                under_way[id] = i
                burst += data
            if burst:
                client.send_bytes(burst)
            frame = client.receive_frame(60)
            if frame.type == wire.GOAWAY:
                client.others.append(frame)
            elif frame.type in (wire.RESPONSE, wire.ERROR) and frame.id in under_way:
                i = under_way.pop(frame.id)
                name = wire.ERRORS[frame.code][0] if frame.type == wire.ERROR else None
                if name is not None:
                    self.errors[name] += 1
                if name in ("UNAVAILABLE", "INTERNAL", "BUSY", "DEADLINE"):
                    left.appendleft(i)
                    time.sleep(0.05)
                    continue
                self.answers[i] = frame
                self.on_answer()
            elif frame.type == wire.ERROR:
                raise client.error_of(frame)


def join_all(writers, timeout=60):
    timeout *= SLOWER
    until = time.monotonic() + timeout
    for writer in writers:
        writer.join(max(0, until - time.monotonic()))
    left = sum(len(w.payloads) - len(w.answers) for w in writers)
    for writer in writers:
        writer.stopping = True
        if writer.failure is not None:
            raise writer.failure
    if left:
        raise AssertionError(f"{left} operations were not answered in {timeout} s; errors "
                             f"{sum((w.errors for w in writers), collections.Counter())}")
