/* Other services, as a spec arranges them: what each address answers, and what was asked. No network. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct http_answer;
struct http_request;
struct services;

struct services *services_new(void);
void services_free(struct services *services); /* NULL does no harm */

struct services_answer { /* borrowed */
  int status;            /* 0: it can't be reached */
  const char *content_type, *body;
  size_t size;
};

/* From now on all addresses that begin with `prefix` answer so; of those that fit, the newest counts. */
void services_answer(struct services *services, const char *prefix, const struct services_answer *answer);

/* Answers a request at once. An address that nobody has arranged can't be reached. answer: valid until the next call of
 * anything here. */
void services_ask(struct services *services, const struct http_request *request, struct http_answer *answer);

/* All requests so far as JSON, oldest first: [{"method":"GET","url":"...","body":"..."}]. Borrowed until the next call of
 * anything here. */
const char *services_asked(struct services *services);
