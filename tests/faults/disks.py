"""Small disks in memory, to be filled up."""

import atexit
import os
import pwd
import subprocess

import harness

PAGE = 4096


class Disk:
    """A tmpfs mounted at `path`; gone when the program ends, whatever ends it."""

    def __init__(self, path, mib, user=None):
        self.path = path
        os.makedirs(path, exist_ok=True)
        owner = f",uid={pwd.getpwnam(user).pw_uid},gid={pwd.getpwnam(user).pw_gid}" if user else ""
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=0700{owner}", "lvzhi-test", path],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"a tmpfs cannot be mounted, for which one must be root: {done.stderr.strip()}")
        atexit.register(self.unmount)
        self.fill_path = os.path.join(path, "ballast")

    def free(self):
        """Pages that an ordinary user may still take."""
        return os.statvfs(self.path).f_bavail

    def fill(self, pages_left=0):
        """Take what room there is; also what has become free since."""
        piece = max(1, self.free() - pages_left)
        with open(self.fill_path, "ab") as file:
            size = file.tell()
            while piece > 0 and self.free() > pages_left:
                try:
                    os.posix_fallocate(file.fileno(), size, piece * PAGE)
                    size += piece * PAGE
                except OSError:  # somebody else has taken some
                    piece //= 2

    def empty(self):
        if os.path.exists(self.fill_path):
            os.unlink(self.fill_path)

    def unmount(self):
        if os.path.ismount(self.path):
            subprocess.run(["umount", "-l", self.path], check=False)


def disk(name, mib, user=None):
    return Disk(os.path.join(harness.directory(), name), mib, user)
