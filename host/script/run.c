/* Runs one handler: its segments, waits and end. Between two waits nothing else can run, so what a handler reads and writes
 * there is one transaction: a segment. The first SQL opens it; it is committed here before every wait and at the end, and
 * rolled back when the handler fails.
 *
 * A run is in vm->runs from run_new() until it ends, and holds its VM for as long. It executes (vm->current), or it waits
 * (waits_for says for what, and a deadline is running); when a callback of the loop begins, no run executes and no segment is
 * open.
 *
 * A handler may have branches (bot.parallel): runs of their own, with segments and waits of their own, while it waits for them.
 * What belongs to the handler as a whole is kept in its root run: its deadline, its owner's consent to a segment, and the
 * memory of participants. A branch ends before its root.
 *
 * Nothing is ever pushed on a coroutine from the loop. The continuation, inside the coroutine, turns what has come into Lua
 * values: there a lack of memory is this handler's error, and from the loop it would be the end of the host. */
#include "script/run.h"

#include <assert.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "database/database.h"
#include "script/participant.h"
#include "script/place.h"
#include "script/script.h"
#include "script/vm.h"
#include "script/watchdog.h"
#include "telegram/telegram.h"

enum { BRANCHES_MOST = 1000 }; /* of a handler, at once: each stands in a list that waiting walks through */

/* ---- life ---- */

static void link_run(struct run *run, struct run **list) {
  run->next = *list;
  run->link = list;
  if (run->next) run->next->link = &run->next;
  *list = run;
}

static void unlink_run(struct run *run) {
  *run->link = run->next;
  if (run->next) run->next->link = run->link;
}

/* Idle runs are not in vm->runs, so the end of the VM is where they go. */
static void free_idle(struct vm *vm) {
  while (vm->idle) {
    struct run *run = vm->idle;
    unlink_run(run);
    free(run); /* its coroutine goes with the VM */
  }
}

void run_join(struct vm *vm) {
  static const struct participant runs = {.on_close = free_idle};
  participants_add(&vm->participants, &runs);
}

void *run_data(struct run *run, const struct participant *participant) {
  return participants_run_data(&run->vm->participants, run->root->data, participant);
}

/* Protected, since both a coroutine and its place in the registry take memory of the VM. */
static int make_coroutine(lua_State *L) {
  struct run *run = lua_touserdata(L, 1);
  run->L = lua_newthread(L);
  run->ref = luaL_ref(L, LUA_REGISTRYINDEX);
  return 0;
}

static struct run *make_run(struct vm *vm, struct error *error) {
  struct run *run = memory_new(sizeof *run + vm->participants.run_size);
  lua_pushcfunction(vm->L, make_coroutine);
  lua_pushlightuserdata(vm->L, run);
  if (lua_pcall(vm->L, 1, 0, 0) != LUA_OK) {
    lua_pop(vm->L, 1);
    free(run);
    error_set(error, ERROR_MEMORY, "the VM's memory is used up (%zu bytes): no room for another handler", vm->memory);
    return NULL;
  }
  run->vm = vm;
  vm_mark_own(run->L);
  return run;
}

/* An idle run is taken before a new one is made: a coroutine and its stack are about a kilobyte.
 */
struct run *run_new(struct vm *vm, const struct script_run_owner *owner, void *owner_data, struct error *error) {
  static uint64_t numbers; /* of the process */
  struct run *run = vm->idle;
  if (run) {
    unlink_run(run);
    memset(run->data, 0, vm->participants.run_size);
  } else if (!(run = make_run(vm, error))) {
    return NULL;
  }
  run->root = run;
  run->depth = run->branch_count = 0;
  run->owner = owner;
  run->owner_data = owner_data;
  run->excused_ms = run->branches_excused_ms = 0;
  run->deadline_ms = vm->options.deadline_ms;
  run->order = run->order_told = ORDER_CHAT;
  run->cause = (struct log_cause){.run = ++numbers};
  run->has_left = run->has_conflict = run->is_lost = false;
  link_run(run, &vm->runs);
  vm_hold(vm);
  return run;
}

