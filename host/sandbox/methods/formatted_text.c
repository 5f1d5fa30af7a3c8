#include "sandbox/methods/formatted_text.h"

#include <jansson.h>

#include "common/error.h"
#include "net/server.h"
#include "sandbox/methods/call.h"
#include "sandbox/model/entity.h"

#define TEXT_BYTES_MAX 32768 /* before the markup is taken out */

bool formatted_text_read(struct call *call, const char *name, const char *entities_name, struct entity_text *text) {
  return formatted_text_read_mode(call, name, entities_name, "parse_mode", text);
}

bool formatted_text_read_mode(struct call *call, const char *name, const char *entities_name, const char *mode_name,
                              struct entity_text *text) {
  const struct server_parameter *found = call_find(call, name);
  struct error error = {0};
  bool is_bad;
  *text = (struct entity_text){0};
  if (found && found->size > TEXT_BYTES_MAX) return call_fail(call, 400, "Bad Request: text is too long");
  json_t *entities = call_json(call, entities_name, &is_bad);
  if (!json_is_array(entities)) { /* Telegram takes anything else for none */
    json_decref(entities);
    entities = NULL;
  }
  bool ok = entity_read(call->model, found ? found->value : "", found ? found->size : 0, call_text(call, mode_name), entities,
                        text, &error);
  json_decref(entities);
  return ok || call_fail(call, 400, "Bad Request: %s", error.text);
}

bool formatted_text_read_message(struct call *call, struct entity_text *text) {
  *text = (struct entity_text){0};
  if (!call_text(call, "text")) return call_fail(call, 400, "Bad Request: message text is empty");
  if (!formatted_text_read(call, "text", "entities", text)) return false;
  return !text->is_blank || call_fail(call, 400, "Bad Request: text must be non-empty");
}
