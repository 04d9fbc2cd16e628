#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lessons pushed to platforms, on the real programs: ffmpeg takes them by RTMP, RTMPS and SRT, dies
and comes back; what it got has picture and sound in step; keys are seen nowhere."""

import contextlib
import http.client
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import ssl
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

from _programs import BIN, ROOT, Asked, free_port

sys.path.insert(0, str(ROOT / "tests" / "support"))

import beside  # noqa: E402  the path is set above

ENGLISH = {**os.environ, "LC_ALL": "C.UTF-8"}
KEY, PASSPHRASE = "stream-key-7f3a", "passphrase-91c2"
STEP_S = 0.003  # RTMP counts in milliseconds
PATIENCE_S = 30  # of a busy machine


def until(test, what, seconds=PATIENCE_S):
    end = time.monotonic() + seconds
    while True:
        found = test()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.05)


def receiver(url, file, *options):
    """ffmpeg that waits for a push, and keeps it as it comes."""
    return subprocess.Popen(
        ["ffmpeg", "-hide_banner", "-nostdin", "-v", "error", "-y", *options, "-i", url, "-c", "copy", "-f", "matroska", file],
        stderr=subprocess.DEVNULL)


def rtmp(port, file):
    return receiver(f"rtmp://127.0.0.1:{port}/live/{KEY}", file, "-listen", "1")


def srt(port, file):
    return receiver(f"srt://127.0.0.1:{port}?mode=listener&passphrase={PASSPHRASE}", file)


def worker(lesson, url, **more):
    """What the server starts for a push; it says how it is as JSON lines."""
    started = subprocess.Popen([BIN / "lectern-worker", "push"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **more)
    started.stdin.write(json.dumps({"url": url, "lesson": str(lesson), "room": "main", "picture": "camera"}))
    started.stdin.close()
    return started


def samples(file, kind):
    """(what, seconds) of each picture, decoded, or each frame of sound; a decoder's complaint is an error."""
    options = ["-fps_mode", "passthrough", "-enc_time_base", "1:90000"] if kind == "v" else ["-c", "copy"]
    done = subprocess.run(["ffmpeg", "-hide_banner", "-nostdin", "-v", "error", "-xerror", "-i", file, "-map", f"0:{kind}",
                           *options, "-f", "framemd5", "-"], capture_output=True, text=True, check=True)
    assert not done.stderr, done.stderr
    lines = done.stdout.splitlines()
    base = next(eval_base(line) for line in lines if line.startswith("#tb 0:"))
    rows = [line.split(",") for line in lines if not line.startswith("#")]
    return [(row[5].strip(), int(row[1]) * base) for row in rows]


def eval_base(line):
    over, under = line.split(":")[1].split("/")
    return int(over) / int(under)


def taped(track, kind):
    """The same of a tape: what its reels hold, when its indexes say (docs/formats/tape.md)."""
    what, when = [], []
    for index in sorted(track.glob("[0-9]*.index")):
        rows = index.read_bytes()
        rate = struct.unpack(">I", rows[20:24])[0]
        for at in range(80, len(rows) - 43, 44):
            begin = struct.unpack(">Q", rows[at + 8:at + 16])[0]
            when += [(begin + 1024 * i) / rate for i in range(rows[at + 29])]
        what += [one for one, _ in samples(index.with_suffix(".mp4"), kind)]
    assert len(what) == len(when), f"{len(what)} samples of {len(when)}"
    return list(zip(what, when))


def rows(track):
    """(seconds, is it a key) of each chunk of a track's first reel."""
    index = (track / "0001.index").read_bytes()
    rate = struct.unpack(">I", index[20:24])[0]
    return [(struct.unpack(">Q", index[at + 8:at + 16])[0] / rate, bool(index[at + 28] & 1))
            for at in range(80, len(index) - 43, 44)]


def keep_rows(track, n):
    os.truncate(track / "0001.index", 80 + 44 * n)


