// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/config.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"

struct value {
    struct value *next;
    char *section;
    char *id; /* "" in sections that are not named */
    char *key;
    char *text;
    int line;
};

struct lct_config {
    const struct lct_config_section *const *sections;
    size_t n;
    char *name;          /* of the file */
    struct value *first; /* in the order of the file */
    struct value **last;
};

/* A file being read. */
struct reading {
    struct lct_config *config;
    const char *at; /* what is not yet read */
    int line;
    int rc;
    struct lct_fault *fault;
};

bool lct_config_is_id(const char *text) {
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return n >= 1 && n <= 32 && text[n] == '\0';
}

static const struct lct_config_section *section_of(const struct lct_config *config,
                                                   const char *name) {
    for (size_t i = 0; i < config->n; i++) {
        if (strcmp(config->sections[i]->name, name) == 0) {
            return config->sections[i];
        }
    }
    return NULL;
}

static const struct lct_config_item *item_of(const struct lct_config_section *section,
                                             const char *key) {
    for (size_t i = 0; i < section->n; i++) {
        if (strcmp(section->items[i].key, key) == 0) {
            return &section->items[i];
        }
    }
    return NULL;
}

static const struct value *find(const struct lct_config *config, const char *section,
                                const char *id, const char *key, size_t index) {
    for (const struct value *v = config->first; v; v = v->next) {
        if (strcmp(v->section, section) == 0 && strcmp(v->id, id ? id : "") == 0 &&
            strcmp(v->key, key) == 0 && index-- == 0) {
            return v;
        }
    }
    return NULL;
}

static int blame(const struct lct_config *config, int line, const char *en, const char *zh,
                 struct lct_fault *fault) {
    return lct_fault_set(fault, -EINVAL, "config", "%s, line %d: %s%.0s", "%s 第 %d 行：%.0s%s",
                         config->name, line, en, zh);
}

/* The first mistake of a file is the one that is told. */
static void complain(struct reading *r, const char *en, const char *zh) {
    if (r->rc == 0) {
        r->rc = blame(r->config, r->line, en, zh, r->fault);
    }
}

/* What inih would take for the beginning of a comment. */
static bool has_late_comment(const char *text, size_t n) {
    for (size_t i = 1; i < n; i++) {
        if (text[i] == ';' && isspace((unsigned char)text[i - 1])) {
            return true;
        }
    }
    return false;
}

bool lct_config_keeps(const char *text) {
    size_t n = strlen(text);
    bool ends = n > 0 && !isspace((unsigned char)text[0]) && !isspace((unsigned char)text[n - 1]);
    return ends && n <= LCT_CONFIG_VALUE_MAX && lct_text_is_utf8(text, n) && text[0] != ';' &&
           !has_late_comment(text, n) && !strpbrk(text, "\r\n");
}

/* Hands inih one line without the blanks before it (they would make it go on the line before). */
static char *next_line(char *out, int size, void *opaque) {
    struct reading *r = opaque;
    if (!*r->at || r->rc != 0) {
        return NULL;
    }
    r->line++;
    size_t n = strcspn(r->at, "\n");
    const char *line = r->at;
    r->at += n + (r->at[n] == '\n');
    while (n > 0 && (*line == ' ' || *line == '\t')) {
        line++;
        n--;
    }
    if (n > LCT_CONFIG_LINE_MAX || n + 2 > (size_t)size) {
        if (*line == '#' || *line == ';') { /* a comment may be as long as it likes */
            n = 1;
        } else {
            complain(r, "the line is longer than 190 bytes.", "该行超过 190 字节。");
            return NULL;
        }
    }
    if (*line != '#' && *line != ';' && !lct_text_is_utf8(line, n)) {
        complain(r, "this is no UTF-8 text. Save the file in the encoding UTF-8.",
                 "这一行不是 UTF-8 文本。请将文件以 UTF-8 编码保存。");
        return NULL;
    }
    if (*line != '#' && *line != ';' && has_late_comment(line, n)) {
        complain(r,
                 "\" ;\" would begin a comment here. Write comments in lines of their own; a value "
                 "cannot hold \" ;\".",
                 "“ ;”在此处会被当作注释。注释请单独成行；值中不能含有“ ;”。");
        return NULL;
    }
    memcpy(out, line, n);
    out[n] = '\n';
    out[n + 1] = '\0';
    return out;
}

static bool parse_number(const char *text, int64_t *ret_number) {
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end) {
        return false;
    }
    *ret_number = number;
    return true;
}

