// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"

void lct_json_cleanup(json_t **json) { json_decref(*json); }

/* Deepest nesting in the text; brackets within strings do not count. */
static size_t depth_of(const char *text, size_t n) {
    size_t depth = 0, deepest = 0;
    bool quoted = false;
    for (size_t i = 0; i < n; i++) {
        if (quoted) {
            if (text[i] == '\\') {
                i++;
            } else if (text[i] == '"') {
                quoted = false;
            }
        } else if (text[i] == '"') {
            quoted = true;
        } else if (text[i] == '{' || text[i] == '[') {
            depth++;
            deepest = depth > deepest ? depth : deepest;
        } else if ((text[i] == '}' || text[i] == ']') && depth > 0) {
            depth--;
        }
    }
    return deepest;
}

int lct_json_parse(const void *bytes, size_t n, json_t **ret_json, struct lct_fault *fault) {
    json_error_t error;
    if (depth_of(bytes, n) > LCT_JSON_DEPTH_MAX) {
        return lct_fault_set(fault, -EINVAL, "json", "The JSON is nested more than %d deep.",
                             "JSON 嵌套超过 %d 层。", LCT_JSON_DEPTH_MAX);
    }
    json_t *json = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, &error);
    if (!json) {
        return lct_fault_set(
            fault, -EINVAL, "json", "This is not proper JSON: line %d, column %d: %s.",
            "JSON 格式不正确：第 %d 行第 %d 列：%s。", error.line, error.column, error.text);
    }
    *ret_json = json;
    return 0;
}

int lct_json_load(const char *path, size_t limit, json_t **ret_json, struct lct_fault *fault) {
    LCT_FREE char *text = NULL;
    size_t n = 0;
    int rc = lct_io_slurp(path, limit, &text, &n);
    if (rc < 0) {
        return lct_fault_set(fault, rc, "json", "%s cannot be read: %s.", "无法读取 %s：%s。", path,
                             strerror(-rc));
    }
    return lct_json_parse(text, n, ret_json, fault);
}

char *lct_json_dump(const json_t *json, size_t *ret_n) {
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    if (!text) {
        abort(); /* out of memory: base/mem.h */
    }
    if (ret_n) {
        *ret_n = strlen(text);
    }
    return text;
}

const char *lct_json_text(const json_t *object, const char *key, const char *fallback) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : fallback;
}

int64_t lct_json_int(const json_t *object, const char *key, int64_t fallback) {
    const json_t *value = json_object_get(object, key);
    if (json_is_real(value)) {
        double real = json_real_value(value);
        return real >= -9e18 && real <= 9e18 ? (int64_t)real : fallback;
    }
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

double lct_json_real(const json_t *object, const char *key, double fallback) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : fallback;
}

bool lct_json_flag(const json_t *object, const char *key, bool fallback) {
    const json_t *value = json_object_get(object, key);
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

static size_t characters(const char *text) {
    size_t n = 0;
    for (; *text; text++) {
        n += ((unsigned char)*text & 0xc0U) != 0x80U;
    }
    return n;
}

static bool has_control(const char *text) {
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            return true;
        }
    }
    return false;
}

int lct_json_read_text(const json_t *object, const char *key, size_t least, size_t most,
                       const char **ret_text, struct lct_fault *fault) {
    const json_t *value = json_object_get(object, key);
    const char *text = value ? json_string_value(value) : "";
    if (!text) {
        return lct_fault_set(fault, -EINVAL, "json", "\"%s\" must be text.", "“%s”必须是文本。",
                             key);
    }
    size_t n = characters(text);
    if (n < least || n > most || has_control(text)) {
        return lct_fault_set(
            fault, -EINVAL, "json",
            "\"%s\" must have %zu to %zu characters, none of them a control character.",
            "“%s”的长度必须是 %zu 到 %zu 个字符，且不含控制字符。", key, least, most);
    }
    *ret_text = text;
    return 0;
}

int lct_json_read_int(const json_t *object, const char *key, int64_t least, int64_t most,
                      int64_t *ret_value, struct lct_fault *fault) {
    const json_t *value = json_object_get(object, key);
    if (!value) {
        return 0;
    }
    int64_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < least || number > most) {
        return lct_fault_set(
            fault, -EINVAL, "json", "\"%s\" must be a whole number from %lld to %lld.",
            "“%s”必须是 %lld 到 %lld 之间的整数。", key, (long long)least, (long long)most);
    }
    *ret_value = number;
    return 0;
}

int lct_json_read_flag(const json_t *object, const char *key, bool *ret_value,
                       struct lct_fault *fault) {
    const json_t *value = json_object_get(object, key);
    if (!json_is_boolean(value)) {
        return lct_fault_set(fault, -EINVAL, "json", "\"%s\" must be true or false.",
                             "“%s”必须是 true 或 false。", key);
    }
    *ret_value = json_is_true(value);
    return 0;
}

int lct_json_only(const json_t *object, const char *const *keys, struct lct_fault *fault) {
    if (!json_is_object(object)) {
        return lct_fault_set(fault, -EINVAL, "json", "An object {…} is needed.",
                             "需要一个对象 {…}。");
    }
    for (void *at = json_object_iter((json_t *)(uintptr_t)object); at;
         at = json_object_iter_next((json_t *)(uintptr_t)object, at)) {
        const char *name = json_object_iter_key(at);
        const char *const *key = keys;
        while (*key && strcmp(*key, name) != 0) {
            key++;
        }
        if (!*key) {
            return lct_fault_set(fault, -EINVAL, "json", "There is no field \"%s\" here.",
                                 "此处没有“%s”字段。", name);
        }
    }
    return 0;
}

static const struct {
    int code;
    const char *word;
} words[] = {
    {-EINVAL, "invalid"},      {-ENOENT, "not-found"},
    {-EBUSY, "busy"},          {-EALREADY, "already"},
    {-ENOSPC, "no-space"},     {-EACCES, "denied"},
    {-EPERM, "forbidden"},     {-ENOTCONN, "away"},
    {-ETIMEDOUT, "timeout"},   {-EIO, "io"},
    {-EFBIG, "too-large"},     {-ENODEV, "no-device"},
    {-ENOTSUP, "unsupported"}, {-EADDRINUSE, "in-use"},
    {-EBADMSG, "damaged"},     {-ENODATA, "no-data"},
    {-EAGAIN, "try-again"},    {-ESRCH, "not-recording"},
    {-ESTALE, "changed"},      {-EDESTADDRREQ, "no-version"},
    {-ERANGE, "out-of-range"}, {-ETXTBSY, "used"},
};

const char *lct_error_word(int code) {
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (words[i].code == code) {
            return words[i].word;
        }
    }
    return "failed";
}

int lct_error_code(const char *word) {
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i].word, word) == 0) {
            return words[i].code;
        }
    }
    return -EIO;
}

json_t *lct_json_of_fault(const struct lct_fault *fault) {
    return json_pack("{s:s, s:s, s:s}", "code", lct_error_word(fault->code), "en", fault->en, "zh",
                     fault->zh);
}

int lct_json_to_fault(const json_t *object, const char *domain, struct lct_fault *ret_fault) {
    int code = lct_error_code(lct_json_text(object, "code", "failed"));
    const char *en = lct_json_text(object, "en", "It failed.");
    const char *zh = lct_json_text(object, "zh", "操作失败。");
    (void)lct_fault_set(ret_fault, code, domain, "%.0s%s", "%s%.0s", zh, en);
    /* The two texts differ, while the formats take the same arguments in the same order. */
    return code;
}
