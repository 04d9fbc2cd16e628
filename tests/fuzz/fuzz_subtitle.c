// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Files that people give as subtitles: what is read of one keeps its rules, and what is written of
 * that is read as the same; as SubRip too where no text looks like a tag.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "archive/library/subtitle.h"
#include "base/mem.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct lct_subtitle *s) {
    lct_ns last = 0;
    assert(s->count <= LCT_SUBTITLE_CUES_MAX);
    for (size_t i = 0; i < s->count; i++) {
        const struct lct_cue *cue = &s->cues[i];
        size_t n = strlen(cue->text);
        assert(cue->from >= last && cue->from < cue->to && cue->to <= LCT_SUBTITLE_TIME_MAX);
        assert(n > 0 && n <= LCT_SUBTITLE_TEXT_MAX && lct_text_is_utf8(cue->text, n));
        assert(cue->text[0] != '\n' && cue->text[n - 1] != '\n');
        assert(!strstr(cue->text, "\n\n") && !strstr(cue->text, "-->"));
        last = cue->from;
    }
}

static void check_again(const struct lct_subtitle *s, const char *text, size_t n) {
    struct lct_subtitle again;
    struct lct_fault fault;
    int rc = lct_subtitle_parse(text, n, &again, &fault);
    assert(rc == 0 && again.count == s->count && again.left_out == 0);
    for (size_t i = 0; i < s->count; i++) {
        assert(again.cues[i].from == s->cues[i].from && again.cues[i].to == s->cues[i].to);
        assert(strcmp(again.cues[i].text, s->cues[i].text) == 0);
    }
    lct_subtitle_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct lct_subtitle subtitle;
    struct lct_fault fault;
    size_t n;
    bool tags = false;
    if (lct_subtitle_parse(data, size, &subtitle, &fault) < 0) {
        return 0;
    }
    check(&subtitle);
    LCT_FREE char *vtt = lct_subtitle_vtt(&subtitle, &n);
    check_again(&subtitle, vtt, n);
    for (size_t i = 0; i < subtitle.count; i++) {
        tags = tags || strpbrk(subtitle.cues[i].text, "<{");
    }
    LCT_FREE char *srt = lct_subtitle_srt(&subtitle, &n);
    if (subtitle.count > 0 && !tags) {
        check_again(&subtitle, srt, n);
    }
    lct_subtitle_free(&subtitle);
    return 0;
}
