/* Tries again after an uncertain end. telegram.c does that by itself only for methods without effects; the calls here have
 * effects, but having them twice does no harm. */
#include "backup/api_call.h"

#include <stdlib.h>
#include <string.h>

#include "telegram/telegram.h"

enum { FIRST_BACK_OFF_MS = 1000 };

static void send_request(void *data);                                      /* a try */
static void on_answered(const struct telegram_answer *answer, void *data); /* again, or the end */
static void on_no_memory(void *data);                                      /* the body could not be made */
static void api_call_end(struct api_call *call, const struct api_call_answer *answer);

void api_call_start(struct api_call *call, int64_t chat_id, const char *method, json_t *parameters, unsigned tries,
                    api_call_done done, void *data) {
  call->chat_id = chat_id;
  call->method = method;
  call->tries = 0;
  call->tries_max = tries;
  call->done = done;
  call->data = data;
  call->body = parameters ? json_dumps(parameters, JSON_COMPACT) : NULL;
  json_decref(parameters);
  if (call->body) {
    send_request(call);
  } else {
    clock_start(call->clock, &call->timer, 0, on_no_memory, call);
  }
}

int64_t api_call_back_off_ms(unsigned tries) { return (int64_t)FIRST_BACK_OFF_MS << (tries - 1); }

static void send_request(void *data) {
  struct api_call *call = data;
  struct telegram_request request = {.method = call->method,
                                     .body = call->body,
                                     .size = strlen(call->body),
                                     .chat_id = call->chat_id,
                                     .own_pauses = true,
                                     .own_connection = call->own_connection};
  call->tries++;
  call->under_way = telegram_start(call->telegram, &request, on_answered, call);
}

/* telegram.c sits out pauses (429) and repeats failed connections by itself; neither counts as a try here. */
static void on_answered(const struct telegram_answer *answer, void *data) {
  struct api_call *call = data;
  call->under_way = NULL;
  if (answer->error.kind == ERROR_UNCERTAIN && call->tries < call->tries_max) {
    clock_start(call->clock, &call->timer, api_call_back_off_ms(call->tries), send_request, call);
    return;
  }
  struct api_call_answer told = {.error = answer->error, .code = answer->code};
  json_t *root = told.error.kind ? NULL : json_loadb(answer->body, answer->size, 0, NULL);
  told.result = json_object_get(root, "result");
  if (!told.error.kind && !told.result) error_set(&told.error, ERROR_UNCERTAIN, "%s: the answer can't be read", call->method);
  api_call_end(call, &told);
  json_decref(root);
}

static void on_no_memory(void *data) {
  struct api_call *call = data;
  struct api_call_answer told = {0};
  error_set(&told.error, ERROR_MEMORY, "%s: out of memory", call->method);
  api_call_end(call, &told);
}

/* Idle before the owner is told, because the owner may start the struct again or free it. */
static void api_call_end(struct api_call *call, const struct api_call_answer *answer) {
  free(call->body);
  call->body = NULL;
  call->done(answer, call->data);
}

void api_call_cancel(struct api_call *call) {
  if (call->under_way) telegram_call_cancel(call->under_way);
  if (call->clock) clock_stop(call->clock, &call->timer);
  free(call->body);
  call->under_way = NULL;
  call->body = NULL;
}

/* Nearly every refusal has the code 400, so the words decide; telegram/FACTS.md, Errors. */
bool api_call_was_refused(const struct error *error, const char *words) {
  return error->kind == ERROR_REFUSED && strstr(error->text, words) != NULL;
}

bool api_call_has_answered(const struct api_call_answer *answer, json_type type, struct error *error) {
  *error = answer->error;
  if (error->kind) return false;
  return json_typeof(answer->result) == type ||
         error_set(error, ERROR_UNCERTAIN, "the answer is not of the type that this method returns");
}
