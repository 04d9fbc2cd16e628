# SPDX-License-Identifier: GPL-3.0-or-later
"""Searching 100,000 lessons for words of two characters by the API, beside LIKE '%…%' over the same
texts in SQLite, in turns."""

import http.client
import itertools
import json
import pathlib
import random
import sqlite3
import statistics
import sys
import tempfile
import time
import urllib.parse

from _measure import Figure, say

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))
from _programs import Server, until  # noqa: E402

SUBJECTS = "语文 数学 英语 物理 化学 生物 历史 地理 政治 音乐 美术 体育".split()
STAGES = {"小学": "一年级 二年级 三年级 四年级 五年级 六年级".split(),
          "初中": "七年级 八年级 九年级".split(), "高中": "高一 高二 高三".split()}
CHARACTERS = [chr(0x4e00 + 7 * i) for i in range(2000)]
WORDS = 20000  # the n-th is used about 1/n as often as the first


class Language:
    """Words of two characters, some common, most rare, and texts of them; the same each time."""

    def __init__(self):
        self.chance = random.Random(7)
        self.words = ["".join(self.chance.sample(CHARACTERS, 2)) for _ in range(WORDS)]
        self.sums = list(itertools.accumulate(1 / (n + 10) for n in range(WORDS)))

    def text(self, words):
        return "".join(self.chance.choices(self.words, cum_weights=self.sums, k=words))


def lesson(language, number):
    """(id, lesson.json, metadata.json, text.jsonl, all its text) of a lesson with 20 slides."""
    chance = language.chance
    begun = 1_500_000_000 + 1800 * number
    one = time.strftime("%Y%m%d-%H%M%S", time.gmtime(begun)) + f"-room-{number % 65536:04x}"
    stage = chance.choice(list(STAGES))
    metadata = {"version": 1, "title": language.text(4), "stage": stage,
                "subject": chance.choice(SUBJECTS), "grade": chance.choice(STAGES[stage]),
                "teachers": [language.words[chance.randrange(300)] + "老师"], "state": "published"}
    slides = [{"time_ns": i * 120 * 10**9, "to_ns": (i + 1) * 120 * 10**9,
               "text": language.text(chance.randint(4, 16))} for i in range(20)]
    info = {"version": 1, "id": one, "room": "room", "title": "", "state": "ended",
            "zero": {"boot": "", "monotonic_ns": 0, "wall_ns": begun * 10**9},
            "end_ns": 2400 * 10**9,
            "tracks": [{"id": 1, "name": "screen", "kind": "screen", "source": "demo", "width": 1920,
                        "height": 1080, "demo": True}]}
    words = [metadata["title"], metadata["stage"], metadata["subject"], metadata["grade"],
             *metadata["teachers"], *(slide["text"] for slide in slides)]
    lines = "".join(json.dumps(slide, ensure_ascii=False) + "\n" for slide in slides)
    return one, json.dumps(info), json.dumps(metadata, ensure_ascii=False), lines, "\n".join(words)


def fill(data, language, n):
    """n lessons in folders; their texts in a table for LIKE."""
    table = sqlite3.connect(data / "like.db")
    table.execute("CREATE TABLE lessons (id TEXT, text TEXT)")
    for number in range(n):
        one, info, metadata, lines, words = lesson(language, number)
        folder = data / "lessons" / one
        folder.mkdir(parents=True)
        (folder / "lesson.json").write_text(info, encoding="utf-8")
        (folder / "metadata.json").write_text(metadata, encoding="utf-8")
        (folder / "text.jsonl").write_text(lines, encoding="utf-8")
        table.execute("INSERT INTO lessons VALUES (?, ?)", (one, words))
    table.commit()
    return table


class Asker:
    """One connection, as a page has it."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection(server.address, timeout=60)
        self.head = {"Authorization": "Bearer " + server.code}

    def search(self, word):
        """(seconds, how many)."""
        began = time.monotonic()
        self.connection.request("GET", "/api/v1/library?q=" + urllib.parse.quote(word),
                                headers=self.head)
        answer = self.connection.getresponse()
        found = json.loads(answer.read())
        return time.monotonic() - began, found["total"]


def like(table, word):
    """(seconds, how many), of which the first 24 are told."""
    began = time.monotonic()
    found = table.execute("SELECT id FROM lessons WHERE text LIKE ?", (f"%{word}%",)).fetchall()
    return time.monotonic() - began, len(found)


def p95(seconds):
    return statistics.quantiles(seconds, n=20)[-1]


def measure(server, table, language, rounds):
    """The seconds of ours and theirs, in turns, for words that stand in a fifth of the lessons and in
    ever fewer, and for terms of metadata."""
    asker, ours, theirs = Asker(server), [], []
    words = [language.words[i] for i in (100, 150, 200, 300, 500, 700, 1000, 2000, 5000, 10000)]
    words += ["数学", "高一"]
    counts = {}
    for _ in range(rounds):
        for word in words:
            seconds, n = asker.search(word)
            ours.append(seconds)
            reference, same = like(table, word)
            theirs.append(reference)
            if n != same:
                raise RuntimeError(f"{word}: {n} found, {same} by LIKE")
            counts[word] = n
    return ours, theirs, counts


def search(quick):
    """The figure search."""
    n = 10_000 if quick else 100_000
    figure = Figure("search", f"p95, a word of two characters among {n} lessons", "ms", "LIKE '%…%'")
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder)
        language = Language()
        say(f"{n} lessons are written")
        table = fill(data, language, n)
        began = time.monotonic()
        server = Server(data)
        try:
            until(lambda: not json.loads(server.ask("GET", "/healthz")[2])["library"]["building"],
                  3600, "the index")
            figure.notes["index made"] = f"{time.monotonic() - began:.0f} s"
            size = sum(path.stat().st_size for path in data.glob("library.db*"))
            figure.notes["index"] = f"{size / 1e6:.0f} MB"
            for _ in range(3):
                ours, theirs, counts = measure(server, table, language, 5)
                figure.pair(1000 * p95(ours), 1000 * p95(theirs))
            common = language.words[10]
            seconds = sorted(Asker(server).search(common) for _ in range(9))[4]
            figure.notes["a word in most of them"] = f"{1000 * seconds[0]:.0f} ms, {seconds[1]} found"
            figure.notes["found"] = ", ".join(str(count) for count in counts.values())
        finally:
            server.stop()
            table.close()
    figure.goal_value("<= 30 ms and ratio <= 1/20",
                      max(figure.ours) <= 30 and statistics.median(figure.ratios()) <= 1 / 20)
    return [figure]
