# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab itself: a rig that breaks nothing, or judges nothing, would let every test pass."""

import errno
import os
import signal
import sys
import threading
import time
import unittest

from _lab import (Camera, CpuQuota, FaultDisk, PowerCutDisk, Program, Pulse, Screen, SmallDisk,
                  WallClock, kill9_after, need_root, run, wait_until)
from _media import PEERS, inspect, losses, stamps

import beside  # noqa: E402  its path is set by _lab

BURN = "import time\nwhile True: pass"


def write(path, data=b"x", flags=0):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o644)
    try:
        return os.write(fd, data)
    finally:
        os.close(fd)


class FaultDiskTest(unittest.TestCase):
    def setUp(self):
        self.disk = FaultDisk()
        self.disk.__enter__()
        self.addCleanup(self.disk.close)
        self.file = os.path.join(self.disk.path, "file")

    def fails(self, number, call, *arguments):
        with self.assertRaises(OSError) as caught:
            call(*arguments)
        self.assertEqual(caught.exception.errno, number)

    def test_passes_through(self):
        fd = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_DIRECT, 0o640)
        os.posix_fallocate(fd, 0, 8192)
        os.pwrite(fd, b"lesson", 4096)
        os.fsync(fd)
        os.fdatasync(fd)
        self.assertEqual(os.pread(fd, 6, 4096), b"lesson")
        os.ftruncate(fd, 5000)
        os.rename(self.file, self.file + "2")
        self.assertEqual(os.fstat(fd).st_size, 5000)
        os.unlink(self.file + "2")
        self.assertEqual(os.pread(fd, 3, 4096), b"les")  # unlinked, still open
        os.close(fd)
        self.assertEqual(os.listdir(self.disk.path), [])

    def test_fails_after_so_many_calls_and_so_many_times(self):
        self.disk.tell("fail write EIO after=2 count=1 path=fil")
        write(self.file)
        write(self.file)
        self.fails(errno.EIO, write, self.file)
        write(self.file)

    def test_fails_each_operation(self):
        write(self.file)
        fd = os.open(self.file, os.O_RDWR)
        calls = {"open": (os.open, self.file, os.O_RDONLY), "read": (os.pread, fd, 1, 0),
                 "create": (write, self.file + "3"), "write": (os.pwrite, fd, b"y", 0),
                 "fsync": (os.fsync, fd), "fdatasync": (os.fdatasync, fd),
                 "fallocate": (os.posix_fallocate, fd, 0, 4096), "truncate": (os.ftruncate, fd, 1),
                 "rename": (os.rename, self.file, self.file + "4"),
                 "mkdir": (os.mkdir, self.file + "5"), "unlink": (os.unlink, self.file)}
        for name, call in calls.items():
            with self.subTest(name):
                self.disk.tell(f"fail {name} EDQUOT count=1")
                self.fails(errno.EDQUOT, *call)
        os.close(fd)

    def test_full_until_there_is_room(self):
        self.disk.tell("quota 65536")
        self.assertEqual(os.statvfs(self.disk.path).f_bavail * 4096, 65536)
        self.assertEqual(write(self.file, bytes(100000)), 65536)  # what still fits
        self.fails(errno.ENOSPC, write, self.file + "2")
        self.disk.tell("quota 131072")
        write(self.file + "2")
        os.unlink(self.file)
        self.assertEqual(self.disk.stats()["used"], 4096)

    def test_delays(self):
        self.disk.tell("delay write 300 count=1")
        before = time.monotonic()
        write(self.file)
        self.assertGreaterEqual(time.monotonic() - before, 0.3)

    def test_lies(self):
        self.disk.tell("flip write count=1")
        write(self.file, b"aaaa")
        with open(self.file, "rb") as file:
            self.assertEqual(file.read(), b"aaqa")

    def test_freezes_until_released(self):
        self.disk.tell("freeze write fsync")
        writer = threading.Thread(target=write, args=(self.file,))
        writer.start()
        writer.join(0.5)
        self.assertTrue(writer.is_alive())
        self.assertEqual(os.path.getsize(self.file), 0)
        self.disk.tell("release")
        writer.join(5)
        self.assertEqual(os.path.getsize(self.file), 1)

    def test_says_what_it_did_not_understand(self):
        for nonsense in ("fail", "fail nap EIO", "fail write EWHAT", "explode", "quota"):
            with self.assertRaises(ValueError):
                self.disk.tell(nonsense)


