/* The HTTP client: requests as easy handles of libcurl. Easy handles are reused, because setting one up costs more than
 * sending with it. Options that nearly all requests share are set once; those that few ask for (multipart, redirects, ...)
 * are set for one request and removed afterwards.
 *
 * curl repeats a request by itself when a kept connection ends before the first byte of an answer, though the request may have
 * arrived: a message would be sent twice. So on_request_begins() sees every start of sending, and stops the repetition of a
 * request that does more than read, and of which bytes were sent before.
 *
 * HTTP/1.1 on purpose. Over HTTP/2 a server ends the shared connection every thousand requests or so (measured with curl 7.88),
 * and every request under way on it would be uncertain; with HTTP/1.1 the server announces the end in an answer.
 *
 * curl's timeouts do not hold while a transfer waits for a connection. So transfers over the limit wait here, and both
 * timeouts, of the whole and since the last byte, are ours. */
#include "net/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/memory.h"
#include "net/address.h"
#include "net/connection_limit.h"
#include "net/header_list.h"
#include "net/http_failure.h"
#include "net/http_root.h"
#include "net/multi_group.h"
#include "net/proxy.h"
#include "net/request_options.h"
#include "net/tls.h"
#include "net/upload.h"
#include "net/url_origin.h"
#include "net/wiped_memory.h"

#ifndef HTTP_SHORT_READ
#define HTTP_SHORT_READ 2000L /* bytes of a short answer at once, >= 1024; wiped by memset(), slow to begin from 2 kB on */
#endif
#ifndef HTTP_KEPT_ANSWER_SIZE
#define HTTP_KEPT_ANSWER_SIZE (16 << 10) /* bytes that are kept for the next answer; Telegram's to a send has about 1 kB */
#endif

enum {
  CONNECT_TIMEOUT_MS = 10000,
  ANSWER_CEILING = 1 << 20,
  HEADERS_CEILING = 64 << 10,
  REDIRECTS = 5,
  LABEL_SIZE = 64,
  IDLE_MAX_S = 30, /* then a kept connection is not used again: the other side, or a router, may have dropped it in silence */
};

struct http {
  struct loop *loop;
  struct clock *clock;
  unsigned max_connections;
  struct multi_group *multis;
  unsigned running;              /* transfers that curl has; at most max_connections */
  struct http_transfer *waiting; /* until one of them ends; the longest waiting is the first */
  unsigned open_groups;          /* the current one, and those that http_refresh() replaced and that are not closed yet */
  bool is_closing;
  struct http_transfer *idle; /* linked by next; the last used is the first */
  unsigned idle_count;
  struct buffer spare;               /* of the last answer, for the next one: a call that waits for its answer needs none */
  struct http_transfer *progressing; /* whose progress is told */
  struct header_list *headers;       /* by content type, and roots: easy handles keep pointing to them */
  struct http_root *roots;
  bool (*is_public)(const struct sockaddr *address);
  unsigned idle_max_s;
  bool has_proxy; /* perhaps not for every address */
  bool has_told_proxy;
  struct tls *tls;
};

struct http_transfer {
  struct http *http;
  struct multi *multi; /* the one that it is in; NULL while it waits */
  struct clock_timer timeout;
  unsigned stall_ms, answer_ms; /* as of http_request */
  int64_t moved_at;             /* ticks; the last byte, or the start */
  CURL *easy;
  struct multi *last_multi; /* that easy was in */
  struct request_options options;
  const struct http_root *root; /* of this and the last request; NULL: the last had an address of its own */
  http_done done;
  void *data;
  struct buffer answer;
  const char *proxy;   /* of the environment; NULL: none */
  struct error *error; /* NULL, or found by one of curl's callbacks: then it takes precedence over curl's own code */
  char label[LABEL_SIZE];
  struct http_transfer *next, *prev;                   /* idle or waiting */
  struct http_transfer *progress_next, *progress_prev; /* utlist.h wants such names */
  bool is_special;                                     /* carries options of this request only */
  bool public_only;
  bool has_effect;  /* more than to read */
  bool began;       /* on_request_begins() was called */
  long sent_before; /* bytes that curl had sent (perhaps to a proxy) when it began the last time */
  long redirects_before;
  struct curl_slist *headers; /* of this request only */
  struct url_origin *origin;  /* that they are for; NULL without them */
  struct upload *upload;
  struct buffer answer_headers; /* of the last answer, with the line of its status, if they are wanted */
  bool wants_headers, is_held;
  void (*chunk)(const char *bytes, size_t size, void *data); /* or NULL */
  void *chunk_data;
  void (*progress)(size_t sent, size_t received, void *data);
  size_t sent, received;
  bool has_progressed;
  bool is_sent; /* all of the upload */
};

