/* What Telegram knows: people, chats, messages, files, bots. One world for every bot that calls: people and chats are shared,
 * each bot has its own queue of updates, and every update goes to every bot; before the first bot has called they wait. The
 * loop's thread only. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

struct clock;
struct file;
struct message;
struct queue;
struct restriction;

struct person { /* a user; a bot is one too */
  int64_t id;
  char *first_name, *last_name, *username, *language;
  bool is_bot, is_blocking; /* has blocked the bots */
  char *json;               /* the User object */
  UT_hash_handle hh;
};
struct bot {
  struct person *person;
  char *token;
  struct queue *queue;
  struct command_list *commands; /* method_command.c's */
  UT_hash_handle hh;
};
enum chat_type { CHAT_PRIVATE, CHAT_GROUP, CHAT_SUPERGROUP, CHAT_CHANNEL };
struct chat {
  int64_t id;
  enum chat_type type;
  char *title, *json;    /* the Chat object; a private chat has no title */
  struct person *person; /* of a private chat */
  int64_t *members;
  unsigned member_count;
  struct restriction *restrictions; /* restriction.c's */
  int64_t migrated_to;              /* the supergroup that this group has become; 0: none */
  bool is_left;                     /* the bots are not in it any more */
  bool hides_pin;                   /* getChat shows no pinned message, though there is one */
  struct message **messages;        /* by id; deleted ones too, as tombstones */
  unsigned count, capacity;
  int next_id;        /* where the chat counts for itself */
  char *keyboard;     /* the reply keyboard that a person sees, as JSON */
  int64_t send_at[2]; /* for the rate limits: when the next message may go (ms), and the next of the minute's */
  UT_hash_handle hh;
};
struct query {          /* a pressed button or an inline query, until it is answered or too old */
  int64_t id, asked_at; /* seconds */
  bool is_inline, is_answered;
  char *text;   /* what was asked, of an inline query; "" */
  char *answer; /* JSON members of the answer, for the person's side */
  UT_hash_handle hh;
};

struct model {
  struct clock *clock;         /* kept */
  int64_t advanced_s;          /* how far the sandbox's wall clock has been put forward */
  void (*changed)(void *data); /* something can be read now that could not before; NULL: nobody listens */
  void *changed_data;
  struct person *people;
  struct bot *bots;
  struct chat *chats;
  struct file *files, *files_by_path;
  struct query *queries;
  struct queue *unclaimed;     /* updates before there is a bot; NULL afterwards */
  uint64_t version, next_file; /* version counts the changes of messages */
  int next_message_id;         /* private chats and groups share one counter */
  int64_t next_query_id;
  size_t file_bytes;
  unsigned message_count;
};

struct model *model_new(struct clock *clock);
void model_free(struct model *model);  /* NULL does no harm */
void model_reset(struct model *model); /* an empty Telegram; the bots stay, with empty queues */

int64_t model_now(const struct model *model); /* seconds since 1970 */

/* ---- people, bots, chats: all borrowed from the model, NULL where there is none ---- */
struct person *model_find_person(const struct model *model, int64_t id);
struct chat *model_find_chat(const struct model *model, int64_t id);

/* Creates the person with their private chat, or renames the one of that id. NULL texts are absent. */
struct person *model_add_person(struct model *model, int64_t id, const char *first_name, const char *last_name,
                                const char *username, const char *language);
struct chat *model_add_chat(struct model *model, int64_t id, enum chat_type type, const char *title);
void model_add_member(struct chat *chat, int64_t user_id);
bool model_remove_member(struct chat *chat, int64_t user_id);
bool model_is_member(const struct chat *chat, int64_t user_id);
const char *model_chat_type(enum chat_type type);

/* The bot of a token, made when it calls for the first time. NULL: the token's form is wrong. */
struct bot *model_use_bot(struct model *model, const char *token);

/* Queues `"type":json` for every bot. json is borrowed; expires_at in seconds. */
void model_send_update(struct model *model, const char *type, const char *json, size_t size, int64_t expires_at);
void model_touch(struct model *model); /* tells whoever listens that there is news */
/* A query to be answered by its id; old ones are forgotten. */
struct query *model_add_query(struct model *model, bool is_inline, const char *text);
struct query *model_find_query(const struct model *model, int64_t id);
