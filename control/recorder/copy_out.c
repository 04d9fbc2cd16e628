// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/recorder/copy_out.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/lesson/deleted.h"
#include "archive/lesson/lesson.h"
#include "archive/lesson/original.h"
#include "archive/lesson/retire.h"
#include "base/base64.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/thread.h"

LCT_LOG_TOPIC("copy");

/* What grows is looked at so often. */
#define LOOK_INTERVAL (500 * LCT_MS)

/* A server that does not answer is asked anew; it may sum up a large file on a slow disk. */
#define ANSWER_MAX (120 * LCT_SECOND)

/* What the server is asked; at most one of them is under way. */
enum state {
    AWAY,    /* -> READY when it has taken us; any state -> AWAY when the link ends */
    READY,   /* -> ASKING, KEEPING, CHECKING, FINISHING, HOLDING, or stays: nothing is to be done */
    ASKING,  /* what it has -> READY */
    KEEPING, /* bytes were sent -> READY */
    CHECKING,  /* a file is compared -> READY */
    FINISHING, /* -> READY */
    HOLDING,   /* what it holds of a lesson that may go -> COMPARING; after all files -> READY */
    COMPARING  /* a file of that is compared -> COMPARING, HOLDING; what differs stays -> READY */
};

struct lct_copy_out {
    /* fixed */
    char *lessons, *room;
    uint64_t rate_bps;
    struct lct_loop *link;
    struct lct_link_peer *(*peer)(void *arg);
    void (*told)(void *arg, json_t *here);
    void *arg;
    struct lct_loop *loop; /* the thread's */
    struct lct_thread thread;
    /* the thread's */
    struct lct_timer *timer;
    enum state state;
    int64_t number;  /* of the last question */
    json_t *settled; /* ids of lessons that need no copying any more */
    json_t *aside;   /* ids of those that failed: the others have a turn before they do again */
    char lesson[LCT_LESSON_ID_SIZE];
    struct lct_original *original; /* NULL: none chosen */
    bool known;                    /* what the server has of it */
    lct_ns since;                  /* it was chosen */
    lct_ns not_before;             /* of the budget */
    char ill[64];                  /* the fault said last; "": none */
    uint64_t wanted;               /* bytes that are to be free; 0: nothing is deleted */
    struct lct_retire *retire;     /* that may go; NULL: none is looked at */
    bool compared;                 /* all of it was found the same */
    json_t *stay;                  /* ids of those that cannot go now */
    lct_ns stay_until;             /* then they are looked at again */
    json_t *reasons;               /* by id what was said last of why not */
    lct_ns retire_at;              /* when the next may go */
    size_t removed;                /* since the start */
    char removed_last[LCT_LESSON_ID_SIZE];
    json_t *here; /* what told said last */
};

/* To the link's thread: parts and a question behind them. */
struct outgoing {
    struct lct_link_peer *(*peer)(void *arg);
    void *arg;
    json_t *question; /* owned */
    size_t n;
    struct outgoing_part {
        struct lct_link_part part; /* its bytes are in bytes */
        size_t at;
    } parts[LCT_COPY_BATCH / 1024];
    size_t used;
    uint8_t bytes[LCT_COPY_BATCH + LCT_ORIGINAL_PIECE];
};

static void deliver(void *opaque) {
    LCT_FREE struct outgoing *out = opaque;
    struct lct_link_peer *peer = out->peer(out->arg);
    int rc = peer ? 0 : -ENOTCONN;
    for (size_t i = 0; i < out->n && rc == 0; i++) {
        out->parts[i].part.bytes = out->bytes + out->parts[i].at;
        rc = lct_link_peer_send_part(peer, &out->parts[i].part);
    }
    if (rc == 0) { /* a link that ends is told by closed, and then all is asked anew */
        (void)lct_link_peer_send(peer, LCT_LINK_COPY, out->question);
    }
    json_decref(out->question);
}

