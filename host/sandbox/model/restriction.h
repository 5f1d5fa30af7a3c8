/* Members who may not write in a group, by restrictChatMember. Not saved with the model. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct chat;

/* until: seconds since 1970; 0: for good. is_silent false: the person may write again. */
void restriction_set(struct chat *chat, int64_t user_id, bool is_silent, int64_t until);
bool restriction_holds(const struct chat *chat, int64_t user_id, int64_t now); /* true: the person may not write */
void restriction_drop_all(struct chat *chat);
