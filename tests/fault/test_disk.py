# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks that are full, fail, or are slow: what the recorder says, keeps, and does by itself."""

import hashlib
import os
import pathlib
import shutil
import tempfile
import time
import unittest

from _lab import DEEP, FaultDisk, SmallDisk, need_root, program, run, wait_until
from _lesson import Lesson, Recording, judge

import beside  # noqa: E402  its path is set by _lab

MB = 1 << 20
SPACE = 160  # MB: enough for the demo to be let begin (two minutes at the rate it may have)


def digest(folder):
    """{path: check sum} of all files below a folder."""
    return {path: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(pathlib.Path(folder).rglob("*")) if path.is_file()}


def total(holes):
    return sum(end - start for start, end in holes)


def until_newer(lesson, moment, seconds=20):
    """Waits until each track has a chunk that is later than the moment; returns when that was."""
    wait_until(lambda: all(lesson.last(track) > moment for track in lesson.tracks), seconds,
               "every track to go on")
    return time.monotonic()


class FullTest(unittest.TestCase):
    """A disk that fills up in mid-lesson, and has room again later."""

    def setUp(self):
        self.older = None

    def keep_an_older_lesson(self, folder):
        run([program("lectern"), "record", "--source", "demo", "--out", folder, "--duration", "2"])
        self.older = folder, digest(folder)

    def pause_and_go_on(self, path, fill, make_room, pause):
        self.keep_an_older_lesson(path + "/older")
        with Recording(["demo"], path + "/lesson") as recording:
            recording.wait_verified()
            lesson = Lesson(path + "/lesson")
            fill()
            status = recording.wait_for(lambda status: status["state"] == "paused", 40, "the pause")
            self.assertEqual(status["disk"]["alarm"], "full")
            words = [alarm for alarm in status["alarms"] if alarm.get("code")]
            self.assertTrue(any("full" in alarm["en"] and "已满" in alarm["zh"] for alarm in words), words)
            before = len(recording.statuses())
            time.sleep(pause)
            states = {status["state"] for status in recording.statuses()[before:]}
            self.assertEqual(states, {"paused"}, "it is still full")
            make_room()
            at = time.monotonic()
            took = until_newer(lesson, at) - at
            recording.wait_for(lambda status: status["state"] == "recording")
            time.sleep(1)
            self.assertEqual(recording.end(), 0, recording.log)
        holes = {track: total(lesson.holes(track)) for track in lesson.tracks}
        print(f"a disk that is full for {pause} s: records again after {took:.2f} s, lost {holes}")
        self.assertLess(took, 4)  # promised: 2
        judge(self, Lesson(path + "/lesson"))
        folder, was = self.older
        self.assertEqual(digest(folder), was, "an older lesson was touched")
        return holes

    def test_a_real_file_system(self):
        need_root()
        with SmallDisk(SPACE) as disk:
            holes = self.pause_and_go_on(disk.path, disk.fill, disk.make_room, 4)
        self.assertEqual(set(holes.values()), {0}, "what came meanwhile was not kept in memory")

    def test_a_quota(self):
        with FaultDisk() as disk:
            used = lambda: disk.stats()["used"]
            holes = self.pause_and_go_on(disk.path, lambda: disk.tell(f"quota {used()}"),
                                         lambda: disk.tell("quota off"), 75 if DEEP else 3)
        if not DEEP:
            self.assertEqual(set(holes.values()), {0})

    def test_what_is_refused_and_what_is_warned_about(self):
        need_root()
        with SmallDisk(24) as disk:
            for language, words in (("C", "less than two minutes"), ("zh_CN.UTF-8", "不足两分钟")):
                done = run([program("lectern"), "record", "--source", "demo", "--out", disk.path + "/a"],
                           check=False, env={**os.environ, "LANG": language, "LC_ALL": language})
                self.assertEqual(done.returncode, 1)
                self.assertIn(words, done.stderr)
            self.assertEqual(list(pathlib.Path(disk.path).glob("a/*")), [])
        with SmallDisk(SPACE) as disk:
            with Recording(["demo"], disk.path + "/lesson") as recording:
                status = recording.wait_for(lambda status: status["alarms"])
                self.assertEqual(status["disk"]["alarm"], "very-low")
                self.assertRegex(status["alarms"][0]["en"], r"space for \d+ more minutes")
                self.assertIn("may not hold a whole lesson", recording.log)
                self.assertEqual(recording.end(), 0)
            print(f"{SPACE} MB: {status['disk']['minutes_left']} minutes left, alarm {status['disk']['alarm']}")

    def test_out_that_cannot_be_used(self):
        with FaultDisk() as disk, tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "file").write_text("not a folder", encoding="ascii")
            disk.tell("fail mkdir EROFS path=read-only")
            disk.tell("fail mkdir EACCES path=not-ours")
            disk.tell("fail mkdir ENOSPC path=no-room")
            cases = {
                disk.path + "/read-only": "Read-only file system",
                disk.path + "/not-ours": "Permission denied",
                disk.path + "/no-room": "No space left",
                folder + "/file": "Not a directory",
                folder: "is not empty",
            }
            for out, words in cases.items():
                for language in ("C", "zh_CN.UTF-8"):
                    done = run([program("lectern"), "record", "--source", "demo", "--out", out,
                                "--duration", "1"], check=False,
                               env={**os.environ, "LANG": language, "LC_ALL": language})
                    with self.subTest(out=out, language=language):
                        said = done.stderr.strip().splitlines()[-1]
                        print(f"  {said}")
                        self.assertEqual(done.returncode, 1)
                        self.assertIn(out, said)
                        self.assertIn(words if language == "C" else "请", said)
                        self.assertNotIn("lesson begins", done.stderr)


