// SPDX-License-Identifier: GPL-3.0-or-later
/* What a produce encodes: pictures of its own, in a small lesson that a cut can take. */
#include <errno.h>
#include <stdio.h>

#include "archive/cut/produce_priv.h"
#include "base/mem.h"
#include "encode/nal.h"

#define TICKS 90000
#define KEY_EVERY ((int64_t)2 * TICKS)
#define CAMERA_FPS 25

void lct_stage_settings(const struct lct_format *format, bool screen,
                        struct lct_video_settings *ret_settings) {
    int w = format->width, h = format->height;
    struct lct_video_settings s =
        screen ? lct_video_screen(w, h) : lct_video_camera(w, h, CAMERA_FPS);
    struct lct_video_settings own;
    if (lct_video_read_options(format->encoder, &own) && own.width == w && own.height == h) {
        s = own;
    } else { /* a camera's own encoder: two sets of one id are told apart by nobody */
        s.sets_id = lct_nal_free_id(lct_nal_avcc_ids(format->config, format->config_bytes));
    }
    *ret_settings = s;
}

static int begin_lesson(struct lct_stage *s, uint64_t spare, struct lct_fault *fault) {
    int rc = lct_maker_begin(&lct_io_system, s->folder, spare, &s->maker, fault);
    return rc ? rc : lct_maker_track(s->maker, LCT_CUT_ONE_PICTURE);
}

int lct_stage_open(const struct lct_video_settings *settings, const char *folder, uint64_t spare,
                   struct lct_stage *ret_stage, struct lct_fault *fault) {
    struct lct_stage *s = ret_stage;
    *s = (struct lct_stage){.coded = {.id = 1}, .settings = *settings, .last_key = INT64_MIN};
    (void)snprintf(s->coded.name, sizeof s->coded.name, LCT_CUT_ONE_PICTURE);
    (void)snprintf(s->folder, sizeof s->folder, "%s", folder ? folder : "");
    int rc = lct_video_open(settings, &s->encoder, fault);
    return rc || !folder ? rc : begin_lesson(s, spare, fault);
}

int lct_stage_put(struct lct_stage *s, struct lct_frame *frame, int64_t tick, int64_t until) {
    struct lct_video_packet packet;
    struct lct_nal_sets sets;
    bool key = s->last_key == INT64_MIN || tick - s->last_key >= KEY_EVERY;
    int rc = lct_video_encode(s->encoder, frame, tick, key, &packet);
    if (rc < 0) {
        return rc;
    }
    s->last_key = packet.key ? tick : s->last_key;
    s->pictures++;
    if (!s->folder[0]) {
        return 0; /* a trial */
    }
    if (packet.key && lct_nal_find_sets(packet.bytes, packet.n, &sets)) {
        lct_coded_renew(&s->coded, &sets, s->settings.width, s->settings.height,
                        lct_video_options(s->encoder));
    }
    const struct lct_coded_when when = {.time = lct_ticks_to_ns(tick, TICKS),
                                        .promise = lct_ticks_to_ns(until, TICKS) -
                                                   lct_ticks_to_ns(tick, TICKS),
                                        .key = packet.key};
    struct lct_chunk *chunk = lct_coded_pack(&s->coded, packet.bytes, packet.n, &when);
    return chunk ? lct_maker_put(s->maker, chunk) : -ENOMEM;
}

int lct_stage_close(struct lct_stage *s, const struct lct_lesson_info *like, int64_t end,
                    struct lct_fault *fault) {
    struct lct_lesson_info info;
    int rc = 0;
    if (s->maker && like) {
        lct_lesson_new(like->room, like->title, &info);
        info.state = LCT_LESSON_ENDED;
        info.end = lct_ticks_to_ns(end, TICKS);
        info.track_count = 1;
        info.tracks[0] = (struct lct_lesson_track){.name = LCT_CUT_ONE_PICTURE,
                                                   .kind = "screen",
                                                   .id = 1,
                                                   .width = s->settings.width,
                                                   .height = s->settings.height};
        rc = lct_maker_finish(s->maker, &info, fault);
    }
    lct_maker_destroy(s->maker);
    lct_video_close(s->encoder);
    lct_coded_fini(&s->coded);
    return rc;
}
