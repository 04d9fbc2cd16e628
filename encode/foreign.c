// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/foreign.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libavutil/avstring.h>
#include <libavutil/display.h>
#include <libavutil/parseutils.h>

#include "base/mem.h"
#include "base/text.h"
#include "encode/fit.h"
#include "encode/foreign_priv.h"

/* What is opened. Containers that name other files, addresses or rows of pictures (concat, hls,
 * dash, sdp, image2 …) are none of these; nor are pictures and bare streams. */
#define FORMATS "mov,matroska,webm,avi,mpegts,mpeg,asf,flv,ogg,mp3,wav,aac,flac"
#define CODECS                                                                                     \
    "h264,hevc,mpeg4,msmpeg4,msmpeg4v1,msmpeg4v2,mpeg1video,mpeg2video,mjpeg,h263,flv,vp6,vp6f,"   \
    "vp8,vp9,libdav1d,theora,wmv1,wmv2,wmv3,vc1,dvvideo,rawvideo,cinepak,indeo3,indeo5,svq1,svq3," \
    "prores,dnxhd,png,qtrle,aac,mp3,mp3float,mp2,mp2float,mp1float,ac3,eac3,opus,libopus,vorbis,"  \
    "flac,alac,wmav1,wmav2,wmapro,amrnb,amrwb,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,"  \
    "pcm_f32le,pcm_u8,pcm_s8,pcm_mulaw,pcm_alaw,pcm_bluray,pcm_dvd,adpcm_ima_wav,adpcm_ima_qt,"    \
    "adpcm_ms"

#define MICRO INT64_C(1000000)

/* Pictures further apart than this between IDRs are encoded anew: players seek to them. */
#define KEY_DISTANCE_MAX (10 * LCT_SECOND)
#define PICTURES_A_SECOND_MAX 121

/* Sound that is copied may lie so far from where the frames before it put it. */
#define SOUND_SLIP_MAX (32 * LCT_MS)

/* ---- reading ---- */

static ssize_t read_file(void *opaque, uint64_t offset, void *bytes, size_t n) {
    const struct lct_foreign *foreign = opaque;
    ssize_t got = pread(foreign->fd, bytes, n, (off_t)offset);
    return got < 0 ? -errno : got;
}

/* Whatever else a file wants opened. */
static int open_nothing(AVFormatContext *av, AVIOContext **ret_io, const char *url, int flags,
                        AVDictionary **options) {
    (void)av, (void)ret_io, (void)url, (void)flags, (void)options;
    return AVERROR(EPERM);
}

int lct_foreign_read_open(const struct lct_foreign *foreign, struct lct_foreign_reader *reader) {
    AVDictionary *options = NULL;
    *reader = (struct lct_foreign_reader){
        .input = {.read = read_file, .opaque = (void *)(uintptr_t)foreign, .size = foreign->size}};
    av_log_set_level(AV_LOG_FATAL); /* what is wrong with a stranger's file is said by us */
    reader->packet = av_packet_alloc();
    reader->av = avformat_alloc_context();
    if (lct_input_open(&reader->input) < 0 || !reader->packet || !reader->av) {
        return AVERROR(ENOMEM);
    }
    reader->av->pb = reader->input.io;
    reader->av->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_GENPTS;
    reader->av->io_open = open_nothing;
    reader->av->max_streams = 4 * LCT_FOREIGN_STREAMS_MAX;
    (void)av_dict_set(&options, "format_whitelist", FORMATS, 0);
    (void)av_dict_set(&options, "codec_whitelist", CODECS, 0);
    (void)av_dict_set(&options, "protocol_whitelist", "none", 0);
    int rc = avformat_open_input(&reader->av, "", NULL, &options); /* frees av when it fails */
    av_dict_free(&options);
    return rc < 0 ? rc : avformat_find_stream_info(reader->av, NULL);
}

void lct_foreign_read_close(struct lct_foreign_reader *reader) {
    avformat_close_input(&reader->av);
    lct_input_close(&reader->input);
    av_packet_free(&reader->packet);
}

lct_ns lct_foreign_ns(int64_t pts, AVRational base) {
    if (pts == AV_NOPTS_VALUE || base.num <= 0 || base.den <= 0) {
        return LCT_NS_NONE;
    }
    lct_ns ns = av_rescale_q(pts, base, (AVRational){1, (int)LCT_SECOND});
    return ns < -LCT_FOREIGN_TIME_MAX || ns > LCT_FOREIGN_TIME_MAX ? LCT_NS_NONE : ns;
}

