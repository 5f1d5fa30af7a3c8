#include "sandbox/door/host_link.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/memory.h"
#include "net/line_call.h"
#include "net/server.h"
#include "sandbox/door/control.h"
#include "sandbox/door/door.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/model.h"
#include "sandbox/sandbox.h"

static const char json_content[] = "application/json";
static const char *const commands[] = {"status", "reload", "stop", "dead", "sql", "backup", NULL};
static const char *const actions[] = {"kill", "start", NULL};

struct host_question { /* from the page's request to the host's last line */
  struct door *door;
  struct server_request *request;
  struct line_call *call;
  struct buffer json; /* the answer, as far as it has come */
  size_t beginning;   /* bytes of it that stand before the host's answer, which is a member then */
  unsigned line_count;
  char *refusal; /* ours; NULL: it is not refused */
  struct host_question *prev, *next;
};

static bool is_one_of(const char *const *names, const char *name) {
  while (*names && strcmp(*names, name) != 0) names++;
  return *names != NULL;
}

/* ---- a question to the host ---- */

static void question_free(struct host_question *question) {
  DL_DELETE(question->door->host_questions, question);
  buffer_release(&question->json);
  free(question->refusal);
  free(question);
}

static void on_gone(void *data) {
  struct host_question *question = data;
  line_call_cancel(question->call);
  question_free(question);
}

/* The last line says whether it is well; the others hold what was asked for. */
static bool on_line(const char *line, size_t size, void *data) {
  struct host_question *question = data;
  static const char last[] = "{\"ok\":";
  if (size < sizeof last || strncmp(line, last, sizeof last - 1) != 0) {
    if (question->line_count++) json_write_text(&question->json, ",");
    (void)buffer_add(&question->json, line, size, NULL);
    return true;
  }
  json_t *answer = json_loadb(line, size, 0, NULL);
  const char *refusal = json_string_value(json_object_get(answer, "error"));
  if (refusal) question->refusal = memory_copy_text(refusal);
  json_decref(answer);
  json_write_text(&question->json, "],\"answer\":");
  (void)buffer_add(&question->json, line, size, NULL);
  json_write_text(&question->json, "}");
  return false;
}

static void on_ended(const struct error *error, void *data) {
  struct host_question *question = data;
  const char *refusal = error->kind ? error->text : question->refusal;
  size_t size;
  if (refusal) {
    buffer_cut(&question->json, question->beginning);
    json_write_text(&question->json, "{\"ok\":false,\"description\":");
    json_write_string(&question->json, refusal, strlen(refusal));
    json_write_text(&question->json, "}");
  }
  if (question->beginning) json_write_text(&question->json, "}");
  char *body = buffer_take(&question->json, &size);
  server_reply(question->request, 200, json_content, body, size, NULL);
  question_free(question);
}

/* beginning: an object's members that the host's answer follows as the last one; "": the answer is the whole. */
static bool ask(struct control *control, const char *command, const char *beginning, struct error *error) {
  struct door *door = control->door;
  json_t *input = control->action.input;
  struct host_question *question = memory_new(sizeof *question);
  *question = (struct host_question){.door = door, .request = control->request};
  buffer_init(&question->json, JSON_WRITE_CEILING);
  json_write_text(&question->json, beginning);
  question->beginning = question->json.size;
  json_write_text(&question->json, "{\"ok\":true,\"lines\":[");
  json_object_set_new(input, "command", json_string(command));
  if (json_object_get(input, "id")) json_object_set_new(input, "id", json_integer(action_number(&control->action, "id", 0)));
  char *line = json_write_dump(input);
  struct line_call_options options = {.path = door->keeper->control_path,
                                      .line = line,
                                      .answer_ceiling = JSON_WRITE_CEILING,
                                      .took = on_line,
                                      .ended = on_ended,
                                      .data = question};
  DL_APPEND(door->host_questions, question);
  question->call = line_call_start(door->loop, &options, error);
  free(line);
  if (!question->call) {
    question_free(question);
    return false;
  }
  server_on_gone(control->request, on_gone, question);
  control->request = NULL;
  return true;
}

void host_link_keep_clock(struct door *door) {
  if (door->keeper) door->keeper->turned(door->model->advanced_s, door->keeper->data);
}

bool host_link_tell_clock(struct control *control, struct error *error) {
  struct door *door = control->door;
  char now[100];
  int size = snprintf(now, sizeof now, "{\"now\":%lld,\"ahead_s\":%lld", (long long)model_now(door->model),
                      (long long)door->model->advanced_s);
  host_link_keep_clock(door);
  if (!door->keeper || !control->request) {
    json_write_text(control->action.answer, now);
    json_write_text(control->action.answer, "}");
    return true;
  }
  (void)snprintf(now + size, sizeof now - (size_t)size, ",\"host\":");
  json_object_set_new(control->action.input, "ahead_s", json_integer(door->model->advanced_s));
  return ask(control, "clock", now, error);
}

void host_link_close_all(struct door *door) {
  for (struct host_question *question = door->host_questions, *next; question; question = next) {
    next = question->next;
    server_on_gone(question->request, NULL, NULL);
    line_call_cancel(question->call);
    question_free(question);
  }
}

/* ---- which question it is ---- */

bool host_link_answer(struct control *control, const char *method, const char *name, struct error *error) {
  const struct sandbox_keeper *keeper = control->door->keeper;
  bool is_get = strcmp(method, "GET") == 0, is_post = strcmp(method, "POST") == 0;
  struct buffer *answer = control->action.answer;
  if (!keeper && is_get && !*name) {
    json_write_text(answer, "{\"state\":\"none\"}");
    return true;
  }
  if (!keeper || !control->request)
    return error_set(error, ERROR_INPUT, "this sandbox keeps no host: lunokhod dev SCRIPT|DIR... starts one with a host");
  if (is_get && !*name) {
    keeper->describe(answer, keeper->data);
  } else if (is_get && strcmp(name, "log") == 0) {
    keeper->write_log((uint64_t)action_number(&control->action, "after", 0), answer, keeper->data);
  } else if (is_post && is_one_of(actions, name)) {
    return keeper->act(name, error, keeper->data);
  } else if (is_post && is_one_of(commands, name)) {
    return ask(control, name, "", error);
  } else {
    return error_set(error, ERROR_INPUT, "there is no %s /sandbox/host/%s", method, name);
  }
  return true;
}
