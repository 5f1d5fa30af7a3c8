/* Albums: photos that a person sends together arrive as one update each, and become one here. The first carries the others, and
 * waits until no more has come for a while. All stay in the inbox, each with its row, so that nothing is lost meanwhile.
 * Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct albums;
struct clock;
struct update;

/* clock is kept. `complete` is called with data, from the loop, for a first update whose turn had come before its album was
 * whole. */
struct albums *albums_new(struct clock *clock, void (*complete)(struct update *first, void *data), void *data);
void albums_free(struct albums *albums); /* updates are not touched. NULL does no harm */

/* An update of an album has arrived. True: the first of that album carries it from now on (first->album_next). False: it is the
 * first itself, and takes its place in the lane. */
bool albums_join(struct albums *albums, struct update *update);

/* Is an album of that lane gathering? Its messages take no place in the lane. */
bool albums_is_gathering(const struct albums *albums, int64_t lane, int64_t album);

/* The first update's turn has come. True: its album is whole, handle it now. False: `complete` comes for it. */
bool albums_is_whole(struct albums *albums, struct update *first);
