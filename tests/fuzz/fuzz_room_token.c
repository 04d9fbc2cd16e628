// SPDX-License-Identifier: GPL-3.0-or-later
/* A room's token, as a technician pastes it: what is taken is written back as it was. And names of
 * files, as a recorder sends them. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "archive/lesson/replica.h"
#include "control/room_token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct lct_room_token token, again;
    char out[LCT_ROOM_TOKEN_SIZE];
    char *text = malloc(size + 1);
    assert(text);
    memcpy(text, data, size);
    text[size] = '\0';
    if (lct_room_token_read(text, &token) == 0) {
        lct_room_token_write(&token, out);
        assert(lct_room_token_read(out, &again) == 0);
        assert(strcmp(token.host, again.host) == 0 && token.port == again.port);
        assert(strcmp(token.room, again.room) == 0 && strcmp(token.secret, again.secret) == 0);
    }
    if (lct_replica_is_name(text)) { /* no way out of a lesson's folder */
        assert(strlen(text) < LCT_REPLICA_NAME_SIZE && text[0] != '/' && !strstr(text, ".."));
    }
    free(text);
    return 0;
}
