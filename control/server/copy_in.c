// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/server/copy_in.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/lesson/replica.h"
#include "archive/library/metadata.h"
#include "base/base64.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "control/server/rooms.h"

LCT_LOG_TOPIC("copy");

/* What a room's recorder is at. */
struct desk {
    char room[40]; /* fixed once it is in the list */
    /* any thread */
    atomic_size_t waiting;
    atomic_uint questions;
    /* the thread's */
    char lesson[64];
    struct lct_replica *replica; /* NULL: none begun */
    struct lct_fault fault;      /* of a part, for the next answer; code 0: none */
    bool ill;                    /* a fault was logged, and nothing went well since */
};

struct lct_copy_in {
    /* fixed */
    char *data;
    struct lct_loop *main;
    void (*answer)(void *, const char *, json_t *);
    void *arg;
    struct lct_loop *loop;
    struct lct_thread thread;
    /* the main loop's */
    struct desk desks[LCT_ROOMS_MAX];
    size_t n;
};

/* From the main loop: a part or a message. */
struct incoming {
    struct lct_copy_in *copies;
    struct desk *desk;
    json_t *message; /* owned; NULL: a part */
    size_t weight;   /* what it counts among what waits */
    struct lct_link_part part;
    uint8_t bytes[]; /* of the part */
};

/* To the main loop. */
struct outgoing {
    struct lct_copy_in *copies;
    char room[40];
    json_t *message; /* owned */
};

static struct desk *desk_of(struct lct_copy_in *copies, const char *room) {
    for (size_t i = 0; i < copies->n; i++) {
        if (strcmp(copies->desks[i].room, room) == 0) {
            return &copies->desks[i];
        }
    }
    if (copies->n == LCT_ROOMS_MAX) {
        return NULL;
    }
    struct desk *desk = &copies->desks[copies->n++];
    (void)snprintf(desk->room, sizeof desk->room, "%s", room);
    return desk;
}

static void deliver(void *opaque) {
    LCT_FREE struct outgoing *out = opaque;
    out->copies->answer(out->copies->arg, out->room, out->message);
}

/* Takes answer. */
static void post_answer(struct lct_copy_in *copies, const char *room, json_t *answer) {
    struct outgoing *out = lct_new(sizeof *out);
    *out = (struct outgoing){.copies = copies, .message = answer};
    (void)snprintf(out->room, sizeof out->room, "%s", room);
    lct_loop_post(copies->main, deliver, out);
}

/* ---- the thread ---- */

static int begin(struct lct_copy_in *copies, struct desk *desk, const json_t *question,
                 json_t **ret_answer, struct lct_fault *fault) {
    const char *lesson = lct_json_text(question, "lesson", "");
    lct_replica_close(desk->replica);
    desk->replica = NULL;
    desk->fault.code = 0; /* of what was sent before */
    int rc =
        lct_replica_open(&lct_io_system, copies->data, desk->room, lesson, &desk->replica, fault);
    if (rc == 0) {
        (void)snprintf(desk->lesson, sizeof desk->lesson, "%s", lesson);
        *ret_answer = lct_replica_have(desk->replica);
    }
    return rc;
}

/* What lies in the trash will be deleted: whoever has it elsewhere shall keep it. */
static int refuse_trashed(const struct lct_copy_in *copies, const char *lesson,
                          struct lct_fault *fault) {
    LCT_JSON json_t *metadata = NULL;
    LCT_FREE char *folder = lct_format("%s/lessons/%s", copies->data, lesson);
    int rc = lct_metadata_load(folder, &metadata, fault);
    if (rc == 0 && json_object_get(metadata, "trashed")) {
        rc = lct_fault_set(fault, -ENOENT, "copy", "It lies in the trash of the server.",
                           "它在服务器的回收站中。");
    }
    return rc;
}

