// SPDX-License-Identifier: GPL-3.0-or-later
/* Each thing is tried by a process of its own, shut in: there is no way back. */
#include "base/sandbox.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_ENTERED 200

static char folder[64];
static bool holds_files;

/* What errno a process gets that is shut in with those limits; 0: it may. */
static int tried(int (*what)(void), uint64_t memory, uint64_t file) {
    pid_t child = fork();
    if (child == 0) {
        const char *const writes[] = {folder, NULL};
        bool files;
        int rc = lct_sandbox_enter(
            &(struct lct_sandbox){
                .writes = writes, .memory_bytes = memory, .cpu_seconds = 60, .file_bytes = file},
            &files);
        _exit(rc < 0 ? NOT_ENTERED : what());
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status), "it was killed: %x", (unsigned)status);
    return WEXITSTATUS(status);
}

static int said(long rc) { return rc < 0 ? errno : 0; }

static int call_out(void) { return said(socket(AF_INET, SOCK_STREAM, 0)); }
static int call_beside(void) { return said(socket(AF_UNIX, SOCK_STREAM, 0)); }
static int become_another(void) {
    char *const argv[] = {"/bin/true", NULL};
    return said(execv(argv[0], argv));
}
static int become_two(void) {
    pid_t pid = fork();
    if (pid == 0) {
        _exit(0);
    }
    return said(pid);
}
static int become_two_anew(void) { /* as a libc newer than this one */
    return said(syscall(SYS_clone3, NULL, 0));
}
static int read_elsewhere(void) { return said(open("/etc/passwd", O_RDONLY)); }
static int kill_parent(void) { return said(kill(getppid(), 0)); }
static int kill_parents_thread(void) { return said(syscall(SYS_tgkill, getppid(), getppid(), 0)); }
static int bound_parent(void) {
    struct rlimit known;
    return said(prlimit(getppid(), RLIMIT_NOFILE, NULL, &known));
}
static int signal_itself(void) {
    (void)signal(SIGUSR1, SIG_IGN);
    return raise(SIGUSR1);
}

static int write_here(size_t n) {
    char path[128];
    static char bytes[1U << 16];
    (void)snprintf(path, sizeof path, "%s/a", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0) {
        return errno;
    }
    for (size_t at = 0; at < n; at += sizeof bytes) {
        if (write(fd, bytes, sizeof bytes) < 0) {
            return errno;
        }
    }
    return said(unlink(path));
}
static int write_little(void) { return write_here(1U << 16); }
static int write_much(void) { return write_here(4U << 20); }

static void *run(void *arg) { return arg; }
static int start_thread(void) {
    pthread_t thread;
    int rc = pthread_create(&thread, NULL, run, NULL);
    return rc ? rc : pthread_join(thread, NULL);
}

static int nothing(void) { return 0; }

static int look_for_landlock(void) {
    const char *const writes[] = {folder, NULL};
    bool files = false;
    int rc = lct_sandbox_enter(&(struct lct_sandbox){.writes = writes,
                                                     .memory_bytes = UINT64_MAX,
                                                     .cpu_seconds = 60,
                                                     .file_bytes = UINT64_MAX},
                               &files);
    return rc < 0 ? NOT_ENTERED : files;
}

