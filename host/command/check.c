/* lunokhod check: load the scripts, list their handlers, touch no network. */
#include <stdio.h>

#include "command/command.h"
#include "command/options.h"
#include "common/clock.h"
#include "common/loop.h"
#include "database/database.h"
#include "script/script.h"

static void print_line(const char *text, void *data) {
  (void)data;
  (void)puts(text);
}

static void print_warning(const char *text, void *data) {
  ++*(unsigned *)data;
  (void)fprintf(stderr, "warning: %s\n", text);
}

static bool inspect(struct script *script, unsigned *warnings, struct error *error) {
  bool is_over = false;
  for (bool is_first = true; !is_over; is_first = false) {
    if (!script_inspect(script, is_first, &is_over, print_warning, warnings, error)) return false;
  }
  return true;
}

static bool check(struct script *script, unsigned *warnings, struct error *error) {
  if (!script_load(script, error)) return false;
  script_describe(script, print_line, NULL);
  if (!inspect(script, warnings, error)) return false;
  (void)printf("%zu scripts loaded, updates wanted: %s\n", script_file_count(script), script_wanted_updates(script));
  return true;
}

int command_check(int count, char **arguments) {
  static const char head[] = "lunokhod check [options] SCRIPT|DIR...   load the scripts, list their handlers, touch no network";
  bool is_strict = false;
  unsigned warnings = 0;
  const struct option_row rows[] = {
      {OPTION_FLAG, "strict", NULL, &is_strict, 0, 0, NULL, "exit with 1 if there is a warning"},
      {.kind = OPTION_END},
  };
  struct error error = {0};
  int exit_code = EXIT_FAILED;
  struct loop *loop = NULL;
  struct clock *clock = NULL;
  struct database *database = NULL;
  struct script *script = NULL;
  if (!options_read(rows, head, &count, arguments, &error)) goto done;
  if (count == 0) {
    error_set(&error, ERROR_MISUSE, "which scripts? lunokhod check SCRIPT|DIR...");
    goto done;
  }
  if (!(loop = loop_open(&error)) || !(database = database_open(&error))) goto done;
  clock = clock_open(loop);
  struct script_options options = {
      .database = database, .clock = clock, .paths = (const char *const *)arguments + 1, .path_count = (size_t)count};
  script = script_open(&options);
  if (check(script, &warnings, &error) && !(is_strict && warnings)) exit_code = EXIT_FINE;
done:
  if (error.kind) (void)fprintf(stderr, "lunokhod check: %s\n", error.text);
  if (error.kind == ERROR_MISUSE) exit_code = EXIT_USAGE;
  script_close(script);
  database_close(database);
  clock_close(clock);
  if (loop) (void)loop_close(loop);
  return exit_code;
}
