/* When a backup is made. Positions instead of flags: database_committed() counts the commits, saved_to is that count as of the
 * last backup, and the difference is what is not saved yet. One saving, restore, survey or step of the reign is under way at a
 * time, since all need the anchor; a request that comes meanwhile is kept and acted upon in go_on(). The crown is guarded
 * beside them. */
#include "backup/backup.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup/anchor.h"
#include "backup/backup_state.h"
#include "backup/copying.h"
#include "backup/crown.h"
#include "backup/expiry.h"
#include "backup/import.h"
#include "backup/mirror.h"
#include "backup/pin_watch.h"
#include "backup/pointer.h"
#include "backup/reign.h"
#include "backup/restore.h"
#include "backup/saving.h"
#include "backup/survey.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "database/database.h"
#include "telegram/telegram.h"

enum {
  INTERVAL_MS = 30000,
  LEAST_GAP_MS = 1000, /* between two savings, so that many requests become one */
  RETRY_LAST_MS = 30000,
  DAY_MS = 24 * 3600 * 1000,
  LOOK_LIFE_MS = 10000, /* three looks of the guard */
  FAILURES_TOLD = 3,    /* in a row, before the admin is told; fewer repair themselves */
  TURNS_TOLD = 5,       /* likewise: so many deploys in a row are rare */
};

struct waiter { /* one backup_save() */
  backup_done done;
  void *data;
  struct waiter *next;
};

struct backup {
  struct backup_options options;
  struct backup_state state;
  struct saving *saving;
  struct restore *restore;
  struct survey *survey;
  struct clock_timer interval, soon;
  int64_t ended_at;         /* ticks of the last saving's end */
  uint64_t saved_to;        /* the position of the last backup */
  uint64_t key_generation;  /* keyring_generation() of the same */
  struct waiter *waiting;   /* for the next saving */
  struct waiter *in_saving; /* for the one under way */
  struct reign *reign;
  struct copying *copying; /* NULL: copies go nowhere */
  struct expiry *expiry;   /* NULL: they stay */
  struct pin_watch *pin_watch;
  bool is_serving; /* from backup_serve() to backup_release() */
  bool is_fenced, is_failure_told;
  bool is_confirming;   /* a look alone, for what leaves nothing to save */
  bool is_wanted;       /* asked for while it could not begin */
  bool must_save;       /* although nothing may have changed: the message is gone, or a copy that it lists */
  bool must_renew;      /* the next backup is a new message, and the one before stays */
  backup_done released; /* NULL: no release is wanted */
  backup_done served, pushed;
  void *released_data, *served_data;
  backup_survey_done seen;
  void *seen_data;
  backup_restore_done restored;
  void *restored_data;
  struct notices *notices;
  struct backup_status status;
  char last_error[sizeof((struct error *)0)->text];
};

/* ---- life ---- */

static void tell_admin(struct backup *backup, const char *text) {
  notices_send(backup->notices, backup->options.admin_id, text, NULL);
}

static void on_told(const char *text, void *data) { tell_admin(data, text); }

/* The edit that follows finds that out, too, and publishes a new message. */
static void on_message_gone(void *data) {
  struct backup *backup = data;
  backup->must_save = true;
  backup_request(backup);
}

static void on_copy_erased(void *data) {
  struct backup *backup = data;
  backup->must_save = true;
  backup_request(backup);
}

static void open_copying(struct backup *backup) {
  const struct backup_options *options = &backup->options;
  struct copying_options copying = {.directory = options->copy_directory,
                                    .chat_id = options->copy_chat_id,
                                    .bot_id = options->bot_id,
                                    .keep_days = options->keep_days,
                                    .tell = on_told,
                                    .data = backup};
  if (copying.directory || copying.chat_id) backup->copying = copying_open(&backup->state, &copying);
}

/* The last copy with what was deleted is made up to a day later: so it may live for a day less. */
static void open_expiry(struct backup *backup) {
  const struct backup_options *options = &backup->options;
  struct expiry_options expiry = {.keep_ms = (options->keep_days - 1) * options->day_ms,
                                  .admin_id = options->admin_id,
                                  .copy_chat_id = options->copy_chat_id,
                                  .erased = on_copy_erased,
                                  .tell = on_told,
                                  .data = backup};
  if (options->keep_days) backup->expiry = expiry_open(&backup->state, &expiry);
}

