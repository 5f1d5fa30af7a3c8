/* The transport in memory: a call goes from a host's telegram straight into a sandbox of the same process. Part of the floor's
 * face: kit.h includes it. */
#pragma once

struct sandbox;
struct transport;

/* sandbox is kept until the transport is closed; token (borrowed) is the bot's. */
void memory_transport_open(struct transport *transport, struct sandbox *sandbox, const char *token);
