#include "kit/fake_http.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "common/buffer.h"
#include "common/log.h"
#include "common/memory.h"
#include "net/http.h"
#include "net/url.h"

enum { REQUESTS_CEILING = 64 << 20 };

struct service { /* a copy, ours */
  char *prefix, *content_type, *body, *headers;
  size_t size;
  size_t *pieces, piece_count;
  int status;
  bool is_given;         /* once, at least */
  struct service *after; /* the next answer of the same prefix, in a row */
  struct service *next;
};

struct fake_http {
  struct service *services; /* the newest first */
  struct buffer requests;   /* a JSON array without its last bracket; empty while nothing was asked */
};

struct fake_http *fake_http_new(void) {
  struct fake_http *fake = memory_new(sizeof *fake);
  buffer_init(&fake->requests, REQUESTS_CEILING);
  return fake;
}

static void service_free(struct service *service) {
  free(service->prefix);
  free(service->content_type);
  free(service->body);
  free(service->headers);
  free(service->pieces);
  free(service);
}

void fake_http_free(struct fake_http *fake) {
  if (!fake) return;
  struct service *service, *next, *row, *after;
  LL_FOREACH_SAFE(fake->services, service, next) {
    LL_FOREACH_SAFE2(service->after, row, after, after) service_free(row);
    service_free(service);
  }
  buffer_release(&fake->requests);
  free(fake);
}

static struct service *find_prefix(const struct fake_http *fake, const char *prefix) {
  struct service *service;
  LL_FOREACH(fake->services, service) {
    if (strcmp(service->prefix, prefix) == 0) return service;
  }
  return NULL;
}

void fake_http_add(struct fake_http *fake, const struct fake_http_service *given, bool is_next) {
  struct service *service = memory_new(sizeof *service);
  *service = (struct service){
      .prefix = memory_copy_text(given->prefix),
      .content_type = memory_copy_text(given->content_type),
      .body = memory_new(given->size + 1),
      .size = given->size,
      .status = given->status,
      .headers = memory_copy_text(given->headers),
      .pieces = memory_new((given->piece_count + 1) * sizeof *service->pieces),
      .piece_count = given->pieces ? given->piece_count : 0,
  };
  memcpy(service->body, given->body, given->size);
  for (size_t i = 0; i < service->piece_count; i++) service->pieces[i] = given->pieces[i];
  struct service *first = is_next ? find_prefix(fake, given->prefix) : NULL;
  if (first) {
    LL_APPEND2(first->after, service, after);
  } else {
    LL_PREPEND(fake->services, service);
  }
}

/* What was given makes room for the answer after it. */
static struct service *advance(struct fake_http *fake, struct service *service) {
  struct service *after = service ? service->after : NULL;
  if (!after || !service->is_given) return service;
  LL_REPLACE_ELEM(fake->services, service, after);
  service_free(service);
  return after;
}

static void add_member(struct buffer *to, const char *before, const char *text, size_t size) {
  (void)buffer_add_text(to, before, NULL);
  (void)buffer_add_json_string(to, text, size, NULL);
}

/* Names in lower case, as an answer's have them. */
static void note_headers(struct buffer *to, const struct http_request *request) {
  (void)buffer_add_text(to, ",\"headers\":{", NULL);
  bool is_first = true;
  if (request->content_type && request->body) {
    add_member(to, "\"content-type\":", request->content_type, strlen(request->content_type));
    is_first = false;
  }
  for (const char *const *line = request->headers; line && *line; line++) {
    size_t size = strcspn(*line, ":");
    char *name = memory_copy_text(*line);
    for (size_t i = 0; i < size; i++) name[i] = (char)tolower((unsigned char)name[i]);
    add_member(to, is_first ? "" : ",", name, size);
    const char *value = *line + size + strspn(*line + size, ": ");
    add_member(to, ":", value, strlen(value));
    is_first = false;
    free(name);
  }
  (void)buffer_add_text(to, "}", NULL);
}

static void note_parts(struct buffer *to, const struct http_request *request) {
  (void)buffer_add_text(to, ",\"parts\":[", NULL);
  for (size_t i = 0; i < request->part_count; i++) {
    const struct http_part *part = &request->parts[i];
    add_member(to, i ? ",{\"name\":" : "{\"name\":", part->name, strlen(part->name));
    if (part->file_name) add_member(to, ",\"file_name\":", part->file_name, strlen(part->file_name));
    if (part->path) add_member(to, ",\"path\":", part->path, strlen(part->path));
    if (part->data) add_member(to, ",\"body\":", part->data, part->size);
    (void)buffer_add_text(to, "}", NULL);
  }
  (void)buffer_add_text(to, "]", NULL);
}

static void note(struct fake_http *fake, const struct http_request *request) {
  struct buffer *requests = &fake->requests;
  const char *method = request->method ? request->method : request->body || request->part_count ? "POST" : "GET";
  add_member(requests, requests->size ? ",{\"method\":" : "[{\"method\":", method, strlen(method));
  add_member(requests, ",\"url\":", request->url, strlen(request->url));
  note_headers(requests, request);
  if (request->body) add_member(requests, ",\"body\":", request->body, request->body_size);
  if (request->part_count) note_parts(requests, request);
  (void)buffer_add_text(requests, "}", NULL);
}

static struct service *find(const struct fake_http *fake, const char *url) {
  struct service *service;
  LL_FOREACH(fake->services, service) {
    if (strncmp(url, service->prefix, strlen(service->prefix)) == 0) return service;
  }
  return NULL;
}

/* A stream gets its pieces at once. Returns how many bytes they have. */
static size_t tell_pieces(const struct service *service, const struct http_request *request) {
  size_t told = 0;
  for (size_t i = 0; request->chunk && i < service->piece_count; i++) {
    request->chunk(service->body + told, service->pieces[i], request->chunk_data);
    told += service->pieces[i];
  }
  return told;
}

void fake_http_serve(struct fake_http *fake, const struct http_request *request, struct http_answer *answer) {
  struct service *service = advance(fake, find(fake, request->url));
  *answer = (struct http_answer){.body = "", .content_type = ""};
  if (!url_check(request, &answer->error)) return; /* what a host would refuse is never sent */
  note(fake, request);
  if (service) service->is_given = true;
  if (!service) log_error("the spec has no answer for this address (http:answers arranges one); url=%s", request->url);
  if (!service || !service->status) {
    error_set(&answer->error, ERROR_NETWORK, "%s: Could not connect to server", request->label);
  } else if (!request->chunk && request->answer_ceiling && service->size > request->answer_ceiling) {
    error_set(&answer->error, ERROR_FULL, "%s: the answer has more than %zu bytes", request->label, request->answer_ceiling);
  } else {
    answer->status = service->status;
    answer->content_type = service->content_type;
    answer->headers = service->headers;
    if (request->method && strcmp(request->method, "HEAD") == 0) return;
    size_t told = tell_pieces(service, request);
    answer->body = service->body + told;
    answer->size = service->size - told;
  }
}

const char *fake_http_requests(struct fake_http *fake) {
  struct buffer *requests = &fake->requests;
  if (!requests->size || !buffer_add_text(requests, "]", NULL)) return "[]";
  requests->size--; /* the bracket is there to be read, and overwritten by the next request */
  return requests->data;
}
