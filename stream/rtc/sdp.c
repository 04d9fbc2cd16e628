// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/rtc/sdp.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define TOKEN LETTERS DIGITS "!#$%&'*+-.^_`{|}~" /* RFC 8866 sec. 9 */
#define ICE_CHARACTERS LETTERS DIGITS "+/-=#_"   /* RFC 8839, and what old agents put in */

#define PROTOCOL "UDP/TLS/RTP/SAVPF"

/* The profile our encoder makes: told to who did not say which one it wants. */
#define OUR_PROFILE 0x42e01fU

static const char *const uris[LCT_SDP_EXTENSIONS] = {
    [LCT_SDP_MID] = "urn:ietf:params:rtp-hdrext:sdes:mid",
    [LCT_SDP_SEND_TIME] = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    [LCT_SDP_TRANSPORT_CC] =
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    [LCT_SDP_PLAYOUT] = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
    [LCT_SDP_CAPTURE_TIME] = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
};

/* What the lines of a section say of one payload type. All zero: nothing. */
struct format {
    enum { UNKNOWN, H264, OPUS, RTX, RED } codec;
    enum { MODE_OPEN, MODE_NON_INTERLEAVED, MODE_OTHER } mode; /* packetization-mode */
    uint32_t profile;                                          /* profile-level-id */
    uint8_t apt;                                               /* RTX, RED: of this type */
    bool nack, pli, transport_cc, remb;
};

#define TYPES 128 /* payload types; behind them in a table: what "*" says of all */

/* How the peer is to be reached; bundled lines share it. */
struct transport {
    const char *ufrag, *password;
    uint8_t fingerprint[32];
    bool has_fingerprint, passive, mux;
};

/*
 * The attributes of a section: the session's, then those of one media line after the other, each of
 * which begins with what the session said for all (RFC 8866 sec. 5.13). The texts are borrowed.
 */
struct section {
    struct transport transport;
    const char *group; /* mids of the first BUNDLE */
    const char *mid;
    int port;
    bool receives, bundle_only, rsize;
    uint8_t extensions[LCT_SDP_EXTENSIONS];
    uint8_t types[TYPES]; /* in the order of preference */
    size_t n_types;
    struct format formats[TYPES + 1];
};

struct parse {
    struct lct_sdp_offer offer;
    struct section session;
    struct section media; /* of the last line of offer, when it has one */
    struct transport transport;
    bool bundled; /* transport is the bundle's */
};

/* ---- words ---- */

/* The number, at most `most`, at *text, which is moved behind it; -1 when there is none. */
static int take_number(char **text, int most) {
    char *p = *text;
    int value = 0;
    size_t digits = strspn(p, DIGITS);
    if (digits == 0 || digits > 5) {
        return -1;
    }
    for (; digits > 0; digits--) {
        value = value * 10 + (*p++ - '0');
    }
    *text = p;
    return value <= most ? value : -1;
}

static bool take_hex(const char **text, size_t digits, uint32_t *ret_value) {
    static const char hex[] = "0123456789abcdef0123456789ABCDEF";
    uint32_t value = 0;
    for (; digits > 0; digits--, (*text)++) {
        const char *digit = **text ? strchr(hex, **text) : NULL;
        if (!digit) {
            return false;
        }
        value = value << 4 | ((uint32_t)(digit - hex) & 15);
    }
    *ret_value = value;
    return true;
}

/* Copies a text of 1 to size - 1 characters, all of them of the set. */
static bool copy_word(char *out, size_t size, const char *text, const char *set) {
    size_t n = strspn(text, set);
    if (n == 0 || n >= size || text[n]) {
        return false;
    }
    memcpy(out, text, n + 1);
    return true;
}

/* Cuts text at the first c and returns what is behind it, "" when there is none. */
static char *cut(char *text, char c) {
    char *at = text + strcspn(text, (char[]){c, '\0'});
    if (*at) {
        *at++ = '\0';
    }
    return at;
}

static bool has_word(const char *words, const char *word) {
    size_t n = strlen(word);
    for (; n > 0 && *words; words += strspn(words, " ")) {
        size_t length = strcspn(words, " ");
        if (length == n && memcmp(words, word, n) == 0) {
            return true;
        }
        words += length;
    }
    return false;
}

/* ---- attributes: what cannot be read counts as not said ---- */

static void read_group(struct section *s, char *value) {
    char *mids = cut(value, ' ');
    if (strcmp(value, "BUNDLE") == 0 && !s->group) {
        s->group = mids;
    }
}

