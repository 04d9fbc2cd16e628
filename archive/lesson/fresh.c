// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/lesson/fresh.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

/* "a/b" or "a/b/" into "a/b" and "a/.b.part". */
static void name_folders(struct lct_fresh *fresh, const char *folder) {
    fresh->folder = lct_strdup(folder);
    size_t n = strlen(fresh->folder);
    while (n > 1 && fresh->folder[n - 1] == '/') {
        fresh->folder[--n] = '\0';
    }
    const char *slash = strrchr(fresh->folder, '/');
    size_t before = slash ? (size_t)(slash - fresh->folder) + 1 : 0;
    fresh->making = lct_format("%.*s.%s.part", (int)before, fresh->folder, fresh->folder + before);
}

/* The folder that this one's name stands in. Owned. */
static char *parent_of(const char *folder) {
    const char *slash = strrchr(folder, '/');
    return slash ? lct_format("%.*s", (int)(slash - folder) + (slash == folder), folder)
                 : lct_strdup(".");
}

int lct_fresh_say(const struct lct_fresh *fresh, int rc, struct lct_fault *fault) {
    return lct_fault_unwritten(fault, rc, "lesson", fresh->folder);
}

int lct_fresh_begin(const struct lct_io *io, const char *folder, struct lct_fresh *ret_fresh,
                    struct lct_fault *fault) {
    *ret_fresh = (struct lct_fresh){.io = io};
    name_folders(ret_fresh, folder);
    /* An empty folder may be there: rename takes its place. */
    if (rmdir(ret_fresh->folder) < 0 && errno != ENOENT) {
        return lct_fault_set(fault, -EEXIST, "lesson",
                             "%s is there and is not an empty folder. Choose another name.",
                             "%s 已存在且不是空文件夹，请换一个名称。", ret_fresh->folder);
    }
    int rc = lct_io_remove_folder(ret_fresh->making); /* of one that was killed */
    rc = rc ? rc : lct_io_make_folder(ret_fresh->making);
    ret_fresh->unfinished = rc == 0;
    return rc < 0 ? lct_fresh_say(ret_fresh, rc, fault) : 0;
}

int lct_fresh_publish(struct lct_fresh *fresh, struct lct_fault *fault) {
    LCT_FREE char *parent = parent_of(fresh->folder);
    int rc = fresh->io->rename(fresh->io, fresh->making, fresh->folder);
    fresh->unfinished = rc < 0;
    rc = rc ? rc : fresh->io->sync_folder(fresh->io, parent);
    return rc < 0 ? lct_fresh_say(fresh, rc, fault) : 0;
}

void lct_fresh_end(struct lct_fresh *fresh) {
    if (fresh->unfinished) {
        (void)lct_io_remove_folder(fresh->making); /* what cannot be is found the next time */
    }
    free(fresh->folder);
    free(fresh->making);
    *fresh = (struct lct_fresh){0};
}
