/* A consistent copy of the live database, of the moment at which it is asked for, without the pages that are as in a base. It
 * is made over several turns of the loop, between which the bots go on. The loop's thread. Internal to the floor. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct changes;
struct clock;
struct database;
struct error;
struct mirror;
struct page_hashes;

struct mirror *mirror_open(struct database *database, struct clock *clock); /* both are kept. Given: mirror_close() */
void mirror_close(struct mirror *mirror);                                   /* NULL does no harm */

/* The copy will be of this moment; no segment may be open. base: NULL, or kept until `copied`, which comes once, from the loop.
 * error->kind ERROR_NONE: the copy is there, to be taken; ERROR_MEMORY, ERROR_SYSTEM: it is not. Not while another is under
 * way. mirror_close() cancels. */
void mirror_start(struct mirror *mirror, const struct page_hashes *base, void (*copied)(const struct error *error, void *data),
                  void *data);
struct changes *mirror_take(struct mirror *mirror); /* given: changes_free() */

int64_t mirror_longest_slice_us(const struct mirror *mirror); /* the longest turn of the last copy, in microseconds */
