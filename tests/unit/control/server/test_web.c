// SPDX-License-Identifier: GPL-3.0-or-later
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "control/server/web.h"

static void put(const char *folder, const char *name, const char *text) {
    LCT_FREE char *path = lct_format("%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    (void)fputs(text, file);
    cr_assert_eq(fclose(file), 0);
}

Test(web, serves_what_is_meant_to_be_served) {
    char root[] = "/tmp/lct-web-XXXXXX";
    struct lct_web *web = NULL;
    struct lct_fault fault;
    cr_assert_not_null(mkdtemp(root));
    LCT_FREE char *folder = lct_format("%s/web", root);
    LCT_FREE char *inner = lct_format("%s/web/parts", root);
    LCT_FREE char *modules = lct_format("%s/node_modules", root);
    cr_assert_eq(mkdir(folder, 0700) | mkdir(inner, 0700) | mkdir(modules, 0700), 0);
    put(folder, "index.html", "<p>");
    put(folder, "parts/app.js", "x");
    put(folder, ".secret.js", "x");
    put(folder, "notes.md", "x");
    put(modules, "preact.js", "preact");
    put(folder, "files.txt", "# what lies elsewhere\nvendor/preact.js ../node_modules/preact.js\n");
    cr_assert_eq(lct_web_load(folder, &web, &fault), 0, "%s", fault.en);
    const struct lct_http_file *page = lct_web_find(web, "/");
    cr_assert(page && page == lct_web_find(web, "/index.html"));
    cr_assert_str_eq(page->type, "text/html; charset=utf-8");
    cr_assert_eq(page->n, 3);
    cr_assert_eq(page->tag[0], '"');
    cr_assert_not_null(lct_web_find(web, "/parts/app.js"));
    cr_assert_eq(lct_web_find(web, "/vendor/preact.js")->n, 6);
    cr_assert_null(lct_web_find(web, "/.secret.js"));
    cr_assert_null(lct_web_find(web, "/notes.md"));
    cr_assert_null(lct_web_find(web, "/files.txt"));
    cr_assert_null(lct_web_find(web, "/../node_modules/preact.js"));
    lct_web_free(web);
    put(folder, "files.txt", "vendor/gone.js ../gone.js\n");
    cr_assert_eq(lct_web_load(folder, &web, &fault), -ENOENT);
    cr_assert(strstr(fault.en, "gone.js"));
    cr_assert_eq(lct_web_load("/nowhere", &web, &fault), -ENOENT);
    LCT_FREE char *tidy = lct_format("rm -r %s", root);
    cr_assert_eq(system(tidy), 0);
}
