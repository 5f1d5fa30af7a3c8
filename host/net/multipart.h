/* A multipart/form-data body, read as it arrives, cut anywhere. Telegram's server is more lenient than the RFC, and so is this:
 * a header needs no blank after its colon, values need no quotes, names may be percent-encoded. Any thread. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "common/buffer.h"

struct parameter_list;

enum multipart_state { MULTIPART_PROLOGUE, MULTIPART_HEADERS, MULTIPART_VALUE, MULTIPART_NEXT, MULTIPART_EPILOGUE };

struct multipart {
  struct parameter_list *list; /* kept */
  enum multipart_state state;
  char boundary[76];     /* with the line break and the two hyphens before it */
  struct buffer pending; /* what has come and is not read yet */
  size_t values_size;    /* of all that are no files */
  size_t values_ceiling; /* 0: none */
  size_t headers_size;   /* of all parts */
  bool is_encoded;       /* the part that is being read is a form itself */
};

/* content_type names the boundary. Returns 0, or the HTTP status with which the request is refused. Release it in any case. */
int multipart_init(struct multipart *multipart, const char *content_type, size_t values_ceiling, struct parameter_list *list);
void multipart_release(struct multipart *multipart);

/* Each returns 0, or the status of a body that is refused: 400, 413 (values), 431 (headers); 500: there is no memory. */
int multipart_feed(struct multipart *multipart, const char *data, size_t size);
int multipart_end(struct multipart *multipart); /* the body is whole */
