/* The roster: which hosts work on one database, by their numbers. A host says each second that it lives. Who says nothing any
 * more is taken for dead by the others, and what it had in hand is theirs. One of them leads: it does what only one may, and
 * where it ends another one leads. Where no other host can be (`:memory:`, a test's schema), this one leads, under the number
 * 0. Knows nothing of updates. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock;
struct database;
struct error;
struct roster;

struct roster_options { /* pointers are kept until roster_close() */
  struct database *database;
  struct clock *clock;

  /* In the segment that takes a host for dead, or this one off the roster: what it had in hand is anybody's again. */
  bool (*release)(int64_t number, bool has_died, void *data, struct error *error);
  void (*lost)(void *data);                                           /* that was this host: it has nothing in hand any more */
  void (*led)(bool leads, void *data);                                /* it leads from now on, or no more */
  void (*beat)(bool is_there, const struct error *error, void *data); /* each second; is_there: the database has answered */
  void *data;
};

bool roster_make_tables(struct database *database, struct error *error); /* False: as database_execute() */
struct roster *roster_open(const struct roster_options *options);
/* The secret that all hosts tell Telegram: `made` (kept by the first that asks) or the one that is there, of as many bytes.
 * False: as statement_step(). */
bool roster_share_secret(struct database *database, char *made, size_t size, struct error *error);
void roster_start(struct roster *roster); /* enters it, or tries to until the database is there; the callbacks begin */
void roster_leave(struct roster *roster); /* for a stop: the others need not wait for anything of this host's */
void roster_close(struct roster *roster); /* without leaving. NULL does no harm */

/* All hosts should load their scripts anew: each hears ROSTER_RELOAD and the number *reload, and answers. False: as
 * database_commit(). */
#define ROSTER_RELOAD "reload "
typedef void (*roster_reloaded)(const char *name, const char *failure, void *data); /* "": it worked. NULL: no answer yet */
bool roster_ask_reload(struct roster *roster, int64_t *reload, struct error *error);
bool roster_answer_reload(struct roster *roster, int64_t reload, const char *failure, struct error *error);
bool roster_read_reload(struct roster *roster, int64_t reload, roster_reloaded each, void *data, struct error *error);

int64_t roster_number(const struct roster *roster); /* 0: it is not on the roster */

/* These three answer without a roster (NULL), too: this host is alone then, and leads. */
bool roster_leads(const struct roster *roster);

/* Can the others not have taken this host for dead yet? By a clock that goes on while the process stands. */
bool roster_is_sure(const struct roster *roster);
size_t roster_count(const struct roster *roster); /* of hosts, at the last beat */
