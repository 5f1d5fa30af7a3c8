/* Upper and lower case of all letters, as Unicode has them, by GLib. GLib is loaded when it is first needed, because most bots
 * never ask. The loop's thread only. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct error;

enum unicode_form {
  UNICODE_LOWER,
  UNICODE_UPPER,
  UNICODE_FOLDED, /* equal for texts that differ in case only, or in how an accent is written; for comparisons */
};

/* Appends the text in that form. It is UTF-8 without zero bytes. False: ERROR_SYSTEM (no GLib here), ERROR_MEMORY, ERROR_FULL;
 * then `to` is as it was. */
bool unicode_add(enum unicode_form form, const char *text, size_t size, struct buffer *to, struct error *error);
