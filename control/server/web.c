// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/server/web.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/crc32c.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"

LCT_LOG_TOPIC("web");

#define DEPTH_MAX 8

struct page {
    char *path; /* "/app.js" */
    char *bytes;
    char tag[40];
    struct lct_http_file file;
};

struct lct_web {
    struct page pages[LCT_WEB_FILES_MAX];
    size_t n;
    size_t bytes;
};

static const char *type_of(const char *name) {
    static const struct {
        const char *end, *type;
    } rows[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json"},
        {".map", "application/json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".wasm", "application/wasm"},
        {".webmanifest", "application/manifest+json"},
    };
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t end = strlen(rows[i].end);
        if (n > end && strcmp(name + n - end, rows[i].end) == 0) {
            return rows[i].type;
        }
    }
    return NULL;
}

static int compare(const void *a, const void *b) {
    return strcmp(((const struct page *)a)->path, ((const struct page *)b)->path);
}

/* Reads the file at "from" as the page at path. */
static int add(struct lct_web *web, const char *path, const char *from, struct lct_fault *fault) {
    struct page *page = &web->pages[web->n];
    size_t n;
    int rc = web->n == LCT_WEB_FILES_MAX
                 ? -EFBIG
                 : lct_io_slurp(from, LCT_WEB_BYTES_MAX - web->bytes, &page->bytes, &n);
    if (rc < 0) {
        return lct_fault_set(fault, rc, "web", "The page's file %s cannot be read: %s.",
                             "无法读取网页文件 %s：%s。", from, strerror(-rc));
    }
    web->n++;
    web->bytes += n;
    page->path = lct_strdup(path);
    (void)snprintf(page->tag, sizeof page->tag, "\"%zx-%08x\"", n,
                   (unsigned)lct_crc32c(0, page->bytes, n));
    page->file = (struct lct_http_file){.type = type_of(path),
                                        .bytes = page->bytes,
                                        .n = n,
                                        .tag = page->tag,
                                        .cache = "private, no-cache"};
    return 0;
}

static int add_folder(struct lct_web *web, const char *root, const char *below, int depth,
                      struct lct_fault *fault);

static int add_entry(struct lct_web *web, const char *root, const char *below, const char *name,
                     int depth, struct lct_fault *fault) {
    struct stat info;
    LCT_FREE char *path = lct_format("%s/%s", below, name);
    LCT_FREE char *from = lct_format("%s%s", root, path);
    if (*name == '.' || strcmp(name, "node_modules") == 0 || lstat(from, &info) < 0) {
        return 0;
    }
    if (S_ISDIR(info.st_mode)) {
        return depth < DEPTH_MAX ? add_folder(web, root, path, depth + 1, fault) : 0;
    }
    return S_ISREG(info.st_mode) && type_of(name) ? add(web, path, from, fault) : 0;
}

static int add_folder(struct lct_web *web, const char *root, const char *below, int depth,
                      struct lct_fault *fault) {
    LCT_FREE char *path = lct_format("%s%s", root, below);
    DIR *folder = opendir(path);
    if (!folder) {
        return lct_fault_set(fault, -errno, "web", "The folder of the pages %s cannot be read: %s.",
                             "无法读取网页文件夹 %s：%s。", path, strerror(errno));
    }
    int rc = 0;
    struct dirent *entry;
    while (rc == 0 && (entry = readdir(folder))) {
        rc = add_entry(web, root, below, entry->d_name, depth, fault);
    }
    closedir(folder);
    return rc;
}

/* files.txt: what lies elsewhere. */
static int add_list(struct lct_web *web, const char *root, struct lct_fault *fault) {
    LCT_FREE char *list = lct_format("%s/files.txt", root);
    LCT_FREE char *text = NULL;
    size_t n;
    char *rest = NULL;
    int rc = lct_io_slurp(list, 65536, &text, &n);
    if (rc < 0) {
        return rc == -ENOENT ? 0
                             : lct_fault_set(fault, rc, "web", "%s cannot be read: %s.",
                                             "无法读取 %s：%s。", list, strerror(-rc));
    }
    for (char *line = strtok_r(text, "\r\n", &rest); line && rc >= 0;
         line = strtok_r(NULL, "\r\n", &rest)) {
        char address[256], file[512];
        if (*line == '#' || sscanf(line, "%255s %511s", address, file) != 2) {
            continue;
        }
        LCT_FREE char *path = lct_format("/%s", address[0] == '/' ? address + 1 : address);
        LCT_FREE char *from = lct_format("%s/%s", root, file);
        rc = type_of(path) ? add(web, path, from, fault) : 0;
    }
    return rc < 0 ? rc : 0;
}

int lct_web_load(const char *folder, struct lct_web **ret_web, struct lct_fault *fault) {
    struct lct_web *web = lct_new(sizeof *web);
    int rc = add_folder(web, folder, "", 0, fault);
    rc = rc < 0 ? rc : add_list(web, folder, fault);
    if (rc < 0) {
        lct_web_free(web);
        return rc;
    }
    qsort(web->pages, web->n, sizeof *web->pages, compare);
    lct_info("pages are loaded", "folder=%s files=%zu bytes=%zu", folder, web->n, web->bytes);
    for (size_t i = 0; i < web->n; i++) {
        web->pages[i].file.tag = web->pages[i].tag; /* sorting has moved it */
    }
    *ret_web = web;
    return 0;
}

void lct_web_free(struct lct_web *web) {
    for (size_t i = 0; web && i < web->n; i++) {
        free(web->pages[i].path);
        free(web->pages[i].bytes);
    }
    free(web);
}

const struct lct_http_file *lct_web_find(const struct lct_web *web, const char *path) {
    struct page wanted = {.path =
                              (char *)(uintptr_t)(strcmp(path, "/") == 0 ? "/index.html" : path)};
    const struct page *page = bsearch(&wanted, web->pages, web->n, sizeof wanted, compare);
    return page ? &page->file : NULL;
}
