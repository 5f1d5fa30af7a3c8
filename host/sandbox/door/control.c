#include "sandbox/door/control.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/memory.h"
#include "net/http.h"
#include "net/server.h"
#include "sandbox/door/control_poll.h"
#include "sandbox/door/door.h"
#include "sandbox/door/host_link.h"
#include "sandbox/door/test_controls.h"
#include "sandbox/model/file.h"
#include "sandbox/model/json_write.h"
#include "sandbox/person/actions.h"
#include "sandbox/sandbox.h"

static const char json_content[] = "application/json";

/* ---- input ---- */

static bool read_json(struct action *action, const char *body, size_t size, struct error *error) {
  json_error_t why;
  json_t *json = size ? json_loadb(body, size, 0, &why) : json_object();
  bool ok = json_is_object(json);
  if (ok)
    json_object_update_missing(action->input, json);
  else if (!json)
    error_set(error, ERROR_INPUT, "the body is not JSON: %s at byte %d", why.text, why.position);
  else
    error_set(error, ERROR_INPUT, "the body must be a JSON object");
  json_decref(json);
  return ok;
}

/* The query's parameters win over the body's members. The first file goes along. */
static bool read_request(struct control *control, struct error *error) {
  const char *body;
  const struct server_parameter *parameters;
  size_t size = server_body(control->request, &body), count = server_parameters(control->request, &parameters);
  struct action_file *file = &control->action.file;
  for (size_t i = 0; i < count; i++) {
    if (!parameters[i].file_name) {
      json_object_set_new(control->action.input, parameters[i].name, json_string(parameters[i].value));
    } else if (!file->data) {
      file->parameter = parameters[i].name;
      file->name = parameters[i].file_name;
      file->data = server_take_file(control->request, i, &file->size);
    }
  }
  return read_json(&control->action, body, size, error);
}

static void copy_file(struct action_file *to, const struct http_part *file) {
  *to = (struct action_file){.parameter = file->name, .name = file->file_name, .size = file->size};
  to->data = memory_new(file->size + 1);
  if (file->size) memcpy(to->data, file->data, file->size);
}

/* ---- files ---- */

/* A file that somebody has sent is no part of the chat page. So a browser is to save it, whatever its type: as a page, its
 * scripts could use the control API. */
static const char *const foreign_headers[] = {"X-Content-Type-Options: nosniff", "Content-Disposition: attachment", NULL};

static bool get_files(struct control *control, struct error *error) {
  const char *id = action_text(&control->action, "file_id");
  const struct file *file = id ? file_find(control->action.model, id) : NULL;
  if (!file) return error_set(error, ERROR_INPUT, "there is no file of this file_id");
  struct buffer *answer = control->action.answer;
  if (!buffer_add(answer, file->data, file->size, error)) return false;
  if (!control->request) return true;
  size_t size;
  char *copy = buffer_take(answer, &size);
  server_reply(control->request, 200, file->kind == FILE_PHOTO ? "image/jpeg" : file->type, copy, size,
               file->kind == FILE_PHOTO ? NULL : foreign_headers);
  control->request = NULL;
  return true;
}

/* ---- entries ---- */

