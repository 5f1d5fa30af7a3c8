/* Cleaning a text: what Telegram replaces or removes before it looks at anything else. Any thread. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct entity_list;
struct error;

/* Adds the cleaned text to `cleaned`, and moves the entities, which are in order (entity_fix()), along. False: ERROR_INPUT with
 * Telegram's words. */
bool entity_clean(const char *text, size_t size, struct entity_list *list, struct buffer *cleaned, struct error *error);

/* Whether nothing of the text can be seen: it is empty, or of blanks and marks of no width. */
bool entity_clean_is_blank(const char *text, size_t size);
