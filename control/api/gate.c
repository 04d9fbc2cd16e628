// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Who comes in. The access code opens everything. A room's live (its watch page and what lies under
 * its live addresses) also opens to everybody when the room is public, and to who shows one of its
 * watch links: once in the address of the watch page, which puts it into a cookie of that room, or
 * as a bearer token. A lesson or microlesson of the library, its page and its media, opens to who
 * shows one of its shared links, in the same way. What pages are made of is no secret and open to
 * all. Of the lessons that a microlesson is made of its links open what it shows, and nothing else
 * (reach.c). A collection's links open its page and what lies in it now, as links of each would.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "archive/lesson/lesson.h"
#include "base/config.h"
#include "base/mem.h"
#include "control/api/api.h"
#include "control/api/gate.h"
#include "stream/http/http_parse.h"

#define COOKIE "lectern"      /* the code's; "lectern-ROOM" is a watch link's */
#define SHARE COOKIE "-item-" /* and the id: a shared link's */
#define COOKIE_SECONDS (30 * 86400)
/* A link ends by its own time; its cookie lies as long as browsers keep one. */
#define LINK_COOKIE_SECONDS (400 * 86400)

#define WATCH "/watch/"
#define LESSON "/lessons/"
#define COLLECTION "/collections/"
#define ITEMS "/api/v1/items/"
#define RECORDINGS "/api/v1/recordings/"
#define COLLECTIONS "/api/v1/collections/"

#define PUBLIC "public" /* the pass of who came into a public room; no link's id */

enum entry {
    OPEN,
    NO_CODE,
    WRONG_CODE,
    WAIT,
    NO_LINK,
    WRONG_LINK,
    EXPIRED_LINK,
    REVOKED_LINK,
    NO_SHARE,
    WRONG_SHARE,
    EXPIRED_SHARE,
    REVOKED_SHARE,
    UNKNOWN_SHARE
};

static const struct {
    int status, code;
    const char *en, *zh;
} refusals[] = {
    [NO_CODE] =
        {401, -EACCES,
         "An access code is needed. The command that started lectern showed it; it also "
         "lies in the data folder, in the file access-code.",
         "需要访问码。启动 lectern 的命令会显示访问码，数据目录的 access-code 文件中也有。"},
    [WRONG_CODE] = {401, -EACCES, "The access code is wrong.", "访问码错误。"},
    [WAIT] = {429, -EACCES, "Too many wrong access codes. Wait a minute, then try again.",
              "访问码错误次数过多，请一分钟后再试。"},
    [NO_LINK] = {401, -EACCES,
                 "This room is not public, or not any more: a watch link, or the access code, is "
                 "needed. Open the whole link as it was sent to you.",
                 "这间教室没有公开，或已取消公开：观看需要观看链接或访问码。"
                 "请打开收到的完整链接。"},
    [WRONG_LINK] =
        {403, -EPERM,
         "This watch link does not open this room: a part of it is missing, or it is of "
         "another room. Open the whole link as it was sent to you, or ask for a new one.",
         "此观看链接不能打开这间教室：链接不完整，或属于其他教室。请打开收到的完整链接，"
         "或向发送者索取新链接。"},
    [EXPIRED_LINK] = {403, -EPERM, "This watch link has expired. Ask who sent it for a new one.",
                      "此观看链接已过期，请向发送者索取新链接。"},
    [REVOKED_LINK] = {403, -EPERM,
                      "This watch link is not good any more. Ask who sent it for a new one.",
                      "此观看链接已失效，请向发送者索取新链接。"},
    [NO_SHARE] =
        {401, -EACCES,
         "A shared link of this lesson or collection, or the access code, is needed. Open the "
         "whole link as it was sent to you.",
         "打开此课程或合集需要分享链接或访问码。请打开收到的完整链接。"},
    [WRONG_SHARE] =
        {403, -EPERM,
         "This link does not open this lesson or collection: a part of it is missing, or it is "
         "of another one. Open the whole link as it was sent to you, or ask for a new one.",
         "此分享链接不能打开此课程或合集：链接不完整，或属于其他课程。请打开收到的完整链接，"
         "或向发送者索取新链接。"},
    [EXPIRED_SHARE] = {403, -EPERM, "This link has expired. Ask who sent it for a new one.",
                       "此分享链接已过期，请向发送者索取新链接。"},
    [REVOKED_SHARE] = {403, -EPERM,
                       "This link is not good any more. Ask who sent it for a new one.",
                       "此分享链接已失效，请向发送者索取新链接。"},
    [UNKNOWN_SHARE] = {503, -ENOTCONN,
                       "The library is still being looked through after a start. Try again in a "
                       "moment.",
                       "服务器刚刚启动，正在整理资源库，请稍后再试。"},
};

