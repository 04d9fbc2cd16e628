# SPDX-License-Identifier: GPL-3.0-or-later
"""A screen: what it costs to record slides, at which likeness, and how soon a change is there."""

import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

from _lab import Program, Screen, program, run
from _material import ahead, end, lecture, record, slides
from _measure import Figure, cpu, say

EVERY = 20  # s, from slide to slide
SETTLE = 3  # s, a recorder's start is not measured
RATE = 30
# Pictures about a change of slide are left out of the likeness: one recording may be a picture
# ahead of the other.
AROUND_A_CHANGE = 4

PLAIN = ["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-crf", "23",
         "-pix_fmt", "yuv420p"]
LOSSLESS = ["-c:v", "libx264rgb", "-preset", "ultrafast", "-qp", "0"]


def _ffmpeg(screen, coder, file):
    return Program(ahead(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "x11grab", "-framerate",
                          RATE, "-video_size", "1920x1080", "-i", screen.display, *coder, file]))


def _ours(screen, folder):
    return record([f"screen:x11:{screen.display}"], folder / "lesson", folder / "status")


def _cost(screen, recorder, pictures, pointer, seconds):
    """CPU seconds a minute of (the recorder, the X server) while slides are shown."""
    time.sleep(SETTLE)
    with lecture(screen, pictures, EVERY, pointer):
        before = cpu(recorder.pid), cpu(screen.server.pid)
        time.sleep(seconds)
        after = cpu(recorder.pid), cpu(screen.server.pid)
    end(recorder)
    return [(b - a) * 60 / seconds for a, b in zip(before, after)]


def statuses(file):
    """What a recorder of ours told, once a second."""
    lines = pathlib.Path(file).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def was_busy(told):
    """True when it was short of CPU and took less effort, which makes its cost incomparable."""
    return any(status["cpu"]["step"] > 0 for status in told)


# ---- likeness ----


def _frames(file):
    """[(time, mean brightness)] of each picture."""
    gray = subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "quiet", "-i", str(file), "-vsync", "passthrough", "-vf",
         "scale=16:9:flags=area,format=gray", "-f", "rawvideo", "-"], check=True,
        stdout=subprocess.PIPE).stdout
    told = run(["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries",
                "packet=pts_time", "-of", "csv=p=0", file]).stdout.split()
    moments = sorted(float(moment.strip(",")) for moment in told)
    return [(moment, statistics.fmean(gray[144 * i:144 * i + 144]))
            for i, moment in enumerate(moments)]


def _begin(file):
    """The time at which the first slide is there, after a black screen."""
    return next(moment for moment, brightness in _frames(file) if brightness > 40)


def likeness(file, truth, seconds):
    """Mean SSIM (luma) of a recording with what was shown, picture by picture at 30 a second."""
    with tempfile.NamedTemporaryFile(mode="r") as stats:
        sides = [f"[{i}:v]trim=start={_begin(name):.4f},setpts=PTS-STARTPTS,fps={RATE}:start_time=0,"
                 f"scale=flags=accurate_rnd+full_chroma_int,format=yuv420p[s{i}]"
                 for i, name in enumerate((file, truth))]
        run(["ffmpeg", "-nostdin", "-v", "error", "-i", file, "-i", truth, "-t", seconds, "-lavfi",
             ";".join([*sides, f"[s0][s1]ssim=stats_file={stats.name}"]), "-t", seconds, "-f",
             "null", "-"], timeout=600)
        luma = [float(line.split("Y:")[1].split()[0]) for line in stats]
    turn = EVERY * RATE
    kept = [value for i, value in enumerate(luma)
            if AROUND_A_CHANGE < i % turn < turn - AROUND_A_CHANGE]
    return statistics.fmean(kept)


