/* The updates by which bots learn of messages. */
#pragma once

struct message;
struct model;
struct person;

/* Queues the message for the bots: as a message, a channel post, or the edit of one. */
void message_update_send(struct model *model, const struct message *message);

/* Adds the service message that `from` has pinned `pinned`, and queues it for the bots. */
void message_update_send_pin(struct model *model, struct message *pinned, struct person *from);
