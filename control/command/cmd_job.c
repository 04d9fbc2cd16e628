// SPDX-License-Identifier: GPL-3.0-or-later
/* The subcommands that are jobs of lectern-worker (cut, export, import): this starts it and waits.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "control/command/command.h"
#include "control/programs.h"

int lct_cmd_job(int argc, char **argv) {
    struct lct_fault fault;
    char path[LCT_PROGRAM_PATH_SIZE];
    lct_program_path("lectern-worker", path);
    /* The worker's own words and exit status are the answer: it takes the place of this process. */
    LCT_FREE char **with_job = lct_new(((size_t)argc + 2) * sizeof *with_job);
    with_job[0] = path;
    memcpy(with_job + 1, argv, (size_t)argc * sizeof *with_job);
    execv(path, with_job);
    (void)lct_fault_set(&fault, -errno, argv[0], "Cannot start %s: %s. Is lectern installed whole?",
                        "无法启动 %s：%s。请检查 lectern 是否完整安装。", path, strerror(errno));
    return lct_command_fail(&fault, false);
}
