/* The order of a start and of an end. Each rule is a function of the room that does it; this room is their order. What fails
 * in a way that may pass is tried again from its last step, since a start that has raised the crown has already sent the
 * other host away. A network that is gone is waited for as long as it takes: nobody else could do more. */
#include "backup/reign.h"

#include <assert.h>
#include <stdlib.h>

#include "backup/backup_state.h"
#include "backup/restore.h"
#include "backup/succession.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"

enum {
  TRIES = 8, /* of what Telegram refuses */
  RETRY_FIRST_MS = 1000,
  RETRY_LAST_MS = 15000,
  TOLD_EVERY = 10, /* of the failures, after the first */
};

struct reign {
  struct backup_state *state;
  struct reign_options options;
  /* what is under way; all NULL: nothing */
  struct restore *restore;
  struct saving *saving;
  struct succession *succession;
  struct clock_timer timer;
  unsigned tries;
  enum restore_from from;          /* of the start */
  bool is_serving;                 /* its handlers may have changed what no message has */
  bool is_fenced;                  /* of the release */
  bool has_pushed;                 /* its message is what the operator wanted, and released: nothing more goes into it */
  struct backup_restored restored; /* of the start */
  backup_restore_done begun;
  saving_done saved;
  void (*awaited)(bool is_served, void *data);
  void *data; /* of the one that is called next */
};

struct reign *reign_open(struct backup_state *state, const struct reign_options *options) {
  struct reign *reign = memory_new(sizeof *reign);
  *reign = (struct reign){.state = state, .options = *options};
  return reign;
}

void reign_close(struct reign *reign) {
  if (!reign) return;
  clock_stop(reign->state->clock, &reign->timer);
  if (reign->restore) restore_cancel(reign->restore);
  if (reign->saving) saving_cancel(reign->saving);
  if (reign->succession) succession_cancel(reign->succession);
  free(reign);
}

bool reign_is_busy(const struct reign *reign) {
  return reign->restore || reign->saving || reign->succession || clock_is_started(&reign->timer);
}

static void save(struct reign *reign, enum manifest_mark mark, bool keeps_old, saving_done done) {
  struct saving_options options = {
      .mark = mark, .keeps_old = keeps_old, .is_fenced = reign->is_fenced, .data = reign->options.data};
  if (reign->is_serving) { /* before that the updates are in the rows that were restored */
    options.before_copy = reign->options.before_copy;
    options.copied = reign->options.copied;
  }
  reign->saving = saving_start(reign->state, &options, done, reign);
}

static int64_t wait_ms(const struct reign *reign) {
  int64_t wait = RETRY_FIRST_MS;
  for (unsigned i = 1; i < reign->tries && wait < RETRY_LAST_MS; i++) wait *= 2;
  return wait < RETRY_LAST_MS ? wait : RETRY_LAST_MS;
}

/* True: the same step comes once more. */
static bool may_try_again(struct reign *reign, const char *what, const struct error *error, void (*step)(void *data)) {
  bool may_pass = error->kind == ERROR_NETWORK || error->kind == ERROR_UNCERTAIN;
  if (!error->kind || (!may_pass && reign->tries >= TRIES)) return false;
  if ((reign->tries - 1) % TOLD_EVERY == 0 || !may_pass)
    log_warn("can't go on yet: waiting for Telegram; step=%s error=%s failures=%u", what, error->text, reign->tries);
  clock_start(reign->state->clock, &reign->timer, wait_ms(reign), step, reign);
  return true;
}

static bool may_publish_again(struct reign *reign, const struct saving_result *result, void (*step)(void *data)) {
  return !result->is_fenced && may_try_again(reign, "publishing the backup", &result->error, step);
}

/* ---- a start, in order ---- */
static void restore(void *data);
static void on_restored(const struct backup_restored *restored, void *data); /* the predecessor has gone, its data is there */
static void publish(void *data);                                             /* in a message of our own */
static void on_published(const struct saving_result *result, void *data);
static void read_again(void *data); /* nothing was polled yet */
static void on_read_again(const struct backup_restored *restored, void *data);
static void begin_end(struct reign *reign);

