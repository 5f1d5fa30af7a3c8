/* The three markups of Telegram's parse_mode. Each reader adds the text without its markup to `plain` and its entities, sorted,
 * to `list`. The text is valid UTF-8, not cleaned yet, and followed by a NUL. False: ERROR_INPUT with Telegram's words. Byte
 * offsets in errors are those of the text with its markup, as at Telegram. Any thread. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct entity_list;
struct error;

bool markup_read_markdown(const char *text, size_t size, struct buffer *plain, struct entity_list *list, struct error *error);
bool markup_read_markdown2(const char *text, size_t size, struct buffer *plain, struct entity_list *list, struct error *error);
bool markup_read_html(const char *text, size_t size, struct buffer *plain, struct entity_list *list, struct error *error);
