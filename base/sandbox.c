// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Rights over files of Landlock's first version; the ones that came later are added by version. */
#define FILES_FIRST ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
#define MAY_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define MAY_WRITE                                                                                  \
    (MAY_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                    \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG)

#define MAY_NAME                                                                                   \
    (LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_DIR)

/* LANDLOCK_ACCESS_FS_REFER (version 2) and _TRUNCATE (version 3), which older headers lack. */
#define REFER (1ULL << 13)
#define TRUNCATE (1ULL << 14)

static int limit(int what, uint64_t most) {
    struct rlimit known, wanted = {(rlim_t)most, (rlim_t)most};
    if (getrlimit((__rlimit_resource_t)what, &known) == 0 && known.rlim_max < wanted.rlim_max) {
        wanted.rlim_cur = wanted.rlim_max = known.rlim_max; /* narrower already */
    }
    return setrlimit((__rlimit_resource_t)what, &wanted) < 0 ? -errno : 0;
}

static int allow(int rules, const char *path, uint64_t rights) {
    struct landlock_path_beneath_attr below = {.allowed_access = rights};
    struct stat info;
    below.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (below.parent_fd < 0) {
        return -errno;
    }
    if (fstat(below.parent_fd, &info) == 0 && !S_ISDIR(info.st_mode)) {
        below.allowed_access &=
            ~(uint64_t)LANDLOCK_ACCESS_FS_READ_DIR; /* a file has no such right */
    }
    long rc = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &below, 0);
    int error = rc < 0 ? -errno : 0;
    (void)close(below.parent_fd);
    return error;
}

static int allow_all(int rules, const char *const *paths, uint64_t rights, bool may_miss) {
    int rc = 0;
    for (size_t i = 0; rc == 0 && paths && paths[i]; i++) {
        int one = allow(rules, paths[i], rights);
        rc = may_miss && (one == -ENOENT || one == -EACCES) ? 0 : one;
    }
    return rc;
}

/* 1: held; 0: this kernel has no Landlock; or -errno. */
static int hold_files(const struct lct_sandbox *sandbox) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1) {
        return 0;
    }
    uint64_t newer = version >= 3 ? TRUNCATE : 0;
    struct landlock_ruleset_attr all = {.handled_access_fs =
                                            FILES_FIRST | newer | (version >= 2 ? REFER : 0)};
    /* of the first version's size: what newer versions hold beside files is seccomp's here */
    int rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all.handled_access_fs, 0);
    int rc = rules < 0 ? -errno : 0;
    /* the kernel's boot id, processors; a local time */
    static const char *const always[] = {"/proc", "/sys/devices/system/cpu", "/usr/share/zoneinfo",
                                         NULL};
    static const char *const nowhere[] = {"/dev/null", NULL};
    rc = rc ? rc : allow_all(rules, sandbox->writes, MAY_WRITE | newer, false);
    rc = rc ? rc : allow_all(rules, sandbox->names, MAY_NAME, false);
    rc = rc ? rc : allow_all(rules, always, MAY_READ, true);
    rc = rc ? rc : allow_all(rules, nowhere, LANDLOCK_ACCESS_FS_WRITE_FILE | newer, true);
    rc = rc ? rc : allow_all(rules, sandbox->reads, MAY_READ, true);
    if (rc == 0 && syscall(SYS_landlock_restrict_self, rules, 0) < 0) {
        rc = -errno;
    }
    if (rules >= 0) {
        (void)close(rules);
    }
    return rc < 0 ? rc : 1;
}

static const int allowed[] = {
    /* files */
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(pread64),
    SCMP_SYS(preadv),
    SCMP_SYS(pwrite64),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(close),
    SCMP_SYS(lseek),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(fstatfs),
    SCMP_SYS(statfs),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(getdents64),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    SCMP_SYS(rmdir),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(fcntl),
    SCMP_SYS(flock),
    SCMP_SYS(fadvise64),
    SCMP_SYS(getcwd),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(umask),
    SCMP_SYS(dup),
    SCMP_SYS(fchmod),
    /* memory */
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(mprotect),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    /* threads and signals of this process */
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(get_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(gettid),
    SCMP_SYS(getpid),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_getparam),
    SCMP_SYS(sched_getscheduler),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(arch_prctl),
    SCMP_SYS(prctl),
    /* what it is and what time it is */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrusage),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getrandom),
    SCMP_SYS(getcpu),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
};

/* Threads, no processes: the flags of clone3 lie where no filter sees them, and a libc that is told
 * there is no such call takes clone. */
static int allow_threads(scmp_filter_ctx filter) {
    const struct scmp_arg_cmp is = {
        .arg = 0, .op = SCMP_CMP_MASKED_EQ, .datum_a = CLONE_THREAD, .datum_b = CLONE_THREAD};
    int rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, &is);
    return rc ? rc : seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

/* Calls that name a process, and the only one they may name. */
static int allow_own(scmp_filter_ctx filter) {
    const struct {
        int call;
        pid_t who;
    } own[] = {{SCMP_SYS(tgkill), getpid()}, {SCMP_SYS(prlimit64), 0}};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof own / sizeof *own; i++) {
        const struct scmp_arg_cmp is = {
            .arg = 0, .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)own[i].who};
        rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, own[i].call, 1, &is);
    }
    return rc;
}

static int hold_calls(void) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int rc = filter ? allow_own(filter) : -ENOMEM;
    rc = rc ? rc : allow_threads(filter);
    for (size_t i = 0; rc == 0 && i < sizeof allowed / sizeof *allowed; i++) {
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
        rc = rc == -EDOM ? 0 : rc; /* one that this machine does not have */
    }
    rc = rc ? rc : seccomp_load(filter);
    seccomp_release(filter);
    return rc;
}

int lct_sandbox_enter(const struct lct_sandbox *sandbox, bool *ret_files) {
    int rc = limit(RLIMIT_AS, sandbox->memory_bytes);
    rc = rc ? rc : limit(RLIMIT_CPU, sandbox->cpu_seconds);
    rc = rc ? rc : limit(RLIMIT_FSIZE, sandbox->file_bytes);
    rc = rc ? rc : limit(RLIMIT_CORE, 0);
    rc = rc ? rc : limit(RLIMIT_NOFILE, 1024);
    (void)signal(SIGXFSZ, SIG_IGN); /* a write fails, and that is said */
    if (rc == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        rc = -errno;
    }
    int held = rc ? rc : hold_files(sandbox);
    rc = held < 0 ? held : hold_calls();
    if (rc == 0 && ret_files) {
        *ret_files = held == 1;
    }
    return rc;
}
