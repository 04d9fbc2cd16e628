#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adds up the results of several test runs, and shows what failed.

    tests/support/sum.py BROKEN RESULTS.xml…

BROKEN steps before the tests count as failed. The last line is "N passed, N failed[, N skipped]";
exit status 1 if anything failed or nothing ran.
"""

import os
import sys
import xml.etree.ElementTree

LINES = 60  # of a failed test's output


def show(run, case, why):
    print(f"--- {run}: {case.get('name')}: {why}")
    output = (case.findtext("system-out") or "").rstrip().splitlines()
    if len(output) > LINES:
        print(f"    … {len(output) - LINES} lines before")
    for line in output[-LINES:]:
        print("    " + line)


def main():
    passed, failed, skipped = 0, int(sys.argv[1]), 0
    for path in sys.argv[2:]:
        run = os.path.splitext(os.path.basename(path))[0]
        for case in xml.etree.ElementTree.parse(path).iter("testcase"):
            note = case.find("skipped")
            if case.get("status") == "run":
                passed += 1
            elif note is not None and "SKIP" in note.get("message", ""):
                skipped += 1
                print(f"--- {run}: {case.get('name')}: skipped")
            else:
                failed += 1
                why = note if note is not None else case.find("failure")
                show(run, case, why.get("message", "") if why is not None else case.get("status"))
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
