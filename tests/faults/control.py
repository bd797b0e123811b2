"""The numbers that a test shares with a preload shim (control.h), and the environment that loads the shim."""

import mmap
import os
import struct

BUILD = os.path.realpath(os.environ.get("LVZHI_BUILD") or os.path.join(os.path.dirname(__file__), "../../build"))


class Control:
    """A shim's numbers by name; `text` is the room for a text before them."""

    def __init__(self, shim, path, names, text=0):
        self.shim, self.path, self.text = shim, path, text
        self.places = {name: text + 8 * i for i, name in enumerate(names)}
        with open(path, "wb") as file:
            file.truncate(text + 8 * len(names))
        os.chmod(path, 0o666)  # PostgreSQL runs as another user
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 0)

    def environment(self):
        return {"LD_PRELOAD": os.path.join(BUILD, f"libfaults_{self.shim}.so"), f"LVZHI_{self.shim.upper()}": self.path}

    def __getitem__(self, name):
        return struct.unpack_from("=q", self.map, self.places[name])[0]

    def __setitem__(self, name, value):
        struct.pack_into("=q", self.map, self.places[name], value)

    def set(self, **values):
        for name, value in values.items():
            self[name] = value

    def match(self, text):
        """Which files it is about: those with this text in their path."""
        self.map[:self.text] = text.encode().ljust(self.text, b"\0")


def memory(path):
    return Control("memory", path, ("armed", "count", "fail_at", "failed"))


def clock(path):
    return Control("clock", path, ("offset_s", "asked"))


def disk(path, match):
    control = Control("disk", path, ("flush_ms", "flush_fail_at", "flush_fail_ppm", "write_fail_at", "write_short_at",
                                     "full", "flushes", "writes", "failed"), text=128)
    control.match(match)
    return control
