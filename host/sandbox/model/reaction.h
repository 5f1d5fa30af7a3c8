/* Reactions to messages: what people and bots have left on them, and what the bots are told. */
#pragma once

struct buffer;
struct json_t;
struct message;
struct model;
struct person;

/* Replaces the person's reactions to the message; reactions: an array of ReactionType, borrowed. Administrators among the bots
 * get message_reaction for what people do; of a channel's posts, message_reaction_count, since nobody is named there. */
void reaction_set(struct model *model, struct message *message, const struct person *person, const struct json_t *reactions);

/* Takes the reactions of the person off; for NULL those of all. */
void reaction_remove(struct model *model, struct message *message, const struct person *person);

/* Adds the array of ReactionCount. */
void reaction_write(const struct message *message, struct buffer *buffer);
