// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The REST API: one file a resource, one line a route in routes.c, described in docs/api.yaml (a
 * test holds the two together). Handlers get the server's parts below; which thread they run in
 * stands in the route.
 */
#pragma once

#include "archive/calm.h"
#include "archive/cut/movies.h"
#include "archive/library/catalogue.h"
#include "archive/library/clip.h"
#include "base/loop.h"
#include "control/server/access.h"
#include "control/server/certificate.h"
#include "control/server/gathered.h"
#include "control/server/links.h"
#include "control/server/pusher.h"
#include "control/server/pushes.h"
#include "control/server/recordings.h"
#include "control/server/rooms.h"
#include "control/server/shelf.h"
#include "control/server/web.h"
#include "control/server/workers.h"
#include "control/worker/presets.h"
#include "stream/http/http.h"
#include "stream/rtc/rtc.h"
#include "stream/ws.h"

struct lct_api_events;
struct lct_api_live;
struct lct_api_presence;

/** What handlers work with; made by server.c. */
struct lct_api {
    struct lct_loop *loop;                  /**< the main loop; any thread posts */
    struct lct_rooms *rooms;                /**< main loop */
    struct lct_api_events *events;          /**< main loop */
    struct lct_api_live *live;              /**< main loop */
    struct lct_recordings *recordings;      /**< disk loop */
    struct lct_shelf *shelf;                /**< disk loop */
    struct lct_loop *disk;                  /**< that loop: for handlers that go on in pieces */
    struct lct_loop *catalogue_loop;        /**< that loop; any thread posts */
    struct lct_catalogue *catalogue;        /**< catalogue loop */
    struct lct_gathered *gathered;          /**< any thread; changes: catalogue loop */
    struct lct_recordings *item_recordings; /**< the recordings once more; catalogue loop */
    struct lct_workers *workers;            /**< catalogue loop */
    struct lct_calm *calm;                  /**< catalogue loop */
    json_t *presets;                        /**< catalogue loop; fixed */
    struct lct_movies *movies;              /**< any thread */
    struct lct_access *access;              /**< any thread */
    struct lct_links *links;                /**< any thread; changes: disk loop */
    struct lct_links *shares;               /**< any thread; changes: catalogue loop */
    struct lct_pushes *pushes;              /**< any thread; changes: disk loop */
    struct lct_pusher *pusher;              /**< main loop */
    struct lct_web *web;                    /**< any thread; NULL: no pages */
    struct lct_rtc *rtc;                    /**< any thread */
    struct lct_ws *ws;                      /**< HTTP thread; counting: any thread */
    struct lct_api_presence *presence;      /**< catalogue loop */
    struct lct_certificate
        *certificate;             /**< any thread; NULL: none is needed, or the door has its own */
    struct lct_http_server *http; /**< any thread; set before the first request is answered */
    int64_t trash_days;           /**< fixed; 0: nothing is deleted by itself */
    bool sticks;                  /**< fixed; USB sticks of this machine are served */
    const char *data;             /**< fixed */
};

/** All routes; *ret_n is their number. */
const struct lct_http_route *lct_api_routes(size_t *ret_n);

/** The gate of lct_http_options: asks for the access code, or what else opens a room's live. HTTP
 *  thread. */
bool lct_api_gate(void *app, struct lct_http_request *request);

/** Room for a pass. */
#define LCT_API_PASS_SIZE LCT_RTC_PASS_SIZE

/** True when the request shows the access code, and not just a link. Any thread. */
bool lct_api_has_code(struct lct_api *api, const struct lct_http_request *request);

/** True when the request shows the access code or a good link of the lesson or microlesson itself.
 *  Any thread. */
bool lct_api_sees_all(struct lct_api *api, const struct lct_http_request *request, const char *id);

/** A walk through the microlessons that a request's links open; begins all zero. */
struct lct_api_clips {
    const char *at;                 /**< behind the cookie it is at */
    char shown[LCT_LESSON_ID_SIZE]; /**< of which that is: a microlesson, or a collection of some */
    char clip[LCT_LESSON_ID_SIZE];  /**< found last */
};

