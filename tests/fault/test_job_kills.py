#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker is killed before each step that changes a file, in each kind of job: the queue takes it again,
what it makes is what an undisturbed one made, and nothing half is left anywhere.

The server starts its workers under strace, which first writes down the steps of one that is left alone and then
sends SIGKILL at one of them. LCT_DEEP=1: at all, else at a few of each kind that are chosen anew each time.
"""

import collections
import hashlib
import json
import os
import pathlib
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "integration"))
from _programs import BIN, ROOT, Server, until  # noqa: E402

DEEP = os.environ.get("LCT_DEEP") == "1"
SAMPLE = 2
LESSON, SECOND = "20260101-080000-a-0001", 10**9
STEPS = "mkdir,mkdirat,rmdir,rename,renameat,renameat2,unlink,unlinkat,ftruncate,fallocate,write,pwrite64,fsync,fdatasync"
# strace ends as who it watches; a plan is carried out once.
WORKER = r"""#!/bin/sh
kind=$(sed -n 's/.*"kind": *"\([a-z]*\)".*/\1/p' "$2/jobs/$3/job.json")
echo "$kind" >> {place}/started
if mv {place}/"$kind".plan {place}/plan 2>/dev/null; then
    exec strace -f -qq $(cat {place}/plan) {worker} "$@"
