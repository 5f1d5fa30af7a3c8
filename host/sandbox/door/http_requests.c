#define _GNU_SOURCE /* strcasestr */
#include "sandbox/door/http_requests.h"

#include <stdio.h>
#include <string.h>

#include "common/embed.h"
#include "net/server.h"
#include "sandbox/door/bot_call.h"
#include "sandbox/door/control.h"
#include "sandbox/door/cross_site.h"
#include "sandbox/door/door.h"
#include "sandbox/door/faults.h"
#include "sandbox/methods/call.h"
#include "sandbox/model/file.h"
#include "sandbox/model/json_write.h"
#include "sandbox/sandbox.h"

#define VALUES_MAX (1024 * 1024)            /* of all parameters but files; Telegram's ceiling */
#define BODY_MAX (FILE_MAX_UP + VALUES_MAX) /* the largest file, and the other parameters */
#define IDLE_S 30                           /* a client that is silent for so long has no request under way */
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
  buffer_init(&call.answer, JSON_WRITE_CEILING);
  call_fail(&call, code, "%s", description);
  char *body = buffer_take(&call.answer, &size);
  server_reply(request, code, json_content, body, size, NULL);
}

/* ---- calls of bots ---- */

static void reply(struct bot_call *bot_call, struct server_request *request) {
  struct call *call = &bot_call->call;
  char retry[40];
  const char *headers[] = {retry, NULL};
  bool is_file = bot_call->path && call->status == 200;
  size_t size;
  (void)snprintf(retry, sizeof retry, "Retry-After: %d", call->retry_after);
  char *body = buffer_take(&call->answer, &size);
  server_reply(request, call->status, is_file ? file_content : json_content, body, size, call->retry_after ? headers : NULL);
}

static void on_ended(struct bot_call *bot_call, void *request) {
  const struct call *call = &bot_call->call;
  switch (bot_call->fault.kind) {
    case FAULT_DROP_BEFORE:
    case FAULT_DROP_AFTER:
    case FAULT_LATE: server_break(request, 0, NULL, NULL, 0, 0); break;
    case FAULT_TRUNCATE:
      server_break(request, call->status, json_content, call->answer.data, call->answer.size, call->answer.size / 2);
      break;
    case FAULT_GARBAGE:
      server_reply_static(request, bot_call->fault.code, html_type, bot_call_garbage, strlen(bot_call_garbage));
      break;
    case FAULT_EMPTY: server_reply_static(request, bot_call->fault.code, NULL, "", 0); break;
    default: reply(bot_call, request); break;
  }
}

static char *take_file(void *request, size_t index, size_t *size) { return server_take_file(request, index, size); }

/* path: of a file to fetch; NULL: a method is called. */
static void begin(struct door *door, struct server_request *request, const char *token, const char *method, const char *path) {
  struct bot_call *bot_call = bot_call_new(door, token, on_ended, request);
  if (!bot_call) {
    const char *description = "Not Found";
    int code = path ? 404 : bot_call_refusal(token, &description);
    refuse(request, code, description);
    return;
  }
  struct call *call = &bot_call->call;
  call->count = server_parameters(request, &call->parameters);
  call->take_file = take_file;
  call->source = request;
  if (has_type(request, json_content)) {
    const char *body;
    size_t size = server_body(request, &body);
    bot_call_read_json(bot_call, body, size);
  }
  const char *named = path || *method ? NULL : call_text(call, "method");
  call->method = named ? named : method;
  bot_call->path = path;
  bot_call_start(bot_call);
}

/* ---- the chat page ---- */

/* "/" is index.html; every other file of page/ has its own name. */
static void serve_page(struct server_request *request, const char *path) {
  static const struct {
    const char *ending, *type;
  } types[] = {{".html", html_type}, {".css", "text/css; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"}};
  char name[80];
  int size = snprintf(name, sizeof name, "sandbox/door/page%s", strcmp(path, "/") == 0 ? "/index.html" : path);
  const struct embed_file *file = size > 0 && (size_t)size < sizeof name ? embed_find(name) : NULL;
  const char *ending = file ? strrchr(name, '.') : NULL;
  for (size_t i = 0; ending && i < sizeof types / sizeof *types; i++) {
    if (strcmp(ending, types[i].ending) != 0) continue;
    server_reply_static(request, 200, types[i].type, file->data, file->size);
    return;
  }
  refuse(request, 404, "Not Found");
}

/* ---- which request goes where ---- */

/* Splits "<token>/<rest>". A token that is too long to be one is cut, and still too long. False: there is no slash. */
static bool split(const char *path, char token[128], const char **rest) {
  const char *slash = strchr(path, '/');
  size_t size = slash ? (size_t)(slash - path) : 0;
  if (!slash) return false;
  if (size > 127) size = 127;
  memcpy(token, path, size);
  token[size] = '\0';
  *rest = slash + 1;
  return true;
}

static bool is_from_here(const struct server_request *request) {
  return cross_site_is_allowed(server_header(request, "Host"), server_header(request, "Origin"),
                               server_header(request, "Sec-Fetch-Site"));
}

/* A page of another site can send plain text and forms without being asked, but JSON only after a question that nobody answers.
 * Files come as a form, which is why the origin is looked at, too. */
static bool has_control_type(const struct server_request *request) {
  const char *body;
  const struct server_parameter *parameters;
  bool has_form = server_parameters(request, &parameters) > server_query_count(request);
  if (has_form) return has_type(request, "multipart/form-data");
  return !server_body(request, &body) || has_type(request, json_content);
}

static void on_request(struct server_request *request, void *data) {
  struct door *door = data;
  const char *path = server_path(request), *method = server_method(request), *rest;
  char token[128];
  if (!is_from_here(request)) {
    refuse(request, 403, "Forbidden: the sandbox answers no pages of other sites");
    return;
  }
  if (strncmp(path, "/sandbox/", 9) == 0) {
    if (has_control_type(request))
      control_handle(door, request, path + 9);
    else
      refuse(request, 415, "Unsupported Media Type: the body must be application/json");
    return;
  }
  if (strcmp(method, "GET") != 0 && strcmp(method, "POST") != 0)
    server_reply(request, 501, NULL, NULL, 0, NULL);
  else if (strncmp(path, "/bot", 4) == 0 && split(path + 4, token, &rest))
    begin(door, request, token, rest, NULL);
  else if (strncmp(path, "/file/bot", 9) == 0 && split(path + 9, token, &rest))
    begin(door, request, token, "", rest);
  else
    serve_page(request, path);
}

struct server *http_requests_open(struct door *door, struct loop *loop, const struct sandbox_options *wanted,
                                  struct error *error) {
  struct server_options options = {.port = wanted->port,
                                   .certificate_file = wanted->certificate_file,
                                   .key_file = wanted->key_file,
                                   .body_ceiling = BODY_MAX,
                                   .too_large = too_large,
                                   .values_ceiling = VALUES_MAX,
                                   .idle_s = IDLE_S};
  return server_open(loop, &options, on_request, door, error);
}