static const enum entry of_link[] = {
    [LCT_LINKS_GOOD] = OPEN,
    [LCT_LINKS_WRONG] = WRONG_LINK,
    [LCT_LINKS_EXPIRED] = EXPIRED_LINK,
    [LCT_LINKS_REVOKED] = REVOKED_LINK,
};

static const enum entry of_share[] = {
    [LCT_LINKS_GOOD] = OPEN,
    [LCT_LINKS_WRONG] = WRONG_SHARE,
    [LCT_LINKS_EXPIRED] = EXPIRED_SHARE,
    [LCT_LINKS_REVOKED] = REVOKED_SHARE,
};

static bool is_below(const char *path, const char *prefix) {
    return strncmp(path, prefix, strlen(prefix)) == 0;
}

bool lct_api_is_api(const char *path) {
    return is_below(path, "/api/") || is_below(path, "/live/") || strcmp(path, "/metrics") == 0;
}

/* Scripts, styles and pictures of the pages; the pages themselves are not. */
static bool is_part_of_pages(const struct lct_api *api, const char *path) {
    const struct lct_http_file *file = api->web ? lct_web_find(api->web, path) : NULL;
    return file && !is_below(file->type, "text/html");
}

/* The room whose live lies at the path; false: no room's. */
static bool find_room(const char *path, char room[LCT_LINKS_ROOM_SIZE]) {
    static const char *const prefixes[] = {WATCH, "/live/", "/api/v1/live/"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        if (is_below(path, prefixes[i])) {
            const char *id = path + strlen(prefixes[i]);
            (void)snprintf(room, LCT_LINKS_ROOM_SIZE, "%.*s", (int)strcspn(id, "/"), id);
            return lct_config_is_id(room);
        }
    }
    return false;
}

static bool is_collection(const char *id) {
    return strncmp(id, LCT_GATHERED_ID, strlen(LCT_GATHERED_ID)) == 0;
}

/* What of a lesson or microlesson lies at the path, and may be shared: its page, what a player is
 * told of it, its subtitles; of a lesson its tracks; of a collection its page and its list. */
static bool find_item(const char *path, char id[LCT_LINKS_ROOM_SIZE]) {
    static const struct {
        const char *prefix, *rest; /* rest: what may follow the id; it may go on behind a '/' */
        bool alone;                /* or nothing */
        bool collection;
    } shared[] = {{LESSON, NULL, true, false},
                  {ITEMS, "/subtitles/", true, false},
                  {RECORDINGS, "/tracks/", false, false},
                  {COLLECTION, NULL, true, true},
                  {COLLECTIONS, "/items", false, true}};
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++) {
        if (is_below(path, shared[i].prefix)) {
            const char *from = path + strlen(shared[i].prefix);
            size_t n = strcspn(from, "/");
            bool fits =
                from[n] ? shared[i].rest && is_below(from + n, shared[i].rest) : shared[i].alone;
            (void)snprintf(id, LCT_LINKS_ROOM_SIZE, "%.*s", (int)n, from);
            return fits && n < LCT_LINKS_ROOM_SIZE && lct_lesson_is_id(id) &&
                   is_collection(id) == shared[i].collection;
        }
    }
    return false;
}

/* ---- refusals ---- */

/* In both languages, since nobody knows yet who reads it. */
static void say(struct lct_http_request *request, int status, const struct lct_fault *fault,
                const char *form) {
    LCT_FREE char *html =
        lct_format("<!doctype html><html lang=\"zh\"><meta charset=\"utf-8\">"
                   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
                   "<title>lectern</title><link rel=\"icon\" href=\"/favicon.svg\">"
                   "<link rel=\"stylesheet\" href=\"/signin.css\"><main><h1>lectern</h1><p>%s</p>"
                   "<p lang=\"en\">%s</p>%s</main>",
                   fault->zh, fault->en, form);
    lct_http_answer(request, status, "text/html; charset=utf-8", html, strlen(html));
}

/* The page that asks for the code; without a folder of pages, one that does with nothing. */
static void ask_for_code(const struct lct_api *api, struct lct_http_request *request, int status,
                         const struct lct_fault *fault) {
    const struct lct_http_file *page = api->web ? lct_web_find(api->web, "/signin.html") : NULL;
    if (page) {
        lct_http_answer(request, status, page->type, page->bytes, page->n);
    } else {
        say(request, status, fault,
            "<form method=\"get\" action=\"/\"><label>访问码 · Access code "
            "<input name=\"code\" autocomplete=\"off\" autofocus></label> "
            "<button>OK</button></form>");
    }
}