static void read_mid(struct section *s, char *value) { s->mid = value; }

static void read_ufrag(struct section *s, char *value) { s->transport.ufrag = value; }

static void read_password(struct section *s, char *value) { s->transport.password = value; }

static void read_fingerprint(struct section *s, char *value) {
    uint8_t sum[sizeof s->transport.fingerprint];
    const char *digits = cut(value, ' ');
    if (strcasecmp(value, "sha-256") != 0) {
        return; /* one of another hash may stand beside it */
    }
    for (size_t i = 0; i < sizeof sum; i++) {
        uint32_t byte;
        if ((i > 0 && *digits++ != ':') || !take_hex(&digits, 2, &byte)) {
            return;
        }
        sum[i] = (uint8_t)byte;
    }
    if (*digits == '\0') {
        memcpy(s->transport.fingerprint, sum, sizeof sum);
        s->transport.has_fingerprint = true;
    }
}

static void read_setup(struct section *s, char *value) {
    s->transport.passive = strcmp(value, "actpass") != 0 && strcmp(value, "active") != 0;
}

/* extmap:3 URI, or extmap:3/recvonly URI: one that they only want to write is none for us. */
static void read_extension(struct section *s, char *value) {
    char *uri = cut(value, ' ');
    int id = take_number(&value, 14);
    (void)cut(uri, ' ');
    if (id < 1 || (*value && strcmp(value, "/sendrecv") != 0 && strcmp(value, "/recvonly") != 0)) {
        return;
    }
    for (size_t i = 0; i < LCT_SDP_EXTENSIONS; i++) {
        if (strcmp(uri, uris[i]) == 0) {
            s->extensions[i] = (uint8_t)id;
        }
    }
}

/* The format that "102 …" speaks of, and what is said; NULL: none of ours. */
static struct format *take_format(struct section *s, char *value, char **ret_rest) {
    *ret_rest = cut(value, ' ');
    int type = strcmp(value, "*") == 0 ? TYPES : take_number(&value, TYPES - 1);
    return type >= 0 ? &s->formats[type] : NULL;
}

static void read_codec(struct section *s, char *value) {
    char *name;
    struct format *format = take_format(s, value, &name);
    if (format) {
        format->codec = strcasecmp(name, "H264/90000") == 0     ? H264
                        : strcasecmp(name, "opus/48000/2") == 0 ? OPUS
                        : strcasecmp(name, "red/48000/2") == 0  ? RED
                        : strncasecmp(name, "rtx/", 4) == 0     ? RTX
                                                                : UNKNOWN;
    }
}

static void read_parameters(struct section *s, char *value) {
    char *parameters;
    struct format *format = take_format(s, value, &parameters);
    for (char *name; format && (name = strsep(&parameters, ";"));) {
        name += strspn(name, " ");
        char *text = cut(name, '=');
        if (strcasecmp(name, "packetization-mode") == 0) {
            format->mode = strcmp(text, "1") == 0 ? MODE_NON_INTERLEAVED : MODE_OTHER;
        } else if (strcasecmp(name, "profile-level-id") == 0 && strlen(text) == 6) {
            const char *digits = text;
            (void)take_hex(&digits, 6, &format->profile); /* none: as if it were not there */
        } else if (strcasecmp(name, "apt") == 0) {
            int type = take_number(&text, TYPES - 1);
            format->apt = type > 0 ? (uint8_t)type : 0;
        } else if (strchr(name, '/')) { /* RED: of the packet itself, then of earlier ones */
            int type = take_number(&name, TYPES - 1);
            format->apt = type > 0 && *name == '/' ? (uint8_t)type : 0;
        }
    }
}

static void read_feedback(struct section *s, char *value) {
    char *what;
    struct format *format = take_format(s, value, &what);
    if (format) {
        format->nack |= strcmp(what, "nack") == 0;
        format->pli |= strcmp(what, "nack pli") == 0;
        format->transport_cc |= strcmp(what, "transport-cc") == 0;
        format->remb |= strcmp(what, "goog-remb") == 0;
    }
}

