/* A change of who is in a chat, or as what: what the bots learn of it. */
#pragma once
#include <stdint.h>

#include "sandbox/model/member.h"

struct chat;
struct model;
struct person;

struct member_change {
  struct chat *chat;
  struct person *actor;   /* who has done it */
  struct person *subject; /* to whom */
  struct member before;   /* as what they were in the chat; member_now() gives what they are by now */
  const char *more;       /* further JSON members of the update: "via_join_request":true. NULL: none */
};

/* Queues my_chat_member for a bot that is the subject, else chat_member for every bot that is an administrator; and where
 * somebody has come or gone, the chat gets the service message that tells it. Nothing if nothing has changed. */
void member_update_send(struct model *model, const struct member_change *change);
