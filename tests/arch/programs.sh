#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The programs that talk to strangers or read their files hold no device code: neither
# lectern-server nor lectern-worker loads GStreamer, XCB, ALSA or PulseAudio, and the server loads no
# decoder either. Looked for in what they need themselves, and in what those need.
set -euo pipefail
status=0

# refuse PROGRAM HOW PATTERN: fails if the libraries on stdin match
refuse() {
    local found
    if found=$(grep -oE "($3)[^ ]*" | sort -u | tr '\n' ' ') && [ -n "$found" ]; then
        echo "$1 $2 $found"
        status=1
    fi
}

for program in lectern-server lectern-worker; do
    file=$LCT_BIN/$program
    if [ ! -x "$file" ]; then
        echo "$program is not built yet"
        continue
    fi
    needed=$(readelf -d "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
    echo "$program needs:" $needed
    refuse "$program" "links" 'libgst|libxcb|libX11|libasound|libpulse' <<<"$needed"
    refuse "$program" "loads, by way of others," 'libgst|libasound|libpulse' < <(ldd "$file")
    if [ "$program" = lectern-server ]; then
        refuse "$program" "links a decoder," 'libavcodec|libavformat' <<<"$needed"
        refuse "$program" "loads, by way of others," 'libxcb' < <(ldd "$file")
    fi
done
exit $status
