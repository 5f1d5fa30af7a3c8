/* core.default_answer: the answer to a pressed button that the script forgot. Without any, the button spins for a minute, as if
 * the bot were dead. It is given when the handler has ended, says nothing to the person, and nothing to the scripts.
 *
 * A handler that a stop has ended gets none: its update stays in the inbox, and the next host's handler may answer. An answer
 * under way holds its VM, which a reload may have replaced meanwhile. */
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utlist.h>

#include "common/buffer.h"
#include "common/log.h"
#include "common/memory.h"
#include "script/api/api.h"
#include "script/run.h"
#include "script/vm.h"
#include "telegram/telegram.h"

enum {
  QUERY_ID_SIZE = 128, /* Telegram's have 19 digits; another server's may be anything */
  BODY_CEILING = 1 << 10,
};

struct press {                  /* of a run */
  char query_id[QUERY_ID_SIZE]; /* what Telegram called the press that nobody has answered yet; "": none */
};

struct answering { /* one answer, until Telegram has taken it */
  struct vm *vm;
  struct telegram_call *call;
  struct answering *next, *prev;
  struct buffer body;
};

struct answers { /* of a VM */
  struct answering *list;
  bool is_stopped;
};

static void answer(struct run *run, void *of_run);
static void stop(struct vm *vm, enum vm_stop how);
static void cancel_all(struct vm *vm);
static bool is_busy(struct vm *vm);

static const struct participant default_answers = {.vm_size = sizeof(struct answers),
                                                   .run_size = sizeof(struct press),
                                                   .on_run_end = answer,
                                                   .on_stop = stop,
                                                   .on_close = cancel_all,
                                                   .is_busy = is_busy};

static struct answers *answers_of(const struct vm *vm) { return vm_data(vm, &default_answers); }
static struct press *press_of(struct run *run) { return run_data(run, &default_answers); }

/* ---- whose answer is due ---- */

/* expect(callback_query_id): the handler that is running is about this press. */
static int expect(lua_State *L) {
  size_t size;
  const char *id = luaL_checklstring(L, 1, &size);
  struct run *run = vm_of(L)->current;
  bool is_text = strlen(id) == size;
  if (run && is_text && size < QUERY_ID_SIZE) memcpy(press_of(run)->query_id, id, size + 1);
  return 0;
}

/* Most calls are made by handlers that no button began, so that is asked first. */
void api_note_answer(lua_State *L, struct run *run, const char *method, int parameters) {
  struct press *press = press_of(run);
  if (!press->query_id[0] || strcasecmp(method, "answerCallbackQuery") != 0) return;
  lua_getfield(L, parameters, "callback_query_id");
  const char *id = lua_tostring(L, -1);
  if (id && strcmp(id, press->query_id) == 0) press->query_id[0] = '\0';
  lua_pop(L, 1);
}

/* ---- the life of an answer ---- */

static struct vm *forget(struct answering *answering) {
  struct vm *vm = answering->vm;
  DL_DELETE(answers_of(vm)->list, answering);
  buffer_release(&answering->body);
  free(answering);
  return vm;
}

/* A failure is not worth more: too late, answered by another host, … The person has long pressed again. */
static void on_answered(const struct telegram_answer *result, void *data) {
  if (result->error.kind) log_debug("a button that no script answered stays unanswered; error=%s", result->error.text);
  vm_release(forget(data));
}

static void write_body(struct buffer *body, const char *query_id) {
  buffer_init(body, BODY_CEILING);
  if (!buffer_add_text(body, "{\"callback_query_id\":", NULL) ||
      !buffer_add_json_string(body, query_id, strlen(query_id), NULL) || !buffer_add_text(body, "}", NULL))
    abort(); /* an id that is below the ceiling even if each byte of it is escaped */
}

/* The handler has ended. If it failed, the button is answered all the same: the person can do nothing about it. */
static void answer(struct run *run, void *of_run) {
  struct vm *vm = run->vm;
  const struct press *press = of_run;
  if (!press->query_id[0] || !vm->options.telegram || answers_of(vm)->is_stopped) return;
  struct answering *answering = memory_new(sizeof *answering);
  answering->vm = vm;
  write_body(&answering->body, press->query_id);
  struct telegram_request request = {
      .method = "answerCallbackQuery", .body = answering->body.data, .size = answering->body.size, .asker = run_asker(run)};
  DL_APPEND(answers_of(vm)->list, answering);
  vm_hold(vm);
  answering->call = telegram_start(vm->options.telegram, &request, on_answered, answering);
}

/* ---- the end ---- */

static void stop(struct vm *vm, enum vm_stop how) {
  if (how == VM_ENDS_NOW) answers_of(vm)->is_stopped = true;
}

/* The VM goes, and with it whoever is told of the outcome. An answer that has been sent may still arrive. */
static void cancel_all(struct vm *vm) {
  while (answers_of(vm)->list) {
    telegram_call_cancel(answers_of(vm)->list->call);
    (void)forget(answers_of(vm)->list);
  }
}

static bool is_busy(struct vm *vm) { return answers_of(vm)->list != NULL; }

int api_open_default_answer(lua_State *L) {
  static const luaL_Reg functions[] = {{"expect", expect}, {NULL, NULL}};
  participants_add(&vm_of(L)->participants, &default_answers);
  luaL_newlib(L, functions);
  return 1;
}