struct run *run_new_branch(struct run *parent, const struct script_run_owner *owner, void *owner_data, struct error *error) {
  struct run *root = parent->root;
  if (root->branch_count >= BRANCHES_MOST) {
    error_set(error, ERROR_INPUT, "more than %d functions at once in one handler", BRANCHES_MOST);
    return NULL;
  }
  struct run *run = run_new(parent->vm, owner, owner_data, error);
  if (!run) return NULL;
  run->root = root;
  run->cause = root->cause;
  root->branch_count++;
  run->depth = parent->depth + 1;
  return run;
}

static bool is_branch(const struct run *run) { return run->root != run; }

bool run_is_handler(const struct vm *vm, const lua_State *L) {
  bool is_found = false;
  for (const struct run *run = vm->runs; run && !is_found; run = run->next) is_found = run->L == L;
  return is_found;
}

static void forget_commit_error(struct run *run) {
  free(run->commit_error);
  run->commit_error = NULL;
}

/* A coroutine that has ended well is empty, and is used again. After an error it may hold anything, and is left to the
 * collector. */
static void retire_run(struct run *run, bool is_reusable) {
  struct vm *vm = run->vm;
  struct run *root = run->root;
  if (is_branch(run)) {
    root->branch_count--;
    if (run->excused_ms > root->branches_excused_ms) root->branches_excused_ms = run->excused_ms;
  } else {
    participants_end_run(run); /* while its memory in the run is still its own */
  }
  clock_stop(vm->options.clock, &run->deadline);
  forget_commit_error(run);
  unlink_run(run);
  if (is_reusable && !vm->is_retired) {
    lua_settop(run->L, 0);
    link_run(run, &vm->idle);
  } else {
    luaL_unref(vm->L, LUA_REGISTRYINDEX, run->ref);
    free(run);
  }
  vm_release(vm);
}

/* ---- the end of a segment ---- */

/* Participants first: an open query has rows of the segment that goes. */
static void roll_back(struct vm *vm, struct run *run) {
  (void)participants_end_segment(vm, run, SEGMENT_FAILS, NULL);
  database_rollback(vm->options.database);
}

/* The coroutine has returned: the last segment is still to be committed, together with what participants and owner add. A
 * branch has done so itself, since it is not the end of the handler. */
static bool prepare_last(struct run *run, struct error *error) {
  if (is_branch(run)) return true;
  bool ok = participants_end_segment(run->vm, run, SEGMENT_RETURNS, error);
  if (ok && run->owner && run->owner->segment_ends) ok = run->owner->segment_ends(true, run->owner_data, error);
  return ok;
}

/* The handler is about to wait. The owner is asked only about a segment that is open. */
static bool prepare_wait(struct run *run, struct error *error) {
  const struct run *root = run->root;
  bool ok = participants_end_segment(run->vm, run, SEGMENT_WAITS, error);
  if (ok && database_is_in_segment(run->vm->options.database) && root->owner && root->owner->segment_ends) {
    ok = root->owner->segment_ends(false, root->owner_data, error);
  }
  return ok;
}

/* Does the open segment's commit have to be waited for? */
static bool must_wait_for_commit(const struct vm *vm) {
  return database_waits(vm->options.database) && database_is_in_segment(vm->options.database);
}

/* The top levels of a load are no run, but their segment ends in the same way. */
bool run_end_load(struct vm *vm, bool is_good, struct error *error) {
  struct database *database = vm->options.database;
  bool ok = is_good && participants_end_segment(vm, NULL, SEGMENT_RETURNS, error) &&
            database_check_foreign_keys(database, error) && database_commit(database, error);
  if (!ok) roll_back(vm, NULL);
  return ok;
}

/* ---- the end of a run ---- */

struct failure { /* for describe(): what it reads and writes */
  lua_State *L;
  struct error *error;
  const char **traceback;
};

/* On the main thread, protected: the error value on top of the coroutine becomes texts. They stay on the main stack. A script
 * that was stopped gets no time for the __tostring of its own error value. */
static int describe(lua_State *L) {
  struct failure *failure = lua_touserdata(L, 1);
  lua_State *from = failure->L;
  luaL_checkstack(from, 2, NULL);
  lua_pushvalue(from, -1);
  lua_xmove(from, L, 1);
  bool is_plain = lua_islightuserdata(L, -1) || vm_of(L)->is_killed; /* the former: run_end() has the words */
  if (!is_plain) place_describe_error(L, from);
  const char *message = lua_tostring(L, -1);
  place_push_traceback(L, from, message);
  *failure->traceback = lua_tostring(L, -1);
  error_set(failure->error, ERROR_INPUT, "%s", message ? message : "nil");
  return 1;
}

