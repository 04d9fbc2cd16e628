# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs to protect a live viewer's packets, and to shake hands with the viewer."""

import json

from _lab import program, run
from _measure import Figure

VIEWERS = 500


def srtp(quick):
    turns = 3 if quick else 15
    figures = []
    for profile, name in (("gcm", "AES-128-GCM"), ("cm", "AES-128-CM and HMAC-SHA1")):
        figure = Figure(f"srtp-{profile}", f"SRTP packet of 1200 bytes, {name}, {VIEWERS} viewers",
                        "CPU ns", "Debian's libsrtp")
        told = json.loads(run([program("srtpcost"), profile, VIEWERS, turns], timeout=600).stdout)
        for ours, theirs in zip(told["ours_ns"], told["libsrtp_ns"]):
            figure.pair(ours, theirs)
        figure.notes["keys of a viewer, both directions"] = f"{told['viewer_bytes'] / 1000:.1f} KB"
        figure.goal_ratio(1 / 2)
        figures.append(figure)
    told = json.loads(run([program("dtlscost"), VIEWERS], timeout=600).stdout)
    figures[0].notes["DTLS of a viewer"] = (f"{told['handshake_us']:.0f} us of CPU, "
                                            f"{told['open_bytes'] / 1000:.1f} KB when open")
    return figures
