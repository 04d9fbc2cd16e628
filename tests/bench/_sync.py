# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound against picture over a school day, by a microphone whose crystal is off."""

import json

from _lab import program, run
from _measure import Figure


def sync(quick):
    hours = 1 if quick else 8
    figure = Figure("sync", f"sound against picture, {hours} h at +-100 ppm", "ms", "uncorrected")
    steps, clicks = [], 0
    for ppm in (100, -100):
        told = json.loads(run([program("drift"), ppm, hours], timeout=1800).stdout)
        figure.pair(told["worst_ms"], told["uncorrected_ms"])
        steps.append(told["worst_step_ms"])
        clicks += told["clicks"] + told["gaps"]
    figure.notes["worst after the first minute"] = f"{told['worst_after_a_minute_ms']} ms"
    figure.notes["jumps"] = f"{clicks}; the error moved by {max(steps)} ms in 10 s at most"
    figure.goal_value("<= 20 ms, no jumps", max(figure.ours) <= 20 and clicks == 0)
    return [figure]
