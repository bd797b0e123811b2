"""A line between a profile and the daemon that can be cut: a TCP proxy which reads nothing of what passes."""

import os
import selectors
import socket
import sqlite3
import threading

import centre as c

PIECE = 64 << 10


class Line(threading.Thread):
    """Passes bytes both ways until `up(line, piece)` or `down(line, piece)` says otherwise.

    Each is asked before a piece goes to the daemon (up) or back (down): True passes it, False cuts that connection with
    the piece lost. With `is_cut` set, new connections are closed at once.
    """

    def __init__(self, target):
        super().__init__(daemon=True)
        self.target = target
        self.up = self.down = lambda piece: True
        self.is_cut = False
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.wake, self.woken = socket.socketpair()
        self.selector.register(self.woken, selectors.EVENT_READ)
        self.other = {}
        self.failure = None
        self.start()

    def run(self):
        try:
            while True:
                for key, _ in self.selector.select():
                    if key.fileobj is self.woken:
                        return
                    if key.fileobj is self.listener:
                        self.accept()
                    elif key.fileobj in self.other:
                        self.carry(key.fileobj, key.data)
        except Exception as failure:  # told by close(): a thread's traceback alone fails no test
            self.failure = failure

    def accept(self):
        near, _ = self.listener.accept()
        self.connections += 1
        if self.is_cut:
            near.close()
            return
        try:
            far = socket.create_connection(("127.0.0.1", self.target), timeout=10)
        except OSError:
            near.close()
            return
        self.other[near], self.other[far] = far, near
        self.selector.register(near, selectors.EVENT_READ, "up")
        self.selector.register(far, selectors.EVENT_READ, "down")

    def carry(self, source, direction):
        try:
            piece = source.recv(PIECE)
            if piece and getattr(self, direction)(piece):
                self.other[source].sendall(piece)
                return
        except OSError:
            pass
        self.cut(source)

    def cut(self, end):
        for one in (end, self.other.pop(end)):
            self.other.pop(one, None)
            self.selector.unregister(one)
            one.close()

    def close(self):
        self.wake.send(b"x")
        self.join(10)
        for end in list(self.other):
            if end in self.other:
                self.cut(end)
        self.selector.close()
        for one in (self.listener, self.wake, self.woken):
            one.close()
        if self.failure is not None:
            raise self.failure


class Outbox:
    """What an outbox file holds, read beside the command that writes it."""

    def __init__(self, path):
        self.path = path

    def rows(self):
        """(op_id, state) of each: 0 waits, 1 done, 2 refused, 3 needs attention."""
        if not os.path.exists(self.path):
            return []
        box = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=10)
        try:
            return [(bytes(op_id).hex(), state) for op_id, state in box.execute("select op_id, state from operation")]
        finally:
            box.close()

    def waiting(self):
        return [op_id for op_id, state in self.rows() if state in (0, 3)]


class Lined:
    """A profile like another one, with an outbox of its own and a line in between."""

    def __init__(self, place, name):
        settings = place.settings(name)
        self.place, self.name = place, name + ".line"
        self.line = Line(int(settings["address"].rpartition(":")[2]))
        settings.update(address=f"127.0.0.1:{self.line.port}", outbox=f"outbox/{self.name}.db")
        c.write_profile(place.profile(self.name), settings)
        self.outbox = Outbox(os.path.join(place.path, "outbox", self.name + ".db"))

    def run(self, *words, **options):
        return self.place.run(self.name, *words, **options)

    def close(self):
        self.line.close()
        os.unlink(self.place.profile(self.name))
        for end in ("", "-wal", "-shm"):
            if os.path.exists(self.outbox.path + end):
                os.unlink(self.outbox.path + end)
