/* What all methods share that send a message: the parameters that say where to, in reply to what and with which buttons, and
 * the adding of the message. */
#pragma once
#include <stdbool.h>

struct call;
struct chat;
struct message;

struct sending {
  struct chat *chat;
  int reply_to;      /* 0: no reply */
  char *markup;      /* ours until sending_add() */
  bool has_keyboard; /* the markup is for people only */
};

/* Fails the call with the first mistake in Telegram's order: reply, markup, chat, replied message. sending_release() either
 * way. */
bool sending_read(struct call *call, struct sending *sending);
void sending_release(struct sending *sending);

/* Adds the bot's message. The caller fills in its content and then calls sending_finish(). Borrowed. */
struct message *sending_add(struct call *call, struct sending *sending);
void sending_finish(struct call *call, struct message *message); /* people see it, and it is the call's result */

/* Sends a message that can't be edited. content: its JSON members; taken. */
bool sending_send_fixed(struct call *call, char *content);
