/* One server for all. It listens from the first moment, so that /healthz can be asked while a host waits to reign; the webhook
 * refuses until then. To the outside only the webhook is there. */
#include "assembly/listener.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assembly/host.h"
#include "common/error.h"
#include "common/log.h"
#include "common/memory.h"
#include "net/server.h"
#include "operator/operator.h"
#include "updates/updates.h"

enum {
  BODY_CEILING = 4 << 20,   /* Telegram's updates have at most 512 kB; a Bot API server of one's own may be newer */
  IDLE_S = 60,              /* as long as Telegram waits */
  CONNECTIONS_BESIDE = 200, /* those of Telegram: of machines that watch, and of strangers */
  ADDRESS_SIZE = 64,
};

struct listener {
  struct host *host;
  struct server *server;
  char address[ADDRESS_SIZE];
  const char *path; /* the webhook's; NULL: there is none. In the options */
};

/* ---- what the options say ---- */

static bool refuse_listen(const char *text, struct error *error) {
  return error_set(error, ERROR_MISUSE, "--listen is ADDRESS:PORT, [IPV6]:PORT or unix:PATH, not '%s'", text);
}

static bool read_listen(struct listener *listener, const char *text, struct server_options *options, struct error *error) {
  static const char unix_socket[] = "unix:";
  if (strncmp(text, unix_socket, sizeof unix_socket - 1) == 0) {
    options->path = text + sizeof unix_socket - 1;
    return options->path[0] || refuse_listen(text, error);
  }
  const char *colon = strrchr(text, ':');
  if (!colon || !colon[1] || colon == text || strspn(colon + 1, "0123456789") != strlen(colon + 1))
    return refuse_listen(text, error);
  bool is_bracketed = text[0] == '[' && colon[-1] == ']';
  const char *begin = text + is_bracketed;
  size_t size = (size_t)(colon - begin) - is_bracketed;
  unsigned long port = strtoul(colon + 1, NULL, 10);
  if (size == 0 || size >= sizeof listener->address || port > UINT16_MAX) return refuse_listen(text, error);
  memcpy(listener->address, begin, size);
  listener->address[size] = '\0';
  options->address = listener->address;
  options->port = (unsigned)port;
  return true;
}

/* The path is compared as it arrives, so it may hold nothing that could be written in two ways. */
static bool read_path(struct listener *listener, const char *url, struct error *error) {
  const char *scheme = strstr(url, "://");
  if (!scheme || (strncmp(url, "https", 5) != 0 && strncmp(url, "http", 4) != 0))
    return error_set(error, ERROR_MISUSE, "--webhook must begin with https://");
  listener->path = strchr(scheme + 3, '/');
  if (!listener->path) listener->path = "/";
  if (strpbrk(listener->path, "%?#")) return error_set(error, ERROR_MISUSE, "the path of --webhook may not hold %%, ? or #");
  if (metrics_is_path(listener->path))
    return error_set(error, ERROR_MISUSE, "the path of --webhook must be another one than %s", listener->path);
  return true;
}

/* ---- requests ---- */

static bool is_webhook(const struct listener *listener, const struct server_request *request) {
  return listener->path && strcmp(server_path(request), listener->path) == 0;
}

static void on_admission(const struct server_request *request, struct server_refusal *refusal, void *data) {
  const struct listener *listener = data;
  if (is_webhook(listener, request)) {
    updates_admit(listener->host->updates, request, refusal);
  } else if (!metrics_is_path(server_path(request)) || server_is_outside(request)) {
    refusal->status = 404;
  } else {
    metrics_admit(request, refusal);
  }
}

static void on_request(struct server_request *request, void *data) {
  const struct listener *listener = data;
  if (is_webhook(listener, request))
    updates_receive(listener->host->updates, request);
  else
    metrics_answer(listener->host->metrics, request);
}

/* ---- life ---- */

static bool start(struct listener *listener, struct error *error) {
  const struct host_options *host = &listener->host->options;
  struct server_options options = {.body_ceiling = BODY_CEILING,
                                   .admit = on_admission,
                                   .idle_s = IDLE_S,
                                   .request_s = IDLE_S,
                                   .connections = host->webhook_connections + CONNECTIONS_BESIDE,
                                   .certificate_file = host->tls_certificate,
                                   .key_file = host->tls_key};
  if (!read_listen(listener, host->listen, &options, error)) return false;
  if (host->webhook_url && !read_path(listener, host->webhook_url, error)) return false;
  listener->server = server_open(host->loop, &options, on_request, listener, error);
  if (!listener->server) return false;
  if (options.path)
    log_info("listening; path=%s", options.path);
  else
    log_info("listening; address=%s port=%u", options.address, server_port(listener->server));
  return true;
}

bool listener_open(struct host *host, struct error *error) {
  if (!host->options.listen) return true;
  struct listener *listener = memory_new(sizeof *listener);
  listener->host = host;
  host->listener = listener;
  return start(listener, error);
}

void listener_keep(struct listener *listener) {
  if (listener) server_keep_path(listener->server);
}

void listener_close(struct listener *listener) {
  if (!listener) return;
  server_close(listener->server);
  free(listener);
}

bool listener_renew_certificate(struct listener *listener, struct error *error) {
  if (!listener || server_renew_certificate(listener->server, error)) return true;
  log_error("the new certificate can't be used, the old one stays; error=%s", error->text);
  return error_prefix(error, "the new certificate can't be used, the old one stays");
}

unsigned listener_connection_count(const struct listener *listener) {
  return listener ? server_connection_count(listener->server) : 0;
}
