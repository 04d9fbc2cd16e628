# SPDX-License-Identifier: GPL-3.0-or-later
# What a script in the guest begins with: its programs, its devices, and their plugs.
#
#   /dev/video0    a webcam: 320x180 or 640x360 YUYV (larger sizes are too slow on an emulated CPU)
#   /dev/video1    an HDMI card: source changes and lost signals by v4l2-ctl controls
#   hw:Loopback,1  a microphone; it hears what plays on hw:Loopback,0, see `tone`

export HOME=/root TMPDIR=/tmp PATH=/tmp/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# Over 9p each start of a program would read it anew.
mkdir -p /tmp/bin
cp /run/share/bin/* /tmp/bin/ 2>/dev/null

# A scan of all installed plugins takes a minute here, and a forked scanner twice that.
export GST_PLUGIN_SYSTEM_PATH_1_0=/tmp/gst GST_REGISTRY=/tmp/gst/registry GST_REGISTRY_FORK=no
mkdir -p /tmp/gst
for plugin in coreelements typefindfunctions app video4linux2 videoconvertscale videorate rawparse \
    videotestsrc alsa audioconvert audioresample audiotestsrc jpeg videoparsersbad; do
    cp /usr/lib/*/gstreamer-1.0/libgst$plugin.so /tmp/gst/ || echo "no plugin $plugin"
done

plug() { echo "$2" > "/sys/bus/platform/drivers/$1/bind"; }
# The driver may wait until programs have closed the device, so nobody waits for it here.
unplug() { echo "$2" > "/sys/bus/platform/drivers/$1/unbind" & }

wait_for() { # wait_for SECONDS COMMAND...: until the command succeeds
    local deadline=$((SECONDS + $1))
    shift
    until "$@" > /dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] || { echo "waited too long for: $*"; return 1; }
        sleep 0.1
    done
}

camera_unplug() { unplug vivid vivid.0; wait_for 10 test ! -e /dev/video0; }
camera_plug() { plug vivid vivid.0; wait_for 10 test -e /dev/video0; }
microphone_unplug() { unplug snd_aloop snd_aloop.0; wait_for 10 test ! -e /dev/snd/pcmC0D1c; }
microphone_plug() { plug snd_aloop snd_aloop.0; wait_for 10 test -e /dev/snd/pcmC0D1c; }

# Plays a tone into the microphone, again after each replug, in whatever format the microphone was
# opened with meanwhile (both ends of a loopback have the same). Its process id is in $tone.
tone() {
    while :; do
        aplay -q -D plughw:Loopback,0 /run/share/tone.wav || sleep 0.2
    done > /tmp/tone.log 2>&1 &
    tone=$!
}

# What the HDMI card's cable carries. `hdmi_source 640x480p59` is another machine on the cable (names:
# v4l2-ctl -d /dev/video1 -L); a program must adopt its timings, as after a source change event.
hdmi_signal() { # hdmi_signal lost|unlocked|back
    local -A modes=([back]=0 [lost]=1 [unlocked]=2)
    v4l2-ctl -d /dev/video1 -c dv_timings_signal_mode=${modes[$1]}
}
hdmi_source() {
    local index
    index=$(v4l2-ctl -d /dev/video1 -L | sed -n "s/^\t*\([0-9]*\): $1\$/\1/p" | head -1)
    v4l2-ctl -d /dev/video1 -c dv_timings_signal_mode=4
    v4l2-ctl -d /dev/video1 -c "dv_timings=$index"
}
