/* Every call of a bot is an exchange: it may be delayed, it may have to wait for updates, a fault may spoil it. */
#define _GNU_SOURCE /* strcasestr */
#include "sandbox/site.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utlist.h>

#include "common/embed.h"
#include "common/error.h"
#include "common/memory.h"
#include "net/server.h"
#include "sandbox/call.h"
#include "sandbox/control.h"
#include "sandbox/faults.h"
#include "sandbox/file.h"
#include "sandbox/journal.h"
#include "sandbox/methods.h"
#include "sandbox/model.h"
#include "sandbox/queue.h"
#include "sandbox/sandbox.h"
#include "sandbox/watch.h"
#include "sandbox/write.h"

#define BODY_MAX (FILE_MAX_UP + 1024 * 1024) /* a file of 50 MB, and what is around it */
static const char too_large[] = "{\"ok\":false,\"error_code\":413,\"description\":\"Request Entity Too Large\"}";
static const char json_content[] = "application/json";
static const char html_type[] = "text/html; charset=utf-8";

/* In the order of its life: begin, (delay), run, (wait for updates), end. */
struct exchange {
  struct site *site;
  struct server_request *request;
  struct call call;
  struct fault fault;
  json_t *body;                 /* a JSON body, whose strings the parameters point into */
  struct server_parameter *own; /* the parameters of a JSON body, after the query's; NULL: the server's */
  char **dumps;                 /* the values of `own` that are no strings */
  size_t own_count;
  struct queue_poll poll;
  struct clock_timer timer;
  int64_t started_at;
  struct exchange *prev, *next;
};

static void on_delay_over(void *exchange);
static void exchange_run(struct exchange *exchange);
static void on_poll_done(struct queue_poll *poll, bool is_conflict);
static void on_poll_timeout(void *exchange);
static void exchange_end(struct exchange *exchange);

/* ---- parameters ---- */

static bool has_type(const struct server_request *request, const char *type) {
  const char *header = server_header(request, "Content-Type");
  return header && strcasestr(header, type);
}

/* The query wins over the body, so it comes first. What is no string stays the JSON text that it was. */
static void read_json(struct exchange *exchange) {
  const struct server_parameter *query;
  const char *body;
  size_t size = server_body(exchange->request, &body), count = server_parameters(exchange->request, &query), i = 0;
  exchange->body = size ? json_loadb(body, size, JSON_ALLOW_NUL, NULL) : NULL;
  if (!json_is_object(exchange->body)) return;
  size_t total = count + json_object_size(exchange->body);
  exchange->own = memory_new((total + 1) * sizeof *exchange->own);
  exchange->dumps = memory_new((total + 1) * sizeof(char *));
  for (; i < count; i++) exchange->own[i] = query[i];
  const char *name;
  json_t *value;
  json_object_foreach(exchange->body, name, value) {
    if (!json_is_string(value)) exchange->dumps[i] = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    const char *text = exchange->dumps[i] ? exchange->dumps[i] : json_string_value(value);
    size_t length = exchange->dumps[i] ? strlen(text) : json_string_length(value);
    exchange->own[i++] = (struct server_parameter){.name = name, .value = text, .size = length};
  }
  exchange->own_count = i;
}

static char *take_file(void *request, size_t index, size_t *size) { return server_take_file(request, index, size); }

static void read_parameters(struct exchange *exchange) {
  struct call *call = &exchange->call;
  call->count = server_parameters(exchange->request, &call->parameters);
  call->take_file = take_file;
  call->source = exchange->request;
  if (!has_type(exchange->request, json_content)) return;
  read_json(exchange);
  if (!exchange->own) return;
  call->parameters = exchange->own;
  call->count = exchange->own_count;
}

/* ---- the life of an exchange ---- */

static void exchange_free(struct exchange *exchange) {
  DL_DELETE(exchange->site->exchanges, exchange);
  clock_stop(exchange->site->clock, &exchange->timer);
  if (exchange->call.bot) queue_forget(exchange->call.bot->queue, &exchange->poll);
  for (size_t i = 0; i < exchange->own_count; i++) free(exchange->dumps[i]);
  free(exchange->dumps);
  free(exchange->own);
  json_decref(exchange->body);
  buffer_release(&exchange->call.answer);
  free(exchange);
}

static void refuse(struct server_request *request, int code, const char *description) {
  struct call call = {0};
  size_t size;
  buffer_init(&call.answer, WRITE_CEILING);
  call_fail(&call, code, "%s", description);
  char *body = buffer_take(&call.answer, &size);
  server_reply(request, code, json_content, body, size, NULL);
}

