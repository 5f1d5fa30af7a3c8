#define _GNU_SOURCE /* strcasestr */
#include "sandbox/control.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/buffer.h"
#include "common/error.h"
#include "net/server.h"
#include "sandbox/exchange.h"
#include "sandbox/faults.h"
#include "sandbox/file.h"
#include "sandbox/happening.h"
#include "sandbox/journal.h"
#include "sandbox/message.h"
#include "sandbox/model.h"
#include "sandbox/queue.h"
#include "sandbox/site.h"
#include "sandbox/watch.h"
#include "sandbox/write.h"

#define WAIT_MAX_S 60
static const char json_content[] = "application/json";

/* ---- input ---- */

int64_t control_number(const struct control *control, const char *name, int64_t absent) {
  const json_t *value = json_object_get(control->input, name);
  if (json_is_integer(value)) return json_integer_value(value);
  if (json_is_real(value)) return (int64_t)json_real_value(value);
  return json_is_string(value) ? strtoll(json_string_value(value), NULL, 10) : absent;
}

const char *control_text(const struct control *control, const char *name) {
  return json_string_value(json_object_get(control->input, name));
}

bool control_flag(const struct control *control, const char *name, bool absent) {
  const json_t *value = json_object_get(control->input, name);
  if (json_is_string(value)) return strcmp(json_string_value(value), "true") == 0 || strcmp(json_string_value(value), "1") == 0;
  return value ? json_is_true(value) : absent;
}

static bool read_json(struct control *control, const char *body, size_t size, struct error *error) {
  json_error_t why;
  json_t *json = size ? json_loadb(body, size, 0, &why) : json_object();
  bool ok = json_is_object(json);
  if (ok)
    json_object_update_missing(control->input, json);
  else if (!json)
    error_set(error, ERROR_INPUT, "the body is not JSON: %s at byte %d", why.text, why.position);
  else
    error_set(error, ERROR_INPUT, "the body must be a JSON object");
  json_decref(json);
  return ok;
}

static bool read_request(struct control *control, struct error *error) {
  const char *body;
  const struct server_parameter *parameters;
  size_t size = server_body(control->request, &body), count = server_parameters(control->request, &parameters);
  for (size_t i = 0; i < count; i++) {
    if (!parameters[i].file_name) json_object_set_new(control->input, parameters[i].name, json_string(parameters[i].value));
  }
  return read_json(control, body, size, error);
}

/* ---- people and chats ---- */

static void tell_membership(struct control *control, const struct chat *chat, const struct person *person, const char *old,
                            const char *new) {
  struct model *model = control->site->model;
  if (!model->bots) return;
  const char *bot = model->bots->person->json;
  int64_t now = model_now(model);
  struct buffer json;
  buffer_init(&json, WRITE_CEILING);
  (void)buffer_format(&json, NULL,
                      "{\"chat\":%s,\"from\":%s,\"date\":%lld,\"old_chat_member\":{\"user\":%s,\"status\":\"%s\"},"
                      "\"new_chat_member\":{\"user\":%s,\"status\":\"%s\"%s}}",
                      chat->json, person->json, (long long)now, bot, old, bot, new,
                      strcmp(new, "kicked") == 0 ? ",\"until_date\":0" : "");
  model_send_update(model, "my_chat_member", json.data, json.size, now + QUEUE_LIFE);
  buffer_release(&json);
}

static void write_person(const struct person *person, struct buffer *json) {
  (void)buffer_add(json, person->json, strlen(person->json) - 1, NULL);
  write_text(json, person->is_blocking ? ",\"blocked\":true}" : "}");
}

static bool post_users(struct control *control, struct error *error) {
  struct model *model = control->site->model;
  int64_t id = control_number(control, "id", 0);
  const char *first_name = control_text(control, "first_name");
  struct person *person = model_find_person(model, id);
  if (id <= 0) return error_set(error, ERROR_INPUT, "\"id\" must be a number above 0");
  if (person && person->is_bot) return error_set(error, ERROR_INPUT, "the id %lld is a bot's; choose another", (long long)id);
  if (!person && !first_name) return error_set(error, ERROR_INPUT, "\"first_name\" is missing");
  if (first_name) {
    person = model_add_person(model, id, first_name, control_text(control, "last_name"), control_text(control, "username"),
                              control_text(control, "language_code"));
  }
  bool is_blocking = control_flag(control, "blocked", person->is_blocking), was_blocking = person->is_blocking;
  person->is_blocking = is_blocking;
  if (is_blocking != was_blocking) {
    tell_membership(control, model_find_chat(model, id), person, was_blocking ? "kicked" : "member",
                    is_blocking ? "kicked" : "member");
  }
  write_person(person, control->answer);
  return true;
}

static bool get_users(struct control *control, struct error *error) {
  (void)error;
  unsigned written = 0;
  write_text(control->answer, "{\"users\":[");
  for (struct person *person = control->site->model->people; person; person = person->hh.next) {
    if (person->is_bot) continue;
    if (written++) write_text(control->answer, ",");
    write_person(person, control->answer);
  }
  write_text(control->answer, "]}");
  return true;
}

