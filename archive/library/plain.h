// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What people write about their lessons (titles, names, terms), made plain before it is kept: it is
 * text and nothing else wherever it is shown. Marks that turn the direction of what stands around
 * them, control characters and other invisible ones are taken out, forms are composed (NFC, UAX
 * #15), blanks at both ends go; emoji stay. What is too long is refused, not cut. Pure; any thread.
 *
 *     char *title = lct_plain(text, false);
 *     rc = lct_plain_read(body, &(struct lct_plain_field){"title", "标题", 200}, into, &fault);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/fault.h"
#include "base/json.h"

/** A field that a person fills. */
struct lct_plain_field {
    const char *key;
    const char *zh; /**< how Chinese speakers call it; English ones by its key */
    size_t most;    /**< characters */
    bool lines;     /**< it may have several lines */
    size_t list;    /**< it is a list of so many texts at most; 0: one text */
};

/** The text made plain; lines: line ends stay. Returns owned (free). */
char *lct_plain(const char *text, bool lines) LCT_MUST_USE;

/**
 * Reads the field of object, made plain, into the object into, if it is there and not empty; of a
 * list empty and repeated texts are left out. 0, or -EINVAL with a fault that names the field.
 */
int lct_plain_read(const json_t *object, const struct lct_plain_field *field, json_t *into,
                   struct lct_fault *fault) LCT_MUST_USE;
