// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Subtitles of a lesson or microlesson, one file a language: subtitles/LANG.vtt in its folder
 * (docs/formats/library.md). Read are WebVTT (W3C "WebVTT: The Web Video Text Tracks Format",
 * Candidate Recommendation of 2019, sec. 4 and 6) and SubRip, which has no standard, as people's
 * programs write them, in whatever encoding archive/library/encoding.h knows; written is WebVTT,
 * and SubRip for who asks for it. A cue is two times and plain text (archive/library/plain.h);
 * tags, places and styles are left out. Parsing and writing are pure; files belong to one thread a
 * folder.
 *
 *     rc = lct_subtitle_parse(bytes, n, &subtitle, &fault);
 *     char *text = lct_subtitle_vtt(&subtitle, &length);            // or lct_subtitle_srt
 *     rc = lct_subtitle_save(&lct_io_system, folder, "zh", &subtitle);
 *     lct_subtitle_free(&subtitle);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/io.h"
#include "base/json.h"
#include "base/time.h"

/** Bytes of a file, cues of one, bytes of a cue's text at most. */
#define LCT_SUBTITLE_BYTES_MAX (4U << 20)
#define LCT_SUBTITLE_CUES_MAX 20000
#define LCT_SUBTITLE_TEXT_MAX 2000

/** Latest time of a cue. */
#define LCT_SUBTITLE_TIME_MAX (100 * 3600 * LCT_SECOND)

/** Lines that are named of those that were left out. */
#define LCT_SUBTITLE_LEFT_MAX 10

/** Room for a language. */
#define LCT_SUBTITLE_LANG_SIZE 36

struct lct_cue {
    lct_ns from, to; /**< whole milliseconds where it was read; from < to */
    char *text;      /**< owned; one line or more, none of them empty */
};

/** By from; cues may overlap. Begins all zero. */
struct lct_subtitle {
    struct lct_cue *cues; /**< owned */
    size_t count, room;
    size_t left_out;                      /**< cues that were not as they may be */
    unsigned left[LCT_SUBTITLE_LEFT_MAX]; /**< in which lines the first of them stood, 1 and up */
};

/** True for a language: of BCP 47 (RFC 5646 sec. 2.1) two or three letters and what may follow
 *  them, as "zh", "zh-Hans", "en-GB". */
bool lct_subtitle_is_lang(const char *text);

/**
 * Reads WebVTT (when "WEBVTT" stands in front) or SubRip. A cue whose times cannot be read, run
 * backwards or lie behind LCT_SUBTITLE_TIME_MAX, and one whose text is too long, is left out and
 * counted; one without text is no cue. 0; -EINVAL: no text, or no subtitles; -EFBIG: too long, or
 * too many cues; with a fault. *ret_subtitle is owned (lct_subtitle_free).
 */
int lct_subtitle_parse(const void *bytes, size_t n, struct lct_subtitle *ret_subtitle,
                       struct lct_fault *fault) LCT_MUST_USE;

/** As WebVTT; what is read from that is the same, to the millisecond. Returns owned (free). */
char *lct_subtitle_vtt(const struct lct_subtitle *subtitle, size_t *ret_n) LCT_MUST_USE;

/** As SubRip: UTF-8 with a byte order mark and CRLF, as Windows programs want it. What looks like a
 *  tag in a text is one for whoever reads that. Returns owned (free). */
char *lct_subtitle_srt(const struct lct_subtitle *subtitle, size_t *ret_n) LCT_MUST_USE;

/** Adds a cue (copies text) behind the others. */
void lct_subtitle_add(struct lct_subtitle *subtitle, lct_ns from, lct_ns to, const char *text);

/** Adds what of the cues lies in the range from <= t < to, as if that began at time at; nothing
 *  behind LCT_SUBTITLE_CUES_MAX cues. */
void lct_subtitle_add_range(struct lct_subtitle *into, const struct lct_subtitle *cues, lct_ns from,
                            lct_ns to, lct_ns at);

/** Reads LANG's file. 0; -ENOENT; -EBADMSG: it is damaged; or -errno; with a fault. */
int lct_subtitle_load(const char *folder, const char *lang, struct lct_subtitle *ret_subtitle,
                      struct lct_fault *fault) LCT_MUST_USE;

/** Writes it so that a crash leaves the old or the new one; durable when it returns. 0;
 *  -EFBIG: it is longer than LCT_SUBTITLE_BYTES_MAX; or -errno. */
int lct_subtitle_save(const struct lct_io *io, const char *folder, const char *lang,
                      const struct lct_subtitle *subtitle) LCT_MUST_USE;

/** Removes LANG's file, durably. 0, -ENOENT or -errno. */
int lct_subtitle_remove(const struct lct_io *io, const char *folder, const char *lang) LCT_MUST_USE;

/** The languages of a folder as a list of texts, sorted. Returns owned. */
json_t *lct_subtitle_langs(const char *folder) LCT_MUST_USE;

/** Frees what it holds; it is all zero again. */
void lct_subtitle_free(struct lct_subtitle *subtitle);
