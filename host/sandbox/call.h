/* One call of a Bot API method: parameters in, the answer out; and how Telegram reads parameters. Knows no sockets. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"

struct bot;
struct chat;
struct entity_text;
struct json_t;
struct message;
struct model;
struct person;
struct server_parameter;

struct call {
  struct model *model;
  struct bot *bot;
  const char *method;
  const struct server_parameter *parameters; /* the query's first; the first of a name counts */
  size_t count;
  char *(*take_file)(void *source, size_t index, size_t *size); /* gives up the bytes of a parameter; NULL: they are copied */
  void *source;
  struct buffer answer;       /* the body; while a method works, its result only */
  int status;                 /* 200, or the error's code. 0: a long poll that has to wait */
  int retry_after;            /* seconds; 0: none */
  int64_t migrate_to_chat_id; /* 0: none */
  const char *description;    /* beside a result that is true; static */
  unsigned limit, timeout_s;  /* of a long poll that has to wait */
};

/* Fails the call: returns false, so that a method can end with it. The description is Telegram's, prefix and all. */
bool call_fail(struct call *call, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool call_true(struct call *call); /* the result `true` */

/* ---- parameters; NULL, or the default, where one is absent or empty ---- */
const struct server_parameter *call_find(const struct call *call, const char *name); /* also an empty one, also a file */
const char *call_text(const struct call *call, const char *name);
int64_t call_integer(const struct call *call, const char *name, int64_t absent); /* lenient: garbage is 0 */
bool call_flag(const struct call *call, const char *name);
/* Lenient as call_integer(), but clamped. */
int64_t call_range(const struct call *call, const char *name, int64_t absent, int64_t least, int64_t most);
/* NULL where it is absent or is no JSON (*is_bad tells which). Given: json_decref(). */
struct json_t *call_json(const struct call *call, const char *name, bool *is_bad);

/* ---- what parameters mean; these fail the call and return NULL or false ---- */
enum call_access { CALL_READ, CALL_WRITE };
struct chat *call_chat(struct call *call, const char *name, enum call_access access);
/* The message of `message_id` in that chat. `what` is Telegram's word: "message to edit". */
struct message *call_message(struct call *call, struct chat *chat, const char *what);

struct call_markup {
  char *json; /* NULL: none; given: free() */
  bool is_inline;
};
bool call_read_markup(struct call *call, struct call_markup *markup);

/* Text with its markup read, by parse_mode or the entities parameter. The caller releases the text either way. */
bool call_read_text(struct call *call, const char *name, const char *entities_name, struct entity_text *text);
bool call_read_message_text(struct call *call, struct entity_text *text); /* the parameter "text", which must not be empty */
