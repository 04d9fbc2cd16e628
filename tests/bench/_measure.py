# SPDX-License-Identifier: GPL-3.0-or-later
"""What every figure is made of: processor time, memory, spreads, and how it is told.

A figure measures ours and the reference in turns, under the same load, and gives both, their ratio
pair by pair, and whether it reaches its goal:

    figure = Figure("screen-still", "CPU, slides on a 1080p screen", "s/min", "ffmpeg x11grab")
    for ours, reference in ...:
        figure.pair(ours, reference)
    figure.goal_ratio(1 / 15)
"""

import dataclasses
import os
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "fault"))
from _lab import run  # noqa: E402  (the fault lab's programs and screens serve here too)


def cpu(pid):
    """Seconds of processor time, user and system, that a living process has used so far."""
    return time.clock_gettime(~pid << 3 | 2)  # CLOCK_PROCESS_CPUTIME_ID of another process


def memory(pid):
    """Resident memory of a process in MB: (all, what is its own)."""
    fields = dict(line.split(":", 1) for line in
                  pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines())
    return tuple(int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon"))


def load():
    return round(os.getloadavg()[0], 2)


def say(words):
    """What is going on, for who waits."""
    print(f"  {words}", file=sys.stderr, flush=True)


@dataclasses.dataclass
class Spread:
    """The middle and the ends of what was measured."""
    median: float
    min: float
    max: float

    @classmethod
    def of(cls, values):
        return cls(statistics.median(values), min(values), max(values))

    def show(self, digits=3):
        text = [f"{value:.{digits}g}" for value in (self.median, self.min, self.max)]
        return text[0] if self.min == self.max else f"{text[0]} ({text[1]}..{text[2]})"


class Figure:
    """One row of the table. Values of ours and of the reference are in the same unit."""

    def __init__(self, name, what, unit, reference):
        self.name, self.what, self.unit, self.reference = name, what, unit, reference
        self.ours, self.theirs = [], []
        self.notes = {}
        self.goal, self.reached = "", None
        self.load = [load()]

    def pair(self, ours, theirs):
        self.ours.append(ours)
        self.theirs.append(theirs)
        self.load.append(load())
        say(f"{self.name}: {ours:.4g} {self.unit}, {self.reference}: {theirs:.4g} {self.unit}")

    def alone(self, ours):
        """A value that has nothing to be compared with."""
        self.ours.append(ours)
        self.load.append(load())
        say(f"{self.name}: {ours:.4g} {self.unit}")

    def ratios(self):
        return [ours / theirs for ours, theirs in zip(self.ours, self.theirs) if theirs]

    def goal_ratio(self, most, words=None):
        """The median of the ratios is to be so much at most."""
        self.goal = words or f"ratio <= 1/{1 / most:.0f}"
        self.reached = statistics.median(self.ratios()) <= most

    def goal_value(self, words, reached):
        self.goal, self.reached = words, bool(reached)

    def as_json(self):
        ratios = self.ratios()
        return {
            "name": self.name, "what": self.what, "unit": self.unit,
            "ours": dataclasses.asdict(Spread.of(self.ours)) | {"all": self.ours},
            "reference": {"name": self.reference} | (
                dataclasses.asdict(Spread.of(self.theirs)) | {"all": self.theirs}
                if self.theirs else {}),
            "ratio": dataclasses.asdict(Spread.of(ratios)) if ratios else None,
            "goal": self.goal, "reached": self.reached, "notes": self.notes,
            "load": {"min": min(self.load), "max": max(self.load)},
        }

    def _ratio(self):
        ratios = self.ratios()
        if not ratios:
            return "-"
        spread = Spread.of(ratios)
        if spread.max > 0.5:
            return spread.show()
        text = [f"1/{1 / value:.3g}" for value in (spread.median, spread.max, spread.min)]
        return text[0] if len(ratios) == 1 else f"{text[0]} ({text[1]}..{text[2]})"

    def row(self):
        """The cells of the table."""
        theirs = Spread.of(self.theirs).show() if self.theirs else "-"
        return [f"{self.what} [{self.unit}]", Spread.of(self.ours).show(),
                f"{theirs} {self.reference}".strip(), self._ratio(), self.goal,
                "yes" if self.reached else "NO", f"{min(self.load)}..{max(self.load)}"]


HEAD = ["figure", "lectern", "reference", "ratio", "to reach", "reached", "load"]


def table(figures):
    """The figures as a table, with the notes of each below it."""
    rows = [HEAD, *(figure.row() for figure in figures)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"
             for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    for figure in figures:
        for name, value in figure.notes.items():
            lines.append(f"  {figure.name}: {name}: {value}")
    return "\n".join(lines)


def machine():
    """What it was measured on."""
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                  if line.startswith("model name")), "unknown")
    ffmpeg = run(["ffmpeg", "-version"]).stdout.split()[2]
    return {"processor": model, "cores": os.cpu_count(), "kernel": os.uname().release,
            "ffmpeg": ffmpeg, "date": time.strftime("%Y-%m-%d")}