static bool parse_flag(const char *text, bool *ret_flag) {
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(text, words[i]) == 0) {
            *ret_flag = i % 2 == 1;
            return true;
        }
    }
    return false;
}

static void check_number(struct reading *r, const struct lct_config_item *item, const char *text) {
    int64_t number;
    if (!parse_number(text, &number) || number < item->least || number > item->most) {
        const char *blank = *item->unit ? " " : "";
        LCT_FREE char *en =
            lct_format("%s must be a whole number from %" PRId64 " to %" PRId64 "%s%s, not \"%s\".",
                       item->key, item->least, item->most, blank, item->unit, text);
        LCT_FREE char *zh =
            lct_format("%s 必须是 %" PRId64 " 到 %" PRId64 "%s%s 之间的整数，而不是“%s”。",
                       item->key, item->least, item->most, blank, item->unit, text);
        complain(r, en, zh);
    }
}

static void check_text(struct reading *r, const struct lct_config_item *item, const char *text) {
    int64_t n = (int64_t)strlen(text);
    if (item->type == LCT_CONFIG_TEXT && (n < item->least || n > item->most)) {
        LCT_FREE char *en = lct_format("%s must have %" PRId64 " to %" PRId64 " bytes.", item->key,
                                       item->least, item->most);
        LCT_FREE char *zh = lct_format("%s 的长度必须是 %" PRId64 " 到 %" PRId64 " 字节。",
                                       item->key, item->least, item->most);
        complain(r, en, zh);
    }
}

static void check_count(struct reading *r, const struct lct_config_section *section,
                        const struct lct_config_item *item, const char *id) {
    int64_t most = item->type == LCT_CONFIG_LIST ? item->most : 1;
    if (find(r->config, section->name, id, item->key, (size_t)most - 1)) {
        LCT_FREE char *en =
            lct_format("%s may be given at most %" PRId64 " times.", item->key, most);
        LCT_FREE char *zh = lct_format("%s 最多只能出现 %" PRId64 " 次。", item->key, most);
        complain(r, en, zh);
    }
}

static void check(struct reading *r, const struct lct_config_section *section,
                  const struct lct_config_item *item, const char *id, const char *text) {
    bool flag;
    check_count(r, section, item, id);
    if (item->type == LCT_CONFIG_NUMBER) {
        check_number(r, item, text);
    } else if (item->type == LCT_CONFIG_FLAG && !parse_flag(text, &flag)) {
        LCT_FREE char *en = lct_format("%s must be yes or no, not \"%s\".", item->key, text);
        LCT_FREE char *zh = lct_format("%s 必须是 yes 或 no，而不是“%s”。", item->key, text);
        complain(r, en, zh);
    } else {
        check_text(r, item, text);
    }
}

static void complain_of_section(struct reading *r, const char *name) {
    char known[256] = "";
    for (size_t i = 0; i < r->config->n; i++) {
        size_t at = strlen(known);
        (void)snprintf(known + at, sizeof known - at, " [%s%s]", r->config->sections[i]->name,
                       r->config->sections[i]->named ? " ID" : "");
    }
    LCT_FREE char *en = lct_format("there is no section [%s]; there are%s (an ID is 1 to 32 of "
                                   "a-z, 0-9 and '-').",
                                   name, known);
    LCT_FREE char *zh = lct_format(
        "没有 [%s] 这一节；可用的节：%s（ID 为 1 到 32 个 a-z、0-9 或 '-'）。", name, known);
    complain(r, en, zh);
}

static void complain_of_key(struct reading *r, const struct lct_config_section *section,
                            const char *key) {
    char known[256] = "";
    for (size_t i = 0; i < section->n; i++) {
        size_t at = strlen(known);
        (void)snprintf(known + at, sizeof known - at, " %s", section->items[i].key);
    }
    LCT_FREE char *en = lct_format("[%s] has no key %s; it has:%s.", section->name, key, known);
    LCT_FREE char *zh = lct_format("[%s] 中没有 %s；可用的有：%s。", section->name, key, known);
    complain(r, en, zh);
}

static void append(struct lct_config *config, const char *section, const char *id, const char *key,
                   const char *text, int line) {
    struct value *value = lct_new(sizeof *value);
    value->section = lct_strdup(section);
    value->id = lct_strdup(id);
    value->key = lct_strdup(key);
    value->text = lct_strdup(text);
    value->line = line;
    *config->last = value;
    config->last = &value->next;
}

