/* The seam to Telegram: how one request reaches it, or a Telegram in memory, and how its answer comes back. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct error;
struct http;
struct http_answer;
struct http_part;

struct transport_request {
  const char *method; /* "sendMessage" */
  const char *body;   /* a JSON object; NULL: none. Kept until done or cancelled, like parts */
  size_t size;
  const struct http_part *parts; /* multipart instead of body */
  size_t part_count;
  const char *path;                       /* instead of a method: download this file_path of getFile */
  unsigned timeout_ms, answer_timeout_ms; /* as stall_ms, answer_ms of net/http.h */
  bool own_connection;                    /* as of net/http.h: the request never happens twice by itself */
  const void *asker; /* the same for all calls of one handler of the scripts; NULL: the host asks for itself */
  size_t answer_ceiling;
  void (*progress)(size_t sent, size_t received, void *data); /* or NULL */
};
typedef void (*transport_done)(const struct http_answer *answer, void *data);

struct transport {
  /* As http_start() and http_cancel(), http_refresh() of net/http.h, whose rules on errors they share. */
  void *(*start)(void *self, const struct transport_request *request, transport_done done, void *data, struct error *error);
  void (*cancel)(void *self, void *call);
  void (*refresh)(void *self);
  void (*close)(void *self); /* frees self */
  void *self;
  const char *server_files; /* the server may tell the paths of its files in this directory; NULL: none. Kept */
};

/* The transport over HTTP. api_root: "https://api.telegram.org"; token: "123:abc". The root is copied; token and http are kept.
 * A server on this machine may tell the path of any file. False: ERROR_MISUSE when one of them has a wrong form. */
bool transport_open_http(struct transport *transport, struct http *http, const char *api_root, const char *token,
                         struct error *error);

/* Where the root is, without what in it may be a secret: its scheme, host and port. Cut to what `text` holds. */
void transport_describe_root(const char *api_root, char *text, size_t size);

/* Whether the token goes over a network in the clear: http:// to another machine. */
bool transport_is_exposed(const char *api_root);

/* ---- for this floor's other rooms ---- */
struct clock;
struct telegram;
const struct transport *telegram_transport(const struct telegram *telegram); /* borrowed, like the clock */
struct clock *telegram_clock(const struct telegram *telegram);
