#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports by presets, judged by ffmpeg: what is made keeps the preset's rules, workers and servers that
die are followed by others (before which of its steps a worker dies: tests/fault), a full disk is
said in words, and what is cancelled is gone. All as the service's unit allows it."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from _programs import BIN, ROOT, Server, SmallDisk, until

sys.path.insert(0, str(ROOT))
from tests.support import service  # noqa: E402

LESSON = "20260101-080000-a-0001"
OVER = ("done", "failed", "cancelled")
DEEP = os.environ.get("LCT_DEEP", "0") not in ("", "0", "OFF")


def probe(path):
    done = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-of", "json", "-show_entries",
                           "stream=codec_name,codec_type,width,height,avg_frame_rate,nb_read_frames:"
                           "format=size,duration", path], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


class Jobs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.data = pathlib.Path(cls.folder.name)
        (cls.data / "lessons").mkdir()
        subprocess.run([BIN / "lectern", "record", "--source", "demo", "--duration", "3", "--out",
                        cls.data / "lessons" / LESSON], check=True, capture_output=True)
        cls.log = cls.data / "log"
        with cls.log.open("w") as log:
            cls.server = Server(cls.data, preexec_fn=service.shut_in, stderr=log)

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        print(cls.log.read_text())
        cls.folder.cleanup()
        assert status == 0, f"lectern-server ended with {status}"

    def ask(self, method, path, body=None, status=200):
        got, _, content = self.server.ask(method, "/api/v1" + path, body)
        self.assertEqual(got, status, content)
        return json.loads(content)

    def export(self, preset, item=LESSON, status=201, **more):
        return self.ask("POST", "/jobs", {"kind": "export", "item": item, "preset": preset, **more}, status)

    def job(self, made):
        return self.ask("GET", "/jobs/" + made["id"])

    def over(self, made, state="done"):
        until(lambda: self.job(made)["state"] in OVER, 120, "a job's end")
        job = self.job(made)
        self.assertEqual(job["state"], state, job)
        return job

    def folder_of(self, made):
        return self.data / "jobs" / made["id"]

    def files(self, made):
        return sorted(path.name for path in self.folder_of(made).iterdir())

    def saved(self, made):
        status, head, content = self.server.ask("GET", f"/api/v1/jobs/{made['id']}/file")
        self.assertEqual(status, 200)
        path = self.data / "saved.mp4"
        path.write_bytes(content)
        said = subprocess.run(["ffmpeg", "-v", "warning", "-i", path, "-f", "null", "-"], check=True,
                              capture_output=True, text=True).stderr
        self.assertEqual(said, "")
        return probe(path), content, head

    def worker(self, made):
        """The process that does the job, 0: none."""
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[1:2] == [b"job"] and words[3:4] == [made["id"].encode()]:
                return int(folder.name)
        return 0

    def running(self, made):
        until(lambda: self.worker(made), 30, "its worker")
        return self.worker(made)

    def test_keeps_the_rules_of_a_preset(self):
        seen, content, head = self.saved(self.over(self.export("weike")))
        picture = next(s for s in seen["streams"] if s["codec_type"] == "video")
        sound = next(s for s in seen["streams"] if s["codec_type"] == "audio")
        self.assertEqual((picture["codec_name"], picture["width"], picture["height"], picture["avg_frame_rate"]),
                         ("h264", 1280, 720, "25/1"))
        self.assertEqual(sound["codec_name"], "aac")
        self.assertLess(abs(float(seen["format"]["duration"]) - 3), 0.2)
        self.assertEqual(int(picture["nb_read_frames"]), round(float(seen["format"]["duration"]) * 25))
        self.assertLess(content.index(b"moov"), content.index(b"mdat"))  # plays while it comes
        self.assertIn("attachment", head["Content-Disposition"])
        job = next(job for job in self.ask("GET", "/jobs")["jobs"] if job["kind"] == "export")
        self.assertEqual(job["result"]["bytes"], len(content))

    def test_the_screen_and_a_microlesson_and_the_sound_alone(self):
        edl = {"version": 1, "pieces": [{"lesson": LESSON, "from_ns": 1300000000, "to_ns": 2500000000},
                                        {"lesson": LESSON, "from_ns": 300000000, "to_ns": 900000000}]}
        clip = self.ask("POST", "/clips", {"title": "光的\"折射\"/1", "edl": edl}, 201)["id"]
        screen, sound = self.export("small", clip, track="screen"), self.export("sound", clip)
        seen, _, head = self.saved(self.over(screen))
        self.assertLess(abs(float(seen["format"]["duration"]) - 1.8), 0.1)
        self.assertEqual(self.job(screen)["result"]["name"], "光的_折射__1.mp4")
        self.assertIn("%E5%85%89", head["Content-Disposition"])
        seen, _, _ = self.saved(self.over(sound))
        self.assertEqual([s["codec_type"] for s in seen["streams"]], ["audio"])

    def test_a_microlesson_is_muxed_while_it_is_sent(self):
        """Once made, its movie reads without a worker; a new version is another movie."""
        edl = {"version": 1, "pieces": [{"lesson": LESSON, "from_ns": 700000000, "to_ns": 1900000000},
                                        {"lesson": LESSON, "from_ns": 100000000, "to_ns": 900000000}]}
        clip = self.ask("POST", "/clips", {"edl": edl}, 201)["id"]
        media, folder = f"/api/v1/clips/{clip}/media.mp4", self.data / "clips" / clip
        status, head, content = self.server.ask("GET", media)
        self.assertEqual((status, head["Content-Type"]), (200, "video/mp4"))
        path, cut = self.data / "clip.mp4", self.data / "cut.mp4"
        path.write_bytes(content)
        subprocess.run([BIN / "lectern", "cut", folder, "-o", cut], check=True, capture_output=True)
        self.assertEqual(content, cut.read_bytes())
        self.assertEqual([s["codec_type"] for s in probe(path)["streams"]], ["video", "video", "audio"])
        part = self.server.ask("GET", media, headers={"Range": f"bytes={len(content) // 2}-"})
        self.assertEqual((part[0], part[2]), (206, content[len(content) // 2:]))
        self.assertNotIn("heads", [job["kind"] for job in self.ask("GET", "/jobs")["jobs"]])
        kept = (folder / "0001.movie").stat()
        self.assertLess(kept.st_size, len(content))
        self.server.ask("GET", media)
        self.assertEqual((folder / "0001.movie").stat().st_mtime_ns, kept.st_mtime_ns)
        tag = self.server.ask("GET", f"/api/v1/clips/{clip}")[1]["ETag"]
        edl["pieces"].pop()
        status, _, _ = self.server.ask("PUT", f"/api/v1/clips/{clip}", {"edl": edl}, {"If-Match": tag})
        self.assertEqual(status, 200)
        shorter = self.server.ask("GET", media)[2]
        self.assertLess(len(shorter), len(content))
        subprocess.run([BIN / "lectern", "cut", folder, "-o", cut], check=True, capture_output=True)
        self.assertEqual(shorter, cut.read_bytes())  # its heads are taken from the version before
        self.assertEqual([p.name for p in folder.glob("*.movie")], ["0002.movie"])
        (folder / "0002.movie").write_bytes(b"lctmovi2")  # damaged: made anew
        self.assertEqual(self.server.ask("GET", media)[0], 200)
        self.assertEqual(self.server.ask("GET", "/api/v1/clips/clip-20260101-000000-0000/media.mp4")[0], 404)
        edl["pieces"][0].update(picture={"layout": "single", "main": "screen"}, fade_in_ns=200000000)
        clip = self.ask("POST", "/clips", {"edl": edl}, 201)["id"]
        path.write_bytes(self.server.ask("GET", f"/api/v1/clips/{clip}/media.mp4")[2])
        self.assertEqual([(s["codec_type"], s.get("width")) for s in probe(path)["streams"]],
                         [("video", 1920), ("audio", None)])
        self.over(self.export("small", clip))

    def test_a_microlesson_is_prepared_when_it_is_saved(self):
        """So who asks for its file does not wait; of versions that come after one another the last is made."""
        edl = {"version": 1, "pieces": [{"lesson": LESSON, "from_ns": 700000000, "to_ns": 1900000000}]}
        clip = self.ask("POST", "/clips", {"edl": edl}, 201)["id"]
        folder = self.data / "clips" / clip
        until((folder / "0001.movie").exists, 60, "its first version")
        tag = self.server.ask("GET", f"/api/v1/clips/{clip}")[1]["ETag"]
        for end in range(1000000000, 1800000000, 100000000):
            edl["pieces"][0]["to_ns"] = end
            status, head, _ = self.server.ask("PUT", f"/api/v1/clips/{clip}", {"edl": edl}, {"If-Match": tag})
            self.assertEqual(status, 200)
            tag = head["ETag"]
        until(lambda: [path.name for path in folder.glob("*.movie")] == ["0009.movie"], 60, "its last version alone")
        made = (folder / "0009.movie").stat().st_mtime_ns
        self.assertEqual(self.server.ask("GET", f"/api/v1/clips/{clip}/media.mp4")[0], 200)
        self.assertEqual((folder / "0009.movie").stat().st_mtime_ns, made)

    def test_a_draft_is_prepared_while_nothing_is_changed(self):
        """Who saves it then waits for no head; after an edge was moved one of each picture is painted; and what is
        left of it goes a day later."""
        def lines(what):
            return [tuple(map(int, counts))
                    for counts in re.findall(rf"{what} .*painted=(\d+) taken=(\d+)", self.log.read_text())]

        def keep(edl, tag):
            edit = {"version": 1, "begin": {}, "changes": [], "at": 0, "clips": [{"edl": edl}, {"edl": {}}]}
            status, head, _ = self.server.ask("PUT", f"/api/v1/edits/{LESSON}", edit, tag)
            self.assertEqual(status, 200)
            return {"If-Match": head["ETag"]}

        piece = {"lesson": LESSON, "from_ns": 300000000, "to_ns": 900000000}
        edl = {"version": 1, "pieces": [piece, {**piece, "from_ns": 1300000000, "to_ns": 2500000000}]}
        tag = keep(edl, {})
        until(lambda: len(lines(f"edit={LESSON}")) == 1, 60, "the heads of the draft")
        edl["pieces"][0]["from_ns"] = 500000000
        keep(edl, tag)
        until(lambda: self.log.read_text().count("kind=draft") == 2, 60, "the heads of what was changed")
        clip = self.ask("POST", "/clips", {"edl": edl}, 201)["id"]
        until(lambda: lines(f"item={clip}"), 60, "its movie")
        first, second = lines(f"edit={LESSON}")
        self.assertGreater(first, (2, 0))  # where a key frame stands there is no head
        self.assertEqual(first[1], 0)
        self.assertLessEqual(second[0], 2)
        self.assertGreater(second[1], 0)
        self.assertEqual(lines(f"item={clip}"), [(0, sum(second))])
        folder = self.data / "edits" / LESSON
        self.assertEqual([path.name for path in folder.iterdir()], ["0000.movie"])
        self.assertEqual(self.server.stop(), 0)
        os.utime(folder, (0, 0))
        with self.log.open("a") as log:
            type(self).server = Server(self.data, preexec_fn=service.shut_in, stderr=log)
        until(lambda: not folder.exists(), 60, "the end of the draft's heads")

    @unittest.skipUnless(DEEP, "it takes as long as who asks waits")
    def test_who_waits_too_long_is_told_to_ask_again(self):
        edl = {"version": 1, "pieces": [{"lesson": LESSON, "from_ns": 700000000, "to_ns": 1900000000}]}
        clip = self.ask("POST", "/clips", {"edl": edl}, 201)["id"]
        waiting = lambda: [{"id": path.name} for path in (self.data / "jobs").iterdir()
                           if self.worker({"id": path.name})]
        until(waiting, 30, "its worker")
        pid = self.worker(waiting()[0])
        os.kill(pid, signal.SIGSTOP)
        status, head, content = self.server.ask("GET", f"/api/v1/clips/{clip}/media.mp4")
        os.kill(pid, signal.SIGCONT)
        self.assertEqual((status, head["Retry-After"]), (503, "1"), content)
        self.assertIn("正在准备", json.loads(content)["fault"]["zh"])
        self.assertEqual(self.server.ask("GET", f"/api/v1/clips/{clip}/media.mp4")[0], 200)

    def test_what_no_lesson_has_is_made_for_it(self):
        both = {"layout": "side", "main": "screen", "other": "camera"}
        edl = {"version": 1, "opening": {"template": "opening", "fields": {"title": "圆的面积"}},
               "pieces": [{"lesson": LESSON, "from_ns": 300000000, "to_ns": 1500000000, "picture": both}]}
        unknown = {**edl, "closing": {"template": "fireworks", "fields": {}}}
        self.assertIn("closing, opening", self.ask("POST", "/clips", {"edl": unknown}, 400)["fault"]["en"])
        clip = self.ask("POST", "/clips", {"edl": edl}, 201)["id"]
        keep = next(one for one in self.ask("GET", f"/presets?item={clip}")["presets"] if one["id"] == "keep")
        self.assertNotIn("direct", keep)  # what is muxed while it is sent has neither
        made = self.export("small", clip)
        seen, _, _ = self.saved(self.over(made))
        self.assertLess(abs(float(seen["format"]["duration"]) - 6.2), 0.1)
        self.assertIn("composed", self.job(made)["result"]["notes"][-1]["en"])
        self.assertNotIn("made", self.files(made))
        del edl["pieces"][0]["picture"]  # a copy has its cards, too
        made = self.over(self.export("keep", self.ask("POST", "/clips", {"edl": edl}, 201)["id"]))
        self.assertLess(abs(made["result"]["duration_ns"] / 1e9 - 6.2), 0.1)

    def test_captions_logo_and_loudness(self):
        """Captions and a logo are drawn over all pictures when they are asked for, and the sound comes to the
        preset's loudness; how long it takes is known when it was done once."""
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1",
                        self.data / "logo.png"], check=True)
        self.addCleanup((self.data / "logo.png").unlink)
        self.ask("PUT", f"/items/{LESSON}/subtitles/zh", "WEBVTT\n\n00:00.500 --> 00:02.500\n圆的面积公式\n".encode())
        about = self.ask("GET", f"/presets?item={LESSON}")
        self.assertEqual(([one["lang"] for one in about["captions"]], about["logo"]), (["zh"], True))
        plain, drawn = self.export("small", track="camera"), self.export("small", track="camera", captions="zh", logo=True)
        shown = {}
        for name, made in ("plain", plain), ("drawn", drawn):
            self.over(made)
            path = self.folder_of(made) / "out.mp4"
            shown[name] = [subprocess.run(["ffmpeg", "-v", "error", "-ss", str(at), "-i", path, "-frames:v", "1", "-vf",
                                           f"crop={box},format=rgb24", "-f", "rawvideo", "-"], check=True,
                                          capture_output=True).stdout
                           for at, box in ((1.5, "240:60:200:290"), (0.2, "240:60:200:290"), (0.2, "16:16:600:24"))]
        differ = [sum(abs(a - b) > 60 for a, b in zip(*both)) for both in zip(*shown.values())]
        self.assertGreater(differ[0], 3000)  # the letters, with their rims
        self.assertLess(differ[1], 300)  # not before their time
        logo = shown["drawn"][2]
        self.assertTrue(all(logo[i] > 150 and logo[i + 1] < 100 for i in range(0, len(logo), 3)), logo[:9])
        for made in plain, drawn:
            self.assertLess(abs(self.job(made)["result"]["loudness"] + 16), 1)
        small = {one["id"]: one for one in self.ask("GET", f"/presets?item={LESSON}")["presets"]}["small"]
        self.assertGreater(small["about_s"], 0)
        self.assertGreater(small["about_drawn_s"], 0)
        self.over(self.export("keep", captions="zh"))  # else nothing is to be made for it
        self.assertIn("'fr'", self.export("small", captions="fr", status=404)["fault"]["en"])

    def test_says_before_what_must_be_changed(self):
        presets = {one["id"]: one for one in self.ask("GET", f"/presets?item={LESSON}")["presets"]}
        self.assertTrue(presets["keep"]["direct"].endswith("media.mp4"))
        self.assertEqual(presets["small"]["problems"], [])
        self.assertFalse(presets["weike"]["problems"][0]["must"])  # no title card
        words = self.export("youke", status=409)["fault"]["en"]
        self.assertIn("30:00", words)
        self.assertIn("media.mp4", self.export("keep", status=400)["fault"]["en"])
        job = self.over(self.export("small", track="nothing"), "failed")
        self.assertIn("nothing", job["fault"]["en"])

    def test_cards_count(self):
        """9:55 of lesson and two cards of 5 s are more than ten minutes."""
        whole = {"lesson": LESSON, "from_ns": 0, "to_ns": 2500000000}
        edl = {"version": 1, "pieces": [whole] * 238, "opening": {"template": "opening", "fields": {}}}
        clip = self.ask("POST", "/clips", {"edl": edl}, 201)["id"]
        weike = lambda: {one["id"]: one for one in self.ask("GET", f"/presets?item={clip}")["presets"]}["weike"]
        self.assertEqual(weike()["problems"], [])  # 10:00
        tag = self.server.ask("GET", f"/api/v1/clips/{clip}")[1]["ETag"]
        edl["closing"] = {"template": "closing", "fields": {}}
        self.assertEqual(self.server.ask("PUT", f"/api/v1/clips/{clip}", {"edl": edl}, {"If-Match": tag})[0], 200)
        self.assertIn("10:05", weike()["problems"][0]["en"])
        self.assertIn("0:05", self.export("weike", clip, 409)["fault"]["en"])

    def test_what_dies_each_time_is_given_up_and_may_be_asked_for_again(self):
        made = self.export("contest")
        for _ in range(3):
            pid = self.running(made)
            os.kill(pid, signal.SIGKILL)
            until(lambda: self.worker(made) != pid, 10, "its end")
        job = self.over(made, "failed")
        self.assertIn("3 times", job["fault"]["en"])
        self.assertEqual(self.files(made), ["job.json"])
        self.assertEqual(self.ask("PUT", "/jobs/" + made["id"], {"state": "waiting"})["tries"], 0)
        self.over(made)

    def test_the_server_dies_and_its_workers_with_it(self):
        made = self.export("contest")
        pid = self.running(made)
        self.server.process.kill()
        self.server.process.wait()
        self.server.process.stdout.close()
        until(lambda: not pathlib.Path(f"/proc/{pid}").exists() or self.worker(made) == 0, 10, "the worker's end")
        type(self).server = Server(self.data)
        self.assertEqual(self.over(made)["tries"], 2)

    def test_a_server_that_is_told_to_end_takes_no_try_away(self):
        made = self.export("contest")
        self.running(made)
        self.assertEqual(self.server.stop(), 0)
        self.assertEqual(self.worker(made), 0)
        type(self).server = Server(self.data)
        self.assertEqual(self.over(made)["tries"], 1)

    def test_cancelled_it_leaves_nothing(self):
        made, behind = self.export("contest"), self.export("sound")
        pid = self.running(made)
        os.kill(pid, signal.SIGSTOP)  # one that hears nothing
        self.ask("DELETE", "/jobs/" + made["id"])
        self.over(made, "cancelled")
        self.assertEqual(self.files(made), ["job.json"])
        self.over(behind)
        for one in (made, behind):
            self.ask("DELETE", "/jobs/" + one["id"])
            self.assertFalse(self.folder_of(one).exists())

    def test_workers_yield_to_all_others(self):
        pid = self.running(self.export("contest"))
        until(lambda: os.sched_getscheduler(pid) == os.SCHED_IDLE, 10, "its priority")
        self.assertEqual(os.getpriority(os.PRIO_PROCESS, pid), 19)
        self.assertEqual(subprocess.run(["ionice", "-p", str(pid)], capture_output=True, text=True).stdout, "idle\n")
        self.assertEqual(os.getpgid(pid), pid)

    def test_a_full_disk_is_said(self):
        """Before it is begun, and when others fill it meanwhile."""
        small = self.data / "small"
        disk = SmallDisk(small)
        shutil.copytree(self.data / "lessons", small / "lessons")

        def fails(made, words):
            job = self.over(made, "failed")
            self.assertEqual(job["fault"]["code"], "no-space", job)
            self.assertIn(words, job["fault"]["zh"])
            self.assertEqual(sorted(path.name for path in (small / "jobs" / made["id"]).iterdir()), ["job.json"])

        kept, type(self).server = self.server, Server(small)
        try:
            disk.leave((2 << 30) + 200_000)  # recordings keep 2 GiB of it
            made = self.export("contest")
            fails(made, "磁盘空间不足")
            disk.leave(3 << 30)
            self.ask("PUT", "/jobs/" + made["id"], {"state": "waiting"})
            pid = self.running(made)
            until((small / "jobs" / made["id"] / "out.mp4.part").exists, 30, "the beginning")
            os.kill(pid, signal.SIGSTOP)
            disk.leave(0)
            os.kill(pid, signal.SIGCONT)
            fails(made, "磁盘已满")

            disk.leave(3 << 30)  # what is composed for it leaves recordings their space, too
            both = {"layout": "side", "main": "screen", "other": "camera"}
            edl = {"version": 1, "pieces": [{"lesson": LESSON, "from_ns": 0, "to_ns": 2 * 10**9, "picture": both}]}
            made = self.export("contest", self.ask("POST", "/clips", {"edl": edl}, 201)["id"])
            pid = self.running(made)
            until((small / "jobs" / made["id"] / "made").exists, 30, "the beginning")
            os.kill(pid, signal.SIGSTOP)
            disk.leave((2 << 30) - 1)
            os.kill(pid, signal.SIGCONT)
            fails(made, "磁盘已满")
        finally:
            self.server.stop()
            type(self).server = kept
            disk.close()


if __name__ == "__main__":
    unittest.main()