struct backup *backup_open(const struct backup_options *options) {
  struct backup *backup = memory_new(sizeof *backup);
  backup->options = *options;
  if (!backup->options.interval_ms) backup->options.interval_ms = INTERVAL_MS;
  if (!backup->options.day_ms) backup->options.day_ms = DAY_MS;
  struct backup_state *state = &backup->state;
  state->loop = options->loop;
  state->clock = options->clock;
  state->database = options->database;
  state->telegram = options->telegram;
  state->keys = options->keys;
  state->day_ms = backup->options.day_ms;
  state->progress = options->progress;
  state->progress_data = options->data;
  backup->notices = notices_open(options->telegram);
  state->anchor = anchor_open(options->telegram, options->clock, options->admin_id, options->config_id);
  anchor_on_progress(state->anchor, options->progress, options->data);
  state->crown = crown_open(options->telegram, options->clock, options->admin_id);
  state->mirror = mirror_open(options->database, options->clock);
  struct reign_options reign = {.before_copy = options->before_copy, .copied = options->copied, .data = options->data};
  backup->reign = reign_open(state, &reign);
  open_copying(backup);
  open_expiry(backup);
  struct pin_watch_options pins = {.chat_id = options->admin_id, .tell = on_told, .gone = on_message_gone, .data = backup};
  backup->pin_watch = pin_watch_open(state, &pins);
  return backup;
}

static void free_waiters(struct waiter *waiter) {
  while (waiter) {
    struct waiter *next = waiter->next;
    free(waiter);
    waiter = next;
  }
}

void backup_close(struct backup *backup) {
  if (!backup) return;
  clock_stop(backup->options.clock, &backup->interval);
  clock_stop(backup->options.clock, &backup->soon);
  if (backup->saving) saving_cancel(backup->saving);
  if (backup->restore) restore_cancel(backup->restore);
  if (backup->survey) survey_cancel(backup->survey);
  reign_close(backup->reign);
  copying_close(backup->copying);
  expiry_close(backup->expiry);
  pin_watch_close(backup->pin_watch);
  notices_close(backup->notices);
  crown_close(backup->state.crown);
  anchor_close(backup->state.anchor);
  mirror_close(backup->state.mirror);
  base_release(&backup->state.base);
  free_waiters(backup->waiting);
  free_waiters(backup->in_saving);
  free(backup);
}

static void tell_base_gone(struct backup *backup) {
  log_warn("a part of the backup's base was deleted from the admin's chat, so there is a new base now");
  tell_admin(backup,
             "Somebody had deleted a part of the backup's base from this chat. There is a new one now: please leave it there.");
}

/* ---- when a backup is made ---- */

static void begin(struct backup *backup);
static void confirm(struct backup *backup);
static void on_failure(struct backup *backup, const struct error *error);
static void forget_failures(struct backup *backup);
static void start_release(struct backup *backup);
static void on_lost(enum crown_holder holder, void *data);
static void on_saved(const struct saving_result *result, void *data);

/* Where copies are to go, the message of the day must not stay because nothing happens: what was deleted may be in its base. */
bool backup_is_needed(const struct backup *backup) {
  const struct backup_options *options = &backup->options;
  if (options->keep_days && saving_is_day_over(&backup->state)) return true;
  return database_committed(options->database) > backup->saved_to ||
         keyring_generation(options->keys) != backup->key_generation || (options->has_more && options->has_more(options->data));
}

/* Somebody may go on only when all is saved. Where nothing is to be saved, it must still be known that this host may write. */
static bool is_awaited(const struct backup *backup) {
  const struct backup_options *options = &backup->options;
  return options->is_awaited && options->is_awaited(options->data);
}

static bool is_busy(const struct backup *backup) {
  return backup->saving || backup->restore || backup->survey || backup->is_confirming || reign_is_busy(backup->reign);
}

/* A fenced host still writes into its own message, until it has released: whoever waits for it sees that it lives. */
static bool may_save(const struct backup *backup) { return backup->options.admin_id && backup->is_serving && !backup->restore; }

