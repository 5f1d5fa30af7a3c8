/* The newest calls of the Bot API with their answers, for GET /sandbox/requests. */
#pragma once
#include <stdint.h>

struct buffer;
struct call;
struct request_log;

struct request_log *request_log_new(unsigned capacity); /* in calls; 0: keeps none and costs nothing */
void request_log_free(struct request_log *log);         /* NULL does no harm */
void request_log_clear(struct request_log *log);        /* the ids go on */

/* The parameters of a call that begins, as JSON for the log, since a method takes the files out of them. Given: free(). NULL:
 * nothing is logged. */
char *request_log_note(const struct request_log *log, const struct call *call);

/* Adds a call that is answered, with its note. A getUpdates without updates is left out. Times are ms since 1970. */
void request_log_add(struct request_log *log, const struct call *call, const char *note, int64_t started_at, int64_t ended_at);

/* {"requests":[...],"last":N}: those with an id above `after`, oldest first. */
void request_log_write(const struct request_log *log, uint64_t after, struct buffer *buffer);
