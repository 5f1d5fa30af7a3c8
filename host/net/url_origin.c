#include "net/url_origin.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "net/address.h"

void url_origin_read(const char *url, struct url_origin *origin) {
  char *scheme = NULL, *host = NULL, *port = NULL;
  CURLU *parts = curl_url();
  *origin = (struct url_origin){.text = ""};
  if (parts && url && !curl_url_set(parts, CURLUPART_URL, url, CURLU_GUESS_SCHEME) &&
      !curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) && !curl_url_get(parts, CURLUPART_HOST, &host, 0) &&
      !curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT)) {
    int host_size = snprintf(origin->host, sizeof origin->host, "%s", host);
    int size = snprintf(origin->text, sizeof origin->text, "%s://%s:%s", scheme, host, port);
    if (host_size >= URL_ORIGIN_HOST_SIZE || size >= URL_ORIGIN_SIZE) *origin = (struct url_origin){.text = ""};
  }
  curl_free(scheme);
  curl_free(host);
  curl_free(port);
  curl_url_cleanup(parts);
}

static bool ends_in(const char *host, const char *end) {
  size_t size = strlen(host), end_size = strlen(end);
  return size >= end_size && strcasecmp(host + size - end_size, end) == 0;
}

/* "[::1]" without its brackets, "example.org." without its last dot. */
static void tidy(const char *host, char name[URL_ORIGIN_HOST_SIZE]) {
  size_t size = strlen(host);
  if (size > 1 && host[0] == '[' && host[size - 1] == ']') host++, size -= 2;
  while (size && host[size - 1] == '.') size--;
  memcpy(name, host, size);
  name[size] = '\0';
}

bool url_origin_is_outside(const struct url_origin *origin, bool (*is_public)(const struct sockaddr *address)) {
  static const char *const own[] = {".localhost", ".local", ".internal", ".lan", ".home", ".corp", ".intranet", ".arpa"};
  char name[URL_ORIGIN_HOST_SIZE];
  struct sockaddr_storage address;
  tidy(origin->host, name);
  if (address_parse(name, &address)) return is_public((const struct sockaddr *)&address);
  const char *last = strrchr(name, '.');
  if (!last || (last[1] >= '0' && last[1] <= '9')) return false; /* "0x7f.1" is 127.0.0.1, too */
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
    if (ends_in(name, own[i])) return false;
  }
  return true;
}
