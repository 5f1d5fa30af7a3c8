/* What Telegram tells a Web App of the person who has opened it: its init data, signed with the bot's token. */
#pragma once
#include <stdint.h>

struct bot;
struct person;

/* "query_id=...&user=...&auth_date=...&hash=...", as Telegram.WebApp.initData is. query_id 0: the app can't answer by it.
 * Given: free(). NULL: this machine has no GLib, which signs. */
char *web_app_init_data(const struct bot *bot, const struct person *person, int64_t query_id, int64_t now);
