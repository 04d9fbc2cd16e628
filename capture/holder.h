// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Who has a device open, for the sentence "in use by …". Looks through /proc as far as it may.
 */
#pragma once

#include <stddef.h>

/** Writes "name (pid)" of a process that has path open, "another program" when it cannot be seen.
 */
void lct_holder_of(const char *path, char *out, size_t size);
