# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges what a recording kept, with ffprobe and ffmpeg, and runs other recorders for comparison.

    kept = inspect("lesson.mp4")            # or a list of files that follow each other
    lost = losses(kept, "lesson.mp4", moment_of_the_kill)

How much was lost is read from the recording alone: its source (tests/tools/rtspserver --stamp, or
stampscreen) drew the time into each picture, so what the last decodable picture shows is the moment
up to which the picture was kept, whatever the file's own time line says.
"""

import dataclasses
import json
import pathlib
import statistics
import subprocess

from _lab import Program, run

# As in tests/tools/stamp.h
STAMP_BITS, STAMP_TIME_BITS, STAMP_BLOCK, STAMP_HEIGHT = 40, 34, 8, 16


@dataclasses.dataclass
class Stream:
    """One video or audio stream of a file: times in seconds of the file, `frames` that decode."""
    first: float
    last: float
    frames: int


@dataclasses.dataclass
class Kept:
    """What ffprobe and ffmpeg find. A stream that is absent or empty is None."""
    video: Stream | None
    audio: Stream | None
    errors: list[str]  # what the decoder said, one line each

    def playable(self):
        return bool(self.video or self.audio) and not self.errors


def _frames(file, kind):
    """The time stamps of the frames that decode, in order of presentation, and what was complained of."""
    done = run(["ffprobe", "-v", "error", "-select_streams", f"{kind}:0", "-show_entries",
                "frame=best_effort_timestamp_time", "-of", "json", file], check=False, timeout=600)
    try:
        frames = json.loads(done.stdout).get("frames", [])
    except json.JSONDecodeError:
        frames = []
    times = [float(frame["best_effort_timestamp_time"]) for frame in frames
             if "best_effort_timestamp_time" in frame]
    return sorted(times), done.stderr.splitlines()


def _joined(stream, times):
    """The stream with the frames of one more file."""
    if not times:
        return stream
    if not stream:
        return Stream(times[0], times[-1], len(times))
    return Stream(stream.first, times[-1], stream.frames + len(times))


def inspect(files):
    """Judges a file, or files that follow each other (each on its own time line, or on a common one)."""
    kept = Kept(None, None, [])
    for file in [files] if isinstance(files, (str, pathlib.Path)) else files:
        video, complaints = _frames(file, "v")
        audio, more = _frames(file, "a")
        kept.video, kept.audio = _joined(kept.video, video), _joined(kept.audio, audio)
        kept.errors += [f"{pathlib.Path(file).name}: {line}"
                        for line in dict.fromkeys(complaints + more)]
    return kept


def _stamp_ms(row):
    """The time in one row of 40 luma samples, or None if it is not a stamp."""
    bits = 0
    for sample in row:
        bits = bits << 1 | (sample > 125)
    ms, claimed = bits >> 6, bits & 63
    total, digits = 21, ms
    while digits:
        total, digits = total + (digits & 63), digits >> 6
    return ms if total & 63 == claimed else None


def stamps(file):
    """[(time in the file, time drawn into the picture)] of each decodable picture; seconds.

    Drawn times are CLOCK_MONOTONIC; None where there is no stamp, as on a slate.
    """
    size = f"{STAMP_BITS * STAMP_BLOCK}:{STAMP_HEIGHT}"
    done = subprocess.run(
        ["ffmpeg", "-v", "quiet", "-i", str(file), "-map", "0:v:0", "-vsync", "passthrough", "-vf",
         f"crop={size}:0:0,scale={STAMP_BITS}:1:flags=area,format=gray", "-f", "rawvideo", "-"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False, timeout=600)
    rows = [done.stdout[at:at + STAMP_BITS] for at in range(0, len(done.stdout), STAMP_BITS)]
    times, _ = _frames(file, "v")
    drawn = [_stamp_ms(row) for row in rows if len(row) == STAMP_BITS]
    return [(time, ms and ms / 1000) for time, ms in zip(times, drawn)]


def losses(kept, files, moment):
    """Seconds of picture and of sound that were made before `moment` and are not in the files.

    Returns (picture, sound); None for a stream of which nothing was kept. The sound carries no stamp:
    its last sample is placed by the offset between drawn and file time that the pictures of the same
    file have (their median, since a picture may have waited for its encoder). Latency of capture and
    encoding counts as loss, as it does for who looks at the result.
    """
    files = [files] if isinstance(files, (str, pathlib.Path)) else list(files)
    picture = sound = None
    for file in files:
        marks = [(at, drawn) for at, drawn in stamps(file) if drawn is not None]
        if not marks:
            continue
        picture = moment - max(drawn for _, drawn in marks)
        audio, _ = _frames(file, "a")
        if audio:
            sound = moment - audio[-1] - statistics.median(drawn - at for at, drawn in marks)
    return (picture if kept.video else None), (sound if kept.audio else None)


# ---- other recorders ----------------------------------------------------------------------------


def _source(url):
    """What ffmpeg reads, and how it codes it: a camera as it is, a screen with sound encoded."""
    if url.startswith("rtsp:"):
        return ["-rtsp_transport", "tcp", "-i", url, "-c", "copy"]
    return ["-f", "x11grab", "-framerate", "25", "-i", url, "-f", "pulse", "-i", "default",
            "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-g", "50",
            "-pix_fmt", "yuv420p", "-c:a", "aac"]


def ffmpeg_fmp4(url, folder, env=None):
    """ffmpeg writing fragmented MP4 with its safest flags. Returns (Program, files())."""
    file = pathlib.Path(folder, "ffmpeg.mp4")
    return Program(["ffmpeg", "-nostdin", "-v", "error", "-y", *_source(url), "-flush_packets", "1",
                    "-movflags", "frag_keyframe+empty_moov+default_base_moof", file],
                   env=env), lambda: [file]


def ffmpeg_mkv(url, folder, env=None):
    """ffmpeg writing Matroska, each packet handed to the system at once."""
    file = pathlib.Path(folder, "ffmpeg.mkv")
    return Program(["ffmpeg", "-nostdin", "-v", "error", "-y", *_source(url), "-flush_packets", "1",
                    file], env=env), lambda: [file]


def _gst_source(url):
    if url.startswith("rtsp:"):
        return ["rtspsrc", f"location={url}", "protocols=tcp", "latency=100", "name=camera",
                "camera.", "!", "application/x-rtp,media=video", "!", "rtph264depay", "!",
                "h264parse", "!", "queue", "!", "tape.video",
                "camera.", "!", "application/x-rtp,media=audio", "!", "rtpmp4gdepay", "!",
                "aacparse", "!", "queue", "!", "tape.audio_0"]
    return ["ximagesrc", f"display-name={url}", "use-damage=0", "!", "video/x-raw,framerate=25/1",
            "!", "videoconvert", "!", "video/x-raw,format=I420", "!", "x264enc",
            "speed-preset=veryfast", "tune=zerolatency", "key-int-max=50", "!", "h264parse", "!",
            "queue", "!", "tape.video",
            "pulsesrc", "!", "audioconvert", "!", "avenc_aac", "!", "aacparse", "!", "queue", "!",
            "tape.audio_0"]


def splitmuxsink(url, folder, env=None):
    """GStreamer's splitmuxsink, a plain MP4 every 2 s."""
    return Program(["gst-launch-1.0", "-e", "splitmuxsink", "name=tape", "max-size-time=2000000000",
                    f"location={folder}/part-%05d.mp4", *_gst_source(url)],
                   env=env), lambda: sorted(pathlib.Path(folder).glob("part-*.mp4"))


PEERS = {"ffmpeg fMP4": ffmpeg_fmp4, "ffmpeg mkv": ffmpeg_mkv, "splitmuxsink": splitmuxsink}
