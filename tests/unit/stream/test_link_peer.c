// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "stream/link_join.h"
#include "stream/link_peer.h"

/* One end of a link in a test, and what it saw. */
struct end {
    struct lct_loop *loop;
    struct lct_link_peer *peer;
    int opened, closed, messages, chunks;
    int stop_at_chunks, stop_at_messages;
    char why[32];
    char last[64];
    bool wait_for_key, lost_without_key;
    int64_t next;
};

static void on_opened(void *arg, struct lct_link_peer *peer, const json_t *hello) {
    struct end *end = arg;
    end->opened++;
    end->peer = peer;
    (void)snprintf(end->last, sizeof end->last, "%s", lct_json_text(hello, "program", ""));
}

static void on_message(void *arg, struct lct_link_peer *peer, enum lct_link_type type,
                       const json_t *message) {
    struct end *end = arg;
    (void)peer;
    (void)type;
    (void)snprintf(end->last, sizeof end->last, "%s", lct_json_text(message, "do", ""));
    if (++end->messages == end->stop_at_messages) {
        lct_loop_stop(end->loop);
    }
}

static void on_chunk(void *arg, struct lct_link_peer *peer, struct lct_chunk *chunk) {
    struct end *end = arg;
    (void)peer;
    if (chunk->info.tfdt != end->next && !chunk->info.key) {
        end->lost_without_key = true;
    }
    end->next = chunk->info.tfdt + 1;
    cr_assert_eq(chunk->bytes[chunk->n - 1], (uint8_t)chunk->info.tfdt);
    if (++end->chunks == end->stop_at_chunks) {
        lct_loop_stop(end->loop);
    }
}

static void on_closed(void *arg, struct lct_link_peer *peer, const char *why) {
    struct end *end = arg;
    (void)peer;
    end->closed++;
    end->peer = NULL;
    (void)snprintf(end->why, sizeof end->why, "%s", why);
    lct_loop_stop(end->loop);
}

static const struct lct_link_events events = {
    .opened = on_opened, .message = on_message, .chunk = on_chunk, .closed = on_closed};

static json_t *hello(int version) {
    return json_pack("{s:i, s:s}", "version", version, "program", "test");
}

static struct lct_format *format_of(uint32_t id) {
    struct lct_format *format = lct_new(sizeof *format);
    lct_ref_init(&format->ref);
    format->track_id = id;
    format->timescale = 90000;
    (void)snprintf(format->track, sizeof format->track, "camera-%u", id);
    format->init = lct_new(1);
    format->config = lct_new(1);
    return format;
}

static struct lct_chunk *chunk_of(struct lct_format *format, int64_t tfdt, bool key, size_t n) {
    struct lct_chunk *chunk = lct_chunk_create(format, n);
    memset(chunk->bytes, (uint8_t)tfdt, n);
    chunk->info = (struct lct_chunk_info){.tfdt = tfdt, .samples = 1, .key = key};
    chunk->published = lct_monotonic();
    return chunk;
}

static void quit(void *arg) { lct_loop_stop(arg); }

static void run_for(struct lct_loop *loop, lct_ns span) {
    struct lct_timer *timer = lct_timer_create(loop, quit, loop);
    lct_timer_set(timer, lct_monotonic() + span);
    lct_loop_run(loop);
    lct_timer_destroy(timer);
}

/* Two ends over a socket pair, greeted. */
static void join(struct lct_loop *loop, struct end *a, struct end *b, int version) {
    int fds[2];
    LCT_JSON json_t *one = hello(1);
    LCT_JSON json_t *two = hello(version);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    a->loop = b->loop = loop;
    a->peer = lct_link_peer_create(loop, lct_stream_plain(fds[0]), one, &events, a);
    b->peer = lct_link_peer_create(loop, lct_stream_plain(fds[1]), two, &events, b);
}

