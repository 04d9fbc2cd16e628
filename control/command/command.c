// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/command/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"

const char *lct_say(const char *en, const char *zh) { return lct_speak_chinese() ? zh : en; }

int lct_command_fail(const struct lct_fault *fault, bool json) {
    if (json) {
        LCT_JSON json_t *object = json_pack("{s:o}", "fault", lct_json_of_fault(fault));
        LCT_FREE char *text = lct_json_dump(object, NULL);
        (void)puts(text);
    }
    (void)fprintf(stderr, "lectern: %s\n", lct_fault_text(fault));
    return 1;
}

int lct_command_folder(const char *data, struct lct_fault *fault) {
    if (access(data, R_OK | X_OK) < 0) {
        return lct_fault_set(
            fault, -errno, "data",
            "The data folder %s cannot be used: %s. Name the server's with --data.",
            "数据目录 %s 无法使用：%s。请用 --data 指定服务器的数据目录。", data, strerror(errno));
    }
    return 0;
}

int lct_command_links(const char *data, struct lct_links **ret_links, struct lct_fault *fault) {
    int rc = lct_command_folder(data, fault);
    if (rc < 0) {
        return rc;
    }
    struct lct_links *links = lct_links_create(data, LCT_LINKS_OF_ROOMS, lct_wall);
    rc = lct_links_refresh(links, fault);
    if (rc < 0) {
        lct_links_destroy(links);
        return rc;
    }
    *ret_links = links;
    return 0;
}
