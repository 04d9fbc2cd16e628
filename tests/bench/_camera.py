# SPDX-License-Identifier: GPL-3.0-or-later
"""A camera: what coding it costs, what closing its reel costs, and how much memory a lesson takes."""

import json
import os
import pathlib
import statistics
import tempfile
import time

from _lab import Program, Scratch, Screen, program, run, wait_until
from _material import ahead, coded_camera, end, lecture, raw_camera, record, slides
from _measure import Figure, cpu, load, memory, say
from _screen import statuses, was_busy

SETTLE = 4  # s, opening and the first IDR are not measured


class _Folder(Scratch):
    """A folder in memory: 870 MB of raw video are read from it in real time."""

    def _open(self):
        pass


def _same_settings():
    """Our camera's x264 settings as ffmpeg takes them, and an IDR each 2 s as the track makes them."""
    words = run([program("videosettings")]).stdout.split()
    given = dict(word.split("=", 1) for word in words if "=" in word)
    return ["-c:v", "libx264", "-preset", given["preset"], "-tune", given["tune"], "-profile:v",
            given["profile"], "-crf", given["crf"], "-maxrate", given["maxrate"], "-bufsize",
            given["bufsize"], "-threads", given["threads"], "-x264-params", given["x264-params"],
            "-forced-idr", "1", "-force_key_frames", "expr:gte(t,n_forced*2)"]


def _measured(process, seconds):
    """CPU seconds a minute of a process that is then ended."""
    time.sleep(SETTLE)
    before = cpu(process.pid)
    time.sleep(seconds)
    used = (cpu(process.pid) - before) * 60 / seconds
    end(process)
    return used


def _rate(file):
    """Pictures a second in a recording."""
    told = json.loads(run(["ffprobe", "-v", "error", "-count_packets", "-select_streams", "v:0",
                           "-show_entries", "stream=nb_read_packets,duration", "-of", "json",
                           file]).stdout)["streams"][0]
    return int(told["nb_read_packets"]) / float(told["duration"])


def camera(quick):
    figure = Figure("camera", "1080p30 camera, coding and tape", "CPU s/min", "ffmpeg, same x264")
    whole = Figure("camera-whole", "the same with the file's reading", "CPU s/min",
                   "ffmpeg, same x264")
    seconds, pairs = (20, 1) if quick else (30, 3)
    settings = _same_settings()
    with _Folder() as scratch, tempfile.TemporaryDirectory() as name:
        source, out = raw_camera(scratch.folder), pathlib.Path(name)
        read = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-stream_loop", "-1", "-re", "-i", source]
        rates, short = [], 0
        while len(rates) < pairs and short < 2 * pairs:
            number = len(rates) + short
            lesson, file = out / f"lesson-{number}", out / f"reference-{number}.mp4"
            ours = _measured(record([f"file:{source}"], lesson, out / "status"), seconds)
            if was_busy(statuses(out / "status")):
                short += 1
                say("ours was short of CPU and took less effort: again")
                continue
            theirs = _measured(Program(ahead([*read, *settings, file])), seconds)
            delivery = _measured(Program(ahead([program("delivery"), f"file:{source}"])), seconds)
            reading = _measured(Program(ahead([*read, "-f", "null", "-"])), seconds)
            rates.append((_rate(lesson / "camera/0001.mp4"), _rate(file)))
            say(f"reading alone: {delivery:.2f}, {figure.reference}: {reading:.2f} CPU s/min")
            whole.pair(ours, theirs)
            figure.pair(ours - delivery, theirs - reading)
        if not rates:
            raise RuntimeError("camera: this machine is too busy, ours never had the CPU it needs")
        figure.notes["pictures a second"] = ", ".join(
            f"{ours:.2f} and {theirs:.2f}" for ours, theirs in rates)
        figure.notes["runs left out, short of CPU"] = short
    figure.notes["what is subtracted"] = "the cost of reading the raw file without coding it"
    figure.goal_ratio(1.10, "<= 1.10")
    whole.goal_value("(nothing subtracted)", True)
    return [figure, whole]


