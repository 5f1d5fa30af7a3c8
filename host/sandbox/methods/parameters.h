/* What the Bot API's description says of methods and their parameters, from the generated parameter_table.h. The rooms
 * method_*.c know much more of their own methods; this room knows a little of all. */
#pragma once
#include <stdbool.h>

struct call;

/* The method's name as Telegram writes it, whatever the case of the letters. NULL: Telegram has no such method. */
const char *parameters_method(const char *name);

/* Checks that the call has what its method requires, and that lists and objects are JSON. What a room checks in words of its
 * own is left to it, unless `is_all`. Fails the call and returns false. */
bool parameters_check(struct call *call, bool is_all);
