/* Where nothing goes on, the scripts' garbage is collected first, then they are loaded anew. If that does not help either, the
 * host gives up. */
#include "updates/renewal.h"

#include <stdint.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/memory.h"
#include "script/script.h"
#include "updates/updates_options.h"

enum {
  AGAIN_MS = 1000, /* for handlers that fail; one that can't even begin does not wait */
  TOLD_AGAIN_MS = 3600000,
};

struct renewal {
  const struct updates_options *options;
  struct renewal_owner owner;
  struct clock_timer due;
  bool is_stuck;                 /* no update can be read, or no handler begin */
  bool is_collected, is_renewed; /* since the last update that ended */
  bool is_stopping;
  int64_t renewed_ticks, told_ticks; /* 0: never */
};

static void on_due(void *data);

struct renewal *renewal_new(const struct updates_options *options, const struct renewal_owner *owner) {
  struct renewal *renewal = memory_new(sizeof *renewal);
  renewal->options = options;
  renewal->owner = *owner;
  return renewal;
}

void renewal_free(struct renewal *renewal) {
  if (!renewal) return;
  clock_stop(renewal->options->clock, &renewal->due);
  free(renewal);
}

void renewal_want(struct renewal *renewal, bool is_stuck) {
  renewal->is_stuck = renewal->is_stuck || is_stuck;
  clock_start(renewal->options->clock, &renewal->due, 0, on_due, renewal);
}

void renewal_note_end(struct renewal *renewal) { renewal->is_collected = renewal->is_renewed = false; }

void renewal_stop(struct renewal *renewal) { renewal->is_stopping = true; }

static void tell(struct renewal *renewal) {
  const struct updates_options *options = renewal->options;
  log_warn("the scripts had used up their memory, and were loaded anew; memory_kb=%zu", script_memory(options->script) >> 10);
  int64_t now = clock_ticks(options->clock) + 1;
  if (!options->tell || (renewal->told_ticks && now - renewal->told_ticks < TOLD_AGAIN_MS)) return;
  renewal->told_ticks = now;
  options->tell(
      "The scripts had used up their memory, so I have loaded them anew. The data is untouched; what they kept in "
      "variables is gone. Look for a table that grows, or raise --memory.",
      options->data);
}

bool renewal_make(struct renewal *renewal, struct error *error) {
  if (!script_load(renewal->options->script, error)) return false;
  renewal->renewed_ticks = clock_ticks(renewal->options->clock) + 1;
  renewal->is_renewed = true;
  tell(renewal);
  renewal->owner.renewed(renewal->owner.data);
  return true;
}

static bool get_unstuck(struct renewal *renewal, struct error *error) {
  if (renewal->is_renewed) {
    return error_set(error, ERROR_MEMORY, "the scripts' memory is used up, and loading them anew did not help: raise --memory");
  }
  bool is_full = script_is_full(renewal->options->script);
  if (is_full || renewal->is_collected) return renewal_make(renewal, error);
  renewal->is_collected = true;
  return true;
}

static void on_due(void *data) {
  struct renewal *renewal = data;
  const struct updates_options *options = renewal->options;
  struct error error = {0};
  bool ok = true, is_stuck = renewal->is_stuck;
  int64_t since = clock_ticks(options->clock) + 1 - renewal->renewed_ticks;
  bool may_renew = !renewal->renewed_ticks || since >= AGAIN_MS;
  if (renewal->is_stopping) return;
  renewal->is_stuck = false;
  if (is_stuck) {
    ok = get_unstuck(renewal, &error);
  } else if (may_renew && script_is_full(options->script)) {
    ok = renewal_make(renewal, &error);
  }
  if (ok) {
    renewal->owner.go_on(renewal->owner.data);
  } else if (options->failed) {
    options->failed(&error, options->data);
  }
}
