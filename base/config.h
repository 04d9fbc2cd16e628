// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The configuration: sections of "key = value" lines. Each module describes its section in one
 * const table; the table checks the file, makes the sample file and the page of the manual. Values
 * are read once, at start, into the module's own struct; nobody reads configuration at run time.
 * A comment is a line that begins with '#' or ';'. A ';' behind a blank, which elsewhere begins a
 * comment in mid-line, is refused: a name or a path with one would be cut off without a word.
 *
 *     static const struct lct_config_item items[] = {
 *         {"listen", LCT_CONFIG_TEXT, "0.0.0.0:8080", 3, 100, "", "Where it is.", "地址和端口。"}};
 *     static const struct lct_config_section server =
 *         {"server", false, items, 1, "The server.", "服务器。"};
 *
 *     rc = lct_config_read("/etc/lectern/lectern.conf", sections, 4, &config, &fault);
 *     const char *listen = lct_config_text(config, "server", NULL, "listen");
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/attr.h"
#include "base/fault.h"

enum lct_config_type {
    LCT_CONFIG_TEXT,   /**< least to most bytes */
    LCT_CONFIG_NUMBER, /**< a whole number from least to most */
    LCT_CONFIG_FLAG,   /**< yes or no (also true, false, on, off, 1, 0) */
    LCT_CONFIG_LIST,   /**< text; the key may be given least to most times */
};

struct lct_config_item {
    const char *key;
    enum lct_config_type type;
    const char *preset; /**< the default as text; NULL: none ("" or 0) */
    int64_t least, most;
    const char *unit;    /**< of a number, "" for none */
    const char *en, *zh; /**< one line about it, for the sample and the manual */
};

struct lct_config_section {
    const char *name;
    bool named; /**< "[room ID]": there may be any number; ID is a-z 0-9 and '-', 1 to 32 bytes */
    const struct lct_config_item *items;
    size_t n;
    const char *en, *zh;
};

struct lct_config;

/** Longest line of a configuration file in bytes. */
#define LCT_CONFIG_LINE_MAX 190

/** Longest value in bytes that fits into a line with any key. */
#define LCT_CONFIG_VALUE_MAX 180

/** Most bytes of a configuration file. */
#define LCT_CONFIG_BYTES_MAX (256U << 10)

/** True when text may be the ID of a named section: a-z 0-9 and '-', 1 to 32 bytes. */
bool lct_config_is_id(const char *text);

/**
 * True when text, written into a file as a value, is read back as it is: whole UTF-8 of at most
 * LCT_CONFIG_VALUE_MAX bytes in one line, no blanks at its ends, no ';' behind a blank.
 */
bool lct_config_keeps(const char *text);

/**
 * Reads the file at path. 0, -errno, or -EINVAL with a fault that names file, line, and what would
 * be right: the first of an unknown section or key, a key given twice, a value out of range. A path
 * of NULL gives the defaults. *ret_config is owned. The sections must outlive it.
 */
int lct_config_read(const char *path, const struct lct_config_section *const *sections, size_t n,
                    struct lct_config **ret_config, struct lct_fault *fault) LCT_MUST_USE;

/** The same from text, which is called name in faults. */
int lct_config_parse(const char *text, const char *name,
                     const struct lct_config_section *const *sections, size_t n,
                     struct lct_config **ret_config, struct lct_fault *fault) LCT_MUST_USE;

/** Frees; NULL is allowed. */
void lct_config_destroy(struct lct_config *config);

/** The ID of the index-th section of a named kind, in the order of the file; NULL behind the last.
 */
const char *lct_config_id(const struct lct_config *config, const char *section, size_t index);

/**
 * The value of a text, or its default; id is NULL in a section that is not named. Borrows from
 * config. The key must be in the table (else it aborts), here and below.
 */
const char *lct_config_text(const struct lct_config *config, const char *section, const char *id,
                            const char *key);

/** The index-th value of a list; NULL behind the last. Borrows. */
const char *lct_config_nth(const struct lct_config *config, const char *section, const char *id,
                           const char *key, size_t index);

/**
 * Puts file and line of the index-th value of a key before a fault's sentences, for a value that
 * only its reader can see to be wrong. Returns -EINVAL, which becomes the fault's code.
 */
int lct_config_blame(const struct lct_config *config, const char *section, const char *id,
                     const char *key, size_t index, struct lct_fault *fault);

/** The value of a number, or its default. */
int64_t lct_config_number(const struct lct_config *config, const char *section, const char *id,
                          const char *key);

/** The value of a flag, or its default. */
bool lct_config_flag(const struct lct_config *config, const char *section, const char *id,
                     const char *key);

/** Writes a file with every key, its text and its default, commented out (--print-config). */
void lct_config_print_sample(FILE *out, const struct lct_config_section *const *sections, size_t n);

/** Writes docs/config.md. */
void lct_config_print_manual(FILE *out, const struct lct_config_section *const *sections, size_t n);
