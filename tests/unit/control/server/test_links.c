// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "control/server/links.h"

static char folder[] = "/tmp/lct-links-XXXXXX";
static char *path;
static lct_ns wall = INT64_C(1800000000) * LCT_SECOND;
static struct lct_links *server, *command; /* two programs on one folder */
static struct lct_fault fault;

static lct_ns clock_here(void) { return wall; }

static void begin(void) {
    cr_assert_not_null(mkdtemp(folder));
    path = lct_format("%s/watch-links.json", folder);
    server = lct_links_create(folder, LCT_LINKS_OF_ROOMS, clock_here);
    command = lct_links_create(folder, LCT_LINKS_OF_ROOMS, clock_here);
    cr_assert_eq(lct_links_refresh(server, &fault), 0, "there is nothing yet");
}

static void end(void) {
    lct_links_destroy(server);
    lct_links_destroy(command);
    (void)unlink(path);
    cr_assert_eq(rmdir(folder), 0, "nothing is left lying about");
    free(path);
}

TestSuite(links, .init = begin, .fini = end);

static struct lct_links_link made(struct lct_links *links, const char *room, int64_t seconds) {
    struct lct_links_link link;
    cr_assert_eq(lct_links_make(links, room, seconds, &link, &fault), 0, "%s", fault.en);
    return link;
}

static enum lct_links_answer try(const char *room, const char *token) {
    char id[LCT_LINKS_ID_SIZE] = "";
    enum lct_links_answer answer = lct_links_try(server, room, token, id);
    cr_assert_eq(answer == LCT_LINKS_GOOD, lct_links_is_good(server, room, id));
    return answer;
}

/* In a thread of its own, as the server's catalogue loop. */
static void share(void *arg) {
    struct lct_fault why;
    struct lct_links_link link;
    cr_assert_eq(lct_links_make(arg, "clip-1", 60, &link, &why), 0, "%s", why.en);
}

Test(links, wait_for_who_is_changing_the_folder) {
    struct lct_links *shares = lct_links_create(folder, LCT_LINKS_OF_ITEMS, clock_here);
    struct lct_thread thread;
    LCT_FREE char *file = lct_format("%s/shares.json", folder);
    cr_assert_eq(lct_links_refresh(shares, &fault), 0);
    int lock = lct_lock_folder(folder);
    lct_thread_start(&thread, "shares", share, shares);
    (void)usleep(50000); /* it meets the lock, and goes on when that is gone */
    lct_unlock(lock);
    lct_thread_join(&thread);
    lct_links_destroy(shares);
    (void)unlink(file);
}

Test(links, opens_lessons_with_the_longest_ids) {
    static const char item[] = "20260105-080000-Room_of_the_second_floor_at_the_stairs-a1b2-cde";
    struct lct_links *shares = lct_links_create(folder, LCT_LINKS_OF_ITEMS, clock_here);
    struct lct_links *again = lct_links_create(folder, LCT_LINKS_OF_ITEMS, clock_here);
    LCT_FREE char *file = lct_format("%s/shares.json", folder);
    char id[LCT_LINKS_ID_SIZE];
    cr_assert_eq(strlen(item), LCT_LINKS_ROOM_SIZE - 1);
    struct lct_links_link link = made(shares, item, 60);
    cr_assert_eq(lct_links_refresh(again, &fault), 1, "%s", fault.en);
    cr_assert_eq(lct_links_try(again, item, link.token, id), LCT_LINKS_GOOD);
    cr_assert_eq(lct_links_try(again, "20260105-080000-Room", link.token, id), LCT_LINKS_WRONG);
    lct_links_destroy(shares);
    lct_links_destroy(again);
    (void)unlink(file);
}