/* The texts live in the registry slot VM_TRACEBACK until the next failure. */
static void describe_failure(struct run *run, struct script_result *result) {
  lua_State *L = run->vm->L;
  struct failure failure = {run->L, &result->error, &result->traceback};
  lua_pushcfunction(L, describe);
  lua_pushlightuserdata(L, &failure);
  lua_State *before = watchdog_enter(L);
  int status = lua_pcall(L, 1, 1, 0);
  (void)watchdog_enter(before);
  if (status == LUA_OK) {
    lua_rawsetp(L, LUA_REGISTRYINDEX, &VM_TRACEBACK); /* the slot exists: no memory is asked for */
  } else {
    const char *why = lua_tostring(L, -1); /* __tostring of the error value has passed a limit */
    result->traceback = "";
    if (status == LUA_ERRMEM) {
      error_set(&result->error, ERROR_MEMORY, "not enough memory (the limit of a VM is %zu MB)",
                run->vm->options.memory_ceiling >> 20);
    } else {
      error_set(&result->error, ERROR_INPUT, "an error value that can't be told: %s", why ? why : "?");
    }
    lua_pop(L, 1);
  }
}

/* An error value that reached the top, or a yield that nobody would resume. */
static void settle_failure(struct run *run, int status, struct script_result *result) {
  struct vm *vm = run->vm;
  if (status == LUA_YIELD) {
    lua_settop(run->L, 0);
    lua_pushliteral(run->L, "coroutine.yield outside of a coroutine that the script made");
  }
  describe_failure(run, result);
  if (status == LUA_ERRMEM) result->error.kind = ERROR_MEMORY;
  roll_back(vm, run);
  /* Where a hook has ended it, Lua would run each __close without any limit. What is of ours the collector closes. */
  if (vm->is_killed) return;
  if (status == LUA_YIELD) vm_kill(run->L);
  (void)lua_resetthread(run->L); /* closes what is to be closed: nothing that it waited for is left */
  roll_back(vm, run);            /* a script's own __close may have used SQL */
}

static void tell_owner(const struct script_run_owner *owner, void *owner_data, const struct script_result *result) {
  if (owner && owner->done) owner->done(result, owner_data);
}

/* From the loop: the last segment of a run whose coroutine has returned. */
static void on_last_committed(const struct database_outcome *outcome, void *data) {
  struct run *run = data;
  struct vm *vm = run->vm;
  const struct script_run_owner *owner = run->owner;
  void *owner_data = run->owner_data;
  struct script_result result = {.error = *outcome->error, .traceback = ""};
  result.is_conflict = outcome->is_conflict && !run->has_left;
  result.is_lost = outcome->is_lost;
  result.has_left = true; /* the commit may have come through */
  result.cause = run->cause;
  run->committing = NULL;
  if (result.error.kind) (void)participants_end_segment(vm, run, SEGMENT_FAILS, NULL);
  vm_hold(vm);
  retire_run(run, true);
  tell_owner(owner, owner_data, &result);
  vm_release(vm);
}

/* True: the run has ended, *error says how. */
static bool commit_last(struct run *run, struct error *error) {
  struct vm *vm = run->vm;
  bool ok = prepare_last(run, error);
  if (ok && must_wait_for_commit(vm)) {
    run->committing = database_start_commit(vm->options.database, on_last_committed, run);
    run->waits_for = "its data to be kept";
    return false;
  }
  ok = ok && database_commit(vm->options.database, error);
  if (!ok) roll_back(vm, run);
  return true;
}

/* All outcomes of a resume. True: the run has ended, *result says how, and run is gone. */
static bool run_settle(struct run *run, int status, int value_count, struct script_result *result) {
  struct vm *vm = run->vm;
  struct database *database = vm->options.database;
  bool has_ended = status != LUA_YIELD || !run->waits_for, is_reusable = status == LUA_OK;
  vm->current = NULL;
  database_limit(database, NULL, NULL, 0);
  if (has_ended) *result = (struct script_result){.traceback = "", .cause = run->cause};
  if (status == LUA_OK) {
    lua_pop(run->L, value_count);
    has_ended = commit_last(run, &result->error);
  } else if (has_ended) {
    bool has_conflict = run->has_conflict || database_has_conflict(database);
    bool is_lost = run->is_lost || database_is_lost(database);
    settle_failure(run, status, result);
    result->is_conflict = has_conflict && !run->has_left;
    result->is_lost = is_lost;
    result->has_left = run->has_left || run->is_lost;
  }
  run->segment = database_leave(database);
  assert(!database_is_in_segment(database));
  (void)watchdog_enter(NULL);
  if (!has_ended) return false;
  vm->is_killed = false;
  retire_run(run, is_reusable);
  return true;
}

