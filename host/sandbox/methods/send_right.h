/* Whether the bot may send into a chat, and what. In a private chat it may send anything. */
#pragma once
#include <stdbool.h>

struct call;
struct chat;

/* Fails the call and returns false where the bot lacks the right for what this method sends. */
bool send_right_check(struct call *call, const struct chat *chat);
