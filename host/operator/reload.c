/* A reload of the scripts, and the watch on their directories. An editor may write a file in several steps, so a watched change
 * counts only after a short silence.
 *
 * The system tells at once of changes in the directories that were there at the start. What it does not tell of, in directories
 * below them, in ones that came later or took the place of others, a look at all files finds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/memory.h"
#include "operator/operator.h"
#include "operator/source_print.h"
#include "script/script.h"
#include "updates/updates.h"

enum {
  SILENCE_MS = 100, /* longer than an editor takes between two writes of one save */
  LOOK_MS = 400,    /* a thousand files cost some 3 ms */
};

struct reload {
  struct reload_options options;
  struct loop_watch **watches; /* room for two a path: a directory and its lib/ */
  size_t watch_count;
  struct clock_timer silence, look;
  uint64_t print; /* of the files that were loaded last */
};

bool reload_now(struct reload *reload, struct error *error) {
  const struct reload_options *options = &reload->options;
  struct error failure = {0};
  int64_t began = clock_measure_us();
  if (options->is_watching) reload->print = source_print(options->paths, options->path_count);
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

static void on_silence(void *data) { (void)reload_now(data, NULL); }

static void on_changed(const char *name, void *data) {
  struct reload *reload = data;
  size_t size = name ? strlen(name) : 0;
  if (name && (size < 4 || strcmp(name + size - 4, ".lua") != 0)) return; /* one of the editor's own files */
  clock_start(reload->options.clock, &reload->silence, SILENCE_MS, on_silence, reload);
}

static void on_look(void *data) {
  struct reload *reload = data;
  const struct reload_options *options = &reload->options;
  bool is_changed = source_print(options->paths, options->path_count) != reload->print;
  if (is_changed && !clock_is_started(&reload->silence))
    clock_start(options->clock, &reload->silence, SILENCE_MS, on_silence, reload);
  clock_start(options->clock, &reload->look, LOOK_MS, on_look, reload);
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
  if (ok && options->is_watching) {
    reload->print = source_print(options->paths, options->path_count);
    clock_start(options->clock, &reload->look, LOOK_MS, on_look, reload);
  }
  if (ok) return reload;
  reload_close(reload);
  return NULL;
}

void reload_close(struct reload *reload) {
  if (!reload) return;
  clock_stop(reload->options.clock, &reload->silence);
  clock_stop(reload->options.clock, &reload->look);
  for (size_t i = 0; i < reload->watch_count; i++) loop_watch_close(reload->watches[i]);
  free(reload->watches);
  free(reload);
}
