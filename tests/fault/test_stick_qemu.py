#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""USB sticks that are inserted into a real kernel with systemd, udev, and lectern's rule and unit: QEMU's usb-storage.

What lands on them is compared outside the guest, from their images, once they are pulled out."""

import contextlib
import grp
import json
import os
import pathlib
import pwd
import shutil
import struct
import subprocess
import tempfile
import unittest

from _guest import SystemdGuest
from _lab import DEEP, SOURCE, program, run, skip, wait_until

LESSONS = {"20260301-080000-main-0001": "圆的面积/第1课", "20260302-080000-main-0002": "大课"}
ONE, OTHER = LESSONS
SECONDS = 2 if DEEP else 0.4
SERVICE = SOURCE / "control/service"


def make_lesson(data, lesson, title):
    """A lesson of noise, which no encoder makes small, by the way of a file that others recorded: its folder and
    what it is as one MP4."""
    with tempfile.TemporaryDirectory() as folder:
        film = pathlib.Path(folder, "film.mp4")
        run(["ffmpeg", "-v", "error", "-f", "lavfi",
             "-i", f"nullsrc=s=320x180:r=25:d={SECONDS},geq=random(1)*255:128:128",
             "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-qp", "20", "-g", "25", film])
        run([program("lectern"), "import", film, "--out", data / "lessons" / lesson])
        path = data / "lessons" / lesson / "lesson.json"
        info = {**json.loads(path.read_text(encoding="utf-8")), "id": lesson, "title": title}
        path.write_text(json.dumps(info), encoding="utf-8")
        run([program("lectern"), "export", data / "lessons" / lesson, "-o", f"{folder}/movie.mp4"])
        return pathlib.Path(folder, "movie.mp4").read_bytes()


def install(root):
    """What the package installs, and a user to run it."""
    for name, folder in (("80-lectern-stick.rules", "usr/lib/udev/rules.d"),
                         ("lectern-stick@.service", "usr/lib/systemd/system")):
        (root / folder).mkdir(parents=True, exist_ok=True)
        shutil.copy(SERVICE / name, root / folder)
    for folder in ("usr/bin", "etc/lectern"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    shutil.copy(program("lectern-worker"), root / "usr/bin")
    (root / "etc/lectern/lectern.conf").write_text("[library]\nsticks = yes\n")
    users = [f"{user.pw_name}:x:{user.pw_uid}:{user.pw_gid}::/:/bin/sh" for user in pwd.getpwall()]
    groups = [f"{group.gr_name}:x:{group.gr_gid}:" for group in grp.getgrall()]
    (root / "etc/passwd").write_text("\n".join([*users, "lectern:x:4711:4711::/:/bin/sh", ""]))
    (root / "etc/group").write_text("\n".join([*groups, "lectern:x:4711:", ""]))


class SticksTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for needed in ("mkfs.vfat", "mkfs.exfat", "mkntfs", "mcopy", "debugfs"):
            if not shutil.which(needed, path="/usr/sbin:/sbin:/usr/bin"):
                skip(f"{needed} is not installed")
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.guest = cls.enterClassContext(SystemdGuest(install))
        cls.movies = {lesson: make_lesson(cls.guest.share, lesson, title) for lesson, title in LESSONS.items()
                      if DEEP or lesson == ONE}
        print({lesson: len(movie) for lesson, movie in cls.movies.items()}, "bytes")
        cls.guest.run("""
            mkdir -p /var/lib/lectern && mount -t tmpfs -o mode=750,uid=4711,gid=4711 none /var/lib/lectern
            cd /var/lib/lectern; mkdir sticks; cp -r /run/share/lessons .; chown -R lectern:lectern .""")

    def tearDown(self):
        self.guest.run("rm -f /var/lib/lectern/sticks/*.json")
        if not self._outcome.success:
            print(self.guest.said()[-6000:])

    # ---- sticks ----

    def make(self, name, megabytes, *maker):
        image = self.folder / name
        with open(image, "wb") as file:
            file.truncate(int(megabytes * (1 << 20)))
        if maker:
            run([f"/usr/sbin/{maker[0]}", *maker[1:], image])
        return image

    @contextlib.contextmanager
    def inserted(self, image, read_only=False, bytes_a_second=0):
        """A stick that is in the guest for the length of the block, or until `pull`."""
        name, guest = image.name, self.guest
        guest.qmp("blockdev-add", **{"driver": "raw", "node-name": name, "read-only": read_only,
                                     "file": {"driver": "file", "filename": str(image)}})
        drive = name
        if bytes_a_second:
            drive = f"{name}-slow"
            guest.qmp("object-add", **{"qom-type": "throttle-group", "id": f"{name}-rate",
                                       "limits": {"bps-write": bytes_a_second}})
            guest.qmp("blockdev-add", **{"driver": "throttle", "node-name": drive, "throttle-group": f"{name}-rate",
                                         "file": name})
        guest.qmp("device_add", driver="usb-storage", id=name, drive=drive, removable=True, bus="usb.0")
        try:
            yield
        finally:
            with contextlib.suppress(RuntimeError):
                self.pull(image)
            for node in {drive: 0, name: 0}:  # the outer one first
                wait_until(lambda node=node: self.is_free(node), 20, f"{node} to be free")

    def pull(self, image):
        self.guest.qmp("device_del", id=image.name)

    def is_free(self, node):
        try:
            self.guest.qmp("blockdev-del", **{"node-name": node})
        except RuntimeError:
            return False  # the guest has it still
        return True

    def is_ejected(self, image):
        self.guest.qmp("query-status")  # brings what happened
        return any(event["event"] == "DEVICE_TRAY_MOVED" and event["data"]["tray-open"] and
                   image.name in event["data"]["id"] for event in self.guest.events)

    # ---- what is wanted, and said ----

    def want(self, *lessons):
        for i, lesson in enumerate(lessons):
            wish = {"title": LESSONS[lesson], "state": "waiting", "asked": f"2026-03-01T08:00:0{i}.000Z"}
            self.guest.run(f"umask 027; cd /var/lib/lectern/sticks; echo '{json.dumps(wish)}' > {lesson}.json\n"
                           f"chown lectern:lectern {lesson}.json")

    def said(self, lesson=ONE):
        return json.loads(self.guest.run(f"cat /var/lib/lectern/sticks/{lesson}.json"))

    def wait_for(self, state, lesson=ONE):
        wait_until(lambda: self.said(lesson)["state"] == state, 20, f"{lesson} to be {state}: {self.said(lesson)}")
        return self.said(lesson)

    def wait_for_fault(self, lesson=ONE):
        wait_until(lambda: "fault" in self.said(lesson), 20, f"{lesson} to have a fault")
        self.assertEqual(self.said(lesson)["state"], "waiting")
        self.assertTrue(self.said(lesson)["fault"]["zh"])
        return self.said(lesson)["fault"]["en"]

    def wait_for_quiet(self):
        wait_until(lambda: not self.guest.run("systemctl list-units -q --no-legend --state=active,activating "
                                              "'lectern-stick@*'").strip(), 20, "the units to end")

    # ---- tests ----

    def test_fat(self):
        image = self.make("fat", 64, "mkfs.vfat", "-F", "32")
        self.want(ONE)
        with self.inserted(image):
            said = self.wait_for("done")
            self.assertTrue(self.is_ejected(image))
        self.assertTrue(said["file"].startswith("圆的面积_第1课 20"), said["file"])
        self.assertEqual(list_fat(image), [said["file"]])
        self.assertEqual(read_fat(image, said["file"]), self.movies[ONE])

    @unittest.skipUnless(DEEP, "a sample")
    def test_exfat_beside_what_a_machine_starts_from(self):
        image, efi = self.make("parts", 100), self.make("efi", 32, "mkfs.vfat")
        data = self.make("exfat", 64, "mkfs.exfat")
        parts = ((efi, 1, 0xef), (data, 33, 0x07))  # where they begin in MiB; types of an MBR
        with open(image, "r+b") as disk:
            disk.seek(446)
            for part, at, kind in parts:
                disk.write(struct.pack("<4xB3xII", kind, at << 11, part.stat().st_size >> 9))
            disk.seek(510)
            disk.write(b"\x55\xaa")
            for part, at, _ in parts:
                disk.seek(at << 20)
                disk.write(part.read_bytes())
        before = efi.read_bytes()
        self.want(ONE)
        with self.inserted(image):
            self.wait_for("done")
            self.wait_for_quiet()
        with open(image, "rb") as disk:
            for part, at, _ in parts:
                disk.seek(at << 20)
                part.write_bytes(disk.read(part.stat().st_size))
        self.assertEqual(efi.read_bytes(), before, "it was touched")
        self.assertIn(self.movies[ONE], data.read_bytes())
        run(["/usr/sbin/fsck.exfat", "-n", data])

    @unittest.skipUnless(DEEP, "a sample")
    def test_ext4_with_links_where_ours_would_lie(self):
        files = self.folder / "files"
        files.mkdir()
        wall = json.loads((self.guest.share / "lessons" / ONE / "lesson.json").read_text())["zero"]["wall_ns"]
        name = f"圆的面积_第1课 {self.guest.run(f'date -d @{wall // 10**9} +%F').strip()}"
        for link in (f"{ONE}.part", f"{name}.mp4"):
            (files / link).symlink_to(f"/var/lib/lectern/sticks/{ONE}.json")
        image = self.make("ext4", 64, "mkfs.ext4", "-q", "-d", files)
        self.want(ONE)
        with self.inserted(image):
            self.assertEqual(self.wait_for("done")["file"], f"{name} (2).mp4")
        copy = self.folder / "copy"
        run(["/usr/sbin/debugfs", "-R", f'dump "/{name} (2).mp4" {copy}', image])
        self.assertEqual(copy.read_bytes(), self.movies[ONE])
        run(["/usr/sbin/e2fsck", "-fn", image])

    @unittest.skipUnless(DEEP, "a sample")
    def test_full(self):
        image = self.make("full", 3, "mkfs.vfat")
        self.want(ONE)
        with self.inserted(image):
            self.assertIn("MB left", self.wait_for_fault())
            self.wait_for_quiet()
        self.assertEqual(list_fat(image), [])

    @unittest.skipUnless(DEEP, "a sample")
    def test_of_what_cannot_be_written_nothing_is_touched(self):
        for name, read_only, maker, why in (("protected", True, ["mkfs.vfat"], "write-protected"),
                                            ("ntfs", False, ["mkntfs", "-q", "-F", "-f"], "none of the file systems")):
            with self.subTest(name):
                image = self.make(name, 32, *maker)
                before = image.read_bytes()
                self.want(ONE)
                with self.inserted(image, read_only=read_only):
                    self.assertIn(why, self.wait_for_fault())
                    self.wait_for_quiet()
                self.assertEqual(image.read_bytes(), before)

    @unittest.skipUnless(DEEP, "a sample")
    def test_with_nothing_wanted_none_is_touched(self):
        image = self.make("none", 32, "mkfs.vfat")
        before = image.read_bytes()
        served = self.guest.said().count("Started lectern-stick@")
        with self.inserted(image):
            wait_until(lambda: self.guest.said().count("Started lectern-stick@") > served, 20, "its unit")
            self.wait_for_quiet()
        self.assertEqual(image.read_bytes(), before)
        self.assertFalse(self.is_ejected(image))

    @unittest.skipUnless(DEEP, "a sample")
    def test_two_at_once_have_it_once(self):
        one, other = self.make("one", 32, "mkfs.vfat"), self.make("other", 32, "mkfs.vfat")
        self.want(ONE)
        with self.inserted(one), self.inserted(other):
            said = self.wait_for("done")
            self.wait_for_quiet()
        found = [(image, name) for image in (one, other) for name in list_fat(image)]
        self.assertEqual([name for _, name in found], [said["file"]])
        self.assertEqual(read_fat(*found[0]), self.movies[ONE])

    @unittest.skipUnless(DEEP, "a sample")
    def test_pulled_out_half_way_the_next_gets_it(self):
        pulled, following = self.make("pulled", 32, "mkfs.vfat"), self.make("following", 32, "mkfs.vfat")
        self.want(OTHER)
        with self.inserted(pulled, bytes_a_second=100000):
            self.wait_for("copying", OTHER)
            self.pull(pulled)
            self.assertIn("pulled out", self.wait_for_fault(OTHER))
        with contextlib.suppress(subprocess.CalledProcessError):  # it may have got no folder
            self.assertFalse([name for name in list_fat(pulled) if not name.endswith(".part")])
        with self.inserted(following):
            said = self.wait_for("done", OTHER)
        self.assertEqual(read_fat(following, said["file"]), self.movies[OTHER])


def fat(*command):
    return subprocess.run(command, env={**os.environ, "LC_ALL": "C.UTF-8", "MTOOLS_SKIP_CHECK": "1"}, check=True,
                          stdout=subprocess.PIPE).stdout


def list_fat(image):
    return [line.removeprefix("::/") for line in fat("mdir", "-b", "-i", image).decode().splitlines()]


def read_fat(image, name):
    return fat("mtype", "-i", image, f"::/{name}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
