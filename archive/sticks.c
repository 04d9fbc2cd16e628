// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/sticks.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/lesson/lesson.h"
#include "base/io.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/time.h"

static char *path_of(const char *data, const char *lesson) {
    return lct_format("%s/sticks/%s.json", data, lesson);
}

/* The lesson whose file this is; false: it is none. */
static bool lesson_of(const char *name, char ret_lesson[LCT_LESSON_ID_SIZE]) {
    static const char end[] = ".json";
    size_t n = strlen(name), m = sizeof end - 1;
    if (n <= m || n - m >= LCT_LESSON_ID_SIZE || strcmp(name + n - m, end) != 0) {
        return false;
    }
    lct_text_copy(ret_lesson, n - m + 1, name);
    return lct_lesson_is_id(ret_lesson);
}

static void take_fault(json_t *stick, const json_t *file) {
    const json_t *written = json_object_get(file, "fault");
    struct lct_fault fault;
    if (json_is_object(written)) {
        (void)lct_json_to_fault(written, "stick", &fault); /* its code stands in it, too */
        json_object_set_new(stick, "fault", lct_json_of_fault(&fault));
    }
}

/* What a file says, and nothing else that may stand in it; NULL: it is none. at_work: a job copies
 * now. */
static json_t *plain(const char *lesson, const json_t *file, bool at_work) {
    const char *state = lct_json_text(file, "state", ""), *asked = lct_json_text(file, "asked", "");
    bool copying = strcmp(state, "copying") == 0, done = strcmp(state, "done") == 0;
    if (!*asked || (!copying && !done && strcmp(state, "waiting") != 0)) {
        return NULL;
    }
    json_t *stick = json_pack("{s:s, s:s, s:s, s:s, s:s}", "item", lesson, "title",
                              lct_json_text(file, "title", ""), "created",
                              lct_json_text(file, "created", asked), "state",
                              copying && !at_work ? "waiting" : state, "asked", asked);
    double progress = lct_json_real(file, "progress", -1);
    if (copying && at_work && progress >= 0 && progress <= 1) {
        json_object_set_new(stick, "progress", json_real(progress));
    }
    if (done) {
        json_object_set_new(stick, "at", json_string(lct_json_text(file, "at", asked)));
    }
    if (done || (copying && at_work)) {
        json_object_set_new(stick, "file", json_string(lct_json_text(file, "file", "")));
    }
    if (!done && !copying) {
        take_fault(stick, file);
    }
    return stick;
}

static json_t *load(const char *folder, const char *name, bool at_work) {
    char lesson[LCT_LESSON_ID_SIZE];
    struct lct_fault unused;
    LCT_FREE char *path = lct_format("%s/%s", folder, name);
    LCT_JSON json_t *file = NULL;
    return lesson_of(name, lesson) && lct_json_load(path, LCT_STICKS_BYTES_MAX, &file, &unused) == 0
               ? plain(lesson, file, at_work)
               : NULL;
}

static int by_asked(const void *a, const void *b) {
    return strcmp(lct_json_text(*(json_t *const *)a, "asked", ""),
                  lct_json_text(*(json_t *const *)b, "asked", ""));
}

json_t *lct_sticks_list(const char *data) {
    LCT_FREE char *folder = lct_format("%s/sticks", data);
    LCT_FREE char *lock = lct_format("%s/lock", folder);
    bool at_work = lct_lock_holder(lock) != 0;
    json_t *found[LCT_STICKS_MAX], *list = json_array();
    size_t n = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *e = dir ? readdir(dir) : NULL; e && n < LCT_STICKS_MAX; e = readdir(dir)) {
        found[n] = load(folder, e->d_name, at_work);
        n += found[n] ? 1 : 0;
    }
    if (dir) {
        closedir(dir);
    }
    qsort(found, n, sizeof *found, by_asked);
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(list, found[i]);
    }
    return list;
}

static int write_stick(const char *data, const json_t *stick) {
    LCT_FREE char *path = path_of(data, lct_json_text(stick, "item", ""));
    size_t n;
    LCT_FREE char *text = lct_json_dump(stick, &n);
    return lct_io_replace(&lct_io_system, path, text, n);
}

/* Room for one more: the first that was copied goes. */
static int make_room(const char *data, struct lct_fault *fault) {
    LCT_JSON json_t *list = lct_sticks_list(data);
    const json_t *stick;
    size_t i;
    if (json_array_size(list) < LCT_STICKS_MAX) {
        return 0;
    }
    json_array_foreach(list, i, stick) {
        if (strcmp(lct_json_text(stick, "state", ""), "done") == 0) {
            return lct_sticks_drop(data, lct_json_text(stick, "item", ""), fault);
        }
    }
    return lct_fault_set(fault, -EUSERS, "stick",
                         "%d lessons wait for a stick already: insert one first.",
                         "已有 %d 节课等待复制到 U 盘，请先插入 U 盘。", LCT_STICKS_MAX);
}

int lct_sticks_ask(const char *data, const char *lesson, const char *title,
                   struct lct_fault *fault) {
    char now[32], created[32];
    struct lct_lesson_info info;
    LCT_FREE char *folder = lct_format("%s/sticks", data);
    LCT_FREE char *of_lesson = lct_format("%s/lessons/%s", data, lesson);
    if (!lct_lesson_is_id(lesson) || lct_lesson_load(of_lesson, &info, fault) < 0) {
        return lct_fault_set(fault, -ENOENT, "stick", "There is no lesson %s.", "没有课程 %s。",
                             lesson);
    }
    if (info.state != LCT_LESSON_ENDED) {
        return lct_fault_set(fault, -EAGAIN, "stick",
                             "It is being recorded: ask for it when it has ended.",
                             "正在录制，请在结束后再复制到 U 盘。");
    }
    int rc = lct_io_make_folder(folder);
    rc = rc ? lct_fault_unwritten(fault, rc, "stick", folder) : make_room(data, fault);
    if (rc < 0) {
        return rc;
    }
    lct_wall_format(lct_wall(), now, sizeof now);
    lct_wall_format(info.zero_wall, created, sizeof created);
    LCT_JSON json_t *stick = json_pack("{s:s, s:s, s:s, s:s, s:s}", "item", lesson, "title", title,
                                       "created", created, "state", "waiting", "asked", now);
    rc = write_stick(data, stick);
    return rc < 0 ? lct_fault_unwritten(fault, rc, "stick", folder) : 0;
}

int lct_sticks_drop(const char *data, const char *lesson, struct lct_fault *fault) {
    LCT_FREE char *path = path_of(data, lesson);
    int rc = lct_lesson_is_id(lesson) ? lct_io_system.remove(&lct_io_system, path) : -ENOENT;
    if (rc == -ENOENT) {
        return lct_fault_set(fault, rc, "stick", "Lesson %s does not wait for a stick.",
                             "课程 %s 没有等待复制到 U 盘。", lesson);
    }
    return rc < 0 ? lct_fault_unwritten(fault, rc, "stick", path) : 0;
}

int lct_sticks_say(const char *data, const json_t *stick) {
    LCT_FREE char *path = path_of(data, lct_json_text(stick, "item", ""));
    return access(path, F_OK) < 0 ? -errno : write_stick(data, stick);
}

int lct_sticks_turn(const char *data) {
    LCT_FREE char *path = lct_format("%s/sticks/lock", data);
    return lct_lock_wait(path);
}
