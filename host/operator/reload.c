/* A reload of the scripts, and the watch on their directories. An editor may write a file in several steps, so a watched change
 * counts only after a short silence. */
#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/memory.h"
#include "operator/operator.h"
#include "operator/script_watch.h"
#include "script/script.h"
#include "updates/updates.h"

enum { SILENCE_MS = 100 }; /* longer than an editor takes between two writes of one save */

struct reload {
  struct reload_options options;
  struct script_watch *watch; /* NULL: nothing is watched */
  struct clock_timer silence;
};

bool reload_now(struct reload *reload, struct error *error) {
  const struct reload_options *options = &reload->options;
  struct error failure = {0};
  int64_t began = clock_measure_us();
  memory_lend_reserve(); /* while there are two VMs */
  bool ok = script_load(options->script, &failure);
  if (!memory_take_reserve()) log_warn("memory is short: there is none left in reserve for the next reload");
  if (ok) {
    log_info("reloaded; scripts=%zu us=%lld running=%zu", script_file_count(options->script),
             (long long)(clock_measure_us() - began), script_run_count(options->script));
    updates_routes_changed(options->updates);
  } else {
    log_error("reload failed, the old scripts go on; error=%s", failure.text);
  }
  options->told(&failure, options->data);
  if (error) *error = failure;
  return !failure.kind;
}

static void on_silence(void *data) {
  struct reload *reload = data;
  script_watch_renew(reload->watch);
  (void)reload_now(reload, NULL);
}

static void on_changed(void *data) {
  struct reload *reload = data;
  clock_start(reload->options.clock, &reload->silence, SILENCE_MS, on_silence, reload);
}

struct reload *reload_open(const struct reload_options *options, struct error *error) {
  struct reload *reload = memory_new(sizeof *reload);
  reload->options = *options;
  if (!options->is_watching) return reload;
  reload->watch = script_watch_open(options->loop, options->paths, options->path_count, on_changed, reload, error);
  if (reload->watch) return reload;
  reload_close(reload);
  return NULL;
}

void reload_close(struct reload *reload) {
  if (!reload) return;
  clock_stop(reload->options.clock, &reload->silence);
  script_watch_close(reload->watch);
  free(reload);
}
