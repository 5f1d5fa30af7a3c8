#include "sandbox/model/settings.h"

#include <jansson.h>
#include <stdlib.h>

#include "common/memory.h"

struct settings {
  json_t *slots; /* slot -> text */
};

struct settings *settings_new(void) {
  struct settings *settings = memory_new(sizeof *settings);
  settings->slots = json_object();
  return settings;
}

void settings_free(struct settings *settings) {
  if (!settings) return;
  json_decref(settings->slots);
  free(settings);
}

void settings_set(struct settings *settings, const char *slot, const char *text) {
  if (text)
    json_object_set_new(settings->slots, slot, json_string(text));
  else
    json_object_del(settings->slots, slot);
}

const char *settings_get(const struct settings *settings, const char *slot) {
  return json_string_value(json_object_get(settings->slots, slot));
}

void settings_each(const struct settings *settings, void (*visit)(const char *slot, const char *text, void *data), void *data) {
  const char *slot;
  json_t *text;
  json_object_foreach(settings->slots, slot, text) visit(slot, json_string_value(text), data);
}
