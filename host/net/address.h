/* Which addresses belong to the public Internet. A pure function, any thread. */
#pragma once
#include <stdbool.h>

struct sockaddr;

/* False for private, loopback, link-local, shared (CGNAT), multicast, documentation and reserved addresses, for IPv6 that
 * carries such an IPv4 address, and for every family but the two. */
bool address_is_public(const struct sockaddr *address);
