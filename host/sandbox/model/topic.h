/* The topics of a forum. A topic's id is that of the service message by which it began; 1 is the general one, which is always
 * there. */
#pragma once
#include <stdbool.h>

struct chat;
struct json_t;
struct model;
struct person;

enum { TOPIC_GENERAL = 1 };

/* Begins a topic, and tells the chat. icon: the id of a custom emoji; NULL: none. Borrowed: {"message_thread_id", "name", ...}.
 */
struct json_t *topic_add(struct model *model, struct chat *chat, struct person *from, const char *name, int color,
                         const char *icon);
struct json_t *topic_find(struct chat *chat, int id); /* borrowed; NULL: there is none */

/* Adds the service message of a change. content: its JSON members; taken. */
void topic_tell(struct model *model, struct chat *chat, struct person *from, int id, char *content);

void topic_delete(struct model *model, struct chat *chat, int id); /* with all its messages */
