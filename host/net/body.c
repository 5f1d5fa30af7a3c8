#define _GNU_SOURCE /* strcasestr */
#include "net/body.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "common/memory.h"
#include "net/parameter.h"

#define PIECE (32 * 1024)       /* bytes that are unpacked at once */
#define WINDOW (MAX_WBITS + 32) /* zlib's way to say "gzip or deflate, look which" */

static void begin_unpacking(struct body *body, const char *encoding) {
  if (!encoding || !*encoding || strcasecmp(encoding, "none") == 0 || strcasecmp(encoding, "identity") == 0) return;
  if (strcasecmp(encoding, "gzip") != 0 && strcasecmp(encoding, "deflate") != 0) {
    body->status = 415;
    return;
  }
  body->unpacking = memory_new(sizeof *body->unpacking);
  if (inflateInit2(body->unpacking, WINDOW) == Z_OK) return;
  free(body->unpacking);
  body->unpacking = NULL;
  body->status = 500;
}

void body_init(struct body *body, const struct body_options *options, struct parameter_list *list) {
  *body = (struct body){.list = list, .options = *options};
  const char *type = options->type ? options->type : "";
  buffer_init(&body->raw, options->ceiling);
  buffer_init(&body->multipart.pending, 0);
  begin_unpacking(body, options->encoding);
  if (strcasestr(type, "multipart/form-data")) {
    body->kind = BODY_MULTIPART;
    int status = multipart_init(&body->multipart, type, options->values_ceiling, list);
    if (!body->status) body->status = status;
  } else if (strcasestr(type, "application/x-www-form-urlencoded")) {
    body->kind = BODY_FORM;
  }
}

void body_release(struct body *body) {
  if (body->unpacking) (void)inflateEnd(body->unpacking);
  free(body->unpacking);
  body->unpacking = NULL;
  buffer_release(&body->raw);
  multipart_release(&body->multipart);
}

static void read_plain(struct body *body, const char *data, size_t size) {
  body->size += size;
  size_t ceiling = body->options.ceiling;
  if (body->kind != BODY_MULTIPART && body->options.values_ceiling) ceiling = body->options.values_ceiling;
  if (body->size > ceiling)
    body->status = 413;
  else if (body->kind == BODY_MULTIPART)
    body->status = multipart_feed(&body->multipart, data, size);
  else if (!buffer_add(&body->raw, data, size, NULL))
    body->status = 500;
}

static void unpack(struct body *body, const char *data, size_t size) {
  char piece[PIECE];
  struct z_stream_s *stream = body->unpacking;
  stream->next_in = (unsigned char *)data;
  stream->avail_in = (unsigned)size;
  while (!body->status && !body->is_unpacked) {
    stream->next_out = (unsigned char *)piece;
    stream->avail_out = sizeof piece;
    int result = inflate(stream, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
      body->status = 400;
      return;
    }
    body->is_unpacked = result == Z_STREAM_END;
    size_t got = sizeof piece - stream->avail_out;
    if (got) read_plain(body, piece, got);
    if (got < sizeof piece) break;
  }
}

void body_feed(struct body *body, const char *data, size_t size) {
  body->has_begun = body->has_begun || size;
  if (body->status) return;
  if (body->unpacking)
    unpack(body, data, size);
  else
    read_plain(body, data, size);
}

int body_end(struct body *body) {
  if (!body->has_begun) return 0; /* a request without a body, whatever its headers say of it */
  if (body->status) return body->status;
  if (body->unpacking && !body->is_unpacked) return 400;
  if (body->kind == BODY_MULTIPART) return multipart_end(&body->multipart);
  if (body->kind == BODY_RAW) return 0;
  bool ok = parameter_list_add_encoded(body->list, body->raw.data ? body->raw.data : "", body->raw.size);
  buffer_release(&body->raw);
  return ok ? 0 : 500;
}