class FailingTest(unittest.TestCase):
    """Calls that fail one by one, in mid-lesson."""

    # what fails, and in how much of a track that may leave a hole: a reel that failed is left at
    # once, and the next one begins with a picture asked for
    FAULTS = ("write EIO count=1 path=camera/", "write EIO count=1 path=sound/", "write EIO count=3",
              "write EIO count=1 path=.index", "fdatasync EIO count=1 path=camera/",
              "fdatasync EIO count=2 path=sound/", "fdatasync EIO count=6", "fallocate EIO count=5",
              "fallocate EOPNOTSUPP count=5", "write ENOSPC count=2")
    # these calls happen when a reel is begun, which a failed write brings about
    AT_A_NEW_REEL = ("create EIO count=1", "create EMFILE count=2", "rename EIO count=1",
                     "fsyncdir EIO count=1", "fsync EIO count=1", "fdatasync EIO count=1", "write EIO count=2",
                     "unlink EIO count=2")

    def break_and_wait(self, disk, recording, lesson, faults):
        at = time.monotonic()
        for fault in faults:
            disk.tell("fail " + fault)
        time.sleep(0.5)
        until_newer(lesson, at + 0.5)
        recording.wait_for(lambda status: status["state"] == "recording")
        disk.tell("clear")
        lost = {track: total((start, end) for start, end in lesson.holes(track) if end > at)
                for track in lesson.tracks}
        print(f"  {' + '.join(faults)}: lost " + ", ".join(f"{t} {s:.2f} s" for t, s in lost.items()))
        # A still screen says "unchanged" once a second, and promises two: a hole there is no picture lost.
        self.assertLess(max(lost.values()), 2.5, faults)

    def test_one_by_one(self):
        with FaultDisk() as disk:
            out = disk.path + "/lesson"
            with Recording(["demo"], out) as recording:
                recording.wait_verified()
                lesson = Lesson(out)
                for fault in self.FAULTS if DEEP else self.FAULTS[1:6:2]:
                    self.break_and_wait(disk, recording, lesson, [fault])
                for fault in self.AT_A_NEW_REEL if DEEP else self.AT_A_NEW_REEL[::3]:
                    self.break_and_wait(disk, recording, lesson,
                                        ["write EIO count=1 path=camera/", fault.replace("count", "after=1 count")
                                         if fault.startswith("write") else fault])
                said = [alarm["en"] for status in recording.statuses() for alarm in status["alarms"]]
                status = recording.end()
            self.assertTrue(any("failed (" in words for words in said), set(said))
            self.assertEqual(status, 1, "a disk that failed is said at the end, too")
            judge(self, Lesson(out))

    def test_for_ten_seconds(self):
        """A disk that takes nothing at all for a while: told, kept in memory, gone on with."""
        with FaultDisk() as disk:
            out = disk.path + "/lesson"
            with Recording(["demo"], out) as recording:
                recording.wait_verified()
                disk.tell("fail write EIO")
                recording.wait_for(lambda status: status["alarms"] and "The disk of" in status["alarms"][0]["en"])
                time.sleep(10 if DEEP else 4)
                disk.tell("clear")
                at = time.monotonic()
                lesson = Lesson(out)
                took = until_newer(lesson, at) - at
                recording.end()
            lost = {track: round(total(lesson.holes(track)), 2) for track in lesson.tracks}
            print(f"nothing can be written for a while: goes on after {took:.2f} s, lost {lost}")
            self.assertLess(took, 4)
            judge(self, Lesson(out))

    def test_marked_ends_well_after_a_bad_end(self):
        """The last writes of a lesson fail: it says so, and the next start mends it."""
        with FaultDisk() as disk:
            out = disk.path + "/lesson"
            with Recording(["demo"], out) as recording:
                recording.wait_verified()
                disk.tell("fail fdatasync EIO")
                status = recording.end(30)
                self.assertEqual(status, 1)
                self.assertIn("disk failed at the end", recording.log)
            disk.tell("clear")
            lesson = Lesson(out)
            for track in lesson.tracks:
                self.assertTrue(lesson.rows(track))
            judge(self, lesson, ended=False)


