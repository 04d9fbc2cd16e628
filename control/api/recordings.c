// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The recordings. A list is read one lesson a letter: between two of them the disk's loop serves
 * whoever else waits for it, a player above all.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/lesson/lesson.h"
#include "base/log.h"
#include "base/mem.h"
#include "control/api/api.h"
#include "control/api/handlers.h"

LCT_LOG_TOPIC("api");

#define LIMIT_MAX 100
#define LIMIT_DEFAULT 20

/* A list that is being read. */
struct listing {
    struct lct_api *api;
    struct lct_http_request *request;
    json_t *ids;      /* newest first */
    size_t at;        /* the next of them to be read */
    const char *last; /* the one that was read last; NULL: none yet */
    size_t limit;     /* so many recordings, and no more */
    json_t *found;    /* their summaries */
};

/* "limit" and "before" where they are given; *ret_before borrows. */
static int wanted_part(const struct lct_http_request *request, size_t *ret_limit,
                       const char **ret_before, struct lct_fault *fault) {
    const char *limit = lct_http_query(request, "limit", 0);
    const char *before = lct_http_query(request, "before", 0);
    char *end = NULL;
    long n = limit && isdigit((unsigned char)*limit) ? strtol(limit, &end, 10) : 0;
    if (limit && (n < 1 || n > LIMIT_MAX || *end)) {
        return lct_fault_set(fault, -EINVAL, "api", "\"limit\" must be a number from 1 to %d.",
                             "“limit”必须是 1 到 %d 的整数。", LIMIT_MAX);
    }
    if (before && !lct_lesson_is_id(before)) {
        return lct_fault_set(fault, -EINVAL, "api",
                             "\"before\" must be a recording's id, such as a list's \"next\".",
                             "“before”必须是录像编号，例如列表中的“next”。");
    }
    *ret_limit = limit ? (size_t)n : *ret_limit;
    *ret_before = before;
    return 0;
}

/* Answers, and frees. */
static void finish(struct listing *listing) {
    bool more = listing->at < json_array_size(listing->ids);
    lct_http_answer_json(listing->request, 200,
                         json_pack("{s:o, s:s?}", "recordings", listing->found, "next",
                                   more ? listing->last : NULL));
    json_decref(listing->ids);
    free(listing);
}

static void read_one(void *opaque) {
    struct listing *listing = opaque;
    struct lct_fault fault;
    json_t *recording = NULL;
    if (listing->at == json_array_size(listing->ids) ||
        json_array_size(listing->found) == listing->limit || lct_http_gone(listing->request)) {
        finish(listing);
        return;
    }
    listing->last = json_string_value(json_array_get(listing->ids, listing->at++));
    if (lct_recordings_summary(listing->api->recordings, listing->last, &recording, &fault) == 0) {
        json_array_append_new(listing->found, recording);
    } else { /* no lesson, or a damaged one: it must not hide the others */
        lct_debug("not listed", "folder=%s because=%s", listing->last, fault.en);
    }
    lct_loop_post(listing->api->disk, read_one, listing);
}

void lct_api_get_recordings(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    struct lct_fault fault;
    size_t limit = LIMIT_DEFAULT;
    const char *before = NULL;
    json_t *ids;
    if (wanted_part(request, &limit, &before, &fault) < 0 ||
        lct_recordings_ids(api->recordings, before, &ids, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    struct listing *listing = lct_new(sizeof *listing);
    *listing = (struct listing){
        .api = api, .request = request, .ids = ids, .limit = limit, .found = json_array()};
    read_one(listing);
}

void lct_api_get_recording(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    json_t *lesson;
    struct lct_fault fault;
    if (lct_recordings_get(api->recordings, lct_http_value(request, 0), &lesson, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
    } else {
        lct_http_answer_json(request, 200, lesson);
    }
}
