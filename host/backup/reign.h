/* A reign, from the raise of the crown to the last content: the order in which crown, finding, waiting, publishing and handover
 * follow each other at a start, and what a fenced host does. One step is under way at a time. Internal to the floor. */
#pragma once
#include <stdbool.h>

#include "backup/backup.h"
#include "backup/saving.h"

struct backup_state;
struct reign;

struct reign_options {
  bool (*before_copy)(void *data, struct error *error); /* or NULL */
  void (*copied)(void *data);                           /* or NULL */
  void *data;
};

struct reign *reign_open(struct backup_state *state, const struct reign_options *options); /* kept. Given: reign_close() */
void reign_close(struct reign *reign); /* cancels what is under way. NULL does no harm */
bool reign_is_busy(const struct reign *reign);

/* Rules 1 to 5, but for the edit that says that we serve. */
void reign_begin(struct reign *reign, enum backup_how how, backup_restore_done done, void *data);
void reign_serve(struct reign *reign, saving_done done, void *data); /* that edit, and the cleaning up */

/* Rules 8 and 9. Where nothing was published, there is nothing to release: the result is empty then. */
void reign_release(struct reign *reign, bool is_fenced, saving_done done, void *data);
void reign_await_succession(struct reign *reign, void (*done)(bool is_served, void *data), void *data);

/* Rule 10: a raise, and a message that is released from the beginning. */
void reign_push(struct reign *reign, saving_done done, void *data);
