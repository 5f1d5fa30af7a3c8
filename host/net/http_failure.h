/* What libcurl's code for a request that has failed means. Pure. For net/http.c alone. */
#pragma once
#include <stdbool.h>

struct error;

struct http_failure {
  void *easy;        /* borrowed; the transfer has ended */
  int code;          /* a CURLcode */
  bool is_sent;      /* perhaps a byte of the request itself */
  const char *label; /* of the request */
  const char *proxy; /* that it went through; NULL: none */
};

void http_failure_explain(const struct http_failure *failure, struct error *error);
