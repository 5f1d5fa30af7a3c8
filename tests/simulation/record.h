/* What has happened to each message that people have written, and what must hold of it: the judge of a run. A message is its
 * number. It is delivered when a host has got it from getUpdates, and kept once a backup that Telegram has confirmed holds the
 * handler's work. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct machine;
struct record;

struct record *record_new(void);
void record_free(struct record *record);

int64_t record_add(struct record *record); /* somebody writes the next message; its number */
size_t record_count(const struct record *record);

void record_delivered(struct record *record, const struct machine *machine, const char *updates); /* an answer to getUpdates */
void record_look(struct record *record, const struct machine *machine); /* at what its host has handled and saved by now */

/* The machine's host has just started, or is about to be switched off (may_lose: with what it has not saved). */
void record_started(struct record *record, const struct machine *machine);
void record_polls(struct record *record, const struct machine *machine);    /* it sends a getUpdates */
void record_may_lose(struct record *record, const struct machine *machine); /* what it has been given, and not saved */

/* The admin puts other data into the place of what is there: nothing is kept any more, until it is saved anew. */
void record_replaced(struct record *record);

void record_keep_all(struct record *record, const struct machine *machine); /* what its data has is in a confirmed backup */

/* The message that has the backup of the machine's host is deleted: nothing is kept, until another one has it. */
void record_erased(struct record *record, const struct machine *machine, int64_t message_id);
bool record_is_dethroned(const struct record *record, const struct machine *machine); /* the crown is another's */
bool record_is_erased(const struct record *record, const struct machine *machine, int64_t message_id);

/* The crown is not that of the machine's host from now on; and it is that of the host of that life. */
void record_dethroned(struct record *record, const struct machine *machine);
void record_crown(struct record *record, const struct machine *machine, uint64_t life);
void record_ends(struct record *record, const struct machine *machine, bool may_lose);

/* At the end of everything, on the last machine, which is at rest. */
void record_check_all(struct record *record, const struct machine *machine);

void record_break(struct record *record, const char *format, ...)
    __attribute__((format(printf, 2, 3)));               /* something is wrong */
const char *record_problem(const struct record *record); /* the first that was wrong; NULL: nothing */
size_t record_lost(const struct record *record);         /* messages that were lost, and could be; after record_check_all() */
