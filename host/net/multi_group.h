/* Several multis that share the requests of one HTTP client, for speed. For net/http.c alone. The loop's thread only. */
#pragma once
#include "net/multi.h"

struct multi_group;

/* max_connections: of all multis together; no more transfers may be under way. Given: multi_group_retire(). NULL when curl has
 * no memory. */
struct multi_group *multi_group_open(struct loop *loop, unsigned max_connections, multi_ended ended, multi_worked worked,
                                     void *data);

/* As multi_retire(), for all of them. */
void multi_group_retire(struct multi_group *group, void (*closed)(void *data), void *data);

/* A multi with room for one more transfer, borrowed until that ends. NULL when curl has no memory. */
struct multi *multi_group_choose(struct multi_group *group);