lct_ns lct_foreign_time(const struct lct_foreign *foreign, const AVStream *av, int64_t pts) {
    lct_ns ns = lct_foreign_ns(pts, av->time_base);
    lct_ns time = ns == LCT_NS_NONE ? LCT_NS_NONE : ns - foreign->zero * 1000;
    return time < -LCT_FOREIGN_LENGTH_MAX || time > LCT_FOREIGN_LENGTH_MAX ? LCT_NS_NONE : time;
}

int lct_foreign_next(struct lct_foreign_job *job) {
    struct lct_foreign_reader *reader = &job->reader;
    do {
        av_packet_unref(reader->packet);
        if (av_read_frame(reader->av, reader->packet) < 0) {
            return 0;
        }
    } while (reader->packet->stream_index != job->av->index);
    return 1;
}

/* ---- decoding ---- */

AVCodecContext *lct_foreign_decoder(const AVStream *av) {
    const AVCodec *codec = avcodec_find_decoder(av->codecpar->codec_id);
    if (!codec || av_match_list(codec->name, CODECS, ',') <= 0) {
        return NULL;
    }
    AVCodecContext *c = avcodec_alloc_context3(codec);
    if (!c) {
        return NULL;
    }
    c->pkt_timebase = av->time_base;
    c->max_pixels = LCT_FOREIGN_PIXELS_MAX;
    c->thread_count = 1;
    int rc = avcodec_parameters_to_context(c, av->codecpar);
    rc = rc < 0 ? rc : avcodec_open2(c, codec, NULL);
    if (rc < 0) {
        avcodec_free_context(&c);
    }
    return c;
}

static int take_frames(struct lct_foreign_job *job, int (*take)(void *opaque), void *opaque) {
    int rc = 0;
    while (rc == 0 && avcodec_receive_frame(job->decoder, job->frame) == 0) {
        job->decoded++;
        rc = take(opaque);
        av_frame_unref(job->frame);
    }
    return rc;
}

int lct_foreign_decode(struct lct_foreign_job *job, int (*take)(void *opaque), void *opaque) {
    int rc = 0;
    job->decoder = lct_foreign_decoder(job->av);
    job->frame = av_frame_alloc();
    if (!job->decoder || !job->frame) {
        return job->frame ? 0 : -ENOMEM;
    }
    while (rc == 0 && lct_foreign_next(job)) {
        (void)avcodec_send_packet(job->decoder, job->reader.packet); /* bad ones are passed over */
        rc = take_frames(job, take, opaque);
    }
    if (rc == 0) {
        (void)avcodec_send_packet(job->decoder, NULL);
        rc = take_frames(job, take, opaque);
    }
    return rc;
}

/* ---- looking ---- */

/* A stream while the file is read through. */
struct look {
    AVStream *av;
    int64_t packets;
    lct_ns begin, end;     /* absolute, ns */
    lct_ns last, key;      /* of the packet, the key frame, before */
    bool reordered, slips; /* no copying */
    bool far_keys, damaged;
};

struct looks {
    struct lct_foreign *foreign;
    struct lct_foreign_reader reader;
    struct look all[LCT_FOREIGN_STREAMS_MAX];
    size_t count;
    bool too_large, too_long;
};

int lct_foreign_turn(const AVStream *av) {
    const uint8_t *matrix = av_stream_get_side_data(av, AV_PKT_DATA_DISPLAYMATRIX, NULL);
    double turn = matrix ? av_display_rotation_get((const int32_t *)(const void *)matrix) : 0;
    if (isnan(turn)) {
        return 0;
    }
    return ((int)lround(-turn / 90) + 4) % 4 * 90; /* turn is counter-clockwise, -180 to 180 */
}

static void choose_streams(struct looks *looks) {
    AVFormatContext *av = looks->reader.av;
    for (unsigned i = 0; i < av->nb_streams && looks->count < LCT_FOREIGN_STREAMS_MAX; i++) {
        const AVCodecParameters *p = av->streams[i]->codecpar;
        bool picture = p->codec_type == AVMEDIA_TYPE_VIDEO &&
                       !(av->streams[i]->disposition & AV_DISPOSITION_ATTACHED_PIC);
        if (picture && (int64_t)p->width * p->height > LCT_FOREIGN_PIXELS_MAX) {
            looks->too_large = true;
        } else if (picture || p->codec_type == AVMEDIA_TYPE_AUDIO) {
            looks->all[looks->count++] = (struct look){.av = av->streams[i],
                                                       .begin = LCT_NS_NONE,
                                                       .end = LCT_NS_NONE,
                                                       .last = LCT_NS_NONE,
                                                       .key = LCT_NS_NONE};
        } else {
            av->streams[i]->discard = AVDISCARD_ALL;
        }
    }
}

