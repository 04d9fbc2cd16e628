# SPDX-License-Identifier: GPL-3.0-or-later
"""The real programs, for tests that ask them over HTTP: a server, or a whole room.

    server = Server(folder)                          # lectern-server; a recorder may call it
    status, headers, content = server.ask("GET", "/api/v1/rooms")
    class Mine(RoomTest): …                          # lectern up, one for all tests of a class
        def test_…(self): self.on_air(); self.ask(…)
"""

import contextlib
import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("LCT_BIN", ROOT / "build" / "bin"))
TOOLS = pathlib.Path(os.environ.get("LCT_TOOLS", ROOT / "build" / "tests"))


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


PATIENCE = 3  # times what a quiet machine is given


def until(test, seconds, what):
    """Waits until test() holds; seconds: the most, on a machine that does nothing else."""
    end = time.monotonic() + PATIENCE * seconds
    while not test():
        if time.monotonic() > end:
            raise AssertionError(f"waited {PATIENCE * seconds} s for {what}")
        time.sleep(0.05)


class SmallDisk:
    """A disk of its own at a folder, with as much left as is wished, until `close`."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4g", "tmpfs", folder], check=True)

    def leave(self, left):
        def sized():  # not while somebody writes more than that
            state = os.statvfs(self.folder)
            size = (state.f_blocks - state.f_bfree) * state.f_frsize + left
            return subprocess.run(["mount", "-o", f"remount,size={size}", self.folder],
                                  stderr=subprocess.DEVNULL).returncode == 0
        until(sized, 5, f"{left} bytes to be left")

    def close(self):
        subprocess.run(["umount", self.folder], check=True)


class Asked:
    """What prints its address and access code as a line of JSON, and can be asked by them."""

    def __init__(self, command, **more):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **more)
        ready = json.loads(self.process.stdout.readline())
        self.url, self.code = ready["url"].rstrip("/"), ready["code"]
        self.address = urllib.parse.urlsplit(self.url).netloc

    def ask(self, method, path, body=None, headers=None, code=True):
        """Status, headers and bytes of an answer. What is no text and no bytes is sent as JSON."""
        connection = http.client.HTTPConnection(self.address, timeout=40)
        sent = {"Authorization": "Bearer " + self.code} if code else {}
        if body is not None:
            sent["Content-Type"] = "application/json"
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        sent.update(headers or {})
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.headers, content

    def stop(self):
        """Ends it as a service manager does; its exit status."""
        self.process.terminate()
        status = self.process.wait(30)
        self.process.stdout.close()
        return status


class Server(Asked):
    def __init__(self, data, *more, program=BIN / "lectern-server", **how):
        super().__init__([program, "--data", data, "--listen", "127.0.0.1:0",
                          "--json", *more], **how)


class RoomTest(unittest.TestCase):
    """`lectern up` with one room, "main"."""

    source = "demo"

    @classmethod
    def setUpClass(cls):
        cls.stack = contextlib.ExitStack()
        data = cls.stack.enter_context(tempfile.TemporaryDirectory())
        cls.port = free_port()  # of TCP, and of UDP
        cls.up = Asked([BIN / "lectern", "up", "--data", data, "--source", cls.source, "--json",
                        "--listen", f"127.0.0.1:{cls.port}"])
        cls.url, cls.code = cls.up.url, cls.up.code
        cls.bearer = {"Authorization": "Bearer " + cls.code}

    @classmethod
    def tearDownClass(cls):
        status = cls.up.stop()
        cls.stack.close()
        assert status == 0, f"lectern up ended with {status}"

    def ask(self, method, path, body=None, kind="application/json", headers=None):
        """Status, headers and text of an answer; with the access code unless headers are given."""
        sent = {"Content-Type": kind} if body is not None else {}
        status, head, content = self.up.ask(method, path, body, {**sent, **(headers or self.bearer)},
                                            code=False)
        return status, head, content.decode()

    def metric(self, name):
        text = self.ask("GET", "/metrics")[2]
        return float(re.search(rf"^lectern_{name} (\S+)$", text, re.MULTILINE)[1])

    def room(self):
        return json.loads(self.ask("GET", "/api/v1/rooms/main")[2])

    def on_air(self):
        until(lambda: self.room()["online"], 15, "the recorder")
        if self.room()["state"] not in ("recording", "paused"):
            status, _, answer = self.ask("POST", "/api/v1/rooms/main/recording", "{}",
                                         "application/json")
            self.assertEqual(status, 201)
            until(lambda: self.is_taped(json.loads(answer)["lesson"]), 15, "every track on the tape")

    def is_taped(self, lesson):
        status = self.room()["status"]
        return status.get("lesson") == lesson and all(track["verified_ns"] for track in status["tracks"])

    def off_air(self):
        if self.room()["state"] == "recording":
            self.assertEqual(self.ask("DELETE", "/api/v1/rooms/main/recording")[0], 200)
