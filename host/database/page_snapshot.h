/* The pages of the built-in database as they are at one moment, to be read in as many turns of the loop as it takes while
 * segments go on. To begin costs no copy. The loop's thread only. Part of the floor's face: database.h includes it. */
#pragma once
#include <stddef.h>

struct database;
struct error;
struct page_snapshot;

/* Before any connection is opened; again does no harm. */
void page_snapshot_install(void);

/* The moment is now; no segment may be open. Any number of snapshots may be there at once. The database may be loaded anew, or
 * closed, before they end. Given: page_snapshot_end(). NULL: ERROR_MEMORY, ERROR_SYSTEM. */
struct page_snapshot *page_snapshot_begin(struct database *database, struct error *error);
void page_snapshot_end(struct page_snapshot *snapshot); /* NULL does no harm */

size_t page_snapshot_page_size(const struct page_snapshot *snapshot); /* bytes */
size_t page_snapshot_page_count(const struct page_snapshot *snapshot);

/* The next page in order; at most page_snapshot_page_count() are asked for. Borrowed until a segment begins, or the next call.
 * NULL: ERROR_MEMORY, since a page that was about to change could not be kept. */
const unsigned char *page_snapshot_next(struct page_snapshot *snapshot, struct error *error);
