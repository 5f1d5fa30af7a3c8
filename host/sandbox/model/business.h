/* Business connections: a person lets a bot take part in their own chats with others. Such a chat stands beside the chat that
 * the other person has with the bot itself: it has an id of its own in the model, but to the bot it shows the person's. A
 * connection is a JSON object, Telegram's BusinessConnection, with "bot", the id of the bot. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct bot;
struct buffer;
struct chat;
struct json_t;
struct model;
struct person;

/* Adds a connection, or changes the one of that id. rights: BusinessBotRights, borrowed; NULL: all that concern messages.
 * Borrowed.
 */
struct json_t *business_set(struct model *model, const char *id, const struct person *owner, const struct bot *bot,
                            bool is_enabled, const struct json_t *rights);
struct json_t *business_find(const struct model *model, const char *id); /* borrowed; NULL: there is none */
bool business_may(const struct json_t *connection, const char *right);   /* "can_reply" */

struct bot *business_bot(const struct model *model, const struct json_t *connection);
struct person *business_owner(const struct model *model, const struct json_t *connection);

/* The owner's chat with that person, which is made if there is none. Borrowed. */
struct chat *business_chat(struct model *model, const struct json_t *connection, struct person *person);

void business_write(const struct json_t *connection, struct buffer *buffer); /* as the bot gets to see it */
void business_drop_all(struct model *model);
