# SPDX-License-Identifier: GPL-3.0-or-later
"""Cutting a lesson: copied but for the heads, beside encoding all that is kept in one graph."""

import os
import pathlib
import subprocess
import tempfile
import time

from _lab import program, run
from _material import ahead, raw_pictures
from _measure import Figure, say

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


def cuts(quick):
    """The figures cut and clip, in one lesson."""
    cpu = Figure("cut", "CPU, 5 cuts in 45 minutes of 1080p30 and sound", "s", "ffmpeg, all anew")
    wall = Figure("clip", "8 minutes out of 45, to an MP4", "s", "ffmpeg, all anew")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        run([program("longlesson"), raw_pictures(folder, 60), WIDTH, HEIGHT, 45, folder / "lesson"])
        run([program("lectern"), "export", folder / "lesson", "-o", folder / "movie.mp4"])
        for _ in range(1 if quick else 3):
            theirs = encode(folder / "movie.mp4", SLICE, folder / "theirs.mp4")
            share = length(SLICE)
            ours = cut(folder / "lesson", KEPT, folder / "ours.mp4")
            cpu.pair(ours[0], theirs[0] * length(KEPT) / share)
            ours = cut(folder / "lesson", CLIP, folder / "clip.mp4")
            wall.pair(ours[1], theirs[1] * length(CLIP) / share)
        say(f"of the reference {length(SLICE):.0f} s were encoded, and the rest reckoned from them")
    cpu.notes["the reference"] = wall.notes["the reference"] = (
        f"{length(SLICE):.0f} s kept in {len(SLICE)} ranges, times {length(KEPT):.0f} s or "
        f"{length(CLIP):.0f} s by these")
    cpu.goal_ratio(1 / 100)
    wall.goal_value("<= 3 s", max(wall.ours) <= 3)
    return [cpu, wall]
