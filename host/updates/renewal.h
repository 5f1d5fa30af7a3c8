/* What is done when the scripts have used up their memory. A VM that a script has filled for good can't read an update any
 * more, and the bot would be deaf. The data is in the database, so a new VM is as good as the old one. The loop's thread only.
 */
#pragma once
#include <stdbool.h>

struct error;
struct renewal;
struct updates_options;

struct renewal_owner {
  void (*renewed)(void *data); /* the scripts have been loaded anew */
  void (*go_on)(void *data);   /* what had no memory may be tried again; from the loop */
  void *data;
};

/* options: kept until renewal_free(); its failed() is called when nothing helps, so that a supervisor acts. Given. */
struct renewal *renewal_new(const struct updates_options *options, const struct renewal_owner *owner);
void renewal_free(struct renewal *renewal); /* NULL does no harm */

/* A handler has failed for lack of memory, or (is_stuck) no update can be read or no handler begin. What is due follows from
 * the loop, since a handler may be in the middle of its end, or of a batch. */
void renewal_want(struct renewal *renewal, bool is_stuck);
void renewal_note_end(struct renewal *renewal); /* an update has ended, so something does go on */
void renewal_stop(struct renewal *renewal);     /* no VM is made any more: what can't begin stays in the inbox */

/* Loads the scripts anew now. False: as script_load(); the old VM stays. */
bool renewal_make(struct renewal *renewal, struct error *error);
