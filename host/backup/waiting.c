/* Waits for the host that reigned before. A host that lives sees the crown within 3 s, and shows itself by writing into its
 * message: so silence is the sign of death. What is taken at last is what was found at last, never what was read before the
 * time was over. */
#include "backup/waiting.h"

#include <stdlib.h>
#include <string.h>

#include "backup/backup_state.h"
#include "backup/crown.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"

enum {
  STEP_MS = 1000,          /* between two looks */
  SILENCE_MS = 10000,      /* of a host with reigns: it looks every 3 s, and then saves at once */
  OLD_SILENCE_MS = 3000,   /* of a version without reigns, which never says that it has gone */
  PATIENCE_MS = 120 * 1000 /* with one that shows itself and does not go */
};

struct waiting {
  struct backup_state *state;
  bool is_takeover;
  waiting_done done;
  void *data;
  struct clock_timer timer;
  int64_t began_ticks, changed_ticks;
  bool is_told, is_seen_alive;
  bool has_known; /* like the next three: from the first finding on */
  int64_t message_id;
  struct document_id unique;
  struct manifest manifest;
  struct awaited awaited;
};

/* ---- the life of a waiting, in order ---- */
static void find(struct waiting *waiting, bool is_last);
static void on_found(const struct anchor_found *found, void *data); /* every finding but the last */
static void look(void *data);
static void on_looked(const struct error *error, enum crown_holder holder, void *data);
static void on_last_found(const struct anchor_found *found, void *data); /* with its bytes */
static void waiting_end(struct waiting *waiting);

struct waiting *waiting_start(struct backup_state *state, bool is_takeover, waiting_done done, void *data) {
  struct waiting *waiting = memory_new(sizeof *waiting);
  *waiting = (struct waiting){.state = state, .is_takeover = is_takeover, .done = done, .data = data};
  waiting->began_ticks = waiting->changed_ticks = clock_ticks(state->clock);
  find(waiting, true);
  return waiting;
}

void waiting_cancel(struct waiting *waiting) {
  clock_stop(waiting->state->clock, &waiting->timer);
  anchor_cancel(waiting->state->anchor);
  crown_cancel(waiting->state->crown);
  free(waiting);
}

static void find(struct waiting *waiting, bool is_last) {
  struct anchor_known known = {
      .message_id = waiting->message_id, .unique = waiting->unique, .manifest = waiting->has_known ? &waiting->manifest : NULL};
  anchor_find(waiting->state->anchor, is_last ? NULL : &known, is_last ? on_last_found : on_found, waiting);
}

/* THE rule of waiting: until it is released, or has been silent for so long. */
static bool waiting_is_over(const struct waiting *waiting, const struct anchor_found *found) {
  int64_t now = clock_ticks(waiting->state->clock);
  bool is_old = found->manifest && !found->manifest->nonce;
  if (!found->is_there || !found->manifest || waiting->is_takeover) return true; /* nobody writes into a seed's document */
  if (found->manifest->mark == MARK_RELEASED) return true;
  return now - waiting->changed_ticks >= (is_old ? OLD_SILENCE_MS : SILENCE_MS) || now - waiting->began_ticks >= PATIENCE_MS;
}

static void tell(struct waiting *waiting) {
  if (!waiting->is_told) {
    log_info(
        "the last backup was not released, so its host may still run: waiting for it to save and go; message=%lld "
        "at_most_ms=%d",
        (long long)waiting->message_id, waiting->manifest.nonce ? SILENCE_MS : OLD_SILENCE_MS);
  } else if (!waiting->is_seen_alive) {
    log_info("another host is alive: waiting for it to save and go; message=%lld", (long long)waiting->message_id);
    waiting->is_seen_alive = true;
  }
  waiting->is_told = true;
}

/* True: it is what was found before. Otherwise it is remembered, and the time begins anew. */
static bool is_as_known(struct waiting *waiting, const struct anchor_found *found) {
  bool is_same =
      waiting->has_known && waiting->message_id == found->message_id && strcmp(waiting->unique.text, found->unique.text) == 0;
  if (is_same || !found->is_there || !found->manifest) return is_same;
  if (waiting->has_known) waiting->changed_ticks = clock_ticks(waiting->state->clock);
  waiting->has_known = true;
  waiting->message_id = found->message_id;
  waiting->unique = found->unique;
  waiting->manifest = *found->manifest;
  return false;
}

/* A released one, too, is fetched once more: its bytes are needed. */
static void on_found(const struct anchor_found *found, void *data) {
  struct waiting *waiting = data;
  bool is_changed = !found->error.kind && !is_as_known(waiting, found);
  if (is_changed || found->error.kind || waiting_is_over(waiting, found)) {
    find(waiting, true);
  } else {
    clock_start(waiting->state->clock, &waiting->timer, STEP_MS, look, waiting);
  }
}

static void look(void *data) {
  struct waiting *waiting = data;
  crown_look(waiting->state->crown, on_looked, waiting);
}

static void on_looked(const struct error *error, enum crown_holder holder, void *data) {
  struct waiting *waiting = data;
  struct awaited *awaited = &waiting->awaited;
  awaited->is_fenced = !error->kind && holder != CROWN_OURS;
  awaited->error = *error;
  if (error->kind || awaited->is_fenced) {
    waiting_end(waiting);
  } else {
    find(waiting, false);
  }
}

static void tell_end(const struct waiting *waiting, const struct anchor_found *found) {
  long long waited_ms = clock_ticks(waiting->state->clock) - waiting->began_ticks;
  if (!waiting->is_told) return;
  if (found->manifest && found->manifest->mark == MARK_RELEASED) {
    log_info("the other host has saved and gone; waited_ms=%lld", waited_ms);
  } else {
    log_warn("no sign of life from the other host, so its last backup is taken; waited_ms=%lld", waited_ms);
  }
}

/* The first finding never ends the waiting: it may have taken so long that what it read is from before the time was over. */
static void on_last_found(const struct anchor_found *found, void *data) {
  struct waiting *waiting = data;
  bool is_unchanged = is_as_known(waiting, found) || waiting->is_takeover;
  bool must_wait = !found->error.kind && found->manifest && found->manifest->mark != MARK_RELEASED;
  if (must_wait && !(is_unchanged && waiting_is_over(waiting, found))) {
    tell(waiting);
    clock_start(waiting->state->clock, &waiting->timer, STEP_MS, look, waiting);
    return;
  }
  tell_end(waiting, found);
  waiting->awaited.is_handover = waiting->is_told && found->manifest && found->manifest->mark == MARK_RELEASED;
  waiting->awaited.error = found->error;
  waiting->awaited.found = found;
  waiting_end(waiting);
}

static void waiting_end(struct waiting *waiting) {
  waiting->done(&waiting->awaited, waiting->data);
  free(waiting);
}