static void read_attribute(struct section *s, char *name) {
    static const struct {
        const char *name;
        void (*read)(struct section *s, char *value);
    } attributes[] = {
        {"extmap", read_extension}, {"fingerprint", read_fingerprint}, {"fmtp", read_parameters},
        {"group", read_group},      {"ice-pwd", read_password},        {"ice-ufrag", read_ufrag},
        {"mid", read_mid},          {"rtcp-fb", read_feedback},        {"rtpmap", read_codec},
        {"setup", read_setup},
    };
    const struct {
        const char *name;
        bool *flag;
        bool value;
    } flags[] = {
        {"bundle-only", &s->bundle_only, true}, {"inactive", &s->receives, false},
        {"recvonly", &s->receives, true},       {"rtcp-mux", &s->transport.mux, true},
        {"rtcp-rsize", &s->rsize, true},        {"sendonly", &s->receives, false},
        {"sendrecv", &s->receives, true},
    };
    char *value = cut(name, ':');
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        if (strcmp(name, attributes[i].name) == 0) {
            attributes[i].read(s, value);
        }
    }
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (strcmp(name, flags[i].name) == 0) {
            *flags[i].flag = flags[i].value;
        }
    }
}

/* ---- media ---- */

/* Types 64 to 95 would be taken for RTCP (RFC 5761 sec. 4). */
static bool is_usable_type(int type) { return type > 0 && (type < 64 || type > 95); }

/* "video 9 UDP/TLS/RTP/SAVPF 102 103". */
static bool read_media_line(struct lct_sdp_media *media, struct section *s, char *name) {
    char *port = cut(name, ' ');
    char *protocol = cut(port, ' ');
    char *types = cut(protocol, ' ');
    s->port = take_number(&port, 65535);
    if (s->port < 0 || *types == '\0' || !copy_word(media->name, sizeof media->name, name, TOKEN) ||
        !copy_word(media->protocol, sizeof media->protocol, protocol, TOKEN "/")) {
        return false;
    }
    media->kind = strcmp(name, "video") == 0   ? LCT_SDP_VIDEO
                  : strcmp(name, "audio") == 0 ? LCT_SDP_AUDIO
                                               : LCT_SDP_OTHER;
    for (char *word; (word = strsep(&types, " ")) && s->n_types < TYPES;) {
        int type = take_number(&word, TYPES - 1);
        if (is_usable_type(type) && *word == '\0') {
            s->types[s->n_types++] = (uint8_t)type;
        }
    }
    return true;
}

/* How gladly a format is taken, 0: not. Every decoder of H.264 plays constrained baseline, so any
 * profile will do; the nearest is the least likely to be misunderstood. */
static int rank(const struct format *format, enum lct_sdp_kind kind) {
    if (kind == LCT_SDP_AUDIO) {
        return format->codec == OPUS;
    }
    if (kind != LCT_SDP_VIDEO || format->codec != H264 || format->mode == MODE_OTHER) {
        return 0;
    }
    bool baseline = format->profile >> 16 == 0x42;
    bool constrained = baseline && (format->profile & 0x4000); /* constraint_set1_flag */
    return format->mode == MODE_OPEN ? 1 : constrained ? 4 : baseline ? 3 : 2;
}

static void choose_codec(struct lct_sdp_media *media, const struct section *s) {
    struct lct_sdp_codec *codec = &media->codec;
    const struct format *all = &s->formats[TYPES], *best = all;
    for (size_t i = 0; i < s->n_types; i++) {
        const struct format *format = &s->formats[s->types[i]];
        if (rank(format, media->kind) > rank(best, media->kind)) {
            best = format;
        }
    }
    if (best == all) {
        return;
    }
    codec->type = (uint8_t)(best - s->formats);
    codec->nack = best->nack || all->nack;
    codec->pli = best->pli || all->pli;
    codec->transport_cc = best->transport_cc || all->transport_cc;
    codec->remb = best->remb || all->remb;
    for (size_t i = s->n_types; i-- > 0;) {
        const struct format *format = &s->formats[s->types[i]];
        if (format->codec == RTX && format->apt == codec->type) {
            codec->rtx = s->types[i];
        }
        if (best->codec == OPUS && format->codec == RED && format->apt == codec->type) {
            codec->red = s->types[i];
        }
    }
    if (best->codec == OPUS) {
        (void)snprintf(codec->fmtp, sizeof codec->fmtp, "stereo=1;sprop-stereo=1;useinbandfec=1");
    } else {
        (void)snprintf(codec->fmtp, sizeof codec->fmtp,
                       "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=%06" PRIx32,
                       best->profile ? best->profile : OUR_PROFILE);
    }
}

