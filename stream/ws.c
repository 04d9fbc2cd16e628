// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/ws.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/secret.h"
#include "stream/http/http_socket.h"
#include "stream/ws_line.h"

LCT_LOG_TOPIC("ws");

_Static_assert(LCT_CHUNK_HEADROOM >= LCT_HTTP_HEADROOM, "a chunk is a message as it is");

#define ROOM_TRACKS_MAX 32 /* a lesson's, and a twin of each */
/* Chunks held: 12 s of two cameras, a screen and sound are 1,500. A power of two. */
#define HELD_MAX 4096
/* A track that gave nothing for so long is not live: a still screen gives a picture a second. */
#define LIVE_WITHIN (5 * LCT_SECOND)
/* Two chunks whose lesson began at moments so far apart are of two lessons. */
#define SAME_LESSON (LCT_SECOND / 2)
/* Chunks that nobody joins at are held a little longer than a viewer may be late. */
#define HELD_FOR_LATE (LCT_WS_BACKLOG + LCT_SECOND / 2)
/* Times of one moment differ by less, being rounded to different timescales. */
#define ROUNDING LCT_MS
/* What was on its way when the bell rang comes within this time. */
#define AFTER_BELL (2 * LCT_SECOND)

/* A twin that gave nothing for so long gives nothing more: its track is short of CPU, or passed
 * through. */
#define SMALL_WITHIN (3 * LCT_SECOND)
/* Key frames are asked of a track at most this often, however many viewers need one. */
#define KEY_INTERVAL (500 * LCT_MS)

/* From which number of the list a viewer gets a track: from the next key frame, whenever it is. */
#define NEXT_KEY UINT64_MAX

/* No track of the room. */
#define NO_TRACK UINT32_MAX

/* A chunk of the list. */
struct held {
    struct lct_chunk *chunk;
    lct_ns arrived;
    uint32_t track; /* index in the room's tracks */
    uint32_t init;  /* which of the room's inits it needs */
};

struct track {
    struct lct_format *format; /* the newest chunk's */
    uint32_t init;             /* of the newest chunk */
    uint64_t key;              /* number of the newest key frame */
    lct_ns fed;
    lct_ns key_asked; /* when a key frame was last asked of the recorder */
};

struct room {
    /* fixed */
    struct lct_ws *ws;
    char id[40];
    struct lct_wishes wishes;
    struct lct_bus_reader *reader;
    struct room *next_room;
    /* any thread */
    atomic_bool woken;
    atomic_uint n_viewers;
    /* HTTP thread */
    lct_ns
        zero; /* CLOCK_MONOTONIC of lesson zero, as the recorder sees it; LCT_NS_NONE: none yet */
    lct_ns rang; /* the bell; LCT_NS_NONE: it has not */
    struct track tracks[ROOM_TRACKS_MAX];
    uint32_t n_tracks;
    uint32_t inits;       /* counts those that differ, of all tracks */
    lct_ns wish_due;      /* when the twins that viewers need are wished again */
    uint64_t first, next; /* numbers of the oldest chunk held, and of the one to come */
    size_t bytes;
    struct held list[HELD_MAX];
    struct viewer *viewers;
};

/*
 * A track as one viewer gets it: the track itself or its small twin. It changes at a key frame of
 * the other one. To the twin it goes in haste, and leaves out what comes before that key frame.
 */
struct lane {
    uint32_t full;  /* what was asked for */
    uint32_t track; /* what it gets */
    uint32_t next;  /* what it shall get; the same as track: no change */
    uint32_t init;  /* the one it knows */
    uint64_t from;  /* numbers below are not for it */
    lct_ns until;   /* promised end of what it has; LCT_NS_NONE: nothing yet */
};

struct viewer {
    struct room *room;
    struct viewer *next, *previous;
    struct lct_http_socket *socket;
    enum { WATCHING, ENDING, OVER } state;
    uint64_t at;  /* the number it is at */
    lct_ns since; /* before this nothing was late: it joined, or was moved ahead */
    struct lane lanes[LCT_WS_TRACKS_MAX];
    size_t n_lanes;
    struct lct_ws_line line;
    bool hopeless; /* it was told that its line is */
    uint8_t *text; /* a message to be sent first, behind its headroom; NULL: none */
    size_t text_n;
    char pass[LCT_WS_PASS_SIZE];
    lct_ns pass_due;
};

