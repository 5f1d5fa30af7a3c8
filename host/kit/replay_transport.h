/* The transport of a host that is replayed: what a recording has an answer for is answered so, as long after the call as it
 * was; all else goes to the Telegram in memory. The updates are pushed. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct clock;
struct http_answer;
struct replay_transport;
struct transport;
struct transport_request;

struct replay_reply { /* all of it borrowed until the next question */
  int status;
  const char *body;
  size_t size;
  enum error_kind kind; /* not ERROR_NONE: no answer, but this, with the body as its text */
  int64_t after_ms;
};

struct replay_owner {
  /* A call begins. True: *reply is its answer. */
  bool (*asked)(const struct transport_request *request, struct replay_reply *reply, void *data);
  /* The Telegram in memory has answered one. True: *reply is given instead. */
  bool (*checked)(const char *method, const struct http_answer *answer, struct replay_reply *reply, void *data);
  void *data;
};

/* Takes *transport, and gives another. owner and clock are kept. The pointer that is returned is borrowed, until the host is
 * closed. */
struct replay_transport *replay_transport_open(struct transport *transport, struct clock *clock,
                                               const struct replay_owner *owner);

/* The host gets the update, by the getUpdates that is under way or the next. False: ERROR_MEMORY. */
bool replay_transport_push(struct replay_transport *replay, const char *update, size_t size, struct error *error);
