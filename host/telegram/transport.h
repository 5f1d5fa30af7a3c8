/* What the rooms of this floor share of a telegram besides its face. */
#pragma once

struct clock;
struct telegram;
struct transport;

const struct transport *telegram_transport(const struct telegram *telegram); /* borrowed, like the clock */
struct clock *telegram_clock(const struct telegram *telegram);
