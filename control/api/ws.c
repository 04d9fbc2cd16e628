// SPDX-License-Identifier: GPL-3.0-or-later
/* Live by WebSocket: what is said on it stands in stream/ws.h. */
#include <errno.h>

#include "control/api/api.h"

static int read_tracks(const struct lct_http_request *request, struct lct_ws_join *join,
                       struct lct_fault *fault) {
    const char *name;
    while ((name = lct_http_query(request, "track", join->n_tracks))) {
        if (join->n_tracks == LCT_WS_TRACKS_MAX) {
            return lct_fault_set(fault, -EINVAL, "api", "\"track\" must name up to %d tracks.",
                                 "“track”最多可指定 %d 条轨道。", LCT_WS_TRACKS_MAX);
        }
        join->tracks[join->n_tracks++] = name;
    }
    return 0;
}

void lct_api_get_ws(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    struct lct_fault fault;
    char pass[LCT_API_PASS_SIZE];
    struct lct_ws_join join = {.room = lct_http_value(request, 0), .pass = pass};
    lct_api_pass(api, request, join.room, pass);
    if (read_tracks(request, &join, &fault) < 0 ||
        lct_ws_join(api->ws, request, &join, &fault) < 0) {
        if (fault.code == -EAGAIN || fault.code == -EUSERS) {
            lct_http_add_header(request, "Retry-After", "2");
        }
        lct_api_answer_fault(request, &fault);
    }
}
