/* The pointer to the backup: the command "backup" in the menu of the admin's own chat, whose description holds the anchor's
 * message id and the epoch. Pure functions, the loop's thread. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "common/error.h"

struct pointer {
  struct error error; /* ERROR_NONE: the menu was read */
  bool is_there;
  int64_t message_id; /* 0: none yet */
  int64_t epoch;
};

/* Fills in all but the error. commands: the array of getMyCommands. A "backup" command that a bot made itself does not count.
 */
void pointer_find(const json_t *commands, struct pointer *pointer);

/* May a host of this epoch go on saving? False (ERROR_REFUSED): the pointer has a higher epoch, so another host has taken over.
 */
bool pointer_allows(const struct pointer *pointer, int64_t epoch, struct error *error);

/* A copy of the array with the pointer in it. The other commands stay; where the menu is full the last of them goes. Given:
 * json_decref(). */
json_t *pointer_put(const json_t *commands, int64_t message_id, int64_t epoch);

/* The parameters that name the menu of one chat. Given: json_decref(). */
json_t *pointer_scope(int64_t chat_id);
