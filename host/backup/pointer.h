/* The pointer to the backup, as it stands in a menu of commands. Pure functions, the loop's thread. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

struct anchor_pointer;

/* Fills in all but the error. commands: the array of getMyCommands. Somebody else's "backup" command is none of ours. */
void pointer_find(const json_t *commands, struct anchor_pointer *pointer);

/* A copy of the array with the pointer in it; the other commands stay, but for the last where the menu is full. Given:
 * json_decref(). */
json_t *pointer_put(const json_t *commands, int64_t message_id, int64_t epoch);

/* The parameters that name the menu of one chat. Given: json_decref(). */
json_t *pointer_scope(int64_t chat_id);