def places(got, tape):
    """Where on the tape what was got lies, all of it in a row: (how much later each is, is it the tape's end). A tone
    is alike everywhere, so sound may lie in several places."""
    what, all_of_it = [one for one, _ in got], [one for one, _ in tape]
    return [([time - tape[i + j][1] for j, (_, time) in enumerate(got)], i + len(what) == len(tape))
            for i in range(len(tape) - len(what) + 1) if all_of_it[i:i + len(what)] == what]


def pump(one, other, passed=lambda n: None):
    """Hands on what comes, until it ends."""
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
            passed(len(data))
    with contextlib.suppress(OSError):
        other.shutdown(socket.SHUT_RDWR)


class Relay:
    """TLS before a program that has none."""

    def __init__(self, port, folder):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key.pem", "-out",
                        folder / "cert.pem", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
                       check=True, capture_output=True)
        self.certificate = folder / "cert.pem"
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.certificate, folder / "key.pem")
        self.to, self.taken = port, 0  # bytes of callers
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def count(self, n):
        self.taken += n

    def run(self):
        while True:
            caller, _ = self.listener.accept()
            with contextlib.suppress(OSError), self.context.wrap_socket(caller, server_side=True) as inner:
                with socket.create_connection(("127.0.0.1", self.to)) as outer:
                    threading.Thread(target=pump, args=(outer, inner), daemon=True).start()
                    pump(inner, outer, self.count)


