# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the recorder, and reads what it left: straight from the tape's files, without its own code.

    with Recording(["demo"], disk.path + "/lesson") as recording:
        recording.wait_for(lambda status: status["verified_ns"] > 0)
        moment = recording.kill9()
    lesson = Lesson(disk.path + "/lesson")
    lost = moment - lesson.last("camera")
    judge(self, lesson)

Times of a Lesson are CLOCK_MONOTONIC in seconds, as of `time.monotonic`; the byte formats are in
docs/formats/tape.md.
"""

import dataclasses
import json
import pathlib
import signal
import struct
import tempfile
import time

from _lab import Program, program, run, wait_until
from _media import inspect

HEAD = struct.Struct(">8s6I3q16sII")
ROW = struct.Struct(">QqIIIBBHI4bI")
FLAG_KEY, FLAG_GAP = 1, 2


def _crc_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


CRC_TABLE = _crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


@dataclasses.dataclass
class Row:
    """One chunk: when it is shown and until when, and where its bytes are."""
    time: float
    end: float
    key: bool
    gap: bool
    offset: int
    size: int
    crc: int


@dataclasses.dataclass
class Reel:
    """One reel's whole rows. `closed`: it has become a plain MP4."""
    path: pathlib.Path
    number: int
    rows: list
    closed: bool

    def wrong_chunks(self):
        """Numbers of the rows whose bytes in the file are not what their check sum says."""
        data = self.path.read_bytes()
        return [i for i, row in enumerate(self.rows)
                if crc32c(data[row.offset:row.offset + row.size]) != row.crc]


def _read_rows(index, zero):
    data = index.read_bytes()
    if len(data) < HEAD.size:
        return []
    timescale = HEAD.unpack_from(data)[4]
    rows = []
    for at in range(HEAD.size, len(data) - ROW.size + 1, ROW.size):
        if crc32c(data[at:at + ROW.size - 4]) != int.from_bytes(data[at + ROW.size - 4:at + ROW.size], "big"):
            continue
        offset, tfdt, size, duration, crc, flags = ROW.unpack_from(data, at)[:6]
        start = zero + tfdt / timescale
        rows.append(Row(start, start + duration / timescale, bool(flags & FLAG_KEY),
                        bool(flags & FLAG_GAP), offset, size, crc))
    return rows


class Lesson:
    """A lesson's folder as it is now."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.info = json.loads((self.folder / "lesson.json").read_text(encoding="utf-8"))
        self.id = self.info["id"]
        self.zero = self.info["zero"]["monotonic_ns"] / 1e9
        self.tracks = [track["name"] for track in self.info["tracks"]]

    def reels(self, track):
        reels = []
        for path in sorted((self.folder / track).glob("[0-9]*.mp4")):
            if path.name.endswith(".init.mp4") or not path.is_file():
                continue
            index = path.with_suffix(".index")
            with open(path, "rb") as file:
                head = file.read(64)
            closed = b"mdat" in head and b"free" not in head
            rows = _read_rows(index, self.zero) if index.exists() else []
            reels.append(Reel(path, int(path.stem), rows, closed))
        return reels

    def rows(self, track):
        return [row for reel in self.reels(track) for row in reel.rows]

    def last(self, track):
        """The moment up to which the track was kept: its last picture, the end of its last sound."""
        rows = self.rows(track)
        if not rows:
            return self.zero
        return rows[-1].end if track.startswith("sound") else rows[-1].time

    def holes(self, track, longer=0.1):
        """[(from, to)] where the next chunk comes later than the one before promised."""
        rows = self.rows(track)
        return [(a.end, b.time) for a, b in zip(rows, rows[1:]) if b.time - a.end > longer]

    def export(self, track, folder):
        file = pathlib.Path(folder) / f"{track}.mp4"
        run([program("lectern"), "export", self.folder, "-o", file, "--track", track], timeout=300)
        return file


def missing_pictures(rows):
    """How many of the demo's 30 pictures a second are not there, from the first to the last."""
    return round((rows[-1].time - rows[0].time) * 30) + 1 - len(rows)


def judge(test, lesson, ended=True):
    """The lesson is whole: each chunk right, times in order, every reel closed, all of it plays."""
    for track in lesson.tracks:
        reels = lesson.reels(track)
        rows = lesson.rows(track)
        test.assertTrue(rows, f"{track} is empty")
        for reel in reels:
            test.assertEqual(reel.wrong_chunks(), [], f"{reel.path}: chunks are not what was written")
            test.assertTrue(reel.closed or not ended, f"{reel.path} was not closed")
            test.assertTrue(not reel.rows or reel.rows[0].key, f"{reel.path} does not begin with a key")
        for a, b in zip(rows, rows[1:]):
            test.assertLess(a.time, b.time, f"{track}: time runs backwards")
        with tempfile.TemporaryDirectory() as folder:
            kept = inspect(lesson.export(track, folder))
        test.assertEqual(kept.errors, [], f"{track} does not play")
        if not track.startswith("sound"):
            test.assertEqual(kept.video.frames, len(rows), f"{track}: pictures are missing")
    if ended:
        test.assertEqual(lesson.info["state"], "ended")
        verified = run([program("lectern"), "verify", lesson.folder], check=False, timeout=300)
        test.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)


class Recording(Program):
    """`lectern record --json`: a process whose status lines can be asked for."""

    def __init__(self, sources, out, *more, env=None):
        command = [program("lectern"), "record", "--out", out, "--json", *more]
        for source in sources:
            command += ["--source", source]
        super().__init__(command, env=env)

    def statuses(self):
        lines = self.log.splitlines(keepends=True)
        return [json.loads(line) for line in lines
                if line.startswith('{"room"') and line.endswith("\n")]

    def status(self):
        """The last one; {} before the first."""
        return next(iter(reversed(self.statuses())), {})

    def wait_for(self, condition, seconds=15, what="a status"):
        """Waits for a status of which condition holds, and returns it."""
        def look():
            status = self.status()
            if not self.alive():
                raise RuntimeError(f"lectern record ended by itself:\n{self.log[-2000:]}")
            return status and condition(status) and status
        return wait_until(look, seconds, what)

    def wait_verified(self, seconds=20):
        """Waits until something of every track is saved and verified."""
        return self.wait_for(lambda status: all(track["verified_ns"] for track in status["tracks"]),
                             seconds, "every track to be verified")

    def source(self, spec):
        return next(source for source in self.status()["sources"] if source["spec"].startswith(spec))

    def track(self, name):
        return next(track for track in self.status()["tracks"] if track["name"] == name)

    def end(self, seconds=20):
        """Ends the lesson properly; returns the exit status."""
        self.signal(signal.SIGTERM)
        return self.wait(seconds)


def until_on_tape(folder, known, since, seconds=15):
    """{track: seconds from `since` until its first chunk in a reel later than `known[track]` was written}."""
    took = {}

    def look():
        for track, number in known.items():
            if track in took:
                continue
            index = pathlib.Path(folder, track, f"{number + 1:04d}.index")
            if index.exists() and index.stat().st_size >= HEAD.size + ROW.size:
                took[track] = time.monotonic() - since
        return len(took) == len(known)
    wait_until(look, seconds, "the first chunks of all tracks")
    return took


def spread(values):
    """"median (least to most)" of some seconds."""
    ordered = sorted(values)
    return f"{ordered[len(ordered) // 2]:.2f} s ({ordered[0]:.2f} to {ordered[-1]:.2f})"
