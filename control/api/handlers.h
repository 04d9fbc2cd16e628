// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What answers an operation of docs/api.yaml, one each, in the order of control/api/routes.c, which
 * says in which loop each is called. app is the struct lct_api; each takes the request.
 *
 *     void lct_api_get_room(void *app, struct lct_http_request *request);
 */
#pragma once

#include "stream/http/http.h"

/** GET /healthz: this loop answers, and how the certificate stands. */
void lct_api_get_health(void *app, struct lct_http_request *request);

/** GET /metrics. */
void lct_api_get_metrics(void *app, struct lct_http_request *request);

/** GET /api/v1/rooms. */
void lct_api_get_rooms(void *app, struct lct_http_request *request);

/** GET /api/v1/rooms/{room}. */
void lct_api_get_room(void *app, struct lct_http_request *request);

/** GET /api/v1/rooms/{room}/links. */
void lct_api_get_links(void *app, struct lct_http_request *request);

/** POST /api/v1/rooms/{room}/links: makes a watch link. */
void lct_api_post_link(void *app, struct lct_http_request *request);

/** DELETE /api/v1/rooms/{room}/links/{id}: revokes it. */
void lct_api_delete_link(void *app, struct lct_http_request *request);

/** GET /api/v1/rooms/{room}/pushes. */
void lct_api_get_pushes(void *app, struct lct_http_request *request);

/** POST /api/v1/rooms/{room}/pushes: pushes the room's lessons to one more address. */
void lct_api_post_push(void *app, struct lct_http_request *request);

/** DELETE /api/v1/rooms/{room}/pushes/{id}: not any more. */
void lct_api_delete_push(void *app, struct lct_http_request *request);

/** PUT /api/v1/rooms/{room}/pushes/{id}: switches it on or off. */
void lct_api_put_push(void *app, struct lct_http_request *request);

/** PUT /api/v1/rooms/{room}/public: opens the room to everybody, or ends that. */
void lct_api_put_public(void *app, struct lct_http_request *request);

/** POST /api/v1/rooms/{room}/recording: begins a lesson. */
void lct_api_post_recording(void *app, struct lct_http_request *request);

/** DELETE /api/v1/rooms/{room}/recording: ends it. */
void lct_api_delete_recording(void *app, struct lct_http_request *request);

/** POST /api/v1/rooms/{room}/marks: answered when the mark is durable. */
void lct_api_post_mark(void *app, struct lct_http_request *request);

/** GET /api/v1/recordings: a part of the list. */
void lct_api_get_recordings(void *app, struct lct_http_request *request);

/** GET /api/v1/recordings/{id}. */
void lct_api_get_recording(void *app, struct lct_http_request *request);

/** GET /api/v1/library: search among lessons and microlessons. */
void lct_api_get_library(void *app, struct lct_http_request *request);

/** GET /api/v1/collections. */
void lct_api_get_collections(void *app, struct lct_http_request *request);

/** POST /api/v1/collections. */
void lct_api_post_collection(void *app, struct lct_http_request *request);

/** GET /api/v1/collections/{id}. */
void lct_api_get_collection(void *app, struct lct_http_request *request);

/** PUT /api/v1/collections/{id}. */
void lct_api_put_collection(void *app, struct lct_http_request *request);

/** DELETE /api/v1/collections/{id}. */
void lct_api_delete_collection(void *app, struct lct_http_request *request);

/** GET /api/v1/collections/{id}/items. */
void lct_api_get_collection_items(void *app, struct lct_http_request *request);

/** GET, POST /api/v1/uploads; GET, PUT, DELETE /api/v1/uploads/{id}. Each takes the request. */
void lct_api_get_uploads(void *app, struct lct_http_request *request);
/** See above. */
void lct_api_post_upload(void *app, struct lct_http_request *request);
/** See above. */
void lct_api_get_upload(void *app, struct lct_http_request *request);
/** See above. */
void lct_api_put_upload(void *app, struct lct_http_request *request);
/** See above. */
void lct_api_delete_upload(void *app, struct lct_http_request *request);

/** GET /api/v1/vocabularies. */
void lct_api_get_vocabularies(void *app, struct lct_http_request *request);

