/* The lane of an update: the number that its order goes by, which is the id of its chat, or of the person where there is no
 * chat. A group that becomes a supergroup gets a new id, and yet its order must hold: updates of the new id take the lane of
 * the old one. That is remembered in memory only, since whatever a restart finds in the inbox tells it again. The loop's thread
 * only. Internal to the floor. */
#pragma once
#include <lua.h>
#include <stdint.h>

struct update_lanes;

struct update_lanes *update_lanes_new(void);
void update_lanes_free(struct update_lanes *lanes); /* NULL does no harm */

/* The lane of the decoded update at that index (absolute) of the stack; 0 where it has neither chat nor person. Remembers the
 * migration that the update tells of. Raises only for lack of memory. */
int64_t update_lanes_find(struct update_lanes *lanes, lua_State *L, int update);

/* Whoever did what that update tells of; 0: nobody is named. */
int64_t update_lanes_person(lua_State *L, int update);
