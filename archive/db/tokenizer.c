// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/db/tokenizer_priv.h"
#include "archive/library/words.h"
#include "base/mem.h"

/* It has no state: the address of this stands for it. */
static char one;

static int create(void *context, const char **arguments, int n, Fts5Tokenizer **ret_tokenizer) {
    (void)context;
    (void)arguments;
    (void)n;
    *ret_tokenizer = (Fts5Tokenizer *)&one;
    return SQLITE_OK;
}

static void destroy(Fts5Tokenizer *tokenizer) { (void)tokenizer; }

/* Where words stand in the unfolded text is told to nobody: it serves snippets alone. */
static int tokenize(Fts5Tokenizer *tokenizer, void *context, int flags, const char *text, int n,
                    int (*found)(void *, int, const char *, int, int, int)) {
    (void)tokenizer;
    LCT_FREE char *folded = lct_words_fold(text, n > 0 ? (size_t)n : 0);
    struct lct_words words = lct_words(folded, strlen(folded), (flags & FTS5_TOKENIZE_QUERY) != 0);
    struct lct_word word;
    int rc = SQLITE_OK;
    while (rc == SQLITE_OK && lct_words_next(&words, &word)) {
        rc = found(context, 0, word.text, (int)word.n, 0, 0);
    }
    return rc;
}

int lct_db_add_tokenizer(sqlite3 *handle) {
    fts5_tokenizer tokenizer = {create, destroy, tokenize};
    sqlite3_stmt *statement = NULL;
    fts5_api *api = NULL;
    if (sqlite3_prepare_v2(handle, "SELECT fts5(?1)", -1, &statement, NULL) == SQLITE_OK) {
        (void)sqlite3_bind_pointer(statement, 1, (void *)&api, "fts5_api_ptr", NULL);
        (void)sqlite3_step(statement); /* it failed when there is no api now */
    }
    (void)sqlite3_finalize(statement);
    return api && api->xCreateTokenizer(api, "lectern", NULL, &tokenizer, NULL) == SQLITE_OK
               ? 0
               : -ENOTSUP;
}
