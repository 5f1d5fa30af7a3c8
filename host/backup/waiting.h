/* Waiting for the predecessor, after a raise: its message is found anew until it says that it is released, or until nothing
 * about it has changed for so long that whoever wrote it must be dead. Internal to the floor. */
#pragma once
#include <stdbool.h>

#include "backup/anchor.h"

struct backup_state;
struct waiting;

struct awaited {
  struct error error;
  bool is_fenced;                   /* meanwhile another host has raised the crown */
  bool is_handover;                 /* the predecessor lived, and has gone for us */
  const struct anchor_found *found; /* what to begin with; its bytes can be taken within done. NULL on error */
};
typedef void (*waiting_done)(const struct awaited *awaited, void *data);

/* state is kept. is_takeover: does not wait, whoever lives. done comes once, from the loop, unless cancelled. */
struct waiting *waiting_start(struct backup_state *state, bool is_takeover, waiting_done done, void *data);
void waiting_cancel(struct waiting *waiting); /* no callback after this */
