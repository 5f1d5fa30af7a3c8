/* One thing that a person does, as a request of the control API asks for it: its input, and where its answer goes. Also what
 * all actions share, the reading of the input. Knows no sockets. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct chat;
struct error;
struct json_t;
struct message;
struct model;

struct action_file {            /* that came with the request */
  const char *parameter, *name; /* "photo", "moon.jpg" */
  char *data;                   /* ours until an action takes it, which leaves a NULL. NULL: there is no file */
  size_t size;
};

struct action {
  struct model *model;
  struct json_t *input; /* an object */
  struct action_file file;
  struct buffer *answer; /* a JSON object; an empty buffer stands for {"ok":true} */
};

/* ---- members of the input ---- */

int64_t action_number(const struct action *action, const char *name, int64_t absent); /* a number, or a text of one */
const char *action_text(const struct action *action, const char *name);               /* borrowed; NULL: absent */
bool action_flag(const struct action *action, const char *name, bool absent);

/* What "chat_id" and "message_id" name; a person's id is that of their private chat with the bot of "bot_id", which is the
 * first one if the input names none. Borrowed. NULL: ERROR_INPUT. */
struct chat *action_chat(const struct action *action, struct error *error);
struct message *action_message(const struct action *action, struct error *error);
