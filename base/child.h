// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Starting another program of ours as a child process. It gets an empty signal mask and no
 * descriptors but the standard ones. Reaping is the owner's (SIGCHLD by lct_loop_signals, then
 * waitpid).
 *
 *     pid_t pid = lct_child_start(argv, &(struct lct_child_options){.dies_with_us = true});
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/attr.h"

/** A pipe holds so much, so that nobody waits for the child to read. */
#define LCT_CHILD_INPUT_MAX 16384

struct lct_child_options {
    bool dies_with_us; /**< killed by the kernel when the thread that starts it ends, so when this
                          process dies, however it dies */
    bool own_group; /**< it leads a process group of its own: kill(-pid) reaches what it starts */
    const char *input; /**< not NULL: all that it reads on its standard input, LCT_CHILD_INPUT_MAX
                          bytes at most */
    int *ret_stdout;   /**< not NULL: receives the reading end (non-blocking, owned) of its standard
                          output */
};

/** Starts argv[0] (a path) with argv (NULL at the end). The process id, or -errno
 *  (-EMSGSIZE: the input is too long). Any thread. */
pid_t lct_child_start(char *const argv[], const struct lct_child_options *options) LCT_MUST_USE;
