// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Between fork and exec: async-signal-safe calls only. The pipe tells the parent why exec failed.
 */
static void run_child(char *const argv[], const struct lct_child_options *options, pid_t parent,
                      int out, int why) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (options->dies_with_us) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) {
            _exit(127); /* it died before */
        }
    }
    if (out >= 0) {
        dup2(out, STDOUT_FILENO);
    }
    execv(argv[0], argv);
    int rc = errno;
    ssize_t ignored = write(why, &rc, sizeof rc); /* nobody is left to tell */
    (void)ignored;
    _exit(127);
}

static void close_pipe(int pipe_fds[2]) {
    for (int i = 0; i < 2; i++) {
        if (pipe_fds[i] >= 0) {
            close(pipe_fds[i]);
        }
    }
}

static pid_t start(char *const argv[], const struct lct_child_options *options, int out) {
    int why[2] = {-1, -1};
    if (pipe2(why, O_CLOEXEC) < 0) {
        return -errno;
    }
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        run_child(argv, options, parent, out, why[1]);
    }
    int rc = pid < 0 ? errno : 0;
    close(why[1]);
    why[1] = -1;
    if (pid > 0 && read(why[0], &rc, sizeof rc) != (ssize_t)sizeof rc) {
        rc = 0; /* exec closed the pipe */
    }
    close_pipe(why);
    return rc ? -rc : pid;
}

pid_t lct_child_start(char *const argv[], const struct lct_child_options *options) {
    int out[2] = {-1, -1};
    if (options->ret_stdout && pipe2(out, O_CLOEXEC) < 0) {
        return -errno;
    }
    pid_t pid = start(argv, options, out[1]);
    if (pid < 0) {
        close_pipe(out);
        return pid;
    }
    if (options->ret_stdout) {
        close(out[1]);
        (void)fcntl(out[0], F_SETFL, O_NONBLOCK); /* a pipe of ours: cannot fail */
        *options->ret_stdout = out[0];
    }
    return pid;
}
