/* Runs the command that the first argument names. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "command/command.h"
#include "command/process.h"

static const struct {
  const char *name;
  int (*run)(int count, char **arguments);
  const char *usage; /* NULL: it is told with the one before */
} commands[] = {
    {"run", command_run, "run [options] SCRIPT|DIR...    run a bot; its token is in BOT_TOKEN"},
    {"check", command_check, "check SCRIPT|DIR...            load the scripts, list their handlers, touch no network"},
    {"test", command_test, "test SCRIPT|DIR... [SPEC...]   run specs against the scripts, with a Telegram in memory"},
    {"replay", command_replay, "replay FILE SCRIPT|DIR...      play what run --record has written, and show what differs"},
    {"backup", command_backup, "backup now|list|verify|key|pull FILE|push FILE"},
    {"migrate", command_migrate, "migrate FROM TO                bring a bot's data into PostgreSQL, or back into a file"},
    {"sandbox", command_sandbox, "sandbox [options]              a local Telegram to run bots against, with a chat page"},
    {"dev", command_dev, "dev SCRIPT|DIR...              the sandbox with a bot on it, which is restarted when it dies"},
    {"status", command_control, "status, reload, stop, log      of a running host"},
    {"reload", command_control, NULL},
    {"stop", command_control, NULL},
    {"log", command_control, NULL},
    {"dead", command_control, "dead list|show|retry|drop      the updates that failed, of a running host"},
    {"sql", command_control, "sql QUERY                      one SELECT on a copy of a running host's data"},
    {"version", command_version, "version                        of the program, and of the libraries that it finds here"},
    {"--version", command_version, NULL},
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void print_usage(FILE *stream) {
  (void)fputs("usage:\n", stream);
  for (int i = 0; i < COMMAND_COUNT; i++)
    if (commands[i].usage) (void)fprintf(stream, "  lunokhod %s\n", commands[i].usage);
  (void)fputs("lunokhod COMMAND --help lists a command's options.\n", stream);
}

static int run(int count, char **arguments) {
  static char help[] = "--help";
  if (count > 2 && strcmp(arguments[1], "help") == 0) { /* of a command */
    arguments[1] = arguments[2];
    arguments[2] = help;
  }
  const char *name = count > 1 ? arguments[1] : NULL;
  for (int i = 0; name && i < COMMAND_COUNT; i++) {
    if (strcmp(name, commands[i].name) == 0) return commands[i].run(count - 1, arguments + 1);
  }
  bool is_asked = name && (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0);
  if (name && !is_asked) (void)fprintf(stderr, "lunokhod: unknown command '%s'\n", name);
  print_usage(is_asked ? stdout : stderr);
  return is_asked ? EXIT_FINE : EXIT_USAGE;
}

int main(int count, char **arguments) {
  process_open_standard_files();
  return process_end_output(run(count, arguments));
}
