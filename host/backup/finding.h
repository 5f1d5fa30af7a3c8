/* Finding the backup: pin, pointers and CONFIG_ID are asked for it, what they name is fetched, and the backup that wins is
 * given to the caller. The loop's thread only. Internal to the floor: anchor_find() is its only caller, and struct anchor_found
 * its answer. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "backup/anchor.h"

struct document_source;
struct finding;

/* source is kept until done or cancelled. config_id: 0: none. known: as of anchor_find(). done comes once, from the loop. */
struct finding *finding_start(struct document_source *source, int64_t config_id, const struct anchor_known *known,
                              anchor_found_done done, void *data);
void finding_cancel(struct finding *finding);
char *finding_take(struct finding *finding, size_t *size); /* within done only. Given: free() */
