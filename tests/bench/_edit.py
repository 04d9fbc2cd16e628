# SPDX-License-Identifier: GPL-3.0-or-later
"""Opening the editor of a long lesson: how soon it stands there, and what that moves."""

import json
import pathlib
import struct
import tempfile

from _lab import Program, program, run, wait_until
from _material import raw_pictures
from _measure import Figure

HERE = pathlib.Path(__file__).resolve().parent
WIDTH, HEIGHT, MINUTES = 640, 360, 180
EVERY_S = 5  # archive/tape/thumbs.h
LESSON = "20260301-080000-main-0001"


def _crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def _thumbnails(track, pictures, folder):
    """As the recorder makes them (docs/formats/tape.md): one picture again and again, of real size."""
    jpeg = folder / "thumb.jpg"
    run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "1920x1080",
         "-i", pictures, "-frames:v", "1", "-vf", "scale=320:-2", "-q:v", "5", jpeg])
    picture = jpeg.read_bytes()
    crc = _crc32c(picture)
    with open(track / "thumbs.mjpg", "wb") as out, open(track / "thumbs.index", "wb") as index:
        for i in range(MINUTES * 60 // EVERY_S):
            row = struct.pack(">qQII", i * EVERY_S * 10**9, i * len(picture), len(picture), crc)
            index.write(row + struct.pack(">I", _crc32c(row)))
            out.write(picture)
    return len(picture)


def edit_open(quick):
    """The figures edit-open: a lesson of 3 hours, the server asked for it for the first time and again."""
    first = Figure("edit-open", "editor of a 3 h lesson, server just started: link to time line", "s", "")
    again = Figure("edit-open", "the same once more, in a new browser", "s", "")
    moved = Figure("edit-open", "bytes moved by that", "MB", "")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        lesson = folder / "data/lessons" / LESSON
        pictures = raw_pictures(folder, 60)
        small = folder / "small.yuv"
        run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "1920x1080", "-i", pictures,
             "-vf", f"scale={WIDTH}:{HEIGHT}", "-f", "rawvideo", small])
        lesson.parent.mkdir(parents=True)
        run([program("longlesson"), small, WIDTH, HEIGHT, MINUTES, lesson])
        size = _thumbnails(lesson / "camera", pictures, folder)
        for _ in range(1 if quick else 3):
            server = Program([program("lectern-server"), "--data", folder / "data", "--listen", "127.0.0.1:0", "--json"])
            with server:
                wait_until(lambda: '"url"' in server.log or not server.alive(), 20, "the server")
                told = json.loads(next(line for line in server.log.splitlines() if line.startswith("{")))
                seen = [json.loads(line) for line in run(["node", HERE / "editopen.mjs", told["url"], told["code"],
                                                          LESSON, 3]).stdout.splitlines()]
            first.alone(seen[0]["ms"] / 1000)
            for one in seen[1:]:
                again.alone(one["ms"] / 1000)
            moved.alone(max(one["bytes"] for one in seen) / 1e6)
    moved.notes["a thumbnail"] = f"{size} bytes"
    first.goal_value("<= 1 s", max(first.ours) <= 1)
    again.goal_value("<= 1 s", max(again.ours) <= 1)
    moved.goal_value("<= 2 MB", max(moved.ours) <= 2)
    return [first, again, moved]
