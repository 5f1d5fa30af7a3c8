/* The beginnings of addresses as curl has read them: it reads an address byte by byte at each request, which was a sixth of
 * what a click costs. The loop's thread only. Internal to the floor. */
#pragma once

struct http_root;

/* Lives as long as the roots, since easy handles keep pointing to it. NULL: it is no address, or out of memory. */
const struct http_root *http_root_find(struct http_root **roots, const char *url);
void http_root_free(struct http_root *roots); /* NULL does no harm */

void *http_root_curl(const struct http_root *root); /* a CURLU, borrowed. NULL: NULL */
