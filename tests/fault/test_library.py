# SPDX-License-Identifier: GPL-3.0-or-later
"""The library's index is cut off, flipped, or behind its files; the server is killed; the disk is full:
nothing that somebody wrote is lost, and what is wrong with the index is mended and said."""

import http.client
import itertools
import json
import os
import pathlib
import random
import sys
import tempfile
import time
import unittest
import urllib.parse

from _lab import DEEP, SmallDisk, need_root

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))
from _lessons import put_lesson, put_text  # noqa: E402
from _programs import Server, until  # noqa: E402

LESSONS = 60
MB = 1 << 20


def name(i):
    return f"20260101-08{i // 60:02d}{i % 60:02d}-main-{i:04x}"


def fill(data):
    for i in range(LESSONS):
        put_text(put_lesson(data, name(i), f"第{i}课 光的折射", subject="物理", begun=1_770_000_000 + i),
                 [(k, k + 1, f"全反射 {i} {k}") for k in range(20)])


class Library:
    def __init__(self, data):
        self.server = Server(data)
        until(lambda: not self.health()["building"], 30, "the index")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.stop()

    def get(self, path):
        status, _, content = self.server.ask("GET", path)
        return json.loads(content) if status == 200 else {"status": status}

    def health(self):
        return self.get("/healthz")["library"]

    def total(self, q):
        return self.get("/api/v1/library?q=" + urllib.parse.quote(q)).get("total")

    def title(self, one):
        return self.get("/api/v1/items/" + one)["title"]

    def describe(self, one, title):
        """The status of an attempt; None: the server died over it."""
        try:
            return self.server.ask("PUT", f"/api/v1/items/{one}/metadata", {"title": title},
                                   {"If-Match": "*"})[0]
        except (OSError, http.client.HTTPException):
            return None


class IndexTest(unittest.TestCase):
    def whole(self, library):
        self.assertEqual(library.total(""), LESSONS)
        self.assertEqual(library.total("折射"), LESSONS)
        self.assertEqual(library.total("全反射"), LESSONS)

    def test_cut_off_and_flipped_anywhere(self):
        chance = random.Random(os.environ.get("LCT_SEED", "1"))
        with tempfile.TemporaryDirectory() as folder:
            data = pathlib.Path(folder)
            fill(data)
            with Library(data) as library:
                self.whole(library)
            index = data / "library.db"
            sound = index.read_bytes()
            tries = 100 if DEEP else 6
            for i in range(tries):
                bad, at = bytearray(sound), chance.randrange(len(sound))
                if i % 2:
                    del bad[at:]
                else:
                    bad[at] ^= 1 << chance.randrange(8)
                sums = (data / "library.db.sum").read_text()
                index.write_bytes(bad)
                with Library(data) as library:
                    self.whole(library)
                    self.assertIn("damaged", library.health().get("fault", {}).get("en", ""), (i, at))
                self.assertTrue((data / "library.db.damaged").exists())
                index.write_bytes(sound)
                (data / "library.db.sum").write_text(sums)
            with Library(data) as library:
                self.whole(library)
                self.assertNotIn("fault", library.health())
        print(f"{tries} damaged indexes, all made anew")

    def is_kept(self, library, kept):
        for one, title in kept.items():
            self.assertEqual(library.title(one), title)
            self.assertEqual(library.total(title), 1, f"{title} in the index")

    def test_killed_at_any_moment(self):
        """What was answered with 200 is there after a kill, in the file and in the index."""
        with tempfile.TemporaryDirectory() as folder:
            data = pathlib.Path(folder)
            fill(data)
            kept, tries = {}, 40 if DEEP else 4
            for i in range(tries):
                with Library(data) as library:
                    self.is_kept(library, kept)
                    end = time.monotonic() + 0.05 * (1 + i % 5)
                    for n in itertools.count():
                        if time.monotonic() > end:
                            break
                        one, title = name((7 * i + n) % LESSONS), f"new{i:02d}x{n:04d}"
                        self.assertEqual(library.describe(one, title), 200)
                        kept[one] = title
                    library.server.process.kill()
            with Library(data) as library:
                self.is_kept(library, kept)
                self.assertEqual(library.total(""), LESSONS)
        print(f"{tries} kills, {len(kept)} changed titles, none lost")

    def test_a_file_that_the_index_has_not_seen(self):
        """Killed between the file and the index: the next start mends it."""
        with tempfile.TemporaryDirectory() as folder:
            data = pathlib.Path(folder)
            fill(data)
            with Library(data) as library:
                self.whole(library)
            path = data / "lessons" / name(3) / "metadata.json"
            path.write_text(json.dumps({"version": 1, "title": "between"}))
            with Library(data) as library:
                self.assertEqual(library.total("between"), 1)
                self.assertNotIn("fault", library.health())

    def test_a_disk_that_is_full(self):
        need_root()
        with SmallDisk(24) as disk:
            data = pathlib.Path(disk.path)
            fill(data)
            with Library(data) as library:
                self.assertEqual(library.describe(name(0), "before"), 200)
                disk.fill()
                statuses = {library.describe(name(i), "x" * 150) for i in range(1, 20)}
                self.assertIn(507, statuses, "it was not full")
                self.assertLessEqual(statuses, {200, 507})
                for i in range(1, 20):
                    self.assertIn(library.title(name(i)), (f"第{i}课 光的折射", "x" * 150), "half written")
                self.assertEqual(library.total("before"), 1, "nothing is found any more")
                disk.make_room()
                self.assertEqual(library.describe(name(5), "after"), 200)
                until(lambda: library.total("after") == 1, 20, "the index behind it")
                until(lambda: "fault" not in library.health(), 20, "health")


if __name__ == "__main__":
    unittest.main()
