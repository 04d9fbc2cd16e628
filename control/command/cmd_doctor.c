// SPDX-License-Identifier: GPL-3.0-or-later
/* lectern doctor: what is missing, slow or wrong on this machine, in words. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "control/command/command.h"
#include "control/doctor/doctor.h"
#include "control/programs.h"

static int usage(void) {
    (void)fputs(lct_say("usage: lectern doctor [--data DIR] [--config FILE] [--json]\n",
                        "用法：lectern doctor [--data 文件夹] [--config 文件] [--json]\n"),
                stderr);
    return 2;
}

static void print_words(const struct lct_doctor *d) {
    static const char *const levels[] = {"OK  ", "WARN", "FAIL"};
    size_t counts[3] = {0};
    for (size_t i = 0; i < d->count; i++) {
        const struct lct_doctor_line *line = &d->lines[i];
        counts[line->level]++;
        (void)printf("%s  %-8s %s\n", levels[line->level], line->about,
                     lct_say(line->en, line->zh));
    }
    (void)printf(lct_say("%zu checks: %zu warnings, %zu failures.\n",
                         "共 %zu 项：%zu 项警告，%zu 项失败。\n"),
                 d->count, counts[LCT_DOCTOR_WARN], counts[LCT_DOCTOR_FAIL]);
}

static void print_json(const struct lct_doctor *d) {
    static const char *const levels[] = {"ok", "warn", "fail"};
    LCT_JSON json_t *json = json_pack("{s:s, s:[]}", "worst", levels[d->worst], "checks");
    for (size_t i = 0; i < d->count; i++) {
        const struct lct_doctor_line *line = &d->lines[i];
        json_array_append_new(json_object_get(json, "checks"),
                              json_pack("{s:s, s:s, s:s, s:s}", "level", levels[line->level],
                                        "about", line->about, "en", line->en, "zh", line->zh));
    }
    LCT_FREE char *text = lct_json_dump(json, NULL);
    (void)puts(text);
}

int lct_cmd_doctor(int argc, char **argv) {
    static const struct option known[] = {{"data", required_argument, NULL, 'd'},
                                          {"config", required_argument, NULL, 'f'},
                                          {"json", no_argument, NULL, 'j'},
                                          {NULL, 0, NULL, 0}};
    LCT_FREE char *data = lct_default_data();
    const char *config = lct_default_config();
    bool json = false;
    int c;
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (c == '?') {
            return usage();
        }
        json = json || c == 'j';
        config = c == 'f' ? optarg : config;
        if (c == 'd') {
            free(data);
            data = lct_strdup(optarg);
        }
    }
    if (optind < argc) {
        return usage();
    }
    struct lct_doctor *doctor = lct_doctor_look(data, config);
    if (json) {
        print_json(doctor);
    } else {
        print_words(doctor);
    }
    int status = doctor->worst == LCT_DOCTOR_FAIL ? 1 : 0;
    lct_doctor_free(doctor);
    return status;
}
