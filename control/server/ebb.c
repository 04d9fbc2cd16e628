// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/server/ebb.h"

bool lct_ebb_look(struct lct_ebb *ebb, uint64_t clients) {
    bool falls = clients < ebb->last;
    ebb->last = clients;
    ebb->most = clients > ebb->most ? clients : ebb->most;
    if (falls || ebb->most - clients < LCT_EBB_CLIENTS) {
        return false;
    }
    ebb->most = clients;
    return true;
}
