# SPDX-License-Identifier: GPL-3.0-or-later
"""`lectern up` in a folder of its own, and its API.

    with Service(disk.path) as service:
        lesson = service.ask("POST", "/rooms/main/recording")["lesson"]
"""

import contextlib
import json
import pathlib
import socket
import urllib.request

from _lab import Program, program, wait_until


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Service(Program):
    """A running `lectern up`."""

    def __init__(self, data, sources=("demo",), env=None):
        self.data = data
        options = [word for source in sources for word in ("--source", source)]
        super().__init__([program("lectern"), "up", "--data", data, *options, "--json",
                          "--listen", f"127.0.0.1:{free_port()}"], env=env)
        self.url = self.code = None
        wait_until(self._read_address, 15, "the address")

    def _read_address(self):
        for line in self.log.splitlines(keepends=True):
            if line.startswith("{") and line.endswith("}\n"):
                told = json.loads(line)
                self.url, self.code = told["url"], told["code"]
        return self.url

    def ask(self, method, path, body=None, timeout=20):
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}", method=method, data=json.dumps(body or {}).encode(),
            headers={"Authorization": f"Bearer {self.code}", "Content-Type": "application/json"})
        if method == "GET":
            request.data = None
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return json.load(answer)

    def room(self):
        with contextlib.suppress(OSError):
            return self.ask("GET", "/rooms/main")
        return {}

    def wait_for_state(self, state, seconds=15):
        wait_until(lambda: self.room().get("online") and self.room().get("state") == state, seconds,
                   f"the room to be {state}")

    def processes(self, name):
        """Process ids of our programs of this name: those that were given our data folder."""
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
                if words[0].endswith(name) and str(self.data) in words:
                    found.append(int(entry.name))
        return found

    def lesson_folder(self, lesson_id):
        return next(pathlib.Path(self.data).glob(f"**/{lesson_id}"))
