#include "sandbox/model/webhook.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/memory.h"

static char *copy(const char *text) { return text ? memory_copy_text(text) : NULL; }

void webhook_set(struct webhook *webhook, const char *url, const char *secret, const char *address, int max_connections) {
  free(webhook->url);
  free(webhook->secret);
  free(webhook->address);
  *webhook = (struct webhook){.url = copy(url),
                              .secret = copy(secret),
                              .address = copy(address),
                              .max_connections = max_connections,
                              .generation = webhook->generation + 1};
}

static bool is_same(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

bool webhook_is_same(const struct webhook *webhook, const char *url, const char *secret, const char *address,
                     int max_connections) {
  return is_same(webhook->url, url) && is_same(webhook->secret, secret) && is_same(webhook->address, address) &&
         webhook->max_connections == max_connections;
}

bool webhook_is_local(const char *url) {
  static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]"};
  const char *scheme = strstr(url, "://"), *host = scheme ? scheme + 3 : url, *end = host + strcspn(host, "/?#");
  const char *user = memchr(host, '@', (size_t)(end - host));
  if (user) host = user + 1;
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
    size_t size = strlen(hosts[i]);
    if (strncasecmp(host, hosts[i], size) == 0 && strchr(":/?#", host[size])) return true; /* the NUL at its end counts, too */
  }
  return false;
}
