/* The struct behind the floor's face, for the rooms that implement it. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "common/buffer.h"
#include "common/idle.h"
#include "script/script.h"

struct shrinking;
struct update_lanes;
struct vm;

struct script {
  struct script_options options;
  struct vm *vm;  /* live; NULL before the first load */
  struct vm *vms; /* all that are still held, and the live one; the newest first */
  struct update_lanes *lanes;
  struct idle idle;            /* no handler runs, and no answer to a button is under way */
  struct shrinking *shrinking; /* here, since it may only work between two segments; NULL before the first load */
  char *me;                    /* JSON; NULL until script_set_me() */
  size_t me_size;
  struct buffer wanted;
  bool wants_albums;
  bool was_paused;       /* job_pause() was called */
  bool is_awaiting_data; /* from its first call to the second: the host's data is not there yet */
  bool is_following;     /* job_lead(): another host does what recurs */
  bool is_stopped;       /* job_stop(): nothing that recurs begins, in later VMs either */
};
