// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/http/http_parse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

static bool is_good_part(const char *part, size_t n) {
    if (n == 0 || n > LCT_HTTP_PART_MAX || !lct_text_is_utf8(part, n) ||
        (n <= 2 && memcmp(part, "..", n) == 0)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)part[i];
        if (c < 0x20 || c == 0x7f || c == '\\') {
            return false;
        }
    }
    return true;
}

int lct_http_split(const char *path, size_t n, struct lct_http_parts *ret_parts) {
    if (n == 0 || path[0] != '/') {
        return -EINVAL;
    }
    ret_parts->n = 0;
    for (size_t at = 1; n > 1 && at <= n;) {
        const char *slash = memchr(path + at, '/', n - at);
        size_t end = slash ? (size_t)(slash - path) : n;
        if (ret_parts->n == LCT_HTTP_PARTS_MAX || !is_good_part(path + at, end - at)) {
            return -EINVAL;
        }
        char *part = ret_parts->parts[ret_parts->n++];
        memcpy(part, path + at, end - at);
        part[end - at] = '\0';
        at = end + 1;
    }
    return 0;
}

bool lct_http_match(const char *pattern, const struct lct_http_parts *parts,
                    const char *values[LCT_HTTP_VALUES_MAX]) {
    size_t part = 0, value = 0;
    if (strcmp(pattern, "*") == 0) {
        return true;
    }
    while (*pattern == '/' && pattern[1]) {
        pattern++;
        size_t n = strcspn(pattern, "/");
        if (part == parts->n) {
            return false;
        }
        const char *given = parts->parts[part++];
        if (*pattern == '{') {
            if (value == LCT_HTTP_VALUES_MAX) {
                return false;
            }
            values[value++] = given;
        } else if (strlen(given) != n || memcmp(given, pattern, n) != 0) {
            return false;
        }
        pattern += n;
    }
    return part == parts->n;
}

