# SPDX-License-Identifier: GPL-3.0-or-later
"""A camera, an HDMI card and a microphone of a real kernel: recorded, pulled, plugged, taken twice."""

import json
import pathlib
import re
import shutil
import unittest

from _guest import run_in_guest
from _lesson import Lesson, judge
from test_sources import loudness, silences

# The emulated processor is slow: small pictures, and generous waits. Marks on a line of their own tell
# the test what happened when, on the clock the lesson runs on.
SCRIPT = r"""
set -u
mark() { echo "mark $1 $(cut -d' ' -f1 /proc/uptime)"; }
has() { # has LOG TEXT: the newest status says TEXT
    grep '^{"room".*}$' "$1" | tail -n 1 | grep -qF "$2"
}
ends() { # ends PROCESS: SIGTERM; when it hangs, where it does
    kill -TERM "$1"
    wait_for 60 eval "! grep -q '^State:.[^Z]' /proc/$1/status" && return
    grep -H . /proc/"$1"/task/*/comm /proc/"$1"/task/*/wchan
    kill -9 "$1"
}
camera='camera:/dev/video0?width=320'
microphone='mic:alsa:hw:Loopback,1'
hdmi='hdmi:/dev/video1?width=640'

echo "--- devices"
timeout 60 lectern devices --json > /run/share/devices.json 2> /tmp/devices.log
echo "devices=$?"

echo "--- camera and microphone"
tone
wait_for 10 grep -q RUNNING /proc/asound/card0/pcm0p/sub0/status
log=/run/share/record.log
lectern record --source "$camera" --source "$microphone" --out /run/share/lesson --json > $log 2>&1 &
recorder=$!
wait_for 90 grep -q '"verified_ns":[1-9].*"verified_ns":[1-9]' $log
sleep 3

lectern record --source "$camera" --out /tmp/second --duration 1 > /run/share/second.log 2>&1
echo "second=$?"
echo "recorder=$recorder"

mark camera_pulled; camera_unplug
wait_for 20 has $log '"state":"lost"'; mark camera_slate
sleep 2
camera_plug; mark camera_plugged
wait_for 60 eval '! has $log "\"state\":\"lost\"" && ! has $log "\"state\":\"opening\""'; mark camera_back
sleep 4

mark microphone_pulled; microphone_unplug
wait_for 20 has $log '"state":"lost"'; mark microphone_silent
sleep 2
microphone_plug; mark microphone_plugged
wait_for 60 eval '! has $log "\"state\":\"lost\"" && ! has $log "\"state\":\"opening\""'; mark microphone_back
wait_for 20 grep -q RUNNING /proc/asound/card0/pcm0p/sub0/status; mark tone_back
sleep 4
ends $recorder
wait $recorder
echo "record=$?"

echo "--- HDMI"
log=/run/share/hdmi.log
hdmi_source 640x480p59
lectern record --source "$hdmi" --out /run/share/hdmi --json > $log 2>&1 &
recorder=$!
wait_for 90 grep -q '"saved_ns":[1-9]' $log
sleep 2
hdmi_signal lost
wait_for 20 has $log '"state":"no-signal"'; mark no_signal
sleep 2
hdmi_source 720x480p59
wait_for 30 has $log '"state":"running"'; mark signal
sleep 4
ends $recorder
wait $recorder
echo "hdmi=$?"
exit 7
"""


def marks(output):
    return {name: float(at) for name, at in re.findall(r"^mark (\w+) ([\d.]+)$", output, re.MULTILINE)}


def statuses(log):
    return [json.loads(line) for line in log.read_text(errors="replace").splitlines()
            if line.startswith('{"room"') and line.endswith("}")]


class DevicesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        status, cls.output, cls.share = run_in_guest(SCRIPT, programs=["lectern"], timeout=280)
        cls.addClassCleanup(shutil.rmtree, cls.share)
        cls.marks = marks(cls.output)
        print(cls.output)
        if status != 7:
            for log in sorted(cls.share.glob("*.log")):
                print(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}")
            raise AssertionError(f"the script ended with {status}")

    def test_what_there_is(self):
        self.assertIn("devices=0", self.output)
        devices = json.loads(pathlib.Path(self.share, "devices.json").read_text(encoding="utf-8"))
        specs = {device["spec"] for device in devices["devices"]}
        self.assertLessEqual({"camera:/dev/video0", "hdmi:/dev/video1"}, specs)
        self.assertTrue(any(spec.startswith("mic:alsa:hw:") for spec in specs), specs)
        ids = [device["id"] for device in devices["devices"]]
        self.assertEqual(len(ids), len(set(ids)))

    def test_camera_and_microphone(self):
        self.assertIn("record=0", self.output)
        lesson = Lesson(self.share / "lesson")
        judge(self, lesson)
        for track in lesson.tracks:
            self.assertEqual(lesson.holes(track), [], track)
        size = lesson.info["tracks"][0]
        self.assertEqual((size["width"], size["height"]), (320, 180))
        seen = statuses(self.share / "record.log")
        self.assertTrue(any(status["tracks"][0]["slate"] for status in seen))
        words = [status["sources"][0] for status in seen if status["sources"][0]["state"] == "lost"]
        self.assertTrue(words and words[0]["en"] and words[0]["zh"])
        start = lesson.rows("sound")[0].time
        silent = [(a, b) for a, b in silences(loudness(lesson.export("sound", self.share)), start, longer=0.5)
                  if a < self.marks["microphone_back"] and b > self.marks["microphone_pulled"]]
        print(f"camera: {words[0]['en']} slate {self.marks['camera_slate'] - self.marks['camera_pulled']:.1f} s "
              f"after, back {self.marks['camera_back'] - self.marks['camera_plugged']:.1f} s after its return; "
              f"microphone: silent {[(round(a - self.marks['microphone_pulled'], 2), round(b - a, 2)) for a, b in silent]}"
              " (from, for), seconds of an emulated processor")
        self.assertTrue(silent, "a pulled microphone is silence")
        levels = loudness(self.share / "sound.mp4")
        self.assertGreater(max(levels[100:300]), 0.05, "the tone was not recorded")
        self.assertGreater(max(levels[-200:]), 0.05, "the tone did not come back")

    def test_taken_twice(self):
        self.assertIn("second=1", self.output)
        said = pathlib.Path(self.share, "second.log").read_text(encoding="utf-8")
        recorder = re.search(r"^recorder=(\d+)$", self.output, re.MULTILINE).group(1)
        self.assertIn("in use by lectern", said)
        self.assertIn(f"({recorder})", said)

    def test_hdmi(self):
        self.assertIn("hdmi=0", self.output)
        lesson = Lesson(self.share / "hdmi")
        judge(self, lesson)
        self.assertEqual(lesson.holes("screen"), [])
        seen = statuses(self.share / "hdmi.log")
        dark = [status for status in seen if status["sources"][0]["state"] == "no-signal"]
        self.assertTrue(dark and "no signal" in dark[0]["sources"][0]["en"], dark[:1])
        self.assertTrue(any(status["tracks"][0]["slate"] for status in dark))
        self.assertEqual(seen[-1]["sources"][0]["width"], 720)


if __name__ == "__main__":
    unittest.main(verbosity=2)
