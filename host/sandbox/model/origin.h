/* Where a forwarded message comes from. */
#pragma once

struct buffer;
struct message;

/* Telegram's MessageOrigin object. */
void origin_write(const struct message *message, struct buffer *buffer);

/* The members by which a forward of the message tells its origin, those of old included. Given: free(). */
char *origin_of_forward(const struct message *message);
