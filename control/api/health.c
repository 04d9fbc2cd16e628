// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/api/api.h"
#include "control/api/handlers.h"

void lct_api_get_health(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    json_t *health = json_pack("{s:s, s:s}", "status", "ok", "version", LCT_VERSION);
    json_object_set_new(health, "library", lct_catalogue_health(api->catalogue));
    if (api->certificate) {
        json_object_set_new(health, "certificate", lct_certificate_json(api->certificate));
    }
    lct_http_answer_json(request, 200, health);
}
