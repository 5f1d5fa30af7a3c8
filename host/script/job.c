/* The jobs themselves are Lua (api/broadcast.lua), and their tables are made by the first; where there is none, there is
 * nothing to do. */
#include "script/job.h"

#include "database/database.h"
#include "script/api/api.h"
#include "script/vm.h"

void job_pause(struct script *script, bool is_paused) {
  for (struct vm *vm = vm_first(script); vm; vm = vm->next) {
    vm->are_jobs_paused = is_paused;
    if (!is_paused) api_resume_schedules(vm);
  }
}

/* An error can only be that the tables are missing, or a want of memory; then a later host finds marks that it can't explain,
 * and counts what they stand for as uncertain. */
static void change_tables(struct script *script, const char *sql) {
  const struct vm *vm = vm_first(script);
  if (!vm) return;
  struct database *database = vm->options.database;
  bool ok = database_begin(database, NULL) && database_execute(database, sql, NULL) && database_commit(database, NULL);
  if (!ok) database_rollback(database);
}

void job_stop(struct script *script) {
  for (struct vm *vm = vm_first(script); vm; vm = vm->next) {
    vm->are_jobs_stopped = true;
    api_drop_schedules(vm, true);
  }
  change_tables(script, API_RELEASE_JOBS);
}

void job_cancel(struct script *script) { change_tables(script, API_CANCEL_JOBS); }
