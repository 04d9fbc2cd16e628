// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"

void lct_random(void *ret_bytes, size_t n) {
    for (size_t done = 0; done < n;) {
        ssize_t got = getrandom((char *)ret_bytes + done, n - done, 0);
        if (got < 0 && errno != EINTR) {
            abort();
        }
        done += got > 0 ? (size_t)got : 0;
    }
}

bool lct_secret_equal(const void *a, const void *b, size_t n) {
    const volatile uint8_t *x = a, *y = b;
    unsigned differ = 0;
    for (size_t i = 0; i < n; i++) {
        differ |= (unsigned)(x[i] ^ y[i]);
    }
    return differ == 0;
}

void lct_hmac_sha256(const void *key, size_t key_n, const void *bytes, size_t n,
                     uint8_t ret_sum[LCT_DIGEST_SIZE]) {
    if (!HMAC(EVP_sha256(), key, (int)key_n, bytes, n, ret_sum, NULL)) {
        abort(); /* out of memory: base/mem.h */
    }
}

static int write_closed(int fd, const char *folder, const void *bytes, size_t n) {
    struct stat info;
    if (geteuid() == 0 && (stat(folder, &info) < 0 || fchown(fd, info.st_uid, info.st_gid) < 0)) {
        return -errno;
    }
    int rc = lct_io_write_all(&lct_io_system, fd, bytes, n, 0);
    return rc < 0 || fsync(fd) == 0 ? rc : -errno;
}

int lct_secret_save(const char *path, const void *bytes, size_t n) {
    LCT_FREE char *fresh = lct_format("%s.new", path);
    LCT_FREE char *folder = lct_strdup(path);
    char *slash = strrchr(folder, '/');
    if (slash) {
        slash[slash == folder] = '\0';
    }
    const char *in = slash ? folder : ".";
    (void)unlink(fresh); /* of a crash; its mode may be another */
    int fd = open(fresh, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0) {
        return -errno;
    }
    int rc = write_closed(fd, in, bytes, n);
    close(fd);
    if (rc == 0 && rename(fresh, path) < 0) {
        rc = -errno;
    }
    return rc ? rc : lct_io_system.sync_folder(&lct_io_system, in);
}

int lct_secret_close(const char *path) {
    struct stat info;
    if (stat(path, &info) < 0) {
        return -errno;
    }
    if ((info.st_mode & 077U) == 0) {
        return 0;
    }
    return chmod(path, 0600) < 0 ? -errno : 1;
}
