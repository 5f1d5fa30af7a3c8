/* What the backup writes into menus of commands: the crown, and pointers to a message. Both are the command "backup" with two
 * numbers in its description. Pure functions, the loop's thread. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct pointer {
  bool is_there;
  int64_t message_id; /* 0: none */
  int64_t epoch;      /* of that message's reign; in the crown: the nonce of the reign that was raised last */
};

/* commands: the array of getMyCommands. A "backup" command that a bot made itself does not count. */
void pointer_find(const json_t *commands, struct pointer *pointer);

/* A copy of the array with the pointer in it. The other commands stay; where the menu is full the last of them goes. Given:
 * json_decref(). */
json_t *pointer_put(const json_t *commands, int64_t message_id, int64_t epoch);

/* The parameters that name a menu of the chat: its own, which is the crown, or one of the registers for pointers, whose
 * languages nobody reads. Every message is written into all of them, so that as many writes must be late to hide it. Given:
 * json_decref(). */
enum { POINTER_REGISTERS = 4 };
json_t *pointer_scope(int64_t chat_id);
json_t *pointer_register(int64_t chat_id, size_t at);
bool pointer_is_register(const char *language);