void reign_begin(struct reign *reign, enum backup_how how, backup_restore_done done, void *data) {
  static const enum restore_from from[] = {
      [BACKUP_WAITING] = RESTORE_LATEST, [BACKUP_TAKEOVER] = RESTORE_TAKEOVER, [BACKUP_FRESH] = RESTORE_NOTHING};
  assert(!reign_is_busy(reign));
  reign->begun = done;
  reign->data = data;
  reign->from = from[how];
  reign->tries = 0;
  restore(reign);
}

/* Each try raises the crown anew, as a start of the program would. */
static void restore(void *data) {
  struct reign *reign = data;
  reign->tries++;
  reign->restore = restore_start(reign->state, reign->from, 0, on_restored, reign);
}

/* A refusal or a backup that can't be read ends the start; what has no answer may have one later. */
static void on_restored(const struct backup_restored *restored, void *data) {
  struct reign *reign = data;
  bool has_answer = restored->error.kind != ERROR_NETWORK && restored->error.kind != ERROR_UNCERTAIN;
  reign->restore = NULL;
  if (!has_answer && may_try_again(reign, "restoring", &restored->error, restore)) return;
  reign->restored = *restored;
  reign->tries = 0;
  if (restored->error.kind || restored->is_fenced) {
    begin_end(reign);
  } else {
    publish(reign);
  }
}

static void publish(void *data) {
  struct reign *reign = data;
  reign->tries++;
  save(reign, MARK_PUBLISHED, saving_is_day_over(reign->state) && !reign->state->message_id, on_published);
}

/* What was sent, but not published for certain, is our own message from now on: the next try publishes that one. */
static void on_published(const struct saving_result *result, void *data) {
  struct reign *reign = data;
  struct backup_state *state = reign->state;
  reign->saving = NULL;
  if (may_publish_again(reign, result, publish)) return;
  reign->restored.is_fenced = result->is_fenced;
  reign->restored.error = result->error;
  if (result->error.kind || !state->predecessor.nonce || !state->predecessor.message_id || !reign->restored.is_there) {
    begin_end(reign);
    return;
  }
  log_info("published; message=%lld epoch=%lld", (long long)state->message_id, (long long)state->epoch);
  reign->tries = 0;
  read_again(reign);
}

static void read_again(void *data) {
  struct reign *reign = data;
  reign->tries++;
  reign->restore = restore_start(reign->state, RESTORE_AGAIN, 0, on_read_again, reign);
}

static void take_later(struct reign *reign, const struct backup_restored *later) {
  int64_t message_id = reign->restored.message_id, epoch = reign->restored.epoch;
  log_info("the other host has saved more meanwhile, which is taken; sequence=%lld", (long long)later->sequence);
  reign->restored = *later;
  reign->restored.message_id = message_id;
  reign->restored.epoch = epoch;
}

static void on_read_again(const struct backup_restored *restored, void *data) {
  struct reign *reign = data;
  reign->restore = NULL;
  if (may_try_again(reign, "reading the other host's message again", &restored->error, read_again)) return;
  if (!restored->error.kind && restored->is_there) take_later(reign, restored);
  reign->restored.error = restored->error;
  begin_end(reign);
}

static void begin_end(struct reign *reign) { reign->begun(&reign->restored, reign->data); }

/* ---- serving ---- */

static void on_serving(const struct saving_result *result, void *data);

static void say_serving(void *data) {
  struct reign *reign = data;
  reign->tries++;
  save(reign, MARK_SERVING, false, on_serving);
}

void reign_serve(struct reign *reign, saving_done done, void *data) {
  assert(!reign_is_busy(reign));
  reign->is_serving = true;
  reign->saved = done;
  reign->data = data;
  reign->tries = 0;
  say_serving(reign);
}

static void on_serving(const struct saving_result *result, void *data) {
  struct reign *reign = data;
  reign->saving = NULL;
  if (!may_publish_again(reign, result, say_serving)) reign->saved(result, reign->data);
}

