// SPDX-License-Identifier: GPL-3.0-or-later
/* Documents that people write: their versions, and who may replace which. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "control/api/api.h"
#include "control/api/document.h"
#include "stream/http/http_parse.h"

void lct_api_tag(const void *bytes, size_t n, char ret_tag[LCT_API_TAG_SIZE]) {
    uint8_t sum[LCT_DIGEST_SIZE];
    size_t at = 1;
    lct_sha256(bytes, n, sum);
    ret_tag[0] = '"';
    for (size_t i = 0; i < 8; i++) {
        at += (size_t)snprintf(ret_tag + at, LCT_API_TAG_SIZE - at, "%02x", sum[i]);
    }
    ret_tag[at++] = '"';
    ret_tag[at] = '\0';
}

void lct_api_tag_of(const json_t *json, char ret_tag[LCT_API_TAG_SIZE]) {
    size_t n;
    LCT_FREE char *text = lct_json_dump(json, &n);
    lct_api_tag(text, n, ret_tag);
    if (json_object_size(json) == 0) {
        ret_tag[0] = '\0';
    }
}

void lct_api_answer_document(struct lct_http_request *request, json_t *json) {
    char tag[LCT_API_TAG_SIZE];
    lct_api_tag_of(json, tag);
    lct_http_add_header(request, "ETag", tag);
    lct_http_answer_json(request, 200, json);
}

int lct_api_may_replace(const struct lct_http_request *request, const char *tag,
                        struct lct_fault *fault) {
    const char *wanted = lct_http_header(request, LCT_HTTP_IF_MATCH);
    if (*tag && !wanted) {
        return lct_fault_set(fault, -EDESTADDRREQ, "api",
                             "Say which version this replaces: the ETag you were given, as "
                             "If-Match.",
                             "请用 If-Match 说明要替换哪个版本，即读取时得到的 ETag。");
    }
    if (wanted && !lct_http_tag_matches(wanted, *tag ? tag : "\"\"")) {
        return lct_fault_set(fault, -ESTALE, "api",
                             "Somebody else has saved this meanwhile. Load it anew, then make your "
                             "change again.",
                             "其他人刚刚保存了新版本。请重新载入后再修改。");
    }
    return 0;
}

int lct_api_saved(int rc, struct lct_fault *fault) {
    return rc == 0 ? 0
           : rc == -ENOSPC || rc == -EDQUOT
               ? lct_fault_set(fault, -ENOSPC, "api",
                               "This could not be saved: the disk is full. Nothing was changed. "
                               "Delete or move something, then try again.",
                               "未能保存：磁盘已满。没有任何更改。请删除或移走一些文件，然后重试。")
               : lct_fault_set(fault, rc, "api",
                               "This could not be saved: %s. Nothing was changed.",
                               "未能保存：%s。没有任何更改。", strerror(-rc));
}