/** The next microlesson that is made of the lesson and of which, or of a collection with it, the
 * request shows a good link: true, and it is clips->clip. Any thread. */
bool lct_api_next_clip(struct lct_api *api, const struct lct_http_request *request,
                       const char *lesson, struct lct_api_clips *clips);

/** What of a lesson's media may be read: all, or these stretches of lesson time, in order. */
struct lct_api_reach {
    bool all;
    struct lct_api_span {
        lct_ns from, to;
    } * spans; /**< owned */
    size_t n;
};

/** What of a lesson's media the request, which came in, may read now. Disk loop; *ret_reach is
 * owned (lct_api_reach_free). */
void lct_api_reach_of(struct lct_api *api, const struct lct_http_request *request,
                      const char *lesson, struct lct_api_reach *ret_reach);

/** Frees what it holds. */
void lct_api_reach_free(struct lct_api_reach *reach);

/** True when anything of lesson time from up to, but without, to may be read. */
bool lct_api_reach_has(const struct lct_api_reach *reach, lct_ns from, lct_ns to);

/** As lct_follow_rows, but only rows that may be read, and those that decoding them needs: from the
 *  key frame at or before a stretch on. Disk loop. */
ssize_t lct_api_reach_rows(const struct lct_api_reach *reach, const struct lct_follow *tape,
                           const struct lct_segment *segment,
                           struct lct_index_row **ret_rows) LCT_MUST_USE;

/** True when the picture of that lesson time is one of these. Disk loop. */
bool lct_api_reach_shows(const struct lct_api_reach *reach, const struct lct_follow *tape,
                         lct_ns time);

/** 0 when the bytes of a reel that the request asks for are those of such rows; else -EPERM with a
 *  fault. Disk loop. */
int lct_api_reach_check(const struct lct_api_reach *reach, const struct lct_http_request *request,
                        const struct lct_follow *tape, const struct lct_follow_reel *reel,
                        struct lct_fault *fault) LCT_MUST_USE;

/** By what right a request to a room's live came in, for lct_api_may_watch. Any thread. */
void lct_api_pass(struct lct_api *api, const struct lct_http_request *request, const char *room,
                  char ret_pass[LCT_API_PASS_SIZE]);

/** True while that right holds: its link is good, or the room is public. app is the struct lct_api.
 *  Any thread. */
bool lct_api_may_watch(void *app, const char *room, const char *pass);

/** Viewers of a room now, on whatever way. Any thread. */
unsigned lct_api_viewers(const struct lct_api *api, const char *room);

/** The lesson that a room's live address leads to: the one it is recording, or its newest, and
 * never another room's, whatever its recorder says. 0; -ENOENT, -EINVAL, -EIO with a fault. Disk
 * loop. */
int lct_api_find_lesson(struct lct_api *api, const char *room, char ret_id[LCT_ROOMS_LESSON_SIZE],
                        struct lct_fault *fault) LCT_MUST_USE;

/** The room that the request's path names first. 0; -ENOENT with a fault. *ret_room is the
 *  request's. Any thread. */
int lct_api_find_room(struct lct_api *api, const struct lct_http_request *request,
                      const char **ret_room, struct lct_fault *fault) LCT_MUST_USE;

/** 0 when there is a lesson or clip of this id; -ENOENT with a fault. Catalogue loop. */
int lct_api_find_item(const struct lct_api *api, const char *id,
                      struct lct_fault *fault) LCT_MUST_USE;

/** Says that there is none. -ENOENT. */
int lct_api_no_item(const char *id, struct lct_fault *fault);

/** 0 while there is that collection; -ENOENT with a fault. Any thread. */
int lct_api_find_collection(const struct lct_api *api, const char *id,
                            struct lct_fault *fault) LCT_MUST_USE;

/** Says that there is none. -ENOENT. */
int lct_api_no_collection(const char *id, struct lct_fault *fault);

/** The tracks that a viewer wishes, ?track=NAME once each, into room for most of them; whether they
 *  are there is seen when he joins. 0; -EINVAL with a fault. The names are the request's. Any
 *  thread. */
