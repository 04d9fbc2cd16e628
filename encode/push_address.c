// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/push_address.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST_MAX 253 /* RFC 1035 sec. 2.3.4 */

static const struct {
    const char *begin;
    enum lct_push_kind kind;
} schemes[] = {{"rtmp://", LCT_PUSH_RTMP}, {"rtmps://", LCT_PUSH_RTMPS}, {"srt://", LCT_PUSH_SRT}};

/* A piece of the address. */
struct piece {
    const char *at;
    size_t n;
};

static bool is(struct piece piece, const char *text) {
    return strlen(text) == piece.n && memcmp(piece.at, text, piece.n) == 0;
}

/* Up to the first of the characters in ends, or all. */
static struct piece until(const char *at, const char *ends) {
    return (struct piece){at, strcspn(at, ends)};
}

/* What RFC 3986 lets stand in an address. '|', '\', quotes and brackets have a meaning of their own
 * in libav's lists; a '#' begins a part that is never sent, but SRT's stream ids begin with it. */
static bool is_plain(const char *text, bool may_hash) {
    for (const char *c = text; *c; c++) {
        bool escape = *c == '%';
        if (*c <= ' ' || *c > '~' || strchr("\"<>\\^`{|}", *c) || (*c == '#' && !may_hash) ||
            (escape && (!isxdigit((unsigned char)c[1]) || !isxdigit((unsigned char)c[2])))) {
            return false;
        }
    }
    return true;
}

static bool is_host(struct piece host) {
    bool six = host.n > 2 && host.at[0] == '[' && host.at[host.n - 1] == ']';
    if (host.n == 0 || host.n > HOST_MAX) {
        return false;
    }
    for (size_t i = six ? 1 : 0; i < (six ? host.n - 1 : host.n); i++) {
        unsigned char c = (unsigned char)host.at[i];
        bool fits = six ? isxdigit(c) || c == ':' || c == '.' : isalnum(c) || strchr("-._", c);
        if (!fits) {
            return false;
        }
    }
    return isalnum((unsigned char)host.at[0]) || six;
}

static bool is_word(struct piece piece) {
    size_t i = 0;
    while (i < piece.n && (isalnum((unsigned char)piece.at[i]) || strchr("-._", piece.at[i]))) {
        i++;
    }
    return i == piece.n;
}

/* A whole number of digits only, -1: it is none, or above most. */
static int number(struct piece piece, int most) {
    int value = 0;
    for (size_t i = 0; i < piece.n; i++) {
        if (!isdigit((unsigned char)piece.at[i]) || value > most) {
            return -1;
        }
        value = 10 * value + (piece.at[i] - '0');
    }
    return piece.n > 0 && value <= most ? value : -1;
}

/* Where the whole ends that HOST and PORT are; *ret_port is 0 when none is given. */
static int read_host(const char *at, struct piece *ret_host, int *ret_port,
                     struct lct_fault *fault) {
    struct piece host = until(at, *at == '[' ? "]" : ":/?#");
    host.n += *at == '[' && at[host.n] == ']';
    const char *rest = at + host.n;
    struct piece port = *rest == ':' ? until(rest + 1, "/?#") : (struct piece){rest, 0};
    if (!is_host(host) || (*rest && !strchr(":/?#", *rest))) {
        return lct_fault_set(fault, -EINVAL, "push",
                             "The address names no server: a name or an IP address stands behind "
                             "the \"://\".",
                             "地址中没有服务器：“://”之后应是域名或 IP 地址。");
    }
    *ret_port = *rest == ':' ? number(port, 65535) : 0;
    if (*rest == ':' && *ret_port < 1) {
        return lct_fault_set(fault, -EINVAL, "push",
                             "The port of the address is no number from 1 to 65535.",
                             "地址中的端口不是 1 到 65535 之间的数字。");
    }
    *ret_host = (struct piece){host.at, (size_t)(port.at + port.n - host.at)};
    return 0;
}

