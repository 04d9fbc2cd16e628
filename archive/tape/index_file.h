// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The rows of one reel's index, read from the file when they are asked for: for those who need a
 * few of very many. The file may be growing meanwhile. One thread at a time.
 *
 *     struct lct_index_file file;
 *     rc = lct_index_file_open(folder, 3, &file);
 *     for (uint32_t place = 0; (rc = lct_index_file_row(&file, place, &row)) != -ENODATA; place++)
 * … lct_index_file_close(&file);
 */
#pragma once

#include <stdint.h>

#include "archive/tape/index.h"
#include "base/attr.h"

/** Rows read at once. */
#define LCT_INDEX_FILE_ROWS 256U

struct lct_index_file {
    struct lct_index_head head;
    int fd; /* the rest is its own */
    uint32_t first, count;
    uint8_t bytes[LCT_INDEX_FILE_ROWS * LCT_INDEX_ROW_BYTES];
};

/** Opens the index of a reel in a track's folder and reads its head. 0, -errno, -ENODATA (no whole
 * head), -EBADMSG, -ENOTSUP. */
int lct_index_file_open(const char *folder, uint32_t number,
                        struct lct_index_file *ret_file) LCT_MUST_USE;

/** Reads the row at a place, 0 and up. 0; -ENODATA: behind the last whole row; -EBADMSG: damaged;
 * or -errno. */
int lct_index_file_row(struct lct_index_file *file, uint32_t place,
                       struct lct_index_row *ret_row) LCT_MUST_USE;

/** Closes. */
void lct_index_file_close(struct lct_index_file *file);
