/* Steps, in order: connect, send, read lines, end. */
#include "net/line_call.h"

#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <uv.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/loop.h"
#include "common/memory.h"

enum { READ_SIZE = 16384 };

struct line_call {
  uv_pipe_t uv; /* first: closing frees the handle, and with it this */
  uv_connect_t connecting;
  uv_write_t writing;
  struct line_call_options options;
  char *line;           /* ours, with its end */
  struct buffer answer; /* of which the end of the line has not come yet */
  struct error error;   /* why it ends */
  bool is_closed, is_cancelled;
  char read[READ_SIZE];
};

static void on_closed(uv_handle_t *uv) {
  struct line_call *call = (struct line_call *)uv;
  if (!call->is_cancelled) call->options.ended(&call->error, call->options.data);
  buffer_release(&call->answer);
  free(call->line);
  free(call);
}

static void end(struct line_call *call) {
  if (call->is_closed) return;
  call->is_closed = true;
  uv_close((uv_handle_t *)&call->uv, on_closed);
}

static void fail(struct line_call *call, const char *words) {
  if (!call->is_closed) error_set(&call->error, ERROR_SYSTEM, "%s", words);
  end(call);
}

static void take_lines(struct line_call *call) {
  char *at = call->answer.data, *stop_at = at + call->answer.size, *stop;
  while (!call->is_closed && at < stop_at && (stop = memchr(at, '\n', (size_t)(stop_at - at))) != NULL) {
    *stop = '\0';
    if (!call->options.took(at, (size_t)(stop - at), call->options.data)) end(call);
    at = stop + 1;
  }
  size_t left = (size_t)(stop_at - at);
  memmove(call->answer.data, at, left);
  buffer_cut(&call->answer, left);
}

static void on_room_wanted(uv_handle_t *uv, size_t size, uv_buf_t *room) {
  (void)size;
  *room = uv_buf_init(((struct line_call *)uv)->read, READ_SIZE);
}

static void on_read(uv_stream_t *uv, ssize_t size, const uv_buf_t *bytes) {
  struct line_call *call = (struct line_call *)uv;
  if (size < 0) {
    fail(call, "the host has hung up before it answered");
  } else if (size > 0 && !buffer_add(&call->answer, bytes->base, (size_t)size, &call->error)) {
    end(call);
  } else if (size > 0) {
    take_lines(call);
  }
}

static void on_written(uv_write_t *writing, int status) {
  struct line_call *call = writing->data;
  if (status && status != UV_ECANCELED) fail(call, "the host has hung up before it was asked");
}

static void on_connected(uv_connect_t *connecting, int status) {
  struct line_call *call = connecting->data;
  if (status == UV_ECANCELED) return;
  if (status) {
    fail(call, "the host does not run, or has not come so far yet");
    return;
  }
  uv_buf_t out = uv_buf_init(call->line, (unsigned)strlen(call->line));
  call->writing.data = call;
  if (uv_read_start((uv_stream_t *)&call->uv, on_room_wanted, on_read) ||
      uv_write(&call->writing, (uv_stream_t *)&call->uv, &out, 1, on_written))
    fail(call, "the host can't be asked");
}

struct line_call *line_call_start(struct loop *loop, const struct line_call_options *options, struct error *error) {
  struct sockaddr_un address;
  if (strlen(options->path) >= sizeof address.sun_path) {
    error_set(error, ERROR_MISUSE, "the path of the socket is too long: %s", options->path);
    return NULL;
  }
  struct line_call *call = memory_new(sizeof *call);
  size_t size = strlen(options->line);
  call->options = *options;
  call->line = memory_new(size + 2);
  memcpy(call->line, options->line, size);
  call->line[size] = '\n';
  buffer_init(&call->answer, options->answer_ceiling);
  (void)uv_pipe_init(loop_uv(loop), &call->uv, 0);
  call->connecting.data = call;
  uv_pipe_connect(&call->connecting, &call->uv, options->path, on_connected);
  return call;
}

void line_call_cancel(struct line_call *call) {
  call->is_cancelled = true;
  end(call);
}
