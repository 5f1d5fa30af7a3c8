/* The bytes of an update, as far as they can be read without decoding them: where it ends, and which id it has. Pure, any
 * thread. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The end of the JSON value that begins at text, or NULL: only quotes, brackets and braces are looked at. What is inside is
 * checked when it is decoded. */
const char *update_text_end(const char *text, const char *end);

/* The update_id of an object that may be broken inside, or may hold the number as a text. False: it has none that is a number.
 */
bool update_text_id(const char *json, size_t size, int64_t *update_id);
