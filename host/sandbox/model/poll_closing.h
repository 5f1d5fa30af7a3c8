/* Polls that close by themselves, at their close_date. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct json_t;
struct message;
struct model;

void poll_closing_plan(struct model *model, const struct message *message, int64_t close_date); /* seconds since 1970 */

/* Closes the poll of the message, and tells the bot that has sent it. Borrowed: the poll. */
void poll_closing_close(struct model *model, struct message *message, struct json_t *poll);

/* The same if its time has come: the clock of a test may have been put forward. */
void poll_closing_check(struct model *model, struct message *message, struct json_t *poll);

/* All whose time has come so. */
void poll_closing_check_all(struct model *model);

/* Tells the bot that has sent the poll how it stands. */
void poll_closing_tell(struct model *model, const struct message *message, const struct json_t *poll);

void poll_closing_drop_all(struct model *model);
