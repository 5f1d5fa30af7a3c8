/* Formatted text as Telegram reads it: the text is cleaned, its Markdown, MarkdownV2 or HTML is taken out, and what Telegram
 * finds by itself is added. Offsets are UTF-16 units. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct entity_list;
struct error;
struct json_t;
struct model;

struct entity_text {
  char *text;     /* cleaned and trimmed; given: entity_release() */
  size_t size;    /* bytes */
  size_t length;  /* code points */
  bool is_blank;  /* nothing of it can be seen: a message of its own needs more */
  char *entities; /* JSON array, or NULL when there is none */
};

/* text: followed by a NUL that does not count. mode: Telegram's parse_mode in any case; NULL or "": none. entities:
 * MessageEntity objects, used where there is no mode; NULL: none. A person who is mentioned by their id must be known to the
 * model. False: ERROR_INPUT with Telegram's description (after "Bad Request: "), and *result needs no release. An empty text is
 * no error. */
bool entity_read(const struct model *model, const char *text, size_t size, const char *mode, const struct json_t *entities,
                 struct entity_text *result, struct error *error);
void entity_release(struct entity_text *text);

enum { ENTITY_KEEPS_BLANKS = 1, ENTITY_FINDS_NOTHING = 2 };

/* The step between reading the markup and writing the result: cleans the text, puts its entities in order, trims it (not with
 * ENTITY_KEEPS_BLANKS) and adds what is found in it (not with ENTITY_FINDS_NOTHING). False: as above. */
bool entity_settle(struct buffer *text, struct entity_list *list, unsigned rules, struct error *error);
