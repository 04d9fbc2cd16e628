#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Slides of a lesson are found and read, found again by a word that stands only on one, and make
chapters until a person gives others."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

sys.path.insert(0, os.environ["LCT_SOURCE"])

from _lessons import put_lesson
from _programs import BIN, Server, until
from tests.support.slides import distance, picture, plain

TOOLS = pathlib.Path(os.environ["LCT_TOOLS"])
SECONDS = 12  # each is shown
# Of the fourth, and so of the second that shows it, less than a quarter is new: a key frame comes
# only when it would anyway.
DECK = [("光的反射定律", ["反射光线和入射光线分居法线两侧", "反射角等于入射角"]),
        ("Newton's law", ["Every object persists in its state of rest", "惯性是物体的性质"]),
        ("光的反射定律", ["反射光线和入射光线分居法线两侧", "反射角等于入射角"]),
        ("圆的面积公式", ["把圆分成若干等份", "拼成近似的长方形"]),
        ("圆的面积公式", ["把圆分成若干等份", "拼成近似的长方形", "长方形的宽等于圆的半径"])]
STYLES = (0, 1, 0, 2, 2)
ID = "20260301-080000-main-1a2b"


def worker(lesson, **more):
    return subprocess.Popen([BIN / "lectern-worker", "slides", lesson, "--json"], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


class Slides(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.data = pathlib.Path(cls.folder.name)
        cls.lesson = cls.data / "lessons" / ID
        raw = cls.data / "raw"
        raw.write_bytes(b"".join(picture(*slide, 1280, 720, style)
                                 for slide, style in zip(DECK, STYLES)))
        cls.lesson.parent.mkdir()
        subprocess.run([TOOLS / "slidelesson", raw, "1280", "720", str(SECONDS), cls.lesson],
                       check=True)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def read(self):
        text = (self.lesson / "text.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def test_2_what_it_finds(self):
        with worker(self.lesson) as process:
            out, err = process.communicate()
        self.assertEqual(process.returncode, 0, err)
        told = json.loads(out)
        self.assertEqual((told["slides"], told["moving"], told["read"]), (5, 0, 4))
        slides = self.read()
        self.assertEqual([slide["time_ns"] for slide in slides],
                         [i * SECONDS * 10**9 for i in range(5)])
        self.assertEqual([slide["to_ns"] for slide in slides],
                         [(i + 1) * SECONDS * 10**9 for i in range(5)])
        wrong = whole = 0
        for slide, (title, lines) in zip(slides, DECK):
            truth = plain(title + "".join(lines))
            wrong += distance(plain(slide["text"]), truth)
            whole += len(truth)
        self.assertLess(wrong / whole, 0.25, slides)

    def test_3_chapters_and_search(self):
        server = Server(self.data)
        try:
            where = f"/api/v1/items/{ID}"
            item = json.loads(server.ask("GET", where)[2])
            self.assertEqual(item["chapters_by"], "slides")
            self.assertEqual(len(item["slides"]), 5)
            self.assertEqual(item["chapters"][1]["time_ns"], SECONDS * 10**9)
            query = "/api/v1/library?q=" + urllib.parse.quote("惯性")
            until(lambda: json.loads(server.ask("GET", query)[2])["items"], 10, "the word")
            found = json.loads(server.ask("GET", query)[2])["items"]
            self.assertNotIn("?", found[0]["hits"][0]["text"])  # ends of lines are blanks
            self.assertEqual((found[0]["hits"][0]["kind"], found[0]["hits"][0]["time_ns"]),
                             ("slide", SECONDS * 10**9))
            own = {"chapters": [{"time_ns": 5 * 10**9, "title": "导入"}]}
            self.assertEqual(server.ask("PUT", where + "/chapters", own)[0], 200)
            self.assertEqual(server.ask("PUT", where + "/chapters", own)[0], 428)
            with worker(self.lesson) as process:
                self.assertEqual(process.wait(), 0)
            item = json.loads(server.ask("GET", where)[2])
            self.assertEqual((item["chapters_by"], item["chapters"]), ("person", own["chapters"]))
            self.assertEqual(len(item["slides"]), 5)
            self.assertEqual(server.ask("PUT", where + "/chapters", {"chapters": []},
                                        {"If-Match": item["chapters_tag"]})[0], 200)
            item = json.loads(server.ask("GET", where)[2])
            self.assertEqual((item["chapters_by"], item["chapters"]), ("person", []))
            self.subtitles_of_a_clip(server, where)
        finally:
            server.stop()

    def subtitles_of_a_clip(self, server, where):
        """A microlesson shows what its lessons say in its pieces, until it has its own."""
        words = "1\n00:00:10,000 --> 00:00:20,000\n反射\n\n2\n00:00:30,000 --> 00:00:31,000\n惯性\n"
        self.assertEqual(server.ask("PUT", where + "/subtitles/zh", words.encode())[0], 200)
        pieces = [{"lesson": ID, "from_ns": 29 * 10**9, "to_ns": 32 * 10**9},
                  {"lesson": ID, "from_ns": 0, "to_ns": 12 * 10**9}]
        made = json.loads(server.ask("POST", "/api/v1/clips", {"edl": {"pieces": pieces}})[2])
        clip = f"/api/v1/items/{made['id']}"
        self.assertEqual(server.ask("PUT", clip + "/chapters", {"chapters": []})[0], 400)
        listed = json.loads(server.ask("GET", clip)[2])["subtitles"]
        self.assertEqual(listed, [{"lang": "zh", "label": "中文"}])
        status, head, text = server.ask("GET", clip + "/subtitles/zh")
        self.assertEqual((status, head["ETag"]), (200, None))
        self.assertEqual(text.decode(), "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n惯性\n\n"
                                        "00:00:13.000 --> 00:00:15.000\n反射\n")
        self.assertEqual(server.ask("GET", clip + "/subtitles/en")[0], 404)
        self.assertEqual(server.ask("PUT", clip + "/subtitles/zh", "WEBVTT\n")[0], 200)
        self.assertEqual(server.ask("GET", clip + "/subtitles/zh")[2], b"WEBVTT\n")
        other = {"If-Match": '"another"'}
        self.assertEqual(server.ask("DELETE", clip + "/subtitles/zh", None, other)[0], 412)
        tag = {"If-Match": server.ask("GET", clip + "/subtitles/zh")[1]["ETag"]}
        self.assertEqual(server.ask("DELETE", clip + "/subtitles/zh", None, tag)[0], 200)
        self.assertEqual(server.ask("GET", clip + "/subtitles/zh")[2], text)

    def test_5_the_server_has_it_done(self):
        """For a lesson that it finds ended and nobody has looked at, and when it is asked."""
        (self.lesson / "text.jsonl").unlink()
        server = Server(self.data)
        try:
            def jobs():
                return json.loads(server.ask("GET", "/api/v1/jobs")[2])["jobs"]
            until(lambda: (self.lesson / "text.jsonl").exists(), 30, "the slides")
            until(lambda: jobs()[0]["state"] == "done", 10, "the job's end")
            self.assertEqual([(job["kind"], job["item"]) for job in jobs()], [("slides", ID)])
            self.assertEqual(len(self.read()), 5)
            ask = lambda item: server.ask("POST", "/api/v1/jobs", {"kind": "slides", "item": item})
            self.assertEqual(ask("nothing")[0], 404)
            self.assertEqual(ask(ID)[0], 201)
            until(lambda: [job["state"] for job in jobs()] == ["done"] * 2, 30, "the other job")
        finally:
            server.stop()

    def test_6_lessons_met_while_much_waits_have_their_turn(self):
        """More than half a queue (archive/jobs.h) at once. They have no
        tapes, so each is soon over."""
        data = self.data / "many"
        ids = [f"20260101-080000-main-{number:04}" for number in range(56)]
        for one in ids:
            record = put_lesson(data, one, "光的折射") / "lesson.json"
            record.write_text(record.read_text("utf-8").replace('"kind": "camera"', '"kind": "screen"'), "utf-8")
        server = Server(data)
        try:
            def asked_for():
                jobs = json.loads(server.ask("GET", "/api/v1/jobs")[2])["jobs"]
                return sorted(job["item"] for job in jobs if job["kind"] == "slides")
            until(lambda: asked_for() == ids, 300, "all slides to be asked for")
        finally:
            server.stop()

    def test_4_what_is_no_lesson_is_said(self):
        with worker(self.data) as process:
            out, err = process.communicate()
        self.assertEqual(process.returncode, 1)
        self.assertTrue(out or err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
