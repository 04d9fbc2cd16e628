#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""HLS from a real server, played by ffmpeg and by both of GStreamer's demuxers: every picture and
every sound frame of the tape arrives, in its order and at its time, while the lesson is recorded,
when it has ended, over new reels and over a hole."""

import contextlib
import http.server
import os
import pathlib
import signal
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time

from _programs import BIN, TOOLS, Server

LESSON = "20260301-080000-test-0001"
failures = []


def check(ok, what):
    if not ok:
        failures.append(what)
        print("FAILED:", what)
    return ok


@contextlib.contextmanager
def signed_in(server):
    """For players that cannot sign in: an address that does it for them."""
    class Proxy(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            status, head, content = server.ask("GET", self.path)
            self.send_response(status)
            self.send_header("Content-Type", head["Content-Type"])
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    proxy.daemon_threads = True
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{proxy.server_port}"
    proxy.shutdown()
    proxy.server_close()


def rows_of(track):
    """(seconds, key) of each chunk of a tape, by docs/formats/tape.md."""
    rows = []
    for file in sorted(track.glob("[0-9]*.index")):
        index = file.read_bytes()
        rate = struct.unpack(">I", index[20:24])[0]
        for at in range(80, len(index) - 43, 44):
            rows.append((struct.unpack(">Q", index[at + 8:at + 16])[0] / rate, index[at + 28] & 1))
    return rows


def sound_frames(track):
    return sum(file.read_bytes()[at + 29] for file in sorted(track.glob("[0-9]*.index"))
               for at in range(80, file.stat().st_size - 43, 44))


def ffmpeg(url, folder, *options, code=None, kinds="va"):
    """Starts decoding: pictures to v, sound to a, a line each."""
    headers = ["-headers", f"Authorization: Bearer {code}\r\n"] if code else []
    maps = [x for kind in kinds for x in ("-map", f"0:{kind}", "-f", "framemd5", folder / kind)]
    return subprocess.Popen(
        ["ffmpeg", "-hide_banner", "-nostdin", "-y", "-v", "repeat+warning", *headers, *options, "-i", url,
         "-fps_mode", "passthrough", "-enc_time_base", "1:90000", *maps],
        stderr=subprocess.PIPE, text=True)


def frames(file):
    """Times in seconds of what framemd5 wrote."""
    rate, times = 1, []
    for line in file.read_text().splitlines() if file.exists() else []:
        if line.startswith("#tb 0:"):
            rate = int(line.split("/")[1])
        elif not line.startswith("#"):
            times.append(int(line.split(",")[2]) / rate)
    return times


# It reads the init again at every reload of a running playlist, and says so.
FFMPEG_SAYS = "Found duplicated MOOV Atom. Skipped it"


def judge(what, process, folder, pictures, sounds):
    words = [line for line in process.communicate(timeout=120)[1].splitlines()
             if line and FFMPEG_SAYS not in line]
    check(process.returncode == 0 and not words, f"{what}: ffmpeg says {words[:5]}")
    seen, heard = frames(folder / "v"), frames(folder / "a")
    check(len(seen) == len(pictures), f"{what}: {len(seen)} of {len(pictures)} pictures")
    check(len(heard) == sounds, f"{what}: {len(heard)} of {sounds} sound frames")
    for times in (seen, heard):
        check(all(a < b for a, b in zip(times, times[1:])), f"{what}: times do not grow")
    if seen and len(seen) == len(pictures):
        off = max(abs(time - seen[0] - (row[0] - pictures[0][0])) for time, row in
                  zip(seen, pictures))
        check(off < 0.001, f"{what}: a picture is {off} s off its time")
    print(f"{what}: {len(seen)} pictures, {len(heard)} sound frames")


def gstreamer(what, url, bin_name, rank, pictures):
    """Pictures as GStreamer decodes them: a line each."""
    command = ["gst-launch-1.0", "-q", bin_name, f"uri={url}", "name=d",
               "d.", "!", "video/x-raw", "!", "checksumsink", "sync=false",
               "d.", "!", "audio/x-raw", "!", "fakesink", "sync=false"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100,
                          env=dict(os.environ, GST_PLUGIN_FEATURE_RANK=rank))
    lines = done.stdout.splitlines()
    check(done.returncode == 0 and len(lines) == len(pictures),
          f"{what}: GStreamer ({rank}) {done.returncode}, {len(lines)} of {len(pictures)} pictures, "
          f"{done.stderr[:300]}")
    print(f"{what}: {len(lines)} pictures by GStreamer, {rank}")


def ended_lessons(folder):
    data = folder / "made"
    lesson = data / "lessons" / LESSON
    lesson.parent.mkdir(parents=True)
    subprocess.run([TOOLS / "tapemaker", "reels", lesson], check=True, stdout=subprocess.DEVNULL)
    server = Server(data)
    with signed_in(server) as address:
        url = f"{address}/live/test/index.m3u8"
        for what in ("reels", "hole"):
            pictures = rows_of(lesson / "camera")
            judge(what, ffmpeg(url, folder), folder, pictures, sound_frames(lesson / "sound"))
            gstreamer(what, url, "uridecodebin", "hlsdemux:500,hlsdemux2:0", pictures)
            if what == "reels":
                gstreamer(what, url, "uridecodebin3", "hlsdemux:0,hlsdemux2:500", pictures)
                for file in lesson.glob("*/0002.*"):
                    file.unlink()
                time.sleep(0.3)  # the server looks five times a second
    check(server.stop() == 0, "the server did not end properly")
    shutil.rmtree(data)


def a_running_lesson(folder):
    data = folder / "data"
    config = folder / "lectern.conf"
    config.write_text("[room main]\nname = Room\nsource = demo\n", encoding="utf-8")
    server = Server(data, "--config", config)
    recorder = subprocess.Popen([BIN / "lectern-recorder", "--room", "main", "--data", data,
                                 "--config", config])
    url = f"http://{server.address}/live/main/index.m3u8"
    try:
        deadline = time.monotonic() + 20
        while server.ask("POST", "/api/v1/rooms/main/recording", "{}")[0] != 201:
            check(time.monotonic() < deadline, "no recorder") or sys.exit(1)
            time.sleep(0.2)
        while server.ask("GET", "/live/main/index.m3u8")[0] != 200:
            check(time.monotonic() < deadline + 20, "no playlist") or sys.exit(1)
            time.sleep(0.2)
        live = ffmpeg(url, folder, "-live_start_index", "0", code=server.code)
        time.sleep(9)
        check(live.poll() is None, "ffmpeg does not wait for more of a running lesson")
        check(server.ask("DELETE", "/api/v1/rooms/main/recording")[0] == 200, "it does not end")
        lesson = next((data / "lessons").iterdir())
        camera, sounds = rows_of(lesson / "camera"), sound_frames(lesson / "sound")
        judge("running", live, folder, camera, sounds)
        judge("ended", ffmpeg(url, folder, code=server.code), folder, camera, sounds)
        screen = ffmpeg(url + "?track=screen", folder, code=server.code)
        judge("screen", screen, folder, rows_of(lesson / "screen"), sounds)
        (folder / "v").unlink()
        sound = ffmpeg(url + "?track=sound", folder, code=server.code, kinds="a")
        judge("sound", sound, folder, [], sounds)
    finally:
        recorder.send_signal(signal.SIGTERM)
        recorder.wait(20)
        check(server.stop() == 0, "the server did not end properly")


def main():
    if not (BIN / "lectern-recorder").exists() or not shutil.which("ffmpeg"):
        print("no lectern-recorder, or no ffmpeg")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        ended_lessons(pathlib.Path(folder))
        a_running_lesson(pathlib.Path(folder))
    print(f"{len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