/* Takes question; what was gathered goes before it. */
static void ask(struct lct_copy_out *c, struct outgoing *out, json_t *question, enum state state) {
    json_object_set_new(question, "n", json_integer(++c->number));
    out = out ? out : lct_new(sizeof *out);
    out->peer = c->peer;
    out->arg = c->arg;
    out->question = question;
    c->state = state;
    lct_loop_post(c->link, deliver, out);
    lct_timer_set(c->timer, lct_monotonic() + ANSWER_MAX);
}

/* ---- which lesson ---- */

static int newest_first(const struct dirent **a, const struct dirent **b) {
    return strcmp((*b)->d_name, (*a)->d_name);
}

static int is_candidate(const struct dirent *entry) { return lct_lesson_is_id(entry->d_name); }

static bool is_to_be_copied(const struct lct_copy_out *c, const char *id, bool *ret_runs) {
    struct lct_lesson_info info;
    struct lct_fault unused;
    LCT_FREE char *folder = lct_format("%s/%s", c->lessons, id);
    bool is = !json_object_get(c->settled, id) && !json_object_get(c->aside, id) &&
              lct_lesson_load(folder, &info, &unused) == 0 && strcmp(info.id, id) == 0 &&
              strcmp(info.room, c->room) == 0;
    *ret_runs = is && info.state == LCT_LESSON_RECORDING;
    return is;
}

static void leave_lesson(struct lct_copy_out *c) {
    lct_original_close(c->original);
    c->original = NULL;
    c->lesson[0] = '\0';
}

static void choose(struct lct_copy_out *c, const char *id) {
    if (strcmp(id, c->lesson) != 0) {
        leave_lesson(c);
        LCT_FREE char *folder = lct_format("%s/%s", c->lessons, id);
        lct_text_copy(c->lesson, sizeof c->lesson, id);
        c->original = lct_original_open(folder);
        c->known = false;
    }
    c->since = lct_monotonic();
}

/* The newest that is not settled, or the one after the present one when that has nothing now. One
 * that is being recorded comes before all: of others the clock may have been wrong. */
static void choose_lesson(struct lct_copy_out *c, bool next) {
    struct dirent **entries;
    bool chosen = false, behind = !next || !c->original;
    char best[LCT_LESSON_ID_SIZE] = "";
    int n = scandir(c->lessons, &entries, is_candidate, newest_first);
    for (int i = 0; i < n; i++) {
        const char *id = entries[i]->d_name;
        bool runs = false;
        if ((!chosen || !next) && behind && is_to_be_copied(c, id, &runs) && (!chosen || runs)) {
            lct_text_copy(best, sizeof best, id);
            chosen = true;
        }
        behind = behind || strcmp(id, c->lesson) == 0;
        free(entries[i]);
    }
    if (chosen) {
        choose(c, best);
    }
    if (n >= 0) {
        free(entries);
    }
    if (!chosen && !next) {
        leave_lesson(c);
    }
}

static void settle(struct lct_copy_out *c) {
    json_object_set_new(c->settled, c->lesson, json_true());
    json_object_del(c->stay, c->lesson); /* now it may go */
    leave_lesson(c);
}

/* ---- steps ---- */

/* Something went wrong: said once, and begun again later, after others. */
static void rest(struct lct_copy_out *c, const char *why) {
    if (strncmp(c->ill, why, sizeof c->ill - 1) != 0) {
        lct_warn("the copy to the server waits", "lesson=%s why=%s", c->lesson, why);
        (void)snprintf(c->ill, sizeof c->ill, "%s", why);
    }
    json_object_set_new(c->aside, c->lesson, json_true());
    c->since = LCT_NS_NONE; /* its turn is over */
    c->known = false;
    c->state = READY;
    lct_timer_set(c->timer, lct_monotonic() + LCT_COPY_PAUSE);
}

