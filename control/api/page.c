// SPDX-License-Identifier: GPL-3.0-or-later
/* The files of the pages. */
#include <errno.h>
#include <string.h>

#include "control/api/api.h"
#include "control/api/gate.h"
#include "control/api/handlers.h"

/* A person with an old or a mistyped link: there is one page, and it is a better answer than JSON.
 */
static bool is_astray(const struct lct_api *api, const struct lct_http_request *request) {
    const char *accept = lct_http_header(request, LCT_HTTP_ACCEPT);
    return accept && strstr(accept, "text/html") && !lct_api_is_api(lct_http_path(request)) &&
           api->web && lct_web_find(api->web, "/");
}

void lct_api_get_page(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const struct lct_http_file *file =
        api->web ? lct_web_find(api->web, lct_http_path(request)) : NULL;
    if (file) {
        lct_http_answer_file(request, file);
    } else if (is_astray(api, request)) {
        lct_http_answer_redirect(request, "/");
    } else {
        struct lct_fault fault;
        (void)lct_fault_set(&fault, -ENOENT, "api", "There is nothing at this address.",
                            "此地址没有内容。");
        lct_api_answer_fault(request, &fault);
    }
}

/* A page whose address is not its file's. */
static void answer_page(struct lct_api *api, struct lct_http_request *request, const char *name) {
    const struct lct_http_file *file = api->web ? lct_web_find(api->web, name) : NULL;
    if (file) {
        lct_http_answer_file(request, file);
    } else {
        lct_api_get_page(api, request);
    }
}

void lct_api_get_lesson_page(void *app, struct lct_http_request *request) {
    answer_page(app, request, "/lesson.html");
}

void lct_api_get_watch(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const struct lct_http_file *file = api->web ? lct_web_find(api->web, "/watch.html") : NULL;
    if (!file) {
        lct_api_get_page(app, request);
        return;
    }
    lct_http_let_frame(request); /* who watches can change nothing: there is no click to steal */
    lct_http_answer_file(request, file);
}

void lct_api_get_edit_page(void *app, struct lct_http_request *request) {
    answer_page(app, request, "/edit.html");
}

void lct_api_get_library_page(void *app, struct lct_http_request *request) {
    answer_page(app, request, "/library.html");
}

void lct_api_get_collection_page(void *app, struct lct_http_request *request) {
    answer_page(app, request, "/collection.html");
}