static bool is_sound(const struct look *look) {
    return look->av->codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
}

static void look_at_picture(struct look *look, const AVPacket *packet, lct_ns time) {
    look->reordered = look->reordered || packet->pts == AV_NOPTS_VALUE ||
                      (look->last != LCT_NS_NONE && time <= look->last);
    if (packet->flags & AV_PKT_FLAG_KEY) {
        look->key = time;
    }
    look->far_keys =
        look->far_keys || (look->key != LCT_NS_NONE && time - look->key > KEY_DISTANCE_MAX);
}

static void look_at_packet(struct looks *looks, struct look *look) {
    const AVPacket *packet = looks->reader.packet;
    int64_t pts = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
    bool dropped = (packet->flags & AV_PKT_FLAG_DISCARD) != 0;
    look->packets++;
    look->damaged = look->damaged || (packet->flags & AV_PKT_FLAG_CORRUPT) || dropped;
    lct_ns time = lct_foreign_ns(pts, look->av->time_base);
    lct_ns lasts = lct_foreign_ns(packet->duration, look->av->time_base);
    if (time == LCT_NS_NONE || dropped) {
        look->reordered = look->reordered || !dropped;
        return;
    }
    lct_ns end = time + (lasts > 0 ? lasts : 0);
    if (is_sound(look)) {
        lct_ns slip = look->last == LCT_NS_NONE ? 0 : time - look->last;
        look->slips = look->slips || slip > SOUND_SLIP_MAX || slip < -SOUND_SLIP_MAX;
        look->last = end;
    } else {
        look_at_picture(look, packet, time);
        look->last = time;
    }
    look->begin = look->begin == LCT_NS_NONE || time < look->begin ? time : look->begin;
    look->end = end > look->end ? end : look->end;
    looks->too_long = looks->too_long || look->end - look->begin > LCT_FOREIGN_LENGTH_MAX;
}

static void read_through(struct looks *looks) {
    int rc = 0;
    while (!looks->too_long && (rc = av_read_frame(looks->reader.av, looks->reader.packet)) >= 0) {
        for (size_t i = 0; i < looks->count; i++) {
            if (looks->all[i].av->index == looks->reader.packet->stream_index) {
                look_at_packet(looks, &looks->all[i]);
            }
        }
        av_packet_unref(looks->reader.packet);
    }
    looks->foreign->info.cut_off = rc < 0 && rc != AVERROR_EOF;
}

bool lct_foreign_is_hdr(enum AVColorTransferCharacteristic transfer, enum lct_hdr_kind *ret_kind) {
    *ret_kind = transfer == AVCOL_TRC_SMPTE2084 ? LCT_HDR_PQ : LCT_HDR_HLG;
    return transfer == AVCOL_TRC_SMPTE2084 || transfer == AVCOL_TRC_ARIB_STD_B67;
}

static bool picture_fits(const struct look *look) {
    const AVCodecParameters *p = look->av->codecpar;
    AVRational rate = look->av->avg_frame_rate;
    bool square =
        p->sample_aspect_ratio.num == 0 || p->sample_aspect_ratio.num == p->sample_aspect_ratio.den;
    bool plain = p->format == AV_PIX_FMT_YUV420P || p->format == AV_PIX_FMT_YUVJ420P;
    bool progressive = p->field_order <= AV_FIELD_PROGRESSIVE;
    enum lct_hdr_kind ignored;
    plain = plain && !lct_foreign_is_hdr(p->color_trc, &ignored);
    return p->codec_id == AV_CODEC_ID_H264 && square && plain && progressive && p->width % 2 == 0 &&
           p->height % 2 == 0 && p->video_delay == 0 && lct_foreign_turn(look->av) == 0 &&
           !look->reordered && !look->far_keys && !look->damaged && rate.den > 0 &&
           av_q2d(rate) <= PICTURES_A_SECOND_MAX;
}

