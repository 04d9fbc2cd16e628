// SPDX-License-Identifier: GPL-3.0-or-later
//
// faultfs: a disk that fails when told to. A FUSE pass-through of one folder with rules that are
// given while it runs, for tests of what a program does on a bad, full, slow or hanging disk.
//
//   faultfs BACKING MOUNTPOINT SOCKET     serve (in the foreground, until unmounted)
//   faultfs --tell SOCKET COMMAND...      send one command, print the answer
//
// Commands, one line each; the answer is "ok" or a line that says what is wrong. RULE is
// "[after=N] [count=N] [path=TEXT]": skip the first N matching calls, act on the next N (always if
// not given), only where the path contains TEXT. OP is one of the names in `op_names`, or "all".
//
//   fail OP ERRNO RULE     the call fails with ERRNO (EIO, ENOSPC, or a number)
//   delay OP MS RULE       the call takes MS longer
//   flip OP RULE           one bit of what is read or written is wrong (a disk that lies)
//   freeze OP [OP...]      calls wait until released; answered when none is under way any more
//   release                lets frozen calls go on
//   quota BYTES|off        so many bytes may be allocated since the mount, then ENOSPC
//   clear                  forgets rules and quota, releases
//   stats                  "OP=CALLS ... used=BYTES"
//
// Every file is opened with direct_io, so a read reaches this program and not the page cache.
// O_DIRECT is accepted for the same reason and not passed on: the folder below may be a tmpfs.

#define FUSE_USE_VERSION 314

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum op {
    OP_OPEN,
    OP_CREATE,
    OP_READ,
    OP_WRITE,
    OP_FSYNC,
    OP_FDATASYNC,
    OP_FSYNCDIR,
    OP_FALLOCATE,
    OP_TRUNCATE,
    OP_RENAME,
    OP_UNLINK,
    OP_MKDIR,
    OP_COUNT
};

static const char *const op_names[OP_COUNT] = {"open",     "create",    "read",     "write",
                                               "fsync",    "fdatasync", "fsyncdir", "fallocate",
                                               "truncate", "rename",    "unlink",   "mkdir"};

enum effect { EFFECT_NONE, EFFECT_FAIL, EFFECT_DELAY, EFFECT_FLIP };

struct rule {
    enum effect effect;
    unsigned ops; // bit per enum op
    int err;
    long delay_ms;
    uint64_t after;
    uint64_t count; // UINT64_MAX: always
    char path[128];
};

enum { MAX_RULES = 64, MAX_COMMAND = 512 };

static int backing = -1; // fixed once serving

// All that follows is guarded by `lock`.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct rule rules[MAX_RULES];
static unsigned frozen; // bit per enum op
static unsigned under_way[OP_COUNT];
static uint64_t calls[OP_COUNT];
static int64_t quota = -1; // negative: none
static int64_t used;

struct handle {
    int fd;
    char path[]; // as opened: the kernel gives no path for a file that was unlinked meanwhile
};

static struct handle *handle_of(const struct fuse_file_info *fi) {
    return (struct handle *)(uintptr_t)fi->fh; // NOLINT: FUSE keeps pointers as integers
}

static const char *below(const char *path) { return path[1] ? path + 1 : "."; }

// ---- rules -------------------------------------------------------------------------------------

static bool takes_effect(struct rule *rule, enum op op, const char *path) {
    if (rule->effect == EFFECT_NONE || !(rule->ops & 1U << op) || !strstr(path, rule->path))
        return false;
    if (rule->after) {
        rule->after--;
        return false;
    }
    if (!rule->count)
        return false;
    if (rule->count != UINT64_MAX)
        rule->count--;
    return true;
}

static void sleep_ms(long ms) {
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    while (nanosleep(&pause, &pause) && errno == EINTR) {
    }
}

