// SPDX-License-Identifier: GPL-3.0-or-later
/* A clip's folder: its versions. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "archive/library/clip.h"
#include "archive/library/metadata.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/secret.h"

static int is_version(const struct dirent *entry) {
    size_t digits = strspn(entry->d_name, "0123456789");
    return digits == 4 && strcmp(entry->d_name + digits, ".json") == 0;
}

static int newest_first(const struct dirent **a, const struct dirent **b) {
    return strcmp((*b)->d_name, (*a)->d_name);
}

/* The numbers of the versions, newest first; *ret_numbers is owned. How many, or -errno. */
static int list_versions(const char *folder, unsigned **ret_numbers) {
    struct dirent **entries;
    int n = scandir(folder, &entries, is_version, newest_first);
    if (n < 0) {
        return errno == ENOTDIR ? -ENOENT : -errno;
    }
    *ret_numbers = lct_new(((size_t)n + 1) * sizeof **ret_numbers);
    for (int i = 0; i < n; i++) {
        (*ret_numbers)[i] = (unsigned)strtoul(entries[i]->d_name, NULL, 10);
        free(entries[i]);
    }
    free(entries);
    return n;
}

static char *path_of(const char *folder, unsigned version) {
    return lct_format("%s/%04u.json", folder, version);
}

int lct_clip_version(const char *folder, unsigned version, json_t **ret_json) {
    LCT_FREE char *path = path_of(folder, version);
    struct lct_fault unused;
    int rc = lct_json_load(path, LCT_CLIP_BYTES_MAX, ret_json, &unused);
    return rc == 0 || rc == -ENOENT ? rc : -EINVAL;
}

int lct_clip_newest(const char *folder, json_t **ret_json, unsigned *ret_version) {
    LCT_FREE unsigned *numbers = NULL;
    int n = list_versions(folder, &numbers);
    for (int i = 0; i < n; i++) {
        if (lct_clip_version(folder, numbers[i], ret_json) == 0) {
            *ret_version = numbers[i];
            return 0;
        }
    }
    return n < 0 ? n : n == 0 ? -ENOENT : -EINVAL;
}

json_t *lct_clip_versions(const char *folder) {
    LCT_FREE unsigned *numbers = NULL;
    int n = list_versions(folder, &numbers);
    json_t *list = json_array();
    for (int i = 0; i < n; i++) {
        LCT_FREE char *path = path_of(folder, numbers[i]);
        struct stat info;
        char saved[32];
        if (stat(path, &info) == 0) {
            lct_wall_format(info.st_mtim.tv_sec * LCT_SECOND + info.st_mtim.tv_nsec, saved,
                            sizeof saved);
            json_array_append_new(
                list, json_pack("{s:i, s:s}", "version", (int)numbers[i], "saved", saved));
        }
    }
    return list;
}

/* ---- writing ---- */

static int write_version(const struct lct_io *io, const char *folder, unsigned version,
                         const struct lct_clip *clip) {
    LCT_JSON json_t *json = lct_clip_json(clip);
    LCT_FREE char *path = path_of(folder, version);
    size_t n;
    LCT_FREE char *text = lct_json_dump(json, &n);
    int rc = n > LCT_CLIP_BYTES_MAX ? -EFBIG : lct_io_replace(io, path, text, n);
    if (rc < 0) {
        (void)io->remove(io, path); /* it was not there before: renamed, but not durable */
    }
    return rc;
}

static void new_id(char id[LCT_LESSON_ID_SIZE]) {
    time_t seconds = (time_t)(lct_wall() / LCT_SECOND);
    struct tm local;
    uint8_t tail[2]; /* keeps those of one second apart */
    localtime_r(&seconds, &local);
    lct_random(tail, sizeof tail);
    (void)snprintf(id, LCT_LESSON_ID_SIZE, "clip-%04d%02d%02d-%02d%02d%02d-%02x%02x",
                   (local.tm_year + 1900) % 10000, local.tm_mon + 1, local.tm_mday, local.tm_hour,
                   local.tm_min, local.tm_sec, tail[0], tail[1]);
}

static int refuse_save(struct lct_fault *fault, int rc) {
    return lct_fault_set(fault, rc, "clip",
                         "The microlesson could not be saved: %s. Nothing was changed.",
                         "微课未能保存：%s。没有任何更改。", strerror(-rc));
}

int lct_clip_create(const struct lct_io *io, const char *data, const struct lct_clip *clip,
                    const json_t *metadata, char ret_id[LCT_LESSON_ID_SIZE],
                    struct lct_fault *fault) {
    LCT_FREE char *parent = lct_format("%s/clips", data);
    LCT_FREE char *folder = NULL;
    char id[LCT_LESSON_ID_SIZE];
    int rc = lct_io_make_folder(parent);
    rc = rc ? rc : -EEXIST;
    for (int tries = 0; rc == -EEXIST && tries < 10; tries++) {
        new_id(id);
        free(folder);
        folder = lct_format("%s/%s", parent, id);
        rc = mkdir(folder, 0750) == 0 ? 0 : -errno;
    }
    if (rc < 0) {
        return refuse_save(fault, rc);
    }
    /* Its first version makes it a clip, so that is written last. */
    rc = lct_metadata_save(io, folder, metadata);
    rc = rc ? rc : io->sync_folder(io, parent);
    rc = rc ? rc : write_version(io, folder, 1, clip);
    if (rc < 0) {
        LCT_FREE char *file = lct_format("%s/metadata.json", folder);
        (void)io->remove(io, file);
        (void)rmdir(folder); /* else an empty folder stays, which is no clip */
        return refuse_save(fault, rc);
    }
    memcpy(ret_id, id, sizeof id);
    return 0;
}

static int save_after(const struct lct_io *io, const char *folder, unsigned after,
                      const struct lct_clip *clip, unsigned *ret_version) {
    LCT_FREE unsigned *numbers = NULL;
    LCT_JSON json_t *newest = NULL;
    unsigned version = 0;
    int n = list_versions(folder, &numbers);
    int rc = n < 0 ? n : lct_clip_newest(folder, &newest, &version);
    rc = rc ? rc : version != after ? -ESTALE : numbers[0] >= LCT_CLIP_VERSIONS_MAX ? -EFBIG : 0;
    if (rc < 0) {
        return rc;
    }
    rc = write_version(io, folder, numbers[0] + 1, clip);
    if (rc == 0) {
        *ret_version = numbers[0] + 1;
    }
    return rc;
}

int lct_clip_save(const struct lct_io *io, const char *folder, unsigned after,
                  const struct lct_clip *clip, unsigned *ret_version, struct lct_fault *fault) {
    int lock = lct_lock_folder(folder);
    int rc = lock < 0 ? lock : save_after(io, folder, after, clip, ret_version);
    lct_unlock(lock);
    if (rc == -ESTALE || rc == -EBUSY) {
        return lct_fault_set(fault, -ESTALE, "clip",
                             "Somebody else has saved this microlesson meanwhile. Load it anew, "
                             "then make your change again.",
                             "其他人刚刚保存了此微课。请重新载入后再修改。");
    }
    return rc < 0 ? refuse_save(fault, rc) : 0;
}