/* ---- the release, in order ---- */
static void on_read_before_release(const struct backup_restored *restored, void *data);
static void write_last(void *data);
static void on_nothing(void *data); /* nothing was published, or only for the operator */
static void on_released(const struct saving_result *result, void *data);

/* One that has published and never polled reads its predecessor once more: what it holds may be from before that one's last
 * content, and whoever comes next trusts `released`. */
void reign_release(struct reign *reign, bool is_fenced, saving_done done, void *data) {
  struct backup_state *state = reign->state;
  assert(!reign_is_busy(reign));
  reign->is_fenced = is_fenced;
  reign->saved = done;
  reign->data = data;
  reign->tries = 0;
  if (!state->message_id || reign->has_pushed) {
    clock_start(state->clock, &reign->timer, 0, on_nothing, reign);
  } else if (!reign->is_serving && state->predecessor.message_id && state->predecessor.nonce) {
    reign->restore = restore_start(state, RESTORE_AGAIN, 0, on_read_before_release, reign);
  } else {
    write_last(reign);
  }
}

static void on_nothing(void *data) {
  struct reign *reign = data;
  struct saving_result none = {.is_fenced = reign->is_fenced};
  reign->saved(&none, reign->data);
}

static void on_read_before_release(const struct backup_restored *restored, void *data) {
  struct reign *reign = data;
  reign->restore = NULL;
  if (restored->error.kind) log_warn("can't read the other host's message once more; error=%s", restored->error.text);
  write_last(reign);
}

static void write_last(void *data) {
  struct reign *reign = data;
  reign->tries++;
  save(reign, MARK_RELEASED, false, on_released);
}

static void on_released(const struct saving_result *result, void *data) {
  struct reign *reign = data;
  reign->saving = NULL;
  if (!reign->is_fenced && may_publish_again(reign, result, write_last)) return; /* where it was to be a new message */
  if (!result->error.kind) log_info("released; message=%lld", (long long)reign->state->message_id);
  reign->saved(result, reign->data);
}

/* ---- what a fenced host waits for ---- */

static void on_rewritten(const struct saving_result *result, void *data);

static void on_succession(enum succession_end end, void *data) {
  struct reign *reign = data;
  reign->succession = NULL;
  if (end == SUCCESSION_UNDONE) {
    log_warn("a late request has changed the last content of this host, so it is written again");
    save(reign, MARK_RELEASED, false, on_rewritten);
  } else {
    reign->awaited(end == SUCCESSION_SERVED, reign->data);
  }
}

static void on_rewritten(const struct saving_result *result, void *data) {
  struct reign *reign = data;
  (void)result; /* only a message that is gone can't be written, and nobody reads that one */
  reign->saving = NULL;
  reign->succession = succession_start(reign->state, on_succession, reign);
}

void reign_await_succession(struct reign *reign, void (*done)(bool is_served, void *data), void *data) {
  assert(!reign_is_busy(reign));
  reign->is_fenced = true;
  reign->awaited = done;
  reign->data = data;
  reign->succession = succession_start(reign->state, on_succession, reign);
}

/* ---- a push ---- */

static void on_push_saved(const struct saving_result *result, void *data) {
  struct reign *reign = data;
  reign->saving = NULL;
  reign->saved(result, reign->data);
}

static void on_raised_for_push(const struct backup_restored *restored, void *data) {
  struct reign *reign = data;
  reign->restore = NULL;
  if (restored->error.kind) {
    struct saving_result failed = {.error = restored->error};
    reign->saved(&failed, reign->data);
  } else {
    save(reign, MARK_RELEASED, true, on_push_saved);
  }
}

void reign_push(struct reign *reign, saving_done done, void *data) {
  assert(!reign_is_busy(reign));
  reign->has_pushed = true;
  reign->saved = done;
  reign->data = data;
  reign->restore = restore_start(reign->state, RESTORE_NOTHING, 0, on_raised_for_push, reign);
}