static int read_rtmp(const char *text, const char *at, struct lct_push_address *address,
                     struct lct_fault *fault) {
    struct piece user = until(at, "@/?"), host;
    int port;
    bool has_user = at[user.n] == '@';
    /* libav tells them on a second connection, whose certificate it does not check */
    if (has_user && address->kind == LCT_PUSH_RTMPS) {
        return lct_fault_set(fault, -EINVAL, "push",
                             "An rtmps:// address can have no user and password before the server; "
                             "only rtmp:// can.",
                             "rtmps:// 地址的服务器之前不能有用户名和密码；只有 rtmp:// 可以。");
    }
    int rc = read_host(has_user ? at + user.n + 1 : at, &host, &port, fault);
    if (rc < 0) {
        return rc;
    }
    const char *path = host.at + host.n;
    struct piece app = until(*path == '/' ? path + 1 : path, "/?");
    if (*path != '/' || app.n == 0) {
        return lct_fault_set(fault, -EINVAL, "push",
                             "Behind the server the address needs the application and the stream "
                             "key, such as rtmp://live.example/app/key.",
                             "服务器之后还应有应用名和推流码，例如 rtmp://live.example/app/key。");
    }
    /* a lone first part may be the key itself, and an odd one hold anything */
    bool more = app.at[app.n] == '/' && !strchr("/?", app.at[app.n + 1]) && is_word(app);
    (void)snprintf(address->url, sizeof address->url, "%s", text);
    (void)snprintf(address->shown, sizeof address->shown, "%s://%.*s/%.*s…",
                   address->kind == LCT_PUSH_RTMPS ? "rtmps" : "rtmp", (int)host.n, host.at,
                   more && app.n < 64 ? (int)app.n + 1 : 0, app.at);
    return 0;
}

/* ---- SRT's parameters ---- */

