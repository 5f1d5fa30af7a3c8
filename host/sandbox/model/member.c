#include "sandbox/model/member.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/memory.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/person.h"
#include "sandbox/model/rights.h"

static const char *const statuses[] = {"left", "kicked", "restricted", "member", "administrator", "creator"};

bool member_status_find(const char *name, enum member_status *status) {
  for (enum member_status s = MEMBER_LEFT; s <= MEMBER_CREATOR; s++) {
    *status = s;
    if (strcmp(name, statuses[s]) == 0) return true;
  }
  return false;
}

static struct member *find(const struct chat *chat, int64_t user_id) {
  struct member *member;
  HASH_FIND(hh, chat->members, &user_id, sizeof user_id, member);
  return member;
}

static struct member *add(struct chat *chat, int64_t user_id) {
  struct member *member = memory_new(sizeof *member);
  member->user_id = user_id;
  HASH_ADD(hh, chat->members, user_id, sizeof member->user_id, member);
  return member;
}

static struct member of_none(const struct chat *chat, const struct person *person) {
  struct member member = {.user_id = person->id};
  if (chat->type == CHAT_PRIVATE) {
    member.status = person == chat->person || person->is_bot ? MEMBER_PLAIN : MEMBER_LEFT;
  } else if (person->is_bot) {
    member.status = MEMBER_ADMINISTRATOR;
    member.rights = rights_all(RIGHTS_ADMINISTRATOR);
  }
  return member;
}

struct member member_now(const struct chat *chat, const struct person *person, int64_t now) {
  const struct member *found = find(chat, person->id);
  if (!found) return of_none(chat, person);
  struct member member = *found;
  bool is_over = member.until && member.until <= now;
  if (is_over && member.status == MEMBER_KICKED) member.status = MEMBER_LEFT;
  if (is_over && member.status == MEMBER_RESTRICTED) member.status = member.is_away ? MEMBER_LEFT : MEMBER_PLAIN;
  return member;
}

struct member *member_entry(struct chat *chat, const struct person *person) {
  struct member *member = find(chat, person->id);
  if (member) return member;
  struct member start = of_none(chat, person);
  member = add(chat, person->id);
  member->status = start.status;
  member->rights = start.rights;
  return member;
}

void member_set_title(char title[MEMBER_TITLE_SIZE], const char *text) {
  (void)snprintf(title, MEMBER_TITLE_SIZE, "%s", text ? text : "");
}

bool member_is_in(const struct member *member) {
  return member->status >= MEMBER_PLAIN || (member->status == MEMBER_RESTRICTED && !member->is_away);
}

bool member_may_write(const struct member *member) {
  return member->status >= MEMBER_PLAIN || member->status == MEMBER_LEFT ||
         (member->status == MEMBER_RESTRICTED && member->rights & PERMISSIONS_SEND);
}

bool member_is_administrator(const struct member *member) { return member->status >= MEMBER_ADMINISTRATOR; }

bool member_has_right(const struct member *member, uint32_t right) {
  return member->status == MEMBER_CREATOR || (member->status == MEMBER_ADMINISTRATOR && member->rights & right);
}

/* ---- people ---- */

void member_add(struct chat *chat, int64_t user_id) {
  struct member *member = find(chat, user_id);
  if (!member) member = add(chat, user_id);
  if (member->status == MEMBER_RESTRICTED)
    member->is_away = false;
  else if (member->status < MEMBER_PLAIN)
    member->status = MEMBER_PLAIN;
}

int64_t member_first(const struct chat *chat) {
  for (const struct member *member = chat->members; member; member = member->hh.next) {
    if (member_is_in(member)) return member->user_id;
  }
  return 0;
}

/* ---- as JSON ---- */

static void write_rights(const struct member *member, struct buffer *buffer) {
  json_write_text(buffer, ",\"can_be_edited\":false,");
  rights_write(RIGHTS_ADMINISTRATOR, member->rights, buffer);
}

static void write_restriction(const struct member *member, struct buffer *buffer) {
  (void)buffer_format(buffer, NULL, ",\"until_date\":%lld,\"is_member\":%s,", (long long)member->until,
                      member->is_away ? "false" : "true");
  rights_write(RIGHTS_PERMISSIONS, member->rights, buffer);
}

void member_write(const struct member *member, const struct person *person, struct buffer *buffer) {
  (void)buffer_format(buffer, NULL, "{\"user\":%s,\"status\":\"%s\"", person->json, statuses[member->status]);
  if (member_is_administrator(member)) json_write_member(buffer, "custom_title", *member->title ? member->title : NULL);
  if (member->status == MEMBER_PLAIN || member->status == MEMBER_RESTRICTED)
    json_write_member(buffer, "tag", *member->tag ? member->tag : NULL);
  switch (member->status) {
    case MEMBER_CREATOR:
      json_write_text(buffer, member->rights & RIGHTS_IS_ANONYMOUS ? ",\"is_anonymous\":true" : ",\"is_anonymous\":false");
      break;
    case MEMBER_ADMINISTRATOR: write_rights(member, buffer); break;
    case MEMBER_RESTRICTED: write_restriction(member, buffer); break;
    case MEMBER_KICKED: (void)buffer_format(buffer, NULL, ",\"until_date\":%lld", (long long)member->until); break;
    default: break;
  }
  json_write_text(buffer, "}");
}

void member_drop_all(struct chat *chat) {
  struct member *member, *next;
  HASH_ITER(hh, chat->members, member, next) {
    HASH_DEL(chat->members, member);
    free(member);
  }
}
