/* libmicrohttpd without a thread: the loop watches its epoll descriptor. A request that is not answered within `handle` is
 * suspended and costs nothing until its reply resumes it; microhttpd then calls the access handler (on_access) once more, and
 * only there a response may be queued. */
#include "net/server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utlist.h>
#include <uv.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/loop.h"
#include "common/memory.h"
#include "net/address.h"
#include "net/body.h"
#include "net/certificate.h"
#include "net/server_library.h"
#include "net/socket_path.h"

#ifndef SERVER_CONNECTION_MEMORY
#define SERVER_CONNECTION_MEMORY \
  (48 * 1024) /* holds 4,096 Cyrillic letters in a query; microhttpd zeroes it for every request */
#endif
#define SERVER_MAX_CONNECTIONS 60000
#define SERVER_SWEEP_MS 1000 /* between two looks for requests that take too long to arrive */
#define SERVER_BACKLOG 4096

struct server {
  struct MHD_Daemon *daemon;
  uv_poll_t poll;                        /* of microhttpd's epoll descriptor */
  uv_timer_t timer;                      /* for what microhttpd does without a socket's event, such as resumed requests */
  bool has_resumed;                      /* microhttpd must run for it, but microhttpd->get_timeout() does not always say so */
  uv_timer_t sweep;                      /* where a request has a time to arrive in */
  struct server_connection *connections; /* all, where there are contexts: see has_contexts() */
  unsigned open_handles;
  unsigned port;
  struct socket_path socket;       /* where it has a path */
  struct certificate *certificate; /* NULL: plain HTTP */
  struct server_options options;
  server_handle handle;
  void *data;
  struct server_request *requests; /* all that have begun and are not completed */
};

struct server_connection {         /* the context of a socket */
  struct certificate *certificate; /* first, for certificate_chooser(); NULL: plain HTTP */
  struct server *server;
  struct MHD_Connection *connection;
  uint64_t since_ms; /* the loop's time of its begin, or of its last answer */
  bool is_busy;      /* a request is there whole, and not answered */
  struct server_connection *prev, *next;
};

enum request_state {
  REQUEST_BODY,     /* the body arrives */
  REQUEST_TOO_LONG, /* refused for its announced length */
  REQUEST_HANDLING, /* within `handle` */
  REQUEST_WAITING,  /* suspended */
  REQUEST_REPLIED,  /* `response` waits for the access handler */
  REQUEST_BROKEN,   /* the access handler closes the connection */
  REQUEST_DONE,     /* microhttpd has the response, or has closed */
};

/* Watches the socket of a waiting request for the client's hanging up. It has memory of its own, because libuv frees handles
 * later than microhttpd frees requests. */
struct hangup {
  uv_poll_t uv;
  struct server_request *request;
};

struct server_request {
  struct server *server;
  struct MHD_Connection *connection;
  const char *method, *path;
  enum request_state state;
  struct body body;
  struct parameter_list parameters;
  size_t query_count;
  bool is_lost; /* a parameter found no memory */
  struct MHD_Response *response;
  int status;
  server_gone gone;
  void *gone_data;
  struct hangup *hangup; /* while waiting, and only where `gone` is set */
  struct server_request *prev, *next;
};

static void schedule(struct server *server);

/* ---- connections: microhttpd closes one on which nothing moves, but not one on which hardly anything does ---- */

static bool has_contexts(const struct server *server) { return server->certificate || server->options.request_s; }

static void on_connection(void *data, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code) {
  struct server *server = data;
  struct server_connection *known = *context;
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    known = *context = memory_new(sizeof *known);
    *known = (struct server_connection){
        .certificate = server->certificate, .server = server, .connection = connection, .since_ms = uv_now(server->timer.loop)};
    DL_APPEND(server->connections, known);
  } else if (known) {
    DL_DELETE(server->connections, known);
    free(known);
    *context = NULL;
  }
}

