// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/api/api.h"

void lct_api_get_health(void *app, struct lct_http_request *request) {
    (void)app; /* that this loop answers is what is asked */
    lct_http_answer_json(request, 200,
                         json_pack("{s:s, s:s}", "status", "ok", "version", LCT_VERSION));
}
