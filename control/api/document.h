// SPDX-License-Identifier: GPL-3.0-or-later
/** Documents of a person's, such as metadata and drafts: their tags, so that nobody's work is
 * replaced unseen (RFC 9110 sec. 13.1). */
#pragma once

#include "control/api/api.h"

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