static bool sound_fits(const struct look *look) {
    const AVCodecParameters *p = look->av->codecpar;
    bool ours = p->extradata_size == 0 ||
                (p->extradata_size >= 2 && p->extradata[0] == 0x11 && p->extradata[1] == 0x90);
    return p->codec_id == AV_CODEC_ID_AAC && p->profile == FF_PROFILE_AAC_LOW && ours &&
           p->sample_rate == 48000 && p->ch_layout.nb_channels == 2 && !look->slips &&
           !(look->damaged && look->av->start_time > 0);
}

static void show_stream(struct lct_foreign *f, const struct look *look) {
    const AVCodecParameters *p = look->av->codecpar;
    struct lct_foreign_stream *s = &f->info.streams[f->info.stream_count];
    f->index[f->info.stream_count++] = look->av->index;
    s->sound = is_sound(look);
    lct_text_copy(s->codec, sizeof s->codec, avcodec_get_name(p->codec_id));
    s->begin = look->begin - f->zero * 1000;
    s->end = look->end - f->zero * 1000;
    s->fits = s->sound ? sound_fits(look) : picture_fits(look);
    if (s->sound) {
        return;
    }
    AVRational pixel = look->av->sample_aspect_ratio.num > 0 ? look->av->sample_aspect_ratio
                                                             : p->sample_aspect_ratio;
    double wide = pixel.num > 0 && pixel.den > 0 ? av_q2d(pixel) : 1;
    bool lies = lct_foreign_turn(look->av) % 180 != 0;
    int width = (int)fmax(2, fmin(16384, round(p->width * (wide > 1 ? wide : 1))));
    int height = (int)fmax(2, fmin(16384, round(p->height / (wide < 1 && wide > 0 ? wide : 1))));
    s->width = lies ? height : width;
    s->height = lies ? width : height;
}

static void read_tags(struct lct_foreign *f, AVFormatContext *av) {
    static const char *const dates[] = {"com.apple.quicktime.creationdate", "creation_time",
                                        "date"};
    const AVDictionaryEntry *title = av_dict_get(av->metadata, "title", NULL, 0);
    lct_text_copy(f->info.title, sizeof f->info.title, title ? title->value : "");
    f->info.wall = LCT_NS_NONE;
    for (size_t i = 0; i < sizeof dates / sizeof *dates && f->info.wall == LCT_NS_NONE; i++) {
        const AVDictionaryEntry *date = av_dict_get(av->metadata, dates[i], NULL, 0);
        int64_t micro;
        /* a day at least; what is before 2000 is a clock that was never set */
        if (date && strlen(date->value) >= 10 && av_parse_time(&micro, date->value, 0) == 0 &&
            micro > 946684800 * MICRO && micro < 4102444800 * MICRO) {
            f->info.wall = micro * 1000;
        }
    }
}

static void sum_up(struct looks *looks) {
    struct lct_foreign *f = looks->foreign;
    lct_ns zero = INT64_MAX;
    for (size_t i = 0; i < looks->count; i++) {
        const struct look *look = &looks->all[i];
        zero = look->begin != LCT_NS_NONE && look->begin < zero ? look->begin : zero;
    }
    f->zero = zero == INT64_MAX ? 0 : zero / 1000;
    for (size_t i = 0; i < looks->count; i++) {
        if (looks->all[i].begin != LCT_NS_NONE) {
            show_stream(f, &looks->all[i]);
            lct_ns end = f->info.streams[f->info.stream_count - 1].end;
            looks->too_long = looks->too_long || end > LCT_FOREIGN_LENGTH_MAX;
            f->info.length = end > f->info.length ? end : f->info.length;
        }
    }
}

/* ---- refusing, in words ---- */

static int refuse_format(struct lct_foreign *f, int rc, struct lct_fault *fault) {
    static const char *const lists[] = {"#EXTM3U", "ffconcat", "v=0", "<MPD", "file "};
    char head[16] = "";
    (void)!pread(f->fd, head, sizeof head - 1, 0);
    if (rc == AVERROR(ENOMEM)) {
        return lct_fault_set(fault, -ENOMEM, "import",
                             "%s needs more memory than an import may have.",
                             "%s 需要的内存超过导入允许的上限。", f->name);
    }
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (strncmp(head, lists[i], strlen(lists[i])) == 0) {
            return lct_fault_set(
                fault, -EMEDIUMTYPE, "import",
                "%s is a text that names other files, not a video. Choose the video files "
                "themselves.",
                "%s 是指向其他文件的文本，不是视频。请直接选择视频文件。", f->name);
        }
    }
    return lct_fault_set(fault, -EMEDIUMTYPE, "import",
                         "%s is no video or sound file that can be imported, or its beginning or "
                         "end is missing.",
                         "%s 不是可导入的视频或音频文件，或文件的开头或结尾已缺失。", f->name);
}