static int digit(char c) {
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* Takes the escapes out of value; false when it is too long or holds control characters. */
static bool unescape(struct piece value, char *out, size_t size) {
    size_t n = 0;
    for (size_t i = 0; i < value.n; i++) {
        int c = (unsigned char)value.at[i];
        if (c == '%') { /* two digits follow: is_plain */
            c = 16 * digit(value.at[i + 1]) + digit(value.at[i + 2]);
            i += 2;
        }
        if (n + 1 >= size || c < ' ' || c == 0x7f) {
            return false;
        }
        out[n++] = (char)c;
    }
    out[n] = '\0';
    return true;
}

static bool take_passphrase(struct lct_push_address *address, struct piece value) {
    return unescape(value, address->passphrase, sizeof address->passphrase) &&
           strlen(address->passphrase) >= LCT_PUSH_PASSPHRASE_LEAST;
}

static bool take_pbkeylen(struct lct_push_address *address, struct piece value) {
    address->pbkeylen = number(value, 32);
    return address->pbkeylen == 16 || address->pbkeylen == 24 || address->pbkeylen == 32;
}

static int take_parameter(struct lct_push_address *address, struct piece name, struct piece value,
                          struct lct_fault *fault) {
    if (is(name, "streamid")) {
        return unescape(value, address->streamid, sizeof address->streamid)
                   ? 0
                   : lct_fault_set(fault, -EINVAL, "push",
                                   "The streamid of the address is longer than 512 bytes, or has "
                                   "control characters in it.",
                                   "地址中的 streamid 超过 512 字节，或含有控制字符。");
    }
    if (is(name, "passphrase")) {
        return take_passphrase(address, value)
                   ? 0
                   : lct_fault_set(fault, -EINVAL, "push",
                                   "The passphrase of the address needs 10 to 79 characters.",
                                   "地址中的 passphrase 应为 10 到 79 个字符。");
    }
    if (is(name, "latency")) {
        address->latency_ms = number(value, LCT_PUSH_LATENCY_MS_MAX);
        return address->latency_ms >= 0
                   ? 0
                   : lct_fault_set(fault, -EINVAL, "push",
                                   "The latency of the address is no number of milliseconds from 0 "
                                   "to %d.",
                                   "地址中的 latency 不是 0 到 %d 之间的毫秒数。",
                                   LCT_PUSH_LATENCY_MS_MAX);
    }
    if (is(name, "pbkeylen")) {
        return take_pbkeylen(address, value)
                   ? 0
                   : lct_fault_set(fault, -EINVAL, "push",
                                   "The pbkeylen of the address is not 16, 24 or 32.",
                                   "地址中的 pbkeylen 不是 16、24 或 32。");
    }
    if (is(name, "mode")) {
        return is(value, "caller")
                   ? 0
                   : lct_fault_set(fault, -EINVAL, "push",
                                   "lectern calls the platform: the mode of the address can only "
                                   "be caller.",
                                   "由 lectern 主动连接平台：地址中的 mode 只能是 caller。");
    }
    return lct_fault_set(fault, -EINVAL, "push",
                         "An srt:// address may have streamid, passphrase, latency, pbkeylen and "
                         "mode=caller behind the \"?\", and nothing else.",
                         "srt:// 地址的“?”之后只能有 streamid、passphrase、latency、pbkeylen 和 "
                         "mode=caller。");
}

static int read_srt(const char *at, struct lct_push_address *address, struct lct_fault *fault) {
    struct piece host;
    int port;
    int rc = read_host(at, &host, &port, fault);
    if (rc < 0) {
        return rc;
    }
    const char *rest = host.at + host.n;
    rest += *rest == '/';
    if (port == 0 || (*rest && *rest != '?')) {
        return lct_fault_set(fault, -EINVAL, "push",
                             "An srt:// address needs a port and no path, such as "
                             "srt://live.example:9000?streamid=key.",
                             "srt:// 地址应有端口、没有路径，例如 "
                             "srt://live.example:9000?streamid=key。");
    }
    (void)snprintf(address->url, sizeof address->url, "srt://%.*s", (int)host.n, host.at);
    (void)snprintf(address->shown, sizeof address->shown, "srt://%.*s", (int)host.n, host.at);
    while (rc == 0 && *rest) {
        rest++; /* '?' or '&' */
        struct piece pair = until(rest, "&"), name = until(rest, "=&");
        bool has_value = rest[name.n] == '=';
        struct piece value = {rest + name.n + has_value, pair.n - name.n - has_value};
        rc = pair.n > 0 ? take_parameter(address, name, value, fault) : 0;
        rest += pair.n;
    }
    return rc;
}

int lct_push_address_read(const char *text, struct lct_push_address *ret_address,
                          struct lct_fault *fault) {
    struct lct_push_address address = {.url = ""};
    size_t i = 0;
    while (i < 3 && strncmp(text, schemes[i].begin, strlen(schemes[i].begin)) != 0) {
        i++;
    }
    if (i == 3) {
        return lct_fault_set(fault, -EINVAL, "push",
                             "The address must begin with rtmp://, rtmps:// or srt://.",
                             "地址必须以 rtmp://、rtmps:// 或 srt:// 开头。");
    }
    address.kind = schemes[i].kind;
    if (strlen(text) >= sizeof address.url) {
        return lct_fault_set(fault, -EINVAL, "push", "The address is longer than %d characters.",
                             "地址超过 %d 个字符。", LCT_PUSH_URL_SIZE - 1);
    }
    if (!is_plain(text, address.kind == LCT_PUSH_SRT)) {
        return lct_fault_set(fault, -EINVAL, "push",
                             "The address has characters in it that no address has, such as "
                             "spaces, quotes or \"|\". Write them as %%20 and so on.",
                             "地址中含有空格、引号、“|”等不允许的字符，请写成 %%20 这样的形式。");
    }
    const char *at = text + strlen(schemes[i].begin);
    int rc = address.kind == LCT_PUSH_SRT ? read_srt(at, &address, fault)
                                          : read_rtmp(text, at, &address, fault);
    if (rc == 0) {
        *ret_address = address;
    }
    return rc;
}
