/* One update in Lua: decoded once in the live VM, then handed to the handler that wants it. Part of the floor's face: script.h
 * includes it. The loop's thread only. Does not know in which order updates must be handled. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/log.h"

struct script;

struct script_update {
  const char *json; /* kept by whoever fills it in, until script_update_forget() or the end of the run */
  size_t size;
  bool has_more;       /* size is that of a text that only begins with the update: script_update_decode() finds its own */
  int ref;             /* ours: the decoded update, 0 while there is none */
  unsigned generation; /* ours: of the VM that ref is in */
  int64_t id;          /* Telegram's, set by script_update_decode() */
  int64_t album;       /* likewise: its message belongs to that album; 0: to none */
  int64_t person;      /* likewise: who has done it; 0: nobody is named */
  struct script_update
      *album_next; /* the next message of the same album, to be handled together; set by whoever gathers them */
};

/* Decodes the update in the live VM, once, and tells its update_id and its lane (update_lane.h). False: ERROR_INPUT (not an
 * update), ERROR_MEMORY. */
bool script_update_decode(struct script *script, struct script_update *update, int64_t *update_id, int64_t *lane,
                          struct error *error);

/* For an update that will not be handled. The others of its album stay. */
void script_update_forget(struct script *script, struct script_update *update);

struct telegram_request;

struct script_result {    /* the outcome of a run */
  struct error error;     /* ERROR_NONE: the handler returned, and all its segments are committed */
  const char *traceback;  /* "" without one; borrowed like the rest */
  struct log_cause cause; /* for lines about it */
  bool is_conflict;       /* another handler has changed the same data, and nothing of this run has left: it may begin again */
  bool has_left;          /* something of it is kept, or others have heard of it */
  bool is_lost;           /* the database was, and nobody knows yet how much of the run is kept */
  bool is_unbegun;        /* ERROR_MEMORY: there was no room to begin it; it may be handed over again */
};

/* Calls what scripts have registered with bot.failed: soon, and as handlers of their own. The update (borrowed) has ended with
 * *result (borrowed). */
void script_update_fail(struct script *script, const struct script_update *update, const struct script_result *result);

enum script_order {             /* who waits for a handler that waits */
                    ORDER_CHAT, /* all that comes after it in its lane */
                    ORDER_USER, /* what the same person does there */
                    ORDER_NONE, /* nobody */
};

struct script_run_owner { /* who is told of a run; all may be NULL, and are called with the data of whoever began it */
  /* A segment is about to be committed (is_last: the handler has returned, and there may be no segment open). May run SQL, and
   * open a segment for it. False: the segment is rolled back and the handler fails with *error. */
  bool (*segment_ends)(bool is_last, void *data, struct error *error);
  /* A run waits, and not everybody after it needs to: told once. Comes from within script_update_handle(), or from the loop. */
  void (*releases)(enum script_order order, void *data);
  /* The first call whose result the handler does not read, while it waits for nothing yet. True: the owner makes it, in its
   * order in the chat, and the handler goes on. request is borrowed. */
  bool (*reply)(const struct telegram_request *request, void *data);
  /* A run is about to wait: its segment is committed, and what it waits for has not begun. */
  void (*waits)(void *data);
  /* A run that had to wait has ended. */
  void (*done)(const struct script_result *result, void *data);
};

/* Hands the update, with its album, to the handler that wants it. True: it has ended already, and *result (borrowed until the
 * next call of anything here) tells how; done is not called. False: it waits, and done comes once, from the loop. owner is
 * kept. No segment may be open. */
bool script_update_handle(struct script *script, struct script_update *update, const struct script_run_owner *owner, void *data,
                          struct script_result *result);
