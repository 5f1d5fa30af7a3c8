/* Pauses, stops and cancels the jobs of all VMs. Jobs themselves are begun by api/schedule.c; the tables of those that live
 * in rows are known to their Lua halves alone, which have left the statements to be run. All VMs are told alike, since one
 * that a reload has replaced may still have functions that are due once. */
#include "script/job.h"

#include "database/database.h"
#include "script/api/api.h"
#include "script/participant.h"
#include "script/script_state.h"
#include "script/vm.h"

void job_pause(struct script *script, bool is_paused) {
  script->is_awaiting_data = is_paused && !script->was_paused;
  script->was_paused = true;
  for (struct vm *vm = script->vms; vm; vm = vm->next) api_pause_schedules(vm, is_paused);
}

void job_lead(struct script *script, bool leads) {
  script->is_following = !leads;
  for (struct vm *vm = script->vms; vm; vm = vm->next) api_lead_schedules(vm, leads);
}

void job_hasten(struct script *script, int64_t ms) {
  for (struct vm *vm = script->vms; vm; vm = vm->next) api_hasten_schedules(vm, ms);
}

/* It fails only where the tables are missing, since the first job makes them, or for lack of memory; then a later host finds
 * marks that it can't explain, and counts what they stand for as uncertain. */
static void change_tables(struct script *script, const char *sql) {
  struct database *database = script->options.database;
  bool ok = database_begin(database, NULL) && database_execute(database, sql, NULL) && database_commit(database, NULL);
  if (!ok) database_rollback(database);
}

void job_stop(struct script *script) {
  script->is_stopped = true;
  for (struct vm *vm = script->vms; vm; vm = vm->next) participants_stop(vm, VM_STOPS);
  if (script->vm) change_tables(script, api_job_sql(script->vm, API_JOBS_STOP));
}

void job_cancel(struct script *script) {
  if (script->vm) change_tables(script, api_job_sql(script->vm, API_JOBS_CANCEL));
}
