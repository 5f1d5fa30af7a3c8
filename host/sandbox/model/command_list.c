#include "sandbox/model/command_list.h"

#include <jansson.h>
#include <stdlib.h>

#include "common/memory.h"

struct command_list {
  json_t *slots; /* slot -> the JSON array as text */
};

struct command_list *command_list_new(void) {
  struct command_list *list = memory_new(sizeof *list);
  list->slots = json_object();
  return list;
}

void command_list_free(struct command_list *list) {
  if (!list) return;
  json_decref(list->slots);
  free(list);
}

void command_list_set(struct command_list *list, const char *slot, const char *commands) {
  if (commands)
    json_object_set_new(list->slots, slot, json_string(commands));
  else
    json_object_del(list->slots, slot);
}

const char *command_list_get(const struct command_list *list, const char *slot) {
  const char *commands = json_string_value(json_object_get(list->slots, slot));
  return commands ? commands : "[]";
}

void command_list_each(const struct command_list *list, void (*visit)(const char *slot, const char *commands, void *data),
                       void *data) {
  const char *slot;
  json_t *commands;
  json_object_foreach(list->slots, slot, commands) visit(slot, json_string_value(commands), data);
}
