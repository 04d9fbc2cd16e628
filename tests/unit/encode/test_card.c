// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "encode/card.h"
#include "tests/support/disk.h"

static const struct lct_overlay_canvas canvas = {.width = 320, .height = 180};

#define GROUND "\"version\":1,\"ground\":{\"top\":\"#000000\",\"bottom\":\"#000000\"}"
#define WHITE "\"colour\":\"#ffffff\""

/* Draws a design with one field, "title". */
static int draw(const char *design, const char *title, struct lct_frame **ret_frame,
                struct lct_fault *fault) {
    LCT_FREE char *folder = lct_test_folder();
    LCT_FREE char *path = lct_format("%s/design.json", folder);
    LCT_JSON json_t *fields = json_pack("{s:s}", "title", title);
    cr_assert_eq(lct_io_replace(&lct_io_system, path, design, strlen(design)), 0);
    int rc = lct_card_draw(path, fields, NULL, &canvas, ret_frame, fault);
    lct_test_remove(folder);
    return rc;
}

/* How much of a part of the picture is bright, in pixels. */
static int bright(const struct lct_frame *f, int x, int y, int w, int h) {
    int count = 0;
    for (int row = y; row < y + h; row++) {
        for (int column = x; column < x + w; column++) {
            count += f->plane[0][row * f->stride[0] + column] > 120;
        }
    }
    return count;
}

static struct lct_frame *card(const char *design, const char *title) {
    struct lct_frame *frame = NULL;
    struct lct_fault fault;
    cr_assert_eq(draw(design, title, &frame, &fault), 0, "%s", fault.en);
    return frame;
}

#define TITLE                                                                                      \
    "{" GROUND ",\"texts\":[{\"text\":\"{title}\",\"box\":[0.1,0.25,0.8,0.5],\"size\":0.2,"        \
    "\"least\":0.06,\"along\":\"middle\",\"across\":\"middle\"," WHITE "}]}"

/* Words stand in their box, whatever they are; and nothing stands beside it. */
Test(card, words_stay_in_their_box) {
    char *long_one = lct_new(9001), *han = lct_new(9001);
    memset(long_one, 'w', 9000);
    for (int i = 0; i < 3000; i++) {
        memcpy(han + 3 * (size_t)i, "圆", 3);
    }
    const char *const titles[] = {"圆",    "The area of a circle",       long_one, han, "🌍🚀",
                                  "مرحبا", "\xe2\x80\xaeright\nto\tleft"};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        struct lct_frame *f = card(TITLE, titles[i]);
        int all = bright(f, 0, 0, 320, 180), inside = bright(f, 32, 45, 256, 90);
        cr_assert_gt(inside, 10, "title %zu", i);
        cr_assert_eq(all, inside, "title %zu leaves its box: %d of %d", i, inside, all);
        lct_frame_unref(f);
    }
    free(long_one);
    free(han);
}

Test(card, what_is_empty_is_left_out) {
    struct lct_frame *f =
        card("{" GROUND
             ",\"texts\":[{\"text\":[\"Teacher {teachers}\",\"{title}\"],\"between\":\"++++\","
             "\"box\":[0,0,1,1],\"size\":0.2," WHITE "}]}",
             "");
    cr_assert_eq(bright(f, 0, 0, 320, 180), 0);
    lct_frame_unref(f);
}

Test(card, boxes_and_ground) {
    struct lct_frame *f =
        card("{\"version\":1,\"ground\":{\"top\":\"#000000\",\"bottom\":\"#ffffff\"},"
             "\"boxes\":[{\"box\":[0.5,0,0.5,1]," WHITE "}]}",
             "");
    cr_assert_eq(bright(f, 160, 0, 160, 180), 160 * 180);
    cr_assert_eq(bright(f, 0, 0, 160, 60), 0);
    cr_assert_eq(bright(f, 0, 120, 160, 60), 160 * 60);
    lct_frame_unref(f);
}

Test(card, wrong_designs_are_refused_in_words) {
    static const char *const designs[] = {
        "[]",
        "{}",
        "{\"version\":2}",
        "{\"version\":1}",
        "{\"version\":1,\"ground\":{\"top\":\"#00000\",\"bottom\":\"#000000\"}}",
        "{\"version\":1,\"ground\":{\"top\":\"#0000000\",\"bottom\":\"#000000\"}}",
        "{" GROUND ",\"boxes\":[{\"box\":[0,0,1]," WHITE "}]}",
        "{" GROUND ",\"boxes\":[{\"box\":[0,0,2,1]," WHITE "}]}",
        "{" GROUND ",\"boxes\":[{\"box\":[0,0,0,1]," WHITE "}]}",
        "{" GROUND ",\"boxes\":[1]}",
        "{" GROUND ",\"logo\":{}}",
        "{" GROUND ",\"texts\":[{\"text\":\"x\",\"box\":[0,0,1,1]," WHITE "}]}",
        "{" GROUND ",\"texts\":[{\"text\":\"x\",\"box\":[0,0,1,1],\"size\":9," WHITE "}]}",
        "{" GROUND
        ",\"texts\":[{\"text\":\"x\",\"box\":[0,0,1,1],\"size\":0.1,\"along\":\"up\"," WHITE "}]}",
        "not JSON",
    };
    for (size_t i = 0; i < sizeof designs / sizeof *designs; i++) {
        struct lct_frame *frame = NULL;
        struct lct_fault fault = {.code = 0};
        cr_assert_eq(draw(designs[i], "x", &frame, &fault), -EINVAL, "design %zu", i);
        cr_assert(fault.en[0] && fault.zh[0]);
        cr_assert_null(frame);
    }
}

Test(card, a_caption_lies_at_the_lower_edge) {
    struct lct_frame *f = card("{" GROUND "}", "");
    struct lct_overlay *caption = lct_overlay_caption("同学们好\nGood morning", &canvas);
    lct_overlay_blend(caption, f);
    cr_assert_gt(bright(f, 0, 120, 320, 60), 50);
    cr_assert_eq(bright(f, 0, 0, 320, 120), 0);
    lct_overlay_destroy(caption);
    lct_frame_unref(f);
}
