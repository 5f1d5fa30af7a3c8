/* A consistent copy of the live database, made in slices on the loop while the bots go on; what they write meanwhile is carried over.
 * The only room besides database/ that knows sqlite3.h. The loop's thread; the image may be read on a worker. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock;
struct database;
struct error;
struct mirror;

/* database and clock are kept. Given: mirror_close(). NULL: ERROR_SYSTEM, ERROR_MEMORY. */
struct mirror *mirror_open(struct database *database, struct clock *clock, struct error *error);
void mirror_close(struct mirror *mirror); /* not while a worker reads the image. NULL does no harm */

/* Copies in slices of at most about 2 ms, one a turn of the loop, each when no segment is open. `copied` comes once, from the loop; error->kind
 * ERROR_NONE: the image is there until mirror_release(). Not while an image is there. mirror_close() cancels. */
void mirror_start(struct mirror *mirror, void (*copied)(const struct error *error, void *data), void *data);

/* Borrowed, without a copy: valid until mirror_release(). */
const unsigned char *mirror_image(const struct mirror *mirror, size_t *size);
void mirror_release(struct mirror *mirror); /* gives the memory back */

int64_t mirror_longest_slice_us(const struct mirror *mirror); /* of the last copy: how long the loop stood still for it, in microseconds */
