// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/server/listening.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "control/server/notice.h"
#include "stream/http/http_parse.h"

/* "ADDR:PORT", "[ADDR]:PORT" or ":PORT"; "": not wanted. */
static int read_place(const char *text, struct lct_listening_place *ret_place,
                      struct lct_fault *fault) {
    const char *colon = strrchr(text, ':'), *address = text;
    char *end = NULL;
    long port = colon ? strtol(colon + 1, &end, 10) : -1;
    size_t n = colon ? (size_t)(colon - text) : 0;
    if (!*text) {
        return 0;
    }
    if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
        address++;
        n -= 2;
    }
    if (!colon || end == colon + 1 || *end || port < 0 || port > 65535 ||
        n >= sizeof ret_place->address) {
        return lct_fault_set(fault, -EINVAL, "server",
                             "\"%s\" is no ADDRESS:PORT, such as 0.0.0.0:8080.",
                             "“%s”不是“地址:端口”，例如 0.0.0.0:8080。", text);
    }
    *ret_place = (struct lct_listening_place){.wanted = true, .port = (int)port};
    (void)snprintf(ret_place->address, sizeof ret_place->address, "%.*s", (int)n, address);
    if (n == 0) {
        (void)snprintf(ret_place->address, sizeof ret_place->address, "0.0.0.0");
    }
    return 0;
}

static void add_name(struct lct_listening *l, const char *name) {
    size_t n = 0;
    while (l->names[n]) {
        n++;
    }
    if (n < LCT_LISTENING_NAMES_MAX && *name) {
        (void)snprintf(l->name_texts[n], sizeof l->name_texts[n], "%s", name);
        l->names[n] = l->name_texts[n];
    }
}

/* What a Host header may say beside addresses: also what a proxy in front is called by. */
static void find_names(const struct lct_config *config, struct lct_listening *l) {
    char host[250] = "";
    const char *name, *front = l->url + (*l->url ? strcspn(l->url, "/") + 2 : 0);
    (void)gethostname(host, sizeof host - 1);
    add_name(l, host);
    LCT_FREE char *local = lct_format("%s.local", host);
    add_name(l, local);
    LCT_FREE char *called = lct_format("%.*s", (int)strcspn(front, ":/"), front);
    add_name(l, called);
    for (size_t i = 0; (name = lct_config_nth(config, "server", NULL, "name", i)); i++) {
        add_name(l, name);
    }
}

static int read_proxies(const struct lct_config *config, struct lct_listening *l,
                        struct lct_fault *fault) {
    const char *text;
    for (size_t i = 0; i < LCT_LISTENING_PROXIES_MAX &&
                       (text = lct_config_nth(config, "server", NULL, "proxy", i));
         i++) {
        if (!lct_http_address(text, strlen(text), l->proxy_texts[i], sizeof l->proxy_texts[i])) {
            return lct_fault_set(fault, -EINVAL, "server",
                                 "proxy = %s: this is no address, such as 127.0.0.1.",
                                 "proxy = %s：不是地址，例如 127.0.0.1。", text);
        }
        l->proxies[i] = l->proxy_texts[i];
    }
    return 0;
}

int lct_listening_read(const struct lct_config *config, const char *http,
                       struct lct_listening *ret_listening, struct lct_fault *fault) {
    struct lct_listening *l = ret_listening;
    *l = (struct lct_listening){.url = lct_config_text(config, "server", NULL, "url"),
                                .name = lct_config_nth(config, "server", NULL, "name", 0)};
    http = http ? http : lct_config_text(config, "server", NULL, "listen");
    int rc = read_place(http, &l->http, fault);
    rc = rc ? rc : read_place(lct_config_text(config, "server", NULL, "https"), &l->https, fault);
    rc =
        rc ? rc : read_place(lct_config_text(config, "server", NULL, "recorders"), &l->door, fault);
    rc = rc ? rc : read_proxies(config, l, fault);
    rc = rc ? rc : lct_notice_check(l->url, fault);
    if (rc == 0) {
        find_names(config, l);
    }
    return rc;
}

char *lct_listening_url(const struct lct_listening *listening) {
    bool secure = listening->https.wanted;
    const struct lct_listening_place *at = secure ? &listening->https : &listening->http;
    struct lct_notice_place place = {.is_secure = secure, .address = at->address, .port = at->port};
    return lct_notice_find(listening->url, listening->name, &place);
}
