/* The parameter reply_parameters, and its forerunners: what a message replies to. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct call;
struct chat;
struct json_t;

struct reply {
  int64_t id; /* 0: no reply */
  bool may_miss;
  struct json_t *parameters; /* ours: json_decref(). NULL: the forerunners were used */
};

/* Fails the call and returns false. reply_release() either way. */
bool reply_read(struct call *call, struct reply *reply);
void reply_release(struct reply *reply);

/* Finds the message that is replied to by a message in `chat`: *id, or 0 where it is missing and may be, or is in another chat;
 * then *external gets the JSON members that tell of it. Given: free() quote and external. Fails the call and returns false. */
bool reply_find(struct call *call, const struct reply *reply, const struct chat *chat, int *id, char **quote, char **external);
