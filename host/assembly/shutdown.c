/* The steps of a host's stop. Each step waits for one event, and at most for a time; then the next one begins with what
 * there is. Beside the first steps all is saved at once, with the inbox, and again when handlers have written more: whoever
 * kills a host that takes long to stop, as `docker stop` does after ten seconds, loses nothing by it (stop_spec: "saves at
 * once, whatever a handler waits for"). A host that was replaced goes the same way, which shows its successor that it lives,
 * and then waits for it to serve. */
#include "assembly/shutdown.h"

#include "assembly/host.h"
#include "backup/backup.h"
#include "common/log.h"
#include "script/script.h"
#include "telegram/telegram.h"
#include "updates/updates.h"

enum {
  HANDLERS_MS = 8000,        /* handlers may finish for so long: `docker stop` kills after ten seconds */
  FENCED_HANDLERS_MS = 6000, /* less than another host waits for a sign of life: backup/waiting.c */
  EARLY_SAVE_MS = 1000,      /* meanwhile what they do is saved so often */
  LAST_SAVE_MS = 60000,      /* and the last backup may take so long */
  LAST_WORD_MS = 5000,       /* with nothing unsaved it only spares the next start a wait */
  LAST_CALLS_MS = 2000,      /* and the host's own messages to the admin, and what a backup has to tidy up */
};

/* ---- the stop, in order ---- */
static void on_early_save_due(void *data); /* beside the steps up to save_last() */
static void on_saved_early(const struct error *error, void *data);
static void on_polling_stopped(void *data); /* no update arrives any more */
static void on_updates_idle(void *data);    /* every update is finished */
static void on_handlers_idle(void *data);   /* those of schedules and jobs, too */
static void on_handlers_late(void *data);   /* or their time is over */
static void save_last(struct host *host);
static void on_last_saved(const struct error *error, void *data);
static void on_last_save_late(void *data);
static void on_succession(bool is_served, void *data); /* only where another host has taken over */
static void await_succession(struct host *host);
static void go_when_settled(struct host *host);
static void on_unsettled_late(void *data);
static void leave(struct host *host);
static void on_calls_over(void *data); /* all have ended, or their time is over */

void shutdown_fail(struct host *host, enum host_outcome outcome, const struct error *error) {
  log_error("can't go on; error=%s", error->text);
  host->outcome = outcome;
  host->error = *error;
  shutdown_begin(host);
}

static void set_fenced(struct host *host) {
  host->outcome = HOST_FENCED;
  error_set(&host->error, ERROR_REFUSED, "another host has taken over");
}

void shutdown_fenced(struct host *host) {
  if (!host->is_stopping) set_fenced(host);
  shutdown_begin(host);
}

void shutdown_cancel(struct host *host) {
  clock_stop(host->options.clock, &host->limit);
  clock_stop(host->options.clock, &host->early);
  clock_stop(host->options.clock, &host->retry);
  idle_leave(&host->waiter);
  if (host->call) telegram_call_cancel(host->call);
  host->call = NULL;
}

static bool has_published(const struct host *host) {
  struct backup_status status;
  backup_status(host->backup, &status);
  return status.message_id != 0;
}

static bool is_save_needed(const struct host *host) {
  if (!host_has_backup(host) || !host->updates) return false;
  bool is_inbox_new = updates_unfinished(host->updates) && !host->is_inbox_saved;
  return is_inbox_new || backup_is_needed(host->backup);
}

/* With an admin nothing is confirmed to Telegram: what was handled is in the last backup, and whoever comes next skips it. */
void shutdown_begin(struct host *host) {
  bool is_fenced = host->outcome == HOST_FENCED;
  if (host->is_stopping && host->is_waiting) go_when_settled(host);
  if (host->is_stopping) return;
  shutdown_cancel(host); /* a call of the start */
  host->is_stopping = true;
  host_tell_status(host, is_fenced ? "stops: another host has taken over" : "stops: handlers may finish, then the last backup");
  if (host->is_started) {
    clock_start(host->options.clock, &host->limit, is_fenced ? FENCED_HANDLERS_MS : HANDLERS_MS, on_handlers_late, host);
    clock_start(host->options.clock, &host->early, 0, on_early_save_due, host); /* os.exit() comes within a segment */
    updates_stop_polling(host->updates, !host_has_backup(host), on_polling_stopped, host);
    if (is_fenced) updates_refuse_waiting(host->updates);
  } else if (is_fenced || (host_has_backup(host) && has_published(host))) {
    save_last(host);
  } else {
    leave(host);
  }
}

static void on_early_save_due(void *data) {
  struct host *host = data;
  if (host->is_past_handlers) return;
  if (!host->is_inbox_saved) job_stop(host->script); /* what broadcasts have put aside belongs to the save */
  if (is_save_needed(host)) {
    backup_save(host->backup, on_saved_early, host);
  } else {
    clock_start(host->options.clock, &host->early, EARLY_SAVE_MS, on_early_save_due, host);
  }
}

