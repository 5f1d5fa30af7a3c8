/* The parts of a multipart body, for one request of libcurl. Bytes in memory are read in place: a part of 19 MB is not copied.
 * The loop's thread only. Internal to the floor. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct error;
struct http_part;
struct upload;

/* Sets the body of the easy handle. parts, and all that they point to, is kept until upload_free(). Given: upload_free(), after
 * the easy handle has forgotten it. NULL: ERROR_MISUSE (a file can't be read), ERROR_MEMORY; label: what they call the request.
 */
struct upload *upload_new(void *easy, const struct http_part *parts, size_t count, const char *label, struct error *error);
void upload_free(struct upload *upload); /* NULL does no harm */
