#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an editor saves is there again after the server was killed at any moment: the last version that
was answered, or the one that was under way, and never a torn one."""

import http.client
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from _programs import BIN, Server  # noqa: E402  (found by the line above)

KILLS = 60 if os.environ.get("LCT_DEEP", "0") not in ("", "0", "OFF") else 6


def edit_of(number):
    """Large enough that writing it takes a while."""
    return {"version": 1, "begin": {"clips": []}, "changes": [{"do": "title", "clip": 0, "title": "题" * 50000}] * 3
            + [{"do": "title", "clip": 0, "title": str(number)}], "at": 4}


def main():
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder)
        lesson = "20260301-080000-main-0001"
        subprocess.run([BIN / "lectern", "record", "--source", "demo", "--duration", "1", "--out",
                        data / "lessons" / lesson], check=True, capture_output=True, timeout=60)
        path = f"/api/v1/edits/{lesson}"
        saved, under_way, tag = 0, 0, None
        for kill in range(KILLS):
            server = Server(data)
            status, head, content = server.ask("GET", path)
            if saved:
                assert status == 200, f"after kill {kill}: {status}"
                kept = json.loads(content)
                number = int(kept["changes"][-1]["title"])
                assert kept == edit_of(number) and number in (saved, under_way), \
                    f"{number} is there, saved was {saved}, under way {under_way}"
                saved, tag = number, head["ETag"]
            threading.Timer(random.uniform(0.05, 0.4), server.process.kill).start()
            try:
                while True:
                    under_way += 1
                    status, head, _ = server.ask("PUT", path, edit_of(under_way), {"If-Match": tag} if tag else {})
                    assert status == 200, f"{under_way}: {status}"
                    saved, tag = under_way, head["ETag"]
            except (http.client.HTTPException, OSError):
                server.process.wait(10)
                server.process.stdout.close()
        print(f"{KILLS} kills, {under_way} versions begun, {saved} the last one answered")
        assert saved > KILLS


if __name__ == "__main__":
    sys.exit(main())
