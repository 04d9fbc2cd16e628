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

/** Viewers of a room now, on whatever way. Any thread. */
unsigned lct_api_viewers(const struct lct_api *api, const char *room);

/** The lesson that a room's live address leads to: the one it is recording, or its newest, and
 * never another room's, whatever its recorder says. 0; -ENOENT, -EINVAL, -EIO with a fault. Disk
 * loop. */
int lct_api_find_lesson(struct lct_api *api, const char *room, char ret_id[LCT_ROOMS_LESSON_SIZE],
                        struct lct_fault *fault) LCT_MUST_USE;

/** The tracks that a viewer wishes, ?track=NAME once each, into room for most of them; whether they
 *  are there is seen when he joins. 0; -EINVAL with a fault. The names are the request's. Any
 *  thread. */
int lct_api_tracks(const struct lct_http_request *request, size_t most, const char **ret_tracks,
                   size_t *ret_n, struct lct_fault *fault) LCT_MUST_USE;

/** All rooms as docs/api.yaml says. Main loop. Returns owned. */
json_t *lct_api_rooms(struct lct_api *api) LCT_MUST_USE;

/** Answers with the status that fits the fault's code. Takes the request. */
void lct_api_answer_fault(struct lct_http_request *request, const struct lct_fault *fault);

/**
 * Answers with a recorder's reply, without what is only the link's, or with the fault when reply is
 * NULL: what lct_rooms_command's done does for a handler. Takes the request.
 */
void lct_api_answer_reply(struct lct_http_request *request, int status, const json_t *reply,
                          const struct lct_fault *fault);

/** What never changes may be kept for ever, but by nobody who is not signed in. */
#define LCT_API_CACHE_FOREVER "private, max-age=31536000, immutable"

/** The longest lesson that can be asked about, in ns. */
#define LCT_API_DAYS_10 (INT64_C(864000) * LCT_SECOND)

/** A whole number of the query, 0 to most; *value stays as it was when it is not given. 0, or
 *  -EINVAL with a fault. */
int lct_api_query_number(const struct lct_http_request *request, const char *name, int64_t most,
                         int64_t *value, struct lct_fault *fault) LCT_MUST_USE;

/** The ids of a collection's items, in its order. 0; -ENOENT; -EBADMSG … with a fault; *ret_ids is
 *  owned. Catalogue loop. */
int lct_api_collection_items(struct lct_api *api, const char *id, json_t **ret_ids,
                             struct lct_fault *fault) LCT_MUST_USE;

/** The subtitles of an item as [{"lang","label"}], with those of its sources (ids; NULL: none).
 *  Catalogue loop. Returns owned. */
json_t *lct_api_subtitles(const struct lct_api *api, const char *id,
                          const json_t *sources) LCT_MUST_USE;

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

/** Bytes, as JSON, of what a draft would be saved as; of more no heads are painted ahead. */
#define LCT_API_CLIPS_MAX (512U << 10)

/** How long heads are kept that were painted for a draft, after its last change. */
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
