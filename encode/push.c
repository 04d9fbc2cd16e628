// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/push.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libavformat/avformat.h>
#include <libavutil/opt.h>

#include "base/mem.h"
#include "base/text.h"

/* MPEG-TS: how far the clock runs before the samples, so that a receiver has room to sort them. */
#define TS_DELAY_US 200000

/* SRT: closing waits so long for what is under way; without it the lesson's last pictures are lost.
 */
#define SRT_LINGER_S 2

/* SRT: a receiver gives on what has arrived when it is this old, and when the caller has gone what
 * is younger no more. The latency is the address', or libsrt's own; a little for the way. Who may
 * not go on waits so long for it all the same. */
#define SRT_LATENCY_MS 120
#define SRT_WAY_MS 200
#define SRT_OLD_LEAST (2 * LCT_SECOND)

/* RTMP: what the kernel keeps of what is not sent yet (twice this, by its own count): a third of a
 * second at 3 Mbit/s. By itself it grows to megabytes, and a slow line would not be seen for a
 * minute. Over 100 ms there and back it still carries 10 Mbit/s. */
#define SEND_BUFFER_BYTES 65536

/* One of both. */
struct stream {
    AVStream *av;
    struct lct_format *format; /* shared; whose config the platform has */
    int64_t last;              /* in av's time base; AV_NOPTS_VALUE: nothing was sent */
};

struct lct_push {
    AVFormatContext *av;
    AVPacket *packet;
    struct stream picture, sound;
    bool begun, failed;
    lct_ns old;      /* SRT: how old the last sample is to be at the end; else 0 */
    lct_ns zero;     /* lesson time of the first picture; LCT_NS_NONE: none was sent */
    lct_ns deadline; /* of the call that waits */
    bool (*may_go_on)(void *arg);
    void *arg;
};

/* ---- what libav says ---- */

static const struct {
    const char *words;
    int code;
} sayings[] = {
    {"Failed to resolve hostname", EADDRNOTAVAIL},
    {"getaddrinfo", EADDRNOTAVAIL},
    {"certificate", EKEYREJECTED},
    {"Server error", EACCES}, /* RTMP: _error, or onStatus of level "error" */
};

static _Thread_local int heard; /* of the call under way: errno, 0: nothing of note */

static void listen_to(void *who, int level, const char *format, va_list args) {
    char line[1024];
    (void)who;
    if (level > AV_LOG_WARNING) {
        return;
    }
    (void)vsnprintf(line, sizeof line, format, args);
    for (size_t i = 0; i < sizeof sayings / sizeof *sayings; i++) {
        heard = strstr(line, sayings[i].words) ? sayings[i].code : heard;
    }
}

static int is_over(void *opaque) {
    struct lct_push *push = opaque;
    return !push->may_go_on(push->arg) || lct_monotonic() > push->deadline;
}

/* What an error of libav's means, as -errno. */
static int meaning(const struct lct_push *push, int rc) {
    static const int kept[] = {ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT, ENOMEM};
    if (!push->may_go_on(push->arg)) {
        return -ECANCELED;
    }
    if (heard) {
        return -heard;
    }
    if (lct_monotonic() > push->deadline) {
        return -ETIMEDOUT;
    }
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        if (rc == AVERROR(kept[i])) {
            return rc;
        }
    }
    return rc == AVERROR(ENETUNREACH)                                               ? -EHOSTUNREACH
           : rc == AVERROR(EPIPE) || rc == AVERROR(ECONNRESET) || rc == AVERROR_EOF ? -EPIPE
                                                                                    : -EIO;
}

static void begin_call(struct lct_push *push, lct_ns patience) {
    push->deadline = lct_monotonic() + patience;
    heard = 0;
}

/* ---- opening ---- */

static int set_config(AVCodecParameters *to, const struct lct_format *format) {
    to->extradata = av_mallocz(format->config_bytes + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!to->extradata) {
        return AVERROR(ENOMEM);
    }
    memcpy(to->extradata, format->config, format->config_bytes);
    to->extradata_size = (int)format->config_bytes;
    return 0;
}

static int add_stream(struct lct_push *push, struct stream *stream, struct lct_format *format) {
    stream->av = avformat_new_stream(push->av, NULL);
    if (!stream->av) {
        return AVERROR(ENOMEM);
    }
    AVCodecParameters *to = stream->av->codecpar;
    stream->format = lct_format_ref(format);
    stream->last = AV_NOPTS_VALUE;
    if (format->codec == LCT_CODEC_H264) {
        to->codec_type = AVMEDIA_TYPE_VIDEO;
        to->codec_id = AV_CODEC_ID_H264;
        to->width = format->width;
        to->height = format->height;
    } else {
        to->codec_type = AVMEDIA_TYPE_AUDIO;
        to->codec_id = AV_CODEC_ID_AAC;
        to->sample_rate = (int)format->timescale;
        to->frame_size = 1024;
        av_channel_layout_default(&to->ch_layout, format->channels);
    }
    return set_config(to, format);
}

