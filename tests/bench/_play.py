# SPDX-License-Identifier: GPL-3.0-or-later
"""Playing a microlesson without a file: how soon, and how far apart its two pictures are."""

import json
import pathlib

from _lab import run
from _measure import Figure

HERE = pathlib.Path(__file__).resolve().parent
FRAME_MS = 1000 / 30
ROUNDED_MS = 1  # the clocks count whole milliseconds


def lesson_play(quick):
    """The figures lesson-play, for each browser."""
    seen = [json.loads(line) for line in run(["node", HERE / "lessonplay.mjs", 1 if quick else 3], timeout=900).stdout.splitlines()]
    figures = []
    for browser in ("chromium", "firefox"):
        own = [one for one in seen if one["browser"] == browser]
        press = Figure("lesson-play", f"8-minute microlesson of 96 pieces, {browser}: press to both pictures moving", "s", "")
        for one in own:
            press.alone(one["press_ms"] / 1000)
        press.goal_value("<= 0.3 s", max(press.ours) <= 0.3)
        press.notes["a seek over six minutes"] = f"{max(one['seek_ms'] for one in own):.0f} ms"
        figures.append(press)
        for what, words in (("playing", "playing"), ("sought", "after a seek"), ("fast", "twice as fast")):
            within = Figure("lesson-play", f"looks at new pictures that find both within one of each other, {browser}, {words}", "%", "")
            for one in own:
                apart = one["apart"][what]
                within.alone(100 * sum(ms <= FRAME_MS + ROUNDED_MS for ms, _ in apart) / len(apart))
            looks = [look for one in own for look in one["apart"][what]]
            over = [late for ms, late in looks if ms > FRAME_MS + ROUNDED_MS]
            within.notes["farthest"] = f"{max(ms for ms, _ in looks)} ms"
            within.notes["looks"] = len(looks)
            within.notes["farther apart"] = f"{len(over)}, {sum(over)} of them with both clocks together and a picture late"
            within.goal_value("100 %", min(within.ours) >= 100)
            figures.append(within)
    return figures