static void fail_on_purpose(struct call *call, const struct fault *fault) {
  static const struct {
    int code;
    const char *description;
  } texts[] = {{400, "Bad Request: failed on purpose"},
               {401, "Unauthorized"},
               {403, "Forbidden: bot was blocked by the user"},
               {409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"},
               {500, "Internal Server Error: restart"}};
  call->retry_after = fault->retry_after;
  if (fault->code == 429) {
    call_fail(call, 429, "Too Many Requests: retry after %d", fault->retry_after);
    return;
  }
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    if (texts[i].code == fault->code) call_fail(call, fault->code, "%s", texts[i].description);
  }
}

static void begin(struct site *site, struct server_request *request, const char *token, const char *method) {
  struct bot *bot = model_use_bot(site->model, token);
  if (!bot) {
    refuse(request, 404, "Not Found"); /* api.telegram.org says so of a token that has not the form of one */
    return;
  }
  struct exchange *exchange = memory_new(sizeof *exchange);
  *exchange = (struct exchange){.site = site, .request = request, .started_at = clock_now(site->clock)};
  DL_APPEND(site->exchanges, exchange);
  site->calls++;
  exchange->call.model = site->model;
  exchange->call.bot = bot;
  buffer_init(&exchange->call.answer, WRITE_CEILING);
  read_parameters(exchange);
  const char *named = *method ? NULL : call_text(&exchange->call, "method");
  exchange->call.method = named ? named : method;
  exchange->fault = faults_take(site->faults, exchange->call.method, call_integer(&exchange->call, "chat_id", 0));
  bool is_poll = strcasecmp(exchange->call.method, "getUpdates") == 0;
  int64_t delay = (is_poll ? 0 : site->delay_ms) + (exchange->fault.kind == FAULT_DELAY ? exchange->fault.ms : 0);
  if (delay)
    clock_start(site->clock, &exchange->timer, delay, on_delay_over, exchange);
  else
    exchange_run(exchange);
}

static void on_delay_over(void *exchange) { exchange_run(exchange); }

/* An empty 200 is a success that nobody hears of; all other spoilt answers come instead of the effect. */
static bool comes_before(const struct fault *fault) {
  return fault->kind == FAULT_ERROR || fault->kind == FAULT_DROP_BEFORE || fault->kind == FAULT_GARBAGE ||
         (fault->kind == FAULT_EMPTY && fault->code != 200);
}

static void exchange_run(struct exchange *exchange) {
  struct call *call = &exchange->call;
  if (comes_before(&exchange->fault)) {
    call->status = exchange->fault.code;
    if (exchange->fault.kind == FAULT_ERROR) fail_on_purpose(call, &exchange->fault);
    exchange_end(exchange);
    return;
  }
  if (!exchange->site->has_limits || limits_allow(exchange->site, call)) methods_run(call);
  if (call->status) {
    exchange_end(exchange);
    return;
  }
  exchange->poll.done = on_poll_done;
  clock_start(exchange->site->clock, &exchange->timer, (int64_t)call->timeout_s * 1000, on_poll_timeout, exchange);
  queue_wait(call->bot->queue, &exchange->poll);
}

static void on_poll_done(struct queue_poll *poll, bool is_conflict) {
  struct exchange *exchange = (struct exchange *)((char *)poll - offsetof(struct exchange, poll));
  methods_answer_poll(&exchange->call, is_conflict);
  exchange_end(exchange);
}

static void on_poll_timeout(void *data) {
  struct exchange *exchange = data;
  queue_forget(exchange->call.bot->queue, &exchange->poll);
  on_poll_done(&exchange->poll, false);
}

static void reply(struct exchange *exchange) {
  struct call *call = &exchange->call;
  char retry[40];
  const char *headers[] = {retry, NULL};
  size_t size;
  (void)snprintf(retry, sizeof retry, "Retry-After: %d", call->retry_after);
  char *body = buffer_take(&call->answer, &size);
  server_reply(exchange->request, call->status, json_content, body, size, call->retry_after ? headers : NULL);
}

static void exchange_end(struct exchange *exchange) {
  static const char page[] =
      "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway"
      "</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
  struct call *call = &exchange->call;
  journal_add(exchange->site->journal, call, exchange->started_at, clock_now(exchange->site->clock));
  switch (exchange->fault.kind) {
    case FAULT_DROP_BEFORE:
    case FAULT_DROP_AFTER: server_break(exchange->request, 0, NULL, NULL, 0, 0); break;
    case FAULT_TRUNCATE:
      server_break(exchange->request, call->status, json_content, call->answer.data, call->answer.size, call->answer.size / 2);
      break;
    case FAULT_GARBAGE: server_reply_static(exchange->request, exchange->fault.code, html_type, page, sizeof page - 1); break;
    case FAULT_EMPTY: server_reply_static(exchange->request, exchange->fault.code, NULL, "", 0); break;
    default: reply(exchange); break;
  }
  exchange_free(exchange);
}

/* ---- downloads and pages ---- */