/* Reads digits; false when there are none or the number does not fit. */
static bool number(const char **at, uint64_t *ret_value) {
    const char *p = *at;
    uint64_t value = 0;
    if (*p < '0' || *p > '9') {
        return false;
    }
    for (; *p >= '0' && *p <= '9'; p++) {
        uint64_t digit = (uint64_t)(*p - '0');
        if (value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *at = p;
    *ret_value = value;
    return true;
}

enum lct_http_range_kind lct_http_range(const char *text, uint64_t size, uint64_t *ret_first,
                                        uint64_t *ret_last) {
    uint64_t first = 0, last = UINT64_MAX;
    if (!text || strncasecmp(text, "bytes=", 6) != 0) {
        return LCT_HTTP_RANGE_ALL;
    }
    text += 6;
    bool has_first = number(&text, &first);
    if (*text++ != '-') {
        return LCT_HTTP_RANGE_ALL;
    }
    bool has_last = number(&text, &last);
    if (*text || (!has_first && !has_last) || (has_first && has_last && last < first)) {
        return LCT_HTTP_RANGE_ALL;
    }
    if (!has_first) { /* the last so many bytes */
        if (last == 0 || size == 0) {
            return LCT_HTTP_RANGE_NONE;
        }
        *ret_first = last < size ? size - last : 0;
        *ret_last = size - 1;
        return LCT_HTTP_RANGE_ONE;
    }
    if (first >= size) {
        return LCT_HTTP_RANGE_NONE;
    }
    *ret_first = first;
    *ret_last = last < size ? last : size - 1;
    return LCT_HTTP_RANGE_ONE;
}

bool lct_http_content_range(const char *text, uint64_t *ret_first, uint64_t *ret_last,
                            uint64_t *ret_size) {
    uint64_t first, last, size;
    if (!text || strncasecmp(text, "bytes ", 6) != 0) {
        return false;
    }
    text += 6;
    if (!number(&text, &first) || *text++ != '-' || !number(&text, &last) || *text++ != '/' ||
        !number(&text, &size) || *text || first > last || last >= size) {
        return false;
    }
    *ret_first = first;
    *ret_last = last;
    *ret_size = size;
    return true;
}

bool lct_http_cookie(const char *header, const char *name, char *out, size_t size) {
    size_t length = strlen(name);
    while (header && *header) {
        header += strspn(header, "; ");
        size_t n = strcspn(header, ";");
        if (n > length && strncmp(header, name, length) == 0 && header[length] == '=') {
            const char *value = header + length + 1;
            n -= length + 1;
            if (n >= size) {
                return false;
            }
            memcpy(out, value, n);
            out[n] = '\0';
            return true;
        }
        header += n;
    }
    return false;
}

bool lct_http_tag_matches(const char *header, const char *tag) {
    size_t length = strlen(tag);
    while (header && *header) {
        header += strspn(header, ", ");
        if (*header == '*') {
            return true;
        }
        header += strncmp(header, "W/", 2) == 0 ? 2 : 0;
        size_t n = strcspn(header, ",");
        while (n > 0 && header[n - 1] == ' ') {
            n--;
        }
        if (n == length && memcmp(header, tag, n) == 0) {
            return true;
        }
        header += strcspn(header, ",");
    }
    return false;
}

/* Copies the host without its port and without the brackets of IPv6. */
static bool strip_port(const char *host, char *out, size_t size) {
    const char *end = host + strcspn(host, ":");
    if (*host == '[') {
        host++;
        end = strchr(host, ']');
        if (!end || (end[1] && end[1] != ':')) {
            return false;
        }
    }
    size_t n = (size_t)(end - host);
    const char *port = strchr(end, ':');
    if (n == 0 || n >= size || (port && port[1 + strspn(port + 1, "0123456789")])) {
        return false;
    }
    memcpy(out, host, n);
    out[n] = '\0';
    return true;
}

bool lct_http_host_is_ours(const char *host, const char *const *names) {
    char name[256];
    unsigned char address[sizeof(struct in6_addr)];
    if (!strip_port(host, name, sizeof name)) {
        return false;
    }
    if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1 ||
        strcasecmp(name, "localhost") == 0) {
        return true;
    }
    for (; names && *names; names++) {
        if (strcasecmp(name, *names) == 0) {
            return true;
        }
    }
    return false;
}

bool lct_http_origin_is_ours(const char *origin, const char *host) {
    size_t scheme = strncasecmp(origin, "http://", 7) == 0    ? 7
                    : strncasecmp(origin, "https://", 8) == 0 ? 8
                                                              : 0;
    return scheme > 0 && *host && strcasecmp(origin + scheme, host) == 0;
}

bool lct_http_address(const char *text, size_t n, char *ret_address, size_t size) {
    char copy[INET6_ADDRSTRLEN + 8], bare[sizeof copy];
    struct in_addr four;
    struct in6_addr six;
    if (n >= sizeof copy) {
        return false;
    }
    memcpy(copy, text, n);
    copy[n] = '\0';
    bool is_six = inet_pton(AF_INET6, copy, &six) == 1;
    if (!is_six && !strip_port(copy, bare, sizeof bare)) {
        return false;
    }
    if (!is_six && inet_pton(AF_INET, bare, &four) == 1) {
        return inet_ntop(AF_INET, &four, ret_address, (socklen_t)size) != NULL;
    }
    if (!is_six && (*copy != '[' || inet_pton(AF_INET6, bare, &six) != 1)) {
        return false;
    }
    return (IN6_IS_ADDR_V4MAPPED(&six)
                ? inet_ntop(AF_INET, &six.s6_addr[12], ret_address, (socklen_t)size)
                : inet_ntop(AF_INET6, &six, ret_address, (socklen_t)size)) != NULL;
}

static bool is_listed(const char *text, const char *const *list) {
    for (; list && *list; list++) {
        if (strcmp(text, *list) == 0) {
            return true;
        }
    }
    return false;
}

bool lct_http_forwarded(const char *header, const char *const *proxies, char *ret_address,
                        size_t size) {
    const char *end = header ? header + strlen(header) : NULL;
    while (end && end > header) {
        const char *begin = end;
        while (begin > header && begin[-1] != ',') {
            begin--;
        }
        const char *next = begin > header ? begin - 1 : header;
        begin += strspn(begin, " \t");
        while (end > begin && (end[-1] == ' ' || end[-1] == '\t')) {
            end--;
        }
        if (!lct_http_address(begin, (size_t)(end - begin), ret_address, size)) {
            return false;
        }
        if (!is_listed(ret_address, proxies)) {
            return true;
        }
        end = next;
    }
    return false;
}
