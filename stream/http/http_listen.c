// SPDX-License-Identifier: GPL-3.0-or-later
#include "stream/http/http_listen_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stream/http/http_parse.h"

/* Callers that wait in the system. */
#define WAITING 128

static int say_why(struct lct_fault *fault, int rc, const char *address, int port) {
    if (rc == -EADDRINUSE) {
        return lct_fault_set(fault, rc, "http",
                             "Port %d of %s is taken by another program: stop it or choose another "
                             "port.",
                             "端口 %d（%s）已被其他程序占用：请停止该程序或改用其他端口。", port,
                             address);
    }
    return lct_fault_set(fault, rc, "http", "Cannot listen on %s, port %d: %s.",
                         "无法监听 %s 端口 %d：%s。", address, port, strerror(-rc));
}

int lct_http_listen(const char *address, int port, int *ret_fd, int *ret_port,
                    struct lct_fault *fault) {
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    bool is_four = inet_pton(AF_INET, address, &four.sin_addr) == 1;
    struct sockaddr *own = is_four ? (struct sockaddr *)&four : (struct sockaddr *)&six;
    socklen_t size = is_four ? sizeof four : sizeof six;
    if (!is_four && inet_pton(AF_INET6, address, &six.sin6_addr) != 1) {
        return lct_fault_set(fault, -EINVAL, "http", "\"%s\" is no address of a network interface.",
                             "“%s”不是网络接口的地址。", address);
    }
    int on = 1, off = 0;
    int fd = socket(own->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int rc = 0;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        (!is_four && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) < 0) ||
        bind(fd, own, size) < 0 || listen(fd, WAITING) < 0 || getsockname(fd, own, &size) < 0) {
        rc = -errno;
        if (fd >= 0) {
            close(fd);
        }
        return say_why(fault, rc, address, port);
    }
    *ret_fd = fd;
    *ret_port = ntohs(is_four ? four.sin_port : six.sin6_port);
    return 0;
}

int lct_http_accept(int fd) {
    int on = 1;
    int called = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (called < 0) {
        return errno == EINTR || errno == ECONNABORTED ? -EAGAIN : -errno;
    }
    (void)setsockopt(called, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* refused: slower */
    return called;
}

void lct_http_peer(int fd, char *ret_address, unsigned size) {
    struct sockaddr_storage peer = {0};
    socklen_t n = sizeof peer;
    char text[INET6_ADDRSTRLEN] = "";
    if (getpeername(fd, (struct sockaddr *)&peer, &n) == 0) {
        const void *bytes = peer.ss_family == AF_INET
                                ? (const void *)&((struct sockaddr_in *)&peer)->sin_addr
                                : (const void *)&((struct sockaddr_in6 *)&peer)->sin6_addr;
        (void)inet_ntop(peer.ss_family, bytes, text, sizeof text);
    }
    if (!lct_http_address(text, strlen(text), ret_address, size)) {
        *ret_address = '\0';
    }
}
