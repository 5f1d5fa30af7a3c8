/* Which addresses belong to the public Internet. Pure functions, any thread. */
#pragma once
#include <stdbool.h>

struct sockaddr;
struct sockaddr_storage;

/* False for private, loopback, link-local, shared (CGNAT), multicast, documentation and reserved addresses, for IPv6 addresses
 * that carry such an IPv4 address, and for every family other than IPv4 and IPv6. */
bool address_is_public(const struct sockaddr *address);

/* "192.0.2.1", "2001:db8::1", without a port. False: it is neither. */
bool address_parse(const char *text, struct sockaddr_storage *address);
