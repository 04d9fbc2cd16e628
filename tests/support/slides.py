# SPDX-License-Identifier: GPL-3.0-or-later
"""Slides as teachers make them, with the text that stands on them: I420 pictures of any size."""

import pathlib
import subprocess
import tempfile
import unicodedata

FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
# ground, title, text: the colours people choose
COLOURS = (("white", "0x1f3f7f", "black"), ("0x1e3a5f", "white", "0xf0f0f0"),
           ("0xf4f1e8", "0x7f1f1f", "0x202020"))


def picture(title, lines, width=1920, height=1080, style=0):
    """One picture as I420 bytes; style chooses colours and size of letters."""
    ground, head, body = COLOURS[style % len(COLOURS)]
    letters = height // (22, 27, 34)[style % 3]
    with tempfile.TemporaryDirectory() as folder:
        texts = [pathlib.Path(folder, name) for name in ("title", "lines")]
        texts[0].write_text(title, encoding="utf-8")
        texts[1].write_text("\n".join(lines) or " ", encoding="utf-8")
        draw = (f"drawtext=fontfile={FONT}:textfile={texts[0]}:fontsize={letters * 3 // 2}:"
                f"x={width // 16}:y={height // 14}:fontcolor={head},"
                f"drawtext=fontfile={FONT}:textfile={texts[1]}:fontsize={letters}:x={width // 12}:"
                f"y={height // 4}:line_spacing={letters // 2}:fontcolor={body}")
        return subprocess.run(
            ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"color={ground}:s={width}x{height}",
             "-frames:v", "1", "-vf", draw, "-pix_fmt", "yuv420p", "-f", "rawvideo", "-"],
            check=True, stdout=subprocess.PIPE).stdout


def plain(text):
    """What counts of a text: its characters, of one width, without blanks."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def distance(read, truth):
    """Characters that are to be changed, added or taken out to make one text the other."""
    row = list(range(len(truth) + 1))
    for i, a in enumerate(read, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(truth, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]
