# SPDX-License-Identifier: GPL-3.0-or-later
"""Live: one film to many viewers, by our server, and by Debian's Janus or a bare loop.

All get the same coded film, cut into the same packets, and the same swarm watches; what counts
is the server's own processor time and memory. Each starts anew for each run.
"""

import contextlib
import json
import pathlib
import shutil
import socket
import statistics
import tempfile
import time

from _lab import Program, program, run, skip, wait_until
from _material import ahead, coded_film
from _measure import Figure, cpu, memory, say

HZ = 30
MOUNT = 1


def _free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _own_address():
    """An address of this machine that is not 127.0.0.1, which Janus does not offer."""
    words = run(["hostname", "-I"], check=False).stdout.split()
    return next((word for word in words if "." in word), None) or skip("Janus needs a network card")


class _Server:
    """A server that is fed; `watch` is what the swarm is told of it."""

    name = ""

    def __init__(self, film, _viewers):
        self.film = film
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lectern-bench-"))
        self.programs = contextlib.ExitStack()
        self.programs.callback(shutil.rmtree, self.folder, ignore_errors=True)

    def start(self, command, until):
        server = self.programs.enter_context(Program(ahead(command)))
        try:
            wait_until(lambda: until(server) or not server.alive(), 20, self.name)
        finally:
            if not server.alive():
                say(server.log[-1000:])
        self.pid = server.pid
        return server

    def feed(self, *words):
        self.programs.enter_context(Program(ahead([program("feed"), self.film, *words])))
        time.sleep(3)  # a server begins with a key picture, which comes each 2 s

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.programs.close()


class Lectern(_Server):
    name = "lectern"
    settings = ""

    def __init__(self, film, viewers):
        super().__init__(film, viewers)
        config = self.folder / "config"
        config.write_text(f"[room main]\nsource = demo\n[server]\n{self.settings}\n",
                          encoding="ascii")
        server = self.start([program("lectern-server"), "--data", self.folder / "data", "--config",
                             config, "--listen", "127.0.0.1:0", "--json"],
                            lambda server: '"url"' in server.log)
        told = json.loads(next(line for line in server.log.splitlines() if line.startswith("{")))
        self.feed("--link", self.folder / "data/link")
        self.watch = ["--url", told["url"], "--code", told["code"]]


class Janus(_Server):
    """Debian's, its configuration as installed but for ICE-lite, which our viewers need."""

    name = "Debian's janus"
    general = ""

    def __init__(self, film, viewers):
        if not shutil.which("janus"):
            skip("janus is not installed: apt install --no-install-recommends janus")
        super().__init__(film, viewers)
        http, rtp = _free_port(socket.SOCK_STREAM), _free_port(socket.SOCK_DGRAM)
        shutil.copytree("/etc/janus", self.folder / "janus")
        self._write("janus", "general: { debug_level = 2\n session_timeout = 0\n " + self.general +
                    " }\nnat: { ice_lite = true }\n"
                    'plugins: { disable = "libjanus_audiobridge.so,libjanus_duktape.so,'
                    "libjanus_echotest.so,libjanus_lua.so,libjanus_nosip.so,libjanus_recordplay.so,"
                    "libjanus_sip.so,libjanus_textroom.so,libjanus_videocall.so,"
                    'libjanus_videoroom.so,libjanus_voicemail.so" }\n'
                    'transports: { disable = "libjanus_mqtt.so,libjanus_nanomsg.so,'
                    'libjanus_pfunix.so,libjanus_rabbitmq.so,libjanus_websockets.so" }\n')
        self._write("janus.transport.http", 'general: { json = "compact"\n base_path = "/janus"\n '
                    f'http = true\n port = {http}\n ip = "127.0.0.1"\n https = false }}\n'
                    "admin: { admin_http = false }\n")
        self._write("janus.plugin.streaming", f'film: {{ type = "rtp"\n id = {MOUNT}\n '
                    f'audio = false\n video = true\n videoport = {rtp}\n videopt = 96\n '
                    'videocodec = "h264"\n videofmtp = "profile-level-id=42e01f;'
                    'packetization-mode=1" }\n')
        self.start(["janus", "-F", self.folder / "janus"], lambda _: _listens(http))
        self.feed("--rtp", rtp)
        self.watch = ["--url", f"http://127.0.0.1:{http}", "--janus", MOUNT, "--media",
                      _own_address()]

    def _write(self, name, text):
        (self.folder / "janus" / f"{name}.jcfg").write_text(text, encoding="ascii")


class JanusTwoLoops(Janus):
    name = "janus, event_loops = 2"
    general = "event_loops = 2"


