/* The transport over HTTP. The URL holds the token, so it is made here, given to net/http.c, and appears nowhere else. */
#include "telegram/transport.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/buffer.h"
#include "common/memory.h"
#include "net/http.h"
#include "telegram/telegram.h"

enum { URL_CEILING = 8 << 10 };

struct over_http {
  struct http *http;
  char *api_root;
  const struct http_root *root; /* the same, read; NULL: curl reads each address, and says what is wrong with it */
  size_t origin_size;           /* of api_root: what stands before its path */
  const char *token;            /* kept, so that there is no second one */
  struct buffer url;            /* of the request that is being started; curl copies it */
};

/* The path comes from Telegram. All but the slash that could have a meaning in a URL is escaped. */
static bool add_path(struct buffer *url, const char *path, struct error *error) {
  bool ok = true;
  for (; ok && *path; path++) {
    bool is_plain = isalnum((unsigned char)*path) || strchr("-._~/", *path);
    ok = is_plain ? buffer_add(url, path, 1, error) : buffer_format(url, error, "%%%02X", (unsigned char)*path);
  }
  return ok;
}

static bool is_of_name(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_';
}

/* The method comes from a script; with other characters it could reach another address with our token. */
static bool is_name(const char *method) {
  const char *at = method;
  while (is_of_name(*at)) at++; /* strspn() would first make a table of so many characters */
  return at > method && !*at;
}

static bool make_url(struct over_http *self, const struct transport_request *request, struct error *error) {
  struct buffer *url = &self->url;
  if (!buffer_reserve(url, URL_CEILING, error)) return false;
  if (!request->path && !is_name(request->method)) {
    return error_set(error, ERROR_MISUSE, "%.64s: this is not the name of a method", request->method);
  }
  return buffer_add_text(url, self->api_root, error) && buffer_add_text(url, request->path ? "/file/bot" : "/bot", error) &&
         buffer_add_text(url, self->token, error) && buffer_add_text(url, "/", error) &&
         (request->path ? add_path(url, request->path, error) : buffer_add_text(url, request->method, error));
}

/* Its capacity never changes while a URL is in it, so no other place has held one. */
static void wipe_url(struct over_http *self) {
  if (self->url.data) explicit_bzero(self->url.data, self->url.size);
  buffer_clear(&self->url);
}

/* A POST even without parameters, so that the rules of net/http.h for requests with a body hold for every method. */
static void *start(void *data, const struct transport_request *request, transport_done done, void *done_data,
                   struct error *error) {
  struct over_http *self = data;
  if (!make_url(self, request, error)) {
    wipe_url(self);
    return NULL;
  }
  struct http_request http = {
      .url = self->url.data,
      .root = self->root,
      .target = self->url.data + self->origin_size,
      .label = request->path ? "download" : request->method,
      .parts = request->parts,
      .part_count = request->part_count,
      .stall_ms = request->timeout_ms,
      .answer_ms = request->answer_timeout_ms,
      .own_connection = request->own_connection,
      .answer_ceiling = request->answer_ceiling,
      .progress = request->progress,
  };
  if (!request->path && !request->part_count) {
    http.is_short = strcmp(request->method, "getUpdates") != 0;
    http.content_type = "application/json";
    http.body = request->body ? request->body : "{}";
    http.body_size = request->body ? request->size : 2;
  }
  void *call = http_start(self->http, &http, done, done_data, error);
  wipe_url(self);
  return call;
}

static void cancel(void *self, void *call) {
  (void)self;
  http_cancel(call);
}

static void refresh(void *self) { http_refresh(((struct over_http *)self)->http); }

static void close_http(void *data) {
  struct over_http *self = data;
  buffer_release(&self->url);
  free(self->api_root);
  free(self);
}

/* Telegram answers a malformed token with "Not Found" only; this check lets the operator see what is wrong. */
static bool is_token(const char *token) {
  size_t digits = strspn(token, "0123456789");
  const char *secret = token + digits + 1;
  return digits && token[digits] == ':' && *secret &&
         secret[strspn(secret, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] == '\0';
}

/* Up to the last @ everywhere: a password with a slash in it makes a wrong address, which is told to the operator. */
void transport_describe_root(const char *api_root, char *text, size_t size) {
  const char *scheme_end = strstr(api_root, "://"), *at = strrchr(api_root, '@');
  int scheme_size = scheme_end ? (int)(scheme_end + 3 - api_root) : 0;
  const char *host = at ? at + 1 : api_root + scheme_size;
  (void)snprintf(text, size, "%.*s%.*s", scheme_size, api_root, (int)strcspn(host, "/?#"), host);
}

static bool is_on_this_machine(const char *api_root) {
  char text[300];
  transport_describe_root(api_root, text, sizeof text);
  char *host = strstr(text, "://") ? strstr(text, "://") + 3 : text;
  if (strncmp(host, "[::1]", 5) == 0) return true;
  host[strcspn(host, ":")] = '\0';
  struct in_addr address;
  bool is_loopback = inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET;
  return is_loopback || strcasecmp(host, "localhost") == 0;
}

bool transport_is_exposed(const char *api_root) {
  return strncmp(api_root, "http://", 7) == 0 && !is_on_this_machine(api_root);
}

/* curl sends a target as it stands: so only where it would change nothing in the path. */
static void read_root(struct over_http *self) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-/";
  const char *origin = strstr(self->api_root, "://") + 3, *path = origin + strcspn(origin, "/?#");
  self->origin_size = (size_t)(path - self->api_root);
  if (path[strspn(path, plain)] == '\0') self->root = http_root(self->http, self->api_root);
}

bool transport_open_http(struct transport *transport, struct http *http, const char *api_root, const char *token,
                         struct error *error) {
  if (!is_token(token)) {
    return error_set(error, ERROR_MISUSE, "the bot's token looks like 123456:ABC-def; copy it from BotFather into BOT_TOKEN");
  }
  if (strncmp(api_root, "https://", 8) != 0 && strncmp(api_root, "http://", 7) != 0) {
    return error_set(error, ERROR_MISUSE, "TELEGRAM_API_ROOT must begin with https:// or http://");
  }
  struct over_http *self = memory_new(sizeof *self);
  self->http = http;
  self->token = token;
  self->api_root = memory_copy_text(api_root);
  for (size_t end = strlen(api_root); end && self->api_root[end - 1] == '/'; end--) self->api_root[end - 1] = '\0';
  read_root(self);
  buffer_init(&self->url, URL_CEILING);
  *transport = (struct transport){.start = start, .cancel = cancel, .refresh = refresh, .close = close_http, .self = self};
  if (is_on_this_machine(self->api_root)) transport->server_files = "/";
  return true;
}
