// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The server's end of copies (control/recorder/copy_out.h has the messages): what recorders in
 * other buildings send is written by a thread of its own, for no other thread may wait for this.
 * Each room has one lesson at a time.
 *
 *     copies = lct_copy_in_create(&settings);
 *     if (!lct_copy_in_part(copies, "lab", &part)) …       // it sends more than it may
 *     lct_copy_in_message(copies, "lab", json);
 *     lct_copy_in_stop(copies);  …  lct_copy_in_destroy(copies);
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/json.h"
#include "base/loop.h"
#include "stream/link.h"

struct lct_copy_in;

/** Bytes of a room that may wait to be written; whoever sends more is closed. A recorder sends no
 * more than LCT_COPY_BATCH before it is answered. */
#define LCT_COPY_WAITING (1U << 20)

/** Questions of a room that may wait to be answered; more are answered with the fault "busy" at
 * once. A recorder asks one at a time, and one more after each end of the link. */
#define LCT_COPY_QUESTIONS 4

struct lct_copy_in_settings {
    const char *data; /**< copied */
    struct lct_loop *loop;
    /** An answer for the room's recorder (takes it). Loop's thread. */
    void (*answer)(void *arg, const char *room, json_t *answer);
    void *arg;
};

/** Starts its thread. Returns owned. */
struct lct_copy_in *lct_copy_in_create(const struct lct_copy_in_settings *settings) LCT_MUST_USE;

/** Bytes of a file (copied). False: too many of the room wait. Loop's thread, as the next one. */
bool lct_copy_in_part(struct lct_copy_in *copies, const char *room,
                      const struct lct_link_part *part) LCT_MUST_USE;

/** A COPY of the room's recorder (borrows). The answer may come at once. */
void lct_copy_in_message(struct lct_copy_in *copies, const char *room, const json_t *message);

/** Ends the thread, after what it is in; answers may still lie in the loop's mailbox. NULL is
 * allowed. */
void lct_copy_in_stop(struct lct_copy_in *copies);

/** Frees; the loop runs no more. NULL is allowed. */
void lct_copy_in_destroy(struct lct_copy_in *copies);
