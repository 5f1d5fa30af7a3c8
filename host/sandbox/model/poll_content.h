/* The poll in a message: read for whoever changes it, and written back. */
#pragma once

struct json_t;
struct message;

struct json_t *poll_content_read(const struct message *message); /* given: json_decref(). NULL: the message is no poll */
void poll_content_write(struct message *message, const struct json_t *poll); /* the caller then calls message_changed() */
