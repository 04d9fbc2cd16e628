#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""lectern-server: one a data folder, however they are started, and the link is the one's that runs; who
only holds connections keeps nobody out."""
import contextlib
import http.client
import json
import os
import resource
import signal
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

BIN = Path(os.environ["LCT_BIN"])


class Served(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data = Path(folder.name, "data")
        self.started = []
        self.addCleanup(self.end_all)

    def start(self):
        process = subprocess.Popen([BIN / "lectern-server", "--data", self.data, "--listen", "127.0.0.1:0", "--json"],
                                   text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.started.append(process)
        return process

    def end_all(self):
        for process in self.started:
            if process.poll() is None:
                process.terminate()
            process.communicate(timeout=20)


class OneServer(Served):
    def link_is_served(self):
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(5)
            link.connect(str(self.data / "link"))
            return b"lectern-server" in link.recv(4096)

    def refused(self, process, holder):
        self.assertEqual(process.wait(timeout=20), 1)
        fault = json.loads(process.stdout.read())["fault"]
        self.assertEqual(fault["code"], "busy")
        for text in (fault["en"], fault["zh"]):
            self.assertIn(str(holder.pid), text)
            self.assertIn(str(self.data), text)

    def test_two_that_start_together(self):
        for _ in range(5):
            words = {process: json.loads(process.stdout.readline()) for process in (self.start(), self.start())}
            winners = [process for process, word in words.items() if "url" in word]
            self.assertEqual(len(winners), 1, words)
            loser = next(process for process in words if process is not winners[0])
            self.assertEqual(loser.wait(timeout=20), 1)
            self.assertEqual(words[loser]["fault"]["code"], "busy")
            self.assertTrue(self.link_is_served())
            winners[0].terminate()
            self.assertEqual(winners[0].wait(timeout=20), 0)

    def test_the_second_one_names_the_first(self):
        first = self.start()
        self.assertIn("url", json.loads(first.stdout.readline()))
        self.refused(self.start(), first)
        self.assertTrue(self.link_is_served())
        first.send_signal(signal.SIGKILL)
        first.wait(timeout=20)
        self.assertIn("url", json.loads(self.start().stdout.readline()))
        self.assertTrue(self.link_is_served())


class Idle(Served):
    """A thousand connections that ask for nothing, or for half of something."""

    def setUp(self):
        super().setUp()
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        self.server = self.start()
        self.port = int(json.loads(self.server.stdout.readline())["url"].rsplit(":", 1)[1].strip("/"))

    def memory(self):
        """KiB that the server holds."""
        lines = Path(f"/proc/{self.server.pid}/status").read_text(encoding="ascii").splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])

    def ask(self, patience):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience)) as line:
            line.request("GET", "/healthz")
            return line.getresponse().status

    def hold(self, addresses, word):
        lines = []
        for i in range(1000):
            line = socket.socket()
            self.addCleanup(line.close)
            line.bind((f"127.0.1.{1 + i % addresses}", 0))
            line.connect(("127.0.0.1", self.port))
            with contextlib.suppress(OSError):  # it has been closed
                line.sendall(word)
            lines.append(line)
        return lines

    def test_they_keep_nobody_out(self):
        self.assertEqual(self.ask(5), 200)
        before = self.memory()
        for addresses, word in ((50, b""), (50, b"GET / HT"), (1, b"GET / HT"),
                                (50, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")):
            with self.subTest(addresses=addresses, word=word):
                lines = self.hold(addresses, word)
                for _ in range(3):
                    self.assertEqual(self.ask(5), 200, "within half of what a head may take")
                for line in lines:
                    line.close()
        self.assertEqual(self.ask(5), 200)
        self.assertLess(self.memory() - before, 8192)


if __name__ == "__main__":
    unittest.main(verbosity=2)
