/* Telegram's Message object, written from a message. */
#pragma once

struct buffer;
struct message;

enum message_view {
  MESSAGE_FOR_BOT,    /* as the Bot API answers: of all markup only inline keyboards */
  MESSAGE_FOR_PERSON, /* with reply keyboards, the pin and the version */
  MESSAGE_NESTED,     /* as reply_to_message or pinned_message: without its own reply_to_message */
};

void message_json_write(const struct message *message, enum message_view view, struct buffer *buffer);
