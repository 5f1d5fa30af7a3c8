#include "command/services.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "common/buffer.h"
#include "common/log.h"
#include "common/memory.h"
#include "net/http.h"

enum { ASKED_CEILING = 64 << 20 };

struct service {
  char *prefix, *content_type, *body;
  size_t size;
  int status;
  struct service *next;
};

struct services {
  struct service *list; /* the newest first */
  struct buffer asked;  /* JSON without its last bracket; empty while nothing was asked */
};

struct services *services_new(void) {
  struct services *services = memory_new(sizeof *services);
  buffer_init(&services->asked, ASKED_CEILING);
  return services;
}

void services_free(struct services *services) {
  if (!services) return;
  struct service *service, *next;
  LL_FOREACH_SAFE(services->list, service, next) {
    free(service->prefix);
    free(service->content_type);
    free(service->body);
    free(service);
  }
  buffer_release(&services->asked);
  free(services);
}

void services_answer(struct services *services, const char *prefix, const struct services_answer *answer) {
  struct service *service = memory_new(sizeof *service);
  *service = (struct service){
      .prefix = memory_copy_text(prefix),
      .content_type = memory_copy_text(answer->content_type),
      .body = memory_new(answer->size + 1),
      .size = answer->size,
      .status = answer->status,
  };
  memcpy(service->body, answer->body, answer->size);
  LL_PREPEND(services->list, service);
}

static void note(struct services *services, const struct http_request *request) {
  struct buffer *asked = &services->asked;
  (void)buffer_add_text(asked, asked->size ? ",{\"method\":" : "[{\"method\":", NULL);
  (void)buffer_add_text(asked, request->body ? "\"POST\",\"url\":" : "\"GET\",\"url\":", NULL);
  (void)buffer_add_json_string(asked, request->url, strlen(request->url), NULL);
  if (request->body) {
    (void)buffer_add_text(asked, ",\"body\":", NULL);
    (void)buffer_add_json_string(asked, request->body, request->body_size, NULL);
  }
  (void)buffer_add_text(asked, "}", NULL);
}

static const struct service *find(const struct services *services, const char *url) {
  const struct service *service;
  LL_FOREACH(services->list, service) {
    if (strncmp(url, service->prefix, strlen(service->prefix)) == 0) return service;
  }
  return NULL;
}

void services_ask(struct services *services, const struct http_request *request, struct http_answer *answer) {
  const struct service *service = find(services, request->url);
  *answer = (struct http_answer){.body = "", .content_type = ""};
  note(services, request);
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

const char *services_asked(struct services *services) {
  struct buffer *asked = &services->asked;
  if (!asked->size || !buffer_add_text(asked, "]", NULL)) return "[]";
  asked->size--; /* the bracket is there to be read, and written over by the next request */
  return asked->data;
}
