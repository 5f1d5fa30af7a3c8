/* The host that runs on this sandbox, for the chat page: what its keeper knows, and what the host's control socket answers.
 * They are on the page's own origin, so the page needs no other way to it and no other site has one. Without a keeper its
 * state is "none", and all else is refused. */
#pragma once
#include <stdbool.h>

struct control;
struct door;
struct error;

/* Replies at once or later; only over HTTP. False: ERROR_INPUT.
 *   GET  host                   what the keeper says of it
 *   GET  host/log {after?}      {"log", "at"}: what it has logged since
 *   POST host/kill, host/start  by the keeper
 *   POST host/status, reload, stop, dead {action, id?}, sql {sql}, backup
 *                               as in operator/control_socket.h: {"ok": true, "lines": [...], "answer": {...}}; what the host
 *                               refuses, or can't answer as it does not run, is {"ok": false, "description"} */
bool host_link_answer(struct control *control, const char *method, const char *name, struct error *error);

/* After the sandbox's clock was turned: the host's is turned, too, and hosts that start later begin there. Replies
 * {"now", "ahead_s", "host"?}, where host is the host's answer as above. */
bool host_link_tell_clock(struct control *control, struct error *error);
void host_link_keep_clock(struct door *door); /* only for hosts that start later */
void host_link_close_all(struct door *door);  /* forgets what is not answered; the requests end with the server */
