#include "sandbox/door/method_answers.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>

#include "common/error.h"
#include "common/memory.h"
#include "sandbox/methods/call.h"
#include "sandbox/model/json_write.h"

struct method_answers {
  json_t *by_method; /* its name in lower case, since bots may write it in any -> the answer */
};

struct method_answers *method_answers_new(void) {
  struct method_answers *answers = memory_new(sizeof *answers);
  answers->by_method = json_object();
  return answers;
}

void method_answers_free(struct method_answers *answers) {
  if (answers) json_decref(answers->by_method);
  free(answers);
}

void method_answers_clear(struct method_answers *answers) { json_object_clear(answers->by_method); }

/* Given: free(). */
static char *lower(const char *name) {
  char *copy = memory_copy_text(name);
  for (char *at = copy; *at; at++) *at = (char)tolower((unsigned char)*at);
  return copy;
}

bool method_answers_set(struct method_answers *answers, const json_t *json, struct error *error) {
  const char *method = json_string_value(json_object_get(json, "method"));
  json_t *answer = json_object_get(json, "answer");
  if (!method) return error_set(error, ERROR_INPUT, "\"method\" must be the name of a method");
  char *name = lower(method);
  if (answer)
    json_object_set(answers->by_method, name, answer);
  else
    json_object_del(answers->by_method, name);
  free(name);
  return true;
}

static void refuse(struct call *call, const json_t *answer) {
  const char *description = json_string_value(json_object_get(answer, "description"));
  call->retry_after = (int)json_integer_value(json_object_get(answer, "retry_after"));
  call_fail(call, (int)json_integer_value(json_object_get(answer, "error_code")), "%s",
            description ? description : "Bad Request: as it was arranged");
}

bool method_answers_give(const struct method_answers *answers, struct call *call) {
  if (!call->method || !json_object_size(answers->by_method)) return false;
  char *name = lower(call->method);
  const json_t *answer = json_object_get(answers->by_method, name);
  free(name);
  if (!answer) return false;
  if (json_object_get(answer, "error_code")) {
    refuse(call, answer);
    return true;
  }
  char *text = json_write_dump(answer);
  json_write_text(&call->answer, "{\"ok\":true,\"result\":");
  json_write_text(&call->answer, text);
  json_write_text(&call->answer, "}");
  call->status = 200;
  free(text);
  return true;
}
