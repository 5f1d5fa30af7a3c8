/* Methods about checklists, which Telegram lets bots send on behalf of a business account only. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "sandbox/methods/call.h"
#include "sandbox/methods/editing.h"
#include "sandbox/methods/methods.h"
#include "sandbox/methods/sending.h"
#include "sandbox/model/entity.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"

#define TITLE_MAX 255 /* characters */
#define TASK_MAX 100
#define TASKS_MAX 30

static bool set_text(struct call *call, const json_t *given, const char *name, const char *entities_name, size_t most,
                     json_t *to) {
  struct error error = {0};
  struct entity_text text;
  const json_t *words = json_object_get(given, name);
  const char *mode = json_string_value(json_object_get(given, "parse_mode"));
  if (!json_is_string(words)) return call_fail(call, 400, "Bad Request: can't find field \"%s\"", name);
  if (!entity_read(call->model, json_string_value(words), json_string_length(words), mode,
                   json_object_get(given, entities_name), &text, &error))
    return call_fail(call, 400, "Bad Request: %s", error.text);
  bool ok = text.size || call_fail(call, 400, "Bad Request: text must be non-empty");
  if (ok && text.length > most) ok = call_fail(call, 400, "Bad Request: checklist %s is too long", name);
  if (ok) json_object_set_new(to, name, json_string(text.text));
  if (ok && text.entities) json_object_set_new(to, entities_name, json_loads(text.entities, 0, NULL));
  entity_release(&text);
  return ok;
}

static bool read_tasks(struct call *call, const json_t *given, json_t *checklist) {
  const json_t *tasks = json_object_get(given, "tasks"), *task;
  json_t *shown = json_array();
  size_t i, count = json_array_size(tasks);
  json_object_set_new(checklist, "tasks", shown);
  if (!count || count > TASKS_MAX) return call_fail(call, 400, "Bad Request: invalid number of checklist tasks specified");
  json_array_foreach((json_t *)tasks, i, task) {
    json_int_t id = json_integer_value(json_object_get(task, "id"));
    json_t *to = json_pack("{s:I}", "id", id);
    json_array_append_new(shown, to);
    if (id <= 0) return call_fail(call, 400, "Bad Request: invalid checklist task identifier specified");
    if (!set_text(call, task, "text", "text_entities", TASK_MAX, to)) return false;
  }
  return true;
}

/* Given: json_decref(). NULL: the call is failed. */
static json_t *read_checklist(struct call *call) {
  static const char *const flags[] = {"others_can_add_tasks", "others_can_mark_tasks_as_done"};
  bool is_bad;
  json_t *given = call_json(call, "checklist", &is_bad), *checklist = json_object();
  bool ok = set_text(call, given, "title", "title_entities", TITLE_MAX, checklist) && read_tasks(call, given, checklist);
  for (size_t i = 0; i < 2; i++) {
    if (json_is_true(json_object_get(given, flags[i]))) json_object_set_new(checklist, flags[i], json_true());
  }
  json_decref(given);
  if (ok) return checklist;
  json_decref(checklist);
  return NULL;
}

static bool send_checklist(struct call *call) {
  json_t *checklist = call_business(call) ? read_checklist(call) : NULL;
  return checklist && sending_send_fixed(call, json_write_content("checklist", checklist));
}

static bool edit_checklist(struct call *call) {
  struct editing editing = {0};
  struct entity_text none = {0};
  json_t *checklist = call_business(call) ? read_checklist(call) : NULL;
  bool ok = checklist && editing_read_markup(call, &editing) && editing_find(call, &editing, "message can't be edited");
  bool is_checklist = ok && editing.message->content && strncmp(editing.message->content, "\"checklist\"", 11) == 0;
  if (ok && !is_checklist) ok = call_fail(call, 400, "Bad Request: there is no checklist in the message to edit");
  if (ok) ok = editing_apply(call, &editing, MESSAGE_FIXED, &none, json_write_content("checklist", json_incref(checklist)));
  editing_release(&editing);
  json_decref(checklist);
  return ok;
}

const struct method method_checklist[] = {{"sendchecklist", send_checklist}, {"editmessagechecklist", edit_checklist}, {0}};
