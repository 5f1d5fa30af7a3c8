/* A request goes through an easy handle that is used again and again: setting it up costs more than sending with it. What
 * nearly all requests share is set once; what few ask for (multipart, redirects, ...) is set for that one and wiped off
 * afterwards.
 *
 * curl repeats a request by itself when a kept connection ends before a byte of an answer, though the request may have arrived.
 * A message would then be sent twice. So each start of sending is watched (on_request_begins), and the repetition of one that
 * has a body is stopped when bytes of it were sent before.
 *
 * HTTP/1.1 on purpose. Over HTTP/2 a server ends the shared connection every thousand requests or so (measured with curl 7.88),
 * and what was under way on it would have to be called uncertain; with HTTP/1.1 it announces the end in an answer.
 *
 * No timeout of curl's holds for a transfer that it keeps waiting for a connection. So those over the limit wait here, and the
 * timeout of the whole is ours. */
#include "net/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <utlist.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/loop.h"
#include "common/memory.h"
#include "net/address.h"
#include "net/multi.h"

#ifndef HTTP_KEPT_ANSWER_SIZE
#define HTTP_KEPT_ANSWER_SIZE (16 << 10) /* bytes that an idle call may hold; Telegram's answer to a send has about 1 kB */
#endif
#ifndef HTTP_KNOWN_TYPES
#define HTTP_KNOWN_TYPES 4 /* content types whose header list is prepared once */
#endif

enum {
  CONNECT_TIMEOUT_MS = 10000,
  ANSWER_CEILING = 1 << 20,
  REDIRECTS = 5,
  LABEL_SIZE = 64,
};

struct known_type {
  char *content_type;
  struct curl_slist *headers;
};

struct http {
  struct loop *loop;
  struct clock *clock;
  unsigned max_connections;
  struct multi *multi;
  unsigned running;          /* calls that are with curl; at most max_connections */
  struct http_call *waiting; /* for one of them to end; the longest waiting is the first */
  unsigned open_multis;      /* this one, and those that http_refresh() has replaced and that are not closed yet */
  bool is_closing;
  struct http_call *idle; /* linked by next; the last used is the first */
  unsigned idle_count;
  struct http_call *watched; /* with progress to tell */
  struct known_type known[HTTP_KNOWN_TYPES];
  bool (*is_public)(const struct sockaddr *address);
};

struct http_call {
  struct http *http;
  struct multi *multi; /* the one that it is in; NULL while it waits */
  struct clock_timer timeout;
  CURL *easy;
  http_done done;
  void *data;
  struct buffer answer;
  struct error error; /* what a callback of curl's has noticed; goes before curl's own code */
  char label[LABEL_SIZE];
  struct http_call *next, *prev;                 /* idle or waiting */
  struct http_call *watched_next, *watched_prev; /* utlist.h wants such names */
  bool is_special;                               /* carries options of this request only */
  bool public_only;
  bool has_body;
  bool began;       /* on_request_begins() was called */
  long sent_before; /* bytes that curl had sent (perhaps to a proxy) when it began the last time */
  long redirects_before;
  struct curl_slist *headers; /* of this request only */
  curl_mime *mime;
  struct part_source *sources; /* as many as parts; outlives mime */
  void (*progress)(size_t sent, size_t received, void *data);
  size_t sent, received;
  bool has_progressed;
};

/* How far curl has read a part that lies in memory. */
struct part_source {
  const struct http_part *part;
  size_t at;
};

static void on_ended(void *easy, int code, void *data);
static void tell_progress(void *data);
static void on_timeout(void *data);

/* ---- what curl calls: nothing here may call curl or the owner ---- */

static size_t on_answer(char *bytes, size_t size, size_t count, void *data) {
  struct http_call *call = data;
  if (buffer_add(&call->answer, bytes, size * count, &call->error)) return size * count;
  return size * count + 1; /* anything but the size stops the transfer */
}

static bool refuse_address(struct http_call *call) {
  return error_set(&call->error, ERROR_MISUSE, "that address is not on the public Internet, and only such are allowed here");
}

/* The last moment before a byte leaves. A redirect may lead to a connection that is kept since another request, and so has
 * passed on_open_socket() without being judged: curl reuses one there, whatever FRESH_CONNECT says. */