static void on_soon(void *data) {
  struct backup *backup = data;
  if (!may_save(backup) || is_busy(backup)) {
    backup->is_wanted = true; /* go_on() asks again */
  } else if (backup->waiting || backup->must_save || backup_is_needed(backup)) {
    begin(backup);
  } else if (is_awaited(backup) && !backup->is_fenced) {
    confirm(backup);
  }
}

static void on_interval(void *data) {
  struct backup *backup = data;
  clock_start(backup->options.clock, &backup->interval, backup->options.interval_ms, on_interval, backup);
  bool is_quiet = may_save(backup) && !is_busy(backup);
  bool may_write = !backup->is_fenced && backup_may_poll(backup);
  if (is_quiet && may_write) pin_watch_look(backup->pin_watch);
  if (backup->expiry && may_write && may_save(backup)) expiry_consider(backup->expiry); /* again, where it failed */
  on_soon(backup);
}

/* How long until the next saving may begin: a second after the last; longer while it fails. */
static int64_t gap_ms(const struct backup *backup) {
  int64_t gap = LEAST_GAP_MS;
  for (unsigned i = 0; i < backup->status.failures && gap < RETRY_LAST_MS; i++) gap *= 2;
  int64_t since = clock_ticks(backup->options.clock) - backup->ended_at;
  if (gap > RETRY_LAST_MS) gap = RETRY_LAST_MS;
  return backup->ended_at ? gap - since : 0;
}

void backup_request(struct backup *backup) {
  backup->is_wanted = true;
  if (!may_save(backup) || is_busy(backup) || clock_is_started(&backup->soon)) return; /* go_on() begins it */
  clock_start(backup->options.clock, &backup->soon, gap_ms(backup), on_soon, backup);
}

static void refuse(void *data) {
  struct backup *backup = data;
  struct waiter *waiter = backup->waiting;
  struct error error;
  backup->waiting = NULL;
  error_set(&error, ERROR_REFUSED, "%s",
            database_waits(backup->options.database) ? "the data is in PostgreSQL, which has its own: see pg_dump"
            : !backup->options.admin_id              ? "there is no admin: set ADMIN_ID"
                                                     : "this host may not save: another has taken over, or it is stopping");
  for (struct waiter *each = waiter; each; each = each->next) each->done(&error, each->data);
  free_waiters(waiter);
}

void backup_save(struct backup *backup, backup_done done, void *data) {
  struct waiter *waiter = memory_new(sizeof *waiter);
  *waiter = (struct waiter){done, data, backup->waiting};
  backup->waiting = waiter;
  if (!may_save(backup) && !backup->restore) {
    clock_start(backup->options.clock, &backup->soon, 0, refuse, backup);
  } else if (!is_busy(backup)) {
    clock_start(backup->options.clock, &backup->soon, 0, on_soon, backup);
  }
}

/* Begins what was asked for meanwhile. */
static void go_on(struct backup *backup) {
  if (is_busy(backup)) return;
  if (backup->released) {
    start_release(backup);
  } else if (backup->waiting) {
    clock_start(backup->options.clock, &backup->soon, 0, may_save(backup) ? on_soon : refuse, backup);
  } else if (backup->is_wanted) {
    backup_request(backup);
  }
}

/* ---- nothing to save: a look alone ---- */

static void on_confirmed(const struct error *error, enum crown_holder holder, void *data) {
  struct backup *backup = data;
  backup->is_confirming = false;
  backup->ended_at = clock_ticks(backup->options.clock);
  if (error->kind) {
    on_failure(backup, error);
  } else if (holder != CROWN_OURS) {
    on_lost(holder, backup);
  } else {
    forget_failures(backup);
    if (backup_is_needed(backup)) /* something has come during the look: that needs a saving */
      backup->is_wanted = true;
    else
      backup->options.unchanged(backup->options.data);
  }
  go_on(backup);
}

/* THE rule of a batch that leaves nothing to save: a look, as after an edit, before it may be confirmed. */
static void confirm(struct backup *backup) {
  backup->is_wanted = false;
  backup->is_confirming = true;
  clock_stop(backup->options.clock, &backup->soon);
  crown_look(backup->state.crown, on_confirmed, backup);
}

