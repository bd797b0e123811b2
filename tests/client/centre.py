"""Whole centres for tests: `server/start` on a directory of its own, and the commands of `lvzhi` on its profiles.

What a test starts is ended by its pid, also when the test fails and when the run is interrupted. Processes are started
by the main thread only: they are told to end with it.
"""

import atexit
import collections
import ctypes
import functools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

SOURCE = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
BUILD = os.path.realpath(os.environ.get("LVZHI_BUILD") or os.path.join(SOURCE, "build"))
SAMPLE = os.path.join(SOURCE, "sql/sample/qingshi-2025")
RULES = os.path.join(SOURCE, "tests/rules")
LVZHI = os.path.join(BUILD, "lvzhi")
DONE, REFUSED, USAGE, NO_CONNECTION = 0, 1, 2, 3
YEAR = ("--from", "2025-01-01", "--to", "2025-12-31")
PR_SET_PDEATHSIG = 1
SMALL_TOWN = 533421007

libc = ctypes.CDLL(None)
sys.path.insert(0, RULES)


def wait_until(condition, timeout=10, what="it"):
    until = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"{what} did not happen in {timeout} s")
        time.sleep(0.02)


def interrupt(number, _):
    """unittest takes any other exception for a test's failure and goes on."""
    raise KeyboardInterrupt(signal.Signals(number).name)


@functools.cache
def directory():
    """A temporary directory that every user may enter: PostgreSQL runs as another user when the tests run as root."""
    path = tempfile.mkdtemp(prefix="lvzhi-cli.", dir="/tmp")
    os.chmod(path, 0o755)
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    return path


def fresh(name):
    path = tempfile.mkdtemp(prefix=name + ".", dir=directory())
    os.chmod(path, 0o755)
    return path


def once(make):
    """Like functools.cache, and what failed is not tried again by every test."""
    made = []

    @functools.wraps(make)
    def get():
        if not made:
            try:
                made.append((make(), None))
            except AssertionError as failure:
                made.append((None, str(failure)))
        value, failure = made[0]
        if failure is not None:
            raise AssertionError(failure)
        return value
    return get


@functools.cache
def tree():
    """The source tree, whose `build` is the build under test: server/start knows no other place."""
    if BUILD == os.path.join(SOURCE, "build"):
        return SOURCE
    path = os.path.join(directory(), "tree")
    os.mkdir(path)
    for name in ("CMakeLists.txt", "proto", "sql", "client", "server", "tests"):
        os.symlink(os.path.join(SOURCE, name), os.path.join(path, name))
    os.symlink(BUILD, os.path.join(path, "build"))
    return path


def crowd():
    """How many times longer than alone something takes here because of other work, roughly; 1 on a quiet machine."""
    return max(1, os.getloadavg()[0] / os.cpu_count())


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# Processes.

def child(command, death_signal=signal.SIGKILL, **options):
    assert threading.current_thread() is threading.main_thread()
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True,
                            preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, death_signal), **options)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children_of(parent):
    found = []
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/stat") as stat:
                if int(stat.read().rpartition(")")[2].split()[1]) == parent:
                    found.append(int(name))
        except (OSError, ValueError):
            continue
    return found


def processes_naming(text):
    """Pids of the processes with a text in their command line."""
    found = []
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as line:
                if text.encode() in line.read() and name.isdigit() and int(name) != os.getpid():
                    found.append(int(name))
        except OSError:
            continue
    return found


# The command.

class Said(collections.namedtuple("Said", "code out err seconds")):
    """What a command printed and how it ended."""

    def json(self):
        return json.loads(self.out)


def environment():
    """Of a user who has no profile of their own."""
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("LVZHI_", "XDG_"))}
    return {**keep, "HOME": os.path.join(directory(), "home"), "LC_ALL": "C.UTF-8"}


def lvzhi(profile, *words, timeout=120, stdin=None, executable=LVZHI):
    begun = time.monotonic()
    place = ["--profile", profile] if profile else []
    done = subprocess.run([executable, *place, *map(str, words)], capture_output=True, text=True, timeout=timeout,
                          env=environment(), input=stdin, cwd="/", errors="surrogateescape")
    return Said(done.returncode, done.stdout, done.stderr, time.monotonic() - begun)