static void refuse(const struct lct_api *api, struct lct_http_request *request, enum entry why) {
    int status = refusals[why].status;
    struct lct_fault fault;
    (void)lct_fault_set(&fault, refusals[why].code, "access", "%.0s%s", "%s%.0s", refusals[why].zh,
                        refusals[why].en);
    if (why == WAIT || why == UNKNOWN_SHARE) {
        lct_http_add_header(request, "Retry-After", why == WAIT ? "60" : "2");
    }
    if (lct_api_is_api(lct_http_path(request))) {
        if (status == 401) {
            lct_http_add_header(request, "WWW-Authenticate", "Bearer");
        }
        lct_http_answer_fault(request, status, &fault);
    } else if (status == 403 || status == 503) {
        lct_http_let_frame(request); /* where the room was, words stand */
        say(request, status, &fault, "");
    } else {
        ask_for_code(api, request, status, &fault);
    }
}

/* ---- what a client shows ---- */

/* The bearer token, or NULL. */
static const char *bearer_of(const struct lct_http_request *request) {
    const char *header = lct_http_header(request, LCT_HTTP_AUTHORIZATION);
    return header && strncasecmp(header, "Bearer ", 7) == 0 ? header + 7 : NULL;
}

static enum entry try_code(struct lct_api *api, const struct lct_http_request *request,
                           const char *code) {
    switch (lct_access_try(api->access, lct_http_client(request), code)) {
    case LCT_ACCESS_RIGHT:
        return OPEN;
    case LCT_ACCESS_WAIT:
        return WAIT;
    default:
        return WRONG_CODE;
    }
}

/* By the code: a bearer token (NULL: none), else the cookie. */
static enum entry by_code(struct lct_api *api, const struct lct_http_request *request,
                          const char *bearer) {
    char cookie[64];
    if (bearer) {
        return try_code(api, request, bearer);
    }
    return lct_http_cookie(lct_http_header(request, LCT_HTTP_COOKIE), COOKIE, cookie, sizeof cookie)
               ? try_code(api, request, cookie)
               : NO_CODE;
}

/* By a watch link of the room: in the address of its page, as a bearer token, or in its cookie.
 * NO_LINK: none is shown. */
static enum entry by_link(struct lct_api *api, const struct lct_http_request *request,
                          const char *room, const char *shown, char pass[LCT_API_PASS_SIZE]) {
    char cookie[LCT_LINKS_TOKEN_SIZE];
    LCT_FREE char *name = lct_format(COOKIE "-%s", room);
    if (!shown &&
        lct_http_cookie(lct_http_header(request, LCT_HTTP_COOKIE), name, cookie, sizeof cookie)) {
        shown = cookie;
    }
    return shown ? of_link[lct_links_try(api->links, room, shown, pass)] : NO_LINK;
}

/* A code is shorter. */
static bool is_like_link(const char *text) {
    return text && strlen(text) == LCT_LINKS_TOKEN_SIZE - 1;
}

/* To a room's live. The code comes last: it counts who tries. */
static enum entry into_room(struct lct_api *api, const struct lct_http_request *request,
                            const char *room, char pass[LCT_API_PASS_SIZE]) {
    const char *bearer = bearer_of(request);
    bool is_page = is_below(lct_http_path(request), WATCH);
    const char *link = is_page ? lct_http_query(request, "link", 0) : NULL;
    link = !link && is_like_link(bearer) ? bearer : link;
    if (lct_links_is_public(api->links, room)) {
        (void)snprintf(pass, LCT_API_PASS_SIZE, PUBLIC);
        return OPEN;
    }
    enum entry entry = by_link(api, request, room, link, pass);
    if (entry == OPEN) {
        return OPEN;
    }
    pass[0] = '\0';
    enum entry code = by_code(api, request, is_like_link(bearer) ? NULL : bearer);
    return code == OPEN || (entry == NO_LINK && code != NO_CODE) ? code : entry;
}

/* There, and not in the trash. */
static bool is_there(struct lct_api *api, const char *id) {
    return is_collection(id) ? lct_gathered_is(api->gathered, id)
                             : lct_catalogue_is_open(api->catalogue, id);
}

