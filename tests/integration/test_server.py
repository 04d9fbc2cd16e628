#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""lectern-server: one a data folder, however they are started, and the link is the one's that runs."""
import json
import os
import signal
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

BIN = Path(os.environ["LCT_BIN"])


class OneServer(unittest.TestCase):
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


if __name__ == "__main__":
    unittest.main(verbosity=2)
