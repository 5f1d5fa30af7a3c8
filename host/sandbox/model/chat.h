/* Chats of all four types, and what Telegram's Chat object says about them. The list of messages is here, but only
 * message.c changes it, and only member.c that of the members. A person has a private chat with each bot. The one with the
 * first bot has the person's id in the model, too; the others have ids that Telegram never has, and nobody outside sees. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

struct bot;
struct json_t;
struct member;
struct message;
struct model;
struct person;

enum chat_type { CHAT_PRIVATE, CHAT_GROUP, CHAT_SUPERGROUP, CHAT_CHANNEL };

struct chat {
  int64_t id;
  enum chat_type type;
  char *title;                  /* NULL: none, as in every private chat */
  char *json;                   /* the Chat object */
  struct person *person;        /* of a private chat; NULL in all others */
  struct bot *bot;              /* of a private chat: whose it is, unless it is the first bot's. NULL in all others */
  char *business;               /* the connection by which a bot takes part in it; see business.h. NULL: an ordinary chat */
  char *username, *description; /* NULL: none */
  char *photo;                  /* the id of a file. NULL: none */
  struct member *members;
  uint32_t permissions;         /* of all who are no administrators; see rights.h */
  struct json_t *invite_links;  /* an object: a link -> ChatInviteLink. NULL: none, as in the next two */
  struct json_t *join_requests; /* a person's id -> ChatJoinRequest */
  struct json_t *topics;        /* of a forum: message_thread_id -> its name and more; see topic.h */
  int64_t last_bot;             /* who has written last of all bots; 0: none */
  int64_t migrated_to;          /* the supergroup that this group has become; 0: none */
  bool is_forum;                /* a supergroup with topics */
  bool hides_pin;               /* getChat shows no pinned message, though there is one */
  struct message **messages;    /* by id; deleted ones too */
  unsigned count, capacity;     /* of messages */
  int next_id;                  /* of messages, in supergroups and channels; see next_message_id of struct model */
  const char *action;           /* of the last sendChatAction; static. NULL: there was none */
  int64_t action_at;            /* when that was (ms) */
  uint64_t action_version;      /* of the model, as a message has one */
  char *keyboard;               /* the ReplyKeyboardMarkup that people see; NULL: none */
  int64_t send_at[2];           /* rate_limit.c: when the next message may go (ms), by the second and by the minute */
  int64_t private_key[2];       /* who has the private chat: the bot's id, the person's */
  UT_hash_handle hh, hh_private;
};

struct chat *chat_find(const struct model *model, int64_t id); /* borrowed; NULL: there is none */

/* The chat that this bot means by the id: a person's id is that of its own private chat with the person, which is made if there
 * is none. NULL bot: the first one. Borrowed; NULL: there is no such chat. */
struct chat *chat_find_for(struct model *model, struct bot *bot, int64_t id);
bool chat_is_private_with(const struct model *model, const struct chat *chat, const struct bot *bot);

/* A supergroup or channel by its username, whatever the case. Borrowed; NULL: there is none. */
struct chat *chat_find_name(const struct model *model, const char *username);

/* Adds the chat, or changes the type and title of the one of that id. NULL: no title. Borrowed. */
struct chat *chat_add(struct model *model, int64_t id, enum chat_type type, const char *title);
void chat_set_text(char **text, const char *value); /* of the chat; borrowed. NULL or "": none */
void chat_describe(struct chat *chat);              /* writes `json` anew, after a change of the person or the title */
void chat_describe_private(const struct model *model, struct person *person); /* those with other than the first bot */
const char *chat_type_name(enum chat_type type);

void chat_drop_all(struct model *model);