/* ---- going ---- */

/* The one place where Lua code of handlers runs. Each stretch has a budget of its own, for SQL too. */
static bool resume(struct run *run, int argument_count, struct script_result *result) {
  struct vm *vm = run->vm;
  assert(!database_is_in_segment(vm->options.database));
  assert(!vm->current);
  vm->current = run;
  run->waits_for = NULL;
  run->excused_ms += run->branches_excused_ms; /* they have ended: it executes again */
  run->branches_excused_ms = 0;
  vm_begin_budget(vm);
  database_limit(vm->options.database, vm_may_go_on, vm, vm->options.memory_ceiling);
  database_enter(vm->options.database, run->segment);
  run->segment = NULL;
  int value_count = 0;
  struct log_cause before = log_because(run->cause);
  (void)watchdog_enter(run->L);
  int status = lua_resume(run->L, vm->L, argument_count, &value_count);
  bool has_ended = run_settle(run, status, value_count, result);
  (void)log_because(before);
  return has_ended;
}

/* It waits. */
static void tell_order(struct run *run) {
  const struct script_run_owner *owner = run->owner;
  if (run->order == run->order_told) return;
  run->order_told = run->order;
  if (owner && owner->releases) owner->releases(run->order, run->owner_data);
}

bool run_go(struct run *run, int argument_count, struct script_result *result) {
  bool has_ended = resume(run, argument_count, result);
  if (!has_ended) tell_order(run);
  return has_ended;
}

/* The run may be gone after resume(), so whoever must be told is noted before. */
void run_wake(struct run *run) {
  struct vm *vm = run->vm;
  const struct script_run_owner *owner = run->owner;
  void *owner_data = run->owner_data;
  struct script_result result;
  vm_hold(vm); /* the result's traceback lives in the VM */
  if (resume(run, 0, &result)) {
    tell_owner(owner, owner_data, &result);
  } else {
    tell_order(run);
  }
  vm_release(vm);
}

/* Closes what a coroutine waits for, whose memory refers to its run. At the ceiling Lua could not grow the stack for the call
 * of a close, and would leave it out. */
static void close_waiting(lua_State *L) {
  struct vm *vm = vm_of(L);
  bool had_no_ceiling = vm->has_no_ceiling;
  vm->has_no_ceiling = true;
  vm_kill(L);
  (void)lua_resetthread(L);
  vm->has_no_ceiling = had_no_ceiling;
}

/* What is open of a run that waits, or being committed: of the latter nobody knows how it ends. */
static void drop_segment(struct run *run) {
  struct database *database = run->vm->options.database;
  database_forget_commit(database, run->committing);
  run->committing = NULL;
  database_enter(database, run->segment);
  roll_back(run->vm, run);
  run->segment = database_leave(database);
}

/* A handler that waits ends, with its branches: what waits for them is closed (api/parallel.c). A script's own __close gets no
 * time, since it could compute on for ever. */
static void end_waiting(struct run *run, const struct script_result *result) {
  struct vm *vm = run->vm;
  const struct script_run_owner *owner = run->owner;
  void *owner_data = run->owner_data;
  struct log_cause before = log_because(run->cause);
  vm_begin_budget(vm);
  (void)watchdog_enter(run->L);
  close_waiting(run->L);
  (void)watchdog_enter(NULL);
  vm->is_killed = false;
  drop_segment(run);
  vm_hold(vm);
  retire_run(run, false);
  (void)log_because(before);
  tell_owner(owner, owner_data, result);
  vm_release(vm);
}

void run_end(struct run *run, enum error_kind kind, const char *why) {
  run = run->root;
  assert(run->waits_for && !run->vm->current); /* from the loop: while Lua code runs, nothing can end it but its limits */
  struct script_result result = {.traceback = "", .cause = run->cause};
  if (lua_checkstack(run->L, 1)) {
    lua_pushlightuserdata(run->L, run); /* describe() wants a value; the text is ours */
    describe_failure(run, &result);
  }
  error_set(&result.error, kind, "%s (it waited for %s)", why, run->waits_for);
  end_waiting(run, &result);
}