static bool is_allowed_peer(const struct http_call *call, const char *remote_ip) {
  struct sockaddr_storage address;
  if (!call->public_only) return true;
  return address_parse(remote_ip, &address) && call->http->is_public((const struct sockaddr *)&address);
}

static int on_request_begins(void *data, char *remote_ip, char *local_ip, int remote_port, int local_port) {
  (void)local_ip, (void)remote_port, (void)local_port;
  struct http_call *call = data;
  if (!is_allowed_peer(call, remote_ip)) {
    (void)refuse_address(call);
    return CURL_PREREQFUNC_ABORT;
  }
  long sent = 0, redirects = 0;
  (void)curl_easy_getinfo(call->easy, CURLINFO_REQUEST_SIZE, &sent);
  (void)curl_easy_getinfo(call->easy, CURLINFO_REDIRECT_COUNT, &redirects);
  bool is_repeated = call->began && redirects == call->redirects_before && sent > call->sent_before;
  if (is_repeated && call->has_body) {
    error_set(&call->error, ERROR_UNCERTAIN, "the connection ended before the answer; what was asked may have been done");
    return CURL_PREREQFUNC_ABORT;
  }
  call->error.kind = ERROR_NONE; /* an address that was not allowed had a neighbour that is */
  call->began = true;
  call->sent_before = sent;
  call->redirects_before = redirects;
  return CURL_PREREQFUNC_OK;
}

static curl_socket_t on_open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address) {
  (void)purpose;
  struct http_call *call = data;
  if (call->public_only && !call->http->is_public(&address->addr)) {
    (void)refuse_address(call);
    errno = EACCES;
    return CURL_SOCKET_BAD;
  }
  return multi_open_socket(call->multi, address);
}

static int on_progress(void *data, curl_off_t to_receive, curl_off_t received, curl_off_t to_send, curl_off_t sent) {
  (void)to_receive, (void)to_send;
  struct http_call *call = data;
  if ((size_t)sent == call->sent && (size_t)received == call->received) return 0;
  call->sent = (size_t)sent;
  call->received = (size_t)received;
  call->has_progressed = true;
  return 0;
}

static size_t on_part_read(char *bytes, size_t size, size_t count, void *data) {
  struct part_source *source = data;
  size_t left = source->part->size - source->at, n = size * count < left ? size * count : left;
  memcpy(bytes, source->part->data + source->at, n);
  source->at += n;
  return n;
}

static int on_part_seek(void *data, curl_off_t offset, int origin) {
  struct part_source *source = data;
  if (origin != SEEK_SET || offset < 0 || (size_t)offset > source->part->size) return CURL_SEEKFUNC_CANTSEEK;
  source->at = (size_t)offset;
  return CURL_SEEKFUNC_OK;
}

/* ---- calls, kept for the next request ---- */