/* By a shared link of the item or collection: the one that is shown, or its cookie. */
static enum entry by_share(struct lct_api *api, const struct lct_http_request *request,
                           const char *id, const char *shown) {
    char cookie[LCT_LINKS_TOKEN_SIZE], unused[LCT_LINKS_ID_SIZE];
    LCT_FREE char *name = lct_format(SHARE "%s", id);
    if (!shown &&
        lct_http_cookie(lct_http_header(request, LCT_HTTP_COOKIE), name, cookie, sizeof cookie)) {
        shown = cookie;
    }
    if (!shown) {
        return NO_SHARE;
    }
    /* First, so that what becomes known in between is not taken for what lies in the trash. */
    bool building = lct_catalogue_is_building(api->catalogue);
    enum entry entry = of_share[lct_links_try(api->shares, id, shown, unused)];
    return entry != OPEN || is_there(api, id) ? entry
           : building && !is_collection(id)   ? UNKNOWN_SHARE
                                              : REVOKED_SHARE;
}

/* The next id of which the request has a cookie of a shared link: true, and *at goes on; it begins
 * as NULL. */
static bool next_share(const struct lct_http_request *request, const char **at,
                       char ret_id[LCT_LESSON_ID_SIZE]) {
    const char *next = *at ? *at : lct_http_header(request, LCT_HTTP_COOKIE);
    while (next && (next = strstr(next, SHARE))) {
        next += strlen(SHARE);
        (void)snprintf(ret_id, LCT_LESSON_ID_SIZE, "%.*s", (int)strcspn(next, "=; "), next);
        if (lct_lesson_is_id(ret_id)) {
            *at = next;
            return true;
        }
    }
    return false;
}

/* By the link of a collection in which the item is. NO_SHARE: none is shown that is good. */
static enum entry by_collection(struct lct_api *api, const struct lct_http_request *request,
                                const char *id) {
    char collection[LCT_LESSON_ID_SIZE];
    const char *at = NULL;
    bool building = lct_catalogue_is_building(api->catalogue); /* first, as in by_share */
    while (next_share(request, &at, collection)) {
        if (lct_gathered_has(api->gathered, collection, id) &&
            by_share(api, request, collection, NULL) == OPEN) {
            return is_there(api, id) ? OPEN : building ? UNKNOWN_SHARE : NO_SHARE;
        }
    }
    return NO_SHARE;
}

/* The clip's own link, or one of the collections that hold it. */
bool lct_api_next_clip(struct lct_api *api, const struct lct_http_request *request,
                       const char *lesson, struct lct_api_clips *clips) {
    for (;;) {
        while (is_collection(clips->shown) &&
               lct_gathered_next_clip(api->gathered, clips->shown, clips->clip)) {
            if (lct_catalogue_uses(api->catalogue, clips->clip, lesson) &&
                is_there(api, clips->clip)) {
                return true;
            }
        }
        if (!next_share(request, &clips->at, clips->shown)) {
            return false;
        }
        *clips->clip = '\0';
        bool of_clips =
            is_collection(clips->shown) || lct_catalogue_uses(api->catalogue, clips->shown, lesson);
        if (!of_clips || by_share(api, request, clips->shown, NULL) != OPEN) {
            *clips->shown = '\0';
        } else if (!is_collection(clips->shown)) {
            (void)snprintf(clips->clip, sizeof clips->clip, "%s", clips->shown);
            return true;
        }
    }
}

/* To all of an item and its media, which are only read. */
static enum entry into_item(struct lct_api *api, const struct lct_http_request *request,
                            const char *id) {
    const char *bearer = bearer_of(request), *path = lct_http_path(request);
    bool is_page = is_below(path, LESSON) || is_below(path, COLLECTION);
    const char *link = is_page ? lct_http_query(request, "link", 0) : NULL;
    link = !link && is_like_link(bearer) ? bearer : link;
    enum entry entry = by_share(api, request, id, link);
    if (entry != OPEN && !link) { /* what is shown is told what it is worth */
        enum entry other = by_collection(api, request, id);
        entry = other != NO_SHARE ? other : entry;
    }
    if (entry == OPEN) {
        return OPEN;
    }
    enum entry code = by_code(api, request, is_like_link(bearer) ? NULL : bearer);
    return code == OPEN || (entry == NO_SHARE && code != NO_CODE) ? code : entry;
}

bool lct_api_sees_all(struct lct_api *api, const struct lct_http_request *request, const char *id) {
    return into_item(api, request, id) == OPEN;
}

/* To pieces of a lesson's media. */
static bool is_by_clip(struct lct_api *api, const struct lct_http_request *request,
                       const char *lesson) {
    struct lct_api_clips clips = {.at = NULL};
    return is_below(lct_http_path(request), RECORDINGS) &&
           lct_api_next_clip(api, request, lesson, &clips);
}

