// SPDX-License-Identifier: GPL-3.0-or-later
/** SQLite's full-text tables cut by our words. */
#pragma once

#include <sqlite3.h>

#include "base/attr.h"

/** Makes "tokenize='lectern'" known to a connection (archive/library/words.h cuts). 0; -ENOTSUP:
 * this SQLite has no fts5. */
int lct_db_add_tokenizer(sqlite3 *handle) LCT_MUST_USE;