# ---- closing a reel ----


def _timed(command):
    """(seconds by the wall, seconds of CPU) of a command."""
    began = time.monotonic()
    process = Program(command)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    process.process.returncode = os.waitstatus_to_exitcode(status)
    process.close()
    if status:
        raise RuntimeError(f"{command}: status {status}")
    return wall, used.ru_utime + used.ru_stime


def close(quick):
    wall = Figure("close-wall", "closing a 10-minute reel, wall", "ms", "ffmpeg -c copy")
    used = Figure("close-cpu", "closing a 10-minute reel, CPU", "ms", "ffmpeg -c copy")
    with _Folder() as scratch, tempfile.TemporaryDirectory(dir=".") as name:
        out = pathlib.Path(name)
        lesson = record([f"file:{raw_camera(scratch.folder)}"], out / "lesson", out / "status")
        time.sleep(15)
        end(lesson)
        for i in range(2 if quick else 5):
            folder = out / f"reel-{i}"
            folder.mkdir()
            told = json.loads(run([program("closereel"), out / "lesson/camera", folder, 600]).stdout)
            theirs = _timed(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", folder / "0001.mp4",
                             "-c", "copy", folder / "copy.mp4"])
            wall.pair(told["wall_ms"], theirs[0] * 1000)
            used.pair(told["cpu_ms"], theirs[1] * 1000)
            wall.notes["the reel"] = f"{told['bytes'] / 1e6:.0f} MB, {told['chunks']} chunks"
            for file in folder.iterdir():
                file.unlink()
    wall.notes["not the same"] = "ours is durable on the disk when it ends, the copy is not"
    wall.goal_ratio(1 / 10)
    used.goal_ratio(1 / 10)
    return [wall, used]


# ---- memory ----


def memory_use(quick):
    minutes = 3 if quick else 30
    early = 1 if quick else 5
    most = Figure("memory", "resident memory, camera, screen, sound", "MB", "")
    growth = Figure("memory-growth", f"minute {minutes} less minute {early}", "MB", "")
    samples = []
    with tempfile.TemporaryDirectory() as name, Screen(1920, 1080) as screen:
        folder = pathlib.Path(name)
        sources = [f"file:{coded_camera(folder)}", f"screen:x11:{screen.display}"]
        recorder = record(sources, folder / "lesson", folder / "status")
        wait_until(lambda: "elapsed_ns" in recorder.log, 20, "the recording")
        began = time.monotonic()
        with recorder, lecture(screen, slides(folder), pointer=True):
            while (now := time.monotonic() - began) < minutes * 60 + 5:
                samples.append((now / 60, *memory(recorder.pid)))
                most.load.append(load())
                if len(samples) % 6 == 0:
                    say("{:.1f} min: {:.1f} MB, its own {:.1f} MB".format(*samples[-1]))
                time.sleep(10)
            end(recorder)
        told = statuses(folder / "status")
    most.alone(max(resident for _, resident, _ in samples))

    def at(minute):  # the mean of the minute about it
        return statistics.fmean(r for time, r, _ in samples if abs(time - minute) <= 0.5)

    growth.load = most.load
    growth.alone(at(minutes) - at(early))
    later = [(minute, resident) for minute, resident, _ in samples if minute >= early]
    slope = statistics.linear_regression(*zip(*later)).slope
    growth.notes["trend"] = (f"{slope * (minutes - early):+.2f} MB in these {minutes - early} "
                             "minutes; one picture more or less in a queue is 4 MB")
    most.notes["each minute"] = " ".join(f"{at(minute):.1f}" for minute in range(1, minutes + 1))
    most.notes["its own pages at the end"] = f"{samples[-1][2]:.1f} MB"
    most.notes["short of CPU"] = "yes, less effort at times" if was_busy(told) else "no"
    most.goal_value("<= 200 MB", most.ours[0] <= 200)
    growth.goal_value("<= 1 MB", growth.ours[0] <= 1)
    return [most, growth]
