#include "sandbox/poll.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "sandbox/message.h"
#include "sandbox/write.h"

struct json_t *poll_read(const struct message *message) {
  struct buffer json;
  if (!message->content || strncmp(message->content, "\"poll\":", 7) != 0) return NULL;
  buffer_init(&json, WRITE_CEILING);
  (void)buffer_format(&json, NULL, "{%s}", message->content);
  json_t *root = json_loadb(json.data, json.size, 0, NULL), *poll = json_incref(json_object_get(root, "poll"));
  buffer_release(&json);
  json_decref(root);
  return poll;
}

void poll_write(struct message *message, const struct json_t *poll) {
  char *text = write_dump(poll);
  struct buffer content;
  buffer_init(&content, WRITE_CEILING);
  (void)buffer_format(&content, NULL, "\"poll\":%s", text);
  message_set(&message->content, buffer_take(&content, NULL));
  free(text);
}
