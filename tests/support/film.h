// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A coded film for benchmarks: an H.264 byte stream with access unit delimiters, in memory as MP4
 * samples, shown again and again at 30 pictures a second.
 *
 *     struct film *film = film_open("camera.h264");
 *     struct film_picture *picture = &film->pictures[number % film->count];
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"
#include "encode/chunk.h"

#define FILM_HZ 30

struct film_picture {
    uint8_t *sample; /**< 4-byte lengths; a key picture has its parameter sets in it */
    uint32_t n;
    bool key;
};

struct film {
    struct lct_format *format; /**< track "camera", id 1, with init */
    struct film_picture *pictures;
    size_t count;
};

/** Reads a film that begins with a key picture; says why and ends the program when it cannot. */
struct film *film_open(const char *path);

/** When picture number is due, for a film begun at start (CLOCK_MONOTONIC). */
lct_ns film_due(lct_ns start, uint64_t number);
