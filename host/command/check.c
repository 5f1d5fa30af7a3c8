/* lunokhod check: load the scripts, list their handlers, touch no network but the server that --database names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/options.h"
#include "common/clock.h"
#include "common/loop.h"
#include "database/database.h"
#include "script/script.h"

struct work {
  const char *address; /* of --database: "postgresql", or of a server; NULL: nobody wants to know what runs there */
  struct portability *portability;
  struct loop *loop;
  struct clock *clock;
  struct database *database;
  struct script *script;
  unsigned warnings;
  bool is_strict;
};

static void print_line(const char *text, void *data) {
  (void)data;
  (void)puts(text);
}

static void print_warning(const char *text, void *data) {
  ++*(unsigned *)data;
  (void)fprintf(stderr, "warning: %s\n", text);
}

static bool runs_elsewhere(const char *sql, size_t size, const char **rest, struct error *error, void *data) {
  return portability_check(((struct work *)data)->portability, sql, size, rest, error);
}

/* The word alone: only the rules are asked. */
static const char *server_of(const char *address) {
  if (strcmp(address, "-") == 0) return getenv("LUNOKHOD_DATABASE");
  return strcmp(address, "postgresql") == 0 ? NULL : address;
}

static bool inspect(struct work *work, struct error *error) {
  bool is_over = false;
  for (bool is_first = true; !is_over; is_first = false) {
    if (!script_inspect(work->script, is_first, &is_over, print_warning, &work->warnings, error)) return false;
  }
  if (work->portability) portability_tell_rest(work->portability, print_warning, &work->warnings);
  return true;
}

static bool check(struct work *work, struct error *error) {
  if (!script_load(work->script, error)) return false;
  if (work->address && !(work->portability = portability_open(work->database, server_of(work->address), error))) return false;
  script_describe(work->script, print_line, NULL);
  if (!inspect(work, error)) return false;
  (void)printf("scripts loaded: %zu, updates wanted: %s\n", script_file_count(work->script),
               script_wanted_updates(work->script));
  return true;
}

static bool open_all(struct work *work, int count, char **arguments, struct error *error) {
  if (!(work->loop = loop_open(error)) || !(work->database = database_open(error))) return false;
  work->clock = clock_open(work->loop);
  struct script_options options = {.database = work->database,
                                   .clock = work->clock,
                                   .runs_elsewhere = work->address ? runs_elsewhere : NULL,
                                   .elsewhere_data = work,
                                   .paths = (const char *const *)arguments + 1,
                                   .path_count = (size_t)count};
  work->script = script_open(&options);
  return true;
}

static bool read_arguments(struct work *work, int *count, char **arguments, struct error *error) {
  static const char head[] = "lunokhod check [options] SCRIPT|DIR...   load the scripts, list their handlers, touch no network";
  const struct option_row rows[] = {
      {OPTION_FLAG, "strict", NULL, &work->is_strict, 0, 0, NULL, "exit with 1 if there is a warning"},
      {OPTION_TEXT, "database", NULL, &work->address, 0, 0, "URL",
       "postgresql: what does not run there? With a server's address (- is that of LUNOKHOD_DATABASE) it is asked, too"},
      {.kind = OPTION_END},
  };
  if (!options_read(rows, head, count, arguments, error)) return false;
  if (!*count) return error_set(error, ERROR_MISUSE, "which scripts? lunokhod check SCRIPT|DIR...");
  if (!work->address || strcmp(work->address, "-") != 0 || server_of(work->address)) return true;
  return error_set(error, ERROR_MISUSE, "- is the database of LUNOKHOD_DATABASE, which is not set");
}

int command_check(int count, char **arguments) {
  struct work work = {0};
  struct error error = {0};
  bool ok = read_arguments(&work, &count, arguments, &error) && open_all(&work, count, arguments, &error) &&
            check(&work, &error) && !(work.is_strict && work.warnings);
  if (error.kind) (void)fprintf(stderr, "lunokhod check: %s\n", error.text);
  script_close(work.script);
  portability_close(work.portability);
  database_close(work.database);
  clock_close(work.clock);
  if (work.loop) (void)loop_close(work.loop);
  if (error.kind == ERROR_MISUSE) return EXIT_USAGE;
  return ok ? EXIT_FINE : EXIT_FAILED;
}
