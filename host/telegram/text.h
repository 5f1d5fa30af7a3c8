/* Splitting a text that is too long for one message. Pure functions, any thread. Part of the floor's face: telegram.h includes
 * it. */
#pragma once
#include <stddef.h>

enum { TEXT_MESSAGE_LENGTH = 4096 }; /* code points in a message: telegram/FACTS.md, Sending */

/* The size in bytes of the text's first part, which has at most `length` code points (a byte that is not UTF-8 counts as one).
 * The cut is, in this order of preference, after a blank line, a line, a sentence, a word, in the last half; else after the
 * last whole character. *skip: the blank bytes after the cut that belong to no part. */
size_t text_split(const char *text, size_t size, size_t length, size_t *skip);
