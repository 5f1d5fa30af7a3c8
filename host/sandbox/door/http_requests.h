/* What comes to the sandbox's port: calls of bots, the control API below /sandbox/, and the chat page. */
#pragma once

struct door;
struct error;
struct loop;
struct server;

/* Listens there; port 0: any free one. door is kept. Given: server_close(). NULL: ERROR_SYSTEM. */
struct server *http_requests_open(struct door *door, struct loop *loop, unsigned port, struct error *error);