Test(link_peer, greets_and_carries_messages, .timeout = 10) {
    struct lct_loop *loop = lct_loop_create();
    struct end a = {0}, b = {0};
    join(loop, &a, &b, 1);
    LCT_JSON json_t *command = json_pack("{s:i, s:s}", "id", 7, "do", "start");
    cr_assert_eq(lct_link_peer_send(a.peer, LCT_LINK_COMMAND, command), 0);
    run_for(loop, 50 * LCT_MS);
    cr_assert_eq(a.opened + b.opened, 2);
    cr_assert_str_eq(b.last, "start");
    struct lct_link_peer *of_b = b.peer;
    lct_link_peer_destroy(a.peer);
    lct_loop_run(loop);
    cr_assert_eq(b.closed, 1);
    cr_assert_str_eq(b.why, "end");
    lct_link_peer_destroy(of_b);
    lct_loop_destroy(loop);
}

Test(link_peer, refuses_another_version, .timeout = 10) {
    struct lct_loop *loop = lct_loop_create();
    struct end a = {0}, b = {0};
    join(loop, &a, &b, 2);
    struct lct_link_peer *of_a = a.peer, *of_b = b.peer;
    lct_loop_run(loop);
    cr_assert_str_eq(a.why, "wrong-version");
    cr_assert_eq(a.opened, 0);
    cr_assert_eq(lct_link_peer_send(of_a, LCT_LINK_STATUS, json_null()), -ENOTCONN);
    lct_link_peer_destroy(of_a);
    lct_link_peer_destroy(of_b);
    lct_loop_destroy(loop);
}

static void send_raw(const void *bytes, size_t n, const char *why) {
    struct lct_loop *loop = lct_loop_create();
    struct end a = {.loop = loop};
    int fds[2];
    LCT_JSON json_t *one = hello(1);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    struct lct_link_peer *peer =
        lct_link_peer_create(loop, lct_stream_plain(fds[0]), one, &events, &a);
    cr_assert_eq(write(fds[1], bytes, n), (ssize_t)n);
    lct_loop_run(loop);
    cr_assert_str_eq(a.why, why);
    lct_link_peer_destroy(peer);
    close(fds[1]);
    lct_loop_destroy(loop);
}

Test(link_peer, closes_on_what_is_wrong, .timeout = 10) {
    send_raw("GET / HTTP/1.1\r\n", 16, "bad-head");
    send_raw("\0\0\0\x06\x04\0\0\0{}", 10, "no-hello");
    send_raw("\0\0\0\x06\x01\0\0\0{x", 10, "bad-json");
    send_raw("\0\0\0\x06\x01\0\0\0[]", 10, "bad-json");
    send_raw("\0\0\0\x06\x01\0\0\0{}", 10, "wrong-version");
    send_raw("\0\0\0\x11\x01\0\0\0{\"version\":1}\0\0\0\x11\x01\0\0\0{\"version\":1}", 42,
             "second-hello");
}

static void send_after_hello(const uint8_t *bytes, size_t n, const char *why) {
    static const char greeting[] = "\0\0\0\x11\x01\0\0\0{\"version\":1}";
    uint8_t *all = lct_new(21 + n);
    memcpy(all, greeting, 21);
    memcpy(all + 21, bytes, n);
    send_raw(all, 21 + n, why);
    free(all);
}

Test(link_peer, closes_on_tracks_that_are_wrong, .timeout = 10) {
    struct lct_format *format = format_of(1);
    struct lct_chunk *chunk = chunk_of(format, 1, true, 1);
    uint8_t head[LCT_LINK_HEAD_SIZE + LCT_LINK_CHUNK_HEAD_SIZE + 1];
    lct_link_put_head(head, LCT_LINK_CHUNK, LCT_LINK_CHUNK_HEAD_SIZE + 1);
    lct_link_put_chunk_head(chunk, head + LCT_LINK_HEAD_SIZE);
    send_raw(head, sizeof head, "no-hello");
    send_after_hello(head, sizeof head, "chunk-without-format");
    uint8_t *many = lct_new((LCT_LINK_TRACKS_MAX + 1) * 200);
    size_t at = 0;
    for (uint32_t id = 1; id <= LCT_LINK_TRACKS_MAX + 1; id++) {
        uint8_t *bytes;
        size_t n;
        format->track_id = id;
        cr_assert_eq(lct_link_pack_format(format, &bytes, &n), 0);
        lct_link_put_head(many + at, LCT_LINK_FORMAT, n);
        memcpy(many + at + LCT_LINK_HEAD_SIZE, bytes, n);
        at += LCT_LINK_HEAD_SIZE + n;
        free(bytes);
    }
    send_after_hello(many, at, "too-many-tracks");
    send_raw(many, at, "no-hello");
    free(many);
    lct_chunk_unref(chunk);
    lct_format_unref(format);
}

