/* What may be done twice is asked again after an uncertain end; telegram.c does that by itself only for what has no effects at
 * all. */
#include "backup/errand.h"

#include <stdlib.h>
#include <string.h>

#include "telegram/telegram.h"

static void send_errand(void *data);                                       /* a try */
static void on_answered(const struct telegram_answer *answer, void *data); /* again, or the end */
static void on_no_memory(void *data);                                      /* it could not even begin */
static void errand_end(struct errand *errand, const struct errand_answer *answer);

void errand_start(struct errand *errand, int64_t chat_id, const char *method, json_t *parameters, unsigned tries,
                  errand_done done, void *data) {
  errand->chat_id = chat_id;
  errand->method = method;
  errand->tries = 0;
  errand->tries_max = tries;
  errand->done = done;
  errand->data = data;
  errand->body = parameters ? json_dumps(parameters, JSON_COMPACT) : NULL;
  json_decref(parameters);
  if (errand->body) {
    send_errand(errand);
  } else {
    clock_start(errand->clock, &errand->timer, 0, on_no_memory, errand);
  }
}

static void send_errand(void *data) {
  struct errand *errand = data;
  struct telegram_request request = {.method = errand->method,
                                     .body = errand->body,
                                     .size = strlen(errand->body),
                                     .chat_id = errand->chat_id,
                                     .out_of_order = true};
  errand->tries++;
  errand->call = telegram_start(errand->telegram, &request, on_answered, errand);
}

/* The pauses that Telegram asks for, and connections that never came about, are telegram.c's affair: they do not count as
 * tries. */
static void on_answered(const struct telegram_answer *answer, void *data) {
  struct errand *errand = data;
  errand->call = NULL;
  if (answer->error.kind == ERROR_UNCERTAIN && errand->tries < errand->tries_max) {
    clock_start(errand->clock, &errand->timer, ERRAND_BACK_OFF_MS << (errand->tries - 1), send_errand, errand);
    return;
  }
  struct errand_answer told = {.error = answer->error, .code = answer->code};
  json_t *root = told.error.kind ? NULL : json_loadb(answer->body, answer->size, 0, NULL);
  told.result = json_object_get(root, "result");
  if (!told.error.kind && !told.result) error_set(&told.error, ERROR_UNCERTAIN, "%s: the answer can't be read", errand->method);
  errand_end(errand, &told);
  json_decref(root);
}

static void on_no_memory(void *data) {
  struct errand *errand = data;
  struct errand_answer told = {0};
  error_set(&told.error, ERROR_MEMORY, "%s: out of memory", errand->method);
  errand_end(errand, &told);
}

/* The owner may start the next errand in the same place, or free it: so it is idle before it is told. */
static void errand_end(struct errand *errand, const struct errand_answer *answer) {
  free(errand->body);
  errand->body = NULL;
  errand->done(answer, errand->data);
}

void errand_cancel(struct errand *errand) {
  if (errand->call) telegram_call_cancel(errand->call);
  if (errand->clock) clock_stop(errand->clock, &errand->timer);
  free(errand->body);
  errand->call = NULL;
  errand->body = NULL;
}

/* Telegram has no codes finer than 400, so its words decide; bot-api-facts.md 5.2 has them all. */
bool errand_was_refused(const struct error *error, const char *words) {
  return error->kind == ERROR_REFUSED && strstr(error->text, words) != NULL;
}

bool errand_has_answered(const struct errand_answer *answer, json_type type, struct error *error) {
  *error = answer->error;
  if (error->kind) return false;
  return json_typeof(answer->result) == type ||
         error_set(error, ERROR_UNCERTAIN, "the answer is not what this question has for one");
}
