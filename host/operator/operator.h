/* The face of the operator's floor: what the person who runs the bot does to it while it runs: reloads the scripts, asks for
 * backups in the admin's chat, goes back to an earlier one. The loop's thread only. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "operator/backup_changes.h"
#include "operator/control_socket.h"
#include "operator/metrics.h"

struct admin;
struct backup;
struct clock;
struct database;
struct loop;
struct reload;
struct revert;
struct script;
struct telegram;
struct updates;

/* ---- reload: on demand, and with is_watching at every change of a script on the disk ---- */
struct reload_options { /* pointers are kept until reload_close() */
  struct loop *loop;
  struct clock *clock;
  struct script *script;
  struct updates *updates;
  const char *const *paths; /* the scripts and directories that are watched */
  size_t path_count;
  bool is_watching;
  bool (*begins)(struct error *error, void *data);     /* before each reload; false: what else was to be read anew can't be */
  void (*told)(const struct error *error, void *data); /* after each reload; error->kind ERROR_NONE: it worked */
  void *data;
};

/* Given: reload_close(). NULL: ERROR_SYSTEM. */
struct reload *reload_open(const struct reload_options *options, struct error *error);
void reload_close(struct reload *reload); /* NULL does no harm */

/* Loads the scripts anew. False: they can't be loaded, and the old ones go on; or they are, and what `begins` reads is not. It
 * is logged already. */
bool reload_now(struct reload *reload, struct error *error);

struct reload_status {
  uint64_t loaded, refused; /* reloads since the start that worked, and that did not */
  int64_t loaded_at;        /* ms since 1970, of the last that worked; 0: none */
};
void reload_status(const struct reload *reload, struct reload_status *status);

/* ---- the admin's chat: admin, /backup, /restore, /history, /status, /errors, /reload ---- */
struct admin_options { /* pointers are kept until admin_close() */
  struct clock *clock;
  struct telegram *telegram;
  struct backup *backup;
  struct database *database;
  struct script *script;
  struct updates *updates;
  int64_t admin_id;                                /* 0: there is none; whoever writes `admin` learns his own id */
  void (*restore)(int64_t message_id, void *data); /* the admin has confirmed: go back to that document */
  bool (*reload)(void *data);                      /* load the scripts; false: not done, and the admin is told why */
  void *data;
};
struct admin *admin_open(const struct admin_options *options); /* given: admin_close() */
void admin_close(struct admin *admin); /* after the backup, whose answers it waits for. NULL does no harm */

/* True: the update was for the host, and no script should see it. json is borrowed, and a NUL follows it. */
bool admin_take(struct admin *admin, const char *json, size_t size);
void admin_tell(struct admin *admin, const char *text); /* sends the admin a message; without an admin, does nothing */

/* ---- revert: back to an earlier backup while the bots run ---- */
struct revert_options { /* pointers are kept until revert_close() */
  struct script *script;
  struct backup *backup;
  struct updates *updates;
  struct admin *admin; /* is told how it went */
};
struct revert *revert_open(const struct revert_options *options); /* given: revert_close() */
void revert_close(struct revert *revert); /* after the backup, whose answers it waits for. NULL does no harm */

/* Lets the handlers that run finish, saves the live data, loads the document of that message in its place, and loads the
 * scripts anew. While one revert is under way, a second is refused. */
void revert_start(struct revert *revert, int64_t message_id);