/* A peer's owner that destroys it as soon as it is told something. */
struct impatient {
    struct lct_loop *loop;
    enum { AT_OPENED, AT_MESSAGE, AT_CHUNK, AT_CLOSED } when;
    bool is_gone;
};

static void destroy_at(struct impatient *owner, int now, struct lct_link_peer *peer) {
    if ((int)owner->when == now) {
        owner->is_gone = true;
        lct_link_peer_destroy(peer);
        lct_loop_stop(owner->loop);
    }
}

static void impatient_opened(void *arg, struct lct_link_peer *peer, const json_t *message) {
    (void)message;
    destroy_at(arg, AT_OPENED, peer);
}

static void impatient_message(void *arg, struct lct_link_peer *peer, enum lct_link_type type,
                              const json_t *message) {
    (void)type;
    (void)message;
    destroy_at(arg, AT_MESSAGE, peer);
}

static void impatient_chunk(void *arg, struct lct_link_peer *peer, struct lct_chunk *chunk) {
    (void)chunk;
    destroy_at(arg, AT_CHUNK, peer);
}

static void impatient_closed(void *arg, struct lct_link_peer *peer, const char *why) {
    (void)why;
    destroy_at(arg, AT_CLOSED, peer);
}

Test(link_peer, may_be_destroyed_in_each_callback, .timeout = 20) {
    static const struct lct_link_events impatience = {impatient_opened, impatient_message,
                                                      impatient_chunk, NULL, impatient_closed};
    for (int when = AT_OPENED; when <= AT_CLOSED; when++) {
        struct lct_loop *loop = lct_loop_create();
        struct impatient owner = {.loop = loop};
        struct end b = {.loop = loop};
        struct lct_format *format = format_of(1);
        struct lct_chunk *chunk = chunk_of(format, 1, true, 100);
        int fds[2];
        LCT_JSON json_t *one = hello(1);
        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
        owner.when = (unsigned)when;
        cr_assert_not_null(
            lct_link_peer_create(loop, lct_stream_plain(fds[0]), one, &impatience, &owner));
        struct lct_link_peer *peer =
            lct_link_peer_create(loop, lct_stream_plain(fds[1]), one, &events, &b);
        if (when > AT_OPENED) {
            run_for(loop, 50 * LCT_MS);
            cr_assert_eq(lct_link_peer_send(peer, LCT_LINK_STATUS, one), 0);
            lct_link_peer_send_chunk(peer, chunk);
        }
        if (when == AT_CLOSED) {
            run_for(loop, 50 * LCT_MS);
            lct_link_peer_destroy(peer);
            peer = NULL;
        }
        run_for(loop, 100 * LCT_MS);
        cr_assert(owner.is_gone, "callback %d", when);
        lct_link_peer_destroy(peer);
        lct_chunk_unref(chunk);
        lct_format_unref(format);
        lct_loop_destroy(loop);
    }
}

/* What came, a letter each: c a chunk, p a part, k a COPY. */
struct order {
    struct lct_loop *loop;
    char came[64];
    size_t n;
};

static void note(struct order *order, char what) {
    order->came[order->n++] = what;
    if (what == 'k') {
        lct_loop_stop(order->loop);
    }
}

static void note_message(void *arg, struct lct_link_peer *peer, enum lct_link_type type,
                         const json_t *message) {
    (void)peer;
    (void)message;
    cr_assert_eq(type, LCT_LINK_COPY);
    note(arg, 'k');
}

static void note_chunk(void *arg, struct lct_link_peer *peer, struct lct_chunk *chunk) {
    (void)peer;
    (void)chunk;
    note(arg, 'c');
}

static void note_part(void *arg, struct lct_link_peer *peer, const struct lct_link_part *part) {
    (void)peer;
    cr_assert_str_eq(part->name, "camera/0001.mp4");
    cr_assert(part->n == 7 && memcmp(part->bytes, "moofmda", 7) == 0);
    note(arg, 'p');
}

static const struct lct_link_events ordering = {
    .message = note_message, .chunk = note_chunk, .part = note_part};

