/* What is known of an address before anybody connects to it. Pure functions, any thread. */
#pragma once
#include <stdbool.h>

struct error;
struct http_request;

/* Would http_start() refuse the request for its address, whatever a name in it leads to? True: it would not. False:
 * ERROR_MISUSE, in the words of such a request's end. */
bool url_check(const struct http_request *request, struct error *error);
