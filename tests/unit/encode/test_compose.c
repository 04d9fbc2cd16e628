// SPDX-License-Identifier: GPL-3.0-or-later
#include "encode/compose.h"

#include <criterion/criterion.h>
#include <string.h>

#include "capture/frame.h"

/* A picture of one brightness. */
static struct lct_frame *plain(int width, int height, int brightness) {
    struct lct_frame *f = lct_frame_picture(width, height, 0);
    for (int i = 0; i < 3; i++) {
        int rows = i ? height / 2 : height;
        memset(f->plane[i], i ? 128 : brightness, (size_t)f->stride[i] * (size_t)rows);
    }
    f->colour = LCT_COLOUR_BT709;
    return f;
}

/* How many places of the picture are as bright as the one laid into it. */
static int inset(int width, int height, int other_width, int other_height) {
    const struct lct_overlay_canvas canvas = {width, height, LCT_COLOUR_BT709};
    struct lct_compose *c = lct_compose_create(LCT_COMPOSE_INSET, &canvas);
    struct lct_frame *main = plain(width, height, 60);
    struct lct_frame *other = plain(other_width, other_height, 200);
    struct lct_frame *both = lct_compose_picture(c, main, other);
    int n = 0;
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            n += both->plane[0][y * both->stride[0] + x] > 130;
        }
    }
    lct_frame_unref(both);
    lct_frame_unref(other);
    lct_frame_unref(main);
    lct_compose_destroy(c);
    return n;
}

TestSuite(compose, .timeout = 60);

Test(compose, an_inset_is_a_quarter_as_wide) {
    int n = inset(640, 360, 320, 180);
    cr_assert(n > 160 * 90 * 9 / 10 && n <= 160 * 90, "%d", n);
}

Test(compose, whatever_shape_an_inset_has_there_is_something_of_it) {
    static const int shapes[][4] = {{640, 360, 4000, 2},
                                    {640, 360, 2, 4000},
                                    {64, 48, 1920, 2},
                                    {4, 4, 640, 360},
                                    {2, 2, 2, 2}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const int *s = shapes[i];
        cr_assert(inset(s[0], s[1], s[2], s[3]) > 0, "%d x %d in %d x %d", s[2], s[3], s[0], s[1]);
    }
}
