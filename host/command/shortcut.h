/* The transport in memory: a call goes from the host's telegram straight into a sandbox of the same process. Internal to the
 * floor. */
#pragma once

struct sandbox;
struct transport;

/* sandbox is kept until the transport is closed; token (borrowed) is the bot's. */
void shortcut_open(struct transport *transport, struct sandbox *sandbox, const char *token);
