/* Writes and reads the pointers in menus of commands. A menu of commands is the one place of a chat that only its bot can
 * write, that is found without an id, and that nobody loses by deleting messages. Its description is shown to people, so it
 * is a sentence with two numbers in it (of at most 256 characters: telegram/FACTS.md, Menus).
 *
 * The crown has the form in which versions without reigns wrote their pointer, and a nonce is higher than any epoch that they
 * counted: so such a host finds itself fenced off, and one that starts finds the message. */
#include "backup/pointer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COMMAND "backup"

enum { COMMANDS_MAX = 100 }; /* telegram/FACTS.md, Menus */

static bool is_ours(const json_t *command) {
  const char *name = json_string_value(json_object_get(command, "command"));
  return name && strcmp(name, COMMAND) == 0;
}

/* The whole text must match: a bot's own command "backup" may have parentheses in its description, too. */
static bool read_description(const char *text, struct pointer *pointer) {
  int end = 0;
  int64_t message_id, epoch;
  if (!text || sscanf(text, "Save now (message %" SCNd64 ", epoch %" SCNd64 ")%n", &message_id, &epoch, &end) != 2)
    return false;
  if (!end || text[end] || message_id < 0 || epoch < 0) return false;
  pointer->is_there = true;
  pointer->message_id = message_id;
  pointer->epoch = epoch;
  return true;
}

void pointer_find(const json_t *commands, struct pointer *pointer) {
  size_t i;
  json_t *command;
  json_array_foreach(commands, i, command) {
    if (is_ours(command) && read_description(json_string_value(json_object_get(command, "description")), pointer)) return;
  }
}

/* A full menu loses its last command: that is a smaller loss than a backup that is not found. */
json_t *pointer_put(const json_t *commands, int64_t message_id, int64_t epoch) {
  char description[100];
  (void)snprintf(description, sizeof description, "Save now (message %" PRId64 ", epoch %" PRId64 ")", message_id, epoch);
  json_t *ours = json_pack("{s:s, s:s}", "command", COMMAND, "description", description);
  json_t *menu = json_array();
  size_t i;
  json_t *command;
  json_array_foreach(commands, i, command) {
    if (!is_ours(command) && json_array_size(menu) < COMMANDS_MAX - 1) json_array_append(menu, command);
  }
  json_array_append_new(menu, ours);
  return menu;
}

json_t *pointer_scope(int64_t chat_id) {
  return json_pack("{s:{s:s, s:I}}", "scope", "type", "chat", "chat_id", (json_int_t)chat_id);
}

/* Languages of ISO 639-1 that no Telegram client speaks: Avestan, Church Slavonic, Hiri Motu, Volapuk. */
static const char *const languages[POINTER_REGISTERS] = {"ae", "cu", "ho", "vo"};

bool pointer_is_register(const char *language) {
  bool is_one = false;
  for (size_t i = 0; i < POINTER_REGISTERS; i++) is_one = is_one || strcmp(language, languages[i]) == 0;
  return is_one;
}

json_t *pointer_register(int64_t chat_id, size_t at) {
  json_t *parameters = pointer_scope(chat_id);
  json_object_set_new(parameters, "language_code", json_string(languages[at]));
  return parameters;
}