static void send_file(struct server_request *request, const struct file *file) {
  char *copy = memory_try_resize(NULL, file->size + 1);
  if (!copy) {
    refuse(request, 500, "Internal Server Error: no memory");
    return;
  }
  memcpy(copy, file->data, file->size);
  server_reply(request, 200, "application/octet-stream", copy, file->size, NULL);
}

static void serve_file(struct site *site, struct server_request *request, const char *token, const char *path) {
  struct fault fault = faults_take(site->faults, "file", 0);
  struct file *file = model_use_bot(site->model, token) ? file_find_path(site->model, path) : NULL;
  struct call call = {0};
  size_t size;
  site->calls++;
  buffer_init(&call.answer, WRITE_CEILING);
  if (fault.kind == FAULT_ERROR) {
    fail_on_purpose(&call, &fault);
    char *body = buffer_take(&call.answer, &size);
    server_reply(request, call.status, json_content, body, size, NULL);
  } else if (!file || file->size > FILE_MAX_DOWN) {
    refuse(request, 404, "Not Found");
  } else if (fault.kind == FAULT_DROP_BEFORE || fault.kind == FAULT_DROP_AFTER) {
    server_break(request, 0, NULL, NULL, 0, 0);
  } else if (fault.kind == FAULT_TRUNCATE) {
    server_break(request, 200, "application/octet-stream", file->data, file->size, file->size / 2);
  } else if (fault.kind == FAULT_GARBAGE || fault.kind == FAULT_EMPTY) {
    server_reply_static(request, fault.code, html_type, "", 0);
  } else {
    send_file(request, file);
  }
}

static void serve_page(struct server_request *request, const char *path) {
  static const struct {
    const char *path, *name, *type;
  } pages[] = {{"/", "sandbox/page/index.html", html_type},
               {"/page.css", "sandbox/page/page.css", "text/css; charset=utf-8"},
               {"/page.js", "sandbox/page/page.js", "text/javascript; charset=utf-8"}};
  for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
    const struct embed_file *file = strcmp(path, pages[i].path) == 0 ? embed_find(pages[i].name) : NULL;
    if (!file) continue;
    server_reply_static(request, 200, pages[i].type, file->data, file->size);
    return;
  }
  refuse(request, 404, "Not Found");
}

/* ---- which request goes where ---- */

/* Splits "<token>/<rest>"; false where there is no slash or the token is longer than any. */
static bool split(const char *path, char token[128], const char **rest) {
  const char *slash = strchr(path, '/');
  size_t size = slash ? (size_t)(slash - path) : 0;
  if (!slash || size >= 128) return false;
  memcpy(token, path, size);
  token[size] = '\0';
  *rest = slash + 1;
  return true;
}

static void on_request(struct server_request *request, void *data) {
  struct site *site = data;
  const char *path = server_path(request), *method = server_method(request), *rest;
  char token[128];
  bool is_read = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
  if (strncmp(path, "/sandbox/", 9) == 0) {
    if (!is_read) site->controls++;
    control_handle(site, request, path + 9);
    return;
  }
  if (!is_read && strcmp(method, "POST") != 0)
    server_reply(request, 501, NULL, NULL, 0, NULL);
  else if (strncmp(path, "/bot", 4) == 0 && split(path + 4, token, &rest))
    begin(site, request, token, rest);
  else if (strncmp(path, "/file/bot", 9) == 0 && split(path + 9, token, &rest))
    serve_file(site, request, token, rest);
  else
    serve_page(request, path);
}

/* ---- news ---- */

static void on_wake(void *data) {
  struct site *site = data;
  int64_t now = model_now(site->model);
  for (struct bot *bot = site->model->bots; bot; bot = bot->hh.next) queue_wake(bot->queue, now);
  watch_wake(site);
}

static void on_changed(void *data) {
  struct site *site = data;
  if (!clock_is_started(&site->wake)) clock_start(site->clock, &site->wake, 0, on_wake, site);
}

/* ---- life ---- */

struct site *site_open(struct loop *loop, struct clock *clock, struct model *model, const struct sandbox_options *options,
                       struct error *error) {
  struct site *site = memory_new(sizeof *site);
  struct server_options server = {.port = options->port, .body_ceiling = BODY_MAX, .too_large = too_large};
  site->clock = clock;
  site->model = model;
  site->delay_ms = options->delay_ms;
  site->has_limits = options->has_limits;
  site->server = server_open(loop, &server, on_request, site, error);
  if (!site->server) {
    free(site);
    return NULL;
  }
  site->faults = faults_new();
  site->journal = journal_new(options->requests);
  model->changed = on_changed;
  model->changed_data = site;
  return site;
}

void site_close(struct site *site) {
  if (!site) return;
  site->model->changed = NULL;
  clock_stop(site->clock, &site->wake);
  while (site->exchanges) exchange_free(site->exchanges);
  watch_close(site);
  server_close(site->server);
  faults_free(site->faults);
  journal_free(site->journal);
  free(site);
}
