#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Live by WebSocket on the real programs: what a viewer gets, who is refused and how, and viewers
that stop reading, say too much, come by the hundred or vanish, beside one that watches on; and one
whose line is narrow for a while."""

import base64
import contextlib
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from _programs import ROOT, RoomTest, until

sys.path.insert(0, str(ROOT / "tests" / "support"))

import beside  # noqa: E402  the path is set above
from websocket import CLOSE, PING, TEXT, Refused, WebSocket  # noqa: E402  the path is set above

LIVE = "/api/v1/live/main/ws"


def track_of(chunk):
    at = chunk.index(b"tfhd")
    return int.from_bytes(chunk[at + 8:at + 12], "big")


def flags_of(chunk):
    """sample_flags of the first sample in its trun (tr_flags 0x000f01: offset, then duration, size, flags)."""
    at = chunk.index(b"trun") + 4
    flags = int.from_bytes(chunk[at + 1:at + 4], "big")
    at += 8 + 4 * (flags & 1)
    if flags & 4:
        return int.from_bytes(chunk[at:at + 4], "big")
    at += 4 * (flags >> 8 & 1) + 4 * (flags >> 9 & 1)
    return int.from_bytes(chunk[at:at + 4], "big")


class Reader(threading.Thread):
    """An honest viewer in the background: when chunks of its first track came."""

    def __init__(self, ws):
        super().__init__()
        self.ws, self.came, self.texts = ws, [], []
        self.start()

    def run(self):
        while (message := self.ws.message()) is not None:
            if isinstance(message, bytes):
                self.came.append(time.monotonic())
            else:
                self.texts.append(message)

    def worst(self):
        """The longest time between two chunks."""
        return max(b - a for a, b in zip(self.came, self.came[1:]))


def time_of(chunk):
    """Its tfdt's 64 bits, in ticks."""
    at = chunk.index(b"tfdt")
    return int.from_bytes(chunk[at + 8:at + 16], "big")


class LiveTest(RoomTest):
    def watch(self, query="", path=LIVE, **more):
        headers = {**self.bearer, **more.pop("headers", {})}
        return WebSocket(self.port, path + query, headers, **more)


class WsTest(LiveTest):
    def test_greeting_then_chunks_from_a_key_frame(self):
        self.on_air()
        before = self.room()["status"]["elapsed_ns"]
        with self.watch() as ws:
            greeting = ws.message()
            tracks = {track["id"]: track for track in greeting["tracks"]}
            self.assertEqual([track["name"] for track in greeting["tracks"]], ["camera", "screen", "sound"])
            self.assertGreater(greeting["now_ns"], 0)
            self.assertLess(abs(greeting["now_ns"] - before), 20 * 10**9)
            for track in tracks.values():
                init = base64.urlsafe_b64decode(track["init"] + "==")
                self.assertEqual((init[4:8], b"moov" in init), (b"ftyp", True))
                self.assertRegex(track["codecs"], "^mp4a" if track["kind"] == "sound" else "^avc1")
            first = {}
            end = time.monotonic() + 2
            count = 0
            while time.monotonic() < end or count <= 2 * 30:
                chunk = ws.message()
                self.assertIsInstance(chunk, bytes)
                self.assertEqual(chunk[4:8], b"moof")
                first.setdefault(track_of(chunk), chunk)
                count += 1
        self.assertEqual(set(first), set(tracks))
        for track, chunk in first.items():
            if tracks[track]["kind"] == "picture":
                self.assertFalse(flags_of(chunk) & 0x10000, "a key frame")  # sample_is_non_sync_sample

    def test_only_what_was_asked_for(self):
        self.on_air()
        with self.watch("?track=sound&track=screen&track=nothing") as ws:
            names = {track["id"]: track["name"] for track in ws.message()["tracks"]}
            self.assertEqual(sorted(names.values()), ["screen", "sound"])
            self.assertEqual({names[track_of(ws.message())] for _ in range(60)}, {"screen", "sound"})

    def test_who_is_refused(self):
        self.on_air()
        code = self.bearer["Authorization"]
        for status, query, headers in (
                (401, "", {"Authorization": None}),
                (401, "", {"Authorization": "Bearer wrong"}),
                (403, "", {"Origin": "http://elsewhere.example"}),
                (421, "", {"Host": "elsewhere.example"}),
                (409, "?track=nothing", {}),
                (400, "?track=a&track=b&track=c&track=d&track=e", {}),
                (426, "", {"Sec-WebSocket-Version": "8"}),
                (426, "", {"Sec-WebSocket-Version": None}),
                (400, "", {"Sec-WebSocket-Key": None}),
                (400, "", {"Content-Length": "4"}),
                (0, "", {"Upgrade": "h2c"}),
                (0, "", {"Upgrade": "foo"})):
            with self.subTest(status=status, query=query, headers=headers):
                with self.assertRaises(Refused) as refused:
                    WebSocket(self.port, LIVE + query, {"Authorization": code, **headers})
                self.assertIn(refused.exception.status, (status, 403) if status == 0 else (status,))
                if status:
                    fault = json.loads(refused.exception.body)["fault"]
                    self.assertTrue(fault["en"] and fault["zh"])
        for status, path in ((404, "/api/v1/live/nowhere/ws"), (400, "/api/v1/rooms")):
            with self.subTest(path=path), self.assertRaises(Refused) as refused:
                self.watch(path=path)
            self.assertEqual(refused.exception.status, status)
        self.watch(headers={"Origin": self.url}).socket.close()
        until(lambda: self.metric("ws_viewers") == 0, 5, "all to be gone")

    def test_who_says_too_much(self):
        self.on_air()
        with self.watch("?track=sound") as ws:
            ws.send(TEXT, b"a little")
            ws.send(PING, b"12")
            self.assertIsInstance(ws.message(), dict)
            for _ in range(3):
                ws.send(TEXT, b"x" * 500)
            while ws.message() is not None:
                pass
            self.assertEqual(ws.closed, 1009)

    def test_who_leaves_is_forgotten(self):
        self.on_air()
        with self.watch() as polite:
            self.assertEqual(self.metric("ws_viewers"), 1)
            polite.send(CLOSE, b"\x03\xe8")
            until(lambda: self.metric("ws_viewers") == 0, 3, "goodbye to be heard")
        self.watch().socket.close()
        until(lambda: self.metric("ws_viewers") == 0, 3, "the end of the connection to be seen")

    def test_who_stops_reading_is_cut_off_and_others_watch_on(self):
        self.on_air()
        with self.watch("?track=camera") as honest, contextlib.ExitStack() as stack:
            reader = Reader(honest)
            lazy = [stack.enter_context(self.watch(receive_buffer=4096)) for _ in range(50)]
            self.assertEqual(self.metric("ws_viewers"), 51)
            until(lambda: self.metric("ws_viewers") == 1, 30, "those who do not read to be cut off")
            time.sleep(1)
            honest.socket.shutdown(socket.SHUT_RDWR)
            reader.join()
            self.assertEqual(len(lazy), 50)
        self.assertEqual([text for text in reader.texts if "skip" in text], [])
        self.assertLess(reader.worst(), 1)

    def test_a_slow_reader_is_moved_ahead_and_told(self):
        self.on_air()
        with self.watch(receive_buffer=4096) as ws:
            ws.message()
            before = self.metric("ws_skipped_total")
            skips = []
            end = time.monotonic() + 15
            while not skips and time.monotonic() < end:
                time.sleep(2.5)  # and then all there is, at once
                burst = time.monotonic() + 0.4
                while time.monotonic() < burst and (message := ws.message()) is not None:
                    if isinstance(message, dict) and "skip" in message:
                        skips.append(message["skip"])
            self.assertTrue(skips)
            self.assertGreater(skips[0]["to_ns"], skips[0]["from_ns"])
            self.assertGreater(self.metric("ws_skipped_total"), before)

    def test_the_bell(self):
        self.on_air()
        with self.watch() as ws:
            ws.message()
            self.ask("DELETE", "/api/v1/rooms/main/recording")
            last = None
            while (message := ws.message()) is not None:
                last = message
            self.assertEqual((last, ws.closed), ({"end": True}, 1000))
        with self.assertRaises(Refused) as refused:
            self.watch()
        self.assertEqual(refused.exception.status, 409)


