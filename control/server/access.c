// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/server/access.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/network.h"
#include "base/secret.h"
#include "base/time.h"

LCT_LOG_TOPIC("access");

#define CHARACTERS 26
#define GROUP 5
#define ADDRESSES 256
#define MINUTE (60 * LCT_SECOND)

/* No i, l, o, u: nothing that is misread (Crockford's base 32). */
static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

struct tries {
    struct lct_network from;
    unsigned wrong;
    lct_ns since;
};

struct lct_access {
    /* fixed after open */
    char bare[CHARACTERS + 1];
    char code[LCT_ACCESS_CODE_SIZE];
    /* guarded by lock */
    pthread_mutex_t lock;
    struct tries tries[ADDRESSES];
};

/* Leaves out dashes and blanks, lowers case; false when it cannot be a code. */
static bool normalise(const char *given, char out[CHARACTERS + 1]) {
    size_t n = 0;
    for (; *given; given++) {
        if (*given == '-' || isspace((unsigned char)*given)) {
            continue;
        }
        if (n == CHARACTERS) {
            return false;
        }
        out[n++] = (char)tolower((unsigned char)*given);
    }
    out[n] = '\0';
    return n == CHARACTERS && out[strspn(out, alphabet)] == '\0';
}

static void group(const char *bare, char out[LCT_ACCESS_CODE_SIZE]) {
    size_t n = 0;
    for (size_t i = 0; i < CHARACTERS; i++) {
        if (i > 0 && i % GROUP == 0 && i + 1 < CHARACTERS) {
            out[n++] = '-';
        }
        out[n++] = bare[i];
    }
    out[n] = '\0';
}

static void make(char bare[CHARACTERS + 1]) {
    unsigned char random[CHARACTERS];
    lct_random(random, sizeof random);
    for (size_t i = 0; i < CHARACTERS; i++) {
        bare[i] = alphabet[random[i] & 31U];
    }
    bare[CHARACTERS] = '\0';
}

static int read_or_make(const char *path, char bare[CHARACTERS + 1]) {
    LCT_FREE char *text = NULL;
    size_t n;
    int rc = lct_io_slurp(path, 256, &text, &n);
    if (rc == 0 && normalise(text, bare)) {
        rc = lct_secret_close(path);
        if (rc > 0) {
            lct_warn("others could read the access code; its mode is now 0600", "path=%s", path);
        }
        return rc < 0 ? rc : 0;
    }
    if (rc < 0 && rc != -ENOENT) {
        return rc;
    }
    if (rc == 0) {
        lct_warn("the access code was damaged and is made anew", "path=%s", path);
    }
    char code[LCT_ACCESS_CODE_SIZE];
    make(bare);
    group(bare, code);
    LCT_FREE char *line = lct_format("%s\n", code);
    return lct_secret_save(path, line, strlen(line));
}

int lct_access_open(const char *folder, struct lct_access **ret_access, struct lct_fault *fault) {
    LCT_FREE char *path = lct_format("%s/access-code", folder);
    struct lct_access *access = lct_new(sizeof *access);
    int rc = read_or_make(path, access->bare);
    if (rc < 0) {
        free(access);
        return lct_fault_set(fault, rc, "access", "The access code %s cannot be read or made: %s.",
                             "无法读取或生成访问码 %s：%s。", path, strerror(-rc));
    }
    group(access->bare, access->code);
    pthread_mutex_init(&access->lock, NULL);
    *ret_access = access;
    return 0;
}

void lct_access_close(struct lct_access *access) {
    if (access) {
        pthread_mutex_destroy(&access->lock);
        explicit_bzero(access, sizeof *access);
        free(access);
    }
}

const char *lct_access_code(const struct lct_access *access) { return access->code; }

/* The entry of a client, or the oldest one made his. */
static struct tries *tries_of_locked(struct lct_access *access, const char *client, lct_ns now) {
    struct lct_network from = lct_network_of(client);
    struct tries *oldest = &access->tries[0];
    for (size_t i = 0; i < ADDRESSES; i++) {
        struct tries *tries = &access->tries[i];
        if (tries->since > 0 && lct_network_same(tries->from, from)) {
            if (now - tries->since > MINUTE) {
                tries->wrong = 0;
                tries->since = now;
            }
            return tries;
        }
        oldest = tries->since < oldest->since ? tries : oldest;
    }
    *oldest = (struct tries){.from = from, .since = now};
    return oldest;
}

enum lct_access_answer lct_access_try(struct lct_access *access, const char *client,
                                      const char *given) {
    char bare[CHARACTERS + 1] = "";
    bool plausible = normalise(given, bare);
    if (lct_secret_equal(bare, access->bare, CHARACTERS) && plausible) {
        return LCT_ACCESS_RIGHT;
    }
    pthread_mutex_lock(&access->lock);
    struct tries *tries = tries_of_locked(access, client, lct_monotonic());
    unsigned wrong = tries->wrong < LCT_ACCESS_TRIES ? ++tries->wrong : LCT_ACCESS_TRIES + 1;
    pthread_mutex_unlock(&access->lock);
    if (wrong == LCT_ACCESS_TRIES) {
        lct_warn("many wrong access codes", "client=%s", client);
    }
    return wrong > LCT_ACCESS_TRIES ? LCT_ACCESS_WAIT : LCT_ACCESS_WRONG;
}
