# SPDX-License-Identifier: GPL-3.0-or-later
"""A recorder whose disk or devices keep it waiting: whoever stands at the button sees words, and never
a recorder that is away. One that is short of processor: whatever else is to be done stands still."""

import contextlib
import json
import os
import pathlib
import threading
import time
import unittest
import urllib.error

from _lab import Camera, CpuQuota, FaultDisk, Pulse, Scratch, Screen, wait_until
from _lesson import Lesson, judge
from _service import Service

import beside  # noqa: E402  its path is set by _lab


class Watch(threading.Thread):
    """Looks at the room, as a page does, and keeps what it saw."""

    def __init__(self, service):
        super().__init__()
        self.service, self.seen, self.done = service, [], threading.Event()

    def run(self):
        while not self.done.wait(0.2):
            with contextlib.suppress(OSError):
                self.seen.append(self.service.ask("GET", "/rooms/main"))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.join()

    def words(self):
        return [alarm["en"] for room in self.seen for alarm in room["status"]["alarms"]]


class BusyTest(unittest.TestCase):
    def assert_never_away(self, watch):
        self.assertGreater(len(watch.seen), 10)
        self.assertEqual({room["online"] for room in watch.seen}, {True})
        self.assertNotIn("recorder is away", watch.service.log)

    def test_frozen_devices(self):
        """They take calls and answer none: each hangs for seconds when it is opened or closed, and is
        wanted again meanwhile."""
        with Scratch() as data, Screen() as screen, Pulse() as pulse, Camera() as camera:
            sources = [f"screen:x11:{screen.display}", "mic:pulse:mic", f"camera:{camera.url}", "demo"]
            with Service(str(data.folder), sources, env=pulse.env) as service, contextlib.ExitStack() as stack:
                service.wait_for_state("idle")
                watch = stack.enter_context(Watch(service))  # before, the recorder is not there yet
                for device in (screen, pulse, camera):
                    device.freeze()
                for _ in range(3):
                    at = time.monotonic()
                    lesson = service.ask("POST", "/rooms/main/recording", {"title": "x"})["lesson"]
                    begun = time.monotonic() - at
                    time.sleep(1)
                    at = time.monotonic()
                    service.ask("DELETE", "/rooms/main/recording")
                    ended = time.monotonic() - at
                    print(f"with devices that hang: begins after {begun:.1f} s, ends after {ended:.1f} s")
                    self.assertLess(begun, 4.5)  # it waits 3 s for them
                    self.assertLess(ended, 5)
                    judge(self, Lesson(service.lesson_folder(lesson)))
                time.sleep(2)
                self.assert_never_away(watch)

    def test_a_disk_that_hangs_at_the_end(self):
        with FaultDisk() as disk, Scratch() as data, contextlib.ExitStack() as stack:
            os.symlink(disk.path, data.folder / "lessons")  # its socket lies on another one
            service = stack.enter_context(Service(str(data.folder)))
            service.wait_for_state("idle")
            lesson = service.ask("POST", "/rooms/main/recording", {"title": "x"})["lesson"]
            time.sleep(3)
            with Watch(service) as watch:
                disk.tell("freeze fdatasync fsync")
                at = time.monotonic()
                with self.assertRaises(urllib.error.HTTPError) as refused:
                    service.ask("DELETE", "/rooms/main/recording", timeout=40)
                took = time.monotonic() - at
                fault = json.load(refused.exception)["fault"]
                print(f"after {took:.1f} s of a disk that hangs: {fault['en']}")
                self.assertEqual(refused.exception.code, 504)
                self.assertIn("still busy", fault["en"])
                self.assertIn("磁盘或设备较慢", fault["zh"])
                disk.tell("release")
                wait_until(lambda: service.room().get("state") == "idle", 20, "the end")
                self.assert_never_away(watch)
            self.assertTrue(any("waited for its disk or a device" in words for words in watch.words()))
            self.assertEqual(service.room()["status"]["alarms"], [], "it is over")
            judge(self, Lesson(os.path.join(disk.path, lesson)))

    def test_jobs_wait_for_a_recording(self):
        """Where it finds too little processor the export stands still, and goes on when it has enough."""
        with Scratch() as data, Service(str(data.folder)) as service:
            service.wait_for_state("idle")
            lesson = service.ask("POST", "/rooms/main/recording", {"title": "x"})["lesson"]
            time.sleep(2)
            service.ask("DELETE", "/rooms/main/recording")
            edl = {"version": 1, "pieces": [{"lesson": lesson, "from_ns": 0, "to_ns": 18 * 10**8}] * 100}
            clip = service.ask("POST", "/clips", {"edl": edl})["id"]
            export = service.ask("POST", "/jobs", {"kind": "export", "item": clip, "preset": "contest"})["id"]
            worker_of = lambda: [pid for pid in service.processes("lectern-worker") if export in words_of(pid)]
            held = lambda: service.ask("GET", "/jobs/" + export)["held"]
            wait_until(worker_of, 90, "its worker")
            (worker,) = worker_of()
            service.ask("POST", "/rooms/main/recording", {"title": "y"})
            (recorder,) = service.processes("lectern-recorder")
            with CpuQuota(recorder, 5):
                wait_until(lambda: held() and stat_of(worker)[0] == "T", 90, "the job to stand still")
                used = ticks_of(worker)
            service.ask("DELETE", "/rooms/main/recording", timeout=40)
            wait_until(lambda: not held() and ticks_of(worker) > used, 90, "the job to go on")
            service.ask("DELETE", "/jobs/" + export)


def words_of(pid):
    return pathlib.Path(f"/proc/{pid}/cmdline").read_text()


def stat_of(pid):
    """From its state on: what proc(5) numbers 3 is the first."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()


def ticks_of(pid):
    return sum(map(int, stat_of(pid)[11:13]))


if __name__ == "__main__":
    beside.main(2)
