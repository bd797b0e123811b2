"""A line between two programs that behaves as badly as wished: `with Proxy(("127.0.0.1", port)) as line`.

It listens on 127.0.0.1, line.port, and carries bytes both ways. What it does to them may change at any time:

    line.delay_s, line.jitter_s    each piece of each direction arrives so much later
    line.rate                      bytes a second and direction; 0: as many as come
    line.split                     pieces of one byte
    line.hole = "up" | "down" | "both"     bytes vanish, both ends think the line is alive
    line.corrupt                   one bit of each piece is turned over
    line.cut_answers = n           each n-th time that bytes come from the server after some from the client, they are
                                   dropped and both ends reset: what the server did is done, and nobody hears of it
    line.cut()                     reset all connections
"""

import random
import select
import socket
import struct
import threading
import time

PIECE = 16384


class Proxy:
    def __init__(self, server):
        self.server = server
        self.delay_s = self.jitter_s = 0.0
        self.rate = self.cut_answers = 0
        self.split = self.corrupt = False
        self.hole = ""
        self.cuts = 0
        self.lines = set()
        self.lock = threading.Lock()
        self.over = False
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over = True
        self.listener.close()
        self.cut()

    def accept(self):
        while not self.over:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=[client], daemon=True).start()

    def cut(self):
        with self.lock:
            lines, self.lines = self.lines, set()
        for line in lines:
            for end in line:
                reset(end)

    def connect(self):
        """To the server: an address, or the path of a Unix socket."""
        if not isinstance(self.server, str):
            return socket.create_connection(self.server, timeout=10)
        end = socket.socket(socket.AF_UNIX)
        end.connect(self.server)
        return end

    def carry(self, client):
        try:
            server = self.connect()
        except OSError:
            reset(client)
            return
        ends = (client, server)
        for end in ends:
            if end.family != socket.AF_UNIX:
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.lock:
            self.lines.add(ends)
        answers, asked = 0, False
        try:
            while True:
                for end in select.select(ends, [], [], 1)[0]:
                    data = end.recv(PIECE)
                    if not data:
                        return
                    up = end is client
                    if up:
                        asked = True
                    elif asked and self.cut_answers:
                        asked, answers = False, answers + 1
                        if answers % self.cut_answers == 0:
                            self.cuts += 1
                            reset(client)
                            reset(server)
                            return
                    self.pass_on(server if up else client, data, "up" if up else "down")
                if self.over:
                    return
        except (OSError, ValueError):  # one end is gone, or cut() has taken both
            pass
        finally:
            with self.lock:
                self.lines.discard(ends)
            for end in ends:
                end.close()

    def pass_on(self, end, data, direction):
        if self.hole in (direction, "both"):
            return
        wait_s = self.delay_s + random.uniform(-self.jitter_s, self.jitter_s)
        if self.rate:
            wait_s += len(data) / self.rate
        if wait_s > 0:
            time.sleep(wait_s)
        if self.corrupt:
            data = bytearray(data)
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)
        for piece in (data[i:i + 1] for i in range(len(data))) if self.split else (data,):
            end.sendall(piece)


def reset(end):
    """RST, not FIN: what is unread on either side is lost."""
    try:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.close()
    except OSError:
        pass
