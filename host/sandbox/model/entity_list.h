/* The entities of a text while it is read: which part of it is bold, a link, a command. Offset and length are UTF-16 units. For
 * the rooms behind entity.h and markup.h only. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum entity_type {
  ENTITY_MENTION,
  ENTITY_HASHTAG,
  ENTITY_CASHTAG,
  ENTITY_BOT_COMMAND,
  ENTITY_URL,
  ENTITY_EMAIL,
  ENTITY_BANK_CARD,
  ENTITY_BOLD, /* from here to the spoiler: they may be split, and joined again */
  ENTITY_ITALIC,
  ENTITY_UNDERLINE,
  ENTITY_STRIKETHROUGH,
  ENTITY_SPOILER,
  ENTITY_BLOCKQUOTE,
  ENTITY_EXPANDABLE_BLOCKQUOTE,
  ENTITY_CODE,
  ENTITY_PRE,
  ENTITY_PRE_CODE, /* a "pre" with a language */
  ENTITY_DATE_TIME,
  ENTITY_TEXT_LINK,
  ENTITY_TEXT_MENTION,
  ENTITY_CUSTOM_EMOJI,
  ENTITY_TYPES
};

struct entity {
  int offset, length;
  enum entity_type type;
  int64_t user_id; /* of a text_mention */
  char *extra;     /* JSON members with a leading comma, or NULL; ours */
};

struct entity_list {
  struct entity *items;
  size_t count, capacity;
};

/* Adds an entity, whose `extra` is taken. What finds no memory is left out. */
void entity_list_add(struct entity_list *list, struct entity entity);
void entity_list_move(struct entity_list *to, struct entity_list *from); /* all of them; `from` is empty then */
void entity_list_cut(struct entity_list *list, size_t count);            /* back to a count that it had before */
void entity_list_release(struct entity_list *list);

/* By offset; of those that begin together, the outer one first. */
void entity_list_sort(struct entity_list *list);

/* By Telegram's name, "bold". False: there is none of that name. */
bool entity_list_find_type(const char *name, enum entity_type *type);
char *entity_list_member(const char *name, const char *value, size_t size); /* an `extra`: a string member. Given: free() */

/* The list as Telegram's JSON array. Given: free(). NULL: there is none. */
char *entity_list_dump(const struct entity_list *list);