/* ---- one saving ---- */

static void begin(struct backup *backup) {
  struct backup_state *state = &backup->state;
  struct saving_options options = {
      .mark = MARK_SERVING,
      .is_fenced = backup->is_fenced,
      .keeps_old = !backup->is_fenced && (backup->must_renew || saving_is_day_over(state)),
      .before_copy = backup->options.before_copy,
      .copied = backup->options.copied,
      .data = backup->options.data,
  };
  backup->is_wanted = false;
  backup->in_saving = backup->waiting;
  backup->waiting = NULL;
  clock_stop(backup->options.clock, &backup->soon);
  backup->saving = saving_start(state, &options, on_saved, backup);
}

static void forget_failures(struct backup *backup) {
  struct backup_status *status = &backup->status;
  if (backup->is_failure_told) tell_admin(backup, "Backups work again.");
  if (status->failures) log_info("backups work again; failures=%u", status->failures);
  status->failures = 0;
  backup->is_failure_told = false;
  backup->last_error[0] = '\0';
}

static void on_success(struct backup *backup, const struct saving_result *result) {
  struct backup_status *status = &backup->status;
  backup->saved_to = result->position;
  backup->key_generation = result->key_generation;
  backup->must_renew = backup->must_save = false;
  status->saved_at = backup->state.last.saved_at;
  status->image_size = result->image_size;
  status->archive_size = result->archive_size;
  log_info("saved; sequence=%lld image_bytes=%zu archive_bytes=%zu uploaded_bytes=%zu slice_us=%lld",
           (long long)backup->state.last.sequence, result->image_size, result->archive_size, result->uploaded,
           (long long)result->longest_slice_us);
  if (result->why_replaced) {
    char text[400];
    (void)snprintf(text, sizeof text, "The backup is in a new message now: %s.", result->why_replaced);
    log_warn("the backup is in a new message; reason=%s", result->why_replaced);
    tell_admin(backup, text);
  }
  if (result->was_base_gone) tell_base_gone(backup);
  forget_failures(backup);
  if (backup->options.saved) backup->options.saved(backup->options.data);
}

static void on_failure(struct backup *backup, const struct error *error) {
  struct backup_status *status = &backup->status;
  if (status->failures++ == 0 || strcmp(backup->last_error, error->text) != 0) {
    log_error("can't save; error=%s unsaved=%llu", error->text,
              (unsigned long long)(database_committed(backup->options.database) - backup->saved_to));
  }
  (void)snprintf(backup->last_error, sizeof backup->last_error, "%s", error->text);
  backup->is_wanted = true;
  if (backup->is_failure_told || (status->failures < FAILURES_TOLD && error->kind != ERROR_MEMORY)) return;
  char text[sizeof error->text + 100];
  (void)snprintf(text, sizeof text, "Backups fail: %s. I go on trying, and tell you when they work.", error->text);
  backup->is_failure_told = true;
  tell_admin(backup, text);
}

/* Told once. What is unsaved goes into the last content, see backup_release(). */
static void on_lost(enum crown_holder holder, void *data) {
  struct backup *backup = data;
  if (backup->is_fenced) return;
  backup->is_fenced = true;
  crown_end_guard(backup->state.crown);
  if (holder == CROWN_NOBODYS) {
    log_warn(
        "the command /backup was removed from the menu of the admin's chat, so nobody reigns: saving, then beginning anew");
  } else {
    log_warn("another host has taken over this bot: saving, then leaving; reign=%lld",
             (long long)crown_holder(backup->state.crown));
  }
  if (backup->options.fenced) backup->options.fenced(backup->options.data);
}

static void consider_copies(struct backup *backup) {
  if (backup->is_fenced) return;
  if (backup->copying) copying_consider(backup->copying);
  if (backup->expiry) expiry_consider(backup->expiry);
}

