/* What the HTTP client needs for TLS: the authorities that it trusts, and the sessions that its connections share. OpenSSL's,
 * which libcurl uses. The loop's thread only. Internal to the floor. */
#pragma once
#include <stdbool.h>

struct error;
struct tls;

struct tls *tls_new(struct error *error); /* NULL: ERROR_SYSTEM. Given: tls_free() */
void tls_free(struct tls *tls);           /* after every easy handle that was told of it. NULL does no harm */

/* Trusts the authorities in the file (PEM), besides the machine's. False: ERROR_MISUSE, it can't be read, or holds none. */
bool tls_trust(struct tls *tls, const char *ca_file, struct error *error);

/* Why the server's certificate was not accepted, and what to do. easy: a CURL whose transfer has ended so. */
const char *tls_refusal(void *easy);

/* easy: a CURL that is new or was reset. */
void tls_set_options(struct tls *tls, void *easy);
