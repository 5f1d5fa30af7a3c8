/* Text as Telegram counts it. Pure functions, any thread. Part of the floor's face: telegram.h includes it. */
#pragma once
#include <stddef.h>

enum {
  TEXT_MESSAGE_LENGTH = 4096, /* code points in a message; bot-api-facts.md 4.4 */
  TEXT_CAPTION_LENGTH = 1024,
};

size_t text_length(const char *text, size_t size);       /* code points; a byte that is not UTF-8 counts as one */
size_t text_utf16_length(const char *text, size_t size); /* what entity offsets count */

/* How many bytes of text make its first part of at most `length` code points: cut, in this order of preference, after a blank
 * line, a line, a sentence, a word, in the last half; else after the last whole character. *skip: the blank bytes after the cut
 * that belong to no part. */
size_t text_split(const char *text, size_t size, size_t length, size_t *skip);
