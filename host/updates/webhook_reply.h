/* A call of a handler that says nothing to it, and may travel as the answer to the request that brought the update: Telegram
 * carries it out when it reads that answer. It takes its turn in its chat at once. It ends in one of two ways: as that answer,
 * or as a call of its own where the order of the chat asks for it or the request is gone. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock;
struct server_request;
struct telegram;
struct telegram_request;
struct webhook_replies;
struct webhook_reply;

struct webhook_replies *webhook_replies_new(struct telegram *telegram, struct clock *clock); /* both kept */
void webhook_replies_free(struct webhook_replies *replies); /* what is under way is cancelled. NULL does no harm */

/* Given: ended by webhook_reply_send() or webhook_reply_answer(). request is borrowed, without files. NULL: it can't travel, as
 * others are before it in its chat, or Telegram takes no such method so. */
struct webhook_reply *webhook_replies_hold(struct webhook_replies *replies, const struct telegram_request *request);
bool webhook_reply_is_of_chat(const struct webhook_reply *reply); /* does it say something there, so that its order matters? */

void webhook_reply_send(struct webhook_reply *reply); /* as a call of its own; taken */

/* As the answer to the request; taken. Other calls of its chat wait until Telegram has had time to read it. */
void webhook_reply_answer(struct webhook_reply *reply, int64_t update_id, struct server_request *request);

/* Telegram sends an update again, because its answer got lost. True: that was a reply, and this is it again. */
bool webhook_replies_repeat(struct webhook_replies *replies, int64_t update_id, struct server_request *request);

/* Telegram has sent something of that chat, which it does when it has read the answer before. */
void webhook_replies_arrived(struct webhook_replies *replies, int64_t chat_id);
void webhook_replies_stop(struct webhook_replies *replies);            /* nothing waits for an answer to be read any more */
uint64_t webhook_replies_count(const struct webhook_replies *replies); /* answered so */
