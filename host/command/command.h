/* The commands of the program, one a file. Each returns the exit code; arguments[0] is the name of the command. */
#pragma once

enum exit_code {
  EXIT_FINE = 0,
  EXIT_FAILED = 1,     /* at run time */
  EXIT_USAGE = 2,      /* wrong options or arguments */
  EXIT_UNREADABLE = 3, /* the backup exists but can't be read */
  EXIT_FENCED = 4,     /* another host has taken over */
};

int command_run(int count, char **arguments);
int command_check(int count, char **arguments);
int command_test(int count, char **arguments);
int command_replay(int count, char **arguments);
int command_backup(int count, char **arguments);
int command_migrate(int count, char **arguments);
int command_dev(int count, char **arguments);
int command_sandbox(int count, char **arguments);
int command_version(int count, char **arguments);
int command_control(int count, char **arguments); /* status, reload, stop, log, dead, sql, and backup now */
