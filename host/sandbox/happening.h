/* What happens less often in the sandbox: a group moves, people vote, an inline result is chosen. Each answers a request of the
 * control API. False: ERROR_INPUT says what is wrong with the request, nothing has happened. */
#pragma once
#include <stdbool.h>

struct control;
struct error;

bool happening_migrate(struct control *control, struct error *error); /* POST migrations {chat_id} */

/* POST votes {chat_id, message_id, from_id, options: [0]}: an empty list takes the vote back. The bot that has sent the poll is
 * told. */
bool happening_vote(struct control *control, struct error *error);

/* POST choices {id, result_id, from_id, chat_id?}: a result of an inline query that was answered. With a chat, what it stands
 * for is written there. */
bool happening_choose(struct control *control, struct error *error);
