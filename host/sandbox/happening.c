#include "sandbox/happening.h"

#include <jansson.h>
#include <stdlib.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/memory.h"
#include "sandbox/control.h"
#include "sandbox/message.h"
#include "sandbox/model.h"
#include "sandbox/site.h"
#include "sandbox/write.h"

#define SUPERGROUP_BASE 1000000000000 /* a supergroup's id is this and its own number, below zero */

/* ---- a group becomes a supergroup ---- */

static void tell_new_id(struct model *model, struct chat *chat, struct person *from, const char *member, int64_t id) {
  struct message *message = message_add(model, chat, from);
  struct buffer content;
  buffer_init(&content, WRITE_CEILING);
  (void)buffer_format(&content, NULL, "\"%s\":%lld", member, (long long)id);
  message->kind = MESSAGE_SERVICE;
  message->content = buffer_take(&content, NULL);
  message_changed(model, message);
  message_send_update(model, message);
}

/* The old chat stays as a shell that refuses every call; people go on in the new one. Telegram tells the bot in both. */
bool happening_migrate(struct control *control, struct error *error) {
  struct model *model = control->site->model;
  struct chat *old = model_find_chat(model, control_number(control, "chat_id", 0));
  if (!old || old->type != CHAT_GROUP) return error_set(error, ERROR_INPUT, "\"chat_id\" must be a group's");
  if (old->migrated_to) return error_set(error, ERROR_INPUT, "the group is a supergroup already");
  int64_t id = old->id - SUPERGROUP_BASE;
  struct chat *new = model_add_chat(model, id, CHAT_SUPERGROUP, old->title);
  for (unsigned i = 0; i < old->member_count; i++) model_add_member(new, old->members[i]);
  struct person *from = old->member_count ? model_find_person(model, old->members[0]) : NULL;
  tell_new_id(model, old, from, "migrate_to_chat_id", id);
  tell_new_id(model, new, from, "migrate_from_chat_id", old->id);
  old->migrated_to = id;
  write_text(control->answer, new->json);
  return true;
}
