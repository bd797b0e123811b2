#!/usr/bin/env python3
"""What the compiler does not hold: who includes whom, sizes, style, calls and their files, rules and their sentences, and
that all text has its translation.

Prints each violation as FILE:LINE: TEXT and exits 1 when there is one. Standard library, clang-format, xgettext only.
"""

import collections
import csv
import os
import pathlib
import re
import shutil
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[1]

# The dependency rule. A noun stands for its .c and .h. Every file of server/ is in one of the two tables.

# The two thin edges, and which of the guarded headers each may include.
EDGES = {
    "conn": {"uv.h"},
    "door": set(),
    "health": set(),
    "http": {"uv.h"},
    "listener": {"uv.h"},
    "main": {"uv.h"},
    "password": {"uv.h"},
    "pg": {"uv.h", "libpq-fe.h"},
    "pipeline": {"uv.h", "libpq-fe.h"},
    "pool": set(),
    "supervisor": set(),
    "registry": {"libpq-fe.h"},  # at start, before the loop
    "migrate": {"libpq-fe.h"},
    "file": set(),
    "worker": {"uv.h"},
    "request": set(),  # between the edges: they hold the worker and a connection
    "login": set(),
    "topic": set(),
}

# Functions of their arguments: they include proto/ and one another.
PURE = {
    "address", "arena", "call", "config", "crash", "lane", "ledger", "limits", "log", "message", "metrics", "pace",
    "params", "plan", "refusal", "rows", "session", "statements", "together", "work",
}

GUARDED = {"uv.h", "libpq-fe.h"}  # in server/, only for the edges; in proto/, for nobody

# Which folders' headers a folder may include; a folder always has its own.
MAY_INCLUDE = {
    "proto": set(),
    "server": {"proto"},
    "client/lib": {"proto"},
    "client/paper": set(),
    "client/picture": {"proto", "client/lib"},
    "client/cli": {"proto", "client/lib", "client/paper", "client/picture"},
    "client/desk": {"proto", "client/lib"},
}

GENERATED = {"lvzhi/v1/wire.pb-c.h", "google/protobuf/descriptor.pb-c.h"}  # by protoc-c, in the build's folder

REFUSING = {"conn", "login", "pipeline", "request", "session", "topic", "worker"}  # rules are named in the server, too

FUNCTION_LINES = 80
FILE_LINES = 600
COLUMNS = {".c": 120, ".h": 120, ".sql": 120, ".py": 130}
BANNED = ("strcpy", "strcat", "sprintf", "vsprintf", "gets", "atoi", "strtok")
UNFINISHED = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")

KEPT_METHODS = range(5, 16)  # for the session; a method taken out stands in a .proto as "// reserved: 27, 40-42"
FIRST_CALL = 16

violations = []


def complain(file, line, text):
    violations.append((str(file), line, text))


