#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""nginx in front with TLS, by the very configuration that docs/operations.md shows: pages, sign-in,
events, viewers, ranges, recordings that nginx sends itself, and whom limits count."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

from _programs import BIN, ROOT, TOOLS, free_port, until

NGINX = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
sys.path.insert(0, str(ROOT / "tests" / "support"))

from websocket import WebSocket  # noqa: E402  the path is set above

NAME = "lectern.school.example"
CODE = "0123a-4567b-89abc-defgh-jkmnp-q"
LESSON, CLIP = "20260301-080000-test-0001", "clip-20260302-080000-aaaa"
REEL = f"/api/v1/recordings/{LESSON}/tracks/camera/reels/1"
OFFER = "\r\n".join([
    "v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0",
    "m=video 9 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 0.0.0.0", "a=rtcp-mux", "a=ice-ufrag:abcd",
    "a=ice-pwd:abcdefghijklmnopqrstuv", "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
    "a=setup:actpass", "a=mid:0", "a=recvonly", "a=rtpmap:96 H264/90000",
    "a=fmtp:96 packetization-mode=1;profile-level-id=42e01f", ""])


def documented(begin, **changes):
    """The block of docs/operations.md that begins with a line, with ports and places of this test."""
    lines = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8").splitlines()
    block, at = [], lines.index("    " + begin)
    while lines[at].startswith("    ") or not lines[at]:
        block.append(lines[at])
        at += 1
    text = "\n".join(block) + "\n"
    for old, new in changes.values():
        assert old in text, f"the documented configuration lacks {old}"
        text = text.replace(old, str(new))
    return text


