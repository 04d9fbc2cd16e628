// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/api/api.h"

void lct_api_get_recordings(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    lct_http_answer_json(request, 200,
                         json_pack("{s:o}", "recordings", lct_library_list(api->library)));
}

void lct_api_get_recording(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    json_t *lesson;
    struct lct_fault fault;
    if (lct_library_get(api->library, lct_http_value(request, 0), &lesson, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
    } else {
        lct_http_answer_json(request, 200, lesson);
    }
}
