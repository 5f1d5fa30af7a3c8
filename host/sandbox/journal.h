/* The newest Bot API calls with their answers, for GET /sandbox/requests. */
#pragma once
#include <stdint.h>

struct buffer;
struct call;
struct journal;

struct journal *journal_new(unsigned capacity); /* 0: keeps nothing and costs nothing */
void journal_free(struct journal *journal);     /* NULL does no harm */
void journal_clear(struct journal *journal);    /* the ids go on */

/* The call is answered. A getUpdates without updates is left out. Times are ms since 1970. */
void journal_add(struct journal *journal, const struct call *call, int64_t started_at, int64_t ended_at);

/* {"requests":[...],"last":N}: those with an id above `after`, oldest first. */
void journal_write(const struct journal *journal, uint64_t after, struct buffer *buffer);
