# SPDX-License-Identifier: GPL-3.0-or-later
"""Damaged tapes: verify says what is wrong, --mend keeps every chunk that is right, the rest plays.

Two lessons are recorded once: one that ended, and one whose recorder was killed. Each has two reels a
track. Each trial damages a copy; a copy of each lesson is judged at a time. What must survive is found by comparing bytes: a chunk of the
original index whose bytes are still in the damaged file as they were.
"""

import concurrent.futures
import contextlib
import dataclasses
import functools
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import time
import unittest

from _lab import DEEP, program, run
from _lesson import HEAD, ROW, Lesson, Recording, crc32c

CUTS = 60 if DEEP else 15  # of each lesson
TRACKS = ["camera", "screen", "sound"]

sum_of = functools.cache(crc32c)  # most chunks are the same in all copies


def some(choices, count=1):
    """All of them in a campaign, otherwise a few."""
    return choices if DEEP else random.sample(choices, count)


def record(ended, killed):
    """Two lessons of two reels a track; the second reels' recorders are ended and killed."""
    def start(stack):
        both = [stack.enter_context(Recording(["demo"], out)) for out in (ended, killed)]
        for recording in both:
            recording.wait_verified()
        return both

    with contextlib.ExitStack() as stack:
        both = start(stack)
        time.sleep(2)
        for recording in both:
            recording.kill9()
    with contextlib.ExitStack() as stack:
        to_end, to_kill = start(stack)
        time.sleep(2.5)
        to_kill.kill9()
        if to_end.end():
            raise RuntimeError(to_end.log)


def verify(folder, *more):
    """(exit status, what it said as JSON)"""
    done = run([program("lectern"), "verify", folder, "--json", *more], check=False)
    return done.returncode, json.loads(done.stdout)


def kinds(said):
    return {finding["kind"] for finding in said["findings"]}


def play(folder):
    """What ffmpeg complains of when it plays the whole export."""
    with tempfile.TemporaryDirectory() as place:
        file = os.path.join(place, "all.mp4")
        run([program("lectern"), "export", folder, "-o", file])
        # With the file's own time base: rounded to whole frames, two pictures may fall on one time.
        done = run(["ffmpeg", "-nostdin", "-v", "error", "-i", file, "-map", "0", "-vsync",
                    "passthrough", "-enc_time_base:v", "1:90000", "-f", "null", "-"], check=False)
        return done.stderr if done.returncode == 0 else f"status {done.returncode}\n{done.stderr}"


def overwrite(path, at, data):
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(data)


def flip(path, at, bit=None):
    data = path.read_bytes()
    overwrite(path, at, bytes([data[at] ^ 1 << (random.randrange(8) if bit is None else bit)]))


def random_place(path, before=0):
    return random.randrange(before, path.stat().st_size)


