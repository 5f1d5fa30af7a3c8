/* Which addresses belong to the public Internet. A pure function, any thread. */
#pragma once
#include <stdbool.h>

struct sockaddr;
struct sockaddr_storage;

/* False for private, loopback, link-local, shared (CGNAT), multicast, documentation and reserved addresses, for IPv6 that
 * carries such an IPv4 address, and for every family but the two. */
bool address_is_public(const struct sockaddr *address);

/* "192.0.2.1", "2001:db8::1", without a port. False: it is no such text. */
bool address_parse(const char *text, struct sockaddr_storage *address);
