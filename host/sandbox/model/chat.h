/* Chats of all four types: their members and what Telegram's Chat object says about them. The list of messages is here, but
 * only message.c changes it. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

struct message;
struct model;
struct person;
struct restriction;

enum chat_type { CHAT_PRIVATE, CHAT_GROUP, CHAT_SUPERGROUP, CHAT_CHANNEL };

struct chat {
  int64_t id;
  enum chat_type type;
  char *title;           /* NULL: none, as in every private chat */
  char *json;            /* the Chat object */
  struct person *person; /* of a private chat; NULL in all others */
  int64_t *members;      /* the ids of people; never of bots */
  unsigned member_count;
  struct restriction *restrictions;
  int64_t migrated_to;       /* the supergroup that this group has become; 0: none */
  bool is_left;              /* the bots are not in it any more */
  bool is_forum;             /* a supergroup with topics */
  bool hides_pin;            /* getChat shows no pinned message, though there is one */
  struct message **messages; /* by id; deleted ones too */
  unsigned count, capacity;  /* of messages */
  int next_id;               /* of messages, in supergroups and channels; see next_message_id of struct model */
  char *keyboard;            /* the ReplyKeyboardMarkup that people see; NULL: none */
  int64_t send_at[2];        /* rate_limit.c: when the next message may go (ms), by the second and by the minute */
  UT_hash_handle hh;
};

struct chat *chat_find(const struct model *model, int64_t id); /* borrowed; NULL: there is none */

/* Adds the chat, or changes the type and title of the one of that id. NULL: no title. Borrowed. */
struct chat *chat_add(struct model *model, int64_t id, enum chat_type type, const char *title);
void chat_describe(struct chat *chat); /* writes `json` anew, after a change of the person or the title */
const char *chat_type_name(enum chat_type type);

void chat_add_member(struct chat *chat, int64_t user_id);    /* does nothing for a member */
void chat_remove_member(struct chat *chat, int64_t user_id); /* does nothing for anyone else */
bool chat_has_member(const struct chat *chat, int64_t user_id);

void chat_drop_all(struct model *model);
