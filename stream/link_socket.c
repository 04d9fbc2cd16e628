// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/link_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/ref.h"
#include "base/thread.h"

/* ---- Unix ---- */

/*
 * A socket's address holds 107 bytes, a path may be longer: the folder is opened and named by its
 * descriptor. Fills address, returns the folder's descriptor (to be closed after use) or -errno.
 */
static int address_of(const char *path, struct sockaddr_un *ret_address) {
    const char *name = strrchr(path, '/');
    LCT_FREE char *folder = name ? strndup(path, (size_t)(name - path + 1)) : lct_strdup(".");
    name = name ? name + 1 : path;
    int fd = open(folder ? folder : "", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    int n = snprintf(ret_address->sun_path, sizeof ret_address->sun_path, "/proc/self/fd/%d/%s", fd,
                     name);
    if (n < 0 || (size_t)n >= sizeof ret_address->sun_path) {
        close(fd);
        return -ENAMETOOLONG;
    }
    return fd;
}

/* A connected descriptor, or -errno. */
static int dial_unix(const char *path) {
    struct sockaddr_un address;
    int folder = address_of(path, &address);
    if (folder < 0) {
        return folder;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int rc = fd < 0 ? -errno : 0;
    if (rc == 0 && connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        rc = -errno;
        close(fd);
    }
    close(folder);
    return rc < 0 ? rc : fd;
}

/* Removes a socket that a killed server left; what else has that name stays. */
static void remove_stale(const char *path) {
    struct stat info;
    if (lstat(path, &info) == 0 && S_ISSOCK(info.st_mode)) {
        int fd = dial_unix(path);
        if (fd >= 0) {
            close(fd);
        } else if (fd == -ECONNREFUSED) {
            (void)unlink(path); /* if it fails, bind says so */
        }
    }
}

int lct_link_bind_unix(const char *path) {
    struct sockaddr_un address;
    remove_stale(path);
    int folder = address_of(path, &address);
    if (folder < 0) {
        return folder;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int rc = fd < 0 ? -errno : 0;
    if (rc == 0) {
        mode_t old = umask(0177);
        rc = bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ? -errno : 0;
        umask(old);
        if (rc == 0 && listen(fd, 16) < 0) {
            rc = -errno;
        }
        if (rc < 0) {
            close(fd);
        }
    }
    close(folder);
    return rc < 0 ? rc : fd;
}

/* ---- TCP ---- */

static int ask_names(const char *host, int port, int flags, struct addrinfo **ret_found) {
    char service[8];
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags | AI_NUMERICSERV};
    (void)snprintf(service, sizeof service, "%d", port);
    return getaddrinfo(host, service, &hints, ret_found) == 0 ? 0 : -ENXIO;
}

void lct_link_tune(int fd) {
    int on = 1, unsent = LCT_LINK_UNSENT;
    unsigned patience = LCT_LINK_UNCONFIRMED_MS;
    /* what is no TCP socket knows none of them */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience);
}

int lct_link_bind_tcp(const char *address, int port) {
    struct addrinfo *found;
    int on = 1;
    int rc = ask_names(address, port, AI_NUMERICHOST | AI_PASSIVE, &found);
    if (rc < 0) {
        return rc;
    }
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    rc = fd < 0 ? -errno : 0;
    /* without it a port stays taken for a minute after its server has died */
    if (rc == 0 && (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
                    bind(fd, found->ai_addr, found->ai_addrlen) < 0 || listen(fd, 64) < 0)) {
        rc = -errno;
        close(fd);
    }
    freeaddrinfo(found);
    return rc < 0 ? rc : fd;
}

static int dial_tcp(const struct addrinfo *to) {
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -errno;
    }
    lct_link_tune(fd);
    if (connect(fd, to->ai_addr, to->ai_addrlen) < 0 && errno != EINPROGRESS) {
        int rc = -errno;
        close(fd);
        return rc;
    }
    return fd;
}

/* ---- ways ---- */