def repository_files():
    """Tracked files and those about to be; build folders are ignored. Without git: everything but build folders."""
    command = ["git", "-C", str(TOP), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = []
    if (TOP / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(command, capture_output=True, check=False).stdout.decode().split("\0")
    if not any(listed):
        for folder, folders, names in os.walk(TOP):
            folders[:] = [f for f in folders if not f.startswith((".", "build")) and f not in ("node_modules", "var")]
            listed += [os.path.relpath(os.path.join(folder, name), TOP) for name in names]
    return sorted(f for f in set(listed) if f and (TOP / f).is_file())


def read(file):
    return (TOP / file).read_text(encoding="utf-8", errors="replace")


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def c_code(text, keep_strings=False):
    """Comments (and strings) as blanks, so that columns and lines stay."""

    def replace(match):
        if match.group().startswith("/") or not keep_strings:
            return blank(match)
        return match.group()

    return re.sub(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", replace, text, flags=re.S)


def sql_code(text):
    """Comments as blanks; strings stay."""

    def replace(match):
        return blank(match) if match.group().startswith(("--", "/*")) else match.group()

    return re.sub(r"--[^\n]*|/\*.*?\*/|'(?:''|[^'])*'", replace, text, flags=re.S)


def folder_of(file):
    """The folder of the dependency rule that a file belongs to: client/lib, else its first part."""
    parts = file.split("/")
    return "/".join(parts[:2]) if parts[0] == "client" else parts[0]


def find_header(file, name, files):
    """The repository's file that an #include "name" of `file` means; None: none of ours."""
    for folder in [os.path.dirname(file), *MAY_INCLUDE]:
        path = os.path.normpath(os.path.join(folder, name))
        if path in files:
            return path
    return None


def noun_of(file):
    return pathlib.PurePath(file).stem


def check_include(file, line, name, quoted, files):
    folder = folder_of(file)
    if name in GUARDED:
        if folder == "proto":
            complain(file, line, f"proto/ includes no <{name}>")
        if folder == "server" and name not in EDGES.get(noun_of(file), ()):
            complain(file, line, f"only an edge may include <{name}>")
    if name in GENERATED:
        return
    header = find_header(file, name, files)
    if header is None:
        if quoted and name not in GUARDED:
            complain(file, line, f'there is no "{name}" in the repository')
        return
    owner = folder_of(header)
    if owner != folder and owner not in MAY_INCLUDE[folder]:
        complain(file, line, f"{folder}/ includes nothing of {owner}/: {header}")
    if folder == owner == "server" and noun_of(file) in PURE and noun_of(header) not in PURE:
        complain(file, line, f"a pure file includes only pure ones: {header}")


def check_includes(c_files):
    files = set(c_files)
    for file in c_files:
        folder = folder_of(file)
        if folder == "server" and noun_of(file) not in PURE and noun_of(file) not in EDGES:
            complain(file, 1, "neither in EDGES nor in PURE of tests/tidy.py")
        if folder == "tests":
            continue  # they may look at everything
        if folder not in MAY_INCLUDE:
            complain(file, 1, "its folder is not in MAY_INCLUDE of tests/tidy.py")
            continue
        text = c_code(read(file), keep_strings=True)
        for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', text, re.M):
            check_include(file, line_of(text, match.start()), match[2], match[1] == '"', files)


def functions(text):
    """(first line, number of lines) of each function body's whole definition."""
    code = c_code(text)
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", blank, code, flags=re.M)
    depth, head, start, is_function = 0, 0, 0, False
    for match in re.finditer(r"[{};]", code):
        at = match.start()
        if match.group() == "{":
            if depth == 0:
                before = code[head:at]
                is_function = "(" in before and not before.rstrip().endswith("=")
                start = line_of(code, head + len(before) - len(before.lstrip()))
            depth += 1
        elif match.group() == "}":
            depth -= 1
            if depth == 0:
                if is_function:
                    yield start, line_of(code, at) - start + 1
                head = at + 1
        elif depth == 0:
            head = at + 1


def check_sizes(files, c_files):
    for file in c_files:
        text = read(file)
        count = text.count("\n")
        if count > FILE_LINES:
            complain(file, count, f"{count} lines in one file; {FILE_LINES} are allowed")
        for line, size in functions(text):
            if size > FUNCTION_LINES:
                complain(file, line, f"a function of {size} lines; {FUNCTION_LINES} are allowed")
    for file in files:
        if file.endswith((".c", ".h", ".sql", ".py")):
            for number, line in enumerate(read(file).splitlines(), 1):
                allowed = COLUMNS[os.path.splitext(file)[1]]
                if len(line) > allowed:
                    complain(file, number, f"{len(line)} columns; {allowed} are allowed")


def check_words(files, c_files):
    banned = re.compile(r"\b(" + "|".join(BANNED) + r")\s*\(")
    for file in c_files:
        code = c_code(read(file))
        for match in banned.finditer(code):
            complain(file, line_of(code, match.start()), f"{match[1]}() is not used here")
    unfinished = re.compile(r"\b(" + "|".join(UNFINISHED) + r")\b")
    for file in files:
        if file.endswith((".csv", ".lock", ".json", ".svg", ".png")):
            continue
        text = read(file)
        for match in unfinished.finditer(text):
            complain(file, line_of(text, match.start()), f"{match[1]}: finish it or leave it out")


def check_format(c_files):
    if shutil.which("clang-format") is None:
        complain(".clang-format", 1, "clang-format is not installed")
        return
    if not c_files:
        return
    result = subprocess.run(
        ["clang-format", "--dry-run", "-Werror", *c_files], cwd=TOP, capture_output=True, text=True, check=False
    )
    places = re.findall(r"^([^\s:]+):(\d+):\d+: error:", result.stderr, re.M)
    for file, line in dict(reversed(places)).items():  # the first place of each file
        complain(file, int(line), "clang-format would change this file")
    if result.returncode != 0 and not places:
        complain(".clang-format", 1, result.stderr.strip() or "clang-format failed")


Method = collections.namedtuple("Method", "file line name request reply number")


def snake_case(name):
    return re.sub(r"(?<=[^A-Z_])(?=[A-Z])", "_", name).lower()


def numbers(text):
    """ "27, 40-42" -> 27, 40, 41, 42 """
    for first, last in re.findall(r"(\d+)(?:\s*-\s*(\d+))?", text):
        yield from range(int(first), int(last or first) + 1)


def read_protos(files):
    methods, messages, reserved = [], set(), set(KEPT_METHODS)
    for file in files:
        text = read(file)
        for match in re.finditer(r"//\s*reserved:([\d\s,-]+)$", text, re.M):
            reserved.update(numbers(match[1]))
        code = c_code(text, keep_strings=True)
        messages.update(re.findall(r"\bmessage\s+(\w+)\s*\{", code))
        rpc = r"\brpc\s+(\w+)\s*\(\s*([\w.]+)\s*\)\s*returns\s*\(\s*([\w.]+)\s*\)\s*(?:\{([^}]*)\}|;)"
        for match in re.finditer(rpc, code):
            number = re.search(r"option\s*\(\s*(?:[\w.]+\.)?method\s*\)\s*=\s*(\d+)\s*;", match[4] or "")
            line = line_of(code, match.start())
            if number is None:
                complain(file, line, f"rpc {match[1]} has no (method) number")
                continue
            methods.append(Method(file, line, match[1], match[2], match[3], int(number[1])))
        if len(re.findall(r"\brpc\b", code)) != len(re.findall(rpc, code)):
            complain(file, 1, "an rpc that tests/tidy.py cannot read")
    return methods, messages, reserved


def check_methods(files):
    methods, messages, reserved = read_protos([f for f in files if f.startswith("proto/") and f.endswith(".proto")])
    by_number, by_name = {}, {}
    for m in methods:
        if m.number in reserved:
            complain(m.file, m.line, f"rpc {m.name}: method {m.number} is reserved")
        for seen, key in ((by_number, m.number), (by_name, m.name)):
            if key in seen:
                complain(m.file, m.line, f"rpc {m.name}: {key} is taken by {seen[key].name} in {seen[key].file}")
            seen.setdefault(key, m)
        for message in (m.request, m.reply):
            if message.split(".")[-1] not in messages:
                complain(m.file, m.line, f"rpc {m.name}: there is no message {message}")

    calls = {noun_of(f): f for f in files if re.fullmatch(r"sql/calls/[^/]+\.sql", f)}
    wanted = {snake_case(m.name): m for m in methods if m.number >= FIRST_CALL}
    for name in sorted(calls.keys() - wanted.keys()):
        complain(calls[name], 1, "no rpc has this name")
    for name in sorted(wanted.keys() - calls.keys()):
        complain(wanted[name].file, wanted[name].line, f"rpc {wanted[name].name} has no sql/calls/{name}.sql")
    check_table(sorted((m.number, m.name) for m in wanted.values()), sorted(calls.values()))


def check_table(wanted, calls):
    """The generated table of calls has each call once, in order, with who may make it, its effect and its promise."""
    path = "sql/table_of_calls"
    protos = sorted(str(p.relative_to(TOP)) for p in TOP.glob("proto/lvzhi/v1/*.proto"))
    result = subprocess.run([str(TOP / path), *protos, *calls], cwd=TOP, capture_output=True, encoding="utf-8", check=False)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in result.stdout.splitlines()[2:]]
    if [(int(r[0]), r[1]) for r in rows] != wanted:
        complain(path, 1, "it does not list the calls that there are " + result.stderr.strip())
    for row in rows:
        if not (row[2] and row[3] and row[5]):
            complain(path, 1, f"{row[1]}: without by, effect or promise")


def arguments(code, at):
    """The arguments of the call whose opening bracket is at `at`, each as its text."""
    parts, depth, start = [], 0, at + 1
    for match in re.compile(r"'(?:''|[^'])*'|[()\[\],]").finditer(code, at):
        token = match.group()
        if token in "([":
            depth += 1
        elif token in ")]":
            depth -= 1
        if (token == "," and depth == 1) or depth == 0:
            parts.append(code[start:match.start()].strip())
            start = match.end()
        if depth == 0:
            break
    return parts


def literal(text):
    match = re.fullmatch(r"'([a-z][a-z0-9_]*)'(?:::text)?", text)
    return match and match[1]


def rules_of(code):
    """(position, rule) of each refusal, and of each fault that an import can report."""
    for match in re.finditer(r"\b(refuse|demand)\s*\(", code):
        parts = arguments(code, match.end() - 1)
        at = 1 if match[1] == "refuse" else 2
        if len(parts) > at and literal(parts[at - 1]) and literal(parts[at]):
            yield match.start(), literal(parts[at])
    for match in re.finditer(r"\bfault\s*\(([^)]*)\)\s*as\s*(?:materialized\s*)?\(", code):
        names = [name.strip() for name in match[1].split(",")]
        if "rule" not in names:
            continue
        place = names.index("rule")
        body = "(" + ", ".join(arguments(code, match.end() - 1)) + ")"
        for branch in re.split(r"\bunion\s+all\b", body):
            selected = re.search(r"\bselect\b(.*?)\bfrom\b", branch, re.S)
            parts = arguments("(" + selected[1] + ")", 0) if selected else []
            if len(parts) > place and literal(parts[place]):
                yield match.start(), literal(parts[place])
    for match in re.finditer(r"\bfunction\s+\w+\.\w*_rule\(.*?\$\$(.*?)\$\$", code, re.S):
        for rule in re.findall(r"\bthen\s+'(\w+)'", match[1]):
            yield match.start(), rule


def check_sentences(files):
    path = "sql/sentences.csv"
    if path not in files:
        complain(path, 1, "is missing")
        return
    with open(TOP / path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    known = collections.Counter(row[0] for row in rows[1:] if row)
    for rule, count in known.items():
        if count > 1:
            complain(path, 1, f"{rule} has {count} rows")
    for number, row in enumerate(rows, 1):
        if row and len(row) != len(rows[0]):
            complain(path, number, f"{len(row)} cells, and not {len(rows[0])}")
    for name in re.findall(r"\bX\((\w+), 0x[0-9A-F]{4}, \w+, \w+\)", read("proto/status.h")):
        if name not in known:
            complain("proto/status.h", 1, f"{name} has no sentence in {path}")
    for file in files:
        if file.startswith("server/") and noun_of(file) in REFUSING and file.endswith(".c"):
            code = c_code(read(file), keep_strings=True)
            for match in re.finditer(r'(?<!crash_at\()"([a-z]+(?:_[a-z]+)+)"', code):
                if match[1] not in known:
                    complain(file, line_of(code, match.start()), f"rule {match[1]} has no sentence in {path}")
        if not file.endswith(".sql"):
            continue
        code = sql_code(read(file))
        for at, rule in sorted(set(rules_of(code))):
            if rule not in known:
                complain(file, line_of(code, at), f"rule {rule} has no sentence in {path}")


def read_po(text):
    """(line, msgid, msgstr, flags) of each entry but the header; strings as they are written, put together."""
    for block in re.finditer(r"(?:^[^\n]+(?:\n|\Z))+", text, re.M):
        parts = re.findall(r'^(msgid|msgstr) ((?:"[^\n]*"\s*)+)', block.group(), re.M)
        joined = {name: "".join(re.findall(r'^"(.*)"$', strings, re.M)) for name, strings in parts}
        if joined.get("msgid"):
            line = line_of(text, block.start()) + block.group()[:block.group().index("msgid")].count("\n")
            yield line, joined["msgid"], joined.get("msgstr", ""), re.findall(r"^#, (.*)$", block.group(), re.M)


def check_translations(files):
    path = "client/po/en.po"
    if path not in files:
        complain(path, 1, "is missing")
        return
    if shutil.which("xgettext") is None:
        complain(path, 1, "xgettext is not installed")
        return
    sources = [f for f in files if f.startswith("client/cli/") and f.endswith((".c", ".h"))]
    command = ["xgettext", "--from-code=UTF-8", "--keyword=_", "--keyword=N_", "--no-wrap", "-o", "-", *sources]
    result = subprocess.run(command, cwd=TOP, capture_output=True, encoding="utf-8", check=False)
    if result.returncode != 0:
        complain(path, 1, result.stderr.strip() or "xgettext failed")
        return
    used = {}
    for block in re.finditer(r"^#: (\S+):(\d+).*?(?:\n\n|\Z)", result.stdout, re.M | re.S):
        for _, msgid, _, _ in read_po(block.group()):
            used[msgid] = (block[1], int(block[2]))
    translated = {}
    for line, msgid, msgstr, flags in read_po(read(path)):
        if msgid not in used:
            complain(path, line, f"no longer used: {msgid}")
        if not msgstr:
            complain(path, line, f"without a translation: {msgid}")
        if any("fuzzy" in flag for flag in flags):
            complain(path, line, f"fuzzy: {msgid}")
        if msgid in translated:
            complain(path, line, f"again, after line {translated[msgid]}: {msgid}")
        translated.setdefault(msgid, line)
    for msgid, (file, line) in used.items():
        if msgid not in translated:
            complain(file, line, f"not in {path}: {msgid}")
    for match in re.finditer(r"^#~", read(path), re.M):
        complain(path, line_of(read(path), match.start()), "an entry commented out")


def check_protocol_words(files):
    """What people read of the state machines: each step, state and role has its words."""
    path, table = "sql/words.csv", "sql/rules/21_transitions.sql"
    for file in (path, table):
        if file not in files:
            complain(file, 1, "is missing")
            return
    with open(TOP / path, encoding="utf-8-sig", newline="") as file:
        known = {(row[0], row[1]) for row in csv.reader(file) if len(row) == 4 and all(row)}
    code = sql_code(read(table))
    start = r"\(\s*'(\w+)',\s*'(\w+)',"
    several = r"\s*'\{([^}]*)\}'(?:::text\[\])?"
    rows = list(re.finditer(f"{start}{several},{several},{several}\\s*\\)", code))
    if not rows or len(rows) != len(re.findall(start, code)):
        complain(table, 1, "a transition that tests/tidy.py cannot read")
    missing = {}
    for row in rows:
        subject, action, from_states, to_states, roles = row.groups()
        wanted = [(f"{subject}_action", action)]
        for state in re.findall(r"[\w=]+", from_states + " " + to_states):
            wanted.append(("state" if state in ("new", "=") else f"{subject}_state", state))
        wanted += [("role", role) for role in re.findall(r"\w+", roles)]
        for word in wanted:
            if word not in known:
                missing.setdefault(word, line_of(code, row.start()))
    for (kind, word), line in missing.items():
        complain(table, line, f"{kind},{word} has no words in {path}")


def main():
    files = repository_files()
    c_files = [f for f in files if f.endswith((".c", ".h"))]
    check_includes(c_files)
    check_sizes(files, c_files)
    check_words(files, c_files)
    check_format(c_files)
    check_methods(files)
    check_sentences(files)
    check_protocol_words(files)
    check_translations(files)
    for file, line, text in sorted(violations):
        print(f"{file}:{line}: {text}")
    if violations:
        print(f"{len(violations)} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
