# SPDX-License-Identifier: GPL-3.0-or-later
"""Sources that die, freeze, change and come back; clocks that jump; too little processor."""

import array
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from _lab import DEEP, Camera, CpuQuota, Pulse, Screen, WallClock, wait_until
from _lesson import Lesson, Recording, judge, missing_pictures
from _media import stamps

import beside  # noqa: E402  its path is set by _lab


def loudness(file):
    """Loudest sample of each 10 ms of a file's sound, 0 to 1."""
    done = subprocess.run(["ffmpeg", "-v", "error", "-i", str(file), "-map", "0:a:0", "-ac", "1",
                           "-ar", "48000", "-f", "s16le", "-"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, check=True, timeout=120)
    samples = array.array("h", done.stdout)
    return [max(map(abs, samples[at:at + 480])) / 32768 for at in range(0, len(samples) - 480, 480)]


def silences(levels, start, floor=0.003, longer=0.1):
    """[(from, to)] of the silence in levels whose first is of the moment `start`."""
    found, begun = [], None
    for i, level in enumerate(levels + [1.0]):
        if level < floor:
            begun = i if begun is None else begun
        elif begun is not None:
            if (i - begun) / 100 > longer:
                found.append((start + begun / 100, start + i / 100))
            begun = None
    return found


class SourceCase(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lectern-sources-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.out = self.folder + "/lesson"

    def assert_whole(self, track, lesson):
        """Nothing of this track is missing from its first chunk to its last."""
        self.assertEqual(lesson.holes(track), [], f"{track} has holes")

    def silences(self, lesson):
        """Silence after the lesson's first half second, in which a microphone finds its time."""
        start = lesson.rows("sound")[0].time
        found = silences(loudness(lesson.export("sound", self.folder)), start)
        return [(begun, end) for begun, end in found if end > start + 0.5]

    def offsets(self, lesson, track, since=0):
        """What the pictures show against when the tape says they were: seconds, of those with a stamp."""
        rows = lesson.rows(track)
        marks = stamps(lesson.export(track, self.folder))
        self.assertEqual(len(marks), len(rows))
        return [row.time - drawn for row, (_, drawn) in zip(rows, marks)
                if drawn is not None and row.time > since]

    def unstamped(self, lesson, track):
        """[(from, to)] in which a track shows something else than its source: a slate."""
        rows, found, begun = lesson.rows(track), [], None
        for row, (_, drawn) in zip(rows, stamps(lesson.export(track, self.folder))):
            if drawn is None:
                begun = row.time if begun is None else begun
            elif begun is not None:
                found.append((begun, row.time))
                begun = None
        return found


class LossTest(SourceCase):
    def test_the_x_server_dies(self):
        with Screen(1280, 720, stamped=True) as screen, Pulse() as pulse:
            spec = f"screen:x11:{screen.display}"
            with Recording([spec, "mic:pulse:mic"], self.out, env=pulse.env) as recording:
                recording.wait_verified()
                time.sleep(1)
                died = screen.kill()
                recording.wait_for(lambda status: status["sources"][0]["state"] == "lost" and
                                   status["tracks"][0]["slate"], 5, "a slate")
                words = recording.source(spec)
                self.assertTrue(words["en"] and words["zh"], words)
                time.sleep(2)
                screen.start()
                back = time.monotonic()
                recording.wait_for(lambda status: status["sources"][0]["state"] == "running" and
                                   not status["tracks"][0]["slate"], 12, "the screen")
                time.sleep(1.5)
                self.assertEqual(recording.end(), 0)
        lesson = Lesson(self.out)
        judge(self, lesson)
        ((slate, picture),) = self.unstamped(lesson, "screen")
        late = max(self.offsets(lesson, "screen", since=picture))
        print(f"X server dies: slate after {slate - died:.2f} s, picture {picture - back:.2f} s after its "
              f"return, then {late * 1000:.0f} ms late at most; {words['en']}")
        self.assertLess(slate - died, 1)
        self.assertLess(picture - back, 7)
        self.assert_whole("screen", lesson)
        self.assert_whole("sound", lesson)
        self.assertEqual(self.silences(lesson), [], "the sound was touched")

    def test_the_camera_dies_freezes_and_returns(self):
        with Camera("--stamp") as camera, Pulse() as pulse:
            with Recording([f"camera:{camera.url}", "mic:pulse:mic"], self.out,
                           env=pulse.env) as recording:
                is_on = lambda status: status["tracks"][0]["pass_through"]
                is_slate = lambda status: status["tracks"][0]["slate"]
                recording.wait_for(is_on)
                recording.wait_verified()
                time.sleep(1)
                died = camera.kill()
                recording.wait_for(is_slate)
                time.sleep(1)
                camera.start()
                back = [time.monotonic()]
                recording.wait_for(is_on, 20, "the camera after its restart")
                time.sleep(2)
                froze = time.monotonic()
                camera.freeze()
                recording.wait_for(is_slate)
                time.sleep(1)
                camera.thaw()
                back.append(time.monotonic())
                recording.wait_for(is_on, 20, "the camera after its thaw")
                time.sleep(2)
                self.assertEqual(recording.end(), 0)
        lesson = Lesson(self.out)
        judge(self, lesson)
        self.assert_whole("camera", lesson)
        self.assert_whole("sound", lesson)
        self.assertEqual(self.silences(lesson), [])
        # passed through, slate, passed through, slate, passed through: another reel each time
        self.assertEqual(len(lesson.reels("camera")), 5)
        slates = self.unstamped(lesson, "camera")
        for what, at, (slate, picture), again in zip(("dies", "freezes"), (died, froze), slates, back):
            off = self.offsets(lesson, "camera", since=picture)
            print(f"camera {what}: slate after {slate - at:.2f} s, picture {picture - again:.2f} s after its "
                  f"return, delay of its pictures {min(off) * 1000:.0f} to {max(off) * 1000:.0f} ms")
            self.assertLess(slate - at, 4)
            self.assertLess(picture - again, 12)
            self.assertTrue(-0.1 < min(off) and max(off) < 1.5, (min(off), max(off)))
        self.assertEqual(len(slates), 2)

    def test_a_camera_with_b_frames_is_decoded(self):
        with Camera("--stamp", "--bframes", 2) as camera:
            with Recording([f"camera:{camera.url}"], self.out) as recording:
                status = recording.wait_for(lambda status: status["sources"][0]["note_en"] and
                                            status["tracks"][0]["verified_ns"], 25, "the note")
                time.sleep(2)
                source = status["sources"][0]
                self.assertFalse(source["pass_through"])
                self.assertIn("B-frames", source["note_en"])
                self.assertIn("B 帧", source["note_zh"])
                self.assertEqual(recording.end(), 0)
        lesson = Lesson(self.out)
        judge(self, lesson)
        self.assert_whole("camera", lesson)
        off = self.offsets(lesson, "camera")
        print(f"B-frames: {source['note_en']} delay of its pictures {min(off) * 1000:.0f} to "
              f"{max(off) * 1000:.0f} ms")

    def test_the_sound_server_dies_and_the_microphone_is_pulled(self):
        with Pulse() as pulse, Recording(["mic:pulse:mic"], self.out, env=pulse.env) as recording:
            is_on = lambda status: (status["sources"][0]["state"] == "running" and
                                    not status["tracks"][0]["slate"])
            recording.wait_verified()
            time.sleep(1)
            gone, back = [pulse.kill()], []
            time.sleep(2)
            pulse.start()
            back.append(time.monotonic())
            recording.wait_for(is_on, 20, "sound after the restart")
            time.sleep(2)
            gone.append(time.monotonic())
            pulse.unplug()
            recording.wait_for(lambda status: status["sources"][0]["state"] == "lost")
            words = recording.source("mic:pulse")
            self.assertTrue(words["en"] and words["zh"], words)
            time.sleep(1)
            pulse.plug()
            back.append(time.monotonic())
            recording.wait_for(is_on, 20, "sound after the replug")
            time.sleep(2)
            # The sound ends here a last time: by this its place after all that can be judged.
            gone.append(time.monotonic())
            pulse.unplug()
            time.sleep(1)
            self.assertEqual(recording.end(), 0)
        lesson = Lesson(self.out)
        judge(self, lesson)
        self.assert_whole("sound", lesson)
        found = self.silences(lesson)
        self.assertEqual(len(found), 3, found)
        shifts = [silent - at for (silent, _), at in zip(found, gone)]
        waits = [loud - at for (_, loud), at in zip(found, back)]
        print("sound: silent " + ", ".join(f"{s * 1000:+.0f} ms" for s in shifts) +
              " from when it went (PulseAudio killed, pulled, pulled), back after " +
              ", ".join(f"{w:.2f} s" for w in waits) + f"; {words['en']}")
        self.assertLess(max(waits), 8)
        # Each time it ends the tape must put that end at the same place: it did not slip in between.
        # (That a microphone was pulled is noticed within 0.25 s; until then PulseAudio gives another.)
        self.assertLess(max(shifts) - min(shifts), 0.4)


class MachineTest(SourceCase):
    def test_the_wall_clock_jumps(self):
        with WallClock() as clock:
            with Recording(["demo"], self.out, env=clock.env) as recording:
                recording.wait_verified()
                for offset in (3600, -3600):
                    clock.jump(offset)
                    time.sleep(2)
                recording.kill9()
            clock.jump(-7200)
            with Recording(["demo"], self.out, env=clock.env) as recording:
                recording.wait_verified()
                moment = time.monotonic()
                elapsed = recording.wait_for(
                    lambda status: status["elapsed_ns"] / 1e9 > moment - Lesson(self.out).zero)
                self.assertEqual(recording.end(), 0)
            ended = time.monotonic()
        lesson = Lesson(self.out)
        judge(self, lesson)
        rows = lesson.rows("camera")
        self.assertEqual(sum(row.gap for row in rows), 1)  # the kill
        self.assertTrue(rows[-1].time < ended < rows[-1].time + 2)
        first = lesson.reels("camera")[0].rows
        missing = missing_pictures(first)
        self.assertLess(missing, len(first))  # a loaded machine leaves some out, a clock that is followed all
        for track in lesson.tracks:
            self.assertLessEqual(len(lesson.holes(track)), 1)
        self.assertLess(elapsed["elapsed_ns"] / 1e9, 60)
        print(f"the wall clock jumps by hours, either way: {missing} pictures missing, the lesson is the same")

    def test_the_machine_sleeps(self):
        """Stopped as a whole for a while, as by a closed lid: it goes on at once, the sleep is silence."""
        pause = 60 if DEEP else 6
        with Recording(["demo"], self.out) as recording:
            recording.wait_verified()
            recording.signal(signal.SIGSTOP)
            time.sleep(pause)
            woke = time.monotonic()
            recording.signal(signal.SIGCONT)
            lesson = Lesson(self.out)
            wait_until(lambda: all(lesson.last(track) > woke for track in ("camera", "sound")), 15,
                       "picture and sound after the sleep")
            took = time.monotonic() - woke
            self.assertEqual(recording.end(), 0)
        lesson = Lesson(self.out)
        judge(self, lesson)
        self.assert_whole("sound", lesson)
        ((begun, end),) = self.silences(lesson)
        print(f"asleep for {pause} s: on the tape again after {took:.2f} s, {end - begun:.1f} s of silence")
        self.assertLess(took, 10)

    def test_too_little_processor(self):
        with Screen(1280, 720, stamped=True) as screen, Recording(
                ["demo", f"screen:x11:{screen.display}"], self.out) as recording:
            recording.wait_verified()
            with CpuQuota(recording.pid, 15) as quota:
                status = recording.wait_for(lambda status: status["cpu"]["step"] >= 2, 20, "a step")
                self.assertTrue(status["cpu"]["en"] and status["cpu"]["zh"])
                time.sleep(6)
                worst = max(recording.statuses(), key=lambda status: status["cpu"]["step"])["cpu"]
            time.sleep(2)
            self.assertEqual(recording.end(40), 0)
        lesson = Lesson(self.out)
        judge(self, lesson)
        print(f"15 % of a processor ({quota.how}): step {worst['step']}: {worst['en']}")
        self.assert_whole("sound", lesson)
        self.assertEqual(self.silences(lesson), [], "sound was lost")


if __name__ == "__main__":
    beside.main(4)
