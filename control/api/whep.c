// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Live by WebRTC over WHEP (draft-ietf-wish-whep): the offer is answered at once with all there is
 * to know, so there is no trickling: PATCH is answered 405, as it says then, and no ETag names a
 * state of ICE. A viewer is the resource that its Location names. Players on pages of other sites
 * may ask (CORS), with a bearer token or in a public room.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "control/api/api.h"
#include "control/api/gate.h"
#include "control/api/handlers.h"

#define OFFER "application/sdp"

/* In the engine's thread. */
static void on_joined(void *arg, const char *id, const char *answer,
                      const struct lct_fault *fault) {
    struct lct_http_request *request = arg;
    if (!id) {
        if (fault->code == -EAGAIN || fault->code == -EUSERS) {
            lct_http_add_header(request, "Retry-After", "2");
        }
        lct_api_answer_fault(request, fault);
        return;
    }
    LCT_FREE char *location = lct_format("/api/v1/live/%s/whep/%s", lct_http_value(request, 0), id);
    lct_http_add_header(request, "Location", location);
    lct_http_answer(request, 201, OFFER, answer, strlen(answer));
}

static int check_type(struct lct_http_request *request, struct lct_fault *fault) {
    const char *type = lct_http_header(request, LCT_HTTP_CONTENT_TYPE);
    size_t n = sizeof OFFER - 1;
    if (type && strncasecmp(type, OFFER, n) == 0 && strchr("; \t", type[n])) {
        return 0;
    }
    lct_http_add_header(request, "Accept-Post", OFFER);
    return lct_fault_set(fault, -EPROTOTYPE, "api",
                         "The body must be an SDP offer of Content-Type application/sdp.",
                         "请求体必须是 Content-Type 为 application/sdp 的 SDP offer。");
}

void lct_api_post_whep(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    struct lct_fault fault;
    const char *client = lct_http_client(request);
    char pass[LCT_API_PASS_SIZE];
    struct lct_rtc_join join = {
        .room = lct_http_value(request, 0),
        .pass = pass,
        .near = strncmp(client, "127.", 4) == 0 || strcmp(client, "::1") == 0,
    };
    join.offer = lct_http_body(request, &join.offer_n);
    if (check_type(request, &fault) < 0 ||
        lct_api_tracks(request, LCT_RTC_STREAMS_MAX, join.tracks, &join.n_tracks, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_api_pass(api, request, join.room, pass);
    lct_rtc_join(api->rtc, &join, on_joined, request);
}

/* In the engine's thread. */
static void on_left(void *arg, bool found) {
    struct lct_http_request *request = arg;
    struct lct_fault fault;
    if (found) {
        lct_http_answer(request, 200, "text/plain; charset=utf-8", "", 0);
        return;
    }
    (void)lct_fault_set(&fault, -ENOENT, "live", "This viewer is not here any more.",
                        "该观看端已不存在。");
    lct_api_answer_fault(request, &fault);
}

void lct_api_delete_whep(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    lct_rtc_leave(api->rtc, lct_http_value(request, 1), on_left, request);
}

/* To a browser that asks what a foreign page may (Fetch, "CORS-preflight request"). */
static void answer_options(struct lct_http_request *request, const char *methods) {
    lct_http_add_header(request, "Access-Control-Allow-Methods", methods);
    lct_http_add_header(request, "Access-Control-Allow-Headers",
                        "Authorization, Content-Type, If-Match");
    lct_http_add_header(request, "Access-Control-Max-Age", "86400");
    lct_http_answer(request, 204, "text/plain; charset=utf-8", "", 0);
}

void lct_api_options_whep(void *app, struct lct_http_request *request) {
    (void)app;
    lct_http_add_header(request, "Allow", "POST, OPTIONS");
    lct_http_add_header(request, "Accept-Post", OFFER);
    answer_options(request, "POST");
}

void lct_api_options_viewer(void *app, struct lct_http_request *request) {
    (void)app;
    lct_http_add_header(request, "Allow", "DELETE, OPTIONS");
    answer_options(request, "DELETE, PATCH"); /* so that a player can read the 405 */
}
