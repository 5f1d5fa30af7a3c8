/* The sharing of one inbox with other hosts, where the data is in PostgreSQL: what arrives becomes rows, what is handled is
 * taken from them, at a notification, at each beat of the roster, and when there is room again. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct roster;
struct shared_row;
struct sharing;
struct updates_options;

struct sharing_owner {        /* with `data` */
  size_t (*room)(void *data); /* how many updates may be taken */
  /* One is this host's; *lane_count becomes how many of its lane are in memory. False: no memory, it comes again. */
  bool (*take)(const struct shared_row *row, size_t *lane_count, void *data);
  void (*taken)(void *data);              /* all that there was room for */
  void (*kept)(void *data);               /* all that was added is in rows */
  void (*gone)(bool is_gone, void *data); /* the database: no handler should begin meanwhile */
  void (*lost)(void *data);               /* nothing that was taken is this host's any more */
  void (*may_go_on)(void *data);          /* it may poll, or there is room for more rows, again */
  void *data;
};

/* In the open segment. options is kept. Given: sharing_close(). NULL: ERROR_SYSTEM. */
struct sharing *sharing_open(const struct updates_options *options, size_t lane_ceiling, const struct sharing_owner *owner,
                             struct error *error);
void sharing_close(struct sharing *sharing); /* what is not finished is the other hosts'. NULL does no harm */

/* Where this host is the only one: what an earlier one had in hand waits again. False: as database_commit(). */
bool sharing_take_back(struct sharing *sharing, struct error *error);
void sharing_start(struct sharing *sharing);
void sharing_stop(struct sharing *sharing); /* nothing more is taken */

/* One has arrived (json is copied). False: ERROR_MEMORY. */
bool sharing_add(struct sharing *sharing, int64_t id, int64_t lane, const char *json, size_t size, struct error *error);
void sharing_keep(struct sharing *sharing);          /* makes rows of all that was added, if need be later */
void sharing_look_for_left(struct sharing *sharing); /* there is room again: are rows left of this host's lanes? */

/* A dead letter waits again, or all do where `letter` is 0; *count of them. False: as database_commit(). */
bool sharing_revive(struct sharing *sharing, int64_t letter, size_t *count, struct error *error);

/* As of roster.h. */
struct roster *sharing_roster(struct sharing *sharing);
size_t sharing_waiting(const struct sharing *sharing); /* unfinished rows of all hosts, some time ago */
bool sharing_leads(const struct sharing *sharing);
bool sharing_is_sure(const struct sharing *sharing); /* as of roster.h */
size_t sharing_hosts(const struct sharing *sharing); /* how many there are, this one too */
