/* The body of a request while it arrives: unpacked (gzip, deflate), then read as parameters where it is a form, or kept as it
 * is. Ceilings are for what is unpacked. Any thread. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "common/buffer.h"
#include "net/multipart.h"

struct z_stream_s;

struct body_options {
  const char *type, *encoding; /* of the headers; NULL: absent. Borrowed */
  size_t ceiling;              /* of all */
  size_t values_ceiling;       /* of what is no file; 0: none */
};

struct body {
  struct parameter_list *list; /* kept */
  struct body_options options;
  enum { BODY_RAW, BODY_FORM, BODY_MULTIPART } kind;
  struct z_stream_s *unpacking; /* NULL: it is not packed */
  bool is_unpacked;             /* its end has come */
  bool has_begun;
  size_t size; /* so far */
  struct buffer raw;
  struct multipart multipart;
  int status; /* not 0: the request is refused with it */
};

void body_init(struct body *body, const struct body_options *options, struct parameter_list *list);
void body_release(struct body *body);

void body_feed(struct body *body, const char *data, size_t size);

/* The body is whole. Returns 0, or the HTTP status with which the request is refused: 400, 413, 415, 431; 500: no memory. */
int body_end(struct body *body);