int lct_api_tracks(const struct lct_http_request *request, size_t most, const char **ret_tracks,
                   size_t *ret_n, struct lct_fault *fault) LCT_MUST_USE;

/** All rooms as docs/api.yaml says. Main loop. Returns owned. */
json_t *lct_api_rooms(struct lct_api *api) LCT_MUST_USE;

/** True for addresses of programs, not of people: their faults are JSON. */
bool lct_api_is_api(const char *path);

/** Answers with the status that fits the fault's code. Takes the request. */
void lct_api_answer_fault(struct lct_http_request *request, const struct lct_fault *fault);

/**
 * Answers with a recorder's reply, without what is only the link's, or with the fault when reply is
 * NULL: what lct_rooms_command's done does for a handler. Takes the request.
 */
void lct_api_answer_reply(struct lct_http_request *request, int status, const json_t *reply,
                          const struct lct_fault *fault);

/** The version of a document of a person's as its bytes say it: an ETag, quotes included. */
#define LCT_API_TAG_SIZE 19

/** Writes the tag of n bytes. */
void lct_api_tag(const void *bytes, size_t n, char ret_tag[LCT_API_TAG_SIZE]);

/** Writes the tag of a document, as it is kept; of an empty one "": there is none. */
void lct_api_tag_of(const json_t *json, char ret_tag[LCT_API_TAG_SIZE]);

/** Answers with a document (taken) and its tag. Takes the request. */
void lct_api_answer_document(struct lct_http_request *request, json_t *json);

/**
 * May the document that now has this tag ("": there is none yet) be replaced by what the request
 * brings? Its If-Match must name it ("*": whatever there is), so that nobody's work is replaced
 * unseen (RFC 9110 sec. 13.1.1). A new one needs no If-Match. 0; -ESTALE: somebody else saved
 * meanwhile; -EDESTADDRREQ: it does not say; with a fault.
 */
int lct_api_may_replace(const struct lct_http_request *request, const char *tag,
                        struct lct_fault *fault) LCT_MUST_USE;

/** What saving a document gave, 0 or the disk's -errno, with a fault that says so. Returns rc. */
int lct_api_saved(int rc, struct lct_fault *fault) LCT_MUST_USE;

/** What never changes may be kept for ever, but by nobody who is not signed in. */
#define LCT_API_CACHE_FOREVER "private, max-age=31536000, immutable"

/** The longest lesson that can be asked about, in ns. */
#define LCT_API_DAYS_10 (INT64_C(864000) * LCT_SECOND)

/** A whole number of the query, 0 to most; *value stays as it was when it is not given. 0, or
 *  -EINVAL with a fault. */
int lct_api_query_number(const struct lct_http_request *request, const char *name, int64_t most,
                         int64_t *value, struct lct_fault *fault) LCT_MUST_USE;

/** Up to when anything of a tape can be asked for, lesson time. Disk loop. */
lct_ns lct_api_tape_end(const struct lct_follow *tape);

/**
 * Answers with bytes of a reel of a tape, promises kept (archive/tape/demand.h), from offset from
 * up to to, behind the last of which end_tick is. A range may be asked for. Takes the request.
 */
void lct_api_answer_reel(struct lct_http_request *request, const struct lct_follow *tape,
                         const struct lct_follow_reel *reel, uint64_t from, uint64_t to,
                         int64_t end_tick);

/** Answers with the init of a reel. Takes the request. */
void lct_api_answer_init(struct lct_http_request *request, const struct lct_follow_reel *reel);

/** The ids of a collection's items, in its order. 0; -ENOENT; -EBADMSG … with a fault; *ret_ids is
 *  owned. Catalogue loop. */
int lct_api_collection_items(struct lct_api *api, const char *id, json_t **ret_ids,
                             struct lct_fault *fault) LCT_MUST_USE;

/** The subtitles of an item as [{"lang","label"}], with those of its sources (ids; NULL: none).
 *  Catalogue loop. Returns owned. */