static void on_ended(void *easy, int code, void *data);
static void tell_progress(void *data);
static void on_timeout(void *data);
static void on_stall(void *data); /* unless a byte has moved meanwhile */

static void forget_error(struct http_transfer *transfer) {
  free(transfer->error);
  transfer->error = NULL;
}

/* ---- what curl calls: nothing here may call curl or the owner ---- */

static size_t add_bytes(struct http_transfer *transfer, struct buffer *buffer, const char *bytes, size_t size) {
  struct error error;
  if (buffer_add(buffer, bytes, size, &error)) return size;
  error_keep(&transfer->error, &error);
  return size + 1; /* anything but the size stops the transfer */
}

static size_t on_answer(char *bytes, size_t size, size_t count, void *data) {
  struct http_transfer *transfer = data;
  if (transfer->is_held) {
    multi_pause(transfer->multi, transfer->easy);
    return CURL_WRITEFUNC_PAUSE;
  }
  if (transfer->chunk) transfer->has_progressed = true;
  transfer->moved_at = clock_ticks(transfer->http->clock);
  if (!transfer->answer.data) buffer_swap(&transfer->answer, &transfer->http->spare);
  return add_bytes(transfer, &transfer->answer, bytes, size * count);
}

/* An answer begins with the line of its status: those before it were of redirects. */
static size_t on_header(char *line, size_t size, size_t count, void *data) {
  struct http_transfer *transfer = data;
  if (size * count > 5 && memcmp(line, "HTTP/", 5) == 0) buffer_clear(&transfer->answer_headers);
  return add_bytes(transfer, &transfer->answer_headers, line, size * count);
}

static void refuse_address(struct http_transfer *transfer) {
  struct error error;
  error_set(&error, ERROR_MISUSE,
            "that address is not on the public Internet, and only such are allowed here (run --allow-private-http allows "
            "others)");
  error_keep(&transfer->error, &error);
}

/* Checked right before a byte leaves, because on_open_socket() does not see every connection: after a redirect curl reuses one
 * of an earlier request, whatever FRESH_CONNECT says. */
static bool is_allowed_peer(const struct http_transfer *transfer, const struct url_origin *origin, const char *remote_ip) {
  struct sockaddr_storage address;
  if (!transfer->public_only) return true;
  if (transfer->proxy) return url_origin_is_outside(origin, transfer->http->is_public); /* the peer is the proxy */
  return address_parse(remote_ip, &address) && transfer->http->is_public((const struct sockaddr *)&address);
}

/* Headers of a request may hold a password for whoever was asked. The list is read anew for each request. */
static void keep_headers(struct http_transfer *transfer, const struct url_origin *origin, long redirects) {
  if (redirects == 0) {
    *transfer->origin = *origin;
  } else if (!origin->text[0] || strcmp(origin->text, transfer->origin->text) != 0) {
    header_list_empty(transfer->headers);
  }
}

