#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever kind of job it does, a worker is shut in, as the service's too: with a library in it that
breaks out where it can (tests/preload/outbreak.c), it does its work, and nothing else."""

import ctypes
import errno
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from _programs import BIN, ROOT, TOOLS

sys.path.insert(0, str(ROOT))
from tests.support import service  # noqa: E402

LESSON, CLIP, UPLOAD = "20260101-080000-a-0001", "clip-20260102-080000-0001", "20260103-080000-up-0001"
SECOND = 10**9
HELD = {"network": errno.EPERM, "socket": errno.EPERM, "fork": errno.EPERM, "exec": errno.EPERM}
FILES = {"accounts": errno.EACCES, "read": errno.EACCES, "write": errno.EACCES}


def has_landlock():
    """Its first version is asked for, as base/sandbox.c does."""
    return ctypes.CDLL(None).syscall(444, None, 0, 1) > 0


@unittest.skipUnless((TOOLS / "liboutbreak.so").exists(), "sanitizers want to be the first library")
class ShutIn(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.outside = pathlib.Path(cls.temporary.name) / "outside"
        cls.data = pathlib.Path(cls.temporary.name) / "data"
        lesson, clip = cls.data / "lessons" / LESSON, cls.data / "clips" / CLIP
        upload = cls.data / "uploads" / UPLOAD
        for folder in (cls.outside, lesson.parent, clip, upload):
            folder.mkdir(parents=True)
        (cls.outside / "secret").write_text("a token")
        subprocess.run([BIN / "lectern", "record", "--source", "demo", "--duration", "2", "--out", lesson],
                       check=True, capture_output=True)
        (clip / "0001.json").write_text(json.dumps({
            "version": 1, "opening": {"template": "opening", "fields": {"title": "圆的面积"}},
            "pieces": [{"lesson": LESSON, "from_ns": SECOND // 2, "to_ns": SECOND}]}))
        subprocess.run([BIN / "lectern", "export", lesson, "-o", upload / "data"], check=True, capture_output=True)
        (upload / "upload.json").write_text(json.dumps(
            {"version": 1, "name": "课.mp4", "size": (upload / "data").stat().st_size}))

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def work(self, **order):
        """Does a job; what the library could do, errno by try, and the job's result."""
        folder = self.data / "jobs" / f"20260104-080000-{order['kind']}"
        folder.mkdir(parents=True)
        (folder / "job.json").write_text(json.dumps(
            {"version": 1, "state": "running", "tries": 1, "created_ns": 1, "order": order}))
        done = subprocess.run([BIN / "lectern-worker", "job", self.data, folder.name], text=True, capture_output=True,
                              preexec_fn=service.shut_in,
                              env={**os.environ, "LD_PRELOAD": TOOLS / "liboutbreak.so", "OUTSIDE": self.outside})
        self.assertEqual(done.returncode, 0, done)
        said = (line.split() for line in done.stderr.splitlines())
        tried = {words[0]: int(words[1]) for words in said if len(words) == 2}
        files = FILES if has_landlock() else {}
        self.assertEqual({what: tried.get(what) for what in {**HELD, **files}}, {**HELD, **files}, order)
        if files:
            self.assertEqual([path.name for path in self.outside.iterdir()], ["secret"])
        return json.loads(done.stdout.splitlines()[-1])["result"], folder

    def test_an_export_with_a_card(self):
        preset = json.loads(next((ROOT / "control/presets").glob("*small*")).read_text())
        result, folder = self.work(kind="export", item=CLIP, title="圆", duration_ns=SECOND // 2, preset=preset, track="")
        self.assertGreater(result["duration_ns"], 5 * SECOND)
        self.assertTrue((folder / "out.mp4").exists())

    def test_heads(self):
        self.work(kind="heads", item=CLIP, version=1)
        self.assertTrue((self.data / "clips" / CLIP / "0001.movie").exists())

    def test_slides(self):
        self.work(kind="slides", item=LESSON, title="")
        self.assertTrue((self.data / "lessons" / LESSON / "text.jsonl").exists())

    def test_an_import(self):
        result, _ = self.work(kind="import", upload=UPLOAD, title="课.mp4")
        self.assertEqual(result["lesson"], UPLOAD)


if __name__ == "__main__":
    unittest.main()
