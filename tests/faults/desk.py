"""A clerk's machine: `lvzhi` with a profile, a device and an outbox of its own, on a centre of the harness."""

import os
import sqlite3
import subprocess
import time
import uuid

from crew import harness
from cryptography.hazmat.primitives import serialization

DONE, REFUSED, USAGE, NO_CONNECTION = 0, 1, 2, 3
PENDING, IN_CENTRE = 0, 1


class Desk:
    def __init__(self, centre, name, place=None):
        """`place`: where the outbox stands."""
        self.centre = centre
        self.directory = os.path.join(centre.directory, name)
        os.makedirs(self.directory)
        self.place = place or self.directory
        self.outbox = os.path.join(self.place, "outbox")
        self.profile = os.path.join(self.directory, "profile")
        self.environment = {}
        self.issued = set()        # operations that the outbox has held
        self.acknowledged = set()  # said to be done, or kept for later
        self.device = centre.new_device(name=name)
        key = os.path.join(self.directory, "device.pem")
        with open(key, "wb") as file:
            file.write(self.device.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                     serialization.NoEncryption()))
        os.chmod(key, 0o600)
        with centre.connect_tls("clerk1", self.device) as client:
            self.configure(address=f"127.0.0.1:{centre.port}", server_key=harness.files().pin, town=harness.TOWN,
                           installation=str(uuid.UUID(bytes=client.welcome["installation_id"])), login="clerk1",
                           token=client.token.hex(), device=str(uuid.UUID(bytes=self.device.device_id)), device_key=key,
                           outbox=self.outbox)

    def configure(self, **settings):
        with open(self.profile, "w") as file:
            os.fchmod(file.fileno(), 0o600)
            file.writelines(f"{key} = {value}\n" for key, value in settings.items())
        self.settings = settings

    def run(self, *words, timeout=60):
        """Exit code, and what it said. A command that hangs fails its row."""
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("LVZHI_", "XDG_"))}
        done = subprocess.run(
            [os.path.join(harness.BUILD, "lvzhi"), "--profile", self.profile, *map(str, words)], capture_output=True,
            text=True, timeout=timeout, cwd="/", stdin=subprocess.DEVNULL, errors="replace",
            env={**keep, "HOME": self.directory, "LC_ALL": "C.UTF-8", **self.environment})
        return done.returncode, done.stdout + done.stderr

    def mark(self, n, **options):
        """One operation: a mark that no other command of this desk makes."""
        mark = ("present", "late", "left_early")[n % 3]
        return self.run("attendance", "record", "M001", f"D{n % 19 + 1:02d}={mark}", **options)

    def rows(self):
        """(op_id, state) of the outbox; it must be sound."""
        if not os.path.exists(self.outbox):
            return []
        db = sqlite3.connect(f"file:{self.outbox}?mode=rw", uri=True, timeout=10)
        try:
            sound = db.execute("pragma integrity_check").fetchone()[0]
            if sound != "ok":
                raise AssertionError(f"the outbox is not sound: {sound}")
            try:
                return db.execute("select op_id, state from operation order by number").fetchall()
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):  # ended before it was made
                    return []
                raise
        finally:
            db.close()

    def held(self):
        """Ids in the centre's ledger that this machine authored, each with its effects."""
        rows = self.centre.sql(
            "select encode(uuid_send(o.op_id), 'hex'), count(m.op_id) from data.operation as o"
            " left join data.attendance_mark as m using (town_id, op_id)"
            f" where o.method = 33 and uuid_send(o.device_id) = '\\x{self.device.device_id.hex()}' group by o.op_id")
        return {bytes.fromhex(op_id): int(effects) for op_id, effects in rows}

    def look(self, code):
        """After a command: what the outbox holds now was issued; with exit 0 its newest was said to be done."""
        rows = self.rows()
        self.issued |= {op_id for op_id, _ in rows}
        if code == DONE and rows:
            self.acknowledged.add(rows[-1][0])
        self.acknowledged |= {op_id for op_id, state in rows if state == IN_CENTRE}
        return rows

    def drain(self, timeout=20):
        """Everything kept is sent."""
        self.environment = {}
        until = time.monotonic() + timeout
        while any(state == PENDING for _, state in self.rows()):
            self.run("health")
            if time.monotonic() > until:
                raise AssertionError(f"the outbox is not empty after {timeout} s")
        self.look(None)

    def books(self):
        """lost, doubled, invented."""
        held, states = self.held(), dict(self.rows())
        lost = sum(held.get(op_id, 0) == 0 for op_id in self.acknowledged)
        lost += sum(op_id not in states for op_id in self.issued)           # gone from this machine
        lost += sum(state == IN_CENTRE and op_id not in held for op_id, state in states.items())
        return lost, sum(n > 1 for n in held.values()), sum(op_id not in self.issued for op_id in held)