static int on_value(void *opaque, const char *title, const char *key, const char *text) {
    struct reading *r = opaque;
    LCT_FREE char *name = lct_strdup(title);
    char *id = strchr(name, ' ');
    if (id) {
        *id++ = '\0';
        id += strspn(id, " \t");
    }
    const struct lct_config_section *section = section_of(r->config, name);
    if (!section || section->named != (id != NULL) || (id && !lct_config_is_id(id))) {
        complain_of_section(r, title);
        return 1;
    }
    const struct lct_config_item *item = item_of(section, key);
    if (!item) {
        complain_of_key(r, section, key);
        return 1;
    }
    check(r, section, item, id, text);
    append(r->config, name, id ? id : "", key, text, r->line);
    return 1;
}

/* Lists that must not be empty are looked at when all is read. */
static void check_missing(struct reading *r) {
    struct lct_config *config = r->config;
    for (const struct value *v = config->first; v; v = v->next) {
        const struct lct_config_section *section = section_of(config, v->section);
        for (size_t i = 0; section && i < section->n; i++) {
            const struct lct_config_item *item = &section->items[i];
            if (item->type == LCT_CONFIG_LIST && item->least > 0 &&
                !find(config, v->section, v->id, item->key, (size_t)item->least - 1)) {
                LCT_FREE char *en =
                    lct_format("[%s %s] needs a line \"%s = …\".", v->section, v->id, item->key);
                LCT_FREE char *zh =
                    lct_format("[%s %s] 需要一行“%s = …”。", v->section, v->id, item->key);
                complain(r, en, zh);
            }
        }
    }
}

int lct_config_parse(const char *text, const char *name,
                     const struct lct_config_section *const *sections, size_t n,
                     struct lct_config **ret_config, struct lct_fault *fault) {
    struct lct_config *config = lct_new(sizeof *config);
    config->sections = sections;
    config->n = n;
    config->name = lct_strdup(name);
    config->last = &config->first;
    struct reading r = {.config = config, .at = text, .fault = fault};
    int bad_line = ini_parse_stream(next_line, &r, on_value, &r);
    if (bad_line != 0) {
        r.line = bad_line > 0 ? bad_line : r.line;
        complain(&r, "this is neither \"[section]\" nor \"key = value\".",
                 "这一行既不是“[节]”也不是“键 = 值”。");
    }
    check_missing(&r);
    if (r.rc < 0) {
        lct_config_destroy(config);
        return r.rc;
    }
    *ret_config = config;
    return 0;
}

int lct_config_read(const char *path, const struct lct_config_section *const *sections, size_t n,
                    struct lct_config **ret_config, struct lct_fault *fault) {
    if (!path) {
        return lct_config_parse("", "", sections, n, ret_config, fault);
    }
    LCT_FREE char *text = NULL;
    size_t bytes;
    int rc = lct_io_slurp(path, LCT_CONFIG_BYTES_MAX, &text, &bytes);
    if (rc < 0) {
        return lct_fault_set(fault, rc, "config", "The configuration %s cannot be read: %s.",
                             "无法读取配置文件 %s：%s。", path, strerror(-rc));
    }
    if (strlen(text) != bytes) {
        return lct_fault_set(fault, -EINVAL, "config", "%s holds a zero byte; it is no text file.",
                             "%s 含有零字节，不是文本文件。", path);
    }
    return lct_config_parse(text, path, sections, n, ret_config, fault);
}

void lct_config_destroy(struct lct_config *config) {
    if (!config) {
        return;
    }
    while (config->first) {
        struct value *value = config->first;
        config->first = value->next;
        free(value->section);
        free(value->id);
        free(value->key);
        free(value->text);
        free(value);
    }
    free(config->name);
    free(config);
}

const char *lct_config_id(const struct lct_config *config, const char *section, size_t index) {
    for (const struct value *v = config->first; v; v = v->next) {
        if (strcmp(v->section, section) != 0) {
            continue;
        }
        const struct value *before = config->first; /* the first line of this ID? */
        while (before != v &&
               !(strcmp(before->section, section) == 0 && strcmp(before->id, v->id) == 0)) {
            before = before->next;
        }
        if (before == v && index-- == 0) {
            return v->id;
        }
    }
    return NULL;
}

static const struct lct_config_item *must_have(const struct lct_config *config, const char *section,
                                               const char *key) {
    const struct lct_config_section *s = section_of(config, section);
    const struct lct_config_item *item = s ? item_of(s, key) : NULL;
    if (!item) {
        (void)fprintf(stderr, "lectern: no configuration table has %s in [%s]\n", key, section);
        abort();
    }
    return item;
}

