/* An HTTP server: libmicrohttpd on the loop. A request is handed over whole; the reply comes at once or later. The loop's
 * thread only. Keep-alive and many thousands of waiting requests are normal. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/parameter.h"

struct error;
struct loop;
struct server;
struct server_request;

struct server_refusal {
  int status;                 /* 0: there is none */
  const char *const *headers; /* as of server_reply(), and as long as the server; NULL: none */
};

typedef void (*server_handle)(struct server_request *request, void *data);
typedef void (*server_gone)(void *data);

struct server_options {
  const char *address;   /* NULL: "127.0.0.1" */
  unsigned port;         /* 0: any free one, see server_port() */
  const char *path;      /* instead of both: of a Unix socket, which takes the place of one that is there. NULL: none */
  size_t body_ceiling;   /* a larger body is answered 413 with `too_large` as its JSON body, and its connection closed */
  const char *too_large; /* NULL: no body */
  size_t values_ceiling; /* of all parameters of a body but files; more is answered in the same way. 0: none */
  /* Asked when the headers of a request are there, whose body is not read where *refusal is set; or NULL. With `data`. */
  void (*admit)(const struct server_request *request, struct server_refusal *refusal, void *data);
  unsigned idle_s;      /* a connection on which nothing moves for so long, and no request waits, is closed. 0: never */
  unsigned request_s;   /* so long after its begin, or after the answer before, a request must be there whole. 0: any time */
  unsigned connections; /* at most so many; 0: 60,000. One more is closed at once */
  const char *certificate_file, *key_file; /* HTTPS, with these (PEM); NULL: plain HTTP */
};

/* `handle` is called for each complete request. Given: server_close(). NULL: ERROR_SYSTEM (the text names the port),
 * ERROR_MISUSE (address, path), ERROR_INPUT (certificate or key). */
struct server *server_open(struct loop *loop, const struct server_options *options, server_handle handle, void *data,
                           struct error *error);

/* Waiting requests end with a closed connection; their `gone` is called. NULL does no harm. */
void server_close(struct server *server);
void server_keep_path(struct server *server); /* until then, closing it gives a socket that it has replaced the path back */
unsigned server_port(const struct server *server); /* 0: it has a path */
unsigned server_connection_count(const struct server *server);

/* Reads the files of the certificate anew, for connections from now on. False: as server_open(); the old one stays in use. */
bool server_renew_certificate(struct server *server, struct error *error);

/* ---- a request: valid from `handle` until server_reply*() or `gone`; all that these return is borrowed for as long ---- */
const char *server_method(const struct server_request *request); /* "GET", "POST", ... */
const char *server_path(const struct server_request *request);   /* percent-decoded, without the query */
bool server_is_outside(
    const struct server_request *request); /* does it come from a public address, or by a proxy that says so? */
const char *server_header(const struct server_request *request, const char *name); /* NULL: not there */
size_t server_body(const struct server_request *request, const char **body);       /* raw; empty for forms and multipart */
/* The parameters of the query string, and of a form or multipart body, in the order of arrival. */
size_t server_query_count(const struct server_request *request); /* the first so many are the query string's */
size_t server_parameters(const struct server_request *request, const struct server_parameter **parameters);

/* Gives up the bytes of a file parameter without a copy. Given: free(). The parameter is empty afterwards. */
char *server_take_file(struct server_request *request, size_t parameter, size_t *size);

/* `gone` is called when the client hangs up before the reply; the request must not be used after that. NULL takes it off. */
void server_on_gone(struct server_request *request, server_gone gone, void *data);

/* Ends the request. body is taken (allocated with malloc; NULL: empty). headers: "Name: value" lines, NULL-terminated,
 * borrowed, or NULL. */
void server_reply(struct server_request *request, int status, const char *content_type, char *body, size_t size,
                  const char *const *headers);

/* The same with a body that lives as long as the server (an embedded file). */
void server_reply_static(struct server_request *request, int status, const char *content_type, const char *body, size_t size);

/* Ends the request by closing its connection: after `body_bytes` bytes of a body that was announced as `size` long (a truncated
 * answer), or, where status is 0, without any answer. For faults. body is borrowed. */
void server_break(struct server_request *request, int status, const char *content_type, const char *body, size_t size,
                  size_t body_bytes);