static void set_busy(const struct server_request *request, bool is_busy) {
  if (!has_contexts(request->server)) return;
  const union MHD_ConnectionInfo *info =
      microhttpd->get_connection_info(request->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  struct server_connection *connection = info ? info->socket_context : NULL;
  if (!connection) return;
  connection->is_busy = is_busy;
  connection->since_ms = uv_now(request->server->timer.loop);
}

/* Microhttpd sees the end of the socket, and closes. */
static void on_sweep(uv_timer_t *timer) {
  const struct server *server = timer->data;
  uint64_t now = uv_now(timer->loop), limit_ms = server->options.request_s * (uint64_t)1000;
  for (const struct server_connection *each = server->connections; each; each = each->next) {
    if (each->is_busy || now - each->since_ms < limit_ms) continue;
    const union MHD_ConnectionInfo *info = microhttpd->get_connection_info(each->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info) (void)shutdown(info->connect_fd, SHUT_RDWR);
  }
}

/* ---- the life of a request ---- */

static enum MHD_Result on_query_value(void *data, enum MHD_ValueKind kind, const char *name, size_t name_size,
                                      const char *value, size_t size) {
  (void)kind, (void)name_size;
  struct server_request *request = data;
  if (!parameter_list_add(&request->parameters, name, value, size, NULL)) request->is_lost = true;
  return MHD_YES;
}

static void on_hangup_closed(uv_handle_t *handle) { free(handle); }

static void forget_hangup(struct server_request *request) {
  if (!request->hangup) return;
  request->hangup->request = NULL;
  uv_close((uv_handle_t *)&request->hangup->uv, on_hangup_closed);
  request->hangup = NULL;
}

static void request_free(struct server_request *request) {
  forget_hangup(request);
  if (request->response) microhttpd->destroy_response(request->response);
  body_release(&request->body);
  parameter_list_release(&request->parameters);
  DL_DELETE(request->server->requests, request);
  free(request);
}

/* Tells the owner once; after that the request is not the owner's any more. */
static void tell_gone(struct server_request *request) {
  server_gone gone = request->gone;
  request->gone = NULL;
  if (gone) gone(request->gone_data);
}

static void on_completed(void *data, struct MHD_Connection *connection, void **slot, enum MHD_RequestTerminationCode why) {
  (void)data, (void)connection, (void)why;
  struct server_request *request = *slot;
  if (!request) return;
  if (request->state == REQUEST_WAITING) tell_gone(request);
  set_busy(request, false);
  request_free(request);
  *slot = NULL;
}

/* Takes the request from its owner: from here on only microhttpd ends it. */
static void resume(struct server_request *request, enum request_state state) {
  bool was_waiting = request->state == REQUEST_WAITING;
  assert(was_waiting || request->state == REQUEST_HANDLING);
  request->state = state;
  request->gone = NULL;
  forget_hangup(request);
  if (!was_waiting) return; /* on_access() is on the stack and goes on by itself */
  microhttpd->resume_connection(request->connection);
  request->server->has_resumed = true;
  schedule(request->server);
}

static void on_hangup(uv_poll_t *poll, int status, int events) {
  struct server_request *request = ((struct hangup *)poll)->request;
  if (!request || (status >= 0 && !(events & UV_DISCONNECT))) return;
  server_gone gone = request->gone;
  void *gone_data = request->gone_data;
  resume(request, REQUEST_BROKEN);
  if (gone) gone(gone_data);
}

static void await_hangup(struct server_request *request) {
  const union MHD_ConnectionInfo *info =
      microhttpd->get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  struct hangup *hangup = memory_new(sizeof *hangup);
  if (!info || uv_poll_init(request->server->poll.loop, &hangup->uv, info->connect_fd)) {
    free(hangup); /* then only the reply finds that the client is gone */
    return;
  }
  hangup->request = request;
  request->hangup = hangup;
  (void)uv_poll_start(&hangup->uv, UV_DISCONNECT, on_hangup);
  uv_unref((uv_handle_t *)&hangup->uv);
}

static const char *header_of(struct MHD_Connection *connection, const char *name) {
  return microhttpd->lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result begin(struct server *server, struct MHD_Connection *connection, const char *path, const char *method,
                             void **slot) {
  struct server_request *request = memory_new(sizeof *request);
  *request = (struct server_request){.server = server, .connection = connection, .method = method, .path = path};
  const struct body_options options = {.type = header_of(connection, MHD_HTTP_HEADER_CONTENT_TYPE),
                                       .encoding = header_of(connection, MHD_HTTP_HEADER_CONTENT_ENCODING),
                                       .ceiling = server->options.body_ceiling,
                                       .values_ceiling = server->options.values_ceiling};
  body_init(&request->body, &options, &request->parameters);
  DL_APPEND(server->requests, request);
  *slot = request;
  (void)microhttpd->get_connection_values_n(connection, MHD_GET_ARGUMENT_KIND, on_query_value, request);
  request->query_count = request->parameters.count;
  const char *length = header_of(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
  bool is_too_long = length && strtoull(length, NULL, 10) > server->options.body_ceiling;
  request->state = is_too_long ? REQUEST_TOO_LONG : REQUEST_BODY;
  return MHD_YES;
}

static void add_headers(struct MHD_Response *response, const char *const *headers) {
  for (; response && headers && *headers; headers++) {
    char name[64];
    size_t size = strcspn(*headers, ":");
    if (size >= sizeof name || !(*headers)[size]) continue;
    memcpy(name, *headers, size);
    name[size] = '\0';
    (void)microhttpd->add_response_header(response, name, *headers + size + 1 + strspn(*headers + size + 1, " "));
  }
}

/* What can't be read has no owner who could answer it. The connection is closed, as it is unknown what comes next on it. */
static enum MHD_Result refuse(struct server_request *request, unsigned status, const char *const *headers) {
  const char *text = status == MHD_HTTP_CONTENT_TOO_LARGE ? request->server->options.too_large : NULL;
  struct MHD_Response *response =
      microhttpd->create_response_from_buffer(text ? strlen(text) : 0, (void *)text, MHD_RESPMEM_PERSISTENT);
  if (text) (void)microhttpd->add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
  add_headers(response, headers);
  (void)microhttpd->add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
  enum MHD_Result result = microhttpd->queue_response(request->connection, status, response);
  microhttpd->destroy_response(response);
  request->state = REQUEST_DONE;
  return result;
}

static enum MHD_Result handle_whole(struct server_request *request) {
  int refused = body_end(&request->body);
  if (request->is_lost || refused == 500) return MHD_NO;
  if (refused) return refuse(request, (unsigned)refused, NULL);
  request->state = REQUEST_HANDLING;
  set_busy(request, true);
  request->server->handle(request, request->server->data);
  if (request->state != REQUEST_HANDLING) return MHD_YES;
  request->state = REQUEST_WAITING;
  microhttpd->suspend_connection(request->connection);
  if (request->gone) await_hangup(request);
  return MHD_YES;
}

static enum MHD_Result send_response(struct server_request *request) {
  enum MHD_Result result = microhttpd->queue_response(request->connection, (unsigned)request->status, request->response);
  microhttpd->destroy_response(request->response);
  request->response = NULL;
  request->state = REQUEST_DONE;
  return result;
}

/* Before its body: what nobody wants is not kept in memory. */
static enum MHD_Result admit(struct server_request *request) {
  const struct server *server = request->server;
  struct server_refusal refusal = {0};
  if (server->options.admit) server->options.admit(request, &refusal, server->data);
  if (refusal.status) return refuse(request, (unsigned)refusal.status, refusal.headers);
  return request->state == REQUEST_TOO_LONG ? refuse(request, MHD_HTTP_CONTENT_TOO_LARGE, NULL) : MHD_YES;
}

static enum MHD_Result on_access(void *data, struct MHD_Connection *connection, const char *path, const char *method,
                                 const char *version, const char *upload, size_t *upload_size, void **slot) {
  (void)version;
  struct server_request *request = *slot;
  if (!request) {
    enum MHD_Result result = begin(data, connection, path, method, slot);
    request = *slot;
    return result == MHD_YES ? admit(request) : result;
  }
  if (*upload_size) {
    if (request->state == REQUEST_BODY) body_feed(&request->body, upload, *upload_size);
    *upload_size = 0;
    return MHD_YES;
  }
  enum MHD_Result result = MHD_YES;
  if (request->state == REQUEST_BODY) result = handle_whole(request);
  if (request->state == REQUEST_REPLIED) return send_response(request);
  if (request->state == REQUEST_BROKEN) {
    request->state = REQUEST_DONE;
    return MHD_NO;
  }
  return result;
}

/* ---- replies ---- */

static void reply(struct server_request *request, int status, const char *content_type, struct MHD_Response *response) {
  if (!response) {
    resume(request, REQUEST_BROKEN);
    return;
  }
  if (content_type) (void)microhttpd->add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
  request->response = response;
  request->status = status;
  resume(request, REQUEST_REPLIED);
}

void server_reply(struct server_request *request, int status, const char *content_type, char *body, size_t size,
                  const char *const *headers) {
  struct MHD_Response *response = body ? microhttpd->create_response_from_buffer(size, body, MHD_RESPMEM_MUST_FREE)
                                       : microhttpd->create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
  if (!response) free(body);
  add_headers(response, headers);
  reply(request, status, content_type, response);
}

void server_reply_static(struct server_request *request, int status, const char *content_type, const char *body, size_t size) {
  reply(request, status, content_type, microhttpd->create_response_from_buffer(size, (void *)body, MHD_RESPMEM_PERSISTENT));
}

struct truncated {
  size_t size;
  char data[];
};

static ssize_t read_truncated(void *data, uint64_t position, char *to, size_t room) {
  const struct truncated *truncated = data;
  if (position >= truncated->size) return MHD_CONTENT_READER_END_WITH_ERROR;
  size_t size = truncated->size - (size_t)position;
  if (size > room) size = room;
  memcpy(to, truncated->data + position, size);
  return (ssize_t)size;
}

void server_break(struct server_request *request, int status, const char *content_type, const char *body, size_t size,
                  size_t body_bytes) {
  if (status == 0) {
    resume(request, REQUEST_BROKEN);
    return;
  }
  if (body_bytes > size) body_bytes = size;
  struct truncated *truncated = memory_new(sizeof *truncated + body_bytes);
  truncated->size = body_bytes;
  if (body_bytes) memcpy(truncated->data, body, body_bytes);
  struct MHD_Response *response = microhttpd->create_response_from_callback(size, 16 * 1024, read_truncated, truncated, free);
  if (!response) free(truncated);
  reply(request, status, content_type, response);
}

/* ---- reading a request ---- */

const char *server_method(const struct server_request *request) { return request->method; }
const char *server_path(const struct server_request *request) { return request->path; }

const char *server_header(const struct server_request *request, const char *name) {
  return microhttpd->lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

size_t server_body(const struct server_request *request, const char **body) {
  const struct buffer *raw = &request->body.raw;
  *body = raw->data ? raw->data : "";
  return raw->size;
}

size_t server_query_count(const struct server_request *request) { return request->query_count; }

size_t server_parameters(const struct server_request *request, const struct server_parameter **parameters) {
  *parameters = request->parameters.items;
  return request->parameters.count;
}

char *server_take_file(struct server_request *request, size_t parameter, size_t *size) {
  assert(parameter < request->parameters.count);
  struct server_parameter *file = &request->parameters.items[parameter];
  char *data = (char *)file->value;
  *size = file->size;
  file->value = memory_copy_text("");
  file->size = 0;
  return data;
}

void server_on_gone(struct server_request *request, server_gone gone, void *data) {
  request->gone = gone;
  request->gone_data = data;
  if (!gone) forget_hangup(request);
  if (gone && request->state == REQUEST_WAITING && !request->hangup) await_hangup(request);
}

static bool is_public(const struct server_request *request) {
  const union MHD_ConnectionInfo *info =
      microhttpd->get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  return info && info->client_addr && address_is_public(info->client_addr);
}

bool server_is_outside(const struct server_request *request) {
  return server_header(request, "X-Forwarded-For") || server_header(request, "Forwarded") || is_public(request);
}

/* ---- the server and the loop ---- */

static void run(struct server *server) {
  server->has_resumed = false;
  (void)microhttpd->run(server->daemon);
  schedule(server);
}

static void on_timer(uv_timer_t *timer) { run(timer->data); }

static void on_poll(uv_poll_t *poll, int status, int events) {
  (void)status, (void)events;
  run(poll->data);
}

/* Asks microhttpd when it wants to work next. */
static void schedule(struct server *server) {
  MHD_UNSIGNED_LONG_LONG timeout = 0;
  if (!server->has_resumed && microhttpd->get_timeout(server->daemon, &timeout) != MHD_YES) {
    (void)uv_timer_stop(&server->timer);
    return;
  }
  (void)uv_timer_start(&server->timer, on_timer, timeout, 0);
}

/* Our own sockets, so that an error names the port and its cause. -1: failed. */
static int listen_at_port(struct server *server, struct error *error) {
  const struct server_options *options = &server->options;
  struct sockaddr_storage address;
  const char *host = options->address ? options->address : "127.0.0.1";
  if (options->port > USHRT_MAX || !address_parse(host, &address)) {
    error_set(error, ERROR_MISUSE, "%s:%u is not an IP address and a port to listen at", host, options->port);
    return -1;
  }
  in_port_t *port = address.ss_family == AF_INET6 ? &((struct sockaddr_in6 *)&address)->sin6_port
                                                  : &((struct sockaddr_in *)&address)->sin_port;
  socklen_t size = address.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
  *port = htons((uint16_t)options->port);
  int yes = 1;
  int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
            bind(fd, (struct sockaddr *)&address, size) == 0 && listen(fd, SERVER_BACKLOG) == 0;
  if (ok) ok = getsockname(fd, (struct sockaddr *)&address, &size) == 0;
  server->port = ntohs(*port);
  if (ok) return fd;
  error_set(error, ERROR_SYSTEM, "can't listen at %s port %u: %s; choose another port", host, options->port, strerror(errno));
  if (fd >= 0) (void)close(fd);
  return -1;
}

/* The group may use it, too: a proxy runs as another user. */
static int listen_at_path(struct server *server, struct error *error) {
  const char *path = server->options.path;
  if (!socket_path_check(path, error)) return -1;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    error_set(error, ERROR_SYSTEM, "can't make a socket: %s", strerror(errno));
  } else if (!socket_path_listen(&server->socket, path, fd, S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP, SERVER_BACKLOG, error)) {
    (void)close(fd);
    fd = -1;
  }
  return fd;
}

static void start_daemon(struct server *server, int fd) {
  const struct server_options *options = &server->options;
  unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO;
  unsigned connections = options->connections ? options->connections : SERVER_MAX_CONNECTIONS;
  struct MHD_OptionItem more[] = {{MHD_OPTION_END, 0, NULL}, {MHD_OPTION_END, 0, NULL}, {MHD_OPTION_END, 0, NULL}};
  if (has_contexts(server)) more[0] = (struct MHD_OptionItem){MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, server};
  if (server->certificate) {
    flags |= MHD_USE_TLS;
    more[1] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)(uintptr_t)certificate_chooser()};
  }
  server->daemon = microhttpd->start_daemon(
      flags, 0, NULL, NULL, on_access, server, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, connections,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)SERVER_CONNECTION_MEMORY, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
      MHD_OPTION_CONNECTION_TIMEOUT, options->idle_s, MHD_OPTION_ARRAY, more, MHD_OPTION_END);
}

