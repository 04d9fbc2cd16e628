# SPDX-License-Identifier: GPL-3.0-or-later
"""The plug is pulled at random moments of a lesson: what the disk holds then, and what becomes of it."""

import json
import pathlib
import random
import time
import unittest

from _lab import DEEP, Camera, PowerCutDisk, Pulse, need_root, wait_until
from _lesson import Lesson, judge, spread, until_on_tape
from _media import PEERS, inspect, losses
from _service import Service

CUTS = 20 if DEEP else 3
PEER_CUTS = 5
MOST_LOST = 2.0  # promised: 1.0; a loaded machine gets room


def last_that_holds(lesson, track):
    """The moment up to which the track can be played from this disk."""
    last = lesson.zero
    for reel in lesson.reels(track):
        wrong = set(reel.wrong_chunks())
        held = [row for i, row in enumerate(reel.rows) if i not in wrong]
        if held:
            last = max(last, held[-1].end if track == "sound" else held[-1].time)
    return last


def edit(file, old, new):
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


class PowerCutTest(unittest.TestCase):
    def setUp(self):
        need_root()

    def test_lessons_go_on(self):
        lost = {"camera": [], "sound": []}
        marks, again = 0, []
        with PowerCutDisk(256) as disk, Service(disk.path) as service:
            service.wait_for_state("idle")
            lesson_id = service.ask("POST", "/rooms/main/recording", {"title": "断电"})["lesson"]
            until_on_tape(service.lesson_folder(lesson_id), dict.fromkeys(("camera", "screen", "sound"), 0),
                          time.monotonic())
            for number in range(CUTS):
                labels = []
                until = time.monotonic() + random.uniform(0.5, 2)
                while time.monotonic() < until:
                    labels.append(f"{number}-{len(labels)}")
                    service.ask("POST", "/rooms/main/marks", {"label": labels[-1]})
                    time.sleep(random.uniform(0, 0.4))
                time.sleep(random.uniform(0, 2))  # a mark's own flush would help the tape's
                cut = disk.cut(writable=True)
                folder = pathlib.Path(cut.path, service.lesson_folder(lesson_id).relative_to(disk.path))
                lesson = Lesson(folder)
                if number % 2:  # of an earlier boot: its monotonic clock says nothing any more
                    edit(folder / "lesson.json", lesson.info["zero"]["boot"], "0" * 8)
                for track, seconds in lost.items():
                    seconds.append(cut.at - last_that_holds(lesson, track))
                again.append(self.go_on(cut, lesson_id, labels))
                marks += len(labels)
        print(f"{CUTS} power cuts: lost of the camera {spread(lost['camera'])}, of the sound "
              f"{spread(lost['sound'])}; {marks} acknowledged marks, none lost; on the tape again "
              f"{spread(again)} after the start")
        self.assertLess(max(lost["camera"] + lost["sound"]), MOST_LOST)

    def go_on(self, cut, lesson_id, labels):
        """What the next boot does with this disk. Returns how soon it was on the tape again."""
        with Service(cut.path) as service:
            folder = service.lesson_folder(lesson_id)
            lesson = Lesson(folder)
            wait_until(lambda: all(lesson.last(track) > service.started for track in lesson.tracks), 20,
                       "the lesson to go on")
            again = min(row.time for row in lesson.rows("camera") if row.time > cut.at) - service.started
            service.wait_for_state("recording")
            self.assertEqual(service.ask("DELETE", "/rooms/main/recording")["lesson"], lesson_id)
            kept = [mark["label"] for mark in service.ask("GET", f"/recordings/{lesson_id}/marks")["marks"]]
            self.assertEqual([label for label in labels if label not in kept], [])
            wait_until(lambda: all(reel.closed for track in lesson.tracks for reel in lesson.reels(track)),
                       20, "the torn reels to be closed")
            lesson = Lesson(folder)
            judge(self, lesson)
            for track in lesson.tracks:
                gaps = [row.time - cut.at for row in lesson.rows(track) if row.gap]
                self.assertEqual(sum(gap > 0 for gap in gaps), 1, f"{track}: the cut is one marked gap")
                # In the last moments a chunk may have reached the disk whose elder had not.
                self.assertTrue(all(gap > -1 for gap in gaps), f"{track}: gaps before the cut: {gaps}")
            self.assertEqual(json.loads((folder / "lesson.json").read_text(encoding="utf-8"))["title"], "断电")
        return again

    @unittest.skipUnless(DEEP, "a campaign")
    def test_other_recorders(self):
        for name in ("ffmpeg mkv", "splitmuxsink"):
            pictures, sounds = [], []
            for _ in range(PEER_CUTS):
                with PowerCutDisk(128) as disk, Camera("--stamp", "--audio", "aac") as camera:
                    recorder, files = PEERS[name](camera.url, disk.path)
                    with recorder:
                        ran = random.uniform(20, 40)
                        time.sleep(ran)
                        cut = disk.cut()
                        kept = [pathlib.Path(cut.path, file.name) for file in files()]
                    kept = [file for file in kept if file.exists() and inspect(file).video]
                    lost = losses(inspect(kept), kept, cut.at) if kept else (ran, ran)
                    pictures.append(lost[0])
                    sounds.append(lost[1] if lost[1] is not None else ran)
            print(f"{name}: {PEER_CUTS} power cuts 20 to 40 s after the start lose {spread(pictures)} of "
                  f"picture, {spread(sounds)} of sound")


if __name__ == "__main__":
    unittest.main(verbosity=2)
