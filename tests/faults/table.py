"""The table of faults: what each row runs, what it counts, and when it fails."""

import collections
import time
import traceback

ROWS = {}  # name -> function, in the order of the table

HEADS = ("row", "runs", "issued", "acked", "lost", "doubled", "invented", "outage s", "seconds")


def row(name, long_only=False):
    """A function that meets a fault and fills a Result, whose `long` says whether the full counts are wanted."""
    def keep(function):
        function.long_only = long_only
        ROWS[name] = function
        return function
    return keep


class Result:
    def __init__(self, name, long):
        self.name, self.long = name, long
        self.runs = self.issued = self.acknowledged = self.lost = self.doubled = self.invented = 0
        self.outage_s = 0.0
        self.notes = {}
        self.failure = None
        self.seconds = 0.0

    def add(self, issued, acknowledged, books, runs=1):
        self.runs += runs
        self.issued += issued
        self.acknowledged += acknowledged
        self.lost, self.doubled, self.invented = (
            a + b for a, b in zip((self.lost, self.doubled, self.invented), books))

    def take(self, crew, centre=None, runs=1, outage=True):
        """A crew's books. A valid operation that was refused for good is as bad as a lost one."""
        self.add(len(crew.issued), len(crew.acknowledged), crew.books(centre), runs)
        self.outage_s = max(self.outage_s, crew.outage_s() if outage else 0)
        demand(not crew.refused, f"{len(crew.refused)} refused, {next(iter(crew.refused.values()), '')}")

    def note(self, **figures):
        self.notes.update(figures)

    def cells(self):
        return (self.name, self.runs, self.issued, self.acknowledged, self.lost, self.doubled, self.invented,
                f"{self.outage_s:.1f}", f"{self.seconds:.1f}")

    def passed(self):
        return self.failure is None and self.runs > 0 and not (self.lost or self.doubled or self.invented)


class Failed(Exception):
    """A row's own demand was not met."""


def demand(condition, what):
    if not condition:
        raise Failed(what)


def run(names, long):
    """Each named row in turn, printed as it ends. Gives the results."""
    width = max(8, *(len(name) for name in names))
    print(" ".join(f"{head:>{width if head == 'row' else 8}}" for head in HEADS), flush=True)
    results = []
    for name in names:
        result = Result(name, long)
        began = time.monotonic()
        try:
            ROWS[name](result)
        except Exception as failure:  # the table goes on
            result.failure = f"{type(failure).__name__}: {failure}"
            if not isinstance(failure, Failed):
                traceback.print_exc()
        result.seconds = time.monotonic() - began
        results.append(result)
        first, *rest = result.cells()
        notes = ", ".join(f"{key} {value}" for key, value in result.notes.items())
        print(f"{first:>{width}} " + " ".join(f"{cell:>8}" for cell in rest)
              + ("  " + notes if notes else "") + ("" if result.passed() else f"  FAILED {result.failure or ''}"), flush=True)
    passed = collections.Counter(result.passed() for result in results)
    print(f"{passed[True]} passed, {passed[False]} failed", flush=True)
    return results
