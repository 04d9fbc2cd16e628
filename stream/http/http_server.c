// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The HTTP thread: libwebsockets' loop, whoever calls, and the library's events on their way to
 * their connections.
 */
#include <errno.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "stream/http/http.h"
#include "stream/http/http_conn_priv.h"
#include "stream/http/http_events.h"
#include "stream/http/http_listen_priv.h"
#include "stream/http/http_socket.h"
#include "stream/http/http_source_priv.h"

LCT_LOG_TOPIC("http");

#define CALLERS_AT_ONCE 16
/* Connections that are on their way out, while others take their places. */
#define LEAVING (4 * CALLERS_AT_ONCE)
#define DAYS (7 * 86400)

/* What is written goes to the system as a whole: by its own measure the library would cut it into
 * pieces of 4 KB, and copy all but the first. */
#define MESSAGE_MAX (16U << 20)

/* A socket that listens, and the library's name for it. */
struct listener {
    int fd;
    int port; /* 0: it does not listen */
    struct lws *wsi;
};

enum { PLAIN, TLS, LISTENERS };

struct lct_http_server {
    /* fixed after create */
    struct lct_http_hall hall;
    struct lws_context *context;
    struct lws_protocols protocols[2];
    struct listener listeners[LISTENERS];
    struct lct_thread thread;
    /* HTTP thread */
    void *ssl_ctx; /* the library's; NULL: no TLS */
    bool ending;
};

/* Callers. */

static void on_destroyed(struct lws *wsi) {
    struct lct_http_conn *conn = lws_get_opaque_user_data(wsi);
    if (conn) {
        lws_set_opaque_user_data(wsi, NULL);
        lct_http_conn_destroy(conn);
    }
}

/* Lets in who waits. When the system cannot, they wait on, and we do not try for a while. */
static int on_callers(struct lct_http_server *server, const struct listener *listener) {
    lws_adoption_type how = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP |
                            (listener == &server->listeners[TLS] ? LWS_ADOPT_ALLOW_SSL : 0);
    struct lws_vhost *host = lws_get_vhost(listener->wsi);
    lws_sock_file_fd_type called = {.sockfd = 0};
    for (int i = 0; i < CALLERS_AT_ONCE && called.sockfd >= 0; i++) {
        called.sockfd = lct_http_accept(listener->fd);
        if (called.sockfd >= 0 && !lct_http_conn_may_come(&server->hall, called.sockfd)) {
            atomic_fetch_add(&server->hall.refused, 1);
            close(called.sockfd);
        } else if (called.sockfd >= 0) { /* closed when it is not adopted */
            (void)lws_adopt_descriptor_vhost(host, how, called, NULL, NULL);
        }
    }
    if (called.sockfd < 0 && called.sockfd != -EAGAIN) { /* EMFILE, ENFILE, ENOBUFS, ENOMEM */
        lct_warn("nobody can be let in for a while", "error=%s", strerror(-called.sockfd));
        lws_rx_flow_control(listener->wsi, 0);
        lws_set_timer_usecs(listener->wsi, LCT_HTTP_ACCEPT_PAUSE / LCT_US);
    }
    return 0;
}

/* What happens to a listening socket. */
static int on_listener(struct lct_http_server *server, const struct listener *listener,
                       enum lws_callback_reasons reason) {
    if (reason == LWS_CALLBACK_RAW_RX_FILE) {
        return on_callers(server, listener);
    }
    if (reason == LWS_CALLBACK_TIMER) {
        lws_rx_flow_control(listener->wsi, 1);
    }
    return 0;
}

static const struct listener *listener_of(const struct lct_http_server *server,
                                          const struct lws *wsi) {
    for (size_t i = 0; i < LISTENERS; i++) {
        if (server->listeners[i].wsi == wsi) {
            return &server->listeners[i];
        }
    }
    return NULL;
}