Test(link_peer, what_is_copied_goes_behind_what_is_live_and_in_its_order, .timeout = 20) {
    struct lct_loop *loop = lct_loop_create();
    struct end a = {.loop = loop};
    struct order b = {.loop = loop};
    struct lct_format *format = format_of(1);
    const struct lct_link_part part = {
        .lesson = "L", .name = "camera/0001.mp4", .bytes = (const uint8_t *)"moofmda", .n = 7};
    int fds[2];
    LCT_JSON json_t *one = hello(1);
    LCT_JSON json_t *keep = json_pack("{s:s}", "do", "keep");
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    a.peer = lct_link_peer_create(loop, lct_stream_plain(fds[0]), one, &events, &a);
    struct lct_link_peer *of_b =
        lct_link_peer_create(loop, lct_stream_plain(fds[1]), one, &ordering, &b);
    run_for(loop, 50 * LCT_MS);
    for (int64_t i = 0; i < 4; i++) { /* more than the socket takes at once */
        struct lct_chunk *chunk = chunk_of(format, i, i == 0, 1U << 20);
        lct_link_peer_send_chunk(a.peer, chunk);
        lct_chunk_unref(chunk);
        cr_assert_eq(lct_link_peer_send_part(a.peer, &part), 0);
        if (i == 2) {
            cr_assert_eq(lct_link_peer_send(a.peer, LCT_LINK_COPY, keep), 0);
        }
    }
    lct_loop_run(loop);
    run_for(loop, 50 * LCT_MS);
    cr_assert_str_eq(b.came, "ccccpppkp", "%s", b.came);
    lct_link_peer_destroy(a.peer);
    lct_link_peer_destroy(of_b);
    lct_format_unref(format);
    lct_loop_destroy(loop);
}

Test(link_peer, chunks_arrive_in_order_and_skip_to_a_key_when_slow, .timeout = 60) {
    struct lct_loop *loop = lct_loop_create();
    struct end a = {0}, b = {0};
    struct lct_format *format = format_of(1);
    join(loop, &a, &b, 1);
    run_for(loop, 50 * LCT_MS);
    cr_assert_not_null(b.peer);
    for (int round = 0; round < 4; round++) { /* 40 MB at once: nobody reads meanwhile */
        for (int64_t i = round * 100; i < round * 100 + 100; i++) {
            struct lct_chunk *chunk = chunk_of(format, i, i % 10 == 0, 100000);
            lct_link_peer_send_chunk(a.peer, chunk);
            lct_chunk_unref(chunk);
        }
        run_for(loop, 200 * LCT_MS);
    }
    cr_assert_gt(b.chunks, 100);
    cr_assert_lt(b.chunks, 400);
    cr_assert_eq((uint64_t)b.chunks + lct_link_peer_drops(a.peer), 400);
    cr_assert_not(b.lost_without_key);
    lct_link_peer_destroy(a.peer);
    lct_link_peer_destroy(b.peer);
    lct_format_unref(format);
    lct_loop_destroy(loop);
}

Test(link_peer, a_new_status_replaces_one_that_waits, .timeout = 30) {
    struct lct_loop *loop = lct_loop_create();
    struct end a = {0}, b = {0};
    join(loop, &a, &b, 1);
    run_for(loop, 50 * LCT_MS);
    char *big = lct_new(60001);
    memset(big, 'x', 60000);
    LCT_JSON json_t *status = json_pack("{s:s}", "do", big);
    for (int i = 0; i < 1000; i++) { /* 60 MB */
        cr_assert_eq(lct_link_peer_send(a.peer, LCT_LINK_STATUS, status), 0);
    }
    LCT_JSON json_t *last = json_pack("{s:s}", "do", "last");
    cr_assert_eq(lct_link_peer_send(a.peer, LCT_LINK_STATUS, last), 0);
    run_for(loop, 300 * LCT_MS);
    cr_assert_lt(b.messages, 100);
    cr_assert_str_eq(b.last, "last");
    struct lct_link_peer *of_a = a.peer;
    for (int i = 0; a.closed == 0 && i < 1000; i++) {
        (void)lct_link_peer_send(of_a, LCT_LINK_REPLY, status);
    }
    cr_assert_str_eq(a.why, "does-not-read");
    lct_link_peer_destroy(of_a);
    lct_link_peer_destroy(b.peer);
    free(big);
    lct_loop_destroy(loop);
}

