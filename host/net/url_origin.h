/* The origin of an address: scheme, host and port, as libcurl reads them. Pure functions, any thread. Internal to the floor. */
#pragma once
#include <stdbool.h>

struct sockaddr;

enum {
  URL_ORIGIN_HOST_SIZE = 256, /* a name of DNS has 253 bytes */
  URL_ORIGIN_SIZE = URL_ORIGIN_HOST_SIZE + 24,
};

struct url_origin {
  char text[URL_ORIGIN_SIZE]; /* "https://example.org:443"; "": it could not be read */
  char host[URL_ORIGIN_HOST_SIZE];
};

void url_origin_read(const char *url, struct url_origin *origin); /* url: NULL is none */

/* By its name alone, for a request whose address only a proxy learns: false for an address that is not public, for whatever
 * could be another spelling of one, for a name without a dot, and for names that only a network of one's own has. */
bool url_origin_is_outside(const struct url_origin *origin, bool (*is_public)(const struct sockaddr *address));
