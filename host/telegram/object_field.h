/* Where Telegram wants an object, of all that a bot can send: a table without fields is either. A pure function, any thread.
 * Part of the floor's face. */
#pragma once
#include <stdbool.h>

/* Is what stands under that name of a parameter or field, within so many lists, an object? "entities" within one list is. False
 * for names that are not known. */
bool object_field_is(const char *name, unsigned lists);
