// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "tests/support/disk.h"

static struct lct_test_disk disk;
static char *folder, *path;

static void begin(void) {
    lct_test_disk_init(&disk);
    folder = lct_test_folder();
    path = lct_format("%s/file", folder);
}

static void end(void) {
    lct_test_remove(folder);
    free(folder);
    free(path);
}

TestSuite(io, .init = begin, .fini = end);

static bool holds(const char *expected) {
    LCT_FREE char *bytes = NULL;
    size_t n = 0;
    return lct_io_slurp(path, 100, &bytes, &n) == 0 && n == strlen(expected) &&
           strcmp(bytes, expected) == 0;
}

Test(io, replaces_wholly) {
    cr_assert_eq(lct_io_replace(&disk.io, path, "one", 3), 0);
    cr_assert(holds("one"));
    cr_assert_eq(lct_io_replace(&disk.io, path, "", 0), 0);
    cr_assert(holds(""));
}

/* Whatever fails, and however torn: there is the old file or the new one. */
Test(io, replaces_or_leaves) {
    for (int call = 0; call < LCT_DISK_CALLS; call++) {
        for (int after = 0; after < 3; after++) {
            cr_assert_eq(lct_io_replace(&lct_io_system, path, "old", 3), 0);
            disk.torn = true;
            lct_test_disk_fail(&disk, (enum lct_disk_call)call, after, EIO);
            int rc = lct_io_replace(&disk.io, path, "newer", 5);
            cr_assert_eq(rc, lct_test_disk_failed(&disk) ? -EIO : 0);
            cr_assert(holds("newer") || (rc < 0 && holds("old")), "call %d number %d", call, after);
        }
    }
}

/* A disk that takes a few bytes at a time. */
static ssize_t short_pwrite(const struct lct_io *io, int fd, const void *bytes, size_t n,
                            off_t offset) {
    static int turn;
    if (turn++ % 3 == 0) {
        return -EINTR;
    }
    return lct_io_system.pwrite(io, fd, bytes, n > 2 ? 2 : n, offset);
}

static ssize_t short_pread(const struct lct_io *io, int fd, void *bytes, size_t n, off_t offset) {
    return lct_io_system.pread(io, fd, bytes, n > 2 ? 2 : n, offset);
}

Test(io, goes_on_after_short_writes_and_reads) {
    struct lct_io io = lct_io_system;
    char back[12] = "";
    io.pwrite = short_pwrite;
    io.pread = short_pread;
    int fd = io.open(&io, path, O_RDWR | O_CREAT, 0640);
    cr_assert_eq(lct_io_write_all(&io, fd, "hello world", 11, 3), 0);
    cr_assert_eq(lct_io_read_all(&io, fd, back, 11, 3), 0);
    cr_assert_str_eq(back, "hello world");
    cr_assert_eq(lct_io_read_all(&io, fd, back, 11, 4), -ENODATA);
    cr_assert_eq(io.close(&io, fd), 0);
}

Test(io, slurps_up_to_a_limit) {
    char *bytes = NULL;
    size_t n = 0;
    cr_assert_eq(lct_io_replace(&lct_io_system, path, "12345", 5), 0);
    cr_assert_eq(lct_io_slurp(path, 4, &bytes, &n), -EFBIG);
    cr_assert_eq(lct_io_slurp(folder, 4096, &bytes, &n) < 0, true, "a folder is no file");
    cr_assert_eq(lct_io_slurp("/nowhere/x", 4, &bytes, &n), -ENOENT);
    cr_assert_null(bytes);
}

Test(io, makes_folders_with_their_parents) {
    LCT_FREE char *deep = lct_format("%s/a/b/c", folder);
    struct stat s;
    cr_assert_eq(lct_io_make_folder(deep), 0);
    cr_assert_eq(lct_io_make_folder(deep), 0);
    cr_assert(stat(deep, &s) == 0 && S_ISDIR(s.st_mode));
    cr_assert_eq(lct_io_replace(&lct_io_system, path, "x", 1), 0);
    cr_assert_lt(lct_io_make_folder(path), 0);
    LCT_FREE char *below = lct_format("%s/y", path);
    cr_assert_lt(lct_io_make_folder(below), 0);
}

Test(io, knows_the_space) {
    uint64_t bytes = 0;
    cr_assert_eq(lct_io_system.space(&lct_io_system, folder, &bytes), 0);
    cr_assert_gt(bytes, 0);
    cr_assert_eq(lct_io_system.space(&lct_io_system, "/nowhere", &bytes), -ENOENT);
}