struct lct_ws {
    struct lct_ws_settings settings;
    struct room *rooms; /* fixed once the server runs */
    atomic_ullong chunks, bytes, skipped, narrowed, joins, viewers;
};

/* ---- the list ---- */

static struct held *held_at(struct room *room, uint64_t number) {
    return &room->list[number % HELD_MAX];
}

static void drop_oldest(struct room *room) {
    struct held *held = held_at(room, room->first++);
    room->bytes -= held->chunk->n;
    lct_chunk_unref(held->chunk);
}

/* The oldest number that a joiner may begin at. */
static uint64_t oldest_key(const struct room *room, lct_ns now) {
    uint64_t oldest = room->next;
    for (uint32_t i = 0; i < room->n_tracks; i++) {
        const struct track *track = &room->tracks[i];
        if (now - track->fed < LIVE_WITHIN && track->key < oldest) {
            oldest = track->key;
        }
    }
    return oldest;
}

static void trim(struct room *room, lct_ns now) {
    uint64_t key = oldest_key(room, now);
    while (room->first < room->next) {
        lct_ns age = now - held_at(room, room->first)->arrived;
        bool useless = room->first < key && age > HELD_FOR_LATE;
        bool too_much = room->next - room->first == HELD_MAX || room->bytes > LCT_WS_HELD_BYTES ||
                        age > LCT_WS_HELD;
        if (!useless && !too_much) {
            break;
        }
        drop_oldest(room);
    }
}

static void forget_lesson(struct room *room) {
    while (room->first < room->next) {
        drop_oldest(room);
    }
    for (uint32_t i = 0; i < room->n_tracks; i++) {
        lct_format_unref(room->tracks[i].format);
    }
    room->n_tracks = 0;
}

static void end_viewers(struct room *room) {
    for (struct viewer *v = room->viewers; v; v = v->next) {
        if (v->state == WATCHING) {
            v->state = ENDING;
            lct_http_socket_wake(v->socket);
        }
    }
}

/* A new lesson has a new clock: its viewers come anew, by the player's own doing. */
static void begin_lesson(struct room *room, lct_ns zero) {
    end_viewers(room);
    forget_lesson(room);
    room->zero = zero;
    room->rang = LCT_NS_NONE;
}

static bool same_init(const struct lct_format *a, const struct lct_format *b) {
    return a == b ||
           (a->init_bytes == b->init_bytes && memcmp(a->init, b->init, a->init_bytes) == 0);
}

/* The track of a chunk, its format made the newest; NULL: too many. */
static struct track *track_of(struct room *room, struct lct_format *format) {
    uint32_t i = 0;
    while (i < room->n_tracks && room->tracks[i].format->track_id != format->track_id) {
        i++;
    }
    if (i == ROOM_TRACKS_MAX) {
        return NULL;
    }
    struct track *track = &room->tracks[i];
    if (i == room->n_tracks) {
        room->n_tracks++;
        *track = (struct track){
            .format = lct_format_ref(format), .init = ++room->inits, .key = NEXT_KEY};
    } else if (track->format != format) {
        track->init = same_init(track->format, format) ? track->init : ++room->inits;
        lct_format_unref(track->format);
        track->format = lct_format_ref(format);
    }
    return track;
}

