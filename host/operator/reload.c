/* A reload of the scripts, on demand or by the watch on their files. An editor may write a file in several steps, so a watched
 * change counts only after a short silence. */
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
  struct script_watch *watch; /* NULL: there is none */
  struct clock_timer silence;
  struct clock_timer inspection; /* until the next step of it */
  bool is_first_step;
  struct reload_status status;
};

/* ---- what is probably wrong in the new scripts ---- */

static void warn(const char *text, void *data) {
  (void)data;
  log_warn("a script is probably wrong; warning=%s", text);
}

/* A step a turn of the loop, so that no update waits for more than one file. */
static void on_inspection(void *data) {
  struct reload *reload = data;
  struct error error = {0};
  bool is_over;
  if (!script_inspect(reload->options.script, reload->is_first_step, &is_over, warn, NULL, &error))
    log_warn("the scripts can't be inspected; error=%s", error.text);
  reload->is_first_step = false;
  if (!is_over) clock_start(reload->options.clock, &reload->inspection, 0, on_inspection, reload);
}

static void inspect(struct reload *reload) {
  reload->is_first_step = true;
  clock_start(reload->options.clock, &reload->inspection, 0, on_inspection, reload);
}

/* ---- the reload ---- */

bool reload_now(struct reload *reload, struct error *error) {
  const struct reload_options *options = &reload->options;
  struct error failure = {0}, other = {0};
  int64_t began = clock_measure_us();
  bool is_all_read = options->begins(&other, options->data);
  if (reload->watch) script_watch_renew(reload->watch); /* before the files are read, so that no later change is missed */
  memory_lend_reserve();                                /* while there are two VMs */
  bool ok = script_load(options->script, &failure);
  if (!memory_take_reserve()) log_warn("memory is short: there is none left in reserve for the next reload");
  if (ok) {
    log_info("reloaded; scripts=%zu us=%lld running=%zu", script_file_count(options->script),
             (long long)(clock_measure_us() - began), script_run_count(options->script));
    updates_routes_changed(options->updates);
    reload->status.loaded++;
    reload->status.loaded_at = clock_now(options->clock);
    inspect(reload);
  } else {
    reload->status.refused++;
    log_error("reload failed, the old scripts go on; error=%s", failure.text);
  }
  options->told(&failure, options->data);
  if (error) *error = ok ? other : failure;
  return ok && is_all_read;
}

static void on_silence(void *data) { (void)reload_now(data, NULL); }

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

void reload_status(const struct reload *reload, struct reload_status *status) { *status = reload->status; }

void reload_close(struct reload *reload) {
  if (!reload) return;
  clock_stop(reload->options.clock, &reload->silence);
  clock_stop(reload->options.clock, &reload->inspection);
  script_watch_close(reload->watch);
  free(reload);
}