def _compare(figure, screen, pictures, pointer, seconds):
    """Both recorders and a lossless one see the same screen at once."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        files = [folder / "lesson/screen/0001.mp4", folder / "plain.mp4", folder / "truth.mkv"]
        recorders = [_ours(screen, folder), _ffmpeg(screen, PLAIN, files[1]),
                     _ffmpeg(screen, LOSSLESS, files[2])]
        time.sleep(SETTLE)
        with lecture(screen, pictures, EVERY, pointer):
            time.sleep(seconds)
        for recorder in recorders:
            end(recorder)
        ours, theirs = (likeness(file, files[2], seconds - 2) for file in files[:2])
        busy = ", short of CPU" if was_busy(statuses(folder / "status")) else ""
        figure.notes["SSIM"] = f"{ours:.5f}{busy}, {figure.reference}: {theirs:.5f}"
        figure.notes["bytes"] = f"{files[0].stat().st_size}, {figure.reference}: " \
                                f"{files[1].stat().st_size}"
        say(f"{figure.name}: SSIM {figure.notes['SSIM']}")
        return ours, theirs


# ---- the figures ----


def _screen_figure(name, what, most, pointer, quick):
    figure = Figure(name, what, "CPU s/min", "ffmpeg x11grab")
    seconds, pairs = (40, 1) if quick else (60, 3)
    servers, theirs_servers = [], []
    with tempfile.TemporaryDirectory() as pictures_folder, Screen(1920, 1080) as screen:
        pictures = slides(pictures_folder)
        for _ in range(pairs):
            with tempfile.TemporaryDirectory() as folder:
                folder = pathlib.Path(folder)
                ours, server = _cost(screen, _ours(screen, folder), pictures, pointer, seconds)
                theirs, their_server = _cost(screen, _ffmpeg(screen, PLAIN, folder / "plain.mp4"),
                                             pictures, pointer, seconds)
                if was_busy(statuses(folder / "status")):
                    figure.notes["short of CPU"] = "a run took less effort"
                servers.append(server)
                theirs_servers.append(their_server)
                figure.pair(ours, theirs)
        figure.notes["CPU of the X server, s/min"] = (
            f"{statistics.median(servers):.2f}, {figure.reference}: "
            f"{statistics.median(theirs_servers):.2f} (drawing included)")
        ours, theirs = _compare(figure, screen, pictures, pointer, seconds)
    figure.goal_ratio(most, f"<= 1/{1 / most:.0f} at equal SSIM")
    figure.reached = figure.reached and ours >= theirs - 0.00005
    return [figure]


def screen_still(quick):
    return _screen_figure("screen-still", "screen, slides each 20 s", 1 / 15, False, quick)


def screen_pointer(quick):
    return _screen_figure("screen-pointer", "the same, pointer moving 1/3", 1 / 6, True, quick)


def _delays(command, env, stdin=None):
    done = subprocess.run(ahead([str(word) for word in command]), env=env, stdin=stdin, check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=600)
    return json.loads(done.stdout)


def _their_delays(screen, count, env):
    with subprocess.Popen(
            ahead(["ffmpeg", "-nostdin", "-v", "quiet", "-f", "x11grab", "-framerate", str(RATE),
                   "-i", screen.display, *PLAIN, "-flush_packets", "1", "-f", "h264", "-"]),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as ffmpeg:
        try:
            return _delays([program("screenlatency"), count, "--stdin"], env, ffmpeg.stdout)
        finally:
            ffmpeg.terminate()


def latency(quick):
    count, pairs = (20, 1) if quick else (60, 3)
    middle = Figure("latency-p50", "screen change to chunk, p50", "ms", "ffmpeg zerolatency")
    late = Figure("latency-p95", "screen change to chunk, p95", "ms", "ffmpeg zerolatency")
    missed = [0, 0]
    with Screen(1920, 1080) as screen:
        env = {**os.environ, **screen.env}
        for _ in range(pairs):
            both = (_delays([program("screenlatency"), count], env),
                    _their_delays(screen, count, env))
            seen = [sorted(ms for ms in delays if ms is not None) for delays in both]
            missed = [n + delays.count(None) for n, delays in zip(missed, both)]
            middle.pair(*(statistics.median(ms) for ms in seen))
            late.pair(*(ms[int(0.95 * (len(ms) - 1) + 0.5)] for ms in seen))
    middle.notes["changes never seen"] = f"{missed[0]}, {middle.reference}: {missed[1]}"
    middle.goal_value("<= 30 ms", statistics.median(middle.ours) <= 30 and missed[0] == 0)
    late.goal_value("<= 60 ms", statistics.median(late.ours) <= 60)
    return [middle, late]