/* A complete copy, as the disk has it now. */
static int find(struct lct_copy_in *copies, struct desk *desk, const json_t *question,
                json_t **ret_answer, struct lct_fault *fault) {
    const char *lesson = lct_json_text(question, "lesson", "");
    lct_replica_close(desk->replica);
    desk->replica = NULL;
    desk->fault.code = 0; /* of what was sent before */
    int rc =
        lct_replica_find(&lct_io_system, copies->data, desk->room, lesson, &desk->replica, fault);
    rc = rc ? rc : refuse_trashed(copies, lesson, fault);
    if (rc == 0) {
        (void)snprintf(desk->lesson, sizeof desk->lesson, "%s", lesson);
        *ret_answer = lct_replica_have(desk->replica);
    }
    return rc;
}

static int check(const struct desk *desk, const json_t *question, json_t **ret_answer,
                 struct lct_fault *fault) {
    uint8_t sum[LCT_DIGEST_SIZE] = {0};
    const char *text = lct_json_text(question, "sha256", "");
    (void)lct_base64_read(text, strlen(text), sum, sizeof sum); /* else it is another */
    int rc = lct_replica_check(desk->replica, lct_json_text(question, "name", ""),
                               (uint64_t)lct_json_int(question, "bytes", 0), sum, fault);
    if (rc == 0 || rc == -EBADMSG) {
        *ret_answer = json_pack("{s:b}", "same", (int)(rc == 0));
        return 0;
    }
    return rc;
}

/* 0 with *ret_answer owned, or -errno with a fault. */
static int answer_of(struct lct_copy_in *copies, struct desk *desk, const json_t *question,
                     json_t **ret_answer, struct lct_fault *fault) {
    const char *what = lct_json_text(question, "do", "");
    if (strcmp(what, "begin") == 0) {
        return begin(copies, desk, question, ret_answer, fault);
    }
    if (strcmp(what, "holds") == 0) {
        return find(copies, desk, question, ret_answer, fault);
    }
    if (desk->fault.code) {
        *fault = desk->fault;
        return fault->code;
    }
    if (!desk->replica) {
        return lct_fault_set(fault, -EAGAIN, "copy", "No copy has been begun.", "尚未开始复制。");
    }
    if (strcmp(what, "check") == 0) {
        return check(desk, question, ret_answer, fault);
    }
    *ret_answer = json_object();
    if (strcmp(what, "keep") == 0) {
        return lct_replica_keep(desk->replica, (uint64_t)lct_json_int(question, "left_bytes", 0),
                                fault);
    }
    if (strcmp(what, "finish") == 0) {
        return lct_replica_finish(desk->replica, fault);
    }
    return lct_fault_set(fault, -ENOSYS, "copy", "The server does not know \"%s\".",
                         "服务器不认识“%s”。", what);
}

static void on_message(struct lct_copy_in *copies, struct desk *desk, const json_t *question) {
    struct lct_fault fault = {0};
    json_t *answer = NULL;
    int rc = answer_of(copies, desk, question, &answer, &fault);
    if (rc < 0) {
        json_decref(answer);
        answer = json_pack("{s:o}", "fault", lct_json_of_fault(&fault));
        if (!desk->ill) {
            lct_warn("a copy waits or is refused", "room=%s why=%s", desk->room, fault.en);
        }
        lct_replica_close(desk->replica); /* it is begun anew */
        desk->replica = NULL;
    }
    desk->ill = rc < 0;
    if (rc == 0 && strcmp(lct_json_text(question, "do", ""), "finish") == 0) {
        lct_info("a copy is complete", "room=%s lesson=%s", desk->room, desk->lesson);
    }
    json_object_set_new(answer, "n", json_integer(lct_json_int(question, "n", 0)));
    post_answer(copies, desk->room, answer);
}

