// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The HTTP thread: libwebsockets' loop, whoever calls, and the library's events on their way to
 * their connections. The listening socket is ours, because the library does not say why it could
 * not listen, and spins when it cannot accept.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libwebsockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "stream/http/http.h"
#include "stream/http/http_conn_priv.h"
#include "stream/http/http_socket.h"
#include "stream/http/http_source_priv.h"

LCT_LOG_TOPIC("http");

#define CALLERS_AT_ONCE 16
#define DAYS (7 * 86400)

/* What is written goes to the system as a whole: by its own measure the library would cut it into
 * pieces of 4 KB, and copy all but the first. */
#define MESSAGE_MAX (16U << 20)

struct lct_http_server {
    /* fixed after create */
    struct lct_http_hall hall;
    struct lws_context *context;
    struct lws_protocols protocols[2];
    struct lws *listener;
    int port;
    struct lct_thread thread;
    /* HTTP thread */
    bool ending;
    struct client {
        char address[48];
        unsigned connections;
    } clients[LCT_HTTP_CONNECTIONS_MAX];
};

/* Callers. */

/* The place of an address, a free one when it has none yet, NULL when there is none. */
static struct client *client_of(struct lct_http_server *server, const char *address) {
    struct client *free_place = NULL;
    for (size_t i = 0; i < LCT_HTTP_CONNECTIONS_MAX; i++) {
        struct client *client = &server->clients[i];
        if (client->connections > 0 && strcmp(client->address, address) == 0) {
            return client;
        }
        if (client->connections == 0 && !free_place) {
            free_place = client;
        }
    }
    return free_place;
}

static int on_connected(struct lct_http_server *server, struct lws *wsi) {
    char address[48];
    lws_get_peer_simple(wsi, address, sizeof address);
    struct client *client = client_of(server, address);
    if (!client || client->connections == LCT_HTTP_PER_ADDRESS_MAX) {
        atomic_fetch_add(&server->hall.refused, 1);
        return -1;
    }
    (void)snprintf(client->address, sizeof client->address, "%s", address);
    client->connections++;
    lws_set_opaque_user_data(wsi, lct_http_conn_create(&server->hall, wsi, address));
    return 0;
}

/* Its place among the requests' connections is free. */
static void leave_place(struct lct_http_server *server, const struct lct_http_conn *conn) {
    client_of(server, lct_http_conn_client(conn))->connections--;
}

static void on_destroyed(struct lct_http_server *server, struct lws *wsi) {
    struct lct_http_conn *conn = lws_get_opaque_user_data(wsi);
    if (conn) {
        lws_set_opaque_user_data(wsi, NULL);
        if (!lct_http_conn_is_socket(conn)) {
            leave_place(server, conn);
        }
        lct_http_conn_destroy(conn);
    }
}

/* Lets in who waits. When the system cannot, they wait on, and we do not try for a while. */
static int on_callers(struct lct_http_server *server) {
    int on = 1;
    int fd = 0;
    for (int i = 0; i < CALLERS_AT_ONCE && fd >= 0; i++) {
        fd = accept4(lws_get_socket_fd(server->listener), NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* refused: slower */
            (void)lws_adopt_socket(server->context, fd); /* closed when it is not adopted */
        }
    }
    bool nobody_waits = fd >= 0 || errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
    if (!nobody_waits) { /* EMFILE, ENFILE, ENOBUFS, ENOMEM */
        lct_warn("nobody can be let in for a while", "error=%s", strerror(errno));
        lws_rx_flow_control(server->listener, 0);
        lws_set_timer_usecs(server->listener, LCT_HTTP_ACCEPT_PAUSE / LCT_US);
    }
    return 0;
}

/* What happens to the listening socket. */
static int on_listener(struct lct_http_server *server, enum lws_callback_reasons reason) {
    if (reason == LWS_CALLBACK_RAW_RX_FILE) {
        return on_callers(server);
    }
    if (reason == LWS_CALLBACK_TIMER) {
        lws_rx_flow_control(server->listener, 1);
    }
    return 0;
}

/* The library. */

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t n) {
    struct lct_http_server *server = lws_context_user(lws_get_context(wsi));
    (void)user;
    switch (reason) {
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        lct_http_mail_deliver(&server->hall.mail);
        return 0;
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        return on_connected(server, wsi);
    case LWS_CALLBACK_WSI_DESTROY:
        on_destroyed(server, wsi);
        return 0;
    default:
        break;
    }
    if (wsi == server->listener) {
        return on_listener(server, reason);
    }
    struct lct_http_conn *conn = lws_get_opaque_user_data(wsi);
    if (conn && reason == LWS_CALLBACK_ESTABLISHED) {
        leave_place(server, conn); /* a school of viewers comes from one address */
    }
    return conn ? lct_http_conn_event(conn, reason, in, n) : 0;
}

static void quiet(int level, const char *line) {
    (void)level;
    lct_debug("library", "says=%.*s", (int)strcspn(line, "\n"), line);
}

static struct lws_context *make_context(struct lct_http_server *server) {
    lws_set_log_level(LLL_ERR | LLL_WARN, quiet);
    server->protocols[0] = (struct lws_protocols){.name = "http",
                                                  .callback = callback,
                                                  .rx_buffer_size = LCT_HTTP_SOCKET_HEARD_MAX,
                                                  .tx_packet_size = MESSAGE_MAX};
    static const lws_retry_bo_t idle = {.secs_since_valid_ping = LCT_HTTP_SOCKET_PING_SECONDS,
                                        .secs_since_valid_hangup = LCT_HTTP_SOCKET_SILENT_SECONDS};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = server->protocols,
        .user = server,
        .gid = -1,
        .uid = -1,
        .max_http_header_data = LCT_HTTP_HEAD_MAX,
        .max_http_header_pool = LCT_HTTP_CONNECTIONS_MAX,
        .fd_limit_per_thread = LCT_HTTP_CONNECTIONS_MAX + LCT_HTTP_SOCKETS_MAX + 16,
        .retry_and_idle_policy = &idle,
        .keepalive_timeout = LCT_HTTP_IDLE_SECONDS,
        .timeout_secs = LCT_HTTP_BODY_SECONDS,
        .timeout_secs_ah_idle = DAYS,
    };
    return lws_create_context(&info);
}

