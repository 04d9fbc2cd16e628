// SPDX-License-Identifier: GPL-3.0-or-later
/* The files of the pages, and the gate in front of everything. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "control/api/api.h"
#include "stream/http/http_parse.h"

#define COOKIE "lectern"
#define COOKIE_SECONDS (30 * 86400)

static bool is_api(const char *path) {
    return strncmp(path, "/api/", 5) == 0 || strcmp(path, "/metrics") == 0;
}

/* A person with an old or a mistyped link: there is one page, and it is a better answer than JSON.
 */
static bool is_astray(const struct lct_api *api, const struct lct_http_request *request) {
    const char *accept = lct_http_header(request, LCT_HTTP_ACCEPT);
    return accept && strstr(accept, "text/html") && !is_api(lct_http_path(request)) && api->web &&
           lct_web_find(api->web, "/");
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

/* What the page that asks for the code is made of: no secrets, and needed before the code is. */
static bool is_of_signin(const char *path) {
    return strcmp(path, "/signin.css") == 0 || strcmp(path, "/signin.js") == 0 ||
           strcmp(path, "/favicon.svg") == 0;
}

/* The page that asks for the code; without a folder of pages, one that does with nothing. */
static void ask_for_code(struct lct_api *api, struct lct_http_request *request, int status,
                         const struct lct_fault *fault) {
    const struct lct_http_file *page = api->web ? lct_web_find(api->web, "/signin.html") : NULL;
    if (page) {
        lct_http_answer(request, status, page->type, page->bytes, page->n);
        return;
    }
    LCT_FREE char *html = lct_format(
        "<!doctype html><html lang=\"zh\"><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width\"><title>lectern</title>"
        "<h1>lectern</h1><p>%s</p><p lang=\"en\">%s</p>"
        "<form method=\"get\" action=\"/\"><label>访问码 · Access code "
        "<input name=\"code\" autocomplete=\"off\" autofocus></label> <button>OK</button></form>",
        fault->zh, fault->en);
    lct_http_answer(request, status, "text/html; charset=utf-8", html, strlen(html));
}

static void refuse(struct lct_api *api, struct lct_http_request *request,
                   enum lct_access_answer answer, bool given) {
    struct lct_fault fault;
    int status = answer == LCT_ACCESS_WAIT ? 429 : 401;
    if (answer == LCT_ACCESS_WAIT) {
        lct_http_add_header(request, "Retry-After", "60");
        (void)lct_fault_set(&fault, -EACCES, "access",
                            "Too many wrong access codes. Wait a minute, then try again.",
                            "访问码错误次数过多，请一分钟后再试。");
    } else if (given) {
        (void)lct_fault_set(&fault, -EACCES, "access", "The access code is wrong.", "访问码错误。");
    } else {
        (void)lct_fault_set(&fault, -EACCES, "access",
                            "An access code is needed. The command that started lectern showed it; "
                            "it also lies in the data folder, in the file access-code.",
                            "需要访问码。启动 lectern 的命令会显示访问码，数据目录的 access-code "
                            "文件中也有。");
    }
    if (is_api(lct_http_path(request))) {
        lct_http_add_header(request, "WWW-Authenticate", "Bearer");
        lct_http_answer_fault(request, status, &fault);
    } else {
        ask_for_code(api, request, status, &fault);
    }
}

/* The code came in the address of a page: into a cookie, and out of the address. */
static bool from_address(struct lct_api *api, struct lct_http_request *request, const char *code) {
    enum lct_access_answer answer = lct_access_try(api->access, lct_http_client(request), code);
    if (answer != LCT_ACCESS_RIGHT) {
        refuse(api, request, answer, true);
        return false;
    }
    LCT_FREE char *cookie = lct_format(COOKIE "=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Lax",
                                       lct_access_code(api->access), COOKIE_SECONDS);
    lct_http_add_header(request, "Set-Cookie", cookie);
    /* Only a path of ours, and none that a browser takes for another host ("//…"). */
    const char *path =
        api->web && lct_web_find(api->web, lct_http_path(request)) ? lct_http_path(request) : "/";
    lct_http_answer_redirect(request, path);
    return false;
}

bool lct_api_gate(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const char *bearer = lct_http_header(request, LCT_HTTP_AUTHORIZATION);
    const char *code = lct_http_query(request, "code", 0);
    char cookie[64] = "";
    const char *given = NULL;
    if (is_of_signin(lct_http_path(request))) {
        return true;
    }
    if (code && lct_http_method(request) == LCT_HTTP_GET && !is_api(lct_http_path(request))) {
        return from_address(api, request, code);
    }
    if (bearer && strncasecmp(bearer, "Bearer ", 7) == 0) {
        given = bearer + 7;
    } else if (lct_http_cookie(lct_http_header(request, LCT_HTTP_COOKIE), COOKIE, cookie,
                               sizeof cookie)) {
        given = cookie;
    }
    enum lct_access_answer answer =
        given ? lct_access_try(api->access, lct_http_client(request), given) : LCT_ACCESS_WRONG;
    if (answer != LCT_ACCESS_RIGHT) {
        refuse(api, request, answer, given != NULL);
    }
    return answer == LCT_ACCESS_RIGHT;
}
