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
  const char *headers; /* lines that end with \r\n, or "" */
  size_t size;
  const size_t *pieces; /* how many bytes of the body a stream gets at once; their sum is size. NULL: all */
  size_t piece_count;
};

/* From now on all addresses that begin with the prefix are answered so; of those that fit, the newest counts. is_next: after
 * the answers that the same prefix has, each of which is given once; the last is given again and again. */
void fake_http_add(struct fake_http *fake, const struct fake_http_service *service, bool is_next);

/* Answers a request at once. An address that no service has can't be reached. answer: valid until the next call of anything
 * here. */
void fake_http_serve(struct fake_http *fake, const struct http_request *request, struct http_answer *answer);

/* All requests so far as JSON, oldest first: [{"method":"GET","url":"...","headers":{...},"body":"...",
 * "parts":[{"name":"...","file_name":"...","body":"..."}]}]. Borrowed until the next call of
 * anything here. */
const char *fake_http_requests(struct fake_http *fake);
