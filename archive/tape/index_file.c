// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/tape/index_file.h"

#include <errno.h>
#include <fcntl.h>

#include "archive/tape/reel.h"
#include "base/io.h"

int lct_index_file_open(const char *folder, uint32_t number, struct lct_index_file *ret_file) {
    char path[LCT_PATH_SIZE];
    uint8_t head[LCT_INDEX_HEAD_BYTES];
    lct_reel_path(folder, number, ".index", path);
    int fd = lct_io_system.open(&lct_io_system, path, O_RDONLY | O_NONBLOCK, 0);
    if (fd < 0) {
        return fd;
    }
    int rc = lct_io_read_all(&lct_io_system, fd, head, sizeof head, 0);
    rc = rc ? rc : lct_index_read_head(head, &ret_file->head);
    if (rc < 0) {
        (void)lct_io_system.close(&lct_io_system, fd); /* only read */
        return rc;
    }
    ret_file->fd = fd;
    ret_file->first = ret_file->count = 0;
    return 0;
}

/* Whole rows from place on. */
static int load(struct lct_index_file *file, uint32_t place) {
    off_t at = (off_t)LCT_INDEX_HEAD_BYTES + (off_t)place * (off_t)LCT_INDEX_ROW_BYTES;
    ssize_t got;
    do {
        got = lct_io_system.pread(&lct_io_system, file->fd, file->bytes, sizeof file->bytes, at);
    } while (got == -EINTR);
    file->first = place;
    file->count = got > 0 ? (uint32_t)got / LCT_INDEX_ROW_BYTES : 0;
    return got < 0 ? (int)got : file->count > 0 ? 0 : -ENODATA;
}

int lct_index_file_row(struct lct_index_file *file, uint32_t place, struct lct_index_row *ret_row) {
    if (place < file->first || place - file->first >= file->count) {
        int rc = load(file, place);
        if (rc < 0) {
            return rc;
        }
    }
    return lct_index_read_row(file->bytes + (size_t)(place - file->first) * LCT_INDEX_ROW_BYTES,
                              ret_row);
}

void lct_index_file_close(struct lct_index_file *file) {
    (void)lct_io_system.close(&lct_io_system, file->fd); /* only read */
}