static void add_part(const struct lct_copy_out *c, struct outgoing *out,
                     const struct lct_replica_piece *piece) {
    struct outgoing_part *to = &out->parts[out->n++];
    to->part = (struct lct_link_part){
        .offset = piece->offset, .cut = piece->cut, .whole = piece->whole, .n = piece->n};
    (void)snprintf(to->part.lesson, sizeof to->part.lesson, "%s", c->lesson);
    (void)snprintf(to->part.name, sizeof to->part.name, "%s", piece->name);
    to->at = out->used;
    memcpy(out->bytes + out->used, piece->bytes, piece->n);
    out->used += piece->n;
}

static void ask_check(struct lct_copy_out *c, struct outgoing *out,
                      const struct lct_original_step *step, enum state state) {
    char sum[LCT_BASE64_SIZE(LCT_DIGEST_SIZE)];
    lct_base64_write(step->sum, sizeof step->sum, sum);
    ask(c, out,
        json_pack("{s:s, s:s, s:I, s:s}", "do", "check", "name", step->piece.name, "bytes",
                  (json_int_t)step->bytes, "sha256", sum),
        state);
}

/* So much that it may go in a tenth of a second; the next not before that is over. */
static size_t batch_of(const struct lct_copy_out *c) {
    uint64_t n = c->rate_bps / 8 / 10;
    return n > LCT_COPY_BATCH ? LCT_COPY_BATCH : (size_t)n;
}

static void send_some(struct lct_copy_out *c) {
    struct outgoing *out = lct_new(sizeof *out);
    struct lct_original_step step;
    size_t most = batch_of(c);
    int kind = LCT_ORIGINAL_BYTES;
    while (kind == LCT_ORIGINAL_BYTES && out->used < most &&
           out->n < sizeof out->parts / sizeof *out->parts) {
        kind = lct_original_next(c->original, &step);
        if (kind == LCT_ORIGINAL_BYTES) {
            add_part(c, out, &step.piece);
        }
    }
    c->not_before = lct_monotonic() + (lct_ns)(out->used * 8 * (uint64_t)LCT_SECOND / c->rate_bps);
    if (kind == LCT_ORIGINAL_CHECK) { /* what was gathered lies before it, and is not yet durable */
        ask_check(c, out, &step, CHECKING);
    } else if (out->n > 0) {
        ask(c, out,
            json_pack("{s:s, s:I}", "do", "keep", "left_bytes",
                      (json_int_t)lct_original_left(c->original)),
            KEEPING);
    } else if (kind == LCT_ORIGINAL_DONE) {
        ask(c, out, json_pack("{s:s}", "do", "finish"), FINISHING);
    } else {
        free(out);
        if (kind < 0) {
            rest(c, strerror(-kind));
        } else {
            choose_lesson(c, true);
            lct_timer_set(c->timer, lct_monotonic() + LOOK_INTERVAL);
        }
    }
}

/* ---- what may go ---- */

struct news {
    void (*told)(void *arg, json_t *here);
    void *arg;
    json_t *here; /* owned */
};

static void deliver_news(void *opaque) {
    LCT_FREE struct news *news = opaque;
    news->told(news->arg, news->here);
}

/* Says how many lessons lie here and since when, when that has changed. */
static void tell_here(struct lct_copy_out *c) {
    struct dirent **entries;
    char oldest[32] = "";
    int n = scandir(c->lessons, &entries, is_candidate, newest_first);
    for (int i = 0; i < n; i++) {
        struct lct_lesson_info info;
        struct lct_fault unused;
        LCT_FREE char *folder = lct_format("%s/%s", c->lessons, entries[i]->d_name);
        if (i == n - 1 && lct_lesson_load(folder, &info, &unused) == 0) {
            lct_wall_format(info.zero_wall, oldest, sizeof oldest);
        }
        free(entries[i]);
    }
    if (n >= 0) {
        free(entries);
    }
    json_t *here = json_pack("{s:i, s:s?, s:I, s:s}", "lessons", n > 0 ? n : 0, "oldest",
                             *oldest ? oldest : NULL, "removed", (json_int_t)c->removed,
                             "removed_last", c->removed_last);
    if (json_equal(here, c->here)) {
        json_decref(here);
        return;
    }
    json_decref(c->here);
    c->here = here;
    struct news *news = lct_new(sizeof *news);
    *news = (struct news){c->told, c->arg, json_deep_copy(here)};
    lct_loop_post(c->link, deliver_news, news);
}

