/* What is prepared on one connection to PostgreSQL: the server reads and plans such a statement once, and then only executes
 * it. A pipeline runs ahead of its answers, so nothing counts as prepared before the server has said so. Knows no library. The
 * loop's thread only. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct prepared_statement;

struct prepared_statements { /* all zero: none. The owner embeds it */
  struct prepared_statement *all;
  uint64_t last;    /* number; none is used twice */
  unsigned count;   /* of those that the server may still have, be they in the list or not */
  bool is_outdated; /* the schema may have changed since: none is used, and none is added */
};

/* With types of its parameters, which are `count` numbers of PostgreSQL's catalog. number is its name on this connection. NULL:
 * it is not there. */
struct prepared_statement *prepared_statement_find(const struct prepared_statements *list, const char *text,
                                                   const unsigned *types, size_t count);

/* The same, new, to be prepared now. NULL: there is no room, or the text is too long to be kept. */
struct prepared_statement *prepared_statement_add(struct prepared_statements *list, const char *text, const unsigned *types,
                                                  size_t count);

uint64_t prepared_statement_number(const struct prepared_statement *prepared);
bool prepared_statement_is_there(const struct prepared_statement *prepared); /* has the server said so? */

/* What the server has said of the one with that number; one that is gone already does no harm. */
void prepared_statement_settle(struct prepared_statements *list, uint64_t number, bool is_there);

/* Is it time to let the server forget all? Then prepared_statements_clear() follows. */
bool prepared_statements_are_full(const struct prepared_statements *list);
void prepared_statements_clear(struct prepared_statements *list);