json_t *lct_api_subtitles(const struct lct_api *api, const char *id,
                          const json_t *sources) LCT_MUST_USE;

/** True where the school has put its logo (LCT_CLIP_LOGO, archive/library/clip.h), not whether it
 * can be drawn. Any thread. */
bool lct_api_has_logo(const struct lct_api *api);

/** True for a lesson that has ended, shows a screen, lies here as a whole, and whose slides nobody
 *  has looked for. Catalogue loop. */
bool lct_api_lacks_slides(const struct lct_api *api, const char *id);

/** Has them looked for, unless that was asked for in the last days (archive/jobs.h). False: so much
 * waits that they are to be asked for again later. Catalogue loop. */
bool lct_api_want_slides(struct lct_api *api, const char *id);

/** Adds to a lesson's item its chapters, whose they are, and its slides. Catalogue loop. */
void lct_api_add_chapters(json_t *item, const char *folder);

/** Ends all links of what is gone. Catalogue loop. */
void lct_api_end_shares(struct lct_api *api, const char *id);

/** Deletes for ever what lies in the trash longer than trash_days. Catalogue loop. */
void lct_api_empty_trash(struct lct_api *api);

/** Removes uploads that are too old (archive/uploads.h). Catalogue loop. */
void lct_api_tidy_uploads(struct lct_api *api);

/** Deletes what lies in the trash for ever. 0; -ENOENT; -EBUSY: it is not in the trash, or is used;
 *  or another -errno; with a fault. Catalogue loop. */
int lct_api_delete_for_ever(struct lct_api *api, const char *id,
                            struct lct_fault *fault) LCT_MUST_USE;

/** Bytes of what an editor keeps of a lesson at most; its page keeps less than 2 MB. */
#define LCT_API_EDIT_MAX (4U << 20)

/** Removes what an editor keeps of a lesson that was deleted. Catalogue loop. */
void lct_api_remove_edit(const struct lct_api *api, const char *id);

/** How long heads are kept that were painted for a draft, after the last were. */
#define LCT_API_HEADS_KEPT (24 * 3600 * LCT_SECOND)

/** Removes those that are older. Catalogue loop. */
void lct_api_tidy_edits(const struct lct_api *api);

/** Who edits which lesson now. Catalogue loop. Owned. */
struct lct_api_presence *lct_api_presence_create(void) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_api_presence_destroy(struct lct_api_presence *presence);

/** A version of a clip was saved: what its media.mp4 needs is made before somebody asks. Catalogue
 *  loop. */
void lct_api_prepare_clip(struct lct_api *api, const char *id, unsigned version,
                          const struct lct_clip *clip);

/** 0 when lectern has the design of a card, or there is no card; -EINVAL with a fault that says
 * which there are. Reads the disk; any thread. */
int lct_api_check_card(const struct lct_clip_card *card, struct lct_fault *fault) LCT_MUST_USE;

/** The streams of events: a watcher a page that is open. Main loop. */
struct lct_api_events *lct_api_events_create(struct lct_loop *loop,
                                             struct lct_api *api) LCT_MUST_USE;

/** Something of a room changed: told to all streams, at most ten times a second. */
void lct_api_events_changed(struct lct_api_events *events);

/** A job changed, or went (borrows): told to all streams at once. */
void lct_api_events_job(struct lct_api_events *events, const json_t *job);

/** Ends the timer; then destroy after the loop is gone. */
void lct_api_events_stop(struct lct_api_events *events);

/** Ends the streams and frees; NULL is allowed. */
void lct_api_events_destroy(struct lct_api_events *events);

/** The streams of events of rooms' viewers. Main loop. */
struct lct_api_live *lct_api_live_create(struct lct_loop *loop, struct lct_api *api) LCT_MUST_USE;

/** Something of a room changed: told to its viewers, at most five times a second. */
void lct_api_live_changed(struct lct_api_live *live);

/** Ends the timer; then destroy after the loop is gone. */
void lct_api_live_stop(struct lct_api_live *live);

/** Ends the streams and frees; NULL is allowed. */
void lct_api_live_destroy(struct lct_api_live *live);