/** PUT /api/v1/vocabularies. */
void lct_api_put_vocabularies(void *app, struct lct_http_request *request);

/** GET /api/v1/items/{id}. */
void lct_api_get_item(void *app, struct lct_http_request *request);

/** PUT /api/v1/items/{id}/chapters. */
void lct_api_put_chapters(void *app, struct lct_http_request *request);

/** GET /api/v1/items/{id}/subtitles/{lang}. */
void lct_api_get_subtitles(void *app, struct lct_http_request *request);

/** PUT /api/v1/items/{id}/subtitles/{lang}. */
void lct_api_put_subtitles(void *app, struct lct_http_request *request);

/** DELETE /api/v1/items/{id}/subtitles/{lang}. */
void lct_api_delete_subtitles(void *app, struct lct_http_request *request);

/** PUT /api/v1/items/{id}/metadata. */
void lct_api_put_metadata(void *app, struct lct_http_request *request);

/** PUT /api/v1/items/{id}/trash: into the trash. */
void lct_api_put_trash(void *app, struct lct_http_request *request);

/** DELETE /api/v1/items/{id}/trash: out of it. */
void lct_api_delete_trash(void *app, struct lct_http_request *request);

/** GET /api/v1/items/{id}/shares, and …/collections/{id}/shares. */
void lct_api_get_shares(void *app, struct lct_http_request *request);

/** POST /api/v1/items/{id}/shares, and …/collections/{id}/shares. */
void lct_api_post_share(void *app, struct lct_http_request *request);

/** DELETE /api/v1/items/{id}/shares/{share}, and …/collections/{id}/shares/{share}. */
void lct_api_delete_share(void *app, struct lct_http_request *request);

/** DELETE /api/v1/items/{id}: for ever. */
void lct_api_delete_item(void *app, struct lct_http_request *request);

/** GET /api/v1/edits/{lesson}. */
void lct_api_get_edit(void *app, struct lct_http_request *request);

/** PUT /api/v1/edits/{lesson}. */
void lct_api_put_edit(void *app, struct lct_http_request *request);

/** POST /api/v1/edits/{lesson}/presence: who edits it now. */
void lct_api_post_presence(void *app, struct lct_http_request *request);

/** GET /edit/{lesson}: the editor's page. */
void lct_api_get_edit_page(void *app, struct lct_http_request *request);

/** GET /collections/{id}: what who has a link sees of one. */
void lct_api_get_collection_page(void *app, struct lct_http_request *request);

/** GET /library: the library's page. */
void lct_api_get_library_page(void *app, struct lct_http_request *request);

/** GET /api/v1/recordings/{id}/marks. */
void lct_api_get_marks(void *app, struct lct_http_request *request);

/** GET /api/v1/clips/{id}/media.mp4. */
void lct_api_get_clip_media(void *app, struct lct_http_request *request);

/** GET /api/v1/recordings/{id}/media.mp4. */
void lct_api_get_media(void *app, struct lct_http_request *request);

/** GET …/tracks/{track}/thumb. */
void lct_api_get_thumb(void *app, struct lct_http_request *request);

/** GET …/tracks/{track}/thumbs: many of them. */
void lct_api_get_thumbs(void *app, struct lct_http_request *request);

/** GET …/tracks/{track}/waveform. */
void lct_api_get_waveform(void *app, struct lct_http_request *request);

/** GET /api/v1/live/{room}: what viewers may know of a room. */
void lct_api_get_live(void *app, struct lct_http_request *request);

/** GET /api/v1/live/{room}/lesson: the one that runs there, or the last one. */
void lct_api_get_live_lesson(void *app, struct lct_http_request *request);

/** GET /api/v1/live/{room}/events: the same, at every change. */
void lct_api_get_live_events(void *app, struct lct_http_request *request);

/** POST /api/v1/live/{room}/whep: an offer in, an answer out, and a viewer watches. */
void lct_api_post_whep(void *app, struct lct_http_request *request);

/** DELETE /api/v1/live/{room}/whep/{id}: the viewer leaves. */
void lct_api_delete_whep(void *app, struct lct_http_request *request);

