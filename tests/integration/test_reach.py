#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has but the link of a microlesson reads of its lessons what it shows, with what decoding that
needs, and nothing else: index, bytes, thumbnails, loudness; a lesson of three reels."""

import bisect
import json
import pathlib
import shutil
import struct
import subprocess
import tempfile
import unittest

from _programs import TOOLS, Server

LESSON, CLIP = "20260301-080000-test-0001", "clip-20260302-080000-aaaa"
SPAN = 10**15
SPARE = 100_000_000  # ns of sound
PIECES = [(14_900_000_000, 17_100_000_000), (3_310_000_000, 4_130_000_000), (4_000_000_000, 4_500_000_000)]


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def put_thumbs(folder, times):
    """docs/formats/tape.md; each says its time instead of being a picture."""
    pictures = [f"{time}".encode() for time in times]
    with open(folder / "thumbs.index", "wb") as index:
        for i, (time, picture) in enumerate(zip(times, pictures, strict=True)):
            row = struct.pack(">QQII", time, sum(map(len, pictures[:i])), len(picture), crc32c(picture))
            index.write(row + struct.pack(">I", crc32c(row)))
    (folder / "thumbs.mjpg").write_bytes(b"".join(pictures))


def put_version(data, version, pieces):
    folder = data / "clips" / CLIP
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{version:04d}.json").write_text(json.dumps({"version": 1, "chapters": [], "pieces": [
        {"lesson": LESSON, "from_ns": begin, "to_ns": end} for begin, end in pieces]}), encoding="utf-8")


class Reach(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.made = tempfile.TemporaryDirectory()
        subprocess.run([TOOLS / "tapemaker", "reels", pathlib.Path(cls.made.name) / "lesson"],
                       check=True, stdout=subprocess.DEVNULL)

    @classmethod
    def tearDownClass(cls):
        cls.made.cleanup()

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.data = pathlib.Path(self.folder.name)
        shutil.copytree(pathlib.Path(self.made.name) / "lesson", self.data / "lessons" / LESSON)
        put_version(self.data, 1, PIECES)
        self.server = Server(self.data)
        self.cookie = self.link(CLIP)

    def tearDown(self):
        self.assertEqual(self.server.stop(), 0)
        self.folder.cleanup()

    def link(self, item):
        url = json.loads(self.server.ask("POST", f"/api/v1/items/{item}/shares", {})[2])["url"]
        status, head, content = self.server.ask("GET", url, code=False)
        self.assertEqual(status, 303, content)
        return {"Cookie": head["Set-Cookie"].split(";")[0]}

    def get(self, path, headers=None):
        """As who has the link, or these headers."""
        status, _, content = self.server.ask("GET", f"/api/v1/recordings/{LESSON}/tracks/{path}",
                                             headers={**self.cookie, **(headers or {})}, code=False)
        return status, content

    def whole(self, path, headers=None):
        """As who has the code."""
        return self.server.ask("GET", f"/api/v1/recordings/{LESSON}/tracks/{path}", headers=headers)[2]

    @staticmethod
    def rows(content):
        answer = json.loads(content)
        assert answer["next_ns"] is None
        return [(reel["number"], *row) for reel in answer["reels"] for row in reel["rows"]]

    def expected(self, track):
        """Of all rows those that are in reach, as these tests understand it."""
        rows = self.rows(self.whole(f"{track}/index"))
        keys = [row[3] for row in rows if row[5] & 1] + [SPAN]
        spare = SPARE if track == "sound" else 0
        return [row for row in rows
                if any(row[3] - spare < end and keys[bisect.bisect_right(keys, row[3])] + spare > begin
                       for begin, end in PIECES)], rows

    @staticmethod
    def sample(rows, within):
        """All at the ends of what is in reach, and some of the others."""
        known = set(within)
        return [row for i, row in enumerate(rows)
                if i % 25 == 0 or len({other in known for other in rows[max(0, i - 1):i + 2]}) > 1]

    def test_index_and_bytes(self):
        for track in ("camera", "sound"):
            within, rows = self.expected(track)
            self.assertEqual(self.rows(self.get(f"{track}/index")[1]), within)
            self.assertEqual({row[0] for row in within}, {1, 2, 3})
            self.assertLess(len(within), len(rows) / 3)
            for begin, end in PIECES:
                status, part = self.get(f"{track}/index?from={begin}&to={end}")
                self.assertEqual(status, 200)
                self.assertTrue(set(self.rows(part)) <= set(within))
            self.assertEqual(self.get(f"{track}/init.mp4?reel=3")[0], 200)
            for row in self.sample(rows, within):
                reel, at, n = row[:3]
                head = {"Range": f"bytes={at}-{at + n - 1}"}
                status, content = self.get(f"{track}/reels/{reel}", head)
                self.assertEqual(status, 206 if row in within else 403, row)
                if row in within:
                    self.assertEqual(content, self.whole(f"{track}/reels/{reel}", head))

    def test_no_byte_beside_them(self):
        within, _ = self.expected("camera")
        run = [row for row in within if row[0] == 1]
        begin, end = run[0][1], run[-1][1] + run[-1][2]
        self.assertEqual(sum(row[2] for row in run), end - begin, "without a gap")
        def status(text, **more):
            return self.get("camera/reels/1", {"Range": text, **more})[0]
        self.assertEqual(status(f"bytes={begin}-{end - 1}"), 206)
        self.assertEqual(status(f"bytes={begin + 7}-{end - 9}"), 206)
        self.assertEqual(status("bytes=999999999-"), 416)
        for text in (f"bytes={begin - 1}-{end - 1}", f"bytes={begin}-{end}", f"bytes={begin}-", "bytes=0-",
                     "bytes=-1", f"bytes={begin}-{end - 1},0-1", f"octets={begin}-{end - 1}", "bytes=0-0"):
            self.assertEqual(status(text), 403, text)
        self.assertEqual(status(f"bytes={begin}-{end - 1}", **{"If-Range": '"x"'}), 403)
        self.assertEqual(status(f"bytes={begin}-{end - 1}", **{"If-Range": ""}), 206)
        status, content = self.get("camera/reels/1")
        self.assertEqual((status, json.loads(content)["fault"]["zh"]), (403, "此课程只能读取微课中用到的片段。"))

    def test_pictures_and_loudness(self):
        within, rows = self.expected("camera")
        times = [row[3] for row in rows if row[5] & 1]
        seen = {row[3] for row in within if row[5] & 1}
        put_thumbs(self.data / "lessons" / LESSON / "camera", times)
        got = {self.get(f"camera/thumb?t={tenth / 10}") for tenth in range(240)}
        self.assertEqual({int(content) for status, content in got if status == 200}, seen)
        self.assertEqual({status for status, _ in got}, {200, 404})
        sheet = self.get("camera/thumbs")[1]
        found = set()
        while sheet:
            time, n = struct.unpack(">QI", sheet[:12])
            self.assertEqual(int(sheet[12:12 + n]), time)
            found.add(time)
            sheet = sheet[12 + n:]
        self.assertEqual(found, seen)
        wave = json.loads(self.get("sound/waveform?points=2400&to=24000000000")[1])["peaks"]
        loud = {point // 2 * 10**7 for point, peak in enumerate(wave) if peak}
        self.assertTrue(loud)
        self.assertEqual([at for at in loud if not any(begin - SPARE < at < end + SPARE for begin, end in PIECES)], [])

    def test_who_may_more_reads_more(self):
        _, rows = self.expected("camera")
        head = {"Range": f"bytes={rows[0][1]}-{rows[0][1]}"}
        self.assertEqual(self.get("camera/reels/1", head)[0], 403)
        self.assertEqual(self.get("camera/reels/1", {**head, "Authorization": "Bearer " + self.server.code})[0], 206)
        put_version(self.data, 2, [(0, 10**9)])
        self.assertEqual(self.get("camera/reels/1", head)[0], 206)
        put_version(self.data, 3, PIECES)
        self.assertEqual(self.get("camera/reels/1", head)[0], 403)
        self.cookie["Cookie"] += "; " + self.link(LESSON)["Cookie"]
        self.assertEqual(self.get("camera/reels/1", head)[0], 206)
        self.assertEqual(self.get("camera/reels/1")[0], 200)


if __name__ == "__main__":
    unittest.main()
