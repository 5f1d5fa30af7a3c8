/* core.schedule: a function that runs later, as a handler of its own, with segments, waits and limits like any other.
 *
 * A function that is due once holds its VM, so a reload does not break the promise. One that recurs does not: the new scripts
 * begin their own. */
#include <lauxlib.h>
#include <stdlib.h>
#include <utlist.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "script/api/api.h"
#include "script/run.h"
#include "script/vm.h"

enum {
  SECONDS_MAX = 400 * 24 * 3600, /* more is a mistake, such as milliseconds */
  CONFLICTS_MOST = 20,           /* of one function, before it fails */
  CONFLICT_PAUSE_MS = 10,        /* at most */
  LOST_PAUSE_MS = 1000,          /* while the database is gone */
};

struct label {                            /* what is told of it when it fails; ours from the schedule to the end of its run */
  const struct script_observer *observer; /* of the scripts; NULL: nobody */
  char *job, *data;                       /* NULL: a function without a name */
};

struct schedule { /* ours; in the list until it is due, or its VM closes, and then its run's */
  struct vm *vm;
  struct clock_timer timer;
  int function_ref;
  struct label *label;
  bool is_recurring;
  bool is_leaders; /* it is only for the host that leads */
  bool is_overdue; /* it was due while it was held back */
  int conflicts;   /* how often its function had to begin again */
  struct schedule *prev, *next;
};

struct schedules { /* of a VM */
  struct schedule *list;
  bool is_paused;
  bool is_following;         /* another host leads */
  bool is_stopped;           /* nothing that recurs begins any more: the next scripts, or the next host, begin their own */
  char *sql[API_JOB_EVENTS]; /* see api_job_sql(); NULL: nothing is to be done */
};

static void stop(struct vm *vm, enum vm_stop how);
static void release(struct vm *vm);

static const struct participant schedules = {.vm_size = sizeof(struct schedules), .on_stop = stop, .on_close = release};

static struct schedules *schedules_of(const struct vm *vm) { return vm_data(vm, &schedules); }

static void label_free(struct label *label) {
  if (!label) return;
  free(label->job);
  free(label->data);
  free(label);
}

/* It is in no list any more. The VM may be gone afterwards, unless something else holds it. */
static void schedule_free(struct schedule *schedule) {
  struct vm *vm = schedule->vm;
  bool is_recurring = schedule->is_recurring;
  clock_stop(vm->options.clock, &schedule->timer);
  luaL_unref(vm->L, LUA_REGISTRYINDEX, schedule->function_ref);
  label_free(schedule->label);
  free(schedule);
  if (!is_recurring) vm_release(vm);
}

static void remove_schedule(struct schedule *schedule) {
  DL_DELETE(schedules_of(schedule->vm)->list, schedule);
  schedule_free(schedule);
}

/* ---- running ---- */

static void on_due(void *data);

/* Nobody waits for the outcome, so an error that is not logged would be lost. */
static void report(const struct script_result *result, const struct label *label) {
  const char *traceback = result->traceback[0] ? result->traceback : NULL;
  struct log_cause before = log_because(result->cause);
  if (result->error.kind) {
    log_error("a scheduled function failed; job=%s data=%s error=%s traceback=%s", label->job, label->data, result->error.text,
              traceback);
    if (label->observer) label->observer->failed(&result->error, label->observer->data);
  }
  (void)log_because(before);
}

/* Another handler was first with the same data, or the database was lost, and nothing of this one has left: it begins anew,
 * after a pause, which is random so that the same two do not meet again. */
static bool begin_again(struct schedule *schedule, const struct script_result *result) {
  struct schedules *mine = schedules_of(schedule->vm);
  bool may_begin = !schedule->vm->is_closing && !(mine->is_stopped && schedule->is_recurring);
  bool is_early = result->is_conflict || (result->is_lost && !result->has_left);
  if (!is_early || !may_begin || (result->is_conflict && schedule->conflicts >= CONFLICTS_MOST)) return false;
  schedule->conflicts += result->is_conflict;
  DL_APPEND(mine->list, schedule);
  struct clock *clock = schedule->vm->options.clock;
  int64_t pause = clock_is_manual(clock) ? 0 : random() % CONFLICT_PAUSE_MS;
  if (result->is_lost) pause = LOST_PAUSE_MS;
  clock_start(clock, &schedule->timer, pause, on_due, schedule);
  return true;
}

static void on_ended(const struct script_result *result, void *data) {
  struct schedule *schedule = data;
  if (begin_again(schedule, result)) return;
  report(result, schedule->label);
  schedule_free(schedule);
}

/* The data is not there yet, or about to be replaced; or another host does it. */
static bool is_held_back(const struct schedule *schedule) {
  const struct schedules *mine = schedules_of(schedule->vm);
  return mine->is_paused || (mine->is_following && schedule->is_leaders);
}

/* It leaves the list before its function begins: the function may ask for the next time itself. */
static void on_due(void *data) {
  static const struct script_run_owner owner = {.done = on_ended};
  struct schedule *schedule = data;
  struct vm *vm = schedule->vm;
  if (is_held_back(schedule)) {
    schedule->is_overdue = true;
    return;
  }
  struct script_result result = {.traceback = ""};
  DL_DELETE(schedules_of(vm)->list, schedule);
  struct run *run = run_new(vm, &owner, schedule, &result.error);
  if (run) lua_rawgeti(run->L, LUA_REGISTRYINDEX, schedule->function_ref);
  vm_hold(vm); /* until the result is told */
  if (!run || run_go(run, 0, &result)) on_ended(&result, schedule);
  vm_release(vm);
}