static bool post_chats(struct control *control, struct error *error) {
  struct model *model = control->site->model;
  int64_t id = control_number(control, "id", 0);
  const char *type = control_text(control, "type"), *title = control_text(control, "title");
  const json_t *members = json_object_get(control->input, "members"), *member;
  size_t i;
  if (id >= 0) return error_set(error, ERROR_INPUT, "\"id\" must be a number below 0; a person's chat comes with the person");
  for (enum chat_type t = CHAT_GROUP; t <= CHAT_CHANNEL; t++) {
    if (!type || strcmp(type, model_chat_type(t)) != 0) continue;
    struct chat *chat = model_add_chat(model, id, t, title ? title : "");
    json_array_foreach((json_t *)members, i, member) model_add_member(chat, json_integer_value(member));
    write_text(control->answer, chat->json);
    return true;
  }
  return error_set(error, ERROR_INPUT, "\"type\" must be group, supergroup or channel");
}

static bool get_chats(struct control *control, struct error *error) {
  (void)error;
  unsigned written = 0;
  write_text(control->answer, "{\"chats\":[");
  for (struct chat *chat = control->site->model->chats; chat; chat = chat->hh.next) {
    if (written++) write_text(control->answer, ",");
    (void)buffer_add(control->answer, chat->json, strlen(chat->json) - 1, NULL);
    write_text(control->answer, ",\"members\":[");
    for (unsigned i = 0; i < chat->member_count; i++) {
      if (i) write_text(control->answer, ",");
      write_number(control->answer, chat->members[i]);
    }
    write_text(control->answer, "]}");
  }
  write_text(control->answer, "]}");
  return true;
}

/* ---- what a test arranges ---- */

static bool post_updates(struct control *control, struct error *error) {
  struct model *model = control->site->model;
  json_t *update = json_object_get(control->input, "update"), *value;
  const char *name;
  if (!json_is_object(update)) return error_set(error, ERROR_INPUT, "\"update\" must be an object");
  json_object_foreach(update, name, value) {
    if (strcmp(name, "update_id") == 0) continue;
    char *json = write_dump(value);
    if (json) model_send_update(model, name, json, strlen(json), model_now(model) + QUEUE_LIFE);
    free(json);
    return true;
  }
  return error_set(error, ERROR_INPUT, "\"update\" has no member, such as \"message\"");
}

static bool post_faults(struct control *control, struct error *error) {
  return faults_add(control->site->faults, control->input, error);
}

static bool delete_faults(struct control *control, struct error *error) {
  (void)error;
  faults_clear(control->site->faults);
  return true;
}

static bool get_requests(struct control *control, struct error *error) {
  (void)error;
  journal_write(control->site->journal, (uint64_t)control_number(control, "after", 0), control->answer);
  return true;
}

static bool post_reset(struct control *control, struct error *error) {
  (void)error;
  faults_clear(control->site->faults);
  journal_clear(control->site->journal);
  model_reset(control->site->model);
  return true;
}

static bool post_clock(struct control *control, struct error *error) {
  (void)error;
  control->site->model->advanced_s += control_number(control, "advance_s", 0);
  (void)buffer_format(control->answer, NULL, "{\"now\":%lld}", (long long)model_now(control->site->model));
  return true;
}

static bool post_hide_pin(struct control *control, struct error *error) {
  struct chat *chat = model_find_chat(control->site->model, control_number(control, "chat_id", 0));
  if (!chat) return error_set(error, ERROR_INPUT, "there is no such chat");
  chat->hides_pin = control_flag(control, "hidden", true);
  return true;
}

/* Calls that a "delay" holds: a test that waits for one knows that the step is open. */
static unsigned count_held(const struct site *site) {
  unsigned held = 0;
  for (const struct exchange *exchange = site->exchanges; exchange; exchange = exchange->next) {
    held += exchange->fault.kind == FAULT_DELAY;
  }
  return held;
}

