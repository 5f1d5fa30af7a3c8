/* Updates on their way to webhooks. As at Telegram, updates of one chat go one after the other, each until it is taken with a
 * 2xx or has expired; different chats do not wait for each other. Only this machine is ever called. */
#pragma once

struct door;
struct loop;
struct webhooks;

/* Both are kept. Given: webhooks_free(). */
struct webhooks *webhooks_new(struct door *door, struct loop *loop);
void webhooks_free(struct webhooks *webhooks); /* breaks off what is under way. NULL does no harm */

/* Sends what can go now, and breaks off what no webhook wants any more. To be called when there is news. */
void webhooks_wake(struct webhooks *webhooks);
