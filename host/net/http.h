/* HTTP requests to other machines: libcurl's multi interface on the loop. Connections are kept and reused. The loop's thread
 * only. Knows nothing of Telegram. Never logs a URL, which may hold a token: errors name the request by its `label`. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct http;
struct http_root;
struct http_transfer;
struct loop;
struct sockaddr;

/* max_connections: over all hosts, and fewer where the process has low limits; more requests wait for their turn. Given:
 * http_close(). NULL: ERROR_SYSTEM. */
struct http *http_open(struct loop *loop, unsigned max_connections, struct error *error);
void http_close(struct http *http); /* every transfer must have ended or been cancelled. NULL does no harm */

/* The beginning of many addresses, read once. Borrowed, lives as long as http. NULL: it is no address, or out of memory. */
const struct http_root *http_root(struct http *http, const char *url);

/* A part of a multipart/form-data body. */
struct http_part {
  const char *name;
  const char *file_name; /* NULL: a plain parameter, not a file */
  const char *data;      /* used unless path is given */
  size_t size;
  const char *path; /* streamed from this file; NULL: data */
};

struct http_request {
  const char *url;
  const struct http_root *root; /* NULL, or what url begins with: then curl need not read it. No redirects */
  const char *target;           /* of root: url from its path on */
  const char *method;           /* "PUT"; borrowed; redirects of it are not followed. NULL: GET, or POST with a body */
  const char *label;            /* what errors call this request: "sendMessage" */
  const char *content_type;     /* of body; NULL: none */
  const char *body;             /* NULL, and no parts: GET. Kept until done, or until cancelled */
  size_t body_size;
  const struct http_part *parts; /* instead of body: multipart. All that they point to is kept like body */
  size_t part_count;
  const char *const *headers;  /* more of them, "Name: value", NULL-terminated, or NULL; borrowed */
  unsigned timeout_ms;         /* the whole of it; 0: none */
  unsigned stall_ms;           /* ends when no byte has moved for so long; 0: never */
  unsigned answer_ms;          /* instead of stall_ms from the last byte of an upload to the first of the answer; 0: the same */
  unsigned connect_timeout_ms; /* 0: 10,000 */
  size_t answer_ceiling;       /* more bytes than this are an error; 0: 1 MiB */
  bool is_short;               /* the answer has a kilobyte or two, as a rule */
  bool public_only;            /* never connect to a private, loopback or link-local address, not after a redirect either */
  bool follow;                 /* redirects, at most 5, http and https only */
  bool own_connection;         /* a new one, not kept: on a kept one that has died libcurl sends a request again by itself */
  bool wants_headers;          /* fills in the answer's headers */
  void (*progress)(size_t sent, size_t received, void *data); /* NULL, or told now and then; data as for done */
  /* NULL, or told the body piece by piece, from the loop; borrowed bytes. done brings the rest. It may cancel. Not with
   * progress */
  void (*chunk)(const char *bytes, size_t size, void *data);
  void *chunk_data;
};

/* What came back. Borrowed: valid until the callback returns. */
struct http_answer {
  int status;       /* 200...; 0 when error.kind is not ERROR_NONE */
  const char *body; /* never NULL; followed by a NUL that does not count */
  size_t size;
  const char *content_type; /* "" when there was none */
  const char *headers;      /* of the last answer, lines that end with \r\n, the first with the status; "" unless wanted */
  int retry_after;          /* seconds, from the header; 0: none */
  /* ERROR_NETWORK: provably nothing happened at the other side (DNS, refused, TLS). ERROR_UNCERTAIN: the request may have
   * arrived. ERROR_FULL: the answer passed its ceiling. ERROR_MISUSE: an address or scheme that is not allowed. ERROR_MEMORY.
   * A body that is shorter than announced is ERROR_UNCERTAIN. An HTTP status is never an error here. */
  struct error error;
};

typedef void (*http_done)(const struct http_answer *answer, void *data);

/* Starts a request. Given: owned by http until `done` was called or http_cancel(). `done` comes exactly once, from the
 * loop. NULL: ERROR_MISUSE, ERROR_MEMORY; then `done` never comes. */
struct http_transfer *http_start(struct http *http, const struct http_request *request, http_done done, void *data,
                                 struct error *error);
void http_cancel(struct http_transfer *transfer); /* no callback after this; the connection is dropped */

/* Of a request with chunk, when the first has come: status and headers, borrowed until the next call of anything here. */
void http_peek(struct http_transfer *transfer, struct http_answer *answer);
/* Held: no more chunks come, and the other side has to wait, until it is let go. */
void http_hold(struct http_transfer *transfer, bool is_held);
/* Trusts the certificate authorities in the file (PEM), too. Before the first request. False: ERROR_MISUSE, it can't be read.
 */
bool http_trust(struct http *http, const char *ca_file, struct error *error);

/* Closes idle connections and forgets resolved names, so that the next request starts afresh. */
void http_refresh(struct http *http);

/* For tests, whose servers are on 127.0.0.1: which addresses count as public, instead of net/address.h. */
void http_judge_addresses(struct http *http, bool (*is_public)(const struct sockaddr *address));

/* For tests, before the first request: a connection that was idle for longer is not used again; else 30 s. */
void http_keep_idle(struct http *http, unsigned seconds);
