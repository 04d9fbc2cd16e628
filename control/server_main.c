// SPDX-License-Identifier: GPL-3.0-or-later
/* lectern-server: its command line; what it does stands in control/server/server.h. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "control/api/api.h"
#include "control/server/server.h"
#include "control/settings.h"

static int print_routes(void) {
    static const char *const methods[] = {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};
    size_t n;
    const struct lct_http_route *routes = lct_api_routes(&n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(routes[i].pattern, "*") != 0) {
            (void)printf("%s %s\n", methods[routes[i].method], routes[i].pattern);
        }
    }
    return 0;
}

static int help(FILE *out, int status) {
    (void)fputs("usage: lectern-server [--data DIR] [--listen ADDR:PORT] [--web DIR] "
                "[--config FILE] [--json]\n"
                "       lectern-server --print-config | --print-config-manual | --print-routes | "
                "--version\n",
                out);
    return status;
}

int main(int argc, char **argv) {
    enum { DATA = 256, LISTEN, WEB, CONFIG, JSON, PRINT, MANUAL, ROUTES, VERSION, HELP };
    static const struct option table[] = {
        {"data", required_argument, NULL, DATA},
        {"listen", required_argument, NULL, LISTEN},
        {"web", required_argument, NULL, WEB},
        {"config", required_argument, NULL, CONFIG},
        {"json", no_argument, NULL, JSON},
        {"print-config", no_argument, NULL, PRINT},
        {"print-config-manual", no_argument, NULL, MANUAL},
        {"print-routes", no_argument, NULL, ROUTES},
        {"version", no_argument, NULL, VERSION},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    struct lct_server_options options = {0};
    int option;
    (void)signal(SIGPIPE, SIG_IGN);
    umask(027);
    while ((option = getopt_long(argc, argv, "h", table, NULL)) != -1) {
        switch (option) {
        case DATA:
            options.data = optarg;
            break;
        case LISTEN:
            options.listen = optarg;
            break;
        case WEB:
            options.web = optarg;
            break;
        case CONFIG:
            options.config = optarg;
            break;
        case JSON:
            options.json = true;
            break;
        case PRINT:
            lct_settings_print_sample(stdout);
            return 0;
        case MANUAL:
            lct_settings_print_manual(stdout);
            return 0;
        case ROUTES:
            return print_routes();
        case VERSION:
            (void)puts("lectern-server " LCT_VERSION);
            return 0;
        case HELP:
        case 'h':
            return help(stdout, 0);
        default:
            return help(stderr, 2);
        }
    }
    return optind < argc ? help(stderr, 2) : lct_server_run(&options);
}