/** OPTIONS /api/v1/live/{room}/whep: what pages of other sites may ask. */
void lct_api_options_whep(void *app, struct lct_http_request *request);

/** OPTIONS /api/v1/live/{room}/whep/{viewer}. */
void lct_api_options_viewer(void *app, struct lct_http_request *request);

/** GET /api/v1/live/{room}/ws: a viewer watches by WebSocket. */
void lct_api_get_ws(void *app, struct lct_http_request *request);

/** GET …/tracks/{track}/index: where its chunks lie and when they are shown. */
void lct_api_get_track_index(void *app, struct lct_http_request *request);

/** GET …/tracks/{track}/init.mp4. */
void lct_api_get_track_init(void *app, struct lct_http_request *request);

/** GET …/tracks/{track}/reels/{number}. */
void lct_api_get_track_reel(void *app, struct lct_http_request *request);

/** GET /live/{room}/index.m3u8: the room's lesson, or its last one. */
void lct_api_get_hls(void *app, struct lct_http_request *request);

/** GET /live/{room}/{lesson}/{track}/{file}: playlist, inits and segments of a track. */
void lct_api_get_hls_file(void *app, struct lct_http_request *request);

/** POST /api/v1/clips: makes a microlesson. */
void lct_api_post_clip(void *app, struct lct_http_request *request);

/** GET /api/v1/clips/{id}: its edit decision list. */
void lct_api_get_clip(void *app, struct lct_http_request *request);

/** PUT /api/v1/clips/{id}: a new version of it. */
void lct_api_put_clip(void *app, struct lct_http_request *request);

/** GET /api/v1/clips/{id}/versions. */
void lct_api_get_clip_versions(void *app, struct lct_http_request *request);

/** GET /api/v1/clips/{id}/versions/{version}. */
void lct_api_get_clip_version(void *app, struct lct_http_request *request);

/** GET /api/v1/cards: the designs that a microlesson's cards can have. */
void lct_api_get_cards(void *app, struct lct_http_request *request);

/** GET /api/v1/logo: the school's. */
void lct_api_get_logo(void *app, struct lct_http_request *request);

/** PUT /api/v1/logo. */
void lct_api_put_logo(void *app, struct lct_http_request *request);

/** DELETE /api/v1/logo. */
void lct_api_delete_logo(void *app, struct lct_http_request *request);

/** GET /api/v1/presets: and how an item ("item") stands with their rules. */
void lct_api_get_presets(void *app, struct lct_http_request *request);

/** GET /api/v1/jobs. */
void lct_api_get_jobs(void *app, struct lct_http_request *request);

/** POST /api/v1/jobs. */
void lct_api_post_job(void *app, struct lct_http_request *request);

/** GET /api/v1/jobs/{job}. */
void lct_api_get_job(void *app, struct lct_http_request *request);

/** PUT /api/v1/jobs/{job}: lets one that failed or was cancelled wait again. */
void lct_api_put_job(void *app, struct lct_http_request *request);

/** DELETE /api/v1/jobs/{job}: cancels it, or forgets it with its files. */
void lct_api_delete_job(void *app, struct lct_http_request *request);

/** GET /api/v1/jobs/{job}/file: what it made. */
void lct_api_get_job_file(void *app, struct lct_http_request *request);

/** GET /api/v1/sticks: lessons that are wanted on a USB stick. */
void lct_api_get_sticks(void *app, struct lct_http_request *request);

/** PUT /api/v1/recordings/{id}/stick: asks for one. */
void lct_api_put_stick(void *app, struct lct_http_request *request);

/** DELETE /api/v1/recordings/{id}/stick: forgets it. */
void lct_api_delete_stick(void *app, struct lct_http_request *request);

/** GET /api/v1/events. */
void lct_api_get_events(void *app, struct lct_http_request *request);

/** GET /lessons/{id}: the page that plays a lesson or microlesson. */
void lct_api_get_lesson_page(void *app, struct lct_http_request *request);

/** GET /watch/{room}: the page of a room's viewers, which other pages may embed. */
void lct_api_get_watch(void *app, struct lct_http_request *request);

/** Whatever else is asked for: the pages' files. */
void lct_api_get_page(void *app, struct lct_http_request *request);
