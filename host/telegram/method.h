/* The Bot API's methods and the names of their parameters, so that an error can suggest the right name for a misspelt one. A
 * name that is not in the table may still exist, since Telegram can be newer. Pure functions, any thread. Part of the floor's
 * face. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct method;

/* Takes "sendMessage" and "send_message", in any case of letters. NULL: no such method. What is returned here is static. */
const struct method *method_find(const char *name);
const char *method_name(const struct method *method); /* in Telegram's spelling: "sendMessage" */

/* The method whose name has the fewest typing errors (a letter wrong, missing, too many, or two swapped) in
 * `name`, in either spelling; NULL where that is more than a third of the letters. */
const struct method *method_nearest(const char *name);

bool method_has_parameter(const struct method *method, const char *name); /* in exactly this case */

/* Likewise among the method's parameters, or among words that blanks divide. Not ended by a NUL: *size tells the bytes. NULL:
 * nothing is near. */
const char *method_nearest_parameter(const struct method *method, const char *name, size_t *size);
const char *method_nearest_word(const char *words, const char *name, size_t *size);
