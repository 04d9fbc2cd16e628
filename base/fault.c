// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int lct_fault_set(struct lct_fault *fault, int code, const char *domain, const char *en,
                  const char *zh, ...) {
    if (!fault) {
        return code;
    }
    va_list args, again;
    va_start(args, zh);
    va_copy(again, args);
    fault->code = code;
    fault->domain = domain;
    (void)vsnprintf(fault->en, sizeof fault->en, en, args); /* cut off rather than refused */
    (void)vsnprintf(fault->zh, sizeof fault->zh, zh, again);
    va_end(again);
    va_end(args);
    lct_text_tame(fault->en);
    lct_text_tame(fault->zh);
    return code;
}

int lct_fault_unwritten(struct lct_fault *fault, int rc, const char *domain, const char *what) {
    return rc == -ENOSPC || rc == -EDQUOT
               ? lct_fault_set(fault, -ENOSPC, domain,
                               "Cannot write %s: the disk is full. Delete or move something, then "
                               "try again.",
                               "无法写入 %s：磁盘已满。请删除或移走一些文件，然后重试。", what)
               : lct_fault_set(fault, rc, domain, "Cannot write %s: %s.", "无法写入 %s：%s。", what,
                               strerror(-rc));
}

bool lct_speak_chinese(void) {
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value) {
            return strncmp(value, "zh", 2) == 0;
        }
    }
    return false;
}

const char *lct_fault_text(const struct lct_fault *fault) {
    return lct_speak_chinese() ? fault->zh : fault->en;
}
