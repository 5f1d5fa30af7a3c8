/* The proxy that a request goes through, by the variables that curl's users know: http_proxy, HTTPS_PROXY, ALL_PROXY, NO_PROXY.
 * Decided here and not by curl, which does not tell afterwards what it has decided; and never for an address of this machine.
 * Any thread, as long as nobody changes the environment. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { PROXY_NAME_SIZE = 128 };

bool proxy_is_configured(void); /* false: there is none for any address */

/* Borrowed from the environment, and may hold a password. NULL: straight to the address. */
const char *proxy_for(const char *url);

/* What an error may show: "socks5h://proxy:1080", without user and password. */
void proxy_name(const char *proxy, char name[static PROXY_NAME_SIZE]);
