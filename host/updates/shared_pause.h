/* Pauses that Telegram asks one host for, told to the bot's other hosts on the same database: a chat, or a method that is for
 * no chat, is then held up on all of them. Best effort: what can't be told, each host learns by an answer of its own. Internal
 * to the floor. */
#pragma once
#include <stdbool.h>

struct shared_pauses;
struct updates_options;

struct shared_pauses *shared_pauses_open(const struct updates_options *options); /* kept. Given: shared_pauses_close() */
void shared_pauses_close(struct shared_pauses *pauses);                          /* NULL does no harm */

/* What database_hear_hosts() has heard. False: it is no word of this room. */
bool shared_pauses_hear(struct shared_pauses *pauses, const char *word);
