// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * dtlscost VIEWERS: what a viewer's DTLS costs the server.
 *
 * Real OpenSSL clients shake hands, one after the other; only the server's part is counted. Prints
 * one JSON object: CPU us a handshake, bytes of memory before the first datagram, with the
 * handshake done half, and of an open connection.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "stream/rtc/dtls.h"
#include "tests/support/dtls_client.h"

#define VIEWERS_MOST 10000
#define FLIGHT_MAX 8

/* What the server sent last. */
struct flight {
    uint8_t bytes[FLIGHT_MAX][LCT_DTLS_MTU];
    size_t n[FLIGHT_MAX];
    int count;
};

static struct flight flight;

static void on_send(void *arg, const uint8_t *bytes, size_t n) {
    (void)arg;
    if (flight.count < FLIGHT_MAX) {
        memcpy(flight.bytes[flight.count], bytes, n);
        flight.n[flight.count++] = n;
    }
}

struct total {
    lct_ns cpu;
    size_t fresh, half, open; /* bytes */
};

static lct_ns thread_cpu(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * LCT_SECOND + now.tv_nsec;
}

static size_t in_use(void) { return mallinfo2().uordblks; }

/* One datagram of the viewer; what it took of memory is added to *bytes. */
static void take(struct lct_dtls *dtls, const uint8_t *datagram, size_t n, struct total *total,
                 size_t *bytes) {
    size_t before = in_use();
    lct_ns begin = thread_cpu();
    (void)lct_dtls_take(dtls, datagram, n);
    total->cpu += thread_cpu() - begin;
    *bytes += in_use() - before; /* wraps when it gave some back, and back again in the sum */
}

static struct lct_dtls *serve(struct lct_dtls_ctx *ctx, struct total *total) {
    struct dtls_client *client = dtls_client_create(DTLS_CLIENT_BROWSER, 1200, true);
    struct lct_dtls *dtls = NULL;
    uint8_t datagram[DTLS_CLIENT_DATAGRAM_SIZE];
    size_t before = in_use(), bytes;
    if (lct_dtls_create(ctx, dtls_client_fingerprint(client), on_send, NULL, &dtls) < 0) {
        return NULL;
    }
    bytes = in_use() - before;
    total->fresh += bytes;
    for (int round = 0; !dtls_client_is_open(client) && round < 4; round++) {
        flight.count = 0;
        for (size_t n; (n = dtls_client_pull(client, datagram)) > 0;) {
            take(dtls, datagram, n, total, &bytes);
        }
        total->half += round == 0 ? bytes : 0;
        for (int i = 0; i < flight.count; i++) {
            dtls_client_push(client, flight.bytes[i], flight.n[i]);
        }
    }
    total->open += bytes;
    dtls_client_destroy(client);
    if (lct_dtls_tick(dtls) != LCT_DTLS_OPEN) {
        lct_dtls_destroy(dtls);
        return NULL;
    }
    return dtls;
}

int main(int argc, char **argv) {
    int count = argc == 2 ? atoi(argv[1]) : 0, made = 0;
    struct lct_dtls_ctx *ctx = NULL;
    struct lct_fault fault;
    if (count < 1 || count > VIEWERS_MOST) {
        (void)fputs("usage: dtlscost VIEWERS\n", stderr);
        return 1;
    }
    if (lct_dtls_ctx_create(&ctx, &fault) < 0) {
        (void)fprintf(stderr, "dtlscost: %s\n", fault.en);
        return 1;
    }
    struct lct_dtls **viewers = lct_new((size_t)count * sizeof *viewers);
    struct total total = {0}, warm = {0};
    lct_dtls_destroy(serve(ctx, &warm)); /* what is made once is made now */
    while (made < count && (viewers[made] = serve(ctx, &total))) {
        made++;
    }
    size_t n = (size_t)count;
    (void)printf("{\"viewers\": %d, \"handshake_us\": %.1f, \"fresh_bytes\": %zu, "
                 "\"half_bytes\": %zu, \"open_bytes\": %zu}\n",
                 made, (double)total.cpu / (double)n / LCT_US, total.fresh / n, total.half / n,
                 total.open / n);
    for (int i = 0; i < made; i++) {
        lct_dtls_destroy(viewers[i]);
    }
    lct_dtls_ctx_destroy(ctx);
    free(viewers);
    return made == count ? 0 : 1;
}