/* Takes the chunk. Returns the bit of its track, 0 when it is not for viewers. */
static uint32_t feed(struct room *room, struct lct_chunk *chunk, lct_ns now) {
    lct_ns zero = chunk->captured - chunk->time;
    struct track *track = NULL;
    if (room->zero == LCT_NS_NONE || llabs(zero - room->zero) > SAME_LESSON) {
        begin_lesson(room, zero);
    }
    bool is_over = room->rang != LCT_NS_NONE && now - room->rang < AFTER_BELL;
    if (chunk->format->codec != LCT_CODEC_OPUS && !is_over) { /* Opus is WebRTC's; here is AAC */
        track = track_of(room, chunk->format);
    }
    if (!track) {
        lct_chunk_unref(chunk);
        return 0;
    }
    trim(room, now); /* makes room for one */
    uint32_t index = (uint32_t)(track - room->tracks);
    track->key = chunk->info.key ? room->next : track->key;
    track->fed = now;
    room->bytes += chunk->n;
    *held_at(room, room->next++) = (struct held){chunk, now, index, track->init};
    return UINT32_C(1) << index;
}

/* ---- what a viewer is sent next ---- */

/* A chunk of the track matters to the lane: it may get it, or begin to. */
static bool concerns(const struct lane *lane, uint32_t track) {
    return track == lane->full || track == lane->track || track == lane->next;
}

static struct lane *lane_of(struct viewer *v, uint32_t track) {
    for (size_t i = 0; i < v->n_lanes; i++) {
        if (concerns(&v->lanes[i], track)) {
            return &v->lanes[i];
        }
    }
    return NULL;
}

/* The small twin of a track, or NO_TRACK. */
static uint32_t twin_of(const struct room *room, uint32_t track) {
    uint32_t id = room->tracks[track].format->track_id + LCT_TRACK_SMALL_ID;
    for (uint32_t i = 0; i < room->n_tracks; i++) {
        if (room->tracks[i].format->track_id == id) {
            return i;
        }
    }
    return NO_TRACK;
}

static bool is_picture(const struct room *room, uint32_t index) {
    return room->tracks[index].format->channels == 0;
}

static void ask_key(struct room *room, uint32_t index, lct_ns now) {
    struct track *track = &room->tracks[index];
    if (track->key_asked == 0 || now - track->key_asked >= KEY_INTERVAL) {
        track->key_asked = now;
        room->wishes.key(room->wishes.arg, track->format->track_id);
    }
}

/* Chooses between track and twin: the twin only while it gives something. A key frame is asked for
 * where the viewer would see nothing else for long. */
static void steer(struct viewer *v, struct lane *lane, lct_ns now) {
    struct room *room = v->room;
    uint32_t twin = v->line.level == LCT_WS_FULL ? NO_TRACK : twin_of(room, lane->full);
    bool is_there = twin != NO_TRACK && now - room->tracks[twin].fed < SMALL_WITHIN;
    uint32_t next = is_there ? twin : lane->full;
    if (next != lane->next && next != lane->track && v->line.level == LCT_WS_SMALL) {
        ask_key(room, next, now);
    }
    lane->next = next;
}

/* True of a chunk that only comes before the twin to which the lane is to change. */
static bool is_overtaken(const struct viewer *v, const struct lane *lane) {
    uint64_t key = v->room->tracks[lane->next].key;
    return lane->next != lane->track && lane->next != lane->full && key != NEXT_KEY && key >= v->at;
}

/* It goes on with the newest key frames it has not seen, and where there is none with the next. */
static void skip(struct viewer *v, lct_ns now) {
    uint64_t at = v->room->next;
    for (size_t i = 0; i < v->n_lanes; i++) {
        struct lane *lane = &v->lanes[i];
        lane->track = is_overtaken(v, lane) ? lane->next : lane->track;
        uint64_t key = v->room->tracks[lane->track].key;
        lane->from = key >= v->at ? key : NEXT_KEY;
        at = lane->from < at ? lane->from : at;
        if (lane->from == NEXT_KEY && is_picture(v->room, lane->track)) {
            ask_key(v->room, lane->track, now); /* a screen's next one may be ten seconds away */
        }
    }
    v->at = at;
    v->since = now;
    atomic_fetch_add(&v->room->ws->skipped, 1);
}

