/* The face of Lua: load the bots' scripts, hand them updates, replace them while they run. Nothing of Lua leaks out of here.
 * The loop's thread only. Does not know where updates come from, nor in which order they must be handled. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "script/job.h"

struct backup;
struct clock;
struct database;
struct http;
struct http_answer;
struct http_request;
struct idle_waiter;
struct lua_State;
struct script;
struct telegram;

struct script_options { /* all pointers are kept until script_close() */
  struct database *database;
  struct telegram *telegram; /* NULL: a script that calls Telegram gets an error (lunokhod check) */
  struct backup *backup;     /* NULL: backup.now() does nothing */
  struct http *http;         /* NULL, and no serve: http.get() raises */
  void (*serve)(const struct http_request *request, struct http_answer *answer,
                void *data); /* at once, in its place; or NULL */
  void *serve_data;
  bool may_reach_private; /* http.get() may connect to addresses that are not public */
  struct clock *clock;
  const char *const *paths; /* script files and directories of them, in order */
  size_t path_count;
  size_t memory_ceiling;    /* bytes of one VM; 0: 128 MiB */
  uint64_t instructions;    /* of one segment; 0: 20 million, about a tenth of a second */
  unsigned segment_ms;      /* CPU time of one segment, SQL included; 0: 1,000 */
  unsigned deadline_ms;     /* wall time of a handler, pauses that Telegram asked for not counted; 0: 30,000 */
  void (*exit)(void *data); /* os.exit: a graceful stop is wanted */
  void *exit_data;
};
struct script *script_open(const struct script_options *options); /* given: script_close(). Nothing is loaded yet */
void script_close(struct script *script); /* runs that still wait are ended without a word. NULL does no harm */

/* Builds a fresh VM, loads every file in the order of their names, runs their top level: all of it one segment. Success: new
 * runs start there, those that wait finish where they are. False (ERROR_INPUT, ERROR_SYSTEM, ERROR_MEMORY; the text has file
 * and line): all is as before. */
bool script_load(struct script *script, struct error *error);

/* getMe's result as JSON: what scripts see as bot.me, in this VM and all later ones. False: not JSON. */
bool script_set_me(struct script *script, const char *json, size_t size, struct error *error);

/* What the handlers asked for: a JSON array for allowed_updates. Borrowed until the next load. */
const char *script_wanted_updates(const struct script *script);

/* Calls line(text) for each file and handler, for people. */
void script_describe(struct script *script, void (*line)(const char *text, void *data), void *data);
/* Likewise what looks wrong in the scripts: handlers that can't match, calls that Telegram does not have. False: the error
 * ended it. */
bool script_inspect(struct script *script, void (*line)(const char *text, void *data), void *data, struct error *error);
bool script_wants_albums(const struct script *script); /* is there a handler for whole albums? */
size_t script_file_count(const struct script *script);
size_t script_memory(const struct script *script);    /* bytes of the live VM */
size_t script_run_count(const struct script *script); /* handlers that have begun and not ended, old VMs included */

/* ---- one update ---- */
struct script_update {
  const char *json; /* kept by whoever fills it in, until script_forget() or the end of the run */
  size_t size;
  int ref;                           /* ours: the decoded update, 0 while there is none */
  unsigned generation;               /* ours: of the VM that ref is in */
  int64_t album, old_chat, new_chat; /* script_decode(): part of that album; of a group that became that supergroup; 0: no */
  struct script_update *part;        /* the next part of the same album, to be handled together; set by whoever gathers them */
};

/* Decodes the update in the live VM, once, and tells its update_id and its lane: the chat's id, or the user's where there is no
 * chat, or 0. False: ERROR_INPUT (not an update), ERROR_MEMORY. */
bool script_decode(struct script *script, struct script_update *update, int64_t *update_id, int64_t *lane, struct error *error);
void script_forget(struct script *script, struct script_update *update); /* one that will not be handled; its parts stay */

enum { SCRIPT_QUERY_SIZE = 32 };      /* a callback query's id has 19 digits */
struct script_result {                /* the outcome of a run */
  struct error error;                 /* ERROR_NONE: the handler returned, and all its segments are committed */
  const char *traceback;              /* "" without one; borrowed like the rest */
  char unanswered[SCRIPT_QUERY_SIZE]; /* the id of a pressed button that nobody has answered, now or before; "": none */
};

struct script_watcher { /* both are called with the data of script_handle() */
  /* A segment is about to be committed (is_last: the handler has returned, and there may be no segment open). May run SQL, and
   * open a segment for it. False: the segment is rolled back and the handler fails with *error. */
  bool (*segment_ends)(bool is_last, void *data, struct error *error);
  /* A run that had to wait has ended. */
  void (*done)(const struct script_result *result, void *data);
};

/* Hands the update, with its parts, to the handler that wants it. True: it has ended already, and *result (borrowed until the
 * next call of anything here) tells how; done is not called. False: it waits, and done comes once, from the loop. watcher is
 * kept. No segment may be open. */
bool script_handle(struct script *script, struct script_update *update, const struct script_watcher *watcher, void *data,
                   struct script_result *result);

/* Ends all runs that wait, as if their deadline had come: their done is called before this returns. For a stop that can't wait.
 */
void script_end_runs(struct script *script);

int script_open_json(struct lua_State *L); /* the module json, for the kit's own Lua states; a lua_CFunction */

/* Calls idle(data) once, from the loop, when no handler runs, of an update, a schedule or a job: see common/idle.h. */
void script_on_idle(struct script *script, struct idle_waiter *waiter, void (*idle)(void *data), void *data);
