/* The answer to a pressed button that the scripts forgot: without one the button spins for a minute, as if the bot were dead.
 * Says nothing to the person, and nothing to the scripts. Internal to the floor. */
#pragma once
#include <stddef.h>

struct courtesy;
struct telegram;

/* telegram is kept. `done` is called with data after each answer, however it ended, from the loop. */
struct courtesy *courtesy_new(struct telegram *telegram, void (*done)(void *data), void *data);
void courtesy_free(struct courtesy *courtesy); /* answers that are under way are dropped. NULL does no harm */

/* query_id is borrowed: what Telegram called the press. Nothing depends on the answer, so a failure is no more than a line in
 * the debug log. */
void courtesy_answer(struct courtesy *courtesy, const char *query_id);

size_t courtesy_count(const struct courtesy *courtesy); /* answers under way: a stop waits for them */