/* Judges the line by a chunk that is about to leave. */
static void note_line(struct viewer *v, lct_ns waited, lct_ns now) {
    if (!lct_ws_line_note(&v->line, now, waited)) {
        return;
    }
    bool is_narrow = v->line.level == LCT_WS_SMALL;
    v->room->wish_due = is_narrow ? now : v->room->wish_due;
    atomic_fetch_add(&v->room->ws->narrowed, is_narrow);
    lct_debug("a viewer's line", "room=%s narrow=%d", v->room->id, is_narrow);
}

/* True when the lane gets the chunk, which the viewer is at; makes the change that is due at it. */
static bool is_for(struct viewer *v, struct lane *lane, const struct held *held, lct_ns now) {
    bool key = held->chunk->info.key;
    steer(v, lane, now);
    if (key && held->track == lane->next && lane->next != lane->track) {
        lane->track = lane->next;
        lane->from = v->at;
        v->since = now; /* it is judged anew */
    }
    if (key && held->track == lane->track && lane->from == NEXT_KEY) {
        lane->from = v->at;
    }
    return held->track == lane->track && v->at >= lane->from && !is_overtaken(v, lane);
}

/* The next chunk for the viewer, which is at its number then; NULL: none yet. */
static struct held *next_of(struct viewer *v, lct_ns now, struct lane **ret_lane) {
    struct room *room = v->room;
    if (v->at < room->first) { /* its line took nothing for longer than chunks are held */
        note_line(v, now - v->since, now);
        v->at = room->first;
        skip(v, now);
    }
    for (; v->at < room->next; v->at++) {
        struct held *held = held_at(room, v->at);
        struct lane *lane = lane_of(v, held->track);
        if (!lane || !is_for(v, lane, held, now)) {
            continue;
        }
        lct_ns waited = now - (held->arrived > v->since ? held->arrived : v->since);
        note_line(v, waited, now);
        if (waited > LCT_WS_BACKLOG) {
            skip(v, now); /* which makes nothing late for a while */
            return next_of(v, now, ret_lane);
        }
        *ret_lane = lane;
        return held;
    }
    return NULL;
}

/* ---- texts ---- */

/* Takes the value; it is the viewer's next message. */
static void set_text(struct viewer *v, json_t *value) {
    LCT_JSON json_t *json = value;
    LCT_FREE char *text = lct_json_dump(json, &v->text_n);
    v->text = lct_new(LCT_HTTP_HEADROOM + v->text_n);
    memcpy(v->text + LCT_HTTP_HEADROOM, text, v->text_n);
}

/* The track that was asked for, as it comes. */
static json_t *track_json(const char *name, const struct lct_format *format) {
    LCT_FREE char *init = lct_new(LCT_BASE64_SIZE(format->init_bytes));
    lct_base64_write(format->init, format->init_bytes, init);
    return json_pack("{s:s, s:s, s:i, s:b, s:s, s:i, s:i, s:s}", "name", name, "kind",
                     format->channels > 0 ? "sound" : "picture", "id", (int)format->track_id,
                     "small", !lct_format_is_taped(format), "codecs", format->codec_string, "width",
                     format->width, "height", format->height, "init", init);
}

static const char *name_of(const struct viewer *v, const struct lane *lane) {
    return v->room->tracks[lane->full].format->track;
}

static lct_ns lesson_now(struct room *room, lct_ns now) {
    const struct held *newest = held_at(room, room->next - 1);
    return newest->chunk->time + now - newest->arrived;
}

static void greet(struct viewer *v, lct_ns now) {
    struct room *room = v->room;
    json_t *tracks = json_array();
    for (size_t i = 0; i < v->n_lanes; i++) {
        struct lane *lane = &v->lanes[i];
        const struct held *held = held_at(room, lane->from);
        bool is_there = lane->from != NEXT_KEY;
        const struct track *track = &room->tracks[lane->track];
        lane->init = is_there ? held->init : track->init;
        json_array_append_new(tracks, track_json(track->format->track,
                                                 is_there ? held->chunk->format : track->format));
    }
    set_text(v, json_pack("{s:o, s:I, s:I}", "tracks", tracks, "zero_ns", (json_int_t)room->zero,
                          "now_ns", (json_int_t)lesson_now(room, now)));
}

