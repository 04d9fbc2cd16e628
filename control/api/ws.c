// SPDX-License-Identifier: GPL-3.0-or-later
/* Live by WebSocket: what is said on it stands in stream/ws.h. */
#include <errno.h>

#include "control/api/api.h"
#include "control/api/gate.h"
#include "control/api/handlers.h"

void lct_api_get_ws(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    struct lct_fault fault;
    char pass[LCT_API_PASS_SIZE];
    struct lct_ws_join join = {.room = lct_http_value(request, 0), .pass = pass};
    lct_api_pass(api, request, join.room, pass);
    if (lct_api_tracks(request, LCT_WS_TRACKS_MAX, join.tracks, &join.n_tracks, &fault) < 0 ||
        lct_ws_join(api->ws, request, &join, &fault) < 0) {
        if (fault.code == -EAGAIN || fault.code == -EUSERS) {
            lct_http_add_header(request, "Retry-After", "2");
        }
        lct_api_answer_fault(request, &fault);
    }
}
