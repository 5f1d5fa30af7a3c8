/* A request whose group has become a supergroup, made anew for the group's new id. Internal to the floor. */
#pragma once
#include <stdint.h>

struct moved;
struct telegram_request;

/* Changes *request to one for that chat; what it points to is then partly the moved one's, partly the caller's as before.
 * Given: moved_free(), after the request's end. NULL: it names no chat, or there is no memory; nothing has changed. */
struct moved *moved_new(struct telegram_request *request, int64_t chat_id);
void moved_free(struct moved *moved); /* NULL does no harm */
