// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The program lectern-worker: one job, one process, one exit status. Only "push" opens the network,
 * and reads nothing there but a protocol's answers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/command/command.h"
#include "control/worker/worker_job.h"
#include "control/worker/worker_jobs.h"
#include "control/worker/worker_push.h"

static const struct {
    const char *name;
    lct_command_fn run;
} jobs[] = {
    {"cut", lct_worker_cut}, {"export", lct_worker_export}, {"import", lct_worker_import},
    {"job", lct_worker_job}, {"slides", lct_worker_slides}, {"stick", lct_worker_stick},
};

/* The threads of the OCR (archive/ocr/ocr.h) are counted when a program begins: so it begins once
 * more. If it cannot, it costs more. */
static void use_one_thread(char **argv) {
    if (!getenv("OMP_THREAD_LIMIT") && setenv("OMP_THREAD_LIMIT", "1", 1) == 0) {
        (void)execv("/proc/self/exe", argv);
    }
}

int main(int argc, char **argv) {
    use_one_thread(argv);
    for (size_t i = 0; argc >= 2 && i < sizeof jobs / sizeof *jobs; i++) {
        if (strcmp(argv[1], jobs[i].name) == 0) {
            return jobs[i].run(argc - 1, argv + 1);
        }
    }
    if (argc == 2 && strcmp(argv[1], "push") == 0) {
        return lct_worker_push();
    }
    (void)fputs("usage: lectern-worker cut … | export … | import … | job DATA ID | slides … | "
                "stick DEVICE | push\n",
                stderr);
    return 2;
}
