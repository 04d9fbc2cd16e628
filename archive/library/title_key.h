// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * How titles are put in order: as a Chinese file manager does, numbers by what they are worth
 * (第2课 before 第10课), then Latin letters, then Chinese by pinyin; case and width do not count.
 * By keys that are made once for a title and compared by strcmp. The rules are Unicode's and CLDR's
 * (UTS #10, UTS #35 part 5: zh-u-co-pinyin), by ICU. One thread.
 *
 *     struct lct_title_keys *keys = lct_title_keys_create();
 *     char key[LCT_TITLE_KEY_SIZE];
 *     lct_title_key(keys, "第10课 光的折射", key);
 */
#pragma once

#include "base/attr.h"

/** A key and the end; of longer ones the beginning: some 20 characters of Chinese. */
#define LCT_TITLE_KEY_SIZE 80

struct lct_title_keys;

/** Owned; loads ICU's rules, some milliseconds. */
struct lct_title_keys *lct_title_keys_create(void) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_title_keys_destroy(struct lct_title_keys *keys);

/** The key of a title (UTF-8; what is none counts as U+FFFD). Without ICU's rules all keys are
 * alike. */
void lct_title_key(const struct lct_title_keys *keys, const char *title,
                   char ret_key[LCT_TITLE_KEY_SIZE]);
