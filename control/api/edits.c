// SPDX-License-Identifier: GPL-3.0-or-later
/* What the editor of a lesson holds now (DATA/edits/LESSON.json), and who edits it. What stands in
 * the document is the editor's affair (control/web/lib/edit/history.js); here it is kept as it
 * came. Catalogue loop. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/lesson/lesson.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/time.h"
#include "control/api/api.h"
#include "control/api/document.h"
#include "control/api/handlers.h"

#define FOLDER "edits"

static int find_lesson(struct lct_api *api, const char *id, struct lct_fault *fault) {
    LCT_FREE char *folder = NULL;
    return lct_recordings_folder(api->item_recordings, id, &folder, fault);
}

/* The document's text, NULL when there is none yet, and its version. */
static int read_edit(const struct lct_api *api, const char *id, char **ret_text, size_t *ret_n,
                     char tag[LCT_API_TAG_SIZE], struct lct_fault *fault) {
    LCT_FREE char *path = lct_format("%s/" FOLDER "/%s.json", api->data, id);
    int rc = lct_io_slurp(path, LCT_API_EDIT_MAX, ret_text, ret_n);
    tag[0] = '\0';
    if (rc == -ENOENT) {
        *ret_text = NULL;
        return 0;
    }
    if (rc < 0) {
        return lct_fault_set(fault, rc, "api", "What was edited cannot be read: %s.",
                             "无法读取编辑内容：%s。", strerror(-rc));
    }
    lct_api_tag(*ret_text, *ret_n, tag);
    return 0;
}