static int judge(struct looks *looks, struct lct_fault *fault) {
    struct lct_foreign *f = looks->foreign;
    if (looks->too_long) {
        return lct_fault_set(fault, -EFBIG, "import", "%s says that it is longer than 24 hours.",
                             "%s 的时长超过 24 小时。", f->name);
    }
    if (looks->too_large) {
        return lct_fault_set(fault, -EFBIG, "import",
                             "The pictures of %s are too large; at most 8192 x 4608 is taken.",
                             "%s 的画面过大，最大支持 8192 × 4608。", f->name);
    }
    if (f->info.length <= 0) {
        return lct_fault_set(fault, -ENODATA, "import",
                             "There is neither a picture nor a sound in %s that could be imported.",
                             "%s 中没有可导入的画面或声音。", f->name);
    }
    return 0;
}

int lct_foreign_open(int fd, const char *name, struct lct_foreign **ret_foreign,
                     struct lct_fault *fault) {
    struct lct_foreign *f = lct_new(sizeof *f);
    struct looks *looks = lct_new(sizeof *looks);
    f->fd = fd;
    lct_text_copy(f->name, sizeof f->name, name);
    off_t size = lseek(fd, 0, SEEK_END);
    f->size = size > 0 ? (uint64_t)size : 0;
    looks->foreign = f;
    int rc = f->size > 0 ? lct_foreign_read_open(f, &looks->reader) : AVERROR_INVALIDDATA;
    if (rc < 0) {
        rc = refuse_format(f, rc, fault);
    } else {
        AVFormatContext *av = looks->reader.av;
        lct_text_copy(f->info.format, sizeof f->info.format, av->iformat->name);
        read_tags(f, av);
        choose_streams(looks);
        read_through(looks);
        sum_up(looks);
        rc = judge(looks, fault);
    }
    lct_foreign_read_close(&looks->reader);
    free(looks);
    if (rc < 0) {
        free(f);
        return rc;
    }
    *ret_foreign = f;
    return 0;
}

void lct_foreign_close(struct lct_foreign *foreign) { free(foreign); }

const struct lct_foreign_info *lct_foreign_info(const struct lct_foreign *foreign) {
    return &foreign->info;
}

/* ---- making ---- */

void lct_foreign_canvas(int width, int height, int *ret_width, int *ret_height) {
    bool upright = height > width;
    lct_fit_within(upright ? 1080 : 1920, upright ? 1920 : 1080, width, height, &width, &height);
    *ret_width = width < 2 ? 2 : width / 2 * 2;
    *ret_height = height < 2 ? 2 : height / 2 * 2;
}

static int make(struct lct_foreign_job *job) {
    bool copy = job->track->copy;
    if (job->stream->sound) {
        return copy ? lct_foreign_copy_sound(job) : lct_foreign_encode_sound(job);
    }
    return copy ? lct_foreign_copy_pictures(job) : lct_foreign_encode_pictures(job);
}

int lct_foreign_make(struct lct_foreign *foreign, size_t stream,
                     const struct lct_foreign_track *track, struct lct_fault *fault) {
    struct lct_foreign_job job = {.foreign = foreign,
                                  .stream = &foreign->info.streams[stream],
                                  .track = track,
                                  .fault = fault};
    int rc = lct_foreign_read_open(foreign, &job.reader);
    int index = foreign->index[stream];
    if (rc < 0 || (unsigned)index >= job.reader.av->nb_streams) {
        rc = lct_fault_set(fault, -EIO, "import", "%s cannot be read a second time.",
                           "%s 无法再次读取。", foreign->name);
    } else {
        for (unsigned i = 0; i < job.reader.av->nb_streams; i++) {
            bool wanted = i == (unsigned)index;
            job.reader.av->streams[i]->discard = wanted ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
        }
        job.av = job.reader.av->streams[index];
        rc = make(&job);
    }
    avcodec_free_context(&job.decoder);
    av_frame_free(&job.frame);
    lct_foreign_read_close(&job.reader);
    if (rc == -ENODATA) {
        (void)lct_fault_set(fault, rc, "import", "Nothing of the %s in %s can be decoded.",
                            "%s 数据无法解码（文件 %s）。", job.stream->codec, foreign->name);
    }
    return rc;
}
