/* The updates by which bots learn of messages. */
#pragma once

struct chat;
struct message;
struct model;
struct person;

/* Queues the message for the bots that hear it: as a message, a channel post, or the edit of one. In a group, a bot in privacy
 * mode hears only what is meant for it, unless it is an administrator. */
void message_update_send(struct model *model, struct message *message);

/* Adds a service message of `from` (NULL: of the channel), and queues it for the bots. content: its JSON members; taken.
 * Borrowed. */
struct message *message_update_send_service(struct model *model, struct chat *chat, struct person *from, char *content);

/* Adds the service message that `from` has pinned `pinned`, and queues it for the bots. */
void message_update_send_pin(struct model *model, struct message *pinned, struct person *from);