fi
exec {worker} "$@"
"""


def summed(*folders):
    """Of all files in them, by path."""
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest()
            for folder in folders for file in folder.rglob("*") if file.is_file()}


class Killed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="lectern-kills-")
        cls.place = pathlib.Path(cls.temporary.name)
        cls.data, programs = cls.place / "data", cls.place / "build/bin"
        (cls.data / "lessons").mkdir(parents=True)
        programs.mkdir(parents=True)
        shutil.copy(BIN / "lectern-server", programs)
        (cls.place / "control").symlink_to(ROOT / "control")
        worker = programs / "lectern-worker"
        worker.write_text(WORKER.format(place=cls.place, worker=shlex.quote(str(BIN / "lectern-worker"))))
        worker.chmod(0o755)
        cls.lesson = cls.data / "lessons" / LESSON
        subprocess.run([BIN / "lectern", "record", "--source", "demo", "--duration", "2", "--out", cls.lesson],
                       check=True, capture_output=True)
        cls.server = Server(cls.data, program=programs / "lectern-server")

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        cls.temporary.cleanup()
        assert status == 0, f"lectern-server ended with {status}"

    def setUp(self):
        until((self.lesson / "text.jsonl").exists, 60, "the slides that are looked for by themselves")
        self.all_over()

    def ask(self, method, path, body=None, status=201):
        got, _, content = self.server.ask(method, "/api/v1" + path, body)
        self.assertEqual(got, status, content)
        return content

    def jobs(self):
        return json.loads(self.ask("GET", "/jobs", status=200))["jobs"]

    def all_over(self):
        until(lambda: all(job["state"] in ("done", "failed") for job in self.jobs()), 60, "the end of all jobs")

    def job(self, **order):
        """Has a job done; it is forgotten but for its files."""
        made = json.loads(self.ask("POST", "/jobs", order))
        self.all_over()
        job = next(job for job in self.jobs() if job["id"] == made["id"])
        self.assertEqual(job["state"], "done", job)
        return job

    def plan(self, kind, words):
        (self.place / f"{kind}.plan").write_text(words)
        (self.place / "started").write_text("")

    def started(self, kind):
        return (self.place / "started").read_text().split().count(kind)

    def through(self, kind, do):
        """do() has a job of that kind done, and gives sums of all that is there then."""
        log = self.place / "steps"
        self.plan(kind, f"-o {log} -e trace={STEPS}")
        whole = do()
        calls, steps = collections.Counter(), []
        for line in log.read_text().splitlines():
            thread, name, first = re.match(r"(\d+) +(\w+)\(([^,)]*)", line).groups() if "(" in line else (0, "", "")
            calls[thread, name] += 1
            if name and first not in ("1", "2"):  # what it says changes no file
                steps.append((name, calls[thread, name], line))
        self.assertEqual(self.started(kind), 1)
        chosen, lived = steps if DEEP else random.sample(steps, SAMPLE), 0
        for name, nth, line in chosen:
            with self.subTest(line):
                self.plan(kind, f"-o /dev/null -e trace={name} -e inject={name}:signal=KILL:when={nth}")
                self.assertEqual(do(), whole)
                if name == "write" and self.started(kind) == 1:
                    lived += 1  # how often it says how far it is differs: it has fewer
                else:
                    self.assertEqual(self.started(kind), 2)
        print(f"{kind}: killed before {len(chosen) - lived} of {len(steps)} steps")

    def test_export(self):
        """With a card, so that something is made for it before."""
        edl = {"version": 1, "opening": {"template": "opening", "fields": {"title": "圆的面积"}},
               "pieces": [{"lesson": LESSON, "from_ns": SECOND // 2, "to_ns": SECOND}]}
        clip = json.loads(self.ask("POST", "/clips", {"edl": edl}))["id"]

        def do():
            folder = self.data / "jobs" / self.job(kind="export", item=clip, preset="small")["id"]
            self.assertEqual(sorted(os.listdir(folder)), ["job.json", "out.mp4"])
            made = hashlib.sha256((folder / "out.mp4").read_bytes()).hexdigest()
            return made, summed(self.data / "lessons", self.data / "clips")

        self.through("export", do)

    def test_heads(self):
        others = os.listdir(self.data / "jobs")
        edl = {"version": 1, "pieces": [{"lesson": LESSON, "from_ns": SECOND // 2, "to_ns": SECOND}]}
        clip = json.loads(self.ask("POST", "/clips", {"edl": edl}))["id"]
        folder = self.data / "clips" / clip

        def settled():
            """Made, and the job is forgotten."""
            until(lambda: (folder / "0001.movie").exists() and os.listdir(self.data / "jobs") == others, 60, "its movie")

        def do():
            """Of one that is gone, with the heads of a version before."""
            (folder / "0001.movie").rename(folder / "0000.movie")
            self.ask("GET", f"/clips/{clip}/media.mp4", status=200)
            settled()
            return summed(self.data / "lessons", folder)

        settled()
        self.through("heads", do)

    def test_draft(self):
        others = os.listdir(self.data / "jobs")
        edl = {"version": 1, "pieces": [{"lesson": LESSON, "from_ns": SECOND // 2, "to_ns": SECOND}]}
        edit = {"version": 1, "begin": {}, "changes": [], "at": 0, "clips": [{"edl": edl}]}
        folder = self.data / "edits" / LESSON

        def do():
            shutil.rmtree(folder, ignore_errors=True)
            self.assertEqual(self.server.ask("PUT", f"/api/v1/edits/{LESSON}", edit, {"If-Match": "*"})[0], 200)
            until(lambda: (folder / "0000.movie").exists() and os.listdir(self.data / "jobs") == others, 60, "its heads")
            self.assertEqual(os.listdir(folder), ["0000.movie"])
            return summed(self.data / "lessons", folder)

        self.through("draft", do)

    def test_slides(self):
        def do():
            (self.lesson / "text.jsonl").unlink()
            self.job(kind="slides", item=LESSON)
            return summed(self.data / "lessons")

        self.through("slides", do)

    def test_import(self):
        upload, film = "20260103-080000-up-0001", self.place / "film.mp4"
        subprocess.run([BIN / "lectern", "export", self.lesson, "-o", film], check=True, capture_output=True)
        folder = self.data / "uploads" / upload

        def do():
            folder.mkdir(parents=True)
            os.link(film, folder / "data")
            (folder / "upload.json").write_text(json.dumps({"version": 1, "name": "课.mp4", "size": film.stat().st_size}))
            self.job(kind="import", upload=upload)
            self.assertFalse(folder.exists())
            made, movie = self.data / "lessons" / upload, self.place / "made.mp4"
            subprocess.run([BIN / "lectern", "verify", made], check=True, capture_output=True)
            subprocess.run([BIN / "lectern", "export", made, "-o", movie], check=True, capture_output=True)
            names = sorted(path.relative_to(made) for path in made.rglob("*"))
            shutil.rmtree(made)  # its files name themselves at random
            return names, hashlib.sha256(movie.read_bytes()).hexdigest(), summed(self.data / "lessons")

        self.through("import", do)


if __name__ == "__main__":
    unittest.main(verbosity=2)
