// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/ws_line.h"

struct lct_ws_line lct_ws_line_begin(double share) {
    lct_ns first = LCT_WS_LINE_PATIENCE + (lct_ns)(share * (double)LCT_WS_LINE_PATIENCE);
    return (struct lct_ws_line){.level = LCT_WS_FULL, .first = first, .patience = first};
}

static bool step_down(struct lct_ws_line *line, lct_ns now) {
    line->clean_since = now;
    if (line->late_since == 0 || now - line->late > LCT_WS_LINE_LULL) {
        line->late_since = now;
    }
    line->late = now;
    if (line->level == LCT_WS_SMALL) {
        return false; /* there is nothing smaller */
    }
    bool tried = line->up_since != 0;
    bool held = tried && now - line->up_since >= LCT_WS_LINE_TRIAL;
    if (held) {
        line->patience = line->first;
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

bool lct_ws_line_is_hopeless(const struct lct_ws_line *line) {
    return line->level == LCT_WS_SMALL && line->late - line->late_since >= LCT_WS_LINE_HOPELESS;
}
