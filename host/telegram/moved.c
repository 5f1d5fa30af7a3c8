/* Only the parameter chat_id: it is the chat that refused. Others, such as from_chat_id, may name the old id rightly. */
#include "telegram/moved.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "net/http.h"
#include "telegram/telegram.h"

enum { ID_SIZE = 24 };

struct moved {
  char *body;              /* JSON; or */
  struct http_part *parts; /* the caller's, but for one */
  char chat_id[ID_SIZE];   /* that one's text */
};

static bool move_body(struct moved *moved, const struct telegram_request *request, int64_t chat_id) {
  json_t *root = json_loadb(request->body, request->size, 0, NULL);
  bool ok = json_object_get(root, "chat_id") && json_object_set_new(root, "chat_id", json_integer(chat_id)) == 0;
  if (ok) moved->body = json_dumps(root, JSON_COMPACT);
  json_decref(root);
  return moved->body != NULL;
}

static bool move_parts(struct moved *moved, const struct telegram_request *request, int64_t chat_id) {
  bool has_chat = false;
  moved->parts = memory_try_resize(NULL, request->part_count * sizeof *moved->parts);
  for (size_t i = 0; moved->parts && i < request->part_count; i++) {
    moved->parts[i] = request->parts[i];
    if (strcmp(request->parts[i].name, "chat_id") != 0) continue;
    int size = snprintf(moved->chat_id, sizeof moved->chat_id, "%" PRId64, chat_id);
    moved->parts[i].data = moved->chat_id;
    moved->parts[i].size = (size_t)size;
    has_chat = true;
  }
  return has_chat;
}

struct moved *moved_new(struct telegram_request *request, int64_t chat_id) {
  struct moved *moved = memory_new(sizeof *moved);
  bool ok = request->parts ? move_parts(moved, request, chat_id) : request->body && move_body(moved, request, chat_id);
  if (!ok) {
    moved_free(moved);
    return NULL;
  }
  if (moved->body) {
    request->body = moved->body;
    request->size = strlen(moved->body);
  } else {
    request->parts = moved->parts;
  }
  return moved;
}

void moved_free(struct moved *moved) {
  if (!moved) return;
  free(moved->body);
  free(moved->parts);
  free(moved);
}
