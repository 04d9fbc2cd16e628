// SPDX-License-Identifier: GPL-3.0-or-later
/* The school's logo. Catalogue loop. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/library/logo.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/api/api.h"
#include "control/api/document.h"
#include "control/api/handlers.h"

LCT_LOG_TOPIC("api");

static int refuse(int rc, struct lct_fault *fault) {
    return rc == -ENOENT
               ? lct_fault_set(fault, rc, "logo", "There is no logo of the school yet.",
                               "还没有校标。")
               : lct_fault_set(fault, rc, "logo", "The logo cannot be read or changed: %s.",
                               "校标无法读取或更改：%s。", strerror(-rc));
}

void lct_api_get_logo(void *app, struct lct_http_request *request) {
    const struct lct_api *api = app;
    LCT_FREE char *bytes = NULL;
    size_t n;
    int rc = lct_logo_load(api->data, &bytes, &n);
    if (rc < 0) {
        struct lct_fault fault;
        (void)refuse(rc, &fault);
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_http_answer(request, 200, "image/png", bytes, n);
}

void lct_api_put_logo(void *app, struct lct_http_request *request) {
    const struct lct_api *api = app;
    struct lct_fault fault;
    size_t n;
    const char *bytes = lct_http_body(request, &n);
    int rc = lct_logo_check(bytes, n, &fault);
    rc = rc ? rc : lct_api_saved(lct_logo_save(&lct_io_system, api->data, bytes, n), &fault);
    if (rc < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_info("the school's logo is another", "bytes=%zu", n);
    lct_http_answer_json(request, 200, json_pack("{s:b}", "logo", 1));
}

void lct_api_delete_logo(void *app, struct lct_http_request *request) {
    const struct lct_api *api = app;
    struct lct_fault fault;
    int rc = lct_logo_remove(&lct_io_system, api->data);
    if (rc < 0) {
        (void)refuse(rc, &fault);
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_info("the school's logo is removed", NULL);
    lct_http_answer_json(request, 200, json_pack("{s:b}", "logo", 0));
}
