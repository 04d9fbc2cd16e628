# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a program with no more system calls than the unit of the service leaves it (systemd.exec(5),
SystemCallFilter=); what it must not call kills it, or fails, as the unit has it.

    subprocess.run(command, preexec_fn=service.shut_in)
    python3 tests/support/service.py COMMAND …
"""

import ctypes
import errno
import functools
import os
import pathlib
import subprocess
import sys

UNIT = pathlib.Path(__file__).resolve().parents[2] / "control/service/lectern.service"
ALLOW, KILL, FAIL = 0x7FFF0000, 0x80000000, 0x00050000  # seccomp(2)
SET_NO_NEW_PRIVS = 38  # prctl(2)


def sets():
    """What the names that begin with @ stand for, as the systemd of this machine has it."""
    known, calls = {}, []
    said = subprocess.run(["systemd-analyze", "syscall-filter"], check=True, capture_output=True, text=True)
    for line in said.stdout.splitlines():
        if line.startswith(("@", "#")):
            calls = known.setdefault(line, [])
        elif line.startswith("    ") and line[4] != "#":
            calls.append(line.strip())
    return known


def expanded(words, known):
    for word in words:
        yield from expanded(known[word], known) if word.startswith("@") else (word,)


@functools.cache
def the_filter():
    library, known = ctypes.CDLL("libseccomp.so.2"), sets()
    library.seccomp_init.restype = ctypes.c_void_p
    calls, other = set(), KILL
    for line in UNIT.read_text().splitlines():
        key, _, value = line.partition("=")
        if key == "SystemCallFilter":
            named = set(expanded(value.removeprefix("~").split(), known))
            calls = calls - named if value.startswith("~") else calls | named
        elif key == "SystemCallErrorNumber":
            other = FAIL | getattr(errno, value)
    if os.geteuid() == 0:
        calls.add("fchown")  # of secrets, that the service's user need not give away
    made = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(other)))
    for call in calls:
        number = library.seccomp_syscall_resolve_name(call.encode())
        if number >= 0:  # else of other machines
            assert library.seccomp_rule_add(made, ctypes.c_uint32(ALLOW), number, 0) == 0, call
    return library, made


the_filter()  # made before there is a child


def shut_in():
    """In a child, before it runs another program."""
    library, made = the_filter()
    assert ctypes.CDLL(None).prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 and library.seccomp_load(made) == 0


if __name__ == "__main__":
    shut_in()
    os.execvp(sys.argv[1], sys.argv[1:])