class Place:
    """A town's profiles, and commands with them."""

    def __init__(self, centre, path, town):
        self.centre, self.path, self.town = centre, path, town

    def profile(self, name):
        return os.path.join(self.path, name)

    def run(self, name, *words, **options):
        return lvzhi(self.profile(name), *words, **options)

    def json(self, name, *words, **options):
        said = self.run(name, "--format", "json", *words, **options)
        if said.code != DONE:
            raise AssertionError(f"lvzhi {' '.join(map(str, words))}: exit {said.code}\n{said.err}")
        return said.json()

    def settings(self, name):
        return read_profile(self.profile(name))

    def ledger(self, method=33):
        """Operations of a method (33: RecordAttendance) that the centre has done."""
        return int(self.centre.sql(
            f"select count(*) from data.operation where town_id = {self.town} and method = {method}"))

    def marks(self, meeting, person):
        """How often somebody was marked at a meeting, corrections included, as the office sees it."""
        roll = self.json("office", "meetings", "show", meeting)["roll"]
        return next(line.get("marks", 0) for line in roll if line["code"] == person)


def read_profile(path):
    with open(path) as file:
        return dict(line.rstrip("\n").split(" = ", 1) for line in file if " = " in line)


def write_profile(path, settings):
    with open(path, "w") as file:
        os.fchmod(file.fileno(), 0o600)
        file.writelines(f"{key} = {value}\n" for key, value in settings.items())


# The centre.

class Centre:
    """`server/start` on one directory."""

    def __init__(self, data, town, port=None):
        self.data, self.town_files, self.port = data, town, port
        self.log = os.path.join(directory(), f"start.{os.path.basename(os.path.dirname(data))}.{id(self)}")
        self.process = None
        self.seconds = self.crowd = None
        atexit.register(self.end)

    def command(self):
        port = ["--port", str(self.port)] if self.port else []
        return [os.path.join(tree(), "server/start"), "--data", self.data, "--town", self.town_files, *port]

    def launch(self, cwd="/"):
        with open(self.log, "w") as log:
            self.process = child(self.command(), signal.SIGTERM, stdout=log, stderr=log, cwd=cwd, env=environment())
        self.begun = time.monotonic()

    def wait_ready(self, timeout=300):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"start ended with {self.process.returncode}:\n{self.said()}")
            return re.search(r"^ready\n(.*\n)+.* health\n", self.said(), re.M)
        wait_until(ready, timeout, "`ready`")
        self.seconds, self.crowd = time.monotonic() - self.begun, crowd()
        return self

    def start(self, timeout=300):
        self.launch()
        return self.wait_ready(timeout)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def ensure(self):
        return self if self.running() else self.start()

    def said(self):
        with open(self.log) as log:
            return log.read()

    def signal_and_wait(self, number, timeout=60):
        """The exit code; a start that does not end is killed, and its daemons with it."""
        self.process.send_signal(number)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill_all()
            raise AssertionError(f"start did not end in {timeout} s after signal {number}:\n{self.said()}") from None

    def stop(self):
        return self.signal_and_wait(signal.SIGTERM)

    def end(self):
        if self.running():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                pass
        if self.process is not None:
            self.kill_all()

    def kill_all(self):
        """Whatever names this directory: start itself, the daemon, the postmaster; its backends follow it."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pid in processes_naming(self.data + "/"):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def daemon(self):
        """The pid of lvzhid."""
        for pid in processes_naming(f"--config={self.data}/lvzhid.ini"):
            if alive(pid):
                return pid
        return None

    def postmaster(self):
        try:
            with open(os.path.join(self.data, "pg/data/postmaster.pid")) as file:
                return int(file.readline())
        except (OSError, ValueError):
            return None

    def everything(self):
        """All processes that serve this centre, the script excluded."""
        found = [pid for pid in (self.daemon(), self.postmaster()) if pid]
        return found + [pid for parent in found for pid in children_of(parent)]

    def run_directory(self):
        return os.path.realpath(os.path.join(self.data, "run"))

    def sql(self, text):
        """One line of what the superuser sees."""
        place = f"host='{self.run_directory()}/pg' dbname=lvzhi user=postgres"
        done = subprocess.run(["psql", place, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", text],
                              capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise AssertionError("psql: " + done.stderr)
        return done.stdout.rstrip("\n")

    def place(self, town):
        return Place(self, os.path.join(self.data, "profiles"), town)

    def records(self, town):
        """How many rows each register of a town holds, import's staging and the ledger left out."""
        names = self.sql(
            "select string_agg(c.table_name, ' ') from information_schema.columns as c"
            " where c.table_schema = 'data' and c.column_name = 'town_id' and c.table_name not similar to '(import|seal)%'"
            " and c.table_name not in ('operation', 'session_token', 'login_failure', 'device', 'account')").split()
        counts = [f"select '{n} ' || count(*) from data.{n} where town_id = {town}" for n in sorted(names)]
        return self.sql(" union all ".join(counts)).split("\n")


