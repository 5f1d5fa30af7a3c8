/* What is done where Telegram refuses to be polled. 401 and 404: is it the token? getMe is asked, since a proxy that restarts
 * answers so, too. 409: another program polls, or somebody has set a webhook, which is deleted. The poll itself goes on
 * meanwhile, at its own pace. Internal to the floor. */
#pragma once

struct error;
struct refusal;
struct telegram_answer;
struct updates_options;

/* options is kept. `failed` is called from the loop when the token has been refused for a minute. */
struct refusal *refusal_open(const struct updates_options *options, void (*failed)(const struct error *error, void *data),
                             void *data);
void refusal_close(struct refusal *refusal); /* NULL does no harm */

void refusal_take(struct refusal *refusal, const struct telegram_answer *answer); /* a getUpdates ended with 401, 404 or 409 */
void refusal_forget(struct refusal *refusal);                                     /* one has succeeded */
