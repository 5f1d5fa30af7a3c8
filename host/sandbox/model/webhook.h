/* Where a bot wants its updates to be sent. Only what is set and what went wrong; sending is door/webhook_delivery.c's. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct webhook {
  char *url;              /* NULL: none, the bot asks by getUpdates */
  char *secret, *address; /* NULL: none */
  int max_connections;
  bool has_certificate;
  unsigned generation; /* grows with every change, so that what is under way for an older one can be told */
  int64_t failed_at;   /* seconds since 1970; 0: nothing has gone wrong since it was set */
  int64_t gone_since;  /* since when it has answered 410 only; 0: it has not */
  char failure[128];
};

/* Texts are borrowed; url NULL: takes the webhook off. */
void webhook_set(struct webhook *webhook, const char *url, const char *secret, const char *address, int max_connections);
bool webhook_is_same(const struct webhook *webhook, const char *url, const char *secret, const char *address,
                     int max_connections);

/* Whether the URL names this machine. No other is ever reached from the sandbox. */
bool webhook_is_local(const char *url);