void run_fail(struct run *run, const struct script_result *result) { end_waiting(run->root, result); }

void run_drop_branch(struct run *run) {
  assert(is_branch(run) && run->waits_for && !run->vm->current);
  lua_State *before = watchdog_enter(run->L);
  close_waiting(run->L);
  (void)watchdog_enter(before);
  drop_segment(run);
  retire_run(run, false);
}

/* How long Telegram has asked the handler to pause. Of branches, which pause at the same time, the longest counts. */
static int64_t take_pause(struct run *root) {
  int64_t most = root->branches_excused_ms, own = root->excused_ms + (root->pause ? root->pause(root->pause_data) : 0);
  for (struct run *run = root->vm->runs; run; run = run->next) {
    if (run->root != root || run == root) continue;
    int64_t pause = run->excused_ms + (run->pause ? run->pause(run->pause_data) : 0);
    if (pause > most) most = pause;
    run->excused_ms = 0;
  }
  root->excused_ms = root->branches_excused_ms = 0;
  return own + most;
}

/* A pause that Telegram asked for is not the handler's fault, so the deadline moves by it. */
static void on_deadline(void *data) {
  struct run *run = data;
  int64_t pause = take_pause(run);
  if (run->committing && lua_status(run->L) == LUA_OK) return; /* it has returned: the database will answer */
  if (pause > 0) {
    clock_start(run->vm->options.clock, &run->deadline, pause, on_deadline, run);
    return;
  }
  char why[100];
  (void)snprintf(why, sizeof why, "stopped: the handler took longer than %d s", (int)(run->deadline_ms / 1000));
  run_end(run, ERROR_CANCELED, why);
}

/* ---- for bindings ---- */

/* What runs between two segments, such as a __close of a handler that has ended: its SQL would belong to a stranger's
 * transaction. */
void run_begin_segment(lua_State *L) {
  struct vm *vm = vm_of(L);
  if (!vm->current && !vm->is_loading)
    luaL_error(L, "SQL is only for handlers and for a script's top level, not for what runs after their end");
  struct error error;
  if (!database_begin(vm->options.database, &error)) luaL_error(L, "%s", error.text);
}

/* As at the end of a segment that fails: an open query has rows of what goes. */
void run_return_to(lua_State *L, const struct database_mark *mark) {
  struct vm *vm = vm_of(L);
  struct error error = {0};
  (void)participants_end_segment(vm, vm->current, SEGMENT_FAILS, NULL);
  if (!database_return_to_mark(vm->options.database, mark, &error)) luaL_error(L, "%s", error.text);
}

struct run *run_current(lua_State *L) { return vm_of(L)->current; }

/* Each reason has its own words, because a script's author can't guess them. */
struct run *run_check_wait(lua_State *L, const char *what) {
  struct run *run = vm_of(L)->current;
  if (!run) luaL_error(L, "%s can't be called while a script loads: call it in a handler", what);
  if (run->L != L) luaL_error(L, "%s can't wait inside a coroutine that the script made: call it in the handler itself", what);
  if (!lua_isyieldable(L))
    luaL_error(L, "%s can't wait inside a function that table.sort, string.gsub or a metamethod calls", what);
  return run;
}

/* The database says in its time what has become of it, so nobody cuts that off: what is committed would be taken for lost. */
static int64_t commit_pause(void *data) {
  struct run *run = data;
  int64_t now = clock_ticks(run->vm->options.clock), pause = now - run->commit_counted_at;
  run->commit_counted_at = now;
  return pause;
}

static void on_committed(const struct database_outcome *outcome, void *data) {
  struct run *run = data;
  run->committing = NULL;
  run_excuse(run, commit_pause(run));
  if (outcome->error->kind) error_keep(&run->commit_error, outcome->error);
  run->has_conflict = run->has_conflict || outcome->is_conflict;
  run->is_lost = run->is_lost || outcome->is_lost;
  run_wake(run);
}

/* A reply that is held back until the handler waits leaves now: never before what it goes with is kept. */
static void tell_wait(const struct run *run) {
  const struct run *root = run->root;
  if (root->owner && root->owner->waits) root->owner->waits(root->owner_data);
}