/* The library. */

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t n) {
    struct lct_http_server *server = lws_context_user(lws_get_context(wsi));
    switch (reason) {
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS: /* TLS as a whole is made ready */
        server->ssl_ctx = user;
        return lct_cert_show(server->hall.options.cert, user);
    case LWS_CALLBACK_VHOST_CERT_AGING: /* whoever gave the certificate looks after it */
        return 0;
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        lct_http_mail_deliver(&server->hall.mail);
        return 0;
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        lws_set_opaque_user_data(wsi, lct_http_conn_create(&server->hall, wsi));
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        on_destroyed(wsi);
        return 0;
    default:
        break;
    }
    const struct listener *listener = listener_of(server, wsi);
    if (listener) {
        return on_listener(server, listener, reason);
    }
    struct lct_http_conn *conn = lws_get_opaque_user_data(wsi);
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
    uint64_t tls = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX;
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .options = server->hall.options.tls_address ? tls : 0,
        .alpn = "http/1.1", /* its HTTP/2 has holes */
        .protocols = server->protocols,
        .user = server,
        .gid = -1,
        .uid = -1,
        .max_http_header_data = LCT_HTTP_HEAD_MAX,
        .max_http_header_pool = LCT_HTTP_CONNECTIONS_MAX + LCT_HTTP_STREAMS_MAX + LEAVING,
        .fd_limit_per_thread =
            LCT_HTTP_CONNECTIONS_MAX + LCT_HTTP_STREAMS_MAX + LCT_HTTP_SOCKETS_MAX + LEAVING,
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
    server->ssl_ctx = NULL;
    lws_context_destroy(server->context); /* every connection ends in on_destroyed */
    lct_http_mail_close(&server->hall.mail);
}

static void wake_thread(void *opaque) {
    struct lct_http_server *server = opaque;
    lws_cancel_service(server->context);
}

/* The server. */

static void close_listeners(struct lct_http_server *server) {
    for (size_t i = 0; i < LISTENERS; i++) {
        if (server->listeners[i].port > 0 && !server->listeners[i].wsi) {
            close(server->listeners[i].fd);
        }
    }
}

/* Makes the library, which takes the listening sockets. 0 or -ENOMEM. */
static int open_library(struct lct_http_server *server) {
    server->context = make_context(server);
    struct lws_vhost *host =
        server->context ? lws_get_vhost_by_name(server->context, "default") : NULL;
    bool done = host != NULL;
    for (size_t i = 0; done && i < LISTENERS; i++) {
        struct listener *listener = &server->listeners[i];
        lws_sock_file_fd_type fd = {.filefd = listener->fd};
        if (listener->port > 0) {
            listener->wsi = lws_adopt_descriptor_vhost(host, 0, fd, NULL, NULL);
            done = listener->wsi != NULL;
        }
    }
    if (!done && server->context) {
        lws_context_destroy(server->context);
    }
    return done ? 0 : -ENOMEM;
}

static int listen_on(struct lct_http_server *server, struct lct_fault *fault) {
    const struct lct_http_options *options = &server->hall.options;
    struct listener *plain = &server->listeners[PLAIN], *tls = &server->listeners[TLS];
    int rc = lct_http_listen(options->address, options->port, &plain->fd, &plain->port, fault);
    return rc < 0 || !options->tls_address
               ? rc
               : lct_http_listen(options->tls_address, options->tls_port, &tls->fd, &tls->port,
                                 fault);
}

int lct_http_create(const struct lct_http_options *options, struct lct_http_server **ret_server,
                    struct lct_fault *fault) {
    struct lct_http_server *server = lct_new(sizeof *server);
    server->hall.options = *options;
    int rc = listen_on(server, fault);
    if (rc == 0 && (rc = open_library(server)) < 0) {
        (void)lct_fault_set(fault, rc, "http",
                            "The HTTP server cannot start: no memory or no descriptors are left.",
                            "无法启动 HTTP 服务器：内存或文件描述符不足。");
    }
    if (rc < 0) {
        close_listeners(server);
        free(server);
        return rc;
    }
    server->hall.places = lct_http_places_create();
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

int lct_http_port(const struct lct_http_server *server) { return server->listeners[PLAIN].port; }

int lct_http_tls_port(const struct lct_http_server *server) { return server->listeners[TLS].port; }

struct renewal {
    struct lct_http_server *server;
    struct lct_cert *cert;
};

static void renew(void *opaque) {
    LCT_FREE struct renewal *renewal = opaque;
    if (renewal->server->ssl_ctx && lct_cert_show(renewal->cert, renewal->server->ssl_ctx) < 0) {
        lct_error("a new certificate was not taken", NULL);
    }
    lct_cert_unref(renewal->cert);
}

void lct_http_renew(struct lct_http_server *server, struct lct_cert *cert) {
    struct renewal *renewal = lct_new(sizeof *renewal);
    *renewal = (struct renewal){server, cert};
    lct_http_mail_post(&server->hall.mail, renew, renewal);
}

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
    free(server->hall.places);
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
