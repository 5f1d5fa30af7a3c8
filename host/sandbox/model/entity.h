/* Formatted text as Telegram reads it: the text is cleaned, its Markdown, MarkdownV2 or HTML is taken out, and what Telegram
 * finds by itself is added. Offsets are UTF-16 units. Pure functions; any thread. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct error;
struct json_t;

struct entity_text {
  char *text;     /* cleaned and trimmed; given: entity_release() */
  size_t size;    /* bytes */
  size_t length;  /* code points */
  char *entities; /* JSON array, or NULL when there is none */
};

/* mode: Telegram's parse_mode in any case; NULL or "": none. entities: MessageEntity objects, used where there is no mode;
 * NULL: none. False: ERROR_INPUT with Telegram's description (after "Bad Request: "), and *result needs no release. An empty
 * text is no error. */
bool entity_read(const char *text, size_t size, const char *mode, const struct json_t *entities, struct entity_text *result,
                 struct error *error);
void entity_release(struct entity_text *text);