/* What must be said before the chunk; false: nothing. */
static bool announce(struct viewer *v, struct lane *lane, const struct held *held) {
    const struct lct_chunk *chunk = held->chunk;
    if (!v->hopeless && lct_ws_line_is_hopeless(&v->line)) {
        v->hopeless = true;
        set_text(v, json_pack("{s:b}", "narrow", 1));
        return true;
    }
    if (lane->init != held->init) {
        lane->init = held->init;
        set_text(v, json_pack("{s:[o]}", "tracks", track_json(name_of(v, lane), chunk->format)));
        return true;
    }
    if (lane->until != LCT_NS_NONE && chunk->time > lane->until + ROUNDING) {
        set_text(v, json_pack("{s:{s:s, s:I, s:I}}", "skip", "track", name_of(v, lane), "from_ns",
                              (json_int_t)lane->until, "to_ns", (json_int_t)chunk->time));
        lane->until = chunk->time;
        return true;
    }
    return false;
}

/* ---- a viewer's socket ---- */

/* What it came in by may have ended since: a link that was revoked, or is over. */
static bool may_stay(struct viewer *v, lct_ns now) {
    const struct lct_ws_settings *settings = &v->room->ws->settings;
    if (!v->pass[0] || !settings->may_watch || now < v->pass_due) {
        return true;
    }
    v->pass_due = now + LCT_WS_PASS_INTERVAL;
    return settings->may_watch(settings->arg, v->room->id, v->pass);
}

/* Sets the text that is due before any chunk. */
static void set_due_text(struct viewer *v, lct_ns now) {
    if (v->state == WATCHING && !may_stay(v, now)) {
        lct_info("a viewer may not watch any more", "room=%s", v->room->id);
        v->state = OVER;
    }
    if (v->state == ENDING) {
        v->state = OVER;
        set_text(v, json_pack("{s:b}", "end", 1));
    }
}

static enum lct_http_said look(void *arg, struct lct_http_message *ret_message) {
    struct viewer *v = arg;
    lct_ns now = lct_monotonic();
    struct lane *lane;
    struct held *held = NULL;
    if (!v->text) {
        set_due_text(v, now);
    }
    if (!v->text && v->state == OVER) {
        return LCT_HTTP_BYE;
    }
    if (!v->text) {
        held = next_of(v, now, &lane);
        if (!held) {
            return LCT_HTTP_SILENT;
        }
        if (!announce(v, lane, held)) {
            *ret_message = (struct lct_http_message){held->chunk->bytes, held->chunk->n, false};
            return LCT_HTTP_SAY;
        }
    }
    *ret_message = (struct lct_http_message){v->text + LCT_HTTP_HEADROOM, v->text_n, true};
    return LCT_HTTP_SAY;
}

static void took(void *arg) {
    struct viewer *v = arg;
    struct lct_ws *ws = v->room->ws;
    if (v->text) {
        free(v->text);
        v->text = NULL;
        return;
    }
    const struct held *held = held_at(v->room, v->at++);
    lane_of(v, held->track)->until = lct_chunk_end(held->chunk);
    atomic_fetch_add(&ws->chunks, 1);
    atomic_fetch_add(&ws->bytes, held->chunk->n);
}

static void closed(void *arg) {
    struct viewer *v = arg;
    *(v->previous ? &v->previous->next : &v->room->viewers) = v->next;
    if (v->next) {
        v->next->previous = v->previous;
    }
    atomic_fetch_sub(&v->room->n_viewers, 1);
    atomic_fetch_sub(&v->room->ws->viewers, 1);
    free(v->text);
    free(v);
}

/* ---- who comes ---- */

static struct room *find_room(const struct lct_ws *ws, const char *id) {
    struct room *room = ws->rooms;
    while (room && strcmp(room->id, id) != 0) {
        room = room->next_room;
    }
    return room;
}

