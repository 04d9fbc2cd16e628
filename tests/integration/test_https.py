#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTPS on the real programs: pages, cookies and viewers over it, certificates that are renewed,
broken, too old or missing, and ports that others hold."""

import contextlib
import http.client
import json
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

from _programs import BIN, ROOT, free_port, until

sys.path.insert(0, str(ROOT / "tests" / "support"))

from websocket import WebSocket  # noqa: E402  the path is set above


def make_certificate(folder, days=90, began=None):
    """cert.pem and key.pem of localhost, each put into its place at once."""
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
               "-keyout", folder / "key.new", "-out", folder / "cert.new", "-days", str(days), *subject]
    env = dict(os.environ)
    if began:  # that openssl has no word for
        env.update(FAKETIME=began, LD_PRELOAD="/usr/$LIB/faketime/libfaketime.so.1")
    subprocess.run(command, check=True, capture_output=True, env=env)
    (folder / "key.new").rename(folder / "key.pem")
    (folder / "cert.new").rename(folder / "cert.pem")


class Served(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.plain, self.tls = free_port(), free_port()
        self.client = ssl.create_default_context()

    def config(self, **more):
        lines = {"https": f"127.0.0.1:{self.tls}", "certificate": self.folder / "cert.pem",
                 "key": self.folder / "key.pem", "name": "localhost", **more}
        live = f"[live]\naddress = {lines.pop('live')}\n" if "live" in lines else ""
        path = self.folder / "lectern.conf"
        path.write_text("[server]\n" + "".join(f"{name} = {value}\n" for name, value in lines.items()) +
                        live + "[room main]\nsource = demo\n", encoding="utf-8")
        return path

    def start(self, program="lectern-server", **more):
        words = ["up"] if program == "lectern" else []
        log = open(self.folder / "log", "a+", encoding="utf-8")
        self.addCleanup(log.close)
        process = subprocess.Popen(
            [BIN / program, *words, "--data", self.folder / "data", "--config", self.config(**more), "--json",
             "--listen", f"127.0.0.1:{self.plain}"], text=True, stdout=subprocess.PIPE, stderr=log)
        self.addCleanup(self.end, process)
        return process, json.loads(process.stdout.readline())

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)

    def log(self):
        return (self.folder / "log").read_text(encoding="utf-8")

    def trust(self):
        self.client = ssl.create_default_context(cafile=self.folder / "cert.pem")

    def ask(self, path, secure=True, method="GET", body=None, **headers):
        """Status, headers and text of an answer."""
        line = (http.client.HTTPSConnection("localhost", self.tls, context=self.client, timeout=20) if secure
                else http.client.HTTPConnection("127.0.0.1", self.plain, timeout=20))
        with contextlib.closing(line):
            line.request(method, path, body, headers)
            answer = line.getresponse()
            return answer.status, answer.headers, answer.read().decode()

    def health(self):
        return json.loads(self.ask("/healthz", secure=False)[2])

    def shown(self):
        """The certificate that who connects now is shown."""
        return ssl.get_server_certificate(("127.0.0.1", self.tls))

    def pem(self):
        return ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert((self.folder / "cert.pem").read_text()))


class Https(Served):
    def test_pages_and_viewers(self):
        make_certificate(self.folder)
        self.trust()
        _, ready = self.start("lectern")
        code = ready["code"]
        self.assertEqual(ready["https"], f"https://localhost:{self.tls}/")
        self.assertEqual((self.folder / "data" / "address").read_text(), f"https://localhost:{self.tls}\n")
        for secure in (True, False):
            status, headers, _ = self.ask(f"/?code={code}", secure)
            self.assertEqual(status, 303)
            self.assertEqual("; Secure" in headers["Set-Cookie"], secure)
        cookie = headers["Set-Cookie"].split(";")[0]
        self.assertEqual(self.ask("/", Cookie=cookie)[0], 200)
        link = subprocess.run([BIN / "lectern", "link", "main", "--data", self.folder / "data"], text=True,
                              capture_output=True, check=True, env={**os.environ, "LC_ALL": "C.UTF-8"}).stdout
        self.assertTrue(link.startswith(f"https://localhost:{self.tls}/watch/main?link="), link)
        bearer = {"Authorization": f"Bearer {code}"}
        self.assertEqual(self.ask("/api/v1/rooms/main/recording", method="POST", body="{}",
                                  **{**bearer, "Content-Type": "application/json",
                                     "Origin": "https://evil.example"})[0], 403)
        until(lambda: json.loads(self.ask("/api/v1/rooms/main", **bearer)[2])["online"], 20, "the recorder")
        self.assertEqual(self.ask("/api/v1/rooms/main/recording", method="POST", body="{}",
                                  **{**bearer, "Content-Type": "application/json",
                                     "Origin": f"https://localhost:{self.tls}"})[0], 201)
        until(lambda: self.ask("/live/main/index.m3u8", **bearer)[0] == 200, 20, "a playlist")
        with WebSocket(self.tls, "/api/v1/live/main/ws?track=camera&track=sound",
                       {**bearer, "Host": f"localhost:{self.tls}", "Origin": f"https://localhost:{self.tls}"},
                       tls=self.client) as viewer:
            self.assertIn("tracks", viewer.message())
            chunks = [message for message in (viewer.message() for _ in range(40)) if isinstance(message, bytes)]
        self.assertGreater(len(chunks), 30)
        self.assertTrue(all(b"moof" in chunk[:100] for chunk in chunks))

    def test_a_renewed_certificate_drops_nobody(self):
        make_certificate(self.folder)
        self.trust()
        _, ready = self.start()
        self.assertGreater(self.health()["certificate"]["days"], 80)
        self.assertNotIn("fault", self.health()["certificate"])
        events = http.client.HTTPSConnection("localhost", self.tls, context=self.client, timeout=20)
        events.request("GET", "/api/v1/events", headers={"Authorization": f"Bearer {ready['code']}"})
        stream = events.getresponse()
        self.assertEqual(stream.status, 200)
        stream.readline()
        old = self.shown()
        make_certificate(self.folder, days=300)
        until(lambda: self.shown() != old, 10, "the new certificate")
        self.assertEqual(self.shown(), self.pem())
        self.assertGreater(self.health()["certificate"]["days"], 290)
        subprocess.run([BIN / "lectern", "room", "main", "--public", "on", "--data", self.folder / "data"],
                       check=True, capture_output=True)
        seen = b""
        while b'"public":true' not in seen:  # it still gets what happens
            line = stream.readline()
            self.assertTrue(line, "the stream of events ended")
            seen = line
        events.close()

    def test_a_broken_new_pair_keeps_the_old_one(self):
        make_certificate(self.folder)
        self.start()
        old = self.shown()
        whole = (self.folder / "key.pem").read_bytes()
        (self.folder / "key.pem").write_bytes(whole[:40])
        until(lambda: "fault" in self.health()["certificate"], 10, "the word on it")
        fault = self.health()["certificate"]["fault"]
        self.assertIn("no private key", fault["en"])
        self.assertIn("没有私钥", fault["zh"])
        self.assertIn("no private key", self.log())
        self.assertEqual(self.shown(), old)
        (self.folder / "key.pem").write_bytes(whole)
        until(lambda: "fault" not in self.health()["certificate"], 10, "it to be well again")

    def test_what_has_expired_is_served_and_said(self):
        make_certificate(self.folder, days=10, began="-30d")
        self.start()
        self.assertEqual(self.shown(), self.pem())
        certificate = self.health()["certificate"]
        self.assertLess(certificate["days"], 0)
        self.assertIn("has expired", certificate["fault"]["en"])
        self.assertIn("过期", certificate["fault"]["zh"])
        self.assertIn("has expired", self.log())
        make_certificate(self.folder, days=60, began="+5d")
        until(lambda: "clock" in self.health()["certificate"]["fault"]["en"], 10, "the word on its beginning")

    def test_memory_is_back_when_many_have_gone(self):
        make_certificate(self.folder)
        self.trust()
        process, _ = self.start()
        status = pathlib.Path(f"/proc/{process.pid}/status")

        def memory():
            """MiB that the server holds."""
            return next(int(line.split()[1]) for line in status.read_text().splitlines() if "VmRSS" in line) / 1024

        self.health()
        before = memory()
        with contextlib.ExitStack() as lines:
            for i in range(500):
                line = socket.create_connection(("127.0.0.1", self.tls), 20, (f"127.0.1.{1 + i // 100}", 0))
                line = lines.enter_context(self.client.wrap_socket(line, server_hostname="localhost"))
                line.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                self.assertIn(b" 200 ", line.recv(64))
            self.assertGreater(memory() - before, 5, "they are many")
        until(lambda: memory() - before < 3, 10, "memory to be back")

    def refused(self, en, zh, **more):
        process, line = self.start(**more)
        self.assertEqual(process.wait(20), 1)
        self.assertIn(en, line["fault"]["en"])
        self.assertIn(zh, line["fault"]["zh"])

    def test_what_cannot_be_shown_is_said_at_the_start(self):
        make_certificate(self.folder)
        other = self.folder / "other"
        other.mkdir()
        make_certificate(other)
        self.refused("needs a certificate", "需要证书", certificate="")
        self.refused("nothing.pem cannot be read", "无法读取", key="nothing.pem")
        self.refused("is not that of the certificate", "不匹配", key=other / "key.pem")
        self.refused("no ADDRESS:PORT", "地址:端口", https="8443")
        self.refused("this is no address", "不是地址", proxy="nginx")
        self.refused("address = router: this is no address", "不是地址", live="router")

    def test_ports_that_others_hold(self):
        make_certificate(self.folder)
        for port, kind, more in ((self.plain, socket.SOCK_STREAM, {}), (self.tls, socket.SOCK_STREAM, {}),
                                 (self.plain, socket.SOCK_DGRAM, {})):
            with self.subTest(port=port, kind=kind), socket.socket(type=kind) as holder:
                holder.bind(("127.0.0.1", port))
                if kind == socket.SOCK_STREAM:
                    holder.listen()
                self.refused(f"{port}", f"{port}", **more)
        process, _ = self.start()
        self.assertIsNone(process.poll(), "it starts when they are free")


if __name__ == "__main__":
    unittest.main(verbosity=2)