/* A failure is in the log already, and the last save will tell whether anything is lost. */
static void on_saved_early(const struct error *error, void *data) {
  struct host *host = data;
  if (!error->kind) host->is_inbox_saved = true;
  if (!host->is_past_handlers) clock_start(host->options.clock, &host->early, EARLY_SAVE_MS, on_early_save_due, host);
}

static void on_polling_stopped(void *data) {
  struct host *host = data;
  if (host->is_past_handlers) return; /* it came too late */
  job_stop(host->script);
  updates_on_idle(host->updates, &host->waiter, on_updates_idle, host);
}

static void on_updates_idle(void *data) {
  struct host *host = data;
  script_on_idle(host->script, &host->waiter, on_handlers_idle, host);
}

/* Jobs are stopped once more: one that was running may have put something aside since. */
static void on_handlers_idle(void *data) {
  struct host *host = data;
  job_stop(host->script);
  save_last(host);
}

static void on_handlers_late(void *data) {
  struct host *host = data;
  log_warn("handlers did not finish in time; unfinished=%zu", updates_unfinished(host->updates));
  idle_leave(&host->waiter);
  updates_leave_unfinished(host->updates);
  script_end_runs(host->script);
  save_last(host);
}

/* A replaced host has all the time: nobody else can write what it knows. */
static void save_last(struct host *host) {
  host->is_past_handlers = true;
  clock_stop(host->options.clock, &host->early);
  clock_stop(host->options.clock, &host->limit);
  if (!host_has_backup(host)) {
    leave(host);
    return;
  }
  host->is_last_needed = is_save_needed(host);
  int64_t limit_ms = host->is_last_needed ? LAST_SAVE_MS : LAST_WORD_MS;
  if (host->outcome != HOST_FENCED) clock_start(host->options.clock, &host->limit, limit_ms, on_last_save_late, host);
  backup_release(host->backup, on_last_saved, host);
}

static void on_last_saved(const struct error *error, void *data) {
  struct host *host = data;
  struct backup_status status;
  if (host->is_leaving) return; /* it came too late */
  backup_status(host->backup, &status);
  if (host->outcome == HOST_FENCED) {
    if (error->kind) log_error("the last content could not be saved; error=%s", error->text);
    await_succession(host);
    return;
  }
  if (status.is_fenced && host->outcome == HOST_STOPPED) {
    set_fenced(host);
    if (!error->kind && status.unsettled_ms) {
      await_succession(host);
      go_when_settled(host);
      return;
    }
  } else if (error->kind && !(host->is_last_needed && is_save_needed(host))) { /* a failed save has written its own inbox */
    log_warn("can't say that this host has gone, so the next start waits for it; error=%s", error->text);
  } else if (error->kind) {
    log_error("the last backup failed, what was not saved is lost; error=%s", error->text);
    if (host->outcome == HOST_STOPPED) {
      host->outcome = HOST_FAILED;
      host->error = *error;
    }
  }
  leave(host);
}

static void on_last_save_late(void *data) {
  struct error error;
  error_set(&error, ERROR_CANCELED, "it took too long");
  on_last_saved(&error, data);
}

static void await_succession(struct host *host) {
  host->is_waiting = true;
  backup_await_succession(host->backup, on_succession, host);
}

/* An edit that had no answer may still put older data into this host's message, before whoever takes over has read it. Only
 * this host can write the last content again, so it stays while that may be. */
static void go_when_settled(struct host *host) {
  struct backup_status status;
  backup_status(host->backup, &status);
  if (host->is_told_to_go) return;
  host->is_told_to_go = true;
  if (!status.unsettled_ms) {
    leave(host);
    return;
  }
  log_info("a late edit may still undo what this host has saved last, so it stays to mend that; at_most_ms=%lld",
           (long long)status.unsettled_ms);
  clock_start(host->options.clock, &host->limit, status.unsettled_ms, on_unsettled_late, host);
}

static void on_unsettled_late(void *data) {
  log_warn("an edit of this host never had an answer, and the other host does not serve yet: leaving without knowing more");
  leave(data);
}

static void on_succession(bool is_served, void *data) {
  struct host *host = data;
  if (is_served) log_info("the other host serves, so this one is not needed any more");
  if (!is_served && !host->is_told_to_go) host->outcome = HOST_VACANT;
  leave(host);
}

static void leave(struct host *host) {
  if (host->is_leaving) return;
  host->is_leaving = true;
  if (host->updates) {
    struct updates_status status;
    updates_status(host->updates, &status);
    log_info("stopped; received=%llu finished=%llu failed=%llu unfinished=%zu", (unsigned long long)status.received,
             (unsigned long long)status.finished, (unsigned long long)status.failed, status.unfinished);
  }
  clock_start(host->options.clock, &host->limit, LAST_CALLS_MS, on_calls_over, host);
  telegram_on_idle(host->telegram, &host->waiter, on_calls_over, host);
}

static void on_calls_over(void *data) {
  struct host *host = data;
  shutdown_cancel(host);
  host->options.ended(host->outcome, &host->error, host->options.data);
}