/* A host's name that a thread of its own looks up: a name server may be asked for many seconds. */
struct look_up {
    struct lct_ref ref; /* the way's and the thread's */
    char *host;
    int port;
    struct addrinfo *found; /* the thread's, until it is done; NULL: none */
    atomic_bool done;
};

struct lct_link_way {
    /* fixed after create */
    char *path, *host;
    int port;
    struct lct_tls *tls; /* NULL: Unix */
    /* the owner's thread */
    struct lct_thread thread;
    struct look_up *look_up; /* NULL: none is under way */
    struct addrinfo *found, *next;
};

struct lct_link_way *lct_link_way_unix(const char *path) {
    struct lct_link_way *way = lct_new(sizeof *way);
    way->path = lct_strdup(path);
    return way;
}

struct lct_link_way *lct_link_way_tls(const char *host, int port, struct lct_tls *tls) {
    struct lct_link_way *way = lct_new(sizeof *way);
    way->host = lct_strdup(host);
    way->port = port;
    way->tls = tls;
    return way;
}

static void free_addresses(struct addrinfo *found) {
    if (found) {
        freeaddrinfo(found);
    }
}

static void leave_look_up(struct look_up *look_up) {
    if (look_up && lct_ref_dec(&look_up->ref)) {
        free_addresses(look_up->found);
        free(look_up->host);
        free(look_up);
    }
}

static void find_host(void *opaque) {
    struct look_up *look_up = opaque;
    struct addrinfo *found;
    if (ask_names(look_up->host, look_up->port, 0, &found) == 0) {
        look_up->found = found;
    }
    atomic_store(&look_up->done, true);
    leave_look_up(look_up);
}

static void begin_look_up(struct lct_link_way *way) {
    struct look_up *look_up = lct_new(sizeof *look_up);
    lct_ref_init(&look_up->ref);
    lct_ref_inc(&look_up->ref);
    look_up->host = lct_strdup(way->host);
    look_up->port = way->port;
    way->look_up = look_up;
    lct_thread_start(&way->thread, "look-up", find_host, look_up);
}

static void take_addresses(struct lct_link_way *way, struct addrinfo *found) {
    free_addresses(way->found);
    way->found = way->next = found;
}

static void end_look_up(struct lct_link_way *way) {
    struct look_up *look_up = way->look_up;
    lct_thread_join(&way->thread);
    if (look_up->found) {
        take_addresses(way, look_up->found);
        look_up->found = NULL;
    }
    leave_look_up(look_up);
    way->look_up = NULL;
}

/* 0 when there is an address to be tried. */
static int find_addresses(struct lct_link_way *way) {
    struct addrinfo *found;
    if (way->look_up && atomic_load(&way->look_up->done)) {
        end_look_up(way);
    }
    if (way->next) {
        return 0;
    }
    if (!way->look_up && ask_names(way->host, way->port, AI_NUMERICHOST, &found) == 0) {
        take_addresses(way, found);
    } else if (!way->look_up) {
        begin_look_up(way);
    }
    way->next = way->found;
    return way->next ? 0 : -EAGAIN;
}

int lct_link_way_try(struct lct_link_way *way, struct lct_stream **ret_stream) {
    int fd;
    if (!way->tls) {
        fd = dial_unix(way->path);
    } else {
        int rc = find_addresses(way);
        if (rc < 0) {
            return rc;
        }
        fd = dial_tcp(way->next);
        way->next = way->next->ai_next;
    }
    if (fd < 0) {
        return fd;
    }
    *ret_stream = way->tls ? lct_tls_stream(way->tls, fd) : lct_stream_plain(fd);
    return 0;
}

bool lct_link_way_is_silent(const struct lct_stream *stream) {
    struct tcp_info info;
    socklen_t n = sizeof info;
    return getsockopt(lct_stream_fd(stream), IPPROTO_TCP, TCP_INFO, &info, &n) == 0 &&
           info.tcpi_state == TCP_SYN_SENT;
}

void lct_link_way_destroy(struct lct_link_way *way) {
    if (way) {
        lct_thread_leave(&way->thread);
        leave_look_up(way->look_up);
        free_addresses(way->found);
        free(way->path);
        free(way->host);
        free(way);
    }
}
