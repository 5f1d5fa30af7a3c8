/* Where the list is full, what comes later is sent as it stands, until all are forgotten at once and those that are still in
 * use come again. That costs no more than to plan each of them twice, and needs no order of use. */
#include "database/prepared_statement.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/memory.h"

#ifndef PREPARED_STATEMENTS
#define PREPARED_STATEMENTS 100 /* each takes some 10 to 50 kB of the server's memory on each connection */
#endif

enum { PREPARED_TEXT_SIZE = 4000 }; /* a longer one is hardly sent twice */

struct prepared_statement {
  UT_hash_handle hh; /* by types and text */
  uint64_t number;
  bool is_there;
  size_t size;
  char key[];
};

static char *make_key(char *key, const char *text, const unsigned *types, size_t count, size_t size) {
  if (count) memcpy(key, types, count * sizeof *types);
  memcpy(key + count * sizeof *types, text, size - count * sizeof *types);
  return key;
}

static size_t size_of(const char *text, size_t count) { return strlen(text) + count * sizeof(unsigned); }

static struct prepared_statement *find(const struct prepared_statements *list, const char *key, size_t size) {
  struct prepared_statement *found;
  HASH_FIND(hh, list->all, key, size, found);
  return found;
}

struct prepared_statement *prepared_statement_find(const struct prepared_statements *list, const char *text,
                                                   const unsigned *types, size_t count) {
  size_t size = size_of(text, count);
  char key[PREPARED_TEXT_SIZE];
  if (list->is_outdated || size > sizeof key) return NULL;
  return find(list, make_key(key, text, types, count, size), size);
}

struct prepared_statement *prepared_statement_add(struct prepared_statements *list, const char *text, const unsigned *types,
                                                  size_t count) {
  size_t size = size_of(text, count);
  if (prepared_statements_are_full(list) || size > PREPARED_TEXT_SIZE) return NULL;
  struct prepared_statement *prepared = memory_new(sizeof *prepared + size);
  prepared->number = ++list->last;
  prepared->size = size;
  (void)make_key(prepared->key, text, types, count, size);
  HASH_ADD_KEYPTR(hh, list->all, prepared->key, prepared->size, prepared);
  list->count++;
  return prepared;
}

uint64_t prepared_statement_number(const struct prepared_statement *prepared) { return prepared->number; }
bool prepared_statement_is_there(const struct prepared_statement *prepared) { return prepared->is_there; }

static void drop(struct prepared_statements *list, struct prepared_statement *prepared) {
  HASH_DEL(list->all, prepared);
  free(prepared);
}

void prepared_statement_settle(struct prepared_statements *list, uint64_t number, bool is_there) {
  struct prepared_statement *prepared = list->all;
  while (prepared && prepared->number != number) prepared = prepared->hh.next;
  if (!prepared) return;
  prepared->is_there = is_there;
  if (!is_there) drop(list, prepared);
}

bool prepared_statements_are_full(const struct prepared_statements *list) {
  return list->is_outdated || list->count >= PREPARED_STATEMENTS;
}

void prepared_statements_clear(struct prepared_statements *list) {
  struct prepared_statement *prepared, *next;
  HASH_ITER(hh, list->all, prepared, next) drop(list, prepared);
  list->count = 0;
  list->is_outdated = false;
}
