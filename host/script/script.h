/* The face of the scripts: loads the bots' Lua files, replaces them while they run, and tells what they ask for. Updates are
 * handed over by script_update.h, work that begins by the clock is held back by job.h; this header includes both. Nothing of
 * Lua leaks out. The loop's thread only. Does not know where updates come from. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "script/job.h"
#include "script/script_update.h"

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

struct script_observer { /* who is told what scripts ask the outside, and how their own work fails; borrowed arguments */
  /* http of a script has ended; the body of a stream is as much of it as was read. */
  void (*heard)(const struct http_request *request, const struct http_answer *answer, void *data);
  void (*failed)(const struct error *error, void *data); /* a function that the scripts have scheduled */
  void *data;
};

struct script_options { /* all pointers are kept until script_close() */
  struct database *database;
  struct telegram *telegram; /* NULL: a script that calls Telegram gets an error (lunokhod check) */
  struct backup *backup;     /* NULL: backup.now() does nothing */
  struct http *http;         /* NULL, and no serve: http.get() raises */
  /* Answers http.get() and http.post() at once, in place of http; or NULL. */
  void (*serve)(const struct http_request *request, struct http_answer *answer, void *data);
  void *serve_data;
  bool finds_unread;      /* which calls are those whose result is not read? They are offered to the owner of a run */
  bool may_reach_private; /* http.get() may connect to addresses that are not public */
  /* For an inspection: does the first statement run on PostgreSQL, too? False: *error says why not. *rest becomes what follows
   * it. NULL: nobody wants to know. */
  bool (*runs_elsewhere)(const char *sql, size_t size, const char **rest, struct error *error, void *data);
  void *elsewhere_data;
  struct clock *clock;
  const char *const *paths; /* script files and directories of them, in order */
  size_t path_count;
  const struct script_observer *observer; /* NULL: nobody */
  uint64_t random_seed;                   /* of math.random in the first VM, then one more; 0: one that nobody knows */
  int64_t admin_id;                       /* 0: there is none */
  const char *token;                      /* the bot's, with which signatures are checked; no script sees it. NULL: none */
  const char *allowed_files;              /* a directory whose files scripts may send, besides those of the scripts; or NULL */
  size_t memory_ceiling;                  /* bytes of one VM; 0: 128 MiB */
  uint64_t instructions;                  /* of one segment; 0: 20 million, about a tenth of a second */
  unsigned segment_ms;                    /* CPU time of one segment, SQL included; 0: 800 */
  unsigned deadline_ms;                   /* wall time of a handler, pauses that Telegram asked for not counted; 0: 30,000 */
  void (*exit)(void *data);               /* os.exit: a graceful stop is wanted */
  void *exit_data;
};
struct script *script_open(const struct script_options *options); /* given: script_close(). Nothing is loaded yet */
void script_close(struct script *script);                         /* after script_end_runs(). NULL does no harm */

/* Builds a new VM, loads every file in the order of their names and runs their top level: all of it one segment. Success: new
 * runs begin there, those that wait finish where they are. False (ERROR_INPUT, ERROR_SYSTEM, ERROR_MEMORY; the text has file
 * and line): all is as before. */
bool script_load(struct script *script, struct error *error);

/* getMe's result as JSON: what scripts see as bot.me, in this VM and all later ones. False: not JSON. */
bool script_set_me(struct script *script, const char *json, size_t size, struct error *error);

/* What the handlers asked for: a JSON array for allowed_updates. Borrowed until the next load. */
const char *script_wanted_updates(const struct script *script);

/* Calls line(text) for each file and handler, for people. */
void script_describe(struct script *script, void (*line)(const char *text, void *data), void *data);
/* Likewise for what is probably wrong in the scripts: handlers that can't match, names that there are not, SQL that fails. Does
 * one step of an inspection, which takes some milliseconds; is_first begins it anew, and *is_over says that there was no more
 * to do. False: the error ended it. */
bool script_inspect(struct script *script, bool is_first, bool *is_over, void (*line)(const char *text, void *data), void *data,
                    struct error *error);
/* Likewise for files that no script can require, as the host has a module of their name. An inspection tells of them, too. */
void script_find_hidden_files(struct script *script, void (*line)(const char *text, void *data), void *data);
bool script_wants_albums(const struct script *script); /* is there a handler for whole albums? */
size_t script_file_count(const struct script *script);
size_t script_memory(const struct script *script);    /* bytes of the live VM */
bool script_is_full(struct script *script);           /* collects, and is hardly anything free even then? */
size_t script_run_count(const struct script *script); /* handlers that have begun and not ended, of all VMs */

/* For a stop that can't wait: ends all runs, as if their deadline had come. Their owners are told before this returns, and
 * nothing begins afterwards. */
void script_end_runs(struct script *script);

int script_open_json(struct lua_State *L); /* the module json, for the kit's own Lua states; a lua_CFunction */

/* Calls idle(data) once, from the loop, when no handler runs, of an update, a schedule or a job: see common/idle.h. */
void script_on_idle(struct script *script, struct idle_waiter *waiter, void (*idle)(void *data), void *data);
