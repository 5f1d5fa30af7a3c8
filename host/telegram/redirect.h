/* A request whose group has become a supergroup, made anew for the group's new id. Internal to the floor. */
#pragma once
#include <stdint.h>

struct redirect;
struct telegram_request;

/* Changes *request to one for that chat; what it points to is then partly the moved one's, partly the caller's as before.
 * Given: redirect_free(), after the request's end. NULL: it names no chat, or there is no memory; nothing has changed. */
struct redirect *redirect_new(struct telegram_request *request, int64_t chat_id);
void redirect_free(struct redirect *redirect); /* NULL does no harm */
