// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>

#include "archive/library/chapters.h"
#include "archive/library/clip.h"
#include "archive/library/logo.h"
#include "archive/library/subtitle.h"
#include "archive/library/vocabulary.h"
#include "archive/uploads.h"
#include "control/api/api.h"
#include "control/api/handlers.h"

static const struct lct_http_route routes[] = {
    {LCT_HTTP_GET, "/api/v1/collections", lct_api_get_collections, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_POST, "/api/v1/collections", lct_api_post_collection, LCT_HTTP_CATALOGUE, false,
     1 << 20},
    {LCT_HTTP_GET, "/api/v1/collections/{id}", lct_api_get_collection, LCT_HTTP_CATALOGUE, false,
     0},
    {LCT_HTTP_PUT, "/api/v1/collections/{id}", lct_api_put_collection, LCT_HTTP_CATALOGUE, false,
     1 << 20},
    {LCT_HTTP_DELETE, "/api/v1/collections/{id}", lct_api_delete_collection, LCT_HTTP_CATALOGUE,
     false, 0},
    {LCT_HTTP_GET, "/api/v1/collections/{id}/items", lct_api_get_collection_items,
     LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_GET, "/api/v1/collections/{id}/shares", lct_api_get_shares, LCT_HTTP_CATALOGUE, false,
     0},
    {LCT_HTTP_POST, "/api/v1/collections/{id}/shares", lct_api_post_share, LCT_HTTP_CATALOGUE,
     false, 0},
    {LCT_HTTP_DELETE, "/api/v1/collections/{id}/shares/{share}", lct_api_delete_share,
     LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_GET, "/api/v1/cards", lct_api_get_cards, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_POST, "/api/v1/clips", lct_api_post_clip, LCT_HTTP_CATALOGUE, false,
     LCT_CLIP_BYTES_MAX},
    {LCT_HTTP_GET, "/api/v1/clips/{id}", lct_api_get_clip, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_PUT, "/api/v1/clips/{id}", lct_api_put_clip, LCT_HTTP_CATALOGUE, false,
     LCT_CLIP_BYTES_MAX},
    {LCT_HTTP_GET, "/api/v1/clips/{id}/media.mp4", lct_api_get_clip_media, LCT_HTTP_CATALOGUE,
     false, 0},
    {LCT_HTTP_GET, "/api/v1/clips/{id}/versions", lct_api_get_clip_versions, LCT_HTTP_CATALOGUE,
     false, 0},
    {LCT_HTTP_GET, "/api/v1/clips/{id}/versions/{version}", lct_api_get_clip_version,
     LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_GET, "/api/v1/edits/{lesson}", lct_api_get_edit, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_PUT, "/api/v1/edits/{lesson}", lct_api_put_edit, LCT_HTTP_CATALOGUE, false,
     LCT_API_EDIT_MAX},
    {LCT_HTTP_POST, "/api/v1/edits/{lesson}/presence", lct_api_post_presence, LCT_HTTP_CATALOGUE,
     false, 0},
    {LCT_HTTP_GET, "/api/v1/events", lct_api_get_events, LCT_HTTP_MAIN, false, 0},
    {LCT_HTTP_GET, "/api/v1/items/{id}", lct_api_get_item, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_DELETE, "/api/v1/items/{id}", lct_api_delete_item, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_PUT, "/api/v1/items/{id}/chapters", lct_api_put_chapters, LCT_HTTP_CATALOGUE, false,
     LCT_CHAPTERS_BYTES_MAX},
    {LCT_HTTP_PUT, "/api/v1/items/{id}/metadata", lct_api_put_metadata, LCT_HTTP_CATALOGUE, false,
     0},
    {LCT_HTTP_GET, "/api/v1/items/{id}/shares", lct_api_get_shares, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_POST, "/api/v1/items/{id}/shares", lct_api_post_share, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_DELETE, "/api/v1/items/{id}/shares/{share}", lct_api_delete_share, LCT_HTTP_CATALOGUE,
     false, 0},
    {LCT_HTTP_GET, "/api/v1/items/{id}/subtitles/{lang}", lct_api_get_subtitles, LCT_HTTP_CATALOGUE,
     false, 0},
    {LCT_HTTP_PUT, "/api/v1/items/{id}/subtitles/{lang}", lct_api_put_subtitles, LCT_HTTP_CATALOGUE,
     false, LCT_SUBTITLE_BYTES_MAX},
    {LCT_HTTP_DELETE, "/api/v1/items/{id}/subtitles/{lang}", lct_api_delete_subtitles,
     LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_PUT, "/api/v1/items/{id}/trash", lct_api_put_trash, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_DELETE, "/api/v1/items/{id}/trash", lct_api_delete_trash, LCT_HTTP_CATALOGUE, false,
     0},
    {LCT_HTTP_GET, "/api/v1/library", lct_api_get_library, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_GET, "/api/v1/jobs", lct_api_get_jobs, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_POST, "/api/v1/jobs", lct_api_post_job, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_GET, "/api/v1/jobs/{job}", lct_api_get_job, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_PUT, "/api/v1/jobs/{job}", lct_api_put_job, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_DELETE, "/api/v1/jobs/{job}", lct_api_delete_job, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_GET, "/api/v1/jobs/{job}/file", lct_api_get_job_file, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_GET, "/api/v1/live/{room}", lct_api_get_live, LCT_HTTP_MAIN, false, 0},
    {LCT_HTTP_GET, "/api/v1/live/{room}/events", lct_api_get_live_events, LCT_HTTP_MAIN, false, 0},
    {LCT_HTTP_GET, "/api/v1/live/{room}/lesson", lct_api_get_live_lesson, LCT_HTTP_DISK, false, 0},
    {LCT_HTTP_POST, "/api/v1/live/{room}/whep", lct_api_post_whep, LCT_HTTP_HERE, false, 0},
    {LCT_HTTP_DELETE, "/api/v1/live/{room}/whep/{viewer}", lct_api_delete_whep, LCT_HTTP_HERE,
     false, 0},
    {LCT_HTTP_OPTIONS, "/api/v1/live/{room}/whep", lct_api_options_whep, LCT_HTTP_HERE, true, 0},
    {LCT_HTTP_OPTIONS, "/api/v1/live/{room}/whep/{viewer}", lct_api_options_viewer, LCT_HTTP_HERE,
     true, 0},
    {LCT_HTTP_GET, "/api/v1/live/{room}/ws", lct_api_get_ws, LCT_HTTP_SOCKET, false, 0},
    {LCT_HTTP_GET, "/api/v1/logo", lct_api_get_logo, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_PUT, "/api/v1/logo", lct_api_put_logo, LCT_HTTP_CATALOGUE, false, LCT_LOGO_BYTES_MAX},
    {LCT_HTTP_DELETE, "/api/v1/logo", lct_api_delete_logo, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_GET, "/api/v1/presets", lct_api_get_presets, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_GET, "/api/v1/recordings", lct_api_get_recordings, LCT_HTTP_DISK, false, 0},
    {LCT_HTTP_GET, "/api/v1/recordings/{id}", lct_api_get_recording, LCT_HTTP_DISK, false, 0},
    {LCT_HTTP_GET, "/api/v1/recordings/{id}/marks", lct_api_get_marks, LCT_HTTP_DISK, false, 0},
    {LCT_HTTP_GET, "/api/v1/recordings/{id}/media.mp4", lct_api_get_media, LCT_HTTP_DISK, false, 0},
    {LCT_HTTP_PUT, "/api/v1/recordings/{id}/stick", lct_api_put_stick, LCT_HTTP_CATALOGUE, false,
     0},
    {LCT_HTTP_DELETE, "/api/v1/recordings/{id}/stick", lct_api_delete_stick, LCT_HTTP_CATALOGUE,
     false, 0},
    {LCT_HTTP_GET, "/api/v1/recordings/{id}/tracks/{track}/index", lct_api_get_track_index,
     LCT_HTTP_DISK, false, 0},
    {LCT_HTTP_GET, "/api/v1/recordings/{id}/tracks/{track}/init.mp4", lct_api_get_track_init,
     LCT_HTTP_DISK, false, 0},
    {LCT_HTTP_GET, "/api/v1/recordings/{id}/tracks/{track}/reels/{number}", lct_api_get_track_reel,
     LCT_HTTP_DISK, false, 0},
    {LCT_HTTP_GET, "/api/v1/recordings/{id}/tracks/{track}/thumb", lct_api_get_thumb, LCT_HTTP_DISK,
     false, 0},
    {LCT_HTTP_GET, "/api/v1/recordings/{id}/tracks/{track}/thumbs", lct_api_get_thumbs,
     LCT_HTTP_DISK, false, 0},
    {LCT_HTTP_GET, "/api/v1/recordings/{id}/tracks/{track}/waveform", lct_api_get_waveform,
     LCT_HTTP_DISK, false, 0},
    {LCT_HTTP_GET, "/api/v1/rooms", lct_api_get_rooms, LCT_HTTP_MAIN, false, 0},
    {LCT_HTTP_GET, "/api/v1/rooms/{room}", lct_api_get_room, LCT_HTTP_MAIN, false, 0},
    {LCT_HTTP_GET, "/api/v1/rooms/{room}/links", lct_api_get_links, LCT_HTTP_MAIN, false, 0},
    {LCT_HTTP_POST, "/api/v1/rooms/{room}/links", lct_api_post_link, LCT_HTTP_DISK, false, 0},
    {LCT_HTTP_DELETE, "/api/v1/rooms/{room}/links/{link}", lct_api_delete_link, LCT_HTTP_DISK,
     false, 0},
    {LCT_HTTP_POST, "/api/v1/rooms/{room}/marks", lct_api_post_mark, LCT_HTTP_MAIN, false, 0},
    {LCT_HTTP_PUT, "/api/v1/rooms/{room}/public", lct_api_put_public, LCT_HTTP_DISK, false, 0},
    {LCT_HTTP_GET, "/api/v1/rooms/{room}/pushes", lct_api_get_pushes, LCT_HTTP_MAIN, false, 0},
    {LCT_HTTP_POST, "/api/v1/rooms/{room}/pushes", lct_api_post_push, LCT_HTTP_DISK, false, 0},
    {LCT_HTTP_DELETE, "/api/v1/rooms/{room}/pushes/{push}", lct_api_delete_push, LCT_HTTP_DISK,
     false, 0},
    {LCT_HTTP_PUT, "/api/v1/rooms/{room}/pushes/{push}", lct_api_put_push, LCT_HTTP_DISK, false, 0},
    {LCT_HTTP_DELETE, "/api/v1/rooms/{room}/recording", lct_api_delete_recording, LCT_HTTP_MAIN,
     false, 0},
    {LCT_HTTP_POST, "/api/v1/rooms/{room}/recording", lct_api_post_recording, LCT_HTTP_MAIN, false,
     0},
    {LCT_HTTP_GET, "/api/v1/sticks", lct_api_get_sticks, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_GET, "/collections/{id}", lct_api_get_collection_page, LCT_HTTP_HERE, false, 0},
    {LCT_HTTP_GET, "/edit/{lesson}", lct_api_get_edit_page, LCT_HTTP_HERE, false, 0},
    {LCT_HTTP_GET, "/healthz", lct_api_get_health, LCT_HTTP_MAIN, true, 0},
    {LCT_HTTP_GET, "/lessons/{id}", lct_api_get_lesson_page, LCT_HTTP_HERE, false, 0},
    {LCT_HTTP_GET, "/library", lct_api_get_library_page, LCT_HTTP_HERE, false, 0},
    {LCT_HTTP_GET, "/live/{room}/index.m3u8", lct_api_get_hls, LCT_HTTP_DISK, false, 0},
    {LCT_HTTP_GET, "/live/{room}/{lesson}/{track}/{file}", lct_api_get_hls_file, LCT_HTTP_DISK,
     false, 0},
    {LCT_HTTP_GET, "/metrics", lct_api_get_metrics, LCT_HTTP_MAIN, false, 0},
    {LCT_HTTP_GET, "/api/v1/uploads", lct_api_get_uploads, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_POST, "/api/v1/uploads", lct_api_post_upload, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_GET, "/api/v1/uploads/{id}", lct_api_get_upload, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_PUT, "/api/v1/uploads/{id}", lct_api_put_upload, LCT_HTTP_CATALOGUE, false,
     LCT_UPLOAD_PIECE_MAX},
    {LCT_HTTP_DELETE, "/api/v1/uploads/{id}", lct_api_delete_upload, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_GET, "/api/v1/vocabularies", lct_api_get_vocabularies, LCT_HTTP_CATALOGUE, false, 0},
    {LCT_HTTP_PUT, "/api/v1/vocabularies", lct_api_put_vocabularies, LCT_HTTP_CATALOGUE, false,
     LCT_VOCABULARY_BYTES_MAX},
    {LCT_HTTP_GET, "/watch/{room}", lct_api_get_watch, LCT_HTTP_HERE, false, 0},
    {LCT_HTTP_GET, "*", lct_api_get_page, LCT_HTTP_HERE, false, 0},
};

