/* /restore: the data of an earlier backup in place of the live one. The live data is saved first, in a message that stays, so
 * the admin can return to it in the same way. Nothing is loaded while a handler runs: none begins on one data and ends on
 * another. */
#include <stdio.h>
#include <stdlib.h>

#include "backup/backup.h"
#include "common/idle.h"
#include "common/log.h"
#include "common/memory.h"
#include "operator/operator.h"
#include "script/script.h"
#include "updates/updates.h"

struct revert {
  struct revert_options options;
  struct idle_waiter waiter;
  int64_t message_id; /* 0: none is under way */
  size_t size;        /* of the data that was loaded, in bytes */
};

/* ---- the life of a revert, in order ---- */
static void on_handlers_ended(void *data);                                   /* each has a deadline, so they end */
static void on_saved(const struct error *error, void *data);                 /* the live data stays in its message */
static void on_restored(const struct backup_restored *restored, void *data); /* the earlier data is loaded */
static void on_published(const struct error *error, void *data); /* in a message of its own, before handlers change it */
static void revert_end(struct revert *revert, const char *text); /* tells the admin; handlers may begin again */

struct revert *revert_open(const struct revert_options *options) {
  struct revert *revert = memory_new(sizeof *revert);
  revert->options = *options;
  return revert;
}

void revert_close(struct revert *revert) {
  if (!revert) return;
  idle_leave(&revert->waiter);
  free(revert);
}

void revert_start(struct revert *revert, int64_t message_id) {
  if (revert->message_id) {
    admin_tell(revert->options.admin, "I am going back to a backup already; wait until that is done.");
    return;
  }
  log_info("the admin goes back to an earlier backup; message=%lld", (long long)message_id);
  revert->message_id = message_id;
  updates_pause(revert->options.updates, true);
  job_pause(revert->options.script, true);
  script_on_idle(revert->options.script, &revert->waiter, on_handlers_ended, revert);
}

static void on_handlers_ended(void *data) {
  struct revert *revert = data;
  backup_save(revert->options.backup, on_saved, revert);
}

static void on_saved(const struct error *error, void *data) {
  struct revert *revert = data;
  struct error failure = *error;
  if (failure.kind || !updates_lift(revert->options.updates, &failure)) {
    char text[sizeof failure.text + 100];
    (void)snprintf(text, sizeof text, "I did not go back, because the live data could not be saved: %s", failure.text);
    revert_end(revert, text);
  } else {
    backup_restore_message(revert->options.backup, revert->message_id, on_restored, revert);
  }
}

/* Broadcasts that the earlier data holds are cancelled: they have gone on since, and people would get everything twice. */
static bool load_scripts(struct script *script, struct error *error) {
  job_cancel(script);
  return script_load(script, error);
}

/* Updates that wait are put into the data also where the scripts can't be loaded on it: then the old ones handle them. */
static bool work_on_data(struct revert *revert, size_t *passed, struct error *error) {
  struct error second;
  bool is_loaded = load_scripts(revert->options.script, error);
  return updates_return(revert->options.updates, passed, is_loaded ? error : &second) && is_loaded;
}

static void on_restored(const struct backup_restored *restored, void *data) {
  struct revert *revert = data;
  struct error error = restored->error;
  size_t passed = 0;
  char text[sizeof error.text + 200];
  if (error.kind) {
    (void)snprintf(text, sizeof text, "I did not go back: %s", error.text);
  } else if (!work_on_data(revert, &passed, &error)) {
    log_error("the scripts can't work on the data of that backup; error=%s", error.text);
    (void)snprintf(text, sizeof text, "The data of that backup is there, but the scripts can't work on it: %s", error.text);
  } else {
    log_info("gone back to an earlier backup; bytes=%zu message=%lld not_repeated=%zu", restored->size,
             (long long)restored->message_id, passed);
    revert->size = restored->size;
    backup_save(revert->options.backup, on_published, revert);
    return;
  }
  revert_end(revert, text);
}

static void on_published(const struct error *error, void *data) {
  struct revert *revert = data;
  char text[sizeof error->text + 200];
  int end = snprintf(text, sizeof text, "Done: the bots know what they knew then (%.1f kB).", (double)revert->size / 1000);
  if (error->kind) (void)snprintf(text + end, sizeof text - (size_t)end, " It is not saved yet: %s", error->text);
  revert_end(revert, text);
}

static void revert_end(struct revert *revert, const char *text) {
  admin_tell(revert->options.admin, text);
  revert->message_id = 0;
  updates_pause(revert->options.updates, false);
  job_pause(revert->options.script, false);
}
