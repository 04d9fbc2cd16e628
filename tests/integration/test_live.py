#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Live by WebRTC on the real programs: a swarm of real viewers (ICE, DTLS and SRTP by OpenSSL and
libsrtp) beside bad offers, strangers' datagrams and the bell."""

import json
import random
import re
import socket
import subprocess
import unittest

from _programs import TOOLS, RoomTest, until

OFFER = "\r\n".join([
    "v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0",
    "m=video 9 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 0.0.0.0", "a=rtcp-mux", "a=ice-ufrag:abcd",
    "a=ice-pwd:abcdefghijklmnopqrstuv", "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
    "a=setup:actpass", "a=mid:0", "a=recvonly", "a=rtpmap:96 H264/90000",
    "a=fmtp:96 packetization-mode=1;profile-level-id=42e01f", ""])


class LiveTest(RoomTest):
    def ask(self, method, path, body=None, kind="application/sdp", headers=None):
        return super().ask(method, path, body, kind, headers)

    def swarm(self, *options, seconds=4):
        command = [TOOLS / "swarm", "--url", self.url, "--code", self.code, "--seconds", str(seconds), *options]
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60, check=False)
        return run.returncode, json.loads(run.stdout.splitlines()[-1])

    def test_every_packet_is_opened_by_libsrtp(self):
        self.on_air()
        status, seen = self.swarm("--viewers", "5", "--sample", "1", "--track", "camera", "--track", "screen",
                                  "--track", "sound")
        print(seen)
        self.assertEqual(status, 0)
        self.assertEqual(seen["viewers"], 5)
        self.assertEqual(seen["not_opened"], 0)
        self.assertEqual(seen["missing"], 0)
        self.assertGreater(seen["opened"], 5 * 4 * 40)  # 50 packets of sound a second alone

    def test_gstreamer_watches(self):
        self.on_air()
        with subprocess.Popen([TOOLS / "webrtcviewer", "20", "127.0.0.1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as viewer:
            offer = "".join(iter(viewer.stdout.readline, ".\n"))
            status, headers, answer = self.ask("POST", "/api/v1/live/main/whep?track=camera&track=sound", offer)
            self.assertEqual(status, 201, answer)
            seen = json.loads(viewer.communicate(answer, timeout=40)[0])
        print(seen)
        self.assertGreaterEqual(min(seen["pictures"], seen["sounds"]), 50)
        self.assertEqual((seen["width"] > 300, seen["rate"]), (True, 48000))
        self.assertEqual(self.ask("DELETE", headers["Location"])[0], 200)

    def test_who_leaves_is_forgotten_at_once(self):
        self.on_air()
        self.swarm("--viewers", "3", "--settle", "0", seconds=1)
        until(lambda: self.metric("rtc_viewers") == 0, 5, "goodbye to be heard")
        status, headers, answer = self.ask("POST", "/api/v1/live/main/whep?track=camera", OFFER)
        self.assertEqual((status, headers["Content-Type"]), (201, "application/sdp"))
        self.assertIn("a=ice-lite", answer)
        until(lambda: self.metric("rtc_viewers") == 1, 5, "the viewer to be counted")
        self.assertEqual(self.ask("DELETE", headers["Location"])[0], 200)
        self.assertEqual(self.ask("DELETE", headers["Location"])[0], 404)

    def test_pages_of_other_sites(self):
        self.on_air()
        path, foreign = "/api/v1/live/main/whep?track=camera", {"Origin": "https://elsewhere.example"}
        cookie = {"Cookie": f"lectern={self.code}"}
        bearer = {"Authorization": f"Bearer {self.code}"}
        for where, methods in ((path, "POST"), ("/api/v1/live/main/whep/0", "DELETE, PATCH")):
            status, headers, _ = self.ask("OPTIONS", where, headers={
                **foreign, "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization, content-type"})
            self.assertEqual((status, headers["Access-Control-Allow-Origin"]), (204, "*"))
            self.assertEqual(headers["Access-Control-Allow-Methods"], methods)
            self.assertIn("Authorization", headers["Access-Control-Allow-Headers"])
            self.assertNotIn("Access-Control-Allow-Credentials", headers)
        self.assertEqual(self.ask("OPTIONS", path, headers=foreign)[1]["Accept-Post"], "application/sdp")
        status, own, _ = self.ask("POST", path, OFFER, headers=cookie)
        self.assertEqual(status, 201, "our own page")
        self.assertEqual(self.ask("DELETE", own["Location"], headers=cookie)[0], 200)
        status, headers, _ = self.ask("POST", path, OFFER, headers={**foreign, **cookie})
        self.assertEqual((status, headers["Access-Control-Allow-Origin"]), (401, "*"), "no power by cookies")
        status, headers, _ = self.ask("POST", path, OFFER, headers={**foreign, **bearer})
        self.assertEqual((status, headers["Access-Control-Allow-Origin"]), (201, "*"))
        self.assertIn("Location", headers["Access-Control-Expose-Headers"])
        viewer = headers["Location"]
        status, headers, _ = self.ask("PATCH", viewer, "a=end-of-candidates\r\n",
                                      "application/trickle-ice-sdpfrag", {**foreign, **bearer})
        self.assertEqual((status, headers["Allow"]), (405, "DELETE, OPTIONS"))
        self.assertEqual(headers["Access-Control-Allow-Origin"], "*")
        self.assertEqual(self.ask("DELETE", viewer, headers={**foreign, **cookie})[0], 401)
        self.assertEqual(self.ask("DELETE", viewer, headers={**foreign, **bearer})[0], 200)
        for method, where, body in (("POST", "/api/v1/rooms/main/recording", "{}"),
                                    ("DELETE", "/api/v1/rooms/main/recording", None),
                                    ("OPTIONS", "/api/v1/rooms/main/recording", None)):
            status, headers, _ = self.ask(method, where, body, "application/json", {**foreign, **bearer})
            self.assertIn(status, (403, 405))
            self.assertNotIn("Access-Control-Allow-Origin", headers)
        public = {"Authorization": f"Bearer {self.code}", "Content-Type": "application/json"}
        for on in ("true", "false"):
            self.assertEqual(self.ask("PUT", "/api/v1/rooms/main/public", f'{{"public":{on}}}',
                                      "application/json", public)[0], 200)
            status, headers, _ = self.ask("POST", path, OFFER, headers=foreign)
            self.assertEqual(status, 201 if on == "true" else 401)
            if on == "true":
                self.assertEqual(self.ask("DELETE", headers["Location"], headers=foreign)[0], 200)
        until(lambda: self.metric("rtc_viewers") == 0, 5, "nobody to be left")

    def test_bad_requests(self):
        self.on_air()
        path = "/api/v1/live/main/whep"
        for status, body, where, kind in (
                (404, OFFER, "/api/v1/live/nowhere/whep", "application/sdp"),
                (409, OFFER, path + "?track=nothing", "application/sdp"),
                (415, OFFER, path, "text/plain"),
                (415, OFFER, path, "application/sdp-of-another-kind"),
                (400, "", path, "application/sdp"),
                (400, "v=0\r\n", path, "application/sdp"),
                (400, OFFER.replace("a=ice-pwd", "a=ice-pw"), path, "application/sdp"),
                (400, OFFER.replace("sha-256", "md5"), path, "application/sdp"),
                (400, OFFER + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" * 1000, path, "application/sdp"),
                (406, OFFER.replace("H264", "VP8"), path, "application/sdp"),
                (400, OFFER, path + "?track=a&track=b&track=c&track=d&track=e", "application/sdp"),
                (413, OFFER + "a=x\r\n" * 20000, path, "application/sdp")):
            with self.subTest(status=status, where=where, kind=kind):
                got, _, text = self.ask("POST", where, body, kind)
                self.assertEqual(got, status, text)
                fault = json.loads(text)["fault"]
                self.assertTrue(fault["en"] and fault["zh"])
        until(lambda: self.metric("rtc_viewers") == 0, 5, "nobody to be left")

    def test_strangers_are_not_heard(self):
        self.on_air()
        chance = random.Random(7)
        before = self.metric("rtc_refused_total")
        _, headers, answer = self.ask("POST", "/api/v1/live/main/whep?track=camera", OFFER)
        ufrag = re.search(r"a=ice-ufrag:(\S+)", answer)[1].encode()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.settimeout(0.5)
            to = ("127.0.0.1", self.port)
            for _ in range(300):
                stranger.sendto(chance.randbytes(chance.randrange(1, 1400)), to)
            user = ufrag + b":abcd"
            body = b"\x00\x06" + len(user).to_bytes(2, "big") + user + bytes(-len(user) % 4)
            body += b"\x00\x08\x00\x14" + bytes(20)  # a wrong MESSAGE-INTEGRITY
            stranger.sendto(b"\x00\x01" + len(body).to_bytes(2, "big") + b"\x21\x12\xa4\x42" + bytes(12) + body, to)
            stranger.sendto(b"\x16\xfe\xff" + bytes(100), to)  # a ClientHello's head
            with self.assertRaises(TimeoutError):
                stranger.recv(2000)
        until(lambda: self.metric("rtc_refused_total") - before >= 300, 5, "them to be counted")
        status, seen = self.swarm("--viewers", "2", seconds=2)
        self.assertEqual((status, seen["missing"]), (0, 0), "honest viewers are served")
        self.assertEqual(self.ask("DELETE", headers["Location"])[0], 200)

    def test_the_bell(self):
        self.on_air()
        with subprocess.Popen([TOOLS / "swarm", "--url", self.url, "--code", self.code, "--seconds", "10"],
                              stdout=subprocess.PIPE, text=True) as watching:
            self.assertEqual(watching.stdout.readline(), "counting\n")
            self.off_air()
            until(lambda: self.ask("POST", "/api/v1/live/main/whep", OFFER)[0] == 409, 10,
                  "the room to be off the air")
            self.on_air()
            until(lambda: self.metric("rtc_viewers") == 0, 10, "the viewers of the lesson before to go")
            watching.terminate()
            watching.stdout.read()
        status, seen = self.swarm("--viewers", "2", seconds=2)
        self.assertEqual((status, seen["not_opened"]), (0, 0))


if __name__ == "__main__":
    unittest.main(verbosity=2)
