# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest has a camera and a microphone that work, that can be pulled out and put back."""

import shutil
import unittest

from _guest import run_in_guest

SCRIPT = r"""
set -u
v4l2-ctl --list-devices
echo "--- camera"
timeout 60 gst-launch-1.0 -q v4l2src device=/dev/video0 num-buffers=30 \
    ! video/x-raw,format=YUY2,width=320,height=180 ! fakesink
echo "camera=$?"
echo "--- microphone"
tone
wait_for 10 grep -q RUNNING /proc/asound/card0/pcm0p/sub0/status
timeout 60 gst-launch-1.0 -q alsasrc device=hw:Loopback,1 num-buffers=100 \
    ! audio/x-raw,format=S16LE,rate=48000,channels=2 ! filesink location=/run/share/sound.raw
echo "microphone=$?"
echo "--- camera pulled out while it is used"
gst-launch-1.0 -q v4l2src device=/dev/video0 ! video/x-raw,width=320,height=180 \
    ! filesink location=/tmp/picture.raw buffer-mode=unbuffered &
user=$!
wait_for 60 test -s /tmp/picture.raw
camera_unplug
wait $user
echo "camera_user=$?"
camera_plug
timeout 60 gst-launch-1.0 -q v4l2src device=/dev/video0 num-buffers=10 ! fakesink
echo "camera_again=$?"
echo "--- microphone pulled out while it is used"
gst-launch-1.0 -q alsasrc device=hw:Loopback,1 ! filesink location=/tmp/sound.raw buffer-mode=unbuffered &
user=$!
wait_for 60 test -s /tmp/sound.raw
microphone_unplug
wait $user
echo "microphone_user=$?"
microphone_plug
timeout 60 gst-launch-1.0 -q alsasrc device=hw:Loopback,1 num-buffers=10 ! fakesink
echo "microphone_again=$?"
echo "--- HDMI"
hdmi_signal lost
v4l2-ctl -d /dev/video1 --query-dv-timings 2>&1 | grep -o severed
hdmi_source 640x480p59
v4l2-ctl -d /dev/video1 --set-dv-bt-timings query
v4l2-ctl -d /dev/video1 -V | grep -o 640/480
echo "--- clock"
before=$(date +%s)
date -s @$((before - 3600))
echo "jumped=$(( $(date +%s) - before ))"
exit 3
"""


class GuestTest(unittest.TestCase):
    def test_devices(self):
        status, output, share = run_in_guest(SCRIPT)
        self.addCleanup(shutil.rmtree, share)
        print(output)
        self.assertEqual(status, 3)
        for line in ("camera=0", "microphone=0", "camera_again=0", "microphone_again=0",
                     "severed", "640/480", "jumped=-3600"):
            self.assertIn(line, output.splitlines())
        for line in ("camera_user=0", "microphone_user=0"):
            self.assertNotIn(line, output.splitlines())
        sound = (share / "sound.raw").read_bytes()
        self.assertTrue(any(sound), "the microphone was silent")


if __name__ == "__main__":
    unittest.main(verbosity=2)
