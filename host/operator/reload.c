/* A reload of the scripts, and the watch on their directories. An editor may write a file in several steps, so a watched change
 * counts only after a short silence. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/memory.h"
#include "operator/operator.h"
#include "script/script.h"
#include "updates/updates.h"

enum { SILENCE_MS = 100 }; /* longer than an editor takes between two writes of one save */

struct reload {
  struct reload_options options;
  struct loop_watch **watches; /* room for two a path: a directory and its lib/ */
  size_t watch_count;
  struct clock_timer silence;
  struct clock_timer inspection; /* until the next step of it */
  bool is_first_step;
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
  struct error failure = {0};
  int64_t began = clock_measure_us();
  memory_lend_reserve(); /* while there are two VMs */
  bool ok = script_load(options->script, &failure);
  if (!memory_take_reserve()) log_warn("memory is short: there is none left in reserve for the next reload");
  if (ok) {
    log_info("reloaded; scripts=%zu us=%lld running=%zu", script_file_count(options->script),
             (long long)(clock_measure_us() - began), script_run_count(options->script));
    updates_routes_changed(options->updates);
    inspect(reload);
  } else {
    log_error("reload failed, the old scripts go on; error=%s", failure.text);
  }
  options->told(&failure, options->data);
  if (error) *error = failure;
  return !failure.kind;
}

static void on_silence(void *data) { (void)reload_now(data, NULL); }

static void on_changed(const char *name, void *data) {
  struct reload *reload = data;
  size_t size = name ? strlen(name) : 0;
  if (name && (size < 4 || strcmp(name + size - 4, ".lua") != 0)) return; /* one of the editor's own files */
  clock_start(reload->options.clock, &reload->silence, SILENCE_MS, on_silence, reload);
}

static bool watch(struct reload *reload, const char *path, struct error *error) {
  struct loop_watch *opened = loop_watch_open(reload->options.loop, path, on_changed, reload, error);
  if (opened) reload->watches[reload->watch_count++] = opened;
  return opened != NULL;
}

/* Of a file its directory is watched: most editors replace the file, and a watch on it would end. */
static bool watch_path(struct reload *reload, const char *path, struct error *error) {
  struct stat status;
  char directory[4096];
  if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
    (void)snprintf(directory, sizeof directory, "%s/lib", path);
    bool has_lib = stat(directory, &status) == 0 && S_ISDIR(status.st_mode);
    return watch(reload, path, error) && (!has_lib || watch(reload, directory, error));
  }
  const char *last = strrchr(path, '/');
  (void)snprintf(directory, sizeof directory, "%.*s", last ? (int)(last - path) : 1, last ? path : ".");
  return watch(reload, directory[0] ? directory : "/", error);
}

struct reload *reload_open(const struct reload_options *options, struct error *error) {
  struct reload *reload = memory_new(sizeof *reload);
  reload->options = *options;
  reload->watches = memory_new(options->path_count * 2 * sizeof *reload->watches);
  bool ok = true;
  for (size_t i = 0; ok && options->is_watching && i < options->path_count; i++)
    ok = watch_path(reload, options->paths[i], error);
  if (ok) return reload;
  reload_close(reload);
  return NULL;
}

void reload_close(struct reload *reload) {
  if (!reload) return;
  clock_stop(reload->options.clock, &reload->silence);
  clock_stop(reload->options.clock, &reload->inspection);
  for (size_t i = 0; i < reload->watch_count; i++) loop_watch_close(reload->watches[i]);
  free(reload->watches);
  free(reload);
}
