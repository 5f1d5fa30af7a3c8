/* Opens shared libraries while the program runs. A library that most bots never need is not linked: it would cost memory, and
 * time at every start. Once open, it stays for the life of the process. Any thread. */
#pragma once
#include <stdbool.h>

struct error;

struct late_library {
  const char *file;    /* "libglib-2.0.so.0" */
  const char *name;    /* for people: "GLib" */
  const char *package; /* of Debian */
};

struct late_function {
  const char *name;
  void *pointer; /* where to write the function's address: it points to a pointer to a function */
};

/* Opens the library and writes the addresses of these functions, which a NULL name ends. user: what needs the library, in the
 * plural, for the error's text ("pictures"). False: ERROR_SYSTEM, as there is no such library here, or one that lacks a
 * function; then none may be called. It may be tried again: what is missing can be installed while the bots run. */
bool late_library_open(const struct late_library *library, const struct late_function *functions, const char *user,
                       struct error *error);
