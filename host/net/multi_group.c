/* For each request libcurl looks through the connections of its multi, one after the other, until it finds a free one of that
 * host. Under load nearly all are in use: with 1,000 of them that was more work than the rest of an update. So a multi has few
 * connections, and the next one is opened when all before it are in use. The first one with room is taken, so that as few are
 * used as the load needs. */
#include "net/multi_group.h"

#include <stdlib.h>

#include "common/memory.h"

#ifndef MULTI_GROUP_SIZE
#define MULTI_GROUP_SIZE 32 /* connections of a multi, which itself takes 40 kB */
#endif

struct multi_group {
  struct loop *loop;
  multi_ended ended;
  multi_worked worked;
  void *data;
  void (*closed)(void *data); /* not NULL: retired */
  void *closed_data;
  unsigned max_connections, count, most; /* of multis: how many are open, and may be */
  struct multi *multis[];
};

/* The last one has what is left of all connections. */
static bool add_multi(struct multi_group *group) {
  unsigned left = group->max_connections - group->count * MULTI_GROUP_SIZE;
  unsigned size = left < MULTI_GROUP_SIZE ? left : MULTI_GROUP_SIZE;
  struct multi *multi = multi_open(group->loop, size, group->ended, group->worked, group->data);
  if (multi) group->multis[group->count++] = multi;
  return multi != NULL;
}

struct multi_group *multi_group_open(struct loop *loop, unsigned max_connections, multi_ended ended, multi_worked worked,
                                     void *data) {
  unsigned most = (max_connections + MULTI_GROUP_SIZE - 1) / MULTI_GROUP_SIZE;
  struct multi_group *group = memory_new(sizeof *group + most * sizeof group->multis[0]);
  group->loop = loop;
  group->ended = ended;
  group->worked = worked;
  group->data = data;
  group->max_connections = max_connections;
  group->most = most;
  if (add_multi(group)) return group;
  free(group);
  return NULL;
}

struct multi *multi_group_choose(struct multi_group *group) {
  for (unsigned i = 0; i < group->count; i++) {
    if (multi_has_room(group->multis[i])) return group->multis[i];
  }
  return group->count < group->most && add_multi(group) ? group->multis[group->count - 1] : NULL;
}

static void on_closed(void *data) {
  struct multi_group *group = data;
  if (--group->count) return;
  group->closed(group->closed_data);
  free(group);
}

/* The first ones may be closed at once, and the last of them frees the group. */
void multi_group_retire(struct multi_group *group, void (*closed)(void *data), void *data) {
  group->closed = closed;
  group->closed_data = data;
  for (unsigned i = group->count; i > 0; i--) multi_retire(group->multis[i - 1], on_closed, group);
}
