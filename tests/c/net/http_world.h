/* The HTTP client and a server in the same loop, which answers each request with the next line of a script. */
#pragma once
#include <limits.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>
/* after the headers above, which it needs */
#include <cmocka.h>

#include "common/loop.h"
#include "common/memory.h"
#include "net/http.h"

#define OK_BODY(length, body) "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " length "\r\n\r\n" body

enum { REQUESTS = 64 };

struct peer { /* one connection of the server */
  uv_tcp_t uv;
  struct world *world;
  char text[8192];
  size_t size;
  struct peer *next;
};

struct world {
  struct loop *loop;
  struct http *http;
  uv_tcp_t listener;
  unsigned port, connections, arrived;
  struct peer *peers;
  const char *script[REQUESTS]; /* NULL: no answer. "": close without one. Ends with '!': close after it */
  char seen[REQUESTS][8192];
  char url[128];
  /* what came back last */
  unsigned done;
  int status, retry_after;
  char body[256], content_type[64];
  size_t size;
  struct error error;
};

static inline void on_peer_closed(uv_handle_t *handle) { free(handle); }

static inline void peer_close(struct peer *peer) {
  struct peer **place = &peer->world->peers;
  while (*place != peer) place = &(*place)->next;
  *place = peer->next;
  uv_close((uv_handle_t *)&peer->uv, on_peer_closed);
}

static inline size_t request_size(const struct peer *peer) {
  const char *end = strstr(peer->text, "\r\n\r\n");
  if (!end) return SIZE_MAX;
  const char *length = strstr(peer->text, "Content-Length: ");
  return (size_t)(end + 4 - peer->text) + (length && length < end ? strtoul(length + 16, NULL, 10) : 0);
}

static inline void answer(struct peer *peer) {
  struct world *world = peer->world;
  assert_true(world->arrived < REQUESTS);
  (void)snprintf(world->seen[world->arrived], sizeof world->seen[0], "%s", peer->text);
  peer->size = 0;
  const char *text = world->script[world->arrived++];
  if (!text) return;
  size_t size = strlen(text);
  bool ends = size == 0 || text[size - 1] == '!';
  if (size && ends) size--;
  uv_buf_t bytes = uv_buf_init((char *)text, (unsigned)size);
  if (size) (void)uv_try_write((uv_stream_t *)&peer->uv, &bytes, 1);
  if (ends) peer_close(peer);
}

static inline void on_room_wanted(uv_handle_t *handle, size_t suggested, uv_buf_t *room) {
  (void)suggested;
  struct peer *peer = (struct peer *)handle;
  *room = uv_buf_init(peer->text + peer->size, (unsigned)(sizeof peer->text - 1 - peer->size));
}

static inline void on_bytes(uv_stream_t *stream, ssize_t count, const uv_buf_t *room) {
  (void)room;
  struct peer *peer = (struct peer *)stream;
  if (count < 0) {
    peer_close(peer);
    return;
  }
  peer->size += (size_t)count;
  peer->text[peer->size] = '\0';
  if (peer->size >= request_size(peer)) answer(peer);
}

static inline void on_connection(uv_stream_t *listener, int status) {
  (void)status;
  struct world *world = listener->data;
  struct peer *peer = memory_new(sizeof *peer);
  peer->world = world;
  (void)uv_tcp_init(loop_uv(world->loop), &peer->uv);
  assert_int_equal(uv_accept(listener, (uv_stream_t *)&peer->uv), 0);
  peer->next = world->peers;
  world->peers = peer;
  world->connections++;
  (void)uv_read_start((uv_stream_t *)&peer->uv, on_room_wanted, on_bytes);
}

static inline void listen_on(struct world *world) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY), .sin_port = htons((uint16_t)world->port)};
  (void)uv_tcp_init(loop_uv(world->loop), &world->listener);
  world->listener.data = world;
  assert_int_equal(uv_tcp_bind(&world->listener, (struct sockaddr *)&address, 0), 0);
  assert_int_equal(uv_listen((uv_stream_t *)&world->listener, 64, on_connection), 0);
  int size = sizeof address;
  (void)uv_tcp_getsockname(&world->listener, (struct sockaddr *)&address, &size);
  world->port = ntohs(address.sin_port);
  (void)snprintf(world->url, sizeof world->url, "http://127.0.0.1:%u/bot123:secret/sendMessage", world->port);
}

static inline int setup(void **state) {
  struct world *world = memory_new(sizeof *world);
  struct error error = {0};
  world->loop = loop_open(&error);
  world->http = http_open(world->loop, 4, &error);
  assert_non_null(world->http);
  listen_on(world);
  *state = world;
  return 0;
}

static inline void stop_listening(struct world *world) {
  while (world->peers) peer_close(world->peers);
  uv_close((uv_handle_t *)&world->listener, NULL);
}

static inline int teardown(void **state) {
  struct world *world = *state;
  http_close(world->http);
  if (!uv_is_closing((uv_handle_t *)&world->listener)) stop_listening(world);
  bool closed = loop_close(world->loop);
  free(world);
  return closed ? 0 : -1;
}

static inline void on_done(const struct http_answer *answer, void *data) {
  struct world *world = data;
  world->done++;
  loop_stop(world->loop); /* otherwise the turn would wait for more events */
  world->status = answer->status;
  world->retry_after = answer->retry_after;
  world->size = answer->size;
  world->error = answer->error;
  assert_int_equal(answer->body[answer->size], '\0');
  (void)snprintf(world->body, sizeof world->body, "%s", answer->body);
  (void)snprintf(world->content_type, sizeof world->content_type, "%s", answer->content_type);
}

static inline struct http_request request_to(const struct world *world) {
  return (struct http_request){
      .url = world->url, .label = "sendMessage", .content_type = "application/json", .body = "{}", .body_size = 2};
}

static inline struct http_transfer *start(struct world *world, const struct http_request *request) {
  struct http_transfer *call = http_start(world->http, request, on_done, world, &world->error);
  assert_non_null(call);
  return call;
}

static inline void wait_for(struct world *world, unsigned done) {
  while (world->done < done) loop_turn(world->loop, true);
}

static inline void ask(struct world *world, const struct http_request *request) {
  unsigned before = world->done;
  start(world, request);
  assert_int_equal(world->done, before); /* never from within */
  wait_for(world, before + 1);
}

static inline void assert_error(const struct world *world, enum error_kind kind) {
  assert_string_equal(error_kind_name(world->error.kind), error_kind_name(kind));
  assert_int_equal(world->status, 0);
  assert_null(strstr(world->error.text, "secret"));
  assert_ptr_equal(strstr(world->error.text, "sendMessage: "), world->error.text);
}
