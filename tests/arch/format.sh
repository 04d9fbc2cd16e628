#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# All C files are as clang-format writes them.
#
#     tests/arch/format.sh         says which are not, and where
#     tests/arch/format.sh --fix   makes them so
set -euo pipefail
cd "$(dirname "$0")/../.."

files() {
    if [ -e .git ]; then
        git ls-files '*.c' '*.h' | while read -r file; do [ ! -e "$file" ] || echo "$file"; done
    else
        find . \( -name build -o -name node_modules \) -prune -o -name '*.[ch]' -print
    fi
}

# One process for all: each start costs more than a file does.
if [ "${1:-}" = --fix ]; then
    files | xargs clang-format -i
elif ! words=$(files | xargs clang-format --dry-run -Werror 2>&1); then
    grep ': error: ' <<<"$words" || echo "$words"
    exit 1
fi
