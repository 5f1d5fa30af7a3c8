/* A host on a stage: the rooms of `lunokhod run` around a Telegram in memory and a clock that stands still until it is turned.
 * For one spec; the next one gets a new stage. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct sandbox;
struct services;
struct stage;

/* An empty Telegram, no host yet, the clock at STAGE_BEGIN_AT. Given: stage_close(). NULL: ERROR_SYSTEM. */
struct stage *stage_open(struct error *error);
void stage_close(struct stage *stage); /* the host may be running. NULL does no harm */

#define STAGE_BEGIN_AT 1704110400000 /* Monday, 2024-01-01 12:00:00 UTC */

struct sandbox *stage_sandbox(struct stage *stage);   /* borrowed, like the next */
struct services *stage_services(struct stage *stage); /* what the bot's http.get() finds */
int64_t stage_now(const struct stage *stage);         /* ms since 1970 */

struct stage_options {      /* paths are kept until the stage is closed */
  const char *const *paths; /* the scripts */
  size_t path_count;
  int64_t admin_id; /* whose chat keeps the backups; 0: there is no admin */
};

/* The host starts, and works until it is idle: with the last backup of the admin's chat, or without an admin with the database
 * that the last host has left. The clock goes on where it must ask twice whether there is a backup. False: what `lunokhod run`
 * would say; there is no host then. */
bool stage_start(struct stage *stage, const struct stage_options *options, struct error *error);

/* The host ends in the midst of what it does, as a machine that loses its power. Without an admin the database stays as a
 * backup of this moment would have it, the inbox included. Without a host, does nothing. False: the database could not be kept.
 */
bool stage_stop(struct stage *stage, struct error *error);
bool stage_reload(struct stage *stage, struct error *error); /* as SIGHUP. False: why; the old scripts go on */
size_t stage_unfinished(const struct stage *stage);          /* updates that wait for time; after stage_work() */

void stage_jump(struct stage *stage, int64_t ms); /* see clock_jump() */

/* Turns the clock by `ms`, timer by timer; before, in between and afterwards everything works until nothing is left but waiting
 * for time. False (ERROR_FULL): it does not come to rest. */
bool stage_work(struct stage *stage, int64_t ms, struct error *error);
