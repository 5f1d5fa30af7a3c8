/* libuv's pipe on a socket that is made by hand: see net/socket_path.h. */
#include "net/line_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utlist.h>
#include <uv.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/loop.h"
#include "common/memory.h"
#include "net/socket_path.h"

enum {
  LINE_CEILING = 1 << 20,
  UNREAD_CEILING = 32 << 20, /* bytes that wait for a client who does not read */
  CLIENTS_MAX = 100,
  BACKLOG = 16,
  READ_SIZE = 4096,
};

struct line_server {
  uv_pipe_t uv; /* first: closing frees the handle, and with it this */
  struct line_server_options options;
  struct socket_path path;
  struct line_client *clients;
  unsigned client_count;
};

struct line_client {
  uv_pipe_t uv; /* first, as above */
  struct line_server *server;
  struct line_client *prev, *next;
  struct buffer line; /* of which the end has not come yet */
  size_t unread;      /* bytes that were sent and have not gone out */
  bool is_ending;     /* is closed when nothing is unread */
  bool is_closed;
  void *data;
  char read[READ_SIZE];
};

struct sending {
  uv_write_t uv; /* first */
  struct line_client *client;
  size_t size;
  char bytes[];
};

/* ---- a client ---- */

/* After this the server may be gone. */
static void tell_gone(struct line_client *client) {
  struct line_server *server = client->server;
  DL_DELETE(server->clients, client);
  server->client_count--;
  client->server = NULL;
  server->options.gone(client, server->options.data);
}

static void on_client_closed(uv_handle_t *uv) {
  struct line_client *client = (struct line_client *)uv;
  if (client->server) tell_gone(client);
  buffer_release(&client->line);
  free(client);
}

static void client_end(struct line_client *client) {
  if (client->is_closed) return;
  client->is_closed = true;
  uv_close((uv_handle_t *)&client->uv, on_client_closed);
}

static void on_room_wanted(uv_handle_t *uv, size_t size, uv_buf_t *room) {
  (void)size;
  struct line_client *client = (struct line_client *)uv;
  *room = uv_buf_init(client->read, sizeof client->read);
}

/* `taken` may end the client, which then takes no more lines. */
static void take_lines(struct line_client *client) {
  char *at = client->line.data, *end = at + client->line.size, *stop;
  const struct line_server_options *options = &client->server->options;
  while (at < end && !client->is_ending && !client->is_closed && (stop = memchr(at, '\n', (size_t)(end - at))) != NULL) {
    *stop = '\0';
    options->taken(client, at, (size_t)(stop - at), options->data);
    at = stop + 1;
  }
  size_t left = (size_t)(end - at);
  memmove(client->line.data, at, left);
  buffer_cut(&client->line, left);
}

static void on_read(uv_stream_t *uv, ssize_t size, const uv_buf_t *bytes) {
  struct line_client *client = (struct line_client *)uv;
  if (size < 0) {
    client_end(client);
  } else if (size > 0 && !client->is_ending) {
    bool ok = buffer_add(&client->line, bytes->base, (size_t)size, NULL);
    if (ok) take_lines(client);
    if (!ok) client_end(client);
  }
}

static void on_connection(uv_stream_t *uv, int status) {
  struct line_server *server = (struct line_server *)uv;
  if (status < 0) return;
  struct line_client *client = memory_new(sizeof *client);
  buffer_init(&client->line, LINE_CEILING);
  (void)uv_pipe_init(server->uv.loop, &client->uv, 0);
  uv_unref((uv_handle_t *)&client->uv);
  if (uv_accept(uv, (uv_stream_t *)&client->uv) || server->client_count >= CLIENTS_MAX ||
      uv_read_start((uv_stream_t *)&client->uv, on_room_wanted, on_read)) {
    uv_close((uv_handle_t *)&client->uv, on_client_closed);
    return;
  }
  client->server = server;
  DL_APPEND(server->clients, client);
  server->client_count++;
}

static void on_sent(uv_write_t *uv, int status) {
  struct sending *sending = (struct sending *)uv;
  struct line_client *client = sending->client;
  client->unread -= sending->size;
  free(sending);
  if (status < 0 || (client->is_ending && !client->unread)) client_end(client);
}

void line_client_send(struct line_client *client, const char *bytes, size_t size) {
  if (client->is_closed || client->is_ending || !size) return;
  struct sending *sending = client->unread + size > UNREAD_CEILING ? NULL : memory_try_resize(NULL, sizeof *sending + size);
  if (!sending) {
    client_end(client);
    return;
  }
  sending->client = client;
  sending->size = size;
  memcpy(sending->bytes, bytes, size);
  uv_buf_t out = uv_buf_init(sending->bytes, (unsigned)size);
  client->unread += size;
  if (!uv_write(&sending->uv, (uv_stream_t *)&client->uv, &out, 1, on_sent)) return;
  client->unread -= size;
  free(sending);
  client_end(client);
}

void line_client_close(struct line_client *client) {
  client->is_ending = true;
  if (!client->unread) client_end(client);
}

void line_client_set_data(struct line_client *client, void *data) { client->data = data; }
void *line_client_data(const struct line_client *client) { return client->data; }

/* ---- life ---- */

static void on_server_closed(uv_handle_t *uv) { free(uv); }

struct line_server *line_server_open(struct loop *loop, const struct line_server_options *options, struct error *error) {
  struct line_server *server = memory_new(sizeof *server);
  server->options = *options;
  int fd = -1;
  bool ok = socket_path_check(options->path, error);
  if (ok && (fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
    ok = error_set(error, ERROR_SYSTEM, "can't make a socket: %s", strerror(errno));
  if (!ok || !socket_path_listen(&server->path, options->path, fd, S_IRUSR | S_IWUSR, BACKLOG, error)) {
    if (fd >= 0) (void)close(fd);
    free(server);
    return NULL;
  }
  (void)uv_pipe_init(loop_uv(loop), &server->uv, 0);
  int status = uv_pipe_open(&server->uv, fd);
  if (!status) status = uv_listen((uv_stream_t *)&server->uv, BACKLOG, on_connection);
  if (status) {
    error_set(error, ERROR_SYSTEM, "can't listen on %s: %s", options->path, uv_strerror(status));
    line_server_close(server);
    return NULL;
  }
  uv_unref((uv_handle_t *)&server->uv);
  return server;
}

void line_server_keep(struct line_server *server) { socket_path_keep(&server->path); }

void line_server_close(struct line_server *server) {
  if (!server) return;
  socket_path_remove(&server->path);
  while (server->clients) {
    struct line_client *client = server->clients;
    tell_gone(client);
    client_end(client);
  }
  uv_close((uv_handle_t *)&server->uv, on_server_closed);
}
