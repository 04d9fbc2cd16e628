// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/ws_line.h"

static bool step_down(struct lct_ws_line *line, lct_ns now) {
    line->clean_since = now;
    if (line->level == LCT_WS_SMALL) {
        return false; /* there is nothing smaller */
    }
    bool tried = line->up_since != 0;
    bool held = tried && now - line->up_since >= LCT_WS_LINE_TRIAL;
    if (held) {
        line->patience = LCT_WS_LINE_PATIENCE;
    } else if (tried && line->patience < LCT_WS_LINE_PATIENCE_MAX) {
        line->patience *= 2;
    }
    line->level = LCT_WS_SMALL;
    return true;
}

bool lct_ws_line_note(struct lct_ws_line *line, lct_ns now, lct_ns waited) {
    if (waited >= LCT_WS_LINE_LATE) {
        return step_down(line, now);
    }
    if (line->clean_since == 0 || waited >= LCT_WS_LINE_CLEAN) {
        line->clean_since = now;
    }
    if (line->level == LCT_WS_FULL || now - line->clean_since < line->patience) {
        return false;
    }
    line->level = LCT_WS_FULL;
    line->up_since = now;
    return true;
}