Test(links, opens_its_room_until_its_time_comes) {
    struct lct_links_link link = made(server, "main", 60);
    cr_assert_str_eq(link.room, "main");
    cr_assert_eq(link.expires, 1800000060);
    cr_assert_eq(try("main", link.token), LCT_LINKS_GOOD);
    cr_assert_eq(try("lab", link.token), LCT_LINKS_WRONG);
    cr_assert_eq(try("main", "x"), LCT_LINKS_WRONG);
    cr_assert_eq(try("main", ""), LCT_LINKS_WRONG);
    cr_assert_not(lct_links_is_good(server, "lab", link.id));
    cr_assert_not(lct_links_is_good(server, "main", "public"));
    wall += 59 * LCT_SECOND;
    cr_assert_eq(try("main", link.token), LCT_LINKS_GOOD);
    wall += LCT_SECOND;
    cr_assert_eq(try("main", link.token), LCT_LINKS_EXPIRED);
    cr_assert_not(lct_links_is_good(server, "main", link.id));
}

Test(links, one_program_sees_what_the_other_does) {
    struct lct_links_link link = made(command, "main", 60);
    cr_assert_eq(try("main", link.token), LCT_LINKS_WRONG, "not read yet");
    cr_assert_eq(lct_links_refresh(server, &fault), 1);
    cr_assert_eq(lct_links_refresh(server, &fault), 0);
    cr_assert_eq(try("main", link.token), LCT_LINKS_GOOD);
    struct lct_links_link other = made(server, "lab", 60);
    cr_assert_eq(lct_links_refresh(server, &fault), 0, "its own change is no news");
    cr_assert_eq(lct_links_revoke(command, NULL, link.id, &fault), 0, "%s", fault.en);
    cr_assert_eq(lct_links_revoke(command, NULL, link.id, &fault), -ENOENT);
    cr_assert_eq(lct_links_refresh(server, &fault), 1);
    cr_assert_eq(try("main", link.token), LCT_LINKS_REVOKED);
    cr_assert_eq(try("lab", other.token), LCT_LINKS_GOOD, "what the other wrote is kept");
    cr_assert_eq(lct_links_revoke(server, "main", other.id, &fault), -ENOENT, "of another room");
    cr_assert_eq(lct_links_revoke(server, "lab", "../x", &fault), -ENOENT);
    cr_assert_eq(lct_links_revoke(server, "lab", other.id, &fault), 0);
    cr_assert_eq(try("lab", other.token), LCT_LINKS_REVOKED);
}

Test(links, survives_a_restart_and_lists_itself) {
    struct lct_links_link soon = made(server, "main", 60), late = made(server, "main", 600);
    (void)made(server, "lab", 60);
    cr_assert_eq(lct_links_set_public(server, "lab", true, &fault), 0);
    struct stat info;
    cr_assert_eq(stat(path, &info), 0);
    cr_assert_eq(info.st_mode & 0777U, 0600U);
    cr_assert_eq(chmod(path, 0644), 0);
    cr_assert_eq(lct_links_refresh(command, &fault), 1);
    cr_assert_eq(stat(path, &info), 0);
    cr_assert_eq(info.st_mode & 0777U, 0600U, "an open one is closed");
    size_t n;
    LCT_FREE struct lct_links_link *list = lct_links_list(command, "main", &n);
    cr_assert_eq(n, 2);
    cr_assert_eq(memcmp(&list[0].token, &late.token, sizeof late.token), 0);
    cr_assert_str_eq(list[1].id, soon.id);
    cr_assert(lct_links_is_public(command, "lab"));
    wall += 61 * LCT_SECOND;
    LCT_FREE struct lct_links_link *all = lct_links_list(command, NULL, &n);
    cr_assert_eq(n, 1, "what has expired is not shown");
}

Test(links, rooms_are_public_on_purpose_only) {
    cr_assert_not(lct_links_is_public(server, "main"));
    cr_assert_eq(lct_links_set_public(server, "main", false, &fault), 0);
    cr_assert_eq(lct_links_set_public(server, "main", true, &fault), 0);
    cr_assert_eq(lct_links_set_public(server, "main", true, &fault), 0);
    cr_assert_eq(lct_links_set_public(server, "lab", true, &fault), 0);
    cr_assert(lct_links_is_public(server, "main") && lct_links_is_public(server, "lab"));
    cr_assert_not(lct_links_is_public(server, "mai"));
    cr_assert_eq(lct_links_set_public(server, "main", false, &fault), 0);
    cr_assert(!lct_links_is_public(server, "main") && lct_links_is_public(server, "lab"));
    for (int i = 0; i < 63; i++) {
        LCT_FREE char *room = lct_format("room-%d", i);
        cr_assert_eq(lct_links_set_public(server, room, true, &fault), 0);
    }
    cr_assert_eq(lct_links_set_public(server, "main", true, &fault), -EUSERS);
    cr_assert_eq(lct_links_set_public(server, "Main", true, &fault), -EINVAL);
}

