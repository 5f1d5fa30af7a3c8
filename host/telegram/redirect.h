/* A redirect: a request to a group that has become a supergroup, rewritten for its new id. Internal to the floor. */
#pragma once
#include <stdint.h>

struct redirect;
struct telegram_request;

/* Changes the chat_id of *request; what it points to then belongs partly to the redirect, partly to the caller as before.
 * Given: redirect_free(), after the request's end. NULL: the request has no chat_id, or there is no memory; nothing has
 * changed. */
struct redirect *redirect_new(struct telegram_request *request, int64_t chat_id);
void redirect_free(struct redirect *redirect); /* NULL does no harm */