static void on_saved(const struct saving_result *result, void *data) {
  struct backup *backup = data;
  struct waiter *told = backup->in_saving;
  backup->saving = NULL;
  backup->in_saving = NULL;
  backup->ended_at = clock_ticks(backup->options.clock);
  backup->status.uploaded += result->uploaded;
  if (result->longest_slice_us > backup->status.longest_pause_us) backup->status.longest_pause_us = result->longest_slice_us;
  if (result->is_fenced) {
    on_lost(CROWN_OTHERS, backup);
  } else if (result->error.kind) {
    on_failure(backup, &result->error);
  } else {
    on_success(backup, result);
    consider_copies(backup);
  }
  for (struct waiter *each = told; each; each = each->next) each->done(&result->error, each->data);
  free_waiters(told);
  go_on(backup);
}

void backup_look_now(struct backup *backup) { crown_hasten(backup->state.crown); }

bool backup_may_poll(const struct backup *backup) {
  return !backup->options.admin_id || crown_age_ms(backup->state.crown) < LOOK_LIFE_MS;
}

/* ---- the reign ---- */

static void on_begun(const struct backup_restored *restored, void *data) {
  struct backup *backup = data;
  if (restored->is_fenced) backup->is_fenced = true;
  backup->restored(restored, backup->restored_data);
  go_on(backup);
}

void backup_begin(struct backup *backup, enum backup_how how, backup_restore_done done, void *data) {
  backup->restored = done;
  backup->restored_data = data;
  reign_begin(backup->reign, how, on_begun, backup);
}

static void start_serving(struct backup *backup) {
  backup->is_serving = true;
  crown_guard(backup->state.crown, on_lost, backup);
  clock_start(backup->options.clock, &backup->interval, backup->options.interval_ms, on_interval, backup);
}

/* The log tells it with each turn, since nobody knows whose log is read; the admin is told once. */
static void tell_turns(struct backup *backup) {
  long long turns = backup->state.turns;
  if (turns < TURNS_TOLD) return;
  log_warn(
      "two hosts of this bot take turns: stop one of them, or let its supervisor not start it again after exit code 4; "
      "turns=%lld",
      turns);
  if (turns > TURNS_TOLD) return;
  tell_admin(
      backup,
      "This bot seems to run on two hosts that take turns: one has just taken over from the other for the fifth time in a "
      "row, each time after less than ten minutes. Please stop one of them. A host that ends with code 4 must not be "
      "started again by its supervisor.");
}

static void on_serving(const struct saving_result *result, void *data) {
  struct backup *backup = data;
  backup->ended_at = clock_ticks(backup->options.clock);
  if (result->is_fenced) backup->is_fenced = true;
  if (!result->error.kind) {
    on_success(backup, result);
    start_serving(backup);
    tell_turns(backup);
    consider_copies(backup);
  }
  backup->served(&result->error, backup->served_data);
  go_on(backup);
}

void backup_serve(struct backup *backup, backup_done done, void *data) {
  backup->served = done;
  backup->served_data = data;
  reign_serve(backup->reign, on_serving, backup);
}

static void on_released(const struct saving_result *result, void *data) {
  struct backup *backup = data;
  backup_done done = backup->released;
  bool is_news = result->is_fenced && !backup->is_fenced;
  if (result->is_fenced) backup->is_fenced = true;
  if (is_news && result->error.kind) { /* it was to be published: so it goes into the message that there is */
    start_release(backup);
    return;
  }
  backup->released = NULL;
  if (!result->error.kind && result->image_size) on_success(backup, result);
  done(&result->error, backup->released_data);
}

static void start_release(struct backup *backup) {
  backup->is_serving = false;
  crown_end_guard(backup->state.crown);
  copying_close(backup->copying); /* a stop does not wait for it, nor for the next */
  backup->copying = NULL;
  expiry_close(backup->expiry);
  backup->expiry = NULL;
  clock_stop(backup->options.clock, &backup->interval);
  clock_stop(backup->options.clock, &backup->soon);
  reign_release(backup->reign, backup->is_fenced, on_released, backup);
}

/* What is under way ends first: an edit in flight is awaited. */
void backup_release(struct backup *backup, backup_done done, void *data) {
  backup->released = done;
  backup->released_data = data;
  go_on(backup);
}

void backup_await_succession(struct backup *backup, void (*done)(bool is_served, void *data), void *data) {
  reign_await_succession(backup->reign, done, data);
}