Test(links, refuses_what_cannot_be) {
    static const int64_t spans[] = {0, -1, INT64_MIN, INT64_MAX, LCT_LINKS_SECONDS_MAX + 1};
    struct lct_links_link link;
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        cr_assert_eq(lct_links_make(server, "main", spans[i], &link, &fault), -EINVAL);
    }
    cr_assert_eq(lct_links_make(server, "../x", 60, &link, &fault), -EINVAL);
    cr_assert_eq(access(path, F_OK), -1, "nothing was written");
    link = made(server, "main", LCT_LINKS_SECONDS_MAX);
    cr_assert_eq(try("main", link.token), LCT_LINKS_GOOD);
    link = made(server, "main", 1);
    cr_assert_eq(try("main", link.token), LCT_LINKS_GOOD);
    int lock = lct_lock_folder(folder); /* somebody else is at it */
    cr_assert_geq(lock, 0);
    cr_assert_eq(lct_links_make(server, "main", 60, &link, &fault), -EBUSY);
    lct_unlock(lock);
}

Test(links, a_lost_file_closes_rooms_and_a_damaged_one_changes_nothing) {
    struct lct_links_link link = made(server, "main", 60);
    static const char *const damaged[] = {
        "",
        "{",
        "[]",
        "{\"key\":\"short\"}",
        "{\"key\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"links\":[1]}",
        "{\"key\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"links\":[{\"id\":"
        "\"0123456789abcdeg\",\"room\":\"main\",\"expires\":1}]}",
        "{\"key\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"links\":[{\"id\":"
        "\"0123456789abcdef\",\"room\":\"main\",\"expires\":1e300}]}",
        "{\"key\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"public\":[\"/etc\"]}",
    };
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        cr_assert_eq(lct_io_replace(&lct_io_system, path, damaged[i], strlen(damaged[i])), 0);
        cr_assert_eq(lct_links_refresh(server, &fault), -EBADMSG, "%s", damaged[i]);
        cr_assert_eq(lct_links_set_public(server, "main", true, &fault), -EBADMSG);
        cr_assert_eq(try("main", link.token), LCT_LINKS_GOOD);
    }
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(lct_links_refresh(server, &fault), 1);
    cr_assert_eq(try("main", link.token), LCT_LINKS_WRONG, "the key is gone");
    (void)made(server, "main", 60);
    cr_assert_eq(try("main", link.token), LCT_LINKS_WRONG, "a new one is another");
}

Test(links, there_is_an_end_to_their_number) {
    struct lct_links_link link;
    char head[] = "{\"key\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"links\":[";
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    (void)fputs(head, out);
    for (unsigned i = 0; i < LCT_LINKS_MAX; i++) { /* the first one ends first */
        (void)fprintf(out, "%s{\"id\":\"%016x\",\"room\":\"main\",\"expires\":%u}", i ? "," : "", i,
                      1800000060 + (i > 0));
    }
    (void)fputs("]}", out);
    (void)fclose(out);
    cr_assert_eq(lct_io_replace(&lct_io_system, path, text, n), 0);
    free(text);
    cr_assert_eq(lct_links_refresh(server, &fault), 1, "%s", fault.en);
    cr_assert_eq(lct_links_make(server, "main", 60, &link, &fault), -EUSERS);
    wall += 60 * LCT_SECOND;
    cr_assert_eq(lct_links_make(server, "main", 60, &link, &fault), 0, "one has made room");
    cr_assert_eq(lct_links_make(server, "main", 60, &link, &fault), -EUSERS);
}