// Begins a call: waits while frozen, sleeps, and tells what the rules want: 0, or -errno when the
// call shall not happen (then `leave` must not be called). Sets *flip when its data shall be wrong.
static int enter(enum op op, const char *path, bool *flip) {
    int err = 0;
    long delay_ms = 0;
    *flip = false;
    pthread_mutex_lock(&lock);
    calls[op]++;
    for (struct rule *rule = rules; rule < rules + MAX_RULES; rule++) {
        if (!takes_effect(rule, op, path))
            continue;
        if (rule->effect == EFFECT_FAIL && !err)
            err = rule->err;
        else if (rule->effect == EFFECT_DELAY)
            delay_ms += rule->delay_ms;
        else if (rule->effect == EFFECT_FLIP)
            *flip = true;
    }
    pthread_mutex_unlock(&lock);
    sleep_ms(delay_ms);
    pthread_mutex_lock(&lock);
    while (frozen & 1U << op)
        pthread_cond_wait(&changed, &lock);
    if (!err)
        under_way[op]++;
    pthread_mutex_unlock(&lock);
    return -err;
}

static int leave(enum op op, int result) {
    pthread_mutex_lock(&lock);
    under_way[op]--;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return result;
}

// ---- quota -------------------------------------------------------------------------------------

static int64_t allocated(int fd) {
    struct stat st;
    return fstat(fd, &st) ? 0 : (int64_t)st.st_blocks * 512;
}

// How many of `size` bytes at `offset` still fit; -ENOSPC if none.
static int64_t room(int fd, int64_t offset, int64_t size) {
    int64_t have = allocated(fd);
    pthread_mutex_lock(&lock);
    int64_t end = quota < 0 ? INT64_MAX : have + (quota > used ? quota - used : 0);
    pthread_mutex_unlock(&lock);
    if (offset + size <= end)
        return size;
    return offset < end ? end - offset : -ENOSPC;
}

static void charge(int64_t bytes) {
    pthread_mutex_lock(&lock);
    used += bytes;
    pthread_mutex_unlock(&lock);
}

// ---- files -------------------------------------------------------------------------------------

static int open_below(const char *path, int flags, mode_t mode, struct fuse_file_info *fi) {
    size_t length = strlen(path) + 1;
    struct handle *handle = malloc(sizeof *handle + length);
    if (!handle)
        return -ENOMEM;
    memcpy(handle->path, path, length);
    handle->fd = openat(backing, below(path), (flags & ~(O_DIRECT | O_APPEND)) | O_CLOEXEC, mode);
    if (handle->fd < 0) {
        int err = errno;
        free(handle);
        return -err;
    }
    fi->fh = (uintptr_t)handle;
    fi->direct_io = 1;
    return 0;
}

static int do_open(const char *path, struct fuse_file_info *fi) {
    bool flip;
    int err = enter(OP_OPEN, path, &flip);
    return err ? err : leave(OP_OPEN, open_below(path, fi->flags, 0, fi));
}

static int do_create(const char *path, mode_t mode, struct fuse_file_info *fi) {
    bool flip;
    int err = enter(OP_CREATE, path, &flip);
    return err ? err : leave(OP_CREATE, open_below(path, fi->flags | O_CREAT, mode, fi));
}

static int do_release(const char *path, struct fuse_file_info *fi) {
    (void)path;
    close(handle_of(fi)->fd);
    free(handle_of(fi));
    return 0;
}

static int do_read(const char *path, char *bytes, size_t size, off_t offset,
                   struct fuse_file_info *fi) {
    (void)path;
    bool flip;
    int err = enter(OP_READ, handle_of(fi)->path, &flip);
    if (err)
        return err;
    ssize_t n = pread(handle_of(fi)->fd, bytes, size, offset);
    int result = n < 0 ? -errno : (int)n;
    if (flip && n > 0)
        bytes[n / 2] ^= 0x10;
    return leave(OP_READ, result);
}

static ssize_t write_flipped(int fd, const char *bytes, size_t size, off_t offset) {
    char *wrong = malloc(size);
    if (!wrong) {
        errno = ENOMEM;
        return -1;
    }
    memcpy(wrong, bytes, size);
    wrong[size / 2] ^= 0x10;
    ssize_t n = pwrite(fd, wrong, size, offset);
    free(wrong);
    return n;
}

