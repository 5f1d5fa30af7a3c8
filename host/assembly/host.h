/* What the rooms of this floor share of a host besides its face. */
#pragma once
#include <jansson.h>

#include "assembly/assembly.h"
#include "common/clock.h"
#include "common/idle.h"

struct host {
  struct host_options options;
  /* the floors, in the order in which they are opened; NULL: not open */
  struct http *http;
  struct telegram *telegram;
  struct database *database;
  struct backup *backup;
  struct script *script;
  struct updates *updates;
  struct admin *admin;
  struct revert *revert;
  struct reload *reload;
  struct control_socket *control;
  struct backup_changes *backup_changes;
  struct metrics *metrics;
  struct listener *listener;
  /* startup.c */
  json_t *me;                  /* what Telegram tells of the bot; ours. NULL: not yet */
  struct telegram_call *call;  /* while one of its calls is under way */
  struct clock_timer retry;    /* until that call is made again */
  unsigned start_failures;     /* of it, in a row */
  int64_t restore_began_ticks; /* ms */
  bool is_started;
  bool is_large; /* the last backup was near the ceiling of the database */
  /* shutdown.c */
  struct clock_timer limit;  /* of the step that is under way */
  struct idle_waiter waiter; /* likewise */
  struct clock_timer early;  /* until the next save while handlers finish */
  bool is_stopping, is_past_handlers, is_leaving;
  bool is_waiting;     /* for the host that has taken over to serve */
  bool is_told_to_go;  /* though it waits */
  bool is_inbox_saved; /* since the stop has begun */
  bool is_last_needed; /* the last save has more to keep than that this host has gone */
  enum host_outcome outcome;
  struct error error; /* of an outcome that is none of HOST_STOPPED */
};

static inline void host_tell_status(const struct host *host, const char *status) {
  if (host->options.told) host->options.told(status, host->options.data);
}

/* Is the data kept in the admin's chat? */
static inline bool host_has_backup(const struct host *host) {
  const struct host_options *options = &host->options;
  return options->admin_id && !options->has_no_backup && !options->database_url;
}
