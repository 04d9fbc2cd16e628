# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the tests of a script beside each other: they wait more than they compute.

    if __name__ == "__main__":
        beside.main(3)  # so many at a time, each in a process of its own, and what it sets up with it

What is named on the command line runs here, as with unittest.main.
"""

import concurrent.futures
import subprocess
import sys
import unittest

SKIPPED = 77  # the exit status that says so


def _names(suite):
    for one in suite:
        if isinstance(one, unittest.TestSuite):
            yield from _names(one)
        else:
            yield one.id().removeprefix("__main__.")


def _run(name):
    """Runs one test; what it printed comes in one piece."""
    done = subprocess.run([sys.executable, sys.argv[0], name], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    print(f"--- {name}\n{done.stdout}", flush=True)
    return done.returncode


def main(count):
    """Runs all tests of the script, `count` at a time, in their order, and ends it."""
    if len(sys.argv) > 1:
        unittest.main(verbosity=2)
    names = list(_names(unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])))
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        results = dict(zip(names, pool.map(_run, names)))
    failed = [name for name, status in results.items() if status not in (0, SKIPPED)]
    print(f"{len(names)} tests, failed: {', '.join(failed) or 'none'}")
    sys.exit(1 if failed or not names else max(results.values()))
