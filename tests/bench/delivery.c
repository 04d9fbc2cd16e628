// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * delivery SPEC: opens a source and takes its pictures, without doing anything with them, until it
 * is ended. Its processor time is what a recorder spends on getting pictures, not on coding them.
 */
#include <stdio.h>

#include "tests/support/reader.h"

int main(int argc, char **argv) {
    if (argc != 2) {
        (void)fputs("usage: delivery SPEC\n", stderr);
        return 1;
    }
    struct reader reader;
    reader_open(&reader, argv[1], LCT_OUTPUT_CAMERA);
    for (;;) {
        lct_frame_unref(reader_next(&reader, LCT_FRAME_PICTURE, LCT_SECOND));
    }
}
