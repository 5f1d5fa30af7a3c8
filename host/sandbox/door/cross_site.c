/* Judges a request by its Origin, Sec-Fetch-Site and Host. A name with a dot can be anybody's; a bare one (localhost, a
 * container) and an address can't be made to point here. */
#include "sandbox/door/cross_site.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

static bool ends_with(const char *text, size_t size, const char *ending) {
  size_t length = strlen(ending);
  return size >= length && strncasecmp(text + size - length, ending, length) == 0;
}

static bool is_own_host(const char *host) {
  char name[256];
  struct in_addr address;
  size_t size = strcspn(host, ":");
  if (*host == '[') return true; /* an IPv6 address */
  if (size >= sizeof name) return false;
  memcpy(name, host, size);
  name[size] = '\0';
  if (!strchr(name, '.') || inet_pton(AF_INET, name, &address) == 1) return true;
  return ends_with(name, size, ".localhost") || ends_with(name, size, ".internal"); /* nobody can register these */
}

bool cross_site_is_allowed(const char *host, const char *origin, const char *fetch_site) {
  if (host && !is_own_host(host)) return false;
  if (fetch_site && (strcasecmp(fetch_site, "cross-site") == 0 || strcasecmp(fetch_site, "same-site") == 0)) return false;
  if (!origin) return true;
  const char *site = strstr(origin, "://");
  return site && host && strcasecmp(site + 3, host) == 0;
}
