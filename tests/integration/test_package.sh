#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The .deb: made, unpacked, its programs run from where it puts them, its units hardened.
set -euo pipefail
fail() { echo "FAILED: $*"; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
build=$(dirname "$LCT_BIN")

(cd "$work" && cpack --config "$build/CPackConfig.cmake" -B "$work" >"$work/log" 2>&1) ||
    { cat "$work/log"; fail "cpack"; }
deb=$(echo "$work"/lectern_*.deb)
[ -e "$deb" ] || fail "no package was made"
dpkg-deb -x "$deb" "$work/root"
dpkg-deb -e "$deb" "$work/control"

for file in usr/bin/lectern usr/bin/lectern-recorder usr/bin/lectern-server usr/bin/lectern-worker \
    etc/lectern/lectern.conf lib/systemd/system/lectern.service lib/systemd/system/lectern-stick@.service \
    lib/udev/rules.d/80-lectern-stick.rules lib/systemd/user/lectern-desktop.service \
    usr/lib/lectern/first-room usr/share/lectern/web/index.html usr/share/doc/lectern/README.md; do
    found=
    for prefix in '' usr/; do [ -e "$work/root/$prefix$file" ] && found=yes; done
    [ -n "$found" ] || fail "$file is not in the package"
done
grep -qx /etc/lectern/lectern.conf "$work/control/conffiles" || fail "lectern.conf is no conffile"
grep -q '^Depends:.*libgstreamer' "$work/control/control" || fail "libraries are not in Depends"
find "$work/root" -name typescript -o -name axe-core | grep -q . && fail "tools of tests are in the package"

# All that the unit's programs may call, and no more.
lectern() { python3 "$LCT_SOURCE/tests/support/service.py" "$work/root/usr/bin/lectern" "$@"; }
lectern --version | grep -q '^lectern ' || fail "the packaged program does not run"
lectern record --source demo --out "$work/lesson" --duration 2 >/dev/null 2>&1 ||
    fail "the packaged recorder does not record"
lectern export "$work/lesson" -o "$work/lesson.mp4" || fail "the packaged worker does not export"

unit=$(find "$work/root" -name lectern.service)
if command -v systemd-analyze >/dev/null; then
    score=$(systemd-analyze security --offline=true "$unit" | sed -n 's/.*exposure level for lectern.service: \([0-9.]*\).*/\1/p')
    echo "exposure of lectern.service: $score (0 is best)"
    [ "$(echo "$score <= 2.0" | bc)" = 1 ] || fail "the unit is less hardened than 2.0"
fi
grep -q '^User=lectern' "$unit" || fail "the system unit runs as root"
echo "the package is whole"