class RealDiskTest(unittest.TestCase):
    def setUp(self):
        need_root()

    def test_small_disk_fills_and_empties(self):
        with SmallDisk(16) as disk:
            disk.fill(leave=8192)
            with self.assertRaises(OSError) as caught:
                write(os.path.join(disk.path, "lesson"), bytes(1 << 20))
                write(os.path.join(disk.path, "lesson2"), bytes(1 << 20))
            self.assertEqual(caught.exception.errno, errno.ENOSPC)
            disk.make_room()
            write(os.path.join(disk.path, "lesson2"), bytes(1 << 20))

    def test_power_cut_keeps_what_was_flushed_and_nothing_else(self):
        with PowerCutDisk(32) as disk:
            with open(os.path.join(disk.path, "flushed"), "wb") as flushed, \
                    open(os.path.join(disk.path, "not"), "wb") as lazy:
                flushed.write(b"f" * 100000)
                flushed.flush()
                os.fsync(flushed.fileno())
                lazy.write(b"n" * 100000)
                lazy.flush()
                cut = disk.cut()
                with open(os.path.join(cut.path, "flushed"), "rb") as copy:
                    self.assertEqual(copy.read(), b"f" * 100000)
                kept = os.path.join(cut.path, "not")
                self.assertEqual(os.path.getsize(kept) if os.path.exists(kept) else 0, 0)
                os.fsync(lazy.fileno())
            later = disk.cut(writable=True)
            self.assertEqual(os.path.getsize(os.path.join(later.path, "not")), 100000)
            write(os.path.join(later.path, "new"))

    def test_a_cut_under_load_is_one_instant(self):
        # Each record is flushed before the next is begun, in two files by turns: at no instant can
        # one file be more than one record ahead of the other.
        writer = ("import os,sys\nfds=[os.open(p,os.O_WRONLY|os.O_CREAT) for p in sys.argv[1:]]\n"
                  "while True:\n for fd in fds: os.write(fd,b'r'*4096); os.fdatasync(fd)")
        with PowerCutDisk(64) as disk:
            with Program([sys.executable, "-c", writer, disk.path + "/a", disk.path + "/b"]):
                wait_until(lambda: os.path.exists(disk.path + "/b"))
                for _ in range(3):
                    time.sleep(0.4)
                    cut = disk.cut()
                    a, b = (os.path.getsize(f"{cut.path}/{name}") for name in "ab")
                    self.assertIn(a - b, (0, 4096))
                    self.assertGreater(a, 0)


class ProcessTest(unittest.TestCase):
    def test_kill9(self):
        before = time.monotonic()
        at, _ = kill9_after(["sleep", "60"], 0.1, 0.3)
        self.assertTrue(before + 0.1 <= at < before + 5)
        with self.assertRaises(RuntimeError):
            kill9_after(["true"], 0.5, 0.5)

    def test_quota_starves(self):
        with Program([sys.executable, "-c", BURN]) as burner:
            with CpuQuota(burner.pid, 20) as quota:
                before = self._cpu_seconds(burner.pid)
                time.sleep(2)
                used = self._cpu_seconds(burner.pid) - before
            self.assertTrue(burner.alive())
        self.assertLess(used, 0.8, quota.how)

    @staticmethod
    def _cpu_seconds(pid):
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            words = file.read().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def test_wall_clock_jumps_and_monotonic_does_not(self):
        watch = ("import select, time\nwhile True:\n"
                 " print(time.time(), time.monotonic(), flush=True)\n select.select([], [], [], 0.1)")
        with WallClock() as clock, Program([sys.executable, "-c", watch], env=clock.env) as program:
            time.sleep(0.5)
            clock.jump(-3600)
            time.sleep(0.5)
            program.signal(signal.SIGKILL)
            rows = [tuple(map(float, line.split())) for line in program.log.splitlines()
                    if len(line.split()) == 2]
        self.assertLess(rows[-1][0] - rows[0][0], -3500)
        self.assertTrue(0.5 < rows[-1][1] - rows[0][1] < 5)


