// SPDX-License-Identifier: GPL-3.0-or-later
#include "control/worker/shut_in.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/sandbox.h"
#include "control/programs.h"

#define MEMORY_BYTES                                                                               \
    (3ULL << 30) /* an 8K H.265 stream holds 17 pictures of 50 MB, and twice 10 bit */
#define CPU_SECONDS (24U * 3600)

/* Fonts for cards and captions, with their lists; what is installed for the OCR. */
static const char *const installed[] = {
    "/etc/fonts",
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/usr/share/fontconfig",
    "/var/cache/fontconfig",
    "/usr/share/tesseract-ocr",
};

#define INSTALLED (sizeof installed / sizeof *installed)

int lct_worker_shut_in(const char *const *writes, const char *const *names,
                       const char *const *reads, uint64_t file_bytes, struct lct_fault *fault) {
    LCT_FREE char *cards = lct_program_data("cards");
    const char *all[LCT_WORKER_READS_MAX + INSTALLED + 3];
    size_t n = 0;
    for (size_t i = 0; i < INSTALLED; i++) {
        all[n++] = installed[i];
    }
    if (getenv("TESSDATA_PREFIX")) {
        all[n++] = getenv("TESSDATA_PREFIX");
    }
    if (cards) {
        all[n++] = cards;
    }
    for (size_t i = 0; reads && reads[i] && i < LCT_WORKER_READS_MAX; i++) {
        all[n++] = reads[i];
    }
    all[n] = NULL;
    tzset(); /* reads a file */
    int rc = lct_sandbox_enter(&(struct lct_sandbox){.writes = writes,
                                                     .memory_bytes = MEMORY_BYTES,
                                                     .cpu_seconds = CPU_SECONDS,
                                                     .file_bytes = file_bytes,
                                                     .names = names,
                                                     .reads = all},
                               NULL);
    return rc < 0 ? lct_fault_set(fault, rc, "worker",
                                  "Recordings and foreign files are read only by a process that is "
                                  "shut in, and this system does not allow that: %s.",
                                  "录像和外来文件只能在隔离的进程中读取，而本系统不允许隔离：%s。",
                                  strerror(-rc))
                  : 0;
}
