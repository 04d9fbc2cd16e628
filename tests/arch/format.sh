#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# All C files are as clang-format writes them.
#
#     tests/arch/format.sh         says which are not
#     tests/arch/format.sh --fix   makes them so
set -euo pipefail
cd "$(dirname "$0")/../.."

files() {
    if [ -e .git ]; then
        git ls-files '*.c' '*.h'
    else
        find . \( -name build -o -name node_modules \) -prune -o -name '*.[ch]' -print
    fi
}

status=0
while read -r file; do
    if [ ! -e "$file" ] || clang-format --dry-run -Werror "$file" 2>/dev/null; then
        continue
    elif [ "${1:-}" = --fix ]; then
        clang-format -i "$file"
    else
        echo "$file is not as clang-format writes it; tests/arch/format.sh --fix"
        status=1
    fi
done < <(files)
exit $status
