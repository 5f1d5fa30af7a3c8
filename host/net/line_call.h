/* One line to another program over its Unix socket, and the lines that it answers: the other side of line_server.h. The loop's
 * thread only. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct error;
struct line_call;
struct loop;

struct line_call_options {
  const char *path;      /* borrowed */
  const char *line;      /* borrowed; without its end */
  size_t answer_ceiling; /* bytes of one line */
  /* A line without its end (borrowed). False: it was the last that is wanted. */
  bool (*took)(const char *line, size_t size, void *data);
  /* Once, from the loop. error->kind is ERROR_NONE after the last line, ERROR_SYSTEM where the other side is not there or hung
   * up before. The call is freed then. */
  void (*ended)(const struct error *error, void *data);
  void *data;
};

/* NULL: ERROR_MISUSE, the path is too long; `ended` is not called. */
struct line_call *line_call_start(struct loop *loop, const struct line_call_options *options, struct error *error);
void line_call_cancel(struct line_call *call); /* `ended` is not called any more */