static int on_request_begins(void *data, char *remote_ip, char *local_ip, int remote_port, int local_port) {
  (void)local_ip, (void)remote_port, (void)local_port;
  struct http_transfer *transfer = data;
  char *url = NULL;
  struct url_origin origin;
  origin.text[0] = origin.host[0] = '\0'; /* all of it would be half a kilobyte */
  if ((transfer->headers || transfer->public_only) && !curl_easy_getinfo(transfer->easy, CURLINFO_EFFECTIVE_URL, &url)) {
    url_origin_read(url, &origin);
  }
  if (!is_allowed_peer(transfer, &origin, remote_ip)) {
    refuse_address(transfer);
    return CURL_PREREQFUNC_ABORT;
  }
  long sent = 0, redirects = 0;
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &sent);
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_REDIRECT_COUNT, &redirects);
  bool is_repeated = transfer->began && redirects == transfer->redirects_before && sent > transfer->sent_before;
  if (is_repeated && transfer->has_effect) {
    struct error error;
    error_set(&error, ERROR_UNCERTAIN, "the connection ended before the answer; the request may have taken effect");
    error_keep(&transfer->error, &error);
    return CURL_PREREQFUNC_ABORT;
  }
  forget_error(transfer); /* the name has several addresses: one was refused, this one is allowed */
  if (transfer->headers) keep_headers(transfer, &origin, redirects);
  transfer->began = true;
  transfer->sent_before = sent;
  transfer->redirects_before = redirects;
  return CURL_PREREQFUNC_OK;
}

static curl_socket_t on_open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address) {
  (void)purpose;
  struct http_transfer *transfer = data;
  if (transfer->public_only && !transfer->proxy && !transfer->http->is_public(&address->addr)) {
    refuse_address(transfer);
    errno = EACCES;
    return CURL_SOCKET_BAD;
  }
  return multi_open_socket(transfer->multi, address);
}

static int on_progress(void *data, curl_off_t to_receive, curl_off_t received, curl_off_t to_send, curl_off_t sent) {
  (void)to_receive;
  struct http_transfer *transfer = data;
  if ((size_t)sent == transfer->sent && (size_t)received == transfer->received) return 0;
  transfer->sent = (size_t)sent;
  transfer->received = (size_t)received;
  transfer->moved_at = clock_ticks(transfer->http->clock);
  transfer->is_sent = to_send > 0 && sent == to_send;
  transfer->has_progressed = transfer->progress != NULL;
  return 0;
}

/* ---- transfers, kept for the next request ---- */

