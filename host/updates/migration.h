/* Groups that became supergroups: the chat has a new id, and yet its order must hold. So updates of the new id go through the
 * lane of the old one, while there may be some of both. In memory only: what a restart finds in the inbox tells it again.
 * Internal to the floor. */
#pragma once
#include <stdint.h>

struct migrations;

struct migrations *migrations_new(void);
void migrations_free(struct migrations *migrations); /* NULL does no harm */

void migrations_add(struct migrations *migrations, int64_t old_chat, int64_t new_chat); /* ids of 0 are no migration */
int64_t migrations_lane(const struct migrations *migrations, int64_t chat); /* chat itself, if it never had another id */