def slow_line(to, bytes_per_s=8000):
    """The port of a line that carries less than a lesson."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    listener.bind(("127.0.0.1", 0))
    listener.listen()

    def reach():
        with contextlib.suppress(ConnectionRefusedError):
            return socket.create_connection(("127.0.0.1", to))
        return None

    def serve(caller):
        # Who is refused calls less and less often: the receiver, which takes one call, may not listen yet.
        with contextlib.suppress(OSError, AssertionError), caller, until(reach, "the receiver") as outer:
            threading.Thread(target=pump, args=(outer, caller), daemon=True).start()
            begin, sent = time.monotonic(), 0
            while data := caller.recv(1024):
                outer.sendall(data)
                sent += len(data)
                time.sleep(max(0, begin + sent / bytes_per_s - time.monotonic()))

    def run():
        while True:
            serve(listener.accept()[0])

    threading.Thread(target=run, daemon=True).start()
    return listener.getsockname()[1]


class Push(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = contextlib.ExitStack()
        cls.data = pathlib.Path(cls.stack.enter_context(tempfile.TemporaryDirectory())) / "data"
        cls.words = cls.stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))
        cls.up = subprocess.Popen(
            [BIN / "lectern", "up", "--data", cls.data, "--source", "demo", "--json", "--listen", f"127.0.0.1:{free_port()}"],
            stdout=subprocess.PIPE, stderr=cls.words, text=True)
        ready = json.loads(cls.up.stdout.readline())
        cls.address, cls.code = urllib.parse.urlsplit(ready["url"]).netloc, ready["code"]

    @classmethod
    def tearDownClass(cls):
        cls.up.terminate()
        status = cls.up.wait(40)
        cls.up.stdout.close()
        cls.words.seek(0)
        said = cls.words.read()
        cls.stack.close()
        assert status == 0, said
        for secret in (KEY, PASSPHRASE):
            assert secret not in said, "a secret is in the log"

    def setUp(self):
        self.receivers = []
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        until(lambda: self.ask("GET", "")["state"] in ("idle", "looking"), "the recorder")

    def tearDown(self):
        (self.data / "pushes.json").unlink(missing_ok=True)
        if self.ask("GET", "")["state"] == "recording":
            self.ask("DELETE", "/recording")
        until(lambda: not self.ask("GET", "/pushes")["pushes"], "the server to see that nothing is pushed")
        for one in self.receivers:
            one.kill()
            one.wait()

    def receive(self, one):
        self.receivers.append(one)
        return one

    def ask(self, method, path, body=None, status=200):
        connection = http.client.HTTPConnection(self.address, timeout=40)
        connection.request(method, "/api/v1/rooms/main" + path, json.dumps(body) if body is not None else None,
                           {"Authorization": "Bearer " + self.code, "Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        self.assertEqual(answer.status, status, text)
        for secret in (KEY, PASSPHRASE):
            self.assertNotIn(secret, text)
        return json.loads(text)

    def run_it(self, *args, status=0, **more):
        done = subprocess.run([BIN / "lectern", *args, "--data", self.data], text=True, env=ENGLISH, capture_output=True,
                              check=False, timeout=20, **more)
        self.assertEqual(done.returncode, status, done.stderr)
        for secret in (KEY, PASSPHRASE):
            self.assertNotIn(secret, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def add(self, url, **more):
        return self.ask("POST", "/pushes", {"url": url, **more}, 201)["id"]

    def push(self, which):
        return next(push for push in self.ask("GET", "/pushes")["pushes"] if push["id"] == which)

    def reach(self, which, state):
        return until(lambda: self.push(which)["state"] == state and self.push(which), f"{state}: {self.push(which)}")

    def workers(self):
        """Process ids of what pushes; their command lines hold no secret."""
        found = []
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                line = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
                if line[:2] == [str(BIN / "lectern-worker"), "push"] and int((folder / "stat").read_text().rsplit(") ", 1)[1].split()[1]) == self.server():
                    self.assertEqual(line[2:], [""])
                    found.append(int(folder.name))
        return found

    def server(self):
        return int((self.data / "server.lock").read_text())

    def judge(self, *files, last=None):
        """Each holds what the tapes do, picture and sound as far from each other; the lesson has ended. last: only so
        many seconds of each are looked at, where a busy machine made the push skip something."""
        lesson = max((self.data / "lessons").iterdir())
        tape = {kind: taped(lesson / track, kind) for kind, track in (("v", "camera"), ("a", "sound"))}
        for file in files:
            got = {kind: samples(file, kind) for kind in tape}
            self.assertGreater(min(map(len, got.values())), 10)  # of a busy machine's lesson there is less
            if last:
                got = {kind: [one for one in some if one[1] > some[-1][1] - last] for kind, some in got.items()}
            picture, = places(got["v"], tape["v"])
            both = [(max(sound[0] + picture[0]) - min(sound[0] + picture[0]), picture[1] and sound[1])
                    for sound in places(got["a"], tape["a"])]
            step, whole = min(both)
            self.assertLess(step, STEP_S, f"{file}: out of step")
            yield file, whole

    def test_two_at_once_one_comes_back_and_both_end_with_the_lesson(self):
        ports, files = (free_port(), free_port(socket.SOCK_DGRAM)), [self.folder / f"{i}.mkv" for i in range(3)]
        self.receive(rtmp(ports[0], files[0]))
        self.receive(srt(ports[1], files[1]))
        ids = [self.add(f"rtmp://127.0.0.1:{ports[0]}/live/{KEY}", name="Platform"),
               self.add(f"srt://127.0.0.1:{ports[1]}?passphrase={PASSPHRASE}&latency=3000")]
        self.assertEqual(stat.S_IMODE((self.data / "pushes.json").stat().st_mode), 0o600)
        self.assertEqual([self.push(one)["state"] for one in ids], ["ready", "ready"])
        self.assertEqual(self.push(ids[0])["address"], f"rtmp://127.0.0.1:{ports[0]}/live/…")
        self.assertEqual(self.workers(), [], "nothing to push")
        self.ask("POST", "/recording", {"title": ""}, 201)
        for one in ids:
            self.reach(one, "sending")
        self.assertEqual(len(self.workers()), 2)
        narrow = free_port()
        self.receive(rtmp(narrow, self.folder / "narrow.mkv"))
        slow = self.add(f"rtmp://127.0.0.1:{slow_line(narrow)}/live/{KEY}")
        until(lambda: all(self.push(one)["bits_per_s"] > 50000 for one in ids), "a rate")

        self.receivers[0].kill()
        waiting = self.reach(ids[0], "waiting")
        self.assertTrue(waiting["fault"]["en"] and waiting["fault"]["zh"])
        self.assertEqual(self.push(ids[1])["state"], "sending", "the other one goes on")
        again = self.receive(rtmp(ports[0], files[2]))
        self.reach(ids[0], "sending")

        # Of a busy machine's lesson there is less, which fills the line later.
        until(lambda: self.push(slow)["skips"] > 0, "a line that is too slow to skip", 2 * PATIENCE_S)
        self.ask("DELETE", f"/pushes/{slow}")
        skips = {one: self.push(one)["skips"] for one in ids}
        self.ask("DELETE", "/recording")
        self.assertEqual([again.wait(PATIENCE_S), self.receivers[1].wait(PATIENCE_S)], [0, 0], "an end, not a break")
        for one in ids:
            self.assertIsNone(self.reach(one, "ready")["fault"])
        until(lambda: not self.workers(), "the workers' end")
        for one, part in zip(ids, (files[2], files[1])):
            for file, whole in self.judge(part, last=1 if skips[one] else None):
                self.assertTrue(whole, f"{file}: something of the end is missing")

    def test_a_worker_that_is_killed_and_what_is_switched(self):
        port = free_port()
        self.ask("POST", "/recording", {"title": ""}, 201)
        self.receive(rtmp(port, self.folder / "a.mkv"))
        which = self.add(f"rtmp://127.0.0.1:{port}/live/{KEY}", picture="screen")
        self.reach(which, "sending")
        first, = self.workers()
        os.kill(first, signal.SIGKILL)
        self.assertIn("died", self.reach(which, "waiting")["fault"]["en"])
        self.receive(rtmp(port, self.folder / "b.mkv"))
        self.reach(which, "sending")
        self.assertNotEqual(self.workers(), [first])

        self.assertFalse(self.ask("PUT", f"/pushes/{which}", {"on": False})["on"])
        self.assertEqual(self.receivers[-1].wait(PATIENCE_S), 0, "an end, not a break")
        self.assertEqual(self.push(which)["state"], "off")
        until(lambda: not self.workers(), "the worker's end")
        self.receive(rtmp(port, self.folder / "c.mkv"))
        self.run_it("push", "main", "--on", which)
        self.reach(which, "sending")
        os.kill(self.server(), signal.SIGKILL)  # "lectern up" starts another
        before = self.receivers[-1]
        self.assertEqual(before.wait(PATIENCE_S), 0)
        self.receive(rtmp(port, self.folder / "d.mkv"))
        until(lambda: self.is_sending_again(which), "the new server to push")
        self.ask("DELETE", f"/pushes/{which}")
        self.assertEqual(self.receivers[-1].wait(PATIENCE_S), 0)
        self.assertEqual(self.ask("GET", "/pushes")["pushes"], [])

    def is_sending_again(self, which):
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.push(which)["state"] == "sending"
        return False

    def test_a_certificate_nobody_knows_is_not_given_the_key(self):
        port = free_port()
        relay = Relay(port, self.folder)
        self.ask("POST", "/recording", {"title": ""}, 201)
        url = f"rtmps://localhost:{relay.port}/live/{KEY}"
        which = self.add(url)
        self.assertIn("certificate", self.reach(which, "waiting")["fault"]["en"])
        self.assertEqual(relay.taken, 0)
        self.ask("DELETE", f"/pushes/{which}")
        # the same worker on a machine that knows it
        self.receive(rtmp(port, self.folder / "a.mkv"))
        lesson = max((self.data / "lessons").iterdir())
        order = json.dumps({"url": url, "lesson": str(lesson), "room": "main", "picture": "camera"})
        here = ["unshare", "--map-root-user", "--mount", "sh", "-c",
                f"mount --bind {relay.certificate} /etc/ssl/certs/ca-certificates.crt && exec {BIN}/lectern-worker push"]
        with subprocess.Popen(here, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
            worker.stdin.write(order)
            worker.stdin.close()
            said = iter(json.loads(line)["state"] for line in worker.stdout)
            self.assertIn("sending", said)
            time.sleep(3)
            worker.terminate()
            self.assertEqual(list(said)[-1], "ended")
        self.assertEqual(self.receivers[0].wait(PATIENCE_S), 0)
        self.ask("DELETE", "/recording")
        self.assertEqual(len(list(self.judge(self.folder / "a.mkv"))), 1)

    def end(self, process):
        process.kill()
        process.wait()
        process.stdout.close()

    def test_sound_that_stops_holds_no_pictures_up(self):
        port = free_port()
        url = f"rtmp://127.0.0.1:{port}/live/{KEY}"
        nothing = worker(self.folder / "nothing", url)
        self.addCleanup(self.end, nothing)
        self.ask("POST", "/recording", {"title": ""}, 201)
        time.sleep(6)  # some key frames
        self.ask("DELETE", "/recording")
        lesson = self.folder / "lesson"
        shutil.copytree(max((self.data / "lessons").iterdir()), lesson)
        info = json.loads((lesson / "lesson.json").read_text())
        (lesson / "lesson.json").write_text(json.dumps({**info, "state": "recording"}))
        pictures = rows(lesson / "camera")
        begin, end = [i for i, (_, key) in enumerate(pictures) if key][-2:]
        keep_rows(lesson / "camera", end)  # all that follow its newest key frame
        keep_rows(lesson / "sound", sum(time < pictures[begin][0] + 0.3 for time, _ in rows(lesson / "sound")))
        other = self.folder / "other"
        shutil.copytree(lesson, other)
        (other / "lesson.json").write_text(json.dumps({**info, "state": "recording", "room": "other"}))
        refused = worker(other, url)
        self.addCleanup(self.end, refused)
        said = json.loads(refused.stdout.readline())
        self.assertEqual(said["state"], "waiting")
        self.assertIn("another room", said["fault"]["en"])
        self.receive(rtmp(port, self.folder / "a.mkv"))
        sends = worker(lesson, url)
        self.addCleanup(self.end, sends)
        rates, patience = [], time.monotonic() + 15
        while not any(rates) or rates[-1]:  # until nothing is left to be sent
            rates.append(json.loads(sends.stdout.readline()).get("bits_per_s", 0))
            self.assertLess(time.monotonic(), patience, "pictures wait for sound")
        sends.terminate()
        self.assertEqual(self.receivers[-1].wait(PATIENCE_S), 0)
        self.assertEqual(len(samples(self.folder / "a.mkv", "v")), end - begin)
        self.assertEqual([json.loads(nothing.stdout.readline())["seconds"] for _ in range(2)], [1, 2], "it asks less and less")

    def test_a_worker_keeps_its_key_and_dies_before_a_recording(self):
        most = resource.getrlimit(resource.RLIMIT_CORE)[1]
        one = worker(self.folder / "nothing", f"rtmp://127.0.0.1:1/live/{KEY}", cwd=self.folder,
                     preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (most, most)))
        self.addCleanup(self.end, one)
        of_it = pathlib.Path(f"/proc/{one.pid}")
        ignored = 1 << (signal.SIGPIPE - 1)  # once it begins
        until(lambda: int((of_it / "status").read_text().split("SigIgn:")[1].split()[0], 16) & ignored, "the worker")
        self.assertEqual((of_it / "oom_score_adj").read_text(), "500\n")
        os.kill(one.pid, signal.SIGSEGV)
        self.assertEqual(os.waitid(os.P_PID, one.pid, os.WEXITED | os.WNOWAIT).si_code, os.CLD_KILLED, "a core was written")

    def test_wrong_addresses_are_refused_in_words(self):
        for url, words in (("file:///etc/passwd", "rtmp://"), ("http://x/y", "rtmp://"), ("", "url"), ("rtmp://", "server"),
                           ("rtmp:///live/key", "server"), ("rtmp://host", "application"), ("rtmp://h/a|b", "characters"),
                           ("rtmp://h/a b", "characters"), ("rtmp://h/\r\nX", "url"), ("rtmp://h:99999/a/b", "port"),
                           ("srt://h", "port"), ("srt://h:9?mode=listener", "caller"), ("srt://h:9?passphrase=short", "10 to 79"),
                           ("srt://h:9?transtype=file", "nothing else"), ("rtmp://h/" + "a" * 1100, "1023"),
                           ("concat:rtmp://h/a", "rtmp://"), ("srt://h:9?streamid=%0a", "streamid")):
            fault = self.ask("POST", "/pushes", {"url": url}, 400)["fault"]
            self.assertIn(words, fault["en"], url)
            self.assertTrue(fault["zh"])
        self.ask("POST", "/pushes", {"url": "rtmp://h/a", "picture": "ceiling"}, 400)
        self.ask("POST", "/pushes", {"url": "rtmp://h/a", "name": "x" * 81}, 400)
        self.ask("POST", "/pushes", {"url": "rtmp://h/a", "listen": True}, 400)
        self.ask("PUT", "/pushes/0123456789abcdef", {"on": True}, 404)
        self.ask("DELETE", "/pushes/0123456789abcdef", None, 404)
        self.assertIn("rtmp://", self.run_it("push", "main", "--add", "file:///etc/passwd", status=1))
        self.assertIn("usage", self.run_it("push", "main", status=2))

        made = json.loads(self.run_it("push", "main", "--add", "-", "--name", "County", "--json",
                                      input=f"rtmp://user:{PASSPHRASE}@h.example/live/{KEY}?token={KEY}\n"))
        self.assertEqual(made["address"], "rtmp://h.example/live/…")
        until(lambda: [push["name"] for push in self.ask("GET", "/pushes")["pushes"]] == ["County"], "the server to see it")
        self.ask("POST", "/pushes", {"url": f"rtmp://user:{PASSPHRASE}@h.example/live/{KEY}?token={KEY}"}, 409)
        for i in range(7):
            self.add(f"srt://h.example:{i + 1}")
        self.assertIn("8", self.ask("POST", "/pushes", {"url": "srt://h.example:9"}, 503)["fault"]["en"])
        self.assertIn("h.example/live/…", self.run_it("push", "--list"))
        self.assertIn("Removed", self.run_it("push", "main", "--remove", made["id"]))
        until(lambda: len(self.ask("GET", "/pushes")["pushes"]) == 7, "the server to see it")
        (self.data / "pushes.json").write_text("{}", encoding="utf-8")
        time.sleep(1)
        self.assertEqual(len(self.ask("GET", "/pushes")["pushes"]), 7, "a damaged file changes nothing")
        self.ask("POST", "/pushes", {"url": "srt://h.example:9"}, 500)


class Installed(unittest.TestCase):
    def test_a_worker_that_is_not_there_is_said(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name in ("lectern", "lectern-server", "lectern-recorder"):
            shutil.copy2(BIN / name, folder)
        up = Asked([folder / "lectern", "up", "--data", folder / "data", "--source", "demo", "--json",
                    "--listen", f"127.0.0.1:{free_port()}"])
        self.addCleanup(up.stop)

        def room():
            return json.loads(up.ask("GET", "/api/v1/rooms/main")[2])

        until(lambda: room()["state"] == "idle", "the recorder")
        self.assertEqual(up.ask("POST", "/api/v1/rooms/main/pushes", {"url": "rtmp://127.0.0.1:1/a/b"})[0], 201)
        self.assertEqual(up.ask("POST", "/api/v1/rooms/main/recording", {"title": ""})[0], 201)
        until(lambda: room()["pushes"][0]["state"] == "waiting", "a word on it")
        self.assertIn("cannot be started", room()["pushes"][0]["fault"]["en"])
        self.assertEqual(up.ask("DELETE", "/api/v1/rooms/main/recording")[0], 200)
        until(lambda: room()["pushes"][0]["state"] == "ready", "the lesson's end")


if __name__ == "__main__":
    beside.main(4)