const struct lct_http_route *lct_api_routes(size_t *ret_n) {
    *ret_n = sizeof routes / sizeof *routes;
    return routes;
}

void lct_api_answer_fault(struct lct_http_request *request, const struct lct_fault *fault) {
    static const struct {
        int code, status;
    } rows[] = {
        {-EINVAL, 400},       {-ENOENT, 404}, {-EALREADY, 409},   {-ESRCH, 409},
        {-EBUSY, 409},        {-ENOSPC, 507}, {-ENOTCONN, 503},   {-ETIMEDOUT, 504},
        {-EFBIG, 413},        {-EPERM, 403},  {-ENODATA, 404},    {-EAGAIN, 409},
        {-ENOTSUP, 406},      {-EUSERS, 503}, {-EPROTOTYPE, 415}, {-ESTALE, 412},
        {-EDESTADDRREQ, 428}, {-ERANGE, 409}, {-ETXTBSY, 409},
    };
    int status = 500;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        status = rows[i].code == fault->code ? rows[i].status : status;
    }
    lct_http_answer_fault(request, status, fault);
}

void lct_api_answer_reply(struct lct_http_request *request, int status, const json_t *reply,
                          const struct lct_fault *fault) {
    if (!reply) {
        lct_api_answer_fault(request, fault);
        return;
    }
    json_t *body = json_deep_copy(reply);
    json_object_del(body, "id");
    json_object_del(body, "ok");
    lct_http_answer_json(request, status, body);
}
