/* The entities of a text while it is read. Begin and end are bytes of the text; entity_list_dump() turns them into Telegram's
 * UTF-16 units. For the rooms behind entity.h and markup.h only. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct error;
struct json_t;

struct entity {
  size_t begin, end; /* bytes of the text */
  const char *type;  /* static */
  char *extra;       /* JSON members with a leading comma, or NULL; ours */
  unsigned order;    /* of two that cover the same text, the outer one was closed later */
};

struct entity_list {
  struct entity *items;
  size_t count, capacity;
};

void entity_list_add(struct entity_list *list, const char *type, size_t begin, size_t end, char *extra); /* extra is taken */
void entity_list_release(struct entity_list *list);

/* Adds what a bot has counted itself: MessageEntity objects. False: ERROR_INPUT with Telegram's words. */
bool entity_list_add_given(struct entity_list *list, const struct json_t *given, const struct buffer *text,
                           struct error *error);

/* The list as Telegram's JSON array. Sorts it. Given: free(). NULL: there is none. */
char *entity_list_dump(struct entity_list *list, const char *text);
