// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include "control/server/gathered.h"

static json_t *two_collections(void) {
    return json_pack("[{s:s, s:[s,s,s,s]}, {s:s, s:[]}]", "id", "collection-a", "items",
                     "20260301-080000-main-0001", "clip-20260302-080000-aaaa",
                     "20260301-090000-main-0002", "clip-20260302-080000-bbbb", "id", "collection-b",
                     "items");
}

Test(gathered, knows_what_is_in_which) {
    struct lct_gathered *gathered = lct_gathered_create();
    LCT_JSON json_t *list = two_collections();
    cr_assert(!lct_gathered_is(gathered, "collection-a"));
    lct_gathered_set(gathered, list);
    cr_assert(lct_gathered_is(gathered, "collection-a"));
    cr_assert(lct_gathered_is(gathered, "collection-b"), "an empty one");
    cr_assert(!lct_gathered_is(gathered, "collection-c"));
    cr_assert(lct_gathered_has(gathered, "collection-a", "20260301-090000-main-0002"));
    cr_assert(!lct_gathered_has(gathered, "collection-b", "20260301-090000-main-0002"));
    cr_assert(!lct_gathered_has(gathered, "collection-c", "20260301-090000-main-0002"));
    json_array_remove(list, 0);
    lct_gathered_set(gathered, list);
    cr_assert(!lct_gathered_is(gathered, "collection-a"), "it is gone");
    cr_assert(!lct_gathered_has(gathered, "collection-a", "20260301-090000-main-0002"));
    lct_gathered_destroy(gathered);
}

Test(gathered, walks_through_its_microlessons) {
    struct lct_gathered *gathered = lct_gathered_create();
    LCT_JSON json_t *list = two_collections();
    char clip[LCT_LESSON_ID_SIZE] = "";
    lct_gathered_set(gathered, list);
    cr_assert(lct_gathered_next_clip(gathered, "collection-a", clip));
    cr_assert_str_eq(clip, "clip-20260302-080000-aaaa");
    cr_assert(lct_gathered_next_clip(gathered, "collection-a", clip));
    cr_assert_str_eq(clip, "clip-20260302-080000-bbbb");
    cr_assert(!lct_gathered_next_clip(gathered, "collection-a", clip));
    *clip = '\0';
    cr_assert(!lct_gathered_next_clip(gathered, "collection-b", clip));
    cr_assert(!lct_gathered_next_clip(gathered, "collection-c", clip));
    lct_gathered_destroy(gathered);
}