static void set_lasting_options(struct http_call *call) {
  CURL *easy = call->easy;
  (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
  (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  (void)curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
  (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  (void)curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  /* A long poll is silent for 50 s, which some routers take for death. */
  (void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
  (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
  (void)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request_begins);
  (void)curl_easy_setopt(easy, CURLOPT_PREREQDATA, call);
  (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
  (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call);
  (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  call->is_special = false;
}

static void call_free(struct http_call *call) {
  curl_easy_cleanup(call->easy);
  buffer_release(&call->answer);
  free(call);
}

static struct http_call *call_take(struct http *http) {
  struct http_call *call = http->idle;
  if (call) {
    LL_DELETE(http->idle, call);
    http->idle_count--;
    return call;
  }
  CURL *easy = curl_easy_init();
  if (!easy) return NULL;
  call = memory_new(sizeof *call);
  call->http = http;
  call->easy = easy;
  buffer_init(&call->answer, ANSWER_CEILING);
  set_lasting_options(call);
  return call;
}

static void wipe_special(struct http_call *call) {
  curl_easy_reset(call->easy);
  set_lasting_options(call);
  curl_mime_free(call->mime);
  curl_slist_free_all(call->headers);
  free(call->sources);
  call->mime = NULL;
  call->headers = NULL;
  call->sources = NULL;
}

static void call_put_back(struct http_call *call) {
  struct http *http = call->http;
  if (call->is_special) wipe_special(call);
  if (http->idle_count >= http->max_connections) {
    call_free(call);
    return;
  }
  if (call->answer.capacity > HTTP_KEPT_ANSWER_SIZE) buffer_release(&call->answer);
  buffer_clear(&call->answer);
  LL_PREPEND(http->idle, call);
  http->idle_count++;
}

/* ---- starting ---- */

static struct curl_slist *make_headers(const char *content_type, const char *const *more) {
  struct curl_slist *list = curl_slist_append(NULL, "Expect:"); /* else a large body waits for a "100 Continue" */
  char line[160];
  (void)snprintf(line, sizeof line, "Content-Type: %s", content_type ? content_type : "");
  if (content_type) list = curl_slist_append(list, line);
  for (; more && *more; more++) list = curl_slist_append(list, *more);
  return list;
}

/* Never freed before http is, since a handle may go on pointing to it. NULL: too many sorts of content for the table. */
static struct curl_slist *known_headers(struct http *http, const char *content_type) {
  for (int i = 0; i < HTTP_KNOWN_TYPES; i++) {
    struct known_type *known = &http->known[i];
    if (!known->headers) {
      known->content_type = memory_copy_text(content_type);
      known->headers = make_headers(*content_type ? content_type : NULL, NULL);
    }
    if (strcmp(known->content_type, content_type) == 0) return known->headers;
  }
  return NULL;
}

/* Bytes in memory are read from where they are: a backup's part of 19 MB is not copied for curl. */
static bool add_part(struct http_call *call, const struct http_part *part, struct part_source *source) {
  curl_mimepart *mime = curl_mime_addpart(call->mime);
  if (!mime || curl_mime_name(mime, part->name)) return false;
  *source = (struct part_source){.part = part};
  CURLcode code = part->path ? curl_mime_filedata(mime, part->path)
                             : curl_mime_data_cb(mime, (curl_off_t)part->size, on_part_read, on_part_seek, NULL, source);
  return !code && !curl_mime_filename(mime, part->file_name);
}

static bool set_parts(struct http_call *call, const struct http_request *request, struct error *error) {
  call->mime = curl_mime_init(call->easy);
  call->sources = memory_new(request->part_count * sizeof *call->sources);
  for (size_t i = 0; i < request->part_count; i++) {
    const struct http_part *part = &request->parts[i];
    if (call->mime && add_part(call, part, &call->sources[i])) continue;
    if (part->path) return error_set(error, ERROR_MISUSE, "%s: can't read the file %s", call->label, part->path);
    return error_set(error, ERROR_MEMORY, "%s: out of memory for an upload", call->label);
  }
  return !curl_easy_setopt(call->easy, CURLOPT_MIMEPOST, call->mime) ||
         error_set(error, ERROR_MEMORY, "%s: out of memory for an upload", call->label);
}

static void set_rare_options(struct http_call *call, const struct http_request *request) {
  CURL *easy = call->easy;
  if (request->follow) {
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)REDIRECTS);
    (void)curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  }
  if (request->public_only) { /* a kept connection or a proxy would escape the check of the address */
    (void)curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
  }
  if (request->progress) {
    (void)curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    (void)curl_easy_setopt(easy, CURLOPT_XFERINFODATA, call);
  }
}

static bool set_body(struct http_call *call, const struct http_request *request, struct error *error) {
  CURL *easy = call->easy;
  if (request->part_count) return set_parts(call, request, error);
  if (!request->body) return !curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
  return !curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body);
}

static void set_headers(struct http_call *call, const struct http_request *request) {
  const char *content_type = request->content_type && request->body ? request->content_type : "";
  struct curl_slist *list = request->headers ? NULL : known_headers(call->http, content_type);
  if (!list) {
    call->is_special = true;
    list = call->headers = make_headers(*content_type ? content_type : NULL, request->headers);
  }
  (void)curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, list);
}

static bool set_request(struct http_call *call, const struct http_request *request, struct error *error) {
  CURL *easy = call->easy;
  call->is_special = request->part_count || request->follow || request->public_only || request->progress;
  if (call->is_special) set_rare_options(call, request);
  set_headers(call, request);
  (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                         (long)(request->connect_timeout_ms ? request->connect_timeout_ms : CONNECT_TIMEOUT_MS));
  if (curl_easy_setopt(easy, CURLOPT_URL, request->url)) {
    return error_set(error, ERROR_MEMORY, "%s: out of memory, or an address that is too long", call->label);
  }
  return set_body(call, request, error);
}

static void forget_last(struct http_call *call, const struct http_request *request, http_done done, void *data) {
  call->done = done;
  call->data = data;
  call->error.kind = ERROR_NONE;
  call->answer.ceiling = request->answer_ceiling ? request->answer_ceiling : ANSWER_CEILING;
  call->public_only = request->public_only;
  call->has_body = request->body || request->part_count;
  call->began = false;
  call->multi = NULL;
  call->progress = request->progress;
  call->sent = call->received = 0;
  call->has_progressed = false;
  (void)snprintf(call->label, sizeof call->label, "%s", request->label ? request->label : "HTTP");
}

/* Where curl has no memory the call ends by its timeout: whoever made room for it must not be called back for another call. */
static void run(struct http_call *call) {
  struct http *http = call->http;
  call->multi = http->multi;
  if (multi_add(call->multi, call->easy)) {
    http->running++;
    return;
  }
  call->multi = NULL;
  error_set(&call->error, ERROR_MEMORY, "out of memory for a request");
  DL_PREPEND(http->waiting, call);
  clock_start(http->clock, &call->timeout, 0, on_timeout, call);
}

static void run_next(struct http *http) {
  struct http_call *call = http->waiting;
  if (!call || http->running >= http->max_connections) return;
  DL_DELETE(http->waiting, call);
  run(call);
}

struct http_call *http_start(struct http *http, const struct http_request *request, http_done done, void *data,
                             struct error *error) {
  struct http_call *call = call_take(http);
  if (!call) {
    error_set(error, ERROR_MEMORY, "%s: out of memory for a request", request->label);
    return NULL;
  }
  forget_last(call, request, done, data);
  if (!set_request(call, request, error)) {
    call_put_back(call);
    return NULL;
  }
  if (call->progress) DL_APPEND2(http->watched, call, watched_prev, watched_next);
  if (request->timeout_ms) clock_start(http->clock, &call->timeout, request->timeout_ms, on_timeout, call);
  if (http->running < http->max_connections) {
    run(call);
  } else {
    DL_APPEND(http->waiting, call);
  }
  return call;
}

/* ---- ending ---- */

/* Did a byte of the request itself leave? */
static bool was_sent(const struct http_call *call) {
  long sent = 0;
  (void)curl_easy_getinfo(call->easy, CURLINFO_REQUEST_SIZE, &sent);
  return call->began && sent > call->sent_before;
}

static enum error_kind kind_of(const struct http_call *call, CURLcode code) {
  switch (code) {
    case CURLE_OUT_OF_MEMORY: return ERROR_MEMORY;
    case CURLE_READ_ERROR: return ERROR_MISUSE; /* of a part's file */
    case CURLE_UNSUPPORTED_PROTOCOL:            /* which is also what curl calls an answer that is not HTTP */
    case CURLE_URL_MALFORMAT: return was_sent(call) ? ERROR_UNCERTAIN : ERROR_MISUSE;
    default: return was_sent(call) ? ERROR_UNCERTAIN : ERROR_NETWORK;
  }
}

/* curl's own words, but never its error buffer: that may quote the URL. */
static void explain(struct http_call *call, CURLcode code, struct error *error) {
  long number = 0;
  (void)curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &number);
  enum error_kind kind = kind_of(call, code);
  const char *reason = number && code == CURLE_COULDNT_CONNECT ? strerror((int)number) : NULL;
  const char *hint = kind == ERROR_UNCERTAIN ? "; what was asked may have been done" : "";
  error_set(error, kind, "%s: %s%s%s%s", call->label, curl_easy_strerror(code), reason ? ": " : "", reason ? reason : "", hint);
}

static void make_answer(struct http_call *call, CURLcode code, struct http_answer *answer) {
  *answer =
      (struct http_answer){.body = call->answer.data ? call->answer.data : "", .size = call->answer.size, .content_type = ""};
  if (code != CURLE_OK) {
    if (!call->error.kind) explain(call, code, &answer->error);
    if (call->error.kind) {
      answer->error = call->error;
      error_prefix(&answer->error, "%s", call->label);
    }
    return;
  }
  long status = 0;
  curl_off_t retry_after = 0;
  char *type = NULL;
  (void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
  (void)curl_easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &type);
  if (status != 200) (void)curl_easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &retry_after);
  answer->status = (int)status;
  answer->retry_after = (int)retry_after;
  if (type) answer->content_type = type;
}

