/* The poll that a message shows, which is kept as JSON text in its content: read, to be changed, and written back. */
#pragma once

struct json_t;
struct message;

struct json_t *poll_content_read(const struct message *message); /* given: json_decref(). NULL: the message is no poll */
void poll_content_write(struct message *message, const struct json_t *poll); /* followed by message_changed() */