/* Whatever an address may be made to mean, no other protocol is opened. */
static void set_options(const struct lct_push_address *address, AVDictionary **options) {
    if (address->kind != LCT_PUSH_SRT) {
        (void)av_dict_set(options, "protocol_whitelist", "rtmp,rtmps,tcp,tls", 0);
        (void)av_dict_set(options, "tls_verify", "1", 0);
        (void)av_dict_set_int(options, "send_buffer_size", SEND_BUFFER_BYTES, 0);
        return;
    }
    (void)av_dict_set(options, "protocol_whitelist", "srt", 0);
    (void)av_dict_set(options, "mode", "caller", 0);
    (void)av_dict_set_int(options, "connect_timeout", LCT_PUSH_PATIENCE / LCT_MS, 0);
    (void)av_dict_set_int(options, "linger", SRT_LINGER_S, 0);
    if (*address->streamid) {
        (void)av_dict_set(options, "srt_streamid", address->streamid, 0);
    }
    if (*address->passphrase) {
        (void)av_dict_set(options, "passphrase", address->passphrase, 0);
    }
    if (address->latency_ms > 0) {
        (void)av_dict_set_int(options, "latency", address->latency_ms * (LCT_MS / LCT_US), 0);
    }
    if (address->pbkeylen > 0) {
        (void)av_dict_set_int(options, "pbkeylen", address->pbkeylen, 0);
    }
}

static int connect_to(struct lct_push *push, const struct lct_push_address *address) {
    AVDictionary *options = NULL;
    set_options(address, &options);
    int rc = avio_open2(&push->av->pb, address->url, AVIO_FLAG_WRITE, &push->av->interrupt_callback,
                        &options);
    av_dict_free(&options);
    if (rc < 0) {
        return rc;
    }
    (void)av_dict_set(&options, "flvflags", "no_duration_filesize", 0); /* nothing can be mended */
    rc = avformat_write_header(push->av, &options);
    av_dict_free(&options);
    return rc < 0 ? rc : 0;
}

static int begin(struct lct_push *push, const struct lct_push_address *address,
                 struct lct_format *picture, struct lct_format *sound) {
    const char *kind = address->kind == LCT_PUSH_SRT ? "mpegts" : "flv";
    int rc = avformat_alloc_output_context2(&push->av, NULL, kind, NULL);
    push->packet = av_packet_alloc();
    if (rc < 0 || !push->packet) {
        return AVERROR(ENOMEM);
    }
    push->av->interrupt_callback = (AVIOInterruptCB){is_over, push};
    push->av->flags |= AVFMT_FLAG_FLUSH_PACKETS;
    push->av->max_delay = TS_DELAY_US;
    rc = add_stream(push, &push->picture, picture);
    rc = rc < 0 || !sound ? rc : add_stream(push, &push->sound, sound);
    rc = rc < 0 ? rc : connect_to(push, address);
    push->begun = rc == 0;
    return rc;
}

int lct_push_open(const struct lct_push_address *address, struct lct_format *picture,
                  struct lct_format *sound, bool (*may_go_on)(void *arg), void *arg,
                  struct lct_push **ret_push) {
    struct lct_push *push = lct_new(sizeof *push);
    push->may_go_on = may_go_on;
    push->arg = arg;
    push->zero = LCT_NS_NONE;
    if (address->kind == LCT_PUSH_SRT) {
        int latency = address->latency_ms > 0 ? address->latency_ms : SRT_LATENCY_MS;
        push->old = (latency + SRT_WAY_MS) * LCT_MS;
    }
    av_log_set_callback(listen_to);
    begin_call(push, LCT_PUSH_PATIENCE);
    int rc = begin(push, address, picture, sound);
    if (rc < 0) {
        rc = meaning(push, rc);
        if (rc == -EIO && address->kind == LCT_PUSH_SRT) {
            rc = -EACCES; /* libsrt says no more of a call that was answered and refused */
        }
        lct_push_close(push);
        return rc;
    }
    *ret_push = push;
    return 0;
}

/* ---- sending ---- */

/* A new reel may have another config: the muxers tell it on (AVC sequence header, ADTS). */
static int tell_config(struct lct_push *push, struct stream *stream, struct lct_format *format) {
    const struct lct_format *old = stream->format;
    bool same = old == format || (old->config_bytes == format->config_bytes &&
                                  memcmp(old->config, format->config, old->config_bytes) == 0);
    lct_format_ref(format);
    lct_format_unref(stream->format);
    stream->format = format;
    if (same) {
        return 0;
    }
    uint8_t *to =
        av_packet_new_side_data(push->packet, AV_PKT_DATA_NEW_EXTRADATA, format->config_bytes);
    if (!to) {
        return AVERROR(ENOMEM);
    }
    memcpy(to, format->config, format->config_bytes);
    return 0;
}

