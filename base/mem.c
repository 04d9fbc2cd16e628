// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/mem.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *memory) {
    if (!memory) {
        (void)fputs("lectern: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *lct_new(size_t bytes) { return checked(calloc(1, bytes ? bytes : 1)); }

char *lct_strdup(const char *text) { return text ? checked(strdup(text)) : NULL; }

char *lct_format(const char *format, ...) {
    va_list args;
    char *text = NULL;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    return checked(n < 0 ? NULL : text);
}

void lct_free_cleanup(void *pointer) { free(*(void **)pointer); }

void lct_mem_large_apart(void) {
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 20); /* set by hand, it no longer grows by itself */
}

void lct_mem_give_back(void) { (void)malloc_trim(0); }
