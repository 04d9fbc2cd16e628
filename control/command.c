// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/command.h"

#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"

const char *lct_say(const char *en, const char *zh) { return lct_speak_chinese() ? zh : en; }

int lct_command_fail(const struct lct_fault *fault, bool json) {
    if (json) {
        LCT_JSON json_t *object = json_pack("{s:o}", "fault", lct_json_of_fault(fault));
        LCT_FREE char *text = lct_json_dump(object, NULL);
        (void)puts(text);
    }
    (void)fprintf(stderr, "lectern: %s\n", lct_fault_text(fault));
    return 1;
}
