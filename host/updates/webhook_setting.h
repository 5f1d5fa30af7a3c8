/* What Telegram is told of the webhook: where it is, its secret, and which updates are wanted. Looks now and then whether that
 * still holds, and says in the log why Telegram can't reach the host. Internal to the floor. */
#pragma once
#include <stdbool.h>

struct updates_options;
struct webhook_setting;

/* options and secret are kept. */
struct webhook_setting *webhook_setting_open(const struct updates_options *options, const char *secret);
void webhook_setting_close(struct webhook_setting *setting); /* NULL does no harm */

void webhook_setting_start(struct webhook_setting *setting); /* also anew: what is wanted has changed */
void webhook_setting_stop(struct webhook_setting *setting);  /* the webhook itself stays: whoever comes next has its updates */
bool webhook_setting_is_set(const struct webhook_setting *setting);
