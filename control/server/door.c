// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/server/door.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/server/copy_in.h"
#include "control/server/room_tokens.h"

LCT_LOG_TOPIC("door");

#define NOTICE_MAX 4096

struct lct_door {
    /* fixed while it is open */
    char *data;
    struct lct_rooms *rooms;
    struct lct_loop *loop;
    struct lct_room_tokens *tokens;
    struct lct_tls *tls;
    struct lct_copy_in *copies;
    /* the looking thread's, once it is open */
    struct lct_room_token notice; /* without room and secret */
    bool ill;                     /* the tokens could not be read, and it was said */
};

static bool is_right(void *arg, const char *room, const char *secret) {
    const struct lct_door *door = arg;
    return lct_room_tokens_is_right(door->tokens, room, secret);
}

static bool take_part(void *arg, const char *room, const struct lct_link_part *part) {
    const struct lct_door *door = arg;
    return lct_copy_in_part(door->copies, room, part);
}

static void take_copy(void *arg, const char *room, const json_t *message) {
    const struct lct_door *door = arg;
    lct_copy_in_message(door->copies, room, message);
}

static void send_answer(void *arg, const char *room, json_t *owned) {
    const struct lct_door *door = arg;
    LCT_JSON json_t *answer = owned;
    lct_rooms_send_copy(door->rooms, room, answer);
}

/* "https://host:8443/x" -> "host", "http://[::1]:80" -> "::1". */
static void host_of(const char *url, char *out, size_t size) {
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    bool six = *host == '[';
    host += six;
    (void)snprintf(out, size, "%.*s", (int)strcspn(host, six ? "]" : ":/"), host);
}

static void write_notice(const struct lct_door *door, const struct lct_room_token *token) {
    char sum[LCT_BASE64_SIZE(LCT_DIGEST_SIZE)] = "";
    LCT_FREE char *path = lct_format("%s/door", door->data);
    if (token->pinned) {
        lct_base64_write(token->sum, sizeof token->sum, sum);
    }
    LCT_JSON json_t *json =
        json_pack("{s:s, s:i, s:s}", "host", token->host, "port", token->port, "sha256", sum);
    size_t n;
    LCT_FREE char *text = lct_json_dump(json, &n);
    int rc = lct_io_replace(&lct_io_system, path, text, n);
    if (rc < 0) {
        lct_warn("where recorders call is not kept", "file=%s why=%s", path, strerror(-rc));
    }
}

int lct_door_find(const char *data, struct lct_room_token *ret_token, struct lct_fault *fault) {
    LCT_FREE char *path = lct_format("%s/door", data);
    LCT_JSON json_t *json = NULL;
    struct lct_room_token token = *ret_token;
    int rc = lct_json_load(path, NOTICE_MAX, &json, fault);
    if (rc == -ENOENT) {
        return lct_fault_set(
            fault, rc, "door",
            "No server on this data folder has let in recorders of other "
            "buildings yet. Set recorders = 0.0.0.0:8443 in [server] and start it.",
            "此数据目录的服务器尚未接受过其他建筑的录制机。请在 [server] 中设置 "
            "recorders = 0.0.0.0:8443 并启动服务器。");
    }
    const char *sum = rc < 0 ? "" : lct_json_text(json, "sha256", "");
    token.port = rc < 0 ? 0 : (int)lct_json_int(json, "port", 0);
    token.pinned = *sum != '\0';
    if (token.port < 1 || token.port > 65535 ||
        (token.pinned && !lct_base64_read(sum, strlen(sum), token.sum, sizeof token.sum))) {
        return lct_fault_set(fault, -EBADMSG, "door",
                             "%s cannot be read or is damaged. Start the server again.",
                             "%s 无法读取或已损坏。请重新启动服务器。", path);
    }
    (void)snprintf(token.host, sizeof token.host, "%s", lct_json_text(json, "host", ""));
    *ret_token = token;
    return 0;
}