static int fill(struct lct_push *push, struct stream *stream,
                const struct lct_push_sample *sample) {
    AVPacket *packet = push->packet;
    int rc = av_new_packet(packet, (int)sample->n);
    rc = rc < 0 ? rc : tell_config(push, stream, sample->format);
    if (rc < 0) {
        return rc;
    }
    memcpy(packet->data, sample->bytes, sample->n);
    int64_t tick = av_rescale_q(sample->time - push->zero, (AVRational){1, (int)LCT_SECOND},
                                stream->av->time_base);
    if (stream->last != AV_NOPTS_VALUE && tick <= stream->last) {
        tick = stream->last + 1; /* rounded to the same millisecond */
    }
    packet->pts = packet->dts = stream->last = tick;
    packet->stream_index = stream->av->index;
    packet->flags = sample->key ? AV_PKT_FLAG_KEY : 0;
    return 0;
}

int lct_push_write(struct lct_push *push, const struct lct_push_sample *sample) {
    bool is_picture = sample->format->codec == LCT_CODEC_H264;
    struct stream *stream = is_picture ? &push->picture : &push->sound;
    if (push->zero == LCT_NS_NONE && is_picture) {
        push->zero = sample->time;
    }
    if (!stream->av || push->zero == LCT_NS_NONE || sample->time < push->zero) {
        return 0;
    }
    begin_call(push, LCT_PUSH_PATIENCE);
    int rc = fill(push, stream, sample);
    rc = rc < 0 ? rc : av_write_frame(push->av, push->packet);
    av_packet_unref(push->packet);
    push->failed = rc < 0;
    return rc < 0 ? meaning(push, rc) : 0;
}

uint64_t lct_push_bytes(const struct lct_push *push) {
    int64_t bytes = avio_tell(push->av->pb);
    return bytes > 0 ? (uint64_t)bytes : 0;
}

static bool always(void *arg) {
    (void)arg;
    return true;
}

/* Until the receiver has given on what it got. */
static void let_play(const struct lct_push *push, bool (*may_go_on)(void *arg)) {
    static const struct timespec moment = {0, 50 * LCT_MS};
    lct_ns begun = lct_monotonic(), waited = 0;
    while (waited < push->old && (waited < SRT_OLD_LEAST || may_go_on(push->arg))) {
        (void)nanosleep(&moment, NULL);
        waited = lct_monotonic() - begun;
    }
}

void lct_push_close(struct lct_push *push) {
    if (!push) {
        return;
    }
    bool (*may_go_on)(void *arg) = push->may_go_on;
    push->may_go_on = always; /* the end is waited for, though briefly */
    begin_call(push, push->failed ? 0 : LCT_PUSH_END_PATIENCE);
    if (push->begun && !push->failed) {
        (void)av_write_trailer(push->av); /* it ends in any case */
        avio_flush(push->av->pb);
        let_play(push, may_go_on);
    }
    if (push->av) {
        (void)avio_closep(&push->av->pb);
    }
    avformat_free_context(push->av);
    av_packet_free(&push->packet);
    lct_format_unref(push->picture.format);
    lct_format_unref(push->sound.format);
    free(push);
}

void lct_push_fault(int code, struct lct_fault *ret_fault) {
    static const struct {
        int code;
        const char *en, *zh;
    } words[] = {
        {-EADDRNOTAVAIL, "The platform's name is not known here. Check the address and the DNS.",
         "无法解析平台的域名。请检查地址和 DNS。"},
        {-ECONNREFUSED, "No program takes streams at that address and port.",
         "该地址和端口上没有程序接收推流。"},
        {-EHOSTUNREACH, "There is no way to the platform from here. Check the network.",
         "无法到达平台。请检查网络。"},
        {-ETIMEDOUT, "The platform does not answer, or takes nothing any more.",
         "平台没有回应，或不再接收数据。"},
        {-EKEYREJECTED,
         "The platform's certificate is not good: expired, of another name, or of "
         "an authority that this machine does not know.",
         "平台的证书无效：已过期、域名不符，或本机不信任其颁发机构。"},
        {-EACCES, "The platform refuses the stream. Check the address, stream key and passphrase.",
         "平台拒绝了推流。请检查地址、推流码和密码。"},
        {-EPIPE, "The platform closed the connection.", "平台断开了连接。"},
        {-ENOMEM, "There is not enough memory.", "内存不足。"},
    };
    const char *en = "The connection to the platform did not come about, or broke.";
    const char *zh = "与平台的连接未能建立，或已中断。";
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        en = words[i].code == code ? words[i].en : en;
        zh = words[i].code == code ? words[i].zh : zh;
    }
    *ret_fault = (struct lct_fault){.code = code, .domain = "push"};
    lct_text_copy(ret_fault->en, sizeof ret_fault->en, en);
    lct_text_copy(ret_fault->zh, sizeof ret_fault->zh, zh);
}