class NarrowTest(LiveTest):
    """A camera of 1.4 Mbit/s and its sound, on a line of 1 Mbit/s that later is wide."""

    GOP = 2 * 90000

    @classmethod
    def setUpClass(cls):
        with contextlib.ExitStack() as stack:
            film = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory())) / "film.mp4"
            subprocess.run(
                ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=640x480:r=30:d=4,noise=alls=60:allf=t",
                 "-f", "lavfi", "-i", "sine=r=48000:d=4", "-c:v", "mjpeg", "-q:v", "5", "-c:a", "aac", film], check=True)
            cls.source = f"file:{film}"
            super().setUpClass()
            cls.stack.push(stack.pop_all())

    def camera(self):
        return next(track for track in self.room()["status"]["tracks"]
                    if track["name"] == "camera")

    def chunks(self, ws, ids):
        """Each chunk of the camera: (its own track or the twin's, ticks, a key frame)."""
        while True:
            message = ws.message()
            if isinstance(message, dict):
                ids.update({track["id"]: track for track in message.get("tracks", [])})
            elif ids[track_of(message)]["name"] == "camera":
                yield track_of(message), time_of(message), not flags_of(message) & 0x10000

    def test_a_narrow_line_gets_small_pictures_and_a_wide_one_full_ones(self):
        self.on_air()
        try:
            self.judge()
        except AssertionError:
            step = self.camera()["step"]
            if step > 0:  # and then a recorder gives no twins
                self.skipTest(f"the machine is short of CPU: step {step}")
            raise

    def judge(self):
        with self.watch(receive_buffer=32768) as ws:
            ids = {}
            ws.limit(1e6)
            chunks = self.chunks(ws, ids)
            until(lambda: next(chunks)[0] == 2001, 20, "small pictures")
            self.assertTrue(ids[2001]["small"])
            self.assertEqual((ids[2001]["width"], ids[2001]["height"]), (480, 360))
            self.assertTrue(self.camera()["small"], "a person can see it")
            before = next(chunks)[1]
            begin = before
            while before < begin + 3 * self.GOP:
                track, ticks, _ = next(chunks)
                self.assertEqual(track, 2001)
                self.assertLess(ticks - before, self.GOP)
                before = ticks
            ws.limit(None)
            while (chunk := next(chunks))[0] == 2001:
                self.assertLess(chunk[1] - before, self.GOP)
                before = chunk[1]
            self.assertTrue(chunk[2], "full pictures begin with a key frame")
            self.assertLess(chunk[1] - before, self.GOP)
        self.assertEqual(self.metric("ws_narrowed_total"), 1)
        until(lambda: not self.camera()["small"], 8, "the twin to end when nobody needs it")


if __name__ == "__main__":
    beside.main(3)
