#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A recorder in another building on the real programs: server and recorder with data folders of
their own, joined by TLS through a relay that can be cut, stopped and throttled. Who may come in, what
a broken line costs, and that the server has at last what the recorder has, to the byte."""

import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

from _programs import BIN, ROOT, until

sys.path.insert(0, str(ROOT / "tests" / "support"))

import beside  # noqa: E402  the path is set above
from websocket import Refused, WebSocket  # noqa: E402  the path is set above

DEEP = os.environ.get("LCT_DEEP", "0") not in ("", "0", "OFF")  # kill at each step, not at each fourth
ENGLISH = {**os.environ, "LC_ALL": "C.UTF-8"}


class Relay:
    """A TCP line to a port: cut (connections end, new ones too), or as it is."""

    def __init__(self, port):
        self.to = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.is_cut = False
        self.joined = set()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                near = self.listener.accept()[0]
                try:
                    if self.is_cut:
                        raise OSError
                    far = socket.create_connection(("127.0.0.1", self.to), 5)
                    far.settimeout(None)
                except OSError:
                    near.close()
                    continue
                self.joined |= {near, far}
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self.carry, args=(one, other), daemon=True).start()

    def carry(self, one, other):
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            self.joined.discard(end)
        one.close()

    def cut(self):
        self.is_cut = True
        for end in list(self.joined):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self):
        self.is_cut = False

    def close(self):
        self.listener.close()
        self.cut()


class Building:
    """A server and a recorder that share nothing but the line."""

    def __init__(self, folder, extra=""):
        self.server_data, self.recorder_data = folder / "server", folder / "recorder"
        self.server_words, self.recorder_words = folder / "server.log", folder / "recorder.log"
        self.token_file = folder / "token"
        self.server_conf, self.recorder_conf = folder / "server.conf", folder / "recorder.conf"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.door = probe.getsockname()[1]
        self.server_conf.write_text(f"[server]\nrecorders = 127.0.0.1:{self.door}\n[room lab]\nname = Lab\n")
        self.recorder_conf.write_text(f"[recorder]\n{extra}[room lab]\nsource = demo\n")
        self.server = self.recorder = None
        self.relay = Relay(self.door)

    def start_server(self):
        with open(self.server_words, "ab") as words:
            self.server = subprocess.Popen(
                [BIN / "lectern-server", "--data", self.server_data, "--listen", "127.0.0.1:0", "--config",
                 self.server_conf, "--json"], stdout=subprocess.PIPE, stderr=words, text=True)
        ready = json.loads(self.server.stdout.readline())
        self.url, self.code = ready["url"].rstrip("/"), ready["code"]

    def start_recorder(self, token=None):
        if token:
            self.token_file.write_text(token)
        with open(self.recorder_words, "ab") as words:
            self.recorder = subprocess.Popen(
                [BIN / "lectern-recorder", "--room", "lab", "--data", self.recorder_data, "--config",
                 self.recorder_conf, "--token-file", self.token_file], stdout=words, stderr=words)

    def command(self, *args, status=0):
        done = subprocess.run([BIN / "lectern", *args, "--data", self.server_data], text=True, env=ENGLISH,
                              capture_output=True, check=False, timeout=20)
        assert done.returncode == status, done.stderr
        return done.stdout.strip()

    def token(self, room="lab"):
        line = self.command("room", room, "--token", "--address", f"127.0.0.1:{self.relay.port}")
        time.sleep(0.7)  # the server reads tokens twice a second
        return line

    def api(self, path, method="GET", body=None):
        request = urllib.request.Request(self.url + "/api/v1" + path, body and json.dumps(body).encode(),
                                         {"Authorization": "Bearer " + self.code,
                                          "Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read() or b"null")

    def room(self):
        return self.api("/rooms/lab")

    def is_there(self):
        with contextlib.suppress(OSError):
            return self.room()["online"]
        return False

    def words(self):
        return [path.read_text(encoding="utf-8") if path.exists() else ""
                for path in (self.server_words, self.recorder_words)]

    def close(self):
        self.relay.close()
        for program in (self.recorder, self.server):
            if program and program.poll() is None:
                program.send_signal(signal.SIGCONT)
                program.terminate()
                program.wait(30)
        if self.server:
            self.server.stdout.close()


class Viewer(threading.Thread):
    """Somebody who watches the room by WebSocket, and calls again when that ends."""

    def __init__(self, building):
        super().__init__(daemon=True)
        self.building, self.chunks, self.ended = building, 0, False
        self.start()

    def run(self):
        while not self.ended:
            with contextlib.suppress(OSError, Refused, EOFError):
                port = int(self.building.url.rsplit(":", 1)[1])
                socket_ = WebSocket(port, "/api/v1/live/lab/ws?track=camera",
                                    {"Authorization": "Bearer " + self.building.code})
                with socket_:
                    while not self.ended and (message := socket_.message()) is not None:
                        self.chunks += isinstance(message, bytes)
            time.sleep(0.2)

    def close(self):
        self.ended = True
        self.join(5)


class Remote(unittest.TestCase):
    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        folder = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.b = Building(folder)
        self.stack.callback(self.b.close)

    def test_only_the_right_token_comes_in(self):
        b = self.b
        b.start_server()
        old, of_other = b.token(), b.token("hall")
        host, room, secret, pin = b.token().split("/")
        self.assertEqual((host, room), (f"127.0.0.1:{b.relay.port}", "lab"))
        b.start_recorder(old)
        until(lambda: "token is wrong room=lab" in b.words()[0], 10, "the old token to be refused")
        until(lambda: "lectern room lab --token" in b.words()[1], 5, "the recorder to be told so in words")
        self.assertFalse(b.is_there())
        self.assertIn("127.0.0.1 called for this room with a wrong or an old token", b.room()["refused"]["en"])
        self.assertIn("lectern room lab --token", b.room()["refused"]["zh"])
        self.stop_recorder()
        b.start_recorder("/".join([host, room, of_other.split("/")[2], pin]))
        until(lambda: b.words()[0].count("token is wrong room=lab") > 1, 10, "another room's to be refused")
        self.stop_recorder()
        b.start_recorder("/".join([host, room, secret, secret]))
        until(lambda: "why=certificate" in b.words()[1], 10, "a server with another certificate to be refused")
        self.stop_recorder()
        b.start_recorder("/".join([host, room, secret, pin]))
        until(b.is_there, 10, "the right one to be taken")
        self.assertIsNone(b.room()["refused"], "what was refused before is said no more")
        b.command("room", "lab", "--revoke-token")
        until(lambda: not b.is_there(), 5, "the recorder to be sent away")
        words = "".join(b.words())
        for one in (old, of_other, secret):
            self.assertNotIn(one.split("/")[2] if "/" in one else one, words, "a secret is in the log")

    def test_up_beside_a_token_starts_the_recorder_alone(self):
        b = self.b
        b.start_server()
        b.recorder_conf.write_text(f"[recorder]\ntoken_file = {b.token_file}\n[room lab]\nsource = demo\n")
        up = [BIN / "lectern", "up", "--data", b.recorder_data, "--config", b.recorder_conf]
        refused = subprocess.run(up, text=True, env=ENGLISH, capture_output=True, check=False, timeout=20)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("cannot be read", refused.stderr)
        b.token_file.write_text(b.token())
        b.recorder = subprocess.Popen([*up, "--json"], text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.stack.callback(b.recorder.stdout.close)
        self.assertEqual(json.loads(b.recorder.stdout.readline()),
                         {"room": "lab", "server": "127.0.0.1", "port": b.relay.port})
        until(b.is_there, 15, "the recorder to be taken")
        started = pathlib.Path(f"/proc/{b.recorder.pid}/task/{b.recorder.pid}/children").read_text().split()
        self.assertEqual(len(started), 1, "no server beside it")
        self.stop_recorder()
        b.recorder_conf.write_text(f"[recorder]\ntoken_file = {b.token_file}\n[room hall]\nsource = demo\n")
        refused = subprocess.run(up, text=True, env=ENGLISH, capture_output=True, check=False, timeout=20)
        self.assertIn("of room lab, this recorder of room hall", refused.stderr)

    def stop_recorder(self):
        self.b.recorder.terminate()
        self.assertEqual(self.b.recorder.wait(30), 0)

    def test_strangers_do_not_keep_a_recorder_out(self):
        b = self.b
        b.start_server()
        token = b.token()
        idle = [socket.create_connection(("127.0.0.1", b.door), 5) for _ in range(100)]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with contextlib.suppress(OSError):
            with context.wrap_socket(socket.create_connection(("127.0.0.1", b.door), 5)) as one:
                one.settimeout(5)
                one.sendall(b"\0\x10\0\0\x05\0\0\0" + bytes(1000))  # a FORMAT of 1 MiB before HELLO
                while one.recv(4096):
                    pass
        b.start_recorder(token)
        until(b.is_there, 15, "the recorder to be taken beside 100 idle strangers")
        for one in idle:
            one.settimeout(10)
            with contextlib.suppress(OSError):
                while one.recv(4096):
                    pass
            one.close()
        self.assertTrue(b.is_there())

    def test_a_recorder_shows_no_lesson_of_another_room(self):
        b = self.b
        b.start_server()
        secret = b.token().split("/")[2]
        lesson = "20260301-080000-hall-0001"
        folder = b.server_data / "lessons" / lesson
        folder.mkdir()
        (folder / "lesson.json").write_text(json.dumps({
            "version": 1, "id": lesson, "room": "hall", "title": "Not for all", "state": "recording",
            "zero": {"boot": "", "monotonic_ns": 0, "wall_ns": 0}, "end_ns": 0, "tracks": []}))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(socket.create_connection(("127.0.0.1", b.door), 5)) as one:
            for kind, message in ((1, {"version": 1, "program": "x", "room": "lab", "secret": secret}),
                                  (4, {"room": "lab", "state": "recording", "lesson": lesson})):
                text = json.dumps(message).encode()
                one.sendall(struct.pack(">IBxxx", 4 + len(text), kind) + text)
            until(lambda: b.room()["state"] == "recording", 10, "the recorder to be believed that it records")
            with self.assertRaises(urllib.error.HTTPError) as refused:
                b.api("/live/lab/lesson")
            self.assertEqual(refused.exception.code, 404)

    def put_lesson(self, lesson, **files):
        folder = self.b.recorder_data / "lessons" / lesson
        (folder / "camera").mkdir(parents=True)
        (folder / "lesson.json").write_text(json.dumps({
            "version": 1, "id": lesson, "room": "lab", "title": "Old", "state": "ended", "end_ns": 1,
            "zero": {"boot": "", "monotonic_ns": 0, "wall_ns": 0},
            "tracks": [{"name": "camera", "kind": "camera", "id": 1, "source": "demo", "width": 2, "height": 2,
                        "demo": True}]}))
        for name, size in files.items():
            (folder / "camera" / ("0001." + name.replace("_", "."))).write_bytes(bytes(size))

    def test_a_lesson_that_cannot_be_copied_holds_up_no_other(self):
        b = self.b
        good, bad = "20260101-080000-lab-0001", "20990101-080000-lab-0001"
        self.put_lesson(good)
        self.put_lesson(bad, init_mp4=100000, index=128)
        b.start_server()
        b.start_recorder(b.token())
        until(lambda: (self.recording(good) or {}).get("copy", {}).get("complete"), 30, "the other to be copied")
        self.assertIn("is too large", b.words()[1])
        self.assertFalse(self.recording(bad)["copy"]["complete"])

    def test_the_running_lesson_goes_before_one_whose_clock_was_wrong(self):
        b = self.b
        b.recorder_conf.write_text("[recorder]\ncopy_rate = 4\n[room lab]\nsource = demo\n")
        self.put_lesson("20990101-080000-lab-0001", mp4=40_000_000, index=128)
        b.start_server()
        b.start_recorder(b.token())
        until(b.is_there, 15, "the recorder to be taken")
        lesson = b.api("/rooms/lab/recording", "POST", {"title": "Now"})["lesson"]
        until(lambda: (self.recording(lesson) or {}).get("duration_ns", 0) > 1e9, 30, "its copy to be read")

    def both(self, lesson):
        """What each side has of a lesson: {name: SHA-256}, without what a kill left half written."""
        return [{str(path.relative_to(data)): hashlib.sha256(path.read_bytes()).hexdigest()
                 for path in data.rglob("*") if path.is_file() and path.suffix != ".new"}
                for data in (self.b.recorder_data / "lessons" / lesson, self.b.server_data / "lessons" / lesson)]

    def recording(self, lesson):
        with contextlib.suppress(urllib.error.HTTPError):
            return self.b.api(f"/recordings/{lesson}")
        return None

    def test_a_copy_is_the_same_to_the_byte_whatever_breaks(self):
        b = self.b
        b.start_server()
        b.start_recorder(b.token())
        until(b.is_there, 15, "the recorder to be taken")
        lesson = b.api("/rooms/lab/recording", "POST", {"title": "Far away"})["lesson"]
        viewer = Viewer(b)
        self.stack.callback(viewer.close)
        until(lambda: viewer.chunks > 20, 10, "live pictures")
        until(lambda: (self.recording(lesson) or {}).get("duration_ns", 0) > 1e9, 10, "the copy to be read")
        self.assertEqual(self.recording(lesson)["state"], "recording")
        segments = self.tail(lesson)

        for _ in range(2):
            b.relay.cut()
            until(lambda: not b.is_there(), 10, "the server to see that the line is cut")
            time.sleep(1.5)
            b.relay.mend()
            seen = viewer.chunks
            until(lambda: b.is_there() and viewer.chunks > seen, 6, "live to return")
        b.api("/rooms/lab/marks", "POST", {"label": "here"})

        b.server.kill()
        b.server.wait()
        b.server.stdout.close()
        time.sleep(0.5)
        b.start_server()
        until(b.is_there, 15, "the recorder to come back to a new server")
        viewer.close()

        b.recorder.kill()
        b.recorder.wait()
        time.sleep(0.5)
        b.start_recorder()
        until(lambda: b.is_there() and b.room()["state"] == "recording", 15, "the lesson to go on")
        until(lambda: self.tail(lesson) > segments, 10, "the copy to grow while it is read")
        time.sleep(1)
        self.assertEqual(b.api("/rooms/lab/recording", "DELETE")["lesson"], lesson)

        until(lambda: self.recording(lesson).get("copy", {}).get("complete"), 30, "the copy to be complete")
        here, there = self.both(lesson)
        self.assertEqual(here, there)
        self.assertGreater(len([name for name in here if name.endswith(".mp4")]), 6)
        self.assertEqual(self.recording(lesson)["state"], "ended")
        for data in (b.recorder_data, b.server_data):
            subprocess.run([BIN / "lectern", "verify", data / "lessons" / lesson], check=True, env=ENGLISH,
                           stdout=subprocess.DEVNULL)

        # a lesson that was deleted on the server is not copied again
        self.stop_recorder()
        shutil.rmtree(b.server_data / "lessons" / lesson)
        b.start_recorder()
        until(lambda: "was deleted on the server" in b.words()[1], 15, "the recorder to be told")
        self.assertFalse((b.server_data / "lessons" / lesson).exists())

    def step_of_copy(self, lesson):
        """How far the copy is, as the server's disk shows it."""
        folder, record = self.b.server_data / "lessons" / lesson, self.b.server_data / "copies" / f"{lesson}.json"
        files = sum(path.is_file() and not path.name.endswith(".new") for path in folder.rglob("*"))
        with contextlib.suppress(OSError, ValueError):
            known = json.loads(record.read_text(encoding="utf-8"))
            return files, len(known["checked"]), known["complete"]
        return files, 0, False

    def test_either_program_may_die_at_each_step_of_a_copy(self):
        b = self.b
        b.recorder_conf.write_text("[recorder]\ncopy_rate = 4\n[room lab]\nsource = demo\n")
        b.start_server()
        b.start_recorder(b.token())
        until(b.is_there, 15, "the recorder to be taken")
        lesson = b.api("/rooms/lab/recording", "POST", {"title": "Killed"})["lesson"]
        kills, steps, last = 0, set(), None
        stop = time.monotonic() + 4
        end = stop + (180 if DEEP else 60)
        while not (last and last[2]) and time.monotonic() < end:
            step = self.step_of_copy(lesson)
            if stop and time.monotonic() > stop and b.is_there() and b.room()["state"] == "recording":
                b.api("/rooms/lab/recording", "DELETE")
                stop = None
            if step != last and step not in steps and (DEEP or len(steps) % 4 == 0):
                kills += 1
                self.kill_and_start(kills % 2 == 0)
            steps.add(step)
            last = step
            time.sleep(0.005)
        self.assertTrue(last[2], f"not complete after {kills} kills: {last}")
        self.assertGreater(kills, 20 if DEEP else 2)
        print(f"{kills} kills", file=sys.stderr)
        here, there = self.both(lesson)
        self.assertEqual(here, there)
        subprocess.run([BIN / "lectern", "verify", b.server_data / "lessons" / lesson], check=True, env=ENGLISH,
                       stdout=subprocess.DEVNULL)

    def kill_and_start(self, of_server):
        b = self.b
        program = b.server if of_server else b.recorder
        program.kill()
        program.wait()
        if of_server:
            b.server.stdout.close()
            b.start_server()
        else:
            b.start_recorder()

    def tail(self, lesson):
        """Segments of the camera's playlist, as a player that follows the copy sees them."""
        request = urllib.request.Request(f"{self.b.url}/live/lab/{lesson}/camera/index.m3u8",
                                         headers={"Authorization": "Bearer " + self.b.code})
        with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read().decode().count("#EXTINF")
        return 0


if __name__ == "__main__":
    beside.main(4)