static void on_part(struct desk *desk, const struct lct_link_part *part) {
    if (!desk->replica || desk->fault.code || strcmp(part->lesson, desk->lesson) != 0) {
        return; /* of a copy that failed or was left: it is asked for again */
    }
    const struct lct_replica_piece piece = {.name = part->name,
                                            .offset = part->offset,
                                            .cut = part->cut,
                                            .whole = part->whole,
                                            .bytes = part->bytes,
                                            .n = part->n};
    if (lct_replica_write(desk->replica, &piece, &desk->fault) == 0) {
        desk->fault.code = 0;
    }
}

static void work(void *opaque) {
    LCT_FREE struct incoming *in = opaque;
    LCT_JSON json_t *message = in->message;
    if (message) {
        on_message(in->copies, in->desk, message);
        atomic_fetch_sub(&in->desk->questions, 1);
    } else {
        in->part.bytes = in->bytes;
        on_part(in->desk, &in->part);
        atomic_fetch_sub(&in->desk->waiting, in->weight);
    }
}

static void run(void *loop) {
    lct_thread_nice(5);
    lct_loop_run(loop);
}

/* ---- the main loop ---- */

bool lct_copy_in_part(struct lct_copy_in *copies, const char *room,
                      const struct lct_link_part *part) {
    size_t weight = sizeof(struct incoming) + part->n;
    struct desk *desk = copies->loop ? desk_of(copies, room) : NULL;
    if (!desk) { /* the server ends */
        return true;
    }
    if (atomic_fetch_add(&desk->waiting, weight) + weight > LCT_COPY_WAITING) {
        atomic_fetch_sub(&desk->waiting, weight);
        return false;
    }
    struct incoming *in = lct_new(weight);
    *in = (struct incoming){.copies = copies, .desk = desk, .weight = weight, .part = *part};
    memcpy(in->bytes, part->bytes, part->n);
    lct_loop_post(copies->loop, work, in);
    return true;
}

/* It asks on and on, or the disk hangs: it is to come again later, as after any fault. */
static void say_busy(struct lct_copy_in *copies, const char *room, const json_t *question) {
    struct lct_fault fault;
    (void)lct_fault_set(&fault, -EBUSY, "copy",
                        "The server is still busy with what this recorder asked before.",
                        "服务器仍在处理此录制程序之前的请求。");
    copies->answer(copies->arg, room,
                   json_pack("{s:I, s:o}", "n", (json_int_t)lct_json_int(question, "n", 0), "fault",
                             lct_json_of_fault(&fault)));
}

void lct_copy_in_message(struct lct_copy_in *copies, const char *room, const json_t *message) {
    struct desk *desk = copies->loop ? desk_of(copies, room) : NULL;
    if (!desk) { /* the server ends */
        return;
    }
    if (atomic_fetch_add(&desk->questions, 1) >= LCT_COPY_QUESTIONS) {
        atomic_fetch_sub(&desk->questions, 1);
        say_busy(copies, room, message);
        return;
    }
    struct incoming *in = lct_new(sizeof *in);
    *in = (struct incoming){.copies = copies, .desk = desk, .message = json_deep_copy(message)};
    lct_loop_post(copies->loop, work, in);
}

struct lct_copy_in *lct_copy_in_create(const struct lct_copy_in_settings *settings) {
    struct lct_copy_in *copies = lct_new(sizeof *copies);
    copies->data = lct_strdup(settings->data);
    copies->main = settings->loop;
    copies->answer = settings->answer;
    copies->arg = settings->arg;
    copies->loop = lct_loop_create();
    lct_thread_start(&copies->thread, "copies", run, copies->loop);
    return copies;
}

void lct_copy_in_stop(struct lct_copy_in *copies) {
    if (copies && copies->loop) {
        lct_loop_stop(copies->loop);
        lct_thread_join(&copies->thread);
        lct_loop_destroy(copies->loop); /* with what still waits to be written */
        copies->loop = NULL;
    }
}

void lct_copy_in_destroy(struct lct_copy_in *copies) {
    if (!copies) {
        return;
    }
    for (size_t i = 0; i < copies->n; i++) {
        lct_replica_close(copies->desks[i].replica);
    }
    free(copies->data);
    free(copies);
}