/* In the coroutine again; the context is what goes on there. */
static int after_commit(lua_State *L, int status, lua_KContext context) {
  struct run *run = vm_of(L)->current;
  if (run->commit_error) {
    const char *text = lua_pushstring(L, run->commit_error->text);
    forget_commit_error(run); /* luaL_error() does not return; a script that catches it may wait again */
    luaL_error(L, "%s", text);
  }
  run->has_left = true;
  tell_wait(run);
  return ((lua_KFunction)context)(L, status, 0);
}

static void commit_now(lua_State *L, struct run *run, bool is_good, struct error *error) {
  if (is_good && database_commit(run->vm->options.database, error)) {
    run->has_left = true;
    return;
  }
  roll_back(run->vm, run);
  luaL_error(L, "%s", error->text);
}

/* The deadline is one timer for the whole handler, started when it first waits: most handlers never do. */
static void begin_wait(lua_State *L, struct run *run, const char *what, int64_t (*pause)(void *data), void *data) {
  struct run *root = run->root;
  luaL_checkstack(L, 2 * LUA_MINSTACK, "to wait"); /* what it waits for can then be closed, however deep the script is */
  run->waits_for = what;
  run->pause = pause;
  run->pause_data = data;
  if (!clock_is_started(&root->deadline)) {
    clock_start(run->vm->options.clock, &root->deadline, root->deadline_ms, on_deadline, root);
  }
}

int run_end_segment(lua_State *L, const char *what, lua_KFunction on_ended) {
  struct vm *vm = vm_of(L);
  struct run *run = run_check_wait(L, what);
  struct error error = {0};
  bool ok = prepare_wait(run, &error);
  if (ok && must_wait_for_commit(vm)) {
    run->committing = database_start_commit(vm->options.database, on_committed, run);
    run->commit_counted_at = clock_ticks(vm->options.clock);
    begin_wait(L, run, "its data to be kept", commit_pause, run);
    return lua_yieldk(L, 0, (lua_KContext)on_ended, after_commit);
  }
  commit_now(L, run, ok, &error);
  tell_wait(run);
  return on_ended(L, LUA_OK, 0);
}

/* A handler that has waited is one whose request has been answered, so nothing is lost by not asking. One whose segment takes
 * time to commit must wait for that before anything leaves. */
bool run_offer_reply(lua_State *L, const struct telegram_request *request) {
  struct run *run = vm_of(L)->current;
  bool may_ask = run && !is_branch(run) && run->order == ORDER_CHAT && !clock_is_started(&run->deadline) && run->owner &&
                 run->owner->reply && !database_waits(run->vm->options.database);
  struct error error = {0};
  if (!may_ask) return false;
  (void)run_check_wait(L, request->method);
  commit_now(L, run, prepare_wait(run, &error), &error);
  return run->owner->reply(request, run->owner_data);
}

void run_fail_segment(struct run *run) { roll_back(run->vm, run); }

const void *run_asker(const struct run *run) { return run->root->owner_data ? run->root->owner_data : run->root; }

int64_t run_time_left(const struct run *run) {
  const struct run *root = run->root;
  if (!clock_is_started(&root->deadline)) return root->deadline_ms;
  int64_t excused = root->excused_ms + (is_branch(run) ? run->excused_ms : 0);
  return root->deadline.at - clock_ticks(run->vm->options.clock) + excused;
}

void run_excuse(struct run *run, int64_t ms) { run->excused_ms += ms; }

void run_set_deadline(struct run *run, int64_t ms) {
  struct run *root = run->root;
  root->deadline_ms = ms;
  root->excused_ms = 0;
  if (clock_is_started(&root->deadline)) clock_start(run->vm->options.clock, &root->deadline, ms, on_deadline, root);
}

int run_wait(lua_State *L, struct run *run, const char *what, int64_t (*pause)(void *data), void *data,
             lua_KFunction on_woken) {
  begin_wait(L, run, what, pause, data);
  return lua_yieldk(L, 0, 0, on_woken);
}

int run_wait_inside(lua_State *L, struct run *run, const char *what, lua_KContext context, lua_KFunction on_woken) {
  begin_wait(L, run, what, NULL, NULL);
  return lua_yieldk(L, 0, context, on_woken);
}
