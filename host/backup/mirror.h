/* A consistent copy of the live database in memory, of the moment at which it is asked for. It is made over several turns of
 * the loop, between which the bots go on. The loop's thread; the image may be read on a worker. Internal to the floor. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct clock;
struct database;
struct error;
struct mirror;

struct mirror *mirror_open(struct database *database, struct clock *clock); /* both are kept. Given: mirror_close() */
void mirror_close(struct mirror *mirror); /* not while a worker reads the image. NULL does no harm */

/* The copy will be of this moment; no segment may be open. `copied` comes once, from the loop; error->kind ERROR_NONE: the
 * image is there until mirror_release(); ERROR_MEMORY, ERROR_SYSTEM: it is not. Not while an image is there. mirror_close()
 * cancels.
 */
void mirror_start(struct mirror *mirror, void (*copied)(const struct error *error, void *data), void *data);

const unsigned char *mirror_image(const struct mirror *mirror, size_t *size); /* borrowed until mirror_release() */
void mirror_release(struct mirror *mirror);                                   /* frees the image */

/* Gives up the image, so that the mirror can be closed while a worker reads it. NULL: there is none. */
unsigned char *mirror_take_image(struct mirror *mirror); /* given: mirror_free_image() */
void mirror_free_image(unsigned char *image);            /* NULL does no harm */

int64_t mirror_longest_slice_us(const struct mirror *mirror); /* the longest turn of the last copy, in microseconds */
