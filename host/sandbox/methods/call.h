/* One call of a Bot API method: parameters in, the answer out; and how Telegram reads parameters. Knows no sockets. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"

struct bot;
struct chat;
struct json_t;
struct message;
struct model;
struct person;
struct server_parameter;

struct call {
  struct model *model;
  struct bot *bot;
  const char *method;
  const struct server_parameter *parameters; /* the query's first; of those with the same name the first counts */
  size_t count;
  char *(*take_file)(void *source, size_t index, size_t *size); /* gives up the bytes of a parameter; NULL: they are copied */
  void *source;
  struct buffer answer;       /* the body; while a method works, its result only */
  int status;                 /* 200, or the error's code. 0: a long poll that has to wait */
  int retry_after;            /* seconds; 0: none */
  int64_t migrate_to_chat_id; /* 0: none */
  bool is_limited;            /* Telegram's limits of how often something may be done hold */
  const char *description;    /* beside a result that is true; static */
  unsigned limit, timeout_s;  /* of a long poll that has to wait */
};

/* Fails the call. Returns false, so that a method can end with it. The description is Telegram's, prefix and all. */
bool call_fail(struct call *call, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool call_true(struct call *call); /* the result is `true` */

/* ---- parameters: NULL, or the default, where one is absent or empty ---- */

const struct server_parameter *call_find(const struct call *call, const char *name); /* an empty one and a file, too */
const char *call_text(const struct call *call, const char *name);
int64_t call_integer(const struct call *call, const char *name, int64_t absent); /* no number at all is 0, as at Telegram */
bool call_flag(const struct call *call, const char *name);
/* As call_integer(), but moved into the range. */
int64_t call_range(const struct call *call, const char *name, int64_t absent, int64_t least, int64_t most);
/* Given: json_decref(). NULL: it is absent, or (*is_bad) no JSON. */
struct json_t *call_json(const struct call *call, const char *name, bool *is_bad);

/* ---- what parameters name: each fails the call and returns NULL where there is no such thing; all are borrowed ---- */

enum call_access { CALL_READ, CALL_WRITE };
/* By an id or by @username; where the call names a business connection, it is the chat of that. */
struct chat *call_chat(struct call *call, const char *name, enum call_access access);
/* The connection of `business_connection_id`, which must be this bot's. */
struct json_t *call_business(struct call *call);

/* The chat of `chat_id`, which must not be private. `refusal` is Telegram's text for one that is. */
struct chat *call_group(struct call *call, const char *refusal);
struct person *call_person(struct call *call); /* of `user_id` */
/* The message of `message_id` in the chat. `what` is Telegram's word: "message to edit". */
struct message *call_message(struct call *call, struct chat *chat, const char *what);

/* The numbers of `message_ids`, at most `most`. Fails the call and returns false. */
bool call_message_ids(struct call *call, int *ids, size_t most, size_t *count);