class Original:
    """A recorded lesson and its chunks: {track: [(reel, row, its bytes)]}."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.chunks = {}
        lesson = Lesson(folder)
        for track in lesson.tracks:
            self.chunks[track] = []
            for reel in lesson.reels(track):
                data = reel.path.read_bytes()
                for row in reel.rows:
                    chunk = data[row.offset:row.offset + row.size]
                    if sum_of(chunk) == row.crc:
                        self.chunks[track].append((reel.path.name, row, chunk))

    def still_right(self, damaged):
        """{(track, reel, crc, offset)} of the chunks whose bytes are whole in a damaged copy."""
        right = set()
        for track, chunks in self.chunks.items():
            files = {}
            for name, row, chunk in chunks:
                path = damaged / track / name
                if name not in files:
                    files[name] = path.read_bytes() if path.is_file() else b""
                if files[name][row.offset:row.offset + row.size] == chunk:
                    right.add((track, name, row.crc, row.offset))
        return right


def kept(folder):
    """The same of what the mended index says, each proved by its bytes; and how many are not right."""
    right, wrong = set(), 0
    lesson = Lesson(folder)
    for track in lesson.tracks:
        for reel in lesson.reels(track):
            data = reel.path.read_bytes()
            for row in reel.rows:
                whole = sum_of(data[row.offset:row.offset + row.size]) == row.crc
                right.add((track, reel.path.name, row.crc, row.offset))
                wrong += not whole
    return right, wrong


@dataclasses.dataclass
class Trial:
    """A damaged copy that is being judged."""
    name: str
    what: str
    detail: str
    said: concurrent.futures.Future  # what verify says of it at last


class BadTapeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory(prefix="lectern-bad-tapes-")
        cls.addClassCleanup(cls.place.cleanup)
        folders = {name: os.path.join(cls.place.name, name) for name in ("ended", "killed")}
        record(**folders)
        cls.originals = {name: Original(folder) for name, folder in folders.items()}
        cls.played = {}  # digest of a lesson's files: what was complained of
        cls.judges = concurrent.futures.ThreadPoolExecutor(len(folders))
        cls.addClassCleanup(cls.judges.shutdown)

    def copy(self, name):
        """Where the copy of a lesson is that was damaged last."""
        return pathlib.Path(self.place.name, f"{name}-copy")

    def begin(self, name, what, damage, *expected, status=1):
        """Damages a copy; what verify, --mend and the export make of it is judged meanwhile.

        expected: kinds of which verify must say at least one.
        """
        folder = self.copy(name)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.originals[name].folder, folder)
        detail = damage(folder)
        twice = DEEP or random.random() < 0.3
        statuses = status if isinstance(status, tuple) else (status,)
        return Trial(name, what, detail, self.judges.submit(self.judge, name, expected, statuses, twice))

    def judge(self, name, expected, statuses, twice):
        folder = self.copy(name)
        got, said = verify(folder)
        self.assertIn(got, statuses, said["findings"])
        self.assertEqual(said["whole"], got == 0)
        if expected:
            self.assertTrue(kinds(said) & set(expected), f"{expected} not in {said['findings']}")
        for finding in said["findings"]:
            self.assertTrue(finding["en"] and finding["zh"])
        must = self.originals[name].still_right(folder)
        got, said = verify(folder, "--mend")
        self.assertEqual(got, 0, said.get("findings", said))
        have, wrong = kept(folder)
        self.assertEqual(wrong, 0, "a chunk with a wrong check sum is still in an index")
        self.assertEqual(must - have, set(), "chunks that were right are gone")
        if twice:
            before = self.fingerprint(folder)
            self.assertEqual(verify(folder, "--mend")[0], 0)
            self.assertEqual(self.fingerprint(folder), before, "mending twice changes something")
        self.assertEqual(self.play_once(folder), "")
        return said

    def settle(self, *trials):
        """Waits for them all; says what verify said at last of those in which all was right."""
        said = {}
        for trial in trials:
            with self.subTest(lesson=trial.name, damage=trial.what, detail=trial.detail):
                said[trial.name] = trial.said.result()
        return said

    def both(self, what, damage, *expected, **more):
        return self.settle(*[self.begin(name, what, damage, *expected, **more)
                             for name in self.originals])

    @staticmethod
    def fingerprint(folder):
        return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def play_once(self, folder):
        """Much damage is mended to the same lesson, to the byte: that is played once."""
        digest = hashlib.sha256()
        for path in [folder / "lesson.json", *sorted(folder.glob("*/[0-9]*.*"))]:
            if path.is_file():
                data = path.read_bytes()
                digest.update(f"{path.relative_to(folder)} {len(data)}\n".encode() + data)
        key = digest.digest()
        if key not in self.played:
            self.played[key] = play(folder)
        return self.played[key]

    # ---- what is not damaged

    def test_whole(self):
        for name in self.originals:
            got, said = verify(self.originals[name].folder)
            self.assertEqual(got, 0, said["findings"])
            self.assertEqual("interrupted" in kinds(said), name == "killed")
            self.assertEqual(play(self.originals[name].folder), "")
        self.both("nothing", lambda folder: None, status=0)

    def test_words(self):
        folder = pathlib.Path(self.place.name, "words")
        shutil.copytree(self.originals["ended"].folder, folder)
        flip(folder / "camera/0001.mp4", 5000)
        for language, word in (("C.UTF-8", "wrong check sum"), ("zh_CN.UTF-8", "校验和不符")):
            done = run([program("lectern"), "verify", folder], check=False,
                       env={**os.environ, "LC_ALL": language})
            self.assertEqual(done.returncode, 1)
            self.assertIn(word, done.stdout)
            self.assertIn("camera/0001.mp4", done.stdout)
            self.assertIn("--mend", done.stdout)
        done = run([program("lectern"), "verify", "/nowhere"], check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("not a lesson", done.stdout)
        self.assertEqual(run([program("lectern"), "verify"], check=False).returncode, 2)
        shutil.rmtree(folder)

    def test_it_is_being_recorded(self):
        out = os.path.join(self.place.name, "live")
        with Recording(["demo"], out) as recording:
            recording.wait_verified()
            for _ in range(5):
                got, said = verify(out)
                self.assertEqual((got, said["state"]), (0, "recording"), said["findings"])
            done = run([program("lectern"), "verify", out, "--mend"], check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("being recorded", done.stderr)
            self.assertEqual(recording.end(), 0)
        self.assertEqual(verify(out)[0], 0)

    # ---- torn tails

    def test_torn_tails(self):
        def cut(folder):
            track, number = random.choice(TRACKS), random.choice("12")
            path = folder / track / f"000{number}{random.choice(['.mp4', '.index'])}"
            at = random_place(path)
            os.truncate(path, at)
            return f"{path.name} of {track} cut at {at}"
        for _ in range(CUTS):
            # The tail of what was written when the recorder was killed may look like the kill's own.
            self.settle(self.begin("killed", "cut", cut, status=(0, 1)),
                        self.begin("ended", "cut", cut, "cut", "moov", "index-torn", "no-row",
                                   "index-gone", "reel-gone", "head", "no-init"))

    # ---- holes and flips

    def test_holes_of_zeros(self):
        for size in (4096, 65536):
            for file in (".mp4", ".index"):
                for track in some(["camera", "sound"]):
                    def hole(folder):
                        path = folder / track / f"0001{file}"
                        n = min(size, path.stat().st_size)
                        at = random.randrange(0, path.stat().st_size - n + 1) // 512 * 512
                        overwrite(path, at, bytes(n))
                        return f"{n} zeros in {track}/0001{file} at {at}"
                    wanted = ("index-zeros", "index-head") if file == ".index" else ("zeros", "head")
                    self.both("hole", hole, *wanted)

    def test_hole_over_a_head(self):
        self.both("head", lambda folder: overwrite(folder / "screen/0001.mp4", 0, bytes(4096)), "head")

    def test_flipped_bits_in_a_reel(self):
        def one(folder):
            path = folder / random.choice(TRACKS) / "0001.mp4"
            at = random_place(path)
            flip(path, at)
            return f"{path} at {at}"
        for _ in range(CUTS // 5):
            self.both("flip", one, "sum", "moov", "head")

    def test_flipped_bits_in_an_index(self):
        def one(folder):
            path = folder / random.choice(TRACKS) / "0001.index"
            at = random_place(path)
            flip(path, at)
            return f"{path} at {at}"
        for _ in range(CUTS // 5):
            self.both("flip", one, "index-row", "index-head")

    def test_a_wrong_chunk_does_not_come_back_by_a_lost_row(self):
        """One chunk is spoilt, and the row of another: looking for the latter must not find the former."""
        def two(folder):
            reel = Lesson(folder).reels("camera")[0]
            row = reel.rows[len(reel.rows) // 2]
            flip(reel.path, row.offset + row.size - 9)
            flip(reel.path.with_suffix(".index"), HEAD.size + ROW.size * 3 + 5)
        self.both("both", two, "sum")

    def test_flipped_bits_in_an_init(self):
        def one(folder):
            path = folder / random.choice(TRACKS) / "0001.init.mp4"
            at = random_place(path)
            flip(path, at)
            return f"{path} at {at}"
        for _ in range(CUTS // 5):
            self.both("init", one, "init", "head")

    # ---- missing and empty files

    def test_missing_files(self):
        for what, wanted in ((".index", "index-gone"), (".init.mp4", "init-gone"), (".mp4", "reel-gone")):
            for track in some(TRACKS):
                self.both(f"no {what}", lambda folder: os.unlink(folder / track / f"0001{what}"), wanted)
                self.both(f"empty {what}",
                          lambda folder: os.truncate(folder / track / f"0001{what}", 0),
                          {".index": "index-gone", ".init.mp4": "init", ".mp4": "cut"}[what])

    def test_neither_index_nor_init(self):
        for track in some(TRACKS, 2):
            def neither(folder):
                for what in (".index", ".init.mp4"):
                    os.unlink(folder / track / f"0001{what}")
            self.both("neither", neither, "index-gone")

    def test_neither_index_nor_any_init(self):
        for track in some(TRACKS, 2):
            def none(folder):
                for what in (".index", ".init.mp4"):
                    os.unlink(folder / track / f"0001{what}")
                overwrite(folder / track / "0001.mp4", 0, bytes(600))
            self.both("none", none, "no-init")

    def test_a_missing_reel(self):
        def gone(number):
            def act(folder):
                for path in list((folder / "camera").glob(f"000{number}.*")):
                    path.unlink()
            return act
        self.both("first reel", gone(1), "number-gone")

    def test_a_missing_track(self):
        folder = pathlib.Path(self.place.name, "short")
        shutil.copytree(self.originals["ended"].folder, folder)
        info = json.loads((folder / "lesson.json").read_text())
        info["end_ns"] = max(info["end_ns"], 6_000_000_000)
        (folder / "lesson.json").write_text(json.dumps(info))
        shutil.rmtree(folder / "sound")
        self.assertIn("track-gone", kinds(verify(folder)[1]))
        self.assertEqual(verify(folder, "--mend")[0], 0)
        self.assertEqual(play(folder), "")
        shutil.rmtree(folder)

    # ---- what does not belong there

    def test_foreign_files(self):
        def strangers(folder):
            (folder / "notes.txt").write_text("hello")
            (folder / "camera/0007.mp4").mkdir()
            (folder / "camera/0002.index.bak").write_bytes(b"x" * 100)
            (folder / "camera/20260301.mp4").write_bytes(b"a film of somebody's")
            (folder / "camera/\x1b[31mred\nline").write_bytes(b"")
            os.mkfifo(folder / "sound/0009.mp4")
            with open(os.fsencode(folder) + b"/\xff\xfe\x1b", "wb"):
                pass
        for said in self.both("foreign", strangers, "foreign", status=0).values():
            files = [f["file"] for f in said["findings"] if f["kind"] == "foreign"]
            self.assertEqual(len(files), 7, files)
            self.assertIn("camera/?[31mred?line", files)
            self.assertIn("???", files)
            for text in (said[name] for said in said["findings"] for name in ("file", "en", "zh")):
                self.assertTrue(text.isprintable(), repr(text))

    def test_names_do_not_steer_a_terminal(self):
        folder = os.fsencode(self.place.name) + b"/\x1b]0;here\x07\xff"
        shutil.copytree(os.fsencode(self.originals["ended"].folder), folder)
        with open(folder + b"/camera/\xff\n\x1b[31mred", "wb"):
            pass
        shown = subprocess.run([program("lectern"), "verify", folder], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, check=True).stdout
        self.assertIn(b"camera/???[31mred is none", shown)
        self.assertTrue(all(line.isprintable() for line in shown.decode().splitlines()), shown)
        told = subprocess.run([program("lectern"), "verify", folder, "--json"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, check=True).stdout
        self.assertIn("camera/???[31mred", [finding["file"] for finding in json.loads(told)["findings"]])
        shutil.rmtree(folder)

    def test_a_recorder_goes_on_beside_foreign_files(self):
        folder = pathlib.Path(self.place.name, "on")
        shutil.copytree(self.originals["killed"].folder, folder)
        last = max(int(reel.name[:4]) for reel in (folder / "camera").glob("[0-9]*.mp4"))
        (folder / f"camera/{last + 1:04}.mp4").mkdir()
        (folder / "camera/0002.index.bak").write_bytes(b"x" * 100)
        with Recording(["demo"], folder) as recording:
            recording.wait_verified()
            self.assertEqual(recording.end(), 0)
        got, said = verify(folder)
        self.assertEqual(got, 0, said["findings"])
        self.assertTrue((folder / f"camera/{last + 2:04}.mp4").is_file())
        shutil.rmtree(folder)

    # ---- lesson.json and marks

    def test_lesson_json(self):
        self.both("gone", lambda folder: os.unlink(folder / "lesson.json"), "lesson-gone")
        self.both("empty", lambda folder: os.truncate(folder / "lesson.json", 0), "lesson-broken")
        self.both("half", lambda folder: os.truncate(folder / "lesson.json", 200), "lesson-broken")
        self.both("other", lambda folder: (folder / "lesson.json").write_text('{"version":1,"id":"x",'
                  '"tracks":[{"name":"../../etc","id":1}]}') and None, "lesson-broken")
        folder = self.copy("killed")
        info = json.loads((folder / "lesson.json").read_text())
        before = json.loads((self.originals["killed"].folder / "lesson.json").read_text())
        for key in ("boot", "wall_ns", "monotonic_ns"):
            if key == "boot":
                self.assertEqual(info["zero"][key], before["zero"][key])
            else:  # told by another reading of the two clocks
                self.assertLess(abs(info["zero"][key] - before["zero"][key]), 5_000_000)
        self.assertEqual([t["name"] for t in info["tracks"]], TRACKS)
        self.assertEqual([t["id"] for t in info["tracks"]], [1, 2, 3])

    def test_marks(self):
        lines = [json.dumps({"time_ns": n * 10**9, "wall_ns": 1, "label": f"m{n}"}) for n in range(3)]

        def spoil(folder):
            (folder / "marks.jsonl").write_text("\n".join(["", lines[0], "{\"time_ns\":", lines[1], ""]))
        self.both("marks", spoil, "marks")
        self.assertEqual(verify(self.copy("killed"))[1]["marks"], 2)


if __name__ == "__main__":
    seed = int(os.environ.get("LCT_SEED", time.time_ns() % 2**32))
    random.seed(seed)
    print(f"LCT_SEED={seed} makes the same damage")
    unittest.main()