const char *lct_config_text(const struct lct_config *config, const char *section, const char *id,
                            const char *key) {
    const struct lct_config_item *item = must_have(config, section, key);
    const struct value *value = find(config, section, id, key, 0);
    return value ? value->text : item->preset ? item->preset : "";
}

const char *lct_config_nth(const struct lct_config *config, const char *section, const char *id,
                           const char *key, size_t index) {
    (void)must_have(config, section, key);
    const struct value *value = find(config, section, id, key, index);
    return value ? value->text : NULL;
}

int lct_config_blame(const struct lct_config *config, const char *section, const char *id,
                     const char *key, size_t index, struct lct_fault *fault) {
    const struct value *value = find(config, section, id, key, index);
    const struct lct_fault of_value = *fault;
    return blame(config, value ? value->line : 0, of_value.en, of_value.zh, fault);
}

int64_t lct_config_number(const struct lct_config *config, const char *section, const char *id,
                          const char *key) {
    int64_t number = 0;
    (void)parse_number(lct_config_text(config, section, id, key), &number); /* checked when read */
    return number;
}

bool lct_config_flag(const struct lct_config *config, const char *section, const char *id,
                     const char *key) {
    bool flag = false;
    (void)parse_flag(lct_config_text(config, section, id, key), &flag); /* checked when read */
    return flag;
}

static void print_range(FILE *out, const struct lct_config_item *item) {
    switch (item->type) {
    case LCT_CONFIG_NUMBER:
        (void)fprintf(out, "%" PRId64 " to %" PRId64 "%s%s", item->least, item->most,
                      *item->unit ? " " : "", item->unit);
        break;
    case LCT_CONFIG_FLAG:
        (void)fprintf(out, "yes or no");
        break;
    case LCT_CONFIG_LIST:
        (void)fprintf(out, "%" PRId64 " to %" PRId64 " lines", item->least, item->most);
        break;
    case LCT_CONFIG_TEXT:
        (void)fprintf(out, "%" PRId64 " to %" PRId64 " bytes", item->least, item->most);
        break;
    }
}

void lct_config_print_sample(FILE *out, const struct lct_config_section *const *sections,
                             size_t n) {
    for (size_t i = 0; i < n; i++) {
        const struct lct_config_section *s = sections[i];
        (void)fprintf(out, "%s# %s\n# %s\n%s[%s%s]\n", i > 0 ? "\n" : "", s->en, s->zh,
                      s->named ? "#" : "", s->name, s->named ? " main" : "");
        for (size_t k = 0; k < s->n; k++) {
            const struct lct_config_item *item = &s->items[k];
            (void)fprintf(out, "# %s (", item->en);
            print_range(out, item);
            (void)fprintf(out, ")\n# %s\n#%s = %s\n", item->zh, item->key,
                          item->preset ? item->preset : "");
        }
    }
}

void lct_config_print_manual(FILE *out, const struct lct_config_section *const *sections,
                             size_t n) {
    (void)fprintf(out,
                  "# Configuration · 配置\n\nMade from the tables in the code by "
                  "`lectern-server --print-config-manual`.\n\n"
                  "A line is `[section]`, `key = value`, or a comment, which begins with `#` or "
                  "`;`. It has at most %d bytes of\nUTF-8. A comment stands in a line of its own: "
                  "a `;` behind a blank is refused, so no name, path or address can hold one.\n\n"
                  "每行是 `[节]`、`键 = 值`，或以 `#`、`;` 开头的注释；最多 %d 字节，UTF-8 编码。"
                  "注释须单独成行：空格后的 `;` 会被拒绝，\n因此名称、路径和地址中不能含有它。\n",
                  LCT_CONFIG_LINE_MAX, LCT_CONFIG_LINE_MAX);
    for (size_t i = 0; i < n; i++) {
        const struct lct_config_section *s = sections[i];
        (void)fprintf(out,
                      "\n## [%s%s]\n%s %s\n\n| key | default | range | about | 说明 |\n"
                      "|---|---|---|---|---|\n",
                      s->name, s->named ? " ID" : "", s->en, s->zh);
        for (size_t k = 0; k < s->n; k++) {
            const struct lct_config_item *item = &s->items[k];
            (void)fprintf(out, "| `%s` | %s%s%s | ", item->key, item->preset ? "`" : "",
                          item->preset ? item->preset : "–", item->preset ? "`" : "");
            print_range(out, item);
            (void)fprintf(out, " | %s | %s |\n", item->en, item->zh);
        }
    }
}