static bool get_status(struct control *control, struct error *error) {
  (void)error;
  struct site *site = control->site;
  struct rusage usage;
  (void)getrusage(RUSAGE_SELF, &usage);
  unsigned pending = site->model->unclaimed ? queue_pending(site->model->unclaimed, model_now(site->model)) : 0;
  for (struct bot *bot = site->model->bots; bot; bot = bot->hh.next)
    pending += queue_pending(bot->queue, model_now(site->model));
  long long cpu_ms =
      (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000LL + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
  (void)buffer_format(control->answer, NULL,
                      "{\"users\":%u,\"messages\":%u,\"updates_pending\":%u,\"calls\":%llu,\"held\":%u,\"cpu_ms\":%lld}",
                      HASH_COUNT(site->model->people) - HASH_COUNT(site->model->bots), site->model->message_count, pending,
                      (unsigned long long)site->calls, count_held(site), cpu_ms);
  return true;
}

/* ---- those that may wait ---- */

static void ask(struct control *control, const struct question *question) {
  int64_t wait_s = control_number(control, "wait", 0);
  if (control->request)
    watch_ask(control->site, control->request, question, wait_s < WAIT_MAX_S ? wait_s : WAIT_MAX_S);
  else
    watch_write(control->site, question, control->answer);
  control->request = NULL;
}

static bool get_messages(struct control *control, struct error *error) {
  struct question question = {.chat_id = control_number(control, "chat_id", 0),
                              .after = (int)control_number(control, "after", 0),
                              .has_version = json_object_get(control->input, "after_version") != NULL,
                              .after_version = (uint64_t)control_number(control, "after_version", 0)};
  if (!model_find_chat(control->site->model, question.chat_id)) return error_set(error, ERROR_INPUT, "there is no such chat");
  ask(control, &question);
  return true;
}

static bool get_answers(struct control *control, struct error *error) {
  struct question question = {.query_id = control_number(control, "id", 0)};
  if (!model_find_query(control->site->model, question.query_id))
    return error_set(error, ERROR_INPUT, "there is no query of this id");
  ask(control, &question);
  return true;
}

/* What somebody has sent is no part of the page: a browser saves it, whatever its type says, or else its scripts could press
 * our buttons. */
static const char *const foreign_headers[] = {"X-Content-Type-Options: nosniff", "Content-Disposition: attachment", NULL};

static bool get_files(struct control *control, struct error *error) {
  const char *id = control_text(control, "file_id");
  const struct file *file = id ? file_find(control->site->model, id) : NULL;
  if (!file) return error_set(error, ERROR_INPUT, "there is no file of this file_id");
  if (!buffer_add(control->answer, file->data, file->size, error)) return false;
  if (!control->request) return true;
  size_t size;
  char *copy = buffer_take(control->answer, &size);
  server_reply(control->request, 200, file->is_photo ? "image/jpeg" : file->type, copy, size,
               file->is_photo ? NULL : foreign_headers);
  control->request = NULL;
  return true;
}

/* ---- routes ---- */

static const struct {
  const char *method, *path;
  bool (*handle)(struct control *control, struct error *error);
} routes[] = {{"GET", "messages", get_messages}, {"POST", "messages", deed_write},
              {"POST", "callbacks", deed_press}, {"GET", "answers", get_answers},
              {"POST", "users", post_users},     {"GET", "users", get_users},
              {"POST", "chats", post_chats},     {"GET", "chats", get_chats},
              {"POST", "inline", deed_ask},      {"POST", "updates", post_updates},
              {"POST", "pins", deed_pin},        {"POST", "hide_pin", post_hide_pin},
              {"POST", "forget", deed_forget},   {"POST", "clock", post_clock},
              {"POST", "faults", post_faults},   {"DELETE", "faults", delete_faults},
              {"GET", "requests", get_requests}, {"POST", "reset", post_reset},
              {"POST", "flood", deed_flood},     {"GET", "status", get_status},
              {"GET", "files", get_files},       {"POST", "migrations", happening_migrate},
              {"POST", "votes", happening_vote}, {"POST", "choices", happening_choose}};

static bool run(struct control *control, const char *method, const char *path, struct error *error) {
  for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
    bool is_it = strcmp(path, routes[i].path) == 0 && strcmp(method, routes[i].method) == 0;
    if (is_it) return routes[i].handle(control, error);
  }
  return error_set(error, ERROR_INPUT, "there is no %s /sandbox/%s", method, path);
}

bool control_run(struct control *control, const char *method, const char *path, const char *json, struct error *error) {
  control->input = json_object();
  bool ok = read_json(control, json, json ? strlen(json) : 0, error) && run(control, method, path, error);
  if (ok && !control->answer->size) write_text(control->answer, "{\"ok\":true}");
  json_decref(control->input);
  return ok;
}

static void reply(struct control *control, bool ok, const struct error *error) {
  struct buffer *answer = control->answer;
  size_t size;
  if (!ok) {
    buffer_clear(answer);
    write_text(answer, "{\"ok\":false,\"error_code\":400,\"description\":");
    write_string(answer, error->text, strlen(error->text));
    write_text(answer, "}");
  } else if (!answer->size) {
    write_text(answer, "{\"ok\":true}");
  }
  char *body = buffer_take(answer, &size);
  server_reply(control->request, ok ? 200 : 400, json_content, body, size, NULL);
}

void control_handle(struct site *site, struct server_request *request, const char *path) {
  struct error error = {0};
  struct buffer answer;
  struct control control = {.site = site, .request = request, .input = json_object(), .answer = &answer};
  buffer_init(&answer, WRITE_CEILING);
  bool ok = read_request(&control, &error) && run(&control, server_method(request), path, &error);
  if (control.request) reply(&control, ok, &error);
  buffer_release(&answer);
  json_decref(control.input);
}
