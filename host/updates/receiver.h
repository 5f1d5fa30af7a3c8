/* The receiver of a webhook: requests with an update each, which become answers when the update is in the inbox. Stands beside
 * polling, in its place. Internal to the floor. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "updates/intake.h"
#include "updates/updates.h"

struct error;
struct receiver;
struct server_refusal;
struct server_request;
struct telegram_request;

/* options is kept. NULL: the secret that all hosts share can't be read. */
struct receiver *receiver_open(const struct updates_options *options, const struct intake *intake, struct error *error);
void receiver_close(struct receiver *receiver); /* breaks what still waits. NULL does no harm */

void receiver_start(struct receiver *receiver); /* sets the webhook, and takes updates */
void receiver_renew(struct receiver *receiver); /* what is wanted has changed */
void receiver_go_on(struct receiver *receiver); /* there may be room, or leave to confirm, again */
void receiver_admit(struct receiver *receiver, const struct server_request *request, struct server_refusal *refusal);
void receiver_take(struct receiver *receiver, struct server_request *request); /* as updates_receive() */

/* ---- the first call of a handler as the answer to the request that brought its update ---- */

/* The handler of that batch's update makes a call whose result it does not read. True: it is held, and made in any case. */
bool receiver_reply(struct receiver *receiver, uint64_t batch, const struct telegram_request *request);
void receiver_begin_wait(struct receiver *receiver, uint64_t batch); /* its handler goes on, and may say more */
void receiver_note_chat(struct receiver *receiver, int64_t chat_id); /* something of that chat has arrived */

/* No update is taken from now on. What waits for a backup still gets its answer from receiver_go_on(). `stopped` comes once,
 * from the loop. */
void receiver_stop(struct receiver *receiver, void (*stopped)(void *data), void *data);
void receiver_refuse_waiting(struct receiver *receiver); /* as updates_refuse_waiting() */

void receiver_status(const struct receiver *receiver, struct updates_status *status); /* fills in what is the receiver's */