static void serve(void *opaque) {
    struct lct_http_server *server = opaque;
    while (!server->ending && lws_service(server->context, 0) >= 0) {
    }
    lct_http_mail_quiet(&server->hall.mail);
    lws_context_destroy(server->context); /* every connection ends in on_destroyed */
    lct_http_mail_close(&server->hall.mail);
}

static void wake_thread(void *opaque) {
    struct lct_http_server *server = opaque;
    lws_cancel_service(server->context);
}

/* The server. */

/* A listening socket, or -errno with a fault. */
static int listen_on(const struct lct_http_options *options, int *ret_port,
                     struct lct_fault *fault) {
    struct sockaddr_in6 six = {.sin6_family = AF_INET6,
                               .sin6_port = htons((uint16_t)options->port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options->port)};
    bool is_four = inet_pton(AF_INET, options->address, &four.sin_addr) == 1;
    struct sockaddr *address = is_four ? (struct sockaddr *)&four : (struct sockaddr *)&six;
    socklen_t size = is_four ? sizeof four : sizeof six;
    if (!is_four && inet_pton(AF_INET6, options->address, &six.sin6_addr) != 1) {
        return lct_fault_set(fault, -EINVAL, "http", "\"%s\" is no address of a network interface.",
                             "“%s”不是网络接口的地址。", options->address);
    }
    int on = 1;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int rc = 0;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(fd, address, size) < 0 || listen(fd, 128) < 0 || getsockname(fd, address, &size) < 0) {
        rc = -errno;
    }
    if (rc == -EADDRINUSE) {
        (void)lct_fault_set(fault, rc, "http",
                            "Port %d of %s is taken by another program: stop it or choose another "
                            "port.",
                            "端口 %d（%s）已被其他程序占用：请停止该程序或改用其他端口。",
                            options->port, options->address);
    } else if (rc < 0) {
        (void)lct_fault_set(fault, rc, "http", "Cannot listen on %s, port %d: %s.",
                            "无法监听 %s 端口 %d：%s。", options->address, options->port,
                            strerror(-rc));
    }
    if (rc < 0) {
        if (fd >= 0) {
            close(fd);
        }
        return rc;
    }
    *ret_port = ntohs(is_four ? four.sin_port : six.sin6_port);
    return fd;
}

/* Hands the listening socket (taken) to the library. 0 or -ENOMEM. */
static int open_library(struct lct_http_server *server, int fd) {
    lws_sock_file_fd_type listening = {.filefd = fd};
    server->context = make_context(server);
    if (!server->context) {
        close(fd);
        return -ENOMEM;
    }
    struct lws_vhost *host = lws_get_vhost_by_name(server->context, "default");
    server->listener = lws_adopt_descriptor_vhost(host, 0, listening, NULL, NULL);
    if (!server->listener) {
        lws_context_destroy(server->context);
        close(fd);
        return -ENOMEM;
    }
    return 0;
}

int lct_http_create(const struct lct_http_options *options, struct lct_http_server **ret_server,
                    struct lct_fault *fault) {
    int port = 0;
    int fd = listen_on(options, &port, fault);
    if (fd < 0) {
        return fd;
    }
    struct lct_http_server *server = lct_new(sizeof *server);
    server->hall.options = *options;
    server->port = port;
    int rc = open_library(server, fd);
    if (rc < 0) {
        free(server);
        return lct_fault_set(fault, rc, "http",
                             "The HTTP server cannot start: no memory or no descriptors are left.",
                             "无法启动 HTTP 服务器：内存或文件描述符不足。");
    }
    lct_http_mail_init(&server->hall.mail, wake_thread, server);
    server->hall.readers = lct_http_readers_create(&server->hall.mail, LCT_HTTP_CONNECTIONS_MAX);
    *ret_server = server;
    return 0;
}

void lct_http_start(struct lct_http_server *server) {
    lct_thread_start(&server->thread, "http", serve, server);
}

void lct_http_post(struct lct_http_server *server, void (*run)(void *arg), void *arg) {
    lct_http_mail_post(&server->hall.mail, run, arg);
}

int lct_http_port(const struct lct_http_server *server) { return server->port; }

static void end(void *opaque) {
    struct lct_http_server *server = opaque;
    server->ending = true;
}

void lct_http_stop(struct lct_http_server *server) {
    lct_http_mail_post(&server->hall.mail, end, server);
    lct_thread_join(&server->thread);
}

void lct_http_destroy(struct lct_http_server *server) {
    if (!server) {
        return;
    }
    lct_http_stop(server);
    lct_http_readers_destroy(server->hall.readers);
    lct_http_mail_fini(&server->hall.mail);
    free(server);
}

void lct_http_count(struct lct_http_server *server, struct lct_http_counters *ret_counters) {
    const struct lct_http_hall *hall = &server->hall;
    *ret_counters = (struct lct_http_counters){
        .requests = atomic_load(&hall->requests),
        .bytes_out = atomic_load(&hall->bytes_out),
        .refused = atomic_load(&hall->refused),
        .connections_now = atomic_load(&hall->connections),
        .streams_now = atomic_load(&hall->streams),
    };
}
