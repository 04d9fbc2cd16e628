# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders as recorders, people and jobs leave them, without tapes: for tests of the library.

    put_lesson(data, "20260101-080000-main-0001", "光的折射", subject="物理")
    put_text(folder, [(5, 9, "全反射")])
"""

import json

SECOND = 10**9


def put_lesson(data, one, title, seconds=60, begun=1_770_000_000, **metadata):
    folder = data / "lessons" / one
    folder.mkdir(parents=True)
    (folder / "lesson.json").write_text(json.dumps({
        "version": 1, "id": one, "room": "main", "title": title, "state": "ended",
        "zero": {"boot": "", "monotonic_ns": 0, "wall_ns": begun * SECOND}, "end_ns": seconds * SECOND,
        "tracks": [{"id": 1, "name": "camera", "kind": "camera", "source": "demo", "width": 640,
                    "height": 360, "demo": True}]}), encoding="utf-8")
    if metadata:
        put_metadata(folder, **metadata)
    return folder


def put_metadata(folder, **metadata):
    (folder / "metadata.json").write_text(json.dumps({"version": 1, **metadata}), encoding="utf-8")


def put_text(folder, slides):
    (folder / "text.jsonl").write_text("".join(
        json.dumps({"time_ns": begin * SECOND, "to_ns": end * SECOND, "text": text}) + "\n"
        for begin, end, text in slides), encoding="utf-8")


def put_marks(folder, marks):
    (folder / "marks.jsonl").write_text("".join(
        json.dumps({"time_ns": time * SECOND, "wall_ns": 1, "label": label}) + "\n"
        for time, label in marks), encoding="utf-8")


def put_clip(data, one, pieces, title, chapters=()):
    folder = data / "clips" / one
    folder.mkdir(parents=True)
    (folder / "0001.json").write_text(json.dumps({
        "version": 1, "chapters": [{"time_ns": time * SECOND, "title": name} for time, name in chapters],
        "pieces": [{"lesson": lesson, "from_ns": begin * SECOND, "to_ns": end * SECOND}
                   for lesson, begin, end in pieces]}), encoding="utf-8")
    put_metadata(folder, title=title, created="2026-02-03T08:00:00.000Z")
    return folder
