#include "kit/fake_http.h"

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
  char *prefix, *content_type, *body;
  size_t size;
  int status;
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

void fake_http_free(struct fake_http *fake) {
  if (!fake) return;
  struct service *service, *next;
  LL_FOREACH_SAFE(fake->services, service, next) {
    free(service->prefix);
    free(service->content_type);
    free(service->body);
    free(service);
  }
  buffer_release(&fake->requests);
  free(fake);
}

void fake_http_add(struct fake_http *fake, const struct fake_http_service *given) {
  struct service *service = memory_new(sizeof *service);
  *service = (struct service){
      .prefix = memory_copy_text(given->prefix),
      .content_type = memory_copy_text(given->content_type),
      .body = memory_new(given->size + 1),
      .size = given->size,
      .status = given->status,
  };
  memcpy(service->body, given->body, given->size);
  LL_PREPEND(fake->services, service);
}

static void note(struct fake_http *fake, const struct http_request *request) {
  struct buffer *requests = &fake->requests;
  (void)buffer_add_text(requests, requests->size ? ",{\"method\":" : "[{\"method\":", NULL);
  (void)buffer_add_text(requests, request->body ? "\"POST\",\"url\":" : "\"GET\",\"url\":", NULL);
  (void)buffer_add_json_string(requests, request->url, strlen(request->url), NULL);
  if (request->body) {
    (void)buffer_add_text(requests, ",\"body\":", NULL);
    (void)buffer_add_json_string(requests, request->body, request->body_size, NULL);
  }
  (void)buffer_add_text(requests, "}", NULL);
}

static const struct service *find(const struct fake_http *fake, const char *url) {
  const struct service *service;
  LL_FOREACH(fake->services, service) {
    if (strncmp(url, service->prefix, strlen(service->prefix)) == 0) return service;
  }
  return NULL;
}

void fake_http_serve(struct fake_http *fake, const struct http_request *request, struct http_answer *answer) {
  const struct service *service = find(fake, request->url);
  *answer = (struct http_answer){.body = "", .content_type = ""};
  if (!url_check(request, &answer->error)) return; /* what a host would refuse is never sent */
  note(fake, request);
  if (!service) log_error("the spec has no answer for this address (http:answers arranges one); url=%s", request->url);
  if (!service || !service->status) {
    error_set(&answer->error, ERROR_NETWORK, "%s: Could not connect to server", request->label);
  } else if (request->answer_ceiling && service->size > request->answer_ceiling) {
    error_set(&answer->error, ERROR_FULL, "%s: the answer has more than %zu bytes", request->label, request->answer_ceiling);
  } else {
    answer->status = service->status;
    answer->content_type = service->content_type;
    answer->body = service->body;
    answer->size = service->size;
  }
}

const char *fake_http_requests(struct fake_http *fake) {
  struct buffer *requests = &fake->requests;
  if (!requests->size || !buffer_add_text(requests, "]", NULL)) return "[]";
  requests->size--; /* the bracket is there to be read, and overwritten by the next request */
  return requests->data;
}
