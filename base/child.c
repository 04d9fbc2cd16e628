// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Between fork and exec: async-signal-safe calls only. The pipe tells the parent why exec failed.
 */
static void run_child(char *const argv[], const struct lct_child_options *options, pid_t parent,
                      int in, int out, int why) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (options->dies_with_us) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) {
            _exit(127); /* it died before */
        }
    }
    if (options->own_group) {
        (void)setpgid(0, 0); /* cannot fail here; before exec, so that the parent may rely on it */
    }
    if (in >= 0) {
        dup2(in, STDIN_FILENO);
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

static pid_t start(char *const argv[], const struct lct_child_options *options, int in, int out) {
    int why[2] = {-1, -1};
    if (pipe2(why, O_CLOEXEC) < 0) {
        return -errno;
    }
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        run_child(argv, options, parent, in, out, why[1]);
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

/* A pipe that holds the text and then its end. The reading end, or -errno. */
static int fill_pipe(const char *text) {
    int in[2];
    size_t n = strlen(text);
    if (n > LCT_CHILD_INPUT_MAX) {
        return -EMSGSIZE;
    }
    if (pipe2(in, O_CLOEXEC) < 0) {
        return -errno;
    }
    int rc = write(in[1], text, n) == (ssize_t)n ? 0 : -EIO;
    close(in[1]);
    if (rc < 0) {
        close(in[0]);
        return rc;
    }
    return in[0];
}

pid_t lct_child_start(char *const argv[], const struct lct_child_options *options) {
    int in = options->input ? fill_pipe(options->input) : -1;
    int out[2] = {-1, -1};
    if (options->input && in < 0) {
        return in;
    }
    pid_t pid = options->ret_stdout && pipe2(out, O_CLOEXEC) < 0 ? -errno
                                                                 : start(argv, options, in, out[1]);
    if (in >= 0) {
        close(in);
    }
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
