// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The subcommands of the program "lectern": one file each (cmd_*.c) and one line in
 * lectern_main.c's table. Exit status: 0 done, 1 it did not work (a sentence says why), 2 wrong
 * use.
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/fault.h"
#include "control/server/links.h"

/** Exit status of a recorder that finds another one at its room: no fault, its supervisor waits. */
#define LCT_EXIT_BUSY 3

/** What a command is called with; argv[0] is its name. Main thread. */
typedef int (*lct_command_fn)(int argc, char **argv);

/** lectern up: starts everything and starts again what dies. */
int lct_cmd_up(int argc, char **argv);
/** lectern record: records without a server. */
int lct_cmd_record(int argc, char **argv);
/** lectern devices: lists, watches, or makes a first room of what is here. */
int lct_cmd_devices(int argc, char **argv);
/** lectern verify: checks every byte of a lesson. */
int lct_cmd_verify(int argc, char **argv);
/** lectern cut, export, import: the job of that name, by lectern-worker. */
int lct_cmd_job(int argc, char **argv);
/** lectern doctor: what is missing, slow or wrong here. */
int lct_cmd_doctor(int argc, char **argv);
/** lectern link: makes, lists and revokes watch links. */
int lct_cmd_link(int argc, char **argv);
/** lectern push: where a room's lessons are pushed to. */
int lct_cmd_push(int argc, char **argv);
/** lectern rebuild: the library's index anew. */
int lct_cmd_rebuild(int argc, char **argv);
/** lectern room: makes a room public, or ends that. */
int lct_cmd_room(int argc, char **argv);

/** Says whether a command can use the data folder. 0 or -errno with a fault. */
int lct_command_folder(const char *data, struct lct_fault *fault) LCT_MUST_USE;

/** Who may watch the rooms of a data folder that is there. 0 or -errno with a fault; *ret_links is
 *  owned. */
int lct_command_links(const char *data, struct lct_links **ret_links,
                      struct lct_fault *fault) LCT_MUST_USE;

/** Says a fault on standard error, or as one JSON line on standard output; returns 1. */
int lct_command_fail(const struct lct_fault *fault, bool json);

/** Says English or Chinese text by the environment's language. Borrows one of them. */
const char *lct_say(const char *en, const char *zh);