static int write_within_quota(int fd, const char *bytes, size_t size, off_t offset, bool flip) {
    int64_t fits = room(fd, offset, (int64_t)size); // a full disk takes what still fits
    if (fits < 0)
        return (int)fits;
    int64_t before = allocated(fd);
    ssize_t n = flip && fits ? write_flipped(fd, bytes, (size_t)fits, offset)
                             : pwrite(fd, bytes, (size_t)fits, offset);
    int result = n < 0 ? -errno : (int)n;
    charge(allocated(fd) - before);
    return result;
}

static int do_write(const char *path, const char *bytes, size_t size, off_t offset,
                    struct fuse_file_info *fi) {
    (void)path;
    bool flip;
    int err = enter(OP_WRITE, handle_of(fi)->path, &flip);
    if (err)
        return err;
    return leave(OP_WRITE, write_within_quota(handle_of(fi)->fd, bytes, size, offset, flip));
}

static int do_fsync(const char *path, int datasync, struct fuse_file_info *fi) {
    (void)path;
    enum op op = datasync ? OP_FDATASYNC : OP_FSYNC;
    bool flip;
    int err = enter(op, handle_of(fi)->path, &flip);
    if (err)
        return err;
    int failed = datasync ? fdatasync(handle_of(fi)->fd) : fsync(handle_of(fi)->fd);
    return leave(op, failed ? -errno : 0);
}

static int fallocate_within_quota(int fd, int mode, off_t offset, off_t length) {
    int64_t before = allocated(fd);
    // Only FALLOC_FL_KEEP_SIZE and 0 make a file larger; the other modes free or rewrite.
    if (!(mode & ~1) && room(fd, offset, length) < length)
        return -ENOSPC;
    if (fallocate(fd, mode, offset, length))
        return -errno;
    charge(allocated(fd) - before);
    return 0;
}

static int do_fallocate(const char *path, int mode, off_t offset, off_t length,
                        struct fuse_file_info *fi) {
    (void)path;
    bool flip;
    int err = enter(OP_FALLOCATE, handle_of(fi)->path, &flip);
    if (err)
        return err;
    return leave(OP_FALLOCATE, fallocate_within_quota(handle_of(fi)->fd, mode, offset, length));
}