static bool is_new_mid(const struct lct_sdp_offer *offer, const char *mid) {
    for (size_t i = 0; i + 1 < offer->count; i++) {
        if (strcmp(offer->media[i].mid, mid) == 0) {
            return false;
        }
    }
    return true;
}

/* All lines of the last media line have been read, if there was one: makes sense of them. */
static int finish_media(struct parse *parse, struct lct_fault *fault) {
    struct lct_sdp_offer *offer = &parse->offer;
    const struct section *s = &parse->media;
    if (offer->count == 0) {
        return 0;
    }
    struct lct_sdp_media *media = &offer->media[offer->count - 1];
    if (s->mid && (!copy_word(media->mid, sizeof media->mid, s->mid, TOKEN) ||
                   !is_new_mid(offer, media->mid))) {
        return lct_fault_set(fault, -EINVAL, "sdp",
                             "Media line %zu of the offer has a mid that is longer than %d "
                             "characters, no token, or another line's.",
                             "SDP 第 %zu 个媒体行的 mid 超过 %d 个字符、含有不允许的字符或重复。",
                             offer->count, LCT_SDP_MID_SIZE - 1);
    }
    bool bundled = s->group && has_word(s->group, media->mid);
    media->receives = bundled && s->receives && (s->port > 0 || s->bundle_only) &&
                      strcmp(media->protocol, PROTOCOL) == 0;
    media->rsize = s->rsize;
    memcpy(media->extensions, s->extensions, sizeof media->extensions);
    choose_codec(media, s);
    if (bundled && s->port > 0 && !parse->bundled) {
        parse->transport = s->transport;
        parse->bundled = true;
    }
    return 0;
}

/* ---- the offer ---- */

static int read_line(struct parse *parse, char *line, size_t number, struct lct_fault *fault) {
    struct lct_sdp_offer *offer = &parse->offer;
    if (number == 1 ? strcmp(line, "v=0") != 0 : line[0] < 'a' || line[0] > 'z' || line[1] != '=') {
        return lct_fault_set(fault, -EINVAL, "sdp", "Line %zu of the offer is no line of SDP.",
                             "第 %zu 行不是有效的 SDP。", number);
    }
    if (line[0] == 'a') {
        read_attribute(offer->count > 0 ? &parse->media : &parse->session, line + 2);
    }
    if (line[0] != 'm') {
        return 0;
    }
    int rc = finish_media(parse, fault);
    if (rc < 0) {
        return rc;
    }
    if (offer->count == LCT_SDP_MEDIA_MAX) {
        return lct_fault_set(fault, -EINVAL, "sdp", "The offer has more than %d media lines.",
                             "SDP 的媒体行超过 %d 个。", LCT_SDP_MEDIA_MAX);
    }
    parse->media = parse->session;
    if (!read_media_line(&offer->media[offer->count++], &parse->media, line + 2)) {
        return lct_fault_set(fault, -EINVAL, "sdp",
                             "Line %zu of the offer is no media line that can be answered.",
                             "SDP 第 %zu 行不是可以应答的媒体行。", number);
    }
    return 0;
}

/* Copies the text in lines: no control character but the line ends, of either kind. */
static int copy_text(char *out, const char *text, size_t n, struct lct_fault *fault) {
    size_t line = 1;
    char *at = out;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '\r' && i + 1 < n && text[i + 1] == '\n') {
            continue;
        }
        if (c != '\n' && (c < ' ' || c == 0x7f)) {
            return lct_fault_set(fault, -EINVAL, "sdp",
                                 "Line %zu of the offer has a control character.",
                                 "SDP 第 %zu 行含有控制字符。", line);
        }
        line += c == '\n';
        *at++ = (char)c;
    }
    *at = '\0';
    return 0;
}

