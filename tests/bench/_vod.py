# SPDX-License-Identifier: GPL-3.0-or-later
"""Lessons by byte range: what sending them costs, beside nginx with the same bytes in a file.

Some clients ask for a mebibyte after the other over connections that stay; those are made, and TLS
agreed, before the counting begins.
"""

import contextlib
import http.client
import json
import pathlib
import shutil
import socket
import ssl
import tempfile
import threading

from _lab import Program, program, run, skip, wait_until
from _material import raw_pictures
from _measure import Figure, cpu

WIDTH, HEIGHT, MINUTES = 640, 360, 10  # one reel
LESSON = "20260301-080000-main-0001"
MEDIA = f"/api/v1/recordings/{LESSON}/media.mp4?track=camera"
REEL = f"/api/v1/recordings/{LESSON}/tracks/camera/reels/1"
CONNECTIONS, PIECE = 4, 1 << 20


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class _Site:
    """Where bytes are served: a process, its port, and whether TLS is spoken there."""

    def __init__(self, process, port, tls, headers):
        self.process, self.port, self.tls, self.headers = process, port, tls, headers

    def connect(self):
        if not self.tls:
            line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        else:
            trust = ssl.create_default_context(cafile=self.tls)
            line = http.client.HTTPSConnection("localhost", self.port, context=trust, timeout=60)
        line.connect()
        return contextlib.closing(line)

    def get(self, line, path, **more):
        line.request("GET", path, headers={**self.headers, **more})
        return line.getresponse()


def _fetch(site, line, path, size, first, pieces, seen):
    buffer = memoryview(bytearray(PIECE))
    for i in range(pieces):
        at = (first + i) * PIECE % (size - PIECE)
        with site.get(line, path, Range=f"bytes={at}-{at + PIECE - 1}") as answer:
            got = 0
            while got < PIECE and (n := answer.readinto(buffer[got:])):
                got += n
        seen.append(got if answer.status == 206 else 0)


def _seconds_per_gbit(site, path, size, pieces):
    """CPU of the site's process for a Gbit of body, at so many pieces for each connection."""
    seen = []
    with contextlib.ExitStack() as stack:
        lines = [stack.enter_context(site.connect()) for _ in range(CONNECTIONS)]
        for line in lines:
            site.get(line, path, Range="bytes=0-9").read()
        cipher = lines[0].sock.cipher()[0] if site.tls else ""
        before = cpu(site.process.pid)
        clients = [threading.Thread(target=_fetch, args=(site, line, path, size, i * pieces, pieces, seen))
                   for i, line in enumerate(lines)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        used = cpu(site.process.pid) - before
    if seen != [PIECE] * CONNECTIONS * pieces:
        raise RuntimeError(f"{path}: not all of it came")
    return used / (sum(seen) * 8 / 1e9), cipher


def _lectern(stack, folder, certificate, key):
    port = _free_port()
    (folder / "config").write_text(f"[server]\nhttps = 127.0.0.1:{port}\ncertificate = {certificate}\nkey = {key}\n",
                                   encoding="ascii")
    server = stack.enter_context(Program([program("lectern-server"), "--data", folder / "data", "--config",
                                          folder / "config", "--listen", "127.0.0.1:0", "--json"]))
    wait_until(lambda: '"url"' in server.log or not server.alive(), 60, "the server")
    told = json.loads(next(line for line in server.log.splitlines() if line.startswith("{") and '"url"' in line))
    bearer = {"Authorization": f"Bearer {told['code']}"}
    return (_Site(server, int(told["url"].rstrip("/").rsplit(":", 1)[1]), None, bearer),
            _Site(server, port, certificate, bearer))


def _nginx(stack, folder, certificate, key):
    """As Debian sets it up (sendfile, TLS 1.2 and 1.3), but one process, whose CPU is all there is."""
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin") or skip("nginx is not installed")
    plain, secure = _free_port(), _free_port()
    places = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/pid;\nevents {{ }}\nhttp {{\n{places}access_log off;\nsendfile on;\n"
        f"tcp_nopush on;\nkeepalive_requests 100000;\nserver {{ listen 127.0.0.1:{plain}; listen 127.0.0.1:{secure} ssl;\n"
        f"ssl_certificate {certificate};\nssl_certificate_key {key};\nssl_protocols TLSv1.2 TLSv1.3;\nroot {folder};\n}}\n}}\n",
        encoding="ascii")
    server = stack.enter_context(Program([nginx, "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"]))
    wait_until(lambda: _listens(plain) and _listens(secure) or not server.alive(), 20, "nginx")
    return _Site(server, plain, None, {}), _Site(server, secure, certificate, {})


def _save(site, path, file):
    """The bytes that lectern sends as a file, so that nginx sends the same."""
    with site.connect() as line, site.get(line, path) as answer, open(file, "wb") as out:
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status}")
        shutil.copyfileobj(answer, out, PIECE)
    return file.stat().st_size


def vod(quick):
    """The figures vod: a reel and a lesson as one MP4, plain and over TLS."""
    pairs, pieces = (3, 16) if quick else (9, 64)
    figures = []
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = pathlib.Path(name)
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
             "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", 2, "-keyout", key, "-out", certificate])
        (folder / "data/lessons").mkdir(parents=True)
        small = folder / "small.yuv"
        run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "1920x1080", "-i",
             raw_pictures(folder, 60), "-vf", f"scale={WIDTH}:{HEIGHT}", "-f", "rawvideo", small])
        run([program("longlesson"), small, WIDTH, HEIGHT, MINUTES, folder / "data/lessons" / LESSON], timeout=600)
        ours, theirs = _lectern(stack, folder, certificate, key), _nginx(stack, folder, certificate, key)
        for what, path, file in (("a reel", REEL, "reel.mp4"), ("a lesson as one MP4", MEDIA, "lesson.mp4")):
            size = _save(ours[0], path, folder / file)
            for own, other, words, goal in zip(ours, theirs, ("plain", "over TLS"), (5, 2)):
                figure = Figure("vod", f"{what} by ranges of 1 MiB, {words}: CPU", "s/Gbit", "nginx, a file")
                for _ in range(pairs):
                    used, cipher = _seconds_per_gbit(own, path, size, pieces)
                    reference, its = _seconds_per_gbit(other, "/" + file, size, pieces)
                    figure.pair(used, reference)
                figure.notes["bytes"] = f"{size}{', ' + cipher if cipher else ''}{' / ' + its if its != cipher else ''}"
                figure.goal_ratio(goal, f"ratio <= {goal}")
                figures.append(figure)
    return figures