static void end_retire(struct lct_copy_out *c) {
    lct_retire_close(c->retire);
    c->retire = NULL;
    c->state = READY;
    lct_timer_set(c->timer, lct_monotonic());
}

/* It stays for now; why is said once. */
static void let_stay(struct lct_copy_out *c, const char *id, const char *why) {
    if (strcmp(lct_json_text(c->reasons, id, ""), why) != 0) {
        lct_warn("the disk is low, but a lesson stays", "lesson=%s why=%s", id, why);
        json_object_set_new(c->reasons, id, json_string(why));
    }
    json_object_set_new(c->stay, id, json_true());
    c->retire_at = lct_monotonic(); /* the next one */
    end_retire(c);
}

static bool is_low(const struct lct_copy_out *c) {
    uint64_t space = 0;
    return c->wanted > 0 && lct_io_system.space(&lct_io_system, c->lessons, &space) == 0 &&
           space < c->wanted;
}

/* The oldest lesson of this room that has not been found to stay; false: none. */
static bool find_oldest(const struct lct_copy_out *c, char ret_id[LCT_LESSON_ID_SIZE]) {
    struct dirent **entries;
    bool found = false;
    int n = scandir(c->lessons, &entries, is_candidate, newest_first);
    for (int i = n - 1; i >= 0; i--) {
        const char *id = entries[i]->d_name;
        if (!found && !json_object_get(c->stay, id)) {
            lct_text_copy(ret_id, LCT_LESSON_ID_SIZE, id);
            found = true;
        }
        free(entries[i]);
    }
    if (n >= 0) {
        free(entries);
    }
    return found;
}

static void ask_holds(struct lct_copy_out *c) {
    ask(c, NULL, json_pack("{s:s, s:s}", "do", "holds", "lesson", lct_retire_id(c->retire)),
        HOLDING);
}

/* When the disk is low the oldest lesson is looked at. False: nothing is to be done. */
static bool begin_retire(struct lct_copy_out *c) {
    char id[LCT_LESSON_ID_SIZE];
    struct lct_fault fault;
    if (lct_monotonic() < c->retire_at) {
        return false;
    }
    c->retire_at = lct_monotonic() + LCT_COPY_RETIRE_PAUSE;
    if (!is_low(c)) {
        return false;
    }
    if (lct_monotonic() >= c->stay_until) {
        json_object_clear(c->stay);
        c->stay_until = lct_monotonic() + LCT_COPY_RETIRE_AGAIN;
    }
    if (!find_oldest(c, id)) {
        return false;
    }
    leave_lesson(c); /* the server has one lesson before it at a time */
    if (lct_retire_open(c->lessons, id, &c->retire, &fault) < 0) {
        let_stay(c, id, fault.en);
    } else {
        c->compared = false;
        ask_holds(c);
    }
    return true;
}

static void retire(struct lct_copy_out *c) {
    struct lct_fault fault;
    lct_info("the disk is low: a lesson that the server has, too, is deleted here", "lesson=%s",
             lct_retire_id(c->retire));
    if (lct_retire_delete(&lct_io_system, c->retire, &fault) < 0) {
        let_stay(c, lct_retire_id(c->retire), fault.en);
        return;
    }
    c->removed++;
    lct_text_copy(c->removed_last, sizeof c->removed_last, lct_retire_id(c->retire));
    c->retire_at = lct_monotonic() + LCT_COPY_RETIRE_PAUSE;
    end_retire(c);
    tell_here(c);
}