void lct_api_get_edit(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const char *id = lct_http_value(request, 0);
    LCT_FREE char *text = NULL;
    size_t n = 0;
    char tag[LCT_API_TAG_SIZE];
    struct lct_fault fault;
    int rc = find_lesson(api, id, &fault);
    rc = rc ? rc : read_edit(api, id, &text, &n, tag, &fault);
    if (rc == 0 && !text) {
        rc = lct_fault_set(&fault, -ENODATA, "api", "Nothing of this lesson was edited yet.",
                           "此课程还没有编辑过。");
    }
    if (rc < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_http_add_header(request, "ETag", tag);
    lct_http_answer(request, 200, "application/json", text, n);
}

static int check_edit(const json_t *body, struct lct_fault *fault) {
    static const char *const keys[] = {"version", "begin", "changes", "at", "clips", NULL};
    int64_t version = 0, at = -1;
    int rc = lct_json_only(body, keys, fault);
    rc = rc ? rc : lct_json_read_int(body, "version", 1, 1, &version, fault);
    rc = rc ? rc : lct_json_read_int(body, "at", 0, INT32_MAX, &at, fault);
    if (rc < 0) {
        return rc;
    }
    const json_t *changes = json_object_get(body, "changes");
    const json_t *clips = json_object_get(body, "clips");
    bool whole = version == 1 && (!clips || json_is_array(clips)) &&
                 json_is_object(json_object_get(body, "begin")) && json_is_array(changes) &&
                 at >= 0 && (size_t)at <= json_array_size(changes);
    return whole
               ? 0
               : lct_fault_set(fault, -EINVAL, "api",
                               "\"version\" 1, \"begin\", \"changes\" and \"at\", one of their "
                               "number, are needed; \"clips\" is a list.",
                               "需要“version”（1）、“begin”、“changes”和不大于其数目的“at”；“clips”"
                               "须为列表。");
}

static int write_edit(const struct lct_api *api, const char *id, const char *text, size_t n,
                      struct lct_fault *fault) {
    LCT_FREE char *folder = lct_format("%s/" FOLDER, api->data);
    LCT_FREE char *path = lct_format("%s/%s.json", folder, id);
    int rc = lct_io_make_folder(folder);
    rc = rc ? rc : lct_io_replace(&lct_io_system, path, text, n);
    return lct_api_saved(rc, fault);
}

/* Heads of what it would become are painted while nothing is changed. The folder is all that their
 * worker may write. */
static void prepare(const struct lct_api *api, const char *id, const json_t *edit) {
    LCT_FREE char *folder = lct_format("%s/" FOLDER "/%s", api->data, id);
    const json_t *clips = json_object_get(edit, "clips");
    if (clips && json_dumpb(clips, NULL, 0, JSON_COMPACT) <= LCT_API_CLIPS_MAX &&
        lct_io_make_folder(folder) == 0) {
        (void)utimensat(AT_FDCWD, folder, NULL, 0); /* it is wanted still */
        lct_workers_prepare_still(api->workers,
                                  json_pack("{s:s, s:s}", "kind", "draft", "edit", id));
    }
}

void lct_api_put_edit(void *app, struct lct_http_request *request) {
    struct lct_api *api = app;
    const char *id = lct_http_value(request, 0);
    LCT_JSON json_t *body = NULL;
    LCT_FREE char *before = NULL;
    size_t n = 0;
    char tag[LCT_API_TAG_SIZE];
    struct lct_fault fault;
    if (find_lesson(api, id, &fault) < 0 || lct_http_json(request, &body, &fault) < 0 ||
        check_edit(body, &fault) < 0 || read_edit(api, id, &before, &n, tag, &fault) < 0 ||
        lct_api_may_replace(request, tag, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    LCT_FREE char *text = lct_json_dump(body, &n);
    if (write_edit(api, id, text, n, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    prepare(api, id, body);
    lct_api_tag(text, n, tag);
    lct_http_add_header(request, "ETag", tag);
    lct_http_answer_json(request, 200, json_pack("{s:s}", "lesson", id));
}

void lct_api_remove_edit(const struct lct_api *api, const char *id) {
    LCT_FREE char *path = lct_format("%s/" FOLDER "/%s.json", api->data, id);
    LCT_FREE char *folder = lct_format("%s/" FOLDER "/%s", api->data, id);
    (void)lct_io_system.remove(&lct_io_system, path); /* mostly there is none */
    (void)lct_io_remove_folder(folder);
}

static int is_folder(const struct dirent *entry) {
    return entry->d_name[0] != '.' && !strchr(entry->d_name, '.');
}

void lct_api_tidy_edits(const struct lct_api *api) {
    LCT_FREE char *edits = lct_format("%s/" FOLDER, api->data);
    struct dirent **entries;
    int n = scandir(edits, &entries, is_folder, alphasort);
    for (int i = 0; i < n; i++) {
        LCT_FREE char *folder = lct_format("%s/%s", edits, entries[i]->d_name);
        struct stat info;
        if (stat(folder, &info) == 0 && S_ISDIR(info.st_mode) &&
            lct_wall() - info.st_mtim.tv_sec * LCT_SECOND > LCT_API_HEADS_KEPT) {
            (void)lct_io_remove_folder(folder); /* if not now, next time */
        }
        free(entries[i]);
    }
    if (n >= 0) {
        free(entries);
    }
}

/* ---- who edits it ---- */

/* Who has not called for so long is gone; pages call every 5 s. */
#define PRESENCE_FRESH (15 * LCT_SECOND)
#define PRESENCE_MAX 64
#define EDITOR_MAX 40 /* letters of the name that a page gave itself */

struct lct_api_presence {
    struct holder {
        char lesson[LCT_LESSON_ID_SIZE];
        char editor[EDITOR_MAX + 1];
        lct_ns seen; /* monotonic; 0: nobody */
    } holders[PRESENCE_MAX];
};

struct lct_api_presence *lct_api_presence_create(void) {
    return lct_new(sizeof(struct lct_api_presence));
}

void lct_api_presence_destroy(struct lct_api_presence *presence) { free(presence); }

/* The lesson's place, or the one that was quiet the longest, emptied. */
static struct holder *place_of(struct lct_api_presence *presence, const char *lesson, lct_ns now) {
    struct holder *oldest = &presence->holders[0];
    for (size_t i = 0; i < PRESENCE_MAX; i++) {
        struct holder *one = &presence->holders[i];
        if (one->seen && now - one->seen > PRESENCE_FRESH) {
            one->seen = 0;
        }
        if (one->seen && strcmp(one->lesson, lesson) == 0) {
            return one;
        }
        oldest = one->seen < oldest->seen ? one : oldest;
    }
    oldest->seen = 0;
    (void)snprintf(oldest->lesson, sizeof oldest->lesson, "%s", lesson);
    return oldest;
}

enum wish { WISH_LOOK, WISH_EDIT, WISH_TAKE, WISH_LEAVE }; /* docs/api.yaml */

static int read_wish(const json_t *body, enum wish *ret_wish, struct lct_fault *fault) {
    static const char *const words[] = {"look", "edit", "take", "leave"};
    const char *word = lct_json_text(body, "wish", "");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(word, words[i]) == 0) {
            *ret_wish = (enum wish)i;
            return 0;
        }
    }
    return lct_fault_set(fault, -EINVAL, "api", "\"wish\" must be one of: look, edit, take, leave.",
                         "“wish”必须是其中之一：look、edit、take、leave。");
}

void lct_api_post_presence(void *app, struct lct_http_request *request) {
    static const char *const keys[] = {"editor", "wish", NULL};
    struct lct_api *api = app;
    const char *id = lct_http_value(request, 0), *editor;
    enum wish wish = WISH_LOOK;
    LCT_JSON json_t *body = NULL;
    struct lct_fault fault;
    if (find_lesson(api, id, &fault) < 0 || lct_http_json(request, &body, &fault) < 0 ||
        lct_json_only(body, keys, &fault) < 0 ||
        lct_json_read_text(body, "editor", 1, EDITOR_MAX / 4, &editor, &fault) < 0 ||
        read_wish(body, &wish, &fault) < 0) {
        lct_api_answer_fault(request, &fault);
        return;
    }
    lct_ns now = lct_monotonic();
    struct holder *holder = place_of(api->presence, id, now);
    bool own = holder->seen && strcmp(holder->editor, editor) == 0;
    if (own && (wish == WISH_LEAVE || wish == WISH_LOOK)) {
        holder->seen = 0;
    } else if (wish == WISH_TAKE || (wish == WISH_EDIT && (own || !holder->seen))) {
        (void)snprintf(holder->editor, sizeof holder->editor, "%s", editor);
        holder->seen = now;
    }
    own = holder->seen && strcmp(holder->editor, editor) == 0;
    const char *who = own ? "you" : holder->seen ? "other" : "nobody";
    lct_http_answer_json(request, 200, json_pack("{s:s}", "edits", who));
}
