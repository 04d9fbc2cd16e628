#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A recorder in another building whose disk runs low: it deletes the oldest lessons that its server has
as well, and no other; wherever it dies meanwhile, a lesson is whole or gone."""

import contextlib
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from _programs import BIN, until
from test_remote import ENGLISH, Building

ALWAYS = "free_hours = 100000\n"  # no disk holds so much


class Retention(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pattern = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory())) / "pattern"
        subprocess.run([BIN / "lectern", "record", "--source", "demo", "--out", cls.pattern, "--duration", "2"],
                       check=True, env=ENGLISH, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)

    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.folder = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.b = Building(self.folder, "copy_rate = 1000\nfree_hours = 0\n")
        self.stack.callback(self.b.close)
        self.lessons = self.b.recorder_data / "lessons"

    def put(self, *days, room="lab"):
        """A lesson of 2 s a day, that has ended."""
        for day in days:
            lesson = self.lessons / self.id(day)
            shutil.copytree(self.pattern, lesson)
            info = json.loads((lesson / "lesson.json").read_text(encoding="utf-8"))
            (lesson / "lesson.json").write_text(json.dumps({**info, "id": lesson.name, "room": room}))

    @staticmethod
    def id(day):
        return f"202601{day:02}-080000-lab-0001"

    def here(self):
        return sorted(path.name for path in self.lessons.iterdir())

    def copy_of(self, lesson):
        with contextlib.suppress(OSError, ValueError):
            return json.loads((self.b.server_data / "copies" / f"{lesson}.json").read_text(encoding="utf-8"))
        return {"complete": False}

    def wait_for_copies(self, *lessons):
        until(lambda: all(self.copy_of(lesson)["complete"] for lesson in lessons), 60, "the copies to be complete")

    def start_again(self, extra):
        b = self.b
        b.recorder.terminate()
        self.assertEqual(b.recorder.wait(30), 0)
        b.recorder_conf.write_text(f"[recorder]\n{extra}[room lab]\nsource = demo\n")
        b.start_recorder()

    def flip(self, path):
        """A bit of a chunk that is read back by nobody but who compares."""
        size = path.stat().st_size
        with open(path, "r+b") as file:
            file.seek(size // 2)
            byte = file.read(1)
            file.seek(size // 2)
            file.write(bytes([byte[0] ^ 1]))

    def stays(self, lesson, why):
        words = self.b.words()[1]
        self.assertTrue(any(lesson in line and why in line for line in words.splitlines()), f"{why}\n{words}")

    def test_only_what_the_server_holds_goes_oldest_first(self):
        b = self.b
        good, marked, damaged, trashed, deleted, differs, foreign, last = (self.id(day) for day in range(1, 9))
        self.put(*range(1, 9))
        self.flip(next((self.lessons / damaged).glob("camera*/0001.mp4")))
        b.start_server()
        b.start_recorder(b.token())
        self.wait_for_copies(*(self.id(day) for day in range(1, 9)))
        self.assertEqual(len(self.here()), 8, "with 0 hours nothing is ever deleted")
        (self.lessons / marked / "keep").touch()
        (self.lessons / foreign / "notes.txt").write_text("of somebody")
        b.api(f"/items/{trashed}/trash", "PUT", {"anyway": True})
        shutil.rmtree(b.server_data / "lessons" / deleted)
        self.flip(next((b.server_data / "lessons" / differs).glob("camera*/0001.mp4")))
        self.put(20, room="hall")
        self.start_again(ALWAYS)
        until(b.is_there, 15, "the recorder to be there")
        running = b.api("/rooms/lab/recording", "POST", {"title": "Now"})["lesson"]
        stay = [marked, damaged, trashed, deleted, differs, foreign, self.id(20), running]
        until(lambda: self.here() == stay, 60, "the others to go")
        until(lambda: f"a lesson stays lesson={running}" in b.words()[1], 30, "all to have been looked at")
        self.assertEqual(self.here(), stay)
        words = b.words()[1]
        self.assertLess(words.index(f"too, is deleted here lesson={good}"), words.index(f"too, is deleted here lesson={last}"))
        for lesson, why in ((marked, "marked to be kept"), (damaged, "It is damaged"), (trashed, "in the trash"),
                            (deleted, "no complete copy"), (differs, "differs"), (foreign, "notes.txt"),
                            (self.id(20), "no complete copy"), (running, "being written")):
            self.stays(lesson, why)
        for lesson in (good, last):
            subprocess.run([BIN / "lectern", "verify", b.server_data / "lessons" / lesson], check=True, env=ENGLISH,
                           stdout=subprocess.DEVNULL)
        until(lambda: (b.room()["status"] or {}).get("here", {}).get("removed") == 2, 10, "the room to say so")
        here = b.room()["status"]["here"]
        self.assertEqual((here["lessons"], here["removed_last"]), (8, last))
        self.assertTrue(here["oldest"].startswith("20"))
        b.api("/rooms/lab/recording", "DELETE")
        until(lambda: running not in self.here(), 30, "a lesson to go once its copy is complete")

    def test_killed_at_any_step_a_lesson_is_whole_or_gone(self):
        b = self.b
        whole = sorted(str(path.relative_to(self.pattern)) for path in self.pattern.rglob("*"))
        self.put(1, 2)
        b.start_server()
        b.start_recorder(b.token())
        self.wait_for_copies(*(self.id(day) for day in (1, 2)))
        self.start_again(ALWAYS)
        deleted, kills, seen = b.recorder_data / "deleted", 0, set()
        while self.here():
            left = 0
            with contextlib.suppress(OSError):  # it goes while it is looked at
                left = len(list(deleted.rglob("*")))
            step = (len(self.here()), deleted.exists(), left)
            if step not in seen and len(seen) < 6:
                seen.add(step)
                b.recorder.kill()
                b.recorder.wait()
                kills += 1
                for lesson in self.here():
                    found = sorted(str(path.relative_to(self.lessons / lesson))
                                   for path in (self.lessons / lesson).rglob("*"))
                    self.assertEqual(found, whole, lesson)
                b.start_recorder()
        until(lambda: not deleted.exists(), 30, "what was half deleted to go")
        self.assertGreaterEqual(kills, 2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
