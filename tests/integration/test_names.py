#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A recorder that calls its server by name, where name servers stop answering: in a network of its own with
a list of hosts and a name server of its own."""

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

from _programs import until
from test_remote import Building

OWN = ["unshare", "--map-root-user", "--net", "--mount"]


class Names(unittest.TestCase):
    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self.hosts = folder / "hosts"
        self.hosts.write_text("127.0.0.1 localhost school.test\n")
        for name, path in (("hosts", self.hosts), ("resolv.conf", folder / "resolv.conf")):
            # one that takes each question and answers none; a look-up takes 150 s
            (folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:30 attempts:5\n")
            subprocess.run(["mount", "--bind", path, f"/etc/{name}"], check=True)
            stack.callback(subprocess.run, ["umount", f"/etc/{name}"], check=True)
        self.names = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.names.bind(("127.0.0.1", 53))
        self.names.settimeout(10)
        self.b = Building(folder)
        stack.callback(self.b.close)

    def test_a_host_that_was_known_is_called_while_nobody_knows_it(self):
        b = self.b
        b.start_server()
        b.start_recorder(b.token().replace("127.0.0.1", "school.test"))
        until(b.is_there, 15, "the recorder to be taken")
        self.hosts.write_text("127.0.0.1 localhost\n")
        for _ in range(2):
            b.relay.cut()
            until(lambda: not b.is_there(), 10, "the server to see that the line is cut")
            b.relay.mend()
            until(b.is_there, 20, "the recorder to be back")
        self.assertIn(b"school", self.names.recv(512), "nobody was asked")
        self.end_recorder()

    def end_recorder(self):
        """Ends it while it looks its server up."""
        self.b.recorder.terminate()
        self.assertEqual(self.b.recorder.wait(20), 0)

    def test_an_unknown_host_holds_up_nothing(self):
        b = self.b
        b.start_server()
        b.start_recorder(b.token().replace("127.0.0.1", "nowhere.test"))
        self.assertIn(b"nowhere", self.names.recv(512), "nobody was asked")
        self.end_recorder()


if __name__ == "__main__":
    if "LCT_OWN_NET" not in os.environ:
        if not shutil.which("ip") or subprocess.run([*OWN, "true"], capture_output=True, check=False).returncode != 0:
            print("no network namespace can be made here")
            sys.exit(77)
        os.environ["LCT_OWN_NET"] = "1"
        os.execvp(OWN[0], [*OWN, sys.executable, __file__])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    unittest.main(verbosity=2)
