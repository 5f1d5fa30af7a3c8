#include "updates/migration.h"

#include <stddef.h>
#include <stdlib.h>
#include <uthash.h>

#include "common/memory.h"

struct migration { /* for good: few groups ever do this, and each does it once */
  int64_t new_chat, old_chat;
  UT_hash_handle hh;
};

struct migrations {
  struct migration *list;
};

struct migrations *migrations_new(void) { return memory_new(sizeof(struct migrations)); }

void migrations_free(struct migrations *migrations) {
  if (!migrations) return;
  struct migration *migration, *next;
  HASH_ITER(hh, migrations->list, migration, next) {
    HASH_DEL(migrations->list, migration);
    free(migration);
  }
  free(migrations);
}

static struct migration *find(const struct migrations *migrations, int64_t chat) {
  struct migration *migration;
  HASH_FIND(hh, migrations->list, &chat, sizeof chat, migration);
  return migration;
}

void migrations_add(struct migrations *migrations, int64_t old_chat, int64_t new_chat) {
  if (!old_chat || !new_chat || find(migrations, new_chat)) return;
  struct migration *migration = memory_new(sizeof *migration);
  migration->new_chat = new_chat;
  migration->old_chat = old_chat;
  HASH_ADD(hh, migrations->list, new_chat, sizeof migration->new_chat, migration);
}

int64_t migrations_lane(const struct migrations *migrations, int64_t chat) {
  const struct migration *migration = migrations->list ? find(migrations, chat) : NULL;
  return migration ? migration->old_chat : chat;
}
