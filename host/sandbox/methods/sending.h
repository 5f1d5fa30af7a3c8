/* What all methods share that send a message: the parameters that say where to, in reply to what, with which buttons and how it
 * is to be shown; and the adding of the message. */
#pragma once
#include <stdbool.h>

struct call;
struct chat;
struct message;

struct sending {
  struct chat *chat;
  int reply_to;      /* 0: no reply to a message of the chat */
  int thread_id;     /* of the topic; 0: none */
  bool is_protected; /* the message can't be forwarded */
  bool has_keyboard; /* the markup is for people only */
  char *markup;      /* ours until sending_add(), like all below. NULL: none */
  char *quote;       /* JSON object */
  char *preview;     /* JSON object: LinkPreviewOptions */
  char *extras;      /* JSON members */
};

/* Fails the call with the first mistake in Telegram's order: reply, markup, chat, topic, replied message,
 * rights. sending_release()
 * either way. */
bool sending_read(struct call *call, struct sending *sending);
void sending_release(struct sending *sending);

/* Adds the bot's message. The caller fills in its content and then calls sending_finish(). Borrowed. A sending can be added
 * several times: all messages are alike, but only the first has the buttons. */
struct message *sending_add(struct call *call, struct sending *sending);
void sending_finish(struct call *call, struct message *message); /* people see it, and it is the call's result */

/* Sends a message that can't be edited. content: its JSON members; taken. */
bool sending_send_fixed(struct call *call, char *content);