class SlowTest(unittest.TestCase):
    """A disk that takes its time: nothing is lost, and the time line does not notice."""

    def record_over(self, disk, trouble, seconds):
        out = disk.path + "/lesson"
        with Recording(["demo"], out) as recording:
            recording.wait_verified()
            trouble()
            time.sleep(seconds)
            disk.tell("clear")
            at = time.monotonic()
            took = until_newer(Lesson(out), at) - at
            time.sleep(0.5)
            drops = [track["drops"] for track in recording.status()["tracks"]]
            self.assertEqual(recording.end(), 0, recording.log)
        lesson = Lesson(out)
        judge(self, lesson)
        rows = lesson.rows("camera")
        longest = max(b.time - a.time for a, b in zip(rows, rows[1:]))
        for track in lesson.tracks:
            self.assertEqual(lesson.holes(track), [], track)
            self.assertFalse(any(row.gap for row in lesson.rows(track)), track)
        self.assertEqual(set(drops), {0})
        self.assertLess(longest, seconds / 2)  # a loaded machine leaves some out, a held one all
        shutil.rmtree(out)
        return took

    def test_slow_and_frozen(self):
        with FaultDisk() as disk:
            took = self.record_over(disk, lambda: disk.tell("delay write 200"), 10 if DEEP else 5)
            print(f"each write takes 200 ms for a while: up to date {took:.2f} s after it")
            took = self.record_over(disk, lambda: disk.tell("delay fdatasync 300"), 5)
            print(f"each flush takes 300 ms for a while: up to date {took:.2f} s after it")
            took = self.record_over(disk, lambda: disk.tell("freeze write fdatasync fsync"), 5)
            print(f"nothing happens for 5 s: up to date {took:.2f} s after it")


if __name__ == "__main__":
    beside.main(3)