/* Everything but the loop's handles. */
static bool open_daemon(struct server *server, struct error *error) {
  const struct server_options *options = &server->options;
  if (!server_library_open(error)) return false;
  if (options->certificate_file) {
    server->certificate = certificate_open(options->certificate_file, options->key_file, error);
    if (!server->certificate) return false;
  }
  int fd = options->path ? listen_at_path(server, error) : listen_at_port(server, error);
  if (fd < 0) return false;
  start_daemon(server, fd);
  if (server->daemon) return true;
  (void)close(fd);
  return error_set(error, ERROR_SYSTEM, "can't start the HTTP server on port %u", server->port);
}

static void server_free(struct server *server) {
  certificate_close(server->certificate);
  free(server);
}

struct server *server_open(struct loop *loop, const struct server_options *options, server_handle handle, void *data,
                           struct error *error) {
  struct server *server = memory_new(sizeof *server);
  *server = (struct server){.options = *options, .handle = handle, .data = data};
  const union MHD_DaemonInfo *info = NULL;
  bool ok = open_daemon(server, error);
  if (ok) info = microhttpd->get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
  if (ok && (!info || uv_poll_init(loop_uv(loop), &server->poll, info->epoll_fd)))
    ok = error_set(error, ERROR_SYSTEM, "can't watch the HTTP server on port %u", server->port);
  if (!ok) {
    if (server->daemon) microhttpd->stop_daemon(server->daemon);
    socket_path_remove(&server->socket);
    server_free(server);
    return NULL;
  }
  (void)uv_timer_init(loop_uv(loop), &server->timer);
  (void)uv_timer_init(loop_uv(loop), &server->sweep);
  server->poll.data = server->timer.data = server->sweep.data = server;
  server->open_handles = 3;
  uv_unref((uv_handle_t *)&server->sweep); /* what listens keeps the loop going, and not this */
  if (options->request_s) (void)uv_timer_start(&server->sweep, on_sweep, SERVER_SWEEP_MS, SERVER_SWEEP_MS);
  (void)uv_poll_start(&server->poll, UV_READABLE, on_poll);
  return server;
}

