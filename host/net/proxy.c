/* Reads the variables that name a proxy. Upper and lower case of the names as curl has them: http_proxy in lower case only,
 * because a web server hands a request's header "Proxy" to its programs as HTTP_PROXY. */
#include "net/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { HOST_SIZE = 256 }; /* a name of DNS has 253 bytes */

/* The end of "user:password@", which may hold an @ itself; `text` without one. */
static const char *skip_user(const char *text, size_t size) {
  const char *after = text;
  for (size_t i = 0; i < size; i++) {
    if (text[i] == '@') after = text + i + 1;
  }
  return after;
}

static const char *variable(const char *name) {
  const char *value = name ? getenv(name) : NULL;
  return value && *value ? value : NULL;
}

static const char *first_of(const char *one, const char *other, const char *last) {
  const char *value = variable(one);
  if (!value) value = variable(other);
  return value ? value : variable(last);
}

bool proxy_is_configured(void) {
  return first_of("http_proxy", "https_proxy", "HTTPS_PROXY") || first_of("all_proxy", "ALL_PROXY", NULL);
}

/* False: the URL has no host, or one that is too long. */
static bool host_of(const char *url, char host[static HOST_SIZE]) {
  const char *at = strstr(url, "://");
  at = at ? at + 3 : url;
  const char *after = at + strcspn(at, "/?#");
  at = skip_user(at, (size_t)(after - at));
  size_t size = (size_t)(after - at);
  bool is_bracketed = *at == '[';
  if (is_bracketed) at++;
  const char *end = memchr(at, is_bracketed ? ']' : ':', size);
  if (end) size = (size_t)(end - at);
  while (size && at[size - 1] == '.') size--;
  if (!size || size >= HOST_SIZE) return false;
  memcpy(host, at, size);
  host[size] = '\0';
  return true;
}

static bool ends_with(const char *host, const char *domain, size_t size) {
  size_t host_size = strlen(host);
  if (size > host_size || strncasecmp(host + host_size - size, domain, size) != 0) return false;
  return size == host_size || host[host_size - size - 1] == '.';
}

/* The bytes of an address in network order. 0: it is a name. */
static size_t address_bytes(const char *text, uint8_t bytes[static 16]) {
  if (inet_pton(AF_INET, text, bytes) == 1) return 4;
  return inet_pton(AF_INET6, text, bytes) == 1 ? 16 : 0;
}

static bool is_loopback(const char *host) {
  static const uint8_t ipv6_loopback[16] = {[15] = 1};
  uint8_t bytes[16];
  size_t size = address_bytes(host, bytes);
  if (size == 4) return bytes[0] == 127;
  if (size == 16) return memcmp(bytes, ipv6_loopback, 16) == 0;
  return ends_with(host, "localhost", strlen("localhost"));
}

/* "10.0.0.0/8", or a single address. */
static bool is_in_network(const char *host, const char *network) {
  char base[HOST_SIZE];
  uint8_t one[16], other[16];
  const char *slash = strchr(network, '/');
  (void)snprintf(base, sizeof base, "%.*s", slash ? (int)(slash - network) : (int)strlen(network), network);
  size_t size = address_bytes(host, one);
  if (!size || address_bytes(base, other) != size) return false;
  size_t bits = slash ? strtoul(slash + 1, NULL, 10) : size * 8; /* no number: 0, everything, as a /0 */
  if (bits > size * 8) return false;
  for (size_t i = 0; i < bits; i++) {
    if ((one[i / 8] ^ other[i / 8]) >> (7 - i % 8) & 1) return false;
  }
  return true;
}

static bool is_excepted(const char *host) {
  const char *list = first_of("no_proxy", "NO_PROXY", NULL);
  if (!list) return false;
  for (list += strspn(list, ", "); *list; list += strspn(list, ", ")) {
    char entry[HOST_SIZE];
    size_t size = strcspn(list, ", ");
    const char *from = *list == '.' ? list + 1 : list;
    (void)snprintf(entry, sizeof entry, "%.*s", (int)(list + size - from), from);
    list += size;
    if (strcmp(entry, "*") == 0 || is_in_network(host, entry)) return true;
    if (*entry && ends_with(host, entry, strlen(entry))) return true;
  }
  return false;
}

const char *proxy_for(const char *url) {
  char host[HOST_SIZE];
  bool is_https = strncasecmp(url, "https://", 8) == 0;
  const char *proxy =
      is_https ? first_of("https_proxy", "HTTPS_PROXY", "all_proxy") : first_of("http_proxy", "all_proxy", NULL);
  if (!proxy) proxy = variable("ALL_PROXY");
  return proxy && host_of(url, host) && !is_loopback(host) && !is_excepted(host) ? proxy : NULL;
}

void proxy_name(const char *proxy, char name[static PROXY_NAME_SIZE]) {
  const char *scheme_end = strstr(proxy, "://");
  const char *from = scheme_end ? scheme_end + 3 : proxy;
  const char *after = from + strcspn(from, "/?#"), *host = skip_user(from, (size_t)(after - from));
  (void)snprintf(name, PROXY_NAME_SIZE, "%.*s%.*s", (int)(from - proxy), proxy, (int)(after - host), host);
}