bool lct_api_has_code(struct lct_api *api, const struct lct_http_request *request) {
    const char *bearer = bearer_of(request);
    return by_code(api, request, is_like_link(bearer) ? NULL : bearer) == OPEN;
}

void lct_api_pass(struct lct_api *api, const struct lct_http_request *request, const char *room,
                  char ret_pass[LCT_API_PASS_SIZE]) {
    (void)into_room(api, request, room, ret_pass);
}

bool lct_api_may_watch(void *app, const char *room, const char *pass) {
    struct lct_api *api = app;
    return !*pass || (strcmp(pass, PUBLIC) == 0 ? lct_links_is_public(api->links, room)
                                                : lct_links_is_good(api->links, room, pass));
}

/* ---- secrets in addresses: into a cookie, and out of the address ---- */

static void keep(struct lct_http_request *request, const char *name, const char *secret,
                 int seconds, const char *path) {
    LCT_FREE char *cookie =
        lct_format("%s=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Lax%s", name, secret, seconds,
                   lct_http_is_secure(request) ? "; Secure" : "");
    lct_http_add_header(request, "Set-Cookie", cookie);
    lct_http_answer_redirect(request, path);
}

/* Owned. */
static char *page_of(const char *id) {
    return lct_format("%s%s", is_collection(id) ? COLLECTION : LESSON, id);
}

static void take_code(struct lct_api *api, struct lct_http_request *request, const char *code) {
    const char *path = lct_http_path(request);
    char room[LCT_LINKS_ROOM_SIZE], item[LCT_LINKS_ROOM_SIZE];
    enum entry entry = try_code(api, request, code);
    if (entry != OPEN) {
        refuse(api, request, entry);
        return;
    }
    /* Only to a path of ours, and none that a browser takes for another host ("//…"). */
    LCT_FREE char *page = find_item(path, item)                      ? page_of(item)
                          : find_room(path, room)                    ? lct_format(WATCH "%s", room)
                          : api->web && lct_web_find(api->web, path) ? lct_strdup(path)
                                                                     : lct_strdup("/");
    keep(request, COOKIE, lct_access_code(api->access), COOKIE_SECONDS, page);
}

/* True when the address of a watch page has a good link, and the request is answered. */
static bool take_link(struct lct_api *api, struct lct_http_request *request, const char *room) {
    char id[LCT_LINKS_ID_SIZE];
    const char *link = lct_http_query(request, "link", 0);
    if (!link || !is_below(lct_http_path(request), WATCH) ||
        lct_links_try(api->links, room, link, id) != LCT_LINKS_GOOD) {
        return false;
    }
    LCT_FREE char *name = lct_format(COOKIE "-%s", room);
    LCT_FREE char *path = lct_format(WATCH "%s", room);
    keep(request, name, link, LINK_COOKIE_SECONDS, path);
    return true;
}

/* The same for the page of an item. */
static bool take_share(struct lct_api *api, struct lct_http_request *request, const char *id) {
    const char *link = lct_http_query(request, "link", 0);
    if (!link || by_share(api, request, id, link) != OPEN) {
        return false;
    }
    LCT_FREE char *name = lct_format(SHARE "%s", id);
    LCT_FREE char *path = page_of(id);
    keep(request, name, link, LINK_COOKIE_SECONDS, path);
    return true;
}

bool lct_api_gate(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const char *path = lct_http_path(request);
    bool is_page = lct_http_method(request) == LCT_HTTP_GET && !lct_api_is_api(path);
    const char *code = is_page ? lct_http_query(request, "code", 0) : NULL;
    char room[LCT_LINKS_ROOM_SIZE], item[LCT_LINKS_ROOM_SIZE], pass[LCT_API_PASS_SIZE];
    if (is_part_of_pages(api, path)) {
        return true;
    }
    if (code) {
        take_code(api, request, code);
        return false;
    }
    bool is_live = find_room(path, room);
    if (is_live && is_page && take_link(api, request, room)) {
        return false;
    }
    bool is_item = lct_http_method(request) == LCT_HTTP_GET && find_item(path, item);
    if (is_item && is_page && take_share(api, request, item)) {
        return false;
    }
    enum entry entry = is_live ? into_room(api, request, room, pass)
                       : is_item && is_by_clip(api, request, item) ? OPEN
                       : is_item                                   ? into_item(api, request, item)
                                 : by_code(api, request, bearer_of(request));
    if (entry != OPEN) {
        refuse(api, request, entry);
    }
    return entry == OPEN;
}