static int take_transport(struct parse *parse, struct lct_fault *fault) {
    const struct transport *t = &parse->transport;
    struct lct_sdp_offer *offer = &parse->offer;
    if (!parse->bundled) {
        return lct_fault_set(fault, -EINVAL, "sdp",
                             "The offer has no media line in a BUNDLE group (a=group, a=mid).",
                             "SDP 中没有属于 BUNDLE 组的媒体行（a=group、a=mid）。");
    }
    if (!t->mux) {
        return lct_fault_set(fault, -EINVAL, "sdp", "The offer has no a=rtcp-mux.",
                             "SDP 中没有 a=rtcp-mux。");
    }
    if (!t->ufrag || strlen(t->ufrag) < 4 || !t->password || strlen(t->password) < 22 ||
        !copy_word(offer->ufrag, sizeof offer->ufrag, t->ufrag, ICE_CHARACTERS) ||
        !copy_word(offer->password, sizeof offer->password, t->password, ICE_CHARACTERS)) {
        return lct_fault_set(fault, -EINVAL, "sdp",
                             "The offer has no ICE credentials (a=ice-ufrag, a=ice-pwd).",
                             "SDP 中没有 ICE 凭据（a=ice-ufrag、a=ice-pwd）。");
    }
    if (!t->has_fingerprint) {
        return lct_fault_set(fault, -EINVAL, "sdp",
                             "The offer has no SHA-256 fingerprint (a=fingerprint).",
                             "SDP 中没有 SHA-256 指纹（a=fingerprint）。");
    }
    if (t->passive) {
        return lct_fault_set(fault, -EINVAL, "sdp",
                             "The offer must say a=setup:actpass or active: we wait for DTLS.",
                             "SDP 须为 a=setup:actpass 或 active：DTLS 由观看端发起。");
    }
    memcpy(offer->fingerprint, t->fingerprint, sizeof offer->fingerprint);
    return 0;
}

int lct_sdp_read_offer(const char *text, size_t n, struct lct_sdp_offer *ret_offer,
                       struct lct_fault *fault) {
    char copy[LCT_SDP_BYTES_MAX + 1];
    struct parse parse = {.session = {.receives = true}};
    if (n > LCT_SDP_BYTES_MAX) {
        return lct_fault_set(fault, -EINVAL, "sdp", "The offer is longer than %u bytes.",
                             "SDP 超过 %u 字节。", LCT_SDP_BYTES_MAX);
    }
    int rc = copy_text(copy, text, n, fault);
    char *rest = copy;
    size_t number = 0;
    for (char *line; rc == 0 && (line = strsep(&rest, "\n"));) {
        number++;
        if (*line || number == 1) { /* some put an empty line at the end */
            rc = read_line(&parse, line, number, fault);
        }
    }
    rc = rc == 0 ? finish_media(&parse, fault) : rc;
    rc = rc == 0 ? take_transport(&parse, fault) : rc;
    if (rc == 0) {
        *ret_offer = parse.offer;
    }
    return rc;
}

/* ---- the answer ---- */

static void LCT_PRINTF(2, 3) put(struct lct_writer *w, const char *format, ...) {
    size_t left = w->size - w->at;
    va_list args;
    va_start(args, format);
    int n = w->failed ? -1 : vsnprintf((char *)w->bytes + w->at, left, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= left) {
        w->failed = true;
    } else {
        w->at += (size_t)n;
    }
}

static void put_fingerprint(struct lct_writer *w, const uint8_t sum[32]) {
    put(w, "a=fingerprint:sha-256");
    for (size_t i = 0; i < 32; i++) {
        put(w, "%c%02X", i == 0 ? ' ' : ':', sum[i]);
    }
    put(w, "\r\n");
}

static void put_codec(struct lct_writer *w, const struct lct_sdp_media *media, bool rtx) {
    const struct lct_sdp_codec *codec = &media->codec;
    bool video = media->kind == LCT_SDP_VIDEO;
    put(w, "a=rtpmap:%d %s\r\n", codec->type, video ? "H264/90000" : "opus/48000/2");
    put(w, "a=fmtp:%d %s\r\n", codec->type, codec->fmtp);
    const struct {
        bool on;
        const char *what;
    } feedback[] = {{codec->nack, "nack"},
                    {codec->pli, "nack pli"},
                    {codec->transport_cc, "transport-cc"},
                    {codec->remb, "goog-remb"}};
    for (size_t i = 0; i < sizeof feedback / sizeof *feedback; i++) {
        if (feedback[i].on) {
            put(w, "a=rtcp-fb:%d %s\r\n", codec->type, feedback[i].what);
        }
    }
    if (rtx) {
        put(w, "a=rtpmap:%d rtx/%d\r\n", codec->rtx, video ? 90000 : 48000);
        put(w, "a=fmtp:%d apt=%d\r\n", codec->rtx, codec->type);
    }
    if (codec->red) {
        put(w, "a=rtpmap:%d red/48000/2\r\n", codec->red);
        put(w, "a=fmtp:%d %d/%d\r\n", codec->red, codec->type, codec->type);
    }
}

