// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * closereel FOLDER OUT SECONDS: how long it takes to close a reel.
 *
 * Writes the chunks of the first reel in the track's FOLDER over and over, on a timeline that goes
 * on, into a reel of SECONDS in the folder OUT, makes it durable but for the last half second, as
 * it is in a recording, and closes it. Prints one JSON object.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "archive/tape/reels.h"
#include "archive/tape/tape.h"
#include "base/mem.h"
#include "encode/mp4.h"

/* A reel to copy from. */
struct take {
    struct lct_reel_view view;
    uint8_t *bytes;
    int64_t length; /* ticks */
};

static int load(const char *folder, struct take *take) {
    char path[LCT_PATH_SIZE];
    lct_reel_view_load(folder, 1, &take->view);
    lct_reel_path(folder, 1, ".mp4", path);
    FILE *file = fopen(path, "rb");
    if (!file || !take->view.format || take->view.count < 2) {
        return -ENOENT;
    }
    take->bytes = lct_new(take->view.file_bytes);
    size_t got = fread(take->bytes, 1, take->view.file_bytes, file);
    (void)fclose(file);
    const struct lct_index_row *rows = take->view.rows, *last = &rows[take->view.count - 1];
    /* what follows the last one comes when the last one came after the one before it */
    take->length = 2 * last->info.tfdt - last[-1].info.tfdt - rows[0].info.tfdt;
    return got == take->view.file_bytes ? 0 : -EIO;
}

static int append(struct lct_reel *reel, const struct take *take, uint64_t number) {
    const struct lct_index_row *row = &take->view.rows[number % take->view.count];
    struct lct_chunk_info info = row->info;
    info.tfdt += (int64_t)(number / take->view.count) * take->length - take->view.rows[0].info.tfdt;
    const uint8_t *sample = take->bytes + row->offset + lct_index_payload_at(row);
    struct lct_chunk *chunk = lct_mp4_pack(take->view.format, &info, (const uint8_t *[]){sample});
    int rc = chunk ? lct_reel_append(reel, chunk, false) : -EINVAL;
    lct_chunk_unref(chunk);
    return rc;
}

static int write_reel(struct lct_reel *reel, const struct take *take, double seconds) {
    const uint32_t scale = take->view.format->timescale;
    int64_t end = (int64_t)(seconds * scale), now = 0;
    bool synced = false;
    int rc = 0;
    for (uint64_t i = 0; rc == 0 && now < end; i++) {
        rc = append(reel, take, i);
        struct lct_reel_state state;
        lct_reel_state(reel, &state);
        now = state.last.info.tfdt;
        if (rc == 0 && !synced && now > end - scale / 2) {
            rc = lct_reel_sync(reel);
            synced = true;
        }
    }
    return rc;
}

static int close_reel(struct lct_reel *reel) {
    struct lct_reel_state state;
    lct_reel_state(reel, &state);
    lct_ns cpu = lct_cpu_time(), wall = lct_monotonic();
    int rc = lct_reel_sync(reel);
    rc = rc ? rc : lct_reel_close(reel, 0);
    wall = lct_monotonic() - wall;
    cpu = lct_cpu_time() - cpu;
    (void)printf("{\"bytes\": %llu, \"chunks\": %u, \"wall_ms\": %.2f, \"cpu_ms\": %.2f}\n",
                 (unsigned long long)state.bytes, state.rows, (double)wall / LCT_MS,
                 (double)cpu / LCT_MS);
    return rc;
}

int main(int argc, char **argv) {
    struct take take = {.bytes = NULL};
    if (argc != 4 || load(argv[1], &take) < 0) {
        (void)fputs("usage: closereel FOLDER OUT SECONDS, FOLDER with a reel of pictures\n",
                    stderr);
        return 1;
    }
    struct lct_index_head head;
    struct lct_reel *reel = NULL;
    lct_tape_clocks(lct_monotonic(), &head);
    int rc = lct_reel_open(&lct_io_system, argv[2], 1, take.view.format, &head, &reel);
    rc = rc ? rc : write_reel(reel, &take, atof(argv[3]));
    rc = rc ? rc : close_reel(reel);
    lct_reel_view_free(&take.view);
    free(take.bytes);
    return rc ? 1 : 0;
}