static const struct {
  const char *method, *path;
  bool (*act)(struct action *action, struct error *error);      /* of person/; or ... */
  bool (*handle)(struct control *control, struct error *error); /* ... of this folder, for what needs more than the model */
} entries[] = {
    {"GET", "messages", .handle = control_poll_messages},
    {"POST", "messages", .act = writing_send},
    {"POST", "forwards", .act = writing_forward},
    {"POST", "topics", .act = forum_set_topic},
    {"POST", "flood", .act = writing_flood},
    {"POST", "callbacks", .act = button_press},
    {"POST", "payments", .act = purchase_pay},
    {"POST", "shippings", .act = purchase_ship},
    {"POST", "web_apps", .act = web_app_visit_open},
    {"POST", "web_app_data", .act = web_app_visit_send},
    {"POST", "inline", .act = inline_query_ask},
    {"POST", "choices", .act = inline_query_choose},
    {"GET", "answers", .handle = control_poll_answers},
    {"POST", "votes", .act = vote_cast},
    {"POST", "reactions", .act = reacting_set},
    {"POST", "users", .act = account_add},
    {"GET", "users", .act = account_list},
    {"POST", "bots", .act = account_set_bot},
    {"GET", "bot", .act = account_show_bot},
    {"POST", "chats", .act = group_add},
    {"GET", "chats", .act = group_list},
    {"GET", "chat", .act = group_details_show},
    {"POST", "titles", .act = group_rename},
    {"POST", "migrations", .act = group_migrate},
    {"POST", "business_connections", .act = business_account_connect},
    {"POST", "business_chats", .act = business_account_chat},
    {"POST", "checklist_marks", .act = business_account_mark},
    {"POST", "members", .act = membership_set},
    {"POST", "joins", .act = membership_join},
    {"POST", "leaves", .act = membership_leave},
    {"POST", "invite_links", .act = invitation_make_link},
    {"POST", "join_requests", .act = invitation_decide},
    {"POST", "pins", .act = pin_set},
    {"POST", "hide_pin", .act = pin_hide},
    {"POST", "forget", .act = deletion_forget},
    {"GET", "files", .handle = get_files},
    {"POST", "updates", .handle = test_controls_add_update},
    {"POST", "clock", .handle = test_controls_advance_clock},
    {"POST", "faults", .handle = test_controls_add_fault},
    {"DELETE", "faults", .handle = test_controls_clear_faults},
    {"GET", "faults", .handle = test_controls_list_faults},
    {"POST", "limits", .handle = test_controls_set_limits},
    {"POST", "method_answers", .handle = test_controls_set_method_answer},
    {"GET", "requests", .handle = test_controls_list_requests},
    {"GET", "status", .handle = test_controls_show_status},
    {"POST", "reset", .handle = test_controls_reset},
};

static bool run(struct control *control, const char *method, const char *path, struct error *error) {
  if (strcmp(path, "host") == 0 || strncmp(path, "host/", 5) == 0)
    return host_link_answer(control, method, path[4] ? path + 5 : "", error);
  if (strcmp(method, "GET") != 0) control->door->controls++;
  for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
    if (strcmp(path, entries[i].path) != 0 || strcmp(method, entries[i].method) != 0) continue;
    return entries[i].act ? entries[i].act(&control->action, error) : entries[i].handle(control, error);
  }
  return error_set(error, ERROR_INPUT, "there is no %s /sandbox/%s", method, path);
}

static struct control begin(struct door *door, struct server_request *request, struct buffer *answer) {
  return (struct control){
      .door = door, .request = request, .action = {.model = door->model, .input = json_object(), .answer = answer}};
}

static void end(struct control *control) {
  free(control->action.file.data);
  json_decref(control->action.input);
}

/* ---- from within the process ---- */

bool control_run(struct door *door, const struct sandbox_question *question, struct buffer *answer, struct error *error) {
  struct control control = begin(door, NULL, answer);
  size_t size = question->json ? strlen(question->json) : 0;
  if (question->file) copy_file(&control.action.file, question->file);
  bool ok = read_json(&control.action, question->json, size, error) && run(&control, question->method, question->path, error);
  if (ok && !answer->size) json_write_text(answer, "{\"ok\":true}");
  end(&control);
  return ok;
}

/* ---- over HTTP ---- */

static void reply(struct control *control, bool ok, const struct error *error) {
  struct buffer *answer = control->action.answer;
  size_t size;
  if (!ok) {
    buffer_clear(answer);
    json_write_text(answer, "{\"ok\":false,\"error_code\":400,\"description\":");
    json_write_string(answer, error->text, strlen(error->text));
    json_write_text(answer, "}");
  } else if (!answer->size) {
    json_write_text(answer, "{\"ok\":true}");
  }
  char *body = buffer_take(answer, &size);
  server_reply(control->request, ok ? 200 : 400, json_content, body, size, NULL);
}

void control_handle(struct door *door, struct server_request *request, const char *path) {
  struct error error = {0};
  struct buffer answer;
  buffer_init(&answer, JSON_WRITE_CEILING);
  struct control control = begin(door, request, &answer);
  bool ok = read_request(&control, &error) && run(&control, server_method(request), path, &error);
  if (control.request) reply(&control, ok, &error);
  buffer_release(&answer);
  end(&control);
}