static void set_lasting_options(struct http_transfer *transfer) {
  CURL *easy = transfer->easy;
  (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
  (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  (void)curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
  (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  (void)curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  (void)curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)transfer->http->idle_max_s);
  /* A long poll is silent for 50 s; some routers drop a connection that is silent for that long. */
  (void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
  (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
  (void)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request_begins);
  (void)curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
  (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
  (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
  (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  tls_set_options(transfer->http->tls, easy);
  (void)curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* else curl would decide, see net/proxy.h */
  (void)curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  transfer->options = (struct request_options){0};
  transfer->last_multi = NULL;
  transfer->root = NULL;
  transfer->is_special = false;
}

static void transfer_free(struct http_transfer *transfer) {
  curl_easy_cleanup(transfer->easy);
  buffer_release(&transfer->answer);
  buffer_release(&transfer->answer_headers);
  forget_error(transfer);
  free(transfer);
}

static struct http_transfer *transfer_take(struct http *http) {
  struct http_transfer *transfer = http->idle;
  if (transfer) {
    LL_DELETE(http->idle, transfer);
    http->idle_count--;
    return transfer;
  }
  CURL *easy = curl_easy_init();
  if (!easy) return NULL;
  transfer = memory_new(sizeof *transfer);
  transfer->http = http;
  transfer->easy = easy;
  buffer_init(&transfer->answer, ANSWER_CEILING);
  buffer_init(&transfer->answer_headers, HEADERS_CEILING);
  set_lasting_options(transfer);
  return transfer;
}

static void wipe_special(struct http_transfer *transfer) {
  curl_easy_reset(transfer->easy);
  set_lasting_options(transfer);
  upload_free(transfer->upload);
  curl_slist_free_all(transfer->headers);
  free(transfer->origin);
  buffer_release(&transfer->answer_headers);
  transfer->upload = NULL;
  transfer->headers = NULL;
  transfer->origin = NULL;
}

static void transfer_put_back(struct http_transfer *transfer) {
  struct http *http = transfer->http;
  if (transfer->is_special) wipe_special(transfer);
  (void)curl_easy_setopt(transfer->easy, transfer->root ? CURLOPT_REQUEST_TARGET : CURLOPT_URL, NULL); /* perhaps a secret */
  if (http->idle_count >= http->max_connections) {
    transfer_free(transfer);
    return;
  }
  buffer_clear(&transfer->answer);
  if (!http->spare.data && transfer->answer.capacity <= HTTP_KEPT_ANSWER_SIZE) buffer_swap(&transfer->answer, &http->spare);
  buffer_release(&transfer->answer);
  LL_PREPEND(http->idle, transfer);
  http->idle_count++;
}

/* ---- starting ---- */

const struct http_root *http_root(struct http *http, const char *url) { return http_root_find(&http->roots, url); }

static void set_rare_options(struct http_transfer *transfer, const struct http_request *request) {
  CURL *easy = transfer->easy;
  if (request->follow && !request->method) { /* curl would keep the method, also where GET has to follow */
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)REDIRECTS);
    (void)curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  }
  if (request->public_only || request->own_connection) { /* a kept one would not be checked, and not be new */
    (void)curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  }
  if (request->own_connection) (void)curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  if (request->wants_headers) {
    (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
  }
  if (request->progress || request->part_count) {
    (void)curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    (void)curl_easy_setopt(easy, CURLOPT_XFERINFODATA, transfer);
  }
}

static bool set_method(struct http_transfer *transfer, const struct http_request *request, struct error *error) {
  if (!request->method) return true;
  CURLcode code = strcmp(request->method, "HEAD") == 0
                      ? curl_easy_setopt(transfer->easy, CURLOPT_NOBODY, 1L)
                      : curl_easy_setopt(transfer->easy, CURLOPT_CUSTOMREQUEST, request->method);
  return !code || error_set(error, ERROR_MEMORY, "%s: out of memory for a request", transfer->label);
}

static bool set_body(struct http_transfer *transfer, const struct http_request *request, struct error *error) {
  CURL *easy = transfer->easy;
  if (request->part_count) {
    transfer->upload = upload_new(easy, request->parts, request->part_count, transfer->label, error);
    return transfer->upload && set_method(transfer, request, error);
  }
  if (!request->body) return !curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) && set_method(transfer, request, error);
  (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
  return !curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body) && set_method(transfer, request, error);
}

static struct curl_slist *headers_of(struct http_transfer *transfer, const struct http_request *request) {
  const char *content_type = request->content_type && request->body ? request->content_type : "";
  const char *first = header_list_first(request);
  struct curl_slist *list = request->headers ? NULL : header_list_find(&transfer->http->headers, first, content_type);
  if (list) return list;
  transfer->is_special = true;
  transfer->origin = memory_new(sizeof *transfer->origin);
  return transfer->headers = header_list_make(first, *content_type ? content_type : NULL, request->headers);
}

static void tell_proxy(struct http *http, const char *proxy) {
  char name[PROXY_NAME_SIZE];
  if (http->has_told_proxy) return;
  http->has_told_proxy = true;
  proxy_name(proxy, name);
  log_info("requests go through the proxy that the environment names; proxy=%s", name);
}

/* Behind a proxy only the name can be checked, so the proxy decides which addresses a script reaches. */
static bool set_proxy(struct http_transfer *transfer, const struct http_request *request, struct error *error) {
  struct url_origin origin;
  if (!transfer->http->has_proxy) return true;
  transfer->proxy = proxy_for(request->url);
  if (transfer->proxy) tell_proxy(transfer->http, transfer->proxy);
  if (transfer->proxy && request->public_only) {
    url_origin_read(request->url, &origin);
    if (!url_origin_is_outside(&origin, transfer->http->is_public)) {
      refuse_address(transfer);
      *error = *transfer->error;
      return error_prefix(error, "%s", transfer->label), false;
    }
  }
  return !curl_easy_setopt(transfer->easy, CURLOPT_PROXY, transfer->proxy ? transfer->proxy : "") ||
         error_set(error, ERROR_MEMORY, "%s: out of memory for a request", transfer->label);
}

/* See net/http_root.h. A handle that had the root before keeps it. To a proxy the whole address is sent. */
static bool set_address(struct http_transfer *transfer, const struct http_request *request, struct error *error) {
  CURL *easy = transfer->easy;
  const struct http_root *root = transfer->proxy ? NULL : request->root;
  bool ok = true;
  if (root != transfer->root) {
    (void)curl_easy_setopt(easy, CURLOPT_URL, NULL);
    ok = !curl_easy_setopt(easy, CURLOPT_CURLU, http_root_curl(root));
    transfer->root = root;
  }
  ok = ok && !curl_easy_setopt(easy, root ? CURLOPT_REQUEST_TARGET : CURLOPT_URL, root ? request->target : request->url);
  return ok || error_set(error, ERROR_MEMORY, "%s: out of memory, or an address that is too long", transfer->label);
}

static bool set_request(struct http_transfer *transfer, const struct http_request *request, struct error *error) {
  transfer->is_special = request->part_count || request->follow || request->public_only || request->own_connection ||
                         request->progress || request->chunk || request->wants_headers || request->method;
  if (transfer->is_special) set_rare_options(transfer, request);
  const struct request_options options = {
      .headers = headers_of(transfer, request),
      .connect_timeout_ms = request->connect_timeout_ms ? request->connect_timeout_ms : CONNECT_TIMEOUT_MS,
      .buffer_size = request->is_short ? HTTP_SHORT_READ : CURL_MAX_WRITE_SIZE};
  request_options_tell(transfer->easy, &transfer->options, &options);
  return set_proxy(transfer, request, error) && set_address(transfer, request, error) && set_body(transfer, request, error);
}

/* Besides the end. */
static bool is_told(const struct http_transfer *transfer) { return transfer->progress || transfer->chunk; }

static void forget_last(struct http_transfer *transfer, const struct http_request *request, http_done done, void *data) {
  transfer->done = done;
  transfer->data = data;
  forget_error(transfer);
  transfer->answer.ceiling = request->answer_ceiling ? request->answer_ceiling : ANSWER_CEILING;
  transfer->public_only = request->public_only;
  transfer->has_effect = request->body || request->part_count || request->method;
  transfer->wants_headers = request->wants_headers;
  transfer->chunk = request->chunk;
  transfer->chunk_data = request->chunk_data;
  transfer->is_held = false;
  transfer->began = false;
  transfer->multi = NULL;
  transfer->progress = request->progress;
  transfer->sent = transfer->received = 0;
  transfer->has_progressed = transfer->is_sent = false;
  transfer->stall_ms = request->stall_ms;
  transfer->answer_ms = request->answer_ms ? request->answer_ms : request->stall_ms;
  transfer->moved_at = clock_ticks(transfer->http->clock);
  const char *label = request->label ? request->label : "HTTP";
  size_t size = strnlen(label, sizeof transfer->label - 1);
  memcpy(transfer->label, label, size);
  transfer->label[size] = '\0';
}

/* Where curl has no memory, the transfer ends by its timeout: this is also called from within the end of another transfer,
 * where this one's owner must not be called. */
static void run(struct http_transfer *transfer) {
  struct http *http = transfer->http;
  transfer->multi = multi_group_choose(http->multis);
  if (transfer->multi) {
    multi_add(transfer->multi, transfer->easy, transfer->multi != transfer->last_multi);
    transfer->last_multi = transfer->multi;
    http->running++;
    return;
  }
  struct error error;
  error_set(&error, ERROR_MEMORY, "out of memory for a request");
  error_keep(&transfer->error, &error);
  DL_PREPEND(http->waiting, transfer);
  clock_start(http->clock, &transfer->timeout, 0, on_timeout, transfer);
}

static void run_next(struct http *http) {
  struct http_transfer *transfer = http->waiting;
  if (!transfer || http->running >= http->max_connections) return;
  DL_DELETE(http->waiting, transfer);
  run(transfer);
}

struct http_transfer *http_start(struct http *http, const struct http_request *request, http_done done, void *data,
                                 struct error *error) {
  struct http_transfer *transfer = transfer_take(http);
  if (!transfer) {
    error_set(error, ERROR_MEMORY, "%s: out of memory for a request", request->label);
    return NULL;
  }
  forget_last(transfer, request, done, data);
  if (!set_request(transfer, request, error)) {
    transfer_put_back(transfer);
    return NULL;
  }
  if (is_told(transfer)) DL_APPEND2(http->progressing, transfer, progress_prev, progress_next);
  if (request->timeout_ms) clock_start(http->clock, &transfer->timeout, request->timeout_ms, on_timeout, transfer);
  if (request->stall_ms) clock_start(http->clock, &transfer->timeout, request->stall_ms, on_stall, transfer);
  if (http->running < http->max_connections) {
    run(transfer);
  } else {
    DL_APPEND(http->waiting, transfer);
  }
  return transfer;
}

/* ---- ending ---- */

/* Has a byte of the request itself been sent? */
static bool was_sent(const struct http_transfer *transfer) {
  long sent = 0;
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &sent);
  return transfer->began && sent > transfer->sent_before;
}

static void make_answer(struct http_transfer *transfer, CURLcode code, struct http_answer *answer) {
  *answer = (struct http_answer){.body = transfer->answer.data ? transfer->answer.data : "",
                                 .size = transfer->answer.size,
                                 .headers = transfer->answer_headers.data ? transfer->answer_headers.data : "",
                                 .content_type = ""};
  if (code != CURLE_OK) {
    struct http_failure failure = {transfer->easy, (int)code, was_sent(transfer), transfer->label, transfer->proxy};
    if (transfer->error) {
      answer->error = *transfer->error;
      error_prefix(&answer->error, "%s", transfer->label);
    } else {
      http_failure_explain(&failure, &answer->error);
    }
    return;
  }
  long status = 0;
  curl_off_t retry_after = 0;
  char *type = NULL;
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
  (void)curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &type);
  if (status != 200) (void)curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry_after);
  answer->status = (int)status;
  if (retry_after > 0) answer->retry_after = retry_after < INT_MAX ? (int)retry_after : INT_MAX;
  if (type) answer->content_type = type;
}

