/* What comes to the sandbox's port: calls of bots, the control API below /sandbox/, and the chat page. */
#pragma once

struct door;
struct error;
struct loop;
struct sandbox_options;
struct server;

/* Listens at the options' port. door is kept. Given: server_close(). NULL: as server_open(). */
struct server *http_requests_open(struct door *door, struct loop *loop, const struct sandbox_options *wanted,
                                  struct error *error);
