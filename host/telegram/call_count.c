#include "telegram/call_count.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/memory.h"

enum { METHODS_MAX = 250, NAME_MAX_SIZE = 64 }; /* Telegram has some 170 */

struct entry {
  struct call_count count; /* its method is `name` */
  char name[NAME_MAX_SIZE];
  UT_hash_handle hh; /* by name */
};

struct call_counts {
  struct entry *entries;
};

struct call_counts *call_counts_new(void) { return memory_new(sizeof(struct call_counts)); }

void call_counts_free(struct call_counts *counts) {
  struct entry *entry, *next;
  HASH_ITER(hh, counts->entries, entry, next) {
    HASH_DEL(counts->entries, entry);
    free(entry);
  }
  free(counts);
}

/* A script may call anything a method. */
static bool is_plain(const char *method) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  size_t size = strspn(method, plain);
  return size && size < NAME_MAX_SIZE && !method[size];
}

static struct call_count *count_of(struct call_counts *counts, const char *method) {
  struct entry *entry;
  HASH_FIND_STR(counts->entries, method, entry);
  if (entry) return &entry->count;
  const char *name = is_plain(method) ? method : "other";
  if (name != method) return count_of(counts, name);
  if (HASH_COUNT(counts->entries) >= METHODS_MAX && strcmp(name, "other") != 0) return count_of(counts, "other");
  entry = memory_new(sizeof *entry);
  memcpy(entry->name, name, strlen(name) + 1);
  entry->count.method = entry->name;
  HASH_ADD_STR(counts->entries, name, entry);
  return &entry->count;
}

static enum call_outcome outcome_of(enum error_kind kind) {
  switch (kind) {
    case ERROR_NONE: return CALL_FINE;
    case ERROR_REFUSED: return CALL_REFUSED;
    case ERROR_NETWORK: return CALL_NETWORK;
    case ERROR_UNCERTAIN: return CALL_UNCERTAIN;
    default: return CALL_OTHER;
  }
}

void call_counts_add(struct call_counts *counts, const char *method, enum error_kind kind) {
  count_of(counts, method)->ended[outcome_of(kind)]++;
}

void call_counts_add_pause(struct call_counts *counts, const char *method, int64_t ms) {
  struct call_count *count = count_of(counts, method);
  count->pauses++;
  count->paused_ms += ms;
}

void call_counts_each(const struct call_counts *counts, void (*each)(const struct call_count *count, void *data), void *data) {
  for (const struct entry *entry = counts->entries; entry; entry = entry->hh.next) each(&entry->count, data);
}
