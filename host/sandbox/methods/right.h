/* What the bot needs in a chat to do something there. Bots are administrators with all rights unless a test says otherwise. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct call;
struct chat;

/* right: of model/rights.h. refusal: Telegram's text for a bot that lacks it. Fails the call and returns false. */
bool right_check(struct call *call, const struct chat *chat, uint32_t right, const char *refusal);
