#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The library: what is found by which words and at which second, facets, order, parts; that the index
follows the folders; the trash; lectern rebuild."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

from _lessons import SECOND, put_clip, put_lesson, put_marks, put_metadata, put_text
from _programs import BIN, ROOT, Server, until

sys.path.insert(0, str(ROOT / "tests" / "support"))

import beside  # noqa: E402  the path is set above

LIGHT, MATHS, CLIP = "20260101-080000-main-0001", "20260102-080000-main-0002", "clip-20260103-080000-aaaa"


class Library(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.data = pathlib.Path(self.folder.name)
        self.light = put_lesson(self.data, LIGHT, "光的折射", stage="初中", subject="物理",
                                teachers=["王老师"])
        put_text(self.light, [(5, 9, "全反射 临界角 Snell's law ＡＢＣ"), (30, 40, "棱镜")])
        slides = (self.light / "text.jsonl").read_text(encoding="utf-8").splitlines()
        slides[0] = json.dumps({**json.loads(slides[0]), "picture_ns": 7 * SECOND})
        (self.light / "text.jsonl").write_text("\n".join(slides) + "\n", encoding="utf-8")
        put_marks(self.light, [(7, "重点")])
        put_lesson(self.data, MATHS, "Pythagoras 勾股定理", 90, 1_770_000_100, stage="初中",
                   subject="数学", teachers=["李老师", "王老师"], state="published")
        put_clip(self.data, CLIP, [(LIGHT, 6, 20), (LIGHT, 35, 50)], "微课一", [(1, "定义")])
        self.server = None
        self.start()

    def tearDown(self):
        self.stop()
        self.folder.cleanup()

    def start(self, *more):
        self.server = Server(self.data, *more)
        until(lambda: not self.health()["building"], 20, "the index")

    def stop(self):
        if self.server:
            self.assertEqual(self.server.stop(), 0)
            self.server = None

    def get(self, path):
        status, _, content = self.server.ask("GET", path)
        self.assertEqual(status, 200, content)
        return json.loads(content)

    def health(self):
        return self.get("/healthz")["library"]

    def search(self, q="", **more):
        return self.get("/api/v1/library?" + urllib.parse.urlencode({"q": q, **more}))

    def ids(self, q="", **more):
        return [item["id"] for item in self.search(q, **more)["items"]]

    def hits(self, q):
        return {item["id"]: [(hit["kind"], hit["time_ns"] and hit["time_ns"] // SECOND)
                             for hit in item["hits"]] for item in self.search(q)["items"]}

    def test_words_are_found_where_they_stand(self):
        self.assertEqual(self.hits("折射"), {LIGHT: [("title", None)]})
        self.assertEqual(self.hits("临界角"), {LIGHT: [("slide", 5)], CLIP: [("slide", 0)]})
        self.assertEqual(self.hits("棱镜"), {LIGHT: [("slide", 30)], CLIP: [("slide", 14)]})
        self.assertEqual(self.hits("重点"), {LIGHT: [("mark", 7)], CLIP: [("mark", 1)]})
        self.assertEqual(self.hits("定义"), {CLIP: [("chapter", 1)]})
        def pictures(q):
            return {item["id"]: [hit.get("picture") for hit in item["hits"]] for item in self.search(q)["items"]}
        self.assertEqual(pictures("临界角"), {one: [{"lesson": LIGHT, "time_ns": 7 * SECOND}] for one in (LIGHT, CLIP)})
        self.assertEqual(pictures("棱镜"), {one: [{"lesson": LIGHT, "time_ns": 30 * SECOND}] for one in (LIGHT, CLIP)})
        self.assertEqual(pictures("定义"), {CLIP: [{"lesson": LIGHT, "time_ns": 7 * SECOND}]})
        self.assertEqual(pictures("重点"), {LIGHT: [None], CLIP: [None]})
        self.assertEqual(self.hits("射"), {LIGHT: [("title", None), ("slide", 5)], CLIP: [("slide", 0)]})
        for q, expected in (("角界", []), ("SNELL", [CLIP, LIGHT]), ("abc", [CLIP, LIGHT]), ("nell", []),
                            ("pyth", [MATHS]), ("初中 勾股", [MATHS]), ("初中 棱镜", [LIGHT]), ("😀", []),
                            ("折射 勾股", []), ("%", []), ("\"", []), ("' OR 1", []), ("折_", [LIGHT])):
            self.assertEqual(self.ids(q), expected, q)
        self.assertEqual(self.ids("王老师", sort="oldest"), [LIGHT, MATHS])

    def test_the_title_comes_first(self):
        put_text(put_lesson(self.data, "20270101-080000-main-0003", "新", begun=1_800_000_000),
                 [(1, 2, "光的折射")])
        until(lambda: len(self.ids("折射")) == 2, 20, "the new lesson")
        self.assertEqual(self.ids("折射")[0], LIGHT)
        self.assertEqual(self.ids("折射", sort="newest")[1], LIGHT)

    def test_facets_count_what_would_be_found(self):
        found = self.search(subject="物理", stage="初中")
        self.assertEqual([item["id"] for item in found["items"]], [LIGHT])
        self.assertEqual(found["facets"]["subject"], [{"term": "数学", "count": 1}, {"term": "物理", "count": 1}])
        self.assertEqual(found["facets"]["teacher"], [{"term": "王老师", "count": 1}])
        self.assertEqual(self.ids(teacher="李老师"), [MATHS])
        self.assertEqual(self.ids(subject="nothing"), [])
        self.assertEqual(self.ids(kind="clip"), [CLIP])
        self.assertEqual(self.ids(state="published"), [MATHS])

    def test_parts_fit_together(self):
        for i in range(30):
            put_lesson(self.data, f"20250101-0800{i:02d}-main-0000", f"课{i % 13}", 60 + i % 5,
                       1_700_000_000 + i // 3)
        until(lambda: self.search()["total"] == 33, 20, "33 items")
        for sort in ("newest", "oldest", "title", "longest", "relevance"):
            whole, ids, after = self.ids(sort=sort, limit=100), [], ""
            while after is not None:
                part = self.search(sort=sort, limit=4, after=after)
                ids += [item["id"] for item in part["items"]]
                after = part["next"]
            self.assertEqual(ids, whole, sort)
            self.assertEqual(len(set(ids)), 33)
        titles = [item["title"] for item in self.search(sort="title", limit=100)["items"]]
        numbers = [int(title[1:]) for title in titles if title[0] == "课"]
        self.assertEqual((numbers, len(numbers)), (sorted(numbers), 30), "2 before 10")
        self.assertEqual(self.ids(sort="longest")[0], MATHS)

    def test_files_that_change_are_seen(self):
        put_metadata(self.light, title="棱镜与光谱", subject="物理")
        until(lambda: self.ids("光谱") == [LIGHT], 20, "the new title")
        self.assertEqual(self.ids("折射"), [])
        put_text(self.light, [(12, 13, "色散")])
        until(lambda: self.hits("色散") == {LIGHT: [("slide", 12)], CLIP: [("slide", 6)]}, 20, "both")
        shutil.rmtree(self.light)
        until(lambda: self.ids() == [CLIP, MATHS], 20, "it gone")
        self.assertTrue(self.get("/api/v1/items/" + CLIP)["sources"][0]["missing"])

    def test_what_is_damaged_hides_no_more_than_itself(self):
        (self.light / "metadata.json").write_text("{")
        (self.light / "text.jsonl").write_bytes(b'{"time_ns":1\n\xff\xff\n{"time_ns":3,"to_ns":4,"text":"\\u0000"}\n'
                                                b'{"time_ns":5000000000,"to_ns":6000000000,"text":"ok"}')
        (self.data / "lessons" / MATHS / "lesson.json").write_text("{")
        until(lambda: self.hits("ok") == {LIGHT: [("slide", 5)]}, 20, "what is left")
        self.assertEqual(set(self.ids()), {LIGHT, CLIP})
        self.assertEqual(self.get("/api/v1/items/" + LIGHT)["metadata"], {})
        self.assertEqual(self.server.ask("PUT", f"/api/v1/items/{LIGHT}/metadata", {"title": "x"},
                                         {"If-Match": "*"})[0], 500)
        self.assertEqual((self.light / "metadata.json").read_text(), "{", "a damaged file was written over")

    def test_what_people_write_is_text(self):
        path = f"/api/v1/items/{MATHS}"
        tag = self.server.ask("GET", path)[1]["ETag"]
        title = "<script>x</script>\u202e光😀\u0001 ok"
        status, head, content = self.server.ask("PUT", path + "/metadata", {"title": title}, {"If-Match": tag})
        self.assertEqual((status, json.loads(content)["title"]), (200, "<script>x</script>光😀  ok"))
        self.assertEqual(head["ETag"], self.server.ask("GET", path)[1]["ETag"])
        self.assertEqual(self.ids("script"), [MATHS], "the index is behind")
        status, _, content = self.server.ask("PUT", path + "/metadata", {"title": "y"}, {"If-Match": tag})
        self.assertEqual(status, 412)
        self.assertIn("其他人", json.loads(content)["fault"]["zh"])

    def test_the_trash(self):
        item = f"/api/v1/items/{LIGHT}"
        status, _, content = self.server.ask("PUT", item + "/trash")
        self.assertEqual(status, 409)
        fault = json.loads(content)["fault"]
        self.assertEqual(fault["code"], "used")
        self.assertIn("微课一", fault["en"])
        self.assertEqual(self.server.ask("PUT", item + "/trash?anyway=1")[0], 200)
        self.assertEqual((self.ids(), self.ids(trash=1)), ([CLIP, MATHS], [LIGHT]))
        self.assertEqual(self.server.ask("DELETE", item)[0], 409, "a clip needs it")
        self.assertEqual(self.server.ask("DELETE", f"/api/v1/items/{MATHS}")[0], 409, "not in the trash")
        self.assertEqual(self.server.ask("POST", f"/api/v1/items/{CLIP}/shares", {})[0], 201)
        edit = self.data / "edits" / f"{LIGHT}.json"
        edit.parent.mkdir()
        edit.write_text("{}")
        self.stop()
        config = self.data / "lectern.conf"
        config.write_text("[library]\ntrash_days = 1\n")
        old = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - 90000))
        put_metadata(self.light, trashed=old)
        put_metadata(self.data / "clips" / CLIP, title="微课一", trashed=old)
        young = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - 80000))
        put_metadata(self.data / "lessons" / MATHS, trashed=young)
        clock = self.data / "clock.json"
        def write_clock(days_ago):
            clock.write_text(json.dumps({"version": 1, "wall_ns": time.time_ns() - days_ago * 86400 * SECOND,
                                         "calm_ns": 2 * 86400 * SECOND}))
        def seen():
            return json.loads(clock.read_text())["wall_ns"]
        write_clock(100)
        self.start("--config", config)
        first = seen()
        until(lambda: seen() != first, 60, "a look at the clock")
        self.assertEqual(len(self.ids(trash=1)), 3, "the clock has leapt: nothing goes")
        self.stop()
        write_clock(0)
        self.start("--config", config)
        until(lambda: not self.light.exists() and not (self.data / "clips" / CLIP).exists(), 30, "the trash emptied")
        self.assertEqual(self.ids(trash=1), [MATHS])
        self.assertFalse((self.data / "deleted").exists())
        self.assertFalse(edit.exists(), "what was edited of it")
        self.assertEqual(json.loads((self.data / "shares.json").read_text())["links"], [])

    def test_a_link_opens_nothing_that_is_not_known_yet(self):
        """The index is gone, and a lesson cannot be read before its fifo is written to."""
        url = json.loads(self.server.ask("POST", f"/api/v1/items/{MATHS}/shares", {})[2])["url"]
        self.assertEqual(self.server.ask("PUT", f"/api/v1/items/{MATHS}/trash")[0], 200)
        self.stop()
        slides = self.data / "lessons" / MATHS / "text.jsonl"
        os.mkfifo(slides)
        (self.data / "library.db").unlink()
        self.server = Server(self.data)
        try:
            status, head, content = self.server.ask("GET", url, code=False)
            self.assertEqual((status, head["Retry-After"]), (503, "2"), content)
            status = self.server.ask("GET", f"/api/v1/items/{MATHS}", code=False,
                                     headers={"Authorization": "Bearer " + url.split("link=")[1]})[0]
            self.assertEqual(status, 503)
        finally:
            with open(slides, "wb"):  # waits for who reads it
                slides.unlink()
        until(lambda: not self.health()["building"], 60, "the index")
        self.assertEqual(self.server.ask("GET", url, code=False)[0], 403)
        self.assertEqual(self.server.ask("DELETE", f"/api/v1/items/{MATHS}/trash")[0], 200)
        self.assertEqual(self.server.ask("GET", url, code=False)[0], 303)

    def test_what_a_full_disk_kept_out_of_it_is_found_by_itself(self):
        """A microlesson is smaller than what the index writes for it."""
        self.stop()
        small = self.data / "small"
        small.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", small], check=True)
        try:
            shutil.copytree(self.light, small / "lessons" / LIGHT)
            self.server = Server(small)
            until(lambda: not self.health()["building"], 60, "the index")
            state = os.statvfs(small)
            (small / "filler").write_bytes(bytes(state.f_bavail * state.f_bsize - 16384))
            edl = {"version": 1, "pieces": [{"lesson": LIGHT, "from_ns": 0, "to_ns": SECOND}]}
            status, _, content = self.server.ask("POST", "/api/v1/clips", {"title": "满盘", "edl": edl})
            self.assertEqual(status, 201, content)
            self.assertEqual(self.ids("满盘"), [])
            self.assertEqual(self.health()["fault"]["code"], "no-space")
            (small / "filler").unlink()
            until(lambda: self.ids("满盘") == [json.loads(content)["id"]], 60, "the microlesson")
            until(lambda: "fault" not in self.health(), 60, "the end of the fault")
        finally:
            self.stop()
            subprocess.run(["umount", small], check=True)

    def test_a_shared_clip_opens_its_lessons_media(self):
        """And no other's; 404: let in, these lessons have no tapes."""
        share = json.loads(self.server.ask("POST", f"/api/v1/items/{CLIP}/shares", {})[2])
        head = self.server.ask("GET", share["url"], code=False)[1]
        cookie = {"Cookie": "a=b; " + head["Set-Cookie"].split(";")[0]}
        def status(path):
            return self.server.ask("GET", path, headers=cookie, code=False)[0]
        self.assertEqual(status(f"/api/v1/items/{CLIP}"), 200)
        self.assertEqual(status(f"/api/v1/recordings/{LIGHT}/tracks/camera/thumb"), 404)
        for path in (f"/api/v1/recordings/{MATHS}/tracks/camera/thumb", f"/api/v1/items/{LIGHT}",
                     f"/api/v1/recordings/{LIGHT}", f"/lessons/{LIGHT}", "/api/v1/library"):
            self.assertIn(status(path), (401, 403), path)
        self.server.ask("PUT", f"/api/v1/items/{CLIP}/trash")
        self.assertIn(status(f"/api/v1/recordings/{LIGHT}/tracks/camera/thumb"), (401, 403))

    def test_a_shared_collection_opens_what_is_in_it(self):
        """Now, and nothing else; 404: let in, these lessons have no tapes."""
        def post(path, body):
            return json.loads(self.server.ask("POST", "/api/v1" + path, body)[2])
        one, other = (post("/collections", {"title": title, "items": items})["id"]
                      for title, items in (("合集", [CLIP, MATHS, "gone"]), ("别的", [LIGHT])))
        share = post(f"/collections/{one}/shares", {"seconds": 1000})
        status, head, _ = self.server.ask("GET", share["url"], code=False)
        self.assertEqual((status, head["Location"]), (303, f"/collections/{one}"))
        cookie = {"Cookie": "a=b; " + head["Set-Cookie"].split(";")[0]}
        def status_of(path):
            return self.server.ask("GET", path, headers=cookie, code=False)[0]
        def items():
            content = self.server.ask("GET", f"/api/v1/collections/{one}/items", headers=cookie, code=False)[2]
            return [item["id"] for item in json.loads(content)["items"]]
        def tracks(lesson):
            return f"/api/v1/recordings/{lesson}/tracks/camera/thumb"
        self.assertEqual(items(), [CLIP, MATHS])
        opened = (f"/collections/{one}", f"/lessons/{MATHS}", f"/lessons/{CLIP}", f"/api/v1/items/{MATHS}",
                  f"/api/v1/items/{CLIP}")
        closed = ("/library", "/api/v1/library", "/api/v1/collections", f"/api/v1/collections/{one}",
                  f"/api/v1/collections/{one}/shares", f"/api/v1/collections/{other}/items", f"/collections/{other}",
                  f"/api/v1/items/{LIGHT}", f"/lessons/{LIGHT}", f"/api/v1/recordings/{MATHS}",
                  f"/api/v1/recordings/{MATHS}/media.mp4", f"/lessons/{one}", f"/collections/{MATHS}")
        for path in opened:
            self.assertEqual(status_of(path), 200, path)
        for path in (tracks(MATHS), tracks(LIGHT)):
            self.assertEqual(status_of(path), 404, path)
        for path in closed:
            self.assertIn(status_of(path), (401, 403), path)
        self.assertEqual(self.server.ask("PUT", f"/api/v1/items/{MATHS}/trash")[0], 200)
        self.assertEqual(items(), [CLIP])
        self.assertIn(status_of(f"/api/v1/items/{MATHS}"), (401, 403))
        self.server.ask("DELETE", f"/api/v1/items/{MATHS}/trash")
        self.assertEqual(status_of(f"/api/v1/items/{MATHS}"), 200)
        self.stop()
        self.start()
        until(lambda: status_of(f"/api/v1/items/{MATHS}") == 200, 30, "the link after a start")
        self.assertEqual(status_of(tracks(LIGHT)), 404)
        changed = {"title": "合集", "items": [MATHS]}
        self.assertEqual(self.server.ask("PUT", f"/api/v1/collections/{one}", changed, headers={"If-Match": "*"})[0], 200)
        self.assertEqual(status_of(f"/api/v1/items/{MATHS}"), 200)
        for path in (f"/api/v1/items/{CLIP}", tracks(LIGHT)):
            self.assertIn(status_of(path), (401, 403), path)
        again = post(f"/collections/{one}/shares", {})
        self.assertEqual(self.server.ask("DELETE", f"/api/v1/collections/{one}/shares/{share['id']}")[0], 200)
        for path in (f"/collections/{one}", f"/lessons/{MATHS}", tracks(MATHS)):
            self.assertIn(status_of(path), (401, 403), path)
        self.assertEqual(self.server.ask("GET", again["url"], code=False)[0], 303)
        self.assertEqual(self.server.ask("DELETE", f"/api/v1/collections/{one}")[0], 200)
        self.assertEqual(self.server.ask("GET", again["url"], code=False)[0], 403)
        self.assertEqual(json.loads((self.data / "shares.json").read_text())["links"], [])

    def test_rebuild(self):
        command = [BIN / "lectern", "rebuild", "--data", self.data, "--json"]
        busy = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(busy.returncode, 1)
        self.stop()
        (self.data / "library.db").write_bytes(b"x" * 10000)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, '{"items":3}\n'), done.stderr)
        self.start()
        self.assertNotIn("fault", self.health())
        self.assertEqual(self.ids("折射"), [LIGHT])


if __name__ == "__main__":
    beside.main(3)