static void on_pushed(const struct saving_result *result, void *data) {
  struct backup *backup = data;
  if (!result->error.kind) on_success(backup, result);
  backup->pushed(&result->error, backup->released_data);
}

void backup_push(struct backup *backup, backup_done done, void *data) {
  backup->pushed = done;
  backup->released_data = data;
  reign_push(backup->reign, on_pushed, backup);
}

/* ---- restore ---- */

static void on_restored(const struct backup_restored *restored, void *data) {
  struct backup *backup = data;
  backup->restore = NULL;
  if (!restored->error.kind) {
    backup->saved_to = database_committed(backup->options.database);
    backup->status.saved_at = restored->saved_at;
  }
  backup->restored(restored, backup->restored_data);
  go_on(backup);
}

void backup_restore_message(struct backup *backup, int64_t message_id, backup_restore_done done, void *data) {
  assert(!backup->saving && !backup->restore && !reign_is_busy(backup->reign)); /* all need the anchor */
  backup->must_renew = backup->state.message_id != 0; /* so the data that was live until now stays in its message */
  backup->restored = done;
  backup->restored_data = data;
  backup->restore = restore_start(&backup->state, RESTORE_MESSAGE, message_id, on_restored, backup);
}

/* ---- survey ---- */

static void on_seen(const struct backup_seen *seen, void *data) {
  struct backup *backup = data;
  backup->survey = NULL;
  backup->seen(seen, backup->seen_data);
}

void backup_survey(struct backup *backup, backup_survey_done done, void *data) {
  assert(!backup->saving && !backup->restore && !backup->survey);
  backup->seen = done;
  backup->seen_data = data;
  backup->survey = survey_start(&backup->state, on_seen, backup);
}

bool backup_import(struct backup *backup, const void *bytes, size_t size, int64_t *saved_at, struct error *error) {
  return import_bytes(backup->options.database, backup->options.keys, bytes, size, saved_at, error);
}

bool backup_load(struct database *database, struct keyring *keys, const void *bytes, size_t size, struct error *error) {
  int64_t saved_at;
  return import_bytes(database, keys, bytes, size, &saved_at, error);
}

/* ---- what nobody else may touch ---- */

bool backup_keeps_chat(const struct backup *backup, int64_t chat_id) { return chat_id && chat_id == backup->options.admin_id; }

bool backup_keeps_menu(const struct backup *backup, int64_t chat_id, const char *language) {
  return backup_keeps_chat(backup, chat_id) && (!*language || pointer_is_register(language));
}

bool backup_keeps_message(const struct backup *backup, int64_t chat_id, int64_t message_id) {
  const struct backup_state *state = &backup->state;
  const struct manifest *last = &state->last;
  if (!backup_keeps_chat(backup, chat_id) || message_id <= 0) return false;
  bool is_kept = message_id == state->message_id || message_id == state->predecessor.message_id;
  for (size_t i = 0; i < state->base.part_count; i++) is_kept = is_kept || message_id == state->base.parts[i].message_id;
  for (size_t i = 0; i < last->history_count; i++) {
    const struct manifest_copy *copy = &last->history[i];
    is_kept = is_kept || message_id == copy->message_id || message_id == copy->base;
  }
  return is_kept;
}

size_t backup_copies(const struct backup *backup, struct backup_copy copies[static BACKUP_COPIES_MAX]) {
  const struct manifest *last = &backup->state.last;
  size_t count = 0;
  for (size_t i = 0; i < last->history_count; i++) {
    const struct manifest_copy *copy = &last->history[i];
    if (!expiry_has_erased(&backup->state, copy->message_id))
      copies[count++] = (struct backup_copy){copy->message_id, copy->saved_at};
  }
  return count;
}

void backup_status(const struct backup *backup, struct backup_status *status) {
  *status = backup->status;
  status->message_id = backup->state.message_id;
  status->base_size = backup->state.base.archive_size;
  status->is_elsewhere = database_waits(backup->options.database);
  status->unsaved = status->is_elsewhere ? 0 : database_committed(backup->options.database) - backup->saved_to;
  status->last_error = backup->last_error;
  status->is_fenced = backup->is_fenced;
  status->unsettled_ms = saving_unsettled_ms(&backup->state);
}
