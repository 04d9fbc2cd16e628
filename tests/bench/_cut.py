# SPDX-License-Identifier: GPL-3.0-or-later
"""Cutting a lesson: copied but for the heads, beside encoding all that is kept in one graph; and whether
what comes out is right at its joins."""

import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

from _lab import SOURCE, program, run
from _material import ahead, raw_pictures
from _measure import Figure, say

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))
from _programs import Server, until  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent

WIDTH, HEIGHT = 1920, 1080
# Five cuts leave six ranges, none of which begins at a key frame; 2325 s of 45 minutes.
KEPT = [(13.1, 400.7), (431.3, 815.9), (860.5, 1301.3), (1333.7, 1720.1), (1755.3, 2117.5),
        (2150.9, 2514.3)]
CLIP = [(601.3, 1081.3)]  # 8 minutes, over two reels
SLICE = [(0.5, 4.5), (5.1, 9.1), (10.3, 14.3), (15.1, 19.1), (20.5, 24.5)]


def used(command):
    """(seconds of processor time, seconds on the wall) of a command."""
    began = time.monotonic()
    process = subprocess.Popen(ahead([str(word) for word in command]), stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{command[0]}: {status}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - began


def length(ranges):
    return sum(end - start for start, end in ranges)


def cut(lesson, ranges, out):
    keeps = [word for start, end in ranges for word in ("--keep", f"{start}-{end}")]
    return used([program("lectern"), "cut", lesson, *keeps, "-o", out])


def encode(movie, ranges, out):
    """All of it anew, as others do: one graph of trims and a concatenation."""
    parts = "".join(f"[0:v]trim={a}:{b},setpts=PTS-STARTPTS[v{i}];"
                    f"[0:a]atrim={a}:{b},asetpts=PTS-STARTPTS[a{i}];"
                    for i, (a, b) in enumerate(ranges))
    pads = "".join(f"[v{i}][a{i}]" for i in range(len(ranges)))
    graph = f"{parts}{pads}concat=n={len(ranges)}:v=1:a=1[v][a]"
    return used(["ffmpeg", "-nostdin", "-v", "error", "-y", "-t", ranges[-1][1] + 1, "-i", movie,
                 "-filter_complex", graph, "-map", "[v]", "-map", "[a]", "-c:v", "libx264",
                 "-preset", "veryfast", "-crf", "18", "-c:a", "aac", "-movflags", "+faststart", out])


def pieces(count):
    """Eight minutes in so many pieces, which begin anywhere between key frames: their heads have half
    of two seconds on the average."""
    each = 480 / count
    return [(start, start + each) for i in range(count)
            for start in [30 + 2 * round(i * 2000 / count / 2) + (0.25 + 0.618034 * 2 * i) % 2]]


class Site:
    """A server with the lesson, asked as a page asks."""

    def __init__(self, data, lesson):
        self.data, self.lesson = data, lesson
        self.server = Server(data)

    def edl(self, ranges):
        return {"version": 1, "pieces": [{"lesson": self.lesson, "from_ns": round(start * 1e9),
                                          "to_ns": round(end * 1e9)} for start, end in ranges]}

    def save(self, ranges):
        """Saves a microlesson; its name."""
        status, _, body = self.server.ask("POST", "/api/v1/clips", {"edl": self.edl(ranges)})
        if status != 201:
            raise RuntimeError(f"a microlesson is not taken: {status} {body}")
        return json.loads(body)["id"]

    def save_again(self, clip, ranges):
        """Saves its next version."""
        path = f"/api/v1/clips/{clip}"
        tag = self.server.ask("GET", path)[1]["ETag"]
        status, _, body = self.server.ask("PUT", path, {"edl": self.edl(ranges)}, {"If-Match": tag})
        if status != 200:
            raise RuntimeError(f"a version is not taken: {status} {body}")

    def draft(self, ranges):
        """Keeps it as an editor does, and stands still until its heads are there."""
        folder = self.data / "edits" / self.lesson
        body = {"version": 1, "begin": {}, "changes": [], "at": 0, "clips": [{"edl": self.edl(ranges)}]}
        shutil.rmtree(folder, ignore_errors=True)
        status, _, said = self.server.ask("PUT", f"/api/v1/edits/{self.lesson}", body, {"If-Match": "*"})
        if status != 200:
            raise RuntimeError(f"a draft is not taken: {status} {said}")
        until((folder / "0000.movie").exists, 300, "the heads of a draft")

    def get(self, clip):
        """Gets its MP4; bytes."""
        connection = http.client.HTTPConnection(self.server.address, timeout=300)
        head = {"Authorization": "Bearer " + self.server.code}
        status, total = 503, 0
        while status == 503:  # it takes longer than an answer may
            connection.request("GET", f"/api/v1/clips/{clip}/media.mp4", headers=head)
            answer = connection.getresponse()
            status, total = answer.status, 0
            while part := answer.read(1 << 20):
                total += len(part)
        if status != 200:
            raise RuntimeError(f"its MP4 is not given: {status}")
        return total

    def until_ready(self, clip):
        until(lambda: (self.data / f"clips/{clip}/0001.movie").exists(), 300, "its heads")


def took(do):
    began = time.monotonic()
    do()
    return time.monotonic() - began


def press(site, ranges):
    """One microlesson, in seconds: got when its heads are ready; saved and got at once; a version with one edge
    moved, saved and got at once; and saved and got when its draft had stood still."""
    clips = []
    shutil.rmtree(site.data / "edits", ignore_errors=True)  # of the one before: it may have begun alike
    given = took(lambda: (clips.append(site.save(ranges)), site.get(clips[0])))
    site.until_ready(clips[0])
    ready = took(lambda: site.get(clips[0]))
    (start, end), *rest = ranges
    moved = [(start + 0.4, end), *rest]
    again = took(lambda: (site.save_again(clips[0], moved), site.get(clips[0])))
    site.draft(ranges)
    still = took(lambda: site.get(site.save(ranges)))
    return ready, given, again, still


def cuts(quick):
    """The figures cut, clip and press, in one lesson."""
    cpu = Figure("cut", "CPU, 5 cuts in 45 minutes of 1080p30 and sound", "s", "ffmpeg, all anew")
    wall = Figure("cut", "8 minutes out of 45, to an MP4 by the command", "s", "ffmpeg, all anew")
    counts = (1, 6, 96)
    ready = [Figure("cut", f"microlesson of 8 minutes in {n} pieces: press to the last byte of its MP4", "s",
                    "ffmpeg, all anew") for n in counts]
    rest = [[Figure("cut", f"the same, {n} pieces, {when}", "s", "ffmpeg, all anew") for n in counts]
            for when in ("from the moment it is saved", "from the moment a version with one edge moved is saved",
                         "from the moment it is saved when its draft had stood still")]
    presses = [ready, *rest]
    name = "20260301-080000-main-0001"
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        lesson = folder / "data/lessons" / name
        lesson.parent.mkdir(parents=True)
        run([program("longlesson"), raw_pictures(folder, 60), WIDTH, HEIGHT, 45, lesson])
        run([program("lectern"), "export", lesson, "-o", folder / "movie.mp4"])
        site = Site(folder / "data", name)
        try:
            for _ in range(1 if quick else 3):
                theirs = encode(folder / "movie.mp4", SLICE, folder / "theirs.mp4")
                share = length(SLICE)
                ours = cut(lesson, KEPT, folder / "ours.mp4")
                cpu.pair(ours[0], theirs[0] * length(KEPT) / share)
                eight = theirs[1] * length(CLIP) / share
                wall.pair(cut(lesson, CLIP, folder / "clip.mp4")[1], eight)
                for i, count in enumerate(counts):
                    for figures, seconds in zip(presses, press(site, pieces(count))):
                        figures[i].pair(seconds, eight)
        finally:
            site.server.stop()
        say(f"of the reference {length(SLICE):.0f} s were encoded, and the rest reckoned from them")
    cpu.notes["the reference"] = (
        f"{length(SLICE):.0f} s kept in {len(SLICE)} ranges, times {length(KEPT):.0f} s or "
        f"{length(CLIP):.0f} s by these")
    cpu.goal_ratio(1 / 100)
    figures = [wall, *(figure for row in presses for figure in row)]
    for figure in figures:
        figure.goal_value("<= 3 s", max(figure.ours) <= 3)
    return [cpu, *figures]


def cut_joins(quick):
    """The figures of cut-joins: cuts at random places, looked at and listened to from first to last, and
    sought in browsers."""
    lines = run(["node", HERE / "cutjoins.mjs", 100 if quick else 1000], timeout=3600).stdout.splitlines()
    seen = {one["source"]: one for one in map(json.loads, lines)}
    shown = seen.pop("pictures")
    right = Figure("cut-joins", f"pictures right over {shown['joins']} joins", "%", "")
    right.alone(100 * shown["right"] / shown["pictures"])
    right.notes["pictures"] = shown["pictures"]
    right.goal_value("100 %", shown["right"] == shown["pictures"])
    figures = [right]
    for source, one in seen.items():
        step = Figure("cut-joins", f"largest step at {one['joins']} joins, of the source's own, {source}", "", "")
        step.alone(one["step"])
        step.notes["joins with a larger one"] = one["above"]
        step.goal_value("<= 1", one["above"] == 0)
        off = Figure("cut-joins", f"sound off its place, at most, {source}", "ms", "")
        off.alone(one["offset_ms"])
        off.notes["ranges"] = one["placed"]
        off.goal_value("<= 11 ms", one["placed"] > 0 and one["offset_ms"] <= 11)
        figures += [step, off] if source != "silence" else [step]
    said = run(["node", SOURCE / "tests/e2e/cut_seek.mjs"], check=False, timeout=3600,
               env={**os.environ, "LCT_DEEP": "0" if quick else "1"})
    seeks = sum(map(int, re.findall(r"(\d+) seeks around joins, all", said.stdout)))
    sought = Figure("cut-joins", "seeks around joins to the right picture, Chromium and Firefox", "", "")
    sought.alone(seeks)
    sought.goal_value("all", said.returncode == 0 and seeks > 0)
    return [*figures, sought]