static void put_sources(struct lct_writer *w, const struct lct_sdp_send *send, const char *cname,
                        bool rtx) {
    put(w, "a=msid:%s %s\r\na=ssrc:%" PRIu32 " cname:%s\r\n", cname, send->track, send->ssrc,
        cname);
    if (rtx) {
        put(w, "a=ssrc:%" PRIu32 " cname:%s\r\na=ssrc-group:FID %" PRIu32 " %" PRIu32 "\r\n",
            send->rtx_ssrc, cname, send->ssrc, send->rtx_ssrc);
    }
}

/* Host candidates, the first is preferred (RFC 8445 sec. 5.1.2.1). */
static void put_candidates(struct lct_writer *w, const struct lct_sdp_answer *answer) {
    for (size_t i = 0; i < answer->n_candidates; i++) {
        const struct sockaddr_storage *address = &answer->candidates[i];
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
        bool is_v4 = address->ss_family == AF_INET;
        char text[INET6_ADDRSTRLEN];
        assert(is_v4 || address->ss_family == AF_INET6);
        (void)inet_ntop(address->ss_family,
                        is_v4 ? (const void *)&v4->sin_addr : (const void *)&v6->sin6_addr, text,
                        sizeof text);
        put(w, "a=candidate:%zu 1 udp %u %s %d typ host\r\n", i + 1,
            126U << 24 | (65535U - (unsigned)i) << 8 | 255U, text,
            ntohs(is_v4 ? v4->sin_port : v6->sin6_port));
    }
    put(w, "a=end-of-candidates\r\n");
}

static void put_media(struct lct_writer *w, const struct lct_sdp_media *media,
                      const struct lct_sdp_answer *answer, const struct lct_sdp_send *send) {
    bool rtx = media->codec.rtx > 0 && send->rtx_ssrc > 0;
    assert(media->receives && media->codec.type > 0);
    put(w, "m=%s 9 %s %d", media->name, media->protocol, media->codec.type);
    if (rtx) {
        put(w, " %d", media->codec.rtx);
    }
    if (media->codec.red) {
        put(w, " %d", media->codec.red);
    }
    put(w, "\r\na=mid:%s\r\na=sendonly\r\na=rtcp-mux\r\n", media->mid);
    if (media->rsize) {
        put(w, "a=rtcp-rsize\r\n");
    }
    put(w, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", answer->ufrag, answer->password);
    put_fingerprint(w, answer->fingerprint);
    put(w, "a=setup:passive\r\n");
    put_codec(w, media, rtx);
    for (size_t i = 0; i < LCT_SDP_EXTENSIONS; i++) {
        if (media->extensions[i] > 0) {
            put(w, "a=extmap:%d/sendonly %s\r\n", media->extensions[i], uris[i]);
        }
    }
    put_sources(w, send, answer->cname, rtx);
}

/* The line stays, so that lines keep their places; what stands for its formats is not looked at,
 * but must be of the protocol's kind (RFC 8841 sec. 4). */
static void put_refused(struct lct_writer *w, const struct lct_sdp_media *media) {
    const char *formats = strstr(media->protocol, "SCTP") ? "webrtc-datachannel" : "0";
    put(w, "m=%s 0 %s %s\r\na=inactive\r\n", media->name, media->protocol, formats);
    if (media->mid[0]) {
        put(w, "a=mid:%s\r\n", media->mid);
    }
}

size_t lct_sdp_write_answer(const struct lct_sdp_offer *offer, const struct lct_sdp_answer *answer,
                            char *out, size_t size) {
    struct lct_writer w = lct_writer(out, size);
    put(&w, "v=0\r\no=- %" PRIu64 " 1 IN IP4 0.0.0.0\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n",
        answer->session & INT64_MAX); /* RFC 8829 sec. 5.2.1: 63 bits */
    put(&w, "a=ice-lite\r\na=group:BUNDLE");
    for (size_t i = 0; i < offer->count; i++) {
        if (answer->send[i].on) {
            put(&w, " %s", offer->media[i].mid);
        }
    }
    put(&w, "\r\n");
    bool told = false;
    for (size_t i = 0; i < offer->count; i++) {
        if (!answer->send[i].on) {
            put_refused(&w, &offer->media[i]);
            continue;
        }
        put_media(&w, &offer->media[i], answer, &answer->send[i]);
        if (!told) { /* the other lines go the same way (RFC 8843 sec. 7.1.3) */
            put_candidates(&w, answer);
            told = true;
        }
    }
    return w.failed ? 0 : w.at;
}