class BareLoop(_Server):
    name = "bare loop"

    def __init__(self, film, viewers):
        super().__init__(film, viewers)
        port = _free_port(socket.SOCK_DGRAM)
        self.start([program("bareloop"), film, port, viewers], lambda server: "ready" in server.log)
        self.watch = ["--bare", "--url", f"http://127.0.0.1:{port}"]


class LecternBySocket(Lectern):
    name = "lectern by WebSocket"

    def __init__(self, film, viewers):
        super().__init__(film, viewers)
        self.watch += ["--kind", "ws"]


class LecternByTls(LecternBySocket):
    name = "lectern by WebSocket and TLS"

    def __init__(self, film, viewers):
        port = _free_port(socket.SOCK_STREAM)
        certificate, key = _certificate(film)
        self.settings = f"https = 127.0.0.1:{port}\ncertificate = {certificate}\nkey = {key}"
        super().__init__(film, viewers)
        self.watch[1] = f"https://127.0.0.1:{port}"


class BareSocketLoop(_Server):
    name = "bare loop, epoll and send"

    def __init__(self, film, viewers, *tls):
        super().__init__(film, viewers)
        port = _free_port(socket.SOCK_STREAM)
        self.start([program("barews"), film, port, viewers, *tls],
                   lambda server: "ready" in server.log)
        self.watch = ["--kind", "ws", "--url", f"http{'s' if tls else ''}://127.0.0.1:{port}"]


class BareTlsLoop(BareSocketLoop):
    name = "bare loop, epoll and SSL_write"

    def __init__(self, film, viewers):
        super().__init__(film, viewers, *_certificate(film))


def _certificate(film):
    """One that lies beside the film, and its key."""
    certificate, key = (film.with_name(name) for name in ("certificate.pem", "key.pem"))
    if not key.exists():
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-subj", "/CN=localhost", "-days", 2, "-keyout", key, "-out", certificate])
    return certificate, key


def _listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _run(kind, film, viewers, seconds):
    """What the swarm tells, with the server's CPU in ms a viewer and second, and its memory in KB."""
    with kind(film, viewers) as server:
        empty = memory(server.pid)[0]
        swarm = Program([program("swarm"), *server.watch, "--viewers", viewers, "--seconds", seconds])
        with swarm:
            wait_until(lambda: "counting" in swarm.log or not swarm.alive(), 90, "the swarm")
            before, full = cpu(server.pid), memory(server.pid)[0]
            wait_until(lambda: "counted" in swarm.log or not swarm.alive(), seconds + 60, "the swarm")
            used = cpu(server.pid) - before
            swarm.wait(60)
            told = json.loads(swarm.log.splitlines()[-1])
    told["cpu"] = used / told["seconds"] / viewers * 1000
    told["memory"] = (full - empty) * 1024
    whole = (told["seconds"] - 0.5) * HZ
    if told["viewers"] < viewers or told["missing"] or told["not_opened"] or \
            told["fewest_pictures"] < whole:
        told["flaw"] = (f"{told['viewers']} of {viewers} viewers, {told['missing']} packets missing, "
                        f"the worst-off viewer has {told['fewest_pictures'] / told['seconds']:.1f} "
                        "pictures a second")
        say(f"{kind.name}: {told['flaw']}")
    return told


def _pairs(figure, ours, theirs, film, viewers, quick):
    """Ours and theirs in turns. A run of ours that misses something does not count as reached."""
    flaws = {"ours": [], "theirs": []}
    seconds, pairs = (5, 1) if quick else (10, 3)
    for _ in range(pairs):
        told = {"ours": _run(ours, film, viewers, seconds),
                "theirs": _run(theirs, film, viewers, seconds)}
        figure.pair(told["ours"]["cpu"], told["theirs"]["cpu"])
        for name, one in told.items():
            flaws[name] += [one["flaw"]] if "flaw" in one else []
    figure.notes["runs in which something was missing"] = "; ".join(
        f"{name}: {', '.join(found) or 'none'}" for name, found in flaws.items())
    return not flaws["ours"]


def _cost(name, ours, references, quick):
    """CPU a viewer, beside each reference: (kind, viewers, most, words)."""
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        film = coded_film(folder)
        for kind, viewers, most, words in references:
            figure = Figure(name, f"1080p30, 3 Mbit/s to {viewers} viewers", "CPU ms/(viewer s)",
                            kind.name)
            whole = _pairs(figure, ours, kind, film, viewers, quick)
            figure.goal_ratio(most, words + ", every picture")
            figure.reached = figure.reached and whole
            figures.append(figure)
    return figures


