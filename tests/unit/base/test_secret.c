// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/secret.h"

/* RFC 4231, test cases 1 and 2. */
Test(secret, signs_as_the_rfc_says) {
    static const uint8_t one[] = {0xb0, 0x34, 0x4c, 0x61, 0xd8, 0xdb, 0x38, 0x53,
                                  0x5c, 0xa8, 0xaf, 0xce, 0xaf, 0x0b, 0xf1, 0x2b};
    static const uint8_t two[] = {0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e,
                                  0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7};
    uint8_t key[20], sum[LCT_DIGEST_SIZE];
    memset(key, 0x0b, sizeof key);
    lct_hmac_sha256(key, sizeof key, "Hi There", 8, sum);
    cr_assert_eq(memcmp(sum, one, sizeof one), 0);
    lct_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, sum);
    cr_assert_eq(memcmp(sum, two, sizeof two), 0);
}

Test(secret, compares_and_draws) {
    uint8_t a[32] = {0}, b[32] = {0};
    cr_assert(lct_secret_equal(a, b, sizeof a));
    b[31] = 1;
    cr_assert_not(lct_secret_equal(a, b, sizeof a));
    cr_assert(lct_secret_equal(a, b, 31));
    lct_random(a, sizeof a);
    lct_random(b, sizeof b);
    cr_assert_not(lct_secret_equal(a, b, sizeof a));
}

static unsigned mode_of(const char *path) {
    struct stat info;
    cr_assert_eq(stat(path, &info), 0);
    return info.st_mode & 0777U;
}

Test(secret, is_kept_from_others) {
    char folder[] = "/tmp/lct-secret-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    LCT_FREE char *path = lct_format("%s/code", folder);
    LCT_FREE char *fresh = lct_format("%s.new", path);
    LCT_FREE char *text = NULL;
    size_t n;
    FILE *left = fopen(fresh, "w"); /* by a crash, open to everybody */
    cr_assert_not_null(left);
    cr_assert_eq(fclose(left), 0);
    cr_assert_eq(chmod(fresh, 0666), 0);
    cr_assert_eq(lct_secret_save(path, "one", 3), 0);
    cr_assert_eq(lct_secret_save(path, "two", 3), 0);
    cr_assert_eq(lct_io_slurp(path, 100, &text, &n), 0);
    cr_assert_str_eq(text, "two");
    cr_assert_eq(mode_of(path), 0600);
    cr_assert_eq(lct_secret_close(path), 0);
    cr_assert_eq(chmod(path, 0644), 0);
    cr_assert_eq(lct_secret_close(path), 1);
    cr_assert_eq(mode_of(path), 0600);
    cr_assert_eq(access(fresh, F_OK), -1);
    if (geteuid() == 0) {
        struct stat info;
        cr_assert_eq(chown(folder, 4711, 4712), 0);
        cr_assert_eq(lct_secret_save(path, "three", 5), 0);
        cr_assert_eq(stat(path, &info), 0);
        cr_assert(info.st_uid == 4711 && info.st_gid == 4712, "it is the folder's owner's");
    }
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(lct_secret_close(path), -ENOENT);
    cr_assert_eq(rmdir(folder), 0);
    cr_assert_eq(lct_secret_save(path, "four", 4), -ENOENT);
}