Test(link_peer, silence_is_noticed, .timeout = 10) {
    struct lct_loop *loop = lct_loop_create();
    struct end a = {0}, b = {0};
    join(loop, &a, &b, 1);
    struct lct_link_peer *of_a = a.peer;
    lct_link_peer_set_patience(of_a, 200 * LCT_MS);
    lct_loop_run(loop);
    cr_assert_str_eq(a.why, "silent");
    lct_link_peer_destroy(of_a);
    lct_link_peer_destroy(b.peer);
    lct_loop_destroy(loop);
}

/* A server takes a caller by its first word. */
static void on_caller(void *arg, struct lct_link_peer *peer, const json_t *greeting) {
    LCT_JSON json_t *look = json_pack("{s:s, s:b}", "do", "look", "on", 0);
    on_opened(arg, peer, greeting);
    cr_assert_eq(lct_link_peer_send(peer, LCT_LINK_COMMAND, look), 0);
}

static const struct lct_link_events server_events = {
    .opened = on_caller, .message = on_message, .chunk = on_chunk, .closed = on_closed};

Test(link_join, finds_the_server_again, .timeout = 30) {
    struct lct_loop *loop = lct_loop_create();
    struct lct_link_listener *listener = NULL, *second = NULL;
    struct end server = {.loop = loop}, recorder = {.loop = loop};
    struct lct_fault fault;
    char folder[] = "/tmp/lct-link-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    LCT_FREE char *long_folder = lct_format("%s/%0200d", folder, 0); /* longer than an address */
    cr_assert_eq(mkdir(long_folder, 0700), 0);
    LCT_FREE char *path = lct_format("%s/link", long_folder);
    LCT_JSON json_t *greeting = hello(1);
    struct lct_link_caller *caller =
        lct_link_call(loop, lct_link_way_unix(path), greeting, &events, &recorder);
    run_for(loop, 100 * LCT_MS);
    cr_assert_null(lct_link_caller_peer(caller));
    cr_assert_eq(lct_link_listen(loop, path, greeting, &server_events, &server, &listener, &fault),
                 0, "%s", fault.en);
    struct stat info;
    cr_assert_eq(stat(path, &info), 0);
    cr_assert_eq(info.st_mode & 0777U, 0600U);
    cr_assert_eq(lct_link_listen(loop, path, greeting, &server_events, &server, &second, &fault),
                 -EADDRINUSE);
    run_for(loop, 1500 * LCT_MS);
    cr_assert_not_null(lct_link_caller_peer(caller));
    lct_link_listener_destroy(listener);
    lct_loop_run(loop);
    cr_assert_eq(recorder.closed, 1);
    int fd = open(path, O_CREAT | O_WRONLY, 0600); /* a foreign file of that name is not touched */
    close(fd);
    cr_assert_eq(lct_link_listen(loop, path, greeting, &server_events, &server, &listener, &fault),
                 -EADDRINUSE);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(lct_link_listen(loop, path, greeting, &server_events, &server, &listener, &fault),
                 0);
    run_for(loop, 2500 * LCT_MS);
    cr_assert_eq(recorder.opened, 2);
    lct_link_caller_destroy(caller);
    lct_loop_run(loop);
    lct_link_listener_destroy(listener);
    lct_loop_destroy(loop);
    cr_assert_eq(rmdir(long_folder), 0);
    cr_assert_eq(rmdir(folder), 0);
}

/* Without descriptors nobody can be let in: that is not tried again and again, and it ends. */
Test(link_join, callers_wait_while_there_are_no_descriptors, .timeout = 30) {
    struct lct_loop *loop = lct_loop_create();
    struct lct_link_listener *listener = NULL;
    struct end server = {.loop = loop};
    struct lct_fault fault;
    char folder[] = "/tmp/lct-link-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    LCT_FREE char *path = lct_format("%s/link", folder);
    LCT_JSON json_t *greeting = hello(1);
    cr_assert_eq(lct_link_listen(loop, path, greeting, &events, &server, &listener, &fault), 0,
                 "%s", fault.en);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    struct rlimit before, none;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int next = dup(fd);
    close(next);
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){(rlim_t)next, before.rlim_max};
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(write(fd, "\0\0\0\x11\x01\0\0\0{\"version\":1}", 21), 21);
    lct_ns cpu = lct_cpu_time();
    run_for(loop, 2 * LCT_SECOND);
    cpu = lct_cpu_time() - cpu;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    cr_assert_lt(cpu, LCT_SECOND / 2);
    cr_assert_eq(server.opened, 0);
    run_for(loop, 2 * LCT_SECOND);
    cr_assert_eq(server.opened, 1);
    close(fd);
    lct_link_listener_destroy(listener);
    lct_loop_destroy(loop);
    cr_assert_eq(rmdir(folder), 0);
}

