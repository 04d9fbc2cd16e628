// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/room_token.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/io.h"
#include "base/mem.h"

#define SPACE " \t\r\n"
#define FILE_MAX 4096

void lct_room_token_write(const struct lct_room_token *token, char out[LCT_ROOM_TOKEN_SIZE]) {
    char sum[LCT_BASE64_SIZE(LCT_DIGEST_SIZE)] = "";
    bool six = strchr(token->host, ':') != NULL;
    if (token->pinned) {
        lct_base64_write(token->sum, sizeof token->sum, sum);
    }
    (void)snprintf(out, LCT_ROOM_TOKEN_SIZE, "%s%s%s:%d/%s/%s%s%s", six ? "[" : "", token->host,
                   six ? "]" : "", token->port, token->room, token->secret, *sum ? "/" : "", sum);
}

/* What may stand in a host's name or address. */
static bool is_host(const char *host, bool six) {
    const char *letters = six ? "0123456789abcdefABCDEF:."
                              : "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    return *host && *host != '-' && !host[strspn(host, letters)];
}

static int read_place(const char *text, size_t n, struct lct_room_token *token) {
    char place[sizeof token->host + 10];
    if (n >= sizeof place) {
        return -EINVAL;
    }
    memcpy(place, text, n);
    place[n] = '\0';
    char *colon = strrchr(place, ':');
    size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;
    long port = digits > 0 && digits < 6 && !colon[1 + digits] ? strtol(colon + 1, NULL, 10) : 0;
    if (port < 1 || port > 65535) {
        return -EINVAL;
    }
    *colon = '\0';
    bool six = *place == '[' && colon > place + 1 && colon[-1] == ']';
    if (six) {
        colon[-1] = '\0';
    }
    const char *host = six ? place + 1 : place;
    if (!is_host(host, six) || strlen(host) >= sizeof token->host) {
        return -EINVAL;
    }
    (void)snprintf(token->host, sizeof token->host, "%s", host);
    token->port = (int)port;
    return 0;
}

int lct_room_token_read_place(const char *text, struct lct_room_token *ret_token) {
    struct lct_room_token token = *ret_token;
    int rc = read_place(text, strlen(text), &token);
    if (rc == 0) {
        *ret_token = token;
    }
    return rc;
}

int lct_room_token_read(const char *text, struct lct_room_token *ret_token) {
    struct lct_room_token token = {.port = 0};
    uint8_t secret[32];
    const char *field[4] = {NULL};
    size_t n[4] = {0}, count = 0;
    text += strspn(text, SPACE);
    size_t length = strcspn(text, SPACE);
    if (text[length + strspn(text + length, SPACE)]) {
        return -EINVAL;
    }
    for (const char *at = text, *end = text + length; at <= end && count < 4; count++) {
        const char *slash = memchr(at, '/', (size_t)(end - at));
        field[count] = at;
        n[count] = (size_t)((slash && count < 3 ? slash : end) - at);
        at += n[count] + 1;
    }
    if (count < 3 || read_place(field[0], n[0], &token) < 0 || n[1] >= sizeof token.room ||
        n[2] >= sizeof token.secret || !lct_base64_read(field[2], n[2], secret, sizeof secret)) {
        return -EINVAL;
    }
    memcpy(token.room, field[1], n[1]);
    memcpy(token.secret, field[2], n[2]);
    token.pinned = count == 4;
    explicit_bzero(secret, sizeof secret);
    if (!lct_config_is_id(token.room) ||
        (token.pinned && !lct_base64_read(field[3], n[3], token.sum, sizeof token.sum))) {
        return -EINVAL;
    }
    *ret_token = token;
    return 0;
}

int lct_room_token_load(const char *path, const char *room, struct lct_room_token *ret_token,
                        struct lct_fault *fault) {
    struct lct_room_token token;
    LCT_FREE char *text = NULL;
    size_t n;
    int rc = lct_io_slurp(path, FILE_MAX, &text, &n);
    if (rc < 0) {
        return lct_fault_set(fault, rc, "recorder", "The token file %s cannot be read: %s.",
                             "无法读取令牌文件 %s：%s。", path, strerror(-rc));
    }
    if (lct_room_token_read(text, &token) < 0) {
        return lct_fault_set(fault, -EINVAL, "recorder",
                             "%s holds no token. Put in the one line that \"lectern room %s "
                             "--token\" prints on the server.",
                             "%s 中没有令牌。请放入服务器上 lectern room %s --token 输出的那一行。",
                             path, room);
    }
    if (strcmp(token.room, room) != 0) {
        return lct_fault_set(
            fault, -EINVAL, "recorder", "The token in %s is of room %s, this recorder of room %s.",
            "%s 中的令牌属于教室 %s，而本录制程序属于教室 %s。", path, token.room, room);
    }
    *ret_token = token;
    return 0;
}