static void compare_next(struct lct_copy_out *c) {
    struct lct_original_step step = {.bytes = 0};
    struct lct_retire_file file;
    int rc = lct_retire_next(c->retire, &file);
    if (rc < 0) {
        let_stay(c, lct_retire_id(c->retire), strerror(-rc));
    } else if (rc == 0) {
        c->compared = true;
        ask_holds(c); /* reading took its time */
    } else {
        step.piece.name = file.name;
        step.bytes = file.bytes;
        memcpy(step.sum, file.sum, sizeof step.sum);
        ask_check(c, NULL, &step, COMPARING);
    }
}

static void on_held(struct lct_copy_out *c, const json_t *answer) {
    struct lct_fault fault;
    if (lct_retire_held(c->retire, answer, &fault) < 0) {
        let_stay(c, lct_retire_id(c->retire), fault.en);
    } else if (c->compared) {
        retire(c);
    } else if (lct_retire_verify(c->retire, &fault) < 0) {
        let_stay(c, lct_retire_id(c->retire), fault.en);
    } else {
        compare_next(c);
    }
}

static void on_compared(struct lct_copy_out *c, bool same) {
    if (same) {
        compare_next(c);
    } else {
        let_stay(c, lct_retire_id(c->retire), "a file differs from the server's");
    }
}

/* There is time, the server is there, and nothing is under way. */
static void go_on(struct lct_copy_out *c) {
    bool over = c->since == LCT_NS_NONE || lct_monotonic() - c->since > LCT_COPY_TURN;
    if (over && c->since != LCT_NS_NONE) { /* it went well */
        json_object_clear(c->aside);
    }
    if (begin_retire(c)) {
        return;
    }
    if (!c->original || over) {
        tell_here(c);
        choose_lesson(c, false);
    }
    int rc = c->original ? lct_original_look(c->original) : 0;
    if (!c->original || rc < 0) {
        leave_lesson(c);
        json_object_clear(c->aside);
        lct_timer_set(c->timer, lct_monotonic() + 2 * LOOK_INTERVAL);
    } else if (!c->known) {
        ask(c, NULL, json_pack("{s:s, s:s}", "do", "begin", "lesson", c->lesson), ASKING);
    } else {
        send_some(c);
    }
}

static void on_timer(void *opaque) {
    struct lct_copy_out *c = opaque;
    if (c->state == READY) {
        go_on(c);
    } else if (c->retire) {
        let_stay(c, lct_retire_id(c->retire), "no answer");
    } else if (c->state != AWAY) {
        rest(c, "no answer");
    }
}

/* ---- what the server says ---- */

static void on_fault(struct lct_copy_out *c, const json_t *trouble) {
    struct lct_fault fault;
    int code = lct_json_to_fault(trouble, "copy", &fault);
    if (c->retire) {
        let_stay(c, lct_retire_id(c->retire), fault.en);
        return;
    }
    if (code == -EPERM) {
        lct_warn("a lesson is not copied to the server", "lesson=%s why=%s", c->lesson, fault.en);
        settle(c);
        c->state = READY;
        lct_timer_set(c->timer, lct_monotonic());
        return;
    }
    rest(c, fault.en);
}

static void on_answer(struct lct_copy_out *c, const json_t *answer) {
    switch (c->state) {
    case ASKING:
        lct_original_take(c->original, answer);
        c->known = true;
        if (lct_json_flag(answer, "complete", false)) {
            settle(c);
        }
        break;
    case CHECKING:
        if (!lct_json_flag(answer, "same", false)) {
            lct_warn("a file differs from its copy and is sent anew", "lesson=%s", c->lesson);
        }
        lct_original_checked(c->original, lct_json_flag(answer, "same", false));
        break;
    case FINISHING:
        lct_info("a lesson's copy on the server is complete", "lesson=%s", c->lesson);
        settle(c);
        break;
    case HOLDING:
        on_held(c, answer);
        return;
    case COMPARING:
        on_compared(c, lct_json_flag(answer, "same", false));
        return;
    case KEEPING:
    case AWAY:
    case READY:
        break;
    }
    c->ill[0] = '\0';
    c->state = READY;
    lct_timer_set(c->timer, c->not_before);
}