static void refuse(void *arg, struct lct_link_peer *peer, const json_t *greeting) {
    struct end *end = arg;
    (void)greeting;
    end->opened++;
    lct_link_peer_close(peer, "not-you");
}

static void note_end(void *arg, struct lct_link_peer *peer, const char *why) {
    struct end *end = arg;
    (void)peer;
    end->closed++;
    (void)snprintf(end->why, sizeof end->why, "%s", why);
}

static const struct lct_link_events refusing = {.opened = refuse};
static const struct lct_link_events noting = {
    .opened = on_opened, .message = on_message, .chunk = on_chunk, .closed = note_end};

/* Calls less and less often, and its owner is told once. */
static void be_refused(int version, const char *why) {
    struct lct_loop *loop = lct_loop_create();
    struct lct_link_listener *listener = NULL;
    struct end server = {.loop = loop}, recorder = {.loop = loop};
    struct lct_fault fault;
    char folder[] = "/tmp/lct-link-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    LCT_FREE char *path = lct_format("%s/link", folder);
    LCT_JSON json_t *greeting = hello(1);
    LCT_JSON json_t *of_server = hello(version);
    cr_assert_eq(lct_link_listen(loop, path, of_server, &refusing, &server, &listener, &fault), 0);
    struct lct_link_caller *caller =
        lct_link_call(loop, lct_link_way_unix(path), greeting, &noting, &recorder);
    run_for(loop, 4300 * LCT_MS); /* calls at 0, 0.5, 1.5, 2.5, 3.5 s */
    cr_assert_leq(server.opened, 5);
    cr_assert_eq(recorder.opened, 0);
    cr_assert_eq(recorder.closed, 1, "told %d times", recorder.closed);
    cr_assert_str_eq(recorder.why, why);
    lct_link_listener_destroy(listener);
    cr_assert_eq(lct_link_listen(loop, path, greeting, &server_events, &server, &listener, &fault),
                 0);
    run_for(loop, 2500 * LCT_MS);
    cr_assert_eq(recorder.opened, 1, "taken at last");
    lct_link_caller_destroy(caller);
    run_for(loop, 50 * LCT_MS);
    lct_link_listener_destroy(listener);
    lct_loop_destroy(loop);
    cr_assert_eq(rmdir(folder), 0);
}

Test(link_join, is_told_once_that_it_is_refused, .timeout = 30) { be_refused(1, "refused"); }

Test(link_join, is_told_once_of_a_wrong_version, .timeout = 30) { be_refused(2, "wrong-version"); }

Test(link_peer, keeps_no_answers_for_a_recorder_that_does_not_read, .timeout = 10) {
    struct lct_loop *loop = lct_loop_create();
    struct end a = {0}, b = {0};
    join(loop, &a, &b, 1);
    LCT_FREE char *text = lct_new(100001);
    memset(text, 'x', 100000);
    LCT_JSON json_t *answer = json_pack("{s:s}", "files", text);
    size_t bytes = 0;
    int rc = 0;
    for (int i = 0; i < 100 && rc == 0; i++) {
        rc = lct_link_peer_send(a.peer, LCT_LINK_COPY, answer);
        bytes += rc == 0 ? 100000 : 0;
    }
    cr_assert_eq(rc, -ENOBUFS);
    cr_assert_leq(bytes, 3U << 20, "more than what waits and what the socket takes");
    cr_assert_eq(a.closed, 0);
    lct_link_peer_destroy(a.peer);
    lct_link_peer_destroy(b.peer);
    lct_loop_destroy(loop);
}
