#include "sandbox/model/origin.h"

#include "common/buffer.h"
#include "common/memory.h"
#include "sandbox/model/chat.h"
#include "sandbox/model/json_write.h"
#include "sandbox/model/message.h"
#include "sandbox/model/person.h"

void origin_write(const struct message *message, struct buffer *buffer) {
  long long date = message->date;
  if (message->from) {
    (void)buffer_format(buffer, NULL, "{\"type\":\"user\",\"sender_user\":%s,\"date\":%lld}", message->from->json, date);
  } else {
    (void)buffer_format(buffer, NULL, "{\"type\":\"channel\",\"chat\":%s,\"message_id\":%d,\"date\":%lld}", message->chat->json,
                        message->id, date);
  }
}

/* The origin of a forward that is forwarded is the first author. */
char *origin_of_forward(const struct message *message) {
  if (message->origin) return memory_copy_text(message->origin);
  struct buffer origin;
  buffer_init(&origin, JSON_WRITE_CEILING);
  json_write_text(&origin, "\"forward_origin\":");
  origin_write(message, &origin);
  if (message->from) {
    json_write_raw(&origin, "forward_from", message->from->json);
  } else {
    json_write_raw(&origin, "forward_from_chat", message->chat->json);
    (void)buffer_format(&origin, NULL, ",\"forward_from_message_id\":%d", message->id);
  }
  (void)buffer_format(&origin, NULL, ",\"forward_date\":%lld", (long long)message->date);
  return buffer_take(&origin, NULL);
}
