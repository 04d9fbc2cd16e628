// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "encode/nal.h"
#include "encode/push.h"
#include "encode/video.h"

#define STEP (LCT_SECOND / 10)

static bool wanted = true;

static bool may_go_on(void *arg) {
    (void)arg;
    return wanted;
}

static int free_port(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&at, n), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    close(fd);
    return ntohs(at.sin_port);
}

static struct lct_push_address address_of(const char *text) {
    struct lct_push_address address;
    cr_assert_eq(lct_push_address_read(text, &address, NULL), 0);
    return address;
}

/* ffmpeg that takes one push and writes it as FLV, with whatever configs it was given. */
static pid_t platform(const char *url, const char *file) {
    pid_t pid = fork();
    if (pid == 0) {
        execlp("ffmpeg", "ffmpeg", "-nostdin", "-v", "quiet", "-y", "-listen", "1", "-i", url, "-c",
               "copy", "-flvflags", "no_duration_filesize", "-f", "flv", file, (char *)NULL);
        _exit(127);
    }
    return pid;
}

/* Pictures of a size, and the format they have. */
struct film {
    struct lct_video_encoder *encoder;
    struct lct_format *format;
    int width, height, number;
};

static void open_film(struct film *film, int width, int height) {
    struct lct_video_settings settings = lct_video_camera(width, height, 10);
    *film = (struct film){.width = width, .height = height};
    cr_assert_eq(lct_video_open(&settings, &film->encoder, NULL), 0);
}

static void take_format(struct film *film, const struct lct_video_packet *packet) {
    struct lct_nal_sets sets;
    struct lct_format *f = lct_new(sizeof *f);
    lct_ref_init(&f->ref);
    f->codec = LCT_CODEC_H264;
    f->timescale = 90000;
    f->width = film->width;
    f->height = film->height;
    f->config = lct_new(2 * LCT_NAL_SET_MAX);
    cr_assert(lct_nal_find_sets(packet->bytes, packet->n, &sets));
    f->config_bytes = lct_nal_write_avcc(&sets, f->config, 2 * LCT_NAL_SET_MAX);
    film->format = f;
}

/* The next sample; *ret_bytes is owned. */
static struct lct_push_sample next(struct film *film, lct_ns time, uint8_t **ret_bytes) {
    struct lct_video_packet packet;
    struct lct_frame *picture = lct_frame_picture(film->width, film->height, 0);
    memset(picture->plane[0], 20 + 10 * film->number, (size_t)(film->height * picture->stride[0]));
    bool key = film->number == 0;
    int64_t tick = 9000 * film->number++;
    cr_assert_eq(lct_video_encode(film->encoder, picture, tick, key, &packet), 0);
    lct_frame_unref(picture);
    if (!film->format) {
        take_format(film, &packet);
    }
    size_t n = lct_nal_sample_bytes(packet.bytes, packet.n);
    *ret_bytes = lct_new(n);
    lct_nal_write_sample(packet.bytes, packet.n, *ret_bytes);
    return (struct lct_push_sample){film->format, *ret_bytes, n, time, packet.key};
}

static void close_film(struct film *film) {
    lct_video_close(film->encoder);
    lct_format_unref(film->format);
}

/* AVC sequence headers in an FLV file (E.4.3.1: key frame, AVC; packet type 0; no offset). */
static int headers_in(const char *file) {
    static const uint8_t header[] = {0x17, 0, 0, 0, 0};
    char *bytes;
    size_t n;
    int count = 0;
    cr_assert_eq(lct_io_slurp(file, 1 << 20, &bytes, &n), 0);
    for (size_t i = 0; i + sizeof header <= n; i++) {
        count += memcmp(bytes + i, header, sizeof header) == 0;
    }
    free(bytes);
    return count;
}

/* A platform that has been started is there some time later. */
static struct lct_push *connect_to(const struct lct_push_address *address,
                                   struct lct_format *format) {
    struct lct_push *push = NULL;
    int rc = -ECONNREFUSED;
    for (int i = 0; rc == -ECONNREFUSED && i < 300; i++) {
        rc = lct_push_open(address, format, NULL, may_go_on, NULL, &push);
        (void)nanosleep(&(struct timespec){0, 100 * LCT_MS}, NULL);
    }
    cr_assert_eq(rc, 0, "%d", rc);
    return push;
}

Test(push, a_new_size_in_the_midst_is_told, .timeout = 60) {
    char file[] = "/tmp/lectern-push-XXXXXX", url[64];
    close(mkstemp(file));
    (void)snprintf(url, sizeof url, "rtmp://127.0.0.1:%d/live/key", free_port());
    struct lct_push_address address = address_of(url);
    pid_t pid = platform(url, file);
    struct film films[2];
    open_film(&films[0], 64, 48);
    open_film(&films[1], 128, 96);
    struct lct_push *push = NULL;
    for (int i = 0; i < 20; i++) {
        uint8_t *bytes;
        struct lct_push_sample sample = next(&films[i / 10], 7 * LCT_SECOND + i * STEP, &bytes);
        push = push ? push : connect_to(&address, sample.format);
        cr_assert_eq(lct_push_write(push, &sample), 0);
        free(bytes);
    }
    cr_assert_gt(lct_push_bytes(push), 1000);
    lct_push_close(push);
    int status;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert_eq(status, 0, "an end, not a break");
    cr_assert_eq(headers_in(file), 2);
    close_film(&films[0]);
    close_film(&films[1]);
    cr_assert_eq(unlink(file), 0);
}

Test(push, says_what_went_wrong) {
    struct film film;
    struct lct_fault fault;
    struct lct_push *push = NULL;
    char url[64];
    uint8_t *bytes;
    open_film(&film, 64, 48);
    (void)next(&film, 0, &bytes);
    (void)snprintf(url, sizeof url, "rtmp://127.0.0.1:%d/live/key", free_port());
    struct lct_push_address address = address_of(url);
    int rc = lct_push_open(&address, film.format, NULL, may_go_on, NULL, &push);
    cr_assert_eq(rc, -ECONNREFUSED);
    lct_push_fault(rc, &fault);
    cr_assert_not_null(strstr(fault.en, "No program"));
    cr_assert_null(strstr(fault.en, "127.0.0.1"));
    wanted = false;
    cr_assert_eq(lct_push_open(&address, film.format, NULL, may_go_on, NULL, &push), -ECANCELED);
    wanted = true;
    free(bytes);
    close_film(&film);
}
