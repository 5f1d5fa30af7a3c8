/* Waits, on a fenced host, until whoever took over serves or is gone. Who serves is said by the newest message: it carries
 * the nonce of its reign and a mark. A host that waits for itself, or for one that waits too, would leave nobody: so only
 * the crown's own nonce counts. Errors say nothing, and the next step asks again. */
#include "backup/succession.h"

#include <stdlib.h>
#include <string.h>

#include "backup/anchor.h"
#include "backup/backup_state.h"
#include "backup/crown.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"

enum {
  STEP_MS = 2000,
  VACANCY_MS = 30000,   /* without any news from whoever raised the crown */
  PAUSE_MOST_MS = 5000, /* before a new reign, at random: two hosts may judge alike at the same moment */
};

struct succession {
  struct backup_state *state;
  succession_done done;
  void *data;
  struct clock_timer timer;
  int64_t holder, news_ticks; /* of the last change that somebody made */
  int64_t message_id;         /* what was found last; 0: nothing yet */
  struct document_id unique;
  struct manifest manifest;
};

/* ---- a step, in order ---- */
static void look(void *data);
static void on_looked(const struct error *error, enum crown_holder holder, void *data);
static void on_found(const struct anchor_found *found, void *data);
static void on_vacant(void *data); /* after the pause */
static void succession_end(struct succession *succession, enum succession_end end);

static void again(struct succession *succession) {
  clock_start(succession->state->clock, &succession->timer, STEP_MS, look, succession);
}

struct succession *succession_start(struct backup_state *state, succession_done done, void *data) {
  struct succession *succession = memory_new(sizeof *succession);
  *succession = (struct succession){.state = state, .done = done, .data = data};
  succession->news_ticks = clock_ticks(state->clock);
  clock_start(state->clock, &succession->timer, 0, look, succession);
  return succession;
}

void succession_cancel(struct succession *succession) {
  clock_stop(succession->state->clock, &succession->timer);
  anchor_cancel(succession->state->anchor);
  crown_cancel(succession->state->crown);
  free(succession);
}

static void look(void *data) {
  struct succession *succession = data;
  crown_look(succession->state->crown, on_looked, succession);
}

static void on_looked(const struct error *error, enum crown_holder holder, void *data) {
  struct succession *succession = data;
  int64_t seen = crown_holder(succession->state->crown);
  (void)holder;
  if (error->kind) {
    again(succession);
    return;
  }
  if (seen != succession->holder) succession->news_ticks = clock_ticks(succession->state->clock);
  succession->holder = seen;
  struct anchor_known known = {.message_id = succession->message_id,
                               .unique = succession->unique,
                               .manifest = succession->message_id ? &succession->manifest : NULL,
                               .is_quick = true};
  anchor_find(succession->state->anchor, &known, on_found, succession);
}

static void note_found(struct succession *succession, const struct anchor_found *found) {
  if (!found->manifest || found->is_same) return;
  succession->news_ticks = clock_ticks(succession->state->clock);
  succession->message_id = found->message_id;
  succession->unique = found->unique;
  succession->manifest = *found->manifest;
}

/* A late edit of ours can only be one that our own nonce wrote; a version without reigns writes into any message. */
static bool is_undone(const struct succession *succession) {
  const struct backup_state *state = succession->state;
  const struct manifest *manifest = &succession->manifest;
  return state->message_id && succession->message_id == state->message_id && manifest->nonce == state->last.nonce &&
         manifest->nonce && (manifest->sequence != state->last.sequence || manifest->mark != MARK_RELEASED);
}

static bool is_vacant(const struct succession *succession) {
  const struct manifest *manifest = &succession->manifest;
  bool is_theirs = succession->message_id && manifest->nonce == succession->holder;
  int64_t silence = clock_ticks(succession->state->clock) - succession->news_ticks;
  bool is_nobodys = !succession->holder || crown_is_stray(succession->state->crown);
  return is_nobodys || (is_theirs && manifest->mark == MARK_RELEASED) || silence >= VACANCY_MS;
}

static void on_found(const struct anchor_found *found, void *data) {
  struct succession *succession = data;
  const struct manifest *manifest = &succession->manifest;
  struct clock *clock = succession->state->clock;
  if (found->error.kind) {
    again(succession);
    return;
  }
  note_found(succession, found);
  bool is_theirs = succession->message_id && succession->holder && manifest->nonce == succession->holder;
  if (is_theirs && manifest->mark == MARK_SERVING) {
    succession_end(succession, SUCCESSION_SERVED);
  } else if (is_undone(succession)) {
    succession_end(succession, SUCCESSION_UNDONE);
  } else if (is_vacant(succession)) {
    log_warn("nobody serves this bot, so this host begins anew; silent_ms=%lld",
             (long long)(clock_ticks(clock) - succession->news_ticks));
    clock_start(clock, &succession->timer, random() % PAUSE_MOST_MS, on_vacant, succession);
  } else {
    again(succession);
  }
}

static void on_vacant(void *data) { succession_end(data, SUCCESSION_VACANT); }

static void succession_end(struct succession *succession, enum succession_end end) {
  succession->done(end, succession->data);
  free(succession);
}
