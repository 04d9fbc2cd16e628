#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that come in over HTTP, broken off at any byte and gone on with, also by another server; and
the lessons that are made of them, by workers that are killed meanwhile."""

import hashlib
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import tempfile
import unittest
import urllib.parse

from _programs import BIN, Server, SmallDisk, until

PIECE = 1 << 20


def make_film(path):
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-nostdin", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=25",
                    "-f", "lavfi", "-i", "sine=440:r=44100", "-t", "20", "-c:v", "libx264", "-preset",
                    "ultrafast", "-bf", "2", "-pix_fmt", "yuv420p", "-c:a", "aac", path], check=True)


class Uploads(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.data = pathlib.Path(cls.temporary.name) / "data"
        cls.film = pathlib.Path(cls.temporary.name) / "film.mp4"
        make_film(cls.film)
        cls.bytes = cls.film.read_bytes()
        cls.server = Server(cls.data)

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        cls.temporary.cleanup()
        assert status == 0, f"the server ended with {status}"

    def call(self, method, path, body=None, expected=200, headers=None):
        status, _, content = self.server.ask(method, "/api/v1" + path, body, headers)
        self.assertEqual(status, expected, content)
        return json.loads(content)

    def begin(self, content, name="课 1.mp4", **others):
        return self.call("POST", "/uploads", {"name": name, "size": len(content), **others}, 201)["id"]

    def place(self, content, at, piece):
        return {"Content-Type": "application/octet-stream",
                "Content-Range": f"bytes {at}-{at + len(piece) - 1}/{len(content)}"}

    def have(self, upload):
        return self.call("GET", "/uploads/" + upload)["have"]

    def send(self, upload, content, piece_bytes=lambda: PIECE):
        at = self.have(upload)
        while at < len(content):
            piece = content[at:at + piece_bytes()]
            at = self.call("PUT", "/uploads/" + upload, piece, headers=self.place(content, at, piece))["have"]

    def break_off(self, upload, content, at, piece, sent):
        """A PUT whose line breaks after so many bytes of its body."""
        address = urllib.parse.urlsplit(self.server.url)
        with socket.create_connection((address.hostname, address.port)) as line:
            head = "".join(f"{key}: {value}\r\n" for key, value in self.place(content, at, piece).items())
            line.sendall((f"PUT /api/v1/uploads/{upload} HTTP/1.1\r\nHost: {address.netloc}\r\n{head}"
                          f"Authorization: Bearer {self.server.code}\r\n"
                          f"Content-Length: {len(piece)}\r\n\r\n").encode() + piece[:sent])

    def upload(self, content, name="课 1.mp4"):
        upload = self.begin(content, name)
        self.send(upload, content)
        return upload

    def ended(self, job):
        until(lambda: self.call("GET", "/jobs/" + job)["state"] not in ("waiting", "running"), 60, "the job")
        return self.call("GET", "/jobs/" + job)

    def is_whole(self, lesson):
        subprocess.run([BIN / "lectern", "verify", self.data / "lessons" / lesson], check=True,
                       stdout=subprocess.DEVNULL)

    def test_broken_at_any_byte(self):
        chance = random.Random(5)
        upload = self.begin(self.bytes)
        for _ in range(6):
            at = self.have(upload)
            piece = self.bytes[at:at + chance.randrange(1, 200_000)]
            self.break_off(upload, self.bytes, at, piece, chance.randrange(len(piece)))
            self.assertEqual(self.have(upload), at)  # a piece is there, or it is not
            self.call("PUT", "/uploads/" + upload, piece, headers=self.place(self.bytes, at, piece))
        self.server.process.kill()
        self.server.process.wait()
        self.server.process.stdout.close()
        type(self).server = Server(self.data)
        self.assertGreater(self.have(upload), 0)
        self.send(upload, self.bytes, lambda: chance.randrange(1, PIECE))
        kept = (self.data / "uploads" / upload / "data").read_bytes()
        self.assertEqual(hashlib.sha256(kept).digest(), hashlib.sha256(self.bytes).digest())
        self.call("DELETE", "/uploads/" + upload)
        self.assertFalse((self.data / "uploads" / upload).exists())

    def test_becomes_a_lesson(self):
        upload = self.begin(self.bytes)
        self.call("POST", "/jobs", {"kind": "import", "upload": upload}, 409)
        self.call("POST", "/jobs", {"kind": "import", "upload": "none"}, 404)
        self.send(upload, self.bytes)
        folder = self.data / "uploads" / upload
        about = (folder / "upload.json").read_text()
        job = self.ended(self.call("POST", "/jobs", {"kind": "import", "upload": upload}, 201)["id"])
        self.assertEqual((job["state"], job["parts"]), ("done", [upload]), job)
        self.assertEqual(job["result"]["lesson"], upload)
        self.is_whole(upload)
        self.call("GET", "/uploads/" + upload, expected=404)
        until(lambda: [one for one in self.call("GET", "/library")["items"] if one["id"] == upload], 10,
              "the lesson in the library")
        one = self.call("GET", "/items/" + upload)
        self.assertEqual(one["title"], "课 1")
        self.assertAlmostEqual(one["duration_ns"] / 1e9, 20, delta=0.1)
        self.call("PUT", f"/items/{upload}/metadata", {"title": "光"})
        saved = self.server.ask("HEAD", f"/api/v1/recordings/{upload}/media.mp4")[1]["Content-Disposition"]
        self.assertIn(urllib.parse.quote("光.mp4"), saved)
        self.remove_what_was_read(upload, folder, about)

    def remove_what_was_read(self, upload, folder, about):
        """By the job again, as if its worker had died before it did; no file that came later."""
        late = self.begin(b"..", "late.mp4")
        folder.mkdir()
        (folder / "upload.json").write_text(about)
        (folder / "data").write_bytes(self.bytes)
        self.call("POST", "/uploads", {"name": "late.mp4", "size": 1, "with": upload}, 409)
        job = self.call("POST", "/jobs", {"kind": "import", "upload": upload}, 201)["id"]
        note = self.data / "uploads" / late / "upload.json"
        note.write_text(json.dumps({**json.loads(note.read_text()), "with": upload}))
        self.assertEqual(self.ended(job)["state"], "done")
        self.assertEqual(self.have(late), 0)
        self.call("DELETE", "/uploads/" + late)
        self.server.ask("DELETE", "/api/v1/uploads/" + upload)  # held by the other, if that was quicker

    def test_several_become_one_lesson(self):
        sound = pathlib.Path(self.temporary.name) / "sound.m4a"
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-nostdin", "-f", "lavfi", "-i", "sine=880:r=44100", "-t", "20",
                        "-c:a", "aac", sound], check=True)
        first = self.upload(self.bytes, "课.mp4")
        parts = {name: (self.begin(content, name, **{"with": first}), content)
                 for name, content in (("课 屏幕.mp4", self.bytes), ("声音.m4a", sound.read_bytes()))}
        self.call("POST", "/jobs", {"kind": "import", "upload": first}, 409)  # the others have not come yet
        for upload, content in parts.values():
            self.send(upload, content)
        job = self.ended(self.call("POST", "/jobs", {"kind": "import", "upload": first}, 201)["id"])
        self.assertEqual(job["state"], "done", job)
        self.is_whole(first)
        for upload in (first, *(upload for upload, _ in parts.values())):
            self.assertFalse((self.data / "uploads" / upload).exists())
        one = self.call("GET", "/items/" + first)
        self.assertEqual(sorted((track["name"], track["source"]) for track in one["tracks"]),
                         [("camera", "课.mp4"), ("screen", "课 屏幕.mp4"), ("sound", "声音.m4a")])

    def test_what_is_no_film_is_said_and_can_be_removed(self):
        text = b"ffconcat version 1.0\nfile ../../lesson/camera/0001.mp4\n"
        upload = self.upload(text, "evil.mp4")
        job = self.ended(self.call("POST", "/jobs", {"kind": "import", "upload": upload}, 201)["id"])
        self.assertEqual(job["state"], "failed")
        self.assertIn("names other files", job["fault"]["en"])
        self.assertIn("evil.mp4", job["fault"]["zh"])
        self.assertFalse((self.data / "lessons" / upload).exists())
        self.call("DELETE", "/uploads/" + upload)

    def test_a_full_disk_is_said_and_takes_nothing_of_what_has_come(self):
        """While it comes, and while a lesson is made of it; recordings keep their 2 GiB all the time."""
        disk = SmallDisk(self.data / "small")
        kept, type(self).server, self.data = self.server, Server(disk.folder), disk.folder
        spare = 2 << 30

        def said(fault):
            self.assertEqual(fault["code"], "no-space")
            self.assertIn("Have space made" if "Have" in fault["en"] else "Delete or move something", fault["en"])
            self.assertRegex(fault["zh"], "磁盘(已满|空间不足)|磁盘剩余")
            self.assertNotIn("No space", fault["zh"])

        try:
            disk.leave(spare + len(self.bytes))  # the lesson wants as much once more
            said(self.call("POST", "/uploads", {"name": "课 1.mp4", "size": len(self.bytes)}, 507)["fault"])
            self.assertEqual(os.listdir(disk.folder / "uploads") if (disk.folder / "uploads").exists() else [], [])
            disk.leave(3 << 30)
            upload, first = self.begin(self.bytes), self.bytes[:100_000]
            self.call("PUT", "/uploads/" + upload, first, headers=self.place(self.bytes, 0, first))
            disk.leave(spare)
            piece = self.bytes[len(first):len(first) + 1000]
            said(self.call("PUT", "/uploads/" + upload, piece, 507, self.place(self.bytes, len(first), piece))["fault"])
            self.assertEqual(self.have(upload), len(first))
            disk.leave(3 << 30)
            self.send(upload, self.bytes)

            disk.leave(spare)
            job = self.call("POST", "/jobs", {"kind": "import", "upload": upload}, 201)["id"]
            said(self.ended(job)["fault"])
            disk.leave(3 << 30)
            self.call("PUT", "/jobs/" + job, {"state": "waiting"})
            part = disk.folder / "lessons" / f".{upload}.part"
            until(part.exists, 20, "the worker at work")
            workers = self.workers()
            for pid in workers:
                os.kill(pid, signal.SIGSTOP)
            disk.leave(spare - 1)  # others fill it meanwhile
            for pid in workers:
                os.kill(pid, signal.SIGCONT)
            said(self.ended(job)["fault"])
            self.assertEqual(os.listdir(disk.folder / "lessons"), [])
            self.assertEqual(self.have(upload), len(self.bytes))
            disk.leave(3 << 30)
            self.call("PUT", "/jobs/" + job, {"state": "waiting"})
            self.assertEqual(self.ended(job)["state"], "done")
            self.is_whole(upload)
        finally:
            self.server.stop()
            type(self).server, self.data = kept, disk.folder.parent
            disk.close()

    def workers(self):
        """Process ids of this server's workers."""
        mine = subprocess.run(["pgrep", "-P", str(self.server.process.pid), "-f", "lectern-worker job"],
                              capture_output=True, text=True).stdout
        return [int(pid) for pid in mine.split()]

    def test_worker_killed_and_cancelled(self):
        upload = self.upload(self.bytes)
        job = self.call("POST", "/jobs", {"kind": "import", "upload": upload}, 201)["id"]
        part = self.data / "lessons" / f".{upload}.part"
        until(part.exists, 20, "the worker at work")
        for pid in self.workers():
            os.kill(pid, signal.SIGSTOP)
        late = {"name": "late.mp4", "size": 1, "with": upload}
        self.call("POST", "/uploads", late, 409)  # it would be in no lesson
        self.call("DELETE", "/uploads/" + upload, expected=409)
        for pid in self.workers():
            os.kill(pid, signal.SIGKILL)
        job = self.ended(job)
        self.assertEqual((job["state"], job["tries"]), ("done", 2))
        self.is_whole(upload)
        self.assertFalse(part.exists())

    def test_cancelled(self):
        upload = self.upload(self.bytes)
        job = self.call("POST", "/jobs", {"kind": "import", "upload": upload}, 201)["id"]
        until((self.data / "lessons" / f".{upload}.part").exists, 20, "the worker at work")
        self.call("DELETE", "/jobs/" + job)
        self.assertEqual(self.ended(job)["state"], "cancelled")
        self.assertFalse((self.data / "lessons" / upload).exists())
        other = self.begin(b"..", "later.mp4", **{"with": upload})
        self.call("PUT", "/jobs/" + job, {"state": "waiting"})  # and wanted again
        self.assertIn("later.mp4", self.ended(job)["fault"]["en"])  # of which nothing has come
        self.call("DELETE", "/uploads/" + other)
        self.call("PUT", "/jobs/" + job, {"state": "waiting"})
        self.assertEqual(self.ended(job)["state"], "done")
        self.is_whole(upload)
        self.assertEqual([p for p in os.listdir(self.data / "lessons") if p.startswith(".")], [])


if __name__ == "__main__":
    unittest.main()
