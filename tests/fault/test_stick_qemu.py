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
import subprocess
import tempfile
import unittest

from _guest import SystemdGuest
from _lab import DEEP, SOURCE, program, run, skip, wait_until

LESSONS = {"20260301-080000-main-0001": "圆的面积/第1课", "20260302-080000-main-0002": "大课"}
ONE, OTHER = LESSONS
SERVICE = SOURCE / "control/service"


def make_lesson(data, lesson, title):
    """A lesson of noise, which no encoder makes small, by the way of a file that others recorded: its folder and
    what it is as one MP4."""
    with tempfile.TemporaryDirectory() as folder:
        film = pathlib.Path(folder, "film.mp4")
        run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "nullsrc=s=320x180:r=25:d=2,geq=random(1)*255:128:128",
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
        cls.movies = {lesson: make_lesson(cls.guest.share, lesson, title) for lesson, title in LESSONS.items()}
        print({lesson: len(movie) for lesson, movie in cls.movies.items()}, "bytes")
        cls.guest.run("""
            mkdir -p /var/lib/lectern && mount -t tmpfs -o mode=750,uid=4711,gid=4711 none /var/lib/lectern
            cd /var/lib/lectern; mkdir sticks; cp -r /run/share/lessons .; chown -R lectern:lectern .""")

    def tearDown(self):
        self.guest.run("rm -f /var/lib/lectern/sticks/*.json")
        if self._outcome.result.failures or self._outcome.result.errors:
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


def fat(*command):
    return subprocess.run(command, env={**os.environ, "LC_ALL": "C.UTF-8", "MTOOLS_SKIP_CHECK": "1"}, check=True,
                          stdout=subprocess.PIPE).stdout


def list_fat(image):
    return [line.removeprefix("::/") for line in fat("mdir", "-b", "-i", image).decode().splitlines()]


def read_fat(image, name):
    return fat("mtype", "-i", image, f"::/{name}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
