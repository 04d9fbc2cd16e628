// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/lesson/deleted.h"

#include "base/mem.h"

static char *beside(const char *from) { return lct_format("%s/../deleted", from); }

int lct_deleted_put(const struct lct_io *io, const char *from, const char *id) {
    LCT_FREE char *folder = lct_format("%s/%s", from, id);
    LCT_FREE char *deleted = beside(from);
    LCT_FREE char *to = lct_format("%s/%s", deleted, id);
    int rc = lct_io_make_folder(deleted);
    rc = rc ? rc : lct_io_remove_folder(to); /* a crash left it, and another has come by its id */
    rc = rc ? rc : io->rename(io, folder, to);
    rc = rc ? rc : io->sync_folder(io, from);
    return rc ? rc : lct_deleted_sweep(from);
}

int lct_deleted_sweep(const char *from) {
    LCT_FREE char *deleted = beside(from);
    return lct_io_remove_folder(deleted);
}
