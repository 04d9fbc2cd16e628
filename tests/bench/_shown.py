# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a picture takes from the moment it is published until Chromium shows it.

A chunk counts as published when a plain reader of the room's WebSocket on this machine has it. Both
say the time of its capture, so that the two meet: the chunk by its tfdt, the picture by its pixels.
"""

import base64
import json
import pathlib
import statistics
import struct
import sys
import tempfile
import threading
import time
import urllib.request

from _lab import Program, program, wait_until
from _measure import Figure, say

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from websocket import WebSocket  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
TFDT = 60  # of a chunk's bytes: docs/formats/tape.md
TURN_MS = 1 << 24
SAME_MS = 12  # pictures are 33 ms apart
SETTLED_S = 5


def _timescale(init):
    """Ticks a second of an init: its mdhd's."""
    at = init.index(b"mdhd") + 4
    return struct.unpack_from(">I", init, at + (20 if init[at] == 1 else 12))[0]


class _Published(threading.Thread):
    """When each picture of the camera came, by the millisecond of its capture."""

    def __init__(self, url, code):
        super().__init__(daemon=True)
        port = int(url.rstrip("/").rsplit(":", 1)[1])
        self.client = WebSocket(port, "/api/v1/live/main/ws?track=camera",
                                {"Authorization": f"Bearer {code}"})
        self.at, self.turned = {}, {}
        self.ended = False

    def run(self):
        zero_ms, timescale = 0, 0
        while not self.ended and (message := self.client.message()) is not None:
            now = time.monotonic() * 1000
            if isinstance(message, bytes):
                ticks = struct.unpack_from(">Q", message, TFDT)[0]
                self.at[round(zero_ms + ticks * 1000 / timescale)] = now
            elif "zero_ns" in message:
                zero_ms = message["zero_ns"] / 1e6
                init = message["tracks"][0]["init"]
                timescale = _timescale(base64.urlsafe_b64decode(init + "=" * (-len(init) % 4)))

    def of(self, code):
        """The moment of the picture with this clock; None: it is not known."""
        near = sorted(range(-SAME_MS, SAME_MS + 1), key=abs)
        return next((self.turned[(code + off) % TURN_MS] for off in near
                     if (code + off) % TURN_MS in self.turned), None)

    def end(self):
        self.ended = True
        self.turned = {ms % TURN_MS: at for ms, at in self.at.items()}


def _request(url, code, path, body):
    request = urllib.request.Request(f"{url}api/v1{path}", json.dumps(body).encode(), method="POST",
                                     headers={"Authorization": f"Bearer {code}",
                                              "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def _delays(join, published):
    """(seconds since the join, delay in ms) of each picture that could be read."""
    return [((shown - join["joined_ms"]) / 1000, shown - at) for clock, shown in join["shown"]
            if clock >= 0 and (at := published.of(clock)) is not None]


def _watch(way, joins, seconds):
    with tempfile.TemporaryDirectory(prefix="lectern-bench-") as folder:
        up = Program([program("lectern"), "up", "--data", folder, "--listen", "127.0.0.1:0",
                      "--source", "demo", "--json"])
        with up:
            wait_until(lambda: '"url"' in up.log or not up.alive(), 20, "lectern up")
            told = json.loads(next(line for line in up.log.splitlines() if line.startswith("{")))
            wait_until(lambda: _begins(told), 20, "a lesson")
            time.sleep(3)
            published = _Published(told["url"], told["code"])
            published.start()
            watcher = Program(["node", HERE / "liveshown.mjs", told["url"], told["code"], way,
                               joins, seconds])
            with watcher:
                watcher.wait(60 + joins * (seconds + 20))
                lines = [line for line in watcher.log.splitlines() if line.startswith("{")]
                if len(lines) < joins:
                    raise RuntimeError(watcher.log[-1000:])
            published.end()
    return [(json.loads(line), _delays(json.loads(line), published)) for line in lines]


def _begins(told):
    try:
        return _request(told["url"], told["code"], "/rooms/main/recording", {"title": "bench"})
    except OSError:
        return None


def live_shown(quick):
    """Each way's delay while it runs, soon after a join, and how soon the first picture is there."""
    joins, seconds = (2, 10) if quick else (5, 20)
    figures = []
    for way, words, goals in (("webrtc", "SRTP", (60, 120)), ("websocket", "WebSocket", (200, 350))):
        seen = _watch(way, joins, seconds)
        half = Figure("live-shown", f"chunk published to picture shown by {words}, p50", "ms", "")
        most = Figure("live-shown", f"chunk published to picture shown by {words}, p95", "ms", "")
        after = Figure("live-shown", f"delay 2 s after a join by {words}, less the steady one", "ms", "")
        first = Figure("live-shown", f"join to first picture by {words}", "ms", "")
        for join, delays in seen:
            steady = [delay for since, delay in delays if since > SETTLED_S]
            soon = [delay for since, delay in delays if 1.5 < since < 2.5]
            half.alone(statistics.median(steady))
            most.alone(statistics.quantiles(steady, n=20)[-1])
            after.alone(statistics.median(soon) - statistics.median(steady))
            first.alone(join["first_ms"])
            say(f"{way}: {len(delays)} of {len(join['shown'])} pictures read")
        half.goal_value(f"<= {goals[0]} ms", statistics.median(half.ours) <= goals[0])
        most.goal_value(f"<= {goals[1]} ms", statistics.median(most.ours) <= goals[1])
        after.goal_value("<= 50 ms", statistics.median(after.ours) <= 50)
        first.goal_value("(told)", True)
        figures += [half, most, after, first]
    return figures