/* The first number at which a joiner gets the track. */
static uint64_t begin_at(struct room *room, uint32_t index, lct_ns now) {
    const struct track *track = &room->tracks[index];
    uint64_t at = track->key;
    for (uint64_t i = room->next; !is_picture(room, index) && i > room->first; i--) {
        const struct held *held = held_at(room, i - 1);
        if (now - held->arrived > LCT_WS_SOUND_BEFORE) {
            break;
        }
        at = held->track == index ? i - 1 : at;
    }
    return at >= room->first ? at : NEXT_KEY;
}

static void add_lane(struct viewer *v, const char *name, lct_ns now) {
    struct room *room = v->room;
    for (uint32_t i = 0; i < room->n_tracks; i++) {
        const struct track *track = &room->tracks[i];
        if (strcmp(track->format->track, name) == 0 && lct_format_is_taped(track->format) &&
            now - track->fed < LIVE_WITHIN && !lane_of(v, i)) {
            v->lanes[v->n_lanes++] = (struct lane){.full = i,
                                                   .track = i,
                                                   .next = i,
                                                   .from = begin_at(room, i, now),
                                                   .until = LCT_NS_NONE};
            return;
        }
    }
}

/* The tracks that were asked for and are live, or the usual ones. */
static void choose_tracks(struct viewer *v, const struct lct_ws_join *join, lct_ns now) {
    static const char *const usual[] = {"camera", "screen", "sound"};
    size_t n = join->n_tracks > 0 ? join->n_tracks : sizeof usual / sizeof *usual;
    v->at = v->room->next;
    for (size_t i = 0; i < n; i++) {
        add_lane(v, join->n_tracks > 0 ? join->tracks[i] : usual[i], now);
    }
    for (size_t i = 0; i < v->n_lanes; i++) {
        v->at = v->lanes[i].from < v->at ? v->lanes[i].from : v->at;
    }
}

static void list_viewer(struct viewer *v) {
    struct room *room = v->room;
    v->next = room->viewers;
    if (v->next) {
        v->next->previous = v;
    }
    room->viewers = v;
    atomic_fetch_add(&room->n_viewers, 1);
    atomic_fetch_add(&room->ws->viewers, 1);
    atomic_fetch_add(&room->ws->joins, 1);
}

int lct_ws_join(struct lct_ws *ws, struct lct_http_request *request, const struct lct_ws_join *join,
                struct lct_fault *fault) {
    static const struct lct_http_socket_kind kind = {look, took, closed};
    struct room *room = find_room(ws, join->room);
    lct_ns now = lct_monotonic();
    if (!room) {
        return lct_fault_set(fault, -ENOENT, "live", "There is no room %s.", "没有教室 %s。",
                             join->room);
    }
    if (atomic_load(&ws->viewers) >= ws->settings.viewers_max) {
        return lct_fault_set(fault, -EUSERS, "live",
                             "This server shows lessons to %u viewers already, which is its limit.",
                             "本服务器已有 %u 个观看端，达到上限。", ws->settings.viewers_max);
    }
    struct viewer *v = lct_new(sizeof *v);
    uint8_t dice;
    lct_random(&dice, sizeof dice);
    v->room = room;
    v->since = now;
    v->line = lct_ws_line_begin(dice / 255.0);
    choose_tracks(v, join, now);
    if (v->n_lanes == 0) {
        free(v);
        return lct_fault_set(fault, -EAGAIN, "live", "Room %s is not on air now.",
                             "教室 %s 当前没有直播。", join->room);
    }
    (void)snprintf(v->pass, sizeof v->pass, "%s", join->pass);
    greet(v, now);
    list_viewer(v);
    v->socket = lct_http_answer_socket(request, &kind, v);
    return 0;
}

/* ---- the bus ---- */

static bool watches(const struct viewer *v, uint32_t tracks) {
    for (size_t i = 0; i < v->n_lanes; i++) {
        const struct lane *lane = &v->lanes[i];
        if ((tracks >> lane->full | tracks >> lane->track | tracks >> lane->next) & 1) {
            return true;
        }
    }
    return false;
}

static bool is_narrow(const struct viewer *v) {
    return v->state == WATCHING && v->line.level == LCT_WS_SMALL;
}

