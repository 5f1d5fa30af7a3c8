#include "sandbox/model/restriction.h"

#include <stdlib.h>
#include <uthash.h>

#include "common/memory.h"
#include "sandbox/model/chat.h"

struct restriction {
  int64_t user_id, until;
  UT_hash_handle hh;
};

static struct restriction *find(const struct chat *chat, int64_t user_id) {
  struct restriction *restriction;
  HASH_FIND(hh, chat->restrictions, &user_id, sizeof user_id, restriction);
  return restriction;
}

void restriction_set(struct chat *chat, int64_t user_id, bool is_silent, int64_t until) {
  struct restriction *restriction = find(chat, user_id);
  if (is_silent) {
    if (!restriction) {
      restriction = memory_new(sizeof *restriction);
      restriction->user_id = user_id;
      HASH_ADD(hh, chat->restrictions, user_id, sizeof user_id, restriction);
    }
    restriction->until = until;
  } else if (restriction) {
    HASH_DEL(chat->restrictions, restriction);
    free(restriction);
  }
}

bool restriction_holds(const struct chat *chat, int64_t user_id, int64_t now) {
  const struct restriction *restriction = find(chat, user_id);
  return restriction && (restriction->until == 0 || now < restriction->until);
}

void restriction_drop_all(struct chat *chat) {
  while (chat->restrictions) restriction_set(chat, chat->restrictions->user_id, false, 0);
}
