#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says in words where the tree leaves its shape, and prints the figures of that shape.

    tests/arch/check.py [ROOT]

The folders, their order and their foreign libraries are read from cmake/folders.txt. Exit status 1
if something is wrong; the figures are there to be looked at and fail nothing.
"""

import collections
import json
import os
import re
import statistics
import subprocess
import sys

HEADER_LINES = 200  # more is a sign of two subjects
NOT_OURS = {"build", "node_modules", ".git", "__pycache__"}
CODE = (".c", ".h", ".py", ".sh", ".js", ".mjs")

# Headers of the C library and the kernel, free to all. Any other <header> belongs to a library.
LIBC_FOLDERS = ("sys/", "linux/", "net/", "netinet/", "arpa/", "asm/", "netpacket/", "scsi/")
LIBC = set(
    """alloca assert byteswap complex cpuid ctype dirent dlfcn elf endian errno execinfo fcntl fenv
    float fnmatch fts ftw getopt glob grp iconv ifaddrs immintrin inttypes iso646 langinfo libgen libintl
    limits link locale malloc math mntent netdb nl_types paths poll pthread pty pwd regex resolv
    sched search semaphore setjmp signal spawn stdalign stdarg stdatomic stdbool stddef stdint stdio
    stdlib stdnoreturn string strings syscall sysexits syslog termios tgmath threads time ucontext
    unistd utime utmp utmpx values wchar wctype wordexp x86intrin""".split()
)

# Words that belong to one machine or one network, put together here so as not to find themselves.
FORBIDDEN = [
    (r"(?<![\w.$}])/(ho" r"me|ro" r"ot|wo" r"rk)/", "a path of somebody's machine"),
    (
        r"(de" r"b|secu" r"rity|archi" r"ve)\.(debian|ubuntu)\.(org|com)|regi" r"stry\.npm|regi"
        r"stry\.yarn|pyp" r"i\.org|python" r"hosted\.org|crat" r"es\.io",
        "a package host: which one to use is each machine's own affair",
    ),
]


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def list_files(root):
    """All files of the project: what git knows or could know, or simply what is there."""
    if os.path.exists(os.path.join(root, ".git")):
        command = ["git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard"]
        files = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")
    else:
        files = []
        for folder, inner, names in os.walk(root):
            inner[:] = [name for name in inner if name not in NOT_OURS]
            files += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return sorted(f for f in files if f and os.path.isfile(os.path.join(root, f)))


class Tree:
    def __init__(self, root):
        self.root = root
        self.files = list_files(root)
        self.text = {f: read(os.path.join(root, f)) for f in self.files if f.endswith(CODE)}
        self.problems = []
        self.rows = []  # (path, header prefixes)
        for line in read(os.path.join(root, "cmake/folders.txt")).splitlines():
            if re.match(r"[a-z]", line):
                path, _, headers = (cell.strip() for cell in line.split("|"))
                self.rows.append((path, headers.split()))
        self.folders = [path for path, _ in self.rows if "/" not in path]
        self.product = [f for f in self.text if self.rank(f) >= 0 and f.endswith((".c", ".h"))]
        self.headers = [f for f in self.product if f.endswith(".h")]
        self.public = [f for f in self.headers if not f.endswith("_priv.h")]

    def rank(self, file):
        folder = file.split("/")[0]
        return self.folders.index(folder) if folder in self.folders else -1

    def wrong(self, where, what):
        self.problems.append(f"{where}: {what}")

    def includes(self, file):
        """Yields (line, quoted, header) of a file."""
        for number, line in enumerate(self.text[file].splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if match:
                yield number, match[1] == '"', match[2]

    def resolve(self, file, header):
        """The project's file that a quoted include means, or None."""
        beside = os.path.normpath(os.path.join(os.path.dirname(file), header))
        for candidate in (beside, os.path.normpath(header)):
            if candidate in self.text:
                return candidate
        return None


def check_arrows(tree):
    for file in tree.product:
        for line, quoted, header in tree.includes(file):
            where = f"{file}:{line}"
            target = tree.resolve(file, header)
            if target is None:
                first = os.path.normpath(header).split("/")[0]
                if quoted and first not in tree.folders + ["tests"]:
                    tree.wrong(where, f'"{header}" is no file of ours; libraries go in <>')
                    continue
                target = os.path.normpath(header)
            if target.split("/")[0] == "tests":
                tree.wrong(where, f"product code includes a test's file, {target}")
            elif tree.rank(target) > tree.rank(file):
                mine, theirs = tree.folders[tree.rank(file)], tree.folders[tree.rank(target)]
                tree.wrong(where, f"upward include of {target}: {mine} stands left of {theirs}")
            elif target.endswith("_priv.h") and os.path.dirname(target) != os.path.dirname(file):
                tree.wrong(where, f"{target} is private to its folder")


def check_circles(tree):
    graph = {
        file: [t for _, quoted, h in tree.includes(file) if quoted and (t := tree.resolve(file, h))]
        for file in tree.headers
    }
    done, path = set(), []

    def visit(file):
        if file in path:
            circle = path[path.index(file) :] + [file]
            tree.wrong(file, "include circle: " + " -> ".join(circle))
        elif file not in done:
            path.append(file)
            for target in graph.get(file, []):
                visit(target)
            path.pop()
            done.add(file)

    for file in tree.headers:
        visit(file)


