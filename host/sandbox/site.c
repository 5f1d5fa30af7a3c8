/* What comes over HTTP: calls of bots, which exchange.c answers, the control API, the page. */
#define _GNU_SOURCE /* strcasestr */
#include "sandbox/site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/embed.h"
#include "common/error.h"
#include "common/memory.h"
#include "net/server.h"
#include "sandbox/call.h"
#include "sandbox/control.h"
#include "sandbox/exchange.h"
#include "sandbox/faults.h"
#include "sandbox/file.h"
#include "sandbox/journal.h"
#include "sandbox/model.h"
#include "sandbox/queue.h"
#include "sandbox/sandbox.h"
#include "sandbox/watch.h"
#include "sandbox/write.h"

#define BODY_MAX (FILE_MAX_UP + 1024 * 1024) /* a file of 50 MB, and what is around it */
static const char too_large[] = "{\"ok\":false,\"error_code\":413,\"description\":\"Request Entity Too Large\"}";
static const char json_content[] = "application/json";
static const char file_content[] = "application/octet-stream";
static const char html_type[] = "text/html; charset=utf-8";

static bool has_type(const struct server_request *request, const char *type) {
  const char *header = server_header(request, "Content-Type");
  return header && strcasestr(header, type);
}

static void refuse(struct server_request *request, int code, const char *description) {
  struct call call = {0};
  size_t size;
  buffer_init(&call.answer, WRITE_CEILING);
  call_fail(&call, code, "%s", description);
  char *body = buffer_take(&call.answer, &size);
  server_reply(request, code, json_content, body, size, NULL);
}

/* ---- calls of bots ---- */

static void reply(struct exchange *exchange, struct server_request *request) {
  struct call *call = &exchange->call;
  char retry[40];
  const char *headers[] = {retry, NULL};
  bool is_file = exchange->path && call->status == 200;
  size_t size;
  (void)snprintf(retry, sizeof retry, "Retry-After: %d", call->retry_after);
  char *body = buffer_take(&call->answer, &size);
  server_reply(request, call->status, is_file ? file_content : json_content, body, size, call->retry_after ? headers : NULL);
}

static void on_ended(struct exchange *exchange, void *request) {
  const struct call *call = &exchange->call;
  switch (exchange->fault.kind) {
    case FAULT_DROP_BEFORE:
    case FAULT_DROP_AFTER: server_break(request, 0, NULL, NULL, 0, 0); break;
    case FAULT_TRUNCATE:
      server_break(request, call->status, json_content, call->answer.data, call->answer.size, call->answer.size / 2);
      break;
    case FAULT_GARBAGE:
      server_reply_static(request, exchange->fault.code, html_type, exchange_garbage, strlen(exchange_garbage));
      break;
    case FAULT_EMPTY: server_reply_static(request, exchange->fault.code, NULL, "", 0); break;
    default: reply(exchange, request); break;
  }
}

static char *take_file(void *request, size_t index, size_t *size) { return server_take_file(request, index, size); }

/* path: of a file; NULL: a method is called. */
static void begin(struct site *site, struct server_request *request, const char *token, const char *method, const char *path) {
  struct exchange *exchange = exchange_new(site, token, on_ended, request);
  if (!exchange) {
    refuse(request, 404, "Not Found"); /* api.telegram.org says so of a token that has not the form of one */
    return;
  }
  struct call *call = &exchange->call;
  call->count = server_parameters(request, &call->parameters);
  call->take_file = take_file;
  call->source = request;
  if (has_type(request, json_content)) {
    const char *body;
    size_t size = server_body(request, &body);
    exchange_read_json(exchange, body, size);
  }
  const char *named = path || *method ? NULL : call_text(call, "method");
  call->method = named ? named : method;
  exchange->path = path;
  exchange_start(exchange);
}

/* ---- pages ---- */

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
    begin(site, request, token, rest, NULL);
  else if (strncmp(path, "/file/bot", 9) == 0 && split(path + 9, token, &rest))
    begin(site, request, token, "", rest);
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
  if (!options->has_no_port) site->server = server_open(loop, &server, on_request, site, error);
  if (!site->server && !options->has_no_port) {
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