def make_town(centre, files, town):
    """A further town of a centre, as its administrator makes one: created, provisioned, imported, provisioned."""
    path = os.path.join(fresh("town"), "profiles")
    admin = os.path.join(centre.data, "profiles/admin")
    server = read_profile(os.path.join(centre.data, "profiles/office"))
    provision = ["provision", path, "--town", town, "--address", server["address"],
                 "--server-key", server["server_key"]]
    steps = [
        (admin, ["call", "CreateTown", lvzhi(None, "csv-town", os.path.join(files, "town.csv")).out]),
        (admin, [*provision, "--bootstrap"]),
        (os.path.join(path, "office"), ["import", files]),
        (admin, provision),
    ]
    for profile, words in steps:
        said = lvzhi(profile, *words)
        if said.code != DONE:
            raise AssertionError(f"lvzhi {words}: exit {said.code}\n{said.err}")
    return Place(centre, path, town)


@once
def sample():
    """The centre of most tests, with the sample town."""
    centre = Centre(os.path.join(fresh("sample"), "data"), SAMPLE, free_port())
    centre.start()
    return centre.place(533421121)


@once
def worked():
    """The sample town in a centre of its own, for tests that add to its records."""
    centre = Centre(os.path.join(fresh("worked"), "data"), SAMPLE, free_port())
    centre.start()
    return centre.place(533421121)


@once
def small():
    """A town of two groups in the same centre, with a meeting in each state that matters."""
    return make_town(sample().centre, small_files(), SMALL_TOWN)


@functools.cache
def small_files(code=SMALL_TOWN):
    people = {"D001": "G01", "D002": "G01", "D003": "G02", "D004": "G02"}
    meetings = [
        ("M001", "group_meeting", "G01", "open"), ("M002", "group_meeting", "G02", "open"),
        ("M003", "congress_session", "", "open"), ("M004", "group_meeting", "G01", "closed"),
        ("M005", "group_meeting", "G01", "locked"), ("M006", "group_meeting", "G01", "planned"),
        ("M007", "training", "G01", "open"), ("M008", "inspection", "G01", "open"),
    ]
    files = {
        "town": ["code,name,term,term_starts_on", f"{code},小镇,第十二届,2022-03-01"],
        "villages": ["code,name,kind", "V01,村一,village"],
        "units": ["code,name", "U01,水务站"],
        "groups": ["code,name,village", "G01,组一,V01", "G02,组二,V01"],
        "people": ["code,name,gender,phone", *(f"{p},代表{p},女,13800000{p[1:]}" for p in people)],
        "mandates": ["code,person,level,group,starts_on",
                     *(f"Z{p},{p},town,{g},2022-03-01" for p, g in people.items())],
        "meetings": ["code,kind,title,group,held_on,state",
                     *(f"{m},{kind},会议{m},{group},2025-06-1{m[-1]},{state}" for m, kind, group, state in meetings)],
        "attendance": ["meeting,person,notice,notified_on,mark",
                       *(f"{m},{p},signed,2025-05-20,{'absent' if state in ('closed', 'locked') else ''}"
                         for m, _, group, state in meetings for p, g in people.items() if group in ("", g))],
    }
    path = fresh(f"files-{code}")
    for name, lines in files.items():
        with open(os.path.join(path, name + ".csv"), "w", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in lines))
    return path


def copy_files(source):
    path = os.path.join(fresh("files"), "csv")
    shutil.copytree(source, path)
    return path


class Case(unittest.TestCase):
    maxDiff = 4000

    def said(self, said, code, *texts):
        """Demand an exit code, and texts in what the command said to people."""
        self.assertEqual(said.code, code, said.out + said.err)
        for text in texts:
            self.assertIn(text, said.err)
        return said