static int truncate_below(const char *path, off_t size, struct fuse_file_info *fi) {
    int fd = fi ? handle_of(fi)->fd : openat(backing, below(path), O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int64_t before = allocated(fd);
    int result = ftruncate(fd, size) ? -errno : 0;
    charge(allocated(fd) - before);
    if (!fi)
        close(fd);
    return result;
}

static int do_truncate(const char *path, off_t size, struct fuse_file_info *fi) {
    bool flip;
    int err = enter(OP_TRUNCATE, fi ? handle_of(fi)->path : path, &flip);
    return err ? err : leave(OP_TRUNCATE, truncate_below(path, size, fi));
}

static off_t do_lseek(const char *path, off_t offset, int whence, struct fuse_file_info *fi) {
    (void)path;
    off_t at = lseek(handle_of(fi)->fd, offset, whence);
    return at < 0 ? -errno : at;
}

// ---- names -------------------------------------------------------------------------------------

static int do_getattr(const char *path, struct stat *st, struct fuse_file_info *fi) {
    int failed =
        fi ? fstat(handle_of(fi)->fd, st) : fstatat(backing, below(path), st, AT_SYMLINK_NOFOLLOW);
    return failed ? -errno : 0;
}

static int unlink_below(const char *path) {
    struct stat st = {0};
    if (fstatat(backing, below(path), &st, AT_SYMLINK_NOFOLLOW) ||
        unlinkat(backing, below(path), 0))
        return -errno;
    if (st.st_nlink == 1)
        charge(-(int64_t)st.st_blocks * 512);
    return 0;
}

static int do_unlink(const char *path) {
    bool flip;
    int err = enter(OP_UNLINK, path, &flip);
    return err ? err : leave(OP_UNLINK, unlink_below(path));
}

static int do_rename(const char *from, const char *to, unsigned flags) {
    bool flip;
    int err = enter(OP_RENAME, to, &flip);
    if (err)
        return err;
    int failed = renameat2(backing, below(from), backing, below(to), flags);
    return leave(OP_RENAME, failed ? -errno : 0);
}

static int do_mkdir(const char *path, mode_t mode) {
    bool flip;
    int err = enter(OP_MKDIR, path, &flip);
    return err ? err : leave(OP_MKDIR, mkdirat(backing, below(path), mode) ? -errno : 0);
}

static int do_rmdir(const char *path) {
    return unlinkat(backing, below(path), AT_REMOVEDIR) ? -errno : 0;
}

static int do_link(const char *from, const char *to) {
    return linkat(backing, below(from), backing, below(to), 0) ? -errno : 0;
}

static int do_symlink(const char *target, const char *path) {
    return symlinkat(target, backing, below(path)) ? -errno : 0;
}

static int do_readlink(const char *path, char *target, size_t size) {
    ssize_t n = readlinkat(backing, below(path), target, size - 1);
    if (n < 0)
        return -errno;
    target[n] = '\0';
    return 0;
}

static int do_chmod(const char *path, mode_t mode, struct fuse_file_info *fi) {
    (void)fi;
    return fchmodat(backing, below(path), mode, 0) ? -errno : 0;
}

static int do_chown(const char *path, uid_t uid, gid_t gid, struct fuse_file_info *fi) {
    (void)fi;
    return fchownat(backing, below(path), uid, gid, AT_SYMLINK_NOFOLLOW) ? -errno : 0;
}

static int do_utimens(const char *path, const struct timespec times[2], struct fuse_file_info *fi) {
    (void)fi;
    return utimensat(backing, below(path), times, AT_SYMLINK_NOFOLLOW) ? -errno : 0;
}

static int do_opendir(const char *path, struct fuse_file_info *fi) {
    return open_below(path, O_RDONLY | O_DIRECTORY, 0, fi);
}

static int do_readdir(const char *path, void *list, fuse_fill_dir_t add, off_t offset,
                      struct fuse_file_info *fi, enum fuse_readdir_flags flags) {
    (void)path;
    (void)offset;
    (void)flags;
    int fd = openat(handle_of(fi)->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        return -errno;
    for (struct dirent *entry; (entry = readdir(dir));)
        add(list, entry->d_name, NULL, 0, 0);
    closedir(dir);
    return 0;
}

static int do_fsyncdir(const char *path, int datasync, struct fuse_file_info *fi) {
    (void)path;
    (void)datasync;
    bool flip;
    int err = enter(OP_FSYNCDIR, handle_of(fi)->path, &flip);
    return err ? err : leave(OP_FSYNCDIR, fsync(handle_of(fi)->fd) ? -errno : 0);
}

// Free space must agree with the quota, or a disk guard could not see the disk fill.
static int do_statfs(const char *path, struct statvfs *st) {
    (void)path;
    if (fstatvfs(backing, st))
        return -errno;
    pthread_mutex_lock(&lock);
    if (quota >= 0) {
        int64_t left = quota > used ? quota - used : 0;
        st->f_blocks = (fsblkcnt_t)quota / st->f_frsize;
        st->f_bfree = st->f_bavail = (fsblkcnt_t)left / st->f_frsize;
    }
    pthread_mutex_unlock(&lock);
    return 0;
}

static void *do_init(struct fuse_conn_info *connection, struct fuse_config *config) {
    (void)connection;
    config->attr_timeout = config->entry_timeout = config->negative_timeout = 0;
    config->use_ino = 1;
    config->hard_remove = 1;
    config->nullpath_ok = 1;
    return NULL;
}

static const struct fuse_operations operations = {
    .init = do_init,
    .getattr = do_getattr,
    .open = do_open,
    .create = do_create,
    .release = do_release,
    .read = do_read,
    .write = do_write,
    .fsync = do_fsync,
    .fallocate = do_fallocate,
    .truncate = do_truncate,
    .lseek = do_lseek,
    .unlink = do_unlink,
    .rename = do_rename,
    .mkdir = do_mkdir,
    .rmdir = do_rmdir,
    .link = do_link,
    .symlink = do_symlink,
    .readlink = do_readlink,
    .chmod = do_chmod,
    .chown = do_chown,
    .utimens = do_utimens,
    .opendir = do_opendir,
    .releasedir = do_release,
    .readdir = do_readdir,
    .fsyncdir = do_fsyncdir,
    .statfs = do_statfs,
};

// ---- commands ----------------------------------------------------------------------------------

// 0 when there is no such operation.
static unsigned parse_ops(const char *word) {
    if (word && !strcmp(word, "all"))
        return (1U << OP_COUNT) - 1;
    for (unsigned op = 0; word && op < OP_COUNT; op++)
        if (!strcmp(word, op_names[op]))
            return 1U << op;
    return 0;
}

// 0 when there is no such error.
static int parse_errno(const char *word) {
    for (int err = 1; word && err < 134; err++) {
        const char *name = strerrorname_np(err);
        if (name && !strcmp(name, word))
            return err;
    }
    return word ? atoi(word) : 0;
}

static const char *parse_conditions(struct rule *rule, char **rest) {
    rule->count = UINT64_MAX;
    for (char *word; (word = strtok_r(NULL, " ", rest));) {
        if (!strncmp(word, "after=", 6))
            rule->after = strtoull(word + 6, NULL, 10);
        else if (!strncmp(word, "count=", 6))
            rule->count = strtoull(word + 6, NULL, 10);
        else if (!strncmp(word, "path=", 5))
            snprintf(rule->path, sizeof rule->path, "%s", word + 5);
        else
            return "error: a condition is after=N, count=N or path=TEXT";
    }
    return NULL;
}

static const char *add_rule(enum effect effect, char **rest) {
    struct rule rule = {.effect = effect, .ops = parse_ops(strtok_r(NULL, " ", rest))};
    if (!rule.ops)
        return "error: no such operation";
    if (effect == EFFECT_FAIL && !(rule.err = parse_errno(strtok_r(NULL, " ", rest))))
        return "error: no such errno";
    if (effect == EFFECT_DELAY) {
        const char *ms = strtok_r(NULL, " ", rest);
        rule.delay_ms = ms ? atol(ms) : 0;
    }
    const char *error = parse_conditions(&rule, rest);
    if (error)
        return error;
    for (struct rule *slot = rules; slot < rules + MAX_RULES; slot++) {
        if (slot->effect == EFFECT_NONE) {
            *slot = rule;
            return "ok";
        }
    }
    return "error: too many rules";
}

static const char *freeze_calls(char **rest) {
    unsigned ops = 0;
    for (char *word; (word = strtok_r(NULL, " ", rest));) {
        unsigned more = parse_ops(word);
        if (!more)
            return "error: no such operation";
        ops |= more;
    }
    frozen |= ops;
    for (unsigned op = 0; op < OP_COUNT; op++)
        while (frozen & ops & 1U << op && under_way[op])
            pthread_cond_wait(&changed, &lock);
    return "ok";
}

static const char *release_calls(void) {
    frozen = 0;
    pthread_cond_broadcast(&changed);
    return "ok";
}

static const char *set_quota(const char *word) {
    if (!word)
        return "error: how many bytes?";
    quota = strcmp(word, "off") ? atoll(word) : -1;
    return "ok";
}

static const char *clear_all(void) {
    memset(rules, 0, sizeof rules);
    quota = -1;
    return release_calls();
}

static void print_stats(char *answer, size_t size) {
    int n = 0;
    for (unsigned op = 0; op < OP_COUNT; op++)
        n += snprintf(answer + n, size - (size_t)n, "%s=%llu ", op_names[op],
                      (unsigned long long)calls[op]);
    snprintf(answer + n, size - (size_t)n, "used=%lld", (long long)used);
}

// The lock is held.
static void obey(char *command, char *answer, size_t size) {
    char *rest = NULL;
    const char *verb = strtok_r(command, " ", &rest);
    const char *text = "error: no such command";
    if (!verb)
        ;
    else if (!strcmp(verb, "fail"))
        text = add_rule(EFFECT_FAIL, &rest);
    else if (!strcmp(verb, "delay"))
        text = add_rule(EFFECT_DELAY, &rest);
    else if (!strcmp(verb, "flip"))
        text = add_rule(EFFECT_FLIP, &rest);
    else if (!strcmp(verb, "freeze"))
        text = freeze_calls(&rest);
    else if (!strcmp(verb, "release"))
        text = release_calls();
    else if (!strcmp(verb, "quota"))
        text = set_quota(strtok_r(NULL, " ", &rest));
    else if (!strcmp(verb, "clear"))
        text = clear_all();
    else if (!strcmp(verb, "stats")) {
        print_stats(answer, size);
        return;
    }
    snprintf(answer, size, "%s", text);
}

static void *obey_each_on_its_own(void *argument) {
    int *owned = argument;
    int peer = *owned;
    free(owned);
    char command[MAX_COMMAND];
    ssize_t n = recv(peer, command, sizeof command - 1, 0);
    if (n > 0) {
        command[n] = '\0';
        command[strcspn(command, "\n")] = '\0';
        char answer[MAX_COMMAND];
        pthread_mutex_lock(&lock);
        obey(command, answer, sizeof answer);
        pthread_mutex_unlock(&lock);
        (void)send(peer, answer, strlen(answer), MSG_NOSIGNAL); // a peer that left needs no answer
    }
    close(peer);
    return NULL;
}

// One thread per command: a freeze that waits for a slow call must not keep `release` out.
static void *serve_commands(void *argument) {
    int *listener = argument;
    for (;;) {
        int *peer = malloc(sizeof *peer);
        pthread_t thread;
        if (!peer || (*peer = accept4(*listener, NULL, NULL, SOCK_CLOEXEC)) < 0) {
            free(peer);
            continue;
        }
        if (pthread_create(&thread, NULL, obey_each_on_its_own, peer)) {
            close(*peer);
            free(peer);
        } else {
            pthread_detach(thread);
        }
    }
    return NULL;
}

static int open_socket(const char *path, bool listening) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if ((size_t)snprintf(address.sun_path, sizeof address.sun_path, "%s", path) >=
        sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    const struct sockaddr *any = (const struct sockaddr *)&address;
    if (listening ? bind(fd, any, sizeof address) || listen(fd, 8)
                  : connect(fd, any, sizeof address)) {
        close(fd);
        return -1;
    }
    return fd;
}

static int tell(const char *path, int argc, char **argv) {
    char command[MAX_COMMAND] = "";
    size_t n = 0;
    for (int i = 0; i < argc && n < sizeof command; i++)
        n += (size_t)snprintf(command + n, sizeof command - n, "%s ", argv[i]);
    int fd = open_socket(path, false);
    char answer[MAX_COMMAND];
    ssize_t got = -1;
    if (fd >= 0 && send(fd, command, strlen(command), MSG_NOSIGNAL) > 0)
        got = recv(fd, answer, sizeof answer - 1, 0);
    if (got <= 0) {
        perror(path);
        return 1;
    }
    close(fd);
    answer[got] = '\0';
    puts(answer);
    return strncmp(answer, "error", 5) ? 0 : 1;
}

static int serve(char *program, const char *folder, char *mountpoint, const char *control) {
    static int listener;
    pthread_t thread;
    umask(0); // modes are what the caller asked for; the socket lies in a private folder
    backing = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (backing < 0) {
        perror(folder);
        return 1;
    }
    listener = open_socket(control, true);
    if (listener < 0 || pthread_create(&thread, NULL, serve_commands, &listener)) {
        perror(control);
        return 1;
    }
    // Many threads, because frozen calls each keep one. Others than the owner may look inside only
    // when root serves: a loop device needs that, and a plain user may not grant it.
    char options[] = "max_threads=128,fsname=faultfs,default_permissions,allow_other";
    if (geteuid())
        *strrchr(options, ',') = '\0';
    char foreground[] = "-f", option[] = "-o";
    char *arguments[] = {program, foreground, option, options, mountpoint};
    int status =
        fuse_main((int)(sizeof arguments / sizeof *arguments), arguments, &operations, NULL);
    unlink(control);
    return status;
}

int main(int argc, char **argv) {
    if (argc >= 4 && !strcmp(argv[1], "--tell"))
        return tell(argv[2], argc - 3, argv + 3);
    if (argc == 4)
        return serve(argv[0], argv[1], argv[2], argv[3]);
    fprintf(stderr,
            "usage: faultfs BACKING MOUNTPOINT SOCKET\n       faultfs --tell SOCKET COMMAND...\n");
    return 2;
}
