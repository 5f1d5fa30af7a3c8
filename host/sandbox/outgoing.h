/* What all methods share that send a message: where to, as a reply to what, with which markup. */
#pragma once
#include <stdbool.h>

struct call;
struct chat;
struct message;

struct outgoing {
  struct chat *chat;
  int reply_to;
  char *markup; /* ours until outgoing_send() */
  bool has_keyboard;
};

/* Fails the call in Telegram's order: reply, markup, chat, replied message. outgoing_release() either way. */
bool outgoing_read(struct call *call, struct outgoing *outgoing);
void outgoing_release(struct outgoing *outgoing);

/* Adds the bot's message, whose content the caller fills in, and who then calls outgoing_finish(). Borrowed. */
struct message *outgoing_add(struct call *call, struct outgoing *outgoing);
void outgoing_finish(struct call *call, struct message *message); /* it is seen, and written as the call's result */
