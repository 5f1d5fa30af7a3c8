/* The messages of a chat: adding, finding, changing, deleting. Every change gives the message the model's next version number.
 * A chat keeps its newest 10,000 messages, and older ones only while they are pinned. For the loop's thread only. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct chat;
struct model;
struct person;

enum message_kind { /* decides how a message may be edited */
                    MESSAGE_TEXT,
                    MESSAGE_MEDIA, /* a file with a caption */
                    MESSAGE_FIXED, /* sticker, dice, location, ...: nothing to edit but the buttons */
                    MESSAGE_SERVICE,
};

/* All texts belong to the message and may be NULL. JSON is kept as text, because it leaves as text again. */
struct message {
  int id, reply_to; /* reply_to 0: it is no reply */
  int thread_id;    /* of a forum's topic; 0: none, or the general one */
  enum message_kind kind;
  bool is_deleted;   /* only id and version are left */
  bool is_forgotten; /* Telegram has lost it for the bot; people still see it */
  bool is_pinned, is_forwarded;
  bool is_protected; /* can't be forwarded */
  bool has_keyboard; /* its markup is for people only: a reply keyboard, its removal or a forced reply */
  int64_t bot_id;    /* the only bot that hears it; 0: all that are in the chat */
  int64_t date, edit_date;
  int64_t update_bot, update_id; /* the update by which a bot hears it first; see reading.h. update_id 0: none hears it */
  uint64_t version;
  struct chat *chat;
  struct person *from; /* NULL: a channel's post */
  struct person *via;  /* the bot by whose inline mode it was written; NULL: none */
  char *text;          /* of MESSAGE_TEXT; of others the caption */
  char *entities;      /* JSON array */
  char *content;       /* JSON members: "document":{...} */
  char *markup;        /* JSON object */
  char *origin;        /* JSON members about the original of a forward */
  char *quote;         /* JSON object: the part of the original that is replied to */
  char *preview;       /* JSON object: LinkPreviewOptions of a text */
  char *extras;        /* JSON members that come after all others: "effect_id":"1" */
  char *group;         /* media_group_id */
  char *reactions;     /* JSON object: who has reacted, by their ids -> an array of ReactionType */
  char *hidden;        /* JSON object that nobody sees: of a poll the votes, of an invoice what the bot wants */
};

/* Adds a message of `from` with the current date. The caller fills in its content and then calls message_changed(). Borrowed.
 */
struct message *message_add(struct model *model, struct chat *chat, struct person *from);
struct message *message_restore(struct model *model, struct chat *chat, int id); /* the same for one that was saved */
void message_free(struct message *message);                                      /* for the chat that owns it */

struct message *message_find(const struct chat *chat, int id); /* borrowed; NULL: none of this id, or deleted */
struct message *message_last(const struct chat *chat);         /* the newest; the same */

/* The newest of the pinned messages, which is the one that getChat shows. Borrowed; NULL: none. */
struct message *message_pinned(const struct chat *chat);

void message_changed(struct model *model, struct message *message);
void message_delete(struct model *model, struct message *message);

/* Replaces a text of the message, which is freed, by `text`, which is taken. */
void message_set(char **member, char *text);
char *message_copy_text(const char *text);                             /* given: free(); NULL for NULL */
void message_add_extras(struct message *message, const char *members); /* borrowed */
