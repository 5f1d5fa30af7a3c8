/* The messages of a chat: adding, finding, changing, and how they look in JSON. Every change gets the model's next version. A
 * chat keeps its newest 10,000. The loop's thread only. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct chat;
struct model;
struct person;

enum message_kind { /* what decides how a message may be edited */
                    MESSAGE_TEXT,
                    MESSAGE_MEDIA, /* with a caption */
                    MESSAGE_FIXED, /* sticker, dice, location, ...: no text to edit */
                    MESSAGE_SERVICE,
};

/* All texts belong to the message and may be NULL. JSON is kept as text, for that is how it leaves again. */
struct message {
  int id, reply_to;
  enum message_kind kind;
  bool is_deleted;   /* a tombstone: only id and version are left */
  bool is_forgotten; /* the bot's storage has lost it; people still see it */
  bool is_pinned, is_forwarded;
  bool has_keyboard; /* its markup is a reply keyboard, its removal or a forced reply */
  int64_t date, edit_date;
  uint64_t version;
  struct chat *chat;
  struct person *from; /* NULL: a channel's post */
  char *text;          /* of MESSAGE_TEXT; of others the caption */
  char *entities;      /* JSON array */
  char *content;       /* JSON members: "document":{...} */
  char *markup;        /* JSON object */
  char *origin;        /* JSON members about the original of a forward */
  char *group;         /* media_group_id */
  char *votes;         /* JSON object: a person's id -> the numbers of options, of a poll */
};

enum message_view {
  MESSAGE_FOR_BOT,    /* as Telegram answers: inline keyboards only */
  MESSAGE_FOR_PERSON, /* with reply keyboards and the version */
  MESSAGE_NESTED,     /* as reply_to_message or pinned_message: without its own */
};

/* Adds a message of `from` now. Its texts are to be filled in by the caller, who then calls message_changed(). Borrowed. */
struct message *message_add(struct model *model, struct chat *chat, struct person *from);
struct message *message_restore(struct model *model, struct chat *chat, int id);
void message_free(struct message *message); /* the model's */

struct message *message_find(const struct chat *chat, int id); /* NULL: none of this id, or deleted */

void message_changed(struct model *model, struct message *message);
void message_delete(struct model *model, struct message *message);

/* Takes the text (not the entities): replaces one of the members above. */
void message_set(char **member, char *text);

void message_write(const struct message *message, enum message_view view, struct buffer *buffer);

/* Queues the message for the bots, as a message, a channel post, or the edit of one. */
void message_send_update(struct model *model, const struct message *message);

/* The service message that `message` was pinned by `from`, seen by all and sent to the bots. */
void message_add_pin(struct model *model, struct message *message, struct person *from);

/* The newest of the pinned messages, as getChat shows it; NULL: none. */
struct message *message_pinned(const struct chat *chat);
