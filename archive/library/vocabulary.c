// SPDX-License-Identifier: GPL-3.0-or-later
#include "archive/library/vocabulary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/library/metadata.h"
#include "archive/library/plain.h"
#include "base/io.h"
#include "base/mem.h"

#define VERSION 1

struct term {
    const char *term, *en;
};

static const struct term stages[] = {
    {"学前", "Preschool"},        {"小学", "Primary school"},       {"初中", "Junior secondary"},
    {"高中", "Senior secondary"}, {"中职", "Vocational secondary"}, {NULL, NULL}};

static const struct term subjects[] = {{"语文", "Chinese"},
                                       {"数学", "Mathematics"},
                                       {"英语", "English"},
                                       {"道德与法治", "Morality and law"},
                                       {"思想政治", "Politics"},
                                       {"物理", "Physics"},
                                       {"化学", "Chemistry"},
                                       {"生物学", "Biology"},
                                       {"历史", "History"},
                                       {"地理", "Geography"},
                                       {"科学", "Science"},
                                       {"信息科技", "Information technology"},
                                       {"通用技术", "Technology"},
                                       {"音乐", "Music"},
                                       {"美术", "Fine arts"},
                                       {"艺术", "Arts"},
                                       {"体育与健康", "Sports and health"},
                                       {"劳动", "Labour"},
                                       {"综合实践活动", "Practice"},
                                       {"心理健康", "Mental health"},
                                       {"日语", "Japanese"},
                                       {"俄语", "Russian"},
                                       {NULL, NULL}};

static const struct term grades[] = {
    {"一年级", "Grade 1"}, {"二年级", "Grade 2"}, {"三年级", "Grade 3"}, {"四年级", "Grade 4"},
    {"五年级", "Grade 5"}, {"六年级", "Grade 6"}, {"七年级", "Grade 7"}, {"八年级", "Grade 8"},
    {"九年级", "Grade 9"}, {"高一", "Grade 10"},  {"高二", "Grade 11"},  {"高三", "Grade 12"},
    {NULL, NULL}};

static const struct term editions[] = {{"统编版", "National unified"},
                                       {"人教版", "People's Education Press"},
                                       {"北师大版", "Beijing Normal University Press"},
                                       {"华东师大版", "East China Normal University Press"},
                                       {"西南大学版", "Southwest University Press"},
                                       {"苏教版", "Jiangsu Education"},
                                       {"苏科版", "Jiangsu Science and Technology"},
                                       {"沪教版", "Shanghai Education"},
                                       {"沪科版", "Shanghai Science and Technology"},
                                       {"浙教版", "Zhejiang Education"},
                                       {"冀教版", "Hebei Education"},
                                       {"鲁教版", "Shandong Education"},
                                       {"鲁科版", "Shandong Science and Technology"},
                                       {"青岛版", "Qingdao Press"},
                                       {"湘教版", "Hunan Education"},
                                       {"粤教版", "Guangdong Education"},
                                       {"教科版", "Educational Science Press"},
                                       {"外研版", "Foreign Language Teaching and Research Press"},
                                       {"译林版", "Yilin Press"},
                                       {NULL, NULL}};

static const struct term volumes[] = {{"上册", "Volume 1"},
                                      {"下册", "Volume 2"},
                                      {"全一册", "One volume"},
                                      {"必修第一册", "Compulsory 1"},
                                      {"必修第二册", "Compulsory 2"},
                                      {"必修第三册", "Compulsory 3"},
                                      {"选择性必修第一册", "Elective 1"},
                                      {"选择性必修第二册", "Elective 2"},
                                      {"选择性必修第三册", "Elective 3"},
                                      {NULL, NULL}};

static const struct term types[] = {{"新授课", "New lesson"},
                                    {"复习课", "Review"},
                                    {"习题课", "Exercises"},
                                    {"实验课", "Experiment"},
                                    {"讲评课", "Test review"},
                                    {"活动课", "Activity"},
                                    {"公开课", "Open lesson"},
                                    {"微课", "Microlesson"},
                                    {"教研活动", "Teacher training"},
                                    {"讲座", "Lecture"},
                                    {NULL, NULL}};

static const struct term none[] = {{NULL, NULL}}; /* each textbook has its own */

static const struct {
    const char *key, *zh;
    const struct term *terms;
} fields[] = {{"stage", "学段", stages},   {"subject", "学科", subjects},
              {"grade", "年级", grades},   {"edition", "教材版本", editions},
              {"volume", "册次", volumes}, {"chapter", "章节", none},
              {"points", "知识点", none},  {"type", "类型", types}};

#define FIELDS (sizeof fields / sizeof *fields)

