// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What a lesson must have been, told by its tapes alone: for a folder whose lesson.json is gone.
 *
 *     if (lct_lesson_guess(folder, &info) > 0) …
 */
#pragma once

#include <stddef.h>

#include "archive/lesson/lesson.h"

/**
 * Fills *ret_info as well as the tapes in folder tell it: tracks by their folders, sizes by their
 * inits, clocks by their indexes; id, room and title stay empty, the end 0 as of one that is not
 * known to have ended. Returns how many tracks were found.
 */
size_t lct_lesson_guess(const char *folder, struct lct_lesson_info *ret_info);
