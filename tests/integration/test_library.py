#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Thousands of lessons: every one is listed once, in order, part by part; the first part costs about
the same however many there are; and between two lessons of a list others are served."""

import http.client
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

BIN = pathlib.Path(os.environ["LCT_BIN"])
MANY, FEW = 5000, 50
PART = 100


def make_lesson(folder):
    """A small real one, of which only the sound is kept: fewer files to copy."""
    subprocess.run([BIN / "lectern", "record", "--source", "demo", "--duration", "1", "--out", folder],
                   check=True, capture_output=True, timeout=60)
    info = json.loads((folder / "lesson.json").read_text(encoding="utf-8"))
    for track in info["tracks"]:
        if track["kind"] != "sound":
            shutil.rmtree(folder / track["name"])
    info["tracks"] = [track for track in info["tracks"] if track["kind"] == "sound"]
    (folder / "lesson.json").write_text(json.dumps(info), encoding="utf-8")


def fill(lessons, original, n):
    """n lessons that share the original's files, some in one second, one without a date; the ids in
    the order of a list."""
    start = time.mktime((2020, 1, 1, 8, 0, 0, 0, 0, -1))
    ids = ["copied-by-hand"]
    for i in range(n - 1):
        begun = time.strftime("%Y%m%d-%H%M%S", time.localtime(start + 3600 * (i // 3)))
        ids.append(f"{begun}-room-{i % 3}-{i % 65536:04x}")
    lessons.mkdir(parents=True)
    for one in ids:
        shutil.copytree(original, lessons / one, copy_function=os.link)
    return ids[:0:-1] + ids[:1]


class Server:
    def __init__(self, data):
        self.process = subprocess.Popen([BIN / "lectern-server", "--data", data, "--listen",
                                         "127.0.0.1:0", "--json"], stdout=subprocess.PIPE, text=True)
        ready = json.loads(self.process.stdout.readline())
        self.head = {"Authorization": "Bearer " + ready["code"]}
        self.address = urllib.parse.urlsplit(ready["url"]).netloc

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.wait(20) == 0, "the server did not end properly"

    def send(self, path):
        connection = http.client.HTTPConnection(self.address, timeout=60)
        connection.request("GET", "/api/v1/recordings" + path, headers=self.head)
        return connection

    def ask(self, path):
        connection = self.send(path)
        answer = connection.getresponse()
        content = json.loads(answer.read())
        connection.close()
        assert answer.status == 200, f"{path}: {answer.status} {content}"
        return content

    def walk(self, before_each=lambda ids: None):
        """The ids of all parts."""
        ids, query = [], ""
        while query is not None:
            before_each(ids)
            part = self.ask(f"?limit={PART}{query}")
            assert len(part["recordings"]) <= PART
            ids += [one["id"] for one in part["recordings"]]
            query = part["next"] and "&before=" + part["next"]
        return ids


def first_part(server):
    """Seconds for what a page asks first: the best of many, because the machine does other things."""
    best = 60.0
    for _ in range(20):
        start = time.monotonic()
        part = server.ask("?limit=20")
        best = min(best, time.monotonic() - start)
        assert len(part["recordings"]) == 20 and part["next"] == part["recordings"][-1]["id"]
    return best


def others_get_in_between(server, ids):
    """Asked while a part is being read that is not known yet, and answered before it. How often of
    ten times; now and then it comes too early or too late for that."""
    server.ask(f"/{ids[0]}")
    won = 0
    for at in range(0, 10 * PART, PART):
        part = server.send(f"?limit={PART}&before={ids[at]}")
        time.sleep(0.005)  # some lessons of it are read
        other = server.send(f"/{ids[0]}/marks")
        ready, _, _ = select.select([part.sock, other.sock], [], [], 60)
        won += other.sock in ready and part.sock not in ready
        for connection in (part, other):
            connection.getresponse().read()
            connection.close()
    return won


def lessons_come_and_go(server, data, ids):
    """Parts that are asked for later fit to the ones before."""
    gone, come = ids[2 * PART - 1], "20190101-080000-room-ffff"

    def change(listed):
        if len(listed) == 2 * PART:
            shutil.rmtree(data / "lessons" / gone)  # the one the next part goes on behind
            shutil.copytree(data / "lessons" / ids[0], data / "lessons" / come, copy_function=os.link)
            (data / "lessons" / ids[-2] / "lesson.json").unlink()
            (data / "lessons" / ids[-3] / "lesson.json").unlink()
            (data / "lessons" / ids[-3] / "lesson.json").write_text("{")
    listed = server.walk(change)
    assert listed == ids[:-3] + [come, ids[-1]], "what comes and goes disturbs the rest"


def main():
    if not (BIN / "lectern-recorder").exists():
        print("no lectern-recorder here")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        make_lesson(root / "original")
        seconds = {}
        for n in (FEW, MANY):
            data = root / str(n)
            ids = fill(data / "lessons", root / "original", n)
            with Server(data) as server:
                seconds[n] = first_part(server)
            with Server(data) as server:
                start = time.monotonic()
                assert server.walk() == ids, "every lesson once, newest first"
                print(f"{n} lessons: first part {1000 * seconds[n]:.1f} ms, "
                      f"all {time.monotonic() - start:.2f} s")
        with Server(data) as server:
            won = others_get_in_between(server, ids)
            print(f"others were served before a list had ended {won} times of 10")
            assert won >= 4, "a list makes others wait"
            lessons_come_and_go(server, data, ids)
        ratio = seconds[MANY] / seconds[FEW]
        print(f"{MANY // FEW} times the lessons: {ratio:.1f} times the time for the first part")
        assert ratio < MANY / FEW / 4, "a part costs as much as all"
    return 0


if __name__ == "__main__":
    sys.exit(main())