def live_srtp(quick):
    return _cost("live-srtp", Lectern,
                 [(Janus, 100, 1 / 10, "<= 1/10"), (JanusTwoLoops, 100, 1 / 4, "<= 1/4"),
                  (BareLoop, 100, 1.5, "<= 1.5"), (BareLoop, 200, 1.5, "<= 1.5")], quick)


def live_ws(quick):
    return _cost("live-ws", LecternBySocket, [(BareSocketLoop, 100, 1.4, "<= 1.4")], quick)


def live_ws_tls(quick):
    return _cost("live-ws-tls", LecternByTls, [(BareTlsLoop, 100, 1.3, "<= 1.3")], quick)


def live_memory(quick):
    figure = Figure("live-memory", "memory a viewer more, 50 to 150 viewers", "KB", Janus.name)
    socket_figure = Figure("live-memory", "the same by WebSocket", "KB", "")
    with tempfile.TemporaryDirectory() as folder:
        film = coded_film(folder)

        def slope(kind):
            few, many = (_run(kind, film, viewers, 2)["memory"] for viewers in (50, 150))
            return (many - few) / 100

        for _ in range(1 if quick else 3):
            figure.pair(slope(Lectern), slope(Janus))
            socket_figure.alone(slope(LecternBySocket))
    for one in (figure, socket_figure):
        one.goal_value("<= 64 KB", statistics.median(one.ours) <= 64)
    return [figure, socket_figure]


def live_join(quick):
    """One viewer after the other, so that none waits for another's handshake."""
    join = Figure("live-join", "POST to the end of the first key picture, p95", "ms", Janus.name)
    early = Figure("live-first", "chunk in to first packet of the last of 300 viewers, p99", "ms", "")
    last = Figure("live-last", "chunk in to last packet of the last of 300 viewers, p99", "ms", "")
    with tempfile.TemporaryDirectory() as folder:
        film = coded_film(folder)
        for _ in range(1 if quick else 3):
            ours, theirs = (statistics.quantiles(
                [_run(kind, film, 1, 1)["whole_ms"]["max"] for _ in range(5 if quick else 10)],
                n=20, method="inclusive")[-1] for kind in (Lectern, Janus))
            join.pair(ours, theirs)
        for _ in range(1 if quick else 3):
            told = _run(Lectern, film, 300, 5 if quick else 10)
            early.alone(told["to_all_first_ms"]["p99"])
            last.alone(told["to_all_last_ms"]["p99"])
            early.notes["p50, p95"] = ", ".join(
                f"{told['to_all_first_ms'][name]} ms" for name in ("p50", "p95"))
            early.notes["missing"] = told.get("flaw", "nothing")
    join.goal_value("<= 150 ms", statistics.median(join.ours) <= 150)
    early.goal_value("<= 5 ms", statistics.median(early.ours) <= 5)
    last.goal_value("(the pace: 15 Mbit/s a viewer)", True)
    return [join, early, last]


def live_long(quick):
    """The same 100 viewers for half an hour: neither delay nor memory grows."""
    minutes = 1 if quick else 30
    part = 10 if quick else 60  # seconds
    samples = []
    with tempfile.TemporaryDirectory() as folder, Lectern(coded_film(folder), 100) as server:
        swarm = Program([program("swarm"), *server.watch, "--viewers", 100, "--seconds",
                         minutes * 60 + 2, "--every", part])
        with swarm:
            while len(samples) < minutes * 60 // part:
                seen = len(samples)
                wait_until(lambda: swarm.log.count("\n{") > seen or not swarm.alive(),
                           part + 90, "the swarm")  # pylint: disable=cell-var-from-loop
                if not swarm.alive():
                    raise RuntimeError(f"the swarm has ended: {swarm.log[-300:]}")
                told = json.loads(swarm.log.splitlines()[seen + 1])
                samples.append((told["to_all_last_ms"]["p50"], memory(server.pid)[0]))
    few = max(1, len(samples) // 6)
    figures = []
    for i, what, unit, most in ((0, "delay, chunk in to last packet of all, p50", "ms", 1),
                                (1, "memory", "MB", 1)):
        first, last = (statistics.median(sample[i] for sample in some)
                       for some in (samples[:few], samples[-few:]))
        figure = Figure("live-long", f"100 viewers, {minutes} min: growth of {what}", unit, "")
        figure.alone(last - first)
        figure.notes["first and last 5 minutes" if not quick else "begin and end"] = (
            f"{first:.1f}, {last:.1f} {unit}")
        figure.goal_value(f"<= {most} {unit}", last - first <= most)
        figures.append(figure)
    return figures
