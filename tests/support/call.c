// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/call.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"

#define ANSWER_MAX (64 << 10)

static int connect_to(const struct call_server *server) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_INET}, *found = NULL;
    if (getaddrinfo(server->host, server->port, &hints, &found) != 0) {
        return -1;
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) < 0) {
        (void)close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

char *call(const struct call_server *server, const char *method, const char *path,
           const char *headers, const char *body) {
    LCT_FREE char *request =
        lct_format("%s %s HTTP/1.1\r\nHost: %s:%s\r\n%sContent-Length: %zu\r\n"
                   "Connection: close\r\n\r\n%s",
                   method, path, server->host, server->port, headers, strlen(body), body);
    int fd = connect_to(server);
    if (fd < 0) {
        return NULL;
    }
    char *answer = lct_new(ANSWER_MAX);
    size_t n = 0;
    ssize_t got = write(fd, request, strlen(request));
    while (got > 0 && n < ANSWER_MAX - 1 && (got = read(fd, answer + n, ANSWER_MAX - 1 - n)) > 0) {
        n += (size_t)got;
    }
    (void)close(fd);
    answer[n] = '\0';
    return answer;
}

/* ---- Janus ---- */

/* Takes message (NULL: asks for the next event); the answer, owned, or NULL. */
static json_t *say(const struct call_server *server, const char *path, json_t *message) {
    LCT_JSON json_t *said = message;
    LCT_FREE char *text = said ? json_dumps(said, JSON_COMPACT) : NULL;
    LCT_FREE char *answer = call(server, said ? "POST" : "GET", path,
                                 "Content-Type: application/json\r\n", text ? text : "");
    const char *body = answer ? strstr(answer, "\r\n\r\n") : NULL;
    const char *object = body ? strchr(body, '{') : NULL; /* comes as one chunk */
    return object ? json_loads(object, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
}

/* The id in what Janus made, 0 when it made nothing. */
static long long made(const struct call_server *server, const char *path, json_t *message) {
    LCT_JSON json_t *answer = say(server, path, message);
    return json_integer_value(json_object_get(json_object_get(answer, "data"), "id"));
}

/* Its offer comes as an event. */
static char *wait_for_offer(const struct call_server *server, const char *session) {
    LCT_FREE char *path = lct_format("%s?maxev=1", session);
    for (int i = 0; i < 5; i++) {
        LCT_JSON json_t *event = say(server, path, NULL);
        const char *offer =
            json_string_value(json_object_get(json_object_get(event, "jsep"), "sdp"));
        if (offer) {
            return lct_strdup(offer);
        }
    }
    return NULL;
}

bool call_janus(const struct call_server *server, int mount, const char *host,
                struct viewer *viewer) {
    LCT_FREE char *session = lct_format(
        "/janus/%lld",
        made(server, "/janus", json_pack("{s:s, s:s}", "janus", "create", "transaction", "t")));
    LCT_FREE char *handle =
        lct_format("%s/%lld", session,
                   made(server, session,
                        json_pack("{s:s, s:s, s:s}", "janus", "attach", "plugin",
                                  "janus.plugin.streaming", "transaction", "t")));
    json_decref(say(server, handle,
                    json_pack("{s:s, s:s, s:{s:s, s:i}}", "janus", "message", "transaction", "t",
                              "body", "request", "watch", "id", mount)));
    LCT_FREE char *offer = wait_for_offer(server, session);
    LCT_FREE char *answer = offer ? viewer_answer_offer(viewer, offer, host) : NULL;
    if (!answer) {
        return false;
    }
    json_decref(
        say(server, handle,
            json_pack("{s:s, s:s, s:{s:s}, s:{s:s, s:s}}", "janus", "message", "transaction", "t",
                      "body", "request", "start", "jsep", "type", "answer", "sdp", answer)));
    return true;
}
