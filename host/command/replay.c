/* lunokhod replay: plays a recording of `lunokhod run --record` against scripts. Its options and its exit codes. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "command/command.h"
#include "command/options.h"
#include "common/error.h"
#include "common/memory.h"
#include "kit/kit.h"

static bool read_arguments(struct replay_options *replay, int count, char **arguments, struct error *error) {
  static const char head[] =
      "lunokhod replay [options] FILE SCRIPT|DIR...   play a recording of lunokhod run --record, and show what differs\n"
      "The exit code is 0 where nothing differs, 1 where something does, 2 where the file or the scripts can't be used.";
  const struct option_row rows[] = {
      {OPTION_FLAG, "step", NULL, &replay->is_step, 0, 0, NULL, "show each update and what the bot does; Enter goes on"},
      {.kind = OPTION_END},
  };
  if (!options_read(rows, head, &count, arguments, error)) return false;
  if (count < 2) return error_set(error, ERROR_MISUSE, "which? lunokhod replay [options] FILE SCRIPT|DIR...");
  replay->recording = arguments[1];
  replay->scripts = (const char *const *)arguments + 2;
  replay->script_count = (size_t)count - 1;
  return true;
}

int command_replay(int count, char **arguments) {
  struct replay_options options = {0};
  struct replay_result result = {0};
  struct error error = {0};
  (void)setenv("TZ", "UTC0", 1); /* until the recording says what it was */
  tzset();
  memory_set_up();
  if (read_arguments(&options, count, arguments, &error) && replay_run(&options, &result, &error))
    return result.differences ? EXIT_FAILED : EXIT_FINE;
  (void)fprintf(stderr, "lunokhod replay: %s\n", error.text);
  return EXIT_USAGE;
}