class ServersTest(unittest.TestCase):
    def test_screen_returns_on_the_same_display(self):
        with Screen(640, 360, stamped=True) as screen:
            first = screen.display
            shot = ["ffmpeg", "-v", "error", "-f", "x11grab", "-video_size", "640x360", "-i", first,
                    "-frames:v", "3", "-f", "null", "-"]
            run(shot)
            screen.kill()
            self.assertNotEqual(run(shot, check=False).returncode, 0)
            screen.start()
            self.assertEqual(screen.display, first)
            run(shot)

    def test_pulse_returns_and_its_source_comes_and_goes(self):
        with Pulse() as pulse:
            listen = ["timeout", "2", "parec", "--device=mic", "--raw"]
            env = {**os.environ, **pulse.env}
            sources = lambda: pulse.pactl("list", "short", "sources").stdout
            self.assertIn("room.monitor", sources())
            self.assertTrue(run(listen, check=False, env=env).stdout)
            pulse.unplug()
            self.assertNotIn("mic", sources())
            pulse.plug()
            self.assertIn("mic", sources())
            pulse.restart()
            self.assertIn("mic", sources())

    def probe(self, url, entries):
        return run(["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries", entries,
                    "-of", "csv=p=0", url], timeout=30).stdout

    def test_camera_as_ordered(self):
        with Camera("--width", 320, "--height", 180, "--bframes", 2, "--audio", "pcma") as camera:
            found = self.probe(camera.url, "stream=codec_name,width,has_b_frames")
            self.assertIn("h264,320,", found)
            self.assertIn("pcm_alaw", found)
            url = camera.url
            camera.restart()
            self.assertEqual(camera.url, url)
            self.assertIn("h264", self.probe(url, "stream=codec_name"))

    def test_camera_asks_for_login(self):
        with Camera("--login", "teacher:secret") as camera:
            with self.assertRaises(RuntimeError):
                self.probe(camera.url, "stream=codec_name")
            open_url = camera.url.replace("//", "//teacher:secret@")
            self.assertIn("h264", self.probe(open_url, "stream=codec_name"))


class JudgeTest(unittest.TestCase):
    def test_peers_and_their_losses(self):
        need_root()
        with SmallDisk(64) as disk, Camera("--stamp", "--audio", "aac") as camera:
            for name, start in PEERS.items():
                with self.subTest(name):
                    recorder, files = start(camera.url, disk.path)
                    with recorder:
                        time.sleep(9)
                        self.assertTrue(recorder.alive(), recorder.log)
                        moment = recorder.kill9()
                    whole = [file for file in files() if inspect(file).video]
                    kept = inspect(whole)
                    picture, sound = losses(kept, whole, moment)
                    print(f"{name}: kill -9 loses {picture:.2f} s of picture, {sound:.2f} s of sound")
                    self.assertTrue(0 < picture < 6 and 0 < sound < 6)
                    self.assertGreater(kept.video.frames, 50)

    def test_sees_what_is_broken(self):
        with FaultDisk() as disk:
            file = os.path.join(disk.path, "lesson.mp4")
            run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=d=4", "-f", "lavfi", "-i",
                 "sine=d=4", "-c:v", "libx264", "-bf", "0", "-g", "25", "-movflags",
                 "frag_keyframe+empty_moov", file])
            kept = inspect(file)
            self.assertTrue(kept.playable(), kept.errors)
            self.assertEqual(kept.video.frames, 100)
            self.assertAlmostEqual(kept.video.last - kept.video.first, 3.96, delta=0.05)
            self.assertAlmostEqual(kept.audio.last - kept.audio.first, 4.0, delta=0.05)
            self.assertEqual([drawn for _, drawn in stamps(file) if drawn], [])
            with open(file, "r+b") as broken:
                for at in range(20000, os.path.getsize(file), 3000):
                    broken.seek(at)
                    broken.write(b"\xff" * 64)
            self.assertFalse(inspect(file).playable())


if __name__ == "__main__":
    beside.main(4)
