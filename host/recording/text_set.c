#include "recording/text_set.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/memory.h"

struct text_set { /* one of its texts; uthash keeps what belongs together in the first */
  UT_hash_handle hh;
  char text[];
};

bool text_set_has(const struct text_set *set, const char *text, size_t size) {
  struct text_set *found = NULL;
  HASH_FIND(hh, set, text, size, found);
  return found != NULL;
}

bool text_set_add(struct text_set **set, const char *text, size_t size) {
  if (text_set_has(*set, text, size)) return false;
  struct text_set *added = memory_new(sizeof *added + size);
  memcpy(added->text, text, size);
  HASH_ADD_KEYPTR(hh, *set, added->text, size, added);
  return true;
}

size_t text_set_count(const struct text_set *set) { return HASH_COUNT(set); }

void text_set_free(struct text_set *set) {
  struct text_set *each, *next;
  HASH_ITER(hh, set, each, next) {
    HASH_DEL(set, each);
    free(each);
  }
}
