// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/server/notice.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"

#define URL_MAX 512

int lct_notice_check(const char *url, struct lct_fault *fault) {
    if (!*url || strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0) {
        return 0;
    }
    return lct_fault_set(fault, -EINVAL, "server",
                         "url = %s: an address begins with http:// or https://.",
                         "url = %s：网址须以 http:// 或 https:// 开头。", url);
}

/* The first address of this machine that others may know. */
static void find_own(char out[INET_ADDRSTRLEN]) {
    struct ifaddrs *all = NULL;
    (void)snprintf(out, INET_ADDRSTRLEN, "127.0.0.1");
    if (getifaddrs(&all) < 0) {
        return;
    }
    for (const struct ifaddrs *a = all; a; a = a->ifa_next) {
        if (a->ifa_addr && a->ifa_addr->sa_family == AF_INET && (a->ifa_flags & IFF_UP) &&
            !(a->ifa_flags & IFF_LOOPBACK)) {
            struct sockaddr_in four;
            memcpy(&four, a->ifa_addr, sizeof four);
            (void)inet_ntop(AF_INET, &four.sin_addr, out, INET_ADDRSTRLEN);
            break;
        }
    }
    freeifaddrs(all);
}

char *lct_notice_find(const char *configured, const char *name,
                      const struct lct_notice_place *place) {
    char own[INET_ADDRSTRLEN];
    size_t n = strlen(configured);
    if (n > 0) {
        return lct_format("%.*s", (int)(configured[n - 1] == '/' ? n - 1 : n), configured);
    }
    bool is_any = strcmp(place->address, "0.0.0.0") == 0 || strcmp(place->address, "::") == 0;
    if (!name && is_any) {
        find_own(own);
        name = own;
    }
    name = name ? name : place->address;
    return lct_format(strchr(name, ':') ? "%s://[%s]:%d" : "%s://%s:%d",
                      place->is_secure ? "https" : "http", name, place->port);
}

int lct_notice_write(const char *data, const char *url) {
    LCT_FREE char *path = lct_format("%s/address", data);
    LCT_FREE char *line = lct_format("%s\n", url);
    return lct_io_replace(&lct_io_system, path, line, strlen(line));
}

char *lct_notice_read(const char *data) {
    LCT_FREE char *path = lct_format("%s/address", data);
    LCT_FREE char *line = NULL;
    size_t n;
    if (lct_io_slurp(path, URL_MAX, &line, &n) < 0) {
        return lct_strdup("");
    }
    line[strcspn(line, "\n")] = '\0';
    return lct_strdup(line);
}
