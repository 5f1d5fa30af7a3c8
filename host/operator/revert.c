/* Back to an earlier backup. What is live is saved first, in a message that stays, so that this can be undone in the same way;
 * and it is loaded only when no handler runs, so that none of them begins in one past and ends in another. */
#include <stdio.h>
#include <stdlib.h>

#include "backup/backup.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "operator/operator.h"
#include "script/script.h"
#include "updates/updates.h"

enum { LOOK_MS = 20 }; /* between two looks whether handlers still run; each has a deadline, so that ends */

struct revert {
  struct revert_options options;
  struct clock_timer look;
  int64_t message_id; /* 0: none is under way */
};

/* ---- the life of a revert, in order ---- */
static void on_look(void *data);                                             /* handlers are finishing */
static void on_saved(const struct error *error, void *data);                 /* what was live until now stays in its message */
static void on_restored(const struct backup_restored *restored, void *data); /* the earlier data is there */
static void revert_end(struct revert *revert, const char *text);             /* tells, lets the handlers begin again */

struct revert *revert_open(const struct revert_options *options) {
  struct revert *revert = memory_new(sizeof *revert);
  revert->options = *options;
  return revert;
}

void revert_close(struct revert *revert) {
  if (!revert) return;
  clock_stop(revert->options.clock, &revert->look);
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
  clock_start(revert->options.clock, &revert->look, 0, on_look, revert);
}

static void on_look(void *data) {
  struct revert *revert = data;
  if (job_is_busy(revert->options.script)) {
    clock_start(revert->options.clock, &revert->look, LOOK_MS, on_look, revert);
  } else {
    backup_save(revert->options.backup, on_saved, revert);
  }
}

static void on_saved(const struct error *error, void *data) {
  struct revert *revert = data;
  if (error->kind) {
    char text[sizeof error->text + 100];
    (void)snprintf(text, sizeof text, "I did not go back, because what is there now could not be saved: %s", error->text);
    revert_end(revert, text);
  } else {
    backup_restore_message(revert->options.backup, revert->message_id, on_restored, revert);
  }
}

/* A broadcast that was under way then has gone on since: to go on once more would tell people everything twice. */
static bool load_scripts(struct script *script, struct error *error) {
  job_cancel(script);
  return script_load(script, error);
}

static void on_restored(const struct backup_restored *restored, void *data) {
  struct revert *revert = data;
  struct error error = restored->error;
  char text[sizeof error.text + 200];
  if (error.kind) {
    (void)snprintf(text, sizeof text, "I did not go back: %s", error.text);
  } else if (!load_scripts(revert->options.script, &error) || !updates_restore(revert->options.updates, &error)) {
    log_error("the scripts can't work on the data of that backup; error=%s", error.text);
    (void)snprintf(text, sizeof text, "The data of that backup is there, but the scripts can't work on it: %s", error.text);
  } else {
    log_info("gone back to an earlier backup; bytes=%zu message=%lld", restored->size, (long long)restored->message_id);
    (void)snprintf(text, sizeof text, "Done: the bots know what they knew then (%.1f kB).", (double)restored->size / 1000);
  }
  revert_end(revert, text);
}

static void revert_end(struct revert *revert, const char *text) {
  admin_tell(revert->options.admin, text);
  revert->message_id = 0;
  updates_pause(revert->options.updates, false);
  job_pause(revert->options.script, false);
}
