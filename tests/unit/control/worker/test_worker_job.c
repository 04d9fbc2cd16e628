// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <string.h>

#include "archive/jobs.h"
#include "base/mem.h"
#include "control/worker/worker_job.h"

static json_t *with_notes(size_t n, const char *text) {
    json_t *notes = json_array();
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(notes, json_pack("{s:s, s:s}", "en", text, "zh", text));
    }
    return json_pack("{s:o}", "notes", notes);
}

Test(worker_job, tells_as_many_notes_as_a_line_holds) {
    char longest[LCT_FAULT_TEXT_SIZE] = "";
    memset(longest, '"', sizeof longest - 1); /* two bytes each in JSON */
    LCT_JSON json_t *result = with_notes(10000, longest);
    lct_worker_few_notes(result);
    const json_t *notes = json_object_get(result, "notes");
    cr_assert_eq(json_array_size(notes), LCT_WORKER_NOTES_MAX + 1);
    const json_t *last = json_array_get(notes, LCT_WORKER_NOTES_MAX);
    cr_assert_str_eq(lct_json_text(last, "en", ""), "And 9980 more of this kind.");
    size_t n;
    LCT_FREE char *line = lct_json_dump(result, &n);
    cr_assert_lt(n, LCT_JOB_BYTES_MAX - 16384, "with what was asked for beside it");
}

Test(worker_job, leaves_few_notes_as_they_are) {
    LCT_JSON json_t *result = with_notes(LCT_WORKER_NOTES_MAX, "It is so.");
    lct_worker_few_notes(result);
    cr_assert_eq(json_array_size(json_object_get(result, "notes")), LCT_WORKER_NOTES_MAX);
    lct_worker_few_notes(NULL);
}
