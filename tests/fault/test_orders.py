# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad orders: sources that are not there, words that make no sense, two recorders in one folder."""

import contextlib
import os
import shutil
import tempfile
import unittest

from _lab import DEEP, Program, Pulse, program, run
from _lesson import Lesson, Recording, judge


class OrdersTest(unittest.TestCase):
    """Orders that cannot be followed: a sentence in the reader's language, and not status 0."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lectern-orders-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.out = self.folder + "/lesson"

    def refused(self, *words, env=None, status=1):
        said = []
        for language in ("C", "zh_CN.UTF-8"):
            done = run([program("lectern"), "record", *words], check=False, timeout=60,
                       env={**os.environ, **(env or {}), "LANG": language, "LC_ALL": language})
            lines = [line for line in done.stderr.splitlines() if line.startswith("lectern: ")]
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertEqual(len(lines), 1, done.stderr)
            said.append(lines[0].removeprefix("lectern: "))
        self.assertNotEqual(*said)
        self.assertTrue(any(ord(letter) > 0x3000 for letter in said[1]), said[1])
        print("  " + said[0])
        return said

    def test_sources_that_are_not_there(self):
        with Pulse() as pulse, contextlib.suppress(FileNotFoundError):
            for spec, word in {
                    "webcam:/dev/video0": "webcam", "camera:": "camera", "camera:/dev/video97": "/dev/video97",
                    "hdmi:/dev/null": "/dev/null", "camera:rtsp://127.0.0.1:9/x": "127.0.0.1",
                    "screen:x11::987": ":987", "mic:pulse:nobody": "nobody", "mic:alsa:hw:77": "hw:77",
                    "file:/nowhere/film.mp4": "/nowhere/film.mp4", f"file:{__file__}": "test_orders.py",
            }.items():
                with self.subTest(spec):
                    said = self.refused("--source", spec, "--out", self.out, "--duration", "2", env=pulse.env)
                    for sentence in said:
                        self.assertIn(word, sentence)
                self.assertFalse(os.path.exists(self.out + "/lesson.json"), spec)

    def test_orders_that_make_no_sense(self):
        demo = ("--source", "demo", "--out", self.out)
        self.refused(*demo, "--duration", "soon")
        self.refused(*demo, "--duration", "-3")
        self.refused(*["--source", "demo"] * 40, "--out", self.out)
        for words in ((), ("--source", "demo"), ("--out", self.out), (*demo, "--loud"), (*demo, "more")):
            done = run([program("lectern"), "record", *words], check=False)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn("usage: lectern record", done.stderr)

    def test_two_recorders_in_one_folder(self):
        with Recording(["demo"], self.out) as first:
            first.wait_verified()
            (english, _) = self.refused("--source", "demo", "--out", self.out, "--duration", "1")
            self.assertIn(str(first.pid), english)
            self.assertEqual(first.end(), 0)
        lesson = Lesson(self.out)
        judge(self, lesson)
        for track in lesson.tracks:
            self.assertEqual(lesson.holes(track), [], f"{track} has holes")

    def test_two_starts_at_once(self):
        for number in range(5 if DEEP else 2):
            out = f"{self.out}-{number}"
            command = [program("lectern"), "record", "--source", "demo", "--out", out, "--duration", "1"]
            with Program(command) as one, Program(command) as other:
                statuses = [one.wait(), other.wait()]
                logs = one.log + other.log
            self.assertEqual(sorted(statuses), [0, 1], logs)
            self.assertEqual(logs.count("lesson begins"), 1)
            self.assertIn("records here already", logs)
            judge(self, Lesson(out))


if __name__ == "__main__":
    unittest.main(verbosity=2)