/* After this neither curl nor the clock has the transfer. */
static void forget(struct http_transfer *transfer) {
  struct http *http = transfer->http;
  clock_stop(http->clock, &transfer->timeout);
  if (is_told(transfer)) DL_DELETE2(http->progressing, transfer, progress_prev, progress_next);
  transfer->progress = NULL;
  transfer->chunk = NULL;
  if (transfer->multi) {
    http->running--;
  } else {
    DL_DELETE(http->waiting, transfer);
  }
  run_next(http);
}

static void end(struct http_transfer *transfer, CURLcode code) {
  struct http_answer answer;
  make_answer(transfer, code, &answer);
  forget(transfer);
  transfer->done(&answer, transfer->data); /* may start other transfers; this one is not idle yet, so they can't take it */
  transfer_put_back(transfer);
}

static void on_ended(void *easy, int code, void *data) {
  (void)data;
  char *private = NULL;
  (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
  end((struct http_transfer *)private, (CURLcode)code);
}

static void on_timeout(void *data) {
  struct http_transfer *transfer = data;
  if (transfer->multi) multi_remove(transfer->multi, transfer->easy);
  end(transfer, CURLE_OPERATION_TIMEDOUT);
}

static void on_stall(void *data) {
  struct http_transfer *transfer = data;
  struct clock *clock = transfer->http->clock;
  int64_t allowed = transfer->is_sent ? transfer->answer_ms : transfer->stall_ms;
  int64_t left = transfer->moved_at + allowed - clock_ticks(clock);
  if (transfer->is_held) left = allowed; /* it is its owner who waits */
  if (left > 0) {
    clock_start(clock, &transfer->timeout, left, on_stall, transfer);
  } else {
    on_timeout(transfer);
  }
}

/* The callback may cancel the transfer, so its bytes are taken out of it first. */
static void tell(struct http_transfer *transfer) {
  if (!transfer->chunk) {
    transfer->progress(transfer->sent, transfer->received, transfer->data);
    return;
  }
  struct buffer bytes = transfer->answer;
  buffer_init(&transfer->answer, bytes.ceiling);
  if (bytes.size) transfer->chunk(bytes.data, bytes.size, transfer->chunk_data);
  buffer_release(&bytes);
}

static void tell_progress(void *data) {
  struct http *http = data;
  struct http_transfer *transfer = http->progressing;
  while (transfer) {
    bool is_news = transfer->has_progressed;
    transfer->has_progressed = false;
    if (is_news) tell(transfer);
    transfer = is_news ? http->progressing : transfer->progress_next; /* the callback may have cancelled any of them */
  }
}

void http_peek(struct http_transfer *transfer, struct http_answer *answer) { make_answer(transfer, CURLE_OK, answer); }

void http_hold(struct http_transfer *transfer, bool is_held) {
  if (transfer->is_held == is_held) return;
  transfer->is_held = is_held;
  transfer->moved_at = clock_ticks(transfer->http->clock);
  if (!is_held && transfer->multi) (void)curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
}

void http_cancel(struct http_transfer *transfer) {
  if (transfer->multi) multi_remove(transfer->multi, transfer->easy);
  forget(transfer);
  transfer_put_back(transfer);
}

/* ---- life ---- */

static void free_idle(struct http *http) {
  while (http->idle) {
    struct http_transfer *transfer = http->idle;
    LL_DELETE(http->idle, transfer);
    transfer_free(transfer);
  }
  http->idle_count = 0;
}

static void on_group_closed(void *data) {
  struct http *http = data;
  if (--http->open_groups || !http->is_closing) return;
  free_idle(http);
  buffer_release(&http->spare);
  header_list_free(http->headers);
  http_root_free(http->roots);
  tls_free(http->tls);
  free(http);
  curl_global_cleanup();
  wiped_memory_keep_no_more();
}

static bool add_group(struct http *http, struct error *error) {
  struct multi_group *multis = multi_group_open(http->loop, http->max_connections, on_ended, tell_progress, http);
  if (!multis) return error_set(error, ERROR_SYSTEM, "can't start libcurl: out of memory");
  http->multis = multis;
  http->open_groups++;
  return true;
}

struct http *http_open(struct loop *loop, unsigned max_connections, struct error *error) {
  if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, wiped_memory_new, wiped_memory_free, wiped_memory_resize,
                           wiped_memory_copy_text, wiped_memory_new_zeroed)) {
    error_set(error, ERROR_SYSTEM, "can't start libcurl");
    return NULL;
  }
  wiped_memory_keep(); /* as long as libcurl is in use */
  struct http *http = memory_new(sizeof *http);
  http->loop = loop;
  http->max_connections = connection_limit(max_connections);
  http->is_public = address_is_public;
  http->idle_max_s = IDLE_MAX_S;
  http->has_proxy = proxy_is_configured();
  http->clock = clock_open(loop);
  http->tls = tls_new(error);
  if (http->tls && add_group(http, error)) return http;
  clock_close(http->clock);
  tls_free(http->tls);
  free(http);
  curl_global_cleanup();
  wiped_memory_keep_no_more();
  return NULL;
}

void http_judge_addresses(struct http *http, bool (*is_public)(const struct sockaddr *address)) { http->is_public = is_public; }

void http_keep_idle(struct http *http, unsigned seconds) { http->idle_max_s = seconds; }

bool http_trust(struct http *http, const char *ca_file, struct error *error) { return tls_trust(http->tls, ca_file, error); }

void http_close(struct http *http) {
  if (!http) return;
  http->is_closing = true;
  clock_close(http->clock);
  multi_group_retire(http->multis, on_group_closed, http);
}

/* curl can't be told to drop idle connections, so a new multi takes over and the old one is closed after its last transfer. */
void http_refresh(struct http *http) {
  struct multi_group *old = http->multis;
  if (add_group(http, NULL)) multi_group_retire(old, on_group_closed, http);
}
