#include "sandbox/model/poll_content.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"

struct json_t *poll_content_read(const struct message *message) {
  struct buffer json;
  if (!message->content || strncmp(message->content, "\"poll\":", 7) != 0) return NULL;
  buffer_init(&json, JSON_WRITE_CEILING);
  (void)buffer_format(&json, NULL, "{%s}", message->content);
  json_t *root = json_loadb(json.data, json.size, 0, NULL), *poll = json_incref(json_object_get(root, "poll"));
  buffer_release(&json);
  json_decref(root);
  return poll;
}

void poll_content_write(struct message *message, const struct json_t *poll) {
  char *text = json_write_dump(poll);
  struct buffer content;
  buffer_init(&content, JSON_WRITE_CEILING);
  (void)buffer_format(&content, NULL, "\"poll\":%s", text);
  message_set(&message->content, buffer_take(&content, NULL));
  free(text);
}