static void on_handle_closed(uv_handle_t *handle) {
  struct server *server = handle->data;
  if (--server->open_handles == 0) server_free(server);
}

void server_keep_path(struct server *server) { socket_path_keep(&server->socket); }

void server_close(struct server *server) {
  if (!server) return;
  socket_path_remove(&server->socket);
  for (struct server_request *request = server->requests, *next; request; request = next) {
    next = request->next;
    if (request->state != REQUEST_WAITING) continue;
    server_gone gone = request->gone;
    void *gone_data = request->gone_data;
    resume(request, REQUEST_BROKEN);
    if (gone) gone(gone_data);
  }
  uv_close((uv_handle_t *)&server->poll, on_handle_closed); /* before its descriptor goes */
  uv_close((uv_handle_t *)&server->timer, on_handle_closed);
  uv_close((uv_handle_t *)&server->sweep, on_handle_closed);
  microhttpd->stop_daemon(server->daemon);
}

unsigned server_port(const struct server *server) { return server->port; }

unsigned server_connection_count(const struct server *server) {
  const union MHD_DaemonInfo *info = microhttpd->get_daemon_info(server->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
  return info ? info->num_connections : 0;
}

bool server_renew_certificate(struct server *server, struct error *error) {
  return !server->certificate || certificate_renew(server->certificate, error);
}
