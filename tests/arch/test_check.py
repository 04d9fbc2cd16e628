#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plants faults in a copy of the tree; check.py must name each."""

import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CHECK = os.path.join(HERE, "check.py")
sys.path.insert(0, HERE)
import check  # noqa: E402

SPDX = "// SPDX-License-Identifier: GPL-3.0-or-later\n"

# (what, {file: text}, the words that must be said)
FAULTS = [
    (
        "an upward include",
        {"encode/up.h": SPDX, "capture/up.c": SPDX + '#include "encode/up.h"\n'},
        "capture/up.c:2: upward include of encode/up.h: capture stands left of encode",
    ),
    (
        "an upward include by the back door",
        {"capture/back.c": SPDX + '#include "../encode/up.h"\n'},
        "capture/back.c:2: upward include of encode/up.h",
    ),
    (
        "an include circle",
        {"base/a1.h": SPDX + '#include "base/a2.h"\n', "base/a2.h": SPDX + '#include "a1.h"\n'},
        "include circle: base/a1.h -> base/a2.h -> base/a1.h",
    ),
    (
        "a foreign header outside its folder",
        {"stream/gst.c": SPDX + "#include <gst/gst.h>\n"},
        "stream/gst.c:2: <gst/gst.h> belongs to capture only",
    ),
    (
        "a foreign header outside its sub folder",
        {"stream/lws.c": SPDX + "#include <libwebsockets.h>\n"},
        "stream/lws.c:2: <libwebsockets.h> belongs to stream/http only",
    ),
    (
        "a foreign type in a public header",
        {"encode/open.h": SPDX + "#include <libavutil/frame.h>\n"},
        "encode/open.h:2: <libavutil/frame.h> in a public header",
    ),
    (
        "an unknown library",
        {"base/z.c": SPDX + "#include <stdio.h>\n#include <zlib.h>\n"},
        "base/z.c:3: <zlib.h>: no folder",
    ),
    (
        "a test's file in product code",
        {"tests/support/t.h": SPDX, "base/t.c": SPDX + '#include "tests/support/t.h"\n'},
        "base/t.c:2: product code includes a test's file",
    ),
    (
        "a private header of somebody else",
        {"base/own_priv.h": SPDX, "encode/thief.c": SPDX + '#include "base/own_priv.h"\n'},
        "encode/thief.c:2: base/own_priv.h is private",
    ),
    (
        "a public function without a word",
        {"base/mute.h": SPDX + "/** Speaks. */\nint lct_speak(void);\nint lct_mute(int a,\n  int b);\n"},
        "base/mute.h:4: lct_mute() has no",
    ),
    (
        "a path of one machine",
        {"docs/path.md": "see /ho" + "me/somebody/file\n"},
        "docs/path.md:1: ",
    ),
    (
        "a package host",
        {"docs/host.md": "\nfrom regi" + "stry.npmjs.org\n"},
        "docs/host.md:2: ",
    ),
    ("a file without a licence", {"base/free.c": "int lct_free;\n"}, "base/free.c: no SPDX"),
]


def main():
    root = os.path.dirname(os.path.dirname(HERE))
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        copy = os.path.join(scratch, "tree")
        for file in check.list_files(root):
            os.makedirs(os.path.join(copy, os.path.dirname(file)), exist_ok=True)
            shutil.copy(os.path.join(root, file), os.path.join(copy, file))
        for _, files, _ in FAULTS:
            for file, text in files.items():
                path = os.path.join(copy, file)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                assert not os.path.exists(path), f"{file} is there already; choose another name"
                with open(path, "w", encoding="utf-8") as out:
                    out.write(text)
        run = subprocess.run([sys.executable, CHECK, copy], capture_output=True, text=True, check=False)
    for what, _, words in FAULTS:
        found = run.returncode == 1 and words in run.stdout
        print(f"{'found' if found else 'MISSED'}: {what}")
        failed += not found
    if failed:
        print(run.stdout, run.stderr)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