def check_foreign(tree):
    homes = collections.defaultdict(list)  # header prefix -> folders that may include it
    shown = tuple(prefix[:-1] for _, row in tree.rows for prefix in row if prefix.endswith("*"))
    for path, prefixes in tree.rows:
        for prefix in prefixes:
            homes[prefix.rstrip("*")].append(path)
    for file in tree.product:
        for line, quoted, header in tree.includes(file):
            if quoted:
                continue
            where = f"{file}:{line}"
            allowed = [home for prefix in homes if header.startswith(prefix) for home in homes[prefix]]
            if allowed:
                if not any(file.startswith(home + "/") for home in allowed):
                    tree.wrong(where, f"<{header}> belongs to {' and '.join(allowed)} only")
                elif file in tree.public and not header.startswith(shown):
                    tree.wrong(where, f"<{header}> in a public header; only a *_priv.h may")
            elif not header.startswith(LIBC_FOLDERS) and header[:-2] not in LIBC:
                tree.wrong(where, f"<{header}>: no folder in cmake/folders.txt has this library")


def tags(tree, files, kinds):
    """What ctags finds: dicts with name, path, line, end."""
    if not files:
        return []
    command = ["ctags", "--output-format=json", "--fields=+ne", "--languages=C,C++"]
    command += ["--langmap=C:.c.h", f"--kinds-C={kinds}", "--sort=no", "-I", "LCT_CLEANUP+"]
    command += ["-f", "-", "-L", "-"]
    listed = subprocess.run(
        command, input="\n".join(files), capture_output=True, text=True, check=True, cwd=tree.root
    )
    return [json.loads(line) for line in listed.stdout.splitlines()]


def is_documented(text, line):
    """True if a /** comment stands directly before the declaration that holds this line."""
    before = "\n".join(text.splitlines()[: line - 1])
    comment_end = before.rfind("*/")
    if comment_end <= max(before.rfind(";"), before.rfind("}")):
        return False
    between = before[comment_end + 2 :]
    if re.search(r"^\s*#", between, re.M) or "\n\n" in between:
        return False
    return before[before.rfind("/*", 0, comment_end) :].startswith("/**")


def check_docs(tree):
    public = tags(tree, tree.public, "fp")
    bare = [t for t in public if not is_documented(tree.text[t["path"]], t["line"])]
    for tag in bare:
        tree.wrong(f"{tag['path']}:{tag['line']}", f"{tag['name']}() has no /** */ comment above it")
    return len(public), len(bare)


def check_words(tree):
    for file in tree.files:
        text = tree.text.get(file) or read(os.path.join(tree.root, file))
        if "\0" in text:
            continue
        for pattern, what in FORBIDDEN:
            for match in re.finditer(pattern, text):
                line = text.count("\n", 0, match.start()) + 1
                tree.wrong(f"{file}:{line}", f"'{match[0]}' is {what}")


def check_licence(tree):
    for file, text in tree.text.items():
        if "SPDX-License-Identifier: GPL-3.0-or-later" not in text[:300]:
            tree.wrong(file, "no SPDX-License-Identifier: GPL-3.0-or-later in its first lines")


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0


def count_lines(tree, files):
    return sum(tree.text[f].count("\n") for f in files)


def print_figures(tree, public, bare):
    lengths = [
        (t["end"] - t["line"] + 1, t["name"], t["path"])
        for t in tags(tree, tree.product, "f")
        if "end" in t
    ]
    sizes = [length for length, _, _ in lengths]
    files = [tree.text[f].count("\n") for f in tree.product if f.endswith(".c")]
    must_use = sum(len(re.findall(r"(?<!define )\bLCT_MUST_USE\b", tree.text[f])) for f in tree.headers)
    tests = [f for f in tree.text if f.startswith("tests/")]
    product = [f for f in tree.text if tree.rank(f) >= 0]
    ratio = count_lines(tree, tests) / max(1, count_lines(tree, product))
    median = statistics.median(sizes) if sizes else 0

    def row(what, ours, peers):
        print(f"  {what:<38} {ours:>16}   {peers}")

    row("", "here", "the best peer")
    row("lines per function, median / 95th", f"{median:.0f} / {percentile(sizes, 0.95)}", "11 / 57 (wlroots)")
    row("lines per .c file, median", f"{statistics.median(files) if files else 0:.0f}", "223 (re)")
    share = 100 * (public - bare) / public if public else 100
    row("documented public functions", f"{share:.0f} % of {public}", "100 % (dav1d)")
    row("must-use results", must_use, "168 (rauc)")
    row("test lines per code line", f"{ratio:.2f}", "0.75 (rauc)")
    row("lines of product / of tests", f"{count_lines(tree, product)} / {count_lines(tree, tests)}", "")
    for length, name, path in sorted(lengths, reverse=True)[:3]:
        if length > 60:
            print(f"  long: {name}() in {path}, {length} lines")
    for header in tree.headers:
        lines = tree.text[header].count("\n")
        if lines > HEADER_LINES:
            print(f"  long: {header}, {lines} lines")


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "../..")
    tree = Tree(os.path.abspath(root))
    check_arrows(tree)
    check_circles(tree)
    check_foreign(tree)
    check_words(tree)
    check_licence(tree)
    public, bare = check_docs(tree)
    print_figures(tree, public, bare)
    for problem in tree.problems:
        print(problem)
    print(f"{len(tree.problems)} problems")
    sys.exit(1 if tree.problems else 0)


if __name__ == "__main__":
    main()
