#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""By which addresses viewers reach live WebRTC: IPv6, IPv4 on a socket of IPv6, and through address
translation at both ends. The viewer is GStreamer's webrtcbin, with libnice's ICE."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import unittest

from _programs import BIN, TOOLS, free_port, until


class Served(unittest.TestCase):
    """A server with a room on air, and viewers of it; both in network namespaces, if so wished."""

    def start(self, listen, inside=(), more=""):
        """"lectern up" within what is inside's words; returns when the room is on air."""
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "lectern.conf").write_text(f"[server]\nlisten = {listen}\n{more}[room main]\nsource = demo\n",
                                             encoding="utf-8")
        self.up = subprocess.Popen([*inside, BIN / "lectern", "up", "--data", folder / "data", "--config",
                                    folder / "lectern.conf", "--json"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.up.stdout.close)
        self.addCleanup(self.up.wait, 30)
        self.addCleanup(self.up.terminate)
        ready = json.loads(self.up.stdout.readline())
        self.code = ready["code"]
        url = ready["url"].rstrip("/")
        until(lambda: json.loads(self.ask(url, "/api/v1/rooms/main", inside=inside)[1])["online"], 20, "the recorder")
        self.assertEqual(self.ask(url, "/api/v1/rooms/main/recording", "{}", "application/json", inside)[0], 201)
        until(lambda: self.ask(url, "/live/main/index.m3u8", inside=inside)[0] == 200, 20, "a playlist")

    def ask(self, url, path, body=None, kind=None, inside=()):
        """Status and text of an answer, by curl within what is inside's words."""
        command = [*inside, "curl", "-s", "-g", "-m", "20", "-w", "\n%{http_code}", "-H",
                   f"Authorization: Bearer {self.code}", url + path]
        if body is not None:
            command += ["-H", f"Content-Type: {kind}", "--data-binary", "@-"]
        done = subprocess.run(command, input=body, capture_output=True, text=True, check=True)
        text, _, status = done.stdout.rpartition("\n")
        return int(status), text

    def watch(self, url, own=None, inside=()):
        """The addresses a viewer was offered, who decoded picture and sound."""
        command = [*inside, TOOLS / "webrtcviewer", "20", *([own] if own else [])]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as viewer:
            offer = "".join(iter(viewer.stdout.readline, ".\n"))
            status, answer = self.ask(url, "/api/v1/live/main/whep?track=camera&track=sound", offer,
                                      "application/sdp", inside)
            self.assertEqual(status, 201, answer)
            seen = json.loads(viewer.communicate(answer, timeout=40)[0])
        self.assertGreaterEqual(min(seen["pictures"], seen["sounds"]), 50, seen)
        return re.findall(r"a=candidate:\S+ 1 udp \S+ (\S+) (\d+) typ host", answer, re.IGNORECASE)


class Families(Served):
    def test_both_on_one_socket(self):
        port = free_port()
        self.start(f"[::]:{port}")
        for url, own in ((f"http://[::1]:{port}", "::1"), (f"http://127.0.0.1:{port}", "127.0.0.1")):
            with self.subTest(own=own):
                self.assertIn((own, str(port)), self.watch(url, own))


class Nat(Served):
    """A school's network behind a router, a viewer behind it on the other side: neither end has an
    address that the other could reach, but the router's, which [live] address names."""

    def setUp(self):
        if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("nft", path="/usr/sbin:/usr/bin"):
            self.skipTest("network namespaces need root, ip and nft")
        self.names = {end: f"lct{os.getpid()}{end}" for end in ("school", "router", "home")}
        for name in self.names.values():
            if subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode != 0:
                self.skipTest("no network namespaces here")
            self.addCleanup(subprocess.run, ["ip", "netns", "del", name], check=True)
            self.within(name, "ip", "link", "set", "lo", "up")
        self.join("school", "10.71.1.2/24", "10.71.1.1/24")
        self.join("home", "203.0.113.7/24", "203.0.113.1/24")
        self.within(self.names["school"], "ip", "route", "add", "default", "via", "10.71.1.1")
        router = self.names["router"]
        self.within(router, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
        self.within(router, "nft", "-f", "-", words="""
            table ip change {
                chain coming {
                    type nat hook prerouting priority -100
                    ip daddr 203.0.113.1 tcp dport 8080 dnat to 10.71.1.2
                    ip daddr 203.0.113.1 udp dport 8080 dnat to 10.71.1.2
                }
                chain leaving {
                    type nat hook postrouting priority 100
                    masquerade random
                }
            }
            table ip only {
                chain through {
                    type filter hook forward priority 0; policy drop
                    ct status dnat accept
                    ct state established accept
                }
            }""")

    @staticmethod
    def within(name, *command, words=None):
        subprocess.run(["ip", "netns", "exec", name, *command], check=True, input=words, text=True)

    def join(self, end, address, router_address):
        """A wire between an end and the router."""
        ours, theirs = f"w{os.getpid()}{end[0]}a", f"w{os.getpid()}{end[0]}b"
        subprocess.run(["ip", "link", "add", ours, "netns", self.names[end], "type", "veth", "peer", "name", theirs,
                        "netns", self.names["router"]], check=True)
        for name, wire, own in ((self.names[end], ours, address), (self.names["router"], theirs, router_address)):
            self.within(name, "ip", "address", "add", own, "dev", wire)
            self.within(name, "ip", "link", "set", wire, "up")

    def test_through_a_router_at_both_ends(self):
        school, home = (["ip", "netns", "exec", self.names[end]] for end in ("school", "home"))
        self.start("0.0.0.0:8080", school, "[live]\naddress = 203.0.113.1\n")
        offered = self.watch("http://203.0.113.1:8080", inside=home)
        self.assertEqual(offered, [("203.0.113.1", "8080"), ("10.71.1.2", "8080")])


if __name__ == "__main__":
    unittest.main(verbosity=2)
