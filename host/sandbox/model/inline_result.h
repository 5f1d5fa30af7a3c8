/* Messages that people send "via" a bot: the chosen result of an inline query, or what a Web App has answered with. A bot names
 * such a message by an inline_message_id only, since it need not be in the chat. */
#pragma once
#include <stddef.h>

struct chat;
struct error;
struct json_t;
struct message;
struct model;
struct person;

/* The message that an InlineQueryResult stands for, by `person` via the bot; not told to anyone yet. Borrowed. NULL:
 * ERROR_INPUT, Telegram's words for what is wrong with it. */
struct message *inline_result_send(struct model *model, struct chat *chat, struct person *person, struct person *via,
                                   const struct json_t *result, struct error *error);

/* The id of a message that has buttons; "" for one without: a bot can't name it. */
void inline_result_write_id(const struct message *message, char *id, size_t size);
struct message *inline_result_find(const struct model *model, const char *id); /* borrowed; NULL: there is none */
