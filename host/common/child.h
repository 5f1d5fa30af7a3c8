/* Another program that this one runs. It has a session of its own, so that a Ctrl-C at the terminal does not reach it, and it
 * is asked to end (SIGTERM) when this one dies. The loop's thread only, which must be the main one. */
#pragma once
#include <stddef.h>

struct child;
struct error;
struct loop;

struct child_options {    /* borrowed */
  const char *path;       /* of the program */
  char *const *arguments; /* from its name on, NULL at the end; the environment is this program's */
  void (*wrote)(const char *bytes, size_t size, void *data); /* to its standard error; borrowed */
  void (*ended)(int status, void *data); /* once, after the last bytes; status as of waitpid(). The child is freed then */
  void *data;
};

/* Keeps loop_run() going until `ended`. NULL: ERROR_SYSTEM. */
struct child *child_start(struct loop *loop, const struct child_options *options, struct error *error);
void child_signal(const struct child *child, int number);
int child_pid(const struct child *child);
