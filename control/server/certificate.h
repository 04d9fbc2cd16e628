// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The server's certificate: read at the start, looked at each second, taken anew when its files
 * have changed. A broken new one leaves the old one in use and is said in words, as is one that
 * ends soon or is over: that is shown all the same, because browsers let people pass a warning but
 * no closed door.
 *
 *     rc = lct_certificate_open(&options, &certificate, &fault);
 *     … lct_certificate_now(certificate)                    // for whoever begins to listen
 *     lct_certificate_watch(certificate);                   // the disk loop's first act
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/cert.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/loop.h"

struct lct_certificate;

/** How often the files are looked at. */
#define LCT_CERTIFICATE_INTERVAL LCT_SECOND

struct lct_certificate_options {
    const char *certificate, *key; /**< PEM files; borrowed as long as it is open */
    struct lct_loop *disk;         /**< a loop that may read files */
    /** A renewed one, owned by whom it is given to. In the disk loop. */
    void (*renewed)(void *arg, struct lct_cert *cert);
    void *arg;
};

/** Reads both files and says in the log how the certificate stands. 0, or what lct_cert_load
 * returns, with its fault. *ret_certificate is owned. It may block on the disk. */
int lct_certificate_open(const struct lct_certificate_options *options,
                         struct lct_certificate **ret_certificate,
                         struct lct_fault *fault) LCT_MUST_USE;

/** The one that is in use. Any thread. Returns owned. */
struct lct_cert *lct_certificate_now(struct lct_certificate *certificate) LCT_MUST_USE;

/** Looks at the files from now on. In the disk loop, or before it runs. */
void lct_certificate_watch(struct lct_certificate *certificate);

/** Looks no more. In the disk loop. NULL is allowed. */
void lct_certificate_unwatch(struct lct_certificate *certificate);

/**
 * How it stands: {"until", "days"}, and "fault" when new files were not taken or the one in use is
 * not good. Any thread. Returns owned.
 */
json_t *lct_certificate_json(struct lct_certificate *certificate) LCT_MUST_USE;

/** Frees; the disk loop has ended. NULL is allowed. */
void lct_certificate_close(struct lct_certificate *certificate);