/* From here on neither curl nor the clock knows the call. */
static void forget(struct http_call *call) {
  struct http *http = call->http;
  clock_stop(http->clock, &call->timeout);
  if (call->progress) DL_DELETE2(http->watched, call, watched_prev, watched_next);
  call->progress = NULL;
  if (call->multi) {
    http->running--;
  } else {
    DL_DELETE(http->waiting, call);
  }
  run_next(http);
}

static void end(struct http_call *call, CURLcode code) {
  struct http_answer answer;
  make_answer(call, code, &answer);
  forget(call);
  call->done(&answer, call->data); /* may start others: this call is not among the idle ones yet */
  call_put_back(call);
}

static void on_ended(void *easy, int code, void *data) {
  (void)data;
  char *private = NULL;
  (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
  end((struct http_call *)private, (CURLcode)code);
}

static void on_timeout(void *data) {
  struct http_call *call = data;
  if (call->multi) multi_remove(call->multi, call->easy);
  end(call, CURLE_OPERATION_TIMEDOUT);
}

static void tell_progress(void *data) {
  struct http *http = data;
  struct http_call *call = http->watched;
  while (call) {
    bool is_news = call->has_progressed;
    call->has_progressed = false;
    if (is_news) call->progress(call->sent, call->received, call->data);
    call = is_news ? http->watched : call->watched_next; /* whoever was told may have cancelled any */
  }
}

void http_call_cancel(struct http_call *call) {
  if (call->multi) multi_remove(call->multi, call->easy);
  forget(call);
  call_put_back(call);
}

/* ---- life ---- */

static void free_idle(struct http *http) {
  while (http->idle) {
    struct http_call *call = http->idle;
    LL_DELETE(http->idle, call);
    call_free(call);
  }
  http->idle_count = 0;
}

static void on_multi_closed(void *data) {
  struct http *http = data;
  if (--http->open_multis || !http->is_closing) return;
  free_idle(http);
  for (int i = 0; i < HTTP_KNOWN_TYPES; i++) {
    free(http->known[i].content_type);
    curl_slist_free_all(http->known[i].headers);
  }
  free(http);
  curl_global_cleanup();
}

static bool add_multi(struct http *http, struct error *error) {
  struct multi *multi = multi_open(http->loop, http->max_connections, on_ended, tell_progress, http);
  if (!multi) return error_set(error, ERROR_SYSTEM, "can't start libcurl: out of memory");
  http->multi = multi;
  http->open_multis++;
  return true;
}

struct http *http_open(struct loop *loop, unsigned max_connections, struct error *error) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT)) {
    error_set(error, ERROR_SYSTEM, "can't start libcurl");
    return NULL;
  }
  struct http *http = memory_new(sizeof *http);
  http->loop = loop;
  http->max_connections = max_connections;
  http->is_public = address_is_public;
  http->clock = clock_open(loop);
  if (add_multi(http, error)) return http;
  clock_close(http->clock);
  free(http);
  curl_global_cleanup();
  return NULL;
}

void http_judge_addresses(struct http *http, bool (*is_public)(const struct sockaddr *address)) { http->is_public = is_public; }

void http_close(struct http *http) {
  if (!http) return;
  http->is_closing = true;
  clock_close(http->clock);
  multi_retire(http->multi, on_multi_closed, http);
}

/* curl can't be told to drop what is idle, so a new multi takes over and the old one goes with its last transfer. */
void http_refresh(struct http *http) {
  struct multi *old = http->multi;
  if (add_multi(http, NULL)) multi_retire(old, on_multi_closed, http);
}
