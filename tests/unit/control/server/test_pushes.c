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
#include "control/server/pushes.h"

static char folder[] = "/tmp/lct-pushes-XXXXXX";
static char *path;
static struct lct_pushes *server, *command; /* two programs on one folder */
static struct lct_fault fault;

static void begin(void) {
    cr_assert_not_null(mkdtemp(folder));
    path = lct_format("%s/pushes.json", folder);
    server = lct_pushes_create(folder);
    command = lct_pushes_create(folder);
    cr_assert_eq(lct_pushes_refresh(server, &fault), 0, "there is nothing yet");
}

static void end(void) {
    lct_pushes_destroy(server);
    lct_pushes_destroy(command);
    (void)unlink(path);
    cr_assert_eq(rmdir(folder), 0, "nothing is left lying about");
    free(path);
}

TestSuite(pushes, .init = begin, .fini = end);

static struct lct_pushes_push push_of(const char *room, const char *url) {
    struct lct_pushes_push push = {.on = true};
    (void)snprintf(push.room, sizeof push.room, "%s", room);
    (void)snprintf(push.url, sizeof push.url, "%s", url);
    return push;
}

static struct lct_pushes_push added(const char *room, const char *url) {
    struct lct_pushes_push push = push_of(room, url);
    cr_assert_eq(lct_pushes_add(command, &push, &fault), 0, "%s", fault.en);
    return push;
}

static size_t count(struct lct_pushes *pushes, const char *room) {
    size_t n;
    free(lct_pushes_list(pushes, room, &n));
    return n;
}

static int add(const char *room, const char *url) {
    struct lct_pushes_push push = push_of(room, url);
    return lct_pushes_add(server, &push, &fault);
}

Test(pushes, one_program_sees_what_the_other_does) {
    size_t n;
    struct lct_pushes_push push = push_of("main", "rtmp://h/app/secret-key");
    push.screen = true;
    (void)snprintf(push.name, sizeof push.name, "县平台");
    cr_assert_eq(lct_pushes_add(command, &push, &fault), 0);
    cr_assert_eq(count(server, NULL), 0, "not read yet");
    cr_assert_eq(lct_pushes_refresh(server, &fault), 1);
    cr_assert_eq(lct_pushes_refresh(server, &fault), 0);
    struct lct_pushes_push *list = lct_pushes_list(server, "main", &n);
    cr_assert_eq(n, 1);
    cr_assert_str_eq(list[0].id, push.id);
    cr_assert_str_eq(list[0].url, "rtmp://h/app/secret-key");
    cr_assert_str_eq(list[0].name, "县平台");
    cr_assert(list[0].screen && list[0].on);
    LCT_JSON json_t *json = lct_pushes_json(&list[0]);
    LCT_FREE char *text = lct_json_dump(json, NULL);
    cr_assert_null(strstr(text, "secret-key"));
    cr_assert_str_eq(lct_json_text(json, "address", ""), "rtmp://h/app/…");
    free(list);
    cr_assert_eq(lct_pushes_switch(server, "main", push.id, false, &fault), 0);
    cr_assert_eq(lct_pushes_refresh(command, &fault), 1);
    list = lct_pushes_list(command, "main", &n);
    cr_assert_not(list[0].on);
    free(list);
    cr_assert_eq(lct_pushes_remove(command, NULL, push.id, &fault), 0);
    cr_assert_eq(lct_pushes_refresh(server, &fault), 1);
    cr_assert_eq(count(server, NULL), 0);
}

Test(pushes, rooms_have_their_own) {
    struct lct_pushes_push main = added("main", "rtmp://h/a/b"), lab = added("lab", "rtmp://h/a/b");
    cr_assert_eq(count(command, NULL), 2);
    cr_assert_eq(count(command, "lab"), 1);
    cr_assert_eq(lct_pushes_remove(command, "lab", main.id, &fault), -ENOENT);
    cr_assert_eq(lct_pushes_switch(command, "main", lab.id, false, &fault), -ENOENT);
    cr_assert_eq(lct_pushes_remove(command, "lab", lab.id, &fault), 0);
    cr_assert_eq(count(command, "main"), 1);
}

Test(pushes, what_is_wrong_changes_nothing) {
    struct stat s;
    cr_assert_eq(add("main", "http://h/a/secret-key"), -EINVAL);
    cr_assert_null(strstr(fault.en, "secret-key"));
    cr_assert_eq(add("Main!", "rtmp://h/a/b"), -EINVAL);
    cr_assert_eq(stat(path, &s), -1);
    char url[64];
    for (int i = 0; i < LCT_PUSHES_ROOM_MAX; i++) {
        (void)snprintf(url, sizeof url, "srt://h:%d", i + 1);
        cr_assert_eq(add("main", url), 0);
    }
    cr_assert_eq(add("main", "srt://h:1"), -EALREADY);
    cr_assert_eq(add("main", "srt://h:99"), -EUSERS);
    cr_assert_eq(add("lab", "srt://h:99"), 0);
    int lock = lct_lock_folder(folder);
    cr_assert_eq(add("lab", "srt://h:98"), -EBUSY);
    lct_unlock(lock);
    cr_assert_eq(count(server, NULL), LCT_PUSHES_ROOM_MAX + 1);
}

static void write_file(const char *text) {
    cr_assert_eq(lct_io_replace(&lct_io_system, path, text, strlen(text)), 0);
}

Test(pushes, a_damaged_file_changes_nothing) {
    static const char *const files[] = {
        "", "{}", "{\"pushes\":[{\"id\":\"x\"}]}",
        "{\"pushes\":[{\"id\":\"0123456789abcdef\",\"room\":\"main\",\"url\":\"file:///"
        "secret-key\"}]}",
        "{\"pushes\":[{\"id\":\"0123456789abcdef\",\"room\":\"../x\",\"url\":\"srt://h:1\"}]}"};
    (void)added("main", "rtmp://h/a/b");
    cr_assert_eq(lct_pushes_refresh(server, &fault), 1);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        write_file(files[i]);
        cr_assert_eq(lct_pushes_refresh(server, &fault), -EBADMSG, "%s", files[i]);
        cr_assert_null(strstr(fault.en, "secret-key"));
        cr_assert_eq(add("main", "srt://h:1"), -EBADMSG);
        cr_assert_eq(count(server, NULL), 1);
    }
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(lct_pushes_refresh(server, &fault), 1);
    cr_assert_eq(count(server, NULL), 0);
}

Test(pushes, nobody_else_reads_the_file) {
    struct stat s;
    (void)added("main", "rtmp://h/a/b");
    cr_assert_eq(stat(path, &s), 0);
    cr_assert_eq(s.st_mode & 0777, 0600);
    cr_assert_eq(chmod(path, 0644), 0);
    (void)added("main", "rtmp://h/a/c");
    cr_assert_eq(lct_pushes_refresh(server, &fault), 1);
    cr_assert_eq(stat(path, &s), 0);
    cr_assert_eq(s.st_mode & 0777, 0600);
}