/* The one it makes for itself, or makes now. Owned. */
static int load_own(const struct lct_door *door, struct lct_cert **ret_cert,
                    struct lct_fault *fault) {
    LCT_FREE char *certificate = lct_format("%s/door-cert.pem", door->data);
    LCT_FREE char *key = lct_format("%s/door-key.pem", door->data);
    int rc = lct_cert_make_own(certificate, key, fault);
    return rc ? rc : lct_cert_load(certificate, key, ret_cert, fault);
}

/* What a token says of the certificate, kept for those that make one. */
static void tell_of(struct lct_door *door, const struct lct_cert *cert) {
    char sum[LCT_BASE64_SIZE(LCT_DIGEST_SIZE)];
    lct_cert_sum(cert, door->notice.sum, &door->notice.pinned);
    write_notice(door, &door->notice);
    lct_base64_write(door->notice.sum, LCT_DIGEST_SIZE, sum);
    lct_info("recorders of other buildings may call", "port=%d certificate_sha256=%s",
             door->notice.port, sum);
}

static int open_rooms(struct lct_door *door, const struct lct_door_settings *settings,
                      struct lct_fault *fault) {
    const struct lct_copy_in_settings copies = {
        .data = settings->data, .loop = settings->loop, .answer = send_answer, .arg = door};
    const struct lct_rooms_door open = {.address = settings->address,
                                        .port = settings->port,
                                        .tls = door->tls,
                                        .is_right = is_right,
                                        .part = take_part,
                                        .copy = take_copy,
                                        .arg = door};
    door->copies = lct_copy_in_create(&copies);
    return lct_rooms_open_door(settings->rooms, &open, fault);
}

int lct_door_open(const struct lct_door_settings *settings, struct lct_door **ret_door,
                  struct lct_fault *fault) {
    struct lct_cert *cert = settings->cert ? lct_cert_ref(settings->cert) : NULL;
    struct lct_door *door = lct_new(sizeof *door);
    door->data = lct_strdup(settings->data);
    door->rooms = settings->rooms;
    door->loop = settings->loop;
    door->tokens = lct_room_tokens_create(settings->data);
    int rc = cert ? 0 : load_own(door, &cert, fault);
    if (rc == 0 && lct_tls_server(cert, &door->tls) < 0) {
        rc = lct_fault_set(fault, -EINVAL, "door", "The certificate cannot be shown.",
                           "证书无法使用。");
    }
    rc = rc ? rc : lct_room_tokens_refresh(door->tokens, fault);
    rc = rc < 0 ? rc : open_rooms(door, settings, fault);
    if (rc == 0) {
        host_of(settings->url, door->notice.host, sizeof door->notice.host);
        door->notice.port = lct_rooms_door_port(settings->rooms);
        tell_of(door, cert);
        *ret_door = door;
    } else {
        lct_door_close(door);
    }
    lct_cert_unref(cert);
    return rc;
}

void lct_door_show(struct lct_door *door, const struct lct_cert *cert) {
    if (lct_tls_show(door->tls, cert) == 0) { /* it was tried when it was read */
        tell_of(door, cert);
    }
}

/* The rooms' thread. */
static void tell_rooms(void *arg) {
    struct lct_door *door = arg;
    lct_rooms_look_at_door(door->rooms);
}

void lct_door_look(struct lct_door *door) {
    struct lct_fault fault;
    int rc = lct_room_tokens_refresh(door->tokens, &fault);
    if (rc > 0) {
        lct_info("the tokens of remote recorders have changed", NULL);
        lct_loop_post(door->loop, tell_rooms, door);
    }
    if (rc < 0 && !door->ill) { /* once, and not each time it is looked at */
        lct_error("tokens of remote recorders stay as they were", "why=%s", fault.en);
    }
    door->ill = rc < 0;
}

void lct_door_stop(struct lct_door *door) {
    if (door) {
        lct_copy_in_stop(door->copies);
    }
}

void lct_door_close(struct lct_door *door) {
    if (door) {
        lct_copy_in_stop(door->copies);
        lct_copy_in_destroy(door->copies);
        lct_room_tokens_destroy(door->tokens);
        lct_tls_destroy(door->tls);
        free(door->data);
        free(door);
    }
}
