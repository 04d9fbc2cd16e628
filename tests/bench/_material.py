# SPDX-License-Identifier: GPL-3.0-or-later
"""What is recorded in the benchmarks: real slides on a screen, real video as a camera gives it."""

import os
import pathlib
import signal


from _lab import Program, program, run, skip, wait_until

SLIDES = pathlib.Path("/usr/share/doc/impressive/demo.pdf")
VIDEO = pathlib.Path("/usr/lib/python3/dist-packages/imageio/resources/images/cockatoo.mp4")


def slides(folder):
    """Paths of 1080p pictures of the slides of a beamer talk."""
    if not SLIDES.exists():
        skip(f"{SLIDES} is not there; script/setup --tests installs it")
    run(["mutool", "draw", "-q", "-w", 1920, "-h", 1080, "-F", "ppm", "-o", f"{folder}/%02d.ppm",
         SLIDES])
    return sorted(pathlib.Path(folder).glob("*.ppm"))


def lecture(screen, pictures, every=20, pointer=False):
    """Shows the slides on a screen (a Screen of the lab); returns when the first one is there."""
    painter = Program([program("slides"), "--every", every, *(["--pointer"] if pointer else []),
                       *pictures], env=screen.env)
    wait_until(lambda: "ready" in painter.log or not painter.alive(), 30, "the first slide")
    if not painter.alive():
        raise RuntimeError(painter.log)
    return painter


# 9 s of a bird in a tree: 1280 x 720 at 20 pictures a second, made 1920 x 1080 at 30 without
# repeating one, with the noise that a camera's sensor has (which scaling took away).
_AS_CAMERA = "setpts=N/30/TB,scale=1920:1080:flags=lanczos,noise=alls=2:allf=t,fps=30"


def _video_source():
    if not VIDEO.exists():
        skip(f"{VIDEO} is not there; script/setup --tests installs it")
    return ["ffmpeg", "-nostdin", "-v", "error", "-y", "-r", "20", "-i", VIDEO]


def raw_camera(folder):
    """1080p30 video in raw pictures: getting them costs next to nothing."""
    file = pathlib.Path(folder, "camera.avi")
    run([*_video_source(), "-an", "-vf", _AS_CAMERA, "-pix_fmt", "yuv420p", "-c:v", "rawvideo",
         file])
    return file


def raw_pictures(folder, count):
    """The first pictures of it, one after the other without anything between."""
    file = pathlib.Path(folder, "pictures.yuv")
    run([*_video_source(), "-an", "-vf", _AS_CAMERA, "-frames:v", count, "-pix_fmt", "yuv420p",
         "-f", "rawvideo", file])
    return file


def coded_film(folder):
    """The same as 4 s of H.264 for live viewers: 3 Mbit/s, an IDR each 2 s, delimiters."""
    file = pathlib.Path(folder, "film.h264")
    run([*_video_source(), "-an", "-vf", _AS_CAMERA, "-frames:v", 120, "-pix_fmt", "yuv420p",
         "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-profile:v", "baseline",
         "-b:v", "3M", "-minrate", "3M", "-maxrate", "3M", "-bufsize", "1500k", "-g", "60",
         "-x264-params", "aud=1:scenecut=0", file])
    return file


def coded_camera(folder):
    """The same as a USB camera gives it, as JPEG pictures, with sound."""
    file = pathlib.Path(folder, "camera.mkv")
    run([*_video_source(), "-f", "lavfi", "-i", "sine=220:beep_factor=4:sample_rate=48000",
         "-vf", _AS_CAMERA, "-shortest", "-pix_fmt", "yuvj420p", "-c:v", "mjpeg", "-q:v", "4",
         "-c:a", "pcm_s16le", "-ac", "2", file])
    return file


# A process of a session of its own is in a scheduling group of its own, which has a niceness, too.
_FIRST = 'echo -15 2>/dev/null >/proc/self/autogroup; exec nice -n -15 "$@"'


def ahead(command):
    """The command before all else that runs on this machine, where we may: a recorder that is short
    of CPU takes less effort, another one loses pictures, and neither is what is to be compared."""
    return ["sh", "-c", _FIRST, "sh", *command] if os.geteuid() == 0 else command


def record(sources, folder, log):
    """A recorder of ours, its status as JSON lines in `log`."""
    words = [word for source in sources for word in ("--source", source)]
    return Program(ahead([program("lectern"), "record", *words, "--out", folder, "--json"]), log=log)


def end(recorder):
    """Ends a recording in good order and waits until its files are closed."""
    recorder.signal(signal.SIGTERM)  # SIGINT is ignored by what a script started in the background
    recorder.wait(60)
    recorder.close()


