// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A library for LD_PRELOAD: what a worker could still do when it says its last word, had a file it
 * read taken it over. On standard error a line each: "network 13", a number being errno, 0: it
 * could. OUTSIDE names a folder that is no business of the worker's.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void tell(const char *what, long rc) {
    (void)fprintf(stderr, "%s %d\n", what, rc < 0 ? errno : 0);
}

static pid_t begin_process(void) {
    pid_t pid = fork();
    if (pid == 0) {
        _exit(0);
    }
    return pid;
}

static void break_out(void) {
    const char *outside = getenv("OUTSIDE");
    char *const program[] = {(char[]){"/bin/true"}, NULL};
    char path[4096];
    tell("network", socket(AF_INET, SOCK_STREAM, 0));
    tell("socket", socket(AF_UNIX, SOCK_STREAM, 0));
    tell("accounts", open("/etc/passwd", O_RDONLY));
    (void)snprintf(path, sizeof path, "%s/secret", outside);
    tell("read", open(path, O_RDONLY));
    (void)snprintf(path, sizeof path, "%s/planted", outside);
    tell("write", open(path, O_WRONLY | O_CREAT, 0600));
    tell("fork", begin_process());
    tell("exec", execv(program[0], program)); /* where it could, there is no such line */
}

int puts(const char *text) {
    int (*real)(const char *) = NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "puts"); /* as POSIX has it */
    if (strstr(text, "\"result\"") || strstr(text, "\"fault\"")) {
        break_out();
    }
    return real(text);
}
