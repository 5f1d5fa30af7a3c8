/* Finds which lane an update belongs to, and remembers migrations. The lane is found in the decoded update and not in its
 * JSON, since it is decoded anyway. Telegram tells of a migration twice, by a message in the old chat and by one in the new;
 * either may be the first to come. The lane is the old id for good: an update of the old chat may still wait for its turn
 * when one of the new chat arrives. */
#include "script/update_lane.h"

#include <lauxlib.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/id_hash.h"
#include "common/memory.h"

struct migrated_chat { /* for good: few groups ever migrate, and each does it once */
  int64_t new_chat, old_chat;
  UT_hash_handle hh;
};

struct update_lanes {
  struct migrated_chat *chats; /* by new_chat */
};

struct update_lanes *update_lanes_new(void) { return memory_new(sizeof(struct update_lanes)); }

void update_lanes_free(struct update_lanes *lanes) {
  if (!lanes) return;
  struct migrated_chat *chat, *next;
  HASH_ITER(hh, lanes->chats, chat, next) {
    HASH_DEL(lanes->chats, chat);
    free(chat);
  }
  free(lanes);
}

/* ---- migrations ---- */

static struct migrated_chat *find(const struct update_lanes *lanes, int64_t new_chat) {
  struct migrated_chat *chat;
  HASH_FIND(hh, lanes->chats, &new_chat, sizeof new_chat, chat);
  return chat;
}

static void remember(struct update_lanes *lanes, int64_t old_chat, int64_t new_chat) {
  if (!old_chat || !new_chat || find(lanes, new_chat)) return;
  struct migrated_chat *chat = memory_new(sizeof *chat);
  chat->new_chat = new_chat;
  chat->old_chat = old_chat;
  HASH_ADD(hh, lanes->chats, new_chat, sizeof chat->new_chat, chat);
}

static int64_t lane_of(const struct update_lanes *lanes, int64_t chat) {
  const struct migrated_chat *migrated = lanes->chats ? find(lanes, chat) : NULL;
  return migrated ? migrated->old_chat : chat;
}

/* ---- reading an update ---- */

/* 0 where there is no such field. No id of Telegram is 0. */
static int64_t integer_field(lua_State *L, int table, const char *name) {
  lua_getfield(L, table, name);
  int64_t value = lua_tointeger(L, -1);
  lua_pop(L, 1);
  return value;
}

static int64_t person_of_payload(lua_State *L, int payload) {
  static const char *const people[] = {"from", "user", NULL};
  int64_t id = 0;
  for (int i = 0; !id && people[i]; i++) {
    if (lua_getfield(L, payload, people[i]) == LUA_TTABLE) id = integer_field(L, lua_gettop(L), "id");
    lua_pop(L, 1);
  }
  return id;
}

/* The id of payload.chat, or of payload.message.chat (a pressed button); 0: it is in no chat. */
static int64_t chat_of_payload(lua_State *L, int payload) {
  int64_t id = 0;
  luaL_checkstack(L, 4, NULL);
  if (lua_getfield(L, payload, "chat") == LUA_TTABLE) id = integer_field(L, lua_gettop(L), "id");
  lua_pop(L, 1);
  if (!id) {
    if (lua_getfield(L, payload, "message") == LUA_TTABLE) id = chat_of_payload(L, lua_gettop(L));
    lua_pop(L, 1);
  }
  return id;
}

/* Of groups only, whose ids are below 0. */
static void note_migration(struct update_lanes *lanes, lua_State *L, int message, int64_t chat) {
  if (chat > 0) return;
  int64_t from = integer_field(L, message, "migrate_from_chat_id"), to = integer_field(L, message, "migrate_to_chat_id");
  if (to) {
    remember(lanes, chat, to);
  } else if (from) {
    remember(lanes, from, chat);
  }
}

static bool may_be_of_album(const char *type) {
  return strcmp(type, "message") == 0 || strcmp(type, "channel_post") == 0 || strcmp(type, "business_message") == 0;
}

/* The payload is on top; type: the name of its field. */
static void read_payload(struct update_lanes *lanes, lua_State *L, const char *type, struct update_origin *origin) {
  int payload = lua_gettop(L);
  int64_t chat = chat_of_payload(L, payload);
  origin->person = person_of_payload(L, payload);
  origin->lane = chat ? chat : origin->person;
  if (!may_be_of_album(type)) return;
  origin->album = integer_field(L, payload, "media_group_id"); /* a number in a string, which Lua converts */
  if (strcmp(type, "message") == 0) note_migration(lanes, L, payload, origin->lane);
}

static void read_other(struct update_lanes *lanes, lua_State *L, int update, struct update_origin *origin) {
  for (lua_pushnil(L); lua_next(L, update); lua_pop(L, 1)) { /* a key of an object is a string */
    if (!origin->lane && lua_istable(L, -1)) read_payload(lanes, L, lua_tostring(L, -2), origin);
  }
}

/* An update has one field besides its update_id, the payload; which one depends on its type. */
void update_lanes_find(struct update_lanes *lanes, lua_State *L, int update, struct update_origin *origin) {
  *origin = (struct update_origin){0};
  luaL_checkstack(L, 8, NULL);
  if (lua_getfield(L, update, "message") == LUA_TTABLE) read_payload(lanes, L, "message", origin); /* as in most */
  lua_pop(L, 1);
  if (!origin->lane) read_other(lanes, L, update, origin);
  origin->lane = lane_of(lanes, origin->lane);
}