static void setup(void) {
    (void)snprintf(folder, sizeof folder, "/tmp/lct-sandbox-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    pid_t child = fork();
    if (child == 0) {
        _exit(look_for_landlock());
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    holds_files = WEXITSTATUS(status) == 1;
}

static void teardown(void) { (void)rmdir(folder); }

TestSuite(sandbox, .init = setup, .fini = teardown, .timeout = 30);

Test(sandbox, has_no_network_no_other_program_no_other_process) {
    cr_assert_eq(tried(call_out, UINT64_MAX, UINT64_MAX), EPERM);
    cr_assert_eq(tried(call_beside, UINT64_MAX, UINT64_MAX), EPERM);
    cr_assert_eq(tried(become_another, UINT64_MAX, UINT64_MAX), EPERM);
    cr_assert_eq(tried(become_two, UINT64_MAX, UINT64_MAX), EPERM);
    cr_assert_eq(tried(become_two_anew, UINT64_MAX, UINT64_MAX), ENOSYS);
    cr_assert_eq(tried(kill_parent, UINT64_MAX, UINT64_MAX), EPERM);
    cr_assert_eq(tried(kill_parents_thread, UINT64_MAX, UINT64_MAX), EPERM);
    cr_assert_eq(tried(bound_parent, UINT64_MAX, UINT64_MAX), EPERM);
}

Test(sandbox, sees_no_file_but_its_own) {
    if (!holds_files) {
        cr_skip_test("this kernel has no Landlock");
    }
    cr_assert_eq(tried(read_elsewhere, UINT64_MAX, UINT64_MAX), EACCES);
}

/* A folder and a file that were named can be read and not written; 0: so it is. */
static int read_only(void) {
    char others[128], file[160];
    (void)snprintf(others, sizeof others, "%s/others", folder);
    (void)snprintf(file, sizeof file, "%s/a", others);
    const char *const none[] = {NULL};
    const char *const reads[] = {others, "/etc/passwd", "/nowhere/at/all", NULL};
    if (lct_sandbox_enter(&(struct lct_sandbox){.writes = none,
                                                .memory_bytes = UINT64_MAX,
                                                .cpu_seconds = 60,
                                                .file_bytes = UINT64_MAX,
                                                .reads = reads},
                          NULL) < 0) {
        return NOT_ENTERED;
    }
    return open(file, O_RDONLY) < 0 || open("/etc/passwd", O_RDONLY) < 0 ||
           open(file, O_WRONLY) >= 0 || unlink(file) == 0 || open("/etc/group", O_RDONLY) >= 0;
}

Test(sandbox, reads_what_it_is_shown) {
    char others[128], file[160];
    if (!holds_files) {
        cr_skip_test("this kernel has no Landlock");
    }
    (void)snprintf(others, sizeof others, "%s/others", folder);
    (void)snprintf(file, sizeof file, "%s/a", others);
    cr_assert_eq(mkdir(others, 0700), 0);
    cr_assert(close(open(file, O_WRONLY | O_CREAT, 0600)) == 0);
    pid_t child = fork();
    if (child == 0) {
        _exit(read_only());
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(WEXITSTATUS(status), 0);
    cr_assert_eq(unlink(file), 0);
    cr_assert_eq(rmdir(others), 0);
}

/* Beside "folder" lies another's; 0: a folder of its own was named, and nothing else could be. */
static int name_only(void) {
    char own[128], named[128], others[128];
    (void)snprintf(own, sizeof own, "%s/own", folder);
    (void)snprintf(named, sizeof named, "%s/named", folder);
    (void)snprintf(others, sizeof others, "%s/others/a", folder);
    const char *const writes[] = {own, NULL}, *const names[] = {folder, NULL};
    if (lct_sandbox_enter(&(struct lct_sandbox){.writes = writes,
                                                .memory_bytes = UINT64_MAX,
                                                .cpu_seconds = 60,
                                                .file_bytes = UINT64_MAX,
                                                .names = names},
                          NULL) < 0) {
        return NOT_ENTERED;
    }
    if (open(others, O_RDONLY) >= 0 || unlink(others) == 0 || rename(own, named) < 0) {
        return 1;
    }
    (void)snprintf(others, sizeof others, "%s/named/a", folder);
    int fd = open(others, O_WRONLY | O_CREAT, 0600); /* it stays its own */
    return fd < 0 || unlink(others) < 0 || rmdir(named) < 0;
}

Test(sandbox, names_folders_beside_those_of_others) {
    char own[128], others[128], file[140];
    if (!holds_files) {
        cr_skip_test("this kernel has no Landlock");
    }
    (void)snprintf(own, sizeof own, "%s/own", folder);
    (void)snprintf(others, sizeof others, "%s/others", folder);
    (void)snprintf(file, sizeof file, "%s/a", others);
    cr_assert_eq(mkdir(own, 0700), 0);
    cr_assert_eq(mkdir(others, 0700), 0);
    cr_assert(close(open(file, O_WRONLY | O_CREAT, 0600)) == 0);
    pid_t child = fork();
    if (child == 0) {
        _exit(name_only());
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(WEXITSTATUS(status), 0);
    cr_assert_eq(unlink(file), 0);
    cr_assert_eq(rmdir(others), 0);
}

Test(sandbox, lets_it_work) {
    cr_assert_eq(tried(nothing, UINT64_MAX, UINT64_MAX), 0);
    cr_assert_eq(tried(write_little, UINT64_MAX, UINT64_MAX), 0);
    cr_assert_eq(tried(start_thread, UINT64_MAX, UINT64_MAX), 0);
    cr_assert_eq(tried(signal_itself, UINT64_MAX, UINT64_MAX), 0);
}

Test(sandbox, bounds_what_it_writes) {
    cr_assert_eq(tried(write_much, UINT64_MAX, 1U << 20), EFBIG);
}

/* Sanitizers take terabytes of addresses. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static int take_memory(void) {
    return said(
        mmap(NULL, 1U << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
}

Test(sandbox, bounds_its_memory) {
    cr_assert_eq(tried(take_memory, 512U << 20, UINT64_MAX), ENOMEM);
}
#endif

Test(sandbox, is_not_entered_without_its_folder) {
    char missing[128];
    if (!holds_files) {
        cr_skip_test("this kernel has no Landlock");
    }
    (void)snprintf(missing, sizeof missing, "%s/none", folder);
    pid_t child = fork();
    if (child == 0) {
        const char *const writes[] = {missing, NULL};
        _exit(lct_sandbox_enter(&(struct lct_sandbox){.writes = writes,
                                                      .memory_bytes = UINT64_MAX,
                                                      .cpu_seconds = 60,
                                                      .file_bytes = UINT64_MAX},
                                NULL) == -ENOENT);
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(WEXITSTATUS(status), 1);
}
