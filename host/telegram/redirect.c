/* Repeats a call to a migrated group with the new id. Only the parameter chat_id is changed, because that chat has refused.
 * Others, such as from_chat_id, may name an old id rightly. */
#include "telegram/redirect.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "net/http.h"
#include "telegram/telegram.h"

enum { ID_SIZE = 24 };

struct redirect {
  char *body;              /* JSON; or */
  struct http_part *parts; /* the caller's, except chat_id */
  char chat_id[ID_SIZE];   /* the text of that part */
};

static bool redirect_body(struct redirect *redirect, const struct telegram_request *request, int64_t chat_id) {
  json_t *root = json_loadb(request->body, request->size, 0, NULL);
  bool ok = json_object_get(root, "chat_id") && json_object_set_new(root, "chat_id", json_integer(chat_id)) == 0;
  if (ok) redirect->body = json_dumps(root, JSON_COMPACT);
  json_decref(root);
  return redirect->body != NULL;
}

static bool redirect_parts(struct redirect *redirect, const struct telegram_request *request, int64_t chat_id) {
  bool has_chat = false;
  redirect->parts = memory_try_resize(NULL, request->part_count * sizeof *redirect->parts);
  for (size_t i = 0; redirect->parts && i < request->part_count; i++) {
    redirect->parts[i] = request->parts[i];
    if (strcmp(request->parts[i].name, "chat_id") != 0) continue;
    int size = snprintf(redirect->chat_id, sizeof redirect->chat_id, "%" PRId64, chat_id);
    redirect->parts[i].data = redirect->chat_id;
    redirect->parts[i].size = (size_t)size;
    has_chat = true;
  }
  return has_chat;
}

struct redirect *redirect_new(struct telegram_request *request, int64_t chat_id) {
  struct redirect *redirect = memory_new(sizeof *redirect);
  bool ok =
      request->parts ? redirect_parts(redirect, request, chat_id) : request->body && redirect_body(redirect, request, chat_id);
  if (!ok) {
    redirect_free(redirect);
    return NULL;
  }
  if (redirect->body) {
    request->body = redirect->body;
    request->size = strlen(redirect->body);
  } else {
    request->parts = redirect->parts;
  }
  return redirect;
}

void redirect_free(struct redirect *redirect) {
  if (!redirect) return;
  free(redirect->body);
  free(redirect->parts);
  free(redirect);
}
