/* The Bot API's methods and their parameters by name, so that a misspelt one can be told with the right one beside it. What the
 * table does not have may still exist: Telegram can be newer than it. Pure functions, any thread. Part of the floor's face. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct method;

/* Takes "sendMessage" and "send_message", in any case of letters. NULL: no such method. Lives for ever, like all that is
 * returned here. */
const struct method *method_find(const char *name);
const char *method_name(const struct method *method); /* in Telegram's spelling: "sendMessage" */

/* The method whose name takes the fewest slips of the finger (a letter wrong, missing, too many, or two swapped) to become
 * `name`, in either spelling; NULL where that is more than a third of the letters. */
const struct method *method_nearest(const char *name);

bool method_has_parameter(const struct method *method, const char *name); /* exactly so: Telegram minds the case here */

/* Likewise among the method's parameters. Not ended by a NUL: *size tells the bytes. NULL: nothing is near. */
const char *method_nearest_parameter(const struct method *method, const char *name, size_t *size);
