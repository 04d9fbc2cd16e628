#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures lectern beside a reference on this machine; see docs/benchmarks.md.

    script/bench [--quick] [--json] [NAME ...]

NAME is one of: screen-still screen-pointer camera latency close sync memory srtp live-srtp live-ws
live-ws-tls live-memory live-join live-shown live-long cut cut-joins edit-open lesson-play search slides vod kill powercut; all but the last two when
none is given.
--quick takes samples (some fifteen minutes in all, the figures are rough), --json prints JSON
instead of a table. Needs what script/setup --tests installs. Exit status 1 when a figure is not
reached.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from _measure import machine, say, table  # noqa: E402
from _camera import camera, close, memory_use  # noqa: E402
from _cut import cut_joins, cuts  # noqa: E402
from _edit import edit_open  # noqa: E402
from _lab import BIN, SOURCE, TOOLS  # noqa: E402
from _live import live_join, live_long, live_memory, live_srtp, live_ws, live_ws_tls  # noqa: E402
from _play import lesson_play  # noqa: E402
from _screen import latency, screen_pointer, screen_still  # noqa: E402
from _search import search  # noqa: E402
from _shown import live_shown  # noqa: E402
from _slides import slide_text  # noqa: E402
from _srtp import srtp  # noqa: E402
from _sync import sync  # noqa: E402
from _vod import vod  # noqa: E402

FIGURES = {"screen-still": screen_still, "screen-pointer": screen_pointer, "camera": camera,
           "latency": latency, "close": close, "sync": sync, "memory": memory_use, "srtp": srtp,
           "live-srtp": live_srtp, "live-ws": live_ws, "live-ws-tls": live_ws_tls,
           "live-memory": live_memory, "live-join": live_join,
           "live-shown": live_shown, "live-long": live_long, "cut": cuts, "cut-joins": cut_joins, "edit-open": edit_open,
           "lesson-play": lesson_play, "search": search, "slides": slide_text,
           "vod": vod}
CAMPAIGNS = {"kill": "*kill*.py", "powercut": "*power*.py"}


def campaign(name, quick):
    """What is lost at faults is measured by the tests of faults, which print their own figures."""
    scripts = sorted((SOURCE / "tests/fault").glob("test_" + CAMPAIGNS[name]))
    if not scripts:
        say(f"{name}: there is no such test in tests/fault")
        return False
    env = {**os.environ, "LCT_BIN": str(BIN), "LCT_TOOLS": str(TOOLS), "LCT_SOURCE": str(SOURCE),
           "LCT_DEEP": "0" if quick else "1"}
    return all(subprocess.run([sys.executable, script], env=env, check=False).returncode == 0
               for script in scripts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, prog="script/bench",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    unknown = set(options.names) - set(FIGURES) - set(CAMPAIGNS)
    if unknown:
        parser.error(f"no such figure: {' '.join(sorted(unknown))}")
    figures, well = [], True
    for name in options.names or FIGURES:
        say(f"{name} ...")
        if name in CAMPAIGNS:
            well = campaign(name, options.quick) and well
            continue
        try:
            figures += FIGURES[name](options.quick)
        except RuntimeError as error:  # the others are measured all the same
            say(f"{name}: {error}")
            well = False
    if options.json:
        print(json.dumps({"machine": machine(), "quick": options.quick,
                          "figures": [figure.as_json() for figure in figures]}, indent=1))
    elif figures:
        print(", ".join(f"{name} {value}" for name, value in machine().items()))
        print(table(figures))
    return 0 if well and all(figure.reached for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
