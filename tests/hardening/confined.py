#!/usr/bin/python3
"""confined.py UNIT COMMAND...: run a command with the limits and the filters of system calls that a systemd unit demands.

What systemd would do where it runs: the rlimits, the umask, no new privileges, SystemCallFilter, RestrictAddressFamilies,
MemoryDenyWriteExecute. Harder than it in one thing: a system call that is not allowed kills, where the unit lets it fail,
so that none goes unnoticed. (x86-64 only.)
"""

import ctypes
import os
import re
import resource
import struct
import subprocess
import sys

ARCH_X86_64 = 0xC000003E
ALLOW, KILL, ERRNO_EAFNOSUPPORT = 0x7FFF0000, 0x80000000, 0x00050000 | 97
LOAD, EQUAL, SET, RETURN, AND = 0x20, 0x15, 0x45, 0x06, 0x54
NR, ARCH, ARGUMENT = 0, 4, 16  # offsets of struct seccomp_data; an argument's low half
PROT_WRITE, PROT_EXEC, SHM_EXEC = 2, 4, 0o100000
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16}
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def read_unit(path):
    """Key -> its values, of [Service]."""
    found = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            match = re.match(r"(\w+)=(.*)", line)
            if match:
                found.setdefault(match[1], []).append(match[2])
    return found


def numbers():
    with open("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", encoding="ascii") as file:
        return {name: int(number) for name, number in re.findall(r"#define __NR_(\w+) (\d+)", file.read())}


def members(name):
    """The system calls of a set of systemd's; of a name, itself."""
    if not name.startswith("@"):
        return {name}
    text = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", name], check=True, capture_output=True,
                          encoding="utf-8").stdout
    found = set()
    for word in re.findall(r"^    ([@\w-]+)$", text, re.M):
        found |= members(word)
    return found


def allowed(unit):
    names = set()
    for value in unit["SystemCallFilter"]:
        words = value.lstrip("~").split()
        group = set().union(*map(members, words))
        names = names - group if value.startswith("~") else names | group
    return names


def statement(code, k, yes=0, no=0):
    return struct.pack("HBBI", code, yes, no, k)


def refuse_bits(number, argument, bits, all_of_them=True):
    """Kill a call whose argument has these bits: statements that begin and end with the number of the call loaded."""
    mask = [statement(AND, bits), statement(EQUAL, bits, 0, 1)] if all_of_them else [statement(SET, bits, 0, 1)]
    return [statement(EQUAL, number, 0, len(mask) + 3), statement(LOAD, ARGUMENT + 8 * argument), *mask,
            statement(RETURN, KILL), statement(LOAD, NR)]


def program(unit):
    nr = numbers()
    code = [statement(LOAD, ARCH), statement(EQUAL, ARCH_X86_64, 1, 0), statement(RETURN, KILL), statement(LOAD, NR)]
    if unit.get("MemoryDenyWriteExecute") == ["yes"]:
        code += refuse_bits(nr["mmap"], 2, PROT_WRITE | PROT_EXEC)
        code += refuse_bits(nr["mprotect"], 2, PROT_EXEC, False)
        code += refuse_bits(nr["pkey_mprotect"], 2, PROT_EXEC, False)
        code += refuse_bits(nr["shmat"], 2, SHM_EXEC, False)
    families = [FAMILIES[name] for name in unit["RestrictAddressFamilies"][0].split()]
    code += [statement(EQUAL, nr["socket"], 0, len(families) + 3), statement(LOAD, ARGUMENT)]
    code += [statement(EQUAL, family, len(families) - i, 0) for i, family in enumerate(families)]
    code += [statement(RETURN, KILL), statement(LOAD, NR)]
    for name in sorted(allowed(unit)):
        if name in nr:
            code += [statement(EQUAL, nr[name], 0, 1), statement(RETURN, ALLOW)]
    return b"".join(code + [statement(RETURN, KILL)])


def bytes_of(text):
    match = re.fullmatch(r"(\d+)([KMG]?)", text)
    return int(match[1]) * UNITS[match[2]]


def confine(unit):
    for key, values in unit.items():
        if key.startswith("Limit"):
            which = getattr(resource, "RLIMIT_" + key[5:])
            hard = resource.getrlimit(which)[1]
            value = bytes_of(values[-1]) if hard == resource.RLIM_INFINITY else min(bytes_of(values[-1]), hard)
            resource.setrlimit(which, (value, value))
    os.umask(int(unit["UMask"][0], 8))
    code = program(unit)
    kept = ctypes.create_string_buffer(code, len(code))
    filter_ = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(code) // 8, ctypes.addressof(kept)))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter_, 0, 0)):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    confine(read_unit(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])
