/* Entities that a bot has counted itself: MessageEntity objects of the Bot API. Any thread. */
#pragma once
#include <stdbool.h>

struct entity_list;
struct error;
struct json_t;

/* Adds those of the array that a bot may give; the others (a mention) are found in the text anyway. What is no array counts as
 * none. False: ERROR_INPUT with Telegram's words. */
bool entity_given_read(const struct json_t *array, struct entity_list *list, struct error *error);
