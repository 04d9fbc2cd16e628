// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Where a server listens, what it is called and which proxies it believes, out of its
 * configuration. Plain data: nothing is opened here. One thread.
 *
 *     struct lct_listening listening;
 *     rc = lct_listening_read(config, options->listen, &listening, &fault);
 *     LCT_FREE char *url = lct_listening_url(&listening);      // once ports of 0 are known
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/config.h"
#include "base/fault.h"

/** Names a Host header may say, and proxies in front, at most. */
#define LCT_LISTENING_NAMES_MAX 24
#define LCT_LISTENING_PROXIES_MAX 8

struct lct_listening_place {
    bool wanted;
    char address[64]; /**< of this machine; "0.0.0.0", "::": all */
    int port;         /**< 0: any free one */
};

struct lct_listening {
    struct lct_listening_place http, https;
    struct lct_listening_place door;                    /**< for recorders of other buildings */
    const char *names[LCT_LISTENING_NAMES_MAX + 1];     /**< ended by NULL */
    const char *proxies[LCT_LISTENING_PROXIES_MAX + 1]; /**< ended by NULL */
    const char *url, *name; /**< as configured, "" and NULL: not; the configuration's */
    /* where names and proxies lie */
    char name_texts[LCT_LISTENING_NAMES_MAX][260];
    char proxy_texts[LCT_LISTENING_PROXIES_MAX][48];
};

/**
 * Reads [server] of config, which must outlive the result; http is "ADDR:PORT" in place of its
 * listen, or NULL. 0, or -EINVAL with a fault. The result points into itself: it stays where it is.
 */
int lct_listening_read(const struct lct_config *config, const char *http,
                       struct lct_listening *ret_listening, struct lct_fault *fault) LCT_MUST_USE;

/** The pages' address as others reach it, without a slash at its end. Returns owned. */
char *lct_listening_url(const struct lct_listening *listening) LCT_MUST_USE;