static json_t *built_in(void) {
    json_t *json = json_pack("{s:i}", "version", VERSION);
    for (size_t i = 0; i < FIELDS; i++) {
        json_t *list = json_array();
        for (const struct term *term = fields[i].terms; term->term; term++) {
            json_array_append_new(list,
                                  json_pack("{s:s, s:s}", "term", term->term, "en", term->en));
        }
        json_object_set_new(json, fields[i].key, list);
    }
    return json;
}

static int check_term(const json_t *item, const char *zh, json_t *list, struct lct_fault *fault) {
    static const struct lct_plain_field parts[] = {
        {"term", "词条", LCT_METADATA_TERM_MAX, false, 0},
        {"en", "英文", LCT_METADATA_TERM_MAX, false, 0}};
    LCT_JSON json_t *term = json_object();
    size_t i;
    json_t *other;
    int rc = lct_json_only(item, (const char *[]){"term", "en", NULL}, fault);
    for (size_t k = 0; k < 2 && rc == 0; k++) {
        rc = lct_plain_read(item, &parts[k], term, fault);
    }
    if (rc < 0) {
        return rc;
    }
    const char *text = lct_json_text(term, "term", "");
    if (!*text) {
        return lct_fault_set(fault, -EINVAL, "vocabulary", "A term has no text.%.0s",
                             "“%s”中有空词条。", zh);
    }
    json_array_foreach(list, i, other) {
        if (strcmp(lct_json_text(other, "term", ""), text) == 0) {
            return lct_fault_set(fault, -EINVAL, "vocabulary", "The term %s stands there twice.",
                                 "词条“%s”重复。", text);
        }
    }
    json_array_append(list, term);
    return 0;
}

static int check_field(const json_t *json, size_t field, json_t *into, struct lct_fault *fault) {
    const json_t *given = json_object_get(json, fields[field].key);
    LCT_JSON json_t *list = json_array();
    size_t i;
    json_t *item;
    if (given && (!json_is_array(given) || json_array_size(given) > LCT_VOCABULARY_TERMS_MAX)) {
        return lct_fault_set(
            fault, -EINVAL, "vocabulary", "\"%s\" must be a list of at most %d terms.",
            "“%s”必须是最多 %d 个词条的列表。", fields[field].key, LCT_VOCABULARY_TERMS_MAX);
    }
    json_array_foreach(given, i, item) {
        int rc = check_term(item, fields[field].zh, list, fault);
        if (rc < 0) {
            return rc;
        }
    }
    json_object_set(into, fields[field].key, list);
    return 0;
}

int lct_vocabulary_check(const json_t *json, json_t **ret_json, struct lct_fault *fault) {
    const char *keys[FIELDS + 2] = {"version"};
    LCT_JSON json_t *into = json_pack("{s:i}", "version", VERSION);
    for (size_t i = 0; i < FIELDS; i++) {
        keys[i + 1] = fields[i].key;
    }
    int rc = lct_json_only(json, keys, fault);
    for (size_t i = 0; i < FIELDS && rc == 0; i++) {
        rc = check_field(json, i, into, fault);
    }
    if (rc == 0) {
        *ret_json = json_incref(into);
    }
    return rc;
}

int lct_vocabulary_load(const char *data, json_t **ret_json, struct lct_fault *fault) {
    LCT_FREE char *path = lct_format("%s/vocabularies.json", data);
    LCT_JSON json_t *json = NULL;
    struct lct_fault why;
    int rc = lct_json_load(path, LCT_VOCABULARY_BYTES_MAX, &json, &why);
    if (rc == -ENOENT) {
        *ret_json = built_in();
        return 0;
    }
    if (rc == -EINVAL || (rc == 0 && lct_vocabulary_check(json, ret_json, &why) < 0)) {
        return lct_fault_set(fault, -EBADMSG, "vocabulary",
                             "%s is damaged. Put it back from a copy, or remove it: then the usual "
                             "terms are offered.",
                             "%s 已损坏。请从备份恢复，或删除以使用默认词表。", path);
    }
    return rc == 0 ? 0
                   : lct_fault_set(fault, rc, "vocabulary", "%s cannot be read: %s.",
                                   "无法读取 %s：%s。", path, strerror(-rc));
}

int lct_vocabulary_save(const char *data, const json_t *json) {
    LCT_FREE char *path = lct_format("%s/vocabularies.json", data);
    size_t n;
    LCT_FREE char *text = lct_json_dump(json, &n);
    return n > LCT_VOCABULARY_BYTES_MAX ? -EFBIG : lct_io_replace(&lct_io_system, path, text, n);
}
