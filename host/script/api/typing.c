/* core.typing: "… is typing" in the chat of a handler that waits for longer than a second. Telegram shows it for five seconds,
 * or until a message comes; so it is sent again while the handler goes on. It is no part of the chat's order, and ends with the
 * handler. */
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/memory.h"
#include "script/api/api.h"
#include "script/run.h"
#include "script/vm.h"
#include "telegram/telegram.h"

enum {
  FIRST_MS = 1000,
  AGAIN_MS = 4000, /* after the answer; Telegram shows it for 5 s */
  TIMEOUT_MS = 5000,
};

struct typing {     /* of a run whose handler is about a chat; begins with its first wait */
  struct vm *vm;    /* borrowed */
  char *parameters; /* of sendChatAction, as JSON */
  bool has_begun;
  struct clock_timer timer;
  struct telegram_call *call; /* while one is under way */
};

struct typing_of_run {
  struct typing *typing; /* ours; NULL: nothing is shown */
};

static bool begin(struct vm *vm, struct run *run, void *of_run, enum segment_end how, struct error *error);
static void show(void *data);
static void on_shown(const struct telegram_answer *answer, void *data);
static void end(struct run *run, void *of_run);

static const struct participant typings = {
    .run_size = sizeof(struct typing_of_run), .on_segment_end = begin, .on_run_end = end};

static struct typing_of_run *typing_of(struct run *run) { return run_data(run, &typings); }

/* expect(parameters): while the handler that is running waits, sendChatAction is called with that JSON. */
static int expect(lua_State *L) {
  const char *parameters = luaL_checkstring(L, 1);
  struct vm *vm = vm_of(L);
  if (!vm->current || !vm->options.telegram || typing_of(vm->current)->typing) return 0;
  struct typing *typing = memory_new(sizeof *typing);
  typing->vm = vm;
  typing->parameters = memory_copy_text(parameters);
  typing_of(vm->current)->typing = typing;
  return 0;
}

/* Most handlers never wait for a second, and the timer costs little. */
static bool begin(struct vm *vm, struct run *run, void *of_run, enum segment_end how, struct error *error) {
  (void)run, (void)error;
  struct typing *typing = of_run ? ((struct typing_of_run *)of_run)->typing : NULL;
  if (!typing || how != SEGMENT_WAITS || typing->has_begun) return true;
  typing->has_begun = true;
  clock_start(vm->options.clock, &typing->timer, FIRST_MS, show, typing);
  return true;
}

static void show(void *data) {
  struct typing *typing = data;
  struct telegram_request request = {
      .method = "sendChatAction",
      .body = typing->parameters,
      .size = strlen(typing->parameters),
      .out_of_order = true,
      .asker = typing,
      .no_retry = true,
      .timeout_ms = TIMEOUT_MS,
  };
  typing->call = telegram_start(typing->vm->options.telegram, &request, on_shown, typing);
}

/* A refusal would be one the next time, too. */
static void on_shown(const struct telegram_answer *answer, void *data) {
  struct typing *typing = data;
  typing->call = NULL;
  if (!answer->error.kind) clock_start(typing->vm->options.clock, &typing->timer, AGAIN_MS, show, typing);
}

static void end(struct run *run, void *of_run) {
  struct typing_of_run *mine = of_run;
  struct typing *typing = mine->typing;
  if (!typing) return;
  clock_stop(run->vm->options.clock, &typing->timer);
  if (typing->call) telegram_call_cancel(typing->call);
  free(typing->parameters);
  free(typing);
  mine->typing = NULL;
}

int api_open_typing(lua_State *L) {
  static const luaL_Reg functions[] = {{"expect", expect}, {NULL, NULL}};
  participants_add(&vm_of(L)->participants, &typings);
  luaL_newlib(L, functions);
  return 1;
}
