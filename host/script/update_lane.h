/* The lane of an update: the number that its order goes by, which is the id of its chat, or of the person where there is no
 * chat. A group that becomes a supergroup gets a new id, and yet its order must hold: updates of the new id take the lane of
 * the old one. That is remembered in memory only, since whatever a restart finds in the inbox tells it again. The loop's thread
 * only. Internal to the floor. */
#pragma once
#include <lua.h>
#include <stdint.h>

struct update_lanes;

struct update_origin { /* of an update; 0 is none */
  int64_t lane;        /* of its chat; of the person, where there is no chat */
  int64_t person;      /* whoever did what it tells of */
  int64_t album;       /* what its message is one of */
};

struct update_lanes *update_lanes_new(void);
void update_lanes_free(struct update_lanes *lanes); /* NULL does no harm */

/* Where the decoded update at that index (absolute) of the stack comes from. Remembers the migration that it tells of. Raises
 * only for lack of memory. */
void update_lanes_find(struct update_lanes *lanes, lua_State *L, int update, struct update_origin *origin);
