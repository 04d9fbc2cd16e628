// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/http/http_admit_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void lct_http_refuse(struct lct_http_request *request, int status, const char *en, const char *zh) {
    static const struct {
        int status, code;
    } codes[] = {{429, -EUSERS}, {404, -ENOENT},  {403, -EPERM},
                 {413, -EFBIG},  {501, -ENOTSUP}, {405, -ENOTSUP}};
    struct lct_fault fault;
    int code = -EINVAL;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        code = codes[i].status == status ? codes[i].code : code;
    }
    request->refused = true;
    (void)lct_fault_set(&fault, code, "http", "%s%.0s", "%.0s%s", en, zh);
    lct_http_answer_fault(request, status, &fault);
}

/* How many bytes of body come; false with an answer given. */
static bool read_length(struct lct_http_request *request) {
    const char *text = request->headers[LCT_HTTP_CONTENT_LENGTH];
    if (request->headers[LCT_HTTP_TRANSFER_ENCODING]) {
        lct_http_refuse(request, 501, "A body must come with Content-Length.",
                        "请求体必须带有 Content-Length。");
        return false;
    }
    if (!text) {
        return true;
    }
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || text[digits] || digits > 18) {
        lct_http_refuse(request, 400, "Content-Length is not a number.",
                        "Content-Length 不是数字。");
        return false;
    }
    request->text_want = strtoull(text, NULL, 10);
    return true;
}

/* False with an answer given. */
static bool is_short_enough(struct lct_http_request *request) {
    size_t most = request->route->body_max ? request->route->body_max : LCT_HTTP_BODY_MAX;
    if (request->text_want > most) {
        LCT_FREE char *en = lct_format("The body is larger than %zu KiB.", most >> 10);
        LCT_FREE char *zh = lct_format("请求体超过 %zu KiB。", most >> 10);
        lct_http_refuse(request, 413, en, zh);
        return false;
    }
    return true;
}

/* May pages of other sites ask here, when they show what opens it? A route of OPTIONS says so. */
static bool is_for_all(const struct lct_http_request *request,
                       const struct lct_http_options *options) {
    const char *values[LCT_HTTP_VALUES_MAX];
    for (size_t i = 0; i < options->n_routes; i++) {
        const struct lct_http_route *route = &options->routes[i];
        if (route->method == LCT_HTTP_OPTIONS &&
            lct_http_match(route->pattern, &request->parts, values)) {
            return true;
        }
    }
    return false;
}

/* Host and Origin: is it our own page, or a program, that asks? */
static bool is_addressed_to_us(struct lct_http_request *request,
                               const struct lct_http_options *options) {
    const char *host = request->headers[LCT_HTTP_HOST];
    const char *origin = request->headers[LCT_HTTP_ORIGIN];
    if (!host || !lct_http_host_is_ours(host, options->names)) {
        lct_http_refuse(request, 421, "This server is not known by that name; use its address.",
                        "服务器没有这个名称，请使用它的地址访问。");
        return false;
    }
    bool is_power = request->method != LCT_HTTP_GET || request->upgrade;
    bool is_foreign = origin && !lct_http_origin_is_ours(origin, host);
    if (is_for_all(request, options)) {
        lct_http_add_header(request, "Access-Control-Allow-Origin", "*");
        lct_http_add_header(request, "Access-Control-Expose-Headers", "Location, Retry-After");
        if (is_foreign) { /* a browser's cookies are not what another site's page may use */
            free(request->headers[LCT_HTTP_COOKIE]);
            request->headers[LCT_HTTP_COOKIE] = NULL;
        }
    } else if (is_power && is_foreign) {
        lct_http_refuse(request, 403, "Another site's page may not change anything here.",
                        "其他网站的页面不能在此进行更改。");
        return false;
    }
    return true;
}

/* Sets the route; false with 404 or 405 answered. */
static bool find_route(struct lct_http_request *request, const struct lct_http_options *options) {
    static const char *const names[] = {"GET, HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};
    char allow[64] = "";
    for (size_t i = 0; i < options->n_routes; i++) {
        const struct lct_http_route *route = &options->routes[i];
        const char *values[LCT_HTTP_VALUES_MAX] = {NULL};
        bool rest = strcmp(route->pattern, "*") == 0;
        if ((rest && *allow) || !lct_http_match(route->pattern, &request->parts, values)) {
            continue;
        }
        if (route->method == request->method) {
            memcpy(request->values, values, sizeof values);
            request->route = route;
            request->app = options->app;
            request->loop = route->where == LCT_HTTP_MAIN        ? options->main
                            : route->where == LCT_HTTP_DISK      ? options->disk
                            : route->where == LCT_HTTP_CATALOGUE ? options->catalogue
                                                                 : NULL;
            return true;
        }
        size_t at = strlen(allow);
        (void)snprintf(allow + at, sizeof allow - at, "%s%s", at ? ", " : "", names[route->method]);
    }
    if (*allow) {
        lct_http_add_header(request, "Allow", allow);
        lct_http_refuse(request, 405, "This address does not take that method.",
                        "此地址不支持该方法。");
    } else {
        lct_http_refuse(request, 404, "There is nothing at this address.", "此地址没有内容。");
    }
    return false;
}

/* Sets the parts of the path; false with an answer given. */
static bool split_path(struct lct_http_request *request) {
    if (lct_http_split(request->path, request->path_n, &request->parts) < 0) {
        lct_http_refuse(request, 404, "There is nothing at this address.", "此地址没有内容。");
        return false;
    }
    return true;
}

/* Upgraded is what is a socket, and nothing else; false with an answer given. */
static bool is_asked_rightly(struct lct_http_request *request) {
    bool is_socket = request->route->where == LCT_HTTP_SOCKET;
    if (is_socket && !request->upgrade) {
        lct_http_add_header(request, "Upgrade", "websocket");
        lct_http_refuse(request, 426, "This address speaks WebSocket only.",
                        "此地址仅支持 WebSocket。");
    } else if (!is_socket && request->upgrade) {
        lct_http_refuse(request, 400, "This address does not speak WebSocket.",
                        "此地址不支持 WebSocket。");
    }
    return is_socket == request->upgrade;
}

/* False with an answer given. */
static bool ask_gate(struct lct_http_request *request, const struct lct_http_options *options) {
    return request->route->open || !options->gate || options->gate(options->app, request);
}

bool lct_http_admit(struct lct_http_request *request, const struct lct_http_options *options) {
    bool tells_length = request->headers[LCT_HTTP_CONTENT_LENGTH] != NULL;
    bool changes = request->method == LCT_HTTP_POST || request->method == LCT_HTTP_PUT ||
                   request->method == LCT_HTTP_PATCH;
    /* Whoever answers now leaves a body unread that may be there. */
    request->close_after = true;
    if (!read_length(request)) {
        return false;
    }
    request->close_after = request->text_want > 0 || (changes && !tells_length);
    if (!split_path(request) || !is_addressed_to_us(request, options) ||
        !find_route(request, options) || !is_short_enough(request) || !ask_gate(request, options) ||
        !is_asked_rightly(request)) {
        return false;
    }
    request->close_after = changes && !tells_length;
    return true;
}
