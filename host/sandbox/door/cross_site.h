/* Whether a request comes from a page of another web site in this person's browser, which is refused, or from a program or the
 * chat page. A browser names the page's site in "Origin" or "Sec-Fetch-Site"; and a site whose name has been made to point at
 * this machine is known by the "Host". Pure functions; any thread. */
#pragma once
#include <stdbool.h>

/* Whether a request with these headers is let in. NULL: absent. */
bool cross_site_is_allowed(const char *host, const char *origin, const char *fetch_site);
