#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""lectern import: files of camcorders, phones and other recorders, made by ffmpeg and judged by it.

What can be copied is copied to the last picture, all else is encoded with sound and picture where
they were; what is no media, or too much, is refused in words; and whatever becomes of it, nothing
half is left behind. LCT_DEEP=1: some hundred damaged files of each kind instead of a few.
"""

import json
import os
import pathlib
import random
import subprocess
import tempfile
import unittest

from _programs import BIN, ROOT, SmallDisk

DEEP = os.environ.get("LCT_DEEP") == "1"
VIDEO = ["-f", "lavfi", "-i"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
CLIP = 2  # seconds in which there is a flash and a beep


def ffmpeg(*words):
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-nostdin", *map(str, words)], check=True)


def picture(size="320x180", rate=25):
    """A moving picture that is white from CLIP on for a second."""
    flash = f"drawbox=c=white:t=fill:enable='between(t,{CLIP},{CLIP + 0.999})'"
    return ["-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate},eq=brightness=-0.4,{flash}"]


def sound(rate=48000, layout="stereo"):
    beep = f"if(between(t,{CLIP},{CLIP + 1}),0.8*sin(2000*t),0)"
    exprs = "|".join([beep] * {"mono": 1, "stereo": 2, "5.1": 6}[layout])
    return ["-f", "lavfi", "-i", f"aevalsrc=exprs='{exprs}':s={rate}:c={layout}"]


AAC = ["-c:a", "aac"]
SECONDS = ["-t", 4]
# name: words of ffmpeg, tracks that are copied, tracks that are encoded, size as it is to be seen
KINDS = {
    "plain.mp4": ([*picture(), *sound(), *SECONDS, *H264, "-bf", 0, *AAC], "camera sound", "", (320, 180)),
    "plain.ts": ([*picture(), *sound(), *SECONDS, *H264, "-bf", 0, *AAC], "camera sound", "", (320, 180)),
    "plain.mkv": ([*picture(), *sound(), *SECONDS, *H264, "-bf", 0, *AAC], "camera sound", "", (320, 180)),
    "reordered.mov": ([*picture(), *sound(44100, "mono"), *SECONDS, *H264, "-bf", 2, *AAC], "",
                      "camera sound", (320, 180)),
    "camcorder.mts": ([*picture("360x288", 50), *sound(48000, "5.1"), *SECONDS,
                       "-vf", "tinterlace=interleave_top", "-c:v", "libx264", "-flags", "+ildct+ilme",
                       "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "ac3"], "",
                      "camera sound", (360, 288)),
    "camera.avi": ([*picture(), *sound(), *SECONDS, "-c:v", "mjpeg", "-pix_fmt", "yuvj420p",
                    "-c:a", "pcm_s16le"], "", "camera sound", (320, 180)),
    "browser.webm": ([*picture(), *sound(), *SECONDS, "-c:v", "libvpx", "-deadline", "realtime",
                      "-c:a", "libopus"], "", "camera sound", (320, 180)),
    "odd.mp4": ([*picture("322x182"), *SECONDS, "-vf", "crop=321:181:0:0", "-c:v", "mpeg4"], "",
                "camera", (320, 180)),
    "changing.mp4": ([*picture(rate=30), *SECONDS, "-vf", "select='not(mod(n,3))+gt(random(0),.6)'",
                      "-vsync", "vfr", *H264, "-bf", 0], "camera", "", (320, 180)),
    "voice.mp3": ([*sound(44100, "mono"), *SECONDS, "-metadata", "title=朗读"], "", "sound", None),
    "voice.m4a": ([*sound(), *SECONDS, *AAC], "sound", "", None),
    "voice.wav": ([*sound(22050, "mono"), *SECONDS], "", "sound", None),
}


def decoded(path, *words):
    return subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-i", path, *words, "-"], check=True,
                          capture_output=True).stdout


def flash_at(movie):
    """When the picture becomes white, by its own times."""
    out = subprocess.run(["ffprobe", "-v", "error", "-f", "lavfi", "-i",
                          f"movie={movie},signalstats", "-show_entries",
                          "frame=pts_time:frame_tags=lavfi.signalstats.YAVG", "-of", "csv=p=0"],
                         check=True, capture_output=True, text=True).stdout
    rows = [line.split(",") for line in out.split()]
    return next(float(at) for at, level, *_ in rows if float(level) > 200)


def beep_at(movie):
    """When the sound becomes loud."""
    data = memoryview(decoded(movie, "-map", "0:a:0", "-ac", "1", "-ar", "48000", "-f", "s16le")).cast("h")
    return next(i for i, level in enumerate(data) if abs(level) > 8000) / 48000


class Import(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temporary.name)
        for name, (words, *_) in KINDS.items():
            ffmpeg(*words, cls.folder / name)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def setUp(self):
        self.place = tempfile.TemporaryDirectory(dir=self.folder)
        self.out = pathlib.Path(self.place.name) / "lesson"

    def tearDown(self):
        self.place.cleanup()

    def run_import(self, *files, words=(), zh=False):
        """Exit status, and what was said."""
        done = subprocess.run([BIN / "lectern", "import", *files, "--out", self.out, "--json", *words],
                              capture_output=True, text=True, timeout=600,
                              env={**os.environ, "LC_ALL": "zh_CN.UTF-8" if zh else "C.UTF-8"})
        return done.returncode, json.loads(done.stdout or "{}"), done.stderr

    def imported(self, *files, words=()):
        status, said, words = self.run_import(*files, words=words)
        self.assertEqual(status, 0, words)
        self.is_whole()
        return said

    def is_whole(self):
        done = subprocess.run([BIN / "lectern", "verify", self.out], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)

    def nothing_is_left(self):
        self.assertEqual(os.listdir(self.place.name), [])

    def refused(self, path, words, zh):
        status, said, _ = self.run_import(path)
        self.assertEqual(status, 1)
        self.assertIn(words, said["fault"]["en"])
        self.assertIn(zh, said["fault"]["zh"])
        self.nothing_is_left()

    def movie(self):
        movie = self.out.parent / "movie.mp4"
        subprocess.run([BIN / "lectern", "export", self.out, "-o", movie], check=True)
        return movie

    def test_every_kind(self):
        for name, (_, copied, encoded, size) in KINDS.items():
            with self.subTest(name):
                said = self.imported(self.folder / name)
                tracks = {t["name"]: t["copied"] for t in said["tracks"]}
                expected = {**dict.fromkeys(copied.split(), True), **dict.fromkeys(encoded.split(), False)}
                self.assertEqual(tracks, expected)
                self.assertAlmostEqual(said["length_ns"] / 1e9, 4, delta=0.1)
                self.judge(name, size, tracks)
                self.tearDown()
                self.setUp()

    def judge(self, name, size, tracks):
        movie = self.movie()
        lesson = json.loads((self.out / "lesson.json").read_text())
        camera = next((t for t in lesson["tracks"] if t["kind"] == "camera"), None)
        if size:
            self.assertEqual((camera["width"], camera["height"]), size)
            self.assertTrue((self.out / "camera" / "thumbs.mjpg").stat().st_size > 0)
            self.assertAlmostEqual(flash_at(movie), CLIP, delta=0.075)
        if "sound" in tracks:
            beep = beep_at(movie)
            self.assertAlmostEqual(beep, CLIP, delta=0.075)
            if size:
                self.assertAlmostEqual(beep, flash_at(movie), delta=0.041)
        if tracks.get("camera"):
            md5 = ["-map", "0:v", "-vsync", "passthrough", "-f", "md5"]
            self.assertEqual(decoded(movie, *md5), decoded(self.folder / name, *md5))

    def test_a_phone_held_upright(self):
        ffmpeg("-i", self.folder / "plain.mp4", "-c", "copy", "-metadata:s:v", "rotate=90",
               self.folder / "upright.mp4")
        self.imported(self.folder / "upright.mp4")
        seen = decoded(self.movie(), "-map", "0:v", "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "gray")
        wanted = decoded(self.folder / "upright.mp4", "-map", "0:v", "-frames:v", "1", "-f", "rawvideo",
                         "-pix_fmt", "gray")  # ffmpeg turns it as well
        self.assertEqual(len(seen), len(wanted))
        apart = sum(abs(a - b) for a, b in zip(seen, wanted)) / len(seen)
        self.assertLess(apart, 10)

    def test_high_dynamic_range(self):
        """Grey of 18 % and white paper as phones take them (BT.2408 tables 1 and 2) are where screens show them."""
        for transfer, grey, white in (("arib-std-b67", 0.38, 0.75), ("smpte2084", 0.38, 0.581)):
            with self.subTest(transfer):
                path = self.folder / f"{transfer}.mp4"
                halves = f"geq=lum='64+876*if(lt(X,160),{grey},{white})':cb=512:cr=512"
                ffmpeg("-f", "lavfi", "-i", f"color=s=320x180:r=25,format=yuv420p10le,{halves}", "-frames:v", 5,
                       "-c:v", "libx264", "-preset", "ultrafast", "-bf", 0, "-color_trc", transfer,
                       "-color_primaries", "bt2020", "-colorspace", "bt2020nc", path)
                self.assertFalse(self.imported(path)["tracks"][0]["copied"])
                seen = decoded(self.movie(), "-map", "0:v", "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "yuv420p")
                for at, signal in ((80, 0.425), (240, 0.936)):
                    self.assertAlmostEqual(seen[90 * 320 + at], 16 + 219 * signal, delta=3)
                chroma = seen[320 * 180:]
                self.assertLess(max(abs(value - 128) for value in chroma), 4)
                self.tearDown()
                self.setUp()

    def test_title_and_date(self):
        path = self.folder / "VID_7.mp4"
        ffmpeg("-i", self.folder / "plain.mp4", "-c", "copy", "-metadata", "title=圆的面积",
               "-metadata", "creation_time=2026-03-01T08:00:00Z", path)
        self.assertEqual(self.imported(path)["title"], "圆的面积")
        lesson = json.loads((self.out / "lesson.json").read_text())
        self.assertEqual(lesson["started"][:19], "2026-03-01T08:00:00")
        self.assertEqual((lesson["id"], lesson["state"]), ("lesson", "ended"))

    def test_several_files_of_one_lesson(self):
        folder = self.folder / "recorder"
        folder.mkdir()
        for name, source in (("teacher.mp4", "plain.mp4"), ("ppt屏幕.mkv", "plain.mkv"), ("mic.wav", "voice.wav")):
            os.link(self.folder / source, folder / name)
        (folder / "readme.txt").write_text("no media")
        said = self.imported(folder)
        self.assertEqual({t["name"] for t in said["tracks"]}, {"camera", "screen", "sound"})
        self.assertEqual(len(said["notes"]), 2)  # whose sound was left out

    def test_files_that_follow_one_another(self):
        parts = [self.folder / f"0000{n}.mts" for n in (1, 2, 10)]
        for part in parts:
            os.link(self.folder / "plain.ts", part)
        said = self.imported(*parts)
        self.assertEqual([t["name"] for t in said["tracks"]], ["camera", "sound"])
        self.assertAlmostEqual(said["length_ns"] / 1e9, 12, delta=0.3)
        self.assertEqual(len(list((self.out / "camera").glob("*.index"))), 4)  # three reels, thumbnails

    def test_what_names_other_files(self):
        secret = self.folder / "plain.mp4"
        texts = {
            "concat.mp4": f"ffconcat version 1.0\nfile {secret.name}\n",
            "list.mp4": f"#EXTM3U\n#EXTINF:4,\n{secret.name}\n#EXT-X-ENDLIST\n",
            "session.mp4": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
        }
        for name, text in texts.items():
            path = self.folder / name
            path.write_text(text)
            self.refused(path, "names other files", "指向其他文件")
        trace = self.folder / "trace"
        subprocess.run(["strace", "-f", "-o", trace, "-e", "trace=openat,open,socket", BIN / "lectern", "import",
                        self.folder / "list.mp4", "--out", self.out], capture_output=True)
        seen = trace.read_text()
        self.assertIn("list.mp4", seen)
        self.assertNotIn(secret.name, seen)
        self.assertNotIn("socket(", seen)

    def test_what_is_too_much(self):
        large, long, text = (self.folder / n for n in ("large.mp4", "long.mp4", "text.mp4"))
        ffmpeg("-f", "lavfi", "-i", "color=s=16000x8000:r=1", "-frames:v", 1, *H264, large)
        self.refused(large, "too large", "过大")
        ffmpeg("-f", "lavfi", "-i", "color=s=64x64:r=1/7200", "-t", 100000, *H264, long)
        self.refused(long, "24 hours", "24 小时")
        text.write_text("Dear all,\n" * 100)
        self.refused(text, "no video or sound", "不是可导入")
        ffmpeg("-f", "lavfi", "-i", "color=s=64x64", "-frames:v", 1, self.folder / "slide.png")
        os.rename(self.folder / "slide.png", self.folder / "slide.mp4")
        self.refused(self.folder / "slide.mp4", "no video or sound", "不是可导入")
        self.refused(self.folder / "none.mp4", "No such file", "无法读取")

    def test_damaged_files(self):
        """Cut off or with flipped bytes: a lesson that is whole, or a sentence and nothing left."""
        chance = random.Random(4)
        names = list(KINDS) if DEEP else ["plain.mp4", "plain.ts"]
        good = bad = 0
        for name in names:
            data = (self.folder / name).read_bytes()
            for n in range(200 if DEEP else 3):
                path = self.folder / ("damaged" + os.path.splitext(name)[1])
                path.write_bytes(damage(data, n, chance))
                status, said, words = self.run_import(path)
                with self.subTest(name, n=n):
                    self.assertIn(status, (0, 1), words)
                    if status == 0:
                        good += 1
                        self.is_whole()
                    else:
                        bad += 1
                        self.assertTrue(said["fault"]["zh"])
                        self.nothing_is_left()
                self.tearDown()
                self.setUp()
        self.assertGreater(good, 0)
        self.assertGreater(bad, 0)

    def test_films_of_debians_packages(self):
        """As people's programs of twenty years wrote them; in a campaign all, else the smallest of each kind."""
        films = sorted((path for path in FILMS.rglob("*.*") if path.is_file() and not path.is_symlink()),
                       key=lambda f: -f.stat().st_size)
        smallest = {film.suffix: film for film in films if film.stat().st_size < 600_000}.values()
        good = 0
        for film in films if DEEP else smallest:
            with self.subTest(film.name):
                status, said, words = self.run_import(film)
                self.assertIn(status, (0, 1), words)
                if status == 0:
                    good += 1
                    self.is_whole()
                else:
                    self.assertTrue(said["fault"]["zh"])
                    self.nothing_is_left()
            self.tearDown()
            self.setUp()
        self.assertGreater(good, 0)

    def test_a_full_disk(self):
        disk = SmallDisk(self.folder / "small")
        place, self.out = self.out, disk.folder / "lesson"
        try:
            disk.leave(100_000)
            status, said, _ = self.run_import(self.folder / "plain.mp4")
            self.assertEqual((status, said["fault"]["code"]), (1, "no-space"))
            self.assertIn("the disk is full. Delete or move something, then try again", said["fault"]["en"])
            self.assertIn("磁盘已满。请删除或移走一些文件，然后重试", said["fault"]["zh"])
            self.assertEqual(os.listdir(disk.folder), [])
            disk.leave(10 << 20)
            self.imported(self.folder / "plain.mp4")
        finally:
            self.out = place
            disk.close()

    def test_nothing_is_overwritten(self):
        self.imported(self.folder / "voice.m4a")
        before = sorted(self.out.rglob("*"))
        status, said, _ = self.run_import(self.folder / "voice.wav")
        self.assertEqual(status, 1)
        self.assertIn("not an empty folder", said["fault"]["en"])
        self.assertEqual(sorted(self.out.rglob("*")), before)


FILMS = ROOT / "build" / "films"  # of script/setup --tests


def damage(data, n, chance):
    """The n-th damage: cut off, flipped, a hole of zeros."""
    if n % 2 == 0:
        return data[:chance.randrange(1, len(data))]
    data = bytearray(data)
    if n % 4 == 1:
        for _ in range(chance.choice((1, 10, 100))):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    else:
        at = chance.randrange(len(data))
        data[at:at + 4096] = bytes(min(4096, len(data) - at))
    return bytes(data)


if __name__ == "__main__":
    unittest.main()