struct incoming {
    struct lct_copy_out *copy;
    json_t *message; /* owned; NULL: only there says something */
    bool there;
};

static void hear(void *opaque) {
    LCT_FREE struct incoming *in = opaque;
    struct lct_copy_out *c = in->copy;
    LCT_JSON json_t *message = in->message;
    if (!c->timer) {
        return; /* it has ended */
    }
    if (!message) {
        end_retire(c); /* asked for anew */
        c->state = in->there ? READY : AWAY;
        c->known = false;
        lct_timer_set(c->timer, in->there ? lct_monotonic() : LCT_NS_NONE);
    } else if (c->state != AWAY && c->state != READY &&
               lct_json_int(message, "n", 0) == c->number) {
        const json_t *trouble = json_object_get(message, "fault");
        if (trouble) {
            on_fault(c, trouble);
        } else {
            on_answer(c, message);
        }
    }
}

static void tell(struct lct_copy_out *copy, json_t *message, bool there) {
    struct incoming *in = lct_new(sizeof *in);
    *in = (struct incoming){copy, message, there};
    lct_loop_post(copy->loop, hear, in);
}

void lct_copy_out_opened(struct lct_copy_out *copy) { tell(copy, NULL, true); }

void lct_copy_out_closed(struct lct_copy_out *copy) { tell(copy, NULL, false); }

void lct_copy_out_message(struct lct_copy_out *copy, const json_t *message) {
    tell(copy, json_deep_copy(message), true);
}

struct wish {
    struct lct_copy_out *copy;
    uint64_t bytes;
};

static void hear_wish(void *opaque) {
    LCT_FREE struct wish *wish = opaque;
    wish->copy->wanted = wish->bytes;
}

void lct_copy_out_want(struct lct_copy_out *copy, uint64_t bytes) {
    struct wish *wish = lct_new(sizeof *wish);
    *wish = (struct wish){copy, bytes};
    lct_loop_post(copy->loop, hear_wish, wish);
}

/* ---- the thread ---- */

static void run(void *opaque) {
    struct lct_copy_out *c = opaque;
    lct_thread_nice(10);
    (void)lct_deleted_sweep(c->lessons); /* else the next deletion does it */
    c->timer = lct_timer_create(c->loop, on_timer, c);
    lct_loop_run(c->loop);
    lct_timer_destroy(c->timer);
    c->timer = NULL;
}

struct lct_copy_out *lct_copy_out_create(const struct lct_copy_settings *settings) {
    struct lct_copy_out *copy = lct_new(sizeof *copy);
    copy->lessons = lct_strdup(settings->lessons);
    copy->room = lct_strdup(settings->room);
    copy->rate_bps = settings->rate_bps;
    copy->link = settings->link;
    copy->peer = settings->peer;
    copy->told = settings->told;
    copy->arg = settings->arg;
    copy->loop = lct_loop_create();
    copy->settled = json_object();
    copy->aside = json_object();
    copy->stay = json_object();
    copy->reasons = json_object();
    lct_thread_start(&copy->thread, "copy", run, copy);
    return copy;
}

void lct_copy_out_destroy(struct lct_copy_out *copy) {
    if (!copy) {
        return;
    }
    lct_loop_stop(copy->loop);
    lct_thread_join(&copy->thread);
    lct_loop_destroy(copy->loop); /* with what is still in the mailbox */
    lct_original_close(copy->original);
    json_decref(copy->settled);
    json_decref(copy->aside);
    lct_retire_close(copy->retire);
    json_decref(copy->stay);
    json_decref(copy->reasons);
    json_decref(copy->here);
    free(copy->lessons);
    free(copy->room);
    free(copy);
}