/* Keeps the twins alive that viewers need: of pictures, for sound has none. */
static void wish_small(struct room *room, lct_ns now) {
    uint32_t tracks = 0;
    if (now < room->wish_due) {
        return;
    }
    room->wish_due = now + LCT_WISH_AGAIN;
    for (const struct viewer *v = room->viewers; v; v = v->next) {
        for (size_t i = 0; is_narrow(v) && i < v->n_lanes; i++) {
            tracks |= UINT32_C(1) << v->lanes[i].full;
        }
    }
    for (uint32_t i = 0; i < room->n_tracks; i++) {
        if (tracks >> i & 1 && is_picture(room, i)) {
            room->wishes.small(room->wishes.arg, room->tracks[i].format->track_id);
        }
    }
}

/* HTTP thread. */
static void take_chunks(void *arg) {
    struct room *room = arg;
    struct lct_chunk *chunk;
    lct_ns now = lct_monotonic();
    uint32_t fed = 0;
    atomic_store(&room->woken, false);
    while ((chunk = lct_bus_take(room->reader, 0, NULL))) {
        fed |= feed(room, chunk, now);
    }
    wish_small(room, now);
    for (struct viewer *v = room->viewers; v; v = v->next) {
        if (watches(v, fed)) {
            lct_http_socket_wake(v->socket);
        }
    }
}

/* From the publisher's thread. */
static void on_chunks(void *arg) {
    struct room *room = arg;
    if (!atomic_exchange(&room->woken, true)) {
        lct_http_post(room->ws->settings.http, take_chunks, room);
    }
}

void lct_ws_add_room(struct lct_ws *ws, const char *room, struct lct_bus *bus,
                     const struct lct_wishes *wishes) {
    static const struct lct_bus_limits limits = {2 * LCT_SECOND, 16U << 20, .keep_old = false};
    struct room *r = lct_new(sizeof *r);
    r->ws = ws;
    r->wishes = *wishes;
    (void)snprintf(r->id, sizeof r->id, "%s", room);
    r->zero = LCT_NS_NONE;
    r->rang = LCT_NS_NONE;
    r->next_room = ws->rooms;
    ws->rooms = r;
    r->reader = lct_bus_subscribe(bus, &limits, on_chunks, r);
}

/* HTTP thread. */
static void ring_bell(void *arg) {
    struct room *room = arg;
    end_viewers(room);
    forget_lesson(room);
    room->rang = lct_monotonic();
}

void lct_ws_end(struct lct_ws *ws, const char *room) {
    struct room *found = find_room(ws, room);
    if (found) {
        lct_http_post(ws->settings.http, ring_bell, found);
    }
}

/* ---- start, end, counting ---- */

struct lct_ws *lct_ws_create(const struct lct_ws_settings *settings) {
    struct lct_ws *ws = lct_new(sizeof *ws);
    ws->settings = *settings;
    if (ws->settings.viewers_max > LCT_HTTP_SOCKETS_MAX) {
        ws->settings.viewers_max = LCT_HTTP_SOCKETS_MAX;
    }
    return ws;
}

void lct_ws_destroy(struct lct_ws *ws) {
    while (ws && ws->rooms) {
        struct room *room = ws->rooms;
        assert(!room->viewers);
        ws->rooms = room->next_room;
        lct_bus_unsubscribe(room->reader);
        forget_lesson(room);
        free(room);
    }
    free(ws);
}

unsigned lct_ws_viewers(const struct lct_ws *ws, const char *room) {
    const struct room *found = find_room(ws, room);
    return found ? atomic_load(&found->n_viewers) : 0;
}

void lct_ws_count(struct lct_ws *ws, struct lct_ws_counters *ret_counters) {
    *ret_counters = (struct lct_ws_counters){
        .chunks = atomic_load(&ws->chunks),
        .bytes = atomic_load(&ws->bytes),
        .skipped = atomic_load(&ws->skipped),
        .narrowed = atomic_load(&ws->narrowed),
        .joins = atomic_load(&ws->joins),
        .viewers = atomic_load(&ws->viewers),
    };
}
