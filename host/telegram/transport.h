/* What this floor's other rooms need of struct telegram. Internal to the floor. */
#pragma once

struct clock;
struct telegram;
struct transport;

const struct transport *telegram_transport(const struct telegram *telegram); /* borrowed, like the clock */
struct clock *telegram_clock(const struct telegram *telegram);
