/* Texts in lower case, in upper case, or folded for comparison: the letters of all languages, as Unicode has them. Some letters
 * change their number (ß becomes SS), so it needs the whole text; character.h changes one character and keeps their number.
 * GLib is loaded when it is first needed. Any thread. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct error;

enum text_case {
  TEXT_CASE_LOWER,
  TEXT_CASE_UPPER,
  TEXT_CASE_FOLDED, /* equal for texts that differ in case only, or in how an accent is written; for comparisons */
};

/* Appends the text in that form. It is UTF-8 without zero bytes. False: ERROR_SYSTEM (no GLib here), ERROR_MEMORY, ERROR_FULL;
 * then `to` is as it was. */
bool text_case_add(enum text_case form, const char *text, size_t size, struct buffer *to, struct error *error);
