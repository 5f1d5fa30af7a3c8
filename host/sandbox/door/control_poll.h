/* Requests of the control API that may wait until there is something to tell: what a chat shows, and what a bot has answered to
 * a query. */
#pragma once
#include <stdbool.h>

struct control;
struct door;
struct error;

/* GET messages {chat_id, after? or after_version?, wait?, with_action?, after_read?}. Replies at once or later, over HTTP;
 * within the process at once. */
bool control_poll_messages(struct control *control, struct error *error);
bool control_poll_answers(struct control *control, struct error *error); /* GET answers {id, wait?}; the same */

void control_poll_wake_all(struct door *door);  /* replies to those for whom there is news */
void control_poll_close_all(struct door *door); /* forgets all; their requests end with the server */
