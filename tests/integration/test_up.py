#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""lectern up: one line says where it is, SIGTERM ends everything properly, wrong use is said in words."""
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

from _programs import free_port

LECTERN = Path(os.environ["LCT_BIN"]) / "lectern"


def up(data, *more, env=None):
    return subprocess.Popen([LECTERN, "up", "--data", data, *more], text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env={**os.environ, "LANG": "C", **(env or {})})


def children(pid):
    out = subprocess.run(["ps", "--ppid", str(pid), "-o", "pid="], capture_output=True, text=True)
    return [int(word) for word in out.stdout.split()]


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[-1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Up(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.data = self.folder.name + "/data"
        self.addCleanup(self.folder.cleanup)

    def refused(self, process, *words):
        _, errors = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 1, errors)
        for word in words:
            self.assertIn(word, errors)

    def test_from_start_to_sigterm(self):
        process = up(self.data, "--listen", f"127.0.0.1:{free_port()}", "--source", "demo", "--json")
        ready = json.loads(process.stdout.readline())
        self.assertEqual(set(ready), {"url", "code"})
        programs = children(process.pid)
        self.assertEqual(len(programs), 2)

        def call(method, path, body=None):
            request = urllib.request.Request(ready["url"].rstrip("/") + path, method=method, data=body)
            request.add_header("Authorization", "Bearer " + ready["code"])
            request.add_header("Content-Type", "application/json")
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.loads(answer.read())

        deadline = time.monotonic() + 20
        while not call("GET", "/api/v1/rooms")["rooms"][0]["online"]:
            self.assertLess(time.monotonic(), deadline, "the recorder does not come")
            time.sleep(0.1)
        self.assertEqual(call("GET", "/api/v1/rooms/main")["name"], "", "pages name it, in their language")
        lesson = call("POST", "/api/v1/rooms/main/recording", b'{"title":"x"}')["lesson"]
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 0, errors)
        self.assertEqual([pid for pid in programs if alive(pid)], [])
        info = json.loads(Path(self.data, "lessons", lesson, "lesson.json").read_text())
        self.assertEqual(info["state"], "ended")
        self.assertGreater(info["end_ns"], 500e6)

    def test_port_taken(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            self.refused(up(self.data, "--listen", f"127.0.0.1:{port}", "--source", "demo"), str(port))

    def test_two_on_one_folder(self):
        """Started together: one of them runs, with its recorder; the other says why it does not."""
        both = [up(self.data, "--listen", f"127.0.0.1:{free_port()}", "--source", "demo", "--json") for _ in range(2)]
        words = [json.loads(process.stdout.readline()) for process in both]
        runs = [i for i in range(2) if "url" in words[i]]
        self.assertEqual(len(runs), 1, words)
        process, other = both[runs[0]], both[1 - runs[0]]
        self.refused(other, "lectern up", self.data, str(process.pid))
        ready = words[runs[0]]
        request = urllib.request.Request(ready["url"] + "api/v1/rooms")
        request.add_header("Authorization", "Bearer " + ready["code"])
        deadline = time.monotonic() + 30
        while True:
            with urllib.request.urlopen(request, timeout=20) as answer:
                if json.loads(answer.read())["rooms"][0]["online"]:
                    break
            self.assertLess(time.monotonic(), deadline, "no recorder comes")
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 0, errors)

    def test_unknown_source(self):
        self.refused(up(self.data, "--source", "telescope:1"), "telescope", "screen:x11")

    def test_sources_that_a_file_cannot_hold(self):
        address = "camera:rtsp://127.0.0.1/" + 200 * "x"
        self.refused(up(self.data, "--source", "demo", "--source", address), "224 bytes", "at most 180")
        self.refused(up(self.data, "--source", "file:/a ;b.mp4"), "file:/a ;b.mp4", "';'")
        self.refused(up(self.data, "--source", "file:/a "), "blanks")
        self.refused(up(self.data, "--source", os.fsdecode(b"file:/\xff")), "UTF-8")
        self.assertFalse(Path(self.data).exists())

    def test_too_many_sources_and_tracks(self):
        self.refused(up(self.data, *["--source", "mic:pulse"] * 9), "at most 8 sources")
        self.refused(up(self.data, *["--source", "demo"] * 6), "at most 16 tracks")
        config = Path(self.folder.name, "lectern.conf")
        config.write_text("[room a]\nsource = mic:pulse\n[room main]\n" + 6 * "source = demo\n")
        self.refused(up(self.data, "--config", str(config)), "lectern.conf, line 9", "at most 16 tracks")
        config.write_text("".join(f"[room r{i}]\nsource = demo\n" for i in range(65)))
        self.refused(up(self.data, "--config", str(config)), "line 130", "at most 64 rooms")
        done = subprocess.run([LECTERN, "record", "--out", self.folder.name + "/out",
                               *["--source", "demo"] * 6], text=True, stderr=subprocess.PIPE, timeout=20)
        self.assertEqual(done.returncode, 1)
        self.assertIn("at most 16 tracks", done.stderr)

    def test_unknown_source_in_a_configuration(self):
        config = Path(self.folder.name, "lectern.conf")
        config.write_text("[room main]\nname = x\nsource = telescope:1\n")
        self.refused(up(self.data, "--config", str(config)), "lectern.conf, line 3", "telescope:1")

    def test_wrong_configuration(self):
        config = Path(self.folder.name, "lectern.conf")
        config.write_text("[room main]\nname = x\nsource = demo\n[recorder]\nresume_minutes = 99999\n")
        self.refused(up(self.data, "--config", str(config)), "lectern.conf", "5", "1440")

    def test_says_it_in_chinese(self):
        process = up(self.data, "--source", "telescope:1", env={"LANG": "zh_CN.UTF-8", "LC_ALL": ""})
        self.refused(process, "来源")


if __name__ == "__main__":
    unittest.main(verbosity=2)
