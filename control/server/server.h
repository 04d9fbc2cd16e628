// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The server: pages, API, the rooms' model, live viewers, workers that push lessons out. Three
 * threads of work beside the engines' own: the main loop (rooms, links, small answers), "disk"
 * (whatever reads lessons), and the HTTP server's. No device, no media decoding.
 *
 *     return lct_server_run(&(struct lct_server_options){.data = "/data"});
 */
#pragma once

#include <stdbool.h>

/** What the command line says; NULL: what the configuration says, or its default. */
struct lct_server_options {
    const char *data;   /**< the data folder */
    const char *listen; /**< "ADDR:PORT" of plain HTTP */
    const char *web;    /**< the folder of the pages */
    const char *config; /**< the configuration's file */
    bool json;          /**< says how it is as JSON lines */
};

/**
 * Opens everything, says so, serves until SIGTERM, SIGINT or SIGHUP, and closes everything. The
 * program's exit status: 0, or 1 when it could not begin, with the reason on stderr. Main thread.
 */
int lct_server_run(const struct lct_server_options *options);
