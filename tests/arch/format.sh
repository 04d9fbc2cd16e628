#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# All C files are as clang-format writes them.
#
#     tests/arch/format.sh         says which are not
#     tests/arch/format.sh --fix   makes them so
set -euo pipefail
cd "$(dirname "$0")/../.."

mode=(--dry-run -Werror)
if [ "${1:-}" = --fix ]; then
    mode=(-i)
fi
files() {
    if [ -e .git ]; then
        git ls-files '*.c' '*.h'
    else
        find . \( -name build -o -name node_modules \) -prune -o -name '*.[ch]' -print
    fi
}
files | while read -r file; do
    if [ -f "$file" ]; then
        echo "$file"
    fi
done | xargs --no-run-if-empty clang-format "${mode[@]}"
