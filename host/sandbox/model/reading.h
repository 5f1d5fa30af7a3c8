/* How far the bots have read a chat: up to the newest message whose update some bot has taken, as the two ticks of Telegram's
 * apps tell. An update is taken when it no longer waits in the bot's queue. */
#pragma once

struct chat;
struct model;

int reading_last_id(const struct model *model, const struct chat *chat); /* of that message; 0: none */