class Nginx(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not NGINX:
            raise unittest.SkipTest("nginx is not here")
        cls.stack = contextlib.ExitStack()
        folder = pathlib.Path(cls.stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o711)  # nginx's worker is another user
        cls.port, cls.plain = free_port(), free_port()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-days", "9", "-subj",
                        f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME},DNS:localhost"],
                       check=True, capture_output=True)
        cls.client = ssl.create_default_context(cafile=folder / "cert.pem")
        (folder / "media").write_text(documented(
            "proxy_http_version 1.1;", code=("ACCESS-CODE", CODE), piece=("slice 1m;", "slice 16k;")), encoding="utf-8")
        cache = documented("proxy_cache_path /var/cache/nginx-lectern keys_zone=lectern:10m max_size=50g inactive=30d "
                           "use_temp_path=off;", place=("/var/cache/nginx-lectern", folder / "cache"))
        site = documented("upstream lectern {", upstream=("127.0.0.1:8080", f"127.0.0.1:{cls.plain}"),
                          listen=("listen 443 ssl;", f"listen 127.0.0.1:{cls.port} ssl;"),
                          certificate=("/etc/lectern/cert.pem", folder / "cert.pem"),
                          key=("/etc/lectern/key.pem", folder / "key.pem"),
                          media=("location / {", f"include {folder}/media;\nlocation / {{"))
        temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n"
                            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (folder / "nginx.conf").write_text(
            f"daemon off;\nworker_processes 1;\npid {folder}/pid;\nerror_log {folder}/error.log;\n"
            f"events {{ worker_connections 1000; }}\nhttp {{\naccess_log off;\n{temporary}{cache}{site}}}\n", encoding="utf-8")
        (folder / "lectern.conf").write_text(
            documented("listen = 127.0.0.1:8080", listen=("127.0.0.1:8080", f"127.0.0.1:{cls.plain}"))
            .replace("    listen", "    [server]\n    listen", 1) + "[room main]\nsource = demo\n", encoding="utf-8")
        cls.nginx = subprocess.Popen([NGINX, "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"])
        until(lambda: cls.answers(502), 10, "nginx, which finds nothing behind it")
        cls.data = folder / "data"
        cls.put_recording()
        cls.up = subprocess.Popen([BIN / "lectern", "up", "--data", folder / "data", "--config",
                                   folder / "lectern.conf", "--json"], stdout=subprocess.PIPE, text=True)
        cls.code = json.loads(cls.up.stdout.readline())["code"]
        cls.bearer = {"Authorization": f"Bearer {cls.code}"}

    @classmethod
    def put_recording(cls):
        """A lesson of three reels, a microlesson of a second of it, and the code that nginx knows."""
        (cls.data / "lessons").mkdir(parents=True)
        subprocess.run([TOOLS / "tapemaker", "reels", cls.data / "lessons" / LESSON], check=True,
                       stdout=subprocess.DEVNULL)
        (cls.data / "clips" / CLIP).mkdir(parents=True)
        (cls.data / "clips" / CLIP / "0001.json").write_text(json.dumps({"version": 1, "chapters": [], "pieces": [
            {"lesson": LESSON, "from_ns": 3_310_000_000, "to_ns": 4_130_000_000}]}), encoding="utf-8")
        (cls.data / "access-code").write_text(CODE + "\n", encoding="ascii")
        (cls.data / "access-code").chmod(0o600)

    @classmethod
    def tearDownClass(cls):
        for process in (cls.up, cls.nginx):
            process.terminate()
            process.wait(30)
        cls.up.stdout.close()
        cls.stack.close()

    @classmethod
    def line(cls, source="127.0.0.1"):
        return http.client.HTTPSConnection("localhost", cls.port, context=cls.client, timeout=20,
                                           source_address=(source, 0))

    @classmethod
    def ask(cls, path, method="GET", body=None, source="127.0.0.1", **headers):
        """Status, headers and bytes of an answer through nginx."""
        with contextlib.closing(cls.line(source)) as line:
            line.request(method, path, body, {"Host": NAME, **headers})
            answer = line.getresponse()
            return answer.status, answer.headers, answer.read()

    @classmethod
    def answers(cls, status):
        try:
            return cls.ask("/healthz")[0] == status
        except OSError:
            return False

    def api(self, path, method="GET", body=None, kind="application/json"):
        return self.ask("/api/v1" + path, method, body, **self.bearer, Origin=f"https://{NAME}",
                        **({"Content-Type": kind} if body else {}))

    def on_air(self):
        until(lambda: json.loads(self.api("/rooms/main")[2])["online"], 20, "the recorder")
        if json.loads(self.api("/rooms/main")[2])["state"] != "recording":
            self.assertEqual(self.api("/rooms/main/recording", "POST", "{}")[0], 201)
        until(lambda: self.ask("/live/main/index.m3u8", **self.bearer)[0] == 200, 20, "a playlist")

    def test_sign_in(self):
        self.assertEqual(self.ask("/")[0], 401)
        status, headers, _ = self.ask(f"/?code={self.code}")
        self.assertEqual((status, headers["Location"]), (303, "/"))
        self.assertIn("; Secure", headers["Set-Cookie"])
        status, _, page = self.ask("/", Cookie=headers["Set-Cookie"].split(";")[0])
        self.assertEqual(status, 200)
        self.assertIn(b"<html", page)
        made = subprocess.run([BIN / "lectern", "link", "main", "--data", self.data], text=True, check=True,
                              capture_output=True, env={**os.environ, "LC_ALL": "C.UTF-8"}).stdout.strip()
        self.assertTrue(made.startswith(f"https://{NAME}/watch/main?link="), made)
        link = made[len(f"https://{NAME}"):]
        until(lambda: self.ask(link)[0] == 303, 5, "the server to know the link")
        self.assertIn("; Secure", self.ask(link)[1]["Set-Cookie"])

    def test_only_the_proxy_is_believed(self):
        """Beside nginx, from an address that is none of proxies."""
        said = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.plain, timeout=20,
                                                           source_address=("127.0.0.9", 0))) as line:
            line.request("GET", f"/?code={self.code}", headers=said)
            cookie = line.getresponse().headers["Set-Cookie"]
        self.assertNotIn("Secure", cookie)

    def test_each_client_is_counted_by_itself(self):
        wrong = {"Authorization": "Bearer wrong"}
        seen = [self.ask("/api/v1/rooms", source="127.0.0.5", **wrong,
                         **{"X-Forwarded-For": f"192.0.2.{i}"})[0] for i in range(12)]
        self.assertEqual(seen, [401] * 10 + [429] * 2, "what a client says of itself does not count")
        self.assertEqual(self.ask("/api/v1/rooms", source="127.0.0.6", **wrong)[0], 401)

    def test_events_come_at_once(self):
        with contextlib.closing(self.line()) as line:
            line.request("GET", "/api/v1/events", headers={"Host": NAME, **self.bearer})
            stream = line.getresponse()
            self.assertEqual(stream.headers["Content-Type"], "text/event-stream")
            while b'"public":false' not in stream.readline():
                pass
            self.assertEqual(self.api("/rooms/main/public", "PUT", '{"public":true}')[0], 200)
            while b'"public":true' not in stream.readline():
                pass
        self.assertEqual(self.api("/rooms/main/public", "PUT", '{"public":false}')[0], 200)

    def test_viewers(self):
        self.on_air()
        with WebSocket(self.port, "/api/v1/live/main/ws?track=camera",
                       {**self.bearer, "Host": NAME, "Origin": f"https://{NAME}"}, tls=self.client) as viewer:
            self.assertIn("tracks", viewer.message())
            self.assertTrue(all(b"moof" in viewer.message()[:100] for _ in range(30)))
        status, headers, answer = self.api("/live/main/whep?track=camera", "POST", OFFER, "application/sdp")
        self.assertEqual(status, 201)
        self.assertIn(f"{self.plain} typ host".encode(), answer)
        self.assertEqual(self.ask(headers["Location"], "DELETE", **self.bearer)[0], 200)
        self.assertEqual(self.ask(headers["Location"], "DELETE", **self.bearer)[0], 404)

    def test_ranges(self):
        self.on_air()
        playlist = self.ask("/live/main/index.m3u8", **self.bearer)[2].decode()
        variant = next(line for line in playlist.splitlines() if line and not line.startswith("#"))
        address = "/live/main/" + variant
        segments = []
        while not segments:
            text = self.ask(address, **self.bearer)[2].decode()
            segments = [line for line in text.splitlines() if line and not line.startswith("#")]
            time.sleep(0.2)
        segment = address.rsplit("/", 1)[0] + "/" + segments[0]
        status, _, whole = self.ask(segment, **self.bearer)
        self.assertEqual(status, 200)
        status, headers, part = self.ask(segment, **self.bearer, Range="bytes=100-299")
        self.assertEqual((status, part), (206, whole[100:300]))
        self.assertEqual(headers["Content-Range"], f"bytes 100-299/{len(whole)}")
        self.assertEqual(self.ask(segment, **self.bearer, Range=f"bytes={10**18}-")[0], 416)

    def share(self, item):
        """The number of a new link, and the cookie of who has it."""
        made = json.loads(self.api(f"/items/{item}/shares", "POST", "{}")[2])
        status, headers, page = self.ask(made["url"][made["url"].index("/lessons/"):])
        self.assertEqual(status, 303, page)
        return made["id"], {"Cookie": headers["Set-Cookie"].split(";")[0]}

    def sent_by_lectern(self):
        return float(re.search(rb"^lectern_http_sent_bytes_total (\S+)$", self.ask("/metrics", **self.bearer)[2],
                               re.MULTILINE)[1])

    def behind(self, path, **headers):
        """The same from lectern itself."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.plain, timeout=20)) as line:
            line.request("GET", path, headers=headers)
            answer = line.getresponse()
            return answer.status, answer.headers, answer.read()

    def test_recordings_come_from_nginx(self):
        status, own, whole = self.behind(REEL, **self.bearer)
        self.assertEqual(status, 200)
        self.assertGreater(len(whole), 3 * 16384, "some pieces")
        for headers in ({}, {}, {"Range": "bytes=0-"}, {"Range": "bytes=77-40000"}, {"Range": "bytes=-5"}):
            status, head, content = self.behind(REEL, **self.bearer, **headers)
            seen, its, got = self.ask(REEL, **self.bearer, **headers)
            self.assertEqual((seen, got), (status, content), headers)
            for name in ("Content-Type", "Content-Range", "Content-Length", "Cache-Control"):
                self.assertEqual(its[name], head[name], f"{headers} {name}")
        before = self.sent_by_lectern()
        self.assertEqual(self.ask(REEL, **self.bearer)[2], whole)
        self.assertLess(self.sent_by_lectern() - before, len(whole) / 2, "kept by nginx")
        self.assertEqual(self.ask(REEL, **self.bearer, Range=f"bytes={len(whole)}-")[0], 416)
        self.assertEqual(self.ask(REEL[:-1] + "99", **self.bearer)[0], 404)

    def test_recordings_are_refused_at_once(self):
        self.assertEqual(self.ask(REEL, **self.bearer)[0], 200)  # nginx has it
        for headers in ({}, {"Cookie": "lectern=wrong"}):
            status, head, refusal = self.ask(REEL, **headers)
            self.assertEqual((status, head["WWW-Authenticate"]), (401, "Bearer"))
            self.assertIn("zh", json.loads(refusal)["fault"])
        self.assertEqual(self.ask("/lectern-allows", **self.bearer)[0], 404)
        self.assertEqual(self.ask(REEL, "DELETE")[0], 405)
        share, cookie = self.share(LESSON)
        self.assertEqual(self.ask(REEL, **cookie, Range="bytes=0-99")[0], 206)
        self.assertEqual(self.api(f"/items/{LESSON}/shares/{share}", "DELETE")[0], 200)
        status, _, refusal = self.ask(REEL, **cookie, Range="bytes=0-99")
        self.assertEqual(status, 403)
        self.assertIn("此分享链接已失效", json.loads(refusal)["fault"]["zh"])

    def test_of_recordings_only_what_a_microlesson_shows(self):
        _, _, whole = self.ask(REEL, **self.bearer)
        _, cookie = self.share(CLIP)
        index = json.loads(self.ask(REEL.rsplit("/", 2)[0] + "/index", **cookie)[2])
        rows = index["reels"][0]["rows"]
        begin, end = rows[0][0], rows[-1][0] + rows[-1][1]
        status, _, part = self.ask(REEL, **cookie, Range=f"bytes={begin}-{end - 1}")
        self.assertEqual((status, part), (206, whole[begin:end]))
        for text in (f"bytes={begin - 1}-{end - 1}", f"bytes={begin}-{end}", f"bytes={begin}-", "bytes=0-0",
                     f"bytes={begin}-{end - 1},0-1", f"bytes= {begin}-{end}", f"octets={begin}-{end - 1}"):
            self.assertEqual(self.ask(REEL, **cookie, Range=text)[0], 403, text)
        self.assertEqual(self.ask(REEL, **cookie)[0], 403)
        with contextlib.closing(self.line()) as line:  # two ranges, one of them allowed
            for first, second in ((f"bytes={begin}-{end - 1}", "bytes=0-99"), ("bytes=0-99", f"bytes={begin}-{end - 1}")):
                line.putrequest("GET", REEL, skip_host=True)
                for name, value in (("Host", NAME), *cookie.items(), ("Range", first), ("Range", second)):
                    line.putheader(name, value)
                line.endheaders()
                answer = line.getresponse()
                content = answer.read()
                self.assertTrue(answer.status >= 400 or content == whole[begin:end], (answer.status, first))


if __name__ == "__main__":
    unittest.main(verbosity=2)
