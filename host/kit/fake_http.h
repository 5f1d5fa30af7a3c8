/* The other services of a spec's world, in place of HTTP: what each address answers, and what the bot has asked. No network.
 * Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct fake_http;
struct http_answer;
struct http_request;

struct fake_http *fake_http_new(void);       /* given: fake_http_free() */
void fake_http_free(struct fake_http *fake); /* NULL does no harm */

struct fake_http_service { /* borrowed */
  const char *prefix;      /* of its addresses */
  int status;              /* 0: it can't be reached */
  const char *content_type, *body;
  size_t size;
};

/* From now on all addresses that begin with the prefix are answered so; of those that fit, the newest counts. */
void fake_http_add(struct fake_http *fake, const struct fake_http_service *service);

/* Answers a request at once. An address that no service has can't be reached. answer: valid until the next call of anything
 * here. */
void fake_http_serve(struct fake_http *fake, const struct http_request *request, struct http_answer *answer);

/* All requests so far as JSON, oldest first: [{"method":"GET","url":"...","body":"..."}]. Borrowed until the next call of
 * anything here. */
const char *fake_http_requests(struct fake_http *fake);
