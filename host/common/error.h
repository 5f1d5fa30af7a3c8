/* An error: a kind, by which the program decides, and a text for a person.
 * Nothing is allocated but by error_keep(), so lack of memory can be reported, too. Any thread. Never holds the token. */
#pragma once
#include <stdbool.h>

enum error_kind {
  ERROR_NONE,      /* nothing failed; text is empty */
  ERROR_NETWORK,   /* it provably did not happen: a repetition does no harm */
  ERROR_UNCERTAIN, /* it may have happened: a repetition may do it twice */
  ERROR_REFUSED,   /* the other side understood and refused */
  ERROR_INPUT,     /* data from outside is malformed or damaged */
  ERROR_MISUSE,    /* the caller (a script, an operator) made a mistake */
  ERROR_FULL,      /* no room; nothing has changed */
  ERROR_MEMORY,    /* an allocation failed; only this operation is lost */
  ERROR_SYSTEM,    /* the operating system or a library failed */
  ERROR_CANCELED,  /* a stop or a deadline came first */
};

struct error {
  enum error_kind kind;
  char text[512]; /* one line, UTF-8: what failed, and what to do about it */
};

/* Fills in *error (NULL: the error is dropped) and returns false, so that a function can end with it. A text that is too
 * long is cut. The arguments may point into *error itself. */
bool error_set(struct error *error, enum error_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts "what: " before the text; the kind stays. Returns false. */
bool error_prefix(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Keeps a copy on the heap, in place of the last one (*kept, or NULL): for what is many times in memory, and rarely fails. Free
 * with free(). */
void error_keep(struct error **kept, const struct error *error);

/* "network", "uncertain", ... for logs. */
const char *error_kind_name(enum error_kind kind);