/* What is overdue begins from the loop, and not in the middle of whatever ends the pause. */
static void begin_overdue(struct vm *vm) {
  struct schedule *schedule;
  DL_FOREACH(schedules_of(vm)->list, schedule) {
    if (!schedule->is_overdue || is_held_back(schedule)) continue;
    clock_start(vm->options.clock, &schedule->timer, 0, on_due, schedule);
    schedule->is_overdue = false;
  }
}

void api_pause_schedules(struct vm *vm, bool is_paused) {
  schedules_of(vm)->is_paused = is_paused;
  begin_overdue(vm);
}

void api_lead_schedules(struct vm *vm, bool leads) {
  schedules_of(vm)->is_following = !leads;
  begin_overdue(vm);
}

void api_hasten_schedules(struct vm *vm, int64_t ms) {
  struct clock *clock = vm->options.clock;
  struct schedule *schedule;
  DL_FOREACH(schedules_of(vm)->list, schedule) {
    if (!clock_is_started(&schedule->timer)) continue; /* overdue, while schedules are paused */
    clock_start(clock, &schedule->timer, schedule->timer.at - clock_ticks(clock) - ms, on_due, schedule);
  }
}

bool api_are_schedules_paused(const struct vm *vm) { return schedules_of(vm)->is_paused; }

/* ---- the end ---- */

/* Without running them. */
static void drop(struct vm *vm, bool only_recurring) {
  vm_hold(vm); /* it must not close in the middle of its own list */
  struct schedule *schedule, *next;
  DL_FOREACH_SAFE(schedules_of(vm)->list, schedule, next) {
    if (schedule->is_recurring || !only_recurring) remove_schedule(schedule);
  }
  vm_release(vm);
}

static void stop(struct vm *vm, enum vm_stop how) {
  schedules_of(vm)->is_stopped = true;
  drop(vm, how != VM_ENDS_NOW);
}

static void release(struct vm *vm) {
  struct schedules *mine = schedules_of(vm);
  while (mine->list) {
    mine->list->is_recurring = true; /* whatever holds the VM, it is closing */
    remove_schedule(mine->list);
  }
  for (int i = 0; i < API_JOB_EVENTS; i++) free(mine->sql[i]);
}

const char *api_job_sql(const struct vm *vm, enum api_job_event event) {
  const char *sql = schedules_of(vm)->sql[event];
  return sql ? sql : "";
}

/* ---- for our Lua halves ---- */

static char *copy_text(lua_State *L, int index) {
  return lua_isnoneornil(L, index) ? NULL : memory_copy_text(lua_tostring(L, index));
}

/* after(seconds, function, is_recurring, job, data): the texts are for the log, where the function fails
 * here(...): likewise, whether this host leads or not */
static int schedule_after(lua_State *L) {
  struct vm *vm = vm_of(L);
  bool is_anybodys = lua_toboolean(L, lua_upvalueindex(1));
  lua_Number seconds = luaL_checknumber(L, 1);
  luaL_argcheck(L, seconds >= 0 && seconds <= SECONDS_MAX, 1, "seconds, from 0 to 400 days, expected");
  luaL_checktype(L, 2, LUA_TFUNCTION);
  luaL_optstring(L, 4, NULL);
  luaL_optstring(L, 5, NULL);
  if (vm->is_closing) return luaL_error(L, "nothing can begin any more: these scripts are closing");
  struct schedules *mine = schedules_of(vm);
  if (mine->is_stopped && lua_toboolean(L, 3)) return 0;
  lua_pushvalue(L, 2);
  int ref = luaL_ref(L, LUA_REGISTRYINDEX);
  struct schedule *schedule = memory_new(sizeof *schedule);
  *schedule = (struct schedule){.vm = vm, .function_ref = ref, .is_recurring = lua_toboolean(L, 3)};
  schedule->is_leaders = !is_anybodys && (schedule->is_recurring || (vm->is_loading && !vm->current));
  schedule->label = memory_new(sizeof *schedule->label);
  *schedule->label = (struct label){vm->options.observer, copy_text(L, 4), copy_text(L, 5)};
  DL_APPEND(mine->list, schedule);
  if (!schedule->is_recurring) vm_hold(vm);
  clock_start(vm->options.clock, &schedule->timer, (int64_t)(seconds * 1000), on_due, schedule);
  return 0;
}

/* leads() -> does this host do what only one may? */
static int schedule_leads(lua_State *L) {
  lua_pushboolean(L, !schedules_of(vm_of(L))->is_following);
  return 1;
}

/* at_stop(sql), at_cancel(sql): what job_stop() and job_cancel() run for the tables of a job that lives in rows. Once: it is
 * run with the host's rights, and set before scripts are loaded. */
static int set_sql(lua_State *L) {
  char **sql = &schedules_of(vm_of(L))->sql[lua_tointeger(L, lua_upvalueindex(1))];
  const char *text = luaL_checkstring(L, 1);
  if (*sql) return luaL_error(L, "it is set already");
  *sql = memory_copy_text(text);
  return 0;
}

int api_open_schedule(lua_State *L) {
  participants_add(&vm_of(L)->participants, &schedules);
  lua_createtable(L, 0, 5);
  for (int i = 0; i < 2; i++) {
    lua_pushboolean(L, i);
    lua_pushcclosure(L, schedule_after, 1);
    lua_setfield(L, -2, i ? "here" : "after");
  }
  lua_pushcfunction(L, schedule_leads);
  lua_setfield(L, -2, "leads");
  lua_pushinteger(L, API_JOBS_STOP);
  lua_pushcclosure(L, set_sql, 1);
  lua_setfield(L, -2, "at_stop");
  lua_pushinteger(L, API_JOBS_CANCEL);
  lua_pushcclosure(L, set_sql, 1);
  lua_setfield(L, -2, "at_cancel");
  return 1;
}
